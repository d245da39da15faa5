"""Qué le puede pasar a un comprobante y a dónde lo lleva: las reglas de la máquina, dichas con datos."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from facturacion_service.sri.exchange.error_codes import Action


class Step(StrEnum):
    """Lo que toca hacer con un comprobante."""

    SIGN = "firmar"
    SEND = "enviar"
    ASK = "preguntar"


# Lo enviado se pregunta siempre antes de reenviarlo; lo terminado no está: ya no le toca nada.
STEPS = {"PENDIENTE": Step.SIGN, "FIRMADO": Step.SEND, "ENVIADO": Step.ASK, "RECIBIDO": Step.ASK}


class Event(StrEnum):
    """Lo que le pasó a un comprobante."""

    SIGNED = "se firmó"
    UNSIGNABLE = "no hay con qué firmarlo"
    MODIFIED_NOT_READY = "espera a la factura que modifica"
    NOT_SENT = "seguro no llegó"
    UNKNOWN_OUTCOME = "no se sabe si llegó"
    RECEIVED = "lo recibió"
    ALREADY_THERE = "ya lo tenía"
    NUMBER_USELESS = "dice que ese número no sirve"
    SRI_FAILED = "falló el SRI al recibirlo"
    RETURNED = "lo devolvió"
    ASK_FAILED = "no se pudo preguntar"
    AUTHORIZED = "lo autorizó"
    REFUSED = "no lo autorizó"
    PROCESSING = "lo está procesando"
    UNKNOWN_KEY = "no conoce la clave"
    MAYBE_NOT_OURS = "no conoce la clave de un número que rechazó"
    NOT_OURS = "tampoco la conoce tras varias preguntas"
    DEFECT = "falló el programa"


class Wait(StrEnum):
    """Cuándo toca el paso siguiente."""

    NOW = "ahora"
    FIRST_QUERY = "primera pregunta"
    POLL = "entre preguntas"
    BACKOFF = "tras un fallo"
    MINUTE = "un minuto"
    NEVER = "nunca"


@dataclass(frozen=True)
class Rule:
    """Qué hace un suceso: el estado siguiente, la espera y si los intentos vuelven a cero."""

    status: str
    wait: Wait
    progress: bool = False


RULES: dict[tuple[str, Event], Rule] = {
    ("PENDIENTE", Event.SIGNED): Rule("FIRMADO", Wait.NOW, progress=True),
    ("PENDIENTE", Event.UNSIGNABLE): Rule("PENDIENTE", Wait.BACKOFF),
    ("FIRMADO", Event.MODIFIED_NOT_READY): Rule("FIRMADO", Wait.MINUTE),
    ("ENVIADO", Event.NOT_SENT): Rule("FIRMADO", Wait.BACKOFF),
    ("ENVIADO", Event.UNKNOWN_OUTCOME): Rule("ENVIADO", Wait.BACKOFF),
    ("ENVIADO", Event.RECEIVED): Rule("RECIBIDO", Wait.FIRST_QUERY, progress=True),
    ("ENVIADO", Event.ALREADY_THERE): Rule("RECIBIDO", Wait.FIRST_QUERY, progress=True),
    ("ENVIADO", Event.NUMBER_USELESS): Rule("ENVIADO", Wait.FIRST_QUERY, progress=True),
    # Contestó que falló, y aun así pudo guardarlo: se pregunta antes de reenviarlo.
    ("ENVIADO", Event.SRI_FAILED): Rule("ENVIADO", Wait.BACKOFF),
    ("ENVIADO", Event.RETURNED): Rule("DEVUELTO", Wait.NEVER, progress=True),
    ("ENVIADO", Event.ASK_FAILED): Rule("ENVIADO", Wait.BACKOFF),
    ("ENVIADO", Event.AUTHORIZED): Rule("AUTORIZADO", Wait.NEVER, progress=True),
    ("ENVIADO", Event.REFUSED): Rule("NO_AUTORIZADO", Wait.NEVER, progress=True),
    ("ENVIADO", Event.PROCESSING): Rule("RECIBIDO", Wait.POLL, progress=True),
    ("ENVIADO", Event.UNKNOWN_KEY): Rule("FIRMADO", Wait.NOW),
    ("ENVIADO", Event.MAYBE_NOT_OURS): Rule("ENVIADO", Wait.POLL),
    ("ENVIADO", Event.NOT_OURS): Rule("DEVUELTO", Wait.NEVER, progress=True),
    ("RECIBIDO", Event.ASK_FAILED): Rule("RECIBIDO", Wait.POLL),
    ("RECIBIDO", Event.AUTHORIZED): Rule("AUTORIZADO", Wait.NEVER, progress=True),
    ("RECIBIDO", Event.REFUSED): Rule("NO_AUTORIZADO", Wait.NEVER, progress=True),
    ("RECIBIDO", Event.PROCESSING): Rule("RECIBIDO", Wait.POLL),
    # Vacía justo después de recibirlo: todavía lo procesa, no lo rechazó.
    ("RECIBIDO", Event.UNKNOWN_KEY): Rule("RECIBIDO", Wait.POLL),
} | {(status, Event.DEFECT): Rule(status, Wait.BACKOFF) for status in STEPS}

RETURN_EVENTS = {
    Action.QUERY: Event.ALREADY_THERE,
    Action.RENUMBER: Event.NUMBER_USELESS,
    Action.RETRY: Event.SRI_FAILED,
}
AUTHORIZATION_EVENTS = {
    "AUTORIZADO": Event.AUTHORIZED,
    "NO_AUTORIZADO": Event.REFUSED,
    "EN_PROCESO": Event.PROCESSING,
    "DESCONOCIDO": Event.UNKNOWN_KEY,
}

FIRST_POLL, FIRST_BACKOFF = timedelta(seconds=3), timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)
OVERDUE_WAIT = timedelta(hours=1)
# El SRI promete contestar en 24 horas, y lo emitido se envía en el acto (NAC-DGERCGC25-00000017): pasado eso,
# que se entere una persona.
PATIENCE = {"RECIBIDO": timedelta(hours=24), "ENVIADO": timedelta(hours=1)}
# Cuántas veces se pregunta por un número que el SRI rechazó antes de creer que no es el nuestro.
QUESTIONS_BEFORE_GIVING_UP = 3
