"""Lo que las rutas de notas clínicas aceptan y devuelven."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from common.web.field_numbers import Amount, Number
from common.web.field_texts import Line, Paragraph
from common.web.schemas import In, Out, partial
from common.web.versions import Versioned
from historia_clinica_service.notes.icd10 import SHAPE, icd10

Icd10 = Annotated[
    str,
    AfterValidator(icd10),
    WithJsonSchema({"type": "string", "pattern": rf"^\s*{SHAPE}\s*$"}),
]


class DiagnosisIn(In):
    """Un diagnóstico CIE-10."""

    code: Icd10
    description: Line
    type: Literal["PRESUNTIVO", "DEFINITIVO"]


class VitalSignsIn(In):
    """Signos vitales y medidas, cada una con su unidad en el nombre; el IMC lo calcula el servicio."""

    temperature_c: Annotated[Decimal, Amount(2, Decimal(45), Decimal(25))] | None = None
    systolic_mmhg: Annotated[int, Field(ge=40, le=300)] | None = None
    diastolic_mmhg: Annotated[int, Field(ge=20, le=200)] | None = None
    heart_rate_bpm: Annotated[int, Field(ge=20, le=300)] | None = None
    respiratory_rate_bpm: Annotated[int, Field(ge=4, le=100)] | None = None
    oxygen_saturation_pct: Annotated[Decimal, Amount(1, Decimal(100), Decimal(40))] | None = None
    weight_kg: Annotated[Decimal, Amount(3, Decimal(500), Decimal("0.3"))] | None = None
    height_cm: Annotated[Decimal, Amount(1, Decimal(260), Decimal(20))] | None = None

    @field_validator("diastolic_mmhg")
    @classmethod
    def _check_pressure(cls, value: int | None, info: ValidationInfo) -> int | None:
        systolic = info.data.get("systolic_mmhg")
        if value is not None and systolic is not None and value >= systolic:
            raise ValueError("debe ser menor que la presión sistólica")
        return value


class NoteIn(In):
    """La nota de una atención."""

    observations: Paragraph
    diagnosis: Paragraph | None = None
    diagnoses: Annotated[list[DiagnosisIn], Field(max_length=20)] | None = None
    plan: Paragraph | None = None
    vital_signs: VitalSignsIn | None = None


NotePatch = partial(NoteIn, "NotePatch")
# Cada cambio hace una versión: su número basta.
NOTE_VERSION = Versioned("note", ("note_id", "versions"))


class DiagnosisOut(Out):
    """Un diagnóstico CIE-10; el código va sin punto."""

    code: str
    description: str
    type: str


class VitalSignsOut(Out):
    """Signos vitales y medidas; `bmi` en kg/m², con un decimal."""

    temperature_c: Number | None
    systolic_mmhg: int | None
    diastolic_mmhg: int | None
    heart_rate_bpm: int | None
    respiratory_rate_bpm: int | None
    oxygen_saturation_pct: Number | None
    weight_kg: Number | None
    height_cm: Number | None
    bmi: Number | None


class NoteContentOut(Out):
    """Lo que dice una nota y quién lo escribió."""

    author_id: int
    author_name: str
    observations: str
    diagnosis: str | None
    diagnoses: list[DiagnosisOut]
    plan: str | None
    vital_signs: VitalSignsOut | None
    created_at: datetime


class NoteOut(NoteContentOut):
    """Una nota en su versión vigente; `versions` cuenta también esta."""

    note_id: int
    appointment_id: int
    patient_id: int
    updated_at: datetime
    versions: int


class NoteVersionOut(NoteContentOut):
    """Una versión de una nota; `created_at` es cuando se escribió esta versión."""

    version: int
    is_current: bool
