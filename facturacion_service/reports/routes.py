"""Las rutas de los reportes de resultados."""

from flask import Response

from common.auth_middleware import require
from common.database import reading, snapshot
from common.lists.exports import FILES, export
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import answers, query_string
from common.web.schemas import Payload
from facturacion_service.reports import operations, profit
from facturacion_service.reports.schemas import (
    PROFIT_TITLES,
    DashboardQuery,
    MetricsOut,
    ProfitOut,
    ProfitQuery,
)

TAG = Tag("Resultados", "Lo que se ganó en un período y lo que falta cobrar.")
bp = Resource("reports", __name__, TAG)


@bp.get("/reports/dashboard")
@require(Permission.REPORTS_READ)
@query_string(DashboardQuery)
@answers(metrics=MetricsOut)
def get_dashboard(query: DashboardQuery) -> Payload:
    """Muestra lo que de verdad se ganó en un período

    Ingreso: facturas emitidas y cobradas, sin IVA, menos lo devuelto por notas de crédito
    (`credited_amount`), cada cosa por su fecha de emisión. Costo: lo consumido en visitas y vendido, a su
    costo congelado, el día en que salió, menos lo que volvió. Ganancia = ingreso − costo − gastos.
    `invoice_count` cuenta facturas y no notas. Lo emitido en el ambiente de pruebas del SRI, y lo que con
    ello salió de inventario, deja de contar al pasar a producción.
    """
    with reading() as db:
        return {"metrics": operations.dashboard(db, query)}


@bp.get("/reports/profit")
@require(Permission.REPORTS_READ)
@query_string(ProfitQuery)
@answers(ProfitOut, files=FILES)
def get_profit(query: ProfitQuery) -> Payload | Response:
    """Muestra qué dejó cada tratamiento, doctor, categoría, mes o día

    Los grupos suman, al centavo, el ingreso, el costo, los gastos y la ganancia del tablero. Lo que no es de
    ningún grupo va en uno aparte, con `key` null y el nombre «Sin asignar».

    - Ingreso: cada línea, sin IVA, es de su tratamiento, del doctor de la visita facturada, de la categoría
      de su tratamiento o producto, y de la fecha de emisión. Lo vendido sin visita no es de ningún doctor.
      Una nota de crédito resta de los mismos grupos que su factura, en la fecha de la nota.
    - Costo de un insumo consumido en una visita: es del doctor que la atendió y del día en que salió. Entre
      los tratamientos se reparte según lo que la receta de hoy pide para cada uno; los centavos que no se
      dejan partir van al que más usó. La parte de los extras, y lo que ya no está en ninguna receta, no es
      de ningún tratamiento y es de la categoría del producto.
    - Costo de lo vendido en una factura: del doctor de su visita, si la hay, y de la categoría del
      producto; de ningún tratamiento. Lo devuelto resta donde sumó.
    - Gasto: de su día y mes; no es de ningún tratamiento, doctor ni categoría.

    Con `format=csv` o `xlsx`, un archivo con un grupo por fila.
    """
    with snapshot() as db:
        found = profit.profit(db, query)
    if query.format != "json":
        return export(query.format, f"rentabilidad-{query.group_by}", PROFIT_TITLES, found["groups"])
    return found
