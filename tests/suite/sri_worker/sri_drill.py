"""Los ensayos del envío: una clínica que factura, un SRI simulado y trabajadores de verdad.

El reloj de las esperas se adelanta en la base (`hurry`), así que nadie duerme lo que dormiría.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from lxml import etree
from sqlalchemy import select, text, update

from common.config import PROJECT_ROOT
from common.database import transaction
from common.outbox.crew import Crew, work
from common.tables.sri import SriAnswer, SriDelivery, SriDocument
from common.tables.sri_settings import SriSettings
from common.utils import clinic_today, now
from facturacion_service.sri.worker import queues
from facturacion_service.sri.xml.access_key import check_digit
from scripts.fake_sri import FakeSri, failures
from scripts.fake_sri.paper import Paper
from tests.factories import BUYER, LINES

FINISHED = {"AUTORIZADO", "NO_AUTORIZADO", "DEVUELTO"}
# Generoso: solo se agota si algo está roto.
DEADLINE_SECONDS = 60


class Worker:
    """Un proceso del trabajador; lo que dice queda en un archivo."""

    def __init__(self, log: Path, *arguments: str, **variables: str) -> None:
        self.log = log
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "facturacion_service.sri.worker", *arguments],
                cwd=PROJECT_ROOT,
                env=os.environ | {"LOG_LEVEL": "INFO"} | variables,
                stdout=file,
                stderr=file,
            )

    def kill(self) -> None:
        """Lo mata sin aviso, como un corte de luz."""
        self._process.kill()
        self._process.wait()

    def ask_to_stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Le pide parar."""
        self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Le pide parar y devuelve con qué código salió."""
        self.ask_to_stop(number)
        return self.wait()

    def wait(self) -> int:
        """Espera a que termine solo."""
        return self._process.wait(DEADLINE_SECONDS)

    @property
    def said(self) -> str:
        """Lo que dejó en su registro."""
        return self.log.read_text(encoding="utf-8")

    def close(self) -> None:
        """Que no quede vivo, pase lo que pase."""
        if self._process.poll() is None:
            self.kill()


class Drill:
    """La clínica y el SRI de un ensayo."""

    def __init__(self, fake: FakeSri, cashier: Any, folder: Path) -> None:
        self.fake = fake
        self.cashier = cashier
        self._folder = folder
        self._workers: list[Worker] = []

    def issue(self, **values: Any) -> int:
        """Emite una factura y devuelve su comprobante."""
        body = {"buyer": BUYER, "items": LINES, "status": "ISSUED", **values}
        response = self.cashier.post("/invoices", body)
        assert response.status_code == 201, response.json
        return int(response.json["data"]["invoice"]["sri"]["document_id"])

    def credit(self, document_id: int) -> int:
        """Devuelve entera la factura de un comprobante; el de su nota de crédito."""
        path = f"/invoices/{self.document(document_id).invoice_id}/credit-notes"
        response = self.cashier.post(path, {"reason": "Devolución"})
        assert response.status_code == 201, response.json
        return int(response.json["data"]["credit_note"]["sri"]["document_id"])

    def correct(self, document_id: int) -> None:
        """Lo corrige y reenvía una persona."""
        buyer = {
            "id_type": "CEDULA",
            "id_number": "1712345675",
            "name": "Ana Pérez Mora",
            "email": "ana@correo.ec",
        }
        response = self.cashier.post(f"/sri/documents/{document_id}/retry", {"buyer": buyer})
        assert response.status_code == 200, response.json

    def start(self, *arguments: str, **variables: str) -> Worker:
        """Pone en marcha un trabajador en otro proceso."""
        worker = Worker(self._folder / f"trabajador{len(self._workers)}.log", *arguments, **variables)
        self._workers.append(worker)
        return worker

    def close(self) -> None:
        """Termina los procesos que queden."""
        for worker in self._workers:
            worker.close()

    def pass_once(self, threads: int = 1) -> None:
        """Una pasada: todo lo que toque ahora mismo, aquí y no en otro proceso."""
        work(Crew(once=True), threads, queues, lambda: None)

    def pass_once_until(self, document_id: int, status: str) -> None:
        """Pasa solo los pasos que hacen falta para que un comprobante llegue a ese estado."""
        self.fake.on_authorization(failures.nothing_known())
        self.pass_once()
        assert self.document(document_id).status == status, self.summary()

    def finish(self, *documents: int, passes: int = 40) -> list[str]:
        """Pasa y adelanta el reloj hasta que terminen; en qué quedó cada uno."""
        for _ in range(passes):
            self.pass_once()
            if all(self.document(one).status in FINISHED for one in documents):
                break
            self.hurry()
        return [self.document(one).status for one in documents]

    def until(self, condition: Callable[[], Any], *, hurry: bool = True) -> None:
        """Espera a que se cumpla, adelantando el reloj si se pide."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                said = "\n".join(worker.said[-4000:] for worker in self._workers)
                raise AssertionError(f"no se cumplió a tiempo\n{self.summary()}\n{said}")
            if hurry:
                self.hurry()
            time.sleep(0.02)

    def until_status(self, status: str, *documents: int, hurry: bool = True) -> None:
        """Espera a que esos comprobantes estén en ese estado."""
        self.until(lambda: all(self.document(one).status == status for one in documents), hurry=hurry)

    def hurry(self) -> None:
        """Como si ya hubiera pasado lo que falta para el paso siguiente de cada cosa."""
        at = now()
        with transaction() as db:
            for table in (SriDocument, SriDelivery):
                # Lo que alguien tiene en la mano se salta: adelantarlo no cambia nada.
                due = select(table).where(table.next_attempt_at > at, table.lease_owner.is_(None))
                for row in db.scalars(due.with_for_update(skip_locked=True)):
                    row.next_attempt_at = at

    def expire_leases(self) -> None:
        """Como si hubiera pasado el tiempo que un muerto tenía tomado lo suyo."""
        at = now()
        with transaction() as db:
            for table in (SriDocument, SriDelivery):
                taken = update(table).where(table.lease_until.is_not(None))
                db.execute(taken.values(lease_until=at, next_attempt_at=at))

    def document(self, document_id: int) -> SriDocument:
        """Un comprobante, como está ahora."""
        with transaction() as db:
            return db.get_one(SriDocument, document_id)

    def change(self, document_id: int, **values: Any) -> None:
        """Cambia un comprobante a mano."""
        with transaction() as db:
            db.execute(update(SriDocument).where(SriDocument.document_id == document_id).values(**values))

    def hold(self, *documents: int) -> None:
        """Que a esos no les toque nada hasta que se adelante el reloj."""
        for one in documents:
            self.change(one, next_attempt_at=now() + timedelta(hours=1))

    def live_document(self, invoice_id: int) -> SriDocument:
        """El comprobante vigente de una factura."""
        live = SriDocument.voided_at.is_(None), SriDocument.credit_note_id.is_(None)
        with transaction() as db:
            return db.scalars(select(SriDocument).where(SriDocument.invoice_id == invoice_id, *live)).one()

    @contextmanager
    def without_guards(self) -> Iterator[None]:
        """Con los disparadores apagados, para poner lo que el programa no puede."""
        with transaction() as db:
            db.execute(text("SET LOCAL session_replication_role = replica"))
            yield

    def used_by_another(self, document_id: int) -> str:
        """Otro emitió antes un comprobante con el mismo número; su clave."""
        key = self.document(document_id).access_key
        body = key[:39] + "00000000" + key[47]
        another = body + check_digit(body)
        paper = Paper(etree.Element("factura"), b"<factura/>", another, "PRUEBAS", clinic_today())
        self.fake.office.registry.add(paper, now())
        self.fake.office.registry.decide(another, (), now())
        return another

    def settings(self, **values: Any) -> None:
        """Cambia los datos del emisor a mano."""
        with transaction() as db:
            db.execute(update(SriSettings).values(**values))

    def stopped_reason(self) -> str | None:
        """Por qué están detenidos los envíos, si lo están."""
        with transaction() as db:
            return db.scalars(select(SriSettings.stopped_reason)).one()

    def answers(self, document_id: int) -> list[SriAnswer]:
        """Lo que el SRI contestó de un comprobante, en orden."""
        with transaction() as db:
            of_it = select(SriAnswer).where(SriAnswer.document_id == document_id)
            return list(db.scalars(of_it.order_by(SriAnswer.answer_id)))

    def outcomes(self, document_id: int) -> list[str]:
        """Lo que se entendió de cada conversación, en orden."""
        return [answer.outcome for answer in self.answers(document_id)]

    def deliveries(self, document_id: int) -> list[SriDelivery]:
        """Los correos de un comprobante."""
        with transaction() as db:
            return list(db.scalars(select(SriDelivery).where(SriDelivery.document_id == document_id)))

    def summary(self) -> str:
        """En qué va todo, para cuando un ensayo falla."""
        with transaction() as db:
            rows = db.scalars(select(SriDocument).order_by(SriDocument.document_id))
            return "\n".join(f"{r.document_id} {r.status} {r.attempts} {r.attention}" for r in rows)

    def agreed(self, *documents: int) -> None:
        """Comprueba lo que nunca puede fallar: lo autorizado aquí lo está allá, con los mismos bytes, y allá
        no hay nada que aquí no esté autorizado."""
        ours = [self.document(one) for one in documents]
        assert {row.status for row in ours} == {"AUTORIZADO"}
        theirs = self.fake.documents
        assert {row.access_key: row.signed_xml for row in ours} == {k: r.xml for k, r in theirs.items()}
        assert {found.state for found in theirs.values()} == {"AUTORIZADO"}
