"""El archivo de la autorización: lo firmado sale de él byte por byte."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from facturacion_service.sri.vouchers.authorization_xml import wrap

KEY = "2311202601179900001200110010010000001231234567814"
AT = datetime(2026, 11, 24, 1, 15, 30, 999, tzinfo=UTC)


def wrapped(signed, number=KEY, at=AT, environment="PRODUCCION"):
    return etree.fromstring(wrap(signed, number, at, environment))


def test_it_says_that_the_document_was_authorised_when_and_where():
    root = wrapped(b"<factura/>", environment="PRUEBAS")
    assert [(child.tag, child.text) for child in root] == [
        ("estado", "AUTORIZADO"),
        ("numeroAutorizacion", KEY),
        ("fechaAutorizacion", "2026-11-23T20:15:30-05:00"),
        ("ambiente", "PRUEBAS"),
        ("comprobante", "<factura/>"),
        ("mensajes", None),
    ]


@pytest.mark.parametrize(
    "signed",
    [
        '<?xml version="1.0" encoding="UTF-8"?>\n<factura>Ñáñez &amp; «hijos» 😀</factura>',
        "<a><![CDATA[adentro]]></a>",
        "<a><![CDATA[uno]]><![CDATA[dos]]>]]&gt;</a>\n\n",
        "<a>\r\n\t<b/>\r</a>\r\n",
        "\ufeff<a/>",
        "<a>&#13;&lt;&quot;</a>",
        "<a>]]&#62;]]]]]</a>",
    ],
)
def test_what_was_signed_comes_out_byte_by_byte(signed):
    assert wrapped(signed.encode()).findtext("comprobante").encode() == signed.encode()


def test_a_document_in_another_encoding_is_refused_and_not_corrupted():
    with pytest.raises(ValueError, match="utf-8"):
        wrap("<a>ñ</a>".encode("latin-1"), KEY, AT, "PRODUCCION")


def test_an_instant_without_zone_is_refused():
    with pytest.raises(ValueError, match="zona horaria"):
        wrap(b"<a/>", KEY, datetime(2026, 11, 23, 20, 15), "PRODUCCION")
