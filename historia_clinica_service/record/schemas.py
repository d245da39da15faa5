"""Lo que devuelven las rutas de la historia clínica completa."""

from datetime import datetime
from typing import Annotated, Literal

from common.web.clinic_fields import (
    DOCTOR_NAME,
    END_TIME,
    PRODUCT_NAME,
    TREATMENT_NAME,
    UNIT,
    VISIT_REASON,
    Action,
    CreatedAt,
    Entity,
)
from common.web.field_numbers import Number
from common.web.field_words import Says
from common.web.schemas import Out
from historia_clinica_service.notes.schemas import NoteOut, VitalSignsOut
from historia_clinica_service.schemas import HistoryOut, PatientOut


class DoneOut(Out):
    """Un tratamiento de la visita."""

    treatment_id: int
    treatment_name: Annotated[str, TREATMENT_NAME]
    quantity: Annotated[Number, Says("Cuántas veces se hizo.", example=2)]


class UsedOut(Out):
    """Un producto que la visita usó aparte de los tratamientos."""

    product_id: int
    product_name: Annotated[str, PRODUCT_NAME]
    unit: Annotated[str, UNIT]
    quantity: Annotated[Number, Says("Lo usado, en la unidad del producto.", example=2)]


class VisitOut(Out):
    """Una cita y lo que se hizo en ella, sin precios."""

    appointment_id: int
    doctor_id: int
    doctor_name: Annotated[str, DOCTOR_NAME]
    start_time: datetime
    end_time: Annotated[datetime, END_TIME]
    status: str
    reason: Annotated[str | None, VISIT_REASON]
    treatments: list[DoneOut]
    extras: list[UsedOut]


class EventOut(Out):
    """Algo que pasó: una cita, en su hora de inicio, o una nota, cuando se escribió."""

    kind: Literal["APPOINTMENT", "NOTE"]
    at: datetime
    appointment: VisitOut | None
    note: NoteOut | None


class MeasurementOut(VitalSignsOut):
    """Los signos vitales de una nota y cuándo se escribió."""

    note_id: int
    at: datetime


class RecordOut(Out):
    """La historia clínica: `timeline` va de lo último a lo primero; `vital_signs`, al revés."""

    patient: PatientOut
    medical_history: HistoryOut | None
    timeline: list[EventOut]
    vital_signs: list[MeasurementOut]


class AccessOut(Out):
    """Quién vio o cambió algo del paciente y cuándo."""

    audit_id: int
    created_at: CreatedAt
    user_id: int
    user_name: str
    action: Action
    entity: Entity
    entity_id: int | None
