"""Tablas del servicio de citas: agenda, lo que se hará en la visita y horarios de los doctores."""

from datetime import datetime, time
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.tables.base import MONEY, QUANTITY, Base, created_at, key, one_of, updated_at

STATUSES = ("PENDING", "CONFIRMED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW")
RELEASED = ("CANCELLED", "NO_SHOW")
_LIVE = text(f"NOT ({one_of('status', *RELEASED)})")
# Semiabierto: una cita que termina a las 10:00 y otra que empieza a las 10:00 no se cruzan.
_SPAN = text("tstzrange(start_time, end_time, '[)')")


class Appointment(Base):
    """Una cita de un paciente con un doctor."""

    __tablename__ = "appointments"
    __table_args__ = (
        ExcludeConstraint(("doctor_id", "="), (_SPAN, "&&"), where=_LIVE, name="ex_appointments_doctor"),
        ExcludeConstraint(("patient_id", "="), (_SPAN, "&&"), where=_LIVE, name="ex_appointments_patient"),
        # Destino de la clave compuesta de las notas: la nota es del paciente de la cita.
        UniqueConstraint("appointment_id", "patient_id"),
        CheckConstraint("end_time > start_time", name="end_after_start"),
        CheckConstraint(
            "end_time - start_time BETWEEN interval '5 minutes' AND interval '8 hours'",
            name="length",
        ),
        CheckConstraint(one_of("status", *STATUSES), name="status"),
        Index("ix_appointments_start", "start_time", "appointment_id"),
        Index("ix_appointments_status_start", "status", "start_time", "appointment_id"),
        Index("ix_appointments_doctor_start", "doctor_id", "start_time"),
        Index("ix_appointments_patient_start", "patient_id", "start_time"),
        {"comment": "Citas: un paciente con un doctor, de una hora a otra."},
    )

    appointment_id: Mapped[int] = key("Número de la cita.")
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.patient_id"), comment="Paciente.")
    doctor_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Usuario que la atiende.")
    start_time: Mapped[datetime] = mapped_column(comment="Inicio, incluido.")
    end_time: Mapped[datetime] = mapped_column(comment="Fin, excluido.")
    status: Mapped[str] = mapped_column(
        server_default="PENDING",
        comment="PENDING, CONFIRMED, IN_PROGRESS, COMPLETED, CANCELLED o NO_SHOW.",
    )
    reason: Mapped[str | None] = mapped_column(comment="Motivo de la consulta.")
    created_at: Mapped[datetime] = created_at()
    created_by: Mapped[int | None] = mapped_column(
        ForeignKey("users.user_id"), comment="Usuario que la agendó."
    )
    updated_at: Mapped[datetime] = updated_at()


class AppointmentStatusHistory(Base):
    """Cada cambio de estado de una cita."""

    __tablename__ = "appointment_status_history"
    __table_args__ = (
        CheckConstraint(one_of("to_status", *STATUSES), name="to_status"),
        CheckConstraint(one_of("from_status", *STATUSES), name="from_status"),
        Index("ix_appointment_status_history_appointment", "appointment_id", "history_id"),
        {"comment": "Cambios de estado de las citas: solo se agregan."},
    )

    history_id: Mapped[int] = key("Número del cambio.")
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.appointment_id"), comment="Cita.")
    from_status: Mapped[str | None] = mapped_column(comment="Estado anterior; vacío al agendar.")
    to_status: Mapped[str] = mapped_column(comment="Estado nuevo.")
    reason: Mapped[str | None] = mapped_column(comment="Por qué cambió.")
    changed_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Quién lo cambió.")
    changed_at: Mapped[datetime] = created_at("Cuándo cambió.")


