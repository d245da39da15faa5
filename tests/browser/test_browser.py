"""La página de ejemplo en un Chromium de verdad, desde su propio origen, contra los cinco servicios."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from common.services import SERVICES
from common.utils import clinic_today
from scripts.machine.ports import answers
from scripts.specs import CLIENT
from tests.frontend import require_browser, require_npm
from tests.launched import Launched, copy_project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="usa señales de POSIX")

ALLOWED = 5173
FOREIGN = 5174
VITE = ["node", "node_modules/vite/bin/vite.js"]


@pytest.fixture(scope="module")
def browser() -> str:
    """Chromium, y node con lo que la página necesita."""
    require_npm()
    return require_browser()


@pytest.fixture(scope="module")
def clinic(browser: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """El sistema en marcha con la clínica de muestra; solo admite el origen de la página."""
    clinic = Launched(copy_project(tmp_path_factory.mktemp("navegador") / "clinica"))
    clinic.env["CORS_ORIGINS"] = f"http://localhost:{ALLOWED}"
    clinic.start()
    yield clinic
    clinic.stop(signal.SIGTERM)


@pytest.fixture(scope="module")
def built(clinic: Launched, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """La página construida para los puertos de esta clínica."""
    folder = tmp_path_factory.mktemp("pagina")
    urls = {f"VITE_{name.upper()}_URL": f"http://127.0.0.1:{port}" for name, port in clinic.ports.items()}
    done = subprocess.run(
        [require_npm(), "run", "build", "--", "--outDir", str(folder), "--emptyOutDir"],
        cwd=CLIENT,
        env=os.environ | urls,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return folder


@contextmanager
def served(folder: Path, port: int) -> Iterator[str]:
    """La página servida en un puerto, que es parte de su origen."""
    assert not answers(port), f"el puerto {port} está ocupado y la prueba lo necesita"
    command = [*VITE, "preview", "--outDir", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, cwd=CLIENT, stdout=subprocess.DEVNULL) as server:
        try:
            while not answers(port):
                assert server.poll() is None, "vite no sirve la página"
                time.sleep(0.1)
            yield f"http://localhost:{port}"
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def walk(clinic: Launched, built: Path, browser: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`walk("visita", 5173)`: recorre la página y devuelve lo que vio; las capturas quedan en una carpeta."""
    shots = tmp_path_factory.mktemp("capturas")
    account = dotenv_values(clinic.root / ".env")
    today = clinic_today()

    def run(path: str, port: int) -> Any:
        with served(built, port) as page:
            facts = {
                "PAGE": page,
                "CHROMIUM": browser,
                "SHOTS": str(shots),
                "EMAIL": str(account["ADMIN_EMAIL"]),
                "PASSWORD": str(account["ADMIN_PASSWORD"]),
                "FULL_DAY": working_day(today),
                "FREE_DAY": working_day(today + timedelta(days=1)),
            }
            done = subprocess.run(
                ["node", "recorrido.mjs", path],
                cwd=CLIENT,
                env=os.environ | facts,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
        assert done.returncode == 0, f"{done.stderr}\nCapturas en {shots}"
        return json.loads(done.stdout)

    return run


def working_day(day: date) -> str:
    """Ese día o el siguiente en que los doctores atienden."""
    while day.isoweekday() > 5:
        day += timedelta(days=1)
    return day.isoformat()


@pytest.fixture(scope="module")
def visit(walk: Any) -> Any:
    """Lo visto en una visita entera, de entrar a salir."""
    return walk("visita", ALLOWED)


def test_a_visit_goes_from_the_agenda_to_the_chart_without_a_complaint(visit: Any) -> None:
    assert any("Pendiente" in row or "Confirmada" in row for row in visit["agenda"])
    assert visit["slot"] == "08:00"  # la hora de la clínica, aunque el navegador esté en Tokio
    assert "1 Guantes de nitrilo" in visit["consumed"]
    assert re.fullmatch(r"001-001-\d{9}", visit["invoice"])
    assert visit["bars"] > 5
    assert visit["points"] == 30
    assert "Ganancia" in visit["figures"]
    assert visit["token"] is None
    assert [visit["console"], visit["failed"], visit["refused"]] == [[], [], []]


def test_every_service_was_asked_from_another_origin(clinic: Launched, visit: Any) -> None:
    preflights = visit["preflights"]

    for name, info in SERVICES.items():
        assert any(f":{clinic.ports[name]}{info.base_path}/" in asked["url"] for asked in preflights), name
    assert {asked["origin"] for asked in preflights} == {f"http://localhost:{ALLOWED}"}


def test_what_the_api_refuses_is_read_on_the_page(walk: Any) -> None:
    seen = walk("negado", ALLOWED)

    assert seen["alert"] == "El correo o la contraseña no son correctos."
    assert "date_from: debe ser" in seen["day"]


def test_a_page_from_an_origin_that_is_not_allowed_gets_nothing(walk: Any) -> None:
    seen = walk("ajeno", FOREIGN)

    assert "No se pudo llegar al servidor" in seen["alert"]
    assert seen["token"] is None
    assert any("blocked by CORS policy" in text for text in seen["console"])
    assert [failed.partition("/api/")[2] for failed in seen["failed"]] == ["auth/login"]
