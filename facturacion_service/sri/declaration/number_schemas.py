"""Lo que acepta y devuelve el reporte de los números de cada serie."""

from datetime import date, datetime
from typing import Literal

from common.lists.exports import Exportable
from common.web.schemas import Out, Page, Pagination
from facturacion_service.sri.xml.documents import DocCode, Environment


class SequencesQuery(Page, Exportable):
    """De qué ambiente y documento: 01 factura, 04 nota de crédito (ficha técnica SRI 2.34, tabla 3)."""

    environment: Environment | None = None
    doc_code: DocCode | None = None


class SeriesOut(Out):
    """Los números de un documento en una serie: usados + sin utilizar + que faltan = el último.

    `used_count` cuenta también los anulados, que conservan su número. PRODUCCION incluye lo que se emitió
    sin comprobante electrónico, que comparte el contador.
    """

    environment: Environment
    doc_code: DocCode
    series: str
    first_number: int | None
    last_number: int
    used_count: int
    unused_count: int
    annulled_count: int
    missing_count: int


class NumberOut(Out):
    """Un salto de números, o un número que no vale.

    SALTO_INICIAL son los anteriores al primero que se usó aquí, lo normal si la serie viene de otro sistema;
    SALTO, los que faltan entre dos; SALTO_FINAL, los que el contador ya pasó y nadie usó. NO_UTILIZADO es un
    número que el SRI rechazó y se cambió por otro, y ANULADO, el de un documento anulado.
    """

    environment: Environment
    doc_code: DocCode
    series: str
    kind: Literal["SALTO_INICIAL", "SALTO", "SALTO_FINAL", "NO_UTILIZADO", "ANULADO"]
    from_number: str
    to_number: str
    number_count: int
    issue_date: date | None
    access_key: str | None
    sri_status: str | None
    reason: str | None
    recorded_at: datetime | None


class SequencesOut(Out):
    """Las series, y una página de sus saltos y números que no valen."""

    sequences: list[SeriesOut]
    numbers: list[NumberOut]
    pagination: Pagination
