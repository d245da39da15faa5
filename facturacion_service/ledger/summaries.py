"""El comprobante electrónico de cada factura y cada nota, resumido."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on

from common.sql.statements import FixedQuery, columns, one_of_ids
from common.tables.sri import SriDelivery, SriDocument
from facturacion_service.ledger.rows import OwnedSummaryRow, SummaryRow

_LAST_DELIVERY = (
    select(
        func.jsonb_build_object(
            "status",
            SriDelivery.status,
            "recipient",
            SriDelivery.recipient,
            "detail",
            SriDelivery.detail,
            "sent_at",
            SriDelivery.sent_at,
            type_=JSONB,
        )
    )
    .where(SriDelivery.document_id == SriDocument.document_id)
    .order_by(SriDelivery.delivery_id.desc())
    .limit(1)
    .correlate(SriDocument)
    .scalar_subquery()
)


SUMMARY = select(*columns(SummaryRow, SriDocument, delivery=_LAST_DELIVERY))


def _latest(owner: Any, *conditions: Any) -> FixedQuery[OwnedSummaryRow]:
    """El comprobante de cada factura o nota (`owner`): el vigente, o el último si ya no hay ninguno."""
    statement = SUMMARY.add_columns(owner.label("owner")).where(one_of_ids(owner), *conditions)
    latest = statement.ext(distinct_on(owner)).order_by(owner, SriDocument.document_id.desc())
    return FixedQuery(OwnedSummaryRow, latest)


OF_INVOICES = _latest(SriDocument.invoice_id, SriDocument.credit_note_id.is_(None))


OF_CREDIT_NOTES = _latest(SriDocument.credit_note_id)
