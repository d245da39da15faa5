"""El trabajador de los comprobantes contra un SRI que contesta bien, mal, tarde o nunca.

Lo que se comprueba al final de cada ensayo es que aquí y allá haya lo mismo: un solo comprobante por factura,
con los bytes que se firmaron.
"""

from datetime import timedelta

import pytest

from common.utils import now
from facturacion_service.sri.xml import access_key
from scripts.fake_sri import failures
from tests.suite.sri_worker.sri_drill import Drill


def test_what_is_issued_ends_authorized_and_is_sent_only_once(drill: Drill):
    document = drill.issue()
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    row = drill.document(document)
    assert row.authorization_number == row.access_key
    assert row.attention is None
    # La advertencia de pruebas se guarda y no es un error.
    assert [(m["identifier"], m["kind"]) for m in row.messages] == [("60", "ADVERTENCIA")]
    assert drill.fake.receptions == {row.access_key: 1}
    assert drill.outcomes(document) == ["RECIBIDA", "AUTORIZADO (60)"]


@pytest.mark.parametrize("code", ["2", "10", "27", "37", "56", "63"])
def test_an_issuer_who_may_not_issue_stops_all_sending_until_someone_resumes_it(drill, code):
    rejected, waiting = drill.issue(), drill.issue()
    in_flight = drill.issue()
    drill.fake.on_reception(failures.disconnected(), access_key=drill.document(in_flight).access_key)
    drill.hold(rejected, waiting)
    drill.pass_once()
    drill.hold(waiting, in_flight)
    drill.fake.on_reception(failures.returned(code))
    drill.change(rejected, next_attempt_at=now())
    drill.pass_once()
    assert drill.document(rejected).status == "DEVUELTO"
    assert f"[{code}]" in drill.stopped_reason()
    assert drill.finish(waiting, in_flight, passes=5) == ["FIRMADO", "AUTORIZADO"]
    assert drill.fake.receptions[drill.document(waiting).access_key] == 0
    assert drill.cashier.put("/sri/settings", {"transmission_enabled": True}).status_code == 200
    assert drill.stopped_reason() is None
    assert drill.finish(waiting) == ["AUTORIZADO"]


def test_down_for_an_hour_everything_waits_and_then_goes_out(drill):
    documents = [drill.issue() for _ in range(3)]
    with drill.fake.outage():
        for _ in range(12):
            drill.pass_once()
            drill.hurry()
        rows = [drill.document(one) for one in documents]
        assert {row.status for row in rows} == {"FIRMADO"}
        # Ninguno salió: se sabe con certeza.
        assert {row.sent_at for row in rows} == {None}
        assert all(row.attempts >= 10 for row in rows)
        for one in documents:
            drill.change(one, signed_at=now() - timedelta(hours=2))
        drill.pass_once()
        assert all("más de una hora" in drill.document(one).attention for one in documents)
    assert drill.finish(*documents) == ["AUTORIZADO"] * 3
    drill.agreed(*documents)
    assert {drill.document(one).attention for one in documents} == {None}


def test_with_the_sending_off_it_is_signed_and_waits(drill):
    drill.settings(transmission_enabled=False)
    document = drill.issue()
    for _ in range(3):
        drill.pass_once()
        drill.hurry()
    row = drill.document(document)
    assert (row.status, row.attention, row.lease_owner) == ("FIRMADO", None, None)
    assert drill.fake.receptions == {}
    drill.settings(transmission_enabled=True)
    # Sin adelantar el reloj: sale en cuanto se enciende.
    drill.pass_once()
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)


def test_without_a_certificate_it_waits_and_goes_out_when_there_is_one(drill, upload_certificate):
    drill.cashier.delete("/sri/certificate")
    document = drill.issue()
    drill.pass_once()
    row = drill.document(document)
    assert row.status == "PENDIENTE"
    assert "certificado" in row.attention
    upload_certificate(drill.cashier)
    # Sin adelantar el reloj: subirlo basta.
    drill.pass_once()
    assert drill.document(document).status == "AUTORIZADO"
    drill.agreed(document)


def test_a_credit_note_leaves_only_after_its_invoice_is_authorized(drill):
    invoice = drill.issue()
    note = drill.credit(invoice)
    drill.fake.on_authorization(failures.nothing_known(), times=4)
    order = []
    drill.fake.when_storing(after=lambda key: order.append((key, drill.document(invoice).status)))
    assert drill.finish(invoice, note) == ["AUTORIZADO", "AUTORIZADO"]
    keys = [drill.document(invoice).access_key, drill.document(note).access_key]
    assert order[1] == (keys[1], "AUTORIZADO")
    assert [key for key, _ in order] == keys
    drill.agreed(invoice, note)


def test_a_credit_note_of_a_refused_invoice_waits_until_someone_corrects_it(drill):
    invoice = drill.issue()
    note = drill.credit(invoice)
    drill.fake.on_reception(failures.returned("35"))
    drill.finish(invoice, note, passes=5)
    assert [drill.document(one).status for one in (invoice, note)] == ["DEVUELTO", "FIRMADO"]
    assert "resuélvala" in drill.document(note).attention
    drill.correct(invoice)
    assert drill.finish(invoice, note) == ["AUTORIZADO", "AUTORIZADO"]
    drill.agreed(invoice, note)
    assert drill.document(note).attention is None


def test_a_credit_note_follows_its_invoice_to_the_number_it_takes(drill):
    drill.settings(renumbers_automatically=True)
    invoice = drill.issue()
    note = drill.credit(invoice)
    another = drill.used_by_another(invoice)
    drill.finish(invoice, passes=10)
    replacement = drill.live_document(drill.document(invoice).invoice_id)
    assert drill.finish(replacement.document_id, note) == ["AUTORIZADO", "AUTORIZADO"]
    assert replacement.document_number.encode() in drill.document(note).signed_xml
    keys = {drill.document(one).access_key for one in (replacement.document_id, note)}
    assert set(drill.fake.documents) == {another, *keys}


def test_a_document_the_program_fails_with_stops_nobody(drill):
    broken, unsignable, good = drill.issue(), drill.issue(), drill.issue()
    drill.change(broken, messages=[{"no": "es un mensaje"}])
    drill.change(unsignable, unsigned_xml=b"esto no es XML")
    assert drill.finish(good) == ["AUTORIZADO"]
    row = drill.document(broken)
    assert (row.status, row.lease_owner) == ("PENDIENTE", None)
    assert "Error del sistema (TypeError)" in row.attention
    assert row.next_attempt_at > now() - timedelta(seconds=60)
    assert drill.document(unsignable).attention
    drill.change(broken, messages=[])
    assert drill.finish(broken) == ["AUTORIZADO"]
    drill.agreed(broken, good)


def test_each_document_goes_to_its_own_environment(drill, configured, fake_production):
    trial = drill.issue()
    configured(SRI_URL_PRODUCCION=fake_production.url)
    drill.settings(environment="PRODUCCION")
    real = drill.issue()
    assert drill.finish(trial, real) == ["AUTORIZADO", "AUTORIZADO"]
    assert list(drill.fake.documents) == [drill.document(trial).access_key]
    assert list(fake_production.documents) == [drill.document(real).access_key]
    assert access_key.parse(drill.document(real).access_key).environment == "PRODUCCION"
