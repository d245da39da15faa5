"""Las cuentas de un comprobante, al centavo (error 52).

Ficha técnica SRI 2.34, tabla 21: el IVA se aplica a la suma de las bases de cada tarifa.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from lxml import etree

from scripts.fake_sri.messages import Refused
from scripts.fake_sri.paper import Paper

# Tabla 17: código de porcentaje de IVA → tarifa en por ciento.
IVA_RATES = {"0": 0, "2": 12, "3": 14, "4": 15, "5": 5, "6": 0, "7": 0, "8": 8, "10": 13}
IVA = "2"
# Cuánto tolera el SRI no se sabe. Aquí la factura es exacta; a una nota de crédito se le admite menos de un
# centavo, porque la que completa la devolución de una factura lleva el IVA que quedaba de ella.
CENT = Decimal("0.01")

Key = tuple[str, str]


def check(paper: Paper) -> None:
    """Comprueba las líneas, los impuestos y el total.

    :raises Refused: 52, con la primera diferencia.
    """
    try:
        difference = next(_differences(paper.root), None)
    except InvalidOperation as error:
        raise Refused("52", "hay un monto que no es un número") from error
    if difference:
        raise Refused("52", difference)


def _differences(root: etree._Element) -> Iterator[str]:
    lines = root.findall("detalles/detalle")
    info = root.find("infoFactura")
    is_invoice = info is not None
    if info is None:
        info = root.find("infoNotaCredito")
    assert info is not None
    for place, line in enumerate(lines, 1):
        yield from (f"línea {place}: {words}" for words in _line(line, is_invoice))
    subtotal = _sum(lines, "precioTotalSinImpuesto")
    yield from _compare("totalSinImpuestos", _amount(info, "totalSinImpuestos"), subtotal)
    yield from _taxes(info, lines, is_invoice)
    total = subtotal + _sum(info.findall("totalConImpuestos/totalImpuesto"), "valor")
    yield from (_invoice(info, lines, total) if is_invoice else _credit_note(info, total))


def _line(line: etree._Element, is_exact: bool) -> Iterator[str]:
    gross = _amount(line, "cantidad") * _amount(line, "precioUnitario")
    net = _amount(line, "precioTotalSinImpuesto")
    yield from _compare("precioTotalSinImpuesto", net, _cents(gross - _amount(line, "descuento")))
    taxes = line.findall("impuestos/impuesto")
    if not any(tax.findtext("codigo") == IVA for tax in taxes):
        yield "no dice su IVA"
    for tax in taxes:
        yield from _compare("baseImponible", _amount(tax, "baseImponible"), net)
        yield from _tax_value(tax, is_exact)


def _tax_value(tax: etree._Element, is_exact: bool) -> Iterator[str]:
    rate = _rate(tax)
    if tax.find("tarifa") is not None:
        yield from _compare("tarifa", _amount(tax, "tarifa"), rate)
    value, due = _amount(tax, "valor"), _amount(tax, "baseImponible") * rate / 100
    if is_exact or abs(value - due) >= CENT:
        yield from _compare("valor", value, _cents(due))


def _taxes(info: etree._Element, lines: list[etree._Element], is_exact: bool) -> Iterator[str]:
    """Un total por cada impuesto de las líneas, y ninguno más."""
    bases: defaultdict[Key, Decimal] = defaultdict(Decimal)
    for tax in (tax for line in lines for tax in line.findall("impuestos/impuesto")):
        bases[_key(tax)] += _amount(tax, "baseImponible")
    totals = info.findall("totalConImpuestos/totalImpuesto")
    if sorted(map(_key, totals)) != sorted(bases):
        yield "los impuestos del total no son los de las líneas"
        return
    for total in totals:
        yield from _compare("baseImponible del total", _amount(total, "baseImponible"), bases[_key(total)])
        yield from _tax_value(total, is_exact)


def _invoice(info: etree._Element, lines: list[etree._Element], total: Decimal) -> Iterator[str]:
    yield from _compare("totalDescuento", _amount(info, "totalDescuento"), _sum(lines, "descuento"))
    yield from _compare("importeTotal", _amount(info, "importeTotal"), total + _amount(info, "propina"))
    payments = info.findall("pagos/pago")
    if payments:
        yield from _compare("pagos", _sum(payments, "total"), _amount(info, "importeTotal"))


def _credit_note(info: etree._Element, total: Decimal) -> Iterator[str]:
    yield from _compare("valorModificacion", _amount(info, "valorModificacion"), total)


def _compare(name: str, written: Decimal, due: Decimal) -> Iterator[str]:
    if written != due:
        yield f"{name} dice {written} y debe ser {due}"


def _rate(tax: etree._Element) -> Decimal:
    code, percentage = _key(tax)
    # De los demás impuestos no hay tabla: vale la tarifa que el documento dice.
    known = IVA_RATES.get(percentage) if code == IVA else None
    return Decimal(known) if known is not None else _amount(tax, "tarifa")


def _key(tax: etree._Element) -> Key:
    return tax.findtext("codigo") or "", tax.findtext("codigoPorcentaje") or ""


def _amount(element: etree._Element, name: str) -> Decimal:
    return Decimal(element.findtext(name) or "0")


def _sum(elements: list[etree._Element], name: str) -> Decimal:
    return sum((_amount(element, name) for element in elements), Decimal())


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
