"""`python -m scripts.standalone [servicio …]`: comprueba que cada servicio funciona solo.

En una carpeta con `common/`, el servicio y nada más se siguen las órdenes de docs/despliegue.md: se instala,
arranca de las tres maneras, contesta lo que debe a quien no trae token y pasa sus propias pruebas.
"""

import re
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from common.services import SERVICES
from scripts.machine.console import UserError, complain, explain, prepare_output, say
from scripts.machine.ports import HOST
from scripts.postgres_here.server import EmbeddedPostgres
from scripts.trials.deployment import Deployment

ROOT = Path(__file__).resolve().parent.parent
# Unas pocas pruebas pasan por otro servicio o por una herramienta que aquí no está; las de los documentos
# oficiales del SRI, que el proyecto no contiene, no se cuentan.
MOST_SKIPPED = 10
OFFICIAL = "faltan los documentos oficiales del SRI"
# Con lo que las pruebas llaman a la vez y, las de facturación, abren un buzón y se hacen certificados.
TEST_TOOLS = (
    "scripts/__init__.py",
    "scripts/machine/console.py",
    "scripts/machine/ports.py",
    "scripts/demo_certificate.py",
    "scripts/trials/__init__.py",
    "scripts/trials/at_once.py",
)
# Lo que usan las pruebas de un servicio y el servicio no; lo demás de desarrollo ni se instala.
TEST_PACKAGES = {
    "facturacion": ("pytest", "hypothesis", "aiosmtpd", "openpyxl"),
    "inventario": ("pytest", "openpyxl"),
}

Step = Callable[[], str | None]


def main(arguments: list[str]) -> int:
    """Devuelve el código de salida: 0 si todos los servicios pedidos funcionan solos."""
    prepare_output()
    if unknown := set(arguments) - set(SERVICES):
        complain(f"No hay servicio «{min(unknown)}»; son: {', '.join(SERVICES)}.")
        return 2
    # Como un Ctrl-C: así también quien lo corta encuentra todo detenido y borrado.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        check_services(arguments or list(SERVICES))
    except UserError as error:
        complain(str(error))
    except OSError as error:
        complain(explain(error))
    except KeyboardInterrupt:
        complain("Interrumpido.")
    else:
        return 0
    return 1


def check_services(names: list[str]) -> None:
    """Comprueba unos servicios, uno tras otro, con un servidor de base de datos para todos.

    :raises UserError: en el primer paso que falla.
    """
    started = time.monotonic()
    with EmbeddedPostgres(fast=True) as server:
        for name in names:
            with tempfile.TemporaryDirectory(prefix="clinica-solo-") as place:
                check_service(name, Path(place), server)
    say(f"Cada servicio funciona solo ({time.monotonic() - started:.0f} s).")


def check_service(name: str, place: Path, server: EmbeddedPostgres) -> None:
    """Despliega un servicio en una carpeta vacía y da los pasos."""
    service = Deployment(ROOT, place, SERVICES[name])
    service.copy("common", service.info.package)
    service.configure(
        DATABASE_URL=_new_database(server, name),
        JWT_SECRET_KEY=secrets.token_urlsafe(48),
        **{service.info.port_variable: str(service.port)},
    )
    say(f"{service.info.title}:")
    for title, step in _steps(name, service, server):
        _take(title, step)


def _new_database(server: EmbeddedPostgres, name: str) -> str:
    server.create_database(name)
    return server.url(name)


def _steps(name: str, service: Deployment, server: EmbeddedPostgres) -> Iterator[tuple[str, Step]]:
    yield "pip install -r requirements.txt", partial(_install, service)
    for title, command, where in _ways(service):
        yield title, partial(_answer, service, command, where)
    yield "pytest", partial(_pass_own_tests, name, service, _new_database(server, f"{name}_pruebas"))


def _take(title: str, step: Step) -> None:
    started = time.monotonic()
    try:
        found = step()
    except UserError as error:
        raise UserError(f"  {title}: {error}") from error
    say(f"  {title}: {found or 'bien'} ({time.monotonic() - started:.0f} s)")


def _install(service: Deployment) -> None:
    service.create_venv()
    service.pip_install("-r", "requirements.txt")


def _ways(service: Deployment) -> Iterator[tuple[str, list[str], str]]:
    """Las maneras de arrancarlo que da docs/despliegue.md: título, orden y carpeta desde la que se da."""
    package, where = service.info.package, f"{HOST}:{service.port}"
    yield "python app.py", [service.program(), "app.py"], package
    yield f"python -m {package}.app", [service.program(), "-m", f"{package}.app"], "."
    if sys.platform == "win32":
        command = [service.program(), "-m", "waitress", f"--listen={where}"]
    else:
        command = [service.program("gunicorn"), "-c", "common/gunicorn_conf.py", "--bind", where]
    yield "gunicorn", [*command, f"{package}.app:app"], "."


def _answer(service: Deployment, command: list[str], where: str) -> None:
    """Lo que todo servicio contesta a quien no trae token."""
    base = service.info.base_path
    with service.serving(command, where):
        service.expect(200, "GET", f"{base}/health")
        service.expect(200, "GET", f"{base}/docs")
        for path in ("/", f"{base}/no-existe"):
            _expect_house_error(service, 404, "GET", path)
        for method, path in _protected(service.expect(200, "GET", f"{base}/openapi.json")):
            _expect_house_error(service, 401, method, path)


def _expect_house_error(service: Deployment, status: int, method: str, path: str) -> None:
    body = service.expect(status, method, path)
    if not isinstance(body, dict) or body.get("success") is not False:
        raise UserError(f"{method} {path} no respondió con el error de la casa: {body!r:.300}")


def _protected(spec: dict[str, Any]) -> list[tuple[str, str]]:
    """Cada operación que pide token, con un identificador cualquiera en su dirección."""
    found = [
        (method.upper(), re.sub(r"{\w+}", "1", path))
        for path, operations in spec["paths"].items()
        for method, operation in operations.items()
        if operation.get("security") == [{"bearer": []}]
    ]
    if not found:
        raise UserError("su OpenAPI no tiene ninguna operación que pida token")
    return found


def _pass_own_tests(name: str, service: Deployment, url: str) -> str:
    shared = [str(file.relative_to(ROOT)) for file in (ROOT / "tests").glob("*.py")]
    service.copy("pyproject.toml", *shared, *TEST_TOOLS, f"tests/{name}")
    service.pip_install(*map(_required, TEST_PACKAGES.get(name, ("pytest",))))
    output = service.run([service.program(), "-m", "pytest", "-rs", "tests"], TEST_DATABASE_URL=url)
    passed, skipped = (_count(output, word) for word in ("passed", "skipped"))
    unexpected = skipped - _official(output)
    if unexpected > MOST_SKIPPED:
        raise UserError(f"se omiten {unexpected} pruebas, más de {MOST_SKIPPED}:\n{output}")
    return f"{passed} pruebas pasan y {skipped} se omiten"


def _required(name: str) -> str:
    """La línea de un paquete en los requisitos de desarrollo."""
    text = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{name}\b(?!-).*$", text, re.MULTILINE)
    return found[0] if found else name


def _official(output: str) -> int:
    """Cuántas se omiten por no estar los documentos oficiales."""
    return sum(int(count) for count in re.findall(rf"^SKIPPED \[(\d+)\] .*{OFFICIAL}", output, re.MULTILINE))


def _count(output: str, word: str) -> int:
    found = re.search(rf"(\d+) {word}\b", output.splitlines()[-1])
    return int(found[1]) if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
