"""Los registros de un día entero, con errores y con quien no sigue las reglas: no cuentan nada de nadie.

El sistema de verdad, con todo el detalle que se puede pedir, y lo que escribe cada proceso.
"""

import base64
import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from scripts import demo_certificate
from scripts.trials.desk import Desk
from scripts.trials.throwaway import Clinic, running
from tests import factories

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="allí no hay gunicorn")

# Está en todo lo que se escribe de una persona y en toda contraseña.
MARK = "reservado"
CEDULA, RUC, PHONE = factories.cedula(4321), factories.RUC, "0991234567"
PASSWORD = f"Clave-{MARK}-2026"
EMAIL = f"{MARK}@correo.test"
PATIENT = {
    "doc_number": CEDULA,
    "first_name": f"Ana {MARK}",
    "last_name": f"Pérez {MARK}",
    "phone": PHONE,
    "email": EMAIL,
    "address": f"Calle {MARK}",
}
NOTE = {
    "observations": f"Dolor {MARK}",
    "diagnoses": [{"code": "K02.1", "description": f"Caries {MARK}", "type": "DEFINITIVO"}],
}
HISTORY = {"allergies": f"Penicilina {MARK}", "pathologies": f"Asma {MARK}"}


class Day:
    """Un día de la clínica.

    :param tokens: los de las sesiones que se abrieron.
    """

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.token = clinic.token()
        self.secrets = [MARK, CEDULA, PHONE, self.token, clinic.password, PASSWORD]
        self._desk, self._stranger = Desk(clinic, self.token), Desk(clinic, None)

    def close(self) -> None:
        """Suelta las conexiones."""
        self._desk.close()
        self._stranger.close()

    def ask(self, status: int, service: str, method: str, path: str, body: Any = None) -> Any:
        """Una petición que debe acabar con ese estado; sus datos."""
        reply = self._desk.call(service, method, path, body)
        assert reply.status == status, (path, reply.status, reply.content)
        return reply.json.get("data") if reply.content else None

    def visit(self) -> None:
        """Entrar mal y bien, registrar a una paciente y atenderla."""
        stranger = {"email": EMAIL, "password": PASSWORD}
        assert self._stranger.call("auth", "POST", "/login", stranger).status == 401
        roles = {r["name"]: r["role_id"] for r in self.ask(200, "auth", "GET", "/roles")["roles"]}
        doctor = {**stranger, "full_name": f"Dra. {MARK}", "role_id": roles["Doctor"]}
        created = self.ask(201, "auth", "POST", "/register", doctor)
        self.secrets.append(created["token"])
        doctor_id = created["user"]["user_id"]
        self.patient = self.ask(201, "historia_clinica", "POST", "/patients", PATIENT)["patient"][
            "patient_id"
        ]
        self.ask(201, "historia_clinica", "POST", f"/patients/{self.patient}/medical-history", HISTORY)
        times = factories.tomorrow_at(9), factories.tomorrow_at(10)
        slot = dict(zip(("start_time", "end_time"), (at.isoformat() for at in times), strict=True))
        booking = {"patient_id": self.patient, "doctor_id": doctor_id, "reason": f"Control {MARK}", **slot}
        made = self.ask(201, "citas", "POST", "/appointments", booking)
        self.appointment = made["appointment"]["appointment_id"]
        self.ask(201, "historia_clinica", "POST", f"/appointments/{self.appointment}/notes", NOTE)
        self.ask(200, "historia_clinica", "GET", f"/patients/search?doc_number={CEDULA}")
        self.ask(200, "historia_clinica", "GET", f"/patients?search={MARK}")
        link = self.ask(201, "citas", "POST", f"/doctors/{doctor_id}/calendar-link")["calendar_link"]
        self.secrets.append(link["path"].partition("token=")[2])
        assert self._stranger.call("citas", "GET", link["path"].removeprefix("/api/citas")).status == 200

    def bill(self) -> None:
        """Subir la firma y facturar con comprobante electrónico, que el trabajador envía."""
        issuer = {"environment": "PRUEBAS", "ruc": RUC, "legal_name": f"Clínica {MARK}"}
        self.ask(200, "facturacion", "PUT", "/sri/settings", {**issuer, "head_office_address": f"Av. {MARK}"})
        signature = base64.b64encode(demo_certificate.make_p12(RUC, "Clínica", PASSWORD)).decode()
        self.secrets.append(signature[:60])
        upload = {"file_base64": signature, "password": PASSWORD}
        self.ask(422, "facturacion", "POST", "/sri/certificate", {**upload, "password": f"otra {MARK}"})
        self.ask(201, "facturacion", "POST", "/sri/certificate", upload)
        buyer = {"id_type": "CEDULA", "id_number": CEDULA, "name": f"Ana {MARK}", "email": EMAIL}
        sale = {"buyer": buyer, "items": [{"description": f"Consulta {MARK}", "unit_price": 40}]}
        made = self.ask(201, "facturacion", "POST", "/invoices", {**sale, "status": "ISSUED"})["invoice"]
        path = f"/sri/documents/{made['sri']['document_id']}"
        while self.ask(200, "facturacion", "GET", path)["document"]["status"] != "RECIBIDO":
            time.sleep(0.2)

    def break_things(self) -> None:
        """Lo que la base rechaza citando la fila entera, y una tabla que ya no está como se esperaba."""
        notes = f"/appointments/{self.appointment}/notes"
        self._in_the_database(
            f"ALTER TABLE clinical_notes ADD CHECK (observations NOT LIKE '%{MARK}%') NOT VALID"
        )
        self.ask(500, "historia_clinica", "POST", notes, NOTE)
        self._in_the_database("ALTER TABLE patients RENAME COLUMN address TO elsewhere")
        self.ask(500, "historia_clinica", "PUT", f"/patients/{self.patient}", PATIENT)
        self.ask(500, "historia_clinica", "GET", f"/patients?search={MARK}")

    def misbehave(self) -> None:
        """Cuerpos, direcciones y cabeceras que no son lo que deberían."""
        for body in (b'{"password": "' + MARK.encode(), b"[" * 9000 + MARK.encode(), b"\xff" + MARK.encode()):
            self.ask(400, "auth", "POST", "/login", body)
        self.ask(422, "historia_clinica", "POST", "/patients", {**PATIENT, MARK: MARK, "birth_date": MARK})
        for path in (f"/patients/{MARK}", f"/{MARK}?x={MARK}", f"/patients/{CEDULA}"):
            self.ask(404, "historia_clinica", "GET", path)
        for line in (
            f"GET /api/auth/users?search={MARK} algo HTTP/1.1\r\n\r\n",
            f"{MARK.upper()}! /api/auth/live HTTP/1.1\r\n\r\n",
            f"GET /api/auth/live HTTP/1.1\r\nAuthorization : Bearer {self.token}\r\n\r\n",
            f"GET /api/auth/live HTTP/1.1\r\nX: 1\r\n {MARK}\r\n\r\n",
            f"GET /api/auth/live HTTP/9.{MARK}\r\n\r\n",
            f"POST /api/auth/login HTTP/1.1\r\nTransfer-Encoding: {MARK}\r\n\r\n",
            f"GET /{MARK * 1000} HTTP/1.1\r\n\r\n",
            f"{MARK}\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", self.clinic.ports["auth"])) as connection:
                connection.sendall(line.encode())
                assert connection.recv(64).startswith((b"HTTP/1.1 4", b"HTTP/1.1 501"))

    def _in_the_database(self, statement: str) -> None:
        with psycopg2.connect(self.clinic.env["DATABASE_URL"]) as connection:
            connection.cursor().execute(statement)
        connection.close()


