"""Notas de crédito: devolver una factura, en todo o en parte, y anular lo devuelto."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from common.database import fetch_all, reading, transaction
from common.tables.credit_notes import CreditNote, CreditNoteItem, CreditNoteTax
from common.tables.facturacion import Invoice, InvoiceSequence
from common.tables.platform import AuditLog
from common.utils import clinic_today
from tests import factories
from tests.facturacion.credit_notes.credited import annul, annulled, billed, credit, credited, seen

CREAM = {"description": "Crema", "quantity": 3, "unit_price": 3.35, "discount": 1, "iva_rate": 15}
VISIT = {"description": "Consulta", "unit_price": 30}


@pytest.fixture
def accountant(api):
    """Contabilidad: anula y devuelve."""
    return api("facturacion", role="Contador")


def test_a_whole_invoice_is_credited_to_the_cent(accountant):
    invoice = billed(accountant, CREAM, VISIT)
    response = credit(accountant, invoice)
    note = response.json["data"]["credit_note"]
    assert response.headers["Location"] == f"/api/facturacion/credit-notes/{note['credit_note_id']}"
    assert (note["credit_note_number"], note["invoice_number"]) == ("001-001-000000001",) * 2
    assert (note["issue_date"], note["status"], note["sri"]) == (clinic_today().isoformat(), "ISSUED", None)
    assert (note["buyer"], note["taxes"]) == (invoice["buyer"], invoice["taxes"])
    amounts = ("subtotal", "iva_amount", "total_amount")
    assert [note[key] for key in amounts] == [invoice[key] for key in amounts]
    now = seen(accountant, invoice)
    assert (now["credited_amount"], now["balance"]) == (invoice["total_amount"], 0)
    with reading() as db:
        assert fetch_all(db, select(Invoice.credited_in_full, Invoice.status)) == [
            {"credited_in_full": True, "status": "ISSUED"}
        ]


def test_a_part_of_a_line_takes_its_price_its_discount_and_its_iva(accountant):
    invoice = billed(accountant, CREAM, VISIT)
    note = credited(accountant, invoice, {"line": 0, "quantity": 1})
    (item,) = note["items"]
    assert item["invoice_item_id"] == invoice["items"][0]["item_id"]
    parts = ("quantity", "returned_quantity", "unit_price", "discount", "iva_rate", "subtotal")
    assert [item[key] for key in parts] == [1, 1, 3.35, 0.33, 15, 3.02]
    assert note["taxes"] == [{"iva_rate": 15, "base": 3.02, "iva": 0.45}]
    rest = credited(accountant, invoice)
    assert [(i["quantity"], i["discount"], i["subtotal"]) for i in rest["items"]] == [
        (2, 0.67, 6.03),
        (1, 0, 30),
    ]
    assert rest["taxes"][1] == {"iva_rate": 15, "base": 6.03, "iva": 0.91}


def test_a_price_is_lowered_without_returning_anything(accountant):
    invoice = billed(accountant, CREAM)
    note = credited(accountant, invoice, {"line": 0, "amount": 2.5})
    (item,) = note["items"]
    assert (item["quantity"], item["returned_quantity"], item["unit_price"]) == (1, 0, 2.5)
    assert (note["subtotal"], note["restocked"]) == (2.5, False)
    assert credited(accountant, invoice, {"line": 0})["items"][0]["subtotal"] == 6.55


def test_notes_too_small_to_carry_iva_give_all_of_it_back(accountant):
    invoice = billed(accountant, {"description": "Crema", "quantity": 10, "unit_price": 0.03, "iva_rate": 15})
    # 0,03 al 15 % son 0,0045: nota por nota no se devolvería nunca nada de los 0,05.
    notes = [credited(accountant, invoice, {"line": 0, "quantity": 1})["iva_amount"] for _ in range(10)]
    assert notes == [0, 0.01, 0, 0.01, 0, 0.01, 0, 0.01, 0, 0.01]
    assert seen(accountant, invoice)["credited_amount"] == invoice["total_amount"] == 0.35


def test_nothing_beyond_what_is_left_is_credited(accountant):
    invoice = billed(accountant, CREAM, VISIT)
    credited(accountant, invoice, {"line": 0, "quantity": 2})
    refused = credit(accountant, invoice, {"line": 0, "quantity": 1.001}, {"line": 1, "amount": 30.01})
    assert refused.status_code == 422
    assert [(e["field"], e["message"]) for e in refused.json["errors"]] == [
        ("items[0].quantity", "de esa línea quedan 1"),
        ("items[1].amount", "de esa línea quedan USD 30.00"),
    ]
    credited(accountant, invoice)
    again = credit(accountant, invoice)
    assert (again.status_code, again.json["errors"][0]["field"]) == (422, "items")


def test_a_note_is_worth_something(accountant):
    invoice = billed(accountant, {"description": "Muestra", "unit_price": 0}, VISIT)
    assert credit(accountant, invoice, {"line": 0, "quantity": 1}).status_code == 422
    note = credited(accountant, invoice)
    assert [item["subtotal"] for item in note["items"]] == [0, 30]


@pytest.mark.parametrize("status", ["DRAFT", "ANNULLED"])
def test_only_a_live_issued_invoice_is_credited(accountant, status):
    invoice = billed(accountant, status="DRAFT")
    if status == "ANNULLED":
        path = f"/invoices/{invoice['invoice_id']}/status"
        accountant.patch(path, {"status": "ANNULLED", "reason": "Error"})
    refused = credit(accountant, invoice)
    assert (refused.status_code, refused.json["code"]) == (409, "factura_no_acreditable")
    assert refused.json["data"] == {"status": status}


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("reason", {"reason": ""}),
        ("reason", {"reason": "x" * 301}),
        ("reason", {"reason": "dos\nlíneas"}),
        ("reason", {}),
        ("items", {"reason": "x", "items": []}),
        ("items[0].item_id", {"reason": "x", "items": [{"item_id": 999999}]}),
        ("items[0].quantity", {"reason": "x", "items": [{"item_id": 1, "quantity": 0}]}),
        ("items[0].quantity", {"reason": "x", "items": [{"item_id": 1, "quantity": 0.0001}]}),
        ("items[0].amount", {"reason": "x", "items": [{"item_id": 1, "amount": -1}]}),
        ("items[0].amount", {"reason": "x", "items": [{"item_id": 1, "quantity": 1, "amount": 1}]}),
        ("items[1].item_id", {"reason": "x", "items": [{"item_id": 1}, {"item_id": 1}]}),
        ("restock", {"reason": "x", "restock": "sí"}),
        ("series", {"reason": "x", "series": "009-001"}),
        ("iva_rate", {"reason": "x", "iva_rate": 0}),
    ],
)
def test_a_wrong_note_is_refused_by_its_field_and_spends_no_number(accountant, field, body):
    invoice = billed(accountant, CREAM)
    refused = accountant.post(f"/invoices/{invoice['invoice_id']}/credit-notes", body)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)
    with reading() as db:
        notes = select(InvoiceSequence.last_number).where(InvoiceSequence.doc_code == "04")
        assert fetch_all(db, notes) == []


def test_a_line_of_another_invoice_is_not_credited(accountant):
    first, second = billed(accountant), billed(accountant)
    path = f"/invoices/{first['invoice_id']}/credit-notes"
    body = {"reason": "x", "items": [{"item_id": second["items"][0]["item_id"]}]}
    refused = accountant.post(path, body)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "items[0].item_id")


def test_the_same_key_credits_once(accountant):
    invoice = billed(accountant)
    path, body = f"/invoices/{invoice['invoice_id']}/credit-notes", {"reason": "Devolución"}
    first, again = (accountant.post(path, body, headers={"Idempotency-Key": "nota-1"}) for _ in range(2))
    assert (first.json, again.headers["Idempotent-Replayed"]) == (again.json, "true")


def test_what_is_stored_is_what_was_answered(accountant):
    note = credited(accountant, billed(accountant, CREAM), {"line": 0, "quantity": 1})
    with reading() as db:
        (row,) = fetch_all(db, select(CreditNote.total_amount, CreditNote.is_test, CreditNote.reason))
        (item,) = fetch_all(db, select(CreditNoteItem.subtotal, CreditNoteItem.line_number))
        (tax,) = fetch_all(db, select(CreditNoteTax.base, CreditNoteTax.iva))
    assert row == {"total_amount": Decimal("3.47"), "is_test": False, "reason": "Devolución"}
    assert (item["subtotal"], item["line_number"], tax["iva"]) == (Decimal("3.02"), 1, Decimal("0.45"))
    assert accountant.get(f"/credit-notes/{note['credit_note_id']}").json["data"]["credit_note"] == note


def test_an_annulled_note_gives_back_what_it_credited(accountant):
    invoice = billed(accountant, CREAM, VISIT)
    note = annulled(accountant, credited(accountant, invoice))
    assert (note["status"], note["annulled_reason"]) == ("ANNULLED", "Error")
    assert note["annulled_at"] is not None
    assert seen(accountant, invoice) == invoice
    assert credited(accountant, invoice)["total_amount"] == invoice["total_amount"]


def test_who_annulled_a_note_stays_on_record(api):
    who = factories.user("Contador")
    accountant = api("facturacion", user_id=who)
    note = annulled(accountant, credited(accountant, billed(accountant)))
    with transaction() as db:
        entry = db.scalars(select(AuditLog).where(AuditLog.entity == "credit_notes")).one()
    assert (entry.user_id, entry.action, entry.entity_id) == (who, "ANNUL", note["credit_note_id"])


def test_a_note_is_annulled_once(accountant):
    note = credited(accountant, billed(accountant))
    annulled(accountant, note)
    again = annul(accountant, note)
    assert (again.status_code, again.json["code"]) == (409, "transicion_invalida")


@pytest.mark.parametrize(
    ("field", "body"),
    [("status", {"status": "ISSUED", "reason": "x"}), ("reason", {"status": "ANNULLED"})],
)
def test_a_wrong_annulment_is_refused_by_its_field(accountant, field, body):
    note = credited(accountant, billed(accountant))
    refused = accountant.patch(f"/credit-notes/{note['credit_note_id']}/status", body)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)


def test_an_invoice_with_a_live_note_is_not_annulled(accountant):
    invoice = billed(accountant, VISIT)
    note = credited(accountant, invoice, {"line": 0, "amount": 1})
    path, body = f"/invoices/{invoice['invoice_id']}/status", {"status": "ANNULLED", "reason": "Error"}
    refused = accountant.patch(path, body)
    assert (refused.status_code, refused.json["code"]) == (409, "factura_con_nota_de_credito")
    annulled(accountant, note)
    assert accountant.patch(path, body).status_code == 200


def test_what_does_not_exist_is_not_found(accountant):
    missing = {"invoice_id": 999, "credit_note_id": 999}
    answers = [
        credit(accountant, missing),
        annul(accountant, missing),
        accountant.get("/credit-notes/999"),
        accountant.get("/invoices/999/credit-notes"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4


def test_the_notes_of_an_invoice_come_in_order_with_the_annulled_ones(accountant):
    invoice = billed(accountant, CREAM)
    first = credited(accountant, invoice, {"line": 0, "quantity": 1})
    annulled(accountant, first)
    second = credited(accountant, invoice)
    credited(accountant, billed(accountant))
    path = f"/invoices/{invoice['invoice_id']}/credit-notes"
    found = accountant.get(path).json["data"]["credit_notes"]
    assert [(n["credit_note_id"], n["status"]) for n in found] == [
        (first["credit_note_id"], "ANNULLED"),
        (second["credit_note_id"], "ISSUED"),
    ]


def listed(client, query=""):
    response = client.get(f"/credit-notes?{query}")
    assert response.status_code == 200, response.json
    return [note["credit_note_id"] for note in response.json["data"]["credit_notes"]]


def test_the_notes_are_listed_and_filtered(accountant):
    company = {"id_type": "RUC", "id_number": "1790016919001", "name": "Compañía Ñandú S.A."}
    patient = factories.patient()
    invoices = [billed(accountant, buyer=company), billed(accountant, patient_id=patient), billed(accountant)]
    first, second, third = (credited(accountant, invoice)["credit_note_id"] for invoice in invoices)
    annulled(accountant, {"credit_note_id": third})
    assert listed(accountant) == [third, second, first]
    assert listed(accountant, "status=ANNULLED") == [third]
    assert listed(accountant, f"patient_id={patient}") == [second]
    assert listed(accountant, "search=compania nandu") == [first]
    assert listed(accountant, "search=1790016919001") == [first]
    assert listed(accountant, "search=001-001-000000002") == [second]
    assert listed(accountant, f"date_from={clinic_today()}&date_to={clinic_today()}") == [
        third,
        second,
        first,
    ]
    assert listed(accountant, "date_to=2020-01-01") == []
    page = accountant.get("/credit-notes?page=2&per_page=2").json["data"]
    assert (len(page["credit_notes"]), page["pagination"]["total"]) == (1, 3)


def test_the_notes_are_exported(accountant):
    credited(accountant, billed(accountant, CREAM), reason="=CMD()")
    rows = accountant.get("/credit-notes?format=csv").text.splitlines()
    titles, values = rows[0].lstrip("\ufeff").split(","), rows[1].split(",")
    row = dict(zip(titles, values, strict=True))
    assert (row["Número"], row["Factura"], row["Total"]) == ("001-001-000000001",) * 2 + ("10.41",)
    assert row["Motivo"] == "'=CMD()"
    sheet = accountant.get("/credit-notes?format=xlsx")
    assert sheet.headers["Content-Disposition"].endswith('.xlsx"')


@pytest.mark.parametrize(
    ("role", "read", "write"),
    [("Contador", 200, 201), ("Recepcion", 200, 403), ("Doctor", 403, 403), (None, 401, 401)],
)
def test_only_who_annuls_invoices_credits_them(api, accountant, role, read, write):
    invoice, client = billed(accountant), api("facturacion", role=role)
    assert client.get("/credit-notes").status_code == read
    assert client.get(f"/invoices/{invoice['invoice_id']}/credit-notes").status_code == read
    assert credit(client, invoice).status_code == write
    if write != 201:
        assert annul(client, credited(accountant, invoice)).status_code == write
