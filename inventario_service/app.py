"""Arranque del servicio de inventario: `python app.py`, o gunicorn con `inventario_service.app:app`."""

import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from common.service import create_service, run
from inventario_service.routes import bp as products
from inventario_service.treatment_routes import bp as treatments

app = create_service("inventario", products, treatments)

if __name__ == "__main__":
    run(app, "inventario")
