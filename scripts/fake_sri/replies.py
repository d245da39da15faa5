"""Lo que el SRI simulado escribe: los sobres, con la forma de los verdaderos."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from lxml import etree

from facturacion_service.sri.exchange.answers import Message
from facturacion_service.sri.exchange.soap import ENVELOPE
from scripts.fake_sri.office import ECUADOR
from scripts.fake_sri.registry import AUTHORIZED, IN_PROCESS, Received

RECEPTION = "http://ec.gob.sri.ws.recepcion"
AUTHORIZATION = "http://ec.gob.sri.ws.autorizacion"


@dataclass(frozen=True)
class Reply:
    """Una respuesta HTTP y cómo se entrega.

    :param delay: segundos antes de empezar a contestar; `None`, nunca.
    :param pace: segundos entre byte y byte.
    :param cut_at: cuántos bytes del cuerpo se envían antes de cortar la conexión; -1, ni las cabeceras.
    """

    body: bytes
    status: int = HTTPStatus.OK
    content_type: str = "text/xml;charset=UTF-8"
    delay: int | None = 0
    pace: float = 0
    cut_at: int | None = None


def received() -> Reply:
    """RECIBIDA, sin más, como la escribe el SRI."""
    return _reception("RECIBIDA", "", ())


def returned(access_key: str, messages: Iterable[Message]) -> Reply:
    """DEVUELTA; de un documento que no se pudo leer, el SRI no dice la clave."""
    return _reception("DEVUELTA", access_key or "N/A", messages)


def _reception(state: str, access_key: str, messages: Iterable[Message]) -> Reply:
    root, answer = _envelope(RECEPTION, "validarComprobanteResponse", "RespuestaRecepcionComprobante")
    _add(answer, "estado", state)
    group = etree.SubElement(answer, "comprobantes")
    if access_key:
        document = etree.SubElement(group, "comprobante")
        _add(document, "claveAcceso", access_key)
        _add_messages(document, messages)
    return _reply(root)


def nothing_known(access_key: str) -> Reply:
    """La respuesta vacía: no la conoce, o aún no la procesa."""
    root, answer = _authorization(access_key, 0)
    etree.SubElement(answer, "autorizaciones")
    return _reply(root)


def authorization(found: Received, state: str | None = None) -> Reply:
    """Lo decidido sobre un comprobante; `state` cambia cómo se escribe."""
    root, answer = _authorization(found.access_key, 1)
    node = etree.SubElement(etree.SubElement(answer, "autorizaciones"), "autorizacion")
    _add(node, "estado", state or found.state)
    if found.state == AUTHORIZED:
        _add(node, "numeroAutorizacion", found.access_key)
    if found.decided_at and found.state != IN_PROCESS:
        _add(node, "fechaAutorizacion", found.decided_at.astimezone(ECUADOR).isoformat(timespec="seconds"))
    _add(node, "ambiente", found.environment)
    _add_document(node, found.xml)
    _add_messages(node, found.messages)
    return _reply(root)


def fault(words: str, code: str = "soap:Server") -> Reply:
    """Un fallo SOAP, con su HTTP 500."""
    root, body = _soap()
    node = etree.SubElement(body, f"{{{ENVELOPE}}}Fault")
    _add(node, "faultcode", code)
    _add(node, "faultstring", words)
    return Reply(etree.tostring(root), HTTPStatus.INTERNAL_SERVER_ERROR)


def _authorization(access_key: str, count: int) -> tuple[etree._Element, etree._Element]:
    name = "RespuestaAutorizacionComprobante"
    root, answer = _envelope(AUTHORIZATION, "autorizacionComprobanteResponse", name)
    _add(answer, "claveAccesoConsultada", access_key)
    _add(answer, "numeroComprobantes", str(count))
    return root, answer


def _envelope(namespace: str, response: str, name: str) -> tuple[etree._Element, etree._Element]:
    root, body = _soap()
    node = etree.SubElement(body, f"{{{namespace}}}{response}", nsmap={"ns2": namespace})
    return root, etree.SubElement(node, name)


def _soap() -> tuple[etree._Element, etree._Element]:
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    return root, etree.SubElement(root, f"{{{ENVELOPE}}}Body")


def _reply(root: etree._Element) -> Reply:
    return Reply(etree.tostring(root, encoding="UTF-8"))


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    child = etree.SubElement(parent, name)
    child.text = text
    return child


def _add_document(node: etree._Element, xml: bytes) -> None:
    text = xml.decode("utf-8", "replace")
    # Un CDATA no puede llevar dentro su propio cierre.
    etree.SubElement(node, "comprobante").text = text if "]]>" in text else etree.CDATA(text)


def _add_messages(node: etree._Element, messages: Iterable[Message]) -> None:
    group = etree.SubElement(node, "mensajes")
    for message in messages:
        item = etree.SubElement(group, "mensaje")
        _add(item, "identificador", message.identifier)
        _add(item, "mensaje", message.text)
        if message.additional:
            _add(item, "informacionAdicional", message.additional)
        _add(item, "tipo", message.kind)
