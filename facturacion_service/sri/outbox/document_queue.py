"""La cola de los comprobantes hacia el SRI: un paso por vez, con la llamada y lo que se anota de ella."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from sqlalchemy.orm import Session

from common.config import load_settings
from common.errors import AppError
from common.outbox.queue import Transact
from common.watch.logs import logger
from facturacion_service.sri.exchange.client import SriClient, SriError
from facturacion_service.sri.exchange.machine import Decision
from facturacion_service.sri.exchange.machine_rules import STEPS, Step
from facturacion_service.sri.outbox import operations as outbox
from facturacion_service.sri.outbox.queries import Claim

Result = TypeVar("Result")


class DocumentQueue:
    """Firmar, enviar y preguntar por cada comprobante; guarda un cliente del SRI por ambiente.

    El ambiente es el del comprobante y no el que la clínica use ahora.
    """

    def __init__(self) -> None:
        self._clients: dict[str, SriClient] = {}

    def claim(self, db: Session, owner: str) -> Claim | None:
        """Toma el comprobante al que le toca su paso, o ninguno."""
        return outbox.claim(db, owner)

    def attend(self, claim: Claim, transact: Transact) -> None:
        """Hace el paso que toca.

        :raises LostLease: si lo tomado ya es de otro; no queda nada anotado.
        """
        steps = {Step.SIGN: self._sign, Step.SEND: self._send, Step.ASK: self._ask}
        decision = steps[STEPS[claim.status]](claim, transact)
        if decision is None:
            return
        _tell(claim, decision)
        if decision.renumber:
            _renumber(claim, decision, transact)

    def record_defect(self, db: Session, claim: Claim, error: Exception) -> None:
        """Cuando el programa falla con un comprobante: avisa, espera y deja seguir a los demás.

        :raises LostLease: si ya es de otro.
        """
        outbox.record_defect(db, claim, error)

    def describe(self, claim: Claim) -> Mapping[str, object]:
        """Lo que el registro dice de un comprobante: nunca de quién es."""
        return _described(claim)

    def close(self) -> None:
        """Suelta las conexiones con el SRI."""
        for client in self._clients.values():
            client.close()

    def _sign(self, claim: Claim, transact: Transact) -> Decision | None:
        return transact(lambda db: outbox.sign(db, claim))

    def _send(self, claim: Claim, transact: Transact) -> Decision | None:
        signed = transact(lambda db: outbox.start_sending(db, claim))
        if signed is None:
            return None
        outcome = _outcome(lambda: self._client(claim).send(signed))
        return transact(lambda db: outbox.record_sending(db, claim, outcome))

    def _ask(self, claim: Claim, transact: Transact) -> Decision | None:
        outcome = _outcome(lambda: self._client(claim).ask(claim.access_key))
        return transact(lambda db: outbox.record_asking(db, claim, outcome))

    def _client(self, claim: Claim) -> SriClient:
        if claim.environment not in self._clients:
            settings = load_settings()
            urls = {"PRUEBAS": settings.sri_url_pruebas, "PRODUCCION": settings.sri_url_produccion}
            client = SriClient(urls[claim.environment], settings.sri_timeout_seconds)
            self._clients[claim.environment] = client
        return self._clients[claim.environment]


def _outcome(act: Callable[[], Result]) -> Result | SriError:
    try:
        return act()
    except SriError as error:
        return error


def _tell(claim: Claim, decision: Decision) -> None:
    log = logger.error if decision.alarm else logger.info
    fields = {"event": decision.event, "status": decision.status}
    log("comprobante", extra={"fields": {**_described(claim), **fields}})


def _renumber(claim: Claim, decision: Decision, transact: Transact) -> None:
    try:
        done = transact(lambda db: outbox.renumber(db, claim, decision))
    except AppError as error:
        # Que lo haga una persona: el aviso del comprobante ya lo pide.
        logger.error(f"no se pudo dar otro número: {error.message}", extra={"fields": _described(claim)})
    else:
        logger.info("número cambiado" if done else "número por cambiar", extra={"fields": _described(claim)})


def _described(claim: Claim) -> dict[str, object]:
    return {"document_id": claim.document_id, "access_key": claim.access_key}
