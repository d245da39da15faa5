"""Lo que `run_all` mantiene en marcha: los servicios, el trabajador del SRI y, al probar, un SRI simulado."""

import sys
from pathlib import Path

from common.config import SRI_PATH, Settings
from common.machine.ports import bracketed, reachable_host
from common.services import SERVICES, ServiceInfo
from scripts.machine.ports import Wanted
from scripts.machine.tasks import Announcement, HealthUrl, Task

LOGS = "logs"
SIMULATOR_HOST = "127.0.0.1"
SIMULATOR_TITLE = "SRI simulado"
WORKER_TITLE = "Trabajador del SRI"
WORKER_COMMAND = ("-m", "facturacion_service.sri.worker")
# La misma frase que el trabajador escribe; importarlo cargaría la base.
WORKER_READY = "Trabajador del SRI en marcha."
# La muestra emite con la fecha de ayer; uno más, por si se enciende justo a medianoche.
SIMULATOR_DAYS_LATE = 2


def wanted_ports(settings: Settings) -> list[Wanted]:
    """Los puertos que hacen falta."""
    wanted = [
        Wanted(info.title, info.port_variable, settings.host, settings.ports[name])
        for name, info in SERVICES.items()
    ]
    if simulates(settings):
        port = settings.sri_simulator_port
        wanted.append(Wanted(SIMULATOR_TITLE, "SRI_SIMULATOR_PORT", SIMULATOR_HOST, port))
    return wanted


def simulates(settings: Settings) -> bool:
    """Si se enciende el SRI simulado: nunca junto a una base propia."""
    return not settings.database_url and settings.sri_simulator_port > 0


def to_the_simulator(port: int) -> dict[str, str]:
    """Las variables con que los comprobantes de los dos ambientes van al SRI simulado."""
    return dict.fromkeys(
        ("SRI_URL_PRUEBAS", "SRI_URL_PRODUCCION"), f"http://{SIMULATOR_HOST}:{port}{SRI_PATH}"
    )


def web_services(settings: Settings, root: Path) -> list[Task]:
    """Los cinco servicios."""
    return [
        web_service(info, settings.host, settings.ports[name], root / LOGS / f"{name}.log")
        for name, info in SERVICES.items()
    ]


def web_service(info: ServiceInfo, host: str, port: int, log: Path) -> Task:
    """Un servicio detrás de su servidor web."""
    where = f"{bracketed(host)}:{port}"
    if sys.platform == "win32":
        server = ["waitress", f"--listen={where}", "--threads=9"]
    else:
        server = ["gunicorn", "-c", "common/gunicorn_conf.py", "--bind", where]
    command = [sys.executable, "-m", *server, f"{info.package}.app:app"]
    return Task(info.title, command, log, HealthUrl(host, port, f"{info.base_path}/health"))


def sri_worker(root: Path) -> Task:
    """El trabajador que firma, envía y entrega los comprobantes electrónicos; no tiene puerto."""
    log = root / LOGS / "trabajador_sri.log"
    command = [sys.executable, *WORKER_COMMAND]
    # La clínica factura igual: lo emitido espera.
    return Task(WORKER_TITLE, command, log, Announcement(WORKER_READY), is_essential=False)


def sri_simulator(port: int, root: Path, memory: Path) -> Task:
    """El SRI simulado; lo que recibió y autorizó queda en el archivo `memory`."""
    options = ["--port", str(port), "--state", str(memory), "--days-late", str(SIMULATOR_DAYS_LATE)]
    command = [sys.executable, "-m", "scripts.fake_sri", *options]
    log = root / LOGS / "sri_simulado.log"
    return Task(SIMULATOR_TITLE, command, log, HealthUrl(SIMULATOR_HOST, port, "/"), is_essential=False)


def address(info: ServiceInfo, host: str, port: int) -> str:
    """Lo que una persona pone en el navegador para llegar a un servicio."""
    return f"http://{bracketed(reachable_host(host))}:{port}{info.base_path}"
