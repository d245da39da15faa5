"""Quienes vacían las colas: por turnos entre ellas, y sueltan todas al terminar."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from common.outbox.crew import Crew, Hand
from common.utils import now


@dataclass
class Job:
    """Algo tomado."""

    number: int
    until: datetime


class Pile:
    """Una cola que solo cuenta: de qué se ocupó y si se soltó."""

    def __init__(self, name, many, done):
        self.name, self.left, self.done, self.is_closed = name, many, done, False

    def claim(self, db, owner):
        if not self.left:
            return None
        self.left -= 1
        return Job(self.left, now() + timedelta(minutes=1))

    def attend(self, job, transact):
        transact(lambda db: self.done.append(self.name))

    def record_defect(self, db, job, error):
        raise AssertionError(job) from error

    def describe(self, job):
        return {"number": job.number}

    def close(self):
        self.is_closed = True


class Stuck(Pile):
    """Una cola que falla al soltarse."""

    def close(self):
        raise OSError("no se deja cerrar")


def work(*queues):
    Hand(Crew(once=True), "prueba", queues).run()


def test_a_long_queue_does_not_delay_the_other():
    done = []
    work(Pile("larga", 4, done), Pile("corta", 2, done))
    assert done == ["larga", "corta", "larga", "corta", "larga", "larga"]


def test_every_queue_is_closed_though_another_fails_to():
    before, after = Pile("antes", 0, []), Pile("después", 0, [])
    with pytest.raises(OSError, match="no se deja cerrar"):
        work(before, Stuck("rota", 0, []), after)
    assert before.is_closed
    assert after.is_closed
