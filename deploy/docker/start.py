"""El proceso de un contenedor, según SERVICE: un servicio, `sri` (el trabajador) o `migrate`.

`start.py --probe` dice con su estado de salida si el servicio de este contenedor atiende.
"""

import http.client
import os
import sys
from typing import NoReturn

from common.services import SERVICES

OTHERS = {
    "sri": [sys.executable, "-m", "facturacion_service.sri.worker"],
    "migrate": [sys.executable, "-m", "common.migrate"],
}


def command(name: str) -> list[str]:
    """La orden de ese proceso."""
    if name in OTHERS:
        return OTHERS[name]
    info = SERVICES[name]
    bind = f"0.0.0.0:{info.default_port}"
    return ["gunicorn", "-c", "common/gunicorn_conf.py", "--bind", bind, f"{info.package}.app:app"]


def answers(name: str) -> bool:
    """Si el servicio atiende; lo que no tiene puerto basta con que corra."""
    if name in OTHERS:
        return True
    info = SERVICES[name]
    connection = http.client.HTTPConnection("127.0.0.1", info.default_port, timeout=4)
    try:
        connection.request("GET", f"{info.base_path}/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def become(run: list[str]) -> NoReturn:
    """Deja de ser este programa para ser ese: así recibe él las señales del contenedor."""
    os.execvp(run[0], run)


def main(arguments: list[str]) -> int:
    """Devuelve el código de salida, si no se convierte en el proceso pedido."""
    name = os.environ.get("SERVICE", "")
    if name not in {*SERVICES, *OTHERS}:
        print(f"SERVICE: debe ser uno de {', '.join([*SERVICES, *OTHERS])}.", file=sys.stderr)
        return 1
    if arguments == ["--probe"]:
        return int(not answers(name))
    become(command(name))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
