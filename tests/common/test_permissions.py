"""Los permisos sembrados y el menú que dejan ver."""

from sqlalchemy import select, update

from common.database import fetch_all, reading, transaction
from common.permissions import DESCRIPTIONS, MENU, Permission, visible_menu
from common.tables.auth import Role
from common.upkeep.seeding import seed_roles

# La tabla del contrato, escrita otra vez a propósito: cambiarla exige cambiar las dos.
CATALOG = {"products:read", "treatments:read"}
BY_ROLE = {
    "Doctor": CATALOG
    | {
        "patients:read",
        "patients:write",
        "clinical:read",
        "clinical:write",
        "appointments:read",
        "appointments:write",
    },
    "Recepcion": CATALOG
    | {
        "patients:read",
        "patients:write",
        "appointments:read",
        "appointments:write",
        "invoices:read",
        "invoices:write",
    },
    "Bodega": CATALOG | {"products:write", "stock:write", "treatments:write"},
    "Contador": CATALOG
    | {
        "patients:read",
        "invoices:read",
        "invoices:write",
        "invoices:annul",
        "expenses:read",
        "expenses:write",
        "reports:read",
        "sri:manage",
    },
    "Usuario": set(),
}
ONLY_ADMIN = {"appointments:reopen", "users:read", "users:write", "roles:read", "roles:write", "audit:read"}


def stored():
    with reading() as db:
        rows = fetch_all(db, select(Role.name, Role.permissions))
    return {row["name"]: set(row["permissions"]) for row in rows}


def test_the_seeded_roles_are_the_table_of_the_contract():
    assert stored() == {**BY_ROLE, "Admin": set().union(*BY_ROLE.values(), ONLY_ADMIN)}


def test_nobody_but_admin_administers():
    for role, permissions in stored().items():
        assert role == "Admin" or not permissions & ONLY_ADMIN


def test_every_permission_is_explained():
    assert DESCRIPTIONS.keys() == set(Permission)


def change_role(role, **values):
    with transaction() as db:
        db.execute(update(Role).where(Role.name == role).values(values))


def seed_again():
    with transaction() as db:
        seed_roles(db)


def test_seeding_again_respects_what_was_changed():
    change_role("Doctor", permissions=["users:read"])
    change_role("Bodega", name="Almacén")
    seed_again()
    assert stored()["Doctor"] == {"users:read"}
    assert "Bodega" not in stored()
    assert stored()["Almacén"] == BY_ROLE["Bodega"]


def test_seeding_again_repairs_the_roles_that_the_program_counts_on():
    change_role("Admin", permissions=[])
    change_role("Usuario", permissions=["users:write"])
    seed_again()
    assert stored()["Admin"] == set(Permission)
    assert stored()["Usuario"] == set()


def item(key, permission=None, *children):
    return {"key": key, "permission": permission, "children": list(children)}


def keys(menu):
    return {entry["key"]: keys(entry["children"]) for entry in menu}


def test_what_the_permissions_do_not_allow_is_not_shown():
    menu = [item("a", "p:1"), item("b", "p:2"), item("c")]
    assert keys(visible_menu(menu, frozenset({"p:2"}))) == {"b": {}, "c": {}}


def test_a_parent_left_without_children_is_dropped_at_any_depth():
    menu = [item("a", None, item("b", None, item("c", "p:1")), item("d", "p:2"))]
    assert keys(visible_menu(menu, frozenset())) == {}
    assert keys(visible_menu(menu, frozenset({"p:2"}))) == {"a": {"d": {}}}
    assert keys(visible_menu(menu, frozenset({"p:1"}))) == {"a": {"b": {"c": {}}}}


def test_a_forbidden_parent_hides_its_children():
    assert visible_menu([item("a", "p:1", item("b"))], frozenset()) == []


def test_filtering_does_not_touch_the_stored_tree():
    before = repr(MENU)
    visible_menu(MENU, frozenset({"products:read"}))
    assert repr(MENU) == before


def test_admin_sees_the_whole_menu_and_usuario_nothing():
    assert visible_menu(MENU, frozenset(Permission)) == MENU
    assert visible_menu(MENU, frozenset()) == []
