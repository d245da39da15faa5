"""La clínica de muestra: dos meses de visitas hechas con las mismas operaciones que usa el programa.

El reloj se detiene en cada día del pasado, así que las cifras que deja son las que dejaría la vida real:
cada visita consumió su receta y su factura salió con número. Hoy queda solo con la agenda por atender.
"""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from auth_service import models as auth_models
from citas_service import operations as citas
from citas_service.doctors import operations as doctor_operations
from citas_service.doctors.schemas import WorkingHoursIn
from citas_service.lines import operations as line_operations
from citas_service.schemas import AppointmentIn, ExtraIn, StatusIn, TreatmentLineIn
from citas_service.status import change_status
from common.access.passwords import hash_password
from common.auth_middleware import CurrentUser
from common.database import fetch_value, transaction
from common.permissions import Permission
from common.sql.statements import ValueQuery
from common.tables.auth import User
from common.tables.historia_clinica import Patient
from common.utils import clinic_today, clock_at, start_of_day
from facturacion_service.expenses import operations as expense_operations
from facturacion_service.expenses.schemas import ExpenseIn
from facturacion_service.invoices import operations as facturacion
from facturacion_service.invoices.schemas import InvoiceIn
from facturacion_service.invoices.schemas import StatusIn as InvoiceStatusIn
from facturacion_service.ledger.schemas import PaymentMethod
from historia_clinica_service import operations as pacientes
from historia_clinica_service.notes import operations as note_operations
from historia_clinica_service.notes.schemas import NoteIn
from historia_clinica_service.schemas import PatientIn
from inventario_service import models as inventory_models
from inventario_service import operations as inventario
from inventario_service.schemas import IngredientIn, ProductIn, StockIn, TreatmentIn
from scripts.demo import data, sri
from scripts.demo.cedulas import PICHINCHA, cedula
from scripts.demo.clinic import Clinic

DAYS = 60
WORKING_DAYS = range(1, 6)
HOURS = (9, 10, 11, 15, 16)

_HAS_PATIENTS = ValueQuery(bool, select(exists().where(Patient.patient_id > 0)))
_FIRST_USER = ValueQuery(int, select(func.min(User.user_id)))


def seed_demo(password: str, *, electronic: bool) -> bool:
    """Crea la clínica de muestra si no hay pacientes; devuelve si la creó.

    :param password: la contraseña de todas las cuentas de muestra.
    :param electronic: si además emite comprobantes electrónicos, con datos y firma inventados.
    """
    today = clinic_today()
    opening = today - timedelta(days=DAYS)
    with transaction() as db:
        if fetch_value(db, _HAS_PATIENTS):
            return False
        with clock_at(start_of_day(opening) + timedelta(hours=7)):
            clinic = _open_clinic(db, password)
        for number in range(DAYS):
            _live_day(db, clinic, opening + timedelta(days=number))
        for number in range(3):
            _fill_agenda(db, clinic, today + timedelta(days=number))
        if electronic:
            with clock_at(start_of_day(today) - timedelta(hours=4)):
                sri.issue_documents(db, clinic)
    return True


