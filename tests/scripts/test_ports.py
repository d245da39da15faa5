"""La comprobación de puertos antes de arrancar."""

import socket
from collections.abc import Iterator

import pytest

from common.machine.ports import bracketed, reachable_host
from scripts.machine.console import UserError
from scripts.machine.ports import Wanted, check_ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0), reuse_port=hasattr(socket, "SO_REUSEPORT")) as server:
        yield server.getsockname()[1]


def citas(port: int, host: str = "127.0.0.1") -> Wanted:
    return Wanted("Citas", "CITAS_SERVICE_PORT", host, port)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_free_ports_pass() -> None:
    check_ports([citas(free_port())])


def test_a_taken_port_is_named_even_if_its_owner_would_share_it(taken: int) -> None:
    with pytest.raises(UserError) as failure:
        check_ports([citas(taken)])

    for clue in ("Citas", str(taken), "CITAS_SERVICE_PORT"):
        assert clue in str(failure.value)


def test_a_port_taken_on_every_address_counts() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server, pytest.raises(UserError):
        check_ports([citas(server.getsockname()[1])])


def test_all_the_problems_are_said_at_once(taken: int) -> None:
    port = free_port()
    wanted = [("Autenticación", "A", taken), ("Inventario", "B", port), ("Citas", "C", port)]

    with pytest.raises(UserError) as failure:
        check_ports(Wanted(title, variable, "127.0.0.1", number) for title, variable, number in wanted)

    lines = str(failure.value).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Autenticación")
    assert "C y B piden el mismo puerto" in lines[1]


def test_a_host_of_another_machine_is_explained() -> None:
    with pytest.raises(UserError, match=r"HOST=192\.0\.2\.1"):
        check_ports([citas(free_port(), host="192.0.2.1")])


def test_every_address_is_visited_through_this_machine() -> None:
    assert reachable_host("0.0.0.0") == "127.0.0.1"
    assert bracketed(reachable_host("::")) == "[::1]"
