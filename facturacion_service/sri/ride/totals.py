"""El cuadro de totales del RIDE: qué filas lleva y en qué orden (ficha técnica SRI 2.34, anexo 2)."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from common.rules.money import ZERO
from facturacion_service.sri.vouchers.vouchers import ReadTax, Voucher
from facturacion_service.sri.xml.codes import IVA, IVA_CODES, TAX_NAMES

Row = tuple[str, Decimal]

# Tabla 17: no son tarifas; van después de ellas y con su nombre.
NOT_OBJECT, EXEMPT = "6", "7"
ICE, IRBPNR = "3", "5"  # tabla 16


def total_rows(voucher: Voucher) -> list[Row]:
    """Las filas del cuadro, en dólares; la última es el total."""
    iva = sorted(_with_rates(voucher), key=_place)
    return [
        *((f"SUBTOTAL {_name(tax)}", tax.base) for tax in iva),
        ("SUBTOTAL SIN IMPUESTOS", voucher.subtotal),
        ("TOTAL DESCUENTO", voucher.total_discount),
        *_sum_of(ICE, voucher),
        *_iva_rows(iva),
        *_sum_of(IRBPNR, voucher),
        *([] if voucher.tip is None else [("PROPINA", voucher.tip)]),
        ("VALOR TOTAL", voucher.total),
    ]


def _with_rates(voucher: Voucher) -> Iterator[ReadTax]:
    """El IVA del documento con la tarifa de cada código: la suya, la de las líneas o la de la tabla 17.

    La nota de crédito no escribe la tarifa en sus totales.
    """
    known = {code: Decimal(iva.rate) for code, iva in IVA_CODES.items()}
    in_lines = (tax for line in voucher.lines for tax in line.taxes if tax.code == IVA)
    known |= {tax.percentage_code: tax.rate for tax in in_lines if tax.rate is not None}
    for tax in voucher.taxes:
        if tax.code == IVA:
            yield tax if tax.rate is not None else replace(tax, rate=known.get(tax.percentage_code))


def _iva_rows(iva: list[ReadTax]) -> list[Row]:
    """El IVA de cada tarifa que cobra; si ninguna cobra, se dice igual."""
    return [(f"IVA {_name(tax)}", tax.amount) for tax in iva if tax.amount or tax.rate] or [("IVA", ZERO)]


def _sum_of(code: str, voucher: Voucher) -> Iterator[Row]:
    amounts = [tax.amount for tax in voucher.taxes if tax.code == code]
    if amounts:
        yield TAX_NAMES[code], sum(amounts, ZERO)


def _place(tax: ReadTax) -> tuple[bool, Decimal, str]:
    """Primero las tarifas, de mayor a menor; después lo no objeto y lo exento."""
    special = tax.percentage_code in (NOT_OBJECT, EXEMPT)
    return special, -(tax.rate or ZERO), tax.percentage_code


def _name(tax: ReadTax) -> str:
    if tax.percentage_code in (NOT_OBJECT, EXEMPT):
        return IVA_CODES[tax.percentage_code].name
    return f"CÓDIGO {tax.percentage_code}" if tax.rate is None else f"{tax.rate.normalize():f} %"
