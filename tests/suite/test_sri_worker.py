"""El trabajador de los comprobantes contra un SRI que contesta bien, mal, tarde o nunca.

Lo que se comprueba al final de cada ensayo es que aquí y allá haya lo mismo: un solo comprobante por factura,
con los bytes que se firmaron.
"""

from datetime import timedelta

import pytest
from lxml import etree

from common.database import transaction
from common.utils import clinic_today, clock_at, now
from facturacion_service import operations_sri_deliveries
from facturacion_service.sri import access_key
from scripts.fake_sri import failures
from scripts.fake_sri.messages import message
from tests import printed
from tests.factories import BUYER
from tests.suite.sri_drill import Drill

OTHER_KEY = "2311202601179214673900110010010000009991234567810"


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


LOST_ANSWERS = {
    "calla": failures.silent(),
    "corta": failures.disconnected(),
    "corta a media respuesta": failures.truncated(),
    "contesta la mitad": failures.cut_short(),
    "contesta basura": failures.garbage(),
    "contesta vacío": failures.garbage(b""),
    "contesta una página": failures.html(stores=True),
    "contesta un error": failures.http_error(500, stores=True),
    "contesta un fallo": failures.fault(stores=True),
    "contesta de otra clave": failures.about_another(OTHER_KEY),
    "contesta sin fin": failures.enormous(6 * 1024 * 1024),
    "gotea": failures.dripping(0.2),
}


@pytest.mark.parametrize("failure", LOST_ANSWERS)
def test_if_it_was_received_and_the_answer_was_lost_it_is_not_sent_again(drill, configured, failure):
    configured(SRI_TIMEOUT_SECONDS="1")
    document = drill.issue()
    drill.fake.on_reception(LOST_ANSWERS[failure])
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    assert drill.fake.receptions.total() == 1


UNHEARD = {
    "corta": failures.disconnected(stores=False),
    "contesta basura": failures.garbage(stores=False),
    "contesta una página": failures.html(),
    "contesta un error": failures.http_error(),
    "contesta un fallo": failures.fault(),
}


@pytest.mark.parametrize("failure", UNHEARD)
def test_if_it_was_not_received_the_same_bytes_are_sent_after_asking(drill, failure):
    document = drill.issue()
    drill.fake.on_reception(UNHEARD[failure], times=2)
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    said = [(a.operation, a.outcome) for a in drill.answers(document)]
    operations = [operation for operation, _ in said]
    assert operations == [
        "RECEPCION",
        "AUTORIZACION",
        "RECEPCION",
        "AUTORIZACION",
        "RECEPCION",
        "AUTORIZACION",
    ]
    assert [outcome for operation, outcome in said if operation == "AUTORIZACION"][:2] == ["DESCONOCIDO"] * 2


@pytest.mark.parametrize("failure", [f for f in LOST_ANSWERS if f not in ("calla", "gotea")])
def test_no_rubbish_ever_authorizes_and_all_of_it_is_kept(drill, failure):
    document = drill.issue()
    drill.fake.on_authorization(LOST_ANSWERS[failure], times=None)
    for _ in range(4):
        drill.pass_once()
        drill.hurry()
    row = drill.document(document)
    assert (row.status, row.authorization_number) == ("RECIBIDO", None)
    kept = [answer for answer in drill.answers(document) if answer.operation == "AUTORIZACION"]
    assert len(kept) >= 3
    drill.fake.behave()
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)


def test_already_registered_means_received(drill):
    document = drill.issue()
    # Se guardó, la respuesta se perdió y al preguntar todavía no se sabe: toca reenviar.
    drill.fake.on_reception(failures.disconnected())
    drill.fake.on_authorization(failures.nothing_known())
    drill.pass_once()
    key = drill.document(document).access_key
    assert drill.fake.office.find(key).state == "AUTORIZADO"
    assert drill.finish(document) == ["AUTORIZADO"]
    assert "DEVUELTA (43)" in drill.outcomes(document)
    drill.agreed(document)


def test_still_processing_is_not_resent_but_asked_about(drill):
    document = drill.issue()
    drill.fake.on_reception(failures.disconnected())
    drill.fake.on_authorization(failures.nothing_known(), times=3)
    assert drill.finish(document) == ["AUTORIZADO"]
    outcomes = drill.outcomes(document)
    assert outcomes.index("DEVUELTA (70)") == 2
    assert outcomes[3:] == ["DESCONOCIDO", "DESCONOCIDO", "AUTORIZADO (60)"]
    drill.agreed(document)


