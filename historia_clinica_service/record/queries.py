"""Lo que toca la historia clínica completa de un paciente: solo lee; de citas, tratamientos, productos,
usuarios y auditoría, por columna."""

from collections import defaultdict
from typing import TypeVar

from sqlalchemy import bindparam, select

from common.database import Database, fetch_all
from common.lists.listing import Listing
from common.sql.statements import FixedQuery, columns
from common.tables.auth import User
from common.tables.citas import Appointment, AppointmentExtra, AppointmentTreatment
from common.tables.historia_clinica import ClinicalNote
from common.tables.inventario import Product, Treatment
from common.tables.platform import AuditLog
from common.web.schemas import Page, Payload
from historia_clinica_service.notes.queries import NOTE
from historia_clinica_service.notes.rows import NoteRow
from historia_clinica_service.record.rows import AccessRow, AppointmentRow, ExtraRow, TreatmentRow, Visit

Line = TypeVar("Line", TreatmentRow, ExtraRow)

_OF_PATIENT = Appointment.patient_id == bindparam("patient_id")

_APPOINTMENTS = FixedQuery(
    AppointmentRow,
    select(*columns(AppointmentRow, Appointment, doctor_name=User.full_name))
    .join(User, User.user_id == Appointment.doctor_id)
    .where(_OF_PATIENT),
)
_TREATMENTS = FixedQuery(
    TreatmentRow,
    select(*columns(TreatmentRow, AppointmentTreatment, treatment_name=Treatment.name))
    .join(Treatment, Treatment.treatment_id == AppointmentTreatment.treatment_id)
    .join(Appointment, Appointment.appointment_id == AppointmentTreatment.appointment_id)
    .where(_OF_PATIENT)
    .order_by(AppointmentTreatment.detail_id),
)
_EXTRAS = FixedQuery(
    ExtraRow,
    select(*columns(ExtraRow, AppointmentExtra, product_name=Product.name, unit=Product.unit))
    .join(Product, Product.product_id == AppointmentExtra.product_id)
    .join(Appointment, Appointment.appointment_id == AppointmentExtra.appointment_id)
    .where(_OF_PATIENT)
    .order_by(AppointmentExtra.extra_id),
)
_NOTES = FixedQuery(NoteRow, NOTE.where(ClinicalNote.patient_id == bindparam("patient_id")))
_ACCESSES = Listing(
    AccessRow,
    "accesses",
    select(*columns(AccessRow, AuditLog, user_name=User.full_name))
    .join(User, User.user_id == AuditLog.user_id)
    .order_by(AuditLog.audit_id.desc()),
    patient_id=AuditLog.patient_id == bindparam("patient_id"),
)


def visits(db: Database, patient_id: int) -> list[Visit]:
    """Todas las citas de un paciente con lo que se hizo en ellas, en tres consultas."""
    treatments = _by_visit(fetch_all(db, _TREATMENTS, patient_id=patient_id))
    extras = _by_visit(fetch_all(db, _EXTRAS, patient_id=patient_id))
    return [
        {**row, "treatments": treatments[row["appointment_id"]], "extras": extras[row["appointment_id"]]}
        for row in fetch_all(db, _APPOINTMENTS, patient_id=patient_id)
    ]


def _by_visit(lines: list[Line]) -> dict[int, list[Payload]]:
    """Lo que se hizo en cada cita, que la lleva por clave y ya no dentro."""
    found: dict[int, list[Payload]] = defaultdict(list)
    for line in lines:
        rest = {name: value for name, value in line.items() if name != "appointment_id"}
        found[line["appointment_id"]].append(rest)
    return found


def notes(db: Database, patient_id: int) -> list[NoteRow]:
    """Todas las notas de un paciente."""
    return fetch_all(db, _NOTES, patient_id=patient_id)


def accesses_page(db: Database, patient_id: int, query: Page) -> Payload:
    """Una página de quién vio o cambió lo de un paciente, lo último primero."""
    return _ACCESSES.page(db, query, patient_id=patient_id)
