"""La casa de los cinco servicios: errores, salud, orígenes, identificadores y permisos declarados."""

import json
import logging
import os
import re

import pytest
from flask import Blueprint

from common import VERSION
from common.auth_middleware import public, require
from common.database import engine
from common.permissions import Permission
from common.service import create_service
from common.watch.logs import describe, logger
from common.web.contract import answers, json_body
from tests import factories
from tests.common.conftest import EchoOut, ThingIn
from tests.conftest import Api

ORIGIN = "http://localhost:5173"


@pytest.fixture
def log(capfd):
    """Lo que se escribe en los registros, cada línea leída."""
    level = logger.level
    logger.setLevel("INFO")
    yield lambda: [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    logger.setLevel(level)


def test_a_route_that_declares_nothing_does_not_let_the_service_start():
    bp = Blueprint("open", __name__)
    bp.get("/secret")(lambda: "secreto")
    with pytest.raises(RuntimeError, match="/api/auth/secret"):
        create_service("auth", bp)


def test_a_stranger_gets_401_before_his_json_is_looked_at():
    bp = Blueprint("closed", __name__)

    @bp.post("/closed")
    @require(Permission.STOCK_WRITE)
    @json_body(ThingIn)
    @answers(EchoOut)
    def closed(body):
        """Cerrada"""

    client = Api(create_service("auth", bp), "/api/auth")
    assert client.request("POST", "/closed?x=1", data="{").status_code == 401


def test_a_permission_that_is_missing_is_named(toy_app):
    from common.access.tokens import issue_token

    token, _ = issue_token(factories.user("Doctor"), "Doctor", 1)
    refused = Api(toy_app, "/api/auth", token).get("/things/1")
    assert (refused.status_code, refused.json["code"]) == (403, "sin_permiso")
    assert "stock:write" in refused.json["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nada", 404, "no_encontrado"),
        ("GET", "/things/0", 404, "no_encontrado"),
        ("GET", "/things/01", 404, "no_encontrado"),
        ("GET", "//things/1", 404, "no_encontrado"),
        ("GET", "/things//1", 404, "no_encontrado"),
        ("GET", "/things/1/", 404, "no_encontrado"),
        ("GET", "/things/" + "9" * 5000, 404, "no_encontrado"),
        ("GET", "/../../etc/passwd", 404, "no_encontrado"),
        ("DELETE", "/things", 405, "metodo_no_permitido"),
        ("PATCH", "/things/1", 405, "metodo_no_permitido"),
        ("GET", "/things/1", 401, "falta_token"),
        ("POST", "/things", 400, "json_invalido"),
        ("GET", "/things?x=1", 422, "datos_invalidos"),
        ("GET", "/broken", 500, "error_interno"),
    ],
)
def test_every_error_is_json_with_its_request_id(toy, method, path, status, code):
    refused = toy.request(method, path)
    assert (refused.status_code, refused.mimetype) == (status, "application/json")
    assert refused.json.keys() == {"success", "message", "code", "errors", "request_id"}
    assert (refused.json["success"], refused.json["code"]) == (False, code)
    assert refused.json["request_id"] == refused.headers["X-Request-ID"]


def test_outside_the_base_path_errors_are_json_too(toy_app):
    refused = toy_app.test_client().get("/")
    assert (refused.status_code, refused.json["code"]) == (404, "no_encontrado")


def test_405_says_which_methods_are_allowed(toy):
    allowed = toy.delete("/things").headers["Allow"]
    assert set(re.findall(r"\w+", allowed)) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_500_shows_nothing_from_inside_and_is_logged_with_its_request_id(toy, log):
    broken = toy.get("/broken")
    for secret in ("ZeroDivision", "secreto", "Traceback", "conftest"):
        assert secret not in broken.text
    (entry,) = [entry for entry in log() if entry["level"] == "ERROR"]
    assert entry["request_id"] == broken.json["request_id"]
    assert entry["error"] == "ZeroDivisionError"
    assert any(place.endswith(" broken") for place in entry["where"])
    assert "secreto interno" not in json.dumps(entry)


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (AttributeError("'NoneType' object has no attribute 'x'"), "'NoneType' object has no attribute 'x'"),
        (ModuleNotFoundError("No module named 'lxml'"), "No module named 'lxml'"),
        (FileNotFoundError(2, "No such file", "/home/ana.perez"), os.strerror(2)),
        (ValueError("invalid literal for int(): 'quimioterapia'"), None),
        (KeyError("1712345675"), None),
    ],
)
def test_the_words_of_an_error_are_kept_only_if_they_cannot_quote_anyone(error, detail):
    assert describe(error).get("detail") == detail


def test_each_request_leaves_a_line_without_its_secrets(api, log):
    client = api("auth", user_id=(user_id := factories.user()))
    answer = client.get("/users?search=dato-privado")
    (entry,) = log()
    assert entry.pop("milliseconds") >= 0
    assert entry.pop("time").endswith("-05:00")
    assert entry == {
        "level": "INFO",
        "message": "peticion",
        "service": "auth",
        "pid": os.getpid(),
        "method": "GET",
        "route": "/api/auth/users",
        "ids": {},
        "status": 200,
        "bytes": len(answer.data),
        "user_id": user_id,
        "ip": "127.0.0.1",
        "request_id": answer.headers["X-Request-ID"],
    }


