"""El nombre del emisor de un certificado como lo escribe Java, que es quien valida en el SRI.

Si `X509IssuerName` no es igual a `X500Principal.getName("RFC2253")`, el SRI responde error 39. De ahí que se
lea el DER: los atributos sin nombre corto van en hexadecimal con su tipo de cadena original.
"""

from cryptography import x509

from facturacion_service.sri.signing import der

KEYWORDS = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
}
# Los tipos de cadena que Java escribe como texto; cualquier otro lo deja en hexadecimal. Y cómo se leen.
CHARSETS = {
    0x0C: "utf-8",  # UTF8String
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # T61String
    0x16: "ascii",  # IA5String
    0x1B: "ascii",  # GeneralString
    0x1E: "utf-16-be",  # BMPString
}
_ESCAPED = {char: f"\\{char}" for char in ',=+<>#;"\\'} | {"\0": "\\00"}


def rfc2253(name: x509.Name | bytes) -> str:
    """Un nombre X.500 como `X500Principal.getName("RFC2253")` de Java.

    :param name: el nombre o, mejor, su DER: reescribirlo puede perder cómo estaba escrito.
    :raises ValueError: si los bytes no son un nombre.
    """
    encoded = name.public_bytes() if isinstance(name, x509.Name) else name
    rdns = [_rdn(node) for node in der.parse_one(encoded).children()]
    return ",".join(reversed(rdns))


def attributes(name: bytes) -> list[tuple[str, str]]:
    """Los atributos de un nombre en DER, en su orden: identificador con puntos y texto.

    :raises ValueError: si los bytes no son un nombre.
    """
    pairs = [_pair(ava) for rdn in der.parse_one(name).children() for ava in rdn.children()]
    return [(oid, _text(value)) for oid, value in pairs if value.tag in CHARSETS]


def _pair(ava: der.Node) -> tuple[str, der.Node]:
    oid, value = ava.children()
    return der.dotted(oid.content), value


def _rdn(node: der.Node) -> str:
    return "+".join(_ava(*_pair(ava)) for ava in node.children())


def _ava(oid: str, value: der.Node) -> str:
    keyword = KEYWORDS.get(oid)
    if keyword and value.tag in CHARSETS:
        # Java hasta la 17 lee como UTF-8 toda cadena, también las que no lo son; lo que no entiende, U+FFFD.
        return f"{keyword}={_escape(value.content.decode(errors='replace'))}"
    return f"{keyword or oid}=#{value.encoded.hex()}"


def _text(value: der.Node) -> str:
    return value.content.decode(CHARSETS[value.tag], errors="replace")


def _escape(text: str) -> str:
    """Una barra ante cada carácter especial, y ante los espacios de los extremos."""
    escaped = "".join(_ESCAPED.get(char, char) for char in text)
    body = escaped.strip(" \r")
    lead = len(escaped) - len(escaped.lstrip(" \r"))
    tail = escaped[lead + len(body) :]
    return _escape_each(escaped[:lead]) + body + _escape_each(tail)


def _escape_each(spaces: str) -> str:
    return "".join(f"\\{char}" for char in spaces)
