"""Lo que se declara al SRI: las ventas por tarifa, el formulario 104 y el libro de ventas."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from common.database import Database
from common.rules.money import ZERO
from common.web.schemas import Payload
from facturacion_service.ledger.periods import Period
from facturacion_service.reports.operations import period_of
from facturacion_service.sri.declaration import number_queries
from facturacion_service.sri.declaration import queries as books
from facturacion_service.sri.declaration.form_104 import RateTotal, fill, rates_in_force
from facturacion_service.sri.declaration.number_schemas import SequencesQuery
from facturacion_service.sri.declaration.queries import ALL_SERIES, SeriesFilter
from facturacion_service.sri.declaration.rows import Declared, Figures, RateFigures, SalesByRate
from facturacion_service.sri.declaration.schemas import SalesBookQuery, SalesByRateQuery
from facturacion_service.sri.xml.documents import FACTURA, NOTA_DE_CREDITO

# Lo que en la base es un código, como lo lee quien abre una hoja.
_WORDS = {
    "status": {"ISSUED": "Emitida", "PAID": "Cobrada", "ANNULLED": "Anulada"},
    "kind": {
        "SALTO_INICIAL": "Anteriores al primero usado aquí",
        "SALTO": "Sin documento",
        "SALTO_FINAL": "El contador los pasó sin documento",
        "NO_UTILIZADO": "No utilizado",
        "ANULADO": "Anulado",
    },
    "doc_code": {FACTURA: "Factura", NOTA_DE_CREDITO: "Nota de crédito"},
}


def sales_by_rate(db: Database, query: SalesByRateQuery) -> SalesByRate:
    """El reporte de un período, de todas las series o de las pedidas."""
    period = period_of(query)
    return {
        "period": asdict(period),
        "establishment": query.establishment,
        "emission_point": query.emission_point,
        **declaration(db, period, SeriesFilter(query.establishment, query.emission_point)),
    }


def declaration(db: Database, period: Period, series: SeriesFilter = ALL_SERIES) -> Declared:
    """Lo vendido y acreditado por tarifa, sus totales y el formulario 104."""
    sales = books.sales_by_rate(db, period, series)
    credits = books.credits_by_rate(db, period, series)
    known = {*rates_in_force(period.date_to), *(total.rate for total in (*sales, *credits))}
    rates: list[RateFigures] = [
        {"iva_rate": rate, **_figures(_at(rate, sales), _at(rate, credits))} for rate in sorted(known)
    ]
    return {
        "rates": rates,
        "totals": {**_figures(sales, credits), **books.document_counts(db, period, series)},
        "form_104": [vars(box) for box in fill(sales, credits)],
    }


def _at(rate: int, totals: list[RateTotal]) -> list[RateTotal]:
    return [total for total in totals if total.rate == rate]


def _figures(sales: list[RateTotal], credits: list[RateTotal]) -> Figures:
    base, iva, count = _sums(sales)
    credit_base, credit_iva, credit_count = _sums(credits)
    return {
        "base": base,
        "iva": iva,
        "invoice_count": count,
        "credit_base": credit_base,
        "credit_iva": credit_iva,
        "credit_note_count": credit_count,
        "net_base": base - credit_base,
        "net_iva": iva - credit_iva,
    }


def _sums(totals: list[RateTotal]) -> tuple[Decimal, Decimal, int]:
    base, iva = sum((one.base for one in totals), ZERO), sum((one.iva for one in totals), ZERO)
    return base, iva, sum(one.count for one in totals)


def rate_rows(declared: Declared) -> list[Payload]:
    """Las tarifas y su total, como filas de una hoja."""
    rates = [{"label": f"{row['iva_rate']} %", **row} for row in declared["rates"]]
    return [*rates, {"label": "Total", **declared["totals"]}]


def sales_book(db: Database, query: SalesBookQuery) -> Payload:
    """Una página del libro de ventas de un período."""
    period = period_of(query)
    return {"period": asdict(period), **books.sales_page(db, query, period)}


def sequences(db: Database, query: SequencesQuery) -> Payload:
    """Las series y una página de sus saltos y números que no valen."""
    page = number_queries.numbers_page(db, query)
    return {"sequences": number_queries.sequences(db, query), **page}


def in_words(rows: Iterable[Mapping[str, Any]]) -> Iterator[Payload]:
    """Las filas para una hoja: los códigos como palabras y los mensajes del SRI como texto."""
    for row in rows:
        spoken = {key: words.get(row[key], row[key]) for key, words in _WORDS.items() if key in row}
        said = {"messages": _said(row["messages"])} if "messages" in row else {}
        yield {**row, **spoken, **said, "document": spoken.get("doc_code")}


def _said(messages: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(
        " ".join(str(message[key]) for key in ("identifier", "text", "additional") if message.get(key))
        for message in messages
    )
