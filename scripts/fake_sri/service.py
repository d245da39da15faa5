"""Lo que hace el SRI simulado con una petición HTTP: la entiende, la atiende y falla si así se le pidió."""

import json
import threading
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from pathlib import Path

from common.config import SRI_PATH
from facturacion_service.sri.xml import safe_xml
from facturacion_service.sri.xml.safe_xml import UnreadableXml, children, local_name
from scripts.fake_sri import paper as papers
from scripts.fake_sri import replies
from scripts.fake_sri.failures import Call, Failure
from scripts.fake_sri.messages import NOTICE, Refused, message
from scripts.fake_sri.office import Office
from scripts.fake_sri.registry import IN_PROCESS
from scripts.fake_sri.replies import Reply

RECEPTION = "RecepcionComprobantesOffline"
AUTHORIZATION = "AutorizacionComprobantesOffline"

Hook = Callable[[str], None]


@dataclass
class _Planned:
    """Un fallo pedido: para qué servicio, qué clave (todas, si es `None`) y cuántas veces más."""

    service: str
    failure: Failure
    access_key: str | None
    times: int | None


class Service:
    """Los dos servicios y la portada.

    `receptions` y `authorizations` cuentan las llamadas que llegaron, por clave. `before_store` y
    `after_store` se llaman dentro de la petición con la clave del documento.
    """

    def __init__(self, office: Office, wsdl: Path | None = None) -> None:
        self.office = office
        self.receptions: Counter[str] = Counter()
        self.authorizations: Counter[str] = Counter()
        self.before_store: Hook | None = None
        self.after_store: Hook | None = None
        self._wsdl = wsdl
        self._plan: list[_Planned] = []
        self._lock = threading.Lock()

    def plan(self, service: str, failure: Failure, access_key: str | None, times: int | None) -> None:
        """Pide un fallo; se gastan en el orden en que se piden."""
        with self._lock:
            self._plan.append(_Planned(service, failure, access_key, times))

    def behave(self) -> None:
        """Olvida los fallos pedidos."""
        with self._lock:
            self._plan.clear()

    def get(self, path: str, query: str, accept: str, origin: str) -> Reply:
        """La portada o, si se dio la carpeta, un WSDL."""
        name = path.removeprefix(f"{SRI_PATH}/")
        if path == "/":
            return self._home("json" in accept)
        file = self._wsdl / f"{name}.wsdl" if self._wsdl and name in (RECEPTION, AUTHORIZATION) else None
        if file and query.lower() == "wsdl" and file.is_file():
            text = file.read_bytes()
            return Reply(text.replace(b"http://localhost/", f"{origin}/".encode()))
        return Reply(NOTICE.encode(), HTTPStatus.NOT_FOUND, "text/plain;charset=UTF-8")

    def post(self, path: str, body: bytes) -> Reply:
        """Una llamada SOAP."""
        operations = {
            f"{SRI_PATH}/{RECEPTION}": ("validarComprobante", "xml", self._receive),
            f"{SRI_PATH}/{AUTHORIZATION}": ("autorizacionComprobante", "claveAccesoComprobante", self._ask),
        }
        if path not in operations:
            return Reply(NOTICE.encode(), HTTPStatus.NOT_FOUND, "text/plain;charset=UTF-8")
        operation, argument, attend = operations[path]
        try:
            return attend(_argument(body, operation, argument))
        except (UnreadableXml, _NotThisOperation) as error:
            return replies.fault(str(error), "soap:Client")

    def _receive(self, argument: str) -> Reply:
        try:
            xml = b64decode("".join(argument.split()), validate=True)
        except ValueError:
            return replies.returned("", [message("35", "el argumento no es base64")])
        if not xml:
            return replies.returned("", [message("49")])
        key = papers.claimed_key(xml)
        self.receptions[key] += 1
        return self._failing(RECEPTION, key, lambda: self._store(key, xml))

    def _store(self, key: str, xml: bytes) -> Reply:
        try:
            paper = self.office.inspect(xml)
            if self.before_store:
                self.before_store(key)
            self.office.receive(paper)
        except Refused as refusal:
            return replies.returned(key, [refusal.message])
        if self.after_store:
            self.after_store(key)
        return replies.received()

    def _ask(self, argument: str) -> Reply:
        key = argument.strip()
        self.authorizations[key] += 1
        return self._failing(AUTHORIZATION, key, lambda: self._authorization(key))

    def _authorization(self, key: str) -> Reply:
        found = self.office.find(key)
        waiting = found and found.state == IN_PROCESS and not self.office.rules.says_in_process
        return replies.nothing_known(key) if found is None or waiting else replies.authorization(found)

    def _failing(self, service: str, key: str, attend: Callable[[], Reply]) -> Reply:
        """La respuesta verdadera, o la del fallo que toca."""
        failure = self._next_failure(service, key)
        if failure is None:
            return attend()
        true = attend() if failure.stores else Reply(b"")
        return failure.change(true, Call(key, self.office.registry.find(key), self.office.clock()))

    def _next_failure(self, service: str, key: str) -> Failure | None:
        with self._lock:
            for planned in self._plan:
                if planned.service == service and planned.access_key in (None, key):
                    if planned.times is not None:
                        planned.times -= 1
                    self._plan = [one for one in self._plan if one.times != 0]
                    return planned.failure
        return None

    def _home(self, as_json: bool) -> Reply:
        states = Counter(found.state for found in self.office.registry.all().values())
        if as_json:
            found = {"aviso": NOTICE, "comprobantes": states, "recepciones": self.receptions.total()}
            words = json.dumps(found, ensure_ascii=False)
            return Reply(words.encode(), content_type="application/json")
        rows = "".join(f"<li>{escape(state)}: {count}</li>" for state, count in sorted(states.items()))
        page = (
            "<!DOCTYPE html><html lang='es'><head><meta charset='utf-8'><title>SRI SIMULADO</title></head>"
            f"<body><h1>SRI SIMULADO</h1><p><strong>{escape(NOTICE)}</strong></p>"
            f"<h2>Comprobantes recibidos</h2><ul>{rows or '<li>ninguno</li>'}</ul></body></html>"
        )
        return Reply(page.encode(), content_type="text/html;charset=UTF-8")


class _NotThisOperation(Exception):
    """El sobre no pide lo que este servicio hace."""


def _argument(body: bytes, operation: str, argument: str) -> str:
    """El argumento de la llamada; vacío si no lo trae."""
    root = safe_xml.parse(body)
    bodies = children(root, "Body") if local_name(root) == "Envelope" else []
    calls = [call for one in bodies for call in children(one, operation)]
    if len(calls) != 1:
        raise _NotThisOperation(f"se esperaba un sobre SOAP con «{operation}»")
    # Como el verdadero: los hijos van sin espacio de nombres, y con uno no los ve.
    return calls[0].findtext(argument) or ""
