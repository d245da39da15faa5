"""El bloqueo de entradas: cinco fallos en quince minutos cierran el correo por quince minutos.

Se cuenta por correo, exista o no la cuenta, y exactamente: quien anota un intento tiene bloqueada su
fila, así que de mil intentos simultáneos solo cinco llegan a saber si acertaron.
"""

from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from auth_service import models
from auth_service.models import LoginAttempt
from common.database import Database
from common.errors import TooManyRequests
from common.rules.cleaning import Expired
from common.utils import now

MAX_FAILURES = 5
WINDOW = timedelta(minutes=15)
LOCK = timedelta(minutes=15)

_EXPIRED = Expired(LoginAttempt.window_started_at)


def check(db: Database, email: str) -> None:
    """Rechaza un correo bloqueado antes de gastar bcrypt en él.

    :raises TooManyRequests: con los segundos que faltan.
    """
    refuse(_seconds_left(models.locked_until(db, email)))


def refuse(seconds: int) -> None:
    """Rechaza la entrada si aún faltan segundos de bloqueo.

    :raises TooManyRequests: con los segundos que faltan.
    """
    if seconds:
        message = "Demasiados intentos fallidos; vuelva a intentarlo más tarde."
        raise TooManyRequests(message, retry_after=seconds)


def record(db: Session, email: str, *, is_right: bool) -> int:
    """Anota un intento; devuelve cuántos segundos faltan si el correo ya estaba bloqueado.

    En ese caso el intento no cuenta y su resultado no se debe revelar, aunque sea el correcto.
    """
    attempt = _locked_attempt(db, email)
    seconds = _seconds_left(attempt.locked_until)
    if not seconds and is_right:
        db.delete(attempt)
    elif not seconds:
        _count_failure(attempt)
        db.flush()
        # Después de bloquear la propia: quien limpia salta lo bloqueado y nunca espera.
        _EXPIRED.forget(db, now() - WINDOW - LOCK)
    return seconds


def _seconds_left(locked_until: datetime | None) -> int:
    left = locked_until - now() if locked_until else timedelta(0)
    # Hacia arriba: quien espera lo que se le dijo ya no encuentra el bloqueo.
    return max(0, -(-left // timedelta(seconds=1)))


def _locked_attempt(db: Session, email: str) -> LoginAttempt:
    """La fila del correo, creada si falta y bloqueada; en una sentencia, sin hueco entre las dos."""
    values = {"email": email, "failures": 0, "window_started_at": now()}
    upsert = insert(LoginAttempt).values(values)
    upsert = upsert.on_conflict_do_update(
        index_elements=[LoginAttempt.email], set_={"failures": LoginAttempt.failures}
    )
    return db.scalars(upsert.returning(LoginAttempt)).one()


def _count_failure(attempt: LoginAttempt) -> None:
    if attempt.window_started_at <= now() - WINDOW:
        attempt.window_started_at, attempt.failures, attempt.locked_until = now(), 0, None
    attempt.failures += 1
    if attempt.failures >= MAX_FAILURES:
        attempt.locked_until = now() + LOCK
