"""Los intentos de entrar sin un token bueno: ninguno abre nada, en ninguno de los cinco servicios."""

import json
from collections.abc import Iterator

from common.services import SERVICES
from drills.attacks.forged import Attack, forgeries
from drills.house import House, expect
from drills.wire import Heard, ask

# En cada servicio, algo que solo se ve con permiso.
DOORS = {
    "auth": "/users",
    "inventario": "/products",
    "historia_clinica": "/patients",
    "facturacion": "/invoices",
    "citas": "/appointments",
}


def every_attack(house: House) -> str:
    """Cada ataque contra cada servicio; antes y después, el token bueno abre los cinco."""
    user_id, token = house.account("Admin")
    key = house.clinic.env["JWT_SECRET_KEY"]
    attacks = [*forgeries(user_id, token, key), *_misplaced(token.encode()), *_malformed(token.encode())]
    names = [attack.name for attack in attacks]
    expect(len(set(names)), len(names), "nombres de ataques distintos")
    good = b"Authorization: Bearer " + token.encode()
    for service in SERVICES:
        _opens(house, service, good)
        for attack in attacks:
            heard = ask(house, service, DOORS[service] + attack.query, *attack.headers)
            _is_refused(f"{attack.name} en {service}", attack, heard)
        _opens(house, service, good)
    return f"{len(attacks)} ataques × {len(SERVICES)} servicios: ninguno entra"


def _opens(house: House, service: str, good: bytes) -> None:
    expect(ask(house, service, DOORS[service], good).status, 200, f"el token bueno en {service}")


def _is_refused(what: str, attack: Attack, heard: Heard) -> None:
    if not attack.code:
        expect(heard.status in (400, 431), True, f"{what} rechazado sin llegar al programa ({heard.status})")
        return
    expect(heard.status, 401, what)
    answer = json.loads(heard.body)
    expect((answer["code"], answer["success"]), (attack.code, False), what)
    expect(heard.header("WWW-Authenticate"), "Bearer", f"{what}: WWW-Authenticate")


def _misplaced(token: bytes) -> Iterator[Attack]:
    """El token bueno donde no va."""
    bearer = b"Bearer " + token
    for header in (
        b"Cookie: token=" + token,
        b"X-Authorization: " + bearer,
        b"Proxy-Authorization: " + bearer,
        b"Authorization_: " + bearer,
        b"X-Forwarded-User: 1",
        b"X-User-Id: 1",
    ):
        yield Attack(f"en {header.decode()[:20]}", (header,), "falta_token")
    for parameter in ("token", "access_token", "Authorization"):
        yield Attack(f"en ?{parameter}", (), "falta_token", f"?{parameter}={token.decode()}")
    for scheme in (b"", b"Basic", b"Token", b"JWT", b"Digest", b"BearerBearer", b"\xa0Bearer"):
        yield Attack(f"esquema {scheme!r}", (b"Authorization: " + scheme + b" " + token,), "falta_token")


def _malformed(token: bytes) -> Iterator[Attack]:
    """Lo que no es un token donde va uno."""
    for value in (b"", b"Bearer", b"Bearer ", b"Bearer  \t"):
        yield Attack(f"cabecera {value!r}", (b"Authorization: " + value,), "falta_token")
    noises = {
        "dos veces la palabra": b"Bearer " + token,
        "dos tokens": token + b" " + token,
        "basura detrás": token + b".",
        "dos con coma": token + b"," + token,
        "comillas": b'"' + token + b'"',
        "ruido": b"a.b.c",
        "puntos": b"....",
        "null": b"null",
        "tildes": "ñandú.á.é".encode(),
        "no es UTF-8": b"\xff\xfe.\xff.\xff",
        "letras anchas": "ｅｙＪ.ｅｙＪ.ｅｙＪ".encode(),
        "seis mil letras": b"x" * 6000,
    }
    for name, noise in noises.items():
        yield Attack(name, (b"Authorization: Bearer " + noise,))
    good, forged = b"Authorization: Bearer " + token, b"Authorization: bearer " + token[:-4] + b"AAAA"
    yield Attack("esquema en minúsculas", (forged,))
    yield Attack("dos cabeceras, la buena primero", (good, forged))
    yield Attack("dos cabeceras, la buena después", (forged, good))
    yield Attack("cabecera desmedida", (b"Authorization: Bearer " + b"x" * 100_000,), "")
    yield Attack("un NUL dentro", (good + b"\0",), "")
