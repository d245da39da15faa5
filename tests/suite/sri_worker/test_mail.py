"""El correo de lo autorizado: llega a quien compró, y si no puede llegar queda dicho por qué."""

import pytest
from lxml import etree

from common.utils import now
from tests.factories import BUYER
from tests.mailbox import mailbox
from tests.suite.database_tricks import lock


@pytest.fixture
def posting(configured):
    """`posting(box)`: la clínica envía por ese servidor."""

    def use(box, **variables):
        configured(
            SMTP_HOST=box.server.host,
            SMTP_PORT=str(box.server.port),
            SMTP_SECURITY=box.server.security,
            SMTP_FROM="Clínica <facturas@clinica.test>",
            **variables,
        )

    return use


def authorized(drill, **values):
    document = drill.issue(**values)
    assert drill.finish(document) == ["AUTORIZADO"]
    return document


def only_delivery(drill, document):
    [row] = drill.deliveries(document)
    return row


def test_the_buyer_receives_the_document_and_its_print(drill, posting):
    with mailbox() as box:
        posting(box)
        document = authorized(drill)
        drill.pass_once()
    [(sender, recipients, mail)] = box.received
    assert (sender, recipients) == ("facturas@clinica.test", [BUYER["email"]])
    row = drill.document(document)
    pdf, xml = mail.iter_attachments()
    assert (pdf.get_filename(), xml.get_filename()) == (f"{row.access_key}.pdf", f"{row.access_key}.xml")
    assert pdf.get_content().startswith(b"%PDF")
    tree = etree.fromstring(xml.get_content())
    assert tree.findtext("numeroAutorizacion") == row.access_key
    assert tree.findtext("comprobante").encode() == row.signed_xml
    delivery = only_delivery(drill, document)
    assert (delivery.status, delivery.attempts, delivery.lease_owner) == ("ENVIADO", 1, None)
    assert delivery.sent_at


def test_nothing_is_sent_before_it_is_authorized(drill, posting):
    with mailbox() as box:
        posting(box)
        document = drill.issue()
        drill.settings(transmission_enabled=False)
        drill.pass_once()
        assert drill.document(document).status == "FIRMADO"
        assert drill.deliveries(document) == []
    assert box.received == []


@pytest.mark.parametrize("order", ["RCPT", "DATA"])
def test_a_refusal_for_good_is_not_tried_again(drill, posting, order):
    with mailbox(**{order: "550 5.1.1 No existe"}) as box:
        posting(box)
        document = authorized(drill)
        drill.pass_once()
        delivery = only_delivery(drill, document)
        assert (delivery.status, delivery.next_attempt_at) == ("FALLIDO", None)
        assert "550" in delivery.detail
        box.replies.clear()
        drill.hurry()
        drill.pass_once()
    assert box.received == []


def test_a_refusal_for_now_is_tried_again_later(drill, posting):
    with mailbox(RCPT="450 4.2.1 Vuelva más tarde") as box:
        posting(box)
        document = authorized(drill)
        drill.pass_once()
        delivery = only_delivery(drill, document)
        assert (delivery.status, delivery.attempts) == ("PENDIENTE", 1)
        assert delivery.next_attempt_at > now()
        assert "450" in delivery.detail
        box.replies.clear()
        drill.pass_once()
        assert box.received == []
        drill.hurry()
        drill.pass_once()
        assert len(box.received) == 1
    delivery = only_delivery(drill, document)
    assert (delivery.status, delivery.attempts, delivery.detail) == ("ENVIADO", 2, None)


def test_a_mail_server_that_is_down_does_not_stop_the_documents(drill, posting):
    with mailbox() as box:
        posting(box)
    first, second = authorized(drill), authorized(drill)
    drill.pass_once()
    assert {only_delivery(drill, one).status for one in (first, second)} == {"PENDIENTE"}
    drill.agreed(first, second)


