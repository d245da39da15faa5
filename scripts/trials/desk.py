"""Los servicios en marcha, vistos desde fuera: dónde está cada uno y cómo se entra y se trabaja en ellos."""

from collections.abc import Mapping

from common.services import SERVICES
from scripts.machine.ports import HOST
from scripts.starting import lineup
from scripts.trials.calls import Caller, Reply, call_once


class Reachable:
    """Unos servicios en marcha.

    :param ports: el puerto de cada uno.
    """

    def __init__(self, ports: Mapping[str, int]) -> None:
        self.ports = ports

    def address(self, name: str) -> str:
        """La dirección base de un servicio."""
        return lineup.address(SERVICES[name], HOST, self.ports[name])

    def log_in(self, email: str, password: str) -> Reply:
        """Lo que se contesta a quien quiere entrar."""
        return call_once("POST", f"{self.address('auth')}/login", {"email": email, "password": password})


class Desk:
    """Un puesto de trabajo: alguien con su sesión que llama a los cinco servicios."""

    def __init__(self, services: Reachable, token: str | None) -> None:
        self._services = services
        self._caller = Caller(token)

    def call(
        self,
        service: str,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Llama a un servicio: `call("citas", "GET", "/appointments")`."""
        return self._caller.call(method, self._services.address(service) + path, body, headers)

    def abandon(self, service: str, method: str, path: str, body: object, headers: Mapping[str, str]) -> None:
        """Llama a un servicio y cuelga sin esperar la respuesta."""
        self._caller.abandon(method, self._services.address(service) + path, body, headers)

    def close(self) -> None:
        """Suelta sus conexiones."""
        self._caller.close()
