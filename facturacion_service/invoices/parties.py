"""De quién es una factura: la visita que se cobra, el paciente y quien compra."""

from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy.orm import Session

from common.errors import Problems
from facturacion_service.invoices import source_queries as sources
from facturacion_service.invoices.source_queries import RELEASED
from facturacion_service.ledger.buyer import buyer_columns
from facturacion_service.ledger.locked import LockedInvoice
from facturacion_service.ledger.rows import Buyer, BuyerColumns, buyer_of, only


@dataclass(frozen=True)
class Parties:
    """La visita, el paciente y el comprador de una factura; lo que todavía no tiene, None."""

    appointment_id: int | None = None
    patient_id: int | None = None
    buyer: Buyer | None = None

    @classmethod
    def of(cls, invoice: LockedInvoice) -> Self:
        """Los de una factura guardada."""
        buyer = buyer_of(only(BuyerColumns, vars(invoice)))
        return cls(invoice.appointment_id, invoice.patient_id, buyer)

    def columns(self) -> dict[str, Any]:
        """Las columnas en que van, con los datos del comprador copiados."""
        parties = {"appointment_id": self.appointment_id, "patient_id": self.patient_id}
        return parties if self.buyer is None else {**parties, **buyer_columns(self.buyer)}


def chosen_parties(db: Session, problems: Problems, former: Parties, changes: dict[str, Any]) -> Parties:
    """A quién queda una factura tras unos cambios; anota lo que no sirve.

    El comprador sigue siendo el que era mientras no se envíe otro ni cambie el paciente.
    """
    appointment_id = changes.get("appointment_id", former.appointment_id)
    patient_id = _patient(db, problems, former, changes, appointment_id)
    # Con `"buyer": null` vuelve a comprar el paciente.
    kept = former.buyer if changes.get("buyer", ...) is not None else None
    patient = None
    if patient_id is not None and (kept is None or patient_id != former.patient_id):
        patient = _patient_as_buyer(db, problems, patient_id)
    buyer = changes.get("buyer") or patient or kept
    if buyer is None and "appointment_id" not in problems:
        problems.add("patient_id", "indique el paciente, el comprador o la cita")
    return Parties(appointment_id, patient_id, buyer)


def _patient(
    db: Session,
    problems: Problems,
    former: Parties,
    changes: dict[str, Any],
    appointment_id: int | None,
) -> int | None:
    """El paciente: el de la visita, si la hay; si no, el que se envía o el que ya tenía."""
    if appointment_id is None:
        return changes.get("patient_id", former.patient_id)
    owner = former.patient_id
    if appointment_id != former.appointment_id:
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
    return visit["patient_id"]


def _patient_as_buyer(db: Session, problems: Problems, patient_id: int) -> Buyer | None:
    buyer = sources.patient_as_buyer(db, patient_id)
    if buyer is None:
        problems.add("patient_id", "no existe")
    return buyer
