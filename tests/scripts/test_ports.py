"""La comprobación de puertos antes de arrancar."""

import socket
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from common.machine.ports import bracketed, reachable_host
from common.services import SERVICES
from scripts.machine.console import UserError
from scripts.machine.ports import Wanted, check_ports, free_ports
from scripts.starting.early_ports import check_early


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


def test_before_installing_a_comment_in_env_is_no_part_of_its_value(
    taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["HOST", *(info.port_variable for info in SERVICES.values())]
    for name in names:
        monkeypatch.delenv(name, raising=False)
    lines = [
        f"{name}={value}  # nota"
        for name, value in zip(names, chain(["127.0.0.1"], free_ports()), strict=False)
    ]
    env = tmp_path / ".env"
    env.write_text("\n".join(lines), encoding="utf-8")
    check_early(tmp_path)

    env.write_text("\n".join([*lines, f"CITAS_SERVICE_PORT='{taken}' # nota"]), encoding="utf-8")
    with pytest.raises(UserError, match=f"el puerto {taken} ya está ocupado"):
        check_early(tmp_path)
