"""La puerta que se entrega en `deploy/nginx`: a dónde lleva, qué repite y qué calla."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice

import pytest

from common.services import SERVICES
from common.web.body import MAX_BYTES
from scripts.machine.ports import free_ports
from scripts.starting.front_door import SHIPPED, front_door, is_installed
from tests.deploy.door import change, house_error, with_tls
from tests.deploy.replica import Replica, replicas

pytestmark = pytest.mark.skipif(not is_installed(), reason="falta nginx")
LIST = "/api/citas/appointments"


@contextmanager
def two(**same: float) -> Iterator[list[Replica]]:
    """Dos réplicas atendiendo; lo que se diga vale para las dos."""
    with ExitStack() as stack:
        group = replicas(2)
        for replica in group:
            vars(replica).update(same)
        yield [stack.enter_context(replica.running()) for replica in group]


def test_each_service_is_reached_by_its_base_path_with_the_address_untouched(opened):
    with ExitStack() as stack:
        served = dict(zip(SERVICES, replicas(5), strict=True))
        for replica in served.values():
            stack.enter_context(replica.running())
        door = opened(**{name: [replica] for name, replica in served.items()})
        for info in SERVICES.values():
            assert door.send("GET", f"{info.base_path}/a%2Fb//c?search=%C3%91&x=1").status == 200
    for name, info in SERVICES.items():
        assert [seen.path for seen in served[name].seen] == [f"{info.base_path}/a%2Fb//c?search=%C3%91&x=1"]


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/otro/x", "/apis/citas/x"])
def test_an_address_that_leads_nowhere_is_404_in_json(opened, path):
    house_error(opened(citas=replicas(1)).send("GET", path), 404, "no_encontrado")


@pytest.mark.parametrize("path", ["live", "metrics", "metrics?x=1", "%6Detrics", "./metrics"])
@pytest.mark.parametrize("name", SERVICES)
def test_what_is_for_the_watching_machine_is_not_seen_from_outside(opened, name, path):
    with replicas(1)[0].running() as replica:
        door = opened(**{name: [replica]})
        house_error(door.send("GET", f"{SERVICES[name].base_path}/{path}"), 404, "no_encontrado")
        assert door.send("GET", f"{SERVICES[name].base_path}/health").status == 200
    assert [seen.path for seen in replica.seen] == [f"{SERVICES[name].base_path}/health"]


def test_the_body_limit_is_that_of_the_services(opened):
    with replicas(1)[0].running() as replica:
        door = opened(citas=[replica])
        assert door.send("POST", LIST, b"x" * MAX_BYTES).status == 200
        house_error(door.send("POST", LIST, b"x" * (MAX_BYTES + 1)), 413, "cuerpo_muy_grande")
        head = f"POST {LIST} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = door.raw(
            head.encode(), b"80000\r\n" + b" " * 0x80000 + b"\r\n", b"80001\r\n" + b" " * 0x80001
        )
    assert b"413" in answer.split(b"\r\n")[0]
    assert b"cuerpo_muy_grande" in answer
    assert len(replica.seen) == 1


def test_an_address_longer_than_a_service_admits_is_refused_in_json(opened):
    house_error(
        opened(citas=replicas(1)).send("GET", LIST + "?search=" + "x" * 5000), 414, "direccion_muy_larga"
    )


def test_what_is_not_http_is_refused_in_json(opened):
    answer = opened(citas=replicas(1)).raw(b"GET /api/citas/x HTTP/1.1\r\n\r\n")
    assert b"400" in answer.split(b"\r\n")[0]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "peticion_invalida"


def test_with_no_replica_alive_the_answer_says_when_to_repeat(opened):
    answer = opened(citas=replicas(2)).send("GET", LIST)
    house_error(answer, 502, "servicio_no_disponible")
    assert answer.headers["Retry-After"] == "2"


def test_a_replica_that_takes_too_long_is_504_and_nobody_else_is_asked(opened):
    def hurry(place):
        change(place, "proxy_read_timeout 60s", "proxy_read_timeout 1s")
        change(place, "next_upstream_timeout 5s", "next_upstream_timeout 1s")

    with two(seconds=3.0) as group:
        house_error(opened(hurry, citas=group).send("GET", LIST), 504, "servicio_lento")
        assert sum(len(replica.seen) for replica in group) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_write_that_went_out_is_never_repeated(opened, method):
    with two(cuts=True) as group:
        house_error(opened(citas=group).send(method, LIST, b"{}"), 502, "servicio_no_disponible")
    assert sum(len(replica.seen) for replica in group) == 1


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_what_never_reached_a_dead_replica_goes_to_the_other(opened, method):
    alive, dead = replicas(2)
    with alive.running():
        door = opened(citas=[dead, alive])
        assert {door.send(method, LIST, b"{}").status for _ in range(4)} == {200}
    assert [seen.method for seen in alive.seen] == [method] * 4


def test_a_read_that_a_replica_drops_is_asked_of_the_other(opened):
    with two() as (dying, alive):
        dying.cuts = True
        door = opened(citas=[dying, alive])
        assert {door.send("GET", LIST).status for _ in range(4)} == {200}
    assert dying.seen
    assert len(alive.seen) == 4


def test_the_replica_learns_who_calls_after_whatever_the_client_says(opened):
    with replicas(1)[0].running() as replica:
        opened(citas=[replica]).send("GET", LIST, X_Forwarded_For="8.8.8.8", X_Forwarded_Proto="https")
    (seen,) = replica.seen
    assert seen.headers["X-Forwarded-For"] == "8.8.8.8, 127.0.0.1"
    assert seen.headers["X-Forwarded-Proto"] == "http"


def test_a_request_keeps_its_identifier_and_gets_one_if_it_has_none_that_serves(opened):
    with replicas(1)[0].running() as replica:
        door = opened(citas=[replica])
        door.send("GET", LIST, X_Request_ID="caja-7")
        door.send("GET", LIST, X_Request_ID="con espacios")
        door.send("GET", LIST)
    given, *made = [seen.headers["X-Request-ID"] for seen in replica.seen]
    assert given == "caja-7"
    assert all(re.fullmatch("[0-9a-f]{32}", identifier) for identifier in made)


def test_what_a_service_answers_passes_untouched(opened):
    with replicas(1)[0].running() as replica:
        answer = opened(citas=[replica]).send("GET", LIST, Accept_Encoding="gzip")
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert (answer.headers["ETag"], answer.headers["Content-Encoding"]) == ('"7"', None)


def test_a_body_reaches_the_replica_only_when_it_is_whole(opened):
    with replicas(1)[0].running() as replica:
        door = opened(
            lambda place: change(place, "client_body_timeout 10s", "client_body_timeout 1s"), citas=[replica]
        )
        head = f"POST {LIST} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
        answer = door.raw(head.encode() + b"{")
        assert answer == b"" or b" 408 " in answer.split(b"\r\n")[0]
    assert replica.seen == []


def test_headers_that_never_end_are_cut(opened):
    door = opened(
        lambda place: change(place, "client_header_timeout 10s", "client_header_timeout 1s"),
        citas=replicas(1),
    )
    answer = door.raw(f"GET {LIST} HTTP/1.1\r\nHost: x\r\nX-A".encode())
    assert answer == b"" or b" 408 " in answer.split(b"\r\n")[0]


def test_too_many_logins_in_a_row_are_429_and_other_requests_are_not(opened):
    with replicas(1)[0].running() as replica:
        door = opened(auth=[replica])
        answers = [door.send("POST", "/api/auth/login", b"{}") for _ in range(60)]
        refused = [answer for answer in answers if answer.status != 200]
        assert 200 in {answer.status for answer in answers}
        house_error(refused[0], 429, "demasiadas_peticiones")
        assert door.send("GET", "/api/auth/me").status == 200


def test_the_log_says_what_was_asked_without_what_it_searched(opened):
    with replicas(1)[0].running() as replica:
        door = opened(citas=[replica])
        door.send("GET", f"{LIST}?search=dato-privado", X_Request_ID="r1")
        door.send("GET", "/no-existe?token=dato-privado", X_Request_ID="r2")
    log = door.place / "clinica.log"
    while len(log.read_text().splitlines()) < 2:
        time.sleep(0.02)
    assert "dato-privado" not in log.read_text()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    found = sorted((line["request_id"], line["method"], line["path"], line["status"]) for line in lines)
    assert found == [("r1", "GET", LIST, 200), ("r2", "GET", "/no-existe", 404)]


def test_with_tls_the_plain_address_leads_to_the_safe_one_and_the_service_knows(opened, tmp_path):
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    name = ["-subj", "/CN=clinica.example", "-addext", "subjectAltName=IP:127.0.0.1"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made = ["openssl", "req", "-x509", *curve, *name, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    with replicas(1)[0].running() as replica:
        # Ninguno de los dos primeros: uno es el de la puerta.
        safe = next(islice(free_ports(), 2, None))
        door = opened(lambda place: with_tls(place, safe, tmp_path), citas=[replica])
        moved = door.send("POST", LIST, b"{}")
        assert (moved.status, moved.headers["Location"]) == (308, f"https://127.0.0.1{LIST}")
        found = [door.send_safely(safe, certificate, path) for path in (LIST, "/nada")]
    assert [answer.status for answer in found] == [200, 404]
    assert [seen.headers["X-Forwarded-Proto"] for seen in replica.seen] == ["https"]
    for answer in found:
        assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]


def test_behind_a_balancer_the_client_is_the_one_it_saw(opened):
    def behind(place):
        shutil.copy(SHIPPED.parent / "kubernetes" / "nginx" / "ahead.conf", place / "clinica")
        # El balanceador de la prueba está en este equipo.
        change(place, "set_real_ip_from 10.0.0.0/8", "set_real_ip_from 127.0.0.0/8", "ahead.conf")

    with replicas(1)[0].running() as replica:
        door = opened(behind, citas=[replica])
        door.send("GET", LIST, X_Forwarded_For="8.8.8.8, 190.15.1.7", X_Forwarded_Proto="https")
    (seen,) = replica.seen
    assert seen.headers["X-Forwarded-For"].split(", ")[-1] == "190.15.1.7"
    assert seen.headers["X-Forwarded-Proto"] == "https"


@pytest.mark.parametrize("variant", ["nginx/containers/replicas.conf", "kubernetes/nginx/replicas.conf"])
def test_every_list_of_replicas_is_one_nginx_accepts(tmp_path, variant):
    text = (SHIPPED.parent / variant).read_text(encoding="utf-8")
    # Los nombres son de la red de los contenedores.
    local = re.sub(r"server [\w-]+:", "server 127.0.0.1:", text)
    task = front_door(tmp_path / "nginx", 12345, {}).task
    (tmp_path / "nginx" / "clinica" / "replicas.conf").write_text(local, encoding="utf-8")
    done = subprocess.run([*task.command, "-t"], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^upstream (\w+)", text, re.MULTILINE) == list(SERVICES)
