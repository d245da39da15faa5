"""El PostgreSQL incluido, con servidores de verdad."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from scripts.machine.console import UserError
from scripts.postgres_here import places
from scripts.postgres_here.server import EmbeddedPostgres

POSIX = sys.platform != "win32"
AS_ROOT = POSIX and os.geteuid() == 0


def ask(server: EmbeddedPostgres, statement: str, database: str = "postgres") -> str:
    session = psycopg2.connect(server.url(database))
    session.autocommit = True
    try:
        with session.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return str(row[0]) if row else ""
    finally:
        session.close()


def postmaster(server: EmbeddedPostgres) -> psutil.Process:
    return psutil.Process(int((server.data_dir / "postmaster.pid").read_text().split()[0]))


def wait_for_end(process: psutil.Process) -> None:
    """Un proceso adoptado por nadie puede quedar como zombi: también cuenta como terminado."""
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.05)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Una carpeta a la que llega también la cuenta sin privilegios, cuando se prueba como root."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield Path(place) / "con espacio" / ".pgdata"


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder, fast=True) as running:
        yield running


def test_it_serves_spanish_text_in_utf8(server: EmbeddedPostgres) -> None:
    assert server.create_database("clinica")
    assert not server.create_database("clinica")
    assert ask(server, "select lower('ÁRBOL Ñ')", "clinica") == "árbol ñ"
    assert ask(server, "show server_encoding", "clinica") == "UTF8"
    assert ask(server, "show max_connections") == "200"
    ask(server, "create extension btree_gist; create extension unaccent", "clinica")


def test_the_same_folder_keeps_its_data_and_its_port(server: EmbeddedPostgres) -> None:
    ask(server, "create table nota as select 7 as valor")
    server.stop()
    with EmbeddedPostgres(server.data_dir, fast=True) as again:
        assert again.port == server.port
        assert ask(again, "select valor from nota") == "7"


def test_a_stopped_server_leaves_nothing_running(server: EmbeddedPostgres) -> None:
    main = postmaster(server)
    server.stop()

    assert not server.is_running()
    assert not main.is_running()
    with pytest.raises(psycopg2.OperationalError):
        ask(server, "select 1")


def test_it_comes_back_on_the_same_port_after_a_kill(server: EmbeddedPostgres) -> None:
    ask(server, "create table nota as select 7 as valor")
    ask(server, "checkpoint")
    port, main = server.port, postmaster(server)
    main.kill()
    wait_for_end(main)
    assert not server.is_running()

    server.start()

    assert server.port == port
    assert ask(server, "select valor from nota") == "7"


def test_a_server_left_running_is_adopted_and_then_stopped(server: EmbeddedPostgres) -> None:
    server.stop()
    account = places.choose_account(server.data_dir)
    installation = places.find_installation(account)
    options = f"-h 127.0.0.1 -p {server.port + 1} -c unix_socket_directories="
    log = str(server.data_dir / "otro.log")
    command = ("start", "-w", "-D", str(server.data_dir), "-l", log, "-o", options)
    assert places.run_tool(installation, account, "pg_ctl", *command).returncode == 0

    with EmbeddedPostgres(server.data_dir) as heir:
        assert heir.adopted
        assert heir.port == server.port + 1
        assert ask(heir, "select 1") == "1"
        main = postmaster(heir)
    wait_for_end(main)
    assert not heir.is_running()


def test_a_number_inherited_by_another_program_is_not_its_server(server: EmbeddedPostgres) -> None:
    server.stop()
    lines = [os.getpid(), server.data_dir, 1700000000, server.port, "", "127.0.0.1", "", "ready"]
    (server.data_dir / "postmaster.pid").write_text("\n".join(map(str, lines)) + "\n")

    server.start()

    assert not server.adopted
    assert ask(server, "select 1") == "1"


def test_a_taken_port_gives_way_to_the_next(server: EmbeddedPostgres) -> None:
    server.stop()
    other = EmbeddedPostgres(server.data_dir, fast=True)
    with socket.create_server(("127.0.0.1", server.port)), other:
        assert other.port != server.port
        assert other.port < 32768


def test_an_interrupted_creation_is_repeated(folder: Path) -> None:
    half = folder.with_name(".pgdata.nueva")
    (half / "base").mkdir(parents=True)
    folder.mkdir()
    (folder / "PG_VERSION").write_text("18\n")

    with EmbeddedPostgres(folder, fast=True) as server:
        assert ask(server, "select 1") == "1"
        assert "apartó" in server.notices[0]
    assert not half.exists()
    assert len(list(folder.parent.glob(".pgdata.apartada-*/PG_VERSION"))) == 1


def test_data_of_another_version_is_explained(server: EmbeddedPostgres) -> None:
    server.stop()
    (server.data_dir / "PG_VERSION").write_text("9\n")

    with pytest.raises(UserError, match="son de PostgreSQL 9"):
        EmbeddedPostgres(server.data_dir).start()


def test_a_throw_away_server_leaves_no_folder() -> None:
    with EmbeddedPostgres(fast=True) as server:
        assert ask(server, "show fsync") == "off"
        place = server.data_dir.parent
        assert place.exists()
    assert not place.exists()


ORPHAN = """
import sys, time
from scripts.postgres_here.server import EmbeddedPostgres
server = EmbeddedPostgres(fast=True)
server.start()
print(server.data_dir, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="solo Linux avisa al hijo de la muerte del padre")
def test_it_does_not_outlive_a_killed_launcher() -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout
        data_dir = Path(launcher.stdout.readline().strip())
        main = psutil.Process(int((data_dir / "postmaster.pid").read_text().split()[0]))
        launcher.send_signal(signal.SIGKILL)
    wait_for_end(main)

    with EmbeddedPostgres(data_dir, fast=True) as heir:
        assert ask(heir, "select 1") == "1"
    subprocess.run(["rm", "-rf", str(data_dir.parent)], check=True)


@pytest.mark.skipif(not AS_ROOT, reason="solo root puede usar una carpeta cerrada para PostgreSQL")
def test_a_folder_closed_to_its_account_is_changed_for_another(tmp_path: Path) -> None:
    closed = tmp_path / "cerrada"
    closed.mkdir(mode=0o700)

    with EmbeddedPostgres(closed / ".pgdata", fast=True) as server:
        place = server.data_dir
        assert not place.is_relative_to(closed)
        assert str(place) in server.notices[0]
        assert ask(server, "select 1") == "1"
    subprocess.run(["rm", "-rf", str(place.parent)], check=True)


AS_NOBODY = "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534); import psycopg2, psutil\n"


@pytest.mark.skipif(not AS_ROOT, reason="sin ser root, todas las demás pruebas ya son este caso")
def test_an_ordinary_user_starts_it_too() -> None:
    if subprocess.run([sys.executable, "-c", AS_NOBODY], capture_output=True).returncode:
        pytest.skip("un usuario común no puede leer este Python ni sus paquetes")
    script = AS_NOBODY + ORPHAN.replace("time.sleep(60)", "server.stop(); print('detenido')")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=os.getcwd())

    assert "detenido" in done.stdout, done.stderr
