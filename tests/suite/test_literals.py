"""Los valores que una ruta admite son los que la tabla guarda: escritos dos veces, comparados aquí."""

from typing import Annotated, get_args, get_origin

import pytest

from citas_service import schemas as citas_schemas
from citas_service import status
from common.tables import citas as appointments
from common.tables import credit_notes, sri, sri_settings
from common.tables import facturacion as invoices
from common.tables import inventario as stock
from common.web.field_numbers import IvaRate
from facturacion_service.credit_notes import schemas as credit_notes_schemas
from facturacion_service.invoices import operations as facturacion
from facturacion_service.ledger import buyer
from facturacion_service.ledger import schemas as ledger_schemas
from facturacion_service.sri.settings import schemas as sri_schemas
from facturacion_service.sri.xml import documents


@pytest.mark.parametrize(
    ("accepted", "stored"),
    [
        (citas_schemas.Status, appointments.STATUSES),
        (ledger_schemas.Status, invoices.INVOICE_STATUSES),
        (ledger_schemas.PaymentMethod, invoices.PAYMENT_METHODS),
        (buyer.BuyerIdType, invoices.BUYER_ID_TYPES),
        (credit_notes_schemas.CreditNoteStatus, credit_notes.CREDIT_NOTE_STATUSES),
        (documents.Environment, sri_settings.ENVIRONMENTS),
        (documents.DocCode, sri_settings.DOC_CODES),
        (documents.DocumentStatus, sri.DOCUMENT_STATUSES),
        (ledger_schemas.DeliveryStatus, sri.DELIVERY_STATUSES),
        (sri_schemas.Rimpe, sri_settings.RIMPE_KINDS),
    ],
)
def test_what_is_accepted_is_what_is_stored(accepted, stored):
    # Las palabras de un campo van en su tipo, alrededor de los valores.
    values = get_args(accepted)[0] if get_origin(accepted) is Annotated else accepted
    assert get_args(values) == stored


@pytest.mark.parametrize(
    ("transitions", "statuses"),
    [(status.TRANSITIONS, appointments.STATUSES), (facturacion.TRANSITIONS, invoices.INVOICE_STATUSES)],
)
def test_every_status_says_where_it_leads(transitions, statuses):
    assert set(transitions) == set(statuses)
    assert {new for allowed in transitions.values() for new in allowed} <= set(statuses)


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        (invoices.InvoiceItem, "ck_invoice_items_iva_rate"),
        (stock.Product, "ck_products_iva_rate"),
        (stock.Treatment, "ck_treatments_iva_rate"),
    ],
)
def test_the_iva_rates_are_those_of_the_tables(table, rule):
    stored = {str(c.sqltext) for c in table.__table__.constraints if c.name == rule}
    assert stored == {f"iva_rate IN {get_args(get_args(IvaRate)[0])}"}
