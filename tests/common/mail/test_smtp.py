"""El envío, contra un servidor SMTP de verdad: qué llega, y si lo que falla conviene reintentarlo."""

import socket
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from threading import Event, Thread

import pytest

from common.mail.smtp import MailError, MailServer, send
from scripts.machine.ports import free_ports
from tests.mailbox import PASSWORD, USER, mailbox


def letter():
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@clinica.ec", "ana@example.com", "Hola"
    mail.set_content("Cuerpo")
    return mail


@contextmanager
def answering(listener, banner):
    """Quien escucha dice solo eso y cuelga; con `None`, calla hasta el final."""

    def attend():
        connection, _ = listener.accept()
        with connection:
            if banner is None:
                done.wait()
            else:
                connection.sendall(banner)

    done = Event()
    thread = Thread(target=attend)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def failure(server):
    with pytest.raises(MailError) as caught:
        send(letter(), server)
    return caught.value


def test_it_arrives_from_whom_and_to_whom_it_says():
    with mailbox() as box:
        send(letter(), box.server)
    ((sender, recipients, mail),) = box.received
    assert (sender, recipients) == ("a@clinica.ec", ["ana@example.com"])
    assert (mail["Subject"], mail.get_content()) == ("Hola", "Cuerpo\r\n")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_arrives_encrypted_and_with_user_and_password(security):
    with mailbox(security=security, login=security == "starttls") as box:
        user = {"user": USER, "password": PASSWORD} if security == "starttls" else {}
        send(letter(), replace(box.server, **user))
    assert len(box.received) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(security):
    with mailbox(security=security) as box:
        error = failure(replace(box.server, context=None))
    assert "certificado que no es de confianza" in error.words
    assert not error.permanent
    assert box.received == []


def test_nothing_goes_in_clear_when_encryption_was_asked_for():
    with mailbox() as box:
        error = failure(replace(box.server, security="starttls", user=USER, password=PASSWORD))
    assert "no ofrece el cifrado" in error.words
    assert not error.permanent
    assert box.received == []


@pytest.mark.parametrize(
    ("password", "words"), [("otra", "no aceptó el usuario o la clave (535"), ("ñandú", "sin tildes ni eñes")]
)
def test_a_wrong_password_is_ours_to_fix_and_not_the_end_of_the_message(password, words):
    with mailbox(security="starttls", login=True) as box:
        error = failure(replace(box.server, user=USER, password=password))
    assert words in error.words
    assert not error.permanent
    assert password not in error.words


@pytest.mark.parametrize(
    ("step", "reply", "permanent", "words"),
    [
        ("RCPT", "550 5.1.1 No existe", True, "rechazó al destinatario (550 5.1.1 No existe)"),
        ("RCPT", "450 4.2.1 Vuelva luego", False, "rechazó al destinatario (450"),
        ("RCPT", "421 4.3.2 Cerrando", False, "rechazó al destinatario (421"),
        ("MAIL", "553 5.1.8 Remitente desconocido", True, "rechazó al remitente (553"),
        ("MAIL", "451 4.7.1 Espere", False, "rechazó al remitente (451"),
        ("MAIL", "530 5.7.0 Identifíquese", False, "rechazó al remitente (530"),
        ("DATA", "552 5.3.4 Demasiado grande", True, "rechazó el mensaje (552 5.3.4 Demasiado grande)"),
        ("DATA", "452 4.3.1 Sin espacio", False, "rechazó el mensaje (452"),
    ],
)
def test_a_refusal_is_for_good_with_a_five_and_for_now_with_a_four(step, reply, permanent, words):
    with mailbox(**{step: reply}) as box:
        error = failure(box.server)
    assert error.permanent is permanent
    assert words in error.words
    assert box.received == []


def test_a_server_that_asks_for_a_user_is_a_matter_of_configuration():
    with mailbox(security="starttls", login=True) as box:
        error = failure(box.server)
    assert "530" in error.words
    assert not error.permanent


def test_an_accepted_message_is_sent_even_if_the_goodbye_fails():
    with mailbox(QUIT="421 Me voy antes") as box:
        send(letter(), box.server)
    assert len(box.received) == 1


@pytest.mark.parametrize(
    ("host", "words"),
    [("localhost", "no acepta conexiones"), ("a..b", "revise su nombre")],
)
def test_a_server_that_is_not_there_is_tried_again_later(host, words):
    port = next(free_ports())
    error = failure(MailServer(host, port, "none"))
    assert f"{host}:{port}" in error.words
    assert words in error.words
    assert not error.permanent


@pytest.mark.parametrize(
    ("banner", "words"),
    [
        (None, "dejó de responder"),
        (b"", "dejó de responder"),
        (b"554 5.7.1 Lista negra\r\n", "no quiso atender (554"),
        (b"hola\r\n", "no quiso atender"),
        (b"220 ok\r\n", "dejó de responder"),
    ],
)
def test_a_server_that_does_not_speak_well_is_tried_again_later(banner, words):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = MailServer("127.0.0.1", listener.getsockname()[1], "none", timeout_seconds=1)
        with answering(listener, banner):
            error = failure(server)
    assert words in error.words
    assert not error.permanent


def test_a_server_that_does_not_encrypt_is_told_apart():
    with mailbox() as box:
        error = failure(replace(box.server, security="tls"))
    assert "no cifra como pide la configuración" in error.words
    assert not error.permanent


def test_the_password_is_not_shown_with_the_server():
    assert "secreta" not in repr(MailServer("h", 25, password="secreta"))
