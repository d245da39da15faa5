"""Cabeceras hostiles: ninguna vuelve como llegó, ni cambia lo que la petición pide o a quién se responde."""

import gzip
import json
import re
from itertools import product

from common.services import SERVICES
from drills.attacks.tokens import DOORS
from drills.house import House, expect, slot
from drills.records.published import Operation, operations
from drills.wire import ask

SANE_ID = re.compile("[A-Za-z0-9._-]{1,64}")
FILE_NAME = re.compile(r'attachment; filename="[A-Za-z0-9.-]+"')
INJECTED = (
    "a%0d%0aSet-Cookie:%20robada=1",
    "a%0aSet-Cookie:robada=1",
    "a%E5%98%8A%E5%98%8DSet-Cookie:robada=1",
)
IDENTIFIERS = (
    *(b"a b", b"a\tb", b"<script>", b"a" * 65, "ñ".encode(), b"\xff", b"%0d%0aSet-Cookie:a=b", b"../../x"),
    *(b'"}', b"${jndi:ldap://x}", b"a;b", b"a,b", b"", b"\x0b", b"a\r\n b", b"{0}", b"'"),
)
ORIGINS = (
    *(
        "null",
        "*",
        "https://evil.test",
        "http://localhost",
        "http://localhost:5174",
        "https://localhost:5173",
    ),
    *("http://localhost:5173.evil.test", "http://evil.test/http://localhost:5173", "http://localhost:5173/"),
    *("http://localhost:51733", "http://xlocalhost:5173", "http://localhost:5173@evil.test", "file://", " "),
    *("http://localhost:5173, http://evil.test", "http://LOCALHOST:5173.evil.test", "http://localhost.5173"),
)
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method")
METHODS = ("TRACE", "CONNECT", "PROPFIND", "TRACK", "DEBUG", "PURGE", "get", "DELETE%20")


def every_header(house: House) -> str:
    """Cada familia contra cada servicio."""
    checks = (_identifiers, _origins, _methods, _splittings, _foreign_hosts)
    tried = sum(check(house, service) for check, service in product(checks, SERVICES))
    files = _file_names(house)
    _idempotency_keys(house)
    _bomb(house)
    return f"{tried} cabeceras y direcciones hostiles y {files} archivos: ninguna vuelve como llegó"


def _identifiers(house: House, service: str) -> int:
    """X-Request-ID: el que no es sano se cambia por otro, igual en la cabecera y en el cuerpo."""
    for value in IDENTIFIERS:
        heard = ask(house, service, "/nada", b"X-Request-ID: " + value)
        if heard.status == 400:
            # Ni siquiera es una cabecera.
            continue
        given = heard.header("X-Request-ID") or ""
        what = f"X-Request-ID {value!r} en {service}"
        expect(bool(SANE_ID.fullmatch(given)) and given.encode() != value, True, what)
        expect(json.loads(heard.body)["request_id"], given, what)
    return len(IDENTIFIERS)


def _origins(house: House, service: str) -> int:
    """CORS: al origen propio se le dice que sí; a ningún otro, ni en la consulta previa."""
    door = DOORS[service]
    preflight = b"Access-Control-Request-Method: GET"
    for origin, method in product(("http://localhost:5173", *ORIGINS), ("GET", "OPTIONS")):
        heard = ask(house, service, door, b"Origin: " + origin.encode(), preflight, method=method)
        wanted = origin if origin == "http://localhost:5173" else None
        expect(heard.header("Access-Control-Allow-Origin"), wanted, f"origen {origin} en {service}, {method}")
        expect(
            heard.header("Access-Control-Allow-Credentials"), None, f"credenciales a {origin} en {service}"
        )
        expect("Origin" in (heard.header("Vary") or ""), True, f"Vary con {origin} en {service}")
    return len(ORIGINS) * 2


