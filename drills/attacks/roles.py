"""Los permisos: cada ruta de los cinco servicios, con cada rol y sin nadie."""

from collections.abc import Iterator
from typing import Any

from drills.house import House, expect
from drills.records.published import Operation, operations
from scripts.trials.calls import Reply
from scripts.trials.desk import Desk

# Un parámetro que ninguna ruta tiene: quien tiene permiso recibe 422 antes de que nada cambie, y quien no,
# 403 sin que se haya mirado lo que envió ni si existe lo que nombra.
NONSENSE = "?ensayo=1"
BODY = {"ensayo": 1}
MISSING = 2_147_483_647


def every_route(house: House) -> str:
    """Cada operación publicada con cada rol, sin token y con uno falso."""
    found = operations(house)
    roles = house.admin.call("auth", "GET", "/roles").data["roles"]
    for operation in found:
        _refuses_strangers(house, operation)
    for role in roles:
        _check_role(role, house.desk(role["name"]), found)
    return f"{len(found)} rutas × {len(roles)} roles y sin token: a cada quien lo suyo, y su menú también"


def _refuses_strangers(house: House, operation: Operation) -> None:
    answers = [_call(house.nobody, operation, identifier) for identifier in (1, MISSING)]
    if operation.is_public:
        expect([reply.status in (401, 403) for reply in answers], [False, False], f"{operation} sin token")
    else:
        expect([_code(reply) for reply in answers], ["401 falta_token"] * 2, f"{operation} sin token")


def _check_role(role: dict[str, Any], desk: Desk, found: list[Operation]) -> None:
    """El rol puede lo que sus permisos dicen y nada más; su menú, tampoco más."""
    permissions = set(role["permissions"])
    for operation in found:
        if operation.is_public:
            continue
        wanted = "422 datos_invalidos" if operation.permissions <= permissions else "403 sin_permiso"
        for identifier in (1, MISSING):
            reply = _call(desk, operation, identifier)
            expect(_code(reply), wanted, f"{role['name']}, {operation}")
    me = desk.call("auth", "GET", "/me").data["user"]
    expect(set(me["permissions"]), permissions, f"permisos de {role['name']} en /me")
    wanted_menu = {key: needs for key, needs in _entries(role["menu_config"]) if needs in permissions}
    expect(dict(_entries(me["menu_config"])), wanted_menu, f"menú de {role['name']}")


def _entries(menu: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Las entradas del menú que exigen algo, y qué exigen."""
    for item in menu:
        if item["permission"]:
            yield item["key"], item["permission"]
        yield from _entries(item["children"])


def _call(desk: Desk, operation: Operation, identifier: int) -> Reply:
    body = BODY if operation.body else None
    return desk.call(operation.service, operation.method, operation.at_each(identifier) + NONSENSE, body)


def _code(reply: Reply) -> str:
    return f"{reply.status} {reply.json['code']}"
