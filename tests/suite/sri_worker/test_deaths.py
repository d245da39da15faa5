"""Un trabajador que muere sin aviso en cada paso, y otro que sigue donde lo dejó.

Con bloqueos y esperas dentro del SRI simulado se lo detiene exactamente donde hace falta; después se lo mata,
se da por vencido su arriendo y otro sigue. Pase donde pase, el SRI recibe un solo comprobante.
"""

import socket
import threading
from collections.abc import Iterator

import pytest

from scripts.fake_sri.failures import Failure
from tests.suite.database_tricks import Lock, lock
from tests.suite.sri_worker.sri_drill import Drill, Worker

ROW = "SELECT FROM sri_documents FOR UPDATE"


@pytest.fixture
def held(database_url: str) -> Iterator[Lock]:
    """Otra sesión con la que detener al trabajador en la base."""
    with lock(database_url) as found:
        yield found


@pytest.fixture
def pause() -> Iterator["Pause"]:
    """Con qué detener al trabajador dentro del SRI."""
    found = Pause()
    yield found
    found.resume.set()


class Pause:
    """Un punto donde el SRI simulado se queda esperando."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.resume = threading.Event()

    def __call__(self, *_: object) -> None:
        self.reached.set()
        self.resume.wait()


def dies(drill: Drill, worker: Worker) -> None:
    worker.kill()
    drill.expire_leases()


def another_finishes(drill: Drill, document: int) -> None:
    """Otro proceso lo lleva hasta el final, con un solo comprobante en el SRI y los mismos bytes."""
    drill.start("--threads", "2")
    drill.until_status("AUTORIZADO", document)
    drill.agreed(document)
    assert len(drill.deliveries(document)) == 1


def operations(drill: Drill, document: int) -> list[str]:
    return [answer.operation for answer in drill.answers(document)]


def test_before_the_signature_is_saved(drill, held):
    document = drill.issue()
    held.take("LOCK TABLE sri_certificates IN ACCESS EXCLUSIVE MODE")
    worker = drill.start("--threads", "1")
    drill.until(held.someone_waits, hurry=False)
    assert drill.document(document).status == "PENDIENTE"
    dies_holding(drill, worker, held)
    another_finishes(drill, document)
    assert drill.fake.receptions.total() == 1


def test_after_the_signature_is_saved(drill):
    drill.settings(transmission_enabled=False)
    document = drill.issue()
    worker = drill.start("--threads", "1")
    drill.until_status("FIRMADO", document)
    dies(drill, worker)
    signed = drill.document(document).signed_xml
    drill.settings(transmission_enabled=True)
    another_finishes(drill, document)
    assert drill.document(document).signed_xml == signed
    assert drill.fake.receptions.total() == 1


def test_after_saying_it_is_sent_and_before_it_arrives(drill):
    document = drill.issue()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        # Acepta la conexión y no lee nada.
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        worker = drill.start("--threads", "1", SRI_URL_PRUEBAS=url, SRI_TIMEOUT_SECONDS="60")
        drill.until_status("ENVIADO", document)
        dies(drill, worker)
    assert drill.fake.receptions.total() == 0
    another_finishes(drill, document)
    # Primero pregunta, y solo después de saber que no está lo envía.
    assert operations(drill, document)[:2] == ["AUTORIZACION", "RECEPCION"]
    assert drill.outcomes(document)[0] == "DESCONOCIDO"
    assert drill.fake.receptions.total() == 1


def test_after_the_sri_stored_it_and_before_it_answers(drill, pause):
    drill.fake.when_storing(after=pause)
    document = drill.issue()
    worker = drill.start("--threads", "1")
    drill.until(pause.reached.is_set)
    assert drill.document(document).status == "ENVIADO"
    dies(drill, worker)
    pause.resume.set()
    another_finishes(drill, document)
    assert operations(drill, document) == ["AUTORIZACION"]
    assert drill.fake.receptions.total() == 1


def test_after_the_sri_answered_and_before_it_is_recorded(drill, held):
    drill.fake.when_storing(after=lambda _key: held.take(ROW))
    document = drill.issue()
    worker = drill.start("--threads", "1")
    drill.until(held.someone_waits, hurry=False)
    dies_holding(drill, worker, held)
    assert operations(drill, document) == []
    another_finishes(drill, document)
    assert operations(drill, document) == ["AUTORIZACION"]
    assert drill.fake.receptions.total() == 1


def test_after_it_was_authorized_and_before_it_is_recorded(drill, held):
    def stop_there(reply, _call):
        held.take(ROW)
        return reply

    drill.fake.on_authorization(Failure(stop_there, stores=True))
    document = drill.issue()
    worker = drill.start("--threads", "1")
    drill.until(held.someone_waits, hurry=False)
    assert [found.state for found in drill.fake.documents.values()] == ["AUTORIZADO"]
    dies_holding(drill, worker, held)
    assert drill.document(document).status == "RECIBIDO"
    assert drill.deliveries(document) == []
    another_finishes(drill, document)
    assert drill.outcomes(document) == ["RECIBIDA", "AUTORIZADO (60)"]
    assert drill.fake.receptions.total() == 1


def dies_holding(drill: Drill, worker: Worker, held: Lock) -> None:
    """Muere mientras espera por lo bloqueado; después se suelta, porque su sesión también retiene algo."""
    drill.fake.when_storing()
    worker.kill()
    held.release()
    drill.expire_leases()


def test_one_that_only_seemed_dead_does_not_overwrite_what_another_did(drill, pause):
    drill.fake.when_storing(after=pause)
    document = drill.issue()
    # Espera lo que tarde el otro en arrancar y terminar.
    slow = drill.start("--threads", "1", SRI_TIMEOUT_SECONDS="60")
    drill.until(pause.reached.is_set)
    drill.expire_leases()
    another_finishes(drill, document)
    answers = drill.outcomes(document)
    pause.resume.set()
    drill.until(lambda: "el arriendo ya es de otro" in slow.said, hurry=False)
    assert drill.document(document).status == "AUTORIZADO"
    assert drill.outcomes(document) == answers
    assert slow.stop() == 0