def _open_clinic(db: Session, password: str) -> Clinic:
    first = fetch_value(db, _FIRST_USER)
    assert first is not None
    admin = _acting(first)
    products = {row[0]: _product(db, row, admin) for row in data.PRODUCTS}
    treatments = {row[0]: _treatment(db, row, products) for row in data.TREATMENTS}
    chance = random.Random(2026)  # noqa: S311 - inventa una agenda, no guarda ningún secreto
    clinic = Clinic(admin, _staff(db, password), products, treatments, [], chance)
    for number in range(len(data.FIRST_NAMES) * len(data.LAST_NAMES) // 2):
        clinic.patients.append(_patient(db, number, clinic))
    for doctor in clinic.staff["Doctor"]:
        _set_hours(db, doctor.user_id)
    return clinic


def _acting(user_id: int) -> CurrentUser:
    everything = frozenset(permission.value for permission in Permission)
    return CurrentUser(user_id, "Admin", everything, "demo", None, {})


def _staff(db: Session, password: str) -> dict[str, list[CurrentUser]]:
    roles = {role["name"]: role["role_id"] for role in auth_models.roles(db)}
    hashed = hash_password(password)
    staff: dict[str, list[CurrentUser]] = {}
    for name, email, role in data.STAFF:
        user = User(full_name=name, email=email, password_hash=hashed, role_id=roles[role])
        db.add(user)
        db.flush()
        staff.setdefault(role, []).append(_acting(user.user_id))
    return staff


def _product(db: Session, row: tuple[Any, ...], admin: CurrentUser) -> int:
    sku, name, category, unit, cost, price, iva_rate, stock, alert = row
    body = ProductIn(
        sku=sku,
        name=name,
        category=category,
        unit=unit,
        cost_price=Decimal(cost),
        sale_price=Decimal(price),
        iva_rate=iva_rate,
        stock_quantity=Decimal(stock),
        min_stock_alert=Decimal(alert),
    )
    return inventario.create_product(db, body, user=admin).product_id


def _treatment(db: Session, row: tuple[Any, ...], products: dict[str, int]) -> int:
    name, category, price, iva_rate, minutes, recipe = row
    body = TreatmentIn(
        name=name,
        category=category,
        base_price=Decimal(price),
        iva_rate=iva_rate,
        duration_minutes=minutes,
    )
    treatment_id = inventario.create_treatment(db, body).treatment_id
    for sku, quantity in recipe.items():
        ingredient = IngredientIn(product_id=products[sku], quantity_needed=Decimal(quantity))
        inventario.set_ingredient(db, treatment_id, ingredient)
    return treatment_id


def _patient(db: Session, number: int, clinic: Clinic) -> int:
    first = data.FIRST_NAMES[number % len(data.FIRST_NAMES)]
    body = PatientIn(
        doc_type="CEDULA",
        doc_number=cedula(PICHINCHA + 4_000_000 + number * 137),
        first_name=first,
        last_name=data.LAST_NAMES[number % len(data.LAST_NAMES)],
        phone=f"09{80_000_000 + number * 7919}",
        birth_date=f"{1950 + number * 2}-{number % 12 + 1:02d}-15",  # type: ignore[arg-type]
    )
    stored = pacientes.create_patient(db, body, user=clinic.staff["Recepcion"][0])
    return int(stored["patient_id"])


def _set_hours(db: Session, doctor_id: int) -> None:
    spans = (("08:00", "13:00"), ("14:30", "18:00"))
    week = [{"weekday": day, "start": start, "end": end} for day in WORKING_DAYS for start, end in spans]
    doctor_operations.set_working_hours(db, doctor_id, WorkingHoursIn.model_validate({"working_hours": week}))


def _live_day(db: Session, clinic: Clinic, day: date) -> None:
    """Lo que pasó un día: compras, gastos del mes y, si se atiende, sus visitas."""
    morning = start_of_day(day) + timedelta(hours=8)
    with clock_at(morning):
        _restock(db, clinic)
        for month_day, *expense in data.MONTHLY_EXPENSES:
            if day.day == month_day:
                _spend(db, clinic, expense)
    if day.isoweekday() in WORKING_DAYS:
        for start, doctor in _slots(clinic, day):
            _visit(db, clinic, start, doctor)


def _slots(clinic: Clinic, day: date) -> list[tuple[datetime, CurrentUser]]:
    hours = sorted(clinic.chance.sample(HOURS, clinic.chance.randint(2, 4)))
    doctors = clinic.staff["Doctor"]
    return [
        (start_of_day(day) + timedelta(hours=hour), doctors[number % len(doctors)])
        for number, hour in enumerate(hours)
    ]


def _restock(db: Session, clinic: Clinic) -> None:
    low = {product["product_id"]: product for product in inventory_models.low_stock(db)}
    for product_id in sorted(low.keys() & clinic.products.values()):
        quantity, cost = low[product_id]["min_stock_alert"] * 4, low[product_id]["cost_price"]
        body = StockIn(quantity_change=quantity, reason="COMPRA", unit_cost=cost, note="Reposición")
        inventario.move_stock(db, product_id, body, user=clinic.staff["Bodega"][0])


def _spend(db: Session, clinic: Clinic, expense: list[str]) -> None:
    description, amount, category, supplier = expense
    body = ExpenseIn(description=description, amount=Decimal(amount), category=category, supplier=supplier)
    expense_operations.create(db, body, user=clinic.staff["Contador"][0])


def _booked(db: Session, clinic: Clinic, start: datetime, doctor: CurrentUser, status: Any) -> int:
    body = AppointmentIn(
        patient_id=clinic.chance.choice(clinic.patients),
        doctor_id=doctor.user_id,
        start_time=start,
        end_time=start + timedelta(minutes=45),
        reason=clinic.chance.choice(("Control", "Dolor", "Primera consulta")),
        status=status,
    )
    appointment_id = citas.book(db, body, user=clinic.staff["Recepcion"][0])
    line = TreatmentLineIn(treatment_id=clinic.chance.choice(list(clinic.treatments.values())))
    line_operations.add_treatment(db, appointment_id, line)
    return appointment_id


def _visit(db: Session, clinic: Clinic, start: datetime, doctor: CurrentUser) -> None:
    """Una visita entera: se agenda, se atiende, se anota, se cobra; a veces el paciente no viene."""
    with clock_at(start - timedelta(days=1)):
        appointment_id = _booked(db, clinic, start, doctor, "CONFIRMED")
    if clinic.chance.random() < 0.08:
        with clock_at(start + timedelta(hours=1)):
            missed = StatusIn(status="NO_SHOW", reason="No llegó")
            change_status(db, appointment_id, missed, user=clinic.staff["Recepcion"][0])
        return
    with clock_at(start + timedelta(minutes=45)):
        _attend(db, clinic, appointment_id, doctor)
        _charge(db, clinic, appointment_id)


def _attend(db: Session, clinic: Clinic, appointment_id: int, doctor: CurrentUser) -> None:
    if clinic.chance.random() < 0.3:
        sold = clinic.products[clinic.chance.choice(("CEP-01", "ENJ-250"))]
        line_operations.add_extra(db, appointment_id, ExtraIn(product_id=sold))
    change_status(db, appointment_id, StatusIn(status="COMPLETED"), user=doctor)
    code, description = clinic.chance.choice(data.DIAGNOSES)
    note = {
        "observations": "Paciente colaborador; procedimiento sin complicaciones.",
        "diagnoses": [{"code": code, "description": description, "type": "DEFINITIVO"}],
        "plan": "Control en un mes.",
    }
    note_operations.create_note(db, appointment_id, NoteIn.model_validate(note), user=doctor)


def _charge(db: Session, clinic: Clinic, appointment_id: int) -> None:
    cashier = clinic.staff["Recepcion"][0]
    methods: tuple[PaymentMethod, ...] = ("EFECTIVO", "TARJETA_CREDITO", "TRANSFERENCIA")
    method = clinic.chance.choice(methods)
    body = InvoiceIn(appointment_id=appointment_id, payment_method=method, status="ISSUED")
    invoice_id = facturacion.create(db, body, user=cashier)
    if clinic.chance.random() < 0.9:
        paid = InvoiceStatusIn(status="PAID")
        facturacion.change_status(db, invoice_id, paid, user=cashier)


def _fill_agenda(db: Session, clinic: Clinic, day: date) -> None:
    """Las citas por atender de un día; las de hoy también, para que la agenda tenga qué mostrar."""
    if day.isoweekday() in WORKING_DAYS:
        for start, doctor in _slots(clinic, day):
            status = clinic.chance.choice(("PENDING", "CONFIRMED"))
            _booked(db, clinic, start, doctor, status)
