"""El proceso de gunicorn que atiende, con una diferencia al parar: cierra su puerta en el acto.

El suyo deja de aceptar pero conserva el puerto hasta que termina lo que está en curso. Quien llegara mientras
tanto quedaría esperando para nada; así la conexión se rechaza y la atiende otro proceso u otra réplica.
"""

from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]
    """Atiende con hilos."""

    def set_accept_enabled(self, enabled: bool) -> None:
        """Acepta conexiones o deja de aceptarlas; al parar, para siempre."""
        is_leaving = not (enabled or self.alive)
        if is_leaving:
            self._accept_those_waiting()
        super().set_accept_enabled(enabled)
        if is_leaving:
            for listener in self.sockets:
                listener.close()
            self.sockets: list[Any] = []

    def _accept_those_waiting(self) -> None:
        """Toma a quienes ya habían llegado: al cerrar, el sistema los echaría."""
        for listener in self.sockets:
            before = -1
            while before != self.nr_conns:
                before = self.nr_conns
                self.accept(listener)


class QuietLogger(Logger):  # type: ignore[misc]
    """Anota solo lo que le pasa a gunicorn."""

    # Con `logconfig_dict` armaría en cada petición una línea que nadie escribe.
    access_log_enabled = False
