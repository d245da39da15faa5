"""El certificado de firma: recibirlo, guardarlo cifrado, abrirlo para firmar y que nada suyo se escape."""

import base64
import logging
from datetime import timedelta
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from sqlalchemy import select, update

from common.database import fetch_all, reading, transaction
from common.tables import Base
from common.tables.platform import AuditLog, IdempotencyKey
from common.tables.sri_settings import SriCertificate
from common.utils import clinic_today, clock_at, now, start_of_day
from common.watch.logs import JsonLines
from facturacion_service.sri.settings.certificates import CredentialError, current_credential
from facturacion_service.sri.signing import certificates
from scripts import demo_certificate
from scripts.trials.at_once import at_once
from tests import factories
from tests.facturacion.issuer import RUC, put

PASSWORD = "La clave de la señora Rosa ☂"
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.urlsafe_b64encode(bytes(32)).decode()


@pytest.fixture(autouse=True)
def with_a_key(configured):
    """La clave con que se cifra, puesta."""
    configured(SRI_CERTIFICATE_KEY=KEY)


@pytest.fixture
def accountant(api):
    """Contabilidad: configura la facturación electrónica."""
    return api("facturacion", role="Contador")


@cache
def p12(ruc=RUC, **options):
    return demo_certificate.make_p12(ruc, "Clínica Andina", PASSWORD, **options)


def upload(client, file=None, password=PASSWORD, **options):
    text = base64.b64encode(p12() if file is None else file).decode()
    return client.post("/sri/certificate", {"file_base64": text, "password": password}, **options)


def uploaded(client, file=None):
    response = upload(client, file)
    assert response.status_code == 201, response.json
    return response.json["data"]["certificate"]


def shown(client):
    return client.get("/sri/certificate").json["data"]["certificate"]


def refusal(response):
    assert response.status_code == 422, response.json
    [error] = response.json["errors"]
    return error["field"], error["message"]


def credential():
    with reading() as db:
        return current_credential(db)


def test_without_a_certificate_there_is_nothing_to_show(accountant):
    assert shown(accountant) is None
    with pytest.raises(CredentialError) as refused:
        credential()
    assert refused.value.code == "sin_certificado"


def test_what_it_says_is_shown_and_with_it_one_signs(api):
    who = factories.user("Contador", full_name="Rosa Vera")
    client = api("facturacion", role="Contador", user_id=who)
    put(client)
    file = p12(starts=start_of_day(clinic_today()), days=90)
    response = upload(client, file)
    assert response.headers["Location"] == "/api/facturacion/sri/certificate"
    certificate = response.json["data"]["certificate"]
    assert certificate == shown(client)
    original = certificates.open_p12(file, PASSWORD)
    info = certificates.describe(original.certificate)
    assert (certificate["subject"], certificate["issuer"]) == (info.holder, info.issued_by)
    assert (certificate["serial_number"], certificate["rucs"]) == (str(info.serial_number), [RUC])
    assert (certificate["fingerprint"], certificate["warnings"]) == (info.fingerprint, [])
    assert (certificate["days_left"], certificate["uploaded_by_name"]) == (90, "Rosa Vera")
    number, opened = credential()
    assert number == certificate["certificate_id"]
    assert opened.private_key.private_numbers() == original.private_key.private_numbers()
    assert (opened.certificate, opened.chain) == (original.certificate, original.chain)


def test_base64_may_come_in_lines(accountant):
    text = base64.encodebytes(p12()).decode()
    done = accountant.post("/sri/certificate", {"file_base64": text, "password": PASSWORD})
    assert done.status_code == 201


@pytest.mark.parametrize("text", ["no es base64", "QQ=", "☂", "data:application/x-pkcs12;base64,QUJD"])
def test_what_is_no_base64_is_refused(accountant, text):
    refused = accountant.post("/sri/certificate", {"file_base64": text, "password": PASSWORD})
    assert refusal(refused) == ("file_base64", "no es un archivo en base64")


@pytest.mark.parametrize("file", [b"PK\x03\x04", b"0\x82", b"\0" * 5000])
def test_what_is_no_p12_is_refused(accountant, file):
    field, message = refusal(upload(accountant, file))
    assert field == "file_base64"
    assert "PKCS#12" in message


@pytest.mark.parametrize("password", ["", "otra", PASSWORD + " "])
def test_a_wrong_password_is_refused_by_its_field(accountant, password):
    field, message = refusal(upload(accountant, password=password))
    assert (field, "contraseña" in message) == ("password", True)
    assert shown(accountant) is None


