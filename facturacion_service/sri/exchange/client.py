"""El cliente de los dos servicios del SRI: recibe un comprobante firmado y pregunta por una clave.

Lo que importa al fallar es si el documento pudo haber llegado: `NotSent`, seguro que no; `UnknownOutcome`, no
se sabe, y antes de reenviar hay que preguntar por la clave. No se fija el certificado TLS (ficha técnica SRI
2.34, 7.1.4), solo se verifica.
"""

import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import requests
from urllib3.exceptions import HTTPError

from common.utils import now
from facturacion_service.sri.exchange import soap
from facturacion_service.sri.exchange.answers import (
    ACCESS_KEY,
    Authorization,
    Reception,
    SoapFault,
    UnusableAnswer,
    key_inside,
    parse_authorization,
    parse_reception,
)
from facturacion_service.sri.exchange.transport import Outgoing, deadline, new_session

RECEPTION = ("RecepcionComprobantesOffline", "http://ec.gob.sri.ws.recepcion")
AUTHORIZATION = ("AutorizacionComprobantesOffline", "http://ec.gob.sri.ws.autorizacion")
BIGGEST_ANSWER = 5 * 1024 * 1024  # bytes; un comprobante tiene a lo más 320 KB
CONNECT_SECONDS = 10  # por cada dirección del servidor
CHUNK = 16 * 1024

Answer = TypeVar("Answer")

_REASONS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (ConnectionRefusedError, "rechazó la conexión"),
    ((ConnectionResetError, BrokenPipeError), "cerró la conexión sin contestar"),
    (TimeoutError, "no contestó a tiempo"),
    (socket.gaierror, "no se encontró su dirección en la red"),
    (ssl.SSLCertVerificationError, "su certificado TLS no es de confianza"),
)


@dataclass(frozen=True)
class Exchange(Generic[Answer]):
    """Una pregunta contestada: lo entendido y, para guardarlo, lo que llegó tal como llegó."""

    answer: Answer
    raw: bytes
    http_status: int
    asked_at: datetime
    answered_at: datetime


class SriError(Exception):
    """Un intercambio que no dio una respuesta.

    :param reason: una frase en español para guardar y mostrar.
    :param http_status: `None` si no llegó a contestar.
    :param raw: lo que alcanzó a llegar.
    """

    def __init__(
        self, reason: str, asked_at: datetime, http_status: int | None = None, raw: bytes = b""
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.http_status = http_status
        self.raw = raw
        self.asked_at = asked_at
        self.failed_at = now()


class NotSent(SriError):
    """Seguro que no llegó: no hubo conexión o se cortó antes de enviar nada del cuerpo."""


class UnknownOutcome(SriError):
    """Pudo haber llegado: se cortó después de empezar a enviar, o la respuesta no sirve."""


class SriClient:
    """Los servicios de un ambiente.

    :param base_url: hasta «comprobantes-electronicos-ws», sin barra al final.
    :param timeout_seconds: de todo el intercambio, desde la conexión hasta el último byte.
    """

    def __init__(self, base_url: str, timeout_seconds: float) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout_seconds
        self._session = new_session()

    def send(self, signed_xml: bytes) -> Exchange[Reception]:
        """Envía un comprobante firmado, byte por byte como está.

        :raises ValueError: si no es un comprobante con su clave de acceso.
        :raises NotSent: si seguro no llegó.
        :raises UnknownOutcome: si no se sabe.
        """
        access_key = access_key_of(signed_xml)
        service, namespace = RECEPTION
        envelope = soap.request(namespace, "validarComprobante", "xml", b64encode(signed_xml).decode())
        return self._exchange(service, envelope, lambda raw: parse_reception(raw, access_key))

    def ask(self, access_key: str) -> Exchange[Authorization]:
        """Pregunta por la autorización de una clave; se puede repetir sin consecuencias.

        :raises ValueError: si la clave no tiene 49 dígitos.
        :raises NotSent: si seguro no llegó.
        :raises UnknownOutcome: si la respuesta no llegó o no sirve.
        """
        if not ACCESS_KEY.fullmatch(access_key):
            raise ValueError("la clave de acceso tiene 49 dígitos")
        service, namespace = AUTHORIZATION
        envelope = soap.request(namespace, "autorizacionComprobante", "claveAccesoComprobante", access_key)
        return self._exchange(service, envelope, lambda raw: parse_authorization(raw, access_key))

    def close(self) -> None:
        """Suelta las conexiones abiertas."""
        self._session.close()

    def _exchange(self, service: str, envelope: bytes, parse: Callable[[bytes], Answer]) -> Exchange[Answer]:
        asked_at = now()
        status, raw = self._post(service, envelope, asked_at)
        try:
            answer = parse(raw)
        except UnusableAnswer as error:
            # Una página de error del servidor no dice nada; un fallo SOAP trae las palabras del SRI.
            known = status == requests.codes.ok or isinstance(error, SoapFault)
            reason = error.reason if known else f"El SRI contestó HTTP {status}"
            raise UnknownOutcome(reason, asked_at, status, raw) from error
        if status != requests.codes.ok:
            raise UnknownOutcome(f"El SRI contestó HTTP {status}", asked_at, status, raw)
        return Exchange(answer, raw, status, asked_at, now())

    def _post(self, service: str, envelope: bytes, asked_at: datetime) -> tuple[int, bytes]:
        body, received = Outgoing(envelope), bytearray()
        status: int | None = None
        try:
            with deadline(self._timeout), self._open(service, body) as response:
                status = response.status_code
                _read(response, received)
                return status, bytes(received)
        except (requests.RequestException, HTTPError, OSError) as error:
            if not body.taken:
                raise NotSent(f"No se pudo conectar con el SRI: {_words(error)}", asked_at) from error
            reason = f"Se cortó la comunicación con el SRI: {_words(error)}"
            raise UnknownOutcome(reason, asked_at, status, bytes(received)) from error

    def _open(self, service: str, body: Outgoing) -> requests.Response:
        return self._session.post(
            f"{self._base_url}/{service}",
            data=body,
            # Sin comprimir: así el límite de la respuesta es el de lo que se lee.
            headers={**soap.HEADERS, "Accept-Encoding": "identity"},
            timeout=(min(CONNECT_SECONDS, self._timeout), self._timeout),
            allow_redirects=False,
            stream=True,
        )


def access_key_of(document: bytes) -> str:
    """La clave de acceso que lleva un comprobante.

    :raises ValueError: si no es un comprobante o no trae una clave de 49 dígitos.
    """
    key = key_inside(document)
    if not ACCESS_KEY.fullmatch(key):
        raise ValueError("el documento no trae una clave de acceso de 49 dígitos")
    return key


def _read(response: requests.Response, received: bytearray) -> None:
    while chunk := response.raw.read1(CHUNK, decode_content=False):
        received += chunk
        if len(received) > BIGGEST_ANSWER:
            raise OSError(f"la respuesta pasa de {BIGGEST_ANSWER} bytes")


def _words(error: BaseException) -> str:
    """El primer motivo de un error envuelto varias veces, en español si es uno de los de siempre."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    known = (words for kind, words in _REASONS if isinstance(error, kind))
    return next(known, f"{type(error).__name__}: {error}")
