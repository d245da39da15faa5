"""Las rutas de lo que se hace en una visita: tratamientos y extras."""

from citas_service import line_queries, models
from citas_service.line_queries import AppointmentExtra, AppointmentTreatment
from citas_service.lines import operations
from citas_service.schemas import (
    ExtraIn,
    ExtraOut,
    ExtraPatch,
    TreatmentLineIn,
    TreatmentLineOut,
    TreatmentLinePatch,
)
from common.auth_middleware import require
from common.database import reading, transaction
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.clinic_fields import TotalBeforeIva
from common.web.contract import Answer, answers, json_body
from common.web.idempotency import idempotent
from common.web.schemas import Payload

bp = Resource("lines", __name__, Tag("Visita", "Los tratamientos y extras de una cita."))


@bp.get("/appointments/<int:appointment_id>/treatments")
@require(Permission.APPOINTMENTS_READ)
@answers(treatments=list[TreatmentLineOut], total=TotalBeforeIva)
def list_treatments(appointment_id: int) -> Payload:
    """Lista los tratamientos de una visita y su total sin IVA"""
    with reading() as db:
        models.appointment(db, appointment_id)
        lines = line_queries.treatment_lines(db, appointment_id)
    return {"treatments": lines, "total": sum(line["subtotal"] for line in lines)}


@bp.post("/appointments/<int:appointment_id>/treatments")
@require(Permission.APPOINTMENTS_WRITE)
@idempotent
@json_body(TreatmentLineIn)
@answers(
    status=201,
    location="/api/citas/appointments/{treatment[appointment_id]}/treatments",
    treatment=TreatmentLineOut,
)
def add_treatment(appointment_id: int, body: TreatmentLineIn) -> Payload:
    """Agrega un tratamiento a la visita, con el precio de este momento"""
    with transaction() as db:
        line = operations.add_treatment(db, appointment_id, body)
        return {"treatment": line_queries.treatment_line(db, line.detail_id)}


@bp.put("/appointments/treatments/<int:detail_id>")
@require(Permission.APPOINTMENTS_WRITE)
@json_body(TreatmentLinePatch)
@answers(treatment=TreatmentLineOut)
def change_treatment(detail_id: int, body: TreatmentLinePatch) -> Payload:
    """Cambia la cantidad o el precio de un tratamiento de la visita"""
    with transaction() as db:
        operations.change_treatment(db, detail_id, body.changes())
        return {"treatment": line_queries.treatment_line(db, detail_id)}


@bp.delete("/appointments/treatments/<int:detail_id>")
@require(Permission.APPOINTMENTS_WRITE)
@answers(errors=(409,))
def remove_treatment(detail_id: int) -> Answer:
    """Quita un tratamiento de la visita"""
    with transaction() as db:
        operations.remove_line(db, AppointmentTreatment, detail_id)
    return Answer(message="El tratamiento se quitó de la cita.")


@bp.get("/appointments/<int:appointment_id>/extras")
@require(Permission.APPOINTMENTS_READ)
@answers(extras=list[ExtraOut], total=TotalBeforeIva)
def list_extras(appointment_id: int) -> Payload:
    """Lista los extras de una visita y su total sin IVA"""
    with reading() as db:
        models.appointment(db, appointment_id)
        lines = line_queries.extra_lines(db, appointment_id)
    return {"extras": lines, "total": sum(line["subtotal"] for line in lines)}


@bp.post("/appointments/<int:appointment_id>/extras")
@require(Permission.APPOINTMENTS_WRITE)
@idempotent
@json_body(ExtraIn)
@answers(
    status=201,
    location="/api/citas/appointments/{extra[appointment_id]}/extras",
    extra=ExtraOut,
)
def add_extra(appointment_id: int, body: ExtraIn) -> Payload:
    """Agrega un producto usado o vendido en la visita"""
    with transaction() as db:
        line = operations.add_extra(db, appointment_id, body)
        return {"extra": line_queries.extra_line(db, line.extra_id)}


@bp.put("/appointments/extras/<int:extra_id>")
@require(Permission.APPOINTMENTS_WRITE)
@json_body(ExtraPatch)
@answers(extra=ExtraOut)
def change_extra(extra_id: int, body: ExtraPatch) -> Payload:
    """Cambia la cantidad o el precio de un extra de la visita"""
    with transaction() as db:
        operations.change_extra(db, extra_id, body.changes())
        return {"extra": line_queries.extra_line(db, extra_id)}


@bp.delete("/appointments/extras/<int:extra_id>")
@require(Permission.APPOINTMENTS_WRITE)
@answers(errors=(409,))
def remove_extra(extra_id: int) -> Answer:
    """Quita un extra de la visita"""
    with transaction() as db:
        operations.remove_line(db, AppointmentExtra, extra_id)
    return Answer(message="El extra se quitó de la cita.")
