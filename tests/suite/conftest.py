"""Lo que comparten los ensayos del envío al SRI."""

import base64
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from scripts import demo_certificate
from scripts.fake_sri import FakeSri, Rules
from tests import factories
from tests.sri_official import xsd_dir
from tests.suite.sri_worker.sri_drill import Drill

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
PASSWORD = "Clave-de-prueba"


@cache
def certificate() -> str:
    """Un .p12 a nombre del emisor de las pruebas, en base64."""
    return base64.b64encode(demo_certificate.make_p12(factories.RUC, "Clínica", PASSWORD)).decode()


def uploaded(client: Any) -> None:
    """Sube el certificado de firma."""
    response = client.post("/sri/certificate", {"file_base64": certificate(), "password": PASSWORD})
    assert response.status_code == 201, response.json


@pytest.fixture
def upload_certificate() -> Callable[[Any], None]:
    """`upload_certificate(cliente)`: sube el certificado de firma."""
    return uploaded


@pytest.fixture
def fake_production() -> Iterator[FakeSri]:
    """Otro SRI, el de producción."""
    with FakeSri() as fake:
        yield fake


@pytest.fixture
def drill(api: Any, configured: Any, tmp_path: Any) -> Iterator[Drill]:
    """Una clínica lista para facturar en pruebas, contra un SRI simulado que decide en el acto."""
    with FakeSri(rules=Rules(schemas=xsd_dir())) as fake:
        configured(
            SRI_URL_PRUEBAS=fake.url,
            SRI_TIMEOUT_SECONDS="2",
            SRI_FIRST_QUERY_SECONDS="0",
            SRI_CERTIFICATE_KEY=KEY,
            SMTP_HOST="",
        )
        factories.sri_settings()
        cashier = api("facturacion")
        uploaded(cashier)
        found = Drill(fake, cashier, tmp_path)
        yield found
        found.close()
