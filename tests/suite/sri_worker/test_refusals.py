"""Lo devuelto y lo no autorizado se corrige y se envía de nuevo con la misma clave."""

from lxml import etree

from common.database import transaction
from common.utils import now
from facturacion_service.sri.outbox import delivery_operations
from scripts.fake_sri import failures
from scripts.fake_sri.messages import message
from tests import printed
from tests.factories import BUYER


def test_one_returned_is_corrected_and_sent_with_the_same_key(drill):
    document = drill.issue()
    key = drill.document(document).access_key
    drill.fake.on_reception(failures.returned("35"))
    assert drill.finish(document) == ["DEVUELTO"]
    row = drill.document(document)
    assert "[35]" in row.attention
    assert "Corrija" in row.attention
    assert drill.fake.documents == {}
    drill.correct(document)
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
    drill.correct(document)
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)


def test_what_the_sri_said_of_the_former_version_is_not_believed_of_the_corrected_one(drill):
    document = refused(drill, "52")
    drill.correct(document)
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
    drill.correct(document)
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
        assert delivery_operations.claim(db, "uno").signed_xml == theirs
