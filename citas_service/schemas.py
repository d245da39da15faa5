"""Lo que el servicio de citas acepta y devuelve: las citas y lo que se hace en ellas."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from common.web.clinic_fields import (
    DOCTOR_NAME,
    END_TIME,
    PATIENT_NAME,
    PRODUCT_NAME,
    QUANTITY,
    SUBTOTAL,
    TREATMENT_NAME,
    UNIT_COST,
    VISIT_REASON,
    BalanceAfter,
    CreatedAt,
    TotalBeforeIva,
    TotalCost,
)
from common.web.field_dates import Instant
from common.web.field_numbers import Id, Number, PositiveQuantity, Price, QueryId
from common.web.field_texts import Reason
from common.web.field_words import Says
from common.web.schemas import DateRange, In, Out, Page, partial
from common.web.versions import Versioned

# Lo que dicen estos campos, entren o salgan.
PRICE_AT_MOMENT = Says("Precio de una vez, en dólares, sin IVA; congelado en la cita.")
PRICE_CHARGED = Says("Precio de una unidad, en dólares, sin IVA; 0 es uso interno.")
TIMES_DONE = Says("Cuántas veces se hace.", example=2)


Status = Annotated[
    Literal["PENDING", "CONFIRMED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"],
    Says(example="CONFIRMED"),
]


class AppointmentIn(In):
    """Una cita nueva."""

    patient_id: Id
    doctor_id: Id
    start_time: Instant
    end_time: Annotated[Instant, END_TIME]
    reason: Annotated[Reason | None, VISIT_REASON] = None
    status: Annotated[Literal["PENDING", "CONFIRMED"], Says(example="CONFIRMED")] = "PENDING"


# El paciente de una cita no cambia: se cancela y se agenda otra.
AppointmentPatch = partial(AppointmentIn, "AppointmentPatch", without=("patient_id", "status"))


# Las líneas tienen las suyas: aquí cuenta lo que cambian PUT y el estado.
APPOINTMENT_VERSION = Versioned("appointment", ("doctor_id", "start_time", "end_time", "reason", "status"))


class StatusIn(In):
    """El estado al que pasa la cita y por qué."""

    status: Status
    reason: Annotated[Reason | None, VISIT_REASON] = None


class AvailabilityIn(In):
    """El horario que se quiere consultar."""

    doctor_id: Id
    start_time: Instant
    end_time: Annotated[Instant, END_TIME]
    exclude_appointment_id: Annotated[Id | None, Says(example=None)] = None


class AppointmentQuery(DateRange, Page):
    """Filtros de la agenda; días de la clínica, ambos incluidos."""

    patient_id: QueryId | None = None
    doctor_id: QueryId | None = None
    status: Status | None = None


class TreatmentLineIn(In):
    """Un tratamiento de la visita; sin precio, el habitual."""

    treatment_id: Id
    quantity: Annotated[PositiveQuantity, TIMES_DONE] = Decimal(1)
    price_at_moment: Annotated[Price | None, PRICE_AT_MOMENT] = None


class TreatmentLinePatch(In):
    """Lo que cambia de un tratamiento de la visita."""

    quantity: Annotated[PositiveQuantity, TIMES_DONE] = Decimal(1)
    price_at_moment: Annotated[Price, PRICE_AT_MOMENT] = Decimal(0)


class ExtraIn(In):
    """Un producto usado o vendido en la visita; sin precio, el de venta; 0 es uso interno."""

    product_id: Id
    quantity: Annotated[PositiveQuantity, QUANTITY] = Decimal(1)
    price_charged: Annotated[Price | None, PRICE_CHARGED] = None


class ExtraPatch(In):
    """Lo que cambia de un extra de la visita."""

    quantity: Annotated[PositiveQuantity, QUANTITY] = Decimal(1)
    price_charged: Annotated[Price, PRICE_CHARGED] = Decimal(0)


class AppointmentOut(Out):
    """Una cita."""

    appointment_id: int
    patient_id: int
    patient_name: Annotated[str, PATIENT_NAME]
    doctor_id: int
    doctor_name: Annotated[str, DOCTOR_NAME]
    start_time: datetime
    end_time: Annotated[datetime, END_TIME]
    status: Status
    reason: Annotated[str | None, VISIT_REASON]
    created_at: CreatedAt


class TreatmentLineOut(Out):
    """Un tratamiento de la visita."""

    detail_id: int
    appointment_id: int
    treatment_id: int
    treatment_name: Annotated[str, TREATMENT_NAME]
    quantity: Annotated[Number, TIMES_DONE]
    price_at_moment: Annotated[Number, PRICE_AT_MOMENT]
    subtotal: Annotated[Number, SUBTOTAL]


class ExtraOut(Out):
    """Un producto usado o vendido en la visita."""

    extra_id: int
    appointment_id: int
    product_id: int
    product_name: Annotated[str, PRODUCT_NAME]
    quantity: Annotated[Number, QUANTITY]
    price_charged: Annotated[Number, PRICE_CHARGED]
    subtotal: Annotated[Number, SUBTOTAL]


class StatusChangeOut(Out):
    """Un cambio de estado."""

    from_status: Status | None
    to_status: Status
    reason: Annotated[str | None, VISIT_REASON]
    changed_by: int
    changed_by_name: str
    changed_at: datetime


class AppointmentDetailOut(AppointmentOut):
    """Una cita con lo que se hace en ella, sus totales en dólares sin IVA y su historia."""

    treatments: list[TreatmentLineOut]
    extras: list[ExtraOut]
    treatments_total: TotalBeforeIva
    extras_total: TotalBeforeIva
    total: TotalBeforeIva
    status_history: list[StatusChangeOut]


class ConsumptionOut(Out):
    """Un insumo que la visita consumió, con su costo congelado en dólares."""

    movement_id: int
    product_id: int
    product_name: Annotated[str, PRODUCT_NAME]
    quantity: Annotated[Number, Says("Lo consumido, en la unidad del producto.", example=2)]
    unit_cost: Annotated[Number, UNIT_COST]
    total_cost: TotalCost
    balance_after: BalanceAfter


class CompletedAppointmentOut(Out):
    """La cita y, si se completó, lo que consumió."""

    appointment: AppointmentDetailOut
    consumption: list[ConsumptionOut]


class AvailabilityOut(Out):
    """Si el horario está libre; si no, con qué choca y por qué."""

    available: bool
    conflicts: Annotated[list[AppointmentOut], Says(example=[])]
    reasons: Annotated[list[str], Says(example=["El doctor ya tiene una cita en ese horario."])]
