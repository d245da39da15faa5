"""Lo que se usa de otras bibliotecas sin que ellas lo prometan: si desaparece, se dice qué línea mirar."""

import ast
import re
import sqlite3
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from common.config import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "decisiones" / "0011-dependencias.md"
FOLDERS = ("common", "*_service", "scripts", "drills", "benchmarks", "deploy")
# Empiezan por una raya, pero su biblioteca los documenta.
DOCUMENTED = {"_Element", "_asdict", "_exit", "_fields", "_replace"}


@pytest.fixture(scope="session", autouse=True)
def database_url() -> None:
    """Ninguna: sin alguno de estos miembros no se podría ni abrir, y aquí se dice cuál falta."""


@pytest.fixture(autouse=True)
def clean_database() -> None:
    """Nada que vaciar."""


def a_pool() -> Any:
    from sqlalchemy.pool import QueuePool

    return QueuePool(lambda: sqlite3.connect(":memory:"))


def a_lent_connection() -> Any:
    pool = a_pool()
    lent = pool.connect()
    lent.close()
    pool.dispose()
    return lent


def a_dialect() -> Any:
    from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2

    return PGDialect_psycopg2()


def an_exclusion() -> Any:
    from sqlalchemy.dialects.postgresql import ExcludeConstraint

    return ExcludeConstraint(("room", "="))


def a_signer() -> Any:
    return pytest.importorskip("signxml.xades.xades").XAdESSigner


def a_canvas() -> Any:
    return pytest.importorskip("reportlab.pdfgen.canvas").Canvas


def a_worker() -> Any:
    return pytest.importorskip("gunicorn.workers.gthread").ThreadWorker


def a_logger() -> Any:
    return pytest.importorskip("gunicorn.glogging").Logger


BORROWED: dict[str, tuple[str, Callable[[], Any]]] = {
    "_connection_record": ("sqlalchemy", a_lent_connection),
    "_do_return_conn": ("sqlalchemy", a_pool),
    "_invalidate": ("sqlalchemy", a_pool),
    "_timeout": ("sqlalchemy", a_pool),
    "_isolation_lookup": ("sqlalchemy", a_dialect),
    "_render_exprs": ("sqlalchemy", an_exclusion),
    "_build_xades_ds_object": ("signxml", a_signer),
    "_get_digest": ("signxml", a_signer),
    "_serialize_key_value": ("signxml", a_signer),
    "_startPage": ("reportlab", a_canvas),
    # Sin raya, pero tampoco documentados.
    "add_signing_certificate": ("signxml", a_signer),
    "add_signing_time": ("signxml", a_signer),
    "check_deprecated_methods": ("signxml", a_signer),
    "accept": ("gunicorn", a_worker),
    "set_accept_enabled": ("gunicorn", a_worker),
    "access_log_enabled": ("gunicorn", a_logger),
}


@cache
def sources() -> dict[str, str]:
    """El código: cada archivo y su texto."""
    files = sorted(file for name in FOLDERS for top in PROJECT_ROOT.glob(name) for file in top.rglob("*.py"))
    return {str(file.relative_to(PROJECT_ROOT)): file.read_text(encoding="utf-8") for file in files}


def lines_with(name: str, package: str) -> list[str]:
    """Dónde se usa, entre los archivos que importan esa biblioteca."""
    return [
        f"{file}:{number}"
        for file, text in sources().items()
        if re.search(rf"^\s*(from|import) {package}\b", text, re.MULTILINE)
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(rf"\b{name}\b", line)
    ]


def taken_from_others(text: str) -> Iterator[str]:
    """Los nombres privados que un archivo usa sin que los definan él ni los nuestros que importa."""
    nodes = list(ast.walk(ast.parse(text)))
    modules = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    ours = [sources().get(f"{(module.module or '').replace('.', '/')}.py", "") for module in modules]
    mine = set().union(*map(defined_in, (text, *ours)))
    imported = [one.name for module in modules for one in module.names]
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    overridden = [node.attr for node in attributes if is_overridden(node, nodes)]
    used = [name for name in [*imported, *(node.attr for node in attributes)] if name not in mine]
    return (name for name in [*overridden, *used] if re.match(r"_[a-zA-Z]", name))


@cache
def defined_in(text: str) -> set[str]:
    """Los nombres a los que un archivo da un valor."""
    nodes = list(ast.walk(ast.parse(text)))
    return (
        {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        | {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        | {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    )


def is_overridden(node: ast.Attribute, nodes: list[ast.AST]) -> bool:
    """Si es el de una clase base ajena: `super()._x`, y en el archivo solo se define una vez."""
    same = [one for one in nodes if isinstance(one, ast.FunctionDef) and one.name == node.attr]
    return ast.unparse(node.value) == "super()" and len(same) == 1


@pytest.mark.parametrize("name", BORROWED)
def test_what_the_program_borrows_still_exists(name: str) -> None:
    package, owner = BORROWED[name]
    where = lines_with(name, package)
    assert where, f"ya nadie usa {name}: quítelo de aquí y de {PAGE.name}"
    assert hasattr(owner(), name), f"{package} ya no tiene {name}; mire {', '.join(where)}"


def test_nothing_else_is_borrowed() -> None:
    found = {name for text in sources().values() for name in taken_from_others(text)} - DOCUMENTED
    assert found == {name for name in BORROWED if name.startswith("_")}


def test_the_decision_lists_what_is_borrowed() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in BORROWED if f"`{name}`" not in text] == []
