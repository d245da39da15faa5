"""Que los montos de un comprobante quepan en el esquema y sumen lo que dicen (error 52 del SRI).

Ficha técnica SRI 2.34, sección 9.17 y tabla 21.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from common.rules.money import CENT, MAX_TOTAL, ZERO, Tax, line_subtotal, round_cents
from facturacion_service.sri.xml.documents import Document, InvoiceDocument
from facturacion_service.sri.xml.findings import Finding

MONEY_DECIMALS, QUANTITY_DECIMALS = 2, 6
_LINE_AMOUNTS = {
    "quantity": QUANTITY_DECIMALS,
    "unit_price": QUANTITY_DECIMALS,
    "discount": MONEY_DECIMALS,
    "subtotal": MONEY_DECIMALS,
}
_TAX_AMOUNTS = {"base": MONEY_DECIMALS, "iva": MONEY_DECIMALS}


def amount_findings(document: Document) -> Iterator[Finding]:
    """Los montos que no caben; si todos caben, los que no suman."""
    if not document.lines:
        yield Finding("items", "el documento necesita al menos una línea")
        return
    unfit = list(_unfit(document))
    yield from unfit or _sums(document)


def _unfit(document: Document) -> Iterator[Finding]:
    for field, amount, decimals in _amounts(document):
        if not amount.is_finite() or not 0 <= amount <= MAX_TOTAL:
            yield Finding(field, f"debe estar entre 0 y {MAX_TOTAL}")
        elif amount != round(amount, decimals):
            yield Finding(field, f"admite hasta {decimals} decimales")
    for number, line in enumerate(document.lines):
        if not line.quantity:
            yield Finding(f"items[{number}].quantity", "debe ser mayor que cero")


def _amounts(document: Document) -> Iterator[tuple[str, Decimal, int]]:
    """Cada monto del documento, con su campo y los decimales que admite."""
    for number, line in enumerate(document.lines):
        for name, decimals in _LINE_AMOUNTS.items():
            yield f"items[{number}].{name}", getattr(line, name), decimals
    for number, tax in enumerate(document.taxes):
        for name, decimals in _TAX_AMOUNTS.items():
            yield f"taxes[{number}].{name}", getattr(tax, name), decimals
    yield "subtotal", document.subtotal, MONEY_DECIMALS
    yield "total_amount", document.total_amount, MONEY_DECIMALS
    if isinstance(document, InvoiceDocument):
        yield "discount", document.discount, MONEY_DECIMALS


def _sums(document: Document) -> Iterator[Finding]:
    for number, line in enumerate(document.lines):
        # Sin redondear, o el subtotal no sería cero sino −0.01.
        if line.discount > line.quantity * line.unit_price:
            yield Finding(f"items[{number}].discount", "es mayor que el valor de la línea")
        expected = line_subtotal(line.quantity, line.unit_price, line.discount)
        yield from _equal(f"items[{number}].subtotal", line.subtotal, expected)
    yield from _equal("subtotal", document.subtotal, sum((line.subtotal for line in document.lines), ZERO))
    if isinstance(document, InvoiceDocument):
        yield from _equal(
            "discount", document.discount, sum((line.discount for line in document.lines), ZERO)
        )
    yield from _taxes(document)
    total = document.subtotal + sum((tax.iva for tax in document.taxes), ZERO)
    yield from _equal("total_amount", document.total_amount, total)


def _equal(field: str, amount: Decimal, expected: Decimal) -> Iterator[Finding]:
    if amount != expected:
        yield Finding(field, f"no suma: dice {amount:.2f} y debe ser {expected:.2f}")


def _taxes(document: Document) -> Iterator[Finding]:
    bases: defaultdict[int, Decimal] = defaultdict(lambda: ZERO)
    for line in document.lines:
        bases[line.iva_rate] += line.subtotal
    if sorted(tax.iva_rate for tax in document.taxes) != sorted(bases):
        yield Finding("taxes", "debe haber un total por cada tarifa de las líneas, y ninguno más")
        return
    for number, tax in enumerate(document.taxes):
        yield from _equal(f"taxes[{number}].base", tax.base, bases[tax.iva_rate])
        if not _iva_is_right(document, tax):
            yield Finding(f"taxes[{number}].iva", f"no es el {tax.iva_rate} % de {tax.base:.2f}")


def _iva_is_right(document: Document, tax: Tax) -> bool:
    """El IVA de una factura es exacto; el de una nota, cualquiera de los dos centavos que lo rodean."""
    exact = tax.base * tax.iva_rate / 100
    if isinstance(document, InvoiceDocument):
        return tax.iva == round_cents(exact)
    return abs(tax.iva - exact) < CENT
