"""Ningún cambio pasa: ni en lo firmado, ni en lo que la firma no cubre, ni moviendo sus partes."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from copy import deepcopy
from hashlib import sha512
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from facturacion_service.sri.signing.signature import SignatureError, sign, verify
from facturacion_service.sri.xml.build import to_xml
from scripts.demo_certificate import make_certificate
from tests.facturacion.sri.samples import credit_note_document, invoice_document
from tests.facturacion.sri.signing.signers import AT, NAME, RUC, STARTS, authority, credential, key

NS = {"ds": "http://www.w3.org/2000/09/xmldsig#", "xades": "http://uri.etsi.org/01903/v1.3.2#"}
SIGNER = credential()
INVOICE = to_xml(invoice_document())
SIGNED = sign(INVOICE, SIGNER, algorithm="sha1", at=AT)


def written(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def part(root: etree._Element, path: str) -> Any:
    (found,) = root.xpath(path, namespaces=NS)
    return found


def refuse(data: bytes, certificate=SIGNER.certificate) -> None:
    with pytest.raises(SignatureError):
        verify(data, certificate)


def accepted(data: bytes) -> bool:
    try:
        verify(data, SIGNER.certificate)
    except SignatureError:
        return False
    return True


def one_change_each(change) -> Iterator[tuple[str, bytes]]:
    """El documento con un cambio en cada elemento, uno por vez; `change` dice `False` donde no puede."""
    for number in range(len(list(etree.fromstring(SIGNED).iter()))):
        root = etree.fromstring(SIGNED)
        element = list(root.iter())[number]
        name = element.tag
        if change(element) is not False:
            yield name, written(root)


def change_text(element):
    element.text = (element.text or "") + "9"


def add_a_blank_inside(element):
    element.text = (element.text or "") + " "


def add_a_blank_after(element):
    if element.getparent() is None:
        return False
    element.tail = (element.tail or "") + "\n"
    return None


def add_an_attribute(element):
    element.set("nuevo", "1")


def add_an_id(element):
    if "ID" in element.attrib:
        return False
    element.set("ID", "otro")
    return None


def add_a_child(element):
    etree.SubElement(element, "nuevo")


def add_a_comment(element):
    element.append(etree.Comment("nota"))


def add_an_instruction(element):
    element.append(etree.ProcessingInstruction("nota"))


def rename(element):
    element.tag = f"{element.tag}2"


def remove(element):
    if element.getparent() is None:
        return False
    element.getparent().remove(element)
    return None


def duplicate(element):
    if element.getparent() is None:
        return False
    element.addnext(deepcopy(element))
    return None


def swap_with_the_next(element):
    if element.getnext() is None or etree.tostring(element) == etree.tostring(element.getnext()):
        return False
    element.addprevious(element.getnext())
    return None


CHANGES = [
    change_text,
    add_a_blank_inside,
    add_a_blank_after,
    add_an_attribute,
    add_an_id,
    add_a_child,
    add_a_comment,
    add_an_instruction,
    rename,
    remove,
    duplicate,
    swap_with_the_next,
]


def test_what_was_signed_is_accepted_as_it_is():
    verify(SIGNED, SIGNER.certificate)
    verify(written(etree.fromstring(SIGNED)), SIGNER.certificate)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_in_any_element_is_noticed(change):
    changed = list(one_change_each(change))
    assert len(changed) > 50
    assert [name for name, data in changed if accepted(data)] == []


def test_a_change_in_any_attribute_is_noticed():
    root = etree.fromstring(SIGNED)
    places = [(n, name) for n, element in enumerate(root.iter()) for name in element.attrib]
    assert len(places) > 20
    for number, name in places:
        for value in (None, "otro", "x" + list(root.iter())[number].get(name, "")):
            copy = etree.fromstring(SIGNED)
            element = list(copy.iter())[number]
            element.attrib.pop(name)
            if value is not None:
                element.set(name, value)
            assert not accepted(written(copy)), (element.tag, name, value)


def test_a_change_in_any_byte_is_noticed_or_leaves_the_same_document():
    # Lo que un analizador de XML lee igual (comillas, la declaración) puede cambiar; nada más.
    original = etree.tostring(etree.fromstring(SIGNED), method="c14n")
    for position in range(0, len(SIGNED), 7):
        changed = bytearray(SIGNED)
        changed[position] ^= 1
        if accepted(bytes(changed)):
            assert etree.tostring(etree.fromstring(bytes(changed)), method="c14n") == original


@pytest.mark.parametrize(
    "path",
    [
        "//xades:SigningTime",
        "//ds:X509IssuerName",
        "//ds:X509SerialNumber",
        "//ds:SignatureValue",
        "//ds:X509Certificate",
        "//ds:Modulus",
        "//importeTotal",
        "//claveAcceso",
    ],
)
def test_emptying_a_part_is_noticed(path):
    root = etree.fromstring(SIGNED)
    part(root, path).text = None
    refuse(written(root))


@pytest.mark.parametrize("path", ["/*", "//infoTributaria", "//detalle[1]", "//ds:KeyInfo", "//ds:Object"])
def test_moving_the_signature_is_noticed(path):
    root = etree.fromstring(SIGNED)
    signature = part(root, "ds:Signature")
    place = part(root, path)
    if place in signature.iter():
        place = root
    place.insert(0, signature)
    refuse(written(root))


def test_without_the_signature_it_is_not_signed():
    root = etree.fromstring(SIGNED)
    root.remove(part(root, "ds:Signature"))
    with pytest.raises(SignatureError, match="no está firmado"):
        verify(written(root), SIGNER.certificate)
    with pytest.raises(SignatureError, match="no está firmado"):
        verify(INVOICE, SIGNER.certificate)


def test_the_signature_of_another_document_is_noticed():
    other = etree.fromstring(sign(to_xml(credit_note_document()), SIGNER, algorithm="sha1", at=AT))
    root = etree.fromstring(SIGNED)
    root.replace(part(root, "ds:Signature"), part(other, "ds:Signature"))
    refuse(written(root))


def test_two_signatures_are_refused():
    root = etree.fromstring(SIGNED)
    root.append(deepcopy(part(root, "ds:Signature")))
    refuse(written(root))


@pytest.mark.parametrize("attribute", ["id", "Id", "ID", "xmlid"])
def test_wrapping_the_signed_document_in_another_is_noticed(attribute):
    inner = etree.fromstring(SIGNED)
    signature = part(inner, "ds:Signature")
    inner.remove(signature)
    inner.attrib.pop("id")
    inner.set(attribute, "comprobante")
    forged = etree.fromstring(INVOICE.replace(b"<importeTotal>", b"<importeTotal>9"))
    for outer_id in ("comprobante", "otro"):
        forged.set("id", outer_id)
        outer = deepcopy(forged)
        outer.extend([deepcopy(inner), deepcopy(signature)])
        refuse(written(outer))
        outer = deepcopy(forged)
        outer.append(deepcopy(signature))
        outer[-1].find("ds:Object", NS).append(deepcopy(inner))
        refuse(written(outer))


def test_the_signature_of_another_person_is_noticed():
    theirs = credential(number=2)
    data = sign(INVOICE, theirs, algorithm="sha1", at=AT)
    verify(data, theirs.certificate)
    with pytest.raises(SignatureError, match="no está firmado con ese certificado"):
        verify(data, SIGNER.certificate)


def test_swapping_the_certificate_is_noticed_even_if_it_is_of_the_same_key():
    renewed = make_certificate(RUC, NAME, key(), authority(), starts=STARTS, days=700)
    root = etree.fromstring(SIGNED)
    encoded = b64encode(renewed.public_bytes(Encoding.DER)).decode()
    part(root, "//ds:X509Certificate").text = encoded
    refuse(written(root))
    refuse(written(root), renewed)
    refuse(SIGNED, renewed)


def test_another_signature_value_of_the_right_length_is_noticed():
    root = etree.fromstring(SIGNED)
    value = part(root, "//ds:SignatureValue")
    for other in (bytes(256), b64decode(value.text)[::-1], b"\xff" * 256, b"corta"):
        value.text = b64encode(other).decode()
        refuse(written(root))


@pytest.mark.parametrize("text", ["", "hoy", "2026-11-23", "2026-13-45T00:00:00-05:00", "9" * 5000])
def test_a_signing_time_that_is_not_one_is_refused_with_words(text):
    root = etree.fromstring(SIGNED)
    part(root, "//xades:SigningTime").text = text
    refuse(written(root))


def test_weaker_or_unknown_algorithms_are_refused():
    for old, new in (
        (b"xmldsig#rsa-sha1", b"xmldsig#hmac-sha1"),
        (b"xmldsig#rsa-sha1", b"xmldsig#nada"),
        (b"xmldsig#sha1", b"xmldsig#md5"),
        (b"REC-xml-c14n-20010315", b"REC-xml-c14n-20010315#WithComments"),
        (b"#enveloped-signature", b"#base64"),
    ):
        assert old in SIGNED
        refuse(SIGNED.replace(old, new))


def signed_again(change) -> bytes:
    """Lo firmado, con un cambio que la propia clave de la clínica vuelve a firmar."""
    root = etree.fromstring(SIGNED)
    change(root)
    info = etree.tostring(part(root, "//ds:SignedInfo"), method="c14n")
    method = part(root, "//ds:SignatureMethod").get("Algorithm")
    algorithm = hashes.SHA512() if method.endswith("sha512") else hashes.SHA1()
    value = key().sign(info, PKCS1v15(), algorithm)
    part(root, "//ds:SignatureValue").text = b64encode(value).decode()
    return written(root)


def test_a_valid_signature_that_does_not_cover_the_three_parts_is_refused():
    def cover_twice(uri: str, copied: str):
        def change(root):
            first = part(root, f"//ds:Reference[contains(@URI, '{uri}')]")
            second = part(root, f"//ds:Reference[contains(@URI, '{copied}')]")
            first.set("URI", second.get("URI"))
            part(first, "ds:DigestValue").text = part(second, "ds:DigestValue").text

        return change

    assert accepted(signed_again(lambda root: None))
    # Los dos resúmenes son ciertos: lo que falta es el de la parte que ya nadie nombra.
    with pytest.raises(SignatureError, match="no cubre el comprobante entero"):
        verify(signed_again(cover_twice("Certificate", "SignedProperties")), SIGNER.certificate)
    refuse(signed_again(cover_twice("SignedProperties", "Certificate")))


def test_a_valid_signature_with_an_algorithm_the_sri_does_not_name_is_refused():
    def sha512_signature(root):
        method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
        part(root, "//ds:SignatureMethod").set("Algorithm", method)

    def sha512_digest(root):
        reference = part(root, "//ds:Reference[starts-with(@URI, '#Certificate')]")
        part(reference, "ds:DigestMethod").set("Algorithm", "http://www.w3.org/2001/04/xmlenc#sha512")
        digest = sha512(etree.tostring(part(root, "//ds:KeyInfo"), method="c14n")).digest()
        part(reference, "ds:DigestValue").text = b64encode(digest).decode()

    for change in (sha512_signature, sha512_digest):
        refuse(signed_again(change))


TEN = b"&a;" * 10
BOMB = b"<!DOCTYPE a [<!ENTITY a '%s'><!ENTITY b '%s'><!ENTITY c '%s'>]>" % (b"a" * 10, TEN, b"&b;" * 100_000)


@pytest.mark.parametrize(
    ("name", "hostile"),
    [
        ("vacío", b""),
        ("no es XML", b"factura"),
        ("cortado", SIGNED[:-20]),
        ("bytes que no son UTF-8", SIGNED.replace("é".encode(), b"\xe9")),
        ("bomba de entidades", BOMB + INVOICE.split(b"?>\n", 1)[1].replace(b"DOLAR", b"&c;")),
        ("bomba en un atributo", BOMB + b'<factura id="comprobante" version="&c;"/>'),
        (
            "entidad de un archivo",
            b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
            b'<factura id="comprobante" version="1">&a;</factura>',
        ),
        ("DOCTYPE de otro lugar", b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><factura/>'),
        ("DOCTYPE vacío", b"<!DOCTYPE factura>" + INVOICE.split(b"?>\n", 1)[1]),
        ("comentario", INVOICE.replace(b"<moneda>", b"<!-- nota --><moneda>")),
        ("comentario al final", INVOICE + b"<!-- nota -->"),
        ("instrucción", INVOICE.replace(b"<moneda>", b"<?nota?><moneda>")),
        ("instrucción al principio", INVOICE.replace(b"<factura", b"<?nota?><factura")),
        ("UTF-16", INVOICE.decode().replace("UTF-8", "UTF-16").encode("utf-16")),
        ("Latin-1", INVOICE.decode().replace("UTF-8", "ISO-8859-1").encode("latin-1", "replace")),
        ("muy hondo", b"<a>" * 5000 + b"</a>" * 5000),
    ],
)
def test_a_hostile_document_is_refused_when_signing_and_when_verifying(name, hostile):
    with pytest.raises(SignatureError):
        sign(hostile, SIGNER, algorithm="sha1", at=AT)
    refuse(hostile)


def test_a_signed_document_dressed_with_a_doctype_or_comments_is_refused():
    declaration, body = SIGNED.split(b"?>\n", 1)
    for dressed in (
        declaration + b"?><!DOCTYPE factura>" + body,
        declaration + b"?><!-- nota -->" + body,
        SIGNED + b"<!-- nota -->",
        SIGNED + b"<?nota?>",
        SIGNED + b"<factura/>",
        SIGNED + b"texto",
    ):
        refuse(dressed)
