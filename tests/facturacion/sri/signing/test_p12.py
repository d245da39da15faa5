"""Abrir un .p12: los formatos que hay en uso, qué certificado se escoge y qué se dice cuando no sirve."""

from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from facturacion_service.sri.signing import der
from facturacion_service.sri.signing.certificates import describe, open_p12
from facturacion_service.sri.signing.p12 import MAX_ROUNDS
from scripts.demo_certificate import make_certificate, make_p12, new_key
from tests.facturacion.sri.signing.signers import NAME, RUC, STARTS, authority, bare_certificate, key

HERE = Path(__file__).parent
# Los escribió keytool: dos claves, la de cifrar primero. Los nuevos, con AES; los viejos, con 3DES y RC2-40.
TWO_KEYS, TWO_KEYS_LEGACY = HERE / "two_keys.p12", HERE / "two_keys_legacy.p12"
TWO_KEYS_PASSWORD = "prueba-dos"

p12 = partial(make_p12, RUC, NAME, starts=STARTS)
certificate = partial(make_certificate, RUC, NAME, starts=STARTS)


def bundle(private_key, *certificates, password=b"clave"):
    """Un .p12 con lo que se le dé."""
    return pkcs12.serialize_key_and_certificates(
        None, private_key, None, certificates, BestAvailableEncryption(password)
    )


def encryption(algorithm: pkcs12.PBES, password: str):
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(50_000)
    return builder.key_cert_algorithm(algorithm).hmac_hash(hashes.SHA1()).build(password.encode())


@pytest.mark.parametrize("password", ["clave", "contraseña con ñ, € y espacios", "a" * 200])
def test_opens_what_was_encrypted_with_any_password(password):
    opened = open_p12(p12(password, key=key(), authority=authority()), password)
    assert opened.private_key.private_numbers() == key().private_numbers()
    assert describe(opened.certificate).rucs == (RUC,)
    assert opened.chain == (authority().certificate,)


@pytest.mark.parametrize("algorithm", list(pkcs12.PBES))
def test_opens_the_encryptions_in_use(algorithm):
    data = p12("ñandú", key=key(), authority=authority(), encryption=encryption(algorithm, "ñandú"))
    assert open_p12(data, "ñandú").certificate.public_key() == key().public_key()


def test_opens_a_file_without_password():
    data = p12("", key=key(), authority=authority(), encryption=NoEncryption())
    assert open_p12(data, "").certificate.public_key() == key().public_key()


@pytest.mark.parametrize("path", [TWO_KEYS, TWO_KEYS_LEGACY], ids=lambda path: path.stem)
def test_of_two_keys_takes_the_one_that_signs(path):
    opened = open_p12(path.read_bytes(), TWO_KEYS_PASSWORD)
    assert "OU=Signing Key" in describe(opened.certificate).subject
    assert opened.certificate.public_key() == opened.private_key.public_key()


@pytest.mark.parametrize("path", [TWO_KEYS, TWO_KEYS_LEGACY], ids=lambda path: path.stem)
def test_opens_a_file_in_ber_of_indefinite_length(path):
    opened = open_p12(in_ber(path.read_bytes()), TWO_KEYS_PASSWORD)
    assert "OU=Signing Key" in describe(opened.certificate).subject


def test_bytes_after_the_file_do_not_matter():
    assert open_p12(TWO_KEYS.read_bytes() + b"\r\n", TWO_KEYS_PASSWORD)


def test_takes_the_certificate_for_signing_and_not_the_first():
    data = p12("clave", key=key(), authority=authority(), with_encryption_certificate=True)
    first = pkcs12.load_pkcs12(data, b"clave").cert
    assert first is not None
    chosen = open_p12(data, "clave").certificate
    assert chosen != first.certificate
    usage = chosen.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_a_renewed_certificate_takes_the_newest(newest_first):
    old, new = (certificate(key(), authority(), days=days) for days in (30, 800))
    order = (new, old) if newest_first else (old, new)
    assert open_p12(bundle(key(), *order), "clave").certificate == new


def test_certificates_of_others_are_ignored():
    foreign = certificate(key(2), authority(), days=3000)
    own = certificate(key(), authority())
    opened = open_p12(bundle(key(), foreign, own, authority().certificate), "clave")
    assert opened.certificate == own
    assert opened.chain == (authority().certificate,)


def test_a_certificate_of_an_unknown_kind_of_key_is_ignored():
    own = certificate(key(), authority())
    strange = in_place(certificate(key(2), authority()), b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 0x7F)
    with pytest.raises(UnsupportedAlgorithm):
        strange.public_key()
    assert open_p12(bundle(key(), own, strange), "clave").certificate == own


