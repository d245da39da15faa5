"""El bloqueo de entradas: exacto aunque prueben muchos a la vez, y con plazo."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from common.database import fetch_all, reading
from common.tables.auth import LoginAttempt
from common.utils import clock_at
from scripts.trials.at_once import at_once
from tests import factories

EMAIL, PASSWORD = "ana@clinica.test", "Prueba-2026"
START = datetime.now(UTC) - timedelta(days=1)


def minutes(number):
    return clock_at(START + timedelta(minutes=number))


def stored():
    with reading() as db:
        return {row["email"]: row for row in fetch_all(db, select(*LoginAttempt.__table__.columns))}


@pytest.fixture
def enter(api):
    def call(password="equivocada", email=EMAIL):
        return api("auth", role=None).post("/login", {"email": email, "password": password})

    return call


@pytest.fixture
def locked(enter):
    """Una cuenta con cinco fallos en el minuto cero."""
    factories.user(email=EMAIL)
    with minutes(0):
        assert [enter().status_code for _ in range(5)] == [401] * 5


@pytest.mark.parametrize("exists", [True, False])
def test_forty_guesses_at_once_learn_exactly_five_answers(enter, exists):
    if exists:
        factories.user(email=EMAIL)
    assert Counter(answer.status_code for answer in at_once([enter] * 40, threads=40)) == {401: 5, 429: 35}
    assert stored()[EMAIL]["failures"] == 5


def test_guesses_at_once_cannot_slip_the_right_password_after_the_lock(enter):
    factories.user(email=EMAIL)
    passwords = ["equivocada"] * 5 + [PASSWORD]
    assert [enter(password).status_code for password in passwords] == [401] * 5 + [429]
    assert {answer.status_code for answer in at_once([partial(enter, PASSWORD)] * 20)} == {429}


def test_the_lock_says_how_many_seconds_are_left(enter, locked):
    with minutes(5):
        refused = enter(PASSWORD)
    assert (refused.status_code, refused.json["code"]) == (429, "demasiados_intentos")
    assert refused.headers["Retry-After"] == "600"


def test_the_lock_ends_when_it_said(enter, locked):
    with minutes(14.99):
        assert enter(PASSWORD).status_code == 429
    with minutes(15):
        assert enter(PASSWORD).status_code == 200
    assert stored() == {}


def test_after_the_lock_five_new_failures_are_needed(enter, locked):
    with minutes(15):
        assert [enter().status_code for _ in range(6)] == [401] * 5 + [429]


def test_a_locked_account_does_not_extend_its_lock(enter, locked):
    with minutes(10):
        enter()
    assert stored()[EMAIL]["locked_until"] == START + timedelta(minutes=15)


def test_the_window_counts_from_the_first_failure(enter):
    for minute in (0, 4, 8, 12):
        with minutes(minute):
            assert enter().status_code == 401
    with minutes(14):
        assert enter().status_code == 401
        assert enter().status_code == 429


def test_old_failures_do_not_count(enter):
    for minute in (0, 4, 8, 12, 16):
        with minutes(minute):
            assert enter().status_code == 401
    assert stored()[EMAIL]["failures"] == 1
    assert stored()[EMAIL]["window_started_at"] == START + timedelta(minutes=16)


def test_the_lock_is_of_one_email_in_any_case(enter, locked):
    factories.user(email="otra@clinica.test")
    with minutes(1):
        assert enter(PASSWORD, EMAIL.upper()).status_code == 429
        assert enter(PASSWORD, "otra@clinica.test").status_code == 200


def test_stale_rows_are_forgotten_and_live_ones_stay(enter, locked):
    with minutes(29):
        enter(email="dos@clinica.test")
    assert stored().keys() == {EMAIL, "dos@clinica.test"}
    with minutes(31):
        enter(email="tres@clinica.test")
    assert stored().keys() == {"dos@clinica.test", "tres@clinica.test"}


def test_a_locked_email_costs_no_bcrypt(enter, locked, monkeypatch):
    monkeypatch.setattr("common.access.passwords.bcrypt.checkpw", lambda *_: pytest.fail("gastó bcrypt"))
    with minutes(1):
        assert enter(PASSWORD).status_code == 429


@pytest.mark.parametrize("email", [EMAIL, "nadie@clinica.test"])
def test_an_unknown_email_costs_the_same_bcrypt(enter, email, monkeypatch):
    """Se cuentan las comprobaciones en vez de medir el tiempo."""
    import bcrypt

    factories.user(email=EMAIL)
    checked, check = [], bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda *pair: checked.append(pair[1]) or check(*pair))
    enter(email=email)
    assert [hashed[:7] for hashed in checked] == [b"$2b$04$"]


def test_no_connection_is_held_while_bcrypt_works(enter, monkeypatch):
    import bcrypt

    from common.database import engine

    factories.user(email=EMAIL)
    held, check = [], bcrypt.checkpw
    monkeypatch.setattr(
        bcrypt, "checkpw", lambda *pair: held.append(engine().pool.checkedout()) or check(*pair)
    )
    assert enter(PASSWORD).status_code == 200
    assert held == [0]


def test_guessing_the_current_password_counts_too(api, enter):
    me = api("auth", user_id=factories.user(email=EMAIL))
    body = {"current_password": "equivocada", "new_password": "Nueva-clave-1"}
    with minutes(0):
        assert [me.put("/me/password", body).status_code for _ in range(6)] == [422] * 5 + [429]
        assert enter(PASSWORD).status_code == 429
