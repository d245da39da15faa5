"""Las bases de lo que entra y sale de los cinco servicios: cuerpos, parámetros, respuestas y páginas."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationInfo,
    create_model,
    field_validator,
)
from pydantic.fields import FieldInfo

from common.web.clinic_fields import DATE_FROM, DATE_TO
from common.web.field_dates import Day
from common.web.field_numbers import WholeNumber
from common.web.field_words import Says

# Lo que va en `data`: sus claves y lo que lleva cada una, que comprueba el modelo que la ruta declara.
Payload = Mapping[str, object]


class In(BaseModel):
    """El cuerpo de una petición: tipos estrictos y ninguna clave desconocida."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def changes(self) -> dict[str, Any]:
        """Solo las claves que el cliente envió, cada una completa: lo demás no cambia."""
        return self.model_dump(include=self.model_fields_set)


class Query(BaseModel):
    """Los parámetros de una dirección: texto que se convierte, ninguno desconocido."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """Una respuesta: exactamente estas claves."""

    model_config = ConfigDict(extra="forbid")


InT = TypeVar("InT", bound=In)


def partial(model: type[InT], name: str, *, without: tuple[str, ...] = ()) -> type[In]:
    """La forma de un PUT: las mismas reglas, y todas las claves opcionales.

    Una clave obligatoria no admite `null`; una opcional sí, y queda vacía.
    """
    members: dict[str, Any] = {}
    for key, info in model.model_fields.items():
        if key not in without:
            # El valor por defecto no se valida ni se usa: changes() solo mira lo que llegó.
            members[key] = (info.annotation, _optional(info))
    config = ConfigDict(extra="forbid", strict=True)
    result: type[In] = create_model(name, __base__=In, __doc__=model.__doc__, **members)
    result.model_config = config
    return result


def _optional(info: FieldInfo) -> Any:
    # Con default_factory el esquema publicado no dice «default: null», que no se admitiría.
    field = FieldInfo(
        default_factory=lambda: None,
        description=info.description,
        json_schema_extra=info.json_schema_extra,
    )
    field.metadata = list(info.metadata)
    return field


PER_PAGE = 20


class Page(Query):
    """La página que se pide: desde 1, de 1 a 100 filas."""

    page: Annotated[int, WholeNumber(1, 1_000_000)] = 1
    per_page: Annotated[int, WholeNumber(1, 100)] = PER_PAGE

    @property
    def offset(self) -> int:
        """Cuántas filas se saltan."""
        return (self.page - 1) * self.per_page

    def of(self, total: int) -> dict[str, int]:
        """Dónde está dentro de ese total, como :class:`Pagination`."""
        pages = -(-total // self.per_page)
        return {"page": self.page, "per_page": self.per_page, "total": total, "pages": pages}


class DateRange(Query):
    """Un período de días de la clínica, ambos incluidos; sin límite donde falte uno."""

    date_from: Annotated[Day | None, DATE_FROM] = None
    date_to: Annotated[Day | None, DATE_TO] = None

    @field_validator("date_to")
    @classmethod
    def _check_order(cls, value: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("date_from")
        if value is not None and first is not None and value < first:
            raise ValueError("no puede ser anterior a date_from")
        return value


class Pagination(Out):
    """Dónde está una página dentro del total, que en una búsqueda de texto se cuenta hasta 1 000."""

    page: int
    per_page: int
    total: Annotated[int, Says("Cuántas filas hay en todas las páginas.")]
    pages: int
