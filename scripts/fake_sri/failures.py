"""Las maneras de fallar del SRI, para ensayarlas: cada función da un fallo que se pide a `FakeSri`.

`stores` dice si el documento queda recibido antes de fallar, que es lo que el cliente no puede saber.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus

from scripts.fake_sri import replies
from scripts.fake_sri.messages import message
from scripts.fake_sri.registry import NOT_AUTHORIZED, Received
from scripts.fake_sri.replies import Reply


@dataclass(frozen=True)
class Call:
    """La llamada que falla.

    :param found: el comprobante de esa clave, si el SRI lo tiene.
    """

    access_key: str
    found: Received | None
    at: datetime


@dataclass(frozen=True)
class Failure:
    """Un fallo: qué se contesta en lugar de la respuesta verdadera y si antes se atiende la llamada."""

    change: Callable[[Reply, Call], Reply]
    stores: bool = False


def _fixed(reply: Reply, stores: bool) -> Failure:
    return Failure(lambda _reply, _call: reply, stores)


# De la red y del servidor.


def late(seconds: int, *, stores: bool = True) -> Failure:
    """Contesta bien, pero tarde."""
    return Failure(lambda reply, _call: replace(reply, delay=seconds), stores)


def silent(*, stores: bool = True) -> Failure:
    """No contesta nunca."""
    return Failure(lambda reply, _call: replace(reply, delay=None), stores)


def disconnected(*, stores: bool = True) -> Failure:
    """Corta la conexión sin contestar."""
    return Failure(lambda reply, _call: replace(reply, cut_at=-1), stores)


def truncated(*, stores: bool = True) -> Failure:
    """Corta la conexión a media respuesta."""
    return Failure(lambda reply, _call: replace(reply, cut_at=len(reply.body) // 2), stores)


def dripping(seconds_per_byte: float, *, stores: bool = True) -> Failure:
    """Contesta bien, un byte a la vez."""
    return Failure(lambda reply, _call: replace(reply, pace=seconds_per_byte), stores)


def http_error(status: int = HTTPStatus.SERVICE_UNAVAILABLE, *, stores: bool = False) -> Failure:
    """Un error del servidor con su página."""
    return _fixed(Reply(b"<html><body>Error</body></html>", status, "text/html"), stores)


def html(*, stores: bool = False) -> Failure:
    """HTTP 200 con una página de mantenimiento."""
    page = "<!DOCTYPE html><html><body><h1>Sitio en mantenimiento</h1><br></body></html>"
    return garbage(page.encode(), content_type="text/html", stores=stores)


def garbage(body: bytes = b"\x00\xffnada", *, content_type: str = "text/xml", stores: bool = True) -> Failure:
    """HTTP 200 con esos bytes; vacío, con `b""`."""
    return _fixed(Reply(body, content_type=content_type), stores)


def cut_short(*, stores: bool = True) -> Failure:
    """Media respuesta dada por completa: el largo que anuncia es el que trae."""
    return Failure(lambda reply, _call: replace(reply, body=reply.body[: len(reply.body) // 2]), stores)


def enormous(size: int, *, stores: bool = True) -> Failure:
    """Una respuesta bien formada de ese tamaño, en bytes."""
    return Failure(lambda reply, _call: replace(reply, body=reply.body + b" " * size), stores)


def fault(words: str = "Error interno", *, stores: bool = False) -> Failure:
    """Un fallo SOAP con HTTP 500."""
    return _fixed(replies.fault(words), stores)


def about_another(access_key: str, *, stores: bool = True) -> Failure:
    """La respuesta de otra clave."""

    def change(reply: Reply, call: Call) -> Reply:
        return replace(reply, body=reply.body.replace(call.access_key.encode(), access_key.encode()))

    return Failure(change, stores)


# Del negocio.


def returned(*codes: str, stores: bool = False) -> Failure:
    """DEVUELTA con esos códigos."""
    words = [message(code) for code in codes]
    return Failure(lambda _reply, call: replies.returned(call.access_key, words), stores)


def not_authorized(*codes: str, state: str = NOT_AUTHORIZED) -> Failure:
    """NO AUTORIZADO (o como se escriba) con esos códigos, sin que el SRI lo recuerde."""
    words = tuple(message(code) for code in codes)

    def change(_reply: Reply, call: Call) -> Reply:
        xml, environment = (call.found.xml, call.found.environment) if call.found else (b"", "PRUEBAS")
        decided = Received(call.access_key, environment, xml, call.at, NOT_AUTHORIZED, call.at, words)
        return replies.authorization(decided, state)

    return Failure(change)


def in_state(state: str) -> Failure:
    """La autorización verdadera con el estado escrito de otra manera (EN PROCESO, PPR, RECHAZADA…)."""

    def change(reply: Reply, call: Call) -> Reply:
        return replies.authorization(call.found, state) if call.found else reply

    return Failure(change, stores=True)


def nothing_known() -> Failure:
    """Respuesta vacía, aunque ya lo haya decidido."""
    return Failure(lambda _reply, call: replies.nothing_known(call.access_key))
