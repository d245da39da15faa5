"""La cola hacia el SRI: a quién le toca, de quién es y qué queda guardado de cada conversación."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from common.database import transaction
from common.outbox.leases import LostLease
from common.tables.sri import SriAnswer, SriDelivery, SriDocument
from common.tables.sri_settings import SriSettings
from common.utils import now
from facturacion_service.sri.documents import changes
from facturacion_service.sri.exchange.answers import Authorization, Reception
from facturacion_service.sri.exchange.client import NotSent, UnknownOutcome
from facturacion_service.sri.outbox import operations as outbox_operations
from facturacion_service.sri.outbox import queries as outbox
from scripts.trials.at_once import at_once
from tests import factories
from tests.factories import BUYER
from tests.facturacion.sri.outbox.queued import (
    LEASE,
    answered,
    asked,
    authorization,
    change,
    claim,
    issuing,
    returned,
    rows,
    sent,
    settings,
    stored,
    taken,
)


@pytest.fixture
def issue(api):
    """`issue(2)`: dos facturas emitidas en una clínica con comprobantes electrónicos; sus comprobantes."""
    return issuing(api)


def test_the_oldest_goes_first_and_each_only_once(issue):
    first, second, third = issue(3)
    change(first, next_attempt_at=now() - timedelta(seconds=1))
    change(third, next_attempt_at=now() - timedelta(hours=1))
    change(second, next_attempt_at=now() - timedelta(minutes=1))
    assert [claim(owner).document_id for owner in "abc"] == [third, second, first]
    assert claim() is None


def test_what_is_not_due_finished_or_voided_is_not_taken(issue):
    later, finished, voided = issue(3)
    change(later, next_attempt_at=now() + timedelta(seconds=30))
    factories.authorized(finished)
    change(voided, voided_at=now(), voided_reason="x")
    assert claim() is None
    # Aunque algo lo despertara por error.
    change(finished, next_attempt_at=now())
    assert claim() is None


def test_many_hands_at_once_never_take_the_same_document(issue):
    documents = issue(8)
    found = at_once([lambda n=n: claim(f"mano {n}") for n in range(16)])
    assert sorted(one.document_id for one in found if one) == documents


def test_one_being_taken_is_skipped_without_waiting(issue):
    busy, free = issue(2)
    with transaction() as db:
        outbox.claim_document(db, "uno", LEASE)
        [other] = at_once([lambda: claim("otro")])
    assert {busy, free} == {other.document_id, busy}


def test_a_dead_owner_loses_it_when_the_lease_expires_and_not_before(issue):
    document = issue()
    first = claim("muerto")
    assert claim("otro") is None
    change(document, lease_until=now() - timedelta(seconds=1))
    second = claim("otro")
    assert second.document_id == document
    # El que parecía muerto vuelve: lo suyo no se guarda.
    with pytest.raises(LostLease), transaction() as db:
        outbox_operations.sign(db, first)
    assert stored(document).lease_owner == "otro"


def test_one_voided_meanwhile_is_not_touched(issue):
    document = issue()
    claimed = taken(document, "FIRMADO")
    change(document, voided_at=now(), lease_owner=None, lease_until=None, next_attempt_at=None)
    with pytest.raises(LostLease), transaction() as db:
        outbox_operations.start_sending(db, claimed)
    assert stored(document).status == "FIRMADO"


def test_taking_it_is_not_changing_it(issue):
    document = issue()
    before = stored(document).updated_at
    claim()
    assert stored(document).updated_at == before


@pytest.mark.parametrize("closed", [{"transmission_enabled": False}, {"stopped_reason": "RUC cerrado"}])
def test_while_sending_is_closed_nothing_new_leaves_and_the_rest_goes_on(issue, closed):
    unsigned, signed, in_flight, received = issue(4)
    factories.sri_document_status(signed, "FIRMADO")
    factories.sri_document_status(in_flight, "FIRMADO", "ENVIADO")
    factories.sri_document_status(received, "FIRMADO", "ENVIADO", "RECIBIDO")
    settings(**closed)
    found = {claim().document_id for _ in range(3)}
    assert found == {unsigned, in_flight, received}
    assert claim() is None
    settings(transmission_enabled=True, stopped_reason=None)
    assert claim().document_id == signed


def test_closed_while_it_was_in_hand_it_does_not_leave_and_is_let_go(issue):
    document = issue()
    claimed = taken(document, "FIRMADO")
    settings(transmission_enabled=False)
    with transaction() as db:
        assert outbox_operations.start_sending(db, claimed) is None
    row = stored(document)
    assert (row.status, row.lease_owner) == ("FIRMADO", None)


def test_it_says_it_will_send_before_sending(issue):
    document = issue()
    claimed = taken(document, "FIRMADO")
    change(document, lease_until=now() + timedelta(seconds=1))
    with transaction() as db:
        signed = outbox_operations.start_sending(db, claimed)
    row = stored(document)
    assert signed == row.signed_xml
    assert row.lease_until > now() + timedelta(seconds=30)
    assert (row.status, row.lease_owner, row.sent_at) == ("ENVIADO", "uno", None)


def test_without_a_certificate_it_waits_with_words(issue):
    document = issue()
    with transaction() as db:
        outbox_operations.sign(db, taken(document, "PENDIENTE"))
    row = stored(document)
    assert row.status == "PENDIENTE"
    assert "certificado de firma" in row.attention
    assert row.next_attempt_at > now()
    assert row.lease_owner is None


def test_the_answer_is_kept_byte_by_byte_with_what_it_changed(issue):
    document = issue()
    sent(taken(document, "ENVIADO"), answered(Reception("RECIBIDA", ()), raw=b"\x00\xff<a/>"))
    row = stored(document)
    assert (row.status, row.lease_owner, row.attempts) == ("RECIBIDO", None, 0)
    assert row.sent_at
    assert row.received_at
    [answer] = rows(SriAnswer)
    assert (answer.operation, answer.outcome, answer.http_status) == ("RECEPCION", "RECIBIDA", 200)
    assert answer.raw == b"\x00\xff<a/>"


@pytest.fixture
def credit(issue, api):
    """`credit(documento)`: el comprobante de la nota de crédito que devuelve su factura."""

    def note(invoice_document):
        path = f"/invoices/{stored(invoice_document).invoice_id}/credit-notes"
        answer = api("facturacion").post(path, {"reason": "Devolución"})
        return answer.json["data"]["credit_note"]["sri"]["document_id"]

    return note


def sign_by_hand(document_id):
    factories.sri_document_status(document_id, "FIRMADO")


def only(document_id):
    """Deja que toque solo ese comprobante."""
    with transaction() as db:
        db.execute(update(SriDocument).values(next_attempt_at=None))
    change(document_id, next_attempt_at=now())


def start_sending(document_id):
    only(document_id)
    with transaction() as db:
        return outbox_operations.start_sending(db, claim())


def test_a_credit_note_waits_for_its_invoice_without_bothering_anyone(issue, credit):
    invoice = issue()
    note = credit(invoice)
    sign_by_hand(note)
    claimed_note = start_sending(note)
    assert claimed_note is None
    row = stored(note)
    assert (row.status, row.attention) == ("FIRMADO", None)
    assert row.next_attempt_at > now()
    sign_by_hand(invoice)
    factories.sri_document_status(invoice, "ENVIADO", "RECIBIDO")
    change(invoice, next_attempt_at=now())
    asked(claim(), answered(authorization(stored(invoice).access_key)))
    # Y sale en cuanto la factura se autoriza, sin esperar su minuto.
    assert claim().document_id == note
    change(note, lease_owner=None, lease_until=None)
    assert start_sending(note) == stored(note).signed_xml


@pytest.mark.parametrize("status", ["DEVUELTO", "NO_AUTORIZADO"])
def test_a_credit_note_of_a_rejected_invoice_tells_someone(issue, credit, status):
    invoice = issue()
    note = credit(invoice)
    sign_by_hand(note)
    factories.sri_document_status(invoice, "FIRMADO", "ENVIADO", status)
    assert start_sending(note) is None
    assert "resuélvala" in stored(note).attention


def test_a_credit_note_is_signed_again_with_the_new_number_of_its_invoice(issue, credit):
    invoice = issue()
    note = credit(invoice)
    sign_by_hand(note)
    factories.sri_document_status(invoice, "FIRMADO", "ENVIADO", "DEVUELTO")
    with transaction() as db:
        renumbered = changes.renumber(db, invoice, "Número repetido")
    assert (stored(note).status, stored(note).signed_xml) == ("PENDIENTE", None)
    assert stored(renumbered).document_number.encode() in bytes(stored(note).unsigned_xml)


def test_a_failure_is_kept_too_even_if_its_words_are_rubbish(issue):
    document = issue()
    failure = UnknownOutcome("línea de estado \x00 rota " + "x" * 5000, now(), 502, b"\x00basura")
    sent(taken(document, "ENVIADO"), failure)
    [answer] = rows(SriAnswer)
    assert answer.outcome.startswith("línea de estado \N{REPLACEMENT CHARACTER} rota")
    assert (answer.http_status, answer.raw) == (502, b"\x00basura")
    assert stored(document).status == "ENVIADO"


def test_what_surely_never_left_has_no_sending_time(issue):
    document = issue()
    sent(taken(document, "ENVIADO"), NotSent("sin red", now()))
    row = stored(document)
    assert (row.status, row.sent_at, row.attempts) == ("FIRMADO", None, 1)
    assert row.next_attempt_at > now()


def test_if_the_state_cannot_be_saved_neither_is_the_answer(issue):
    document = issue()
    claimed = taken(document, "ENVIADO")
    wrong = authorization("2" * 49)
    with pytest.raises(Exception, match="ck_sri_documents_authorized"):
        asked(claimed, answered(wrong))
    assert rows(SriAnswer) == []
    assert stored(document).lease_owner == "uno"


def test_authorized_it_is_finished_and_its_mail_waits(issue, configured):
    configured(SMTP_HOST="correo.test", SMTP_FROM="clinica@correo.test")
    document = issue()
    claimed = taken(document, "RECIBIDO")
    key = stored(document).access_key
    asked(claimed, answered(authorization(key)))
    row = stored(document)
    assert (row.status, row.authorization_number) == ("AUTORIZADO", key)
    assert (row.next_attempt_at, row.lease_owner) == (None, None)
    [delivery] = rows(SriDelivery)
    assert (delivery.document_id, delivery.recipient) == (document, "ana@correo.ec")
    assert delivery.status == "PENDIENTE"
    assert delivery.next_attempt_at <= now()


def test_the_authorized_bytes_are_kept_only_when_they_are_not_the_signed_ones(issue):
    document = issue()
    claimed = taken(document, "RECIBIDO")
    row = stored(document)
    asked(claimed, answered(authorization(row.access_key, document=row.signed_xml.decode())))
    assert stored(document).authorized_xml is None


@pytest.mark.parametrize("before", [("FIRMADO", "ENVIADO", "RECIBIDO"), ("FIRMADO", "ENVIADO", "AUTORIZADO")])
def test_the_authorized_bytes_are_put_only_with_the_authorization(issue, before):
    document = issue()
    factories.sri_document_status(document, *before)
    with pytest.raises(IntegrityError, match="no admite ese cambio"):
        change(document, authorized_xml=b"<factura/>")


def test_an_authorization_without_a_date_takes_that_of_its_answer(issue):
    document = issue()
    claimed = taken(document, "RECIBIDO")
    exchange = answered(authorization(stored(document).access_key, at=None))
    asked(claimed, exchange)
    assert stored(document).authorized_at == exchange.answered_at


@pytest.mark.parametrize(
    ("email", "variables", "words"),
    [
        (None, {"SMTP_HOST": "correo.test", "SMTP_FROM": "c@correo.test"}, "no dio un correo"),
        ("ana@correo.ec", {"SMTP_HOST": "", "SMTP_FROM": "c@correo.test"}, "SMTP_HOST"),
        ("ana@correo.ec", {"SMTP_HOST": "correo.test", "SMTP_FROM": ""}, "SMTP_FROM"),
    ],
)
def test_a_mail_that_cannot_be_sent_says_why(issue, configured, email, variables, words):
    configured(**variables)
    document = issue(buyer={**BUYER, "email": email})
    claimed = taken(document, "RECIBIDO")
    asked(claimed, answered(authorization(stored(document).access_key)))
    [delivery] = rows(SriDelivery)
    assert (delivery.status, delivery.next_attempt_at) == ("OMITIDO", None)
    assert words in delivery.detail


@pytest.mark.parametrize("code", ["2", "37", "63"])
def test_an_issuer_who_may_not_issue_stops_the_sending_and_says_why(issue, code):
    document = issue()
    sent(taken(document, "ENVIADO"), answered(returned(code)))
    assert stored(document).status == "DEVUELTO"
    [issuer] = rows(SriSettings)
    assert issuer.stopped_reason == f"[{code}] PALABRAS"


@pytest.mark.parametrize("now_issuing", [{"environment": "PRODUCCION"}, {"ruc": "1790011674001"}])
def test_what_is_said_of_another_issuer_does_not_stop_this_one(issue, now_issuing):
    document = issue()
    claimed = taken(document, "ENVIADO")
    settings(**now_issuing)
    sent(claimed, answered(returned("2")))
    [issuer] = rows(SriSettings)
    assert issuer.stopped_reason is None


def test_a_taken_number_is_remembered_until_its_key_is_asked_for(issue):
    document = issue()
    sent(taken(document, "ENVIADO"), answered(returned("45")))
    row = stored(document)
    assert (row.status, row.messages[0]["identifier"]) == ("ENVIADO", "45")
    change(document, next_attempt_at=now(), attempts=9)
    nothing = Authorization("DESCONOCIDO", None, None, None, None, ())
    decision = asked(claim(), answered(nothing))
    assert decision.renumber
    assert stored(document).status == "DEVUELTO"


def test_sending_again_forgets_what_was_said_of_the_former_sending(issue):
    document = issue()
    claimed = taken(document, "FIRMADO")
    change(document, messages=[{"identifier": "50", "text": "x", "additional": "", "kind": "ERROR"}])
    with transaction() as db:
        outbox_operations.start_sending(db, claimed)
    assert stored(document).messages == []
