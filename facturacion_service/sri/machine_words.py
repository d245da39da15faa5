"""Lo que se le pide a una persona cuando un comprobante no avanza solo."""

from facturacion_service.sri.answers import Message
from facturacion_service.sri.error_codes import Action, action_for, governing

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
    "RECIBIDO": "El SRI lo recibió hace más de un día y no lo ha autorizado; se le pregunta cada hora.",
}
ANOTHER_VERSION = (
    "El SRI autorizó con esta clave una versión anterior del documento, no la última que se firmó: compare lo"
    " autorizado, en el portal del SRI, con lo que aquí se muestra."
)


def late_words(status: str, reason: str) -> str:
    """Cuando ya espera demasiado en ese estado; `reason` es lo último que pasó."""
    return f"{LATE_WORDS[status]} Lo último: {reason}"[:LONGEST]


def rejection_words(status: str, messages: tuple[Message, ...]) -> str:
    """Por qué se rechazó y qué hacer."""
    code = governing(messages).code
    chosen = next((message for message in messages if message.identifier == code), None)
    said = _said(chosen) if chosen else "sin decir por qué"
    advice = ADVICE.get(action_for(messages), ADVICE[Action.CORRECT])
    return f"{HEADINGS[status]}: {said[: LONGEST - len(advice) - 60]}. {advice}"


def unfamiliar_words(reported: str) -> str:
    """Cuando el SRI usa un estado que no se conoce."""
    return f"El SRI informa un estado que no se conoce: «{reported[:80]}». Se le sigue preguntando."


def _said(message: Message) -> str:
    code = f"[{message.identifier}] " if message.identifier else ""
    details = f" ({message.additional})" if message.additional else ""
    return f"{code}{message.text}{details}".rstrip(".")
