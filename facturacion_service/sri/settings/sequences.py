"""La numeración de quien viene de otro sistema: se sigue desde donde iba y nunca se atrasa."""

from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.database import Database
from common.errors import Conflict, Invalid
from common.rules import audit
from common.web.schemas import Payload
from facturacion_service.sri.rows import CounterRow, SequenceRow
from facturacion_service.sri.settings import queries, sequence_queries
from facturacion_service.sri.settings.issuer_problems import is_registered
from facturacion_service.sri.settings.schemas import SequenceIn
from facturacion_service.sri.settings.sequence_queries import COUNTERS, KEY
from facturacion_service.sri.xml.documents import Series


def sequences(db: Database) -> list[SequenceRow]:
    """Los contadores que han contado algo y si se factura aún con su serie."""
    establishments = queries.establishments(db)
    return [
        {**row, "is_registered": is_registered(establishments, series_of(row))}
        for row in sequence_queries.sequences(db)
    ]


def advance(db: Session, body: SequenceIn, *, user: CurrentUser) -> Payload:
    """Lleva un contador al último número que ya se usó; hacia atrás, solo si aquí nadie ha usado ninguno.

    :raises Invalid: si la serie no está entre los establecimientos del emisor.
    :raises Conflict: `secuencia_menor` si el contador ya va por ese número o por encima.
    """
    sequence = body.model_dump()
    key = {name: sequence[name] for name in KEY}
    _check_series(db, Series(body.establishment, body.emission_point))
    former = sequence_queries.last_number(db, body.environment, key)
    if not sequence_queries.set_counter(db, body.environment, key, body.last_number):
        _refuse(sequence_queries.last_number(db, body.environment, key))
    entity = COUNTERS[body.environment].__tablename__
    audit.record(db, user, "UPDATE", entity, details={**sequence, "former": former})
    return {**sequence, "is_registered": True}


def series_of(row: CounterRow) -> Series:
    """La serie de un contador."""
    return Series(row["establishment"], row["emission_point"])


def _check_series(db: Session, series: Series) -> None:
    # Con los datos del emisor compartidos nadie quita la serie entre tanto.
    queries.held_settings(db)
    if not is_registered(queries.establishments(db), series):
        message = f"la serie {series} no está entre los establecimientos del emisor"
        raise Invalid("Hay datos que corregir.", errors={"establishment": message, "emission_point": message})


def _refuse(last_number: int) -> None:
    raise Conflict(
        f"La numeración ya va por {last_number}: solo se puede subir.",
        code="secuencia_menor",
        errors={"last_number": f"debe ser mayor que {last_number}"},
        data={"last_number": last_number},
    )
