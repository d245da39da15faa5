"""Lo que una factura toma de los demás servicios: la visita, el paciente y los precios; solo lee columnas."""

from decimal import Decimal

from sqlalchemy import bindparam, func, select, union_all

from common.database import Database, fetch_all, fetch_one
from common.sql.statements import FixedQuery, columns, one_of_ids
from common.tables.citas import RELEASED, Appointment, AppointmentExtra, AppointmentTreatment
from common.tables.facturacion import InvoiceItem
from common.tables.historia_clinica import Patient
from common.tables.inventario import Product, Treatment
from facturacion_service.invoices.rows import (
    ForSaleRow,
    Line,
    SoldRow,
    VisitExtraRow,
    VisitRow,
    VisitTreatmentRow,
)
from facturacion_service.ledger.rows import Buyer

__all__ = ["RELEASED"]

# Lo que se cobra de una visita: sus tratamientos y los extras que no son de uso interno.
_VISIT_TREATMENTS = FixedQuery(
    VisitTreatmentRow,
    select(
        Treatment.name.label("description"),
        AppointmentTreatment.quantity,
        AppointmentTreatment.price_at_moment.label("unit_price"),
        Treatment.iva_rate,
        AppointmentTreatment.treatment_id,
    )
    .join(Treatment, Treatment.treatment_id == AppointmentTreatment.treatment_id)
    .where(AppointmentTreatment.appointment_id == bindparam("appointment_id"))
    .order_by(AppointmentTreatment.detail_id),
)
_VISIT_EXTRAS = FixedQuery(
    VisitExtraRow,
    select(
        Product.name.label("description"),
        AppointmentExtra.quantity,
        AppointmentExtra.price_charged.label("unit_price"),
        Product.iva_rate,
        AppointmentExtra.product_id,
    )
    .join(Product, Product.product_id == AppointmentExtra.product_id)
    .where(AppointmentExtra.appointment_id == bindparam("appointment_id"))
    .where(AppointmentExtra.price_charged > 0)
    .order_by(AppointmentExtra.extra_id),
)
# Lo que vende la factura menos lo que su visita ya saca y cobra: un extra de uso interno no se vende aquí.
_lines = union_all(
    select(InvoiceItem.product_id, InvoiceItem.quantity).where(
        InvoiceItem.invoice_id == bindparam("invoice_id"), InvoiceItem.product_id.is_not(None)
    ),
    select(AppointmentExtra.product_id, -AppointmentExtra.quantity)
    .where(AppointmentExtra.appointment_id == bindparam("appointment_id"))
    .where(AppointmentExtra.price_charged > 0),
).subquery()
_left = func.sum(_lines.c.quantity)
_SOLD = FixedQuery(
    SoldRow,
    select(_lines.c.product_id, _left.label("quantity")).group_by(_lines.c.product_id).having(_left > 0),
)
_SHARED_VISIT = FixedQuery(
    VisitRow,
    select(Appointment.patient_id, Appointment.status)
    .where(Appointment.appointment_id == bindparam("appointment_id"))
    .with_for_update(read=True),
)
_PATIENT_AS_BUYER = FixedQuery(
    Buyer,
    select(
        *columns(
            Buyer, Patient, id_type=Patient.doc_type, id_number=Patient.doc_number, name=Patient.full_name
        )
    ).where(Patient.patient_id == bindparam("patient_id")),
)
# Sin bloqueo: un precio que cambia en este instante es el de antes o el de después, y cualquiera vale;
# compartir aquí la fila y moverla al emitir bloquearía entre sí a dos facturas del mismo producto.
_PRODUCTS_FOR_SALE = FixedQuery(
    ForSaleRow,
    select(*columns(ForSaleRow, Product, id=Product.product_id, price=Product.sale_price)).where(
        one_of_ids(Product.product_id), Product.is_active
    ),
)
_TREATMENTS_FOR_SALE = FixedQuery(
    ForSaleRow,
    select(*columns(ForSaleRow, Treatment, id=Treatment.treatment_id, price=Treatment.base_price)).where(
        one_of_ids(Treatment.treatment_id), Treatment.is_active
    ),
)


def visit_lines(db: Database, appointment_id: int) -> list[Line]:
    """Lo que se cobra de una visita, como líneas de factura."""
    treatments = fetch_all(db, _VISIT_TREATMENTS, appointment_id=appointment_id)
    extras = fetch_all(db, _VISIT_EXTRAS, appointment_id=appointment_id)
    return [*(Line(**row) for row in treatments), *(Line(**row) for row in extras)]


def sold_products(db: Database, invoice_id: int, appointment_id: int | None) -> dict[int, Decimal]:
    """Cuánto de cada producto saca una factura al emitirse."""
    rows = fetch_all(db, _SOLD, invoice_id=invoice_id, appointment_id=appointment_id)
    return {row["product_id"]: row["quantity"] for row in rows}


def shared_visit(db: Database, appointment_id: int) -> VisitRow | None:
    """El paciente y el estado de una cita; hasta confirmar nadie cambia lo que se hizo en ella."""
    return fetch_one(db, _SHARED_VISIT, appointment_id=appointment_id)


def patient_as_buyer(db: Database, patient_id: int) -> Buyer | None:
    """Los datos con que un paciente compra."""
    return fetch_one(db, _PATIENT_AS_BUYER, patient_id=patient_id)


def products_for_sale(db: Database, ids: set[int]) -> dict[int, ForSaleRow]:
    """El nombre, precio y tarifa de unos productos activos."""
    return {row["id"]: row for row in fetch_all(db, _PRODUCTS_FOR_SALE, ids=list(ids))} if ids else {}


def treatments_for_sale(db: Database, ids: set[int]) -> dict[int, ForSaleRow]:
    """El nombre, precio y tarifa de unos tratamientos activos."""
    return {row["id"]: row for row in fetch_all(db, _TREATMENTS_FOR_SALE, ids=list(ids))} if ids else {}
