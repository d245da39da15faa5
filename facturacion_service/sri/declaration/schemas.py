"""Lo que aceptan y devuelven los reportes de ventas para el SRI."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema

from common.lists.exports import Exportable
from common.utils import clinic_today
from common.web.clinic_fields import IvaPercent
from common.web.field_numbers import Number
from common.web.field_words import Says
from common.web.schemas import DateRange, Out, Page, Pagination, Query
from facturacion_service.ledger.fields import (
    ACCESS_KEY,
    EMISSION_POINT,
    ESTABLISHMENT,
    IvaAmount,
    RateIva,
    TaxedBase,
    TotalAmount,
)
from facturacion_service.reports.schemas import PeriodOut


def _three_digits(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"\d{3}", value, re.ASCII):
        return value
    raise ValueError("debe tener tres dígitos, como 001")


def _month(value: Any) -> date:
    """El primer día del mes.

    :raises ValueError: si no es un mes, o todavía no empieza.
    """
    if not (isinstance(value, str) and re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value, re.ASCII)):
        raise ValueError("debe ser un mes AAAA-MM")
    if value < "1900":
        raise ValueError("debe ser un mes desde 1900")
    first = date.fromisoformat(f"{value}-01")
    if first > clinic_today():
        raise ValueError("todavía no empieza")
    return first


ThreeDigits = Annotated[
    str, BeforeValidator(_three_digits), WithJsonSchema({"type": "string", "pattern": "^[0-9]{3}$"})
]
Month = Annotated[
    date,
    BeforeValidator(_month),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])$",
            "description": "El mes, AAAA-MM; el de hoy o uno anterior.",
        }
    ),
]


class SalesByRateQuery(DateRange, Exportable):
    """El período, el mismo que el del tablero si no se indica, y si solo interesa una serie."""

    establishment: ThreeDigits | None = None
    emission_point: ThreeDigits | None = None


class RateFiguresOut(Out):
    """Lo facturado, lo acreditado por notas de crédito y lo neto, en dólares."""

    base: TaxedBase
    iva: RateIva
    invoice_count: int
    credit_base: Annotated[Number, Says("Base de las notas de crédito, en dólares.")]
    credit_iva: Annotated[Number, Says("IVA de las notas de crédito, en dólares.")]
    credit_note_count: int
    net_base: Annotated[Number, Says("Base facturada menos la de notas de crédito, en dólares.")]
    net_iva: Annotated[Number, Says("IVA facturado menos el de notas de crédito, en dólares.")]


class RateOut(RateFiguresOut):
    """Lo de una tarifa de IVA; una factura con dos tarifas cuenta en las dos."""

    iva_rate: IvaPercent


class BoxOut(Out):
    """Una casilla del formulario 104."""

    box: Annotated[str, Says(example="401")]
    description: Annotated[
        str,
        Says(example="Ventas locales (excluye activos fijos) gravadas tarifa diferente de cero"),
    ]
    value: Annotated[Number, Says("Dólares.")]


class SalesByRateOut(Out):
    """Las ventas por tarifa y las casillas que llenan."""

    period: PeriodOut
    establishment: Annotated[str | None, ESTABLISHMENT]
    emission_point: Annotated[str | None, EMISSION_POINT]
    rates: list[RateOut]
    totals: RateFiguresOut
    form_104: list[BoxOut]


class SalesBookQuery(DateRange, Page, Exportable):
    """El período, el mismo que el del tablero si no se indica."""


class SaleOut(Out):
    """Una factura en el libro de ventas, en dólares; `sri_status` es null sin comprobante electrónico."""

    issue_date: date
    number: str
    access_key: Annotated[str | None, ACCESS_KEY]
    buyer_id_type: str
    buyer_id_number: str
    buyer_name: str
    base_0: Annotated[Number, Says("Base imponible a tarifa 0 %, en dólares.")]
    base_15: Annotated[Number, Says("Base imponible a tarifa 15 %, en dólares.")]
    base_not_subject: Annotated[Number, Says("Base no objeto de IVA, en dólares.")]
    base_exempt: Annotated[Number, Says("Base exenta de IVA, en dólares.")]
    iva_amount: IvaAmount
    total_amount: TotalAmount
    status: Literal["ISSUED", "PAID", "ANNULLED"]
    sri_status: str | None
    environment: str | None


class SalesBookOut(Out):
    """Una página del libro de ventas."""

    period: PeriodOut
    sales: list[SaleOut]
    pagination: Pagination


class MonthQuery(Query):
    """El mes del paquete."""

    month: Month
