"""Lo que vale para cualquier dirección de los cinco servicios."""

from importlib import import_module

import pytest

from common.services import SERVICES
from tests import factories


@pytest.fixture(params=SERVICES)
def info(request):
    return SERVICES[request.param]


@pytest.fixture
def client(info):
    return import_module(f"{info.package}.app").app.test_client()


def test_no_address_is_answered_with_a_redirect(client, info):
    base, name = info.base_path, info.base_path.removeprefix("/api/")
    for path in (
        f"/api//{name}/health",
        f"/{base}/health",
        f"{base}//health",
        f"{base}/health/",
        f"{base}/docs/",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (404, "application/json"), path


def test_a_row_has_one_address(api):
    product_id = factories.product()
    client = api("inventario")
    assert client.get(f"/products/{product_id}").status_code == 200
    for written in (f"000{product_id}", f"+{product_id}", f"{product_id}.0", f"%20{product_id}", "0"):
        assert client.get(f"/products/{written}").status_code == 404


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("auth", "/users?role="),
        ("inventario", "/products?category="),
        ("inventario", "/treatments?category=%20"),
        ("facturacion", "/expenses?category="),
        ("facturacion", "/invoices?status="),
        ("historia_clinica", "/patients/search?cedula="),
        ("citas", "/appointments?status="),
        ("citas", "/appointments?doctor_id="),
    ],
)
def test_an_empty_filter_is_no_filter(api, service, path):
    assert api(service).get(path).status_code == 422


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("auth", "/users"),
        ("inventario", "/products"),
        ("inventario", "/treatments"),
        ("historia_clinica", "/patients"),
        ("facturacion", "/invoices"),
        ("facturacion", "/expenses"),
    ],
)
def test_an_empty_search_finds_everything(api, service, path):
    client = api(service)
    assert client.get(f"{path}?search=").json["data"] == client.get(path).json["data"]
