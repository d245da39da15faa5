"""Arranque del servicio de facturación: `python app.py`, o gunicorn con `facturacion_service.app:app`."""

import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from common.service import create_service, run
from facturacion_service.routes import BLUEPRINTS
from facturacion_service.sri.outbox.measure_queries import sri_measures

app = create_service("facturacion", *BLUEPRINTS, measures=sri_measures)

if __name__ == "__main__":
    run(app, "facturacion")
