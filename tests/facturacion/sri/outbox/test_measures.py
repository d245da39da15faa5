"""Lo que la facturación mide de su cola hacia el SRI."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from common.database import engine, reading, snapshot
from common.utils import clock_at, now
from facturacion_service.sri.outbox.measure_queries import sri_measures
from tests import factories
from tests.facturacion.sri.outbox import queued


@pytest.fixture
def issue(api):
    return queued.issuing(api)


def measured(name, **labels):
    """El valor de una medida; None si no tiene."""
    with reading() as db:
        found = {measure.name: measure for measure in sri_measures(db)}
    values = [sample.value for sample in found[name].samples if sample.labels == labels]
    return values[0] if values else None


def test_with_nothing_pending_everything_is_zero():
    for status in ("PENDIENTE", "FIRMADO", "ENVIADO", "RECIBIDO"):
        assert measured("sri_pending", status=status) == 0
    for name in ("sri_oldest_pending_seconds", "sri_delay_seconds", "sri_attention", "sri_stopped"):
        assert measured(name) == 0
    assert measured("sri_certificate_expires_seconds") is None


def test_what_waits_is_counted_by_its_status(issue):
    first, *_ = issue(3)
    factories.sri_document_status(first, "FIRMADO", "ENVIADO", "RECIBIDO")
    assert measured("sri_pending", status="PENDIENTE") == 2
    assert measured("sri_pending", status="RECIBIDO") == 1


def test_without_a_worker_the_delay_grows_and_with_one_it_does_not(issue):
    document = issue()
    with clock_at(now() + timedelta(minutes=10)):
        assert 600 <= measured("sri_delay_seconds") < 660
        # Quien lo toma ya lo está atendiendo, y quien espera su turno no está atrasado.
        assert queued.claim().document_id == document
        assert measured("sri_delay_seconds") == 0
        assert 600 <= measured("sri_oldest_pending_seconds") < 660


def test_what_is_held_on_purpose_is_not_late(issue):
    document = issue()
    queued.change(document, status="FIRMADO", signed_xml=b"<x/>", signed_at=now())
    queued.settings(transmission_enabled=False)
    with clock_at(now() + timedelta(minutes=10)):
        assert measured("sri_delay_seconds") == 0


def test_what_a_person_must_see_is_told(issue):
    queued.change(issue(), attention="Revise el RUC")
    queued.settings(stopped_reason="El SRI dice que el emisor no puede emitir")
    assert measured("sri_attention") == 1
    assert measured("sri_stopped") == 1


@pytest.fixture
def asked():
    """Lo que se pregunta a la base: cada sentencia con sus valores."""
    found = []

    def note(_connection, _cursor, statement, values, *_):
        found.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def test_reading_them_never_walks_the_history(issue, asked):
    """Cada consulta se apoya en un índice de lo pendiente."""
    issue(2)
    asked.clear()
    # Por una instantánea las sentencias viajan enteras.
    with snapshot() as db:
        list(sri_measures(db))
    documents = [one for one in asked if "FROM sri_documents" in one[0]]
    assert len(documents) == 3
    with engine().connect() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, values in documents:
            plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values))
            assert "ix_sri_documents_due" in plan or "ix_sri_documents_attention" in plan, plan
