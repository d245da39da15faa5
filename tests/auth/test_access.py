"""Por qué un rol no ve una entrada del menú."""

import pytest

from common.permissions import DESCRIPTIONS, ROLE_PERMISSIONS, visible_menu
from tests import factories


def item(key, permission=None, *children):
    values = {"key": key, "label": key.capitalize(), "path": None, "icon": None}
    return {**values, "permission": permission, "children": list(children)}


def flat(menu):
    return {
        name: reason
        for entry in menu
        for name, reason in [(entry["key"], entry["reason"]), *flat(entry["children"]).items()]
    }


def explained(api, role_id):
    answer = api("auth").get(f"/roles/{role_id}/access")
    assert answer.status_code == 200
    return answer.json["data"]


def test_every_permission_says_whether_the_role_holds_it(api):
    found = explained(api, factories.role_id("Doctor"))["permissions"]
    assert {entry["key"]: entry["description"] for entry in found} == DESCRIPTIONS
    assert {entry["key"] for entry in found if entry["granted"]} == set(ROLE_PERMISSIONS["Doctor"])


def test_each_hidden_entry_says_why(api):
    menu = [
        item("pacientes", "patients:read"),
        item("resultados", "reports:read"),
        item("caja", None, item("facturas", "invoices:read")),
        item("ajustes", "roles:read", item("roles"), item("usuarios", "users:read")),
        item("viejo", "cosa:rara"),
    ]
    role = factories.role("Mirona", "patients:read", menu=menu)
    assert flat(explained(api, role)["menu"]) == {
        "pacientes": None,
        "resultados": "Falta el permiso «Ver los reportes de resultados» (reports:read).",
        "caja": "No le queda ninguna entrada visible.",
        "facturas": "Falta el permiso «Ver las facturas» (invoices:read).",
        "ajustes": "Falta el permiso «Ver los roles y sus permisos» (roles:read).",
        "roles": "No se ve «Ajustes», que la contiene.",
        "usuarios": "Falta el permiso «Ver los usuarios» (users:read).",
        "viejo": "Falta el permiso cosa:rara.",
    }


@pytest.mark.parametrize("name", ROLE_PERMISSIONS)
def test_what_is_visible_is_what_the_user_gets(api, name):
    def visible(menu):
        return [{**entry, "children": visible(entry["children"])} for entry in menu if entry["visible"]]

    def keys(menu):
        return [(entry["key"], keys(entry["children"])) for entry in menu]

    found = explained(api, factories.role_id(name))
    menu = api("auth").get(f"/roles/{found['role_id']}").json["data"]["role"]["menu_config"]
    assert keys(visible(found["menu"])) == keys(visible_menu(menu, frozenset(ROLE_PERMISSIONS[name])))


def test_a_role_that_does_not_exist_is_404_and_only_who_reads_roles_may_ask(api):
    assert api("auth").get("/roles/999/access").status_code == 404
    assert api("auth", role="Doctor").get("/roles/1/access").status_code == 403
    assert api("auth", role=None).get("/roles/1/access").status_code == 401
