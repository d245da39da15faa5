"""Lo que se declara al SRI: las ventas por tarifa, el formulario 104 y el libro de ventas."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from common.database import Database
from common.lists.listing import fetch_page
from common.rules.money import ZERO
from facturacion_service.ledger.periods import Period
from facturacion_service.reports.operations import period_of
from facturacion_service.sri.declaration import number_queries
from facturacion_service.sri.declaration import queries as books
from facturacion_service.sri.declaration.form_104 import Box, RateTotal, fill, rates_in_force
from facturacion_service.sri.declaration.number_schemas import SequencesQuery
from facturacion_service.sri.declaration.queries import ALL_SERIES, SeriesFilter
from facturacion_service.sri.declaration.schemas import RateFiguresOut, SalesBookQuery, SalesByRateQuery
from facturacion_service.sri.xml.documents import FACTURA, NOTA_DE_CREDITO

Rows = list[dict[str, Any]]

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


def sales_by_rate(db: Database, query: SalesByRateQuery) -> dict[str, Any]:
    """El reporte de un período, de todas las series o de las pedidas."""
    period = period_of(query)
    return {
        "period": {"date_from": period.date_from, "date_to": period.date_to},
        "establishment": query.establishment,
        "emission_point": query.emission_point,
        **declaration(db, period, SeriesFilter(query.establishment, query.emission_point)),
    }


def declaration(db: Database, period: Period, series: SeriesFilter = ALL_SERIES) -> dict[str, Any]:
    """Lo vendido y acreditado por tarifa, sus totales y el formulario 104."""
    sales = books.sales_by_rate(db, period, series)
    credits = books.credits_by_rate(db, period, series)
    known = {*rates_in_force(period.date_to), *(row["iva_rate"] for row in (*sales, *credits))}
    rates = [{"iva_rate": rate, **_figures(_at(rate, sales), _at(rate, credits))} for rate in sorted(known)]
    return {
        "rates": rates,
        "totals": {**_figures(sales, credits), **books.document_counts(db, period, series)},
        "form_104": [vars(box) for box in _form_104(sales, credits)],
    }


def _at(rate: int, rows: Rows) -> Rows:
    return [row for row in rows if row["iva_rate"] == rate]


def _figures(sales: Rows, credits: Rows) -> dict[str, Any]:
    base, iva, count = _sums(sales)
    credit_base, credit_iva, credit_count = _sums(credits)
    figures = (base, iva, count, credit_base, credit_iva, credit_count, base - credit_base, iva - credit_iva)
    return dict(zip(RateFiguresOut.model_fields, figures, strict=True))


def _sums(rows: Rows) -> tuple[Any, Any, int]:
    base, iva = (sum((row[key] for row in rows), ZERO) for key in ("base", "iva"))
    return base, iva, sum(row["count"] for row in rows)


def _form_104(sales: Rows, credits: Rows) -> list[Box]:
    return fill(map(_rate_total, sales), map(_rate_total, credits))


def _rate_total(row: dict[str, Any]) -> RateTotal:
    return RateTotal(row["iva_rate"], row["issue_date"], row["base"], row["iva"])


def rate_rows(declared: Mapping[str, Any]) -> Rows:
    """Las tarifas y su total, como filas de una hoja."""
    rates = [{"label": f"{row['iva_rate']} %", **row} for row in declared["rates"]]
    return [*rates, {"label": "Total", **declared["totals"]}]


def sales_book(db: Database, query: SalesBookQuery) -> dict[str, Any]:
    """Una página del libro de ventas de un período."""
    period = period_of(query)
    page = fetch_page(db, books.sales_book(period), query, "sales")
    return {"period": {"date_from": period.date_from, "date_to": period.date_to}, **page}


def sequences(db: Database, query: SequencesQuery) -> dict[str, Any]:
    """Las series y una página de sus saltos y números que no valen."""
    page = fetch_page(db, number_queries.numbers(query), query, "numbers")
    return {"sequences": number_queries.sequences(db, query), **page}


def in_words(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
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