def said(place: Path) -> str:
    """Todo lo que escribieron los procesos."""
    return "".join(log.read_text(encoding="utf-8") for log in place.rglob("*.log"))


@pytest.fixture(scope="module")
def day() -> Iterator[Day]:
    """El día ya vivido, con los procesos detenidos."""
    with running(variables={"LOG_LEVEL": "DEBUG"}) as clinic:
        with closing(Day(clinic)) as lived:
            lived.visit()
            lived.bill()
            lived.misbehave()
            lived.break_things()
        clinic.stop()
        yield lived


def test_no_process_tells_anything_of_anyone(day):
    text = said(day.clinic.place).lower()
    assert [secret for secret in day.secrets if secret.lower() in text] == []


def test_what_happened_is_told(day):
    lines = [json.loads(line) for line in said(day.clinic.place).splitlines() if line.startswith("{")]
    assert {line.get("status") for line in lines} >= {200, 201, 400, 401, 404, 422, 500}
    assert {line.get("sqlstate") for line in lines} >= {"23514", "42703"}
    assert {line["service"] for line in lines} >= {*day.clinic.ports, "trabajador_sri", "gunicorn"}
    strangers = [line for line in lines if line["message"] == "Invalid request"]
    assert {line["error"] for line in strangers} >= {"InvalidRequestLine", "InvalidHeaderName"}
    assert {line["ip"] for line in strangers} == {"127.0.0.1"}


def test_every_line_of_the_services_is_json(day):
    logs = [day.clinic.tasks[name].log for name in day.clinic.ports]
    strange = [line for log in logs for line in log.read_text().splitlines() if not line.startswith("{")]
    assert strange == []
