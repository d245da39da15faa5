"""El paquete del mes: trae lo autorizado byte por byte, cuadra con el tablero y dice qué falta."""

import io
from datetime import date, datetime
from zipfile import ZipFile

import pytest
from lxml import etree
from sqlalchemy import select

from common.database import snapshot, transaction
from common.tables.sri import SriDocument
from common.utils import now
from facturacion_service.ledger.periods import Period
from facturacion_service.sri.declaration.month_zip import write_month
from tests import factories
from tests.facturacion.sri.declaration.books import (
    GUAYAQUIL,
    annul,
    bill,
    book,
    credit,
    dashboard,
    go_live,
    on,
    raise_counter,
    records,
)

MARCH = "date_from=2026-03-01&date_to=2026-03-31"
SHEETS = ["Ventas", "Notas de crédito", "Resumen", "Números", "Pendientes"]


@pytest.fixture
def accountant(api):
    """Contabilidad de una clínica que emite comprobantes de verdad."""
    factories.sri_settings(environment="PRODUCCION")
    return api("facturacion", role="Contador")


def month(client, value="2026-03"):
    """El paquete: nombre → contenido."""
    response = client.get(f"/reports/sri-month.zip?month={value}")
    assert (response.status_code, response.content_type) == (200, "application/zip"), response.text
    assert response.headers["Content-Disposition"] == f'attachment; filename="sri-{value}.zip"'
    with ZipFile(io.BytesIO(response.get_data())) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


def sheet(package, name):
    """Las filas de una hoja de una sola tabla."""
    return records(book(package["ventas.xlsx"])[name])


def summary(package):
    """Las tablas de la hoja Resumen: las tarifas, el formulario y las series."""
    tables, rows = [[]], book(package["ventas.xlsx"])["Resumen"]
    for row in rows:
        values = [value for value in row if value is not None]
        if values:
            tables[-1].append(values)
        else:
            tables.append([])
    return [records(table) for table in tables]


def readme(package):
    return package["LEEME.txt"].decode("utf-8-sig")


def authorized_bill(client, *prices, **values):
    invoice = bill(client, *prices, **values)
    factories.authorized(invoice["sri"]["document_id"])
    return invoice


def authorized_credit(client, invoice, *amounts, **values):
    note = credit(client, invoice, *amounts, **values)
    factories.authorized(note["sri"]["document_id"])
    return note


def signed(access_key):
    """Los bytes que se firmaron."""
    with transaction() as db:
        return db.scalars(select(SriDocument.signed_xml).where(SriDocument.access_key == access_key)).one()


def test_each_authorized_document_comes_as_xml_and_pdf(accountant):
    with on(5):
        invoice = authorized_bill(accountant, (40.7, 0), (55, 15))
        note = authorized_credit(accountant, invoice, 10, 5)
        package = month(accountant)
    keys = {"facturas": invoice["sri"]["access_key"], "notas-de-credito": note["sri"]["access_key"]}
    expected = {f"{folder}/{key}.{kind}" for folder, key in keys.items() for kind in ("xml", "pdf")}
    assert set(package) == expected | {"ventas.xlsx", "LEEME.txt"}
    for folder, key in keys.items():
        assert package[f"{folder}/{key}.pdf"].startswith(b"%PDF-")
        wrapped = etree.fromstring(package[f"{folder}/{key}.xml"])
        assert wrapped.findtext("numeroAutorizacion") == key
        assert wrapped.findtext("comprobante").encode() == signed(key)


def test_the_summary_adds_up_to_the_dashboard_of_the_month(accountant):
    with on(5):
        odd = authorized_bill(accountant, (1.10, 15), (1.10, 15), (1.10, 15))
        mixed = authorized_bill(accountant, (40.70, 0), (55, 15))
        annul(accountant, bill(accountant, (500, 15)))
    with on(20):
        authorized_credit(accountant, odd, 0.37, 0.33, 0.01)
        authorized_credit(accountant, mixed, 10.05, 0.11)
        package, metrics = month(accountant), dashboard(accountant, MARCH)
    rates, boxes, series = summary(package)
    total = rates[-1]
    assert (total["Tarifa"], total["Base neta"], total["IVA neto"]) == (
        "Total",
        metrics["total_income"],
        metrics["iva_collected"],
    )
    values = {row["Casilla"]: row["Valor"] for row in boxes}
    assert (values["419"], values["429"]) == (metrics["total_income"], metrics["iva_collected"])
    assert [(row["Documento"], row["Último"], row["Faltan"]) for row in series] == [
        ("Factura", 3, 0),
        ("Nota de crédito", 2, 0),
    ]


