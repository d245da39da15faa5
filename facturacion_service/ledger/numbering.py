"""Los números legales: consecutivos por documento y serie, sin saltos ni repetidos."""

from dataclasses import asdict

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from common.config import load_settings
from common.database import fetch_one
from common.sql.statements import FixedWrite
from facturacion_service.ledger.rows import NumberRow
from facturacion_service.models import SEQUENCES, TRIAL_SEQUENCES
from facturacion_service.sri.xml.documents import Series

# Un secuencial tiene nueve dígitos.
LAST_NUMBER = 999_999_999


_KEY = ("doc_code", "establishment", "emission_point")


def _next(sequence: Table) -> FixedWrite[NumberRow]:
    """La sentencia que toma el número siguiente de un contador, y lo estrena si es el primero."""
    following = {"last_number": sequence.c.last_number + 1}
    upsert = insert(sequence).on_conflict_do_update(index_elements=_KEY, set_=following)
    return FixedWrite(upsert.returning(sequence.c.last_number), *_KEY, "last_number", returning=NumberRow)


_NEXT, _NEXT_TRIAL = _next(SEQUENCES), _next(TRIAL_SEQUENCES)


def default_series() -> Series:
    """La serie con que se numera si no se pide otra."""
    settings = load_settings()
    return Series(settings.invoice_establishment, settings.invoice_emission_point)


def next_number(db: Session, doc_code: str, series: Series, *, is_test: bool) -> int:
    """El número siguiente de la serie; su fila queda bloqueada hasta confirmar: ni saltos ni repetidos.

    Se toma al final, con todo lo demás ya bloqueado, para que nadie espere por él más de lo necesario.

    :param is_test: si es del ambiente de pruebas, que tiene su propio contador.
    :raises Conflict: `serie_agotada`, de la base, si ya no quedan.
    """
    following = _NEXT_TRIAL if is_test else _NEXT
    taken = fetch_one(db, following, doc_code=doc_code, **asdict(series), last_number=1)
    assert taken is not None
    return taken["last_number"]
