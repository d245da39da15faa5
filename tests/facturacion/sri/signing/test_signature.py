"""La firma es la que pide la ficha: sus partes, sus resúmenes y su lugar, comprobados por otros caminos."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha1, sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from facturacion_service.sri.signing.signature import SignatureError, sign, verify
from facturacion_service.sri.xml.build import to_xml
from scripts.demo_certificate import make_authority
from tests.facturacion.sri.samples import buyer, credit_note_document, invoice_document
from tests.facturacion.sri.signing.signers import AT, ENDS, STARTS, credential, key
from tests.sri_official import require, xsd_dir

NS = {"ds": "http://www.w3.org/2000/09/xmldsig#", "xades": "http://uri.etsi.org/01903/v1.3.2#"}
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
URIS = {
    "sha1": ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2000/09/xmldsig#sha1"),
    "sha256": (
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmlenc#sha256",
    ),
}
HASHES: dict[str, Any] = {"sha1": (sha1, hashes.SHA1()), "sha256": (sha256, hashes.SHA256())}
ALGORITHMS = pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
SIGNER = credential()
INVOICE, CREDIT_NOTE = to_xml(invoice_document()), to_xml(credit_note_document())


def signed(xml: bytes = INVOICE, algorithm: str = "sha1", signer=SIGNER, at: datetime = AT) -> bytes:
    return sign(xml, signer, algorithm=algorithm, at=at)


def one(root: etree._Element, path: str) -> Any:
    (found,) = root.xpath(path, namespaces=NS)
    return found


def all_of(root: etree._Element, path: str) -> list[Any]:
    return root.xpath(path, namespaces=NS)


@ALGORITHMS
@pytest.mark.parametrize("xml", [INVOICE, CREDIT_NOTE], ids=["factura", "notaCredito"])
def test_signxml_verifies_it_by_itself(xml, algorithm):
    config = XAdESSignatureConfiguration(
        expect_references=3,
        signature_methods=frozenset({SignatureMethod(URIS[algorithm][0])}),
        digest_algorithms=frozenset({DigestAlgorithm(URIS[algorithm][1])}),
        verification_time=AT,
    )
    results = XAdESVerifier().verify(
        signed(xml, algorithm), x509_cert=SIGNER.certificate, expect_config=config
    )
    names = [etree.QName(result.signed_xml).localname for result in results]
    assert names == ["SignedProperties", "KeyInfo", etree.QName(etree.fromstring(xml)).localname]


@ALGORITHMS
def test_the_three_digests_and_the_signature_are_those_computed_by_hand(algorithm):
    digest, hash_algorithm = HASHES[algorithm]
    root = etree.fromstring(signed(algorithm=algorithm))
    signature = one(root, "ds:Signature")
    written = dict(
        zip(
            all_of(signature, ".//ds:Reference/@URI"),
            all_of(signature, ".//ds:Reference/ds:DigestValue/text()"),
            strict=True,
        )
    )
    info = etree.tostring(one(signature, "ds:SignedInfo"), method="c14n")
    parts = [one(signature, ".//xades:SignedProperties"), one(signature, "ds:KeyInfo")]
    computed = {f"#{part.get('Id')}": etree.tostring(part, method="c14n") for part in parts}
    value = b64decode(one(signature, "ds:SignatureValue").text)
    root.remove(signature)
    computed["#comprobante"] = etree.tostring(root, method="c14n")
    assert written == {uri: b64encode(digest(data).digest()).decode() for uri, data in computed.items()}
    SIGNER.private_key.public_key().verify(value, info, PKCS1v15(), hash_algorithm)


@ALGORITHMS
def test_the_algorithms_are_those_of_the_technical_sheet(algorithm):
    root = etree.fromstring(signed(algorithm=algorithm))
    method, digest = URIS[algorithm]
    assert all_of(root, "//ds:CanonicalizationMethod/@Algorithm") == [C14N]
    assert all_of(root, "//ds:SignatureMethod/@Algorithm") == [method]
    assert all_of(root, "//ds:DigestMethod/@Algorithm") == [digest] * 4
    assert all_of(root, "//ds:Transform/@Algorithm") == [ENVELOPED]


def test_the_references_go_in_the_order_of_the_technical_sheet():
    signature = one(etree.fromstring(signed()), "ds:Signature")
    properties, key_info, document = all_of(signature, "ds:SignedInfo/ds:Reference")
    assert properties.get("Type") == "http://uri.etsi.org/01903#SignedProperties"
    assert properties.get("URI") == "#" + one(signature, ".//xades:SignedProperties/@Id")
    assert key_info.get("URI") == "#" + one(signature, "ds:KeyInfo/@Id")
    assert key_info.get("URI").startswith("#Certificate")
    assert document.get("URI") == "#comprobante"
    assert all_of(document, "ds:Transforms/ds:Transform/@Algorithm") == [ENVELOPED]
    assert not all_of(properties, "ds:Transforms") + all_of(key_info, "ds:Transforms")


def test_the_object_format_names_the_reference_of_the_document():
    signature = one(etree.fromstring(signed()), "ds:Signature")
    form = one(signature, ".//xades:SignedDataObjectProperties/xades:DataObjectFormat")
    reference = one(signature, "ds:SignedInfo/ds:Reference[@URI='#comprobante']")
    assert form.get("ObjectReference") == f"#{reference.get('Id')}"
    assert form.get("ObjectReference").startswith("#Reference-ID-")
    assert [(etree.QName(part).localname, part.text) for part in form] == [
        ("Description", "contenido comprobante"),
        ("MimeType", "text/xml"),
    ]


def test_every_id_is_of_one_part_and_the_target_is_the_signature():
    root = etree.fromstring(signed())
    ids = all_of(root, "//@Id | //@id")
    assert len(ids) == len(set(ids)) == 8
    assert one(root, "//xades:QualifyingProperties/@Target") == "#" + one(root, "ds:Signature/@Id")


def test_the_key_info_carries_the_certificate_and_then_its_key():
    key_info = one(etree.fromstring(signed()), "ds:Signature/ds:KeyInfo")
    assert [etree.QName(part).localname for part in key_info] == ["X509Data", "KeyValue"]
    certificate = b64decode(one(key_info, "ds:X509Data/ds:X509Certificate").text)
    assert certificate == SIGNER.certificate.public_bytes(Encoding.DER)
    numbers = SIGNER.private_key.public_key().public_numbers()
    modulus, exponent = (b64decode(text) for text in all_of(key_info, "ds:KeyValue/ds:RSAKeyValue/*/text()"))
    assert (int.from_bytes(modulus), int.from_bytes(exponent)) == (numbers.n, numbers.e)
    assert modulus[0] != 0  # sin cero delante: es un CryptoBinary y no un entero de ASN.1


@ALGORITHMS
def test_the_signing_certificate_goes_by_digest_issuer_and_serial(algorithm):
    properties = one(etree.fromstring(signed(algorithm=algorithm)), "//xades:SignedSignatureProperties")
    assert [etree.QName(part).localname for part in properties] == ["SigningTime", "SigningCertificate"]
    cert = one(properties, "xades:SigningCertificate/xades:Cert")
    expected = SIGNER.certificate.fingerprint(HASHES[algorithm][1])
    assert b64decode(one(cert, "xades:CertDigest/ds:DigestValue").text) == expected
    serial = one(cert, "xades:IssuerSerial/ds:X509SerialNumber").text
    assert serial == str(SIGNER.certificate.serial_number)
    issuer = one(cert, "xades:IssuerSerial/ds:X509IssuerName").text
    mark = "CERTIFICADO DE PRUEBA SIN VALIDEZ"
    assert issuer == f"CN=ENTIDAD INVENTADA - {mark},O={mark},C=EC"


def test_an_issuer_with_organization_identifier_is_written_as_java_does():
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "ES"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "INVENTADA & HIJOS, S.A."),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, "VATES-A1"),
            x509.NameAttribute(NameOID.COMMON_NAME, "AC <#1> "),
        ]
    )
    signer = credential(authority=make_authority(name, key(0)))
    data = signed(signer=signer)
    assert one(etree.fromstring(data), "//ds:X509IssuerName").text == (
        "CN=AC \\<\\#1\\>\\ ,2.5.4.97=#0c0856415445532d4131,O=INVENTADA & HIJOS\\, S.A.,C=ES"
    )
    verify(data, signer.certificate)


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (AT, "2026-11-23T10:30:12-05:00"),
        (datetime(2026, 11, 23, 2, 0, tzinfo=UTC), "2026-11-22T21:00:00-05:00"),
        (datetime(2026, 11, 23, 10, 30, tzinfo=timezone(timedelta(hours=9))), "2026-11-22T20:30:00-05:00"),
        (STARTS, "2025-12-31T19:00:00-05:00"),
        (ENDS, "2026-12-31T19:00:00-05:00"),
    ],
)
def test_the_signing_time_is_that_of_ecuador_to_the_second_below(at, written):
    assert one(etree.fromstring(signed(at=at)), "//xades:SigningTime").text == written


@pytest.mark.parametrize("xml", [INVOICE, CREDIT_NOTE], ids=["factura", "notaCredito"])
def test_the_signature_is_the_last_part_and_the_rest_is_untouched(xml):
    data = signed(xml)
    body, end = xml.rsplit(b"</", 1)
    assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    assert data.startswith(body + b"<ds:Signature ")
    assert data.endswith(b"</ds:Signature></" + end)


@pytest.mark.parametrize(
    ("xml", "schema"), [(INVOICE, "factura_V1.1.0.xsd"), (CREDIT_NOTE, "NotaCredito_V1.1.0.xsd")]
)
def test_a_signed_document_is_valid_against_the_official_schema(xml, schema):
    folder = require(xsd_dir())
    validator = etree.XMLSchema(etree.parse(folder / schema, etree.XMLParser(no_network=True)))
    validator.assertValid(etree.fromstring(signed(xml)))


@pytest.mark.parametrize("name", ["Ñandú & Cía. <S.A.> \"uno\" 'dos'", "Peña 😀 €", "]]>", "é combinada: é"])
def test_any_text_survives_the_signature(name):
    data = signed(to_xml(invoice_document(buyer=buyer(name=name))))
    verify(data, SIGNER.certificate)
    assert etree.fromstring(data).findtext(".//razonSocialComprador") == name


def test_blanks_line_breaks_and_prefixes_of_the_document_survive_too():
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\r\n'
        '<factura xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="1.1.0" id="comprobante">\r\n'
        '\t<a b="x&#10;y&#9;z&#13;"> &#13; ñ\u00a0\r\n</a>\n<c/><![CDATA[<&]]>\n</factura>\n'
    ).encode()
    for algorithm in URIS:
        verify(signed(xml, algorithm), SIGNER.certificate)


def test_each_signature_has_its_own_names():
    assert one(etree.fromstring(signed()), "ds:Signature/@Id") != one(
        etree.fromstring(signed(CREDIT_NOTE)), "ds:Signature/@Id"
    )


def test_an_old_signature_still_verifies_once_the_certificate_expired():
    old = credential(starts=datetime(2020, 1, 1, tzinfo=UTC), days=30)
    data = signed(signer=old, at=datetime(2020, 1, 15, tzinfo=UTC))
    verify(data, old.certificate)


@pytest.mark.parametrize("at", [STARTS - timedelta(seconds=1), ENDS + timedelta(seconds=1)])
def test_nothing_is_signed_outside_the_validity_of_the_certificate(at):
    with pytest.raises(SignatureError, match="no está vigente"):
        signed(at=at)


def test_a_time_without_zone_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match="zona"):
        signed(at=datetime(2026, 11, 23, 10, 30))


def test_what_is_signed_is_not_signed_again():
    with pytest.raises(SignatureError, match="ya está firmado"):
        signed(signed())


@pytest.mark.parametrize(
    "root",
    [
        "<factura/>",
        '<factura id="otro" version="1.1.0"/>',
        '<factura Id="comprobante" version="1.1.0"/>',
        '<factura id="comprobante"/>',
        '<factura id="comprobante" version="1.1.0" xml:lang="es"/>',
        '<factura id="comprobante" version="1.1.0" otro="1"/>',
    ],
)
def test_only_a_document_of_the_sri_is_signed(root):
    with pytest.raises(SignatureError, match="no es un comprobante"):
        signed(root.encode())


@pytest.mark.parametrize("attribute", ["id", "Id", "ID"])
@pytest.mark.parametrize("value", ["comprobante", "Signature123456"])
def test_a_document_with_other_ids_is_not_signed(attribute, value):
    xml = f'<factura id="comprobante" version="1.1.0"><a {attribute}="{value}"/></factura>'
    with pytest.raises(SignatureError, match="otros identificadores"):
        signed(xml.encode())


def test_an_issuer_that_xml_cannot_carry_is_said():
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AC\x01")])
    with pytest.raises(SignatureError, match="emisor del certificado"):
        signed(signer=credential(authority=make_authority(name, key(0))))


def test_a_certificate_of_another_key_does_not_sign():
    mixed = type(SIGNER)(key(2), SIGNER.certificate)
    with pytest.raises(SignatureError):
        signed(signer=mixed)
