"""Las rutas de los doctores: quiénes son, cuándo atienden y qué turnos tienen libres."""

from citas_service import models
from citas_service.doctors import operations
from citas_service.doctors.schemas import (
    DoctorOut,
    ScheduleOut,
    ScheduleQuery,
    WorkingHoursIn,
    WorkingHoursOut,
)
from common.auth_middleware import require
from common.database import reading, transaction
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import answers, json_body, query_string
from common.web.schemas import Payload

TAG = Tag("Doctores", "Horarios, ausencias y turnos.")
bp = Resource("doctors", __name__, TAG)


@bp.get("/doctors")
@require(Permission.APPOINTMENTS_READ)
@answers(doctors=list[DoctorOut])
def list_doctors() -> Payload:
    """Lista los doctores activos, por nombre"""
    with reading() as db:
        return {"doctors": models.doctors(db)}


@bp.get("/doctors/<int:doctor_id>/schedule")
@require(Permission.APPOINTMENTS_READ)
@query_string(ScheduleQuery)
@answers(ScheduleOut)
def get_schedule(doctor_id: int, query: ScheduleQuery) -> Payload:
    """Muestra la agenda de un doctor y los turnos que se pueden agendar ahora

    Un doctor sin horario configurado atiende a cualquier hora: sus turnos cubren el día entero.
    """
    with reading() as db:
        return operations.schedule(db, doctor_id, query)


@bp.get("/doctors/<int:doctor_id>/working-hours")
@require(Permission.APPOINTMENTS_READ)
@answers(WorkingHoursOut)
def get_working_hours(doctor_id: int) -> Payload:
    """Muestra el horario semanal y las ausencias de un doctor"""
    with reading() as db:
        return operations.working_hours(db, doctor_id)


@bp.put("/doctors/<int:doctor_id>/working-hours")
@require(Permission.APPOINTMENTS_WRITE)
@json_body(WorkingHoursIn)
@answers(WorkingHoursOut)
def set_working_hours(doctor_id: int, body: WorkingHoursIn) -> Payload:
    """Reemplaza el horario semanal, las ausencias, o ambos

    Las citas ya agendadas no se tocan.
    """
    with transaction() as db:
        operations.set_working_hours(db, doctor_id, body)
        return operations.working_hours(db, doctor_id)
