"""Lo que schemathesis no puede saber de este sistema; lo carga scripts/fuzz.py."""

import re
from itertools import count
from typing import Any

import schemathesis

_KEY = re.compile("[!-~]{1,200}")
_numbers = count(1)


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:
    """Nadie cambia la cuenta con la que se hacen las peticiones."""
    return (case.path_parameters or {}).get("user_id") != 1


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Una clave nueva por petición: con la de otra se repetiría una respuesta ya vieja."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and _KEY.fullmatch(key):
        case.headers["Idempotency-Key"] = f"{key}-{next(_numbers)}"
