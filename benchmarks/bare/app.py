"""El límite: lo mínimo que Flask y psycopg2 pueden hacer, bajo el mismo gunicorn que los servicios.

Ni token, ni permisos, ni validación, ni registro: una sentencia escrita a mano que devuelve el JSON ya hecho
por PostgreSQL. No es un servicio; existe para que las medidas tengan con qué compararse.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from flask import Flask, Response, request

from benchmarks.bare import clinical, issuing, reads, writes
from common.config import load_settings

_WRITES = {**writes.WRITES, "issue": issuing.issue}

app = Flask(__name__, static_folder=None)
_idle: list[Any] = []


@contextmanager
def connection() -> Iterator[Any]:
    """Una conexión prestada, en AUTOCOMMIT; la última devuelta es la primera que se presta."""
    lent = _idle.pop() if _idle else _connect()
    yield lent
    _idle.append(lent)


@contextmanager
def transaction() -> Iterator[Any]:
    """Un cursor que confirma al terminar."""
    with connection() as lent:
        lent.autocommit = False
        with lent, lent.cursor() as cursor:
            yield cursor
        lent.autocommit = True


def _connect() -> Any:
    settings = load_settings()
    # Las fechas, como las escribe el sistema: en la zona de la clínica.
    zone = f"-c timezone={settings.clinic_timezone}"
    opened = psycopg2.connect(settings.database_url.replace("+psycopg2", "", 1), options=zone)
    opened.autocommit = True
    return opened


@app.get("/health")
def health() -> str:
    """Dice que el proceso atiende."""
    return "ok"


@app.get("/reads/<name>")
def read(name: str) -> Response:
    """El JSON de una lectura, como lo da PostgreSQL."""
    with connection() as lent, lent.cursor() as cursor:
        cursor.execute(reads.SQL[name], request.args)
        return Response(cursor.fetchone()[0], mimetype="application/json")


@app.get("/clinical-files/<int:patient_id>")
def clinical_file(patient_id: int) -> Response:
    """La ficha con sus antecedentes, y la constancia de que se vieron."""
    with transaction() as cursor:
        content = clinical.clinical_file(cursor, patient_id, int(request.args["user_id"]))
    return Response(content, mimetype="application/json")


@app.post("/writes/<name>")
def write(name: str) -> Response:
    """El JSON de una escritura, hecha en una transacción."""
    with transaction() as cursor:
        content = _WRITES[name](cursor, request.get_json())
    return Response(content, mimetype="application/json")
