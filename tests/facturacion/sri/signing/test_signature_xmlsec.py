"""Otra biblioteca, xmlsec de C, da por buena la firma y nota los cambios."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from facturacion_service.sri.signing.signature import sign
from facturacion_service.sri.xml.build import to_xml
from tests.facturacion.sri.samples import credit_note_document, invoice_document
from tests.facturacion.sri.signing.signers import AT, credential

xmlsec = pytest.importorskip("xmlsec", reason="xmlsec no está instalado")
SIGNER = credential()


def verify_with_xmlsec(data: bytes) -> None:
    root = etree.fromstring(data)
    xmlsec.tree.add_ids(root, ["id", "Id"])
    context = xmlsec.SignatureContext()
    pem = SIGNER.certificate.public_bytes(Encoding.PEM)
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    context.verify(xmlsec.tree.find_node(root, xmlsec.constants.NodeSignature))


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
@pytest.mark.parametrize("make", [invoice_document, credit_note_document])
def test_xmlsec_verifies_it(make, algorithm):
    verify_with_xmlsec(sign(to_xml(make()), SIGNER, algorithm=algorithm, at=AT))


def test_xmlsec_verifies_a_document_with_prefixes_and_line_breaks():
    xml = (
        '<factura xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="comprobante" version="1.1.0">'
        '\r\n<a b="&#10;&#13;">ñ &amp; 😀 &#13;</a>\n</factura>'
    ).encode()
    verify_with_xmlsec(sign(xml, SIGNER, algorithm="sha1", at=AT))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Consulta", b"Consulta "),
        (b"10:30:12", b"10:30:13"),
        (b"text/xml", b"text/plain"),
        (b"<ds:Modulus>", b"<ds:Modulus>A"),
        (b"<importeTotal>", b"<importeTotal>0"),
    ],
)
def test_xmlsec_notices_a_change(before, after):
    data = sign(to_xml(invoice_document()), SIGNER, algorithm="sha1", at=AT)
    assert before in data
    with pytest.raises(xmlsec.Error):
        verify_with_xmlsec(data.replace(before, after, 1))