def test_the_sheets_add_up_to_the_summary(accountant):
    with on(5):
        mixed = authorized_bill(accountant, (40.70, 0), (55, 15))
        authorized_bill(accountant, (0.10, 15))
        annul(accountant, bill(accountant, (500, 15), (9, 0)))
        authorized_credit(accountant, mixed, 10.05, 0.11)
        package = month(accountant)
    zero, taxed, total = summary(package)[0]
    sales, notes = sheet(package, "Ventas"), sheet(package, "Notas de crédito")
    for rows, prefix in ((sales, "{} facturad{}"), (notes, "{} de notas de crédito")):
        base, iva = prefix.format("Base", "a"), prefix.format("IVA", "o")
        assert round(sum(row["Base 0 %"] for row in rows), 2) == zero[base]
        assert round(sum(row["Base 15 %"] for row in rows), 2) == taxed[base]
        assert round(sum(row["IVA"] for row in rows), 2) == total[iva]
    assert [row["Estado"] for row in sales] == ["Emitida", "Emitida", "Anulada"]


def test_the_book_has_its_sheets_and_real_numbers_and_dates(accountant):
    with on(5):
        invoice = authorized_bill(accountant, (40.7, 0))
        note = authorized_credit(accountant, invoice, 10, reason="Rebaja acordada")
        package = month(accountant)
    assert list(book(package["ventas.xlsx"])) == SHEETS
    (sale,), (credited,) = sheet(package, "Ventas"), sheet(package, "Notas de crédito")
    assert sale["Fecha de emisión"] == datetime(2026, 3, 5)
    assert (sale["Número"], sale["Clave de acceso"], sale["Identificación"], sale["Ambiente"]) == (
        "001-001-000000001",
        invoice["sri"]["access_key"],
        "1712345675",
        "PRODUCCION",
    )
    assert (credited["Factura que modifica"], credited["Motivo"], credited["Total"]) == (
        "001-001-000000001",
        "Rebaja acordada",
        10,
    )
    assert credited["Clave de acceso"] == note["sri"]["access_key"]


def test_what_the_sri_has_not_authorized_is_listed_and_not_packed(accountant):
    with on(5):
        waiting = bill(accountant, (10, 0))
        rejected = bill(accountant, (20, 0))
        said = [{"identifier": "35", "text": "ARCHIVO NO CUMPLE", "additional": "=x", "kind": "ERROR"}]
        factories.sri_document_status(
            rejected["sri"]["document_id"],
            "FIRMADO",
            "ENVIADO",
            "DEVUELTO",
            messages=said,
            attention="Corrija y reenvíe",
        )
        package = month(accountant)
    assert set(package) == {"ventas.xlsx", "LEEME.txt"}
    rows = sheet(package, "Pendientes")
    assert [(row["Número"], row["Estado en el SRI"], row["Qué hacer"]) for row in rows] == [
        (waiting["invoice_number"], "PENDIENTE", None),
        (rejected["invoice_number"], "DEVUELTO", "Corrija y reenvíe"),
    ]
    assert (rows[1]["Lo que dijo el SRI"], rows[1]["Total"]) == ("35 ARCHIVO NO CUMPLE =x", 20)
    assert "- 2 comprobantes sin autorizar" in readme(package)
    assert "- facturas: 0 facturas autorizadas" in readme(package)


def test_what_was_annulled_goes_apart_and_is_marked(accountant):
    with on(5):
        invoice = authorized_bill(accountant, (10, 0))
        before = month(accountant)
        annul(accountant, invoice)
        package = month(accountant)
    name = f"{invoice['sri']['access_key']}.pdf"
    assert f"facturas/{name}" not in package
    # El mismo documento, con su marca.
    assert package[f"anuladas/facturas/{name}"] != before[f"facturas/{name}"]
    (row,) = sheet(package, "Números")
    assert (row["Qué pasó"], row["Desde"], row["Motivo"]) == (
        "Anulado",
        invoice["invoice_number"],
        "Error de digitación",
    )
    assert "- anuladas/facturas: 1 factura autorizada y después anulada" in readme(package)


def test_an_annulled_credit_note_goes_apart_too(accountant):
    with on(5):
        note = authorized_credit(accountant, authorized_bill(accountant, (10, 0)), 4)
        path = f"/credit-notes/{note['credit_note_id']}/status"
        gone = accountant.patch(path, {"status": "ANNULLED", "reason": "El comprador no la aceptó"})
        assert gone.status_code == 200, gone.json
        package = month(accountant)
    assert f"anuladas/notas-de-credito/{note['sri']['access_key']}.pdf" in package
    (row,) = sheet(package, "Notas de crédito")
    assert (row["Estado"], row["Total"], row["Base 0 %"]) == ("Anulada", 0, 0)


