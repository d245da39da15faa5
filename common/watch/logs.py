"""Una línea JSON por suceso, con el identificador de la petición; nunca cuerpos, tokens ni cabeceras.

Tampoco lo que va tras el `?` de una dirección, ni el texto de un error que pueda citar un dato.
"""

import logging
import os
import re
import sys
import time
import traceback
from typing import Any

import orjson
from flask import Flask, Response, g, has_request_context, request
from sqlalchemy.exc import DBAPIError

from common.config import load_settings
from common.machine.ports import bracketed
from common.utils import clinic_time, now
from common.web.contract import template

logger = logging.getLogger("clinica")

# El texto de estos errores habla del programa; el de cualquier otro puede citar lo que escribió una persona.
_SPEAK_OF_CODE = (ImportError, NameError, AttributeError, TypeError, RuntimeError, MemoryError)
# Lo que gunicorn dice de una petición que no entiende la cita entera, con su dirección y sus cabeceras.
_QUOTED_REQUEST = re.compile(r"(Invalid request|Error handling request)(?: from ip=(\S+):)?")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
MAX_STATEMENT = 2000
STDERR = 2


class Stderr:
    """La salida de errores; cada línea va de una vez, para que dos procesos no mezclen las suyas."""

    def write(self, line: str) -> None:
        """Escribe una línea."""
        _write(line.encode())

    def flush(self) -> None:
        """Nada queda por escribir."""


stderr = Stderr()


def _write(line: bytes) -> None:
    try:
        os.write(STDERR, line)
    except OSError:
        # Con el disco lleno se deja de anotar, no de atender.
        return


class JsonLines(logging.Formatter):
    """Escribe cada registro como un objeto JSON en una línea.

    :param service: el proceso que lo dice.
    """

    def __init__(self, service: str | None = None) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """El registro como texto."""
        entry = {
            **_opening(record.levelname, self._service, record.getMessage()),
            **getattr(record, "fields", {}),
        }
        if has_request_context() and "request_id" in g:
            entry["request_id"] = g.request_id
        if quoted := _QUOTED_REQUEST.match(entry["message"]):
            entry |= _unquoted(quoted)
        if record.exc_info and record.exc_info[1] is not None:
            entry |= describe(record.exc_info[1])
        return orjson.dumps(entry, default=str).decode()


def _unquoted(found: "re.Match[str]") -> dict[str, str | None]:
    """De lo que gunicorn dice de una petición, solo quién la hizo y de qué clase es el error."""
    kind = sys.exc_info()[0]
    return {"message": found[1], "ip": found[2], "error": kind.__name__ if kind else None}


def describe(error: BaseException) -> dict[str, Any]:
    """Qué falló y dónde, sin los datos: el texto de muchos errores los cita."""
    frames = traceback.extract_tb(error.__traceback__)
    found: dict[str, Any] = {
        "error": type(error).__name__,
        "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, DBAPIError):
        diagnosis = getattr(error.orig, "diag", None)
        found["sqlstate"] = getattr(error.orig, "pgcode", None)
        found["constraint"] = getattr(diagnosis, "constraint_name", None)
        found["statement"] = (error.statement or "")[:MAX_STATEMENT]
    elif isinstance(error, OSError) and isinstance(error.errno, int):
        found["detail"] = os.strerror(error.errno)
    elif isinstance(error, _SPEAK_OF_CODE):
        found["detail"] = str(error)
    if error.__cause__ is not None:
        found["cause"] = describe(error.__cause__)
    return found


def configure_logs(service: str) -> None:
    """Envía lo que dicen el programa y sus bibliotecas a la salida de errores, una vez por proceso.

    :param service: el proceso que lo dice.
    """
    if logger.handlers:
        return
    handler = logging.StreamHandler(stderr)
    handler.setFormatter(JsonLines(service))
    logger.addHandler(handler)
    logger.setLevel(load_settings().log_level)
    logger.propagate = False
    hear_libraries()
    logging.captureWarnings(True)


def hear_libraries() -> None:
    """Escribe igual lo que dicen las bibliotecas, y sus errores sin citar datos."""
    for handler in logger.handlers:
        logging.getLogger().addHandler(handler)


def announce(service: str, host: str, port: int) -> None:
    """Dice que un servicio ya atiende, sea cual sea LOG_LEVEL."""
    line = _opening("INFO", service, f"{service} atiende en http://{bracketed(host)}:{port}")
    _write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def log_requests(app: Flask, service: str) -> None:
    """Deja una línea por petición: qué, quién, cuánto tardó y cómo acabó."""

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def write_line(response: Response) -> Response:
        if logger.isEnabledFor(logging.INFO):
            # Sin pasar por `logging`: la línea que más se escribe costaría más del doble.
            _write(orjson.dumps(_about(response, service), option=orjson.OPT_APPEND_NEWLINE))
        return response


def _opening(level: str, service: str | None, message: str) -> dict[str, Any]:
    """Con lo que empieza toda línea."""
    return {
        "time": clinic_time(now()),
        "level": level,
        "service": service,
        "pid": os.getpid(),
        "message": message,
    }


def elapsed() -> float:
    """Segundos desde que empezó esta petición."""
    started: float = g.started
    return time.perf_counter() - started


def _about(response: Response, service: str) -> dict[str, Any]:
    rule, user = request.url_rule, g.get("user")
    return {
        **_opening("INFO", service, "peticion"),
        "method": request.method if request.method in _METHODS else None,
        "route": template(rule.rule) if rule else None,
        # En la dirección de lo que no existe puede haber cualquier cosa, también la cédula de alguien.
        "ids": request.view_args if response.status_code != 404 else None,
        "status": response.status_code,
        "milliseconds": round(elapsed() * 1000, 1),
        "bytes": response.content_length,
        "user_id": user.user_id if user else None,
        "ip": request.remote_addr,
        "request_id": g.request_id,
    }
