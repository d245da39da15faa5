"""Lo que historia clínica lee de pacientes, antecedentes y citas; pacientes y antecedentes los escribe
`operations`."""

import re

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Text,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from common.database import Database, fetch_one, fetch_value
from common.errors import NotFound
from common.lists.daily_lists import Daily
from common.lists.listing import Listing, escape_like, matches_words
from common.sql.statements import FixedQuery, ValueQuery, columns
from common.tables.auth import User
from common.tables.citas import Appointment
from common.tables.historia_clinica import MedicalHistory, Patient
from common.utils import clinic_today
from common.web.schemas import Payload
from historia_clinica_service import search_queries
from historia_clinica_service.rows import FileRow, HistoryRow, PatientRow, RecentAppointmentRow
from historia_clinica_service.schemas import PatientQuery

__all__ = ["MedicalHistory", "Patient"]

RECENT = 10

# El día se pregunta cada vez que se ejecuta la consulta, no cuando se escribe. age() sobre timestamp sin
# zona: con fechas solas PostgreSQL elegiría la zona de la sesión.
_TODAY = bindparam("today", callable_=clinic_today, type_=Date())
_AGE = func.date_part("year", func.age(cast(_TODAY, DateTime), cast(Patient.birth_date, DateTime)))

PATIENT = select(*columns(PatientRow, Patient, age=cast(_AGE, Integer)))


def _spellings(text: str) -> tuple[str, str]:
    """Un documento como puede estar guardado: con los guiones de un pasaporte, o sin separadores."""
    upper = text.upper()
    return upper, re.sub(r"[\s-]+", "", upper)


def _searched(search: str) -> ColumnElement[bool]:
    prefixes = (Patient.doc_number.like(f"{escape_like(text)}%") for text in _spellings(search) if text)
    return or_(matches_words(Patient.full_name, search), *prefixes)


_PATIENTS = Listing(
    PatientRow,
    "patients",
    PATIENT,
    Daily("PATIENTS", Patient.created_at, Patient.patient_id, subject="is_active"),
    search=_searched,
    is_active=Patient.is_active == bindparam("is_active"),
)
_ONE_PATIENT = FixedQuery(PatientRow, PATIENT.where(Patient.patient_id == bindparam("patient_id")))
_PATIENT_ID = ValueQuery(int, select(Patient.patient_id).where(Patient.doc_number == bindparam("doc_number")))
_WRITTEN = bindparam("written", type_=Text())
_BY_DOCUMENT = FixedQuery(
    PatientRow,
    PATIENT.where(or_(Patient.doc_number == _WRITTEN, Patient.doc_number == bindparam("compact")))
    # Si existen las dos formas, gana la que se escribió.
    .order_by((Patient.doc_number == _WRITTEN).desc())
    .limit(1),
)
_LOCKED = ValueQuery(
    int,
    select(Patient.patient_id)
    .where(Patient.patient_id == bindparam("patient_id"))
    .with_for_update(key_share=True),
)

_HISTORY = FixedQuery(
    HistoryRow,
    select(*columns(HistoryRow, MedicalHistory, updated_by_name=User.full_name))
    .join(User, User.user_id == MedicalHistory.updated_by)
    .where(MedicalHistory.patient_id == bindparam("patient_id")),
)

_RECENT_APPOINTMENTS = FixedQuery(
    RecentAppointmentRow,
    select(
        *columns(
            RecentAppointmentRow,
            Appointment,
            patient_name=Patient.full_name,
            doctor_name=User.full_name,
            reason=case((bindparam("with_reason", type_=Boolean()), Appointment.reason)),
        )
    )
    .join(Patient, Patient.patient_id == Appointment.patient_id)
    .join(User, User.user_id == Appointment.doctor_id)
    .where(Appointment.patient_id == bindparam("patient_id"))
    .order_by(Appointment.start_time.desc(), Appointment.appointment_id.desc())
    .limit(RECENT),
)
_FILE = FixedQuery(FileRow, _ONE_PATIENT.statement, recent_appointments=_RECENT_APPOINTMENTS)


def patient(db: Database, patient_id: int) -> PatientRow:
    """Un paciente.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE_PATIENT, patient_id=patient_id)
    if row is None:
        raise NotFound("El paciente no existe.")
    return row


def patient_file(db: Database, patient_id: int, *, with_reason: bool) -> FileRow:
    """Un paciente y, en `recent_appointments`, sus últimas citas, la más reciente primero.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _FILE, patient_id=patient_id, with_reason=with_reason)
    if row is None:
        raise NotFound("El paciente no existe.")
    return row


def patients_page(db: Database, query: PatientQuery) -> Payload:
    """Una página de pacientes, los más nuevos primero."""
    search = query.search or ""
    words = search_queries.words_like(db, search) if search_queries.is_words(search) else None
    if words is None:
        return _PATIENTS.page(db, query)
    return search_queries.words_page(db, PATIENT, query, words, _spellings(search))


def patient_by_document(db: Database, doc_number: str) -> PatientRow | None:
    """El paciente con ese documento, escrito con guiones o sin ellos; None si no hay."""
    written, compact = _spellings(doc_number)
    return fetch_one(db, _BY_DOCUMENT, written=written, compact=compact)


def patient_id_of(db: Database, doc_number: str) -> int | None:
    """El número del paciente con ese documento, tal como está guardado."""
    return fetch_value(db, _PATIENT_ID, doc_number=doc_number)


def locked_patient(db: Session, patient_id: int) -> PatientRow:
    """El paciente, bloqueado contra otros cambios; se le puede seguir agendando.

    :raises NotFound: si no existe.
    """
    fetch_value(db, _LOCKED, patient_id=patient_id)
    return patient(db, patient_id)


def history(db: Database, patient_id: int) -> HistoryRow | None:
    """Los antecedentes de un paciente, o None."""
    return fetch_one(db, _HISTORY, patient_id=patient_id)


def existing_history(db: Database, patient_id: int) -> HistoryRow:
    """Los antecedentes de un paciente que ya los tiene."""
    found = history(db, patient_id)
    assert found is not None
    return found
