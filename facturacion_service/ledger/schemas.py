"""Las formas que comparten facturas, notas de crédito y comprobantes."""

from datetime import datetime
from typing import Annotated, Literal

from common.lists.exports import Exportable
from common.web.clinic_fields import IvaPercent
from common.web.field_numbers import QueryId
from common.web.field_texts import Search
from common.web.field_words import Says
from common.web.schemas import DateRange, Out, Page
from facturacion_service.ledger.fields import ACCESS_KEY, RateIva, TaxedBase
from facturacion_service.sri.xml.documents import DocumentStatus, Environment

Status = Annotated[Literal["DRAFT", "ISSUED", "PAID", "ANNULLED"], Says(example="ISSUED")]


PaymentMethod = Annotated[
    Literal["EFECTIVO", "TARJETA_DEBITO", "TARJETA_CREDITO", "TRANSFERENCIA", "OTRO"],
    Says(example="TRANSFERENCIA"),
]


MAX_ITEMS = 200


class InvoiceQuery(DateRange, Page, Exportable):
    """Filtros de la lista de facturas, por fecha de emisión."""

    status: Status | None = None
    patient_id: QueryId | None = None
    appointment_id: QueryId | None = None
    search: Search | None = None


class TaxOut(Out):
    """El IVA de una tarifa, en dólares."""

    iva_rate: IvaPercent
    base: TaxedBase
    iva: RateIva


DeliveryStatus = Literal["PENDIENTE", "ENVIADO", "OMITIDO", "FALLIDO"]


class MessageOut(Out):
    """Un mensaje del SRI, con su código."""

    identifier: str
    text: str
    additional: str | None
    kind: str


class DeliveryOut(Out):
    """El último correo al comprador."""

    status: DeliveryStatus
    recipient: str | None
    detail: str | None
    sent_at: datetime | None


class SriOut(Out):
    """El comprobante electrónico de una factura o nota de crédito y en qué va su autorización.

    Solo está autorizado con `status` AUTORIZADO. `attention` dice qué tiene que hacer una persona.
    """

    document_id: int
    environment: Environment
    access_key: Annotated[str, ACCESS_KEY]
    status: DocumentStatus
    authorization_number: Annotated[
        str | None,
        Says(example="2311202601179214673900110010010000001231234567814"),
    ]
    authorized_at: datetime | None
    messages: Annotated[list[MessageOut], Says(example=[])]
    attention: Annotated[str | None, Says(example=None)]
    sent_at: datetime | None
    next_attempt_at: datetime | None
    voided_at: datetime | None
    voided_reason: str | None
    delivery: DeliveryOut | None
