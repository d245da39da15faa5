"""La búsqueda de pacientes por una palabra, que no tarda más porque haya más pacientes.

La palabra se busca primero entre las distintas que hay, que son pocas, y de cada una se toman sus últimos
pacientes, que ya están en orden.
"""

from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    func,
    or_,
    select,
    true,
    union_all,
)

from common.database import Database, fetch_all
from common.fixed_query import FixedQuery
from common.listing import COUNTED, FixedPage, anywhere, escape_like
from common.tables.busqueda import PatientVocabulary, PatientWord
from common.tables.historia_clinica import Patient
from historia_clinica_service.schemas import PatientQuery

Rows = Select[*tuple[Any, ...]]

# Lo que es parte de más palabras que estas es tan común que se encuentra sin índice.
MANY = 100
# Lo más que una misma persona sale por llevar varias de las palabras.
_REPEATED = 4
_MARKS = "'’.-"
_LATEST = Patient.created_at.desc(), Patient.patient_id.desc()

_VOCABULARY = FixedQuery(
    select(PatientVocabulary.word)
    .where(PatientVocabulary.word.like(anywhere(bindparam("word", type_=Text()))))
    .limit(MANY + 1)
)


def is_word(search: str | None) -> bool:
    """Si se busca una sola palabra de las que puede llevar un nombre, o parte de un documento."""
    return bool(search) and all(sign.isalpha() or sign.isdecimal() or sign in _MARKS for sign in search or "")


def words_like(db: Database, word: str) -> list[str] | None:
    """Las palabras de los nombres que contienen esa; None si son demasiadas."""
    words = [row["word"] for row in fetch_all(db, _VOCABULARY, word=word)]
    return words if len(words) <= MANY else None


def words_page(
    db: Database, rows: Rows, query: PatientQuery, words: list[str], documents: tuple[str, str]
) -> dict[str, Any]:
    """Una página de los que llevan alguna de esas palabras o tienen un documento que empieza así.

    :param rows: la consulta de los pacientes, sin orden.
    :param documents: las maneras en que puede estar guardado el documento.
    """
    # De un guion solo no queda nada al quitarle los separadores.
    written, compact = (f"{escape_like(document or documents[0])}%" for document in documents)
    given: dict[str, Any] = {"words": words, "written": written, "compact": compact}
    if query.is_active is not None:
        given["is_active"] = query.is_active
    return _pages(rows, query.is_active is not None).fetch(db, query, "patients", given)


@cache
def _pages(rows: Rows, by_activity: bool) -> FixedPage:
    activity = [Patient.is_active == bindparam("is_active")] if by_activity else []
    first = bindparam("_limit", type_=Integer()) + bindparam("_offset", type_=Integer())
    found = _found(activity, *_LATEST, limit=first).subquery()
    keys = (
        select(found.c.patient_id)
        .distinct()
        .add_columns(found.c.created_at)
        .order_by(found.c.created_at.desc(), found.c.patient_id.desc())
        .limit(bindparam("_limit"))
        .offset(bindparam("_offset"))
        .subquery()
    )
    page = rows.where(Patient.patient_id.in_(select(keys.c.patient_id))).order_by(*_LATEST)
    some = _found(activity, limit=COUNTED).limit(_REPEATED * COUNTED).subquery()
    return FixedPage(page, select(func.least(func.count(some.c.patient_id.distinct()), COUNTED)))


def _found(activity: list[ColumnElement[bool]], *order: Any, limit: Any) -> Any:
    """Los primeros de cada palabra y los del documento; uno puede salir varias veces."""
    words = func.unnest(cast(bindparam("words"), ARRAY(Text()))).table_valued("word").render_derived()
    by_word = select(PatientWord.created_at, PatientWord.patient_id).where(PatientWord.word == words.c.word)
    if activity:
        by_word = by_word.join(Patient, Patient.patient_id == PatientWord.patient_id).where(*activity)
    if order:
        by_word = by_word.order_by(PatientWord.created_at.desc(), PatientWord.patient_id.desc())
    of_word = by_word.limit(limit).lateral("of_word")
    number = Patient.doc_number
    starts = or_(number.like(bindparam("written")), number.like(bindparam("compact")))
    of_document = select(Patient.created_at, Patient.patient_id).where(starts, *activity)
    return union_all(
        select(of_word.c.created_at, of_word.c.patient_id).select_from(words.join(of_word, true())),
        select(of_document.order_by(*order).limit(limit).subquery()),
    )