def _methods(house: House, service: str) -> int:
    """El método es el que dice la petición; los que nadie usa no existen ni devuelven lo enviado."""
    token = b"Authorization: Bearer " + house.account("Admin")[1].encode()
    for name in OVERRIDES:
        heard = ask(house, service, DOORS[service], token, f"{name}: DELETE".encode())
        expect(heard.status, 200, f"GET con {name}: DELETE en {service}")
    for method in METHODS:
        heard = ask(house, service, DOORS[service], token, b"X-Eco: devuelta", method=method)
        expect(heard.status in (400, 405, 501), True, f"{method} en {service}: {heard.status}")
        expect(b"devuelta" in heard.raw, False, f"{method} en {service} devuelve lo enviado")
    return len(OVERRIDES) + len(METHODS)


def _splittings(house: House, service: str) -> int:
    """Nada de la dirección llega a una cabecera de la respuesta."""
    targets = [
        f"{place}{text}" for place in ("/", "/docs/", f"{DOORS[service]}/", "/live?") for text in INJECTED
    ]
    targets += [
        "//evil.test/%2e%2e",
        "/docs/..%2f..%2f..%2fetc%2fpasswd",
        "/docs/%2e%2e/%2e%2e/common/config.py",
    ]
    for target in targets:
        heard = ask(house, service, target)
        expect(heard.header("Set-Cookie"), None, f"{target} en {service}: Set-Cookie")
        expect(heard.header("Location"), None, f"{target} en {service}: Location")
        expect(heard.status in (200, 401, 404, 422), True, f"{target} en {service}: {heard.status}")
        expect(b"root:" in heard.raw, False, f"{target} en {service}: un archivo de la máquina")
    return len(targets)


def _foreign_hosts(house: House, service: str) -> int:
    """El nombre con que se llama al servidor no aparece en lo que responde."""
    for header in (b"X-Forwarded-Host: evil.test", b"Host: evil.test", b"Forwarded: host=evil.test"):
        for target in ("/live", "/openapi.json", "/nada", "/docs"):
            heard = ask(house, service, target, header)
            expect(b"evil.test" in heard.raw, False, f"{header!r} en {service}{target}")
    return 12


def _file_names(house: House) -> int:
    """Toda lista que se descarga y todo archivo tienen un nombre que no necesita comillas."""
    found = [operation for operation in operations(house) if is_list(operation)]
    for operation in found:
        for kind in ("csv", "xlsx"):
            reply = house.admin.call(operation.service, "GET", f"{operation.path}?format={kind}")
            given = reply.headers.get("Content-Disposition", "")
            expect(bool(FILE_NAME.fullmatch(given)), True, f"{operation} en {kind}: {given}")
    return len(found) * 2


def is_list(operation: Operation) -> bool:
    """Si es una lista que se puede pedir como archivo."""
    return "format" in operation.query and not operation.ids


def _idempotency_keys(house: House) -> None:
    """Una clave que no es visible se rechaza, y ninguna vuelve en la respuesta."""
    body = {"patient_id": house.patient(), "doctor_id": house.doctor(), **slot(200, 9)}
    for key in ("a b", "ñ", "a" * 256, "a\tb"):
        reply = house.admin.call("citas", "POST", "/appointments", body, {"Idempotency-Key": key})
        expect(reply.status, 422, f"Idempotency-Key {key!r}")
        expect(key in str(dict(reply.headers)), False, f"Idempotency-Key {key!r} devuelta")


def _bomb(house: House) -> None:
    """Un cuerpo comprimido no se abre: cien megas en cien kilos no cuestan nada."""
    bomb = gzip.compress(b" " * 100_000_000, 9)
    headers = {"Content-Encoding": "gzip"}
    for service, path in (("auth", "/login"), ("inventario", "/products"), ("citas", "/appointments")):
        reply = house.admin.call(service, "POST", path, bomb, headers)
        expect(reply.status, 400, f"cuerpo comprimido en {service}")
