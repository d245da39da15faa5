"""El OpenAPI dice todo lo que hace falta para usar cada operación, y sus ejemplos valen."""

import re
from importlib import import_module

import pytest

from common.config import PROJECT_ROOT
from common.openapi.resource import Resource
from common.services import SERVICES
from common.web.contract import contract_of
from tests.published import spec_of, validator_for

# Lo que ya es una unidad, o no la necesita: un identificador, una cuenta, un número de orden.
UNITLESS = re.compile(
    r".*(_id|_by|_count)|age|checked|count|page|pages|per_page|version|versions|new_patients"
)


@pytest.fixture(params=SERVICES)
def app(request):
    return import_module(f"{SERVICES[request.param].package}.app").app


@pytest.fixture
def spec(app):
    return spec_of(app)


def operations(spec):
    return {
        f"{method.upper()} {path}": operation
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
    }


def answers(spec):
    return {
        f"{name} {status}": answer
        for name, operation in operations(spec).items()
        for status, answer in operation["responses"].items()
    }


def test_every_blueprint_has_its_tag(app, spec):
    bare = [name for name, blueprint in app.blueprints.items() if not isinstance(blueprint, Resource)]
    assert set(bare) <= {"docs"}, "declárelo con Resource y su Tag (common/openapi/resource.py)"
    known = [tag["name"] for tag in spec["tags"]]
    assert len(set(known)) == len(known), "dos blueprints describen distinto una misma etiqueta"
    assert {tag for operation in operations(spec).values() for tag in operation["tags"]} == set(known)


def test_every_answer_has_its_headers(spec):
    for name, answer in answers(spec).items():
        assert "X-Request-ID" in answer["headers"], name
        assert ("Retry-After" in answer["headers"]) == name.endswith(("429", "503")), name


def test_what_is_created_says_where_it_is(spec):
    silent = [
        name
        for name, answer in answers(spec).items()
        if name.endswith(" 201") and "Location" not in answer["headers"]
    ]
    # El enlace a un calendario no se vuelve a leer: se muestra una sola vez.
    assert [name for name in silent if "calendar-link" not in name] == []


def test_the_headers_of_repeating_and_of_versions_go_together(spec):
    for name, operation in operations(spec).items():
        sent = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}
        good = [answer["headers"] for status, answer in operation["responses"].items() if status < "300"]
        assert ("Idempotency-Key" in sent) == ("Idempotent-Replayed" in good[0]), name
        if "If-Match" in sent:
            assert "ETag" in good[0], name
            assert "412" in operation["responses"], name


def test_what_the_description_names_is_among_the_answers(spec):
    for name, operation in operations(spec).items():
        said = set(re.findall(r"\b4\d\d\b", operation["description"]))
        assert said <= set(operation["responses"]), name


def test_every_number_says_its_unit(spec):
    mute = [
        f"{owner}.{field}"
        for owner, schema in spec["components"]["schemas"].items()
        for field, member in schema.get("properties", {}).items()
        if "number" in kinds(member) or (kinds(member) == {"integer"} and not UNITLESS.fullmatch(field))
        if not member.get("description")
    ]
    assert mute == [], "dígala en su tipo: Annotated[…, Says(…)] (common/web/field_words.py)"


def kinds(member):
    return {option.get("type") for option in member.get("anyOf", [member])} - {"null"}


def test_every_example_is_valid(spec):
    for name, operation in operations(spec).items():
        contents = [answer["content"] for answer in operation["responses"].values()]
        contents += [operation["requestBody"]["content"]] if "requestBody" in operation else []
        for content in contents:
            for media in content.values():
                problems = [
                    e.message for value in examples(media) for e in errors(media["schema"], value, spec)
                ]
                assert problems == [], f"{name}: {problems}"


def examples(media):
    if "example" in media:
        return [media["example"]]
    return [example["value"] for example in media.get("examples", {}).values()]


def errors(schema, value, spec):
    return validator_for(schema, spec).iter_errors(value)


def test_every_json_answer_and_body_has_an_example(spec):
    for name, answer in answers(spec).items():
        media = answer["content"].get("application/json")
        assert media is None or examples(media) or name.endswith("openapi.json 200"), name
    for name, operation in operations(spec).items():
        body = operation.get("requestBody")
        assert body is None or examples(body["content"]["application/json"]), name


def test_the_program_accepts_every_example_of_a_body(app, spec):
    for rule in app.url_map.iter_rules():
        contract = contract_of(app.view_functions[rule.endpoint])
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in rule.methods & {"POST", "PUT", "PATCH"}:
            if contract.body:
                media = spec["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
                contract.body.model_validate(media["example"])


def test_the_codes_of_the_errors_are_real(spec):
    source = "\n".join(path.read_text(encoding="utf-8") for path in code())
    for name, answer in answers(spec).items():
        media = answer["content"].get("application/json", {})
        invented = [code for code in media.get("examples", {}) if f'"{code}"' not in source]
        assert invented == [], name


def code():
    folders = ("common", *(info.package for info in SERVICES.values()))
    files = [path for folder in folders for path in (PROJECT_ROOT / folder).rglob("*.py")]
    return [path for path in files if path.parent != PROJECT_ROOT / "common" / "openapi"]


def test_two_builds_of_the_document_are_the_same(app, spec):
    app.extensions.pop("openapi")
    assert spec_of(app) == spec