@pytest.mark.parametrize("state", ["EN PROCESO", "PPR", "EN PROCESAMIENTO"])
def test_in_process_is_waited_for(drill, state):
    document = drill.issue()
    drill.fake.on_authorization(failures.in_state(state), times=3)
    assert drill.finish(document) == ["AUTORIZADO"]
    assert drill.outcomes(document).count("EN_PROCESO (60)") == 3


def test_an_unfamiliar_state_is_waited_for_and_someone_is_told(drill):
    document = drill.issue()
    drill.fake.on_authorization(failures.in_state("EN REVISIÓN MANUAL"), times=None)
    drill.pass_once()
    row = drill.document(document)
    assert row.status == "RECIBIDO"
    assert "EN REVISIÓN MANUAL" in row.attention
    drill.fake.behave()
    assert drill.finish(document) == ["AUTORIZADO"]
    assert drill.document(document).attention is None


def test_a_day_without_an_authorization_tells_someone_and_is_still_waited_for(drill):
    document = drill.issue()
    drill.fake.on_authorization(failures.nothing_known(), times=None)
    drill.pass_once()
    assert drill.document(document).attention is None
    drill.change(document, received_at=now() - timedelta(hours=25))
    drill.hurry()
    drill.pass_once()
    row = drill.document(document)
    assert row.status == "RECIBIDO"
    assert "más de un día" in row.attention
    assert row.next_attempt_at > now() + timedelta(minutes=50)
    drill.fake.behave()
    assert drill.finish(document) == ["AUTORIZADO"]


def forgotten(drill):
    """Un comprobante que el SRI recibió hace más de un día y del que nada sabe."""
    document = drill.issue()
    drill.fake.on_authorization(failures.nothing_known(), times=None)
    drill.pass_once()
    drill.change(document, received_at=now() - timedelta(hours=25))
    drill.hurry()
    drill.pass_once()
    assert "reenvíelo" in drill.document(document).attention
    drill.fake.behave()
    return document


def resent(drill, document):
    """Lo reenvía una persona, sin corregir nada; en qué queda."""
    response = drill.cashier.post(f"/sri/documents/{document}/retry", {})
    assert response.status_code == 200, response.json
    return response.json["data"]["document"]["status"]


def test_one_the_sri_lost_is_sent_again_when_someone_asks_for_it(drill):
    # Dice que lo tiene y no tiene nada.
    drill.fake.on_reception(failures.returned("43"))
    document = forgotten(drill)
    assert drill.fake.documents == {}
    assert drill.finish(document, passes=5) == ["RECIBIDO"]
    assert resent(drill, document) == "FIRMADO"
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)


def test_one_the_sri_only_seemed_to_have_lost_is_not_there_twice(drill):
    document = forgotten(drill)
    assert resent(drill, document) == "FIRMADO"
    assert drill.finish(document) == ["AUTORIZADO"]
    assert {"DEVUELTA (43)", "DEVUELTA (70)"} & set(drill.outcomes(document))
    drill.agreed(document)


def test_one_the_sri_is_still_working_on_is_only_asked_about(drill):
    document = forgotten(drill)
    drill.fake.on_authorization(failures.in_state("EN PROCESO"), times=None)
    drill.hurry()
    drill.pass_once()
    assert resent(drill, document) == "RECIBIDO"


def test_who_was_asking_about_it_does_not_undo_the_resending(drill):
    document = forgotten(drill)
    drill.change(document, lease_owner="otro", lease_until=now() + timedelta(minutes=1))
    assert resent(drill, document) == "FIRMADO"
    assert drill.document(document).lease_owner is None


def test_an_internal_error_of_the_sri_is_tried_again(drill):
    document = drill.issue()
    drill.fake.on_reception(failures.returned("50"), times=3)
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    assert drill.outcomes(document).count("DEVUELTA (50)") == 3


def test_what_the_sri_kept_though_it_said_it_failed_is_asked_about_and_not_sent_again(drill):
    document = drill.issue()
    drill.fake.on_reception(failures.returned("50", stores=True))
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    assert drill.fake.receptions.total() == 1
    assert drill.outcomes(document) == ["DEVUELTA (50)", "AUTORIZADO (60)"]


