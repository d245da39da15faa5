"""Antes de emitir: se dice todo lo que falta, y qué de ello lo impide."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from common.database import transaction
from common.tables.sri_settings import SriSettings
from common.utils import now
from facturacion_service.ledger.numbering import next_number
from facturacion_service.sri.xml.documents import FACTURA, Series
from facturacion_service.sri.xml.schema import SCHEMAS, SIGNATURE_SCHEMA
from tests import sri_official
from tests.facturacion.issuer import RUC, document, put

ALWAYS = {"sin_esquemas", "sin_correo", "reloj_sin_comprobar"}
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
BRANCH = {"establishment": "002", "address": "Mall del Sur", "emission_points": ["001"]}

# Antes de que cada prueba quite la variable.
OFFICIAL = sri_official.xsd_dir()


@pytest.fixture(autouse=True)
def bare(configured):
    """Nada configurado, tenga lo que tenga quien corre las pruebas."""
    configured(SRI_CERTIFICATE_KEY="", SRI_XSD_DIR="", SMTP_HOST="", SMTP_FROM="")


@pytest.fixture
def accountant(api):
    """Contabilidad: configura la facturación electrónica."""
    return api("facturacion", role="Contador")


def preflight(client):
    return client.get("/sri/preflight").json["data"]


def codes(client, *, blocking=None):
    found = preflight(client)["problems"]
    return {one["code"] for one in found if blocking in (None, one["blocking"])} - ALWAYS


def message(client, code):
    [found] = [one["message"] for one in preflight(client)["problems"] if one["code"] == code]
    return found


def test_a_clinic_that_never_configured_it_is_told_everything_that_is_missing(accountant):
    state = preflight(accountant)
    assert (state["ready"], state["environment"]) == (False, None)
    assert {one["code"] for one in state["problems"] if one["blocking"]} == {
        "sin_datos_del_emisor",
        "sin_clave_de_cifrado",
        "sin_certificado",
    }
    assert {one["code"] for one in state["problems"] if not one["blocking"]} == ALWAYS
    order = [one["blocking"] for one in state["problems"]]
    assert order == sorted(order, reverse=True)


def test_with_its_data_and_a_key_only_the_certificate_is_missing(accountant, configured):
    configured(SRI_CERTIFICATE_KEY=KEY)
    put(accountant, provider_ruc=RUC)
    assert codes(accountant) == {"sin_certificado"}
    assert preflight(accountant)["environment"] == "PRUEBAS"


def test_the_series_used_by_default_has_to_be_registered(accountant):
    put(accountant, establishments=[BRANCH])
    assert "serie_sin_registrar" in codes(accountant, blocking=True)
    assert "001-001" in message(accountant, "serie_sin_registrar")


def test_what_the_configuration_says_may_no_longer_be_registered(accountant, configured):
    put(accountant)
    configured(INVOICE_EMISSION_POINT="007")
    assert "001-007" in message(accountant, "serie_sin_registrar")


def test_transmission_off_or_stopped_by_the_sri_prevents_it(accountant):
    put(accountant, transmission_enabled=False)
    with transaction() as db:
        db.execute(update(SriSettings).values(stopped_reason="2: RUC no activo."))
    assert {"transmision_apagada", "detenida_por_el_sri"} <= codes(accountant, blocking=True)
    assert "2: RUC no activo. Cuando" in message(accountant, "detenida_por_el_sri")


def test_the_provider_of_the_system_is_a_warning(accountant):
    put(accountant)
    assert "sin_ruc_del_proveedor" in codes(accountant, blocking=False)


def test_small_business_is_a_warning_until_the_official_schema_is_used(accountant, configured, tmp_path):
    put(accountant, rimpe="NEGOCIO_POPULAR")
    assert "negocio_popular" in codes(accountant, blocking=False)
    configured(SRI_XSD_DIR=str(tmp_path))
    assert "negocio_popular" in codes(accountant, blocking=True)


def test_a_folder_without_all_the_schemas_prevents_it_and_names_them(accountant, configured, tmp_path):
    configured(SRI_XSD_DIR=str(tmp_path))
    (tmp_path / SIGNATURE_SCHEMA).touch()
    said = message(accountant, "esquemas_incompletos")
    assert [name in said for name in (*SCHEMAS.values(), SIGNATURE_SCHEMA)] == [True, True, False]
    for name in SCHEMAS.values():
        (tmp_path / name).write_text("<html>404 Not Found</html>", encoding="utf-8")
    assert "no es un esquema que se pueda usar" in message(accountant, "esquemas_incompletos")


def test_the_official_schemas_are_enough(accountant, configured):
    configured(SRI_XSD_DIR=str(sri_official.require(OFFICIAL)))
    assert "esquemas" not in str(preflight(accountant))


@pytest.mark.parametrize(
    ("host", "sender", "is_said"),
    [("correo.test", "a@clinica.test", False), ("correo.test", "", True), ("", "a@clinica.test", True)],
)
def test_mail_needs_a_server_and_a_sender(accountant, configured, host, sender, is_said):
    configured(SMTP_HOST=host, SMTP_FROM=sender)
    assert ("sin_correo" in str(preflight(accountant))) is is_said


def test_documents_that_do_not_advance_say_how_to_start_the_worker(accountant):
    put(accountant)
    document(accountant, next_attempt_at=now() - timedelta(minutes=4))
    assert "trabajador_detenido" not in codes(accountant)
    document(accountant, next_attempt_at=now() - timedelta(minutes=6))
    assert "trabajador_detenido" in codes(accountant, blocking=True)
    said = message(accountant, "trabajador_detenido")
    assert "5 minutos: 1." in said
    assert "python -m facturacion_service.sri.worker" in said
    accountant.put("/sri/settings", {"transmission_enabled": False})
    assert "trabajador_detenido" not in codes(accountant)


def test_documents_that_wait_for_somebody_are_counted_in_their_environment(accountant):
    put(accountant)
    document(accountant, "PRUEBAS", attention="Corrija el RUC del comprador.")
    document(accountant, "PRUEBAS", attention="Ya resuelto.", voided_at=now(), voided_reason="x")
    document(accountant, "PRODUCCION", attention="Renueve el certificado.")
    assert "comprobantes_por_atender" in codes(accountant, blocking=False)
    assert message(accountant, "comprobantes_por_atender").endswith(": 1.")


def test_numbers_used_in_a_series_that_is_not_registered_are_named(accountant):
    put(accountant)
    with transaction() as db:
        next_number(db, FACTURA, Series("003", "001"), is_test=True)
        next_number(db, FACTURA, Series("004", "001"), is_test=False)
    assert message(accountant, "numeros_de_otra_serie").endswith(": 003-001.")


def test_the_clock_of_the_server_is_there_to_be_compared(accountant):
    assert "NTP" in message(accountant, "reloj_sin_comprobar")


def test_who_keeps_the_cash_desk_does_not_see_it(api):
    assert api("facturacion", role="Recepcion").get("/sri/preflight").status_code == 403
