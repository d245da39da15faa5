"""El cuerpo y la dirección de una petición: nada que llegue puede romper el servicio."""

import pytest

JSON = {"content_type": "application/json"}


@pytest.fixture
def send(toy):
    """Envía un texto como cuerpo."""

    def call(text, **options):
        return toy.request("POST", "/things", data=text, **{**JSON, **options})

    return call


def test_a_good_body_enters(toy):
    assert toy.post("/things", {"name": " Ana "}).json == {"success": True, "data": {"name": "Ana"}}


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/JSON"])
def test_json_may_declare_its_charset(send, kind):
    assert send('{"name": "ñ"}'.encode(), content_type=kind).json["data"]["name"] == "ñ"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/json", None, "x"])
def test_another_type_of_body_is_415(send, kind):
    refused = send('{"name": "a"}', content_type=kind)
    assert (refused.status_code, refused.json["code"]) == (415, "tipo_no_admitido")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "{'name': 'a'}",
        '{"name": "a",}',
        '{"name": NaN}',
        '{"price": Infinity}',
        '{"name": "a", "name": "b"}',
        '{"owner_id": 1' + "0" * 5000 + "}",
        '{"name": "a"} x',
        '{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b"\xef\xbb\xbf{}x",
        "[" * 100_000,
        '{"parts": ' * 5000,
        "[]",
        "null",
        "7",
        '"texto"',
        '[{"name": "a"}]',
    ],
)
def test_what_is_no_json_object_is_400(send, text):
    refused = send(text)
    assert (refused.status_code, refused.json["code"]) == (400, "json_invalido")
    assert refused.json["message"].startswith("El cuerpo")


def test_a_body_of_more_than_a_megabyte_is_413(send):
    assert send('{"name": "' + "a" * 2**20 + '"}').status_code == 413
    assert send('{"name": "a"' + " " * 2**19 + "}").status_code == 200


def test_every_problem_is_listed_with_its_place(toy):
    parts = [{"name": "a"}, {"name": "", "amount": "1"}, {"otra": 1}]
    refused = toy.post("/things", {"price": 0.001, "parts": parts, "sobra": None, "active": "true"})
    assert refused.status_code == 422
    assert refused.json["code"] == "datos_invalidos"
    assert {error["field"]: error["message"] for error in refused.json["errors"]} == {
        "name": "es obligatorio",
        "price": "admite hasta 2 decimales",
        "active": "debe ser true o false",
        "parts[1].name": "no puede estar vacío",
        "parts[1].amount": "debe ser un número",
        "parts[2].name": "es obligatorio",
        "parts[2].otra": "no es un campo conocido",
        "sobra": "no es un campo conocido",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "con\\u0000nulo"),
        ("text", "con\\u0000nulo"),
        ("price", "1e300"),
        ("price", "1" + "0" * 200),
        ("price", "-1"),
        ("owner_id", "1" + "0" * 200),
        ("owner_id", "99999999999"),
        ("owner_id", "1.0"),
        ("owner_id", "true"),
        ("day", "20261123"),
        ("at", "0"),
    ],
)
def test_a_value_that_does_not_serve_is_422(send, field, value):
    written = f'"{value}"' if field in ("name", "text") else value
    body = ", ".join(['"name": "a"'] * (field != "name") + [f'"{field}": {written}'])
    refused = send(f"{{{body}}}")
    assert (refused.status_code, [error["field"] for error in refused.json["errors"]]) == (422, [field])


@pytest.mark.parametrize(
    "number",
    [
        "1.0000000000000000001",
        "1" + "0" * 400,
        *(f"1e{sign}{digits}" for sign in ("", "-") for digits in ("400", "9" * 7, "9" * 18, "9" * 30)),
    ],
)
def test_a_number_is_judged_by_all_the_digits_the_client_wrote(send, number):
    refused = send(f'{{"name": "a", "price": {number}}}')
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "price")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("otra=1", "otra"),
        ("page=0", "page"),
        ("page=uno", "page"),
        ("page=1&page=2", "page"),
        ("page=", "page"),
        ("page=1.0", "page"),
        ("page=" + "9" * 5000, "page"),
        ("per_page=101", "per_page"),
        ("active=quizás", "active"),
        ("day=ayer", "day"),
        ("search=%00", "search"),
        ("search=" + "a" * 101, "search"),
    ],
)
def test_a_senseless_parameter_is_422_and_never_ignored(toy, query, field):
    refused = toy.get(f"/things?{query}")
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json["errors"]] == [field]


def test_parameters_that_serve_enter(toy):
    answer = toy.get("/things?search=%20Ana%20&page=2&per_page=100&active=false&day=2026-11-23")
    assert answer.json["data"] == {"name": "Ana"}


@pytest.mark.parametrize("query", ["search=%ff", "search=%ed%a0%80", "search=%C3", "search=a&search=%FF"])
def test_bytes_that_are_no_text_are_refused(toy, query):
    refused = toy.get(f"/things?{query}")
    assert (refused.status_code, refused.json["errors"]) == (
        422,
        [{"field": "search", "message": "no es texto en UTF-8"}],
    )


@pytest.mark.parametrize("text", ["%", "%2", "%25FF", "%EF%BF%BD", "a%26b"])
def test_a_percent_sign_and_any_text_may_be_searched(toy, text):
    assert toy.get(f"/things?search={text}").status_code == 200


def test_every_problem_of_the_parameters_is_listed_at_once(toy):
    refused = toy.get("/things?page=1&page=2&otra=1&day=ayer&search=%FF&%FE=1")
    assert {error["field"]: error["message"] for error in refused.json["errors"]} == {
        "page": "se repite",
        "otra": "no es un campo conocido",
        "day": "debe ser una fecha AAAA-MM-DD que exista, de 1900 a 2200",
        "search": "no es texto en UTF-8",
        "%FE": "no es texto en UTF-8",
    }


def test_a_route_without_parameters_refuses_them(toy, api):
    assert toy.get("/live?x=1").json["errors"] == [
        {"field": "x", "message": "no es un parámetro de esta ruta"}
    ]
    assert api("auth").get("/roles?page=1").status_code == 422
    assert toy.post("/things?x=1", {"name": "a"}).status_code == 422


def test_while_developing_an_answer_that_is_not_the_published_one_fails(toy):
    assert toy.get("/liar").status_code == 500


def test_in_production_answers_are_not_compared(toy, monkeypatch):
    from dataclasses import replace

    from common.config import load_settings

    fast = replace(load_settings(), check_answers=False)
    monkeypatch.setattr("common.web.contract.load_settings", lambda: fast)
    assert toy.get("/liar").json["data"] == {"other": 1}
