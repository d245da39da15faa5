"""El pozo de conexiones: se espera mientras se mueve, y si se atasca nadie hace fila."""

import sqlite3

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from common.sql.connections import MovingPool

FOREVER, AT_ONCE = 3600, 0


def pool_of_one(timeout):
    return MovingPool(
        lambda: sqlite3.connect(":memory:", check_same_thread=False),
        pool_size=1,
        max_overflow=0,
        timeout=timeout,
    )


@pytest.fixture
def waiting(monkeypatch):
    """En vez de esperar, lo dice."""
    return lambda: monkeypatch.setattr(QueuePool, "connect", lambda _: "espera")


def test_with_one_free_it_is_lent_however_long_ago_it_moved():
    pool = pool_of_one(AT_ONCE)
    pool.connect().close()
    pool.connect().close()


def test_one_who_arrives_when_the_last_was_just_lent_waits(waiting):
    pool = pool_of_one(FOREVER)
    held = pool.connect()
    waiting()
    assert pool.connect() == "espera"
    held.close()


def test_one_who_arrives_when_nothing_has_moved_for_the_whole_term_does_not_wait(waiting):
    pool = pool_of_one(AT_ONCE)
    held = pool.connect()
    waiting()
    with pytest.raises(PoolTimeout):
        pool.connect()
    held.close()


def test_a_return_is_a_movement(waiting):
    pool = pool_of_one(FOREVER)
    first = pool.connect()
    pool._moved_at = 0.0
    first.close()
    assert pool._moved_at > 0
