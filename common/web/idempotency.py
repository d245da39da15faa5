"""`Idempotency-Key`: la misma petición enviada dos veces ocurre una sola vez.

La respuesta se guarda en la misma transacción que el efecto: o están los dos o ninguno. Una petición que
falla no cambió nada y no gasta la clave.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypedDict

from flask import Response, request
from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from common.access.current_user import current_user
from common.database import fetch_one, fetch_value, transaction, write
from common.errors import Conflict, invalid
from common.rules.cleaning import Expired
from common.sql.statements import FixedQuery, FixedWrite, ValueQuery, columns, names_of
from common.tables.base import table_of
from common.tables.platform import IdempotencyKey
from common.utils import now
from common.web.body import body_bytes
from common.web.contract import View, contract_of

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class FirstAnswer(TypedDict):
    """La primera respuesta a una clave, y a qué petición."""

    fingerprint: str
    status: int
    body: str
    location: str | None
    created_at: datetime


_keys = table_of(IdempotencyKey)
_ITS_KEY = ("user_id", "key")
_ANSWER = names_of(FirstAnswer)
_EXPIRED = Expired(IdempotencyKey.created_at)
_CLAIM = ValueQuery(
    bool, select(func.pg_try_advisory_xact_lock(bindparam("number", type_=BigInteger())).label("claimed"))
)
_FIRST = FixedQuery(
    FirstAnswer,
    select(*columns(FirstAnswer, _keys))
    .where(*(_keys.c[name] == bindparam(name) for name in _ITS_KEY))
    .where(_keys.c.created_at > bindparam("since")),
)
_new = insert(_keys)
_KEEP = FixedWrite(
    # La que venció y aún no se borra deja su lugar.
    _new.on_conflict_do_update(index_elements=_ITS_KEY, set_={name: _new.excluded[name] for name in _ANSWER}),
    *(*_ITS_KEY, *_ANSWER),
)


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
        since = now() - KEPT
        _EXPIRED.forget(db, since)
        first = fetch_one(db, _FIRST, user_id=user_id, key=key, since=since)
        if first is not None:
            return _replayed(first, fingerprint)
        response = act()
        _keep(db, response, user_id=user_id, key=key, fingerprint=fingerprint)
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
    if not fetch_value(db, _CLAIM, number=number):
        raise Conflict("La misma petición sigue en curso.", code="peticion_en_curso")


def _replayed(first: FirstAnswer, fingerprint: str) -> Response:
    if first["fingerprint"] != fingerprint:
        raise invalid(HEADER, "ya se usó con otra petición; use una clave nueva")
    response = Response(first["body"], first["status"], mimetype="application/json")
    response.headers["Idempotent-Replayed"] = "true"
    if first["location"]:
        response.headers["Location"] = first["location"]
    return response


def _keep(db: Session, response: Response, **claimed: Any) -> None:
    """Guarda una respuesta, para repetirla."""
    write(
        db,
        _KEEP,
        **claimed,
        status=response.status_code,
        body=response.get_data(as_text=True),
        location=response.headers.get("Location"),
        created_at=now(),
    )
