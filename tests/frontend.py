"""Lo que necesitan las pruebas de la página de ejemplo y puede no estar instalado."""

import os
import shutil

import pytest

from scripts.specs import CLIENT

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def require_npm() -> str:
    """La ruta de npm, con las dependencias de la página ya instaladas."""
    npm = _find("npm") if _find("node") else None
    if npm is None:
        _do_without("no están node y npm")
    if not (CLIENT / "node_modules").exists():
        _do_without("falta correr «npm ci» en docs/cliente")
    return str(npm)


def require_browser() -> str:
    """La ruta de Chromium."""
    found = _find(*BROWSERS)
    if found is None:
        _do_without("no está Chromium")
    return str(found)


def _find(*names: str) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)


def _do_without(reason: str) -> None:
    """En la integración continua nada se salta en silencio: `.ci/run` instala lo que hace falta."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
