"""Puertos de este equipo para las pruebas: cuáles están libres y en cuáles contesta alguien."""

import os
import socket


def free_ports(count: int) -> list[int]:
    """Puertos por debajo de los que el sistema reparte, para que nadie los tome entre tanto."""
    found: list[int] = []
    port = 10000 + os.getpid() * 7 % 9000
    while len(found) < count:
        if not answers(port):
            found.append(port)
        port += 1
    return found


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
