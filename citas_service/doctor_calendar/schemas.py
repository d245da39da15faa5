"""Lo que las rutas del calendario aceptan y devuelven."""

from typing import Annotated

from pydantic import Field

from common.web.clinic_fields import CreatedAt, CreatedByName
from common.web.field_words import Says
from common.web.schemas import Out, Query


class CalendarQuery(Query):
    """El secreto del enlace."""

    token: Annotated[str, Field(max_length=200)]


class CalendarLinkOut(Out):
    """Un enlace recién hecho: `url` lleva el secreto y no se vuelve a mostrar.

    `path` es lo mismo sin el servidor, por si la dirección pública es otra.
    """

    doctor_id: int
    url: str
    path: Annotated[str, Says(example="/api/citas/doctors/7/calendar.ics?token=c2VjcmV0bw")]
    created_at: CreatedAt


class LinkStateOut(Out):
    """Desde cuándo hay un enlace y quién lo dio; el secreto no se vuelve a mostrar."""

    doctor_id: int
    created_at: CreatedAt
    created_by: int
    created_by_name: CreatedByName
