"""Lo que comparten los ensayos del envío al SRI."""

import base64
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from scripts import demo_certificate
from scripts.fake_sri import FakeSri, Rules
from tests import factories
from tests.sri_official import xsd_dir
from tests.suite.sri_drill import Drill

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
PASSWORD = "Clave-de-prueba"


@cache
def certificate() -> str:
    """Un .p12 a nombre del emisor de las pruebas, en base64."""
    return base64.b64encode(demo_certificate.make_p12(factories.RUC, "Clínica", PASSWORD)).decode()


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
        cashier.post("/sri/certificate", {"file_base64": certificate(), "password": PASSWORD})
        found = Drill(fake, cashier, tmp_path)
        yield found
        found.close()
