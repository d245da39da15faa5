"""Los guiones de `ejemplos/` hacen lo que se promete de ellos, con cualquier consola y las veces que sea."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from common.config import PROJECT_ROOT
from common.services import SERVICES
from tests.launched import Launched, copy_project, wait_for

unix = pytest.mark.skipif(sys.platform == "win32", reason="está escrito para sh")
EXAMPLES = PROJECT_ROOT / "ejemplos"
ADDRESSES = {
    "AUTH": "auth",
    "INVENTARIO": "inventario",
    "HISTORIA": "historia_clinica",
    "FACTURACION": "facturacion",
    "CITAS": "citas",
}


def block(page: str, mark: str) -> str:
    """El bloque que sigue a una marca en una página."""
    text = (PROJECT_ROOT / page).read_text(encoding="utf-8")
    found = re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found, f"{page} no tiene {mark}"
    return found[1]


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """El sistema recién arrancado con la clínica de muestra."""
    clinic = Launched(copy_project(tmp_path_factory.mktemp("ejemplos") / "clinica"))
    shutil.copytree(EXAMPLES, clinic.root / EXAMPLES.name, ignore=shutil.ignore_patterns("__pycache__"))
    clinic.start()
    yield clinic
    clinic.stop(signal.SIGTERM)


def run(
    clinic: Launched, shell: str, *command: str, typed: str = "", **changes: str
) -> "subprocess.CompletedProcess[str]":
    """Un ejemplo, como lo corre una persona con esa consola y lo que escribe en ella."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no está {shell}")
    here = Path(sys.executable).parent
    return subprocess.run(
        [program, *command],
        cwd=clinic.root,
        env=clinic.env | {"PATH": f"{here}{os.pathsep}{os.environ['PATH']}"} | changes,
        input=typed,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )


def said(done: "subprocess.CompletedProcess[str]") -> str:
    """Lo que dijo uno que salió bien y no se quejó de nada."""
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout


@unix
@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
def test_the_visit_gives_the_promised_figures_every_time(clinic: Launched, shell: str) -> None:
    assert said(run(clinic, shell, "ejemplos/visita.sh")) == block("README.md", "visita")


@unix
def test_it_says_what_the_server_answered_and_stops(clinic: Launched) -> None:
    done = run(clinic, "sh", "ejemplos/visita.sh", ADMIN_PASSWORD="equivocada")

    assert done.stderr == "El correo o la contraseña no son correctos. (credenciales_invalidas)\n"
    assert (done.stdout, done.returncode) == ("", 1)


@unix
def test_it_says_that_nobody_answers(clinic: Launched) -> None:
    done = run(clinic, "sh", "ejemplos/visita.sh", AUTH_SERVICE_PORT="1")

    assert "El servidor no contesta. ¿Está en marcha ./run_all.sh?" in done.stderr
    assert done.returncode == 1


@unix
def test_the_way_from_nothing_to_production_works_twice(clinic: Launched) -> None:
    wait_for(lambda: demo_is_authorized(clinic))

    for shell in ("sh", "bash"):
        assert said(run(clinic, shell, "ejemplos/sri.sh")) == block("docs/sri.md", "sri-pruebas")
        for name, start in {
            "ride.pdf": b"%PDF-",
            "factura-autorizada.xml": b"<?xml",
            "mes.zip": b"PK",
        }.items():
            assert (clinic.root / name).read_bytes().startswith(start), name
        assert b"AUTORIZADO" in (clinic.root / "factura-autorizada.xml").read_bytes()

    former = {"ULTIMA_FACTURA": "1840", "ULTIMA_NOTA": "37"}
    confirmed = run(clinic, "sh", "ejemplos/sri.sh", "produccion", typed="PRODUCCION\n", **former)
    assert said(confirmed) == block("docs/sri.md", "sri-produccion")

    again = run(clinic, "bash", "ejemplos/sri.sh", "produccion", typed="PRODUCCION\n", **former)
    assert said(again).endswith("\nFactura 001-002-000001842: AUTORIZADO\n")

    back = run(clinic, "sh", "ejemplos/sri.sh")
    assert back.stderr == "Ya se emite en PRODUCCION: este ensayo la devolvería a PRUEBAS.\n"
    assert back.returncode == 1


@unix
def test_production_is_not_reached_without_writing_it(clinic: Launched) -> None:
    former = clinic.ask("facturacion", "GET", "/sri/settings")

    assert run(clinic, "sh", "ejemplos/sri.sh", "produccion", typed="sí\n").returncode == 1
    assert clinic.ask("facturacion", "GET", "/sri/settings") == former


@unix
def test_with_a_database_of_ones_own_nothing_is_made_up(clinic: Launched) -> None:
    former = clinic.ask("facturacion", "GET", "/sri/settings")

    done = run(clinic, "sh", "ejemplos/sri.sh", DATABASE_URL="postgresql://otra/base")

    assert "Con su propia base, diga quién emite" in done.stderr
    assert done.returncode == 1
    assert clinic.ask("facturacion", "GET", "/sri/settings") == former


def demo_is_authorized(clinic: Launched) -> bool:
    documents = clinic.ask("facturacion", "GET", "/sri/documents")["documents"]
    return {document["status"] for document in documents} == {"AUTORIZADO"}


def test_every_call_of_the_examples_is_a_route() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in EXAMPLES.glob("*.sh"))
    text += (PROJECT_ROOT / "docs" / "sri.md").read_text(encoding="utf-8")
    calls = re.findall(r'(?:-X (\w+) )?"\$([A-Z]+)(/[^"?]*)[^"]*"( -d )?', text)
    assert len(calls) > 40
    for method, variable, path, sends in calls:
        info = SERVICES[ADDRESSES[variable]]
        routes = import_module(f"{info.package}.app").app.url_map.bind("localhost")
        # Un número donde va una variable: las direcciones solo llevan identificadores.
        address = info.base_path + re.sub(r"\$\w+", "1", path)
        assert routes.test(address, method or ("POST" if sends else "GET")), f"{method} {path}"
