"""Una línea JSON por suceso, con el identificador de la petición; nunca cuerpos, tokens ni cabeceras."""

import logging
import sys
import time
import traceback
from typing import Any

import orjson
import psycopg2
from flask import Flask, Response, g, has_request_context, request
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from common.config import load_settings
from common.utils import clinic_time, now

logger = logging.getLogger("clinica")


class JsonLines(logging.Formatter):
    """Escribe cada registro como un objeto JSON en una línea."""

    def format(self, record: logging.LogRecord) -> str:
        """El registro como texto."""
        entry = {
            "time": clinic_time(now()).isoformat(),
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if has_request_context() and "request_id" in g:
            entry["request_id"] = g.request_id
        if record.exc_info and record.exc_info[1] is not None:
            entry |= describe(record.exc_info[1])
        return orjson.dumps(entry, default=str).decode()


def describe(error: BaseException) -> dict[str, Any]:
    """Qué falló y dónde, sin los datos: el texto de un error de la base o de validación los cita."""
    frames = traceback.extract_tb(error.__traceback__)
    found: dict[str, Any] = {
        "error": type(error).__name__,
        "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, DBAPIError):
        diagnosis = getattr(error.orig, "diag", None)
        found["sqlstate"] = getattr(error.orig, "pgcode", None)
        found["constraint"] = getattr(diagnosis, "constraint_name", None)
        found["statement"] = error.statement
    elif not isinstance(error, ValidationError | psycopg2.Error):
        found["detail"] = str(error)
    if error.__cause__ is not None:
        found["cause"] = describe(error.__cause__)
    return found


def configure_logs() -> None:
    """Envía los registros del programa a la salida de errores, una vez por proceso."""
    if logger.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    logger.setLevel(load_settings().log_level)
    logger.propagate = False


def log_requests(app: Flask, service: str) -> None:
    """Deja una línea por petición: qué, quién, cuánto tardó y cómo acabó."""

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def write_line(response: Response) -> Response:
        user = g.get("user")
        fields = {
            "service": service,
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "milliseconds": round((time.perf_counter() - g.started) * 1000, 1),
            "user_id": user.user_id if user else None,
        }
        logger.info("peticion", extra={"fields": fields})
        return response
