"""Arranque del servicio de autenticación: `python app.py`, o gunicorn con `auth_service.app:app`."""

import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from auth_service.audit.routes import bp as audit
from auth_service.roles.access_routes import bp as access
from auth_service.roles.routes import bp as roles
from auth_service.routes import bp as sessions
from auth_service.users.routes import bp as users
from common.service import create_service, run

app = create_service("auth", sessions, users, roles, access, audit)

if __name__ == "__main__":
    run(app, "auth")
