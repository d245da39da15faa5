"""Quién llama: del token al usuario, y qué permisos exige cada ruta.

La firma y el plazo se comprueban en cada petición; el estado del usuario (activo, permisos, token
revocado) se lee de la base como mucho cada `STATE_SECONDS`, así que una revocación llega a todos los
servicios en menos de cinco segundos.
"""

import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from threading import Lock
from typing import Any
from uuid import uuid4

import jwt
from flask import g, request
from sqlalchemy import bindparam, exists, select

from common.config import load_settings
from common.database import fetch_one, reading
from common.errors import Forbidden, Unauthorized
from common.fixed_query import FixedQuery
from common.permissions import DESCRIPTIONS, Permission
from common.request_query import refuse_query
from common.tables.auth import RevokedToken, Role, User
from common.utils import now
from common.web import Decorator, View, contract_of, request_id

ALGORITHM = "HS256"
ISSUER = "sistema-gestion-clinica"
STATE_SECONDS = 3.0
MAX_CACHED_TOKENS = 10_000
_USER_ID = re.compile("[1-9][0-9]{0,9}")
_TOKEN_ID = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class CurrentUser:
    """Quien hace la petición y desde dónde, para decidir y para auditar."""

    user_id: int
    role: str
    permissions: frozenset[str]
    request_id: str
    ip_address: str | None
    claims: dict[str, Any]

    def can(self, permission: Permission) -> bool:
        """Si tiene el permiso."""
        return permission.value in self.permissions


# El estado de un token en un solo viaje: la cuenta, su rol y si se cerró la sesión.
_STATE = FixedQuery(
    select(
        User.is_active,
        User.token_version,
        Role.name.label("role"),
        Role.permissions,
        exists().where(RevokedToken.jti == bindparam("jti")).label("revoked"),
    )
    .join(Role, Role.role_id == User.role_id)
    .where(User.user_id == bindparam("user_id"))
)


class TokenStates:
    """Memoria corta y acotada del estado de los tokens de este proceso."""

    def __init__(self) -> None:
        self._states: OrderedDict[str, tuple[float, dict[str, Any] | None]] = OrderedDict()
        self._lock = Lock()

    def get(self, claims: dict[str, Any]) -> dict[str, Any] | None:
        """El estado del usuario del token, de la memoria o de la base."""
        jti = claims["jti"]
        with self._lock:
            read_at, state = self._states.get(jti, (0.0, None))
        if state is not None and time.monotonic() - read_at < STATE_SECONDS:
            return state
        # La hora se toma antes de leer: lo leído nunca es más viejo de lo que se cree.
        started = time.monotonic()
        with reading() as db:
            state = fetch_one(db, _STATE, user_id=int(claims["sub"]), jti=jti)
        self._keep(jti, started, state)
        return state

    def _keep(self, jti: str, read_at: float, state: dict[str, Any] | None) -> None:
        with self._lock:
            self._states[jti] = (read_at, state)
            self._states.move_to_end(jti)
            while len(self._states) > MAX_CACHED_TOKENS:
                self._states.popitem(last=False)

    def clear(self) -> None:
        """Olvida todo; en este proceso los cambios se ven de inmediato."""
        with self._lock:
            self._states.clear()


token_states = TokenStates()


def issue_token(user_id: int, role: str, version: int) -> tuple[str, Any]:
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


def decode_token(token: str) -> dict[str, Any]:
    """Las afirmaciones de un token bien firmado y vigente.

    :raises Unauthorized: si no lo es.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            load_settings().jwt_secret_key,
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


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Falta el token: envíe Authorization: Bearer <token>.", code="falta_token")
    return token.strip()


def authenticate() -> CurrentUser:
    """El usuario del token de esta petición.

    :raises Unauthorized: si no hay token, no sirve o fue revocado.
    """
    claims = decode_token(_bearer())
    state = token_states.get(claims)
    if state is None or state["revoked"] or state["token_version"] != claims["ver"]:
        raise Unauthorized("La sesión fue cerrada; vuelva a entrar.", code="token_revocado")
    if not state["is_active"]:
        raise Unauthorized("La cuenta está desactivada.", code="cuenta_desactivada")
    user = CurrentUser(
        user_id=int(claims["sub"]),
        role=state["role"],
        permissions=frozenset(state["permissions"]),
        request_id=request_id(),
        ip_address=request.remote_addr,
        claims=claims,
    )
    g.user = user
    return user


def current_user() -> CurrentUser:
    """El usuario que :func:`require` ya comprobó en esta petición."""
    user: CurrentUser = g.user
    return user


def require(*permissions: Permission) -> Decorator:
    """La ruta exige todos estos permisos; sin ninguno, basta con haber entrado."""

    def decorate(view: View) -> View:
        contract = contract_of(view)
        contract.access, contract.declared_access = permissions, True

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            check_permissions(authenticate(), permissions)
            if contract.query is None:
                refuse_query()
            return view(*args, **kwargs)

        return wrapper

    return decorate


def check_permissions(user: CurrentUser, permissions: tuple[Permission, ...]) -> None:
    """Comprueba que el usuario tenga todos los permisos.

    :raises Forbidden: nombra los que le faltan.
    """
    missing = [permission for permission in permissions if not user.can(permission)]
    if missing:
        names = ", ".join(f"{DESCRIPTIONS[p].lower()} ({p.value})" for p in missing)
        raise Forbidden(f"No tiene permiso para: {names}.")


def public(view: View) -> View:
    """La ruta no exige token."""
    contract = contract_of(view)
    contract.access, contract.declared_access = None, True

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if contract.query is None:
            refuse_query()
        return view(*args, **kwargs)

    return wrapper


def public_with_token(view: View) -> View:
    """La ruta no exige token, pero mira el que le presenten; uno malo no se ignora."""
    contract_of(view).optional_token = True
    open_view = public(view)

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if request.headers.get("Authorization"):
            authenticate()
        return open_view(*args, **kwargs)

    return wrapper


def optional_user() -> CurrentUser | None:
    """En una ruta :func:`public_with_token`, el usuario si presentó un token."""
    user: CurrentUser | None = g.get("user")
    return user
