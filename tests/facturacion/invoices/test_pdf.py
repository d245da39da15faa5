"""La factura en PDF: lo que dice, sus marcas y que ningún texto la rompe."""

import pytest

from tests import factories, printed


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


def made(client, items=None, **values):
    body = {"patient_id": factories.patient(first_name="José", last_name="Ñáñez"), "status": "ISSUED"}
    body |= {"items": items or [{"description": "Consulta", "unit_price": 30}], **values}
    response = client.post("/invoices", body)
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]["invoice_id"]


def pdf(client, invoice_id):
    response = client.get(f"/invoices/{invoice_id}/pdf")
    assert (response.status_code, response.content_type) == (200, "application/pdf")
    return response


def words(response):
    return printed.words(response.get_data())


def page_count(response):
    return printed.page_count(response.get_data())


def test_it_says_who_buys_what_and_for_how_much(accountant):
    items = [
        {"description": "Limpieza", "unit_price": 40, "quantity": 1.5},
        {"description": "Crema", "unit_price": 1000, "discount": 5, "iva_rate": 15},
    ]
    response = pdf(accountant, made(accountant, items))
    text = words(response)
    for expected in (
        "N.º 001-001-000000001",
        "José Ñáñez",
        "Limpieza 1.5 40.00 0.00 0 % 60.00",
        "Crema 1 1,000.00 5.00 15 % 995.00",
        "Base IVA 0 % 60.00",
        "Base IVA 15 % 995.00",
        "IVA 15 % 149.25",
        "TOTAL USD 1,204.25",
        "Saldo 1,204.25",
        "página 1 de 1",
    ):
        assert expected in text
    assert response.headers["Content-Disposition"] == 'attachment; filename="factura-001-001-000000001.pdf"'


def test_the_payments_are_in_it(accountant):
    invoice = made(accountant)
    body = {"amount": 10, "payment_method": "TRANSFERENCIA", "reference": "Comp. 77"}
    accountant.post(f"/invoices/{invoice}/payments", body)
    text = words(pdf(accountant, invoice))
    assert "Transferencia Comp. 77 10.00" in text
    assert "Cobrado 10.00 Saldo 20.00" in text


def test_what_was_credited_and_has_to_be_refunded_is_in_it(accountant):
    invoice = made(accountant)
    assert "Notas de crédito" not in words(pdf(accountant, invoice))
    accountant.patch(f"/invoices/{invoice}/status", {"status": "PAID"})
    accountant.post(f"/invoices/{invoice}/credit-notes", {"reason": "Devolución"})
    text = words(pdf(accountant, invoice))
    assert "Cobrado 30.00 Notas de crédito 30.00 Saldo 0.00 Por devolver 30.00" in text


def test_what_is_not_valid_says_so_across_the_page(accountant):
    draft, annulled = made(accountant, status="DRAFT"), made(accountant)
    path = f"/invoices/{annulled}/status"
    accountant.patch(path, {"status": "ANNULLED", "reason": "Comprador equivocado"})
    assert "BORRADOR" in words(pdf(accountant, draft))
    assert "Comprador equivocado" in words(pdf(accountant, annulled))
    assert "ANULADA" in words(pdf(accountant, annulled))
    issued = words(pdf(accountant, made(accountant)))
    assert "BORRADOR" not in issued
    assert "ANULADA" not in issued


def test_a_long_invoice_takes_several_numbered_pages_with_their_titles(accountant):
    items = [{"description": f"Línea {n} " + "larga " * 25, "unit_price": 1} for n in range(200)]
    response = pdf(accountant, made(accountant, items))
    pages, text = page_count(response), words(response)
    assert pages > 5
    assert f"página {pages} de {pages}" in text
    assert text.count("Descripción Cantidad") == pages
    assert all(f"Línea {n} larga" in text for n in range(200))


@pytest.mark.parametrize(
    "text",
    ["<b>negrita</b>", "a & b < c", "<script>", "</para>", "&nbsp;", "x" * 200, "(\\)", "{0} %s"],
)
def test_no_text_breaks_it_nor_is_taken_for_markup(accountant, text):
    items = [{"description": text, "unit_price": 1}]
    shown = words(pdf(accountant, made(accountant, items)))
    assert text.replace(" ", "").replace("\\", "") in shown.replace(" ", "")


def test_a_letter_the_font_lacks_does_not_break_it(accountant):
    items = [{"description": "Jose\u0301 Dvořák 😀", "unit_price": 1}]
    assert "José Dvorák ?" in words(pdf(accountant, made(accountant, items)))


def test_an_invoice_that_does_not_exist_is_not_found(accountant):
    missing = accountant.get("/invoices/999/pdf")
    assert (missing.status_code, missing.json["code"]) == (404, "no_encontrado")


@pytest.mark.parametrize(("role", "status"), [("Recepcion", 200), ("Doctor", 403), (None, 401)])
def test_only_who_reads_invoices_prints_them(api, accountant, role, status):
    invoice = made(accountant)
    assert api("facturacion", role=role).get(f"/invoices/{invoice}/pdf").status_code == status


def test_the_openapi_says_that_it_is_a_pdf(accountant):
    path = accountant.get("/openapi.json").json["paths"]["/api/facturacion/invoices/{invoice_id}/pdf"]
    assert list(path["get"]["responses"]["200"]["content"]) == ["application/pdf"]
