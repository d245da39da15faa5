"""El RIDE: que dice todo lo que el comprobante dice y que ningún texto, por raro o largo, lo rompe."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from facturacion_service.sri.ride.masthead import as_logo
from facturacion_service.sri.ride.ride import render
from facturacion_service.sri.vouchers.reading import Unreadable
from facturacion_service.sri.xml.build import to_xml
from tests.facturacion.sri import samples
from tests.printed import barcode, contents, page_count, words

AT = datetime(2026, 11, 24, 1, 30, 12, tzinfo=UTC)
IN_PRODUCTION = samples.heading(environment="PRODUCCION")
KEY = IN_PRODUCTION.access_key


def invoice(**changes):
    return to_xml(samples.invoice_document(**{"heading": IN_PRODUCTION, **changes}))


def printed(xml=None, *, authorization=(KEY, AT), **options):
    return render(xml or invoice(), authorization=authorization, **options)


def text(xml=None, **options):
    return words(printed(xml, **options))


def squeezed(value):
    return "".join(value.split())


def test_an_authorised_invoice_says_who_issues_what_to_whom():
    shown = text()
    for expected in (
        "R.U.C.: 1799000012001 FACTURA No. 001-001-000000123",
        f"NÚMERO DE AUTORIZACIÓN {KEY} FECHA Y HORA DE AUTORIZACIÓN 23/11/2026 20:30:12",
        "AMBIENTE: PRODUCCIÓN EMISIÓN: NORMAL",
        "CLÍNICA DE PRUEBA S.A.",
        "Dirección matriz: Av. Amazonas N34-12 y Suecia, Quito",
        "Dirección sucursal: Calle Larga 5-20, Cuenca",
        "OBLIGADO A LLEVAR CONTABILIDAD: SI",
        "Razón social / Nombres y apellidos: María José Ñúñez Páez Identificación: 1712345675",
        "Fecha de emisión: 23/11/2026",
        "Dirección: Av. de las Américas 12-34",
        "CONS-001 1.00 Consulta médica general 40.70 0.00 40.70",
        "EST-015 1.00 Limpieza facial 60.00 5.00 55.00",
        "Correo maria@example.com",
        "19 - TARJETA DE CRÉDITO 103.95",
        "SUBTOTAL 15 % 55.00 SUBTOTAL 0 % 40.70 SUBTOTAL SIN IMPUESTOS 95.70",
        "TOTAL DESCUENTO 5.00 IVA 15 % 8.25 PROPINA 0.00 VALOR TOTAL 103.95",
        "Factura 001-001-000000123 · RUC 1799000012001 · página 1 de 1",
    ):
        assert expected in shown
    assert "PENDIENTE" not in shown
    assert "SIN VALIDEZ" not in shown


def test_what_is_not_authorised_is_not_reported_so():
    shown = text(authorization=None)
    assert "FECHA Y HORA DE AUTORIZACIÓN PENDIENTE DE AUTORIZACIÓN" in shown
    assert f"NÚMERO DE AUTORIZACIÓN {KEY}" in shown


def test_an_issuer_with_every_quality_shows_them():
    issuer = samples.issuer(
        special_taxpayer_number="5368",
        withholding_agent_number="12",
        rimpe_legend="CONTRIBUYENTE RÉGIMEN RIMPE",
        keeps_accounting=False,
    )
    shown = text(invoice(issuer=issuer))
    for expected in (
        "Contribuyente especial No.: 5368",
        "Agente de retención, resolución No.: 12",
        "CONTRIBUYENTE RÉGIMEN RIMPE",
        "OBLIGADO A LLEVAR CONTABILIDAD: NO",
    ):
        assert expected in shown


def test_a_credit_note_says_what_it_modifies_and_why():
    heading = samples.heading("04", environment="PRODUCCION")
    shown = text(to_xml(samples.credit_note_document(heading=heading)))
    for expected in (
        "NOTA DE CRÉDITO No. 001-001-000000123",
        "Comprobante que se modifica: FACTURA 001-001-000000122",
        "Fecha de emisión (comprobante a modificar): 22/11/2026",
        "Razón de modificación: Devolución del servicio",
        "CONS-001 1.00 Consulta médica general 40.70 0.00 40.70",
        "VALOR TOTAL 103.95",
        "Nota de crédito 001-001-000000123 · RUC",
    ):
        assert expected in shown
    assert "Forma de pago" not in shown
    assert "PROPINA" not in shown


@pytest.mark.parametrize("last", range(10))
def test_the_bars_say_the_key(last):
    key = KEY[:-1] + str(last)
    heading = samples.heading(environment="PRODUCCION", access_key=key)
    (page,) = contents(printed(invoice(heading=heading)))
    assert barcode(page) == key


def test_figures_keep_their_decimals_and_separate_thousands():
    line = samples.line(
        quantity=Decimal("2.5"), unit_price=Decimal("1250.123456"), discount=Decimal("1100.30"), iva_rate=15
    )
    shown = text(invoice(lines=(line,)))
    assert "2.50 Consulta médica general 1,250.123456 1,100.30 2,025.01" in shown
    assert "VALOR TOTAL 2,328.76" in shown


def test_the_auxiliary_code_and_the_details_of_a_line_have_their_columns():
    extra = (
        b"<detallesAdicionales>"
        b'<detAdicional nombre="Lote" valor="A-22"/><detAdicional nombre="Pieza" valor="18"/>'
        b"</detallesAdicionales><impuestos>"
    )
    xml = invoice().replace(b"<impuestos>", extra, 1)
    xml = xml.replace(b"</codigoPrincipal>", b"</codigoPrincipal><codigoAuxiliar>AUX-9</codigoAuxiliar>", 1)
    shown = text(xml)
    assert "CONS-001 AUX-9 1.00 Consulta médica general Lote: A-22 Pieza: 18 40.70" in shown


def test_each_payment_says_its_term():
    paid = b"<formaPago>19</formaPago><total>103.95</total>"
    assert paid in invoice()
    xml = invoice().replace(paid, paid + b"<plazo>30.00</plazo><unidadTiempo>dias</unidadTiempo>")
    assert "19 - TARJETA DE CRÉDITO 103.95 30 dias" in text(xml)


@pytest.mark.parametrize(
    ("environment", "watermark", "marks"),
    [
        ("PRODUCCION", None, []),
        ("PRODUCCION", "ANULADA", ["ANULADA"]),
        ("PRUEBAS", None, ["SIN VALIDEZ – PRUEBAS"]),
        ("PRUEBAS", "ANULADA", ["ANULADA", "SIN VALIDEZ – PRUEBAS"]),
    ],
)
def test_what_is_not_valid_says_so_across_every_page(environment, watermark, marks):
    lines = tuple(samples.line() for _ in range(60))
    xml = invoice(heading=samples.heading(environment=environment), lines=lines)
    pdf = printed(xml, watermark=watermark)
    for mark in ("ANULADA", "SIN VALIDEZ – PRUEBAS"):
        assert words(pdf).count(mark) == (page_count(pdf) if mark in marks else 0)


def test_many_lines_take_several_numbered_pages_with_their_titles():
    lines = tuple(samples.line(description=f"Línea {n} fin", code=f"C-{n}") for n in range(200))
    pdf = printed(invoice(lines=lines))
    pages, shown = page_count(pdf), words(pdf)
    assert pages > 3
    assert shown.count("Cód. principal Cód. auxiliar Cantidad Descripción") == pages
    assert all(f"página {page} de {pages}" in shown for page in range(1, pages + 1))
    assert all(f"C-{n} 1.00 Línea {n} fin" in shown for n in range(200))
    assert shown.count("VALOR TOTAL") == 1


@pytest.mark.parametrize("count", range(1, 45))
def test_the_totals_find_their_page_however_many_lines_come_before(count):
    info = tuple((f"Dato {n}", "valor") for n in range(12))
    shown = text(invoice(lines=tuple(samples.line() for _ in range(count)), additional_info=info))
    assert "SUBTOTAL 0 %" in shown
    assert "VALOR TOTAL" in shown
    assert all(f"Dato {n} valor" in shown for n in range(12))


HOSTILE = [
    "<b>negrita</b>",
    "a & b < c > d",
    "</para><para>",
    "&nbsp;&#60;",
    "(\\)",
    "{0} %s %(x)s",
    "x" * 300,
    "W" * 300,
    "palabra " * 37,
]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_text_breaks_it_nor_is_taken_for_markup(value):
    value = value.strip()
    xml = invoice(
        issuer=samples.issuer(legal_name=value, trade_name=value, head_office_address=value),
        buyer=samples.buyer(name=value, address=value),
        lines=(samples.line(description=value),),
        additional_info=((value, value),),
    )
    shown = squeezed(text(xml)).replace("\\", "")
    # Razón social, nombre comercial, matriz, comprador y su dirección, línea, y lo adicional dos veces.
    assert shown.count(squeezed(value).replace("\\", "")) == 8


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Jose\u0301 Dvořák 😀", "José Dvorák ?"), ("Ana بيت", "Ana ???"), ("Ana \u202eolleB", "Ana ?olleB")],
)
def test_a_letter_the_font_lacks_does_not_break_it(value, expected):
    assert expected in text(invoice(lines=(samples.line(description=value),)))


def test_everything_at_its_longest_still_takes_its_pages():
    detail = b'<detAdicional nombre="%s" valor="%s"/>' % (b"M" * 300, b"W" * 300)
    xml = invoice(
        lines=tuple(samples.line(description="D" * 300, code="C" * 25) for _ in range(3)),
        additional_info=tuple((f"{n}" * 300, "I" * 300) for n in range(1, 10)),
    ).replace(b"<impuestos>", b"<detallesAdicionales>" + detail * 3 + b"</detallesAdicionales><impuestos>")
    shown = squeezed(text(xml))
    assert shown.count("D" * 300) == 3
    assert sum(shown.count(letter) for letter in "MW") >= 3 * 3 * 600
    assert shown.count("I" * 300) == 9
    assert shown.count("VALORTOTAL") == 1


def picture(kind, mode="RGB"):
    file = BytesIO()
    Image.new(mode, (300, 90)).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB")])
def test_a_logo_takes_the_place_of_the_name_and_the_name_goes_to_the_box(kind, mode):
    with_logo = printed(logo=as_logo(picture(kind, mode)))
    assert b"/Subtype /Image" in with_logo
    assert b"/Subtype /Image" not in printed()
    assert "CLÍNICA DE PRUEBA S.A. Clínica de Prueba Dirección matriz" in words(with_logo)


@pytest.mark.parametrize(
    "logo", [b"", b"GIF89a", b"<svg/>", picture("PNG")[:60], picture("JPEG")[:-100], picture("GIF")]
)
def test_what_is_not_a_whole_png_or_jpeg_is_refused_as_a_logo(logo):
    with pytest.raises(ValueError, match="no es una imagen PNG o JPEG"):
        as_logo(logo)


def test_an_enormous_logo_is_refused_before_it_is_unpacked():
    file = BytesIO()
    Image.new("1", (5000, 5000)).save(file, "PNG")
    with pytest.raises(ValueError, match="demasiados puntos"):
        as_logo(file.getvalue())


def test_printing_it_again_gives_the_same_bytes():
    assert printed(logo=picture("PNG")) == printed(logo=picture("PNG"))


def test_the_file_says_what_it_is_and_when_it_was_authorised():
    pdf = printed().decode("latin-1")
    assert "/Title (Factura 001-001-000000123)" in pdf
    assert "/Author (CL\\315NICA DE PRUEBA S.A.)" in pdf
    assert "/Lang (es-EC)" in pdf
    assert "/CreationDate (D:20261123203012-05'00')" in pdf
    assert "/CreationDate (D:20261123000000-05'00')" in printed(authorization=None).decode("latin-1")


def test_what_cannot_be_read_is_not_printed():
    with pytest.raises(Unreadable):
        render(b"<otra/>", authorization=None)
