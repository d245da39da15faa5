"""Peticiones que dos servidores podrían leer de dos maneras: ninguna mete otra de contrabando."""

from collections.abc import Iterator

from common.services import SERVICES
from drills.house import House, expect
from drills.wire import Heard, say

HOST = b"Host: clinica.test\r\n"
FORM = b"Content-Type: application/json\r\n"
# Una forma de enviar o una versión de HTTP que no se habla.
NOT_SPOKEN = (501, 505)

# Con qué se dice dónde termina un cuerpo, y no queda claro: «<largo>» es el de la petición escondida.
CODINGS = {
    "CL y TE": b"Transfer-Encoding: chunked",
    "CL y TE en mayúsculas": b"TRANSFER-ENCODING: CHUNKED",
    "TE con espacio antes de los dos puntos": b"Transfer-Encoding : chunked",
    "TE con tabulador": b"Transfer-Encoding:\tchunked",
    "TE con tabulador vertical": b"Transfer-Encoding: \x0bchunked",
    "TE dos veces": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "TE dos veces al revés": b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    "TE en lista": b"Transfer-Encoding: identity, chunked",
    "TE chunked, chunked": b"Transfer-Encoding: chunked, chunked",
    "TE xchunked": b"Transfer-Encoding: xchunked",
    "TE entre comillas": b'Transfer-Encoding: "chunked"',
    "TE partido en dos líneas": b"Transfer-Encoding:\r\n chunked",
    "TE tras un salto suelto": b"X: a\nTransfer-Encoding: chunked",
    "TE tras un retorno suelto": b"X: a\rTransfer-Encoding: chunked",
    "TE con guion bajo": b"Transfer_Encoding: chunked",
    "TE con un NUL": b"Transfer-Encoding: chunked\0",
}
LENGTHS = {
    "CL dos veces": b"Content-Length: 0\r\nContent-Length: <largo>",
    "CL dos veces al revés": b"Content-Length: <largo>\r\nContent-Length: 0",
    "CL en lista": b"Content-Length: 0, <largo>",
    "CL con signo": b"Content-Length: +0",
    "CL negativo": b"Content-Length: -1",
    "CL hexadecimal": b"Content-Length: 0x0",
    "CL con guion bajo": b"Content-Length: 0_0",
    "CL vacío": b"Content-Length:",
    "CL desmedido": b"Content-Length: " + b"9" * 400,
    "CL con espacio antes de los dos puntos": b"Content-Length : 0",
    "CL ancho": "Content-Length: ０".encode(),
}
CHUNKS = {
    "trozo 0x0": b"0x0\r\n\r\n",
    "trozo +0": b"+0\r\n\r\n",
    "trozo -0": b"-0\r\n\r\n",
    "trozo 0_0": b"0_0\r\n\r\n",
    "trozo desmedido": b"f" * 40 + b"\r\n\r\n",
    "trozo con salto suelto": b"0\n\n",
    "trozo con extensión y salto suelto": b"0;a\n\r\n",
    "trozo sin fin": b"1\r\naXX0\r\n\r\n",
    "trozo vacío": b"\r\n\r\n",
}
# Lo que ni siquiera empieza como una petición; «<live>» es la dirección de salud del servicio.
BEGINNINGS = {
    "HTTP/0.9": b"GET <live>\r\n",
    "HTTP/2 a secas": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "versión desconocida": b"GET <live> HTTP/9.9\r\n" + HOST + b"\r\n",
    "espacios de más": b"GET  <live>  HTTP/1.1\r\n" + HOST + b"\r\n",
    "un NUL en la dirección": b"GET <live>\0 HTTP/1.1\r\n" + HOST + b"\r\n",
    "una cabecera sin nombre": b"GET <live> HTTP/1.1\r\n" + HOST + b": a\r\n\r\n",
    "una cabecera con espacio": b"GET <live> HTTP/1.1\r\n" + HOST + b"X Y: a\r\n\r\n",
    "mil cabeceras": b"GET <live> HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 1000 + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


def every_ambiguity(house: House) -> str:
    """Cada una contra cada servicio; la petición escondida nunca llega a atenderse."""
    tried = 0
    for service, info in SERVICES.items():
        base = info.base_path.encode()
        expect(
            _is_met(say(house, service, _get(base + b"/live") + _hidden(base))), True, "dos peticiones claras"
        )
        for name, request in _ambiguous(base):
            heard = say(house, service, request)
            expect(_is_met(heard), False, f"{name} en {service}: se atendió la escondida")
            expect(
                heard.status < 500 or heard.status in NOT_SPOKEN, True, f"{name} en {service}: {heard.status}"
            )
            tried += 1
    return f"{tried // len(SERVICES)} ambigüedades × {len(SERVICES)} servicios: ninguna esconde una petición"


def _is_met(heard: Heard) -> bool:
    """Si se atendió la segunda."""
    return heard.answers > 1 or b"escondida" in heard.raw


def _hidden(base: bytes) -> bytes:
    return _get(base + b"/escondida", b"X-Request-ID: escondida\r\n")


def _get(path: bytes, headers: bytes = b"") -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\n" + HOST + headers + b"\r\n"


def _ambiguous(base: bytes) -> Iterator[tuple[str, bytes]]:
    """Una petición que termina donde no se sabe, y detrás otra que se reconoce si se atiende."""
    hidden = _hidden(base)
    post = b"POST " + base + b"/login HTTP/1.1\r\n" + HOST + FORM
    chunks = b"0\r\n\r\n" + hidden
    both = b"Content-Length: %d\r\n" % len(chunks)
    for name, coding in CODINGS.items():
        yield name, post + both + coding + b"\r\n\r\n" + chunks
        yield f"{name}, sin CL", post + coding + b"\r\nConnection: close\r\n\r\n" + chunks
    for name, length in LENGTHS.items():
        yield name, post + length.replace(b"<largo>", b"%d" % len(hidden)) + b"\r\n\r\n" + hidden
    chunked = post + b"Transfer-Encoding: chunked\r\n\r\n"
    for name, body in CHUNKS.items():
        yield name, chunked + body + hidden
    for name, start in BEGINNINGS.items():
        yield name, start.replace(b"<live>", base + b"/live")
