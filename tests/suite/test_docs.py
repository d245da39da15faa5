"""Las páginas dicen la verdad: sus tablas son las del código, y sus enlaces, órdenes y archivos existen."""

import importlib.util
import re
import subprocess
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from common.config import PROJECT_ROOT
from scripts import readme_tables, schema_docs
from scripts.demo import data

README = PROJECT_ROOT / "README.md"
# Lo que escribe el sistema al trabajar, y lo que trae instalar: no está en el repositorio.
MADE_BY_RUNNING = {"ride.pdf", "mes.zip", "factura-autorizada.xml"}
MADE_FOLDERS = (".venv", ".pgdata", "logs", "respaldos", "node_modules", "dist", "openapi/", "src/api/")
FILE_ENDINGS = r"py|sh|bat|md|mjs|ts|tsx|json|toml|txt|lock|yaml|yml|conf|ini|example|cfg"


@cache
def listed(*options: str) -> list[Path]:
    """Los archivos que dice git."""
    said = subprocess.run(
        ["git", "ls-files", *options],
        cwd=PROJECT_ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if said.returncode:
        pytest.skip("no es un repositorio de git")
    return [file for name in said.stdout.splitlines() if (file := PROJECT_ROOT / name).exists()]


def published(pattern: str = "*.md") -> list[Path]:
    """Los archivos del repositorio, también los que todavía no se guardaron."""
    return listed("--cached", "--others", "--exclude-standard", "--", pattern)


def prose(page: Path) -> str:
    """El texto de una página sin sus bloques de código."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Los nombres que GitHub da a los títulos de una página."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_routes_and_roles_equal_the_code() -> None:
    text = readme_tables.PAGE.read_text(encoding="utf-8")
    assert readme_tables.render(text) == text


@pytest.mark.parametrize("file", schema_docs.DOCUMENTS, ids=lambda file: file.name)
def test_the_database_documents_equal_the_schema(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == schema_docs.DOCUMENTS[file]()


def test_the_readme_lists_every_sample_account() -> None:
    text = README.read_text(encoding="utf-8")
    for _, email, role in data.STAFF:
        assert f"| `{email}` | {role} |" in text


def test_the_readme_is_short() -> None:
    assert 9_000 <= len(README.read_bytes()) <= 12_000


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path) if path else page
    return target.exists() and (not anchor or unicodedata.normalize("NFC", anchor) in anchors(target))


def test_every_link_leads_somewhere() -> None:
    links = [
        (page.name, link, leads_somewhere(page, link))
        for page in published()
        for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", prose(page))
    ]
    assert len(links) > 100
    assert [found for found in links if not found[-1]] == []


def test_every_program_named_exists() -> None:
    programs = {
        name
        for page in published()
        for name in re.findall(r"-m\s+([a-z_]+(?:\.[a-z_]+)*)", page.read_text("utf-8"))
    }
    assert len(programs) > 8
    for name in programs - {"waitress"}:  # solo se instala en Windows
        assert importlib.util.find_spec(name), name


def test_every_program_is_run_with_the_same_prefix() -> None:
    for page in published():
        if page.name == "CHANGELOG.md" or page.parent.name == "decisiones":
            continue  # cuentan lo que se hizo entonces
        for line in page.read_text(encoding="utf-8").splitlines():
            bare = re.search(
                r"(?<![/\\])\bpython3? -m (common|facturacion_service|scripts|benchmarks)\b", line
            )
            assert not bare, f"{page.name}: {line}"


def named_files(page: Path) -> Iterator[str]:
    """Lo que en letra de código, o en una orden, parece la ruta de un archivo o de una carpeta."""
    orders = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for code in [*re.findall(r"`([^`\n]+)`", prose(page)), *" ".join(orders).split()]:
        is_file = re.fullmatch(rf"(?:\./)?(?:[\w.<>*-]+/)*[\w.<>*-]+\.(?:{FILE_ENDINGS})", code)
        is_folder = re.fullmatch(r"(?:[\w.<>*-]+/)+", code)
        if (is_file or is_folder) and code not in MADE_BY_RUNNING and not code.startswith(MADE_FOLDERS):
            yield code


def is_known(code: str, known: str) -> bool:
    """Si lo hay; `<servicio>/routes.py` y `machine.py` a secas valen: basta con que haya uno."""
    shape = re.escape(code.removeprefix("./")).replace(r"\*", r"[^/\n]*")
    shape = re.sub(r"<\w+>", r"[^/\n]+", shape) + ("" if code.endswith("/") else "$")
    return re.search(rf"(?:^|/){shape}", known, re.MULTILINE) is not None


def test_every_file_named_exists() -> None:
    known = "\n".join(file.relative_to(PROJECT_ROOT).as_posix() for file in published("*"))
    named = {
        (page.name, code) for page in published() if page.name != "CHANGELOG.md" for code in named_files(page)
    }
    assert len(named) > 100
    assert sorted(found for found in named if not is_known(found[1], known)) == []


def test_nothing_that_is_kept_is_ignored() -> None:
    assert listed("--cached", "--ignored", "--exclude-standard") == []
