"""La facturación electrónica de la clínica de muestra: el sistema de verdad y un SRI simulado."""

import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from common.utils import clinic_today
from scripts.machine.ports import HOST, answers
from scripts.postgres_here.server import EmbeddedPostgres
from scripts.trials.calls import call_once
from tests.launched import Launched, copy_project, wait_for
from tests.sri_official import xsd_dir

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="usa señales de POSIX")

WORKER = "facturacion_service.sri.worker"
SIMULATOR = "scripts.fake_sri"
JSON = {"Accept": "application/json"}
LINE = {"description": "Consulta", "unit_price": 30}
BUYER = {"id_type": "CEDULA", "id_number": "1712345675", "name": "Ana Pérez"}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    clinic = Launched(copy_project(tmp_path_factory.mktemp("muestra") / "clinica"))
    # Con los esquemas oficiales a mano, lo que la muestra emite se comprueba además con ellos.
    clinic.env["SRI_XSD_DIR"] = str(xsd_dir() or "")
    yield clinic
    if clinic.process and clinic.process.poll() is None:
        clinic.stop(signal.SIGTERM)


def documents(clinic: Launched) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = clinic.ask("facturacion", "GET", "/sri/documents?per_page=100")["documents"]
    return found


def all_authorized(clinic: Launched) -> bool:
    return {one["status"] for one in documents(clinic)} == {"AUTORIZADO"}


def issue(clinic: Launched) -> dict[str, Any]:
    body = {"buyer": BUYER, "items": [LINE], "status": "ISSUED"}
    sri: dict[str, Any] = clinic.ask("facturacion", "POST", "/invoices", body)["invoice"]["sri"]
    return sri


def kill(clinic: Launched, name: str) -> None:
    process = clinic.process_of(name)
    assert process
    os.kill(process.pid, signal.SIGKILL)


def remembered(clinic: Launched) -> dict[str, int]:
    """Lo que el SRI simulado dice haber recibido, por estado."""
    reply = call_once("GET", f"http://{HOST}:{clinic.simulator_port}/", headers=JSON)
    counts: dict[str, int] = reply.json["comprobantes"]
    return counts


def test_the_demo_gets_its_documents_authorized_by_an_sri_that_says_it_is_simulated(clinic: Launched) -> None:
    said = clinic.start()

    assert "SRI SIMULADO" in said
    assert "NINGÚN VALOR LEGAL" in said
    assert f"127.0.0.1:{clinic.simulator_port}" in said
    assert "SRI_SIMULATOR_PORT=0" in said
    wait_for(lambda: all_authorized(clinic))
    found = documents(clinic)
    assert Counter(one["doc_code"] for one in found) == {"01": 4, "04": 1}
    assert {one["environment"] for one in found} == {"PRUEBAS"}


def test_the_demo_shows_each_kind_of_invoice(clinic: Launched) -> None:
    shown = [one["invoice_id"] for one in documents(clinic) if one["doc_code"] == "01"]
    invoices = [clinic.ask("facturacion", "GET", f"/invoices/{one}")["invoice"] for one in shown]

    rates = [{tax["iva_rate"] for tax in one["taxes"]} for one in invoices]
    assert {0} in rates
    assert {0, 15} in rates
    assert any(one["discount"] > 0 for one in invoices)
    assert {one["buyer"]["id_type"] for one in invoices} == {"CEDULA", "RUC", "CONSUMIDOR_FINAL"}
    assert any(one["credited_amount"] > 0 for one in invoices)


def test_the_demo_leaves_today_to_whoever_tries_it(clinic: Launched) -> None:
    def metrics(day: date) -> dict[str, Any]:
        found: dict[str, Any] = clinic.ask(
            "facturacion", "GET", f"/reports/dashboard?date_from={day}&date_to={day}"
        )["metrics"]
        return found

    today = clinic_today()
    assert metrics(today)["total_income"] == metrics(today)["cost_of_goods"] == 0
    assert metrics(today - timedelta(days=1))["total_income"] > 0


def test_a_killed_worker_comes_back_and_goes_on(clinic: Launched) -> None:
    kill(clinic, WORKER)
    issued = issue(clinic)

    wait_for(lambda: all_authorized(clinic))

    assert issued["access_key"] in {one["access_key"] for one in documents(clinic)}


def test_a_killed_simulated_sri_remembers_what_it_authorized(clinic: Launched) -> None:
    before = remembered(clinic)
    kill(clinic, SIMULATOR)
    issue(clinic)

    wait_for(lambda: answers(clinic.simulator_port))
    wait_for(lambda: all_authorized(clinic))

    assert remembered(clinic) == {"AUTORIZADO": before["AUTORIZADO"] + 1}


def test_it_also_remembers_after_everything_is_stopped(clinic: Launched) -> None:
    before = remembered(clinic)
    processes = clinic.children()

    assert clinic.stop() == 0
    assert clinic.listening() == []
    assert not any(process.is_running() for process in processes)

    # Sin INFO, la señal de que el trabajador ya trabaja no puede depender del detalle de su registro.
    clinic.env["LOG_LEVEL"] = "ERROR"
    clinic.start()
    assert remembered(clinic) == before
    assert clinic.stop() == 0


def test_without_a_simulated_sri_it_says_where_documents_go(clinic: Launched) -> None:
    clinic.env["SRI_SIMULATOR_PORT"] = "0"
    # A ninguna parte: nadie escucha ahí.
    clinic.env["SRI_URL_PRUEBAS"] = "http://127.0.0.1:9/comprobantes"
    said = clinic.start()

    assert clinic.process_of(SIMULATOR) is None
    assert clinic.process_of(WORKER)
    assert "SRI SIMULADO" not in said
    assert "http://127.0.0.1:9/comprobantes" in said
    assert clinic.stop() == 0


def test_with_an_own_database_no_sri_is_ever_simulated(clinic: Launched) -> None:
    with EmbeddedPostgres(fast=True) as server:
        server.create_database("propia")
        clinic.env |= {"DATABASE_URL": server.url("propia"), "SRI_SIMULATOR_PORT": str(clinic.simulator_port)}
        said = clinic.start()

        assert "simulado" not in said.lower()
        assert clinic.process_of(SIMULATOR) is None
        assert clinic.process_of(WORKER)
        assert clinic.stop() == 0


def test_an_old_env_without_the_key_is_told_and_not_changed(clinic: Launched) -> None:
    file = clinic.root / ".env"
    old = re.sub(r"SRI_CERTIFICATE_KEY=.*\n", "", file.read_text(encoding="utf-8"))
    file.write_text(old, encoding="utf-8")
    del clinic.env["DATABASE_URL"]
    said = clinic.start()

    assert "Falta SRI_CERTIFICATE_KEY" in said
    assert "-m scripts.envfile" in said
    assert file.read_text(encoding="utf-8") == old
    assert clinic.stop() == 0
