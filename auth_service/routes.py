"""Las rutas de la sesión propia: entrar, registrarse, verse, cambiar la contraseña y salir."""

from flask import request

from auth_service import lockout, models, operations
from auth_service.audit import operations as audit_operations
from auth_service.audit.operations import Visitor
from auth_service.models import Account
from auth_service.schemas import LoginIn, PasswordIn, RegisterIn, SessionOut, UserOut
from common.access import passwords
from common.access.tokens import token_states
from common.auth_middleware import (
    current_user,
    optional_user,
    public,
    public_with_token,
    require,
)
from common.database import reading, transaction
from common.errors import invalid
from common.openapi.resource import Resource, Tag
from common.web.contract import Answer, answers, json_body, request_id
from common.web.schemas import Payload

bp = Resource("sessions", __name__, Tag("Sesión", "Entrar, registrarse, la cuenta propia y salir."))


@bp.post("/login")
@public
@json_body(LoginIn)
@answers(SessionOut, errors=(401, 403, 429))
def login(body: LoginIn) -> Payload:
    """Entra con correo y contraseña

    Un correo desconocido y una contraseña equivocada responden lo mismo y tardan lo mismo. Al quinto
    fallo en quince minutos el correo se bloquea otros quince: 429 con `Retry-After`, aunque la
    contraseña sea la correcta. Una cuenta desactivada responde 403 solo si la contraseña es la suya.
    """
    return operations.open_session(_proven(body.email, body.password))


@bp.post("/register")
@public_with_token
@json_body(RegisterIn)
@answers(SessionOut, status=201, location="/api/auth/users/{user[user_id]}")
def register(body: RegisterIn) -> Payload:
    """Crea una cuenta activa con el rol Usuario

    Con el token de quien tiene `users:write` se puede elegir otro rol con `role_id`.
    """
    operations.check_registration(body, optional_user())
    password_hash = passwords.hash_password(body.password)
    with transaction() as db:
        account = operations.register(db, body, password_hash, optional_user())
        audit_operations.record_registration(db, account, by=optional_user() or _visitor(account))
    return operations.session_of(account)


@bp.get("/me")
@require()
@answers(user=UserOut)
def get_me() -> Payload:
    """Muestra la cuenta propia, sus permisos y su menú"""
    with reading() as db:
        return {"user": models.user(db, current_user().user_id)}


@bp.put("/me/password")
@require()
@json_body(PasswordIn)
@answers(user=UserOut, errors=(429,))
def change_password(body: PasswordIn) -> Answer:
    """Cambia la contraseña propia y cierra todas las sesiones, también esta

    Una contraseña actual equivocada cuenta como un intento fallido de entrar.
    """
    with reading() as db:
        email = models.user(db, current_user().user_id)["email"]
    operations.check_new_password(body, email)
    account = _proven(email, body.current_password)
    if account is None:
        raise invalid("current_password", "no es la contraseña actual")
    password_hash = passwords.hash_password(body.new_password)
    with transaction() as db:
        operations.change_password(db, account, password_hash, by=current_user())
    token_states.clear()
    return Answer({"user": account.user}, message="La contraseña cambió; vuelva a entrar.")


@bp.post("/logout")
@require()
@answers()
def logout() -> Answer:
    """Cierra esta sesión en los cinco servicios"""
    with transaction() as db:
        operations.close_session(db, current_user())
    token_states.clear()
    return Answer(message="La sesión se cerró.")


def _visitor(account: Account) -> Visitor:
    return Visitor(account.user["user_id"], request_id(), request.remote_addr)


def _proven(email: str, password: str) -> Account | None:
    """La cuenta, si la contraseña es la suya; el intento queda anotado.

    :raises TooManyRequests: si el correo está bloqueado.
    """
    with reading() as db:
        lockout.check(db, email)
        account = models.account(db, email)
    # bcrypt tarda: aquí no se tiene ninguna conexión de la base.
    is_right = passwords.matches(password, account.password_hash if account else None)
    # El fallo se confirma antes de responder: un error dentro de la transacción lo desharía.
    with transaction() as db:
        seconds = lockout.record(db, email, is_right=is_right)
    lockout.refuse(seconds)
    return account if is_right else None
