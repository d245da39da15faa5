"""El pozo de conexiones: se espera mientras se mueve, y si se atasca nadie hace fila."""

import sqlite3
import time
from threading import Thread

import pytest
from sqlalchemy import event
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


def test_what_was_left_at_hand_is_lent_again_and_is_not_in_use():
    pool = pool_of_one(AT_ONCE)
    first = pool.connect()
    pool.leave_at_hand(first)
    assert pool.checkedout() == 0
    assert pool.connect() is first
    assert pool.checkedout() == 1


def test_who_waits_receives_what_a_reader_leaves():
    pool = pool_of_one(30)
    held = pool.connect()
    received = []
    waiter = Thread(target=lambda: received.append(pool.connect()))
    waiter.start()
    while not pool._asking:
        time.sleep(0.001)
    pool.leave_at_hand(held)
    waiter.join(10)
    assert len(received) == 1


def test_every_loan_and_every_return_is_told():
    pool, told = pool_of_one(AT_ONCE), []
    event.listen(pool, "checkout", lambda *_: told.append("prestada"))
    event.listen(pool, "checkin", lambda *_: told.append("devuelta"))
    pool.leave_at_hand(pool.connect())
    pool.connect().close()
    assert told == ["prestada", "devuelta"] * 2


def test_after_a_restart_of_the_database_none_at_hand_is_lent():
    pool = pool_of_one(AT_ONCE)
    lent = pool.connect()
    old = lent.dbapi_connection
    pool.leave_at_hand(lent)
    pool._invalidate(lent, _checkin=False)
    assert pool.connect().dbapi_connection is not old


def test_to_dispose_of_the_pool_closes_those_at_hand():
    pool = pool_of_one(AT_ONCE)
    lent = pool.connect()
    driver = lent.dbapi_connection
    pool.leave_at_hand(lent)
    pool.dispose()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        driver.execute("SELECT 1")
