"""Los textos de un PDF: sus estilos, las letras que la fuente tiene y cómo se escribe una cifra."""

from decimal import Decimal
from typing import Any
from unicodedata import normalize
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph

INK, RULE, BAND = HexColor("#1f2933"), HexColor("#cbd2d9"), HexColor("#f0f3f6")
TEXT = ParagraphStyle("texto", fontName="Helvetica", fontSize=9, leading=12, textColor=INK)


def paragraph(value: Any, style: ParagraphStyle = TEXT) -> Paragraph:
    """Un párrafo con el texto tal cual: lo que parezca marcado se escribe, no se interpreta."""
    return Paragraph(literal(value).replace("\n", "<br/>"), style)


def literal(value: Any) -> str:
    """El texto, listo para ponerlo entre marcas de párrafo sin que ninguna suya cuente."""
    return escape(printable(str(value)))


def printable(text: str) -> str:
    """El texto con las letras que tiene la fuente; de las demás, la letra sin su marca, o «?»."""
    fits = (char if _fits(char) else normalize("NFKD", char)[0] for char in normalize("NFC", text))
    return "".join(char if _fits(char) else "?" for char in fits)


def _fits(char: str) -> bool:
    return bool(char.encode("cp1252", "ignore"))


def money(amount: Decimal) -> str:
    """Un monto con dos decimales y comas en los miles: 1,204.25."""
    return f"{amount:,.2f}"


def tight(above: int, below: int) -> list[Any]:
    """Las filas de una tabla con poco aire, en puntos."""
    return [("TOPPADDING", (0, 0), (-1, -1), above), ("BOTTOMPADDING", (0, 0), (-1, -1), below)]
