"""Lo que una ruta declara en las líneas bajo su nombre: qué acepta y qué responde.

Los decoradores guardan lo declarado en un :class:`Contract`, del que sale también el OpenAPI.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, NamedTuple, TypeVar

import orjson
from flask import Response, g, request
from pydantic import BaseModel, ValidationError, create_model

from common.config import load_settings
from common.errors import Invalid
from common.permissions import Permission
from common.web.body import json_object
from common.web.json_text import to_json
from common.web.messages import field_errors
from common.web.query import read_query
from common.web.schemas import In, Out, Query
from common.web.versions import UNCONDITIONAL, Expected, Versioned

View = Callable[..., Any]
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
Decorator = Callable[[View], View]


@dataclass
class Contract:
    """Lo que una ruta declara.

    :param access: permisos que exige; vacío si basta con haber entrado; None si es pública.
    """

    access: tuple[Permission, ...] | None = None
    declared_access: bool = False
    body: type[In] | None = None
    query: type[Query] | None = None
    data: type[BaseModel] | None = None
    status: int = 200
    location: str | None = None
    idempotent: bool = False
    optional_token: bool = False
    also: tuple[int, ...] = ()
    errors: tuple[int, ...] = ()
    versioned: Versioned | None = None
    conditional: bool = False
    media_type: str = "application/json"
    is_file: bool = False
    files: tuple[str, ...] = ()


class Answer(NamedTuple):
    """Una respuesta con algo más que sus datos: un mensaje o un estado distinto del declarado."""

    data: Mapping[str, Any] | None = None
    message: str | None = None
    status: int | None = None


def contract_of(view: Callable[..., Any]) -> Contract:
    """El contrato de una vista; se crea la primera vez."""
    contract: Contract | None = getattr(view, "contract", None)
    if contract is None:
        contract = Contract()
        view.contract = contract  # type: ignore[attr-defined]
    return contract


def json_body(model: type[In], *, choose: Callable[[], type[In]] | None = None) -> Decorator:
    """El cuerpo JSON, ya validado, llega a la vista como `body`.

    :param model: la forma que se publica.
    :param choose: con cuál se valida esta vez, si lo que se exige depende de lo que hay guardado.
    """

    def decorate(view: View) -> View:
        contract_of(view).body = model

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return view(*args, body=read_body(choose() if choose else model), **kwargs)

        return wrapper

    return decorate


def query_string(model: type[Query]) -> Decorator:
    """Los parámetros de la dirección, ya validados, llegan a la vista como `query`."""

    def decorate(view: View) -> View:
        contract_of(view).query = model

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return view(*args, query=read_query(model), **kwargs)

        return wrapper

    return decorate


def sends(media_type: str, *, errors: tuple[int, ...] = ()) -> Decorator:
    """La ruta responde un documento de ese tipo, y no `data` dentro de la respuesta de la casa.

    :param errors: los estados de error que no se deducen de lo demás que declara.
    """

    def decorate(view: View) -> View:
        contract = contract_of(view)
        contract.media_type, contract.is_file, contract.errors = media_type, True, errors
        return view

    return decorate


def conditional(view: View) -> View:
    """Lo que el cliente espera encontrar (`If-Match`) llega a la vista como `expected`."""
    contract_of(view).conditional = True

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, expected=read_if_match(), **kwargs)

    return wrapper


def answers(
    data: type[Out] | None = None,
    *,
    status: int = 200,
    location: str | None = None,
    also: tuple[int, ...] = (),
    errors: tuple[int, ...] = (),
    versioned: Versioned | None = None,
    files: tuple[str, ...] = (),
    **keys: Any,
) -> Decorator:
    """Qué forma tiene `data`: un modelo, o las claves que lleva con la forma de cada una.

    :param location: plantilla de la cabecera Location, rellena con los datos
        (`/api/…/products/{product[product_id]}`).
    :param also: otros estados con los que también responde bien.
    :param errors: estados de error que no se deducen del resto de lo declarado.
    :param versioned: el recurso cuya versión va en la cabecera ETag.
    :param files: tipos de archivo en que también se puede pedir; la vista devuelve entonces la respuesta.
    """

    def decorate(view: View) -> View:
        contract = contract_of(view)
        contract.status, contract.location = status, location
        contract.also, contract.errors, contract.versioned = also, errors, versioned
        contract.data, contract.files = data or _data_model(view.__name__, keys), files

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = view(*args, **kwargs)
            if isinstance(result, Response):
                return result
            answer = result if isinstance(result, Answer) else Answer(result)
            return _respond(contract, answer)

        return wrapper

    return decorate


def _data_model(name: str, keys: dict[str, Any]) -> type[BaseModel] | None:
    if not keys:
        return None
    title = "".join(part.capitalize() for part in name.split("_")) + "Data"
    members: dict[str, Any] = {key: (kind, ...) for key, kind in keys.items()}
    return create_model(title, __base__=Out, **members)


def _respond(contract: Contract, answer: Answer) -> Response:
    payload: dict[str, Any] = {"success": True}
    if answer.data is not None:
        payload["data"] = answer.data
    if answer.message is not None:
        payload["message"] = answer.message
    status = answer.status or contract.status
    response = json_response(payload, status)
    if contract.location and status == 201 and answer.data:
        response.headers["Location"] = contract.location.format(**answer.data)
    if contract.versioned and answer.data and (row := answer.data[contract.versioned.key]):
        response.set_etag(contract.versioned.version(row))
    if load_settings().check_answers:
        check_answer(contract, response.get_data())
    return response


def check_answer(contract: Contract, text: bytes) -> None:
    """Falla si la respuesta no es la que el contrato publica.

    :raises ValidationError: si sobra, falta o cambia una clave.
    """
    data = orjson.loads(text).get("data")
    if contract.data is not None:
        contract.data.model_validate_json(orjson.dumps(data))
    elif data is not None:
        raise AssertionError("la ruta no declara datos y los envía")


class JsonResponse(Response):
    """Una respuesta que ya está entera: ni hay cuerpo que ir sacando ni cabeceras que completar.

    Lo que Flask haría por si acaso es un 6 % de la petición.
    """

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """La entrega al servidor web."""
        start_response(self.status, self.headers.to_wsgi_list())
        return [] if environ["REQUEST_METHOD"] == "HEAD" else self.response


def json_response(payload: Mapping[str, Any], status: int) -> Response:
    """Una respuesta JSON: decimales como números, instantes en la zona de la clínica."""
    return JsonResponse(to_json(payload), status, content_type="application/json")


def read_body(model: type[In]) -> In:
    """Lee y valida el cuerpo.

    :raises AppError: 400, 408, 413 o 415 si no es un objeto JSON que llegue entero.
    :raises Invalid: con todos los campos que no sirven.
    """
    return _validated(model, json_object())


def read_if_match() -> Expected:
    """Las versiones que el cliente espera, de la cabecera `If-Match`."""
    if "If-Match" not in request.headers:
        return UNCONDITIONAL
    tags = request.if_match
    return Expected(frozenset(tags.as_set()), tags.star_tag)


ModelT = TypeVar("ModelT", bound=BaseModel)


def _validated(model: type[ModelT], value: dict[str, Any]) -> ModelT:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Invalid("Hay datos que corregir.", errors=field_errors(error)) from error


@cache
def template(rule: str) -> str:
    """La dirección de una ruta como se escribe fuera de Flask: `/patients/{patient_id}`."""
    return PARAMETER.sub(r"{\2}", rule)


def request_id() -> str:
    """El identificador de esta petición."""
    identifier: str = g.request_id
    return identifier
