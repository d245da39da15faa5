"""El cliente de ejemplo al día con el código, sin levantar ningún servicio: `python -m scripts.specs`.

Escribe los cinco OpenAPI en `docs/cliente/openapi` y, si sus dependencias están instaladas, los tipos de
TypeScript que salen de ellos. Una prueba los compara con el código, así que no pueden quedarse viejos.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
from importlib import import_module

from common.config import PROJECT_ROOT
from common.openapi.document import build_spec
from common.services import SERVICES

CLIENT = PROJECT_ROOT / "docs" / "cliente"
FOLDER = CLIENT / "openapi"


def render(name: str) -> str:
    """El documento de un servicio, con las claves en orden para que dos versiones se comparen bien."""
    info = SERVICES[name]
    app = import_module(f"{info.package}.app").app
    return json.dumps(build_spec(app, info), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> int:
    """Escribe los contratos y los tipos."""
    # Un servicio no se importa sin clave, y aquí no firma nada.
    os.environ.setdefault("JWT_SECRET_KEY", secrets.token_urlsafe(48))
    for name in SERVICES:
        (FOLDER / f"{name}.json").write_text(render(name), encoding="utf-8")
    print(f"Contratos al día en {FOLDER.relative_to(PROJECT_ROOT)}.")
    npm = shutil.which("npm")
    if npm is None or not (CLIENT / "node_modules").exists():
        print("Para los tipos hace falta Node: en docs/cliente, npm ci y npm run generate.")
        return 0
    return subprocess.run([npm, "run", "--silent", "generate"], cwd=CLIENT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
