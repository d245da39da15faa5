"""Las rutas de la auditoría: mirarla y comprobar que nadie la cambió."""

from auth_service.audit import operations
from auth_service.audit.schemas import AnchorQuery, AuditEntryOut, AuditQuery, VerificationOut
from common.auth_middleware import current_user, require
from common.database import snapshot, transaction
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import answers, query_string
from common.web.schemas import Pagination, Payload

bp = Resource("audit", __name__, Tag("Auditoría", "Quién hizo qué, y si el registro sigue entero."))


@bp.get("/audit")
@require(Permission.AUDIT_READ)
@query_string(AuditQuery)
@answers(entries=list[AuditEntryOut], pagination=Pagination)
def list_entries(query: AuditQuery) -> Payload:
    """Lista quién vio o cambió qué, lo último primero

    Mirar el registro también queda en él, con los filtros que se usaron.
    """
    with transaction() as db:
        return operations.read_entries(db, query, user=current_user())


@bp.get("/audit/verify")
@require(Permission.AUDIT_READ)
@query_string(AnchorQuery)
@answers(VerificationOut)
def verify(query: AnchorQuery) -> Payload:
    """Comprueba que nadie haya cambiado ni borrado entradas del registro

    Anote `last` fuera del sistema y envíelo la próxima vez en `last_audit_id` y `last_hash`: así se nota
    también si se borró el final del registro.
    """
    with snapshot() as db:
        report = operations.verify(db, query)
    # Aparte: encadenar hace esperar a los demás, y comprobar un registro largo tarda.
    with transaction() as db:
        operations.record_verification(db, report, user=current_user())
    return report
