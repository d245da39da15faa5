"""Quien fue despedido no otorga nada, aunque un proceso todavía lo recuerde con sus permisos.

Toda escritura que otorga o que dura más que esa memoria vuelve a leer a quien la hace.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from types import SimpleNamespace

import pytest
from sqlalchemy import func, insert, select, update

from common.access import tokens
from common.access.tokens import decode_token, issue_token
from common.database import fetch_all, fetch_value, reading, transaction
from common.services import SERVICES
from common.tables.auth import RevokedToken, Role, User
from common.tables.citas import DoctorCalendarLink
from common.utils import now
from common.web.contract import contract_of, template
from scripts.trials.at_once import at_once
from tests import factories
from tests.launched import wait_for
from tests.served import served
from tests.suite.database_tricks import somebody_waits
from tests.suite.test_architecture import PACKAGES, containing, files_that

PERSON = {"email": "nueva@clinica.test", "password": "Cuarzo-77", "full_name": "Nueva"}
Call = Callable[[], tuple[dict[str, int], dict[str, object] | None]]


def _registered():
    return {}, {**PERSON, "role_id": factories.role_id("Admin")}


def _changed_user():
    return {"user_id": factories.user("Usuario")}, {"role_id": factories.role_id("Admin")}


def _new_role():
    return {}, {"name": "Nuevo", "permissions": ["users:write"]}


def _changed_role():
    return {"role_id": factories.role("Otro")}, {"permissions": ["users:write"]}


def _linked_doctor():
    with transaction() as db:
        doctor = factories.doctor()
        values = {"doctor_id": doctor, "token_hash": "0" * 64, "created_by": doctor}
        db.execute(insert(DoctorCalendarLink).values(values))
    return {"doctor_id": doctor}, None


# Las que otorgan, con una llamada que quien las hace puede hacer.
GRANTS: dict[tuple[str, str, str], Call] = {
    ("auth", "POST", "/register"): _registered,
    ("auth", "PUT", "/users/{user_id}"): _changed_user,
    ("auth", "POST", "/roles"): _new_role,
    ("auth", "PUT", "/roles/{role_id}"): _changed_role,
    ("citas", "POST", "/doctors/{doctor_id}/calendar-link"): _linked_doctor,
    ("citas", "DELETE", "/doctors/{doctor_id}/calendar-link"): _linked_doctor,
}
# Las demás de las cuentas, y por qué no lo necesitan.
NOT_GRANTS = {
    ("auth", "POST", "/login"): "no mira ningún token",
    ("auth", "PUT", "/me/password"): "comprueba la contraseña y la versión guardadas",
    ("auth", "POST", "/logout"): "solo quita",
}


def _demote(user_id, _claims, db):
    db.execute(update(User).where(User.user_id == user_id).values(role_id=_role(db, "Bodega")))


def _role(db, name):
    return fetch_value(db, select(Role.role_id).where(Role.name == name))


def _strip(user_id, _claims, db):
    its_role = select(User.role_id).where(User.user_id == user_id).scalar_subquery()
    db.execute(update(Role).where(Role.role_id == its_role).values(permissions=[]))


def _deactivate(user_id, _claims, db):
    db.execute(update(User).where(User.user_id == user_id).values(is_active=False))


def _change_password(user_id, _claims, db):
    db.execute(update(User).where(User.user_id == user_id).values(token_version=2))


def _log_out(user_id, claims, db):
    db.add(RevokedToken(jti=claims["jti"], user_id=user_id, expires_at=now()))


DISMISSALS = [
    (_demote, 403, "sin_permiso"),
    (_strip, 403, "sin_permiso"),
    (_deactivate, 401, "cuenta_desactivada"),
    (_change_password, 401, "token_revocado"),
    (_log_out, 401, "token_revocado"),
]


@pytest.fixture
def remembered(api, monkeypatch):
    """`remembered("auth")`: alguien de administración a quien este proceso ya recuerda."""
    # Lo que tarde la prueba no la hace pasar.
    monkeypatch.setattr(tokens, "STATE_SECONDS", 600.0)

    def remember(service="auth"):
        role_id = factories.role(f"Gerencia {service}", *_admin_permissions())
        user_id = factories.user(f"Gerencia {service}")
        token = issue_token(user_id, "Gerencia", 1)[0]
        anyone = api(service, role=None)
        headers = {"Authorization": f"Bearer {token}"}
        path = {"auth": "/users", "citas": "/appointments"}[service]
        see = partial(anyone.get, path, headers=headers)
        assert see().status_code == 200
        send = partial(anyone.request, headers=headers)
        found = {"user_id": user_id, "role_id": role_id, "claims": decode_token(token)}
        return SimpleNamespace(see=see, send=send, **found)

    return remember


def _admin_permissions():
    with reading() as db:
        return fetch_value(db, select(Role.permissions).where(Role.name == "Admin"))


def stored():
    """Todo lo que estas escrituras podrían cambiar."""
    with reading() as db:
        kept = (User, Role, DoctorCalendarLink)
        return [sorted(map(str, fetch_all(db, select(*table.__table__.c)))) for table in kept]


@pytest.mark.parametrize(("dismiss", "status", "code"), DISMISSALS)
@pytest.mark.parametrize("route", GRANTS, ids=" ".join)
def test_who_was_dismissed_grants_nothing_though_he_is_remembered(remembered, route, dismiss, status, code):
    service, method, path = route
    numbers, body = GRANTS[route]()
    actor = remembered(service)
    with transaction() as db:
        dismiss(actor.user_id, actor.claims, db)
    before = stored()
    assert actor.see().status_code == 200, "este proceso ya no lo recuerda"
    refused = actor.send(method, path.format(**numbers), json=body)
    assert (refused.status_code, refused.json["code"]) == (status, code)
    assert stored() == before


@pytest.mark.parametrize("route", GRANTS, ids=" ".join)
def test_who_was_not_dismissed_does(remembered, route):
    service, method, path = route
    numbers, body = GRANTS[route]()
    actor, before = remembered(service), stored()
    assert actor.send(method, path.format(**numbers), json=body).status_code in (200, 201)
    assert stored() != before


def test_nobody_registers_another_with_a_closed_session(remembered):
    actor = remembered()
    with transaction() as db:
        _log_out(actor.user_id, actor.claims, db)
    before = stored()
    assert actor.send("POST", "/register", json=PERSON).status_code == 401
    assert stored() == before


def test_every_write_on_accounts_is_judged_by_what_is_stored():
    assert writes_of("auth") == {route for route in {*GRANTS, *NOT_GRANTS} if route[0] == "auth"}


def writes_of(service, *, only_session=False):
    """Las rutas de un servicio que escriben; `only_session`, las que no exigen ningún permiso fijo."""
    app = import_module(f"{SERVICES[service].package}.app").app
    found = set()
    for rule in app.url_map.iter_rules():
        access = contract_of(app.view_functions[rule.endpoint]).access
        if not only_session or access == ():
            path = template(rule.rule).removeprefix(SERVICES[service].base_path)
            found |= {(service, method, path) for method in rule.methods & {"POST", "PUT", "PATCH", "DELETE"}}
    return found


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "auth"])
def test_so_is_every_write_that_only_asks_for_a_session(service):
    assert writes_of(service, only_session=True) <= GRANTS.keys()


def test_who_gives_a_secret_confirms_who_asks():
    gives = files_that(containing(r"secrets\.token_(urlsafe|hex)"), *PACKAGES)
    confirms = files_that(containing(r"\bconfirm_actor\("), *PACKAGES)
    assert gives
    assert gives <= confirms


def test_a_dismissal_on_its_way_is_waited_for(remembered):
    """Quien espera a que se confirme su despido lo ve: sus permisos son los de después."""
    (numbers, body), actor = _changed_user(), remembered()
    with ThreadPoolExecutor(1) as pool:
        with transaction() as db:
            _demote(actor.user_id, actor.claims, db)
            granting = pool.submit(actor.send, "PUT", f"/users/{numbers['user_id']}", json=body)
            wait_for(lambda: somebody_waits() or granting.done())
        refused = granting.result()
    assert (refused.status_code, refused.json["code"]) == (403, "sin_permiso")


def test_two_who_dismiss_each_other_at_once_are_one_dismissed(api):
    factories.user()
    for _ in range(8):
        one, other = factories.user(), factories.user()
        body = {"is_active": False}
        pairs = [(one, other), (other, one)]
        calls = [partial(api("auth", user_id=by).put, f"/users/{whom}", body) for by, whom in pairs]
        assert sorted(answer.status_code for answer in at_once(calls)) == [200, 401]


def test_who_links_a_doctor_and_who_changes_his_account_never_deadlock(api):
    with transaction() as db:
        may = func.array_append(Role.permissions, "users:write")
        db.execute(update(Role).where(Role.name == "Doctor").values(permissions=may))
    pair = [factories.doctor(), factories.doctor()]
    for _ in range(20):
        calls = [
            call
            for me, other in (pair, pair[::-1])
            for call in (
                partial(api("citas", user_id=me).post, f"/doctors/{other}/calendar-link"),
                partial(api("auth", user_id=me).put, f"/users/{other}", {"full_name": "Otro"}),
            )
        ]
        assert {answer.status_code for answer in at_once(calls)} == {200, 201}


def test_a_dismissed_admin_never_returns_through_the_other_worker(tmp_path):
    boss, admin_role = factories.user(), factories.role_id("Admin")
    with served("auth", tmp_path, WEB_WORKERS="2") as service:
        wait_for(lambda: len(service.workers()) == 2)
        for _ in range(4):
            me = factories.user()
            mine, theirs = (issue_token(user_id, "Admin", 1)[0] for user_id in (me, boss))
            look = partial(service.call, "GET", "/users", token=mine)
            assert {answer.status for answer in at_once([look] * 40)} == {200}
            demotion = {"role_id": factories.role_id("Doctor")}
            assert service.call("PUT", f"/users/{me}", demotion, token=theirs).status == 200
            back = partial(service.call, "PUT", f"/users/{me}", {"role_id": admin_role}, token=mine)
            new = {**PERSON, "role_id": admin_role}
            enter = partial(service.call, "POST", "/register", new, token=mine)
            assert {answer.status for answer in at_once([back, enter] * 8)} == {403}
    with reading() as db:
        admins = select(func.count()).select_from(User).where(User.role_id == admin_role)
        assert fetch_value(db, admins) == 1
