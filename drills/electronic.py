"""Comprobantes electrónicos: cada factura emitida llega al SRI una vez, con su número y su clave."""

import secrets
import sqlite3
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

from drills.house import Broken, House, at_once, expect, opened, outcomes
from drills.races import numbers
from scripts.demo.data import ISSUER
from scripts.demo_certificate import make_p12
from scripts.machine.processes import spawn, stop_all
from scripts.trials.throwaway import ROOT

COUNT, UNDONE, CUT, REFUSED = 1000, 40, 20, 40
# El nombre de un dato que pone el sistema: el comprobante no sirve, y eso se sabe con el número ya tomado.
UNACCEPTABLE = [{"name": "RUC Proveedor", "value": "1790011674001"}]
DEADLINE_SECONDS = 240.0
PENDING = "SELECT count(*) FROM sri_documents WHERE status <> 'AUTORIZADO'"
# Cada comprobante: su número, su clave y cuántas veces se conversó su recepción.
DOCUMENTS = """
SELECT document_number, access_key, count(answer_id) FILTER (WHERE operation = 'RECEPCION')
FROM sri_documents LEFT JOIN sri_answers USING (document_id)
GROUP BY document_id
"""


def configure(house: House) -> None:
    """Pone los datos y la firma de quien emite, inventados; desde aquí lo emitido va al SRI simulado."""
    settings = {**ISSUER, "transmission_enabled": True}
    house.admin.call("facturacion", "PUT", "/sri/settings", settings).data  # noqa: B018
    password = secrets.token_urlsafe(12)
    file = b64encode(make_p12(str(ISSUER["ruc"]), str(ISSUER["legal_name"]), password)).decode()
    body = {"file_base64": file, "password": password}
    house.admin.call("facturacion", "POST", "/sri/certificate", body).data  # noqa: B018


def authorized_once(_shared: House) -> str:
    """1 000 facturas electrónicas entre 100 que se deshacen, con dos trabajadores disputándose la cola."""
    with opened() as house, _another_worker(house):
        configure(house)
        numbers.spoil_commits(house)
        issue = partial(numbers.issue, house)
        replies = at_once(
            numbers.spread(
                [issue] * COUNT,
                [partial(issue, numbers.UNDONE)] * UNDONE,
                [partial(issue, numbers.CUT)] * CUT,
                [partial(issue, additional_info=UNACCEPTABLE)] * REFUSED,
            )
        )
        failed = {"422 datos_invalidos": REFUSED, "503 base_no_disponible": CUT, "503 ocupado": UNDONE}
        expect(outcomes(replies), {"201": COUNT, **failed}, "respuestas")
        started = time.monotonic()
        wait_until_authorized(house)
        seconds = time.monotonic() - started
        check_against_sri(house, COUNT)
        expect({times for _, _, times in house.rows(DOCUMENTS)}, {1}, "veces que se envió cada uno")
    return f"{COUNT} de {COUNT} autorizadas a los {seconds:.0f} s, 1…{COUNT}, cada una recibida una vez"


@contextmanager
def _another_worker(house: House) -> Iterator[None]:
    clinic = house.clinic
    process = spawn(clinic.sri_worker.command, ROOT, clinic.place / "otro_trabajador.log", clinic.env)
    try:
        yield
    finally:
        stop_all([process])


def wait_until_authorized(house: House) -> None:
    """Espera a que el SRI autorice todo lo emitido.

    :raises Broken: si no llega a tiempo.
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    while pending := house.stored(PENDING):
        if time.monotonic() > deadline:
            raise Broken(f"{pending} comprobantes sin autorizar a los {DEADLINE_SECONDS:.0f} s")
        time.sleep(0.2)


def check_against_sri(house: House, count: int) -> None:
    """Comprueba que lo que hay aquí y lo que tiene el SRI es lo mismo, una vez cada uno.

    :raises Broken: si no lo es.
    """
    rows = house.rows(DOCUMENTS)
    numbers.check_consecutive([number for number, _, _ in rows], count, "de los comprobantes")
    expect(len({key for _, key, _ in rows}), count, "claves de acceso distintas")
    misplaced = [key for number, key, _ in rows if key[24:39] != number.replace("-", "")]
    expect(misplaced, [], "claves con otro número")
    with closing(sqlite3.connect(house.clinic.place / "sri")) as sri:
        received = dict(sri.execute("SELECT access_key, state FROM documents").fetchall())
    expect(received.keys() == {key for _, key, _ in rows}, True, "el SRI tiene los mismos")
    expect(set(received.values()), {"AUTORIZADO"}, "lo que el SRI decidió")
