"""El archivo `.env` de la primera vez: sale de `.env.example` con secretos recién sorteados."""

import base64
import os
import re
import secrets
import string
from pathlib import Path

from scripts.console import UserError, reason

ADMIN_EMAIL = "admin@clinica.local"
PASSWORD_LENGTH = 16
# Sin los que se confunden al copiarlos a mano.
PASSWORD_LETTERS = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))


def ensure_env_file(root: Path) -> bool:
    """Crea `.env` si no existe y dice si lo creó; uno que ya existe no se toca."""
    target = root / ".env"
    if target.exists():
        _check_readable(target)
        return False
    try:
        _write_private(target, fill((root / ".env.example").read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UserError("Falta .env.example, del que sale .env; descargue otra vez el proyecto.") from error
    except OSError as error:
        raise UserError(f"No se puede escribir {target} ({reason(error)}).") from error
    return True


def fill(example: str) -> str:
    """El texto de ejemplo con sus secretos puestos; agrega los que no nombre."""
    for name, value in _drawn().items():
        line = re.compile(rf"^{name}=.*$", re.MULTILINE)
        if not line.search(example):
            example = f"{example.rstrip()}\n{name}=\n"
        example = line.sub(f"{name}={value}", example)
    return example


def _drawn() -> dict[str, str]:
    return {
        "JWT_SECRET_KEY": secrets.token_urlsafe(48),
        "SRI_CERTIFICATE_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "ADMIN_EMAIL": ADMIN_EMAIL,
        "ADMIN_PASSWORD": _password(),
    }


def _password() -> str:
    """Letras y cifras, que cualquier consola admite sin comillas; siempre de ambas."""
    while True:
        word = "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(PASSWORD_LENGTH))
        if any(c.isdigit() for c in word) and any(c.isalpha() for c in word):
            return word


def _write_private(target: Path, text: str) -> None:
    """Nadie más puede leerlo en ningún momento, y nunca queda a medias."""
    partial = target.with_name(f".env.{os.getpid()}.nuevo")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(target)


def _check_readable(target: Path) -> None:
    if not os.access(target, os.R_OK):
        raise UserError(f"No hay permiso para leer {target}; compruebe de quién es el archivo.")
