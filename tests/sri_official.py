"""Dónde están los esquemas y servicios oficiales del SRI, que el repositorio no contiene.

Se toman de `SRI_XSD_DIR` y `SRI_WSDL_DIR`; si no están, de una carpeta `shared/sri` junto al proyecto.
"""

import os
from pathlib import Path

import pytest

from common.config import PROJECT_ROOT

_BESIDE = PROJECT_ROOT.parent / "shared" / "sri"


def xsd_dir() -> Path | None:
    """La carpeta de los esquemas XSD, o None."""
    return _folder("SRI_XSD_DIR", "xsd")


def wsdl_dir() -> Path | None:
    """La carpeta de los WSDL, o None."""
    return _folder("SRI_WSDL_DIR", "wsdl")


def _folder(variable: str, name: str) -> Path | None:
    folder = Path(os.environ.get(variable) or _BESIDE / name)
    return folder if folder.is_dir() else None


def require(folder: Path | None) -> Path:
    """La carpeta; sin ella, la prueba se salta y dice por qué."""
    if folder is None:
        pytest.skip("faltan los documentos oficiales del SRI: indique SRI_XSD_DIR y SRI_WSDL_DIR")
    return folder