def test_a_number_the_sri_says_is_taken_may_be_taken_by_us(drill):
    document = drill.issue()
    drill.fake.on_reception(failures.returned("45", stores=True))
    drill.settings(renumbers_automatically=True)
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)


def test_a_number_taken_by_another_is_given_up_and_someone_is_told(drill):
    document = drill.issue()
    another = drill.used_by_another(document)
    assert drill.finish(document) == ["DEVUELTO"]
    row = drill.document(document)
    assert "[45]" in row.attention
    assert "siguiente" in row.attention
    assert row.next_attempt_at is None
    assert list(drill.fake.documents) == [another]
    assert drill.outcomes(document) == ["DEVUELTA (45)", *["DESCONOCIDO"] * 3]


DOUBTFUL = {
    "se cortó": failures.disconnected(),
    "falló": failures.returned("50", stores=True),
}


@pytest.mark.parametrize("first", DOUBTFUL)
def test_a_taken_number_whose_first_sending_may_have_arrived_is_not_given_up(drill, first):
    drill.settings(renumbers_automatically=True)
    document = drill.issue()
    drill.fake.on_reception(DOUBTFUL[first])
    drill.fake.on_reception(failures.returned("45"))
    drill.fake.on_authorization(failures.nothing_known(), times=None)
    drill.finish(document, passes=8)
    row = drill.document(document)
    assert (row.status, row.voided_at) == ("ENVIADO", None)
    assert "pudo llegarle" in row.attention
    drill.fake.behave()
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    assert drill.document(document).attention is None


def test_after_a_day_it_is_believed_of_another_and_a_person_decides(drill):
    drill.settings(renumbers_automatically=True)
    document = drill.issue()
    drill.fake.on_reception(failures.disconnected(stores=False))
    drill.used_by_another(document)
    drill.finish(document, passes=8)
    drill.change(document, sent_at=now() - timedelta(hours=25))
    assert drill.finish(document) == ["DEVUELTO"]
    row = drill.document(document)
    assert row.voided_at is None
    assert "[45]" in row.attention
    renumbered = drill.cashier.post(f"/sri/documents/{document}/renumber", {"reason": "Es de otro"})
    assert renumbered.status_code == 200, renumbered.json


def test_if_so_configured_it_takes_the_next_number_by_itself(drill):
    drill.settings(renumbers_automatically=True)
    document = drill.issue()
    another = drill.used_by_another(document)
    drill.finish(document)
    row = drill.document(document)
    assert row.voided_at
    assert "[45]" in row.voided_reason
    replacement = drill.live_document(row.invoice_id)
    assert replacement.document_number.endswith("000000002")
    assert drill.finish(replacement.document_id) == ["AUTORIZADO"]
    assert set(drill.fake.documents) == {another, drill.document(replacement.document_id).access_key}


def test_it_does_not_burn_numbers_one_after_another(drill):
    drill.settings(renumbers_automatically=True)
    document = drill.document(drill.issue())
    drill.fake.on_reception(failures.returned("45"), times=None)
    for _ in range(30):
        drill.pass_once()
        drill.hurry()
    live = drill.live_document(document.invoice_id)
    assert live.document_number.endswith("000000004")
    assert live.status == "DEVUELTO"
    assert live.attention


def test_a_date_out_of_time_takes_a_number_of_today(drill, api, configured):
    drill.settings(renumbers_automatically=True)
    configured(JWT_EXPIRATION_HOURS="720")
    with clock_at(now() - timedelta(days=3)):
        drill.cashier = api("facturacion")
        document = drill.issue()
    drill.finish(document)
    assert "DEVUELTA (65)" in drill.outcomes(document)
    replacement = drill.live_document(drill.document(document).invoice_id)
    assert replacement.issue_date == clinic_today()
    assert drill.finish(replacement.document_id) == ["AUTORIZADO"]
    drill.agreed(replacement.document_id)


def test_if_todays_date_is_out_of_time_the_clock_is_wrong_and_no_number_is_spent(drill):
    drill.settings(renumbers_automatically=True)
    document = drill.issue()
    drill.fake.office.clock = lambda: now() + timedelta(days=5)
    assert drill.finish(document) == ["DEVUELTO"]
    row = drill.document(document)
    assert row.voided_at is None
    assert "[65]" in row.attention