class AppointmentTreatment(Base):
    """Los tratamientos de una visita."""

    __tablename__ = "appointment_treatments"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("price_at_moment >= 0", name="price_not_negative"),
        {"comment": "Tratamientos de cada visita, con el precio de ese momento."},
    )

    detail_id: Mapped[int] = key("Número de la línea.")
    appointment_id: Mapped[int] = mapped_column(
        ForeignKey("appointments.appointment_id"), index=True, comment="Cita."
    )
    treatment_id: Mapped[int] = mapped_column(
        ForeignKey("treatments.treatment_id"), index=True, comment="Tratamiento."
    )
    quantity: Mapped[Decimal] = mapped_column(QUANTITY, server_default="1", comment="Cuántas veces se hace.")
    price_at_moment: Mapped[Decimal] = mapped_column(
        MONEY, comment="Precio por vez acordado en la visita, en dólares, sin IVA."
    )


class AppointmentExtra(Base):
    """Productos usados o vendidos en una visita, aparte de las recetas."""

    __tablename__ = "appointment_extras"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("price_charged >= 0", name="price_not_negative"),
        {"comment": "Productos usados o vendidos en una visita, aparte de las recetas."},
    )

    extra_id: Mapped[int] = key("Número de la línea.")
    appointment_id: Mapped[int] = mapped_column(
        ForeignKey("appointments.appointment_id"), index=True, comment="Cita."
    )
    product_id: Mapped[int] = mapped_column(
        ForeignKey("products.product_id"), index=True, comment="Producto."
    )
    quantity: Mapped[Decimal] = mapped_column(QUANTITY, comment="Cantidad.")
    price_charged: Mapped[Decimal] = mapped_column(
        MONEY, comment="Precio por unidad, en dólares, sin IVA; 0 es uso interno."
    )


class DoctorSchedule(Base):
    """El horario semanal de un doctor; sin filas, se le puede agendar a cualquier hora."""

    __tablename__ = "doctor_schedules"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("end_time > start_time", name="end_after_start"),
        ExcludeConstraint(
            ("doctor_id", "="),
            ("weekday", "="),
            (text("tsrange(date '2000-01-01' + start_time, date '2000-01-01' + end_time)"), "&&"),
            name="ex_doctor_schedules_interval",
        ),
        {"comment": "Horario semanal de los doctores, en hora de la clínica."},
    )

    schedule_id: Mapped[int] = key("Número del intervalo.")
    doctor_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Doctor.")
    weekday: Mapped[int] = mapped_column(comment="Día ISO: 1 lunes … 7 domingo.")
    start_time: Mapped[time] = mapped_column(comment="Desde, incluido.")
    end_time: Mapped[time] = mapped_column(comment="Hasta, excluido.")


class DoctorTimeOff(Base):
    """Ausencias de un doctor."""

    __tablename__ = "doctor_time_off"
    __table_args__ = (
        CheckConstraint("end_time > start_time", name="end_after_start"),
        Index("ix_doctor_time_off_doctor", "doctor_id", "start_time"),
        {"comment": "Ausencias de los doctores: vacaciones, permisos, feriados."},
    )

    time_off_id: Mapped[int] = key("Número de la ausencia.")
    doctor_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Doctor.")
    start_time: Mapped[datetime] = mapped_column(comment="Desde, incluido.")
    end_time: Mapped[datetime] = mapped_column(comment="Hasta, excluido.")
    reason: Mapped[str | None] = mapped_column(comment="Motivo.")


class DoctorCalendarLink(Base):
    """El enlace secreto con que un doctor ve su agenda en su calendario."""

    __tablename__ = "doctor_calendar_links"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(
            "uq_doctor_calendar_links_live",
            "doctor_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
        {"comment": "Enlaces secretos al calendario de los doctores; uno vigente por doctor."},
    )

    link_id: Mapped[int] = key("Número del enlace.")
    doctor_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Doctor.")
    token_hash: Mapped[str] = mapped_column(comment="Resumen SHA-256 del secreto; nunca el secreto.")
    created_at: Mapped[datetime] = created_at()
    created_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Quien lo creó.")
    revoked_at: Mapped[datetime | None] = mapped_column(comment="Cuándo dejó de servir.")
