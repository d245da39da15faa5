"""De qué se compone una factura: quién compra, qué líneas lleva y cuánto suman."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from common.errors import Invalid, invalid
from common.rules.money import line_subtotal, totals
from common.utils import clinic_today
from facturacion_service import models
from facturacion_service.models import (
    RELEASED,
    Appointment,
    Invoice,
    InvoiceItem,
    InvoiceTax,
    Patient,
    Product,
    Treatment,
)
from facturacion_service.schemas import BuyerIn, InvoiceIn, ItemIn

# Las claves que obligan a rehacer el comprador o las líneas de un borrador.
CONTENT_KEYS = {"patient_id", "buyer", "appointment_id", "items", "subtotal", "iva_rate"}
SHORT_FORM = "Servicios médicos"


def check_issue_date(day: date | None) -> None:
    """Comprueba que la fecha de emisión no esté en el futuro.

    :raises Invalid: si lo está.
    """
    if day is not None and day > clinic_today():
        raise invalid("issue_date", "no puede ser posterior a hoy")


def fill(db: Session, invoice: Invoice, body: InvoiceIn) -> None:
    """Pone en la factura su comprador, sus líneas y sus totales.

    :raises Invalid: con todo lo que no sirve.
    """
    set_parties(db, invoice, body.patient_id, body.buyer, body.appointment_id)
    set_items(db, invoice, _chosen_lines(db, invoice, body.items, body.subtotal, body.iva_rate))


def refill(db: Session, invoice: Invoice, changes: dict[str, Any]) -> None:
    """Rehace en un borrador lo que cambia: el comprador, la visita o las líneas."""
    visit_changed = "appointment_id" in changes and changes["appointment_id"] != invoice.appointment_id
    appointment_id = changes.get("appointment_id", invoice.appointment_id)
    patient_id = changes.get("patient_id", None if visit_changed else invoice.patient_id)
    buyer = BuyerIn(**changes["buyer"]) if changes.get("buyer") else None
    if buyer is None and "patient_id" not in changes and "buyer" not in changes and not visit_changed:
        buyer = _present_buyer(invoice)
    set_parties(db, invoice, patient_id, buyer, appointment_id)
    if visit_changed or changes.keys() & {"items", "subtotal", "iva_rate"}:
        items = [ItemIn(**item) for item in changes["items"]] if changes.get("items") else None
        db.execute(delete(InvoiceItem).where(InvoiceItem.invoice_id == invoice.invoice_id))
        db.execute(delete(InvoiceTax).where(InvoiceTax.invoice_id == invoice.invoice_id))
        set_items(
            db, invoice, _chosen_lines(db, invoice, items, changes.get("subtotal"), changes.get("iva_rate"))
        )


def _present_buyer(invoice: Invoice) -> BuyerIn:
    return BuyerIn.model_construct(
        id_type=invoice.buyer_id_type,
        id_number=invoice.buyer_id_number,
        name=invoice.buyer_name,
        email=invoice.buyer_email,
        address=invoice.buyer_address,
    )


def set_parties(
    db: Session,
    invoice: Invoice,
    patient_id: int | None,
    buyer: BuyerIn | None,
    appointment_id: int | None,
) -> None:
    """Pone el paciente, la visita y el comprador; sin comprador, compra el paciente.

    :raises Invalid: si la visita o el paciente no sirven, o falta a quién facturar.
    """
    if appointment_id is not None:
        patient_id = _patient_of_visit(db, appointment_id, patient_id)
    invoice.appointment_id, invoice.patient_id = appointment_id, patient_id
    patient = None if patient_id is None else _patient_as_buyer(db, patient_id)
    chosen = buyer or patient
    if chosen is None:
        raise invalid("patient_id", "indique el paciente, el comprador o la cita")
    invoice.buyer_id_type, invoice.buyer_id_number = chosen.id_type, chosen.id_number
    invoice.buyer_name = chosen.name
    invoice.buyer_email, invoice.buyer_address = chosen.email, chosen.address


def _patient_of_visit(db: Session, appointment_id: int, patient_id: int | None) -> int:
    # Se comparte el bloqueo de la cita: mientras se factura nadie cambia lo que se hizo en ella.
    statement = select(Appointment.patient_id, Appointment.status).where(
        Appointment.appointment_id == appointment_id
    )
    visit = db.execute(statement.with_for_update(read=True)).first()
    if visit is None:
        raise invalid("appointment_id", "no existe")
    if visit.status in RELEASED:
        raise invalid("appointment_id", f"la cita está en {visit.status} y no se cobra")
    if patient_id not in (None, visit.patient_id):
        raise invalid("patient_id", "no es el paciente de la cita")
    return int(visit.patient_id)


def _patient_as_buyer(db: Session, patient_id: int) -> BuyerIn:
    statement = select(
        Patient.doc_type.label("id_type"),
        Patient.doc_number.label("id_number"),
        Patient.full_name.label("name"),
        Patient.email,
        Patient.address,
    ).where(Patient.patient_id == patient_id)
    row = db.execute(statement).mappings().first()
    if row is None:
        raise invalid("patient_id", "no existe")
    return BuyerIn.model_construct(**row)


def _chosen_lines(
    db: Session,
    invoice: Invoice,
    items: list[ItemIn] | None,
    subtotal: Decimal | None,
    iva_rate: int | None,
) -> list[dict[str, Any]]:
    """Las líneas: las enviadas, la forma corta, o las de la visita.

    :raises Invalid: si no hay ninguna o se mezclan formas.
    """
    if items is not None and subtotal is not None:
        raise invalid("subtotal", "no se combina con items")
    if items is not None:
        return priced(db, items)
    if subtotal is not None:
        line = {"description": SHORT_FORM, "quantity": Decimal(1), "unit_price": subtotal}
        return [{**line, "iva_rate": iva_rate or 0}]
    lines = models.visit_lines(db, invoice.appointment_id) if invoice.appointment_id else []
    if not lines:
        raise invalid("items", "la factura necesita al menos una línea")
    return lines


def priced(db: Session, items: list[ItemIn]) -> list[dict[str, Any]]:
    """Las líneas enviadas, completadas con el nombre, precio y tarifa de su producto o tratamiento.

    :raises Invalid: con cada línea que no sirve.
    """
    products = _catalog(db, Product, Product.sale_price, [item.product_id for item in items])
    treatments = _catalog(db, Treatment, Treatment.base_price, [item.treatment_id for item in items])
    problems: dict[str, str] = {}
    lines = []
    for number, item in enumerate(items):
        source = products.get(item.product_id) or treatments.get(item.treatment_id)
        problems.update(_problems(f"items[{number}]", item, source, products, treatments))
        lines.append(_line(item, source or {}))
    for number, line in enumerate(lines):
        if line["unit_price"] is not None and _discounted(line) < 0:
            problems[f"items[{number}].discount"] = "es mayor que el valor de la línea"
    if problems:
        raise Invalid("Hay datos que corregir.", errors=problems)
    return lines


def _catalog(db: Session, kind: Any, price: Any, ids: list[int | None]) -> dict[int | None, Any]:
    wanted = {identifier for identifier in ids if identifier is not None}
    if not wanted:
        return {}
    key = kind.product_id if kind is Product else kind.treatment_id
    statement = select(key.label("id"), kind.name, price.label("price"), kind.iva_rate)
    rows = db.execute(statement.where(key.in_(wanted), kind.is_active)).mappings()
    return {row["id"]: row for row in rows}


def _problems(
    path: str, item: ItemIn, source: Any, products: dict[Any, Any], treatments: dict[Any, Any]
) -> dict[str, str]:
    found = {}
    if item.product_id is not None and item.treatment_id is not None:
        found[f"{path}.treatment_id"] = "una línea es de un producto o de un tratamiento, no de ambos"
    if item.product_id is not None and item.product_id not in products:
        found[f"{path}.product_id"] = "no existe o está inactivo"
    if item.treatment_id is not None and item.treatment_id not in treatments:
        found[f"{path}.treatment_id"] = "no existe o está inactivo"
    if source is None and not found:
        if item.description is None:
            found[f"{path}.description"] = "es obligatorio"
        if item.unit_price is None:
            found[f"{path}.unit_price"] = "es obligatorio"
    return found


def _line(item: ItemIn, source: Any) -> dict[str, Any]:
    return {
        "description": item.description or source.get("name"),
        "quantity": item.quantity,
        "unit_price": source.get("price") if item.unit_price is None else item.unit_price,
        "discount": item.discount,
        # Una línea libre de una clínica es un servicio de salud: tarifa 0 (LRTI, art. 56).
        "iva_rate": source.get("iva_rate", 0) if item.iva_rate is None else item.iva_rate,
        "product_id": item.product_id,
        "treatment_id": item.treatment_id,
    }


def _discounted(line: dict[str, Any]) -> Decimal:
    return line_subtotal(line["quantity"], line["unit_price"], line.get("discount", Decimal(0)))


def set_items(db: Session, invoice: Invoice, lines: list[dict[str, Any]]) -> None:
    """Guarda las líneas y los totales que el servidor calcula con ellas."""
    priced_lines = [{"discount": Decimal(0), **line, "subtotal": _discounted(line)} for line in lines]
    sums = totals((line["iva_rate"], line["subtotal"], line["discount"]) for line in priced_lines)
    invoice.subtotal, invoice.discount = sums.subtotal, sums.discount
    invoice.iva_amount, invoice.total_amount = sums.iva_amount, sums.total_amount
    db.add(invoice)
    db.flush()
    key = {"invoice_id": invoice.invoice_id}
    db.add_all(InvoiceItem(**key, line_number=number, **line) for number, line in enumerate(priced_lines, 1))
    db.add_all(InvoiceTax(**key, iva_rate=t.iva_rate, base=t.base, iva=t.iva) for t in sums.taxes)
    db.flush()


def sold_products(db: Session, invoice: Invoice) -> dict[int, Decimal]:
    """Cuánto de cada producto saca la factura: lo que vende menos lo que la visita ya saca como extra."""
    sold: defaultdict[int, Decimal] = defaultdict(Decimal)
    for item in stored(db, invoice):
        if item.product_id is not None:
            sold[item.product_id] += item.quantity
    taken = models.visit_extras(db, invoice.appointment_id) if invoice.appointment_id else {}
    left = {product_id: quantity - taken.get(product_id, 0) for product_id, quantity in sold.items()}
    return {product_id: quantity for product_id, quantity in left.items() if quantity > 0}


def stored(db: Session, invoice: Invoice) -> list[InvoiceItem]:
    """Las líneas guardadas de una factura."""
    return list(db.scalars(select(InvoiceItem).where(InvoiceItem.invoice_id == invoice.invoice_id)))
