"""Arranque del servicio de citas: `python app.py`, o gunicorn con `citas_service.app:app`."""

import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from citas_service.doctor_calendar.routes import bp as calendar
from citas_service.doctors.routes import bp as doctors
from citas_service.lines.routes import bp as lines
from citas_service.routes import bp as appointments
from common.service import create_service, run

app = create_service("citas", appointments, lines, doctors, calendar)

if __name__ == "__main__":
    run(app, "citas")
