"""Los datos de quien emite comprobantes electrónicos."""

import pytest
from sqlalchemy import select, update

from common.database import fetch_all, fetch_value, reading, transaction
from common.tables.facturacion import Invoice
from common.tables.platform import AuditLog
from common.tables.sri import SriDocument
from common.tables.sri_settings import SriEstablishment, SriSettings
from common.utils import now
from facturacion_service.sri.settings.queries import establishments, issuer, shown_settings
from scripts.trials.at_once import at_once
from tests import factories
from tests.facturacion.issuer import FIRST, RUC, authorized, document, put, settings

HEAD_OFFICE = {"establishment": "001", "address": FIRST["head_office_address"], "emission_points": ["001"]}
BRANCH = {"establishment": "002", "address": "Mall del Sur, local 4", "emission_points": ["001", "003"]}
AUDIT = select(AuditLog.action, AuditLog.entity, AuditLog.details).order_by(AuditLog.audit_id)


@pytest.fixture
def accountant(api):
    """Contabilidad: configura la facturación electrónica."""
    return api("facturacion", role="Contador")


def problems(response):
    assert response.status_code == 422, response.json
    return {error["field"]: error["message"] for error in response.json["errors"]}


def test_without_data_of_the_issuer_there_is_nothing_to_show(accountant):
    read = accountant.get("/sri/settings")
    assert read.json["data"] == {"settings": None}
    assert "ETag" not in read.headers


def test_the_first_time_three_fields_are_enough(api):
    who = factories.user("Contador", full_name="Rosa Vera")
    client = api("facturacion", role="Contador", user_id=who)
    done = put(client)
    assert done.status_code == 200
    saved = done.json["data"]["settings"]
    assert saved == settings(client)
    assert {key: value for key, value in saved.items() if key not in ("created_at", "updated_at")} == {
        **FIRST,
        "environment": "PRUEBAS",
        "trade_name": None,
        "keeps_accounting": False,
        "special_taxpayer_number": None,
        "withholding_agent_number": None,
        "rimpe": None,
        "large_taxpayer_resolution": None,
        "provider_ruc": None,
        "consumidor_final_limit": 50,
        "transmission_enabled": True,
        "stopped_reason": None,
        "renumbers_automatically": False,
        "establishments": [HEAD_OFFICE],
        "updated_by": who,
        "updated_by_name": "Rosa Vera",
    }


def test_everything_missing_and_everything_wrong_is_said_at_once(accountant):
    refused = accountant.put("/sri/settings", {"legal_name": "", "environment": "REAL", "otro": 1})
    assert set(problems(refused)) == {"ruc", "legal_name", "head_office_address", "environment", "otro"}
    assert settings(accountant) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ruc", "1790011674002"),
        ("ruc", "1710034065"),
        ("ruc", "9999999999999"),
        ("ruc", "1770011674001"),
        ("ruc", None),
        ("legal_name", "x" * 301),
        ("legal_name", "Clínica\nAndina"),
        ("head_office_address", "  "),
        ("trade_name", 7),
        ("environment", "pruebas"),
        ("keeps_accounting", "SI"),
        ("keeps_accounting", None),
        ("special_taxpayer_number", "12"),
        ("special_taxpayer_number", "12345678901234"),
        ("special_taxpayer_number", "12-345"),
        ("special_taxpayer_number", "１２３"),
        ("withholding_agent_number", "000000000"),
        ("withholding_agent_number", "123456789"),
        ("withholding_agent_number", "12a"),
        ("withholding_agent_number", "12\n"),
        ("rimpe", "NINGUNO"),
        ("provider_ruc", "1790011674000"),
        ("consumidor_final_limit", -1),
        ("consumidor_final_limit", 50.005),
        ("consumidor_final_limit", None),
        ("establishments", []),
        ("establishments", None),
        ("establishments", [HEAD_OFFICE, HEAD_OFFICE]),
    ],
)
def test_a_wrong_value_is_named_the_first_time_and_afterwards(accountant, field, value):
    assert list(problems(put(accountant, **{field: value}))) == [field]
    put(accountant)
    assert list(problems(accountant.put("/sri/settings", {field: value}))) == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("establishment", "000"),
        ("establishment", "1"),
        ("establishment", "0001"),
        ("establishment", "٠٠١"),
        ("address", ""),
        ("emission_points", []),
        ("emission_points", ["001", "001"]),
        ("emission_points[0]", ["000"]),
    ],
)
def test_a_wrong_establishment_says_where(accountant, field, value):
    row = {**BRANCH, field.partition("[")[0]: value}
    assert list(problems(put(accountant, establishments=[HEAD_OFFICE, row]))) == [
        f"establishments[1].{field}"
    ]


