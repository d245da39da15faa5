"""Los números legales: consecutivos por documento y serie, sin saltos ni repetidos."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from common.config import load_settings
from facturacion_service.models import InvoiceSequence, TrialSequence
from facturacion_service.sri.documents import Series

# Un secuencial tiene nueve dígitos.
LAST_NUMBER = 999_999_999


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
    sequence = TrialSequence if is_test else InvoiceSequence
    values = {"establishment": series.establishment, "emission_point": series.emission_point}
    statement = insert(sequence).values(doc_code=doc_code, last_number=1, **values)
    upsert = statement.on_conflict_do_update(
        index_elements=["doc_code", "establishment", "emission_point"],
        set_={"last_number": sequence.last_number + 1},
    )
    return int(db.scalars(upsert.returning(sequence.last_number)).one())
