"""La ruta de las cuentas por cobrar."""

from common.auth_middleware import require
from common.database import reading
from common.openapi.resource import Resource
from common.permissions import Permission
from common.web.contract import answers, query_string
from common.web.schemas import Payload
from facturacion_service.reports import receivables
from facturacion_service.reports.receivable_schemas import ReceivablesOut, ReceivablesQuery
from facturacion_service.reports.routes import TAG

bp = Resource("receivables", __name__, TAG)


@bp.get("/reports/receivables")
@require(Permission.REPORTS_READ)
@query_string(ReceivablesQuery)
@answers(ReceivablesOut)
def get_receivables(query: ReceivablesQuery) -> Payload:
    """Muestra lo que falta cobrar al final de un día, por antigüedad y por paciente

    Cuentan las facturas emitidas hasta ese día, por su fecha de emisión, menos los cobros y las notas de
    crédito con fecha de hasta ese día. Las anuladas no se deben, aunque se hayan anulado después, y una nota
    anulada no resta. Lo emitido en el ambiente de pruebas del SRI deja de contar al pasar a producción.

    Los totales y los tramos son de todas. La página lo es de las dos listas: en `items`, las facturas más
    antiguas primero; en `by_patient`, los pacientes que más deben. Con las páginas de `pagination` salen
    todos, porque no hay más deudores que facturas.
    """
    with reading() as db:
        return receivables.receivables(db, query)
