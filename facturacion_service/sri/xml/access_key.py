"""La clave de acceso: 49 dígitos que identifican a un comprobante y son su número de autorización.

Ficha técnica SRI 2.34, tabla 1 y sección 5.2 (módulo 11).
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import cycle

from facturacion_service.sri.xml.codes import EMISSION_NORMAL, ENVIRONMENT_CODES, environment_of
from facturacion_service.sri.xml.documents import Environment, Series

LENGTH = 49
_DATE = "%d%m%Y"
_NUMERIC_CODE_LENGTH = 8
_WEIGHTS = (2, 3, 4, 5, 6, 7)
# 11 menos el residuo da 11 o 10 donde no caben dos cifras.
_TWO_FIGURES = {11: 0, 10: 1}

# componente → cuántos dígitos, en su orden
_LAYOUT = {
    "issue_date": 8,
    "doc_code": 2,
    "ruc": 13,
    "environment": 1,
    "establishment": 3,
    "emission_point": 3,
    "sequential": 9,
    "numeric_code": _NUMERIC_CODE_LENGTH,
    "emission_type": 1,
    "digit": 1,
}
_NAMES = {
    "doc_code": "el tipo de comprobante",
    "ruc": "el RUC",
    "environment": "el ambiente",
    "establishment": "el establecimiento",
    "emission_point": "el punto de emisión",
    "sequential": "el secuencial",
    "numeric_code": "el código numérico",
}


@dataclass(frozen=True)
class AccessKey:
    """Lo que dice una clave de acceso.

    :param numeric_code: ocho dígitos que elige el emisor.
    :param emission_type: siempre 1, emisión normal (tabla 2).
    """

    issue_date: date
    doc_code: str
    ruc: str
    environment: Environment
    series: Series
    sequential: int
    numeric_code: str
    emission_type: str
    digit: str


def check_digit(digits: str) -> str:
    """El dígito verificador, por módulo 11: pesos 2 a 7 desde la derecha; 11 es 0 y 10 es 1.

    :raises ValueError: si no son solo dígitos.
    """
    if not _only_digits(digits):
        raise ValueError("la clave de acceso solo lleva dígitos")
    total = sum(int(digit) * weight for digit, weight in zip(reversed(digits), cycle(_WEIGHTS), strict=False))
    result = 11 - total % 11
    return str(_TWO_FIGURES.get(result, result))


def generate(
    issue_date: date,
    doc_code: str,
    ruc: str,
    environment: Environment,
    series: Series,
    sequential: int,
    numeric_code: str | None = None,
) -> str:
    """La clave de acceso de un comprobante; se sortea una vez y se guarda: los reenvíos la repiten.

    :param numeric_code: ocho dígitos; sin él, al azar.
    :raises ValueError: si un componente no tiene el largo que la clave le da.
    """
    parts = {
        "issue_date": issue_date.strftime(_DATE),
        "doc_code": doc_code,
        "ruc": ruc,
        "environment": ENVIRONMENT_CODES[environment],
        "establishment": series.establishment,
        "emission_point": series.emission_point,
        "sequential": f"{sequential:09d}",
        "numeric_code": _random_digits() if numeric_code is None else numeric_code,
        "emission_type": EMISSION_NORMAL,
    }
    _check_lengths(parts)
    body = "".join(parts.values())
    return body + check_digit(body)


def _random_digits() -> str:
    return f"{secrets.randbelow(10**_NUMERIC_CODE_LENGTH):0{_NUMERIC_CODE_LENGTH}d}"


def _check_lengths(parts: dict[str, str]) -> None:
    for name, value in parts.items():
        if len(value) != _LAYOUT[name] or not _only_digits(value):
            label = _NAMES.get(name, "la fecha")
            raise ValueError(f"{label} de la clave de acceso debe tener {_LAYOUT[name]} dígitos: «{value}»")


def _only_digits(value: str) -> bool:
    return re.fullmatch(r"[0-9]+", value) is not None


def parse(key: str) -> AccessKey:
    """Los componentes de una clave.

    :raises ValueError: si no tiene 49 dígitos, si el verificador no corresponde o si un componente no existe.
    """
    if len(key) != LENGTH or not _only_digits(key):
        raise ValueError(f"la clave de acceso tiene {LENGTH} dígitos; se recibieron {len(key)} caracteres")
    expected = check_digit(key[:-1])
    if key[-1] != expected:
        raise ValueError(f"el dígito verificador de la clave de acceso debe ser {expected}, no {key[-1]}")
    parts = dict(_split(key))
    return AccessKey(
        issue_date=_day(parts.pop("issue_date")),
        environment=environment_of(parts.pop("environment")),
        series=Series(parts.pop("establishment"), parts.pop("emission_point")),
        sequential=int(parts.pop("sequential")),
        **parts,
    )


def _split(key: str) -> Iterator[tuple[str, str]]:
    start = 0
    for name, length in _LAYOUT.items():
        yield name, key[start : start + length]
        start += length


def _day(digits: str) -> date:
    try:
        return date(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    except ValueError as error:
        raise ValueError(f"la fecha de la clave de acceso no existe: {digits}") from error