def test_what_was_issued_in_trials_never_mixes_with_what_is_declared(api):
    factories.sri_settings()
    client = api("facturacion", role="Admin")
    with on(5):
        trial = authorized_bill(client, (10, 0))
        package = month(client)
        key = trial["sri"]["access_key"]
        assert {f"pruebas/facturas/{key}.xml", f"pruebas/facturas/{key}.pdf"} < set(package)
        assert [row["Ambiente"] for row in sheet(package, "Ventas")] == ["PRUEBAS"]
        bill(client, (10, 0))
        go_live()
        real = authorized_bill(client, (20, 0))
        package = month(client)
    assert f"pruebas/facturas/{key}.xml" in package
    assert f"facturas/{real['sri']['access_key']}.xml" in package
    assert [row["Ambiente"] for row in sheet(package, "Ventas")] == ["PRODUCCION"]
    assert sheet(package, "Pendientes") == []
    assert [row["Ambiente"] for row in summary(package)[2]] == ["PRODUCCION"]


def test_only_the_documents_of_the_month_are_in_it(accountant):
    keys = {}
    for day, number in ((31, 3), (1, 4), (30, 4), (1, 5)):
        with on(day, month=number):
            invoice = authorized_bill(accountant, (10, 0))
            keys[number, day] = invoice["sri"]["access_key"]
    with on(10, month=6):
        package = month(accountant, "2026-04")
    assert {name for name in package if name.endswith(".xml")} == {
        f"facturas/{keys[4, 1]}.xml",
        f"facturas/{keys[4, 30]}.xml",
    }
    assert len(sheet(package, "Ventas")) == 2


def test_the_numbers_that_were_skipped_are_in_the_month_of_the_next_one(accountant):
    with on(5):
        bill(accountant, (10, 0))
    raise_counter(7)
    with on(2, month=4):
        bill(accountant, (10, 0))
        (row,) = sheet(month(accountant, "2026-04"), "Números")
        assert (row["Qué pasó"], row["Desde"], row["Hasta"], row["Cuántos"]) == (
            "Sin documento",
            "001-001-000000002",
            "001-001-000000007",
            6,
        )
        assert sheet(month(accountant), "Números") == []


def test_the_numbers_nobody_has_used_yet_are_in_the_month_of_today(accountant):
    raise_counter(7, doc_code="04")
    with on(2, month=4):
        assert [row["Hasta"][-1] for row in sheet(month(accountant, "2026-04"), "Números")] == ["7"]
        assert sheet(month(accountant), "Números") == []


def test_a_month_with_nothing_is_a_whole_package(accountant):
    with on(5):
        package = month(accountant, "2025-12")
    assert set(package) == {"ventas.xlsx", "LEEME.txt"}
    assert [sheet(package, name) for name in ("Ventas", "Notas de crédito", "Números", "Pendientes")] == [
        [],
        [],
        [],
        [],
    ]
    assert [row["Base neta"] for row in summary(package)[0]] == [0, 0, 0]
    assert "No falta nada" in readme(package)


def test_a_clinic_without_electronic_documents_gets_its_book(api):
    client = api("facturacion", role="Contador")
    with on(5):
        bill(client, (10, 15))
        package = month(client)
    assert set(package) == {"ventas.xlsx", "LEEME.txt"}
    (row,) = sheet(package, "Ventas")
    assert (row["Total"], row["Clave de acceso"], row["Ambiente"]) == (11.5, None, None)
    assert "- 1 documento sin comprobante electrónico" in readme(package)
    assert "Sin datos del emisor registrados" in readme(package)


def test_the_readme_says_whose_month_it_is(accountant):
    with on(5):
        authorized_bill(accountant, (10, 0))
        said = readme(month(accountant))
    assert said.startswith(
        "VENTAS Y COMPROBANTES DE MARZO DE 2026\r\n"
        f"Clínica San José Cía. Ltda., RUC {factories.RUC}\r\n"
        "Hecho el 05/03/2026 a las 09:00\r\n"
    )
    assert "- facturas: 1 factura autorizada\r\n" in said
    assert "\n" not in said.replace("\r\n", "")


