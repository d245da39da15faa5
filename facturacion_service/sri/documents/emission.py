"""Los comprobantes electrónicos: con qué se emiten, y cómo nacen en la misma transacción que su número."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from common.config import load_settings
from common.errors import Invalid
from common.utils import now
from facturacion_service.ledger import locked
from facturacion_service.ledger.locked import LockedInvoice
from facturacion_service.ledger.numbering import default_series, next_number
from facturacion_service.sri.documents.content import (
    Charges,
    credit_note_content,
    invoice_charges,
    invoice_content,
)
from facturacion_service.sri.documents.queries import CreditNote
from facturacion_service.sri.rows import EstablishmentRow, SettingsRow
from facturacion_service.sri.settings import queries as issuers
from facturacion_service.sri.xml.access_key import generate
from facturacion_service.sri.xml.build import build
from facturacion_service.sri.xml.documents import FACTURA, NOTA_DE_CREDITO, Document, Heading, Issuer, Series


@dataclass(frozen=True)
class Emission:
    """Con qué se emite: la serie y, si la clínica emite comprobantes electrónicos, los datos del emisor.

    :param settings: None si no los emite; entonces tampoco hay `establishment`.
    """

    series: Series
    settings: SettingsRow | None = None
    establishment: EstablishmentRow | None = None

    @property
    def is_electronic(self) -> bool:
        """Si lo que se emita lleva comprobante electrónico."""
        return self.settings is not None

    @property
    def is_test(self) -> bool:
        """Si es el ambiente de pruebas, que tiene su propia numeración."""
        return self.settings is not None and self.settings["environment"] == "PRUEBAS"

    @property
    def consumidor_final_limit(self) -> Decimal:
        """Máximo con IVA de una factura a consumidor final, en dólares."""
        if self.settings is None:
            return load_settings().consumidor_final_limit
        return self.settings["consumidor_final_limit"]

    @property
    def issuer(self) -> Issuer:
        """Los datos del emisor como van en el comprobante."""
        assert self.settings is not None
        assert self.establishment is not None
        return issuers.issuer(self.settings, self.establishment)

    def heading(self, doc_code: str, sequential: int, day: date) -> Heading:
        """Lo que identifica a un comprobante nuevo, con su clave de acceso recién sorteada."""
        assert self.settings is not None
        environment = self.settings["environment"]
        key = generate(day, doc_code, self.settings["ruc"], environment, self.series, sequential)
        return Heading(environment, key, self.series, sequential, day)


def emission(db: Session, series: str | Series | None = None) -> Emission:
    """Con qué se emite ahora mismo.

    :param series: «001-002»; sin ella, la de la configuración.
    :raises Invalid: `serie_desconocida` si no es de este emisor.
    """
    chosen = Series(*series.split("-")) if isinstance(series, str) else series or default_series()
    settings = issuers.held_settings(db)
    if settings is None and chosen == default_series():
        return Emission(chosen)
    for row in issuers.establishments(db) if settings else []:
        if row["establishment"] == chosen.establishment and chosen.emission_point in row["emission_points"]:
            return Emission(chosen, settings, row)
    message = f"la serie {chosen} no está entre los puntos de emisión registrados"
    raise Invalid(f"No se puede emitir: {message}.", code="serie_desconocida", errors={"series": message})


def take_number(db: Session, doc_code: str, plan: Emission) -> int:
    """El secuencial siguiente de la serie con que se emite."""
    return next_number(db, doc_code, plan.series, is_test=plan.is_test)


def charges(db: Session, invoice: LockedInvoice, plan: Emission) -> Charges | None:
    """Lo que el comprobante de una factura dirá que cobra, si la clínica los emite.

    Va antes de tomar el número: mientras alguien lo tiene, nadie más emite.
    """
    return invoice_charges(db, invoice.invoice_id) if plan.is_electronic else None


def create_invoice_document(
    db: Session, invoice: LockedInvoice, plan: Emission, sequential: int, charges: Charges | None
) -> None:
    """Crea el comprobante de una factura que acaba de tomar su número, si la clínica los emite.

    :raises Invalid: con todo lo que el SRI rechazaría.
    """
    if charges is not None:
        heading = plan.heading(FACTURA, sequential, invoice.issue_date)
        _store(db, invoice_content(invoice, charges, heading, plan.issuer), invoice.invoice_id)


def create_credit_note_document(
    db: Session, note: CreditNote, invoice: LockedInvoice, plan: Emission, sequential: int
) -> None:
    """Crea el comprobante de una nota de crédito que acaba de tomar su número, si la clínica los emite.

    :raises Invalid: con todo lo que el SRI rechazaría.
    """
    if plan.is_electronic:
        heading = plan.heading(NOTA_DE_CREDITO, sequential, note.issue_date)
        content = credit_note_content(db, note, invoice, heading, plan.issuer)
        _store(db, content, invoice.invoice_id, note.credit_note_id)


def _store(db: Session, content: Document, invoice_id: int, credit_note_id: int | None = None) -> None:
    """Guarda un comprobante nuevo, comprobado y a la espera de su firma."""
    heading = content.heading
    locked.add_document(
        db,
        doc_code=FACTURA if credit_note_id is None else NOTA_DE_CREDITO,
        invoice_id=invoice_id,
        credit_note_id=credit_note_id,
        environment=heading.environment,
        ruc=content.issuer.ruc,
        document_number=heading.series.number(heading.sequential),
        issue_date=heading.issue_date,
        access_key=heading.access_key,
        status="PENDIENTE",
        unsigned_xml=build(content, load_settings().sri_xsd_dir),
        next_attempt_at=now(),
    )
