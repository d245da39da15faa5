"""La cola hacia el SRI en las pruebas: tomar un comprobante en un estado y decir qué contestó el SRI."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, update

from common.database import transaction
from common.tables.sri import SriDocument
from common.tables.sri_settings import SriSettings
from common.utils import now
from facturacion_service.sri.exchange.answers import Authorization, Message, Reception
from facturacion_service.sri.exchange.client import Exchange
from facturacion_service.sri.outbox import operations as outbox_operations
from facturacion_service.sri.outbox import queries as outbox
from tests import factories
from tests.factories import BUYER

LINES = [{"description": "Consulta", "unit_price": 40}]
LEASE = timedelta(minutes=1)


def issuing(api):
    """Con qué emitir facturas en una clínica con comprobantes electrónicos: da sus comprobantes."""
    factories.sri_settings()
    cashier = api("facturacion")

    def invoices(count=1, **values):
        made = []
        for _ in range(count):
            body = {"buyer": BUYER, "items": LINES, "status": "ISSUED", **values}
            made.append(cashier.post("/invoices", body).json["data"]["invoice"]["sri"]["document_id"])
        return made if count > 1 else made[0]

    return invoices


def stored(document_id):
    with transaction() as db:
        return db.get_one(SriDocument, document_id)


def rows(table):
    with transaction() as db:
        return list(db.scalars(select(table)))


def change(document_id, **values):
    with transaction() as db:
        db.execute(update(SriDocument).where(SriDocument.document_id == document_id).values(**values))


def settings(**values):
    with transaction() as db:
        db.execute(update(SriSettings).values(**values))


def claim(owner="uno", lease=LEASE):
    with transaction() as db:
        return outbox.claim_document(db, owner, lease)


def taken(document_id, status, owner="uno"):
    """Un comprobante en ese estado y tomado."""
    path = {"PENDIENTE": (), "FIRMADO": ("FIRMADO",), "ENVIADO": ("FIRMADO", "ENVIADO")}
    path["RECIBIDO"] = (*path["ENVIADO"], "RECIBIDO")
    factories.sri_document_status(document_id, *path[status])
    found = claim(owner)
    assert (found.document_id, found.status) == (document_id, status)
    return found


def answered(answer, raw=b"<lo que llego/>"):
    return Exchange(answer, raw, 200, now(), now())


def sent(claimed, outcome):
    with transaction() as db:
        return outbox_operations.record_sending(db, claimed, outcome)


def asked(claimed, outcome):
    with transaction() as db:
        return outbox_operations.record_asking(db, claimed, outcome)


def returned(code):
    return Reception("DEVUELTA", (Message(code, "PALABRAS", "", "ERROR"),))


def authorization(key, **values):
    found = Authorization("AUTORIZADO", key, now(), "PRUEBAS", None, (), "AUTORIZADO")
    return replace(found, **values)