def test_what_is_written_is_stored_clean(accountant):
    saved = put(
        accountant,
        ruc=" 17900-11674-001 ",
        legal_name=" Clínica Andina S.A. ",
        special_taxpayer_number="A1b2",
        withholding_agent_number="00001234",
        provider_ruc="1793213150001",
        establishments=[{**BRANCH, "emission_points": ["003", "001"]}, HEAD_OFFICE],
    ).json["data"]["settings"]
    assert (saved["ruc"], saved["legal_name"]) == (RUC, "Clínica Andina S.A.")
    assert (saved["special_taxpayer_number"], saved["withholding_agent_number"]) == ("A1b2", "1234")
    assert saved["provider_ruc"] == "1793213150001"
    assert saved["establishments"] == [HEAD_OFFICE, BRANCH]


def test_afterwards_only_what_is_sent_changes_and_null_empties(accountant):
    first = put(accountant, trade_name="Andina", rimpe="RIMPE").json["data"]["settings"]
    changed = accountant.put("/sri/settings", {"trade_name": None, "keeps_accounting": True})
    after = changed.json["data"]["settings"]
    assert after == {
        **first,
        "trade_name": None,
        "keeps_accounting": True,
        "updated_at": after["updated_at"],
    }


def test_establishments_are_replaced_as_a_whole(accountant):
    put(accountant, establishments=[HEAD_OFFICE, BRANCH])
    moved = {**HEAD_OFFICE, "address": "Otra calle", "emission_points": ["001", "002"]}
    accountant.put("/sri/settings", {"establishments": [moved]})
    assert settings(accountant)["establishments"] == [moved]


@pytest.mark.parametrize("left", [[BRANCH], [{**HEAD_OFFICE, "emission_points": ["002"]}]])
def test_the_series_that_invoices_use_by_default_is_not_removed(accountant, left):
    put(accountant)
    message = problems(accountant.put("/sri/settings", {"establishments": left}))["establishments"]
    assert "001-001" in message
    assert "INVOICE_ESTABLISHMENT" in message
    assert settings(accountant)["establishments"] == [HEAD_OFFICE]


def test_a_series_with_documents_on_their_way_is_not_removed(accountant):
    put(accountant, establishments=[HEAD_OFFICE, BRANCH])
    waiting = document(accountant, series="002-003")
    body = {"establishments": [HEAD_OFFICE]}
    assert "002-003" in problems(accountant.put("/sri/settings", body))["establishments"]
    with transaction() as db:
        db.execute(update(SriDocument).where(SriDocument.document_id == waiting).values(voided_at=now()))
    assert accountant.put("/sri/settings", body).status_code == 200


def test_the_ruc_does_not_change_once_it_has_issued_for_real(accountant):
    put(accountant)
    document(accountant, "PRUEBAS")
    assert accountant.put("/sri/settings", {"ruc": "1793213150001"}).status_code == 200
    document(accountant, "PRODUCCION", **authorized(now()))
    refused = accountant.put("/sri/settings", {"ruc": RUC, "keeps_accounting": True})
    assert (refused.status_code, refused.json["code"]) == (409, "ruc_con_comprobantes")
    assert settings(accountant)["keeps_accounting"] is False
    same = accountant.put("/sri/settings", {"ruc": "1793213150001", "keeps_accounting": True})
    assert same.status_code == 200


def test_turning_transmission_on_clears_what_stopped_it(accountant):
    put(accountant)
    with transaction() as db:
        db.execute(update(SriSettings).values(stopped_reason="2: RUC no activo"))
    assert settings(accountant)["stopped_reason"] == "2: RUC no activo"
    accountant.put("/sri/settings", {"keeps_accounting": True})
    assert settings(accountant)["stopped_reason"] == "2: RUC no activo"
    accountant.put("/sri/settings", {"transmission_enabled": True})
    assert settings(accountant)["stopped_reason"] is None


def warnings(response):
    return " ".join(response.json["data"]["warnings"])


def test_a_warning_says_what_is_missing_and_what_the_sri_may_refuse(accountant):
    said = warnings(put(accountant, rimpe="NEGOCIO_POPULAR", establishments=[BRANCH]))
    assert "negocio popular" in said
    assert "RUC de quien provee el sistema" in said
    assert "001-001" in said
    assert warnings(put(accountant, rimpe=None, provider_ruc=RUC, establishments=[HEAD_OFFICE])) == ""


