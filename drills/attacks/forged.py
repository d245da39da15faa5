"""Tokens que el sistema no emitió, o no para esto: con otra firma, tocados, o que dicen lo que no deben."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from common.access.tokens import ALGORITHM, ISSUER

Claims = dict[str, Any]
HOUR = 3600

ALGORITHMS_OF_NOBODY = ("none", "None", "NONE", "nOnE", "", " none", "none\0", None, 0, ["none"], ["HS256"])
# Lo que un token firmado con nuestra clave no puede decir de cada cosa.
SENSELESS: dict[str, tuple[Any, ...]] = {
    "nbf": ("siempre",),
    "iat": ("hoy",),
    "exp": ("mañana", None, [1]),
    "iss": ("otro-sistema", ISSUER.upper(), "", None),
    "aud": ("otro-sistema",),
    "sub": (
        1,
        -1,
        "-1",
        "0",
        "01",
        "1.0",
        "１",
        "",
        " 1",
        "1 OR 1=1",
        "9" * 11,
        "9" * 5000,
        None,
        ["1"],
        True,
    ),
    "jti": ("", 7, None, ["a"], "con\0nulo", "' OR 1=1 --", "x" * 300),
}


class Attack(NamedTuple):
    """Una forma de intentar entrar.

    :param code: con qué se responde; vacío si ni siquiera llega al programa.
    """

    name: str
    headers: tuple[bytes, ...]
    code: str = "token_invalido"
    query: str = ""


def forgeries(user_id: int, token: str, key: str) -> Iterator[Attack]:
    """Todos, para hacerse pasar por esa cuenta.

    :param token: uno bueno de ella.
    :param key: la clave con que se firman los buenos.
    """
    claims = {
        "sub": str(user_id),
        "role": "Admin",
        "ver": 1,
        "iat": int(time.time()),
        "exp": int(time.time()) + HOUR,
        "iss": ISSUER,
        "jti": uuid4().hex,
    }
    yield from _unsigned(claims, token)
    yield from _signed_with_another_key(claims, key)
    yield from _signed_with_another_algorithm(claims, key, token)
    yield from _tampered(token)
    yield from _wrong_claims(claims, key)


def _bearer(name: str, token: str, code: str = "token_invalido") -> Attack:
    return Attack(name, (b"Authorization: Bearer " + token.encode(),), code)


def _unsigned(claims: Claims, token: str) -> Iterator[Attack]:
    signature = token.rpartition(".")[2]
    for algorithm in ALGORITHMS_OF_NOBODY:
        start = f"{_part({'alg': algorithm, 'typ': 'JWT'})}.{_part(claims)}."
        yield _bearer(f"alg {algorithm!r} sin firma", start)
        yield _bearer(f"alg {algorithm!r} con la firma de otro", start + signature)
    yield _bearer("sin alg", f"{_part({'typ': 'JWT'})}.{_part(claims)}.{signature}")


def _signed_with_another_key(claims: Claims, key: str) -> Iterator[Attack]:
    """También con la que la cabecera del token diga."""
    keys = {"vacía": "", "de otro": "otra clave " * 4, "recortada": key[:-1], "de una letra": "/"}
    for name, other in keys.items():
        yield _bearer(f"clave {name}", _signed(claims, other))
    own = "clave del atacante, de treinta y dos bytes"
    headers: dict[str, Any] = {
        "kid": "../../dev/null",
        "jku": "http://127.0.0.1/jwks",
        "x5u": "http://127.0.0.1/x5u",
        "jwk": {"kty": "oct", "k": _encoded(own.encode())},
        "crit": ["b64"],
        "b64": False,
    }
    for name, value in headers.items():
        yield _bearer(f"cabecera {name}", _signed(claims, own, **{name: value}))
        yield _bearer(f"cabecera {name} y clave vacía", _signed(claims, "", **{name: value}))


def _signed_with_another_algorithm(claims: Claims, key: str, token: str) -> Iterator[Attack]:
    """De veras, o solo diciéndolo."""
    for algorithm in ("HS384", "HS512"):
        yield _bearer(f"firmado con {algorithm} y nuestra clave", jwt.encode(claims, key, algorithm))
    rsa_key = rsa.generate_private_key(65537, 2048)
    yield _bearer("firmado con RS256", jwt.encode(claims, rsa_key, "RS256"))
    yield _bearer("firmado con PS256", jwt.encode(claims, rsa_key, "PS256"))
    yield _bearer("firmado con ES256", jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), "ES256"))
    yield _bearer("firmado con EdDSA", jwt.encode(claims, ed25519.Ed25519PrivateKey.generate(), "EdDSA"))
    _, body, signature = token.split(".")
    for algorithm in ("HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA", "hs256", "HS256 "):
        yield _bearer(f"dice {algorithm}", f"{_part({'alg': algorithm, 'typ': 'JWT'})}.{body}.{signature}")


def _tampered(token: str) -> Iterator[Attack]:
    """El token bueno, tocado."""
    head, body, signature = token.split(".")
    held = json.loads(base64.urlsafe_b64decode(body + "=="))
    changes = {"sub": "1", "role": "Doctor", "ver": 2, "exp": held["exp"] + 1, "jti": "0" * 32}
    for claim, value in changes.items():
        yield _bearer(f"cambia {claim}", f"{head}.{_part({**held, claim: value})}.{signature}")
    start = "B" if signature[0] == "A" else "A"
    false = {
        "otra": start + signature[1:],
        "corta": signature[:-2],
        "larga": signature + "AAAA",
        "ninguna": "",
    }
    for name, other in false.items():
        yield _bearer(f"firma: {name}", f"{head}.{body}.{other}")
    yield _bearer("sin la tercera parte", f"{head}.{body}")
    yield _bearer("cinco partes", f"{head}.{body}.{signature}.{body}.{signature}")
    yield _bearer("en JSON", json.dumps({"protected": head, "payload": body, "signature": signature}))


def _wrong_claims(claims: Claims, key: str) -> Iterator[Attack]:
    """Con nuestra clave, pero sin decir lo que un token nuestro dice."""
    yield _bearer("vencido", _signed({**claims, "exp": claims["iat"] - 1}, key), "token_vencido")
    yield _bearer("vencido hace siglos", _signed({**claims, "exp": -(10**400)}, key), "token_vencido")
    for claim in ("nbf", "iat"):
        yield _bearer(f"{claim} de mañana", _signed({**claims, claim: claims["iat"] + 24 * HOUR}, key))
    for claim in claims:
        without = {name: value for name, value in claims.items() if name != claim}
        yield _bearer(f"sin {claim}", _signed(without, key))
    for claim, values in SENSELESS.items():
        for value in values:
            yield _bearer(
                f"{claim} {str(value)[:20]!r}, {type(value).__name__}", _signed({**claims, claim: value}, key)
            )
    for claim, value in {"sub": "2147483647", "ver": 0}.items():
        yield _bearer(f"{claim} de nadie", _signed({**claims, claim: value}, key), "token_revocado")


def _signed(claims: Claims, key: str, **headers: Any) -> str:
    """Firmado sin las comprobaciones que PyJWT hace al crear un token."""
    head = _part({"alg": ALGORITHM, "typ": "JWT", **headers})
    signer = jwt.get_algorithm_by_name(ALGORITHM)
    signature = signer.sign(f"{head}.{_part(claims)}".encode(), key.encode())
    return f"{head}.{_part(claims)}.{_encoded(signature)}"


def _part(value: object) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
