"""Llamadas a la vez, con hilos de verdad."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

# Menos que las conexiones de las pruebas: quien no alcanza una oye que está saturado.
THREADS = 20

Result = TypeVar("Result")


def at_once(calls: Sequence[Callable[[], Result]], *, threads: int = THREADS) -> list[Result]:
    """Lo que devuelve cada llamada; ninguna empieza antes de que todos los hilos estén listos."""
    if not calls:
        return []
    threads = min(len(calls), threads)
    with ThreadPoolExecutor(threads, initializer=Barrier(threads).wait) as pool:
        return list(pool.map(lambda call: call(), calls))
