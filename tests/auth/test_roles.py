"""Los roles: qué permiten, qué menú muestran y quién puede cambiarlos."""

from functools import partial

import pytest
from sqlalchemy import select

from common.database import fetch_one, reading
from common.permissions import DESCRIPTIONS, MENU, Permission
from common.tables.auth import Role
from scripts.trials.at_once import at_once
from tests import factories

ITEM = {"key": "a", "label": "A", "path": None, "icon": None, "permission": None, "children": []}


@pytest.fixture
def admin(api):
    return api("auth")


def stored(role_id):
    statement = select(Role.name, Role.permissions, Role.menu_config).where(Role.role_id == role_id)
    with reading() as db:
        return fetch_one(db, statement)


def chain(depth):
    return [{**ITEM, "children": chain(depth - 1)}] if depth else []


def test_the_list_has_the_seeded_roles_with_their_count(admin):
    factories.user("Doctor")
    factories.user("Doctor", is_active=False)
    roles = admin.get("/roles").json["data"]["roles"]
    assert [(role["name"], role["user_count"]) for role in roles] == [
        ("Admin", 1),
        ("Bodega", 0),
        ("Contador", 0),
        ("Doctor", 2),
        ("Recepcion", 0),
        ("Usuario", 0),
    ]
    assert all(role["menu_config"] == MENU for role in roles)


def test_the_permissions_are_listed_with_what_they_mean(admin):
    permissions = admin.get("/permissions").json["data"]["permissions"]
    assert {item["key"]: item["description"] for item in permissions} == DESCRIPTIONS


def test_a_new_role_keeps_its_permissions_in_order_and_without_repeats(admin):
    menu = [{"key": "p", "label": "Productos", "permission": "products:read"}]
    body = {"name": " Mirona ", "permissions": ["products:read", "users:read"] * 2, "menu_config": menu}
    answer = admin.post("/roles", body)
    assert answer.status_code == 201
    role = answer.json["data"]["role"]
    assert answer.headers["Location"] == f"/api/auth/roles/{role['role_id']}"
    assert admin.get(f"/roles/{role['role_id']}").json["data"]["role"] == role
    whole = [{**ITEM, "key": "p", "label": "Productos", "permission": "products:read"}]
    assert stored(role["role_id"]) == {
        "name": "Mirona",
        "permissions": ["users:read", "products:read"],
        "menu_config": whole,
    }


def test_without_a_menu_a_new_role_gets_the_house_menu(admin):
    role = admin.post("/roles", {"name": "Nuevo", "permissions": []}).json["data"]["role"]
    assert role["menu_config"] == MENU
    bare = {"name": "Sin menú", "permissions": [], "menu_config": []}
    assert admin.post("/roles", bare).json["data"]["role"]["menu_config"] == []


def test_only_the_keys_sent_change(admin):
    role_id = factories.role("Mirona", "products:read", menu=[ITEM])
    assert admin.put(f"/roles/{role_id}", {"name": "Curiosa"}).status_code == 200
    assert stored(role_id) == {"name": "Curiosa", "permissions": ["products:read"], "menu_config": [ITEM]}
    admin.put(f"/roles/{role_id}", {"menu_config": [{"key": "b", "label": "B"}], "permissions": []})
    whole = {**ITEM, "key": "b", "label": "B"}
    assert stored(role_id) == {"name": "Curiosa", "permissions": [], "menu_config": [whole]}


def test_an_empty_change_changes_nothing(admin):
    before = stored(role_id := factories.role("Mirona", "products:read"))
    assert admin.put(f"/roles/{role_id}", {}).status_code == 200
    assert stored(role_id) == before


def test_a_changed_role_rules_open_sessions(api, admin):
    role_id = factories.role("Mirona", "products:read")
    person = api("inventario", role="Mirona")
    assert person.get("/products").status_code == 200
    admin.put(f"/roles/{role_id}", {"permissions": ["treatments:read"]})
    assert person.get("/products").status_code == 403
    assert person.get("/treatments").status_code == 200


def test_an_unknown_permission_is_422_with_its_place(admin):
    menu = [{**ITEM, "children": [{**ITEM, "permission": "todo:todo"}]}]
    body = {"name": "X", "permissions": ["users:read", "users:fly", "PRODUCTS:READ"], "menu_config": menu}
    refused = admin.post("/roles", body)
    assert refused.status_code == 422
    assert refused.json["errors"] == [
        {"field": field, "message": "no es un permiso conocido"}
        for field in ("permissions[1]", "permissions[2]", "menu_config[0].children[0].permission")
    ]


def test_the_menu_admits_four_levels_and_two_hundred_items(admin):
    body = {"name": "Hondo", "permissions": [], "menu_config": chain(4)}
    assert admin.post("/roles", body).status_code == 201
    body = {"name": "Ancho", "permissions": [], "menu_config": [ITEM] * 200}
    assert admin.post("/roles", body).status_code == 201


@pytest.mark.parametrize(
    ("menu", "reason"),
    [
        (chain(5), "admite hasta 4 niveles"),
        ([ITEM] * 201, "admite hasta 200 entradas"),
        ([{**ITEM, "children": [ITEM] * 100}] * 2, "admite hasta 200 entradas"),
    ],
)
def test_a_menu_too_deep_or_too_long_is_422(admin, menu, reason):
    refused = admin.post("/roles", {"name": "X", "permissions": [], "menu_config": menu})
    assert refused.status_code == 422
    assert refused.json["errors"] == [{"field": "menu_config", "message": reason}]