@pytest.mark.parametrize("name", ["=cmd()", "../../etc/passwd", "C:\\x", "a/b", "<b>&amp;", "'; DROP TABLE"])
def test_a_hostile_buyer_stays_a_text_inside_a_cell(accountant, name):
    buyer = {"id_type": "PASAPORTE", "id_number": "AB123", "name": name}
    with on(5):
        invoice = authorized_bill(accountant, (10, 0), buyer=buyer)
        package = month(accountant)
    key = invoice["sri"]["access_key"]
    assert set(package) == {f"facturas/{key}.xml", f"facturas/{key}.pdf", "ventas.xlsx", "LEEME.txt"}
    (row,) = sheet(package, "Ventas")
    assert row["Comprador"] == (f"'{name}" if name.startswith("=") else name)


def test_a_document_that_cannot_be_printed_comes_as_xml_and_is_named(accountant):
    with on(5):
        broken, sound = bill(accountant, (10, 0)), authorized_bill(accountant, (20, 0))
        document_id = broken["sri"]["document_id"]
        factories.sri_document_status(document_id, "FIRMADO")
        with transaction() as db:
            db.get_one(SriDocument, document_id).signed_xml = b"<factura/>"
        factories.sri_document_status(document_id, "ENVIADO", "AUTORIZADO")
        package = month(accountant)
    key = broken["sri"]["access_key"]
    assert f"facturas/{key}.xml" in package
    assert f"facturas/{key}.pdf" not in package
    assert f"facturas/{sound['sri']['access_key']}.pdf" in package
    assert f"- El PDF de {key}" in readme(package)


def test_what_the_sri_authorized_is_packed_though_it_is_not_the_last_signed(accountant):
    with on(5):
        document = bill(accountant, (10, 0))["sri"]
        factories.sri_document_status(document["document_id"], "FIRMADO", "ENVIADO")
        with transaction() as db:
            row = db.get_one(SriDocument, document["document_id"])
            row.status, row.authorization_number, row.authorized_at = "AUTORIZADO", row.access_key, now()
            row.authorized_xml = row.signed_xml.replace(b"<factura ", b"<!-- otra --><factura ")
        package = month(accountant)
    wrapped = etree.fromstring(package[f"facturas/{document['access_key']}.xml"])
    assert "<!-- otra -->" in wrapped.findtext("comprobante")


def test_the_files_carry_the_hour_of_the_clinic(accountant):
    with on(5):
        invoice = authorized_bill(accountant, (10, 0))
        response = accountant.get("/reports/sri-month.zip?month=2026-03")
    with ZipFile(io.BytesIO(response.get_data())) as package:
        info = package.getinfo(f"facturas/{invoice['sri']['access_key']}.xml")
    assert datetime(*info.date_time, tzinfo=GUAYAQUIL) == datetime(2026, 3, 5, 9, tzinfo=GUAYAQUIL)
    assert info.external_attr >> 16 & 0o777 == 0o644


@pytest.mark.parametrize(
    "value",
    ["", "2026", "2026-13", "2026-00", "2026-3", "26-03", "2026-03-01", "1899-12", "٢٠٢٦-٠٣", "2026-04"],
)
def test_a_month_that_is_not_one_or_has_not_started_is_refused(accountant, value):
    with on(31):
        refused = accountant.get("/reports/sri-month.zip", query_string={"month": value})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "month")


def test_the_month_has_to_be_said(accountant):
    refused = accountant.get("/reports/sri-month.zip")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "month")


def test_only_who_sees_the_results_gets_the_package(api):
    for role, status in (("Contador", 200), ("Recepcion", 403), ("Doctor", 403), (None, 401)):
        answer = api("facturacion", role=role).get("/reports/sri-month.zip?month=2026-03")
        assert answer.status_code == status, role


def test_what_is_billed_while_it_is_made_is_in_no_sheet(accountant):
    with on(5):
        invoice = authorized_bill(accountant, (10, 0))
        with snapshot() as db:
            db.execute(select(1))
            authorized_bill(accountant, (99, 15))
            file = io.BytesIO()
            write_month(file, db, Period(date(2026, 3, 1), date(2026, 3, 31)))
    with ZipFile(file) as zipped:
        package = {name: zipped.read(name) for name in zipped.namelist()}
    key = invoice["sri"]["access_key"]
    assert {name for name in package if name.endswith(".xml")} == {f"facturas/{key}.xml"}
    assert [row["Total"] for row in sheet(package, "Ventas")] == [10]
    assert [row["Base neta"] for row in summary(package)[0]] == [10, 0, 10]
    assert [row["Último"] for row in summary(package)[2]] == [1]
