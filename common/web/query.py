"""Leer los parámetros de la dirección: todos los problemas a la vez y ninguno ignorado."""

from collections.abc import Iterator
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from flask import Request, request
from pydantic import ValidationError

from common.errors import Invalid
from common.web.messages import field_errors
from common.web.schemas import Query

QueryT = TypeVar("QueryT", bound=Query)


def read_query(model: type[QueryT]) -> QueryT:
    """Lee y valida los parámetros.

    :raises Invalid: con todos los que no sirven, no existen o se repiten.
    """
    problems = dict(_malformed(request))
    try:
        value = model.model_validate(request.args.to_dict())
    except ValidationError as error:
        problems = dict(field_errors(error)) | problems
    if problems:
        raise Invalid("Hay parámetros que corregir.", errors=problems)
    return value


def refuse_query() -> None:
    """Una ruta sin parámetros no ignora los que recibe.

    :raises Invalid: si llega alguno.
    """
    if request.query_string and request.args:
        unknown = dict.fromkeys(request.args, "no es un parámetro de esta ruta")
        raise Invalid("Hay parámetros que corregir.", errors=unknown)


def _malformed(asked: Request) -> Iterator[tuple[str, str]]:
    """Lo que está mal antes de mirar los valores: se repite, o no es texto."""
    for name, values in asked.args.lists():
        if len(values) > 1:
            yield name, "se repite"
    written = asked.query_string
    if b"%" not in written and written.isascii():
        return
    for pair in written.split(b"&"):
        # Werkzeug deja «%FF» escrito tal cual cuando no es UTF-8, y se buscaría ese texto.
        if not _is_text(unquote_to_bytes(pair)):
            yield pair.partition(b"=")[0].decode("ascii", "backslashreplace"), "no es texto en UTF-8"


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
