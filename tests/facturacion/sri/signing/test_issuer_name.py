"""El nombre del emisor es, letra por letra, el que escribe Java; los vectores los escribió él."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from facturacion_service.sri.signing.certificate_der import issuer_der, subject_der
from facturacion_service.sri.signing.certificates import describe
from facturacion_service.sri.signing.issuer_name import rfc2253

VECTORS = json.loads(Path(__file__).with_name("issuer_names.json").read_text(encoding="utf-8"))


def by_description(vectors: list[dict[str, str]]) -> list[Any]:
    return [pytest.param(vector, id=vector["what"]) for vector in vectors]


def certificate_of(vector: dict[str, str]) -> x509.Certificate:
    return x509.load_der_x509_certificate(b64decode(vector["der"]))


@pytest.mark.parametrize("vector", by_description(VECTORS["names"]))
def test_a_name_is_written_as_java_writes_it(vector):
    assert rfc2253(bytes.fromhex(vector["der"])) == vector["java"]


@pytest.mark.parametrize("vector", by_description(VECTORS["certificates"]))
def test_the_issuer_of_a_certificate_is_written_as_java_writes_it(vector):
    certificate = certificate_of(vector)
    assert rfc2253(issuer_der(certificate)) == vector["java"]
    assert rfc2253(subject_der(certificate)) == vector["java"]  # se certifica a sí mismo
    assert str(certificate.serial_number) == vector["serial"]


@pytest.mark.parametrize("vector", by_description(VECTORS["certificates"]))
def test_every_certificate_can_be_described_and_read_by_a_person(vector):
    info = describe(certificate_of(vector))
    assert info.issuer == vector["java"]
    assert info.holder in {"AC", "AC SUBORDINADA"}
    assert set(info.rucs) <= {"1790012345001"}


def test_the_organization_identifier_keeps_its_string_type():
    found = {certificate["what"]: certificate["java"] for certificate in VECTORS["certificates"]}
    assert "2.5.4.97=#0c13" in found["nombres en UTF8String"]
    assert "2.5.4.97=#1313" in found["nombres en PrintableString y T61String"]
    assert "2.5.4.97=#1e0e" in found["nombres en BMPString"]


def test_a_name_object_is_written_like_its_der():
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "EC"),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, "VATEC-1"),
            x509.NameAttribute(NameOID.COMMON_NAME, " Ñandú, S.A. "),
        ]
    )
    assert rfc2253(name) == rfc2253(name.public_bytes())
    assert rfc2253(name) == "CN=\\ Ñandú\\, S.A.\\ ,2.5.4.97=#0c0756415445432d31,C=EC"


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\x30",
        b"\x30\x05\x31",
        b"\x30\x82\xff\xff",
        b"\x1f\x01\x00",
        b"\x30\x00\x30\x00",
        b"\x30\x02\x31",
        b"\x30\x04\x31\x02\x30\x00",
        b"\x30\x80" * 5000,
        b"\x04\x80\x00\x00",
    ],
)
def test_what_is_not_a_name_is_a_value_error(junk):
    with pytest.raises(ValueError, match=r".+"):
        rfc2253(junk)
