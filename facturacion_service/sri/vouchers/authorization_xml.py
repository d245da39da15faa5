"""El archivo que recibe el comprador: el comprobante firmado dentro de su `<autorizacion>`.

El comprobante va tal cual, en CDATA: quien lo saca de ahí obtiene los mismos bytes que se firmaron, y la
firma sigue siendo válida.
"""

from datetime import datetime
from xml.sax.saxutils import escape

from facturacion_service.sri.xml.codes import ECUADOR
from facturacion_service.sri.xml.documents import Environment

# Dentro de CDATA no se puede escribir su cierre, y un retorno de carro literal se leería como salto de línea.
_OUTSIDE_CDATA = (("]]>", "]]]]><![CDATA[>"), ("\r", "]]>&#13;<![CDATA["))


def wrap(signed: bytes, number: str, at: datetime, environment: Environment) -> bytes:
    """El XML de la autorización, en UTF-8, con el comprobante firmado dentro.

    :param signed: los bytes que autorizó el SRI; en UTF-8.
    :param number: el número de autorización, que en el esquema offline es la clave de acceso.
    :param at: el instante de la autorización, con zona.
    :raises ValueError: si el comprobante no es UTF-8 o el instante no tiene zona.
    """
    if at.tzinfo is None:
        raise ValueError("la fecha de autorización no tiene zona horaria")
    moment = at.astimezone(ECUADOR).isoformat(timespec="seconds")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<autorizacion>\n"
        "  <estado>AUTORIZADO</estado>\n"
        f"  <numeroAutorizacion>{escape(number)}</numeroAutorizacion>\n"
        f"  <fechaAutorizacion>{moment}</fechaAutorizacion>\n"
        f"  <ambiente>{environment}</ambiente>\n"
        f"  <comprobante>{_cdata(signed.decode('utf-8'))}</comprobante>\n"
        "  <mensajes/>\n"
        "</autorizacion>\n"
    ).encode()


def _cdata(text: str) -> str:
    for literal, outside in _OUTSIDE_CDATA:
        text = text.replace(literal, outside)
    return f"<![CDATA[{text}]]>"
