"""Lo que un comprobante debe cumplir antes de firmarse: lo que el esquema oficial no ve y lo que sí.

Los campos se nombran como en la API (`buyer.name`, `items[0].description`, `settings.legal_name`), para que
quien lo lea sepa dónde corregir.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from common.validators import CONSUMIDOR_FINAL, DOCUMENT_RULES, ruc
from facturacion_service.sri.xml import access_key
from facturacion_service.sri.xml.access_key import AccessKey
from facturacion_service.sri.xml.checks_amounts import amount_findings
from facturacion_service.sri.xml.checks_texts import additional_info_findings, text_findings
from facturacion_service.sri.xml.codes import (
    BUYER_ID_CODES,
    EMISSION_NORMAL,
    ENVIRONMENT_CODES,
    PAYMENT_CODES,
    RIMPE_LEGENDS,
    doc_code_of,
    iva_code,
)
from facturacion_service.sri.xml.documents import CreditNoteDocument, Document
from facturacion_service.sri.xml.findings import Finding

# Antes no había comprobantes electrónicos; después, la fecha ya no cabe en el esquema.
FIRST_DAY, LAST_DAY = date(2012, 1, 1), date(2099, 12, 31)
_LAST_SEQUENTIAL = 999_999_999
_SERIES_PART = re.compile(r"(?!000)[0-9]{3}")
_NUMBER = re.compile(r"[0-9]{3}-[0-9]{3}-[0-9]{9}")

# campo → su forma y cómo se dice; lo vacío no va en el documento (anexo 21)
_ISSUER_SHAPES = {
    "ruc": (re.compile(r"[0-9]{10}001"), "son 13 dígitos terminados en 001"),
    "special_taxpayer_number": (re.compile(r"[0-9A-Za-z]{3,13}"), "lleva de 3 a 13 letras o dígitos"),
    "withholding_agent_number": (
        re.compile(r"[1-9][0-9]{0,7}"),
        "lleva hasta 8 dígitos, sin ceros delante",
    ),
}

# lo que dice la clave → de dónde sale en ella y en el documento
_KEY_PARTS: dict[str, tuple[Callable[[AccessKey], object], Callable[[Document], object]]] = {
    "la fecha de emisión": (lambda key: key.issue_date, lambda document: document.heading.issue_date),
    "el tipo de comprobante": (lambda key: key.doc_code, doc_code_of),
    "el RUC": (lambda key: key.ruc, lambda document: document.issuer.ruc),
    "el ambiente": (lambda key: key.environment, lambda document: document.heading.environment),
    "la serie": (lambda key: key.series, lambda document: document.heading.series),
    "el secuencial": (lambda key: key.sequential, lambda document: document.heading.sequential),
    "el tipo de emisión": (lambda key: key.emission_type, lambda _document: EMISSION_NORMAL),
}


def check(document: Document) -> list[Finding]:
    """Todo lo que le impide a un comprobante ser válido; vacío si nada."""
    return [finding for rule in _RULES for finding in rule(document)]


def _key(document: Document) -> Iterator[Finding]:
    """Error 58 del SRI: la clave dice otra cosa que el documento."""
    try:
        key = access_key.parse(document.heading.access_key)
    except ValueError as error:
        yield Finding("access_key", str(error))
        return
    for name, (in_key, in_document) in _KEY_PARTS.items():
        if in_key(key) != in_document(document):
            yield Finding("access_key", f"{name} de la clave de acceso no es la del documento")


def _heading(document: Document) -> Iterator[Finding]:
    heading = document.heading
    if heading.environment not in ENVIRONMENT_CODES:
        yield Finding("settings.environment", "es PRUEBAS o PRODUCCION")
    if not FIRST_DAY <= heading.issue_date <= LAST_DAY:
        yield Finding("issue_date", f"va de {FIRST_DAY:%d/%m/%Y} a {LAST_DAY:%d/%m/%Y}")
    if not all(map(_SERIES_PART.fullmatch, (heading.series.establishment, heading.series.emission_point))):
        yield Finding("document_number", "el establecimiento y el punto de emisión van de 001 a 999")
    if not 1 <= heading.sequential <= _LAST_SEQUENTIAL:
        yield Finding("document_number", f"el secuencial va de 1 a {_LAST_SEQUENTIAL}")


def _issuer(document: Document) -> Iterator[Finding]:
    issuer = document.issuer
    for name, (shape, words) in _ISSUER_SHAPES.items():
        value = getattr(issuer, name)
        if value is not None and not shape.fullmatch(value):
            yield Finding(f"settings.{name}", words)
    if issuer.rimpe_legend is not None and issuer.rimpe_legend not in RIMPE_LEGENDS.values():
        yield Finding("settings.rimpe", "no es una leyenda del régimen RIMPE")
    # El SRI no comprueba este número al recibir: solo aquí se nota que está mal escrito.
    if issuer.provider_ruc is not None:
        yield from _document_number("settings.provider_ruc", ruc, issuer.provider_ruc)


def _document_number(field: str, rule: Callable[[str], str], number: str) -> Iterator[Finding]:
    try:
        if rule(number) != number:
            yield Finding(field, "no lleva espacios ni guiones")
    except ValueError as error:
        yield Finding(field, str(error))


def _buyer(document: Document) -> Iterator[Finding]:
    buyer = document.buyer
    if buyer.id_type not in BUYER_ID_CODES:
        yield Finding("buyer.id_type", "no es un tipo de identificación del SRI")
    elif (buyer.id_type == "CONSUMIDOR_FINAL") != (buyer.id_number == CONSUMIDOR_FINAL):
        yield Finding(
            "buyer.id_number", f"{CONSUMIDOR_FINAL} es el número de consumidor final y de nadie más"
        )
    elif buyer.id_type in DOCUMENT_RULES:
        yield from _document_number("buyer.id_number", DOCUMENT_RULES[buyer.id_type], buyer.id_number)


def _payment(document: Document) -> Iterator[Finding]:
    if not isinstance(document, CreditNoteDocument) and document.payment_method not in PAYMENT_CODES:
        yield Finding("payment_method", "no es una forma de pago del SRI")


def _credited(document: Document) -> Iterator[Finding]:
    """Lo propio de una nota de crédito: a quién y sobre qué factura."""
    if not isinstance(document, CreditNoteDocument):
        return
    if document.buyer.id_type == "CONSUMIDOR_FINAL":
        yield Finding("buyer.id_type", "una factura a consumidor final no admite notas de crédito")
    if not _NUMBER.fullmatch(document.modified_number):
        yield Finding("modified_number", "el número de la factura se escribe 001-001-000000123")
    if not FIRST_DAY <= document.modified_date <= document.heading.issue_date:
        yield Finding("modified_date", "la factura no puede ser posterior a su nota de crédito")
    if not document.total_amount:
        yield Finding("total_amount", "una nota de crédito no puede ser de cero")


def _iva(document: Document) -> Iterator[Finding]:
    """Que cada tarifa rigiera el día de la venta."""
    day = document.modified_date if isinstance(document, CreditNoteDocument) else document.heading.issue_date
    rates = {f"items[{n}].iva_rate": line.iva_rate for n, line in enumerate(document.lines)}
    rates |= {f"taxes[{n}].iva_rate": tax.iva_rate for n, tax in enumerate(document.taxes)}
    for field, rate in rates.items():
        try:
            iva_code(rate, day)
        except ValueError as error:
            yield Finding(field, str(error))


_RULES: tuple[Callable[[Document], Iterable[Finding]], ...] = (
    _heading,
    _key,
    _issuer,
    _buyer,
    _payment,
    _credited,
    text_findings,
    additional_info_findings,
    _iva,
    amount_findings,
)
