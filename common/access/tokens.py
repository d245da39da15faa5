"""Los tokens: firmarlos, comprobarlos y saber si siguen valiendo.

La firma de un token se comprueba la primera vez que se presenta; su plazo, en cada petición. El estado de la
cuenta (activa, permisos, sesión cerrada) se lee de la base como mucho cada `STATE_SECONDS`, así que una
revocación llega a todos los servicios en menos de cinco segundos.
"""

import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import uuid4

import jwt
from sqlalchemy import bindparam, exists, select

from common.config import load_settings
from common.database import fetch_one, reading
from common.errors import Unauthorized
from common.sql.statements import FixedQuery, columns
from common.tables.auth import RevokedToken, Role, User
from common.utils import now

ALGORITHM = "HS256"
ISSUER = "sistema-gestion-clinica"
STATE_SECONDS = 3.0
MAX_CACHED_TOKENS = 10_000
_USER_ID = re.compile("[1-9][0-9]{0,9}")
_TOKEN_ID = re.compile("[0-9a-f]{32}")

Kept = TypeVar("Kept")


class Memory(Generic[Kept]):
    """Memoria acotada de este proceso: cuando se llena, olvida lo que guardó hace más tiempo."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> Kept | None:
        """Lo guardado, o None."""
        return self._kept.get(key)

    def keep(self, key: str, value: Kept) -> None:
        """Guarda lo que se acaba de saber."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_CACHED_TOKENS:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Olvida todo."""
        with self._lock:
            self._kept.clear()


def issue_token(user_id: int, role: str, version: int) -> tuple[str, datetime]:
    """Un token nuevo y el instante en que vence."""
    issued = now()
    expires = issued + timedelta(hours=load_settings().jwt_expiration_hours)
    claims = {
        "sub": str(user_id),
        "role": role,
        "ver": version,
        "iat": int(issued.timestamp()),
        "exp": int(expires.timestamp()),
        "iss": ISSUER,
        "jti": uuid4().hex,
    }
    return jwt.encode(claims, load_settings().jwt_secret_key, ALGORITHM), expires.replace(microsecond=0)


class _Verified(NamedTuple):
    """Un token cuya firma ya se comprobó, con qué clave y hasta cuándo vale."""

    key: str
    expires: int
    claims: dict[str, Any]


verified_tokens = Memory[_Verified]()


def decode_token(token: str) -> dict[str, Any]:
    """Las afirmaciones de un token bien firmado y vigente.

    :raises Unauthorized: si no lo es.
    """
    key = load_settings().jwt_secret_key
    known = verified_tokens.get(token)
    # Se recuerda por su texto entero: con una letra cambiada es otro. Uno vencido se comprueba de nuevo.
    if known is not None and known.key == key and time.time() < known.expires:
        return known.claims
    claims = _verify(token, key)
    verified_tokens.keep(token, _Verified(key, int(claims["exp"]), claims))
    return claims


def _verify(token: str, key: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            options={"require": ["sub", "role", "ver", "iat", "exp", "iss", "jti"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise Unauthorized("La sesión venció; vuelva a entrar.", code="token_vencido") from error
    except jwt.InvalidTokenError as error:
        raise Unauthorized("El token no es válido.", code="token_invalido") from error
    if not (_USER_ID.fullmatch(claims["sub"]) and _TOKEN_ID.fullmatch(claims["jti"])):
        raise Unauthorized("El token no es válido.", code="token_invalido")
    return claims


@dataclass(frozen=True)
class State:
    """Lo que la base dice de un token."""

    is_active: bool
    token_version: int
    role: str
    permissions: list[str]
    revoked: bool


# En un solo viaje: la cuenta, su rol y si se cerró la sesión.
STATE = FixedQuery(
    State,
    select(
        *columns(
            State,
            User,
            role=Role.name,
            permissions=Role.permissions,
            revoked=exists().where(RevokedToken.jti == bindparam("jti")),
        )
    )
    .join(Role, Role.role_id == User.role_id)
    .where(User.user_id == bindparam("user_id")),
)


def check_state(state: State | None, claims: dict[str, Any]) -> State:
    """El estado de un token que sigue valiendo.

    :raises Unauthorized: si su cuenta o su sesión se cerraron.
    """
    if state is None or state.revoked or state.token_version != claims["ver"]:
        raise Unauthorized("La sesión fue cerrada; vuelva a entrar.", code="token_revocado")
    if not state.is_active:
        raise Unauthorized("La cuenta está desactivada.", code="cuenta_desactivada")
    return state


class TokenStates:
    """Memoria corta del estado de los tokens de este proceso."""

    def __init__(self) -> None:
        self._states = Memory[tuple[float, State]]()

    def get(self, claims: dict[str, Any]) -> State | None:
        """El estado del token, de la memoria o de la base; None si la cuenta no existe."""
        known = self._states.get(claims["jti"])
        # La hora se toma antes de leer: lo leído nunca es más viejo de lo que se cree.
        asked = time.monotonic()
        if known is not None and asked - known[0] < STATE_SECONDS:
            return known[1]
        with reading() as db:
            state = fetch_one(db, STATE, user_id=int(claims["sub"]), jti=claims["jti"])
        if state is not None:
            self._states.keep(claims["jti"], (asked, state))
        return state

    def __len__(self) -> int:
        return len(self._states)

    def clear(self) -> None:
        """Olvida todo; en este proceso los cambios se ven de inmediato."""
        self._states.clear()


token_states = TokenStates()
