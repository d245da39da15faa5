"""Lo que historia clínica toca, salvo las notas. Escribe pacientes y antecedentes; de citas y usuarios
solo lee columnas."""

import re
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Integer,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from common.database import Database, fetch_all, fetch_one, fetch_value
from common.errors import NotFound
from common.listing import escape_like, fetch_page, matches_words
from common.tables.auth import User
from common.tables.citas import Appointment
from common.tables.historia_clinica import MedicalHistory, Patient
from common.utils import clinic_today
from historia_clinica_service.schemas import PatientQuery

__all__ = ["MedicalHistory", "Patient"]

RECENT = 10

# El día se pregunta cada vez que se ejecuta la consulta, no cuando se escribe. age() sobre timestamp sin
# zona: con fechas solas PostgreSQL elegiría la zona de la sesión.
_TODAY = bindparam("today", callable_=clinic_today, type_=Date())
_AGE = func.date_part("year", func.age(cast(_TODAY, DateTime), cast(Patient.birth_date, DateTime)))

PATIENT = select(
    Patient.patient_id,
    Patient.doc_type,
    Patient.doc_number,
    Patient.first_name,
    Patient.last_name,
    Patient.full_name,
    Patient.email,
    Patient.phone,
    Patient.address,
    Patient.birth_date,
    cast(_AGE, Integer).label("age"),
    Patient.gender,
    Patient.emergency_contact_name,
    Patient.emergency_contact_phone,
    Patient.occupation,
    Patient.is_active,
    Patient.created_at,
)
_ONE_PATIENT = PATIENT.where(Patient.patient_id == bindparam("patient_id"))
_PATIENT_ID = select(Patient.patient_id).where(Patient.doc_number == bindparam("doc_number"))

_HISTORY = (
    select(
        MedicalHistory.history_id,
        MedicalHistory.patient_id,
        MedicalHistory.allergies,
        MedicalHistory.pathologies,
        MedicalHistory.surgeries,
        MedicalHistory.family_history,
        MedicalHistory.medications,
        MedicalHistory.habits,
        MedicalHistory.blood_type,
        MedicalHistory.updated_at,
        MedicalHistory.updated_by,
        User.full_name.label("updated_by_name"),
    )
    .join(User, User.user_id == MedicalHistory.updated_by)
    .where(MedicalHistory.patient_id == bindparam("patient_id"))
)

_RECENT_APPOINTMENTS = (
    select(
        Appointment.appointment_id,
        Appointment.patient_id,
        Patient.full_name.label("patient_name"),
        Appointment.doctor_id,
        User.full_name.label("doctor_name"),
        Appointment.start_time,
        Appointment.end_time,
        Appointment.status,
        case((bindparam("with_reason", type_=Boolean()), Appointment.reason)).label("reason"),
        Appointment.created_at,
    )
    .join(Patient, Patient.patient_id == Appointment.patient_id)
    .join(User, User.user_id == Appointment.doctor_id)
    .where(Appointment.patient_id == bindparam("patient_id"))
    .order_by(Appointment.start_time.desc(), Appointment.appointment_id.desc())
    .limit(RECENT)
)


def patient(db: Database, patient_id: int) -> dict[str, Any]:
    """Un paciente.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE_PATIENT, patient_id=patient_id)
    if row is None:
        raise NotFound("El paciente no existe.")
    return row


def patients_page(db: Database, query: PatientQuery) -> dict[str, Any]:
    """Una página de pacientes, los más nuevos primero."""
    statement = PATIENT.order_by(Patient.patient_id.desc())
    if query.search:
        prefixes = (Patient.doc_number.like(f"{escape_like(text)}%") for text in _spellings(query.search))
        statement = statement.where(or_(matches_words(Patient.full_name, query.search), *prefixes))
    if query.is_active is not None:
        statement = statement.where(Patient.is_active == query.is_active)
    return fetch_page(db, statement, query, "patients")


def _spellings(text: str) -> set[str]:
    """Un documento como puede estar guardado: con los guiones de un pasaporte, o sin separadores."""
    upper = text.upper()
    return {upper, re.sub(r"[\s-]+", "", upper)} - {""}


def patient_by_document(db: Database, doc_number: str) -> dict[str, Any] | None:
    """El paciente con ese documento, escrito con guiones o sin ellos; None si no hay."""
    statement = PATIENT.where(Patient.doc_number.in_(sorted(_spellings(doc_number))))
    # Si existen las dos formas, gana la que se escribió.
    exact = Patient.doc_number == doc_number.upper()
    return fetch_one(db, statement.order_by(exact.desc()).limit(1))


def patient_id_of(db: Database, doc_number: str) -> int | None:
    """El número del paciente con ese documento, tal como está guardado."""
    found: int | None = fetch_value(db, _PATIENT_ID, doc_number=doc_number)
    return found


def locked_patient(db: Session, patient_id: int) -> dict[str, Any]:
    """El paciente, bloqueado contra otros cambios; se le puede seguir agendando.

    :raises NotFound: si no existe.
    """
    row = select(Patient.patient_id).where(Patient.patient_id == patient_id)
    db.execute(row.with_for_update(key_share=True))
    return patient(db, patient_id)


def history(db: Database, patient_id: int) -> dict[str, Any] | None:
    """Los antecedentes de un paciente, o None."""
    return fetch_one(db, _HISTORY, patient_id=patient_id)


def existing_history(db: Database, patient_id: int) -> dict[str, Any]:
    """Los antecedentes de un paciente que ya los tiene."""
    return dict(db.execute(_HISTORY, {"patient_id": patient_id}).mappings().one())


def recent_appointments(db: Database, patient_id: int, *, with_reason: bool) -> list[dict[str, Any]]:
    """Las últimas citas del paciente, la más reciente primero."""
    return fetch_all(db, _RECENT_APPOINTMENTS, patient_id=patient_id, with_reason=with_reason)
