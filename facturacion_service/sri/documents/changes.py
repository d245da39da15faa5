"""Lo que una persona hace con un comprobante: corregirlo, darle otro número, darlo de baja o reenviarlo.

Se bloquea siempre primero la factura y después el comprobante: dos personas se esperan, sin trabarse.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.config import load_settings
from common.database import Database
from common.errors import Conflict
from common.rules import audit
from common.utils import clinic_today, now
from common.web.schemas import Payload
from facturacion_service.ledger import invoices, locked
from facturacion_service.ledger.buyer import buyer_columns, check_consumidor_final
from facturacion_service.ledger.locked import LockedInvoice
from facturacion_service.ledger.rows import InvoiceView
from facturacion_service.sri.documents import annulment, queries
from facturacion_service.sri.documents.annulment import Annulment
from facturacion_service.sri.documents.content import credit_note_content, invoice_charges, invoice_content
from facturacion_service.sri.documents.deliveries import enqueue
from facturacion_service.sri.documents.emission import (
    Emission,
    charges,
    create_credit_note_document,
    create_invoice_document,
    emission,
    take_number,
)
from facturacion_service.sri.documents.queries import SriDocument
from facturacion_service.sri.documents.schemas import RetryIn
from facturacion_service.sri.exchange.machine_rules import PATIENCE
from facturacion_service.sri.settings import queries as issuers
from facturacion_service.sri.xml import access_key
from facturacion_service.sri.xml.build import build
from facturacion_service.sri.xml.documents import Document, DocumentStatus, Heading, Series

ENTITY = SriDocument.__tablename__
REJECTED = ("DEVUELTO", "NO_AUTORIZADO")


def _locked(db: Session, document_id: int) -> tuple[LockedInvoice, SriDocument]:
    """La factura y su comprobante, bloqueados en ese orden.

    :raises Conflict: `comprobante_de_baja` si ya no se envía.
    """
    invoice = locked.locked_invoice(db, queries.invoice_of_document(db, document_id))
    document = queries.locked_document(db, document_id)
    if document.voided_at is not None:
        raise Conflict("El comprobante se dio de baja y no se envía más.", code="comprobante_de_baja")
    return invoice, document


def retry(db: Session, document_id: int, body: RetryIn, *, user: CurrentUser) -> None:
    """Reenvía un comprobante; uno rechazado se rehace con la misma clave y número, ya corregido.

    De uno recibido hace más de un día que el SRI ya no conoce salen otra vez los mismos bytes: si los tenía,
    contesta que ya los tiene.

    :raises Conflict: `ya_autorizado`, `comprobante_de_baja`, `ruc_cambiado`, o `comprobante_no_rechazado` si
        se corrige uno que el SRI no rechazó.
    :raises Invalid: con todo lo que el SRI rechazaría.
    """
    invoice, document = _locked(db, document_id)
    if document.status == "AUTORIZADO":
        raise Conflict("El comprobante ya está autorizado.", code="ya_autorizado")
    before: Payload = invoices.invoice(db, invoice.invoice_id)
    former = {key: before[key] for key in body.model_fields_set}
    if document.status in REJECTED:
        invoice = _corrected(db, invoice, document, body)
        _rebuild(db, invoice, document)
        if document.credit_note_id is None:
            _rebuild_waiting_notes(db, invoice)
    elif body.model_fields_set:
        raise Conflict(
            "Solo se corrige un comprobante que el SRI haya rechazado.", code="comprobante_no_rechazado"
        )
    elif queries.is_forgotten(db, document, now() - PATIENCE["RECIBIDO"]):
        # Quien estuviera preguntando por él deja de tenerlo: su respuesta ya no es de este envío.
        document.status, document.lease_owner, document.lease_until = "FIRMADO", None, None
    document.attention, document.attempts, document.next_attempt_at = None, 0, now()
    db.flush()
    if former:
        audit.record(db, user, "UPDATE", ENTITY, document_id, details={"former": former})


def _corrected(db: Session, invoice: LockedInvoice, document: SriDocument, body: RetryIn) -> LockedInvoice:
    """La factura con el comprador y los datos que se corrigen."""
    if document.credit_note_id is not None and body.model_fields_set:
        raise Conflict(
            "El comprador de una nota de crédito es el de su factura, que ya no cambia.",
            code="comprobante_no_rechazado",
        )
    values = {} if body.buyer is None else buyer_columns(body.buyer.model_dump())
    if body.additional_info is not None:
        values["additional_info"] = [pair.model_dump() for pair in body.additional_info]
    corrected = locked.change_invoice(db, invoice, **values)
    if body.buyer is not None:
        check_consumidor_final(corrected, emission(db, _series(document)).consumidor_final_limit)
    return corrected


def _series(document: SriDocument) -> Series:
    return access_key.parse(document.access_key).series


def _rebuild(db: Session, invoice: LockedInvoice, document: SriDocument) -> None:
    """Rehace un comprobante con los datos de hoy y la clave de siempre (ficha técnica SRI 2.34, 5.10)."""
    key = access_key.parse(document.access_key)
    plan = emission(db, key.series)
    if plan.settings is None or plan.settings["ruc"] != document.ruc:
        raise Conflict("El RUC del emisor ya no es el del comprobante.", code="ruc_cambiado")
    heading = Heading(key.environment, document.access_key, key.series, key.sequential, key.issue_date)
    content: Document
    if document.credit_note_id is None:
        content = invoice_content(invoice, invoice_charges(db, invoice.invoice_id), heading, plan.issuer)
    else:
        note = queries.locked_credit_note(db, document.credit_note_id)
        content = credit_note_content(db, note, invoice, heading, plan.issuer)
    document.unsigned_xml = build(content, load_settings().sri_xsd_dir)
    document.status, document.signed_xml, document.signed_at = "PENDIENTE", None, None
    document.certificate_id, document.messages = None, []


def _rebuild_waiting_notes(db: Session, invoice: LockedInvoice) -> None:
    """Rehace las notas que esperan a su factura: nombran su número, su fecha y su comprador."""
    db.flush()
    for note in queries.waiting_notes(db, invoice.invoice_id):
        _rebuild(db, invoice, note)
        note.attention, note.attempts, note.next_attempt_at = None, 0, now()
        note.lease_owner = note.lease_until = None


def renumber(db: Session, document_id: int, reason: str, *, user: CurrentUser | None = None) -> int:
    """Deja sin utilizar el número de un comprobante rechazado y emite otro, de hoy, con el siguiente.

    :param user: quien lo pidió; None si lo hace solo el trabajador.
    :returns: el comprobante nuevo.
    :raises Conflict: `comprobante_de_baja`, `comprobante_no_rechazado` si el SRI no lo rechazó, o
        `ambiente_cambiado` si el del emisor ya no es el suyo.
    :raises Invalid: con todo lo que el SRI rechazaría.
    """
    invoice, document = _locked(db, document_id)
    if document.status not in REJECTED:
        raise Conflict(
            "Solo cambia de número un comprobante que el SRI haya rechazado.", code="comprobante_no_rechazado"
        )
    plan = emission(db, _series(document))
    if plan.settings is None or plan.settings["environment"] != document.environment:
        raise Conflict("El ambiente del emisor ya no es el del comprobante.", code="ambiente_cambiado")
    void(document, reason)
    db.flush()
    _reissue(db, invoice, document, plan)
    issued = queries.live_document(db, invoice.invoice_id, document.credit_note_id)
    assert issued is not None
    if user is not None:
        audit.record(db, user, "VOID", ENTITY, document_id, details={"reason": reason})
    return issued.document_id


def _reissue(db: Session, invoice: LockedInvoice, document: SriDocument, plan: Emission) -> None:
    sequential = take_number(db, document.doc_code, plan)
    number, today = plan.series.number(sequential), clinic_today()
    if document.credit_note_id is None:
        renumbered = locked.change_invoice(
            db, invoice, invoice_number=number, issue_date=today, is_test=plan.is_test
        )
        create_invoice_document(db, renumbered, plan, sequential, charges(db, renumbered, plan))
        _rebuild_waiting_notes(db, renumbered)
    else:
        note = queries.locked_credit_note(db, document.credit_note_id)
        note.credit_note_number, note.issue_date, note.is_test = number, today, plan.is_test
        db.flush()
        create_credit_note_document(db, note, invoice, plan, sequential)


def void(document: SriDocument, reason: str) -> None:
    """Da de baja un comprobante ya bloqueado: no se envía más; quien lo tuviera deja de tenerlo."""
    document.voided_at, document.voided_reason = now(), reason
    document.next_attempt_at = document.lease_owner = document.lease_until = None


def annul(db: Session, invoice: LockedInvoice, reason: str) -> None:
    """Da de baja el comprobante de una factura que se anula, si lo tiene y todavía se puede.

    :raises Conflict: `no_se_puede_anular`, con la alternativa si la hay.
    """
    document = queries.live_document(db, invoice.invoice_id)
    decision = annulment_of(db, invoices.invoice(db, invoice.invoice_id))
    if not decision.allowed:
        raise Conflict(decision.reason, code="no_se_puede_anular", data=asdict(decision))
    if document is not None:
        void(document, reason)


def annulment_of(db: Database, invoice: InvoiceView) -> Annulment:
    """Si una factura se puede anular hoy (NAC-DGERCGC25-00000014 y NAC-DGERCGC25-00000017)."""
    document = invoice["sri"]
    if document is not None and _was_a_trial(db, document["environment"]):
        document = None
    return annulment.decide(
        today=clinic_today(),
        issue_date=invoice["issue_date"],
        is_consumidor_final=invoice["buyer"]["id_type"] == "CONSUMIDOR_FINAL",
        sri_status=standing(**document) if document else None,
        has_live_credit_notes=queries.has_live_credit_notes(db, invoice["invoice_id"]),
        invoice_status=invoice["status"],
    )


def standing(status: str, sent_at: datetime | None, **_rest: Any) -> DocumentStatus:
    """En qué está un comprobante para quien lo quiere dar de baja.

    Uno firmado que ya salió alguna vez puede estar en el SRI aunque contestara un error: cuenta como enviado.
    """
    once_left = status == "FIRMADO" and sent_at is not None
    return "ENVIADO" if once_left else cast(DocumentStatus, status)


def _was_a_trial(db: Database, environment: str) -> bool:
    """Si el comprobante es de pruebas y la clínica ya no las hace: no vale nada y no ata a nadie."""
    current = issuers.settings(db)
    return environment == "PRUEBAS" and current is not None and current["environment"] == "PRODUCCION"


def email(db: Session, document_id: int, recipient: str | None) -> None:
    """Pone en cola el correo de un comprobante autorizado.

    :raises Conflict: `comprobante_de_baja`, o `sin_autorizar` si todavía no lo está.
    """
    invoice, document = _locked(db, document_id)
    if document.status != "AUTORIZADO":
        raise Conflict("El SRI todavía no autoriza el comprobante.", code="sin_autorizar")
    enqueue(db, document_id, recipient or invoice.buyer_email)
