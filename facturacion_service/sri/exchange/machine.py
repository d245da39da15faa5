"""A dónde lleva cada respuesta del SRI: se decide con las reglas de `machine_rules`, sin base ni reloj.

Lo que nunca pasa: reenviar sin preguntar antes por la clave cuando el envío pudo haber llegado, enviar otros
bytes con la misma clave mientras el SRI tenga los primeros, ni dar por inútil un número sin preguntar por él
(ficha técnica SRI 2.34, 5.9, 5.10 y §11).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from facturacion_service.sri.exchange.answers import Authorization, Message, Reception
from facturacion_service.sri.exchange.client import NotSent, SriError
from facturacion_service.sri.exchange.error_codes import Action, action_for, needs_alarm
from facturacion_service.sri.exchange.machine_rules import (
    AUTHORIZATION_EVENTS,
    FIRST_BACKOFF,
    FIRST_POLL,
    LONGEST_WAIT,
    OVERDUE_WAIT,
    PATIENCE,
    QUESTIONS_BEFORE_GIVING_UP,
    RETURN_EVENTS,
    RULES,
    Event,
    Rule,
    Wait,
)
from facturacion_service.sri.exchange.machine_words import (
    ANOTHER_VERSION,
    DOUBTFUL_NUMBER,
    late_words,
    rejection_words,
    stop_words,
    unfamiliar_words,
)


@dataclass(frozen=True)
class Situation:
    """Lo que hay que saber de un comprobante para decidir su paso siguiente.

    :param attempts: intentos seguidos que no avanzaron.
    :param since: desde cuándo espera: recibido, o firmado si no.
    :param first_query: cuánto se espera tras RECIBIDA para la primera pregunta.
    :param messages: los de la última respuesta guardada.
    :param doubt_since: el último envío, si el SRI puede tener uno anterior de los mismos bytes; None si no.
    """

    status: str
    attempts: int
    since: datetime
    at: datetime
    first_query: timedelta
    messages: tuple[Message, ...] = ()
    doubt_since: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """Lo que queda del comprobante tras un suceso.

    :param wait: cuánto falta para el paso siguiente; None si no queda ninguno.
    :param messages: los que se guardan; None si quedan los que había.
    :param stop_reason: por qué el SRI no admite más comprobantes de este emisor, si no los admite.
    :param renumber: si el número ya no sirve y hay que tomar otro.
    :param alarm: si el administrador tiene que enterarse.
    """

    event: Event
    status: str
    wait: timedelta | None
    attempts: int
    attention: str | None = None
    messages: tuple[Message, ...] | None = None
    stop_reason: str | None = None
    renumber: bool = False
    alarm: bool = False


def after_signing(situation: Situation) -> Decision:
    """Tras firmarlo."""
    return _decided(situation, Event.SIGNED)


def after_unsignable(situation: Situation, reason: str) -> Decision:
    """Cuando no hay con qué firmarlo; `reason` es una frase."""
    return _decided(situation, Event.UNSIGNABLE, attention=reason)


def after_waiting(situation: Situation, reason: str | None) -> Decision:
    """Cuando espera por otro comprobante; `reason` es lo que debe hacer una persona, si algo."""
    return _decided(situation, Event.MODIFIED_NOT_READY, attention=reason)


def after_defect(situation: Situation, reason: str) -> Decision:
    """Cuando falló el programa: no se sabe nada nuevo, así que el estado es el mismo."""
    return _decided(situation, Event.DEFECT, attention=reason)


def after_sending(situation: Situation, outcome: Reception | SriError) -> Decision:
    """Tras enviarlo; el estado ya es ENVIADO."""
    if isinstance(outcome, SriError):
        event = Event.NOT_SENT if isinstance(outcome, NotSent) else Event.UNKNOWN_OUTCOME
        return _decided(situation, event, reason=outcome.reason)
    if outcome.state == "RECIBIDA":
        return _decided(situation, Event.RECEIVED, messages=outcome.messages)
    event = RETURN_EVENTS.get(action_for(outcome.messages), Event.RETURNED)
    if event is Event.RETURNED:
        return _rejected(situation, event, outcome.messages)
    said = outcome.messages[0].text if event is Event.SRI_FAILED else None
    return _decided(situation, event, reason=said, messages=outcome.messages)


def after_asking(situation: Situation, outcome: Authorization | SriError, *, stale: bool = False) -> Decision:
    """Tras preguntar por su clave.

    :param stale: si la respuesta es la de otra versión del documento, la que se corrigió.
    """
    if isinstance(outcome, SriError):
        return _decided(situation, Event.ASK_FAILED, reason=outcome.reason)
    event = _answered(situation, outcome, stale=stale)
    if event in (Event.NOT_OURS, Event.REFUSED):
        said = situation.messages if event is Event.NOT_OURS else outcome.messages
        return _rejected(situation, event, said)
    if event is Event.AUTHORIZED:
        attention = ANOTHER_VERSION if stale else None
        return _decided(situation, event, attention=attention, messages=outcome.messages)
    if outcome.unfamiliar:
        attention = unfamiliar_words(outcome.reported)
        return _decided(situation, event, attention=attention, messages=outcome.messages)
    if event is Event.MAYBE_NOT_OURS:
        # Lo que el SRI dijo del número se guarda hasta saber si era el nuestro.
        return _decided(situation, event, attention=DOUBTFUL_NUMBER if situation.doubt_since else None)
    return _decided(situation, event, reason="todavía no da una respuesta", messages=outcome.messages)


def _answered(situation: Situation, outcome: Authorization, *, stale: bool) -> Event:
    event = AUTHORIZATION_EVENTS[outcome.state]
    if event is Event.REFUSED and stale:
        event = Event.UNKNOWN_KEY
    elif event is Event.REFUSED and action_for(outcome.messages) is Action.QUERY:
        event = Event.PROCESSING
    if event is Event.UNKNOWN_KEY and _number_refused(situation):
        event = Event.NOT_OURS if _is_settled(situation) else Event.MAYBE_NOT_OURS
    return event


def _number_refused(situation: Situation) -> bool:
    messages = situation.messages
    return situation.status == "ENVIADO" and bool(messages) and action_for(messages) is Action.RENUMBER


def _is_settled(situation: Situation) -> bool:
    """Si ya se preguntó bastante por un número que el SRI rechazó."""
    if situation.doubt_since is not None and situation.at - situation.doubt_since <= PATIENCE["RECIBIDO"]:
        return False
    return situation.attempts + 1 >= QUESTIONS_BEFORE_GIVING_UP


def _rejected(situation: Situation, event: Event, messages: tuple[Message, ...]) -> Decision:
    action = action_for(messages)
    return _decided(
        situation,
        event,
        attention=rejection_words(RULES[situation.status, event].status, messages),
        messages=messages,
        stop_reason=stop_words(messages) if action is Action.STOP else None,
        # Si el SRI pudo tener el nuestro, que otro número lo pida una persona: serían dos por una venta.
        renumber=action is Action.RENUMBER and situation.doubt_since is None,
        alarm=needs_alarm(messages),
    )


def _decided(
    situation: Situation,
    event: Event,
    *,
    attention: str | None = None,
    reason: str | None = None,
    messages: tuple[Message, ...] | None = None,
    stop_reason: str | None = None,
    renumber: bool = False,
    alarm: bool = False,
) -> Decision:
    """La decisión que sale de la regla; `reason` solo se dice cuando la espera ya es demasiada."""
    rule = RULES[situation.status, event]
    if reason is not None and _is_late(situation):
        attention = late_words(rule.status, reason)
    return Decision(
        event=event,
        status=rule.status,
        wait=_wait(rule, situation),
        attempts=0 if rule.progress else situation.attempts + 1,
        attention=attention,
        messages=messages,
        stop_reason=stop_reason,
        renumber=renumber,
        alarm=alarm,
    )


def _wait(rule: Rule, situation: Situation) -> timedelta | None:
    if situation.status == rule.status == "RECIBIDO" and _is_late(situation):
        return OVERDUE_WAIT
    waits = {
        Wait.NOW: timedelta(0),
        Wait.FIRST_QUERY: situation.first_query,
        Wait.MINUTE: timedelta(minutes=1),
        Wait.POLL: _doubled(FIRST_POLL, situation.attempts),
        Wait.BACKOFF: _doubled(FIRST_BACKOFF, situation.attempts),
    }
    return waits.get(rule.wait)


def _doubled(first: timedelta, attempts: int) -> timedelta:
    # Ocho veces el doble ya pasa del máximo; sin ese tope, mil intentos no cabrían en un intervalo.
    return min(first * (1 << min(attempts, 8)), LONGEST_WAIT)


def _is_late(situation: Situation) -> bool:
    patience = PATIENCE.get(situation.status)
    return patience is not None and situation.at - situation.since > patience
