"""Que los textos de un comprobante quepan: 1 a 300 caracteres ya limpios, y menos donde se dice."""

from collections.abc import Iterator
from typing import NamedTuple

from facturacion_service.sri.xml.documents import CreditNoteDocument, Document
from facturacion_service.sri.xml.findings import Finding
from facturacion_service.sri.xml.nodes import text
from facturacion_service.sri.xml.shared_xml import LARGE_TAXPAYER_FIELD, PROVIDER_FIELD, system_info

MAX_LENGTH = 300
MAX_ID_LENGTH = 20
MAX_ADDITIONAL_FIELDS = 15

# Los pone el sistema según la configuración del emisor, nunca el usuario (anexos 24 y 26).
_RESERVED = {PROVIDER_FIELD, LARGE_TAXPAYER_FIELD}


class _Text(NamedTuple):
    field: str
    value: str | None
    limit: int = MAX_LENGTH
    required: bool = True


def text_findings(document: Document) -> Iterator[Finding]:
    """Los textos que faltan o no caben. El código de un producto no: ese se corta."""
    for item in _texts(document):
        value = text(item.value)
        if value is None and item.required:
            yield Finding(item.field, "no puede estar vacío")
        elif value is not None and len(value) > item.limit:
            yield Finding(item.field, f"admite hasta {item.limit} caracteres; tiene {len(value)}")


def _texts(document: Document) -> Iterator[_Text]:
    issuer, buyer = document.issuer, document.buyer
    yield _Text("settings.legal_name", issuer.legal_name)
    yield _Text("settings.trade_name", issuer.trade_name, required=False)
    yield _Text("settings.head_office_address", issuer.head_office_address)
    yield _Text("settings.establishment_address", issuer.establishment_address)
    yield _Text("buyer.name", buyer.name)
    yield _Text("buyer.id_number", buyer.id_number, MAX_ID_LENGTH)
    yield _Text("buyer.address", buyer.address, required=False)
    yield _Text("buyer.email", buyer.email, required=False)
    if isinstance(document, CreditNoteDocument):
        yield _Text("reason", document.reason)
    for number, line in enumerate(document.lines):
        yield _Text(f"items[{number}].code", line.code, limit=len(line.code))
        yield _Text(f"items[{number}].description", line.description)
    for number, (name, value) in enumerate(document.additional_info):
        yield _Text(f"additional_info[{number}].name", name)
        yield _Text(f"additional_info[{number}].value", value)


def additional_info_findings(document: Document) -> Iterator[Finding]:
    """Que los datos adicionales no pasen de quince, con los del sistema, ni usen sus nombres."""
    system = system_info(document)
    room = MAX_ADDITIONAL_FIELDS - len(system)
    if len(document.additional_info) > room:
        yield Finding("additional_info", f"admite hasta {room} datos: el sistema pone otros {len(system)}")
    reserved = {name.casefold() for name in _RESERVED | {name for name, _ in system}}
    for number, (name, _) in enumerate(document.additional_info):
        if (text(name) or "").casefold() in reserved:
            yield Finding(f"additional_info[{number}].name", f"«{text(name)}» lo pone el sistema")
