"""Los comprobantes electrónicos: nacen con su número, se corrigen y se dan de baja."""

from datetime import timedelta

import pytest
from lxml import etree
from sqlalchemy import select, update

from common.database import transaction
from common.tables.facturacion import Invoice, InvoiceSequence
from common.tables.platform import AuditLog
from common.tables.sri import SriDelivery, SriDocument
from common.tables.sri_settings import SriEstablishment, SriSettings, TrialSequence
from common.utils import clinic_today, now
from facturacion_service.sri.xml import access_key
from tests import factories, printed
from tests.factories import BUYER, LINES


@pytest.fixture
def cashier(api):
    """Quien factura en una clínica que emite comprobantes electrónicos."""
    factories.sri_settings()
    return api("facturacion")


def issued(cashier, **values):
    """Una factura emitida."""
    body = {"buyer": BUYER, "items": LINES, "status": "ISSUED", **values}
    response = cashier.post("/invoices", body)
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]


def stored(document_id):
    """El comprobante guardado."""
    with transaction() as db:
        return db.get_one(SriDocument, document_id)


def xml_of(document_id):
    """El árbol del XML guardado."""
    return etree.fromstring(bytes(stored(document_id).unsigned_xml))


def test_without_an_issuer_invoices_work_as_before(api):
    invoice = issued(api("facturacion"))
    assert invoice["sri"] is None
    assert invoice["invoice_number"] == "001-001-000000001"
    with transaction() as db:
        assert db.scalars(select(SriDocument)).all() == []


def test_issuing_creates_the_document_with_its_key(cashier):
    invoice = issued(cashier)
    sri = invoice["sri"]
    assert (sri["status"], sri["environment"]) == ("PENDIENTE", "PRUEBAS")
    assert sri["authorization_number"] is None
    key = access_key.parse(sri["access_key"])
    assert key.series.number(key.sequential) == invoice["invoice_number"]
    assert (key.ruc, key.doc_code, key.issue_date) == (factories.RUC, "01", clinic_today())
    tree = xml_of(sri["document_id"])
    assert tree.findtext("infoTributaria/claveAcceso") == sri["access_key"]
    assert tree.findtext("infoFactura/importeTotal") == f"{invoice['total_amount']:.2f}"


def test_a_draft_has_no_document(cashier):
    draft = cashier.post("/invoices", {"buyer": BUYER, "items": LINES}).json["data"]["invoice"]
    assert draft["sri"] is None
    issued_later = cashier.patch(f"/invoices/{draft['invoice_id']}/status", {"status": "ISSUED"})
    assert issued_later.json["data"]["invoice"]["sri"]["status"] == "PENDIENTE"


def test_the_key_is_drawn_once_and_never_changes(cashier):
    invoice = issued(cashier)
    factories.sri_document_status(invoice["sri"]["document_id"], "FIRMADO", "ENVIADO", "DEVUELTO")
    path = f"/sri/documents/{invoice['sri']['document_id']}/retry"
    again = cashier.post(path, {}).json["data"]["document"]
    assert again["access_key"] == invoice["sri"]["access_key"]
    assert again["status"] == "PENDIENTE"


def test_trial_numbers_do_not_spend_the_real_ones(api):
    cashier = api("facturacion")
    real = issued(cashier)
    factories.sri_settings()
    trial = issued(cashier)
    assert real["invoice_number"] == trial["invoice_number"] == "001-001-000000001"
    with transaction() as db:
        assert db.scalars(select(InvoiceSequence.last_number)).all() == [1]
        assert db.scalars(select(TrialSequence.last_number)).all() == [1]


def test_in_production_the_real_sequence_goes_on(api):
    cashier = api("facturacion")
    issued(cashier)
    factories.sri_settings(environment="PRODUCCION")
    invoice = issued(cashier)
    assert invoice["invoice_number"] == "001-001-000000002"
    assert access_key.parse(invoice["sri"]["access_key"]).environment == "PRODUCCION"


