"""Lo que las rutas de notas clínicas aceptan y devuelven."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from common.web.clinic_fields import CreatedAt
from common.web.field_numbers import Amount, Number
from common.web.field_texts import Line, Paragraph
from common.web.field_words import Says
from common.web.schemas import In, Out, partial
from common.web.versions import Versioned
from historia_clinica_service.notes.icd10 import SHAPE, icd10

# Lo que dicen estos campos, entren o salgan.
DIAGNOSIS_TEXT = Says(example="Faringitis aguda")
DIASTOLIC_MMHG = Says("Milímetros de mercurio.", example=78)
HEART_RATE_BPM = Says("Latidos por minuto.", example=72)
HEIGHT_CM = Says("Centímetros.", example=164)
ICD10_CODE = Says(example="J029")
ICD10_TITLE = Says(example="Faringitis aguda, no especificada")
OBSERVATIONS = Says(example="Dolor de garganta de tres días, sin fiebre.")
OXYGEN_SATURATION_PCT = Says("Por ciento.", example=98)
PLAN = Says(example="Reposo e hidratación; control en una semana.")
RESPIRATORY_RATE_BPM = Says("Respiraciones por minuto.", example=16)
SYSTOLIC_MMHG = Says("Milímetros de mercurio.", example=120)
TEMPERATURE_C = Says("Grados Celsius.", example=36.6)
WEIGHT_KG = Says("Kilogramos.", example=60.5)


Icd10 = Annotated[
    str,
    AfterValidator(icd10),
    WithJsonSchema({"type": "string", "pattern": rf"^\s*{SHAPE}\s*$"}),
]

Temperature = Annotated[Decimal, Amount(2, Decimal(45), Decimal(25))]
Systolic = Annotated[int, Field(ge=40, le=300)]
Diastolic = Annotated[int, Field(ge=20, le=200)]
HeartRate = Annotated[int, Field(ge=20, le=300)]
RespiratoryRate = Annotated[int, Field(ge=4, le=100)]
Saturation = Annotated[Decimal, Amount(1, Decimal(100), Decimal(40))]
Weight = Annotated[Decimal, Amount(3, Decimal(500), Decimal("0.3"))]
Height = Annotated[Decimal, Amount(1, Decimal(260), Decimal(20))]


class DiagnosisIn(In):
    """Un diagnóstico CIE-10."""

    code: Annotated[Icd10, ICD10_CODE]
    description: Annotated[Line, ICD10_TITLE]
    type: Literal["PRESUNTIVO", "DEFINITIVO"]


class VitalSignsIn(In):
    """Signos vitales y medidas, cada una con su unidad en el nombre; el IMC lo calcula el servicio."""

    temperature_c: Annotated[Temperature | None, TEMPERATURE_C] = None
    systolic_mmhg: Annotated[Systolic | None, SYSTOLIC_MMHG] = None
    diastolic_mmhg: Annotated[Diastolic | None, DIASTOLIC_MMHG] = None
    heart_rate_bpm: Annotated[HeartRate | None, HEART_RATE_BPM] = None
    respiratory_rate_bpm: Annotated[RespiratoryRate | None, RESPIRATORY_RATE_BPM] = None
    oxygen_saturation_pct: Annotated[Saturation | None, OXYGEN_SATURATION_PCT] = None
    weight_kg: Annotated[Weight | None, WEIGHT_KG] = None
    height_cm: Annotated[Height | None, HEIGHT_CM] = None

    @field_validator("diastolic_mmhg")
    @classmethod
    def _check_pressure(cls, value: int | None, info: ValidationInfo) -> int | None:
        systolic = info.data.get("systolic_mmhg")
        if value is not None and systolic is not None and value >= systolic:
            raise ValueError("debe ser menor que la presión sistólica")
        return value


class NoteIn(In):
    """La nota de una atención."""

    observations: Annotated[Paragraph, OBSERVATIONS]
    diagnosis: Annotated[Paragraph | None, DIAGNOSIS_TEXT] = None
    diagnoses: Annotated[list[DiagnosisIn], Field(max_length=20)] | None = None
    plan: Annotated[Paragraph | None, PLAN] = None
    vital_signs: VitalSignsIn | None = None


NotePatch = partial(NoteIn, "NotePatch")
# Cada cambio hace una versión: su número basta.
NOTE_VERSION = Versioned("note", ("note_id", "versions"))


class DiagnosisOut(Out):
    """Un diagnóstico CIE-10; el código va sin punto."""

    code: Annotated[str, ICD10_CODE]
    description: Annotated[str, ICD10_TITLE]
    type: str


class VitalSignsOut(Out):
    """Signos vitales y medidas; `bmi` en kg/m², con un decimal."""

    temperature_c: Annotated[Number | None, TEMPERATURE_C]
    systolic_mmhg: Annotated[int | None, SYSTOLIC_MMHG]
    diastolic_mmhg: Annotated[int | None, DIASTOLIC_MMHG]
    heart_rate_bpm: Annotated[int | None, HEART_RATE_BPM]
    respiratory_rate_bpm: Annotated[int | None, RESPIRATORY_RATE_BPM]
    oxygen_saturation_pct: Annotated[Number | None, OXYGEN_SATURATION_PCT]
    weight_kg: Annotated[Number | None, WEIGHT_KG]
    height_cm: Annotated[Number | None, HEIGHT_CM]
    bmi: Annotated[Number | None, Says("Índice de masa corporal, en kg/m².", example=22.5)]


class NoteContentOut(Out):
    """Lo que dice una nota y quién lo escribió."""

    author_id: int
    author_name: str
    observations: Annotated[str, OBSERVATIONS]
    diagnosis: Annotated[str | None, DIAGNOSIS_TEXT]
    diagnoses: list[DiagnosisOut]
    plan: Annotated[str | None, PLAN]
    vital_signs: VitalSignsOut | None
    created_at: CreatedAt


class NoteOut(NoteContentOut):
    """Una nota en su versión vigente; `versions` cuenta también esta."""

    note_id: int
    appointment_id: int
    patient_id: int
    updated_at: datetime
    versions: int


class NoteVersionOut(NoteContentOut):
    """Una versión de una nota; `created_at` es cuando se escribió esta versión."""

    version: Annotated[int, Says(example=1)]
    is_current: bool
