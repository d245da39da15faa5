"""Lo que se le pide a una persona cuando un comprobante no avanza solo."""

from facturacion_service.sri.exchange.answers import Message
from facturacion_service.sri.exchange.error_codes import Action, action_for, governing

LONGEST = 600  # caracteres de un aviso

ADVICE = {
    Action.CORRECT: "Corrija lo que señala y reenvíelo: conserva su número y su clave.",
    Action.CERTIFICATE: "Revise la firma electrónica y reenvíelo: se firma de nuevo con la misma clave.",
    Action.STOP: "Los envíos están detenidos: resuelva la causa con el SRI, reanúdelos y reenvíelo.",
    Action.RENUMBER: "Ese número ya no sirve: déjelo sin utilizar y emítalo con el siguiente.",
    Action.RETRY: "Falló el SRI: reenvíelo.",
}
HEADINGS = {"DEVUELTO": "El SRI devolvió el comprobante", "NO_AUTORIZADO": "El SRI no lo autorizó"}

LATE_WORDS = {
    "FIRMADO": "Lleva más de una hora sin llegar al SRI y se sigue intentando.",
    "ENVIADO": "Lleva más de una hora sin que se sepa si llegó al SRI; se sigue intentando.",
    "RECIBIDO": "El SRI lo recibió hace más de un día y no lo ha autorizado; se le pregunta cada hora."
    " Si dice que no lo conoce, reenvíelo.",
}
ANOTHER_VERSION = (
    "El SRI autorizó con esta clave una versión anterior del documento, no la última que se firmó: el XML,"
    " el RIDE y el correo llevan la autorizada. Compárela con lo que aquí se muestra."
)
DOUBTFUL_NUMBER = (
    "El SRI rechaza el número, y un envío anterior de este mismo comprobante pudo llegarle: se le pregunta un"
    " día entero antes de creer que el número es de otro. No lo emita de nuevo mientras tanto."
)
# Por qué espera una nota de crédito, según en qué va la factura que modifica; en camino no dice nada.
MODIFIED_WORDS = {
    "DEVUELTO": "El SRI devolvió la factura que esta nota modifica: resuélvala y la nota saldrá.",
    "NO_AUTORIZADO": "El SRI no autorizó la factura que esta nota modifica: resuélvala y la nota saldrá.",
    "SIN_VIGENTE": "La factura que esta nota modifica no tiene un comprobante vigente: la nota no se envía.",
}


def defect_words(error: Exception) -> str:
    """Cuando falla el programa; el detalle va al registro, que no lo ve cualquiera."""
    return f"Error del sistema ({type(error).__name__}); se volverá a intentar. Si sigue, avise a soporte."


def late_words(status: str, reason: str) -> str:
    """Cuando ya espera demasiado en ese estado; `reason` es lo último que pasó."""
    return f"{LATE_WORDS[status]} Lo último: {reason}"[:LONGEST]


def rejection_words(status: str, messages: tuple[Message, ...]) -> str:
    """Por qué se rechazó y qué hacer."""
    advice = ADVICE.get(action_for(messages), ADVICE[Action.CORRECT])
    room = LONGEST - len(HEADINGS[status]) - len(advice) - len(": . ")
    return f"{HEADINGS[status]}: {_reason(messages)[:room]}. {advice}"


def stop_words(messages: tuple[Message, ...]) -> str:
    """Por qué el SRI no admite más comprobantes del emisor."""
    return _reason(messages)[:LONGEST]


def renumber_words(messages: tuple[Message, ...]) -> str:
    """Por qué un número se dejó sin utilizar."""
    return f"El SRI no admitió el número: {_reason(messages)}"[:LONGEST]


def _reason(messages: tuple[Message, ...]) -> str:
    code = governing(messages).code
    chosen = next((message for message in messages if message.identifier == code), None)
    return _said(chosen) if chosen else "sin decir por qué"


def unfamiliar_words(reported: str) -> str:
    """Cuando el SRI usa un estado que no se conoce."""
    return f"El SRI informa un estado que no se conoce: «{reported[:80]}». Se le sigue preguntando."


def _said(message: Message) -> str:
    code = f"[{message.identifier}] " if message.identifier else ""
    details = f" ({message.additional})" if message.additional else ""
    return f"{code}{message.text}{details}".rstrip(".")
