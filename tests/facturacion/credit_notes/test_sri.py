"""La nota de crédito de una factura electrónica: su comprobante, y cuándo se admite emitirla y anularla."""

import pytest
from lxml import etree
from sqlalchemy import select, update

from common.database import fetch_all, reading, transaction
from common.tables.credit_notes import CreditNote
from common.tables.facturacion import Invoice, InvoiceSequence
from common.tables.sri import SriDocument
from common.tables.sri_settings import SriEstablishment, SriSettings, TrialSequence
from common.utils import clinic_today
from facturacion_service.sri.xml import access_key
from tests import factories
from tests.factories import BUYER
from tests.facturacion.credit_notes.credited import annul, annulled, billed, credit, credited, seen

LINES = [
    {"description": "Consulta", "unit_price": 40},
    {"description": "Crema", "unit_price": 10, "quantity": 3, "discount": 1, "iva_rate": 15},
]
STEPS = {
    "PENDIENTE": (),
    "FIRMADO": ("FIRMADO",),
    "ENVIADO": ("FIRMADO", "ENVIADO"),
    "RECIBIDO": ("FIRMADO", "ENVIADO", "RECIBIDO"),
    "DEVUELTO": ("FIRMADO", "ENVIADO", "DEVUELTO"),
    "NO_AUTORIZADO": ("FIRMADO", "ENVIADO", "NO_AUTORIZADO"),
    "AUTORIZADO": ("FIRMADO", "ENVIADO", "AUTORIZADO"),
}


@pytest.fixture
def accountant(api):
    """Contabilidad de una clínica que emite comprobantes electrónicos."""
    factories.sri_settings()
    return api("facturacion", role="Contador")


def electronic(client, status="AUTORIZADO", **values):
    """Una factura cuyo comprobante está en ese estado."""
    invoice = billed(client, *LINES, **{"buyer": BUYER, **values})
    bring(invoice, status)
    return invoice


def bring(document, status):
    factories.sri_document_status(document["sri"]["document_id"], *STEPS[status])


def stored(owner):
    with transaction() as db:
        return db.get_one(SriDocument, owner["sri"]["document_id"])


def test_the_note_has_its_own_document_that_names_the_invoice(accountant):
    invoice = electronic(accountant)
    note = credited(accountant, invoice, {"line": 1, "quantity": 1}, reason="Crema vencida")
    key = access_key.parse(note["sri"]["access_key"])
    assert (key.doc_code, key.issue_date, key.ruc) == ("04", clinic_today(), factories.RUC)
    assert key.series.number(key.sequential) == note["credit_note_number"]
    document = stored(note)
    assert (document.status, document.environment, document.invoice_id) == (
        "PENDIENTE",
        "PRUEBAS",
        invoice["invoice_id"],
    )
    assert document.next_attempt_at is not None
    tree = etree.fromstring(bytes(document.unsigned_xml))
    head = {
        name: tree.findtext(f"infoNotaCredito/{name}")
        for name in ("numDocModificado", "valorModificacion", "motivo")
    }
    assert head == {
        "numDocModificado": invoice["invoice_number"],
        "valorModificacion": f"{note['total_amount']:.2f}",
        "motivo": "Crema vencida",
    }
    assert tree.findtext("detalles/detalle/precioTotalSinImpuesto") == "9.67"


@pytest.mark.parametrize("status", ["PENDIENTE", "FIRMADO", "ENVIADO", "RECIBIDO", "AUTORIZADO"])
def test_an_invoice_still_in_the_sri_is_credited_and_its_note_waits(accountant, status):
    note = credited(accountant, electronic(accountant, status))
    assert note["sri"]["status"] == "PENDIENTE"


@pytest.mark.parametrize("status", ["DEVUELTO", "NO_AUTORIZADO"])
def test_an_invoice_the_sri_rejected_is_not_credited(accountant, status):
    refused = credit(accountant, electronic(accountant, status))
    assert (refused.status_code, refused.json["code"]) == (409, "factura_no_autorizada")
    assert refused.json["data"] == {"sri_status": status}


def test_a_consumidor_final_is_not_credited_electronically(accountant):
    final = {"id_type": "CONSUMIDOR_FINAL"}
    invoice = billed(accountant, {"description": "Crema", "unit_price": 10}, buyer=final)
    refused = credit(accountant, invoice)
    assert (refused.status_code, refused.json["code"]) == (409, "consumidor_final_no_se_acredita")