def test_each_emission_point_counts_on_its_own(cashier):
    with transaction() as db:
        db.execute(update(SriEstablishment).values(emission_points=["001", "002"]))
    numbers = [issued(cashier, series=s)["invoice_number"] for s in ("001-002", "001-002", "001-001")]
    assert numbers == ["001-002-000000001", "001-002-000000002", "001-001-000000001"]


def test_an_unknown_series_is_refused_and_spends_no_number(cashier):
    response = cashier.post(
        "/invoices", {"buyer": BUYER, "items": LINES, "status": "ISSUED", "series": "009-001"}
    )
    assert response.status_code == 422
    assert response.json["code"] == "serie_desconocida"
    assert issued(cashier)["invoice_number"] == "001-001-000000001"


def test_the_series_is_chosen_only_when_issuing(cashier):
    response = cashier.post("/invoices", {"buyer": BUYER, "items": LINES, "series": "001-001"})
    assert response.status_code == 422
    assert response.json["errors"][0]["field"] == "series"


def test_what_the_sri_would_reject_is_refused_at_once(cashier):
    long = {**BUYER, "id_type": "EXTERIOR", "id_number": "ABC-123"}
    lines = [{"description": "x" * 200, "unit_price": 1}]
    assert issued(cashier, buyer=long, items=lines)["sri"]["status"] == "PENDIENTE"
    old = str(clinic_today() - timedelta(days=1))
    response = cashier.post(
        "/invoices", {"buyer": BUYER, "items": LINES, "status": "ISSUED", "issue_date": old}
    )
    assert response.status_code == 422
    assert response.json["errors"][0]["field"] == "issue_date"


def test_the_limit_of_consumidor_final_is_the_issuers(api):
    factories.sri_settings(consumidor_final_limit="10.00")
    body = {"buyer": {"id_type": "CONSUMIDOR_FINAL"}, "items": [{"description": "x", "unit_price": 10.01}]}
    response = api("facturacion").post("/invoices", {**body, "status": "ISSUED"})
    assert response.status_code == 422
    assert response.json["code"] == "consumidor_final_limite"


def test_additional_info_goes_into_the_document(cashier):
    invoice = issued(cashier, additional_info=[{"name": "Orden", "value": "Nº 7 <b>"}])
    assert invoice["additional_info"] == [{"name": "Orden", "value": "Nº 7 <b>"}]
    fields = {f.get("nombre"): f.text for f in xml_of(invoice["sri"]["document_id"]).iter("campoAdicional")}
    assert fields["Orden"] == "Nº 7 <b>"


def test_a_failed_issue_leaves_neither_number_nor_document(cashier):
    product = factories.product(1)
    items = [{"product_id": product, "quantity": 2}]
    response = cashier.post("/invoices", {"buyer": BUYER, "items": items, "status": "ISSUED"})
    assert response.status_code == 409
    assert issued(cashier)["invoice_number"] == "001-001-000000001"
    with transaction() as db:
        assert len(db.scalars(select(SriDocument)).all()) == 1


# Corregir y volver a numerar


def test_a_rejected_document_is_corrected_with_the_same_key_and_number(cashier):
    invoice = issued(cashier)
    document_id = invoice["sri"]["document_id"]
    factories.sri_document_status(
        document_id, "FIRMADO", "ENVIADO", "DEVUELTO", attention="Corrija el comprador."
    )
    buyer = {**BUYER, "name": "Ana María Pérez"}
    document = cashier.post(f"/sri/documents/{document_id}/retry", {"buyer": buyer}).json["data"]["document"]
    assert (document["status"], document["attention"]) == ("PENDIENTE", None)
    tree = xml_of(document_id)
    assert tree.findtext("infoFactura/razonSocialComprador") == "Ana María Pérez"
    assert tree.findtext("infoTributaria/claveAcceso") == invoice["sri"]["access_key"]
    again = cashier.get(f"/invoices/{invoice['invoice_id']}").json["data"]["invoice"]
    assert again["buyer"]["name"] == "Ana María Pérez"
    assert again["invoice_number"] == invoice["invoice_number"]
    with transaction() as db:
        entry = db.scalars(select(AuditLog).where(AuditLog.entity == "sri_documents")).one()
        assert entry.details["former"]["buyer"]["name"] == "Ana Pérez"


