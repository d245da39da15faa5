"""De quién es una factura: la visita que se cobra, el paciente y quien compra."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from common.errors import Invalid, Problems
from facturacion_service import models_sources as sources
from facturacion_service.models import Invoice
from facturacion_service.models_sources import RELEASED

Buyer = dict[str, Any]


@dataclass(frozen=True)
class Parties:
    """La visita, el paciente y el comprador que le quedan a una factura."""

    appointment_id: int | None
    patient_id: int | None
    buyer: Buyer | None

    def put_in(self, invoice: Invoice) -> None:
        """Los pone en la factura, con los datos del comprador copiados en ella."""
        invoice.appointment_id, invoice.patient_id = self.appointment_id, self.patient_id
        if self.buyer is not None:
            put_buyer(invoice, self.buyer)


def put_buyer(invoice: Invoice, buyer: Buyer) -> None:
    """Copia en la factura los datos de quien compra."""
    invoice.buyer_id_type, invoice.buyer_id_number = buyer["id_type"], buyer["id_number"]
    invoice.buyer_name = buyer["name"]
    invoice.buyer_email, invoice.buyer_address = buyer["email"], buyer["address"]


def chosen_parties(db: Session, problems: Problems, invoice: Invoice, changes: dict[str, Any]) -> Parties:
    """A quién queda la factura tras unos cambios; anota lo que no sirve.

    El comprador sigue siendo el que era mientras no se envíe otro ni cambie el paciente.
    """
    appointment_id = changes.get("appointment_id", invoice.appointment_id)
    patient_id = _patient(db, problems, invoice, changes, appointment_id)
    # Con `"buyer": null` vuelve a comprar el paciente.
    reset = changes.get("buyer", ...) is None
    patient = None
    if patient_id is not None and (reset or patient_id != invoice.patient_id):
        patient = _patient_as_buyer(db, problems, patient_id)
    buyer = changes.get("buyer") or patient
    if buyer is None and (reset or not invoice.buyer_name) and "appointment_id" not in problems:
        problems.add("patient_id", "indique el paciente, el comprador o la cita")
    return Parties(appointment_id, patient_id, buyer)


def _patient(
    db: Session,
    problems: Problems,
    invoice: Invoice,
    changes: dict[str, Any],
    appointment_id: int | None,
) -> int | None:
    """El paciente: el de la visita, si la hay; si no, el que se envía o el que ya tenía."""
    if appointment_id is None:
        return changes.get("patient_id", invoice.patient_id)
    owner = invoice.patient_id
    if appointment_id != invoice.appointment_id:
        owner = _patient_of_visit(db, problems, appointment_id)
    if owner is None:
        return changes.get("patient_id")
    if changes.get("patient_id", owner) != owner:
        problems.add("patient_id", "no es el paciente de la cita")
    return owner


def _patient_of_visit(db: Session, problems: Problems, appointment_id: int) -> int | None:
    visit = sources.shared_visit(db, appointment_id)
    if visit is None:
        problems.add("appointment_id", "no existe")
        return None
    if visit["status"] in RELEASED:
        problems.add("appointment_id", f"la cita está en {visit['status']} y no se cobra")
    return int(visit["patient_id"])


def _patient_as_buyer(db: Session, problems: Problems, patient_id: int) -> Buyer | None:
    buyer = sources.patient_as_buyer(db, patient_id)
    if buyer is None:
        problems.add("patient_id", "no existe")
    return buyer


def check_consumidor_final(invoice: Invoice, limit: Decimal) -> None:
    """Por encima del límite se necesitan los datos del comprador (ficha técnica SRI 2.34, 9.10).

    :param limit: máximo con IVA, en dólares.
    :raises Invalid: `consumidor_final_limite`.
    """
    if invoice.buyer_id_type == "CONSUMIDOR_FINAL" and invoice.total_amount > limit:
        raise Invalid(
            f"Una factura a consumidor final no puede pasar de USD {limit}.",
            code="consumidor_final_limite",
            errors={"buyer": f"por encima de USD {limit} se necesitan los datos del comprador"},
        )
