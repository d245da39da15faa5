"""Quién puede llamar a qué: cada ruta de los cinco servicios, con cada rol y con cada token que no sirve.

La tabla está escrita aparte del programa a propósito: añadir una ruta obliga a decir aquí quién la llama.
Cada línea lleva el método, la ruta y lo que exige: un permiso, `sesión` (haber entrado) o `pública`.
"""

import re
from datetime import timedelta
from importlib import import_module

import pytest

from common.access.tokens import issue_token
from common.permissions import Permission
from common.services import SERVICES
from common.utils import clock_at, now
from tests import factories
from tests.conftest import Api

ROUTES = {
    "auth": """
        POST   /login                                      pública
        POST   /register                                   pública
        POST   /logout                                     sesión
        GET    /me                                         sesión
        PUT    /me/password                                sesión
        GET    /permissions                                roles:read
        GET    /roles                                      roles:read
        POST   /roles                                      roles:write
        GET    /roles/:role_id                             roles:read
        PUT    /roles/:role_id                             roles:write
        GET    /users                                      users:read
        GET    /users/:user_id                             users:read
        PUT    /users/:user_id                             users:write
        GET    /roles/:role_id/access                      roles:read
        GET    /audit                                      audit:read
        GET    /audit/verify                               audit:read
    """,
    "inventario": """
        GET    /products                                   products:read
        POST   /products                                   products:write
        GET    /products/low-stock                         products:read
        GET    /products/:product_id                       products:read
        PUT    /products/:product_id                       products:write
        GET    /products/:product_id/movements             products:read
        PATCH  /products/:product_id/stock                 stock:write
        GET    /treatments                                 treatments:read
        POST   /treatments                                 treatments:write
        GET    /treatments/categories                      treatments:read
        GET    /treatments/:treatment_id                   treatments:read
        PUT    /treatments/:treatment_id                   treatments:write
        GET    /treatments/:treatment_id/check-stock       treatments:read
        GET    /treatments/:treatment_id/recipe            treatments:read
        POST   /treatments/:treatment_id/recipe            treatments:write
        DELETE /treatments/:treatment_id/recipe/:product_id  treatments:write
    """,
    "historia_clinica": """
        GET    /appointments/:appointment_id/notes         clinical:read
        POST   /appointments/:appointment_id/notes         clinical:write
        GET    /notes/:note_id                             clinical:read
        PUT    /notes/:note_id                             clinical:write
        GET    /notes/:note_id/versions                    clinical:read
        GET    /patients                                   patients:read
        POST   /patients                                   patients:write
        GET    /patients/search                            patients:read
        GET    /patients/:patient_id                       patients:read
        PUT    /patients/:patient_id                       patients:write
        GET    /patients/:patient_id/medical-history       clinical:read
        POST   /patients/:patient_id/medical-history       clinical:write
        GET    /patients/:patient_id/notes                 clinical:read
        GET    /patients/:patient_id/record                clinical:read
        GET    /patients/:patient_id/access-log            clinical:read
    """,
    "facturacion": """
        GET    /expenses                                   expenses:read
        POST   /expenses                                   expenses:write
        GET    /expenses/categories                        expenses:read
        GET    /expenses/totals                            expenses:read
        GET    /expenses/:expense_id                       expenses:read
        PUT    /expenses/:expense_id                       expenses:write
        DELETE /expenses/:expense_id                       expenses:write
        GET    /invoices                                   invoices:read
        POST   /invoices                                   invoices:write
        GET    /invoices/totals                            invoices:read
        GET    /invoices/:invoice_id                       invoices:read
        PUT    /invoices/:invoice_id                       invoices:write
        PATCH  /invoices/:invoice_id/status                invoices:write
        GET    /invoices/:invoice_id/payments              invoices:read
        GET    /invoices/:invoice_id/credit-notes          invoices:read
        POST   /invoices/:invoice_id/credit-notes          invoices:annul
        GET    /credit-notes                               invoices:read
        GET    /credit-notes/:credit_note_id               invoices:read
        PATCH  /credit-notes/:credit_note_id/status        invoices:annul
        GET    /invoices/:invoice_id/pdf                   invoices:read
        POST   /invoices/:invoice_id/payments              invoices:write
        GET    /invoices/:invoice_id/annulment             invoices:read
        GET    /invoices/:invoice_id/ride.pdf              invoices:read
        GET    /invoices/:invoice_id/xml                   invoices:read
        GET    /credit-notes/:credit_note_id/ride.pdf      invoices:read
        GET    /credit-notes/:credit_note_id/xml           invoices:read
        GET    /sri/documents                              invoices:read
        GET    /sri/documents/:document_id                 invoices:read
        POST   /sri/documents/:document_id/retry           invoices:write
        POST   /sri/documents/:document_id/renumber        sri:manage
        POST   /sri/documents/:document_id/email           invoices:write
        GET    /sri/documents/:document_id/xml             invoices:read
        GET    /sri/documents/:document_id/ride.pdf        invoices:read
        GET    /reports/dashboard                          reports:read
        GET    /reports/profit                             reports:read
        GET    /reports/receivables                        reports:read
        GET    /reports/sales-book                         reports:read
        GET    /reports/sales-by-rate                      reports:read
        GET    /reports/sri-month.zip                      reports:read
        GET    /reports/sri-sequences                      reports:read
        GET    /sri/settings                               sri:manage
        PUT    /sri/settings                               sri:manage
        GET    /sri/logo                                   sri:manage
        PUT    /sri/logo                                   sri:manage
        DELETE /sri/logo                                   sri:manage
        GET    /sri/certificate                            sri:manage
        POST   /sri/certificate                            sri:manage
        DELETE /sri/certificate                            sri:manage
        GET    /sri/preflight                              sri:manage
        GET    /sri/sequences                              sri:manage
        PUT    /sri/sequences                              sri:manage
    """,
    "citas": """
        GET    /appointments                               appointments:read
        POST   /appointments                               appointments:write
        POST   /appointments/check-availability            appointments:read
        GET    /appointments/:appointment_id               appointments:read
        PUT    /appointments/:appointment_id               appointments:write
        PATCH  /appointments/:appointment_id/status        appointments:write
        GET    /appointments/:appointment_id/treatments    appointments:read
        POST   /appointments/:appointment_id/treatments    appointments:write
        PUT    /appointments/treatments/:detail_id         appointments:write
        DELETE /appointments/treatments/:detail_id         appointments:write
        GET    /appointments/:appointment_id/extras        appointments:read
        POST   /appointments/:appointment_id/extras        appointments:write
        PUT    /appointments/extras/:extra_id              appointments:write
        DELETE /appointments/extras/:extra_id              appointments:write
        GET    /doctors                                    appointments:read
        GET    /doctors/:doctor_id/schedule                appointments:read
        GET    /doctors/:doctor_id/working-hours           appointments:read
        PUT    /doctors/:doctor_id/working-hours           appointments:write
        GET    /doctors/:doctor_id/calendar-link           sesión
        POST   /doctors/:doctor_id/calendar-link           sesión
        DELETE /doctors/:doctor_id/calendar-link           sesión
        GET    /doctors/:doctor_id/calendar.ics            pública
    """,
}

