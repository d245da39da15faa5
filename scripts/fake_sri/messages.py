"""Los mensajes que da el SRI simulado, con los códigos y las palabras del verdadero."""

from facturacion_service.sri.exchange.answers import Message, MessageKind
from facturacion_service.sri.exchange.error_codes import explain

NOTICE = "SRI SIMULADO: no es el Servicio de Rentas Internas; nada de lo autorizado aquí tiene validez."

# Como las escribe el SRI; las de los demás códigos salen de la tabla.
_WORDS = {
    "26": "TAMAÑO MAXIMO SUPERADO",
    "35": "ARCHIVO NO CUMPLE ESTRUCTURA XML",
    "39": "FIRMA INVALIDA",
    "40": "ERROR EN EL CERTIFICADO",
    "43": "CLAVE ACCESO REGISTRADA",
    "45": "ERROR SECUENCIAL REGISTRADO",
    "50": "ERROR INTERNO GENERAL",
    "52": "ERROR EN DIFERENCIAS",
    "58": "ERROR EN LA ESTRUCTURA DE LA CLAVE DE ACCESO",
    "60": "ESTE PROCESO FUE REALIZADO EN EL AMBIENTE DE PRUEBAS",
    "62": "IDENTIFICACION INCORRECTA",
    "65": "FECHA DE EMISION EXTEMPORANEA",
    "70": "CLAVE DE ACCESO EN PROCESAMIENTO",
}


def message(code: str, additional: str = "", kind: MessageKind = "ERROR") -> Message:
    """Un mensaje de la tabla; `additional` dice qué fue en este documento."""
    return Message(code, _WORDS.get(code) or explain(code).meaning.upper(), additional, kind)


class Refused(Exception):
    """El documento no pasa una comprobación."""

    def __init__(self, code: str, additional: str = "") -> None:
        super().__init__(code, additional)
        self.message = message(code, additional)