@pytest.mark.parametrize("path", ["", "FIRMADO", "FIRMADO ENVIADO", "FIRMADO ENVIADO RECIBIDO"])
def test_only_a_rejected_document_admits_corrections(cashier, path):
    invoice = issued(cashier)
    document_id = invoice["sri"]["document_id"]
    factories.sri_document_status(document_id, *path.split())
    before = bytes(stored(document_id).unsigned_xml)
    response = cashier.post(f"/sri/documents/{document_id}/retry", {"buyer": {**BUYER, "name": "Otra"}})
    assert response.status_code == 409
    assert bytes(stored(document_id).unsigned_xml) == before
    assert cashier.post(f"/sri/documents/{document_id}/retry", {}).status_code == 200


def test_an_authorized_document_never_changes(cashier):
    invoice = issued(cashier)
    document_id = invoice["sri"]["document_id"]
    factories.authorized(document_id)
    for action, body in (("retry", {}), ("renumber", {"reason": "x"})):
        assert cashier.post(f"/sri/documents/{document_id}/{action}", body).status_code == 409
    shown = cashier.get(f"/invoices/{invoice['invoice_id']}").json["data"]["invoice"]["sri"]
    assert shown["authorization_number"] == shown["access_key"]


def test_a_number_the_sri_refuses_is_left_unused_and_the_next_one_taken(cashier):
    invoice = issued(cashier)
    document_id = invoice["sri"]["document_id"]
    factories.sri_document_status(document_id, "FIRMADO", "ENVIADO", "DEVUELTO")
    response = cashier.post(f"/sri/documents/{document_id}/renumber", {"reason": "Fuera de plazo (65)"})
    document = response.json["data"]["document"]
    assert document["document_number"] == "001-001-000000002"
    assert document["access_key"] != invoice["sri"]["access_key"]
    old = stored(document_id)
    assert (old.voided_reason, old.next_attempt_at) == ("Fuera de plazo (65)", None)
    again = cashier.get(f"/invoices/{invoice['invoice_id']}").json["data"]["invoice"]
    assert again["invoice_number"] == "001-001-000000002"
    assert again["sri"]["document_id"] == document["document_id"]


def credited(cashier, invoice):
    """El comprobante de una nota de crédito por todo lo de una factura."""
    path = f"/invoices/{invoice['invoice_id']}/credit-notes"
    return cashier.post(path, {"reason": "Devolución"}).json["data"]["credit_note"]["sri"]["document_id"]


def test_a_note_that_waits_follows_the_corrections_of_its_invoice(cashier):
    invoice = issued(cashier)
    document_id = invoice["sri"]["document_id"]
    note_id = credited(cashier, invoice)
    factories.sri_document_status(note_id, "FIRMADO")
    factories.sri_document_status(document_id, "FIRMADO", "ENVIADO", "DEVUELTO")
    cashier.post(f"/sri/documents/{document_id}/retry", {"buyer": {**BUYER, "name": "Otra Persona"}})
    assert stored(note_id).status == "PENDIENTE"
    assert xml_of(note_id).findtext("infoNotaCredito/razonSocialComprador") == "Otra Persona"


def test_a_note_that_waits_names_the_new_number_of_its_invoice(cashier):
    invoice = issued(cashier)
    note_id = credited(cashier, invoice)
    factories.sri_document_status(invoice["sri"]["document_id"], "FIRMADO", "ENVIADO", "DEVUELTO")
    path = f"/sri/documents/{invoice['sri']['document_id']}/renumber"
    assert cashier.post(path, {"reason": "Ya registrado (45)"}).status_code == 200
    assert xml_of(note_id).findtext("infoNotaCredito/numDocModificado") == "001-001-000000002"


