"""El correo que entrega un comprobante a su comprador. Lo envía `smtp.send`."""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid

from common.mail.smtp import MailError
from facturacion_service.sri.vouchers.vouchers import Voucher
from facturacion_service.sri.xml.codes import DOCUMENT_NAMES

SUBJECT = "{document} {number} de {clinic}"
TEST_MARK = "[PRUEBAS] "
BODY = """\
Estimado(a) {buyer}:

{clinic} (RUC {ruc}) le envía su {document} electrónica {number}, emitida el {date:%d/%m/%Y} por un total de \
USD {total:,.2f}.

Archivos adjuntos:
- {key}.pdf: la representación impresa (RIDE), para leerla o imprimirla.
- {key}.xml: el comprobante electrónico; consérvelo, es el que tiene validez tributaria.

Clave de acceso y número de autorización:
{key}

Puede verificar el comprobante en el portal del Servicio de Rentas Internas: https://srienlinea.sri.gob.ec
{notice}
Este mensaje se envió automáticamente.
"""
TEST_NOTICE = "\nEs un documento de PRUEBAS: no tiene validez tributaria.\n"

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_MAX_ADDRESS = 254


def message(
    voucher: Voucher, *, sender: str, recipient: str, pdf: bytes, xml: bytes, at: datetime
) -> EmailMessage:
    """El correo con el RIDE y el XML adjuntos, llamados como la clave de acceso.

    :param sender: «correo» o «Nombre <correo>»; sin nombre va el de la clínica.
    :param at: cuándo se escribe; con zona.
    :raises MailError: permanente, si una dirección no sirve o un texto trae saltos de línea.
    """
    mail = EmailMessage()
    clinic = clinic_name(voucher)
    mail["Subject"] = _one_line(_subject(voucher, clinic))
    mail["From"] = origin = _sender(sender, clinic)
    mail["To"] = Address(_one_line(voucher.buyer.name), addr_spec=_address(recipient))
    mail["Date"] = at
    mail["Message-ID"] = make_msgid(domain=origin.domain)
    # Que nadie conteste solo a un envío automático (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    # Se codifica aquí y no al enviar: no todo servidor admite ocho bits.
    mail.set_content(_body(voucher, clinic), cte="quoted-printable")
    for content, subtype in ((pdf, "pdf"), (xml, "xml")):
        name = f"{_one_line(voucher.access_key)}.{subtype}"
        mail.add_attachment(content, maintype="application", subtype=subtype, filename=name)
    return mail


def clinic_name(voucher: Voucher) -> str:
    """El nombre con que el comprador conoce a la clínica."""
    return voucher.issuer.trade_name or voucher.issuer.legal_name


def _subject(voucher: Voucher, clinic: str) -> str:
    mark = TEST_MARK if voucher.environment == "PRUEBAS" else ""
    document = DOCUMENT_NAMES.get(voucher.code, "Comprobante").capitalize()
    return mark + SUBJECT.format(document=document, number=voucher.number, clinic=clinic)


def _body(voucher: Voucher, clinic: str) -> str:
    return BODY.format(
        buyer=voucher.buyer.name,
        clinic=clinic,
        ruc=voucher.issuer.ruc,
        document=DOCUMENT_NAMES.get(voucher.code, "comprobante").lower(),
        number=voucher.number,
        date=voucher.issue_date,
        total=voucher.total,
        key=voucher.access_key,
        notice=TEST_NOTICE if voucher.environment == "PRUEBAS" else "",
    )


def _sender(sender: str, clinic: str) -> Address:
    name, bracket, rest = sender.rpartition("<")
    written = rest.strip().removesuffix(">") if bracket else sender
    return Address(_one_line(name.strip().strip('"') or clinic), addr_spec=_address(written))


def _address(text: str) -> str:
    address = text.strip()
    if len(address) > _MAX_ADDRESS or not _ADDRESS.fullmatch(address) or ".." in address:
        raise MailError(f"«{text[:100]}» no es un correo electrónico válido.", permanent=True)
    return address


def _one_line(text: str) -> str:
    """El texto, listo para un encabezado: uno con saltos de línea añadiría otros.

    :raises MailError: si los trae.
    """
    if any(char < " " or char in "\x7f\x85\u2028\u2029" for char in text):
        raise MailError("Un encabezado del correo tiene caracteres de control.", permanent=True)
    # «=?» abre un texto codificado, que se descifraría al escribir el encabezado y puede traer de todo.
    return text.replace("=?", "= ?")
