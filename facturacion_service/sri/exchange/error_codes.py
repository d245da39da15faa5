"""La tabla de errores y advertencias del SRI y qué se hace ante cada uno (ficha técnica SRI 2.34, §11)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from facturacion_service.sri.exchange.answers import Message


class Action(StrEnum):
    """Qué se hace con el comprobante."""

    QUERY = "QUERY"  # el SRI ya lo tiene: nunca se reenvía ni cambia de clave, se pregunta por él
    STOP = "STOP"  # el emisor no puede emitir: se detiene todo envío y se avisa al administrador
    RENUMBER = "RENUMBER"  # ese número ya no sirve; antes se pregunta por la clave, por si es el nuestro
    CERTIFICATE = "CERTIFICATE"  # se cambia la firma electrónica y se firma de nuevo con la misma clave
    CORRECT = "CORRECT"  # se corrige el dato (o el programa) y se envía con la misma clave
    RETRY = "RETRY"  # falló el SRI: se reenvían los mismos bytes más tarde
    SHOW = "SHOW"  # falló la consulta: se muestra y no cambia nada
    WARN = "WARN"  # advertencia: se guarda y se muestra; no es un rechazo


@dataclass(frozen=True)
class ErrorCode:
    """Un código de la tabla.

    :param alarm: si tiene que enterarse el administrador: el emisor está impedido o el programa se equivocó.
    """

    code: str
    meaning: str
    action: Action
    alarm: bool = False


_ROWS = (
    ErrorCode("2", "El RUC del emisor no está ACTIVO", Action.STOP, True),
    ErrorCode("10", "El establecimiento del emisor está clausurado", Action.STOP, True),
    ErrorCode("26", "El archivo pasa del tamaño máximo", Action.CORRECT),
    ErrorCode("27", "La clase de contribuyente no puede emitir electrónicamente", Action.STOP, True),
    ErrorCode("28", "No se ha aceptado el acuerdo de medios electrónicos", Action.STOP, True),
    ErrorCode("34", "El tipo de comprobante no está entre los autorizados al emisor", Action.STOP, True),
    ErrorCode("35", "El documento no cumple su esquema", Action.CORRECT),
    ErrorCode("36", "La versión del esquema ya no se usa", Action.CORRECT, True),
    ErrorCode("37", "El RUC no tiene autorización para emitir", Action.STOP, True),
    ErrorCode("39", "La firma electrónica no es válida", Action.CERTIFICATE, True),
    ErrorCode("40", "Hay un error en el certificado de firma", Action.CERTIFICATE, True),
    ErrorCode("42", "El certificado de firma caducó o fue revocado", Action.CERTIFICATE, True),
    ErrorCode("43", "La clave de acceso ya está registrada", Action.QUERY),
    ErrorCode("45", "El secuencial ya está registrado", Action.RENUMBER, True),
    ErrorCode("46", "El RUC del emisor no existe", Action.STOP, True),
    ErrorCode("47", "El tipo de comprobante no existe", Action.CORRECT, True),
    ErrorCode("48", "No existe el esquema del tipo de comprobante", Action.CORRECT, True),
    ErrorCode("49", "Se llamó al servicio sin argumentos", Action.CORRECT, True),
    ErrorCode("50", "Error interno del SRI", Action.RETRY),
    ErrorCode("52", "Hay diferencias en los cálculos del comprobante", Action.CORRECT, True),
    ErrorCode("56", "El establecimiento del emisor está cerrado", Action.STOP, True),
    ErrorCode("57", "La autorización para emitir está suspendida", Action.STOP, True),
    ErrorCode("58", "La clave de acceso no corresponde al documento", Action.CORRECT, True),
    ErrorCode("59", "La identificación del comprador no existe", Action.WARN),
    ErrorCode("60", "Se procesó en el ambiente de pruebas", Action.WARN),
    ErrorCode("62", "La identificación del comprador no es correcta", Action.WARN),
    ErrorCode("63", "El RUC del emisor está clausurado", Action.STOP, True),
    ErrorCode("64", "El código del documento de sustento no existe", Action.CORRECT),
    ErrorCode("65", "La fecha de emisión está fuera de plazo", Action.RENUMBER),
    ErrorCode("67", "Una fecha no es válida", Action.CORRECT),
    ErrorCode("68", "El documento de sustento no es electrónico", Action.WARN),
    ErrorCode("69", "El RUC del comprador no existe", Action.CORRECT),
    ErrorCode("70", "La clave de acceso aún se está procesando", Action.QUERY),
    ErrorCode("80", "La clave de acceso está mal formada", Action.CORRECT, True),
    ErrorCode("82", "La fecha de inicio de transporte no es válida", Action.CORRECT),
    ErrorCode("92", "El monto de devolución del IVA no es correcto", Action.CORRECT),
    ErrorCode("99", "No se pudo hacer la consulta", Action.SHOW),
)
ERROR_CODES = {row.code: row for row in _ROWS}


def explain(code: str) -> ErrorCode:
    """La fila de un código; uno que no está en la tabla se corrige a mano y da la alarma."""
    return ERROR_CODES.get(code) or ErrorCode(
        code, "Código que no está en la tabla del SRI", Action.CORRECT, True
    )


def governing(messages: Iterable[Message]) -> ErrorCode:
    """El código que decide qué se hace con un rechazo.

    Mandan los de tipo ERROR y, a falta de ellos, los informativos; nunca una advertencia. Entre varios, en
    el orden de `Action`: ante todo, no duplicar lo que el SRI ya tiene. Un rechazo sin razones se trata como
    un código desconocido.
    """
    found = [(message.kind, explain(message.identifier)) for message in messages]
    able = [(kind, row) for kind, row in found if kind != "ADVERTENCIA" and row.action is not Action.WARN]
    reasons = [row for kind, row in able if kind == "ERROR"] or [row for _, row in able]
    return min(reasons, key=_precedence, default=explain(""))


def action_for(messages: Iterable[Message]) -> Action:
    """Qué hacer con un comprobante que el SRI devolvió o no autorizó con estos mensajes."""
    return governing(messages).action


def needs_alarm(messages: Iterable[Message]) -> bool:
    """Si el administrador tiene que enterarse de un rechazo con estos mensajes."""
    return governing(messages).alarm


def _precedence(row: ErrorCode) -> int:
    return list(Action).index(row.action)