def test_correcting_the_buyer_keeps_the_limit_of_consumidor_final(cashier):
    invoice = issued(cashier)
    document_id = invoice["sri"]["document_id"]
    factories.sri_document_status(document_id, "FIRMADO", "ENVIADO", "DEVUELTO")
    body = {"buyer": {"id_type": "CONSUMIDOR_FINAL"}}
    response = cashier.post(f"/sri/documents/{document_id}/retry", body)
    assert (response.status_code, response.json["code"]) == (422, "consumidor_final_limite")
    again = cashier.get(f"/invoices/{invoice['invoice_id']}").json["data"]["invoice"]
    assert (again["buyer"]["name"], again["sri"]["status"]) == ("Ana Pérez", "DEVUELTO")


# Anular


def annul(cashier, invoice):
    """Anula una factura."""
    return cashier.patch(
        f"/invoices/{invoice['invoice_id']}/status", {"status": "ANNULLED", "reason": "Error de digitación"}
    )


def test_annulling_before_sending_leaves_the_number_unused(cashier):
    invoice = issued(cashier)
    assert annul(cashier, invoice).status_code == 200
    document = stored(invoice["sri"]["document_id"])
    assert document.voided_at is not None
    assert document.next_attempt_at is None


@pytest.mark.parametrize("path", [("FIRMADO", "ENVIADO"), ("FIRMADO", "ENVIADO", "RECIBIDO")])
def test_nothing_is_annulled_while_the_sri_has_it(cashier, path):
    invoice = issued(cashier)
    factories.sri_document_status(invoice["sri"]["document_id"], *path)
    response = annul(cashier, invoice)
    assert (response.status_code, response.json["code"]) == (409, "no_se_puede_anular")
    assert stored(invoice["sri"]["document_id"]).voided_at is None


def test_what_once_left_may_be_at_the_sri_even_if_it_is_to_be_sent_again(cashier):
    invoice = issued(cashier)
    factories.sri_document_status(
        invoice["sri"]["document_id"], "FIRMADO", "ENVIADO", "FIRMADO", sent_at=now()
    )
    assert annul(cashier, invoice).json["code"] == "no_se_puede_anular"
    never_left = issued(cashier)
    factories.sri_document_status(never_left["sri"]["document_id"], "FIRMADO", "ENVIADO", "FIRMADO")
    assert annul(cashier, never_left).status_code == 200


def test_an_authorized_invoice_is_annulled_within_its_term(cashier):
    invoice = issued(cashier)
    factories.authorized(invoice["sri"]["document_id"])
    path = f"/invoices/{invoice['invoice_id']}/annulment"
    annulment = cashier.get(path).json["data"]["annulment"]
    assert annulment["allowed"] is True
    assert annulment["deadline"] > str(clinic_today())
    assert annul(cashier, invoice).status_code == 200
    assert cashier.get(path).json["data"]["annulment"]["allowed"] is False


def test_an_authorized_sale_to_consumidor_final_is_never_annulled(cashier):
    lines = [{"description": "Consulta", "unit_price": 20}]
    invoice = issued(cashier, buyer={"id_type": "CONSUMIDOR_FINAL"}, items=lines)
    factories.authorized(invoice["sri"]["document_id"])
    response = annul(cashier, invoice)
    assert (response.status_code, response.json["code"]) == (409, "no_se_puede_anular")
    annulment = cashier.get(f"/invoices/{invoice['invoice_id']}/annulment").json["data"]["annulment"]
    assert (annulment["allowed"], annulment["alternative"]) == (False, None)


def test_a_trial_invoice_is_annulled_without_more_once_in_production(cashier):
    lines = [{"description": "Consulta", "unit_price": 20}]
    invoice = issued(cashier, buyer={"id_type": "CONSUMIDOR_FINAL"}, items=lines)
    factories.authorized(invoice["sri"]["document_id"])
    with transaction() as db:
        db.execute(update(SriSettings).values(environment="PRODUCCION"))
    assert annul(cashier, invoice).status_code == 200


# Entregar


