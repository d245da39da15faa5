"""Lo que hace falta para que una cola se vacíe sola."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

Result = TypeVar("Result")


class Transact(Protocol):
    """Quien hace algo en una transacción y devuelve lo que salga."""

    def __call__(self, act: Callable[[Session], Result]) -> Result:
        """Lo hace, todo o nada."""


class Leased(Protocol):
    """Lo tomado de una cola."""

    @property
    def until(self) -> datetime:
        """Hasta cuándo es de quien lo tomó."""


JobT = TypeVar("JobT", bound=Leased)


class Queue(Protocol[JobT]):
    """Una cola; cada hilo tiene las suyas, así que puede guardar sus conexiones."""

    def claim(self, db: Session, owner: str) -> JobT | None:
        """Toma en arriendo lo que toca, o nada."""

    def attend(self, job: JobT, transact: Transact) -> None:
        """Hace un paso: la llamada a otro y lo que se anota de ella.

        No abre transacciones: las pide a `transact`, y entre una y otra va la llamada.

        :raises LostLease: si lo tomado ya es de otro; no queda nada anotado.
        """

    def record_defect(self, db: Session, job: JobT, error: Exception) -> None:
        """Cuando el programa falla con lo que tomó: avisa, espera y deja seguir a lo demás.

        :raises LostLease: si ya es de otro.
        """

    def describe(self, job: JobT) -> Mapping[str, object]:
        """Lo que el registro dice de lo tomado: nunca de quién es."""

    def close(self) -> None:
        """Suelta sus conexiones."""
