"""Las cuentas: listarlas, cambiarlas y que siempre quede quien administre."""

from functools import partial

import pytest
from sqlalchemy import func, select

from common.access.tokens import token_states
from common.database import fetch_one, fetch_value, reading
from common.tables.auth import Role, User
from scripts.trials.at_once import at_once
from tests import factories


@pytest.fixture
def admin(api):
    return api("auth")


def stored(user_id):
    with reading() as db:
        return fetch_one(db, select(*User.__table__.columns).where(User.user_id == user_id))


def active_admins():
    statement = select(func.count()).select_from(User).join(Role, Role.role_id == User.role_id)
    with reading() as db:
        return fetch_value(db, statement.where(Role.name == "Admin", User.is_active))


def names(answer):
    return [user["full_name"] for user in answer.json["data"]["users"]]


def test_the_list_is_newest_first_and_says_how_many(api):
    first = factories.user("Doctor", full_name="Primera")
    factories.user("Bodega", full_name="Segunda")
    admin = api("auth", user_id=factories.user(full_name="Tercera"))
    page = admin.get("/users?page=1&per_page=2")
    assert names(page) == ["Tercera", "Segunda"]
    assert page.json["data"]["pagination"] == {"page": 1, "per_page": 2, "total": 3, "pages": 2}
    assert names(admin.get("/users?page=2&per_page=2")) == ["Primera"]
    assert admin.get(f"/users/{first}").json["data"]["user"]["full_name"] == "Primera"


def test_each_row_has_the_menu_of_that_user(admin):
    user_id = factories.user("Recepcion")
    rows = admin.get("/users?role=Recepcion").json["data"]["users"]
    assert rows == [admin.get(f"/users/{user_id}").json["data"]["user"]]
    assert "Facturación electrónica" not in str(rows[0]["menu_config"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=nunez", ["José Ñúñez"]),
        ("search=ÑÚÑEZ jose", ["José Ñúñez"]),
        ("search=MARIA@", ["Maria Paz"]),
        ("search=%25", []),
        ("search=_", []),
        ("search=", ["Admin", "Maria Paz", "José Ñúñez"]),
        ("role=doctor", ["José Ñúñez"]),
        ("role=Nadie", []),
        ("is_active=false", ["Maria Paz"]),
        ("is_active=true&role=Doctor&search=jos", ["José Ñúñez"]),
    ],
)
def test_the_filters(api, query, found):
    factories.user("Doctor", full_name="José Ñúñez", email="jn@clinica.test")
    factories.user("Bodega", full_name="Maria Paz", email="maria@clinica.test", is_active=False)
    admin = api("auth", user_id=factories.user(full_name="Admin", email="admin@clinica.test"))
    assert names(admin.get(f"/users?{query}")) == found


@pytest.mark.parametrize(
    "query", ["page=0", "per_page=101", "is_active=si", "q=x", "search=%00", "role=a&role=b"]
)
def test_a_senseless_query_is_422(admin, query):
    assert admin.get(f"/users?{query}").status_code == 422


@pytest.mark.parametrize("user_id", ["999", "0", "2147483648", "9" * 5000, "abc", "-1", "٣"])
def test_a_user_that_does_not_exist_is_404(admin, user_id):
    assert admin.get(f"/users/{user_id}").status_code == 404
    assert admin.put(f"/users/{user_id}", {}).status_code == 404


def test_only_the_keys_sent_change(admin):
    user_id = factories.user("Doctor", full_name="Ana", email="ana@clinica.test")
    before = stored(user_id)
    answer = admin.put(f"/users/{user_id}", {"full_name": " Ana María "})
    assert answer.json["data"]["user"]["full_name"] == "Ana María"
    after = stored(user_id)
    assert after.pop("updated_at") > before.pop("updated_at")
    assert after == {**before, "full_name": "Ana María"}


def test_an_empty_change_changes_nothing(admin):
    before = stored(user_id := factories.user("Doctor"))
    assert admin.put(f"/users/{user_id}", {}).status_code == 200
    assert stored(user_id) == before


def test_the_email_is_stored_in_lower_case_and_stays_unique(admin):
    factories.user(email="ana@clinica.test")
    user_id = factories.user("Doctor")
    assert admin.put(f"/users/{user_id}", {"email": "EVA@Clinica.test"}).status_code == 200
    assert stored(user_id)["email"] == "eva@clinica.test"
    refused = admin.put(f"/users/{user_id}", {"email": "Ana@clinica.test"})
    assert (refused.status_code, refused.json["code"]) == (409, "correo_duplicado")


@pytest.mark.parametrize(
    "body",
    [
        {"full_name": None},
        {"email": None},
        {"role_id": None},
        {"is_active": None},
        {"is_active": "true"},
        {"role_id": "1"},
        {"role_id": 10**30},
        {"role_id": True},
        {"password": "x"},
        {"password_hash": "x"},
        {"token_version": 1},
    ],
)
def test_a_senseless_change_is_422_and_changes_nothing(admin, body):
    before = stored(user_id := factories.user("Doctor"))
    assert admin.put(f"/users/{user_id}", body).status_code == 422
    assert stored(user_id) == before


def test_an_unknown_role_is_422(admin):
    user_id = factories.user("Doctor")
    refused = admin.put(f"/users/{user_id}", {"role_id": 999})
    assert refused.json["errors"] == [{"field": "role_id", "message": "no existe"}]


