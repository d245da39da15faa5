"""El cliente del SRI contra el SRI simulado, por HTTP de verdad: qué se sabe después de cada fallo."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from facturacion_service.sri.exchange.client import (
    BIGGEST_ANSWER,
    NotSent,
    SriClient,
    UnknownOutcome,
    access_key_of,
)
from scripts.trials.at_once import at_once
from tests.facturacion.sri import samples
from tests.facturacion.sri.signing import signed, signers

fake_sri = pytest.importorskip("scripts.fake_sri", reason="el SRI simulado no está en la carpeta")
failures = pytest.importorskip("scripts.fake_sri.failures")

OTHER = samples.heading(sequential=124).access_key
SHORT = 1  # segundos: lo que dura el plazo en las pruebas que lo agotan


@pytest.fixture(scope="module")
def paper():
    """La clave y los bytes de una factura firmada."""
    return signed.document()


@pytest.fixture
def sri():
    with fake_sri.FakeSri(clock=lambda: signed.NOON) as fake:
        yield fake


@pytest.fixture
def connect(sri):
    """Un cliente con un plazo, en segundos."""
    opened = []

    def new(seconds=20, url=None):
        opened.append(SriClient(url or sri.url, seconds))
        return opened[-1]

    yield new
    for client in opened:
        client.close()


def test_a_document_arrives_byte_by_byte_and_comes_back_authorized(sri, connect, paper):
    key, xml = paper
    client = connect()
    sent = client.send(xml)
    assert (sent.answer.state, sent.answer.messages, sent.http_status) == ("RECIBIDA", (), 200)
    assert sri.documents[key].xml == xml
    asked = client.ask(key)
    assert (asked.answer.state, asked.answer.number) == ("AUTORIZADO", key)
    assert asked.answer.at == signed.NOON
    assert asked.answer.document.encode() == xml
    assert asked.answer.messages[0].identifier == "60"
    assert (sri.receptions[key], sri.authorizations[key]) == (1, 1)


def test_an_exchange_keeps_what_came_and_when(sri, connect, paper):
    sent = connect().send(paper[1])
    assert b"RespuestaRecepcionComprobante" in sent.raw
    assert sent.asked_at <= sent.answered_at


def test_a_returned_document_says_why(sri, connect, paper):
    client = connect()
    client.send(paper[1])
    client.ask(paper[0])
    again = client.send(paper[1]).answer
    assert (again.state, again.messages[0].identifier) == ("DEVUELTA", "43")


def test_a_key_the_sri_does_not_have_is_unknown_and_not_rejected(connect, paper):
    assert connect().ask(paper[0]).answer.state == "DESCONOCIDO"


@pytest.mark.parametrize("key", ["", "1" * 48, "1" * 50, "x" * 49, "１" * 49])
def test_only_a_key_is_asked_for(sri, connect, key):
    with pytest.raises(ValueError, match="49 dígitos"):
        connect().ask(key)
    assert not sri.authorizations


@pytest.mark.parametrize("xml", [b"", b"nada", b"<factura/>", b"<a><infoTributaria/></a>"])
def test_only_a_document_with_its_key_is_sent(sri, connect, xml):
    with pytest.raises(ValueError, match="clave de acceso de 49 dígitos"):
        connect().send(xml)
    assert not sri.receptions


def test_the_key_of_a_document_is_the_one_in_it(paper):
    assert access_key_of(paper[1]) == paper[0]


# Lo que deja en duda si llegó.

UNCERTAIN = {
    "corta sin contestar": failures.disconnected(),
    "corta sin recibir": failures.disconnected(stores=False),
    "corta a media respuesta": failures.truncated(),
    "da media respuesta": failures.cut_short(),
    "error 500": failures.http_error(500),
    "error 502 tras recibir": failures.http_error(502, stores=True),
    "error 503": failures.http_error(503),
    "404": failures.http_error(404),
    "redirige": failures.http_error(302),
    "aceptado sin respuesta": failures.http_error(202),
    "mantenimiento": failures.html(),
    "basura": failures.garbage(),
    "vacío": failures.garbage(b""),
    "fallo SOAP": failures.fault("ORA-01034"),
    "de otra clave": failures.about_another(OTHER),
    "enorme": failures.enormous(BIGGEST_ANSWER),
}


@pytest.mark.parametrize("failure", UNCERTAIN.values(), ids=UNCERTAIN)
def test_after_the_body_left_nothing_is_certain(sri, connect, paper, failure):
    client = connect()
    sri.on_authorization(failure)
    with pytest.raises(UnknownOutcome) as error:
        client.ask(paper[0])
    assert error.value.reason
    assert error.value.asked_at <= error.value.failed_at
    assert client.ask(paper[0]).answer.state == "DESCONOCIDO"


@pytest.mark.parametrize(
    "failure", [one for name, one in UNCERTAIN.items() if name != "de otra clave"], ids=lambda _: ""
)
def test_what_was_uncertain_is_known_by_asking(sri, connect, paper, failure):
    key, xml = paper
    client = connect()
    sri.on_reception(failure)
    with pytest.raises(UnknownOutcome):
        client.send(xml)
    arrived = client.ask(key).answer.state
    assert arrived == ("AUTORIZADO" if failure.stores else "DESCONOCIDO")


def test_a_fault_is_told_with_its_words_and_its_status(sri, connect, paper):
    sri.on_reception(failures.fault("Sin espacio en el SRI"))
    with pytest.raises(UnknownOutcome, match="Sin espacio en el SRI") as error:
        connect().send(paper[1])
    assert error.value.http_status == 500
    assert b"faultstring" in error.value.raw


def test_an_error_page_is_told_by_its_status_and_kept(sri, connect, paper):
    sri.on_reception(failures.http_error(503))
    with pytest.raises(UnknownOutcome, match="HTTP 503") as error:
        connect().send(paper[1])
    assert (error.value.http_status, error.value.raw) == (503, b"<html><body>Error</body></html>")


def test_a_good_answer_with_a_bad_status_is_not_believed(sri, connect, paper):
    client = connect()
    good = client.send(paper[1]).raw
    sri.on_reception(failures.Failure(lambda _reply, _call: failures.Reply(good, 500)))
    with pytest.raises(UnknownOutcome, match="HTTP 500"):
        client.send(paper[1])


def test_of_an_enormous_answer_only_the_limit_is_read(sri, connect, paper):
    sri.on_reception(failures.enormous(2 * BIGGEST_ANSWER))
    with pytest.raises(UnknownOutcome, match="pasa de") as error:
        connect().send(paper[1])
    assert len(error.value.raw) < BIGGEST_ANSWER + 100_000


# El plazo es de todo el intercambio: si no lo fuera, estas respuestas llegarían completas.


def test_who_does_not_answer_leaves_it_uncertain(sri, connect, paper):
    stored = threading.Event()
    sri.when_storing(after=lambda _key: stored.set())
    sri.on_reception(failures.silent())
    with pytest.raises(UnknownOutcome, match="no contestó a tiempo"):
        connect(SHORT).send(paper[1])
    assert stored.wait(20)
    assert paper[0] in sri.documents


def test_a_late_answer_is_not_waited_for(sri, connect, paper):
    sri.on_reception(failures.late(30))
    with pytest.raises(UnknownOutcome, match="no contestó a tiempo"):
        connect(SHORT).send(paper[1])


def test_a_slow_drip_does_not_outlive_the_deadline_and_what_came_is_kept(sri, connect, paper):
    sri.on_reception(failures.dripping(0.05))
    with pytest.raises(UnknownOutcome, match="no contestó a tiempo") as error:
        connect(2 * SHORT).send(paper[1])
    assert error.value.raw.startswith(b"<")
    assert error.value.http_status == 200


@contextmanager
def listening(attend) -> Iterator[str]:
    """La dirección de un servidor que hace con cada conexión lo que diga `attend`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                attend(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(20)


def test_dripping_headers_do_not_outlive_the_deadline(connect, paper):
    gone = threading.Event()

    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Relleno: ")
        for _ in range(100):
            connection.sendall(b"x")
            if gone.wait(0.05):
                return

    with listening(drip) as address:
        with pytest.raises(UnknownOutcome, match="no contestó a tiempo"):
            connect(SHORT, f"http://{address}").ask(paper[0])
        gone.set()


def test_who_accepts_and_never_reads_leaves_it_uncertain(connect, paper):
    gone = threading.Event()
    with listening(lambda _connection: gone.wait(20)) as address:
        with pytest.raises(UnknownOutcome, match="no contestó a tiempo"):
            connect(SHORT, f"http://{address}").send(paper[1])
        gone.set()


# Lo que seguro no llegó.


def test_down_it_surely_did_not_arrive_and_back_on_its_port_the_same_client_goes_on(sri, connect, paper):
    client = connect()
    client.ask(paper[0])
    with sri.outage():
        for call in (lambda: client.send(paper[1]), lambda: client.ask(paper[0])):
            with pytest.raises(NotSent, match="rechazó la conexión") as error:
                call()
            assert (error.value.http_status, error.value.raw) == (None, b"")
    assert client.send(paper[1]).answer.state == "RECIBIDA"


def test_a_name_that_does_not_exist_was_surely_not_reached(connect, paper):
    with pytest.raises(NotSent, match="no se encontró"):
        connect(5, "http://sri.invalid/comprobantes-electronicos-ws").send(paper[1])


def test_to_an_untrusted_certificate_nothing_is_sent(connect, paper, tmp_path):
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    owner = signers.credential()
    file = tmp_path / "tls.pem"
    file.write_bytes(
        owner.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + owner.certificate.public_bytes(Encoding.PEM)
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    heard = []

    def greet(connection):
        with pytest.raises(ssl.SSLError), tls.wrap_socket(connection, server_side=True) as wrapped:
            heard.append(wrapped.recv(1))

    with listening(greet) as address, pytest.raises(NotSent, match="TLS"):
        connect(20, f"https://{address}").send(paper[1])
    assert heard == []


def test_to_who_does_not_speak_tls_nothing_is_sent(connect, sri, paper):
    with pytest.raises(NotSent):
        connect(20, sri.url.replace("http:", "https:")).send(paper[1])
    assert not sri.receptions


def test_the_proxies_of_the_environment_are_not_used(sri, connect, paper, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert connect().send(paper[1]).answer.state == "RECIBIDA"


# El SRI contesta, aunque no lo que uno quisiera.


@pytest.mark.parametrize("code", ["2", "35", "39", "43", "45", "50", "65", "70"])
def test_each_code_of_a_returned_document_reaches_who_asked(sri, connect, paper, code):
    sri.on_reception(failures.returned(code))
    answer = connect().send(paper[1]).answer
    assert (answer.state, [one.identifier for one in answer.messages]) == ("DEVUELTA", [code])


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (failures.not_authorized("39"), "NO_AUTORIZADO"),
        (failures.not_authorized("52", state="RECHAZADA"), "NO_AUTORIZADO"),
        (failures.in_state("EN PROCESO"), "EN_PROCESO"),
        (failures.in_state("EN PROCESAMIENTO"), "EN_PROCESO"),
        (failures.in_state("PPR"), "EN_PROCESO"),
        (failures.nothing_known(), "DESCONOCIDO"),
    ],
)
def test_each_state_of_an_authorization_reaches_who_asked(sri, connect, paper, failure, state):
    client = connect()
    client.send(paper[1])
    sri.on_authorization(failure, times=2)
    assert [client.ask(paper[0]).answer.state for _ in range(3)] == [state, state, "AUTORIZADO"]


def test_one_client_serves_several_threads(sri, connect):
    papers = [signed.document(heading=samples.heading(sequential=number)) for number in range(1, 9)]
    client = connect()
    at_once([partial(client.send, xml) for _, xml in papers])
    assert sorted(sri.documents) == sorted(key for key, _ in papers)
    assert all(client.ask(key).answer.number == key for key, _ in papers)
