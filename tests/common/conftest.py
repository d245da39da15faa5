"""Un servicio de juguete con las piezas de la casa, para probarlas sin ningún servicio de verdad."""

from typing import Annotated

import pytest
from flask import Blueprint
from pydantic import Field

from common.auth_middleware import public, require
from common.permissions import Permission
from common.service import create_service
from common.web.contract import answers, json_body, query_string
from common.web.field_dates import Day, Instant
from common.web.field_numbers import Id, Price, QueryBool
from common.web.field_texts import Line, Paragraph, Search
from common.web.schemas import In, Out, Page
from tests import properties  # noqa: F401 - importarlo las ajusta
from tests.conftest import Api


# Sin plazos ni azar: estas pruebas dicen lo mismo en una máquina lenta.
class PartIn(In):
    """Una pieza."""

    name: Line
    amount: Price | None = None


class ThingIn(In):
    """Una cosa."""

    name: Line
    text: Paragraph | None = None
    price: Price | None = None
    owner_id: Id | None = None
    day: Day | None = None
    at: Instant | None = None
    active: bool = True
    parts: Annotated[list[PartIn], Field(max_length=3)] = []


class ThingQuery(Page):
    """Filtros."""

    search: Search | None = None
    active: QueryBool | None = None
    day: Day | None = None


class EchoOut(Out):
    """Lo recibido."""

    name: str | None


def toy_blueprint() -> Blueprint:
    """Rutas que solo prueban la casa."""
    bp = Blueprint("toy", __name__)

    @bp.post("/things")
    @public
    @json_body(ThingIn)
    @answers(EchoOut)
    def make_thing(body):
        """Repite el nombre"""
        return {"name": body.name}

    @bp.get("/things")
    @public
    @query_string(ThingQuery)
    @answers(EchoOut)
    def list_things(query):
        """Repite la búsqueda"""
        return {"name": query.search}

    @bp.get("/things/<int:thing_id>")
    @require(Permission.STOCK_WRITE)
    @answers(EchoOut)
    def get_thing(thing_id):
        """Muestra una cosa"""
        return {"name": str(thing_id)}

    @bp.get("/broken")
    @public
    @answers(EchoOut)
    def broken():
        """Se rompe"""
        raise ZeroDivisionError("secreto interno")

    @bp.get("/liar")
    @public
    @answers(EchoOut)
    def liar():
        """Responde lo que no publica"""
        return {"other": 1}

    return bp


@pytest.fixture(scope="session")
def toy_app(database_url):
    return create_service("auth", toy_blueprint())


@pytest.fixture
def toy(toy_app):
    """Un cliente del servicio de juguete, sin sesión."""
    return Api(toy_app, "/api/auth")