def test_going_to_production_says_that_test_invoices_do_not_count(accountant):
    put(accountant, provider_ruc=RUC)
    lines = [{"description": "Consulta", "unit_price": 30}]
    invoice = accountant.post("/invoices", {"patient_id": factories.patient(), "items": lines})
    with transaction() as db:
        db.execute(
            update(Invoice)
            .where(Invoice.invoice_id == invoice.json["data"]["invoice"]["invoice_id"])
            .values(is_test=True)
        )
    said = warnings(accountant.put("/sri/settings", {"environment": "PRODUCCION"}))
    assert "Facturas hechas en PRUEBAS: 1. No valen y no cuentan en los reportes." in said
    assert "es de prueba" in warnings(accountant.put("/sri/settings", {"environment": "PRUEBAS"}))


def test_two_first_writes_at_once_are_a_creation_and_a_change(accountant):
    bodies = [{"trade_name": f"Sucursal {number}", "rimpe": "RIMPE"} for number in range(8)]
    done = at_once([lambda body=body: put(accountant, **body) for body in bodies])
    assert [response.status_code for response in done] == [200] * 8
    with reading() as db:
        actions = [
            row["action"] for row in fetch_all(db, select(AuditLog.action).order_by(AuditLog.audit_id))
        ]
        assert len(fetch_all(db, select(SriSettings.settings_id))) == 1
        assert len(fetch_all(db, select(SriEstablishment.establishment))) == 1
    assert actions == ["CREATE"] + ["UPDATE"] * 7


def test_expecting_data_that_nobody_put_is_refused(accountant):
    refused = accountant.put("/sri/settings", FIRST, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json["code"]) == (412, "version_vencida")
    assert settings(accountant) is None


def test_what_the_worker_notes_does_not_disturb_who_edits(accountant):
    tag = put(accountant).headers["ETag"]
    with transaction() as db:
        db.execute(update(SriSettings).values(stopped_reason="56: cerrado"))
    edited = accountant.put("/sri/settings", {"trade_name": "Andina"}, headers={"If-Match": tag})
    assert edited.status_code == 200


def test_each_change_leaves_who_did_it_and_what_it_said(accountant):
    put(accountant)
    accountant.put("/sri/settings", {"trade_name": "Andina", "consumidor_final_limit": 100})
    accountant.put("/sri/settings", {"trade_name": "Andina"})
    with reading() as db:
        rows = fetch_all(db, AUDIT)
    assert [(row["action"], row["entity"]) for row in rows] == [
        ("CREATE", "sri_settings"),
        ("UPDATE", "sri_settings"),
    ]
    assert rows[1]["details"] == {
        "fields": ["consumidor_final_limit", "trade_name"],
        "former": {"consumidor_final_limit": "50.00", "trade_name": None},
    }


def test_the_issuer_goes_into_a_document_with_the_address_of_its_establishment(accountant):
    put(accountant, rimpe="RIMPE", keeps_accounting=True, establishments=[HEAD_OFFICE, BRANCH])
    with reading() as db:
        rows = {row["establishment"]: row for row in establishments(db)}
        seen = issuer(shown_settings(db), rows[BRANCH["establishment"]])
    assert (seen.ruc, seen.establishment_address) == (RUC, BRANCH["address"])
    assert (seen.rimpe_legend, seen.keeps_accounting) == ("CONTRIBUYENTE RÉGIMEN RIMPE", True)


def test_who_keeps_the_cash_desk_does_not_configure_the_issuer(api):
    cashier = api("facturacion", role="Recepcion")
    assert cashier.get("/sri/settings").status_code == 403
    assert put(cashier).status_code == 403
    with reading() as db:
        assert fetch_value(db, select(SriSettings.ruc)) is None


def test_no_document_is_born_with_a_ruc_that_is_no_longer_the_one_of_the_issuer(accountant):
    put(accountant, environment="PRODUCCION")
    lines = [{"description": "Consulta", "unit_price": 30, "iva_rate": 0}]
    body = {"patient_id": factories.patient(), "items": lines, "status": "ISSUED"}
    calls = [lambda: accountant.post("/invoices", body).status_code for _ in range(6)]
    calls.insert(2, lambda: accountant.put("/sri/settings", {"ruc": "1793213150001"}).status_code)
    done = at_once(calls)
    assert done.count(201) == 6
    with reading() as db:
        rucs = {row["ruc"] for row in fetch_all(db, select(SriDocument.ruc))}
    assert rucs == {settings(accountant)["ruc"]}
