"""Lo que el servicio de facturación acepta y devuelve: los comprobantes electrónicos."""

from datetime import date, datetime
from typing import Annotated, Literal

from common.web.clinic_fields import EMAIL
from common.web.field_numbers import QueryBool
from common.web.field_texts import Email, Text
from common.web.field_words import Says
from common.web.schemas import DateRange, In, Out, Page, Query
from facturacion_service.ledger.buyer import AdditionalInfo, BuyerIn
from facturacion_service.ledger.fields import ADDITIONAL_INFO, DOCUMENT_NUMBER
from facturacion_service.ledger.schemas import SriOut
from facturacion_service.sri.xml.documents import DocCode, DocumentStatus, Environment


class DocumentOut(SriOut):
    """Un comprobante electrónico: 01 es factura y 04 nota de crédito (ficha técnica SRI 2.34, tabla 3)."""

    doc_code: DocCode
    invoice_id: int
    credit_note_id: int | None
    document_number: Annotated[str, DOCUMENT_NUMBER]
    issue_date: date


class AnswerOut(Out):
    """Una conversación con el SRI; `raw` es su respuesta sin tocar."""

    operation: Literal["RECEPCION", "AUTORIZACION"]
    asked_at: datetime
    answered_at: datetime
    http_status: Annotated[int | None, Says("Código HTTP con que contestó el SRI.", example=200)]
    outcome: str
    raw: str


class DocumentDetailOut(DocumentOut):
    """Un comprobante con todo lo que el SRI contestó."""

    answers: Annotated[list[AnswerOut], Says(example=[])]


class DocumentQuery(DateRange, Page):
    """Filtros de la lista de comprobantes, por fecha de emisión."""

    status: DocumentStatus | None = None
    environment: Environment | None = None
    doc_code: DocCode | None = None
    needs_attention: QueryBool | None = None


class XmlQuery(Query):
    """`authorization` pide el archivo de autorización en lugar del documento firmado."""

    authorization: QueryBool = False


class RetryIn(In):
    """Lo que se corrige antes de reenviar: nada, el comprador o los datos adicionales."""

    buyer: BuyerIn | None = None
    additional_info: Annotated[AdditionalInfo | None, ADDITIONAL_INFO] = None


class RenumberIn(In):
    """Por qué el número se deja sin utilizar."""

    reason: Annotated[
        str,
        Text(300),
        Says(example="Ese número ya se usó en el sistema anterior"),
    ]


class EmailIn(In):
    """A quién se envía; sin correo, al comprador."""

    email: Annotated[Email | None, EMAIL] = None


class AnnulmentOut(Out):
    """Si una factura todavía se puede anular y, si no, qué se puede hacer.

    `deadline` es el último día para hacerlo en el portal del SRI.
    """

    allowed: bool
    deadline: date | None
    reason: Annotated[str, Says(example="No tiene comprobante electrónico: se anula sin más.")]
    alternative: Literal["NOTA_DE_CREDITO"] | None
