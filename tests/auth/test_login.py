"""Entrar: qué se responde a quien acierta y a quien no."""

import time
from datetime import datetime

import pytest
from sqlalchemy import select

from common.database import fetch_all, reading
from common.permissions import Permission
from common.tables.auth import LoginAttempt
from tests import factories

PASSWORD = "Prueba-2026"


@pytest.fixture
def anyone(api):
    return api("auth", role=None)


def attempts():
    with reading() as db:
        return fetch_all(db, select(LoginAttempt.email, LoginAttempt.failures))


def test_login_gives_a_token_that_opens_me(anyone, api):
    factories.user("Recepcion", email="ana@clinica.test", full_name="Ana Pérez")
    session = anyone.post("/login", {"email": "ana@clinica.test", "password": PASSWORD}).json["data"]
    assert session["token_type"] == "Bearer"
    assert datetime.fromisoformat(session["expires_at"]).timestamp() > time.time() + 23 * 3600
    me = anyone.get("/me", headers={"Authorization": f"Bearer {session['token']}"})
    assert me.json["data"]["user"] == session["user"]


def test_the_user_tells_all_that_a_client_needs(anyone):
    user_id = factories.user("Bodega", email="ana@clinica.test", full_name="Ana Pérez")
    user = anyone.post("/login", {"email": "ana@clinica.test", "password": PASSWORD}).json["data"]["user"]
    assert datetime.fromisoformat(user.pop("created_at")).utcoffset().total_seconds() == -5 * 3600
    menu = user.pop("menu_config")
    assert [(item["key"], [child["key"] for child in item["children"]]) for item in menu] == [
        ("inventory", ["products", "treatments"])
    ]
    role_id = user.pop("role_id")
    assert isinstance(role_id, int)
    assert user == {
        "user_id": user_id,
        "full_name": "Ana Pérez",
        "email": "ana@clinica.test",
        "role_name": "Bodega",
        "is_active": True,
        "permissions": [
            "products:read",
            "treatments:read",
            "products:write",
            "stock:write",
            "treatments:write",
        ],
    }


def test_the_email_does_not_distinguish_case_nor_outer_spaces(anyone):
    factories.user(email="ana@clinica.test")
    assert anyone.post("/login", {"email": " ANA@Clinica.TEST ", "password": PASSWORD}).status_code == 200


def test_a_wrong_password_and_an_unknown_email_answer_the_same(anyone):
    factories.user(email="ana@clinica.test")
    wrong = anyone.post("/login", {"email": "ana@clinica.test", "password": "otra"})
    unknown = anyone.post("/login", {"email": "nadie@clinica.test", "password": "otra"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json["code"] == "credenciales_invalidas"
    assert {**wrong.json, "request_id": ""} == {**unknown.json, "request_id": ""}


def test_a_deactivated_account_is_told_only_to_who_knows_its_password(anyone):
    factories.user(email="ana@clinica.test", is_active=False)
    right = anyone.post("/login", {"email": "ana@clinica.test", "password": PASSWORD})
    assert (right.status_code, right.json["code"]) == (403, "cuenta_desactivada")
    wrong = anyone.post("/login", {"email": "ana@clinica.test", "password": "otra"})
    assert (wrong.status_code, wrong.json["code"]) == (401, "credenciales_invalidas")


@pytest.mark.parametrize("password", ["", "x" * 73, "ñ" * 5000, "con\0nulo", PASSWORD + "x" * 80])
def test_an_impossible_password_is_only_a_wrong_one(anyone, password):
    factories.user(email="ana@clinica.test")
    refused = anyone.post("/login", {"email": "ana@clinica.test", "password": password})
    assert refused.status_code == 401


def test_a_password_of_72_bytes_is_not_confused_with_a_longer_one(anyone):
    factories.user(email="ana@clinica.test", password="a1" * 36)
    assert anyone.post("/login", {"email": "ana@clinica.test", "password": "a1" * 36}).status_code == 200
    assert anyone.post("/login", {"email": "ana@clinica.test", "password": "a1" * 37}).status_code == 401


@pytest.mark.parametrize(
    "email", ["ana", "ana@", "@clinica.test", "a@b", "a b@clinica.test", "ana@c\0.test", ""]
)
def test_a_malformed_email_is_422(anyone, email):
    refused = anyone.post("/login", {"email": email, "password": PASSWORD})
    assert refused.status_code == 422
    assert refused.json["errors"] == [{"field": "email", "message": "no es un correo electrónico válido"}]
    assert attempts() == []


def test_every_problem_of_the_body_is_listed(anyone):
    refused = anyone.post("/login", {"email": 7, "pasword": "x"})
    assert {error["field"] for error in refused.json["errors"]} == {"email", "password", "pasword"}


def test_a_right_password_forgets_the_failures(anyone):
    factories.user(email="ana@clinica.test")
    for _ in range(4):
        anyone.post("/login", {"email": "ana@clinica.test", "password": "otra"})
    assert attempts() == [{"email": "ana@clinica.test", "failures": 4}]
    assert anyone.post("/login", {"email": "ana@clinica.test", "password": PASSWORD}).status_code == 200
    assert attempts() == []


@pytest.mark.parametrize(
    ("role", "keys"),
    [
        ("Usuario", set()),
        ("Doctor", {"agenda", "patients", "clinical", "inventory"}),
        ("Recepcion", {"agenda", "patients", "inventory", "billing"}),
        ("Admin", {"dashboard", "agenda", "patients", "clinical", "inventory", "billing", "admin"}),
    ],
)
def test_the_menu_shows_only_what_the_role_may_open(api, role, keys):
    user = api("auth", role=role).get("/me").json["data"]["user"]
    assert {item["key"] for item in user["menu_config"]} == keys


def test_the_admin_may_do_everything(api):
    user = api("auth").get("/me").json["data"]["user"]
    assert user["permissions"] == [permission.value for permission in Permission]
