"""El archivo `.env` de la primera vez: sale de `.env.example` con secretos recién sorteados.

Uno que ya existe no se toca al arrancar; `python -m scripts.envfile` le agrega las claves que le falten.
"""

import base64
import os
import re
import secrets
import shutil
import string
import sys
from pathlib import Path

from dotenv import dotenv_values

from scripts.machine.console import UserError, complain, prepare_output, reason, say

ADMIN_EMAIL = "admin@clinica.local"
PASSWORD_LENGTH = 16
# Las que un `.env` no puede dejar vacías; la cuenta de administración sí.
NEEDED = ("JWT_SECRET_KEY", "SRI_CERTIFICATE_KEY")
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


def complete(root: Path) -> list[str]:
    """Agrega a un `.env` que ya existe las claves que le falten o estén vacías; devuelve cuáles.

    Lo demás queda byte por byte como estaba.
    """
    target = (root / ".env").resolve()
    try:
        known = dotenv_values(target, interpolate=False, encoding="utf-8")
        missing = [name for name in NEEDED if not known.get(name)]
        if missing:
            _write_alike(target, _completed(target.read_bytes(), missing))
    except UnicodeDecodeError as error:
        raise UserError("El archivo .env no está guardado en UTF-8.") from error
    except OSError as error:
        raise UserError(f"No se puede escribir {target} ({reason(error)}).") from error
    return missing


def _completed(text: bytes, names: list[str]) -> bytes:
    """El mismo texto con esas claves: en su línea, si estaba vacía, o al final."""
    end = b"\r\n" if b"\r\n" in text else b"\n"
    for name in names:
        value = _drawn()[name].encode()
        blank = re.compile(rb"^((?:export +)?%b *=) *(?=\r?$)" % name.encode(), re.MULTILINE)
        text, filled = blank.subn(rb"\g<1>" + value, text)
        if not filled:
            text += (b"" if not text or text.endswith(b"\n") else end) + name.encode() + b"=" + value + end
    return text


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
    _write_aside(target, text.encode("utf-8")).replace(target)


def _write_alike(target: Path, text: bytes) -> None:
    """Lo reemplaza de un golpe, con los permisos y el dueño que tenía."""
    former = target.stat()
    partial = _write_aside(target, text)
    if sys.platform != "win32":
        os.chown(partial, former.st_uid, former.st_gid)
    shutil.copymode(target, partial)
    partial.replace(target)


def _write_aside(target: Path, text: bytes) -> Path:
    partial = target.with_name(f".env.{os.getpid()}.nuevo")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return partial


def _check_readable(target: Path) -> None:
    if not os.access(target, os.R_OK):
        raise UserError(f"No hay permiso para leer {target}; compruebe de quién es el archivo.")


def main() -> int:
    """Crea `.env`, o agrega al que haya las claves que le falten; devuelve el código de salida."""
    prepare_output()
    root = Path(__file__).resolve().parent.parent
    try:
        if ensure_env_file(root):
            say("Se creó el archivo .env con claves nuevas.")
            return 0
        added = complete(root)
    except UserError as error:
        complain(str(error))
        return 1
    say(f"Se agregó a .env: {', '.join(added)}." if added else "Al archivo .env no le falta ninguna clave.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
