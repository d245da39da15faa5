"""Los WSDL oficiales como árbitro: `zeep` entiende al SRI simulado y pide lo mismo que nuestro cliente."""

from base64 import b64encode
from xml.etree.ElementTree import canonicalize

import pytest
from lxml import etree

from facturacion_service.sri.exchange import soap
from facturacion_service.sri.exchange.answers import parse_authorization, parse_reception
from facturacion_service.sri.exchange.client import AUTHORIZATION, RECEPTION
from tests import sri_official
from tests.facturacion.sri import samples
from tests.facturacion.sri.signing import signed

zeep = pytest.importorskip("zeep", reason="zeep solo está donde se instalan los requisitos de desarrollo")
fake_sri = pytest.importorskip("scripts.fake_sri", reason="el SRI simulado no está en la carpeta")
failures = pytest.importorskip("scripts.fake_sri.failures")

KEY = samples.heading().access_key


@pytest.fixture(scope="module")
def wsdl():
    return sri_official.require(sri_official.wsdl_dir())


@pytest.fixture
def sri(wsdl):
    with fake_sri.FakeSri(clock=lambda: signed.NOON, wsdl=wsdl) as fake:
        yield fake


@pytest.fixture
def clients(sri):
    """Los clientes de los dos servicios, hechos con los WSDL que publica el propio simulador."""
    opened = [zeep.Client(f"{sri.url}/{name}?wsdl") for name, _ in (RECEPTION, AUTHORIZATION)]
    yield opened
    for client in opened:
        client.transport.session.close()


def same(ours, theirs):
    """Si dos XML dicen lo mismo, se llamen como se llamen sus prefijos."""
    written = etree.tostring(theirs) if not isinstance(theirs, bytes) else theirs
    return canonicalize(ours.decode(), rewrite_prefixes=True) == canonicalize(
        written.decode(), rewrite_prefixes=True
    )


def test_the_envelope_that_sends_a_document_is_the_one_of_the_wsdl(wsdl):
    client = zeep.Client(str(wsdl / f"{RECEPTION[0]}.wsdl"))
    xml = "<factura>Ñandú &amp; cía.</factura>".encode()
    theirs = client.create_message(client.service, "validarComprobante", xml=xml)
    ours = soap.request(RECEPTION[1], "validarComprobante", "xml", b64encode(xml).decode())
    assert same(ours, theirs)


def test_the_envelope_that_asks_for_a_key_is_the_one_of_the_wsdl(wsdl):
    client = zeep.Client(str(wsdl / f"{AUTHORIZATION[0]}.wsdl"))
    theirs = client.create_message(client.service, "autorizacionComprobante", claveAccesoComprobante=KEY)
    ours = soap.request(AUTHORIZATION[1], "autorizacionComprobante", "claveAccesoComprobante", KEY)
    assert same(ours, theirs)


def test_the_headers_are_the_ones_of_the_wsdl(sri, clients):
    seen = {}
    clients[1].transport.session.hooks["response"].append(
        lambda answer, **_: seen.update(answer.request.headers)
    )
    clients[1].service.autorizacionComprobante(KEY)
    assert soap.HEADERS["SOAPAction"] == seen["SOAPAction"]
    assert soap.HEADERS["Content-Type"] == seen["Content-Type"]


def test_a_client_of_the_wsdl_sends_a_document_and_sees_it_authorized(sri, clients):
    reception, authorization = clients
    key, xml = signed.document()
    assert reception.service.validarComprobante(xml).estado == "RECIBIDA"
    assert sri.documents[key].xml == xml
    answer = authorization.service.autorizacionComprobante(key)
    (found,) = answer.autorizaciones.autorizacion
    assert (answer.claveAccesoConsultada, answer.numeroComprobantes) == (key, "1")
    assert (found.estado, found.numeroAutorizacion, found.ambiente) == ("AUTORIZADO", key, "PRUEBAS")
    assert found.fechaAutorizacion == signed.NOON
    assert found.comprobante.encode() == xml
    assert found.mensajes.mensaje[0].tipo == "ADVERTENCIA"


def test_a_client_of_the_wsdl_understands_a_returned_document(sri, clients):
    sri.on_reception(failures.returned("43", "45"))
    answer = clients[0].service.validarComprobante(signed.document()[1])
    (document,) = answer.comprobantes.comprobante
    assert (answer.estado, document.claveAcceso) == ("DEVUELTA", KEY)
    assert [one.identificador for one in document.mensajes.mensaje] == ["43", "45"]


def test_a_client_of_the_wsdl_understands_the_empty_answer(clients):
    answer = clients[1].service.autorizacionComprobante(KEY)
    assert (answer.numeroComprobantes, answer.autorizaciones) == ("0", None)


def test_a_client_of_the_wsdl_sees_our_faults(sri, clients):
    sri.on_reception(failures.fault("Sin memoria"))
    with pytest.raises(zeep.exceptions.Fault, match="Sin memoria"):
        clients[0].service.validarComprobante(b"<factura/>")


STATES = {
    "NO AUTORIZADO": failures.not_authorized("39"),
    "RECHAZADA": failures.not_authorized("52", state="RECHAZADA"),
    "EN PROCESO": failures.in_state("EN PROCESO"),
    "PPR": failures.in_state("PPR"),
    "AUTORIZADO": None,
}


@pytest.mark.parametrize("state", STATES)
def test_we_and_the_wsdl_read_the_same_in_each_state(sri, clients, state):
    raw = []
    clients[1].transport.session.hooks["response"].append(lambda answer, **_: raw.append(answer.content))
    clients[0].service.validarComprobante(signed.document()[1])
    if STATES[state]:
        sri.on_authorization(STATES[state])
    (theirs,) = clients[1].service.autorizacionComprobante(KEY).autorizaciones.autorizacion
    ours = parse_authorization(raw[-1], KEY)
    assert ours.reported == theirs.estado == state
    assert (ours.number, ours.at) == (theirs.numeroAutorizacion, theirs.fechaAutorizacion)
    assert (ours.environment, ours.document) == (theirs.ambiente, theirs.comprobante)
    their_messages = theirs.mensajes.mensaje if theirs.mensajes else []
    assert [(one.identifier, one.text, one.kind) for one in ours.messages] == [
        (one.identificador, one.mensaje, one.tipo) for one in their_messages
    ]


def test_we_and_the_wsdl_read_the_same_in_a_reception(sri, clients):
    raw = []
    clients[0].transport.session.hooks["response"].append(lambda answer, **_: raw.append(answer.content))
    clients[0].service.validarComprobante(signed.document()[1])
    assert parse_reception(raw[-1], KEY).state == "RECIBIDA"
