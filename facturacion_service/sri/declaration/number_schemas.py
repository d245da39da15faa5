"""Lo que acepta y devuelve el reporte de los números de cada serie."""

from datetime import date, datetime
from typing import Annotated, Literal

from common.lists.exports import Exportable
from common.web.field_words import Says
from common.web.schemas import Out, Page, Pagination
from facturacion_service.ledger.fields import ACCESS_KEY, SERIES
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
    series: Annotated[str, SERIES]
    first_number: Annotated[int | None, Says("Primer número usado aquí; null si ninguno.")]
    last_number: Annotated[int, Says("El último que dio el contador, o el mayor usado.", example=4812)]
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
    series: Annotated[str, SERIES]
    kind: Literal["SALTO_INICIAL", "SALTO", "SALTO_FINAL", "NO_UTILIZADO", "ANULADO"]
    from_number: Annotated[str, Says("Número legal, 001-001-000000123.", example="001-001-000000120")]
    to_number: Annotated[
        str,
        Says("Número legal; el mismo si es uno solo.", example="001-001-000000124"),
    ]
    number_count: int
    issue_date: date | None
    access_key: Annotated[str | None, ACCESS_KEY]
    sri_status: str | None
    reason: Annotated[str | None, Says(example=None)]
    recorded_at: datetime | None


class SequencesOut(Out):
    """Las series, y una página de sus saltos y números que no valen."""

    sequences: list[SeriesOut]
    numbers: list[NumberOut]
    pagination: Pagination
