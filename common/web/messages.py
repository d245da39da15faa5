"""Las palabras de la validación: cada tipo de error de pydantic, en español."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

MESSAGES = {
    "missing": "es obligatorio",
    "extra_forbidden": "no es un campo conocido",
    "string_type": "debe ser un texto",
    "string_too_short": "no puede estar vacío",
    "string_too_long": "admite hasta {max_length} caracteres",
    "string_pattern_mismatch": "no tiene el formato esperado",
    "int_type": "debe ser un número entero",
    "int_from_float": "debe ser un número entero",
    "int_parsing": "debe ser un número entero",
    "int_parsing_size": "es un número demasiado grande",
    "bool_type": "debe ser true o false",
    "list_type": "debe ser una lista",
    "dict_type": "debe ser un objeto",
    "model_type": "debe ser un objeto",
    "model_attributes_type": "debe ser un objeto",
    "too_long": "admite hasta {max_length} elementos",
    "too_short": "necesita al menos {min_length} elementos",
    "greater_than": "debe ser mayor que {gt}",
    "greater_than_equal": "debe ser {ge} o mayor",
    "less_than": "debe ser menor que {lt}",
    "less_than_equal": "debe ser {le} o menor",
    "literal_error": "debe ser uno de: {expected}",
}


def field_errors(error: ValidationError) -> list[tuple[str, str]]:
    """Cada campo con lo que le pasa, en el orden en que se encontró."""
    found = [(_path(item["loc"]), _sentence(item)) for item in error.errors(include_url=False)]
    return list(dict.fromkeys(found))


def _path(location: tuple[int | str, ...]) -> str:
    """La ruta del campo dentro del cuerpo: `items[0].quantity`."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _sentence(item: ErrorDetails) -> str:
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
    template = MESSAGES.get(item["type"])
    if template is None:
        return "no es un valor válido"
    context = {name: _listed(value) for name, value in item.get("ctx", {}).items()}
    return template.format(**context)


def _listed(value: object) -> str:
    return str(value).replace("'", "").replace(" or ", ", ")
