"""Quién llama: del token al usuario, y qué permisos exige cada ruta."""

from functools import wraps
from typing import Any

from flask import g, request

from common.access.current_user import CurrentUser, check_permissions, current_user, optional_user
from common.access.tokens import check_state, decode_token, token_states
from common.errors import Unauthorized
from common.permissions import Permission
from common.web.contract import Decorator, View, contract_of, request_id
from common.web.query import refuse_query

__all__ = [
    "CurrentUser",
    "authenticate",
    "check_permissions",
    "current_user",
    "optional_user",
    "public",
    "public_with_token",
    "require",
]


def _bearer() -> str:
    header: str = request.environ.get("HTTP_AUTHORIZATION", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Falta el token: envíe Authorization: Bearer <token>.", code="falta_token")
    return token.strip()


def authenticate() -> CurrentUser:
    """El usuario del token de esta petición.

    :raises Unauthorized: si no hay token, no sirve o fue revocado.
    """
    claims = decode_token(_bearer())
    state = check_state(token_states.get(claims), claims)
    user = CurrentUser(
        user_id=int(claims["sub"]),
        role=state.role,
        permissions=frozenset(state.permissions),
        request_id=request_id(),
        ip_address=request.remote_addr,
        claims=claims,
    )
    g.user = user
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
