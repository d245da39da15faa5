"""Prepara la base en un proceso aparte: así el arranque puede cortarlo y no carga SQLAlchemy.

Escribe en la salida una línea JSON; lo demás que diga va al registro.
"""

import json
import sys
from contextlib import redirect_stdout

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from common.config import ConfigurationError, Settings, load_settings
from common.database import transaction
from common.errors import AppError
from common.migrate import prepare_database
from common.tables.auth import User
from common.upkeep.seeding import AdminAccount
from scripts.demo.data import STAFF


def main(arguments: list[str]) -> int:
    """Migra, crea la primera cuenta y, con `--demo`, carga la clínica de ejemplo."""
    try:
        with redirect_stdout(sys.stderr):
            settings = load_settings()
            account = prepare_database(settings)
            demo = "--demo" in arguments and _seed_demo(_password(account, settings), settings)
    except (ConfigurationError, AppError) as error:
        sys.exit(str(error))
    except DBAPIError as error:
        sys.exit(str(error.orig))
    print(json.dumps({**_as_dict(account), "demo": demo, "samples": _sample_accounts()}))
    return 0


def _password(account: AdminAccount | None, settings: Settings) -> str:
    return account.password if account else settings.admin_password


def _as_dict(account: AdminAccount | None) -> dict[str, str | None]:
    return {
        "email": account.email if account else None,
        "password": account.password if account else None,
    }


def _sample_accounts() -> list[str]:
    """Las cuentas de la clínica de ejemplo que hay en la base."""
    asked = select(User.email).where(User.email.in_([email for _, email, _ in STAFF]))
    with transaction() as db:
        return list(db.scalars(asked.order_by(User.user_id)))


def _seed_demo(password: str, settings: Settings) -> bool:
    """Sin contraseña conocida no hay ejemplo: sus cuentas quedarían con una que nadie sabe.

    Los comprobantes del ejemplo, solo si hay un SRI simulado al que ir y con qué cifrar su firma.
    """
    if not password:
        return False
    from scripts.demo.story import seed_demo

    return seed_demo(password, electronic=bool(settings.sri_simulator_port and settings.sri_certificate_key))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
