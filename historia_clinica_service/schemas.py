"""Lo que las rutas de pacientes y de sus antecedentes aceptan y devuelven."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ValidationInfo, field_validator

from common.utils import clinic_today
from common.validators import document
from common.web.clinic_fields import (
    ADDRESS,
    DOCTOR_NAME,
    EMAIL,
    END_TIME,
    FULL_NAME,
    PATIENT_NAME,
    VISIT_REASON,
    CreatedAt,
    UpdatedByName,
)
from common.web.field_dates import Day
from common.web.field_numbers import QueryBool
from common.web.field_texts import Code, Email, Line, Paragraph, Phone, Search
from common.web.field_words import Says
from common.web.schemas import In, Out, Page, Query, partial
from common.web.versions import Versioned

# Lo que dicen estos campos, entren o salgan.
ALLERGIES = Says(example="Penicilina")
BIRTH_DATE = Says(example="1990-05-17")
DOC_NUMBER = Says(example="1710034065")
EMERGENCY_CONTACT_NAME = Says(example="Rosa Pérez")
EMERGENCY_CONTACT_PHONE = Says(example="0987654321")
FAMILY_HISTORY = Says(example="Padre con hipertensión")
FIRST_NAME = Says(example="Ana")
HABITS = Says(example="No fuma")
LAST_NAME = Says(example="Pérez")
MEDICATIONS = Says(example="Losartán 50 mg")
OCCUPATION = Says(example="Profesora")
PATHOLOGIES = Says(example="Hipertensión")
PHONE = Says(example="0991234567")
SURGERIES = Says(example="Apendicectomía en 2015")


DocType = Literal["CEDULA", "RUC", "PASAPORTE"]
Gender = Annotated[Literal["MASCULINO", "FEMENINO", "OTRO"], Says(example="FEMENINO")]
BloodType = Annotated[Literal["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"], Says(example="O+")]


def _not_future(day: date) -> date:
    if day > clinic_today():
        raise ValueError("no puede ser una fecha futura")
    return day


BirthDate = Annotated[Day, AfterValidator(_not_future)]


class PatientIn(In):
    """Un paciente nuevo."""

    doc_type: DocType = "CEDULA"
    doc_number: Annotated[Code, DOC_NUMBER]
    first_name: Annotated[Line, FIRST_NAME]
    last_name: Annotated[Line, LAST_NAME]
    email: Annotated[Email | None, EMAIL] = None
    phone: Annotated[Phone | None, PHONE] = None
    address: Annotated[Line | None, ADDRESS] = None
    birth_date: Annotated[BirthDate | None, BIRTH_DATE] = None
    gender: Gender | None = None
    emergency_contact_name: Annotated[Line | None, EMERGENCY_CONTACT_NAME] = None
    emergency_contact_phone: Annotated[Phone | None, EMERGENCY_CONTACT_PHONE] = None
    occupation: Annotated[Line | None, OCCUPATION] = None
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

    allergies: Annotated[Paragraph | None, ALLERGIES] = None
    pathologies: Annotated[Paragraph | None, PATHOLOGIES] = None
    surgeries: Annotated[Paragraph | None, SURGERIES] = None
    family_history: Annotated[Paragraph | None, FAMILY_HISTORY] = None
    medications: Annotated[Paragraph | None, MEDICATIONS] = None
    habits: Annotated[Paragraph | None, HABITS] = None
    blood_type: BloodType | None = None


HISTORY_VERSION = Versioned("medical_history", tuple(HistoryIn.model_fields))


class PatientOut(Out):
    """Un paciente; `age` son los años cumplidos hoy."""

    patient_id: int
    doc_type: DocType
    doc_number: Annotated[str, DOC_NUMBER]
    first_name: Annotated[str, FIRST_NAME]
    last_name: Annotated[str, LAST_NAME]
    full_name: Annotated[str, FULL_NAME]
    email: Annotated[str | None, EMAIL]
    phone: Annotated[str | None, PHONE]
    address: Annotated[str | None, ADDRESS]
    birth_date: Annotated[date | None, BIRTH_DATE]
    age: Annotated[int | None, Says(example=36)]
    gender: Gender | None
    emergency_contact_name: Annotated[str | None, EMERGENCY_CONTACT_NAME]
    emergency_contact_phone: Annotated[str | None, EMERGENCY_CONTACT_PHONE]
    occupation: Annotated[str | None, OCCUPATION]
    is_active: bool
    created_at: CreatedAt


class HistoryOut(Out):
    """Los antecedentes médicos de un paciente."""

    history_id: int
    patient_id: int
    allergies: Annotated[str | None, ALLERGIES]
    pathologies: Annotated[str | None, PATHOLOGIES]
    surgeries: Annotated[str | None, SURGERIES]
    family_history: Annotated[str | None, FAMILY_HISTORY]
    medications: Annotated[str | None, MEDICATIONS]
    habits: Annotated[str | None, HABITS]
    blood_type: BloodType | None
    updated_at: datetime
    updated_by: int
    updated_by_name: UpdatedByName


class RecentAppointmentOut(Out):
    """Una cita del paciente; el motivo solo lo ve quien puede ver la agenda."""

    appointment_id: int
    patient_id: int
    patient_name: Annotated[str, PATIENT_NAME]
    doctor_id: int
    doctor_name: Annotated[str, DOCTOR_NAME]
    start_time: datetime
    end_time: Annotated[datetime, END_TIME]
    status: str
    reason: Annotated[str | None, VISIT_REASON]
    created_at: CreatedAt
