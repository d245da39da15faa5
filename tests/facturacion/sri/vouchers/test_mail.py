"""El correo que entrega un comprobante: qué dice, qué lleva y que ningún texto le añade encabezados."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from common.mail.smtp import MailError, send
from facturacion_service.sri.vouchers.mail import message
from facturacion_service.sri.vouchers.reading import read
from facturacion_service.sri.xml.build import to_xml
from tests.facturacion.sri import samples
from tests.mailbox import mailbox

AT = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<autorizacion>ñ\r\n</autorizacion>\n'.encode()
PDF = b"%PDF-1.4\r\n\x00\xff\n.\n..\r\n"


def voucher(document=None):
    in_production = samples.heading(environment="PRODUCCION")
    return read(to_xml(document or samples.invoice_document(heading=in_production)))


def written(subject=None, *, sender="facturas@clinica.ec", recipient="maria@example.com"):
    """El correo como lo lee quien lo recibe."""
    sent = message(subject or voucher(), sender=sender, recipient=recipient, pdf=PDF, xml=XML, at=AT)
    return message_from_bytes(bytes(sent), policy=policy.default)


def body(mail):
    return mail.get_body(("plain",)).get_content()


def test_it_says_which_document_of_which_clinic_it_delivers():
    mail = written()
    assert mail["Subject"] == "Factura 001-001-000000123 de Clínica de Prueba"
    assert mail["From"].addresses[0].display_name == "Clínica de Prueba"
    assert mail["From"].addresses[0].addr_spec == "facturas@clinica.ec"
    assert mail["To"].addresses[0].display_name == "María José Ñúñez Páez"
    assert mail["To"].addresses[0].addr_spec == "maria@example.com"
    assert mail["Date"].datetime == AT
    assert mail["Message-ID"].endswith("@clinica.ec>")
    assert mail["Auto-Submitted"] == "auto-generated"
    text = body(mail)
    for expected in (
        "María José Ñúñez Páez",
        "RUC 1799000012001",
        "factura electrónica 001-001-000000123, emitida el 23/11/2026 por un total de USD 103.95.",
        samples.heading(environment="PRODUCCION").access_key,
    ):
        assert expected in text


def test_a_credit_note_is_called_by_its_name():
    mail = written(voucher(samples.credit_note_document()))
    assert "Nota de crédito 001-001-000000123 de" in mail["Subject"]
    assert "su nota de crédito electrónica" in body(mail)


def test_a_test_document_says_so_before_anything_else():
    mail = written(voucher(samples.invoice_document()))
    assert mail["Subject"].startswith("[PRUEBAS] ")
    assert "no tiene validez tributaria" in body(mail)
    assert "PRUEBAS" not in written()["Subject"] + body(written())


def test_both_files_are_attached_untouched_and_called_as_the_key():
    key = samples.heading(environment="PRODUCCION").access_key
    files = [
        (part.get_filename(), part.get_content_type(), part.get_content())
        for part in written().iter_attachments()
    ]
    assert files == [(f"{key}.pdf", "application/pdf", PDF), (f"{key}.xml", "application/xml", XML)]


def test_the_whole_message_survives_a_real_server():
    mail = message(
        voucher(), sender="facturas@clinica.ec", recipient="maria@example.com", pdf=PDF, xml=XML, at=AT
    )
    with mailbox() as box:
        send(mail, box.server)
    ((sender, recipients, received),) = box.received
    assert (sender, recipients) == ("facturas@clinica.ec", ["maria@example.com"])
    assert [part.get_content() for part in received.iter_attachments()] == [PDF, XML]
    assert body(received).splitlines() == body(mail).splitlines()


def test_it_has_only_seven_bit_letters_so_any_server_takes_it():
    sent = message(voucher(), sender="f@clinica.ec", recipient="m@example.com", pdf=PDF, xml=XML, at=AT)
    assert bytes(sent).isascii()
    assert max(map(len, bytes(sent).splitlines())) < 998


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("facturas@clinica.ec", "Clínica de Prueba", "facturas@clinica.ec"),
        ("Facturación <f@clinica.ec>", "Facturación", "f@clinica.ec"),
        ('"Pérez, Cía. Ltda." <f@clinica.ec>', "Pérez, Cía. Ltda.", "f@clinica.ec"),
        ("Pérez, Cía. Ltda. <f@clinica.ec>", "Pérez, Cía. Ltda.", "f@clinica.ec"),
        ("<f@clinica.ec>", "Clínica de Prueba", "f@clinica.ec"),
    ],
)
def test_the_sender_may_bring_its_own_name(sender, name, address):
    (origin,) = written(sender=sender)["From"].addresses
    assert (origin.display_name, origin.addr_spec) == (name, address)


@pytest.mark.parametrize(
    "name",
    [
        "Pérez, Ana <otra@example.com>",
        'O"Higgins \\ (Chile); @todos: x',
        "=?utf-8?q?Ana=0D=0ABcc=3A_x=40y=2Eec?=",
        "Ñandú, " * 40,
        "N" * 300,
        "😀 بيت",
    ],
)
def test_no_name_turns_into_another_address(name):
    buyer = samples.buyer(name=name.strip())
    mail = written(voucher(samples.invoice_document(buyer=buyer)))
    assert [address.addr_spec for address in mail["To"].addresses] == ["maria@example.com"]
    assert mail["Bcc"] is None
    assert "".join(name.split()) in "".join(body(mail).split())


def test_a_name_that_looks_encoded_is_not_decoded():
    hidden = "=?utf-8?q?Factura=0D=0ABcc=3A_x=40y=2Eec?="
    clean = voucher()
    mail = written(replace(clean, issuer=replace(clean.issuer, trade_name=hidden)))
    assert mail["Subject"].endswith(hidden.replace("=?", "= ?"))
    assert mail["From"].addresses[0].display_name == hidden.replace("=?", "= ?")
    assert mail["Bcc"] is None


@pytest.mark.parametrize("breaks", ["\n", "\r", "\r\n", "\x00", "\x0b", "\u2028", "\x85"])
def test_a_text_with_line_breaks_is_refused_where_it_would_be_a_header(breaks):
    clean, text = voucher(), f"Ana{breaks}Bcc: x@y.ec"
    for dirty in (
        replace(clean, buyer=replace(clean.buyer, name=text)),
        replace(clean, issuer=replace(clean.issuer, trade_name=text)),
        replace(clean, number=text),
        replace(clean, access_key=text),
    ):
        with pytest.raises(MailError, match="caracteres de control") as caught:
            written(dirty)
        assert caught.value.permanent


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "ana@",
        "ana@example",
        "ana@example.com\nBcc: x@y.ec",
        "ana@example.com, otra@example.com",
        "ana@example..com",
        "Ana <ana@example.com>",
        "ñandú@example.com",
        "a@" + "x" * 250 + ".com",
    ],
)
def test_what_is_not_one_address_is_refused_for_good(address):
    with pytest.raises(MailError, match="no es un correo") as caught:
        written(recipient=address)
    assert caught.value.permanent
