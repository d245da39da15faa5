"""Las rutas de los reportes de resultados."""

from typing import Any

from flask import Blueprint

from common.auth_middleware import require
from common.database import snapshot
from common.permissions import Permission
from common.web import answers, query
from facturacion_service import operations_reports
from facturacion_service.schemas_reports import DashboardQuery, MetricsOut

bp = Blueprint("reports", __name__)


@bp.get("/reports/dashboard")
@require(Permission.REPORTS_READ)
@query(DashboardQuery)
@answers(metrics=MetricsOut)
def get_dashboard(query: DashboardQuery) -> dict[str, Any]:
    """Muestra lo que de verdad se ganó en un período

    Ingreso: facturas emitidas y cobradas, sin IVA, por fecha de emisión. Costo: lo consumido en visitas y
    vendido, a su costo congelado, el día en que salió. Ganancia = ingreso − costo − gastos.
    """
    with snapshot() as db:
        return {"metrics": operations_reports.dashboard(db, query)}
