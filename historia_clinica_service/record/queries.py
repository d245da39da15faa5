"""Lo que toca la historia clínica completa de un paciente: solo lee; de citas, tratamientos, productos,
usuarios y auditoría, por columna."""

from collections import defaultdict
from typing import Any

from sqlalchemy import bindparam, select

from common.database import Database, fetch_all
from common.lists.listing import fetch_page
from common.tables.auth import User
from common.tables.citas import Appointment, AppointmentExtra, AppointmentTreatment
from common.tables.historia_clinica import ClinicalNote
from common.tables.inventario import Product, Treatment
from common.tables.platform import AuditLog
from common.web.schemas import Page
from historia_clinica_service.notes.queries import NOTE

_OF_PATIENT = Appointment.patient_id == bindparam("patient_id")

_APPOINTMENTS = (
    select(
        Appointment.appointment_id,
        Appointment.doctor_id,
        User.full_name.label("doctor_name"),
        Appointment.start_time,
        Appointment.end_time,
        Appointment.status,
        Appointment.reason,
    )
    .join(User, User.user_id == Appointment.doctor_id)
    .where(_OF_PATIENT)
)
_TREATMENTS = (
    select(
        AppointmentTreatment.appointment_id,
        AppointmentTreatment.treatment_id,
        Treatment.name.label("treatment_name"),
        AppointmentTreatment.quantity,
    )
    .join(Treatment, Treatment.treatment_id == AppointmentTreatment.treatment_id)
    .join(Appointment, Appointment.appointment_id == AppointmentTreatment.appointment_id)
    .where(_OF_PATIENT)
    .order_by(AppointmentTreatment.detail_id)
)
_EXTRAS = (
    select(
        AppointmentExtra.appointment_id,
        AppointmentExtra.product_id,
        Product.name.label("product_name"),
        Product.unit,
        AppointmentExtra.quantity,
    )
    .join(Product, Product.product_id == AppointmentExtra.product_id)
    .join(Appointment, Appointment.appointment_id == AppointmentExtra.appointment_id)
    .where(_OF_PATIENT)
    .order_by(AppointmentExtra.extra_id)
)
_NOTES = NOTE.where(ClinicalNote.patient_id == bindparam("patient_id"))
_ACCESSES = (
    select(
        AuditLog.audit_id,
        AuditLog.created_at,
        AuditLog.user_id,
        User.full_name.label("user_name"),
        AuditLog.action,
        AuditLog.entity,
        AuditLog.entity_id,
    )
    .join(User, User.user_id == AuditLog.user_id)
    .order_by(AuditLog.audit_id.desc())
)


def visits(db: Database, patient_id: int) -> list[dict[str, Any]]:
    """Todas las citas de un paciente con lo que se hizo en ellas, en tres consultas."""
    treatments = _by_visit(fetch_all(db, _TREATMENTS, patient_id=patient_id))
    extras = _by_visit(fetch_all(db, _EXTRAS, patient_id=patient_id))
    return [
        {**row, "treatments": treatments[row["appointment_id"]], "extras": extras[row["appointment_id"]]}
        for row in fetch_all(db, _APPOINTMENTS, patient_id=patient_id)
    ]


def _by_visit(lines: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        found[line.pop("appointment_id")].append(line)
    return found


def notes(db: Database, patient_id: int) -> list[dict[str, Any]]:
    """Todas las notas de un paciente."""
    return fetch_all(db, _NOTES, patient_id=patient_id)


def accesses_page(db: Database, patient_id: int, query: Page) -> dict[str, Any]:
    """Una página de quién vio o cambió lo de un paciente, lo último primero."""
    return fetch_page(db, _ACCESSES.where(AuditLog.patient_id == patient_id), query, "accesses")
