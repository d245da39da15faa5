"""XML que escribió otro: se lee sin entidades, sin red y sin tipo de documento."""

from lxml import etree


class UnreadableXml(ValueError):
    """No es XML bien formado, o pide algo que aquí no se hace; el texto dice qué."""


def parse(raw: bytes) -> etree._Element:
    """La raíz de un documento.

    :raises UnreadableXml: si no está bien formado o declara un tipo de documento (de ahí, las entidades).
    """
    # Un analizador por documento: no se comparten entre hilos.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableXml(f"no es XML bien formado: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableXml("declara un tipo de documento (DOCTYPE)")
    return root


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Los hijos directos con ese nombre, en cualquier espacio de nombres o en ninguno."""
    return [child for child in element if _local(child) == name]


def _local(element: etree._Element) -> str | None:
    # El nombre de un comentario o de una instrucción no es un texto.
    return etree.QName(element).localname if isinstance(element.tag, str) else None


def local_name(element: etree._Element) -> str:
    """El nombre de un elemento, sin su espacio de nombres."""
    return _local(element) or ""
