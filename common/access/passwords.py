"""Contraseñas: qué se admite y cómo se guardan (bcrypt)."""

from functools import cache
from pathlib import Path

import bcrypt

from common.config import load_settings

MIN_LENGTH = 8
# bcrypt solo mira 72 bytes; más allá, dos contraseñas distintas serían la misma.
MAX_BYTES = 72

# Las más usadas según las listas públicas de filtraciones, y sus variantes en español.
COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").splitlines())


def problem(password: str, email: str) -> str | None:
    """Por qué no se admite una contraseña; None si se admite."""
    if len(password) < MIN_LENGTH:
        return f"debe tener al menos {MIN_LENGTH} caracteres"
    if len(password.encode()) > MAX_BYTES:
        return f"admite hasta {MAX_BYTES} bytes"
    if password.lower() in (email.lower(), email.lower().partition("@")[0]):
        return "no puede ser el correo"
    if password.lower() in COMMON or len(set(password)) < 3:
        return "es una de las más comunes; elija otra"
    return None


def hash_password(password: str) -> str:
    """El resumen bcrypt, con el costo de `BCRYPT_ROUNDS`."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(load_settings().bcrypt_rounds)).decode()


@cache
def _decoy() -> str:
    return hash_password("una contraseña que nadie tiene")


def matches(password: str, hashed: str | None) -> bool:
    """Si es la contraseña; sin cuenta tarda lo mismo y responde que no."""
    text = password.encode()
    # checkpw falla con más de 72 bytes: se comprueba un recorte y se rechaza igual.
    right = bcrypt.checkpw(text[:MAX_BYTES], (hashed or _decoy()).encode())
    return right and hashed is not None and len(text) <= MAX_BYTES
