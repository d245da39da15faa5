"""Un servidor de correo de verdad para las pruebas: guarda lo que recibe, o responde lo que se le diga."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from tempfile import NamedTemporaryFile
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from common.mail.smtp import MailServer
from scripts.machine.ports import free_ports

HOST = "localhost"
USER, PASSWORD = "clinica", "una-clave"


class Mailbox:
    """Lo recibido, y las respuestas distintas de la normal, por orden SMTP."""

    def __init__(self, replies: dict[str, str]) -> None:
        self.replies = replies
        self.received: list[tuple[str, list[str], EmailMessage]] = []
        self.server = MailServer(HOST, 0)

    async def handle_MAIL(  # noqa: N802 - así se llaman en aiosmtpd
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if "RCPT" not in self.replies:
            envelope.rcpt_tos.append(address)
        return self.replies.get("RCPT", "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        reply = self.replies.get("DATA", "250 OK")
        if reply.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=policy.default)
            self.received.append((envelope.mail_from, envelope.rcpt_tos, mail))
        return reply

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return self.replies.get("QUIT", "221 Adiós")


@contextmanager
def mailbox(*, security: str = "none", login: bool = False, **replies: str) -> Iterator[Mailbox]:
    """Un servidor que atiende mientras dure el bloque; `box.server` es cómo se llega a él."""
    box = Mailbox(replies)
    context, trust = _certificate() if security != "none" else (None, None)
    controller = Controller(
        box,
        hostname=HOST,
        port=next(free_ports()),
        ssl_context=context if security == "tls" else None,
        tls_context=context if security == "starttls" else None,
        auth_require_tls=security == "starttls",
        auth_required=login,
        authenticator=_authenticate,
    )
    controller.start()
    try:
        box.server = MailServer(HOST, controller.port, security, timeout_seconds=10, context=trust)
        yield box
    finally:
        controller.stop()


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


def _certificate() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """El contexto de un servidor con certificado propio y el de un cliente que confía en él."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = certificate.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # La biblioteca solo los carga de un archivo.
    with NamedTemporaryFile() as file:
        file.write(private + written.encode())
        file.flush()
        server.load_cert_chain(file.name)
    return server, ssl.create_default_context(cadata=written)
