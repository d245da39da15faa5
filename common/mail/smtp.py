"""El envío de un correo por SMTP, y qué hacer si no sale.

No sabe de colas: dice si salió, si conviene volver a intentarlo o si no tiene remedio.
"""

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage

# Piden autenticarse: es la configuración lo que falla, no este mensaje (RFC 4954, sección 6).
_AUTHENTICATION_CODES = {530, 534, 535, 538}
# Lo que se guarda de la respuesta del servidor, en caracteres.
_MAX_REPLY = 300


class MailError(Exception):
    """El correo no salió.

    :param permanent: si volver a enviar lo mismo dará lo mismo.
    :param words: qué pasó, en una frase para una persona.
    """

    def __init__(self, words: str, *, permanent: bool) -> None:
        super().__init__(words)
        self.words = words
        self.permanent = permanent


@dataclass(frozen=True)
class MailServer:
    """Por dónde sale el correo; los nombres son los de la configuración, `smtp_*`.

    :param security: `starttls`, `tls` o `none`.
    :param user: vacío si el servidor no pide usuario.
    :param context: para confiar en otras autoridades; sin él, las del sistema.
    """

    host: str
    port: int
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: int = 30
    context: ssl.SSLContext | None = field(default=None, repr=False)


def send(mail: EmailMessage, server: MailServer) -> None:
    """Entrega el correo al servidor.

    :raises MailError: permanente si el servidor rechazó el mensaje o a su destinatario; temporal si no hubo
        conexión, si el servidor pidió esperar o si no aceptó nuestra clave.
    """
    client = _connected(server)
    try:
        client.send_message(mail)
    except OSError as error:
        raise _refused(error) from error
    finally:
        # El mensaje ya fue aceptado o rechazado: una despedida fallida no cambia nada.
        with suppress(OSError):
            client.quit()
        client.close()


def _connected(server: MailServer) -> smtplib.SMTP:
    """Una sesión cifrada y autenticada, según se pida.

    :raises MailError: siempre temporal: nada de esto depende del mensaje.
    """
    try:
        client = _opened(server)
    # UnicodeError: un nombre de servidor que no puede existir.
    except (OSError, UnicodeError) as error:
        raise _unreachable(server, error) from error
    try:
        _secure(client, server)
    except (OSError, UnicodeError) as error:
        client.close()
        raise _unreachable(server, error) from error
    return client


def _opened(server: MailServer) -> smtplib.SMTP:
    if server.security != "tls":
        return smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
    return smtplib.SMTP_SSL(
        server.host, server.port, timeout=server.timeout_seconds, context=_context(server)
    )


def _secure(client: smtplib.SMTP, server: MailServer) -> None:
    if server.security == "starttls":
        client.starttls(context=_context(server))
    if server.user:
        client.login(server.user, server.password)


def _context(server: MailServer) -> ssl.SSLContext:
    return server.context or ssl.create_default_context()


def _unreachable(server: MailServer, error: Exception) -> MailError:
    words = f"El servidor de correo {server.host}:{server.port} {_reason(error)}."
    return MailError(words, permanent=False)


def _refused(error: OSError) -> MailError:
    """El rechazo de un mensaje: definitivo con los códigos 5xx, salvo los de autenticación."""
    code = _reply(error)[0]
    permanent = 500 <= code <= 599 and code not in _AUTHENTICATION_CODES
    return MailError(f"El servidor de correo {_reason(error)}.", permanent=permanent)


def _reply(error: Exception) -> tuple[int, str]:
    """El código y el texto que respondió el servidor; -1 si no respondió."""
    text: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        return -1, ""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return code, " ".join(words.split())[:_MAX_REPLY]


# De lo particular a lo general: vale la primera clase que coincide.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPAuthenticationError, "no aceptó el usuario o la clave"),
    (smtplib.SMTPRecipientsRefused, "rechazó al destinatario"),
    (smtplib.SMTPSenderRefused, "rechazó al remitente"),
    (smtplib.SMTPDataError, "rechazó el mensaje"),
    (smtplib.SMTPNotSupportedError, "no ofrece el cifrado o el usuario y clave que pide la configuración"),
    (smtplib.SMTPServerDisconnected, "cortó la conexión o dejó de responder"),
    (smtplib.SMTPException, "no quiso atender"),
    (ssl.SSLCertVerificationError, "tiene un certificado que no es de confianza"),
    (ssl.SSLError, "no cifra como pide la configuración"),
    (socket.gaierror, "no se encuentra: revise su nombre"),
    (TimeoutError, "no respondió a tiempo"),
    (ConnectionError, "no acepta conexiones"),
    (UnicodeEncodeError, "solo admite usuario y clave sin tildes ni eñes"),
    (UnicodeError, "no se encuentra: revise su nombre"),
    (OSError, "no está al alcance de la red"),
)


def _reason(error: Exception) -> str:
    words = next(words for kind, words in _REASONS if isinstance(error, kind))
    code, text = _reply(error)
    return words if code == -1 else f"{words} ({code} {text})"