@pytest.mark.parametrize("depth", [200, 300, 600, 10_000])
def test_an_abysmal_menu_is_refused_without_breaking(admin, depth):
    item = '{"key": "a", "label": "A", "children": ['
    text = '{"name": "X", "permissions": [], "menu_config": [' + item * depth + "]}" * depth + "]}"
    refused = admin.request("POST", "/roles", data=text, content_type="application/json")
    assert refused.status_code in (400, 422)


@pytest.mark.parametrize(
    "body",
    [
        {"name": None},
        {"name": " "},
        {"permissions": None},
        {"permissions": "users:read"},
        {"permissions": [1]},
        {"menu_config": None},
        {"menu_config": {}},
        {"menu_config": [{"key": "a"}]},
        {"menu_config": [{**ITEM, "href": "/x"}]},
        {"menu_config": [{**ITEM, "children": None}]},
        {"role_id": 1},
        {"user_count": 1},
    ],
)
def test_a_senseless_change_is_422_and_changes_nothing(admin, body):
    before = stored(role_id := factories.role("Mirona", "products:read"))
    assert admin.put(f"/roles/{role_id}", body).status_code == 422
    assert stored(role_id) == before


def test_the_name_is_unique_in_any_case(admin):
    factories.role("Mirona")
    refused = admin.post("/roles", {"name": "MIRONA", "permissions": []})
    assert (refused.status_code, refused.json["code"]) == (409, "rol_duplicado")
    other = factories.role("Otra")
    refused = admin.put(f"/roles/{other}", {"name": "doctor"})
    assert (refused.status_code, refused.json["code"]) == (409, "rol_duplicado")


def test_ten_equal_roles_at_once_make_one(api):
    body = {"name": "Mirona", "permissions": []}
    calls = [partial(api("auth").post, "/roles", body) for _ in range(10)]
    assert sorted(answer.status_code for answer in at_once(calls)) == [201] + [409] * 9


@pytest.mark.parametrize("role_id", ["999", "99999999999999999999", "x"])
def test_a_role_that_does_not_exist_is_404(admin, role_id):
    assert admin.put(f"/roles/{role_id}", {}).status_code == 404
    assert admin.get(f"/roles/{role_id}").status_code == 404


@pytest.mark.parametrize("body", [{"name": "Jefe"}, {"permissions": []}, {"permissions": ["users:read"]}])
def test_admin_is_neither_renamed_nor_weakened(admin, body):
    before = stored(role_id := factories.role_id("Admin"))
    refused = admin.put(f"/roles/{role_id}", body)
    assert (refused.status_code, refused.json["code"]) == (409, "rol_protegido")
    assert stored(role_id) == before


def test_admin_may_change_its_menu(admin):
    role_id = factories.role_id("Admin")
    body = {"name": "Admin", "permissions": list(Permission), "menu_config": [ITEM]}
    assert admin.put(f"/roles/{role_id}", body).status_code == 200
    assert admin.get("/me").json["data"]["user"]["menu_config"] == [ITEM]


@pytest.mark.parametrize("body", [{"name": "Persona"}, {"permissions": ["products:read"]}])
def test_the_role_of_who_registers_is_neither_renamed_nor_given_a_permission(admin, body):
    before = stored(role_id := factories.role_id("Usuario"))
    refused = admin.put(f"/roles/{role_id}", body)
    assert (refused.status_code, refused.json["code"]) == (409, "rol_protegido")
    assert stored(role_id) == before


def test_the_role_of_who_registers_may_change_its_menu(admin):
    role_id = factories.role_id("Usuario")
    body = {"name": "Usuario", "permissions": [], "menu_config": [ITEM]}
    assert admin.put(f"/roles/{role_id}", body).status_code == 200
    assert stored(role_id)["menu_config"] == [ITEM]


@pytest.fixture
def manager(api):
    """Alguien que administra roles y no puede casi nada más."""
    factories.role("Gestora", "roles:read", "roles:write", "products:read")
    return api("auth", role="Gestora")


def test_nobody_makes_a_role_that_may_more_than_himself(manager):
    refused = manager.post("/roles", {"name": "X", "permissions": ["products:read", "users:write"]})
    assert refused.status_code == 403
    assert "users:write" in refused.json["message"]
    assert "products:read" not in refused.json["message"]
    assert manager.post("/roles", {"name": "X", "permissions": ["products:read"]}).status_code == 201


def test_nobody_adds_to_a_role_what_he_lacks(manager):
    role_id = factories.role_id("Gestora")
    body = {"permissions": ["roles:read", "roles:write", "products:read", "users:write"]}
    assert manager.put(f"/roles/{role_id}", body).status_code == 403
    assert "users:write" not in stored(role_id)["permissions"]


def test_what_a_role_already_had_may_stay(manager):
    role_id = factories.role("Otra", "users:read", "stock:write")
    body = {"permissions": ["users:read", "products:read"]}
    assert manager.put(f"/roles/{role_id}", body).status_code == 200
    assert stored(role_id)["permissions"] == ["users:read", "products:read"]


@pytest.mark.parametrize("role", ["Doctor", "Recepcion", "Bodega", "Contador", "Usuario"])
def test_only_who_administers_roles_sees_or_changes_them(api, role):
    client = api("auth", role=role)
    calls = [
        client.get("/roles"),
        client.get("/permissions"),
        client.get("/roles/1"),
        client.post("/roles", {}),
        client.put("/roles/1", {}),
    ]
    assert [call.status_code for call in calls] == [403] * 5
