"""La sesión propia: verse, cambiar la contraseña y salir, en todos los servicios a la vez."""

import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from common.access.passwords import matches
from common.access.tokens import STATE_SECONDS, token_states
from common.database import fetch_all, fetch_value, reading, transaction
from common.tables.auth import RevokedToken, User
from common.utils import clock_at, now
from scripts.trials.at_once import at_once
from tests import factories

PASSWORD, NEW = "Prueba-2026", "Cuarzo-77"
CHANGE = {"current_password": PASSWORD, "new_password": NEW}


@pytest.fixture
def enter(api):
    """Entra con una cuenta y devuelve las cabeceras de su sesión."""

    def call(email="ana@clinica.test", password=PASSWORD):
        session = api("auth", role=None).post("/login", {"email": email, "password": password})
        return {"Authorization": f"Bearer {session.json['data']['token']}"}

    return call


@pytest.fixture
def ana():
    return factories.user("Bodega", email="ana@clinica.test")


def stored_hash(user_id):
    with reading() as db:
        return fetch_value(db, select(User.password_hash).where(User.user_id == user_id))


def revoked():
    with reading() as db:
        return fetch_all(db, select(RevokedToken.jti, RevokedToken.user_id))


def test_logout_closes_that_session_in_every_service(api, ana, enter):
    auth, inventario = api("auth", role=None), api("inventario", role=None)
    first, second = enter(), enter()
    assert auth.post("/logout", headers=first).status_code == 200
    for client, path in ((auth, "/me"), (inventario, "/products")):
        refused = client.get(path, headers=first)
        assert (refused.status_code, refused.json["code"]) == (401, "token_revocado")
        assert client.get(path, headers=second).status_code == 200


def test_logout_twice_is_logout(api, ana, enter):
    auth, headers = api("auth", role=None), enter()
    calls = [partial(auth.post, "/logout", headers=headers)] * 8
    assert {answer.status_code for answer in at_once(calls)} <= {200, 401}
    assert [row["user_id"] for row in revoked()] == [ana]


def test_logout_forgets_the_tokens_that_had_expired(api, ana, enter):
    with transaction() as db:
        past = datetime.now(UTC) - timedelta(minutes=1)
        db.add(RevokedToken(jti="viejo", user_id=ana, expires_at=past))
    api("auth", role=None).post("/logout", headers=enter())
    assert "viejo" not in [row["jti"] for row in revoked()]


def test_another_process_sees_the_logout_when_its_memory_expires(api, ana, enter):
    """Otro proceso no recibe aviso: aquí lo hace una revocación escrita directo en la base."""
    client, headers = api("inventario", role=None), enter()
    assert client.get("/products", headers=headers).status_code == 200
    _revoke_as_another_process(headers, ana)
    time.sleep(STATE_SECONDS)
    assert client.get("/products", headers=headers).status_code == 401


def _revoke_as_another_process(headers, user_id):
    from common.access.tokens import decode_token

    claims = decode_token(headers["Authorization"].removeprefix("Bearer "))
    with transaction() as db:
        expires = datetime.fromtimestamp(claims["exp"], UTC)
        db.add(RevokedToken(jti=claims["jti"], user_id=user_id, expires_at=expires))


def test_the_state_is_remembered_less_than_five_seconds():
    assert STATE_SECONDS < 5


def test_the_new_password_replaces_the_old_one(api, ana, enter):
    auth = api("auth", role=None)
    assert auth.put("/me/password", CHANGE, headers=enter()).status_code == 200
    assert matches(NEW, stored_hash(ana))
    old = auth.post("/login", {"email": "ana@clinica.test", "password": PASSWORD})
    assert old.status_code == 401
    assert auth.post("/login", {"email": "ana@clinica.test", "password": NEW}).status_code == 200


def test_a_changed_password_closes_every_session(api, ana, enter):
    auth, inventario = api("auth", role=None), api("inventario", role=None)
    sessions = [enter(), enter()]
    assert auth.put("/me/password", CHANGE, headers=sessions[0]).status_code == 200
    assert [inventario.get("/products", headers=h).status_code for h in sessions] == [401, 401]
    assert inventario.get("/products", headers=enter(password=NEW)).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**CHANGE, "current_password": "otra"}, "current_password"),
        ({**CHANGE, "current_password": "x" * 100}, "current_password"),
        ({**CHANGE, "new_password": "corta"}, "new_password"),
        ({**CHANGE, "new_password": PASSWORD}, "new_password"),
        ({**CHANGE, "new_password": "Ana@clinica.test"}, "new_password"),
        ({**CHANGE, "new_password": None}, "new_password"),
        ({"new_password": NEW}, "current_password"),
    ],
)
def test_a_refused_change_leaves_the_password_as_it_was(api, ana, enter, body, field):
    before = stored_hash(ana)
    refused = api("auth", role=None).put("/me/password", body, headers=enter())
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json["errors"]] == [field]
    assert stored_hash(ana) == before


def test_of_two_changes_at_once_only_one_is_made(api, ana, enter):
    auth, headers = api("auth", role=None), enter()
    bodies = [{**CHANGE, "new_password": f"Cuarzo-{number}0"} for number in range(6)]
    answers = at_once([partial(auth.put, "/me/password", body, headers=headers) for body in bodies])
    won = [
        body["new_password"]
        for body, answer in zip(bodies, answers, strict=True)
        if answer.status_code == 200
    ]
    assert len(won) == 1
    assert {answer.status_code for answer in answers} <= {200, 401, 409, 422}
    assert matches(won[0], stored_hash(ana))


def test_a_session_lasts_what_the_configuration_says(api, ana, enter):
    with clock_at(now() - timedelta(hours=23, minutes=59)):
        alive = enter()
    with clock_at(now() - timedelta(hours=24, seconds=1)):
        dead = enter()
    auth = api("auth", role=None)
    assert auth.get("/me", headers=alive).status_code == 200
    refused = auth.get("/me", headers=dead)
    assert (refused.status_code, refused.json["code"]) == (401, "token_vencido")


def test_a_deactivated_account_is_told_why_it_stopped(api, ana, enter):
    """Con la cuenta apagada a mano en la base, sin subir la versión de sus tokens."""
    headers = enter()
    with transaction() as db:
        db.query(User).filter_by(user_id=ana).update({"is_active": False})
    token_states.clear()
    refused = api("auth", role=None).get("/me", headers=headers)
    assert (refused.status_code, refused.json["code"]) == (401, "cuenta_desactivada")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/me"), ("PUT", "/me/password"), ("POST", "/logout"), ("GET", "/users")]
)
def test_without_a_token_there_is_only_401(api, method, path):
    refused = api("auth", role=None).request(method, path, data="esto no es JSON")
    assert (refused.status_code, refused.json["code"]) == (401, "falta_token")