# Las que tienen los cinco servicios.
HOUSE = """
        GET    /health                                     pública
        GET    /live                                       pública
        GET    /openapi.json                               pública
        GET    /docs                                       pública
        GET    /docs/:name                                 pública
"""

ROLES = {
    "Admin": "todo",
    "Doctor": "products:read treatments:read patients:read patients:write clinical:read clinical:write "
    "appointments:read appointments:write",
    "Recepcion": "products:read treatments:read patients:read patients:write appointments:read "
    "appointments:write invoices:read invoices:write",
    "Bodega": "products:read products:write stock:write treatments:read treatments:write",
    "Contador": "products:read treatments:read patients:read invoices:read invoices:write invoices:annul "
    "expenses:read expenses:write reports:read sri:manage",
    "Usuario": "",
}

REFUSED = (401, 403)


def table(service):
    """Las líneas de un servicio: (método, ruta, lo que exige)."""
    lines = (ROUTES[service] + HOUSE).splitlines()
    return [tuple(line.split()) for line in lines if line.strip()]


def is_allowed(role, needs):
    return needs in ("pública", "sesión") or ROLES[role] == "todo" or needs in ROLES[role].split()


def call(client, method, path):
    """Llama con un cuerpo vacío a una fila que no existe: lo único que se juzga es si se puede llamar."""
    body = {} if method in ("POST", "PUT", "PATCH") else None
    return client.request(method, re.sub(r":\w+", "2147483647", path), json=body)


