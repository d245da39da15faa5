"""Los comprobantes que el SRI simulado recibió, en memoria o en un archivo que sobrevive a un reinicio."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from facturacion_service.sri.exchange.answers import Message
from scripts.fake_sri.messages import Refused
from scripts.fake_sri.paper import Paper

IN_PROCESS, AUTHORIZED, NOT_AUTHORIZED = "EN PROCESO", "AUTORIZADO", "NO AUTORIZADO"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    access_key TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    environment TEXT NOT NULL,
    xml BLOB NOT NULL,
    received_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('EN PROCESO', 'AUTORIZADO', 'NO AUTORIZADO')),
    decided_at TEXT CHECK ((decided_at IS NULL) = (state = 'EN PROCESO')),
    messages TEXT NOT NULL DEFAULT '[]'
);
CREATE UNIQUE INDEX IF NOT EXISTS one_number ON documents (number) WHERE state <> 'NO AUTORIZADO';
"""
_COLUMNS = "access_key, environment, xml, received_at, state, decided_at, messages"


@dataclass(frozen=True)
class Received:
    """Un comprobante recibido y lo que se decidió de él."""

    access_key: str
    environment: str
    xml: bytes
    received_at: datetime
    state: str
    decided_at: datetime | None
    messages: tuple[Message, ...]


class Registry:
    """El archivo de comprobantes; sirve a varios hilos.

    :param file: `None` lo deja en memoria.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Cierra el archivo."""
        with self._lock:
            self._db.close()

    def add(self, paper: Paper, at: datetime) -> None:
        """Recibe un comprobante. Uno no autorizado se puede corregir y enviar con la misma clave.

        :raises Refused: 43 si la clave ya está, 70 si se está procesando, 45 si el número es de otra.
        """
        row = (paper.access_key, paper.number, paper.environment, paper.xml, at.isoformat(), IN_PROCESS)
        with self._changing() as db:
            self._check_unique(db, paper)
            db.execute("DELETE FROM documents WHERE access_key = ?", (paper.access_key,))
            db.execute(
                "INSERT INTO documents (access_key, number, environment, xml, received_at, state)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )

    def decide(self, access_key: str, messages: tuple[Message, ...], at: datetime) -> None:
        """Autoriza un comprobante en proceso, o no si hay un error entre sus mensajes; se decide una vez."""
        refused = any(message.kind == "ERROR" for message in messages)
        words = json.dumps([asdict(message) for message in messages])
        state = NOT_AUTHORIZED if refused else AUTHORIZED
        with self._changing() as db:
            db.execute(
                "UPDATE documents SET state = ?, decided_at = ?, messages = ?"
                " WHERE access_key = ? AND state = ?",
                (state, at.isoformat(), words, access_key, IN_PROCESS),
            )

    def find(self, access_key: str) -> Received | None:
        """El comprobante de una clave."""
        return next(self._select("WHERE access_key = ?", access_key), None)

    def all(self) -> dict[str, Received]:
        """Todos, por su clave, en el orden en que llegaron."""
        return {found.access_key: found for found in self._select("ORDER BY rowid")}

    def _check_unique(self, db: sqlite3.Connection, paper: Paper) -> None:
        rows = db.execute(
            "SELECT access_key, state FROM documents WHERE state <> ? AND (access_key = ? OR number = ?)",
            (NOT_AUTHORIZED, paper.access_key, paper.number),
        )
        for key, state in rows:
            if key != paper.access_key:
                raise Refused("45")
            raise Refused("70" if state == IN_PROCESS else "43")

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db

    def _select(self, where: str, *values: str) -> Iterator[Received]:
        with self._lock:
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM documents {where}", values).fetchall()  # noqa: S608
        for key, environment, xml, received, state, decided, messages in rows:
            yield Received(
                key,
                environment,
                xml,
                datetime.fromisoformat(received),
                state,
                datetime.fromisoformat(decided) if decided else None,
                tuple(Message(**one) for one in json.loads(messages)),
            )
