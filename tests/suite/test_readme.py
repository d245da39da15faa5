"""El README dice la verdad: sus tablas son las del código y su visita da las cifras que promete."""

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import pytest

from common.config import PROJECT_ROOT
from common.services import SERVICES
from scripts import readme_tables, schema_docs
from tests.clinic import Clinic, copy_project, wait_for

unix = pytest.mark.skipif(sys.platform == "win32", reason="está escrito para sh")
README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")


def block(mark: str) -> str:
    """El bloque de código que sigue a una marca."""
    found = re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found
    return found[1]


def test_the_tables_of_the_readme_equal_the_code():
    assert readme_tables.render(README) == README


def test_the_database_document_equals_the_schema():
    assert schema_docs.FILE.read_text(encoding="utf-8") == schema_docs.render()


def test_every_file_the_readme_links_exists():
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (PROJECT_ROOT / link).exists(), link


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """El sistema recién arrancado con la clínica de muestra."""
    clinic = Clinic(copy_project(tmp_path_factory.mktemp("readme") / "clinica"))
    clinic.start()
    yield clinic
    clinic.stop(signal.SIGTERM)


def paste(clinic: Clinic, script: str) -> str:
    """Lo que dice un bloque pegado en la terminal; no se puede quejar de nada."""
    for name, port in clinic.ports.items():
        script = script.replace(f":{SERVICES[name].default_port}/", f":{port}/")
    done = subprocess.run(
        ["sh", "-c", script.replace(".venv/bin/python", shlex.quote(sys.executable))],
        cwd=clinic.root,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.stderr == ""
    return done.stdout


@unix
def test_the_visit_pasted_as_it_stands_gives_the_promised_figures(clinic: Clinic) -> None:
    assert paste(clinic, block("visita")) == block("resultado")


@unix
def test_the_way_from_nothing_to_production_pasted_as_it_stands_works(clinic: Clinic) -> None:
    wait_for(lambda: demo_is_authorized(clinic))
    entering, found, _ = block("visita").partition("# Una doctora nueva")
    assert found

    said = paste(clinic, entering + block("sri-pruebas") + block("sri-produccion"))

    assert said == block("resultado-sri-pruebas") + block("resultado-sri-produccion")
    for name, start in {
        "ride.pdf": b"%PDF-",
        "factura-autorizada.xml": b"<?xml",
        "mes.zip": b"PK",
    }.items():
        assert (clinic.root / name).read_bytes().startswith(start), name
    assert b"AUTORIZADO" in (clinic.root / "factura-autorizada.xml").read_bytes()


def demo_is_authorized(clinic: Clinic) -> bool:
    documents = clinic.ask("facturacion", "GET", "/sri/documents")["documents"]
    return {document["status"] for document in documents} == {"AUTORIZADO"}


def test_every_call_of_the_readme_is_a_route() -> None:
    variables = {"AUTH": "auth", "INVENTARIO": "inventario", "HISTORIA": "historia_clinica"}
    variables |= {"FACTURACION": "facturacion", "CITAS": "citas"}
    calls = re.findall(r'(?:pedir|curl -sS)(?: -X (\w+))? "\$(\w+)(/[^"?]*)[^"]*"(?= ?(.*))', README)
    assert len(calls) > 30
    for method, variable, path, rest in calls:
        info = SERVICES[variables[variable]]
        routes = import_module(f"{info.package}.app").app.url_map.bind("localhost")
        # Un número donde va una variable: las direcciones solo llevan identificadores.
        address = info.base_path + re.sub(r"\$\w+", "1", path)
        assert routes.test(address, method or ("POST" if "-d " in rest else "GET")), f"{method} {path}"
