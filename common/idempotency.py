"""`Idempotency-Key`: la misma petición enviada dos veces ocurre una sola vez.

La respuesta se guarda en la misma transacción que el efecto: o están los dos o ninguno. Una petición que
falla no cambió nada y no gasta la clave.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Response, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from common.auth_middleware import current_user
from common.database import transaction
from common.errors import Conflict, invalid
from common.request_body import body_bytes
from common.rules.cleaning import forget
from common.tables.plataforma import IdempotencyKey
from common.utils import now
from common.web import View, contract_of

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def idempotent(view: View) -> View:
    """Con la cabecera `Idempotency-Key`, repite la primera respuesta en vez de repetir el efecto."""
    contract_of(view).idempotent = True

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return view(*args, **kwargs)
        if not _KEY.fullmatch(key):
            raise invalid(HEADER, "lleva de 1 a 255 caracteres visibles, sin espacios ni tildes")
        return _once(key, lambda: view(*args, **kwargs))

    return wrapper


def _once(key: str, act: Callable[[], Response]) -> Response:
    user_id = current_user().user_id
    fingerprint = _fingerprint()
    with transaction() as db:
        _claim(db, user_id, key)
        first = _first_answer(db, user_id, key)
        if first is not None:
            return _replayed(first, fingerprint)
        response = act()
        db.merge(_kept(user_id, key, fingerprint, response))
        return response


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    digest.update(body_bytes())
    return digest.hexdigest()


def _claim(db: Session, user_id: int, key: str) -> None:
    """Aparta la clave hasta el fin de la transacción.

    :raises Conflict: si otra petición con la misma clave sigue en curso.
    """
    number = int.from_bytes(hashlib.sha256(f"{user_id}:{key}".encode()).digest()[:8], signed=True)
    if not db.scalar(select(func.pg_try_advisory_xact_lock(number))):
        raise Conflict("La misma petición sigue en curso.", code="peticion_en_curso")


def _first_answer(db: Session, user_id: int, key: str) -> IdempotencyKey | None:
    forget(db, IdempotencyKey, IdempotencyKey.created_at < now() - KEPT)
    first = db.get(IdempotencyKey, (user_id, key))
    return first if first is not None and first.created_at > now() - KEPT else None


def _replayed(first: IdempotencyKey, fingerprint: str) -> Response:
    if first.fingerprint != fingerprint:
        raise invalid(HEADER, "ya se usó con otra petición; use una clave nueva")
    response = Response(first.body, first.status, mimetype="application/json")
    response.headers["Idempotent-Replayed"] = "true"
    if first.location:
        response.headers["Location"] = first.location
    return response


def _kept(user_id: int, key: str, fingerprint: str, response: Response) -> IdempotencyKey:
    return IdempotencyKey(
        user_id=user_id,
        key=key,
        fingerprint=fingerprint,
        status=response.status_code,
        body=response.get_data(as_text=True),
        location=response.headers.get("Location"),
        created_at=now(),
    )
