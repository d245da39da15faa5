"""Las hojas del libro de ventas del mes."""

from common.database import Database
from common.lists.exports import Sheet, streamed
from facturacion_service.ledger.periods import Period
from facturacion_service.sri.declaration import number_queries as numbers
from facturacion_service.sri.declaration import queries as books
from facturacion_service.sri.declaration import titles
from facturacion_service.sri.declaration.number_schemas import SequencesQuery
from facturacion_service.sri.declaration.operations import declaration, in_words, rate_rows
from facturacion_service.sri.settings import queries as issuers


def sheets(db: Database, period: Period) -> tuple[Sheet, ...]:
    """Las hojas; sus filas se leen al escribirlas.

    :param db: una instantánea, para que el resumen sume lo que listan las demás.
    """
    series = _series(db)
    listed = (
        ("Ventas", titles.SALES_TITLES, books.sales_book(period)),
        ("Notas de crédito", titles.CREDIT_NOTE_TITLES, books.credit_notes(period)),
        ("Números", titles.NUMBER_TITLES, numbers.numbers(series, period)),
        ("Pendientes", titles.PENDING_TITLES, books.pending(period)),
    )
    sales, notes, *rest = (
        Sheet(name, ((columns, in_words(streamed(db, statement))),)) for name, columns, statement in listed
    )
    return (sales, notes, _summary(db, period, series), *rest)


def _series(db: Database) -> SequencesQuery:
    """Los números de pruebas son otros, y no interesan desde que se factura de verdad."""
    issuer = issuers.settings(db)
    is_real = issuer is not None and issuer["environment"] == "PRODUCCION"
    return SequencesQuery(environment="PRODUCCION" if is_real else None)


def _summary(db: Database, period: Period, series: SequencesQuery) -> Sheet:
    declared = declaration(db, period)
    return Sheet(
        "Resumen",
        (
            (titles.RATE_TITLES, rate_rows(declared)),
            (titles.BOX_TITLES, declared["form_104"]),
            (titles.SEQUENCE_TITLES, in_words(numbers.sequences(db, series))),
        ),
    )
