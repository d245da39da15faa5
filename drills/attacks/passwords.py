"""Contraseñas: lo que la base guarda de ellas, lo que se tarda en negar una y cuándo se deja de escuchar."""

import re
from itertools import count
from statistics import median

from drills.house import PASSWORD, House, expect
from scripts.trials.calls import Reply

BCRYPT = re.compile(r"\$2b\$\d{2}\$[./A-Za-z0-9]{53}")
TIMES = 20
ALLOWED_FAILURES = 5
_numbers = count(1)


def stored_and_guessed(house: House) -> str:
    """Solo el resumen bcrypt; un correo que no existe se niega igual; a la sexta ya no se escucha."""
    known = [_known(house) for _ in range(TIMES)]
    accounts = _only_hashes(house)
    unknown = [f"nadie{next(_numbers)}@clinica.test" for _ in range(TIMES)]
    ratio = median(_refused(house, unknown)) / median(_refused(house, known))
    for email, password in ((known[0], PASSWORD), (unknown[0], PASSWORD)):
        _is_locked(house, email, password)
    return (
        f"{accounts} cuentas, solo bcrypt; un correo desconocido tarda ×{ratio:.2f} lo que uno conocido; "
        f"bloqueo tras {ALLOWED_FAILURES} fallos"
    )


def _only_hashes(house: House) -> int:
    """Ninguna columna de la base guarda la contraseña; la suya, un resumen distinto por cuenta."""
    with house.database() as cursor:
        cursor.execute("select password_hash from users")
        hashes = [row[0] for row in cursor.fetchall()]
        cursor.execute("select relname from pg_stat_user_tables")
        for (table,) in cursor.fetchall():
            cursor.execute(f'select count(*) from "{table}" t where t::text like %s', (f"%{PASSWORD}%",))
            expect(cursor.fetchone(), (0,), f"filas de {table} con una contraseña")
    expect(
        [value for value in hashes if not BCRYPT.fullmatch(value)],
        [],
        "contraseñas que no son un resumen bcrypt",
    )
    expect(len(set(hashes)), len(hashes), "resúmenes distintos de la misma contraseña")
    return len(hashes)


def _known(house: House) -> str:
    user_id, _ = house.account("Usuario")
    return str(house.admin.call("auth", "GET", f"/users/{user_id}").data["user"]["email"])


def _refused(house: House, emails: list[str]) -> list[float]:
    """Lo que tarda en negarse una contraseña equivocada, que no dice si el correo existe."""
    replies = [_login(house, email, "Equivocada-77") for email in emails]
    expect(
        {(reply.status, reply.json["code"]) for reply in replies},
        {(401, "credenciales_invalidas")},
        "negadas",
    )
    return [reply.seconds for reply in replies]


def _is_locked(house: House, email: str, password: str) -> None:
    """Tras los fallos permitidos, ni la contraseña buena; exista o no la cuenta."""
    for _ in range(ALLOWED_FAILURES - 1):
        expect(_login(house, email, "Equivocada-77").status, 401, f"un fallo de {email}")
    locked = _login(house, email, password)
    expect((locked.status, int(locked.headers["Retry-After"]) > 0), (429, True), f"{email}, bloqueado")


def _login(house: House, email: str, password: str) -> Reply:
    return house.nobody.call("auth", "POST", "/login", {"email": email, "password": password})
