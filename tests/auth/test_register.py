"""Registrarse: qué puede pedir cada quien y qué se guarda."""

from functools import partial

import bcrypt
import pytest
from sqlalchemy import select

from common.database import fetch_one, reading
from common.tables.auth import Role, User
from scripts.trials.at_once import at_once
from tests import factories

BODY = {"email": "ana@clinica.test", "password": "Cuarzo-77", "full_name": "Ana Pérez"}


@pytest.fixture
def anyone(api):
    return api("auth", role=None)


def stored(email="ana@clinica.test"):
    statement = select(User.password_hash, User.is_active, User.full_name, Role.name.label("role"))
    with reading() as db:
        return fetch_one(db, statement.join(Role, Role.role_id == User.role_id).where(User.email == email))


def test_anyone_gets_an_active_account_that_may_do_nothing_but_see_itself(anyone, api):
    answer = anyone.post("/register", {**BODY, "email": " Ana@Clinica.test "})
    assert answer.status_code == 201
    user = answer.json["data"]["user"]
    assert (user["email"], user["role_name"], user["permissions"], user["menu_config"]) == (
        "ana@clinica.test",
        "Usuario",
        [],
        [],
    )
    assert answer.headers["Location"] == f"/api/auth/users/{user['user_id']}"
    headers = {"Authorization": f"Bearer {answer.json['data']['token']}"}
    assert anyone.get("/me", headers=headers).json["data"]["user"] == user
    assert anyone.get("/users", headers=headers).status_code == 403
    assert api("inventario", role=None).get("/products", headers=headers).status_code == 403


def test_what_is_stored_is_a_bcrypt_hash(anyone):
    anyone.post("/register", BODY)
    row = stored()
    assert bcrypt.checkpw(BODY["password"].encode(), row["password_hash"].encode())
    assert (row["is_active"], row["full_name"], row["role"]) == (True, "Ana Pérez", "Usuario")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("corta-7", "debe tener al menos 8 caracteres"),
        ("á" * 37, "admite hasta 72 bytes"),
        ("ANA@clinica.test", "no puede ser el correo"),
        ("password123", "es una de las más comunes; elija otra"),
        ("aaaaaaaaab", "es una de las más comunes; elija otra"),
    ],
)
def test_a_bad_password_is_refused_with_its_reason(anyone, password, reason):
    refused = anyone.post("/register", {**BODY, "password": password})
    assert refused.status_code == 422
    assert refused.json["errors"] == [{"field": "password", "message": reason}]
    assert stored() is None


def test_a_password_of_exactly_72_bytes_enters(anyone):
    password = "ñandú-" + "x" * 64
    assert len(password.encode()) == 72
    assert anyone.post("/register", {**BODY, "password": password}).status_code == 201
    assert anyone.post("/login", {"email": BODY["email"], "password": password}).status_code == 200


def test_a_repeated_email_is_409_in_any_case(anyone):
    anyone.post("/register", BODY)
    refused = anyone.post("/register", {**BODY, "email": "ANA@CLINICA.TEST"})
    assert (refused.status_code, refused.json["code"]) == (409, "correo_duplicado")
    assert refused.json["errors"][0]["field"] == "email"


def test_ten_registrations_at_once_make_one_account(api):
    calls = [partial(api("auth", role=None).post, "/register", BODY) for _ in range(10)]
    assert sorted(answer.status_code for answer in at_once(calls)) == [201] + [409] * 9


@pytest.mark.parametrize("caller", [None, "Usuario", "Doctor", "Recepcion", "Bodega", "Contador"])
@pytest.mark.parametrize("role", ["Admin", "Usuario"])
def test_only_who_administers_users_chooses_the_role(api, caller, role):
    refused = api("auth", role=caller).post("/register", {**BODY, "role_id": factories.role_id(role)})
    assert (refused.status_code, refused.json["code"]) == (403, "sin_permiso")
    assert stored() is None


def test_an_admin_chooses_the_role(api):
    answer = api("auth").post("/register", {**BODY, "role_id": factories.role_id("Doctor")})
    assert answer.status_code == 201
    assert answer.json["data"]["user"]["role_name"] == stored()["role"] == "Doctor"


def test_an_admin_without_role_id_makes_a_usuario(api):
    assert api("auth").post("/register", {**BODY, "role_id": None}).status_code == 201
    assert stored()["role"] == "Usuario"


def test_nobody_grants_a_permission_he_lacks(api):
    factories.role("Gestora", "users:read", "users:write")
    manager = api("auth", role="Gestora")
    refused = manager.post("/register", {**BODY, "role_id": factories.role_id("Doctor")})
    assert refused.status_code == 403
    assert "clinical:write" in refused.json["message"]
    assert stored() is None
    assert manager.post("/register", {**BODY, "role_id": factories.role_id("Usuario")}).status_code == 201


def test_an_unknown_role_is_422(api):
    refused = api("auth").post("/register", {**BODY, "role_id": 999})
    assert refused.status_code == 422
    assert refused.json["errors"] == [{"field": "role_id", "message": "no existe"}]


def test_a_bad_token_is_not_ignored(anyone):
    refused = anyone.post("/register", BODY, headers={"Authorization": "Bearer nada"})
    assert (refused.status_code, refused.json["code"]) == (401, "token_invalido")
    assert stored() is None


@pytest.mark.parametrize("extra", ["is_active", "role", "permissions", "password_hash", "token_version"])
def test_no_other_key_can_be_sent(anyone, extra):
    refused = anyone.post("/register", {**BODY, extra: 1})
    assert refused.json["errors"] == [{"field": extra, "message": "no es un campo conocido"}]


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 201, "con\x01control"])
def test_a_senseless_name_is_422(anyone, name):
    refused = anyone.post("/register", {**BODY, "full_name": name})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "full_name")


def test_registering_does_not_spend_another_account_s_attempts(anyone):
    factories.user(email="ana@clinica.test")
    assert [anyone.post("/register", BODY).status_code for _ in range(6)] == [409] * 6
    entered = anyone.post("/login", {"email": "ana@clinica.test", "password": "Prueba-2026"})
    assert entered.status_code == 200
