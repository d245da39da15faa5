"""Quien otorga se juzga por lo guardado, no por la memoria de un proceso.

La memoria de `tokens.py` puede creer hasta tres segundos a quien ya fue despedido: basta para una lectura, no
para una escritura que dura más que ella.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from common.access.current_user import CurrentUser, check_permissions
from common.access.tokens import STATE, check_state
from common.database import fetch_all, fetch_one
from common.permissions import Permission
from common.sql.statements import ValueQuery, one_of_ids
from common.tables.auth import User

# En el mismo orden siempre, para que nadie se trabe, y con la fuerza de un cambio: subir después la de un
# bloqueo compartido trabaría a dos que lo tienen.
_LOCKED = ValueQuery(
    int,
    select(User.user_id)
    .where(one_of_ids(User.user_id))
    .order_by(User.user_id)
    .with_for_update(key_share=True),
)


def confirm_actor(
    db: Session, user: CurrentUser, *permissions: Permission, target: int | None = None
) -> CurrentUser:
    """Quien llama, como está guardado; su cuenta no cambia hasta confirmar.

    Va antes de bloquear cualquier otra cuenta. Su rol no se bloquea: autenticación cambia cuentas y roles en
    fila, y lo demás no otorga lo que un rol quita.

    :param target: otra cuenta que también se bloquea.
    :raises Unauthorized: si su cuenta o su sesión se cerraron.
    :raises Forbidden: nombra los permisos que ya no tiene.
    """
    ids = {user.user_id} if target is None else {user.user_id, target}
    fetch_all(db, _LOCKED, ids=sorted(ids))
    # En otra sentencia: la que esperó el bloqueo aún ve lo demás como estaba antes de esperar.
    stored = fetch_one(db, STATE, user_id=user.user_id, jti=user.claims["jti"])
    state = check_state(stored, user.claims)
    confirmed = user._replace(role=state.role, permissions=frozenset(state.permissions))
    check_permissions(confirmed, permissions)
    return confirmed
