"""Si una factura se puede anular, hasta cuándo y qué queda si ya no.

Resolución NAC-DGERCGC25-00000014 (30 de junio de 2025), reformada por la NAC-DGERCGC25-00000017 (31 de julio
de 2025). Anular un comprobante autorizado se hace en el portal del SRI, que no ofrece un servicio para ello;
aquí se decide si corresponde y después se registra.

Las facturas emitidas antes del 1 de agosto de 2025 siguieron reglas anteriores, con otros plazos ya vencidos:
de ellas solo se admite la nota de crédito.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from facturacion_service.sri.documents.business_days import next_business_day
from facturacion_service.sri.xml.documents import DocumentStatus

InvoiceStatus = Literal["DRAFT", "ISSUED", "PAID", "ANNULLED"]

RULE_SINCE = date(2025, 8, 1)
CONSUMIDOR_FINAL_RULE_SINCE = date(2026, 1, 1)
LAST_DAY = 7


@dataclass(frozen=True)
class Annulment:
    """Si se puede anular.

    :param deadline: último día para hacerlo en el portal del SRI; `None` si no hay plazo o nunca se puede.
    :param reason: por qué, en una frase para quien lo pidió.
    :param alternative: lo que sí se puede hacer, si hay algo.
    """

    allowed: bool
    deadline: date | None
    reason: str
    alternative: Literal["NOTA_DE_CREDITO"] | None = None


_ALLOWED_UNUSED = Annulment(
    True, None, "El SRI no autorizó su comprobante: al anularla, el número queda como no utilizado."
)
_IN_FLIGHT = Annulment(False, None, "Su comprobante está en el SRI; espere la respuesta antes de anularla.")

_BY_INVOICE: dict[InvoiceStatus, Annulment] = {
    "DRAFT": Annulment(True, None, "Es un borrador: se descarta sin más."),
    "ANNULLED": Annulment(False, None, "La factura ya está anulada."),
}
_BY_SRI: dict[DocumentStatus | None, Annulment] = {
    None: Annulment(True, None, "No tiene comprobante electrónico: se anula sin más."),
    "PENDIENTE": _ALLOWED_UNUSED,
    "FIRMADO": _ALLOWED_UNUSED,
    "DEVUELTO": _ALLOWED_UNUSED,
    "NO_AUTORIZADO": _ALLOWED_UNUSED,
    "ENVIADO": _IN_FLIGHT,
    "RECIBIDO": _IN_FLIGHT,
}


def deadline(issue_date: date) -> date:
    """El último día para anular en el portal: el 7 del mes siguiente, o el primer hábil desde él."""
    months = issue_date.year * 12 + issue_date.month  # el mes siguiente, contado desde cero
    return next_business_day(date(months // 12, months % 12 + 1, LAST_DAY))


def decide(
    *,
    today: date,
    issue_date: date,
    invoice_status: InvoiceStatus,
    sri_status: DocumentStatus | None,
    is_consumidor_final: bool,
    has_live_credit_notes: bool,
) -> Annulment:
    """Si una factura se puede anular hoy.

    :param today: el día de la clínica.
    :param sri_status: en qué va su comprobante electrónico; `None` si no lo tiene.
    :param has_live_credit_notes: si tiene notas de crédito sin anular.
    """
    if invoice_status in _BY_INVOICE:
        return _BY_INVOICE[invoice_status]
    if has_live_credit_notes:
        reason = "Tiene notas de crédito vigentes; lo que falte por devolver va en otra nota de crédito."
        return Annulment(False, None, reason, "NOTA_DE_CREDITO")
    if sri_status != "AUTORIZADO":
        return _BY_SRI[sri_status]
    if is_consumidor_final and issue_date >= CONSUMIDOR_FINAL_RULE_SINCE:
        reason = "Una factura autorizada a consumidor final no se anula ni admite nota de crédito."
        return Annulment(False, None, reason)
    return _authorized(today, issue_date, is_consumidor_final)


def _authorized(today: date, issue_date: date, is_consumidor_final: bool) -> Annulment:
    if issue_date < RULE_SINCE:
        return _too_late("Es anterior al 1 de agosto de 2025 y ya no se anula", None, is_consumidor_final)
    last = deadline(issue_date)
    if today > last:
        return _too_late(f"El plazo para anularla venció el {last:%d/%m/%Y}", last, is_consumidor_final)
    return Annulment(
        True,
        last,
        f"Anúlela primero en el portal del SRI, hasta el {last:%d/%m/%Y}; después, regístrelo aquí.",
    )


def _too_late(why: str, last: date | None, is_consumidor_final: bool) -> Annulment:
    """Queda la nota de crédito, salvo a consumidor final, que no la admite (tabla 6)."""
    if is_consumidor_final:
        return Annulment(False, last, f"{why}; a consumidor final tampoco se le hace nota de crédito.")
    return Annulment(False, last, f"{why}; haga una nota de crédito.", "NOTA_DE_CREDITO")
