"""El proceso del trabajador: varios a la vez, cómo se detiene y qué hace cuando la base no está."""

import signal
import subprocess
import sys

import pytest

from common.config import PROJECT_ROOT
from scripts.fake_sri import failures
from tests.suite.database_tricks import Cable, called, end_sessions
from tests.suite.sri_worker.sri_drill import Drill


def test_two_workers_at_once_send_each_document_exactly_once(drill: Drill):
    documents = [drill.issue() for _ in range(12)]
    drill.start("--threads", "3")
    drill.start("--threads", "3")
    drill.until_status("AUTORIZADO", *documents)
    drill.agreed(*documents)
    assert set(drill.fake.receptions.values()) == {1}
    assert all(len(drill.deliveries(one)) == 1 for one in documents)


def test_once_does_what_is_due_and_ends(drill):
    document = drill.issue()
    assert drill.start("--once").wait() == 0
    assert drill.document(document).status == "AUTORIZADO"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_while_idle_it_stops_well(drill, number):
    document = drill.issue()
    worker = drill.start()
    drill.until_status("AUTORIZADO", document)
    assert worker.stop(number) == 0
    assert "Traceback" not in worker.said


def test_asked_to_stop_it_finishes_what_it_has_in_hand(drill):
    document = drill.issue()
    worker = drill.start("--threads", "1")
    drill.fake.when_storing(after=lambda _key: worker.ask_to_stop())
    assert worker.wait() == 0
    row = drill.document(document)
    assert (row.status, row.lease_owner) == ("RECIBIDO", None)
    assert drill.outcomes(document) == ["RECIBIDA"]


def test_the_database_going_away_before_recording_loses_nothing(drill, database_url):
    with Cable(database_url) as cable:
        drill.fake.when_storing(after=lambda _key: cable.cut())
        document = drill.issue()
        worker = drill.start("--threads", "1", DATABASE_URL=cable.url)
        drill.until(lambda: drill.fake.receptions.total() == 1, hurry=False)
        drill.fake.when_storing()
        cable.join()
        drill.until_status("AUTORIZADO", document)
        assert worker.stop() == 0
    # La respuesta que el SRI dio con la base caída se guardó al volver: ni se reenvió ni se volvió a pedir.
    assert drill.outcomes(document) == ["RECIBIDA", "AUTORIZADO (60)"]
    drill.agreed(document)


def test_a_restart_of_the_database_in_the_middle_loses_nothing(drill, database_url):
    documents = [drill.issue() for _ in range(6)]
    drill.fake.when_storing(after=lambda _key: end_sessions(database_url, "trabajador"))
    drill.start("--threads", "3", DATABASE_URL=called(database_url, "trabajador"))
    drill.until(lambda: drill.fake.receptions.total() >= 6, hurry=False)
    drill.fake.when_storing()
    drill.until_status("AUTORIZADO", *documents)
    drill.agreed(*documents)


def test_it_waits_for_a_database_that_is_not_there_yet(drill, database_url):
    document = drill.issue()
    with Cable(database_url) as cable:
        cable.cut()
        worker = drill.start("--threads", "1", DATABASE_URL=cable.url)
        drill.until(lambda: "La base de datos no está disponible" in worker.said, hurry=False)
        assert "Traceback" not in worker.said
        cable.join()
        drill.until_status("AUTORIZADO", document)
        assert worker.stop() == 0


def test_once_without_a_database_says_so_and_fails(drill, database_url):
    with Cable(database_url) as cable:
        cable.cut()
        worker = drill.start("--once", DATABASE_URL=cable.url)
        assert worker.wait() == 1
    assert "La base de datos no está disponible" in worker.said


def test_with_a_database_of_another_version_it_does_not_die_and_once_fails(drill, database_url):
    # Donde no hay tablas: cada consulta es un error que nadie esperaba.
    elsewhere = f"{database_url}{'&' if '?' in database_url else '?'}options=-csearch_path%3Dnada"
    once = drill.start("--once", "--threads", "1", DATABASE_URL=elsewhere)
    assert once.wait() == 1
    assert "error inesperado" in once.said
    worker = drill.start("--threads", "1", DATABASE_URL=elsewhere)
    drill.until(lambda: worker.said.count("error inesperado") >= 2, hurry=False)
    assert worker.stop() == 0


def test_a_slow_document_does_not_hold_the_others(drill, configured):
    configured(SRI_TIMEOUT_SECONDS="60")
    slow = drill.issue()
    drill.fake.on_reception(failures.silent(), access_key=drill.document(slow).access_key)
    others = [drill.issue() for _ in range(5)]
    drill.start("--threads", "2")
    drill.until_status("AUTORIZADO", *others)
    assert drill.document(slow).status == "ENVIADO"


def test_without_a_database_address_it_says_so():
    command = [sys.executable, "-m", "facturacion_service.sri.worker"]
    environment = {"DATABASE_URL": " ", "JWT_SECRET_KEY": "una clave larga y variada de prueba 0123456789"}
    done = subprocess.run(command, cwd=PROJECT_ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize("threads", ["0", "65", "dos", "-1"])
def test_a_number_of_threads_that_makes_no_sense_is_refused(threads):
    command = [sys.executable, "-m", "facturacion_service.sri.worker", "--threads", threads]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, check=False)
    assert done.returncode == 2