def test_what_exists_is_named_and_what_does_not_is_not(api, log):
    client = api("inventario")
    product = factories.product()
    for path in (f"/products/{product}", "/products/1712345675", "/ana-perez"):
        client.get(path)
    route = "/api/inventario/products/{product_id}"
    named = [(entry["route"], entry["ids"]) for entry in log()]
    assert named == [(route, {"product_id": product}), (route, None), (None, None)]


def test_with_nowhere_to_write_requests_are_still_answered(toy, log, monkeypatch):
    monkeypatch.setattr("common.watch.logs.STDERR", 999)
    assert toy.get("/live").status_code == 200


def test_what_a_library_says_is_a_line_too(log):
    logging.getLogger("otra.biblioteca").warning("se acaba %s", "algo")
    (entry,) = log()
    assert (entry["level"], entry["message"]) == ("WARNING", "se acaba algo")


@pytest.mark.parametrize("identifier", ["abc", "A.b_c-9", "x" * 64])
def test_a_sane_request_id_is_kept(toy, identifier):
    answer = toy.get("/live", headers={"X-Request-ID": identifier})
    assert answer.headers["X-Request-ID"] == identifier


@pytest.mark.parametrize("identifier", ["", "x" * 65, "a b", "a;b", "<script>", "ñ", '{"a":1}'])
def test_an_insane_request_id_is_replaced(toy, identifier):
    answer = toy.get("/live", headers={"X-Request-ID": identifier})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_two_requests_do_not_share_their_id(toy):
    assert toy.get("/live").headers["X-Request-ID"] != toy.get("/live").headers["X-Request-ID"]


def preflight(toy, origin, path="/things/1", method="PUT"):
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key,if-match,x-request-id",
    }
    return toy.request("OPTIONS", path, headers=asked)


def listed(answer, header):
    return {name.strip().lower() for name in answer.headers[header].split(",")}


@pytest.mark.parametrize("path", ["/things", "/things/1", "/health", "/live", "/openapi.json"])
def test_the_preflight_of_an_allowed_origin_passes_without_a_token(toy, path):
    answer = preflight(toy, ORIGIN, path)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert listed(answer, "Access-Control-Allow-Methods") >= {"get", "post", "put", "patch", "delete"}
    assert listed(answer, "Access-Control-Allow-Headers") == {
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "x-request-id",
    }


@pytest.mark.parametrize(
    "origin", ["http://malo.test", "null", "", "http://localhost:51730", "http://localhost:5173.malo.test"]
)
def test_another_origin_is_allowed_nothing(toy, origin):
    for answer in (preflight(toy, origin), toy.get("/live", headers={"Origin": origin})):
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/live", "/things/1", "/nada", "/broken"])
def test_a_browser_may_read_the_headers_and_the_errors(toy, path):
    answer = toy.get(path, headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert listed(answer, "Access-Control-Expose-Headers") == {
        "location",
        "etag",
        "content-disposition",
        "x-request-id",
        "retry-after",
        "idempotent-replayed",
    }
    assert "origin" in listed(answer, "Vary")
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_answers_are_neither_cached_nor_guessed(toy):
    headers = toy.get("/live").headers
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


def test_health_says_that_the_database_answers(toy):
    health = toy.get("/health")
    assert health.status_code == 200
    assert health.json == {
        "success": True,
        "data": {"status": "healthy", "service": "auth", "version": VERSION, "database": "ok"},
    }


def test_health_is_503_when_the_database_does_not_answer(toy, monkeypatch):
    from sqlalchemy import create_engine

    # El puerto 1 no atiende: la conexión se rechaza de inmediato.
    deaf = create_engine("postgresql+psycopg2://nadie@127.0.0.1:1/nada")
    for name in ("engine", "_resting"):
        monkeypatch.setattr(f"common.database.{name}", lambda: deaf)
    sick = toy.get("/health")
    assert (sick.status_code, sick.headers["Retry-After"]) == (503, "2")
    assert sick.json["data"]["status"] == "unhealthy"
    assert toy.get("/live").status_code == 200


def test_with_the_database_down_a_request_is_503_and_not_500(api, monkeypatch):
    from sqlalchemy import create_engine

    client = api("auth")
    deaf = create_engine("postgresql+psycopg2://nadie@127.0.0.1:1/nada")
    for name in ("engine", "_resting"):
        monkeypatch.setattr(f"common.database.{name}", lambda: deaf)
    for refused in (client.get("/users"), client.post("/login", {"email": "a@b.test", "password": "x"})):
        assert (refused.status_code, refused.json["code"]) == (503, "base_no_disponible")
        assert refused.headers["Retry-After"] == "2"


def test_live_does_not_ask_the_database(toy):
    before = engine().pool.checkedout()
    assert toy.get("/live").json["data"] == {"status": "alive", "service": "auth"}
    assert engine().pool.checkedout() == before


def test_the_docs_page_needs_nothing_from_outside(toy):
    page = toy.get("/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page.text)
    assets = re.findall(r'(?:src|href)="(docs/[^"]+)"', page.text)
    assert len(assets) == 2
    for asset in assets:
        with toy.get(f"/{asset}") as answer:
            assert answer.status_code == 200
    assert toy.get("/docs/otro.js").status_code == 404
    assert toy.get("/docs/../service.py").status_code == 404


def test_a_public_route_needs_to_say_so_once():
    bp = Blueprint("said", __name__)
    bp.get("/said")(public(lambda: ("", 204)))
    assert create_service("auth", bp).test_client().get("/api/auth/said").status_code == 204
