"""Lo que el esquema publicado admite, el programa lo admite: peticiones buenas sacadas de cada documento.

Lo que un esquema no sabe decir (un dígito verificador, un fin posterior a su inicio) se cuenta aparte.
"""

import re
from importlib import import_module
from warnings import catch_warnings, simplefilter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import ValidationError

from common.services import SERVICES
from common.web.contract import contract_of
from common.web.messages import field_errors
from tests.published import spec_of

schemathesis = pytest.importorskip("schemathesis")

# Lo que no cabe en JSON Schema, con las palabras de quien lo rechaza.
BEYOND_THE_SCHEMA = re.compile(
    "no es un código CIE-10|capítulo de la CIE-10|fecha futura|no puede ser anterior|presión sistólica"
    "|caracteres invisibles|admite hasta (4 niveles|200 entradas)|consumidor final"
    "|la cédula|una cédula|el RUC|un RUC|el pasaporte|solo lleva dígitos|correo electrónico"
    "|admite hasta 20 (caracteres|letras)|no puede estar vacío|lleva de 7 a 15 dígitos"
    "|debe ser una fecha|ISO 8601"
    "|no se combina con quantity"
    # 7.0 es un entero para JSON Schema y no para nosotros.
    "|debe ser un número entero"
)
CASES = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def bodies():
    for info in SERVICES.values():
        app = import_module(f"{info.package}.app").app
        for rule in app.url_map.iter_rules():
            contract = contract_of(app.view_functions[rule.endpoint])
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            for method in sorted(rule.methods & {"POST", "PUT", "PATCH"}) if contract.body else []:
                yield app, path, method, contract.body


@pytest.fixture(scope="module")
def operation_of(database_url):
    schemas = {}

    def find(app, path, method):
        if app.import_name not in schemas:
            schemas[app.import_name] = schemathesis.openapi.from_dict(spec_of(app))
        return schemas[app.import_name][path][method]

    return find


def test_what_the_schema_of_a_body_admits_is_admitted(operation_of):
    with catch_warnings():
        # schemathesis avisa de lo que no sabe generar a partir de un patrón.
        simplefilter("ignore")
        for app, path, method, model in bodies():
            admits_what_it_publishes(operation_of(app, path, method), f"{method} {path}", model)


def admits_what_it_publishes(operation, name, model):
    @CASES
    @given(case=operation.as_strategy())
    def check(case):
        refused = unexpected(model, case.body)
        assert refused == [], f"{name}: {refused} en {case.body}"

    check()


def unexpected(model, body):
    try:
        model.model_validate(body)
    except ValidationError as error:
        return [pair for pair in field_errors(error) if not BEYOND_THE_SCHEMA.search(pair[1])]
    return []
