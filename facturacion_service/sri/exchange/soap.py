"""El sobre SOAP 1.1 de los servicios del SRI: se escribe y se abre.

Documento literal, con los hijos sin espacio de nombres y `SOAPAction` vacío, como los declaran sus WSDL.
"""

from lxml import etree

from facturacion_service.sri.xml import safe_xml
from facturacion_service.sri.xml.safe_xml import UnreadableXml, children, local_name

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
HEADERS = {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml", "SOAPAction": '""'}
LONGEST_TEXT = 4000  # caracteres de un texto que se guarda y se muestra


class UnusableAnswer(Exception):
    """Lo que llegó no dice nada en lo que se pueda confiar; `raw` son los bytes tal como llegaron."""

    def __init__(self, reason: str, raw: bytes) -> None:
        super().__init__(reason)
        self.reason = reason
        self.raw = raw


class SoapFault(UnusableAnswer):
    """El SRI contestó con un fallo SOAP."""


def request(namespace: str, operation: str, argument: str, value: str) -> bytes:
    """El sobre de una llamada con un solo argumento."""
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soapenv": ENVELOPE, "ec": namespace})
    body = etree.SubElement(root, f"{{{ENVELOPE}}}Body")
    call = etree.SubElement(body, f"{{{namespace}}}{operation}")
    etree.SubElement(call, argument).text = value
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def result(raw: bytes, operation: str, name: str) -> etree._Element:
    """El resultado `name` de una operación, dentro de su sobre.

    :raises SoapFault: si el sobre trae un fallo.
    :raises UnusableAnswer: si no es un sobre o no trae, una sola vez, ese resultado.
    """
    try:
        root = safe_xml.parse(raw)
    except UnreadableXml as error:
        raise UnusableAnswer(f"La respuesta {error}", raw) from error
    if local_name(root) != "Envelope":
        raise UnusableAnswer(f"La respuesta no es un sobre SOAP, sino «{local_name(root)}»", raw)
    body = only(root, "Body", raw)
    if faults := children(body, "Fault"):
        raise SoapFault(f"El SRI contestó con un fallo: {_words(faults[0])}", raw)
    return only(only(body, f"{operation}Response", raw), name, raw)


def only(element: etree._Element, name: str, raw: bytes) -> etree._Element:
    """El único hijo con ese nombre.

    :raises UnusableAnswer: si no hay uno o hay varios.
    """
    found = children(element, name)
    if len(found) != 1:
        raise UnusableAnswer(f"La respuesta trae {len(found)} «{name}» donde debe haber uno", raw)
    return found[0]


def text(element: etree._Element, name: str, raw: bytes) -> str:
    """El texto de un hijo que puede faltar, sin espacios alrededor.

    :raises UnusableAnswer: si está más de una vez: no se sabría a cuál creer.
    """
    return (only(element, name, raw).text or "").strip() if children(element, name) else ""


def _words(fault: etree._Element) -> str:
    """Las palabras de un fallo, sea SOAP 1.1 (faultstring) o 1.2 (Reason)."""
    texts = (" ".join(str(piece).split()) for piece in fault.itertext())
    return " · ".join(piece for piece in texts if piece)[:LONGEST_TEXT]