def test_a_buyer_without_a_mail_is_left_out_with_words(drill, posting):
    with mailbox() as box:
        posting(box)
        document = authorized(drill, buyer={**BUYER, "email": None})
        drill.pass_once()
    delivery = only_delivery(drill, document)
    assert (delivery.status, delivery.recipient) == ("OMITIDO", None)
    assert "no dio un correo" in delivery.detail
    assert box.received == []


def test_without_a_mail_server_it_is_left_out_with_words(drill):
    document = authorized(drill)
    drill.pass_once()
    delivery = only_delivery(drill, document)
    assert (delivery.status, delivery.recipient) == ("OMITIDO", BUYER["email"])
    assert "SMTP_HOST" in delivery.detail


def test_someone_can_send_it_again_to_another_address(drill, posting):
    with mailbox() as box:
        posting(box)
        document = authorized(drill)
        drill.pass_once()
        answer = drill.cashier.post(f"/sri/documents/{document}/email", {"email": "contadora@clinica.test"})
        assert answer.status_code == 200
        drill.pass_once()
    assert [recipients for _, recipients, _ in box.received] == [[BUYER["email"]], ["contadora@clinica.test"]]


def test_a_credit_note_goes_to_the_buyer_of_its_invoice(drill, posting):
    with mailbox() as box:
        posting(box)
        invoice = authorized(drill)
        note = drill.credit(invoice)
        assert drill.finish(note) == ["AUTORIZADO"]
        drill.pass_once()
    assert [recipients for _, recipients, _ in box.received] == [[BUYER["email"]]] * 2
    assert "Nota de crédito" in box.received[1][2]["Subject"]


def test_two_workers_send_each_mail_once(drill, posting):
    with mailbox() as box:
        posting(box)
        documents = [drill.issue() for _ in range(6)]
        drill.start("--threads", "2")
        drill.start("--threads", "2")
        drill.until_status("AUTORIZADO", *documents)
        drill.until(lambda: all(only_delivery(drill, one).status == "ENVIADO" for one in documents))
    assert len(box.received) == 6


class WhenAccepting(dict):
    """Respuestas de un servidor que hace algo en el momento de aceptar un correo."""

    def __init__(self, act):
        super().__init__()
        self._act = act

    def get(self, order, default=None):
        if order == "DATA":
            self._act()
        return default


def waiting_for_mail(drill, posting):
    """Un comprobante autorizado cuyo correo todavía no pudo salir."""
    with mailbox() as box:
        posting(box)
    document = authorized(drill)
    drill.pass_once()
    assert only_delivery(drill, document).status == "PENDIENTE"
    drill.hurry()
    return document


def test_killed_before_recording_that_it_went_out_it_goes_out_again(drill, posting, database_url):
    document = waiting_for_mail(drill, posting)
    with mailbox() as box, lock(database_url) as held:
        posting(box)
        box.replies = WhenAccepting(lambda: held.take("SELECT FROM sri_deliveries FOR UPDATE"))
        worker = drill.start("--threads", "1")
        drill.until(held.someone_waits, hurry=False)
        assert len(box.received) == 1
        worker.kill()
        held.release()
        box.replies = {}
        drill.expire_leases()
        drill.start("--threads", "1")
        drill.until(lambda: only_delivery(drill, document).status == "ENVIADO")
    # Dos veces mejor que ninguna.
    assert len(box.received) == 2


def test_an_unreadable_document_does_not_stop_the_other_mails(drill, posting):
    broken, good = waiting_for_mail(drill, posting), waiting_for_mail(drill, posting)
    with drill.without_guards():
        drill.change(broken, signed_xml=b"esto no es XML")
    drill.hurry()
    with mailbox() as box:
        posting(box)
        drill.pass_once()
    assert len(box.received) == 1
    assert only_delivery(drill, good).status == "ENVIADO"
    delivery = only_delivery(drill, broken)
    assert (delivery.status, delivery.lease_owner) == ("PENDIENTE", None)
    assert "Error del sistema" in delivery.detail
