"""Lo que el servicio de citas acepta y devuelve: las citas y lo que se hace en ellas."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from common.web.field_dates import Instant
from common.web.field_numbers import Id, Number, PositiveQuantity, Price, QueryId
from common.web.field_texts import Reason
from common.web.schemas import DateRange, In, Out, Page, partial
from common.web.versions import Versioned

Status = Literal["PENDING", "CONFIRMED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"]


class AppointmentIn(In):
    """Una cita nueva."""

    patient_id: Id
    doctor_id: Id
    start_time: Instant
    end_time: Instant
    reason: Reason | None = None
    status: Literal["PENDING", "CONFIRMED"] = "PENDING"


# El paciente de una cita no cambia: se cancela y se agenda otra.
AppointmentPatch = partial(AppointmentIn, "AppointmentPatch", without=("patient_id", "status"))


# Las líneas tienen las suyas: aquí cuenta lo que cambian PUT y el estado.
APPOINTMENT_VERSION = Versioned("appointment", ("doctor_id", "start_time", "end_time", "reason", "status"))


class StatusIn(In):
    """El estado al que pasa la cita y por qué."""

    status: Status
    reason: Reason | None = None


class AvailabilityIn(In):
    """El horario que se quiere consultar."""

    doctor_id: Id
    start_time: Instant
    end_time: Instant
    exclude_appointment_id: Id | None = None


class AppointmentQuery(DateRange, Page):
    """Filtros de la agenda; días de la clínica, ambos incluidos."""

    patient_id: QueryId | None = None
    doctor_id: QueryId | None = None
    status: Status | None = None


class TreatmentLineIn(In):
    """Un tratamiento de la visita; sin precio, el habitual."""

    treatment_id: Id
    quantity: PositiveQuantity = Decimal(1)
    price_at_moment: Price | None = None


class TreatmentLinePatch(In):
    """Lo que cambia de un tratamiento de la visita."""

    quantity: PositiveQuantity = Decimal(1)
    price_at_moment: Price = Decimal(0)


class ExtraIn(In):
    """Un producto usado o vendido en la visita; sin precio, el de venta; 0 es uso interno."""

    product_id: Id
    quantity: PositiveQuantity = Decimal(1)
    price_charged: Price | None = None


class ExtraPatch(In):
    """Lo que cambia de un extra de la visita."""

    quantity: PositiveQuantity = Decimal(1)
    price_charged: Price = Decimal(0)


class AppointmentOut(Out):
    """Una cita."""

    appointment_id: int
    patient_id: int
    patient_name: str
    doctor_id: int
    doctor_name: str
    start_time: datetime
    end_time: datetime
    status: Status
    reason: str | None
    created_at: datetime


class TreatmentLineOut(Out):
    """Un tratamiento de la visita."""

    detail_id: int
    appointment_id: int
    treatment_id: int
    treatment_name: str
    quantity: Number
    price_at_moment: Number
    subtotal: Number


class ExtraOut(Out):
    """Un producto usado o vendido en la visita."""

    extra_id: int
    appointment_id: int
    product_id: int
    product_name: str
    quantity: Number
    price_charged: Number
    subtotal: Number


class StatusChangeOut(Out):
    """Un cambio de estado."""

    from_status: Status | None
    to_status: Status
    reason: str | None
    changed_by: int
    changed_by_name: str
    changed_at: datetime


class AppointmentDetailOut(AppointmentOut):
    """Una cita con lo que se hace en ella, sus totales en dólares sin IVA y su historia."""

    treatments: list[TreatmentLineOut]
    extras: list[ExtraOut]
    treatments_total: Number
    extras_total: Number
    total: Number
    status_history: list[StatusChangeOut]


class ConsumptionOut(Out):
    """Un insumo que la visita consumió, con su costo congelado en dólares."""

    movement_id: int
    product_id: int
    product_name: str
    quantity: Number
    unit_cost: Number
    total_cost: Number
    balance_after: Number


class CompletedAppointmentOut(Out):
    """La cita y, si se completó, lo que consumió."""

    appointment: AppointmentDetailOut
    consumption: list[ConsumptionOut]


class AvailabilityOut(Out):
    """Si el horario está libre; si no, con qué choca y por qué."""

    available: bool
    conflicts: list[AppointmentOut]
    reasons: list[str]