def test_an_expired_or_future_certificate_is_refused(accountant):
    past = p12(starts=now() - timedelta(days=40), days=10)
    assert refusal(upload(accountant, past))[0] == "file_base64"
    assert "venció" in refusal(upload(accountant, past))[1]
    future = p12(starts=now() + timedelta(days=5))
    assert "sirve desde" in refusal(upload(accountant, future))[1]
    assert shown(accountant) is None


def test_a_file_without_key_or_without_rsa_is_refused(accountant):
    own = certificates.open_p12(p12(), PASSWORD)
    encryption = BestAvailableEncryption(PASSWORD.encode())
    keyless = pkcs12.serialize_key_and_certificates(None, None, own.certificate, None, encryption)
    assert "clave privada" in refusal(upload(accountant, keyless))[1]
    curve = ec.generate_private_key(ec.SECP256R1())
    authority = demo_certificate.make_authority()
    signed = demo_certificate.make_certificate(RUC, "Clínica", curve, authority)
    elliptic = pkcs12.serialize_key_and_certificates(None, curve, signed, None, encryption)
    assert "RSA" in refusal(upload(accountant, elliptic))[1]


def test_without_a_key_to_seal_it_nothing_is_stored(accountant, configured):
    configured(SRI_CERTIFICATE_KEY="")
    refused = upload(accountant)
    assert (refused.status_code, refused.json["code"]) == (409, "sin_clave_de_cifrado")
    assert "SRI_CERTIFICATE_KEY" in refused.json["message"]
    assert shown(accountant) is None


def test_of_another_ruc_it_is_accepted_with_a_warning(accountant):
    put(accountant, ruc="1793213150001")
    [warning] = uploaded(accountant)["warnings"]
    assert "1793213150001" in warning
    assert shown(accountant)["warnings"] == [warning]


def test_a_new_one_replaces_the_former_whose_key_is_erased(accountant):
    first, second = uploaded(accountant), uploaded(accountant, p12(days=200))
    assert shown(accountant)["fingerprint"] == second["fingerprint"]
    assert credential()[0] == second["certificate_id"] != first["certificate_id"]
    with reading() as db:
        statement = select(SriCertificate.is_current, SriCertificate.sealed)
        rows = fetch_all(db, statement.order_by(SriCertificate.certificate_id))
    assert [row["is_current"] for row in rows] == [False, True]
    assert [bool(row["sealed"]) for row in rows] == [False, True]


def test_a_refused_one_leaves_the_former_in_use(accountant):
    first = uploaded(accountant)
    upload(accountant, password="otra")
    upload(accountant, p12(starts=now() - timedelta(days=40), days=10))
    assert shown(accountant) == first


def test_two_uploads_at_once_leave_one_in_use(accountant):
    p12()
    done = at_once([lambda: upload(accountant).status_code for _ in range(4)])
    assert done == [201] * 4
    with reading() as db:
        rows = fetch_all(db, select(SriCertificate.is_current))
    assert sorted(row["is_current"] for row in rows) == [False, False, False, True]


def test_withdrawing_it_leaves_none_and_erases_its_key(accountant):
    uploaded(accountant)
    assert accountant.delete("/sri/certificate").status_code == 200
    assert shown(accountant) is None
    assert accountant.delete("/sri/certificate").status_code == 404
    with reading() as db:
        assert [row["sealed"] for row in fetch_all(db, select(SriCertificate.sealed))] == [b""]


def test_with_another_key_it_does_not_open_and_says_so(accountant, configured):
    uploaded(accountant)
    configured(SRI_CERTIFICATE_KEY=OTHER_KEY)
    with pytest.raises(CredentialError) as refused:
        credential()
    assert refused.value.code == "certificado_ilegible"
    [warning] = shown(accountant)["warnings"]
    assert "vuelva a subirlo" in warning


def test_what_was_sealed_for_a_certificate_does_not_open_as_another(accountant):
    uploaded(accountant)
    with transaction() as db:
        db.execute(update(SriCertificate).values(fingerprint="0" * 64))
    with pytest.raises(CredentialError) as refused:
        credential()
    assert refused.value.code == "certificado_ilegible"


def test_once_expired_one_does_not_sign_with_it(accountant):
    uploaded(accountant)
    with clock_at(now() + timedelta(days=340)):
        assert "vence el" in shown(accountant)["warnings"][0]
        assert credential()
    with clock_at(now() + timedelta(days=366)):
        assert shown(accountant)["days_left"] < 0
        with pytest.raises(CredentialError) as refused:
            credential()
    assert refused.value.code == "certificado_vencido"