def corrected(drill, document):
    """Lo corrige y reenvía una persona."""
    buyer = {
        "id_type": "CEDULA",
        "id_number": "1712345675",
        "name": "Ana Pérez Mora",
        "email": "ana@correo.ec",
    }
    response = drill.cashier.post(f"/sri/documents/{document}/retry", {"buyer": buyer})
    assert response.status_code == 200, response.json


def test_one_returned_is_corrected_and_sent_with_the_same_key(drill):
    document = drill.issue()
    key = drill.document(document).access_key
    drill.fake.on_reception(failures.returned("35"))
    assert drill.finish(document) == ["DEVUELTO"]
    row = drill.document(document)
    assert "[35]" in row.attention
    assert "Corrija" in row.attention
    assert drill.fake.documents == {}
    corrected(drill, document)
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    assert list(drill.fake.documents) == [key]
    assert "Ana Pérez Mora" in drill.document(document).signed_xml.decode()
    assert drill.document(document).attention is None


def refused(drill, *codes):
    """Un comprobante que el SRI recibió y no autorizó, y lo recuerda."""
    words = tuple(message(code) for code in codes)
    registry = drill.fake.office.registry
    drill.fake.when_storing(after=lambda key: registry.decide(key, words, now()))
    document = drill.issue()
    assert drill.finish(document) == ["NO_AUTORIZADO"]
    drill.fake.when_storing()
    return document


def test_one_refused_is_corrected_and_sent_with_the_same_key(drill):
    document = refused(drill, "52")
    assert "[52]" in drill.document(document).attention
    corrected(drill, document)
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)


def test_what_the_sri_said_of_the_former_version_is_not_believed_of_the_corrected_one(drill):
    document = refused(drill, "52")
    corrected(drill, document)
    # El corregido no llegó: al preguntar, el SRI contesta por el anterior.
    drill.fake.on_reception(failures.disconnected(stores=False))
    assert drill.finish(document) == ["AUTORIZADO"]
    assert drill.outcomes(document).count("NO_AUTORIZADO (52)") == 2
    drill.agreed(document)


def test_if_the_sri_authorized_another_version_someone_is_told(drill):
    document = drill.issue()
    drill.pass_once_until(document, "RECIBIDO")
    signed = drill.document(document).signed_xml
    with drill.without_guards():
        drill.change(
            document, signed_xml=signed.replace(b"</ds:SignatureValue>", b"AAAA</ds:SignatureValue>")
        )
    assert drill.finish(document) == ["AUTORIZADO"]
    assert "versión anterior" in drill.document(document).attention


def test_if_the_sri_authorized_another_version_that_one_is_delivered(drill, configured):
    configured(SMTP_HOST="correo.test", SMTP_FROM="clinica@correo.test")
    # Dice que no, la persona lo corrige, y resulta que sí.
    drill.fake.on_authorization(failures.not_authorized("52"))
    document = drill.issue()
    assert drill.finish(document) == ["NO_AUTORIZADO"]
    key = drill.document(document).access_key
    corrected(drill, document)
    assert drill.finish(document) == ["AUTORIZADO"]
    row, theirs = drill.document(document), drill.fake.documents[key].xml
    assert row.authorized_xml == theirs != row.signed_xml
    path = f"/invoices/{row.invoice_id}"
    wrapped = etree.fromstring(drill.cashier.get(f"{path}/xml?authorization=true").data)
    assert wrapped.findtext("comprobante").encode() == theirs
    assert drill.cashier.get(f"{path}/xml").data == theirs
    shown = printed.words(drill.cashier.get(f"{path}/ride.pdf").data)
    assert BUYER["name"] in shown
    assert "Ana Pérez Mora" not in shown
    shown = drill.cashier.get(path).json["data"]["invoice"]["sri"]["delivery"]
    assert (shown["status"], "versión anterior" in shown["detail"]) == ("OMITIDO", True)
    drill.cashier.post(f"/sri/documents/{document}/email", {"email": "ana@correo.ec"})
    with transaction() as db:
        assert operations_sri_deliveries.claim(db, "uno").signed_xml == theirs


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
    corrected(drill, invoice)
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
