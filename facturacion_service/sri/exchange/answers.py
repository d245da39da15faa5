"""Lo que contesta el SRI, leído con tolerancia en la forma y sin ninguna en lo que decide dinero.

Un documento solo está AUTORIZADO si la respuesta es de su clave y su número de autorización *es* la clave
(ficha técnica SRI 2.34, 5.9). Todo lo que no se entiende es `UnusableAnswer`: el desenlace sigue sin saberse.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from lxml import etree

from facturacion_service.sri.exchange.soap import LONGEST_TEXT, SoapFault, UnusableAnswer, result, text
from facturacion_service.sri.xml import safe_xml
from facturacion_service.sri.xml.codes import ECUADOR
from facturacion_service.sri.xml.documents import Environment
from facturacion_service.sri.xml.safe_xml import UnreadableXml, children

__all__ = [
    "Authorization",
    "AuthorizationState",
    "Message",
    "MessageKind",
    "Reception",
    "ReceptionState",
    "SoapFault",
    "UnusableAnswer",
    "key_inside",
    "parse_authorization",
    "parse_reception",
]

MessageKind = Literal["ERROR", "ADVERTENCIA", "INFORMATIVO"]
ReceptionState = Literal["RECIBIDA", "DEVUELTA"]
AuthorizationState = Literal["AUTORIZADO", "NO_AUTORIZADO", "EN_PROCESO", "DESCONOCIDO"]

ACCESS_KEY = re.compile(r"[0-9]{49}")
MOST_MESSAGES = 100

# Como se ha visto escrito cada estado, en mayúsculas y con un solo espacio entre palabras.
STATES: dict[str, AuthorizationState] = {
    "AUTORIZADO": "AUTORIZADO",
    "AUTORIZADA": "AUTORIZADO",
    "NO AUTORIZADO": "NO_AUTORIZADO",
    "NO AUTORIZADA": "NO_AUTORIZADO",
    "RECHAZADO": "NO_AUTORIZADO",
    "RECHAZADA": "NO_AUTORIZADO",
    "EN PROCESO": "EN_PROCESO",
    "EN PROCESAMIENTO": "EN_PROCESO",
    "PPR": "EN_PROCESO",
}
ENVIRONMENTS: dict[str, Environment] = {
    "1": "PRUEBAS",
    "PRUEBAS": "PRUEBAS",
    "2": "PRODUCCION",
    "PRODUCCION": "PRODUCCION",
    "PRODUCCIÓN": "PRODUCCION",
}


@dataclass(frozen=True)
class Message:
    """Un mensaje del SRI, con sus palabras.

    :param identifier: el código de la tabla de errores, sin ceros delante; vacío si no lo trae.
    :param kind: ERROR también cuando no dice de qué tipo es.
    """

    identifier: str
    text: str
    additional: str
    kind: MessageKind


@dataclass(frozen=True)
class Reception:
    """La respuesta al envío de un comprobante."""

    state: ReceptionState
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Authorization:
    """La respuesta a la pregunta por una clave.

    :param state: DESCONOCIDO si no trae ninguna autorización: el SRI no la conoce o aún no la procesa.
    :param number: la clave de acceso cuando está AUTORIZADO.
    :param at: fecha de autorización, con zona; `None` si no la trae o no se entiende.
    :param document: el comprobante que devuelve el SRI, como texto XML.
    :param reported: el estado como lo escribió el SRI.
    """

    state: AuthorizationState
    number: str | None
    at: datetime | None
    environment: Environment | None
    document: str | None
    messages: tuple[Message, ...]
    reported: str = ""

    @property
    def unfamiliar(self) -> bool:
        """Si el SRI usó un estado que no está en la tabla: se sigue esperando y conviene avisar."""
        return self.state != "DESCONOCIDO" and _plain(self.reported) not in STATES


UNKNOWN = Authorization("DESCONOCIDO", None, None, None, None, ())


def parse_reception(raw: bytes, access_key: str) -> Reception:
    """Lee la respuesta de `validarComprobante` al enviar el documento de esa clave.

    :raises UnusableAnswer: si no se entiende o es la de otro documento.
    """
    answer = result(raw, "validarComprobante", "RespuestaRecepcionComprobante")
    state = _plain(text(answer, "estado", raw))
    if state not in ("RECIBIDA", "DEVUELTA"):
        raise UnusableAnswer(f"La recepción contestó un estado que no existe: «{state[:80]}»", raw)
    documents = _nested(answer, "comprobantes", "comprobante")
    for document in documents:
        _refuse_another(text(document, "claveAcceso", raw), access_key, raw)
    messages = tuple(found for document in documents for found in _messages(document, raw))
    return Reception(cast(ReceptionState, state), messages[:MOST_MESSAGES])


def parse_authorization(raw: bytes, access_key: str) -> Authorization:
    """Lee la respuesta de `autorizacionComprobante` a la pregunta por esa clave.

    :raises UnusableAnswer: si no se entiende, es de otra clave o dice AUTORIZADO con otro número.
    """
    answer = result(raw, "autorizacionComprobante", "RespuestaAutorizacionComprobante")
    asked = text(answer, "claveAccesoConsultada", raw)
    _refuse_another(asked, access_key, raw)
    nodes = _nested(answer, "autorizaciones", "autorizacion")
    if not nodes:
        return _nothing_known(answer, asked, raw)
    chosen = _governing([_authorization(node, raw) for node in nodes])
    _check_ours(chosen, asked, access_key, raw)
    return chosen


def _nothing_known(answer: etree._Element, asked: str, raw: bytes) -> Authorization:
    """La respuesta vacía; una que ni siquiera repite la clave ni cuenta cero no dice nada."""
    if not asked and text(answer, "numeroComprobantes", raw) != "0":
        raise UnusableAnswer("La respuesta no dice de qué clave es ni trae autorizaciones", raw)
    return UNKNOWN


def _authorization(node: etree._Element, raw: bytes) -> Authorization:
    reported = text(node, "estado", raw)[:80]
    return Authorization(
        state=STATES.get(_plain(reported), "EN_PROCESO"),
        number=text(node, "numeroAutorizacion", raw) or None,
        at=_instant(text(node, "fechaAutorizacion", raw)),
        environment=ENVIRONMENTS.get(text(node, "ambiente", raw).upper()),
        document=text(node, "comprobante", raw) or None,
        messages=tuple(_messages(node, raw))[:MOST_MESSAGES],
        reported=reported,
    )


def _governing(found: list[Authorization]) -> Authorization:
    """De varias, la que autoriza; si ninguna autoriza, la última."""
    return next((one for one in found if one.state == "AUTORIZADO"), None) or max(found, key=_age)


def _age(one: Authorization) -> tuple[bool, datetime]:
    # La que está en proceso y aún no tiene fecha es posterior a las que ya la tienen.
    pending = one.state == "EN_PROCESO" and one.at is None
    return pending, one.at or datetime.min.replace(tzinfo=UTC)


def _check_ours(found: Authorization, asked: str, access_key: str, raw: bytes) -> None:
    """Que lo definitivo sea, sin ninguna duda, de este documento."""
    _refuse_another(found.number or "", access_key, raw)
    _refuse_another(key_inside((found.document or "").encode()), access_key, raw)
    if found.state == "AUTORIZADO" and found.number != access_key:
        raise UnusableAnswer("La respuesta dice AUTORIZADO y su número no es la clave de acceso", raw)
    if found.state == "AUTORIZADO" and found.environment not in (None, ENVIRONMENTS.get(access_key[23])):
        raise UnusableAnswer(
            f"La respuesta autoriza en el ambiente {found.environment}, que no es el suyo", raw
        )
    if found.state == "AUTORIZADO" and _is_of_nobody(found.document):
        raise UnusableAnswer("La respuesta autoriza un documento que no dice su clave de acceso", raw)
    if found.state == "NO_AUTORIZADO" and access_key not in (asked, found.number):
        raise UnusableAnswer("La respuesta rechaza sin decir qué clave", raw)


def _refuse_another(key: str, access_key: str, raw: bytes) -> None:
    # Cuando no pudo leer el documento, el SRI escribe «N/A» en lugar de la clave.
    if ACCESS_KEY.fullmatch(key) and key != access_key:
        raise UnusableAnswer(f"La respuesta es de otra clave de acceso: {key}", raw)


def key_inside(document: bytes) -> str:
    """La clave de acceso que lleva dentro un comprobante; vacía si no se puede leer o no es una sola."""
    try:
        root = safe_xml.parse(document)
    except UnreadableXml:
        return ""
    tax_nodes = children(root, "infoTributaria")
    keys = [key for node in tax_nodes for key in children(node, "claveAcceso")]
    return (keys[0].text or "").strip() if len(keys) == 1 else ""


def _is_of_nobody(document: str | None) -> bool:
    """Si se puede leer y no lleva una clave de acceso: no es un comprobante, y se entregaría como tal."""
    try:
        safe_xml.parse((document or "").encode())
    except UnreadableXml:
        return False
    return not ACCESS_KEY.fullmatch(key_inside((document or "").encode()))


def _nested(element: etree._Element, group: str, item: str) -> list[etree._Element]:
    return [found for holder in children(element, group) for found in children(holder, item)]


def _messages(element: etree._Element, raw: bytes) -> Iterator[Message]:
    for node in _nested(element, "mensajes", "mensaje"):
        kind = _plain(text(node, "tipo", raw))
        yield Message(
            identifier=_code(text(node, "identificador", raw)),
            text=text(node, "mensaje", raw)[:LONGEST_TEXT],
            additional=text(node, "informacionAdicional", raw)[:LONGEST_TEXT],
            kind=cast(MessageKind, kind) if kind in ("ADVERTENCIA", "INFORMATIVO") else "ERROR",
        )


def _code(identifier: str) -> str:
    return identifier[:20].lstrip("0") or identifier[:20]


def _plain(words: str) -> str:
    return " ".join(words.upper().replace("_", " ").split())


def _instant(words: str) -> datetime | None:
    """Un xs:dateTime con zona; sin ella, la del Ecuador continental, que es la hora que escribe el SRI."""
    try:
        instant = datetime.fromisoformat(words)
    except ValueError:
        return None
    if not 2000 <= instant.year <= 2200:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=ECUADOR)