def test_the_xml_is_served_once_signed_byte_by_byte(cashier):
    invoice = issued(cashier)
    path = f"/invoices/{invoice['invoice_id']}/xml"
    assert cashier.get(path).json["code"] == "sin_firmar"
    factories.sri_document_status(invoice["sri"]["document_id"], "FIRMADO")
    assert cashier.get(path).data == bytes(stored(invoice["sri"]["document_id"]).signed_xml)
    assert cashier.get(f"{path}?authorization=true").json["code"] == "sin_autorizar"


def test_the_authorization_file_carries_the_signed_bytes(cashier):
    invoice = issued(cashier)
    factories.authorized(invoice["sri"]["document_id"])
    wrapped = etree.fromstring(cashier.get(f"/invoices/{invoice['invoice_id']}/xml?authorization=true").data)
    assert wrapped.findtext("estado") == "AUTORIZADO"
    assert wrapped.findtext("comprobante").encode() == bytes(stored(invoice["sri"]["document_id"]).signed_xml)


def test_the_ride_is_there_from_the_moment_of_issue(cashier):
    invoice = issued(cashier)
    response = cashier.get(f"/invoices/{invoice['invoice_id']}/ride.pdf")
    assert response.data.startswith(b"%PDF")


def test_the_ride_of_a_rejected_document_says_it_is_not_authorised(cashier):
    invoice = issued(cashier)
    factories.sri_document_status(invoice["sri"]["document_id"], "FIRMADO", "ENVIADO", "DEVUELTO")
    shown = printed.words(cashier.get(f"/invoices/{invoice['invoice_id']}/ride.pdf").data)
    assert "NO AUTORIZADO POR EL SRI" in shown
    assert "PENDIENTE DE AUTORIZACIÓN" not in shown


def test_an_invoice_without_document_has_nothing_to_serve(api):
    cashier = api("facturacion")
    invoice = issued(cashier)
    for name in ("xml", "ride.pdf"):
        response = cashier.get(f"/invoices/{invoice['invoice_id']}/{name}")
        assert (response.status_code, response.json["code"]) == (404, "sin_comprobante")


def test_without_a_mail_server_the_delivery_is_skipped_and_says_so(cashier):
    invoice = issued(cashier)
    path = f"/sri/documents/{invoice['sri']['document_id']}/email"
    assert cashier.post(path, {}).json["code"] == "sin_autorizar"
    factories.authorized(invoice["sri"]["document_id"])
    delivery = cashier.post(path, {}).json["data"]["document"]["delivery"]
    assert delivery["status"] == "OMITIDO"
    assert "SMTP_HOST" in delivery["detail"]
    with transaction() as db:
        assert db.scalars(select(SriDelivery.recipient)).all() == ["ana@correo.ec"]


# Verlos


def test_documents_are_listed_by_what_they_need(cashier):
    first, second = issued(cashier), issued(cashier)
    factories.sri_document_status(
        first["sri"]["document_id"], "FIRMADO", "ENVIADO", "DEVUELTO", attention="Corrija la dirección."
    )
    documents = cashier.get("/sri/documents?needs_attention=true").json["data"]["documents"]
    assert [d["document_id"] for d in documents] == [first["sri"]["document_id"]]
    pending = cashier.get("/sri/documents?status=PENDIENTE&environment=PRUEBAS&doc_code=01")
    assert [d["invoice_id"] for d in pending.json["data"]["documents"]] == [second["invoice_id"]]


def test_a_document_shows_its_answers(cashier):
    invoice = issued(cashier)
    shown = cashier.get(f"/sri/documents/{invoice['sri']['document_id']}").json["data"]["document"]
    assert shown["answers"] == []
    assert cashier.get("/sri/documents/999").status_code == 404


def test_a_sent_invoice_cannot_be_edited_by_hand(cashier):
    invoice = issued(cashier)
    with pytest.raises(Exception, match="ya se emitió"), transaction() as db:
        db.execute(update(Invoice).values(buyer_name="Otra"))
    assert (
        cashier.get(f"/invoices/{invoice['invoice_id']}").json["data"]["invoice"]["buyer"]["name"]
        == "Ana Pérez"
    )
