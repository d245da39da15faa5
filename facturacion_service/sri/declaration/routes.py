"""Las rutas de lo que se declara al SRI."""

from flask import Response

from common.auth_middleware import require
from common.database import snapshot
from common.lists.exports import FILES, Sheet, export, export_book, streamed
from common.lists.files import written
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import answers, query_string, sends
from common.web.schemas import Payload
from facturacion_service.reports.operations import month_of, period_of
from facturacion_service.sri.declaration import number_queries, operations, queries
from facturacion_service.sri.declaration.number_schemas import SequencesOut, SequencesQuery
from facturacion_service.sri.declaration.operations import in_words, rate_rows
from facturacion_service.sri.declaration.schemas import (
    MonthQuery,
    SalesBookOut,
    SalesBookQuery,
    SalesByRateOut,
    SalesByRateQuery,
)
from facturacion_service.sri.declaration.titles import BOX_TITLES, NUMBER_TITLES, RATE_TITLES, SALES_TITLES

bp = Resource(
    "sri_reports",
    __name__,
    Tag("Declaración al SRI", "Ventas por tarifa, libro de ventas, números y paquete del mes."),
)
ZIP = "application/zip"


@bp.get("/reports/sales-by-rate")
@require(Permission.REPORTS_READ)
@query_string(SalesByRateQuery)
@answers(report=SalesByRateOut, files=FILES)
def get_sales_by_rate(query: SalesByRateQuery) -> Payload | Response:
    """Suma las ventas y notas de crédito por tarifa de IVA y llena las casillas del formulario 104

    Las mismas facturas del tablero, por fecha de emisión, menos las notas de crédito emitidas en el período:
    de todas las series, `totals.net_base` es su `total_income` y `totals.net_iva`, su `iva_collected`. El IVA
    es el de los documentos. Con `format=csv`, una tarifa por fila; con `xlsx`, también el formulario.
    """
    with snapshot() as db:
        found = operations.sales_by_rate(db, query)
    if query.format == "csv":
        return export("csv", "ventas-por-tarifa", RATE_TITLES, rate_rows(found))
    if query.format == "xlsx":
        rates, boxes = (RATE_TITLES, rate_rows(found)), (BOX_TITLES, found["form_104"])
        return export_book(
            "ventas-por-tarifa", (Sheet("Por tarifa", (rates,)), Sheet("Formulario 104", (boxes,)))
        )
    return {"report": found}


@bp.get("/reports/sales-book")
@require(Permission.REPORTS_READ)
@query_string(SalesBookQuery)
@answers(SalesBookOut, files=FILES)
def list_sales(query: SalesBookQuery) -> Payload | Response:
    """Lista el libro de ventas: una factura por fila, por fecha y número

    Las anuladas están, con sus montos en cero, para que no falte ningún número; lo emitido en pruebas, solo
    mientras no se factura en PRODUCCION. La suma es lo facturado, antes de restar las notas de crédito.
    """
    with snapshot() as db:
        if query.format == "json":
            return operations.sales_book(db, query)
        rows = streamed(db, queries.sales_book(period_of(query)))
        return export(query.format, "libro-de-ventas", SALES_TITLES, in_words(rows))


@bp.get("/reports/sri-sequences")
@require(Permission.REPORTS_READ)
@query_string(SequencesQuery)
@answers(SequencesOut, files=FILES)
def list_sequences(query: SequencesQuery) -> Payload | Response:
    """Lista los números de cada serie que faltan, los que no se utilizaron y los anulados

    En el trabajo normal no falta ninguno: quedan sin documento los anteriores al primero usado aquí, si la
    serie viene de otro sistema, y los que salte quien adelante el contador. Con `format=csv` o `xlsx`, la
    lista entera.
    """
    with snapshot() as db:
        if query.format == "json":
            return operations.sequences(db, query)
        rows = streamed(db, number_queries.numbers(query))
        return export(query.format, "numeros", NUMBER_TITLES, in_words(rows))


@bp.get("/reports/sri-month.zip")
@require(Permission.REPORTS_READ)
@query_string(MonthQuery)
@sends(ZIP)
def get_month(query: MonthQuery) -> Response:
    """Entrega el paquete de un mes para contabilidad: los comprobantes autorizados y el libro de ventas

    Por cada comprobante autorizado, el XML de su autorización con los bytes que se firmaron y su RIDE, en
    `facturas` o `notas-de-credito`; los anulados y los de pruebas van en carpetas aparte. `ventas.xlsx` trae
    las ventas, las notas de crédito, el resumen por tarifa con el formulario 104, los números y lo que falta
    autorizar; `LEEME.txt` dice qué hay y qué no. Un mes de 2.000 comprobantes tarda cerca de un minuto.
    """
    # Aquí y no arriba: quien no pide el paquete no carga la biblioteca de los PDF.
    from facturacion_service.sri.declaration.month_zip import write_month

    with snapshot() as db:
        name = f"sri-{query.month:%Y-%m}.zip"
        return written(lambda file: write_month(file, db, month_of(query.month)), ZIP, name)
