"""Llamadas a la vez, con hilos de verdad."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

THREADS = 20


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Lo que devuelve cada llamada; ninguna empieza antes de que todos los hilos estén listos."""
    threads = min(len(calls), THREADS)
    with ThreadPoolExecutor(threads, initializer=Barrier(threads).wait) as pool:
        return list(pool.map(lambda call: call(), calls))
