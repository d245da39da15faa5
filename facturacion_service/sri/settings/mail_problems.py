"""Si hay por dónde enviar correos."""

from common.config import load_settings

NO_SERVER = "El sistema no tiene correo saliente configurado (SMTP_HOST y SMTP_FROM)."


def is_mail_configured() -> bool:
    """Si hay por dónde enviar correos y a nombre de quién."""
    settings = load_settings()
    return bool(settings.smtp_host and settings.smtp_from)
