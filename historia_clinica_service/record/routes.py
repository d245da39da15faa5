"""Las rutas de la historia clínica completa y de quién la ha visto."""

from common.auth_middleware import current_user, require
from common.database import snapshot, transaction
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import answers, query_string
from common.web.schemas import Page, Pagination, Payload
from historia_clinica_service.record import operations
from historia_clinica_service.record.schemas import AccessOut, RecordOut

bp = Resource(
    "record",
    __name__,
    Tag("Historia clínica", "La historia entera de un paciente y quién la ha visto."),
)


@bp.get("/patients/<int:patient_id>/record")
@require(Permission.CLINICAL_READ)
@answers(RecordOut)
def get_record(patient_id: int) -> Payload:
    """Muestra la historia clínica entera de un paciente, en un mismo instante

    `timeline` junta citas y notas, lo último primero; `vital_signs` va del primero al último, como se
    grafica.
    """
    with snapshot() as db:
        record = operations.whole_record(db, patient_id)
    # En otra transacción: la cadena se continúa desde lo último confirmado, no desde aquel instante. Si no
    # se puede anotar, no se responde.
    with transaction() as db:
        operations.record_reading(db, record, user=current_user())
    return record


@bp.get("/patients/<int:patient_id>/access-log")
@require(Permission.CLINICAL_READ)
@query_string(Page)
@answers(accesses=list[AccessOut], pagination=Pagination)
def list_accesses(patient_id: int, query: Page) -> Payload:
    """Lista quién vio o cambió lo de un paciente, lo último primero"""
    with transaction() as db:
        return operations.accesses(db, patient_id, query, user=current_user())
