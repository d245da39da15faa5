"""La validación contra los esquemas oficiales, con documentos que no son los nuestros."""

import shutil
from functools import partial

import pytest

from common.errors import Unavailable
from facturacion_service.sri.xml import schema
from facturacion_service.sri.xml.build import to_xml
from scripts.trials.at_once import at_once
from tests.facturacion.sri import samples
from tests.sri_official import require, xsd_dir

INVOICE = to_xml(samples.invoice_document())
NOTE = to_xml(samples.credit_note_document())


@pytest.fixture(scope="module")
def folder():
    return require(xsd_dir())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("23/11/2026", "2026-11-23", "/infoFactura/fechaEmision: no tiene la forma"),
        (">95.70<", ">95.701<", "/totalSinImpuestos: tiene demasiados decimales"),
        (">103.95</importeTotal", ">-1.00</importeTotal", "/importeTotal: es menor que el mínimo"),
        (">95.70<", ">mucho<", "/totalSinImpuestos: no es un valor de su tipo"),
        ("1799000012001</ruc>", "1799000012002</ruc>", "/infoTributaria/ruc: no tiene la forma"),
        (">19</formaPago", ">22</formaPago", "/formaPago: no tiene la forma"),
        ("María José", "María\nJosé", "/razonSocialComprador: no tiene la forma"),
        (">maria@example.com<", "><", "/campoAdicional: está vacío"),
        (">1712345675<", f">{'1' * 21}<", "/identificacionComprador: es demasiado largo"),
        (">1.00</cantidad", ">1.0000001</cantidad", "/cantidad: tiene demasiados decimales"),
        (">05</tipo", ">09</tipo", "/tipoIdentificacionComprador: no tiene la forma"),
        ("<codDoc>01</codDoc>", "", "/estab: falta, sobra o está fuera de su orden; se esperaba codDoc"),
        ('version="1.1.0"', 'version="9.9.9"', "/factura/@version: debe ser 1.1.0"),
        ("<obligadoContabilidad>SI", "<obligadoContabilidad>NI", "no es uno de los valores"),
    ],
)
def test_says_in_spanish_where_an_invoice_breaks_the_schema(folder, old, new, words):
    broken = INVOICE.decode().replace(old, new, 1)
    assert broken != INVOICE.decode()
    found = schema.errors(broken.encode(), folder)
    assert [words in str(error) for error in found] == [True]


def test_says_every_error_of_a_document(folder):
    broken = INVOICE.replace(b">95.70<", b">mucho<").replace(b"23/11/2026", b"2026-11-23")
    assert [error.path for error in schema.errors(broken, folder)] == [
        "/factura/infoFactura/fechaEmision",
        "/factura/infoFactura/totalSinImpuestos",
    ]


def test_sixteen_additional_fields_are_refused(folder):
    extra = '<campoAdicional nombre="x">y</campoAdicional>' * 15
    found = schema.errors(INVOICE.replace(b"<infoAdicional>", b"<infoAdicional>" + extra.encode()), folder)
    assert len(found) == 1
    assert "/campoAdicional[16]" in found[0].path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<valor>0.00</valor></totalImpuesto>", b"<tarifa>0.00</tarifa><valor>0.00</valor></totalImpuesto>"),
        (b"codigoInterno>", b"codigoPrincipal>"),
        (b"001-001-000000122", b"001-001-122"),
        (b"<motivo>Devoluci\xc3\xb3n del servicio</motivo>", b""),
    ],
)
def test_a_credit_note_made_like_an_invoice_is_refused(folder, old, new):
    assert old in NOTE
    assert schema.errors(NOTE.replace(old, new), folder) != []


def test_a_credit_note_without_its_id_is_refused(folder):
    found = schema.errors(NOTE.replace(b'id="comprobante" ', b""), folder)
    assert [str(error) for error in found] == ["/notaCredito: le falta un atributo"]


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (b"", "no es XML bien formado"),
        (b"<factura", "no es XML bien formado"),
        (b"<guiaRemision/>", "la raíz es «guiaRemision»: se esperaba factura o notaCredito"),
        (b'<factura xmlns="urn:otro"/>', "la raíz es «{urn:otro}factura»"),
        (b'<!DOCTYPE factura SYSTEM "http://ejemplo.test/x.dtd"><factura/>', "DOCTYPE"),
    ],
)
def test_what_is_not_a_document_is_said_so(folder, xml, words):
    found = schema.errors(xml, folder)
    assert len(found) == 1
    assert words in found[0].message


def test_an_external_entity_is_never_read(folder, tmp_path):
    secret = tmp_path / "secreto.txt"
    secret.write_text("no se lee", encoding="utf-8")
    entity = f'<!DOCTYPE factura [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    found = schema.errors(entity + INVOICE.partition(b"?>\n")[2].replace(b"CONS-001", b"&x;"), folder)
    assert len(found) == 1
    assert "DOCTYPE" in found[0].message


def test_a_folder_without_the_schemas_says_which_are_missing(tmp_path):
    with pytest.raises(Unavailable, match=r"no están factura_V1\.1\.0\.xsd ni xmldsig") as refused:
        schema.errors(INVOICE, tmp_path)
    assert refused.value.code == "sin_esquema_sri"


def test_a_schema_that_imports_what_is_not_there_is_said_so(folder, tmp_path):
    shutil.copy(folder / "factura_V1.1.0.xsd", tmp_path)
    with pytest.raises(Unavailable, match=r"no están xmldsig-core-schema\.xsd"):
        schema.errors(INVOICE, tmp_path)


def test_a_file_that_is_not_a_schema_is_said_so(folder, tmp_path):
    shutil.copy(folder / "xmldsig-core-schema.xsd", tmp_path)
    (tmp_path / "factura_V1.1.0.xsd").write_text("<html>404</html>", encoding="utf-8")
    with pytest.raises(Unavailable, match=r"factura_V1\.1\.0\.xsd no es un esquema"):
        schema.errors(INVOICE, tmp_path)


def test_threads_do_not_see_the_errors_of_one_another(folder):
    bad_ruc = INVOICE.replace(b"<ruc>1799000012001", b"<ruc>1799000012002")
    bad_date = INVOICE.replace(b"23/11/2026", b"2026-11-23")
    documents = [INVOICE, bad_ruc, NOTE, bad_date] * 100
    found = at_once([partial(schema.errors, xml, folder) for xml in documents])
    alone = [schema.errors(xml, folder) for xml in documents[:4]]
    assert [len(errors) for errors in alone] == [0, 1, 0, 1]
    assert found == alone * 100
