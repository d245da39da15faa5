"""El documento OpenAPI de cada servicio: válido, completo y fiel a sus rutas."""

import json
import re
from importlib import import_module

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from common.config import PROJECT_ROOT
from common.services import SERVICES
from tests.conftest import Api

BUILT = [name for name, info in SERVICES.items() if (PROJECT_ROOT / info.package / "app.py").exists()]
SUCCESSES = {"200", "201"}


@pytest.fixture(params=BUILT)
def app(request, database_url):
    return import_module(f"{SERVICES[request.param].package}.app").app


@pytest.fixture
def spec(app):
    base = next(info.base_path for info in SERVICES.values() if info.package == app.import_name)
    return Api(app, base).get("/openapi.json").json


def operations(spec):
    return [
        (path, method, operation)
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_document_is_valid(spec):
    assert spec["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(spec).iter_errors()] == []


def test_every_route_is_in_it_and_nothing_else(app, spec):
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.startswith("docs.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, method, _ in operations(spec)} == routes


def test_every_operation_says_in_one_sentence_what_it_does(spec):
    wrong = [
        path
        for path, _, operation in operations(spec)
        if not re.fullmatch(r"[A-ZÁÉÍÓÚÑ][^\n]{5,120}[^.\s]", operation["summary"])
    ]
    assert wrong == []


def test_no_operation_is_named_twice(spec):
    names = [operation["operationId"] for _, _, operation in operations(spec)]
    assert len(set(names)) == len(names)


def test_every_operation_says_what_it_answers(spec):
    for path, _, operation in operations(spec):
        codes = set(operation["responses"])
        assert codes & SUCCESSES, path
        assert codes >= {"422", "503"}, path


def test_every_private_operation_asks_for_the_bearer_and_may_answer_401(spec):
    assert spec["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, _, operation in operations(spec):
        private = {"bearer": []} in operation.get("security", [])
        assert private or "Pública" in operation["description"], path
        assert not private or "401" in operation["responses"], path
        assert "Exige: `" not in operation["description"] or "403" in operation["responses"], path


def test_every_body_is_a_closed_object(spec):
    for path, _, operation in operations(spec):
        body = operation.get("requestBody")
        if body:
            name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert spec["components"]["schemas"][name]["additionalProperties"] is False, path
            assert {"400", "413", "415"} <= set(operation["responses"]), path


def test_every_error_has_the_one_shape(spec):
    for path, _, operation in operations(spec):
        for code, response in operation["responses"].items():
            if code not in SUCCESSES:
                schema = response["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}, path


def test_no_reference_leads_nowhere(spec):
    known = {f"#/components/{kind}/{name}" for kind, named in spec["components"].items() for name in named}
    assert set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(spec))) <= known


KEYWORDS = {
    *("$ref", "additionalProperties", "anyOf", "const", "default", "description", "enum", "title", "type"),
    *("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "format", "items", "properties"),
    *("required", "maxItems", "uniqueItems", "minItems", "maxLength", "minLength", "multipleOf", "pattern"),
}


def unknown_keywords(schema):
    """Lo que JSON Schema ignoraría: un límite que se publica con otro nombre no es un límite."""
    found = set(schema) - KEYWORDS
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    inner += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    return found.union(*(unknown_keywords(item) for item in inner))


def test_every_limit_is_published_with_the_word_that_json_schema_knows(spec):
    schemas = list(spec["components"]["schemas"].values())
    for _, _, operation in operations(spec):
        schemas += [parameter["schema"] for parameter in operation["parameters"]]
    assert set().union(*(unknown_keywords(schema) for schema in schemas)) == set()


def test_the_limits_of_a_page_are_published(api):
    users = api("auth", role=None).get("/openapi.json").json["paths"]["/api/auth/users"]["get"]
    per_page = {item["name"]: item["schema"] for item in users["parameters"]}["per_page"]
    assert (per_page["minimum"], per_page["maximum"], per_page["default"]) == (1, 100, 20)


def test_the_login_says_that_it_may_refuse_and_lock(api):
    login = api("auth", role=None).get("/openapi.json").json["paths"]["/api/auth/login"]["post"]
    assert {"401", "403", "429"} <= set(login["responses"])


def test_registering_admits_a_token_and_does_not_demand_it(api):
    register = api("auth", role=None).get("/openapi.json").json["paths"]["/api/auth/register"]["post"]
    assert register["security"] == [{}, {"bearer": []}]
