"""Lo que se dice de un certificado: de quién es, hasta cuándo y por qué no sirve; y cómo se guarda."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from facturacion_service.sri.signing.certificates import Credential, describe, dump, load, problems
from scripts.demo_certificate import MARK, make_authority
from tests.facturacion.sri.signing.signers import AT, ENDS, RUC, STARTS, bare_certificate, credential, key

CEDULA = "1712345675"
UTF8, PRINTABLE, BMP = 0x0C, 0x13, 0x1E


def string(tag: int, text: str, charset: str = "utf-8") -> bytes:
    content = text.encode(charset)
    return bytes([tag, len(content)]) + content


def certificate_with(subject=(), extensions=()) -> x509.Certificate:
    """Un certificado con esos atributos del titular y esas extensiones."""
    values = [(x509.ObjectIdentifier(oid), content) for oid, content in extensions]
    return bare_certificate(subject, [x509.UnrecognizedExtension(*value) for value in values])


def codes(info, ruc: str, now: datetime) -> list[tuple[str, bool]]:
    return [(problem.code, problem.blocking) for problem in problems(info, ruc, now)]


def test_describes_what_a_person_and_the_sri_need():
    certificate = credential().certificate
    info = describe(certificate)
    assert info.holder == f"CLÍNICA DE PRUEBA S.A. - {MARK}"
    assert info.subject.startswith(f"CN={info.holder},2.5.4.5=#130d")
    assert info.issued_by == f"ENTIDAD INVENTADA - {MARK}"
    assert info.issuer == f"CN={info.issued_by},O={MARK},C=EC"
    assert info.serial_number == certificate.serial_number
    assert (info.not_before, info.not_after) == (STARTS, ENDS)
    assert info.fingerprint == certificate.fingerprint(hashes.SHA256()).hex()
    assert info.rucs == (RUC,)


@pytest.mark.parametrize(
    ("subject", "holder"),
    [
        ([(NameOID.ORGANIZATION_NAME, "Clínica"), (NameOID.COMMON_NAME, "Ana")], "Ana"),
        ([(NameOID.COMMON_NAME, "Ana"), (NameOID.COMMON_NAME, "Otra")], "Ana"),
        ([(NameOID.ORGANIZATION_NAME, "Clínica"), (NameOID.COUNTRY_NAME, "EC")], "Clínica"),
        ([(NameOID.COUNTRY_NAME, "EC")], "C=EC"),
        ([], ""),
    ],
)
def test_the_holder_is_the_best_name_there_is(subject, holder):
    assert describe(certificate_with(subject)).holder == holder


@pytest.mark.parametrize(
    ("oid", "text"),
    [
        (NameOID.SERIAL_NUMBER, RUC),
        (NameOID.SERIAL_NUMBER, f"{RUC}-210324101530"),
        (NameOID.SERIAL_NUMBER, f"RUC{RUC}"),
        (NameOID.ORGANIZATION_IDENTIFIER, f"VATEC-{RUC}"),
        (NameOID.COMMON_NAME, f"CLÍNICA ({RUC})"),
        (NameOID.USER_ID, RUC),
    ],
)
def test_finds_the_ruc_anywhere_in_the_subject(oid, text):
    assert describe(certificate_with([(oid, text)])).rucs == (RUC,)


@pytest.mark.parametrize(
    "content",
    [
        string(PRINTABLE, RUC),
        string(UTF8, RUC),
        string(BMP, RUC, "utf-16-be"),
        RUC.encode(),
        b"\x30\x0f" + string(PRINTABLE, RUC),
        # Su longitud, 48, también es la letra «0»: no se confunde con un dígito más.
        string(UTF8, RUC + " " * 35),
    ],
)
@pytest.mark.parametrize("oid", ["1.3.6.1.4.1.37947.3.11", "1.3.6.1.4.1.37746.3.11", "2.5.29.17"])
def test_finds_the_ruc_in_the_extensions_however_it_is_written(oid, content):
    assert describe(certificate_with(extensions=[(oid, content)])).rucs == (RUC,)


@pytest.mark.parametrize("oid", ["2.5.29.14", "2.5.29.31", "2.5.29.32", "1.3.6.1.5.5.7.1.1"])
def test_numbers_in_extensions_that_do_not_speak_of_the_holder_are_not_his(oid):
    assert describe(certificate_with(extensions=[(oid, string(UTF8, RUC))])).rucs == ()


@pytest.mark.parametrize("text", [f"9{RUC}", f"{RUC}9", "1799000012000", "179900001200", "179900001２001"])
def test_what_only_resembles_a_ruc_is_not_one(text):
    assert describe(certificate_with([(NameOID.COMMON_NAME, text)])).rucs == ()


def test_finds_the_cedula_and_not_any_ten_digits():
    certificate = certificate_with(
        [(NameOID.SERIAL_NUMBER, f"{CEDULA}-210324101530"), (NameOID.COMMON_NAME, "tel. 0991234567")]
    )
    assert describe(certificate).cedulas == (CEDULA,)


def test_a_number_said_twice_is_told_once():
    certificate = certificate_with(
        [(NameOID.SERIAL_NUMBER, RUC)], [("1.3.6.1.4.1.37947.3.11", string(UTF8, RUC))]
    )
    assert describe(certificate).rucs == (RUC,)


def test_a_good_certificate_has_no_problems():
    assert problems(describe(credential().certificate), RUC, STARTS) == []


def test_another_ruc_is_a_warning_that_names_both():
    (problem,) = problems(describe(credential().certificate), "1790011674001", STARTS)
    assert (problem.code, problem.blocking) == ("otro_ruc", False)
    assert "1790011674001" in problem.message
    assert RUC in problem.message


def test_the_cedula_of_a_person_is_that_of_his_ruc():
    info = describe(certificate_with([(NameOID.SERIAL_NUMBER, CEDULA)]))
    assert codes(info, f"{CEDULA}001", STARTS) == []
    assert codes(info, RUC, STARTS) == [("otro_ruc", False)]


def test_a_certificate_without_any_ruc_says_so():
    (problem,) = problems(describe(certificate_with()), RUC, STARTS)
    assert "ninguno" in problem.message


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (STARTS - timedelta(seconds=1), [("aun_no_vigente", True)]),
        (STARTS, []),
        (ENDS - timedelta(days=31), []),
        (ENDS - timedelta(days=30), [("vence_en_30_dias", False)]),
        (ENDS - timedelta(days=16), [("vence_en_30_dias", False)]),
        (ENDS - timedelta(days=15), [("vence_en_15_dias", False)]),
        (ENDS - timedelta(days=6), [("vence_en_15_dias", False)]),
        (ENDS - timedelta(days=5), [("vence_en_5_dias", False)]),
        (ENDS, [("vence_en_5_dias", False)]),
        (ENDS + timedelta(seconds=1), [("vencido", True)]),
    ],
)
def test_warns_before_it_expires_and_blocks_outside_its_validity(now, expected):
    assert codes(describe(credential().certificate), RUC, now) == expected


def test_the_days_and_the_date_are_those_of_ecuador():
    # Vence a medianoche UTC del 1 de enero, que en el Ecuador es el 31 de diciembre a las 19:00.
    (problem,) = problems(describe(credential().certificate), RUC, ENDS - timedelta(days=4, hours=20))
    assert problem.message == "El certificado vence el 31/12/2026 (en 5 días)."


@pytest.mark.parametrize(
    ("before", "words"), [(timedelta(hours=1), "(hoy)"), (timedelta(days=1), "(mañana)")]
)
def test_the_last_days_are_said_as_a_person_would(before, words):
    (problem,) = problems(describe(credential().certificate), RUC, ENDS - before)
    assert words in problem.message


def test_several_problems_are_all_told():
    assert codes(describe(credential().certificate), "1790011674001", ENDS + timedelta(days=1)) == [
        ("vencido", True),
        ("otro_ruc", False),
    ]


def test_a_stored_credential_is_the_same_when_loaded():
    original = credential()
    loaded = load(dump(original))
    assert loaded.private_key.private_numbers() == original.private_key.private_numbers()
    assert (loaded.certificate, loaded.chain) == (original.certificate, original.chain)
    assert dump(loaded) == dump(original)


def test_a_credential_without_chain_is_stored_too():
    alone = Credential(key(), credential().certificate)
    assert load(dump(alone)).chain == ()


@pytest.mark.parametrize("cut", [0, 1, 100, 1300])
def test_a_stored_credential_cut_short_is_refused(cut):
    with pytest.raises(ValueError, match=r".+"):
        load(dump(Credential(key(), credential().certificate))[:cut])


def test_a_key_with_the_certificate_of_another_is_refused():
    with pytest.raises(ValueError, match="no es la del certificado"):
        load(dump(Credential(key(2), credential().certificate)))


def test_the_private_key_does_not_show():
    assert "private_key" not in repr(credential())


def test_the_issuer_of_a_made_up_certificate_may_have_any_name():
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, "VATEC-1790012345001"),
            x509.NameAttribute(NameOID.COMMON_NAME, "AC, «Ñ» + #1 "),
        ]
    )
    info = describe(credential(authority=make_authority(name, key(0))).certificate)
    assert info.issuer == "CN=AC\\, «Ñ» \\+ \\#1\\ ,2.5.4.97=#0c1356415445432d31373930303132333435303031"
    assert name.public_bytes() in credential(authority=make_authority(name, key(0))).certificate.public_bytes(
        Encoding.DER
    )


def test_the_moment_of_the_tests_is_within_validity():
    assert STARTS < AT < ENDS