@pytest.mark.parametrize("password", ["otra", "", "CLAVE", "clave ", "cla\0ve", "ñ" * 500, "\ud800"])
def test_a_wrong_password_is_said(password):
    with pytest.raises(ValueError, match="La contraseña no abre el archivo"):
        open_p12(p12("clave", key=key(), authority=authority()), password)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hola",
        b"%PDF-1.7",
        bytes(1000),
        TWO_KEYS.read_bytes()[:-500],
        b"\x30\x80" * 2000,
        b"\x24\x80" * 2000,
        b"\x30\x03\x02\x01\x03",
        b"\x30\x05\x02\x01\x03\x30\x00",
        certificate(key(), authority()).public_bytes(Encoding.DER),
        key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ],
)
def test_what_is_not_a_p12_is_said(data):
    with pytest.raises(ValueError, match=r"no es una firma electrónica \.p12"):
        open_p12(data, "clave")


def test_a_damaged_file_is_said():
    data = bytearray(TWO_KEYS.read_bytes())
    data[2000] ^= 1
    with pytest.raises(ValueError, match="está dañado"):
        open_p12(bytes(data), TWO_KEYS_PASSWORD)


def test_without_a_key_it_is_said():
    with pytest.raises(ValueError, match="no trae la clave privada"):
        open_p12(bundle(None, certificate(key(), authority())), "clave")


def test_without_its_certificate_it_is_said():
    for certificates in ([], [authority().certificate]):
        with pytest.raises(ValueError, match="no trae el certificado de su clave"):
            open_p12(bundle(key(), *certificates), "clave")


def test_a_certificate_that_is_not_for_signing_is_said():
    only = certificate(key(), authority(), use="key_encipherment")
    with pytest.raises(ValueError, match="no es de firma digital"):
        open_p12(bundle(key(), only), "clave")


def test_a_certificate_that_does_not_say_its_use_is_not_for_signing():
    with pytest.raises(ValueError, match="no es de firma digital"):
        open_p12(bundle(key(), bare_certificate([])), "clave")


def test_an_elliptic_curve_key_is_refused():
    curve = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(ValueError, match="no es RSA"):
        open_p12(bundle(curve, certificate(curve, authority())), "clave")


def test_a_short_key_is_refused_and_the_minimum_is_accepted():
    short = new_key(1024)
    with pytest.raises(ValueError, match="mide 1024 bits; el mínimo es 2048"):
        open_p12(bundle(short, certificate(short, authority())), "clave")
    assert open_p12(bundle(key(), certificate(key(), authority())), "clave").private_key.key_size == 2048


def test_a_file_made_to_keep_the_processor_busy_is_refused():
    data = TWO_KEYS_LEGACY.read_bytes()
    rounds = b"\x02\x03\x01\x86\xa0"  # las cien mil de su sello, al final
    assert MAX_ROUNDS < 0x7FFFFFFF
    at = data.rindex(rounds)
    grown = b"\x02\x04\x7f\xff\xff\xff"
    outer = der.parse_one(data).children()
    mac = [*outer[2].children()[:2]]
    assert outer[2].encoded.endswith(rounds)
    assert at == len(data) - len(rounds)
    hostile = outer[0].encoded + outer[1].encoded + tlv(0x30, b"".join(n.encoded for n in mac) + grown)
    with pytest.raises(ValueError, match="más cálculo del razonable"):
        open_p12(tlv(0x30, hostile), TWO_KEYS_PASSWORD)


def tlv(tag: int, content: bytes) -> bytes:
    """Un elemento en DER, de hasta 64 KB."""
    return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content


def in_ber(data: bytes) -> bytes:
    """El mismo .p12 con longitudes indefinidas y su contenido en trozos de mil bytes."""
    version, content, mac = der.parse_one(data).children()
    kind, holder = content.children()
    inner = holder.children()[0].content
    pieces = b"".join(tlv(0x04, inner[at : at + 1000]) for at in range(0, len(inner), 1000))
    octets = b"\x24\x80" + pieces + b"\0\0"
    content_info = b"\x30\x80" + kind.encoded + b"\xa0\x80" + octets + b"\0\0" + b"\0\0"
    return b"\x30\x80" + version.encoded + content_info + mac.encoded + b"\0\0"


def in_place(original: x509.Certificate, oid: bytes, last: int) -> x509.Certificate:
    """Un certificado cuya clave dice ser de otro algoritmo."""
    encoded = original.public_bytes(Encoding.DER)
    assert encoded.count(oid) == 1
    return x509.load_der_x509_certificate(encoded.replace(oid, oid[:-1] + bytes([last])))
