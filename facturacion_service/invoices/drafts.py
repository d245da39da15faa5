"""El borrador de una factura: lo que se envía, comprobado, y cómo se guarda."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from common.errors import Problems
from common.rules.money import Totals
from common.utils import clinic_today
from facturacion_service.invoices import lines as invoices_lines
from facturacion_service.invoices.parties import Parties, chosen_parties
from facturacion_service.invoices.rows import Line
from facturacion_service.ledger import locked
from facturacion_service.ledger.locked import LockedInvoice

ONLY_WHEN_ISSUING = "solo se elige al emitir"


@dataclass(frozen=True)
class _Draft:
    """Lo que le queda a un borrador: sus columnas y, si cambian, sus líneas con lo que suman."""

    columns: dict[str, Any]
    lines: list[Line] | None
    sums: Totals | None


def add(db: Session, sent: dict[str, Any], *, user_id: int) -> LockedInvoice:
    """Guarda un borrador nuevo.

    :raises Invalid: con todo lo que no sirve.
    """
    draft = _checked(db, None, sent)
    start = {"issue_date": clinic_today(), "issue_date_fixed": False, "additional_info": []}
    values = {**start, **draft.columns, "status": "DRAFT", "created_by": user_id}
    invoice = locked.add_invoice(db, values)
    _put_lines(db, invoice, draft)
    return invoice


def change(db: Session, invoice: LockedInvoice, sent: dict[str, Any]) -> LockedInvoice:
    """Cambia de un borrador solo lo que se envía: comprador, líneas, fecha, forma de pago.

    :raises Invalid: con todo lo que no sirve; no ha cambiado nada.
    """
    draft = _checked(db, invoice, sent)
    if draft.lines:
        locked.drop_lines(db, invoice.invoice_id)
    changed = locked.change_invoice(db, invoice, **draft.columns)
    _put_lines(db, changed, draft)
    return changed


def _put_lines(db: Session, invoice: LockedInvoice, draft: _Draft) -> None:
    if draft.lines and draft.sums:
        invoices_lines.put_lines(db, invoice.invoice_id, draft.lines, draft.sums)


def _checked(db: Session, invoice: LockedInvoice | None, sent: dict[str, Any]) -> _Draft:
    """Lo que le queda a un borrador con lo que se envía.

    :param invoice: None si todavía no está guardado.
    """
    problems = Problems()
    _check_issue_date(problems, sent.get("issue_date"))
    if sent.get("series") and sent.get("status") != "ISSUED":
        problems.add("series", ONLY_WHEN_ISSUING)
    parties = chosen_parties(db, problems, Parties.of(invoice) if invoice else Parties(), sent)
    chosen = invoices_lines.chosen_lines(db, problems, invoice, sent)
    sums = invoices_lines.add_up(problems, chosen) if chosen else None
    problems.refuse()
    columns = {**parties.columns(), **_own_columns(sent), **(invoices_lines.amounts(sums) if sums else {})}
    return _Draft(columns, chosen, sums)


def _check_issue_date(problems: Problems, day: date | None) -> None:
    if day is not None and day > clinic_today():
        problems.add("issue_date", "no puede ser posterior a hoy")


def _own_columns(sent: dict[str, Any]) -> dict[str, Any]:
    """Las columnas de lo que se envía que no es de nadie más; `null` las vacía."""
    columns = {}
    if "payment_method" in sent:
        columns["payment_method"] = sent["payment_method"]
    if "additional_info" in sent:
        columns["additional_info"] = sent["additional_info"] or []
    if "issue_date" in sent:
        columns["issue_date"] = sent["issue_date"] or clinic_today()
        columns["issue_date_fixed"] = sent["issue_date"] is not None
    return columns
