"""La búsqueda de pacientes por palabras, que no tarda más porque haya más pacientes.

Cada palabra se busca primero entre las distintas que hay, que son pocas. Si es una, de cada una de ellas se
toman sus últimos pacientes, que ya están en orden; si son varias, un índice cruza a quienes las llevan.
"""

from collections.abc import Callable
from functools import cache, partial
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
from sqlalchemy.dialects.postgresql import TSQUERY

from common.database import Database, fetch_all
from common.lists.listing import COUNTED, FixedPage, anywhere, escape_like
from common.sql.statements import VaryingQuery
from common.tables.historia_clinica import Patient
from common.tables.search import PatientVocabulary, PatientWord
from common.web.schemas import Payload
from historia_clinica_service.rows import AlikeRow, PatientRow
from historia_clinica_service.schemas import PatientQuery

Rows = Select[*tuple[Any, ...]]

# Lo que es parte de más palabras que estas es tan común que se encuentra sin índice.
MANY = 100
# Lo más que una misma persona sale por llevar varias de las palabras.
_REPEATED = 4
_MARKS = "'’.-"
_LATEST = Patient.created_at.desc(), Patient.patient_id.desc()

_given = func.unnest(cast(bindparam("asked"), ARRAY(Text()))).table_valued("word").render_derived("given")
# El patrón de cada palabra, una vez y no una por cada palabra del vocabulario.
_asked = (
    select(_given.c.word, anywhere(_given.c.word).label("pattern")).cte("asked").prefix_with("MATERIALIZED")
)
_alike = (
    select(PatientVocabulary.word)
    .where(PatientVocabulary.word.like(_asked.c.pattern))
    .limit(MANY + 1)
    .lateral("alike")
)
_VOCABULARY = VaryingQuery(
    AlikeRow,
    select(_asked.c.word.label("asked"), _alike.c.word).select_from(_asked.join(_alike, true())),
)


def is_words(search: str) -> bool:
    """Si se buscan palabras de las que puede llevar un nombre, o parte de un documento."""
    words = search.split()
    signs = "".join(words)
    return bool(words) and all(sign.isalpha() or sign.isdecimal() or sign in _MARKS for sign in signs)


def words_like(db: Database, search: str) -> list[list[str]] | None:
    """Por cada palabra buscada, las de los nombres que la contienen; None si de alguna son demasiadas."""
    asked = search.split()
    found: dict[str, list[str]] = {word: [] for word in asked}
    for row in fetch_all(db, _VOCABULARY, asked=list(found)):
        found[row["asked"]].append(row["word"])
    return None if any(len(words) > MANY for words in found.values()) else list(found.values())


def words_page(
    db: Database, rows: Rows, query: PatientQuery, words: list[list[str]], documents: tuple[str, str]
) -> Payload:
    """Una página de los que llevan alguna palabra de cada lista o tienen un documento que empieza así.

    :param rows: la consulta de los pacientes, sin orden.
    :param documents: las maneras en que puede estar guardado el documento.
    """
    # De un guion solo no queda nada al quitarle los separadores.
    written, compact = (f"{escape_like(document or documents[0])}%" for document in documents)
    given: dict[str, Any] = {"written": written, "compact": compact}
    several = len(words) > 1
    given |= {"wanted": _all_of(words)} if several else {"words": words[0]}
    if query.is_active is not None:
        given["is_active"] = query.is_active
    found, total = _pages(rows, several, query.is_active is not None).fetch(db, query, given)
    return {"patients": found, "pagination": query.of(total)}


def _all_of(words: list[list[str]]) -> str:
    """El `tsquery` de los nombres con alguna palabra de cada lista; de una lista vacía, ninguno."""
    # Un espacio no está en ninguna palabra.
    quoted = ([word.replace("\\", "\\\\").replace("'", "''") for word in each] or [" "] for each in words)
    return " & ".join("(" + " | ".join(f"'{word}'" for word in each) + ")" for each in quoted)


@cache
def _pages(rows: Rows, several: bool, by_activity: bool) -> FixedPage[PatientRow]:
    activity = [Patient.is_active == bindparam("is_active")] if by_activity else []
    named = _with_all(activity) if several else partial(_with_one, activity)
    first = bindparam("_limit", type_=Integer()) + bindparam("_offset", type_=Integer())
    found = union_all(named(first), _documented(activity, first, *_LATEST)).subquery()
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
    counted = union_all(named(COUNTED), _documented(activity, COUNTED)).limit(_REPEATED * COUNTED).subquery()
    return FixedPage(page, select(func.least(func.count(counted.c.patient_id.distinct()), COUNTED)))


def _with_one(activity: list[ColumnElement[bool]], limit: Any) -> Rows:
    """Los últimos de cada palabra de la lista; uno puede salir varias veces."""
    words = func.unnest(cast(bindparam("words"), ARRAY(Text()))).table_valued("word").render_derived()
    by_word = select(PatientWord.created_at, PatientWord.patient_id).where(PatientWord.word == words.c.word)
    if activity:
        by_word = by_word.join(Patient, Patient.patient_id == PatientWord.patient_id).where(*activity)
    latest = by_word.order_by(PatientWord.created_at.desc(), PatientWord.patient_id.desc())
    of_word = latest.limit(limit).lateral("of_word")
    return select(of_word.c.created_at, of_word.c.patient_id).select_from(words.join(of_word, true()))


def _with_all(activity: list[ColumnElement[bool]]) -> Callable[[Any], Rows]:
    """Los últimos que llevan todas; se buscan una vez para la página y el total."""
    matches = func.name_words(Patient.full_name).bool_op("@@")(cast(bindparam("wanted"), TSQUERY()))
    every = select(Patient.created_at, Patient.patient_id).where(matches, *activity).cte("every")
    latest = select(every).order_by(every.c.created_at.desc(), every.c.patient_id.desc())
    return lambda limit: select(latest.limit(limit).subquery())


def _documented(activity: list[ColumnElement[bool]], limit: Any, *order: Any) -> Rows:
    """Los primeros con un documento que empieza así."""
    number = Patient.doc_number
    starts = or_(number.like(bindparam("written")), number.like(bindparam("compact")))
    found = select(Patient.created_at, Patient.patient_id).where(starts, *activity)
    return select(found.order_by(*order).limit(limit).subquery())
