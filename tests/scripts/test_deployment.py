"""Un servicio desplegado solo no recibe nada de quien lo prueba y cuenta por qué falla."""

import json
import sys
from pathlib import Path

import pytest

from common.services import SERVICES
from scripts.machine.console import UserError
from scripts.trials.deployment import Deployment

ROOT = Path(__file__).parent.parent.parent
LEAKS = (
    "DATABASE_URL",
    "TEST_DATABASE_URL",
    "JWT_SECRET_KEY",
    "PYTHONPATH",
    "PIP_TARGET",
    "GUNICORN_CMD_ARGS",
)


@pytest.fixture
def service(tmp_path: Path) -> Deployment:
    """Un servicio con su carpeta, sin instalar."""
    service = Deployment(ROOT, tmp_path, SERVICES["auth"])
    service.copy("common", "auth_service")
    return service


def test_it_holds_the_common_folder_the_service_and_nothing_else(service: Deployment) -> None:
    assert {path.name for path in service.folder.iterdir()} == {"common", "auth_service"}


def test_nothing_of_the_caller_reaches_it(service: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LEAKS:
        monkeypatch.setenv(name, "ajena")
    code = "import json, os; print(json.dumps(dict(os.environ)))"

    seen = json.loads(service.run([sys.executable, "-c", code]))

    assert "PATH" in seen
    assert LEAKS & seen.keys() == set()


def test_its_python_has_no_package_of_ours(service: Deployment) -> None:
    service.create_venv()

    with pytest.raises(UserError, match="No module named 'flask'"):
        service.run([service.program(), "-c", "import flask"])


def test_a_service_that_does_not_start_shows_its_log(service: Deployment) -> None:
    command = [sys.executable, "-c", "raise RuntimeError('avería de prueba')"]

    with (
        pytest.raises(UserError, match=r"(?s)terminó al iniciar.*avería de prueba"),
        service.serving(command),
    ):
        pass


def test_an_unexpected_answer_is_told_with_the_log(service: Deployment) -> None:
    command = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", str(service.port)]

    words = r"(?s)GET /nada respondió 404 y no 200.*code 404"
    with pytest.raises(UserError, match=words), service.serving(command):
        service.expect(200, "GET", "/nada")

    with pytest.raises(UserError, match="no tuvo respuesta"):
        service.expect(200, "GET", "/")
