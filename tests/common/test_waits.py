"""Los plazos de la base valen por cualquier camino; detrás de PgBouncer también (TEST_DATABASE_URL)."""

import socket
import sys

import pytest
from sqlalchemy import text

from common.database import engine, reading, snapshot, transaction

LIMITS = {"lock_timeout": "5s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "1min"}

NOTICED = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 25_000}


@pytest.mark.parametrize("opened", [reading, snapshot, transaction])
def test_every_way_in_waits_no_longer_than_the_limits(opened):
    with opened() as db:
        settings = text("SELECT name, current_setting(name) FROM unnest(:names) AS name").columns()
        found = db.execute(settings.bindparams(names=list(LIMITS))).all()
    assert dict(map(tuple, found)) == LIMITS


@pytest.mark.skipif(sys.platform != "linux", reason="los nombres de las opciones son los de Linux")
def test_a_server_that_vanishes_is_noticed():
    with engine().connect() as connection:
        descriptor = connection.connection.dbapi_connection.fileno()
        with socket.socket(fileno=descriptor) as wire:
            given = [wire.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in NOTICED]
            wire.detach()
    assert dict(zip(NOTICED, given, strict=True)) == NOTICED
