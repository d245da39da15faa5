"""Filas para las pruebas, escritas con las mismas tablas y reglas que usa el programa.

Cada función llena lo que a la prueba no le importa y devuelve el identificador de lo creado.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from common.access.passwords import hash_password
from common.database import transaction
from common.rules import stock
from common.tables.auth import Role, User
from common.tables.base import Base
from common.tables.citas import Appointment, AppointmentExtra, AppointmentTreatment
from common.tables.historia_clinica import ClinicalNote, Patient
from common.tables.inventario import Product, Treatment, TreatmentRecipe
from common.tables.sri import SriDocument
from common.tables.sri_settings import SriEstablishment, SriSettings
from common.utils import clinic_today, now, start_of_day

_numbers = count(1)


def _stored(db: Session, row: Base) -> Any:
    db.add(row)
    db.flush()
    return row


def role(name: str, *permissions: str, menu: list[dict[str, Any]] | None = None) -> int:
    """Un rol a medida."""
    with transaction() as db:
        row = Role(name=name, permissions=list(permissions), menu_config=menu or [])
        return int(_stored(db, row).role_id)


def role_id(name: str) -> int:
    """El número de un rol que ya existe."""
    with transaction() as db:
        return db.scalars(select(Role.role_id).where(Role.name == name)).one()


def user(role: str = "Admin", *, password: str = "Prueba-2026", **values: Any) -> int:
    """Un usuario activo con ese rol."""
    number = next(_numbers)
    with transaction() as db:
        role_id = db.scalars(select(Role.role_id).where(Role.name == role)).one()
        defaults = {
            "full_name": f"Persona {number}",
            "email": f"persona{number}@clinica.test",
            "password_hash": hash_password(password),
        }
        return int(_stored(db, User(role_id=role_id, **{**defaults, **values})).user_id)


def doctor(**values: Any) -> int:
    """Un doctor."""
    return user("Doctor", **values)


def cedula(number: int | None = None) -> str:
    """Una cédula válida de Pichincha, distinta para cada número."""
    body = f"17{(number or next(_numbers)) % 6_000_000:07d}"
    products = (int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(body))
    return body + str(-sum(p - 9 if p > 9 else p for p in products) % 10)


def patient(**values: Any) -> int:
    """Un paciente activo."""
    defaults = {
        "doc_type": "CEDULA",
        "doc_number": cedula(),
        "first_name": "Ana",
        "last_name": "Pérez",
    }
    with transaction() as db:
        return int(_stored(db, Patient(**{**defaults, **values})).patient_id)


def product(stock_quantity: str | int = 0, **values: Any) -> int:
    """Un producto; su existencia entra con un movimiento, como en el programa."""
    number = next(_numbers)
    defaults = {
        "sku": f"P-{number}",
        "name": f"Producto {number}",
        "cost_price": Decimal("1.00"),
        "sale_price": Decimal("2.00"),
        "stock_quantity": Decimal(0),
    }
    who = user()
    with transaction() as db:
        product_id = int(_stored(db, Product(**{**defaults, **values})).product_id)
        if Decimal(stock_quantity):
            moves = [stock.Move(product_id, Decimal(stock_quantity))]
            stock.move(db, stock.lock_products(db, [product_id]), moves, "INICIAL", user_id=who)
        return product_id


def treatment(recipe: dict[int, str | int] | None = None, **values: Any) -> int:
    """Un tratamiento con su receta: producto → cantidad."""
    number = next(_numbers)
    defaults = {"name": f"Tratamiento {number}", "base_price": Decimal("30.00")}
    with transaction() as db:
        row = _stored(db, Treatment(**{**defaults, **values}))
        for product_id, quantity in (recipe or {}).items():
            db.add(
                TreatmentRecipe(
                    treatment_id=row.treatment_id,
                    product_id=product_id,
                    quantity_needed=Decimal(quantity),
                )
            )
        return int(row.treatment_id)


def tomorrow_at(hour: int, minute: int = 0) -> datetime:
    """Mañana a esa hora de la clínica."""
    return start_of_day(clinic_today() + timedelta(days=1)) + timedelta(hours=hour, minutes=minute)


def appointment(
    *,
    treatments: dict[int, str | int] | None = None,
    extras: dict[int, str | int] | None = None,
    **values: Any,
) -> int:
    """Una cita de mañana, cada una a otra hora, con sus tratamientos y extras: id → cantidad."""
    number = next(_numbers)
    start = values.pop("start_time", None) or tomorrow_at(8) + timedelta(days=number)
    defaults = {
        "patient_id": values.get("patient_id") or patient(),
        "doctor_id": values.get("doctor_id") or doctor(),
        "start_time": start,
        "end_time": start + timedelta(minutes=30),
    }
    with transaction() as db:
        row = _stored(db, Appointment(**{**defaults, **values}))
        _add_lines(db, row.appointment_id, treatments or {}, extras or {})
        return int(row.appointment_id)


def _add_lines(
    db: Session,
    appointment_id: int,
    treatments: dict[int, str | int],
    extras: dict[int, str | int],
) -> None:
    for treatment_id, quantity in treatments.items():
        price = db.scalars(select(Treatment.base_price).where(Treatment.treatment_id == treatment_id)).one()
        line = {
            "treatment_id": treatment_id,
            "quantity": Decimal(quantity),
            "price_at_moment": price,
        }
        db.add(AppointmentTreatment(appointment_id=appointment_id, **line))
    for product_id, quantity in extras.items():
        price = db.scalars(select(Product.sale_price).where(Product.product_id == product_id)).one()
        extra = {"product_id": product_id, "quantity": Decimal(quantity), "price_charged": price}
        db.add(AppointmentExtra(appointment_id=appointment_id, **extra))


def note(appointment_id: int | None = None, **values: Any) -> int:
    """Una nota clínica de una cita, escrita por su doctor."""
    appointment_id = appointment_id or appointment()
    with transaction() as db:
        owner = select(Appointment.patient_id, Appointment.doctor_id)
        patient_id, doctor_id = db.execute(owner.where(Appointment.appointment_id == appointment_id)).one()
        defaults = {"patient_id": patient_id, "author_id": doctor_id, "observations": "Control sin novedad"}
        row = ClinicalNote(appointment_id=appointment_id, **{**defaults, **values})
        return int(_stored(db, row).note_id)


RUC = "1792146739001"
# Quien compra con sus datos, y lo que compra: una línea a tarifa 0 y otra a 15 %.
BUYER = {"id_type": "CEDULA", "id_number": "1712345675", "name": "Ana Pérez", "email": "ana@correo.ec"}
LINES = [
    {"description": "Consulta", "unit_price": 40},
    {"description": "Crema", "unit_price": 10, "quantity": 2, "discount": 5, "iva_rate": 15},
]


def sri_settings(**values: Any) -> None:
    """Los datos de un emisor en pruebas, con la serie 001-001; desde aquí se emiten comprobantes."""
    defaults = {
        "settings_id": 1,
        "environment": "PRUEBAS",
        "ruc": RUC,
        "legal_name": "Clínica San José Cía. Ltda.",
        "trade_name": "Clínica San José",
        "head_office_address": "Av. Amazonas N34-120 y Pereira, Quito",
        "keeps_accounting": True,
        "consumidor_final_limit": Decimal("50.00"),
        "transmission_enabled": True,
        "renumbers_automatically": False,
    }
    who = user()
    with transaction() as db:
        db.add(SriSettings(updated_by=who, **{**defaults, **values}))
        db.add(SriEstablishment(establishment="001", address="Av. Amazonas N34-120", emission_points=["001"]))


def sri_document_status(document_id: int, *statuses: str, **values: Any) -> None:
    """Lleva un comprobante por esos estados, con lo que cada uno exige, como haría el trabajador."""
    for status in statuses:
        with transaction() as db:
            row = db.get_one(SriDocument, document_id)
            row.status = status
            if status == "FIRMADO" and row.signed_xml is None:
                row.signed_xml, row.signed_at = row.unsigned_xml, now()
            if status == "AUTORIZADO":
                row.authorization_number, row.authorized_at = row.access_key, now()
                row.next_attempt_at = None
    if values:
        with transaction() as db:
            changed = update(SriDocument).where(SriDocument.document_id == document_id)
            db.execute(changed.values(**values))


def authorized(document_id: int) -> None:
    """Da por autorizado un comprobante recién creado."""
    sri_document_status(document_id, "FIRMADO", "ENVIADO", "RECIBIDO", "AUTORIZADO")
