"""Facturas, gastos y rentabilidad como archivo: todas las filas del filtro, con los permisos de la lista."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from common.database import transaction
from common.lists.exports import ROWS_AT_ONCE, XLSX
from common.utils import clinic_today
from facturacion_service.expenses.queries import OperationalExpense
from tests import factories

LISTS = ("/invoices", "/expenses", "/reports/profit")


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


def table(response):
    """Las filas de un CSV como diccionarios."""
    assert response.status_code == 200, response.json
    text = response.get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def sheet(response):
    assert (response.status_code, response.content_type) == (200, XLSX)
    return load_workbook(io.BytesIO(response.get_data())).active


def bill(client, **values):
    body = {"patient_id": factories.patient(first_name="José", last_name="Ñáñez"), "status": "ISSUED"}
    body |= {"items": [{"description": "Crema", "unit_price": 100, "iva_rate": 15}], **values}
    response = client.post("/invoices", body)
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]["invoice_id"]


def spend(client, **values):
    body = {"description": "Luz", "amount": 12.5, "category": "Servicios", **values}
    assert client.post("/expenses", body).status_code == 201


def test_the_invoices_leave_as_csv(accountant):
    invoice = bill(accountant)
    accountant.post(f"/invoices/{invoice}/payments", {"amount": 15.5, "payment_method": "EFECTIVO"})
    bill(accountant, status="DRAFT")
    response = accountant.get("/invoices?format=csv&status=ISSUED")
    (row,) = table(response)
    assert response.headers["Content-Disposition"] == (
        f'attachment; filename="facturas-{clinic_today()}.csv"'
    )
    assert (row["Número"], row["Comprador"], row["Fecha de emisión"]) == (
        "001-001-000000001",
        "José Ñáñez",
        clinic_today().isoformat(),
    )
    amounts = [row[key] for key in ("Subtotal sin IVA", "IVA", "Total", "Cobrado", "Saldo")]
    assert amounts == ["100.00", "15.00", "115.00", "15.50", "99.50"]
    assert row["Emitida"].endswith("-05:00")


def test_the_invoices_leave_as_a_sheet(accountant):
    bill(accountant)
    found = sheet(accountant.get("/invoices?format=xlsx"))
    row = dict(zip([cell.value for cell in found[1]], [cell.value for cell in found[2]], strict=True))
    assert (row["Total"], row["Saldo"]) == (115, 115)
    assert row["Fecha de emisión"].date() == clinic_today()
    assert found.freeze_panes == "A2"


def test_all_the_rows_leave_and_not_one_page(accountant):
    who, day = factories.user(), date(2026, 1, 1)
    common = {"description": "Luz", "category": "Luz", "expense_date": day, "registered_by": who}
    count = 2 * ROWS_AT_ONCE + 1
    with transaction() as db:
        db.add_all(OperationalExpense(**common, amount=Decimal(n + 1)) for n in range(count))
    rows = table(accountant.get("/expenses?format=csv&page=3&per_page=5"))
    assert [row["Monto"] for row in rows] == [f"{count - n}.00" for n in range(count)]
    assert sheet(accountant.get("/expenses?format=xlsx")).max_row == count + 1


def test_only_the_rows_of_the_filter_leave(accountant):
    spend(accountant)
    spend(accountant, category="Arriendo", supplier="-Inmobiliaria")
    (row,) = table(accountant.get("/expenses?format=csv&category=Arriendo"))
    assert (row["Categoría"], row["Proveedor"], row["Monto"]) == ("Arriendo", "'-Inmobiliaria", "12.50")


def test_the_groups_of_the_profit_leave_as_they_are_seen(accountant):
    bill(accountant)
    spend(accountant)
    found = accountant.get("/reports/profit?group_by=month").json["data"]["groups"]
    rows = table(accountant.get("/reports/profit?group_by=month&format=csv"))
    assert [(row["Grupo"], float(row["Ganancia"])) for row in rows] == [
        (group["label"], group["profit"]) for group in found
    ]
    assert sheet(accountant.get("/reports/profit?format=xlsx")).max_row == 2


@pytest.mark.parametrize("path", LISTS)
def test_a_list_without_rows_is_a_file_with_its_titles(accountant, path):
    assert table(accountant.get(f"{path}?format=csv")) == []
    assert sheet(accountant.get(f"{path}?format=xlsx")).max_row == 1


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("kind", ["pdf", "", "CSV"])
def test_an_unknown_format_is_refused(accountant, path, kind):
    refused = accountant.get(f"{path}?format={kind}")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "format")


@pytest.mark.parametrize("path", LISTS)
def test_json_is_what_comes_without_asking(accountant, path):
    assert accountant.get(path).json == accountant.get(f"{path}?format=json").json


def test_a_file_asks_for_the_same_permission_as_the_list(api):
    for path, role, status in (
        ("/invoices", "Recepcion", 200),
        ("/invoices", "Doctor", 403),
        ("/expenses", "Recepcion", 403),
        ("/reports/profit", "Recepcion", 403),
        ("/reports/profit", None, 401),
    ):
        assert api("facturacion", role=role).get(f"{path}?format=csv").status_code == status


def test_the_files_are_in_the_openapi(accountant):
    paths = accountant.get("/openapi.json").json["paths"]
    for path in LISTS:
        operation = paths[f"/api/facturacion{path}"]["get"]
        assert set(operation["responses"]["200"]["content"]) == {"application/json", "text/csv", XLSX}
        formats = next(item["schema"] for item in operation["parameters"] if item["name"] == "format")
        assert (formats["enum"], formats["default"]) == (["json", "csv", "xlsx"], "json")
