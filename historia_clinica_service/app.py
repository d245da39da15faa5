"""Arranque del servicio de historia clínica: `python app.py`, o gunicorn con
`historia_clinica_service.app:app`."""

import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from common.service import create_service, run
from historia_clinica_service.notes.routes import bp as notes
from historia_clinica_service.record.routes import bp as record
from historia_clinica_service.routes import bp as patients

app = create_service("historia_clinica", patients, notes, record)

if __name__ == "__main__":
    run(app, "historia_clinica")