def whole_database():
    """Cada valor de cada tabla."""
    with reading() as db:
        for table in Base.metadata.tables.values():
            for row in fetch_all(db, select(table)):
                yield from row.values()


def secrets():
    """Lo que no se puede leer en ninguna parte: la contraseña, el archivo y la clave, en texto y en bytes."""
    key = certificates.open_p12(p12(), PASSWORD).private_key.private_numbers()
    factors = [key.p.to_bytes(128), key.q.to_bytes(128)]
    texts = [PASSWORD, *(base64.b64encode(data).decode() for data in (p12(), *factors))]
    return texts, [PASSWORD.encode(), p12(), *factors]


def test_neither_password_nor_file_nor_key_are_in_an_answer_the_log_or_the_database(
    accountant, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "clinica")
    put(accountant)
    headers = {"Idempotency-Key": "subir-1"}
    answers = [
        upload(accountant, password=PASSWORD + "x", headers=headers),
        upload(accountant, p12()[:-20], headers=headers),
        accountant.post("/sri/certificate", {"file_base64": [PASSWORD], "password": {"x": PASSWORD}}),
        upload(accountant, headers=headers),
        accountant.get("/sri/certificate"),
        accountant.get("/sri/preflight"),
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 201, 200, 200]
    logged = [JsonLines().format(record) for record in caplog.records]
    logged += capfd.readouterr().err.splitlines()
    assert any("sri/certificate" in line for line in logged)
    said = [answer.text for answer in answers] + logged
    texts, binaries = secrets()
    stored = list(whole_database())
    assert any(isinstance(value, bytes) and len(value) > 1000 for value in stored)
    for secret in texts:
        assert not [text for text in said if secret in text]
        assert not [value for value in stored if secret in str(value)]
    for secret in binaries:
        assert not [value for value in stored if isinstance(value, bytes) and secret in value]


def test_nothing_of_it_is_kept_to_be_repeated(accountant):
    for _ in range(2):
        assert upload(accountant, headers={"Idempotency-Key": "subir"}).status_code == 201
    with reading() as db:
        assert fetch_all(db, select(IdempotencyKey.key)) == []


def test_uploading_and_withdrawing_stay_in_the_audit(accountant):
    certificate = uploaded(accountant)
    accountant.delete("/sri/certificate")
    with reading() as db:
        statement = select(AuditLog.action, AuditLog.entity, AuditLog.entity_id, AuditLog.details)
        rows = fetch_all(db, statement.order_by(AuditLog.audit_id))
    number = certificate["certificate_id"]
    assert [(row["action"], row["entity"], row["entity_id"]) for row in rows] == [
        ("CREATE", "sri_certificates", number),
        ("DELETE", "sri_certificates", number),
    ]
    assert rows[0]["details"] == {
        "fingerprint": certificate["fingerprint"],
        "subject": certificate["subject"],
        "replaces": None,
    }


def test_who_keeps_the_cash_desk_neither_sees_nor_changes_it(api):
    cashier = api("facturacion", role="Recepcion")
    assert upload(cashier).status_code == 403
    assert cashier.get("/sri/certificate").status_code == 403
    assert cashier.delete("/sri/certificate").status_code == 403


def codes(client):
    state = client.get("/sri/preflight").json["data"]
    return state["ready"], {one["code"] for one in state["problems"] if "certificado" in one["code"]}


def test_with_data_key_and_certificate_one_is_ready_to_issue(accountant, configured):
    configured(SRI_XSD_DIR="")
    put(accountant)
    assert codes(accountant) == (False, {"sin_certificado"})
    uploaded(accountant)
    assert codes(accountant) == (True, set())


def test_before_issuing_one_is_told_what_is_wrong_with_the_certificate(accountant, configured):
    configured(SRI_XSD_DIR="")
    put(accountant)
    uploaded(accountant)
    with clock_at(now() + timedelta(days=345)):
        assert codes(accountant) == (True, {"certificado_vence_en_30_dias"})
    with clock_at(now() + timedelta(days=400)):
        assert codes(accountant) == (False, {"certificado_vencido"})
    with clock_at(now() - timedelta(days=2)):
        assert codes(accountant) == (False, {"certificado_aun_no_vigente"})
    put(accountant, ruc="1793213150001")
    assert codes(accountant) == (True, {"certificado_otro_ruc"})
    configured(SRI_CERTIFICATE_KEY=OTHER_KEY)
    assert codes(accountant) == (False, {"certificado_ilegible"})
    configured(SRI_CERTIFICATE_KEY="")
    assert codes(accountant)[0] is False
