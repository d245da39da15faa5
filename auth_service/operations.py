"""Lo que pasa en las cuentas: abrir y cerrar sesiones, registrarse, cambiar la contraseña y los datos."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from auth_service import models, write_queries
from auth_service.audit import operations as audit_operations
from auth_service.models import Account, RevokedToken, User
from auth_service.rows import LockedUser
from auth_service.schemas import PasswordIn, RegisterIn
from common.access import passwords
from common.access.confirmation import confirm_actor
from common.access.tokens import issue_token
from common.auth_middleware import CurrentUser
from common.errors import Conflict, Forbidden, Unauthorized, invalid
from common.permissions import DEFAULT_ROLE, Permission
from common.rules import audit
from common.rules.cleaning import Expired
from common.utils import now
from common.web.schemas import Payload

_EXPIRED = Expired(RevokedToken.expires_at)


def open_session(account: Account | None) -> Payload:
    """La sesión de quien acertó la contraseña.

    Una cuenta desactivada se dice solo a quien sabe su contraseña: a los demás se les responde igual que
    si no existiera.

    :raises Unauthorized: si no acertó.
    :raises Forbidden: `cuenta_desactivada`.
    """
    if account is None:
        raise Unauthorized("El correo o la contraseña no son correctos.", code="credenciales_invalidas")
    if not account.user["is_active"]:
        raise Forbidden("La cuenta está desactivada.", code="cuenta_desactivada")
    return session_of(account)


def session_of(account: Account) -> Payload:
    """Una sesión nueva; el token lleva la versión leída junto con la contraseña que se comprobó."""
    user = account.user
    token, expires_at = issue_token(user["user_id"], user["role_name"], account.token_version)
    return {"token": token, "token_type": "Bearer", "expires_at": expires_at, "user": user}


def check_registration(body: RegisterIn, granter: CurrentUser | None) -> None:
    """Comprueba lo que no necesita la base, antes de gastar bcrypt.

    :raises Forbidden: si pide un rol quien no administra usuarios.
    :raises Invalid: si la contraseña no se admite.
    """
    _check_choice(body, granter)
    reason = passwords.problem(body.password, body.email)
    if reason:
        raise invalid("password", reason)


def _check_choice(body: RegisterIn, granter: CurrentUser | None) -> None:
    if body.role_id is not None and not (granter and granter.can(Permission.USERS_WRITE)):
        raise Forbidden("Solo quien administra usuarios puede elegir el rol.")


def register(db: Session, body: RegisterIn, password_hash: str, granter: CurrentUser | None) -> Account:
    """Crea una cuenta activa, con el rol pedido o el de por defecto.

    :raises Invalid: si el rol no existe.
    :raises Unauthorized: si la cuenta o la sesión de quien lo otorga ya se cerraron.
    :raises Forbidden: si ya no administra usuarios, o el rol puede algo que él no puede.
    """
    if granter is not None:
        write_queries.line_up(db)
        granter = confirm_actor(db, granter)
        _check_choice(body, granter)
    if body.role_id is None or granter is None:
        role_id = models.role_named(db, DEFAULT_ROLE)
        # Se siembra al arrancar y no se deja renombrar.
        assert role_id is not None
    else:
        role_id = body.role_id
        _check_grant(db, role_id, granter)
    values = {"full_name": body.full_name, "email": body.email, "password_hash": password_hash}
    db.add(User(role_id=role_id, **values))
    db.flush()
    account = models.account(db, body.email)
    assert account is not None
    return account


def check_new_password(body: PasswordIn, email: str) -> None:
    """Comprueba la contraseña nueva, antes de gastar bcrypt.

    :raises Invalid: si no se admite o es la misma.
    """
    reason = passwords.problem(body.new_password, email)
    if body.new_password == body.current_password:
        reason = "debe ser distinta de la actual"
    if reason:
        raise invalid("new_password", reason)


def change_password(db: Session, account: Account, password_hash: str, *, by: CurrentUser) -> None:
    """Guarda la contraseña nueva y cierra todas las sesiones de la cuenta.

    :raises Conflict: si la cuenta cambió desde que se comprobó la contraseña actual.
    """
    user_id = account.user["user_id"]
    if not write_queries.put_password(db, user_id, account.token_version, password_hash):
        raise Conflict("La cuenta acaba de cambiar; vuelva a entrar.", code="cuenta_cambiada")
    audit.record(db, by, "UPDATE", "users", user_id, details={"fields": ["password"]})


def close_session(db: Session, user: CurrentUser) -> None:
    """Cierra la sesión de este token; cerrarla dos veces es cerrarla."""
    expires_at = datetime.fromtimestamp(user.claims["exp"], UTC)
    write_queries.revoke(db, user.claims["jti"], user.user_id, expires_at)
    _EXPIRED.forget(db, now())


def change_user(db: Session, user_id: int, changes: dict[str, Any], *, by: CurrentUser) -> None:
    """Cambia una cuenta; desactivarla cierra sus sesiones.

    :raises NotFound: si no existe.
    :raises Conflict: `ultimo_administrador` si dejaría al sistema sin nadie que lo administre.
    :raises Invalid: si el rol no existe.
    :raises Unauthorized: si la cuenta o la sesión de quien lo hace ya se cerraron.
    :raises Forbidden: si ya no administra usuarios, u otorga un permiso que no tiene.
    """
    write_queries.line_up(db)
    by = confirm_actor(db, by, Permission.USERS_WRITE, target=user_id)
    user = write_queries.locked_user(db, user_id)
    was_active, is_active = user["is_active"], changes.get("is_active", user["is_active"])
    role_id = changes.get("role_id", user["role_id"])
    if role_id != user["role_id"] or (is_active and not was_active):
        _check_grant(db, role_id, by)
    if was_active and (role_id != user["role_id"] or not is_active):
        _keep_an_admin(db, user)
    details = audit_operations.user_changes(user, changes)
    if was_active and not is_active:
        changes = {**changes, "token_version": User.token_version + 1}
    if changes:
        # Se escriben las columnas que el cliente envió, y solo esas.
        db.execute(update(User).where(User.user_id == user_id).values(changes))
    audit_operations.record_user_change(db, user_id, details, by=by)


def _check_grant(db: Session, role_id: int, granter: CurrentUser) -> None:
    """Comprueba que se pueda otorgar un rol, sin que nadie le agregue permisos mientras tanto.

    :raises Invalid: si no existe.
    :raises Forbidden: si puede algo que quien lo otorga no puede.
    """
    role = write_queries.granted_role(db, role_id)
    if role is None:
        raise invalid("role_id", "no existe")
    refuse_to_grant(set(role["permissions"]) - granter.permissions)


def refuse_to_grant(lacking: set[str]) -> None:
    """Nadie otorga un permiso que no tiene.

    :raises Forbidden: nombra los que faltan.
    """
    if lacking:
        raise Forbidden(f"No puede otorgar permisos que no tiene: {', '.join(sorted(lacking))}.")


def _keep_an_admin(db: Session, user: LockedUser) -> None:
    """:raises Conflict: si `user` es la última cuenta activa de administración."""
    is_admin = models.is_admin_role(db, user["role_id"])
    if is_admin and models.other_active_admin(db, user["user_id"]) is None:
        raise Conflict(
            "Es la última cuenta activa de administración; nombre otra antes.",
            code="ultimo_administrador",
        )
