"""Lo que gunicorn anota, menos su propia línea por petición: la del servicio ya la dice."""

from gunicorn.glogging import Logger


class QuietLogger(Logger):  # type: ignore[misc]
    """Anota solo lo que le pasa a gunicorn."""

    # Con `logconfig_dict` armaría en cada petición una línea que nadie escribe.
    access_log_enabled = False
