"""Los cinco OpenAPI en archivos, para el cliente de ejemplo: `python -m scripts.specs`. No levanta nada.

Los escribe en `docs/cliente/openapi`, que no se guarda en git; `npm run generate` lo llama y saca los tipos.
"""

import json
import os
import secrets
from importlib import import_module
from pathlib import Path

from flask import Flask

from common.config import PROJECT_ROOT
from common.openapi.document import build_spec
from common.services import SERVICES, ServiceInfo

CLIENT = PROJECT_ROOT / "docs" / "cliente"
FOLDER = CLIENT / "openapi"


def app_of(info: ServiceInfo) -> Flask:
    """La aplicación de un servicio, importada y sin atender."""
    # Un servicio no se importa sin clave, y aquí no firma nada.
    os.environ.setdefault("JWT_SECRET_KEY", secrets.token_urlsafe(48))
    app: Flask = import_module(f"{info.package}.app").app
    return app


def main() -> None:
    """Escribe un archivo por servicio."""
    FOLDER.mkdir(exist_ok=True)
    for name, info in SERVICES.items():
        spec = json.dumps(build_spec(app_of(info), info), ensure_ascii=False, indent=1, sort_keys=True)
        _replace(FOLDER / f"{name}.json", spec + "\n")


def _replace(path: Path, text: str) -> None:
    """De una vez: quien lo lea mientras tanto encuentra el anterior entero."""
    new = path.with_suffix(f".{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


if __name__ == "__main__":
    main()
