"""Las rutas de las citas."""

from citas_service import models, operations, status
from citas_service.schemas import (
    APPOINTMENT_VERSION,
    AppointmentDetailOut,
    AppointmentIn,
    AppointmentOut,
    AppointmentPatch,
    AppointmentQuery,
    AvailabilityIn,
    AvailabilityOut,
    CompletedAppointmentOut,
    StatusIn,
)
from common.auth_middleware import current_user, require
from common.database import reading, transaction
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import answers, conditional, json_body, query_string
from common.web.idempotency import idempotent
from common.web.schemas import In, Pagination, Payload
from common.web.versions import Expected

bp = Resource("appointments", __name__, Tag("Citas", "La agenda y el estado de las citas."))


@bp.get("/appointments")
@require(Permission.APPOINTMENTS_READ)
@query_string(AppointmentQuery)
@answers(appointments=list[AppointmentOut], pagination=Pagination)
def list_appointments(query: AppointmentQuery) -> Payload:
    """Lista las citas por hora de inicio, lo último primero"""
    with reading() as db:
        return models.appointments_page(db, query)


@bp.get("/appointments/<int:appointment_id>")
@require(Permission.APPOINTMENTS_READ)
@answers(appointment=AppointmentDetailOut, versioned=APPOINTMENT_VERSION)
def get_appointment(appointment_id: int) -> Payload:
    """Muestra una cita con sus tratamientos, extras, totales e historia"""
    with reading() as db:
        return {"appointment": operations.detailed(db, appointment_id)}


@bp.post("/appointments")
@require(Permission.APPOINTMENTS_WRITE)
@idempotent
@json_body(AppointmentIn)
@answers(
    status=201,
    location="/api/citas/appointments/{appointment[appointment_id]}",
    versioned=APPOINTMENT_VERSION,
    appointment=AppointmentDetailOut,
)
def book(body: AppointmentIn) -> Payload:
    """Agenda una cita

    Ni el doctor ni el paciente pueden tener otra cita viva que se cruce (409 `horario_ocupado`, con la
    cita que choca); si el doctor tiene horario, solo dentro de él y fuera de sus ausencias (409
    `fuera_de_horario`). El fin no se incluye: una cita puede empezar cuando otra termina.
    """
    with transaction() as db:
        appointment_id = operations.book(db, body, user=current_user())
        return {"appointment": operations.detailed(db, appointment_id)}


@bp.put("/appointments/<int:appointment_id>")
@require(Permission.APPOINTMENTS_WRITE)
@conditional
@json_body(AppointmentPatch)
@answers(appointment=AppointmentDetailOut, versioned=APPOINTMENT_VERSION)
def reschedule(appointment_id: int, body: In, expected: Expected) -> Payload:
    """Cambia el doctor, el horario o el motivo de una cita que sigue abierta"""
    with transaction() as db:
        operations.reschedule(db, appointment_id, body.changes(), expected)
        return {"appointment": operations.detailed(db, appointment_id)}


@bp.patch("/appointments/<int:appointment_id>/status")
@require(Permission.APPOINTMENTS_WRITE)
@idempotent
@conditional
@json_body(StatusIn)
@answers(CompletedAppointmentOut, versioned=APPOINTMENT_VERSION)
def change_status(appointment_id: int, body: StatusIn, expected: Expected) -> Payload:
    """Cambia el estado de la cita; al completarla descuenta sus insumos

    Por cada tratamiento sale su receta por la cantidad de veces, más cada extra, con el costo congelado.
    Si algo falta, 409 `stock_insuficiente` nombra todo lo que falta y no cambia nada. Lo que ya se cobró no
    se cancela (409 `cita_facturada`, con el número): antes se anula la factura.

    Con `appointments:reopen`, una cita completada vuelve a IN_PROGRESS diciendo por qué: sus insumos regresan
    al mismo costo. Si tiene una factura sin anular, 409 `cita_facturada`.
    """
    with transaction() as db:
        consumption = status.change_status(db, appointment_id, body, user=current_user(), expected=expected)
        return {"appointment": operations.detailed(db, appointment_id), "consumption": consumption}


@bp.post("/appointments/check-availability")
@require(Permission.APPOINTMENTS_READ)
@json_body(AvailabilityIn)
@answers(AvailabilityOut)
def check_availability(body: AvailabilityIn) -> Payload:
    """Dice si un doctor está libre en un horario y, si no, por qué"""
    with reading() as db:
        return operations.availability(db, body)
