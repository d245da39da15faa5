"""La clínica en la que se ensaya: quiénes trabajan en ella, lo que hay y lo que quedó escrito."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2

from scripts.demo.cedulas import cedula
from scripts.trials.at_once import at_once as _at_once
from scripts.trials.calls import Reply
from scripts.trials.desk import Desk
from scripts.trials.throwaway import Clinic, running

ZONE = ZoneInfo("America/Guayaquil")
# Preparar no compite: con más hilos que los que atienden solo se espera.
PREPARING_THREADS = 12
PASSWORD = "Ensayo-2026-clinica"  # noqa: S105 - de una base de usar y tirar
# Más gente que la que los servicios atienden a la vez.
at_once = partial(_at_once, threads=40)
_numbers = count(1)


class Broken(Exception):
    """Una promesa no se cumplió; el texto dice qué se esperaba y qué hubo."""


class Skipped(Exception):
    """Aquí no se puede hacer el ensayo; el texto dice qué falta."""


def expect(found: Any, wanted: Any, what: str) -> None:
    """Comprueba una cifra.

    :raises Broken: si no es la esperada.
    """
    if found != wanted:
        raise Broken(f"{what}: se esperaba {wanted} y hubo {found}")


def expect_only(replies: Iterable[Reply], *allowed: str) -> None:
    """Comprueba que toda respuesta sea una de esas (`outcome`).

    :raises Broken: con las que hubo.
    """
    found = outcomes(replies)
    expect(set(found) - set(allowed), set(), f"respuestas que no debían darse entre {found}")


@dataclass(frozen=True)
class Drill:
    """Un ensayo.

    :param run: lo hace y devuelve la cifra que se publica.
    :raises Broken: `run`, si algo no se cumple.
    :raises Skipped: `run`, si aquí no se puede hacer.
    :param quick: si es de los que corren en cada entrega.
    """

    title: str
    run: Callable[["House"], str]
    quick: bool = False


class House:
    """El sistema en marcha, con puestos de trabajo ya abiertos y datos recién hechos."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic

    @cached_property
    def admin(self) -> Desk:
        """Administración."""
        return self.desk("Admin")

    @cached_property
    def nobody(self) -> Desk:
        """Quien no ha entrado."""
        return Desk(self.clinic, None)

    def desk(self, role: str) -> Desk:
        """Alguien nuevo con ese rol."""
        return Desk(self.clinic, self.account(role)[1])

    def account(self, role: str) -> tuple[int, str]:
        """Una cuenta nueva con ese rol: su número y el token de su sesión."""
        admin = Desk(self.clinic, self._admin_token)
        body = {
            "email": f"ensayo{next(_numbers)}@clinica.test",
            "password": PASSWORD,
            "full_name": f"{role} de ensayo",
            "role_id": self.role_id(role),
        }
        account = admin.call("auth", "POST", "/register", body).data
        return account["user"]["user_id"], account["token"]

    @cached_property
    def _admin_token(self) -> str:
        return self.clinic.token()

    def role_id(self, name: str) -> int:
        """El número de un rol."""
        roles = Desk(self.clinic, self._admin_token).call("auth", "GET", "/roles").data["roles"]
        return next(int(role["role_id"]) for role in roles if role["name"] == name)

    def doctor(self) -> int:
        """Un médico nuevo."""
        return self.account("Doctor")[0]

    def patient(self) -> int:
        """Un paciente nuevo."""
        number = next(_numbers)
        body = {"doc_number": cedula(number), "first_name": "Ensayo", "last_name": f"Número {number}"}
        reply = self.admin.call("historia_clinica", "POST", "/patients", body)
        return int(reply.data["patient"]["patient_id"])

    @contextmanager
    def database(self) -> Iterator[Any]:
        """Un cursor de la base, que confirma al terminar: para mirar lo escrito y para hacer trampas."""
        session = psycopg2.connect(self.clinic.env["DATABASE_URL"])
        with closing(session), session, session.cursor() as cursor:
            yield cursor

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Las filas de una consulta."""
        with self.database() as cursor:
            cursor.execute(query, parameters)
            return list(cursor.fetchall())

    def stored(self, query: str, *parameters: Any) -> Any:
        """El primer valor de una consulta."""
        rows = self.rows(query, *parameters)
        return rows[0][0] if rows else None


@contextmanager
def opened(
    *,
    fast: bool = True,
    variables: Mapping[str, str] | None = None,
    replicas: int = 1,
    pooled: bool = False,
    folder: Path | None = None,
) -> Iterator[House]:
    """Una casa propia, para el ensayo que la va a romper."""
    with running(fast=fast, variables=variables, replicas=replicas, pooled=pooled, folder=folder) as clinic:
        yield House(clinic)


def statuses(replies: Iterable[Reply]) -> dict[int, int]:
    """Cuántas respuestas hubo de cada estado."""
    return dict(sorted(Counter(reply.status for reply in replies).items()))


def outcomes(replies: Iterable[Reply]) -> dict[str, int]:
    """Cuántas respuestas hubo de cada estado, los errores con su código: {"409 horario_ocupado": 9}."""
    return dict(sorted(Counter(map(outcome, replies)).items()))


def outcome(reply: Reply) -> str:
    """El estado de una respuesta y, si es un error, su código."""
    return str(reply.status) if reply.status < 300 else f"{reply.status} {reply.json['code']}"


def in_bulk(calls: Sequence[Callable[[], Reply]]) -> list[Any]:
    """Los datos de muchas llamadas que preparan el ensayo y tienen que salir bien.

    :raises AssertionError: con la respuesta, si alguna es un error.
    """
    return [reply.data for reply in at_once(calls, threads=PREPARING_THREADS)]


def slot(days: int, hour: int, minutes: int = 30, *, minute: int = 0) -> dict[str, str]:
    """El turno que empieza a esa hora dentro de unos días.

    :param minutes: lo que dura.
    """
    today = datetime.now(ZONE).replace(hour=hour, minute=minute, second=0, microsecond=0)
    start = today + timedelta(days=days)
    return {"start_time": start.isoformat(), "end_time": (start + timedelta(minutes=minutes)).isoformat()}