def test_deactivating_closes_the_sessions_and_reactivating_does_not_open_them(api, admin):
    doctor = api("inventario", user_id=(user_id := factories.user("Doctor")))
    assert doctor.get("/products").status_code == 200
    admin.put(f"/users/{user_id}", {"is_active": False})
    assert doctor.get("/products").status_code == 401
    admin.put(f"/users/{user_id}", {"is_active": True})
    assert doctor.get("/products").status_code == 401
    assert stored(user_id)["token_version"] == 2


def test_a_changed_role_rules_the_next_request_of_an_open_session(api, admin):
    person = api("inventario", user_id=(user_id := factories.user("Bodega")))
    body = {"sku": "x", "name": "X"}
    assert person.post("/products", body).status_code == 201
    admin.put(f"/users/{user_id}", {"role_id": factories.role_id("Doctor")})
    assert person.post("/products", body).status_code == 403
    assert person.get("/products").status_code == 200


@pytest.mark.parametrize("change", ["is_active", "role_id"])
def test_the_last_active_admin_stays(api, change):
    factories.user(is_active=False)
    me = factories.user()
    body = {"is_active": False} if change == "is_active" else {"role_id": factories.role_id("Doctor")}
    refused = api("auth", user_id=me).put(f"/users/{me}", body)
    assert (refused.status_code, refused.json["code"]) == (409, "ultimo_administrador")
    assert active_admins() == 1


def test_an_admin_may_leave_if_another_remains(api):
    factories.user()
    me = factories.user()
    assert api("auth", user_id=me).put(f"/users/{me}", {"is_active": False}).status_code == 200
    assert active_admins() == 1


def test_the_last_admin_may_change_the_rest_of_his_data(api):
    me = factories.user()
    body = {"full_name": "Otro", "role_id": factories.role_id("Admin"), "is_active": True}
    assert api("auth", user_id=me).put(f"/users/{me}", body).status_code == 200


@pytest.mark.parametrize("change", ["is_active", "role_id"])
def test_two_admins_leaving_at_once_leave_one(api, change):
    body = {"is_active": False} if change == "is_active" else {"role_id": factories.role_id("Doctor")}
    for _ in range(8):
        pair = [factories.user(), factories.user()]
        leaving = [partial(api("auth", user_id=one).put, f"/users/{one}", body) for one in pair]
        assert sorted(answer.status_code for answer in at_once(leaving)) == [200, 409]
        assert active_admins() == 1
        _retire_all()


def _retire_all():
    from common.database import transaction

    with transaction() as db:
        db.query(User).update({"is_active": False})
    token_states.clear()


def test_nobody_grants_a_role_that_may_more_than_himself(api):
    factories.role("Gestora", "users:read", "users:write", "products:read")
    factories.role("Mirona", "products:read")
    manager = api("auth", user_id=(me := factories.user("Gestora")))
    person = factories.user("Usuario")
    for user_id in (me, person):
        refused = manager.put(f"/users/{user_id}", {"role_id": factories.role_id("Admin")})
        assert refused.status_code == 403
    assert stored(person)["role_id"] == factories.role_id("Usuario")
    granted = manager.put(f"/users/{person}", {"role_id": factories.role_id("Mirona")})
    assert granted.status_code == 200


def test_nobody_reactivates_who_may_more_than_himself(api):
    factories.role("Gestora", "users:read", "users:write")
    manager = api("auth", role="Gestora")
    retired = factories.user("Admin", is_active=False)
    assert manager.put(f"/users/{retired}", {"is_active": True}).status_code == 403
    assert stored(retired)["is_active"] is False


def test_repeating_the_role_of_who_may_more_is_no_grant(api):
    factories.role("Gestora", "users:read", "users:write")
    doctor = factories.user("Doctor")
    body = {"full_name": "Otra", "role_id": factories.role_id("Doctor"), "is_active": True}
    assert api("auth", role="Gestora").put(f"/users/{doctor}", body).status_code == 200


@pytest.mark.parametrize("role", ["Doctor", "Recepcion", "Bodega", "Contador", "Usuario"])
def test_only_who_administers_users_sees_or_changes_them(api, role):
    client = api("auth", user_id=(me := factories.user(role)))
    calls = [client.get("/users"), client.get(f"/users/{me}"), client.put(f"/users/{me}", {})]
    assert [call.status_code for call in calls] == [403] * 3


def test_no_answer_ever_carries_the_hash(api):
    anyone = api("auth", role=None)
    admin = api("auth", user_id=(me := factories.user(email="ana@clinica.test")))
    answers = [
        anyone.post("/login", {"email": "ana@clinica.test", "password": "Prueba-2026"}),
        anyone.post("/register", {"email": "b@c.test", "password": "Cuarzo-77", "full_name": "B"}),
        admin.get("/me"),
        admin.get("/users"),
        admin.get(f"/users/{me}"),
        admin.put(f"/users/{me}", {"full_name": "C"}),
        admin.put("/me/password", {"current_password": "Prueba-2026", "new_password": "Cuarzo-77"}),
    ]
    assert {answer.status_code for answer in answers} == {200, 201}
    assert not [answer for answer in answers if "$2b$" in answer.text or "hash" in answer.text]
