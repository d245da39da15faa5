"""Lo que devuelven las rutas de la historia clínica completa."""

from datetime import datetime
from typing import Literal

from common.web.field_numbers import Number
from common.web.schemas import Out
from historia_clinica_service.notes.schemas import NoteOut, VitalSignsOut
from historia_clinica_service.schemas import HistoryOut, PatientOut


class DoneOut(Out):
    """Un tratamiento de la visita."""

    treatment_id: int
    treatment_name: str
    quantity: Number


class UsedOut(Out):
    """Un producto que la visita usó aparte de los tratamientos."""

    product_id: int
    product_name: str
    unit: str
    quantity: Number


class VisitOut(Out):
    """Una cita y lo que se hizo en ella, sin precios."""

    appointment_id: int
    doctor_id: int
    doctor_name: str
    start_time: datetime
    end_time: datetime
    status: str
    reason: str | None
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
    created_at: datetime
    user_id: int
    user_name: str
    action: str
    entity: str
    entity_id: int | None