@pytest.fixture(params=SERVICES)
def service(request):
    return request.param


@pytest.fixture
def app(service):
    return import_module(f"{SERVICES[service].package}.app").app


def test_the_table_has_every_route_and_no_other(app, service):
    base = SERVICES[service].base_path
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r":\1", rule.rule.removeprefix(base)))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    written = [(method, path) for method, path, _ in table(service)]
    assert set(written) == routes, "escriba la ruta nueva en ROUTES"
    assert len(set(written)) == len(written)


def test_every_line_names_a_permission_that_exists(service):
    assert {needs for *_, needs in table(service)} <= {"pública", "sesión", *Permission}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_calls_what_its_permissions_allow_and_nothing_else(app, service, role):
    user_id = factories.user(role)
    for method, path, needs in table(service):
        # Un token por llamada: salir del sistema es una de las rutas.
        token, _ = issue_token(user_id, role, 1)
        answer = call(Api(app, SERVICES[service].base_path, token), method, path)
        if is_allowed(role, needs):
            assert answer.status_code not in (*REFUSED, 405), f"{role}: {method} {path}"
            assert answer.status_code < 500, f"{role}: {method} {path}"
        else:
            refusal = (answer.status_code, answer.json["code"])
            assert refusal == (403, "sin_permiso"), f"{role}: {method} {path}"
            assert needs in answer.json["message"]


def test_what_is_public_asks_nothing(app, service):
    client = Api(app, SERVICES[service].base_path)
    public = [line for line in table(service) if line[2] == "pública"]
    assert [line for line in public if call(client, *line[:2]).status_code in REFUSED] == []


def expired():
    with clock_at(now() - timedelta(days=2)):
        return issue_token(factories.user(), "Admin", 1)[0]


def of_a_deactivated_user():
    return issue_token(factories.user(is_active=False), "Admin", 1)[0]


def of_a_closed_session():
    token, _ = issue_token(factories.user(), "Admin", 1)
    auth = Api(import_module("auth_service.app").app, "/api/auth", token)
    assert auth.post("/logout").status_code == 200
    return token


def signed_by_another():
    head, body, signature = issue_token(factories.user(), "Admin", 1)[0].split(".")
    return f"{head}.{body}.{signature[::-1]}"


USELESS = {
    "falta_token": lambda: None,
    "token_invalido": lambda: "basura",
    "token_invalido ": signed_by_another,
    "token_vencido": expired,
    "cuenta_desactivada": of_a_deactivated_user,
    "token_revocado": of_a_closed_session,
}


@pytest.mark.parametrize("code", USELESS)
def test_a_token_that_is_no_use_opens_nothing(app, service, code):
    client = Api(app, SERVICES[service].base_path, USELESS[code]())
    for method, path, needs in table(service):
        if needs != "pública":
            answer = call(client, method, path)
            assert (answer.status_code, answer.json["code"]) == (401, code.strip()), f"{method} {path}"
