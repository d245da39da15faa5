"""La configuración: único lugar que lee el entorno.

Cada campo de :class:`Settings` nombra su variable; un error de configuración se dice con palabras
al arrancar, todos a la vez, y el programa no sigue.
"""

import os
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values

from common.services import SERVICES

PROJECT_ROOT = Path(__file__).resolve().parent.parent
MIN_SECRET_BYTES = 32
MIN_TOKEN_CHARACTERS = 16
# Dónde están, en cualquier servidor del SRI, sus servicios web.
SRI_PATH = "/comprobantes-electronicos-ws"
WELL_KNOWN_SECRETS = ("your-secret-key", "your_secret_key", "change-me", "changeme", "secret-key")
POSTGRES_SCHEMES = ("postgres", "postgresql", "postgresql+psycopg2")


class ConfigurationError(Exception):
    """La configuración no sirve; el texto son frases para una persona."""


def _secret(value: str) -> str:
    if not value:
        raise ValueError(
            'falta; genere una con: python -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    if any(known in value.lower() for known in WELL_KNOWN_SECRETS):
        raise ValueError("es una clave de ejemplo conocida; use una aleatoria")
    if len(value.encode()) < MIN_SECRET_BYTES:
        raise ValueError(f"es demasiado corta; se necesitan al menos {MIN_SECRET_BYTES} bytes")
    if len(set(value)) < 8:
        raise ValueError("es adivinable: repite muy pocos caracteres; use una aleatoria")
    return value


def _database_url(value: str) -> str:
    """Escribe la dirección como la entiende SQLAlchemy con psycopg2; vacía se queda vacía."""
    if not value:
        return ""
    scheme, separator, rest = value.partition("://")
    try:
        address = urlsplit(f"postgresql://{rest}")
        usable = bool(address.path.strip("/")) and (address.port or 1) > 0
    except ValueError:
        usable = False
    if not separator or scheme not in POSTGRES_SCHEMES or not usable:
        raise ValueError(
            "no es una dirección de PostgreSQL; se espera postgresql://usuario:clave@host:5432/base"
        )
    return f"postgresql+psycopg2://{rest}"


def _integer(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise ValueError(f"debe ser un número entero entre {low} y {high}")
        return int(value)

    return parse


def _amount(value: str) -> Decimal:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ValueError("debe ser un monto en dólares, cero o mayor")
    return amount


def _three_digits(value: str) -> str:
    if len(value) != 3 or not value.isascii() or not value.isdigit() or value == "000":
        raise ValueError("debe tener tres dígitos, de 001 a 999")
    return value


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("no es una zona horaria conocida; por ejemplo America/Guayaquil") from error


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())
    wrong = [o for o in origins if urlsplit(o).scheme not in ("http", "https") or urlsplit(o).path]
    if wrong:
        raise ValueError(f"tiene un origen que no es http(s)://servidor[:puerto]: {wrong[0]}")
    return origins


def _flag(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError("debe ser true o false")
    return value.lower() == "true"


def _encryption_key(value: str) -> bytes:
    """32 bytes escritos en base64; vacía se queda vacía."""
    try:
        key = b64decode(value, altchars=b"-_", validate=True)
    except ValueError:
        key = b"?"
    if len(key) not in (0, 32):
        raise ValueError(
            "debe ser 32 bytes en base64; genere una con: python -c"
            ' "import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())"'
        )
    return key


def _long_or_empty(value: str) -> str:
    if 0 < len(value) < MIN_TOKEN_CHARACTERS or not value.isascii():
        raise ValueError(f"debe tener al menos {MIN_TOKEN_CHARACTERS} letras, dígitos o signos")
    return value


def _web_address(value: str) -> str:
    address = urlsplit(value)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError("debe ser una dirección http(s)://…")
    return value.rstrip("/")


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"debe ser {', '.join(choices[:-1])} o {choices[-1]}")
        return value.lower()

    return parse


def _level(value: str) -> str:
    if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("debe ser DEBUG, INFO, WARNING o ERROR")
    return value.upper()


def _variable(name: str, default: str, parse: Callable[[str], Any] = str) -> Any:
    return field(metadata={"variable": name, "default": default, "parse": parse})


_port = _integer(1, 65535)


@dataclass(frozen=True)
class Settings:
    """Los valores con los que corre un proceso, ya comprobados."""

    # Puerto TCP de cada servicio, por nombre; cada uno dice su variable en `common/services.py`.
    ports: dict[str, int]
    database_url: str = _variable("DATABASE_URL", "", _database_url)
    jwt_secret_key: str = _variable("JWT_SECRET_KEY", "", _secret)
    jwt_expiration_hours: int = _variable("JWT_EXPIRATION_HOURS", "24", _integer(1, 720))
    host: str = _variable("HOST", "127.0.0.1")
    cors_origins: tuple[str, ...] = _variable(
        "CORS_ORIGINS", "http://localhost:5173,http://localhost:3000", _origins
    )
    trusted_proxies: int = _variable("TRUSTED_PROXIES", "0", _integer(0, 5))
    clinic_timezone: ZoneInfo = _variable("CLINIC_TIMEZONE", "America/Guayaquil", _zone)
    admin_email: str = _variable("ADMIN_EMAIL", "")
    admin_password: str = _variable("ADMIN_PASSWORD", "")
    invoice_establishment: str = _variable("INVOICE_ESTABLISHMENT", "001", _three_digits)
    invoice_emission_point: str = _variable("INVOICE_EMISSION_POINT", "001", _three_digits)
    consumidor_final_limit: Decimal = _variable("CONSUMIDOR_FINAL_LIMIT", "50.00", _amount)
    sri_certificate_key: bytes = _variable("SRI_CERTIFICATE_KEY", "", _encryption_key)
    sri_url_pruebas: str = _variable("SRI_URL_PRUEBAS", f"https://celcer.sri.gob.ec{SRI_PATH}", _web_address)
    sri_url_produccion: str = _variable(
        "SRI_URL_PRODUCCION", f"https://cel.sri.gob.ec{SRI_PATH}", _web_address
    )
    sri_timeout_seconds: int = _variable("SRI_TIMEOUT_SECONDS", "30", _integer(1, 300))
    sri_first_query_seconds: int = _variable("SRI_FIRST_QUERY_SECONDS", "3", _integer(0, 3600))
    sri_signature_algorithm: str = _variable("SRI_SIGNATURE_ALGORITHM", "sha1", _one_of("sha1", "sha256"))
    sri_xsd_dir: str = _variable("SRI_XSD_DIR", "")
    sri_simulator_port: int = _variable("SRI_SIMULATOR_PORT", "5090", _integer(0, 65535))
    smtp_host: str = _variable("SMTP_HOST", "")
    smtp_port: int = _variable("SMTP_PORT", "587", _port)
    smtp_security: str = _variable("SMTP_SECURITY", "starttls", _one_of("starttls", "tls", "none"))
    smtp_user: str = _variable("SMTP_USER", "")
    smtp_password: str = _variable("SMTP_PASSWORD", "")
    smtp_from: str = _variable("SMTP_FROM", "")
    metrics_token: str = _variable("METRICS_TOKEN", "", _long_or_empty)
    web_workers: int = _variable("WEB_WORKERS", "2", _integer(1, 64))
    web_threads: int = _variable("WEB_THREADS", "8", _integer(1, 128))
    db_pool_timeout_seconds: int = _variable("DB_POOL_TIMEOUT_SECONDS", "2", _integer(1, 60))
    db_lock_timeout_seconds: int = _variable("DB_LOCK_TIMEOUT_SECONDS", "5", _integer(1, 300))
    db_statement_timeout_seconds: int = _variable("DB_STATEMENT_TIMEOUT_SECONDS", "30", _integer(1, 3600))
    bcrypt_rounds: int = _variable("BCRYPT_ROUNDS", "12", _integer(4, 16))
    check_answers: bool = _variable("CHECK_ANSWERS", "false", _flag)
    log_level: str = _variable("LOG_LEVEL", "INFO", _level)


_PORTS = {
    name: {"variable": info.port_variable, "default": str(info.default_port), "parse": _port}
    for name, info in SERVICES.items()
}
_DECLARED: dict[str, Mapping[str, Any]] = {
    item.name: item.metadata for item in fields(Settings) if item.metadata
}
# Toda variable que se lee y lo que vale si falta.
VARIABLES: dict[str, str] = {
    item["variable"]: item["default"] for item in (*_DECLARED.values(), *_PORTS.values())
}


def environment() -> dict[str, str]:
    """El `.env` de la raíz del proyecto y, por encima, las variables del proceso."""
    # interpolate=False: python-dotenv expande ${…} incluso entre comillas y rompería una clave.
    file = dotenv_values(PROJECT_ROOT / ".env", interpolate=False, encoding="utf-8")
    return {name: value for name, value in file.items() if value is not None} | dict(os.environ)


def parse_settings(variables: Mapping[str, str]) -> Settings:
    """Comprueba las variables y las convierte.

    :raises ConfigurationError: una frase por cada variable que no sirve.
    """
    problems: list[str] = []
    values = {name: _parse(item, variables, problems) for name, item in _DECLARED.items()}
    ports = {name: _parse(item, variables, problems) for name, item in _PORTS.items()}
    if problems:
        raise ConfigurationError("\n".join(problems))
    return Settings(**values, ports=ports)


def _parse(item: Mapping[str, Any], variables: Mapping[str, str], problems: list[str]) -> Any:
    """El valor de una variable; si no sirve, None, y la frase queda en `problems`."""
    text = variables.get(item["variable"], "").strip() or item["default"]
    try:
        return item["parse"](text)
    except ValueError as error:
        problems.append(f"{item['variable']}: {error}.")
        return None


@cache
def load_settings() -> Settings:
    """La configuración de este proceso; se lee una vez.

    :raises ConfigurationError: una frase por cada variable que no sirve.
    """
    return parse_settings(environment())
