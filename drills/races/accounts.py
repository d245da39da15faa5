"""Cuentas y documentos: el bloqueo no deja pasar de más, siempre queda quien administre, nada se duplica."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from drills import fixtures
from drills.house import PASSWORD, House, at_once, expect, expect_only, opened, outcome, outcomes
from scripts.demo.cedulas import cedula
from scripts.trials.calls import Reply
from scripts.trials.desk import Desk

WRONG, LOCKED = "401 credenciales_invalidas", "429 demasiados_intentos"
LAST = "409 ultimo_administrador"
ALLOWED, TIMES = 5, 50
ADMINS = """
SELECT count(*) FROM users JOIN roles USING (role_id) WHERE roles.name = 'Admin' AND users.is_active
"""


def guessing(house: House) -> str:
    """50 contraseñas a la vez contra una cuenta, la correcta entre ellas, y contra una que no existe."""
    number, _ = house.account("Recepcion")
    email = house.stored("SELECT email FROM users WHERE user_id = %s", number)
    for address in (email, "nadie@clinica.test"):
        replies = at_once([partial(_enter, house, address, f"{PASSWORD}-{n}") for n in range(TIMES)])
        expect(outcomes(replies), {WRONG: ALLOWED, LOCKED: TIMES - ALLOWED}, f"respuestas a {address}")
        expect(all("Retry-After" in r.headers for r in replies if r.status == 429), True, "Retry-After")
    # Bloqueada, ni la contraseña correcta dice que lo es.
    expect(outcome(_enter(house, email, PASSWORD)), LOCKED, "la contraseña correcta, bloqueada")
    return (
        f"{TIMES} a la vez: {ALLOWED} respuestas 401, {TIMES - ALLOWED} respuestas 429, exista o no la cuenta"
    )


def _enter(house: House, email: str, password: str) -> Reply:
    return house.nobody.call("auth", "POST", "/login", {"email": email, "password": password})


def last_admin(_shared: House) -> str:
    """20 administradores a los que otro degrada y desactiva a todos a la vez: queda uno."""
    with opened() as house:
        manager, nothing = _manager(house), house.role_id("Usuario")
        for _ in range(19):
            house.account("Admin")
        admins = [
            row[0]
            for row in house.rows(
                "SELECT user_id FROM users JOIN roles USING (role_id) WHERE roles.name = 'Admin'"
            )
        ]
        changes: tuple[Mapping[str, Any], ...] = ({"role_id": nothing}, {"is_active": False})
        calls = [
            partial(manager.call, "auth", "PUT", f"/users/{admin}", change)
            for admin in admins
            for change in changes
        ]
        replies = at_once(calls)
        expect_only(replies, "200", LAST)
        expect(house.stored(ADMINS), 1, "administradores activos")
    return f"{len(calls)} cambios a la vez sobre {len(admins)} administradores: queda 1 ({LAST})"


def _manager(house: House) -> Desk:
    """Quien administra cuentas sin ser administrador: no le afecta que se vayan."""
    role = {"name": "Personal", "permissions": ["users:read", "users:write"], "menu_config": []}
    Desk(house.clinic, house.clinic.token()).call("auth", "POST", "/roles", role)
    return house.desk("Personal")


def duplicates(house: House) -> str:
    """50 altas a la vez de lo mismo: un paciente, un producto, una cuenta y la factura de una visita."""
    (visit,) = fixtures.visits(house, 1, {fixtures.treatment(house, {}): 1})
    person = {"doc_number": cedula(90_000_000), "first_name": "Ana", "last_name": "Pérez"}
    account = {"email": "repetida@clinica.test", "password": PASSWORD, "full_name": "Ana Pérez"}
    wanted: dict[str, tuple[str, str, dict[str, Any]]] = {
        "paciente_duplicado": ("historia_clinica", "/patients", person),
        "sku_duplicado": ("inventario", "/products", {"sku": "REPETIDO", "name": "Repetido"}),
        "correo_duplicado": ("auth", "/register", account),
        "cita_ya_facturada": ("facturacion", "/invoices", {"appointment_id": visit, "status": "ISSUED"}),
    }
    for code, (service, path, body) in wanted.items():
        replies = at_once([partial(house.admin.call, service, "POST", path, body)] * TIMES)
        expect(outcomes(replies), {"201": 1, f"409 {code}": TIMES - 1}, f"respuestas de {path}")
        if code == "paciente_duplicado":
            _check_named(replies)
    return f"{', '.join(wanted)}: {TIMES} a la vez, 1 alta y {TIMES - 1} respuestas 409"


def _check_named(replies: list[Reply]) -> None:
    """Cada rechazo dice de qué paciente es el documento."""
    (made,) = (reply.data["patient"]["patient_id"] for reply in replies if reply.status == 201)
    named = {reply.json["data"]["patient_id"] for reply in replies if reply.status == 409}
    expect(named, {made}, "pacientes que nombran los rechazos")
