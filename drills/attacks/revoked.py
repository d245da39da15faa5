"""Sesiones cerradas: cada forma de cerrarlas llega a los cinco servicios en menos de cinco segundos."""

import time
from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

from common.services import SERVICES
from drills.attacks.tokens import DOORS
from drills.house import PASSWORD, House, expect
from scripts.trials.calls import Reply
from scripts.trials.desk import Desk

PROMISED_SECONDS = 5.0
# Cada conexión nueva puede caer en otro proceso del servicio, con su propia memoria.
CONNECTIONS = 6
PERMISSIONS = ["users:read", "products:read", "patients:read", "invoices:read", "appointments:read"]
CLOSED, FORBIDDEN = "401 token_revocado", "403 sin_permiso"


class Closing(NamedTuple):
    """Una forma de dejar a alguien fuera.

    :param close: la hace.
    :param refusal: con qué se le responde después.
    """

    name: str
    desk: Desk
    close: Callable[[], Reply]
    refusal: str


def every_closing(house: House) -> str:
    """Todas a la vez, sobre sesiones que los procesos de los cinco servicios acaban de ver."""
    closings = list(_closings(house))
    for closing in closings:
        _answer_everywhere(closing, "200")
    closed_at = {}
    for closing in closings:
        expect(closing.close().status, 200, closing.name)
        closed_at[closing.name] = time.monotonic()
    last = _last_access(closings, closed_at)
    for closing in closings:
        _answer_everywhere(closing, closing.refusal)
    return (
        f"{len(closings)} formas × {len(SERVICES)} servicios: "
        f"nadie entra después de {last:.1f} s (promesa: {PROMISED_SECONDS:.0f} s)"
    )


def _closings(house: House) -> Iterator[Closing]:
    """Cinco personas, cada una a punto de quedarse fuera a su manera."""

    def role(name: str) -> str:
        body = {"name": name, "permissions": PERMISSIONS, "menu_config": []}
        return f"/roles/{house.admin.call('auth', 'POST', '/roles', body).data['role']['role_id']}"

    def change(path: str, **body: object) -> Callable[[], Reply]:
        return lambda: house.admin.call("auth", "PUT", path, body)

    role("Mirón")
    withdrawn = role("Mirón de paso")
    people = [house.account("Mirón") for _ in range(4)]
    users = [f"/users/{user_id}" for user_id, _ in people]
    leaver, renewed, dismissed, moved = (Desk(house.clinic, token) for _, token in people)
    passwords = {"current_password": PASSWORD, "new_password": f"{PASSWORD}-otra"}
    nothing = house.role_id("Usuario")
    yield Closing("salir", leaver, lambda: leaver.call("auth", "POST", "/logout"), CLOSED)
    yield Closing(
        "contraseña nueva", renewed, lambda: renewed.call("auth", "PUT", "/me/password", passwords), CLOSED
    )
    yield Closing("cuenta desactivada", dismissed, change(users[2], is_active=False), CLOSED)
    yield Closing("otro rol", moved, change(users[3], role_id=nothing), FORBIDDEN)
    yield Closing(
        "rol sin permisos", house.desk("Mirón de paso"), change(withdrawn, permissions=[]), FORBIDDEN
    )


def _answer_everywhere(closing: Closing, wanted: str) -> None:
    """Cada proceso de cada servicio responde eso.

    :raises Broken: si alguno no.
    """
    for service, _ in product(SERVICES, range(CONNECTIONS)):
        expect(_answer(closing, service), wanted, f"{closing.name}, en {service}")


def _last_access(closings: list[Closing], closed_at: dict[str, float]) -> float:
    """Cuánto después de cerrada pidió algo la última sesión que aún entró.

    Se mira hasta que vence la promesa de todas.
    """
    last, until = 0.0, max(closed_at.values()) + PROMISED_SECONDS
    while time.monotonic() < until:
        for closing, service in product(closings, SERVICES):
            asked_at = time.monotonic()
            if _answer(closing, service) == "200":
                last = max(last, asked_at - closed_at[closing.name])
    return last


def _answer(closing: Closing, service: str) -> str:
    reply = closing.desk.call(service, "GET", DOORS[service], headers={"Connection": "close"})
    return str(reply.status) if reply.status < 300 else f"{reply.status} {reply.json['code']}"
