"""Lo que las rutas de pacientes y de sus antecedentes aceptan y devuelven."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ValidationInfo, field_validator

from common.utils import clinic_today
from common.validators import document
from common.web.field_dates import Day
from common.web.field_numbers import QueryBool
from common.web.field_texts import Code, Email, Line, Paragraph, Phone, Search
from common.web.schemas import In, Out, Page, Query, partial
from common.web.versions import Versioned

DocType = Literal["CEDULA", "RUC", "PASAPORTE"]
Gender = Literal["MASCULINO", "FEMENINO", "OTRO"]
BloodType = Literal["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"]


def _not_future(day: date) -> date:
    if day > clinic_today():
        raise ValueError("no puede ser una fecha futura")
    return day


BirthDate = Annotated[Day, AfterValidator(_not_future)]


class PatientIn(In):
    """Un paciente nuevo."""

    doc_type: DocType = "CEDULA"
    doc_number: Code
    first_name: Line
    last_name: Line
    email: Email | None = None
    phone: Phone | None = None
    address: Line | None = None
    birth_date: BirthDate | None = None
    gender: Gender | None = None
    emergency_contact_name: Line | None = None
    emergency_contact_phone: Phone | None = None
    occupation: Line | None = None
    is_active: bool = True

    @field_validator("doc_number")
    @classmethod
    def _check_document(cls, value: str, info: ValidationInfo) -> str:
        # Si el tipo no sirve ya hay un error por él, y el número no se puede juzgar.
        return document(info.data["doc_type"], value) if "doc_type" in info.data else value


# El documento se juzga con el tipo y el número que quedarán, y eso solo se sabe con la fila a la vista.
PatientPatch = partial(PatientIn, "PatientPatch")
PATIENT_VERSION = Versioned("patient", tuple(PatientIn.model_fields))


class PatientQuery(Page):
    """Filtros de la lista de pacientes; `search` es parte del nombre o el principio del documento."""

    search: Search | None = None
    is_active: QueryBool | None = None


class DocumentQuery(Query):
    """El documento que se busca: `cedula` o `doc_number`, solo uno."""

    cedula: Code | None = None
    doc_number: Code | None = None


class HistoryIn(In):
    """Antecedentes médicos; las claves que no llegan se quedan como están."""

    allergies: Paragraph | None = None
    pathologies: Paragraph | None = None
    surgeries: Paragraph | None = None
    family_history: Paragraph | None = None
    medications: Paragraph | None = None
    habits: Paragraph | None = None
    blood_type: BloodType | None = None


HISTORY_VERSION = Versioned("medical_history", tuple(HistoryIn.model_fields))


class PatientOut(Out):
    """Un paciente; `age` son los años cumplidos hoy."""

    patient_id: int
    doc_type: DocType
    doc_number: str
    first_name: str
    last_name: str
    full_name: str
    email: str | None
    phone: str | None
    address: str | None
    birth_date: date | None
    age: int | None
    gender: Gender | None
    emergency_contact_name: str | None
    emergency_contact_phone: str | None
    occupation: str | None
    is_active: bool
    created_at: datetime


class HistoryOut(Out):
    """Los antecedentes médicos de un paciente."""

    history_id: int
    patient_id: int
    allergies: str | None
    pathologies: str | None
    surgeries: str | None
    family_history: str | None
    medications: str | None
    habits: str | None
    blood_type: BloodType | None
    updated_at: datetime
    updated_by: int
    updated_by_name: str


class RecentAppointmentOut(Out):
    """Una cita del paciente; el motivo solo lo ve quien puede ver la agenda."""

    appointment_id: int
    patient_id: int
    patient_name: str
    doctor_id: int
    doctor_name: str
    start_time: datetime
    end_time: datetime
    status: str
    reason: str | None
    created_at: datetime