def test_a_consumidor_final_without_electronic_document_is_credited(api):
    accountant = api("facturacion", role="Contador")
    invoice = billed(
        accountant, {"description": "x", "unit_price": 10}, buyer={"id_type": "CONSUMIDOR_FINAL"}
    )
    assert credited(accountant, invoice)["sri"] is None


def test_the_invoice_from_before_the_clinic_was_electronic_has_a_note_without_document(api):
    accountant = api("facturacion", role="Contador")
    invoice = billed(accountant)
    factories.sri_settings()
    note = credited(accountant, invoice)
    assert (note["sri"], note["credit_note_number"]) == (None, "001-001-000000001")
    with transaction() as db:
        assert db.scalars(select(CreditNote.is_test)).all() == [False]
        codes = db.scalars(select(InvoiceSequence.doc_code).order_by(InvoiceSequence.doc_code)).all()
        assert codes == ["01", "04"]


def test_trial_notes_have_their_own_numbers(accountant):
    credited(accountant, electronic(accountant))
    with transaction() as db:
        assert db.scalars(select(CreditNote.is_test)).all() == [True]
        used = select(TrialSequence.doc_code, TrialSequence.last_number).order_by(TrialSequence.doc_code)
        assert [tuple(row) for row in db.execute(used)] == [("01", 1), ("04", 1)]
        assert db.scalars(select(InvoiceSequence.doc_code)).all() == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"environment": "PRODUCCION"}, "ambiente_cambiado"), ({"ruc": "1790016919001"}, "ruc_cambiado")],
)
def test_an_invoice_of_another_environment_or_issuer_is_not_credited(accountant, changed, code):
    invoice = electronic(accountant)
    with transaction() as db:
        db.execute(update(SriSettings).values(**changed))
    refused = credit(accountant, invoice)
    assert (refused.status_code, refused.json["code"]) == (409, code)


def test_the_note_goes_in_the_series_of_its_invoice_or_in_the_one_asked_for(accountant):
    with transaction() as db:
        db.execute(update(SriEstablishment).values(emission_points=["001", "002"]))
    invoice = electronic(accountant, series="001-002")
    first = credited(accountant, invoice, {"line": 0, "amount": 1})
    second = credited(accountant, invoice, {"line": 0, "amount": 1}, series="001-001")
    assert [first["credit_note_number"], second["credit_note_number"]] == [
        "001-002-000000001",
        "001-001-000000001",
    ]
    with transaction() as db:
        db.execute(update(SriEstablishment).values(emission_points=["001"]))
    refused = credit(accountant, invoice)
    assert (refused.status_code, refused.json["code"]) == (422, "serie_desconocida")
    assert credit(accountant, invoice, series="001-001").status_code == 201


def test_a_sequence_of_electronic_notes_ends_exactly_at_the_invoice(accountant):
    invoice = electronic(accountant)
    parts = [{"line": 1, "quantity": 0.7}, {"line": 1, "amount": 0.37}, {"line": 1, "quantity": 1.111}]
    for part in parts:
        credited(accountant, invoice, part)
    credited(accountant, invoice)
    assert seen(accountant, invoice)["credited_amount"] == invoice["total_amount"]


@pytest.mark.parametrize("status", ["PENDIENTE", "FIRMADO", "DEVUELTO", "NO_AUTORIZADO", "AUTORIZADO"])
def test_annulling_a_note_retires_its_document(accountant, status):
    note = credited(accountant, electronic(accountant))
    bring(note, status)
    done = annulled(accountant, note)
    assert (done["status"], done["sri"]["status"]) == ("ANNULLED", status)
    document = stored(note)
    assert (document.voided_reason, document.next_attempt_at) == ("Error", None)
    assert document.voided_at is not None


@pytest.mark.parametrize("status", ["ENVIADO", "RECIBIDO"])
def test_a_note_on_its_way_is_not_annulled(accountant, status):
    note = credited(accountant, electronic(accountant))
    bring(note, status)
    refused = annul(accountant, note)
    assert (refused.status_code, refused.json["code"]) == (409, "sri_en_proceso")
    assert stored(note).voided_at is None
    with reading() as db:
        assert fetch_all(db, select(Invoice.credited_in_full)) == [{"credited_in_full": True}]


def test_the_document_of_the_invoice_is_not_taken_for_that_of_its_note(accountant):
    invoice = electronic(accountant)
    note = credited(accountant, invoice)
    found = seen(accountant, invoice)["sri"]
    assert (found["document_id"], found["status"]) == (invoice["sri"]["document_id"], "AUTORIZADO")
    listed = accountant.get(f"/credit-notes/{note['credit_note_id']}").json["data"]["credit_note"]
    assert listed["sri"] == note["sri"]
