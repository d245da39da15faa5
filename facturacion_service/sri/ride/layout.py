"""Las piezas con que se compone la página del RIDE: estilos, cajas y columnas que pasan de página."""

from decimal import Decimal
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Table

from facturacion_service.pdf.text import BAND, INK, RULE, TEXT, literal
from facturacion_service.sri.xml.nodes import quantity

MARGIN = 12 * mm
WIDTH = A4[0] - 2 * MARGIN
GAP = 4 * mm
PADDING = 3 * mm
RADIUS = 2.5 * mm
# Bajo el texto va el pie de página; arriba, solo el margen.
BOTTOM = 17 * mm
FRAME_HEIGHT = A4[1] - MARGIN - BOTTOM
# Lo que reportlab deja por su cuenta a cada lado del marco, en puntos.
FRAME_PADDING = 6
# Desde aquí se cuenta como página entera: los marcos pierden fracciones de punto.
_WHOLE_PAGE = FRAME_HEIGHT - 1

NORMAL = ParagraphStyle("normal", TEXT, fontSize=8, leading=10)
NUMBER = ParagraphStyle("cifra", NORMAL, alignment=2)
BOLD = ParagraphStyle("fuerte", NORMAL, fontName="Helvetica-Bold")
BOLD_NUMBER = ParagraphStyle("cifra fuerte", BOLD, alignment=2)
CENTERED = ParagraphStyle("centrado", NORMAL, alignment=1)
SMALL = ParagraphStyle("pequeño", NORMAL, fontSize=7.5, leading=9)
SMALL_NUMBER = ParagraphStyle("cifra pequeña", SMALL, alignment=2)
HEADING = ParagraphStyle("encabezado", SMALL, fontName="Helvetica-Bold", alignment=1)
TITLE = ParagraphStyle("título", BOLD, fontSize=13, leading=17)
LEGAL_NUMBER = ParagraphStyle("número legal", BOLD, fontSize=10, leading=13)
BIG = ParagraphStyle("nombre", BOLD, fontSize=16, leading=19, alignment=1)
MEDIUM = ParagraphStyle("nombre largo", BIG, fontSize=10, leading=12)

GRID: list[Any] = [
    ("BACKGROUND", (0, 0), (-1, 0), BAND),
    ("GRID", (0, 0), (-1, -1), 0.5, RULE),
    ("VALIGN", (0, 0), (-1, 0), "MIDDLE"),
    ("VALIGN", (0, 1), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
]
FRAME: list[Any] = [("BOX", (0, 0), (-1, -1), 0.7, INK), ("ROUNDEDCORNERS", [RADIUS] * 4)]


def text(value: Any, style: ParagraphStyle = NORMAL) -> Paragraph:
    """Un párrafo con el texto tal cual, en una línea lógica: se parte donde no cabe."""
    return Paragraph(literal(one_line(value)), style)


def labelled(label: str, value: Any, style: ParagraphStyle = NORMAL) -> Paragraph:
    """«**Etiqueta:** valor»."""
    return Paragraph(f"<b>{literal(label)}:</b> {literal(one_line(value))}", style)


def figure(value: Decimal) -> str:
    """Una cantidad o un precio, con dos a seis decimales y comas en los miles."""
    whole, _, decimals = quantity(value).partition(".")
    return f"{int(whole):,}.{decimals}"


def one_line(value: Any) -> str:
    """El texto sin saltos ni espacios repetidos."""
    return " ".join(str(value).split())


def stack_height(flowables: list[Flowable], width: float) -> float:
    """Lo que ocupan, uno bajo otro, en puntos."""
    return sum(flowable.wrap(width, FRAME_HEIGHT)[1] for flowable in flowables)


def draw_stack(canvas: Any, flowables: list[Flowable], x: float, top: float, width: float) -> None:
    """Los dibuja uno bajo otro desde arriba."""
    for flowable in flowables:
        top -= flowable.wrap(width, FRAME_HEIGHT)[1]
        flowable.drawOn(canvas, x, top)


class Grid(Table):
    """Una tabla que se parte entre filas y, dentro de una, solo si no cabe en una página entera."""

    def split(self, available_width: float, available: float) -> list[Flowable]:
        """Lo que cabe y lo demás; nada si conviene pasar a la página siguiente."""
        self.splitInRow = int(available >= _WHOLE_PAGE)
        return super().split(available_width, available)


class Masthead(Flowable):
    """La cabecera: a la izquierda el logotipo y, debajo, la caja del emisor; a la derecha, la del documento.

    Las dos cajas acaban a la misma altura y el logotipo queda en el medio del sitio que sobra.
    """

    def __init__(self, logo: Flowable, issuer: list[Flowable], document: list[Flowable], right: float):
        super().__init__()
        self.logo, self.issuer, self.document = logo, issuer, document
        self.right = right
        self.left = WIDTH - GAP - right

    def wrap(self, *_: float) -> tuple[float, float]:
        """El ancho de la página y la altura de la más alta de las dos mitades."""
        self.logo_width, self.logo_height = self.logo.wrap(self.left, FRAME_HEIGHT)
        self.issuer_height = stack_height(self.issuer, self.left - 2 * PADDING) + 2 * PADDING
        document_height = stack_height(self.document, self.right - 2 * PADDING) + 2 * PADDING
        self.width = WIDTH
        self.height = max(document_height, self.logo_height + GAP + self.issuer_height)
        return self.width, self.height

    def draw(self) -> None:
        """Las cajas y lo que llevan."""
        spare = self.height - self.issuer_height - self.logo_height
        self.logo.drawOn(self.canv, (self.left - self.logo_width) / 2, self.issuer_height + spare / 2)
        self._box(0, self.left, self.issuer_height, self.issuer)
        self._box(self.left + GAP, self.right, self.height, self.document)

    def _box(self, x: float, width: float, height: float, content: list[Flowable]) -> None:
        self.canv.setStrokeColor(INK)
        self.canv.setLineWidth(0.7)
        self.canv.roundRect(x, 0, width, height, RADIUS)
        draw_stack(self.canv, content, x + PADDING, height - PADDING, width - 2 * PADDING)


class Columns(Flowable):
    """Una columna que puede pasar de página y, a su derecha, un bloque que no se parte.

    Si juntos caben en una página, van juntos aunque haya que empezarla.
    """

    def __init__(self, left: list[Flowable], right: list[Flowable], right_width: float):
        super().__init__()
        self.left, self.right, self.right_width = left, right, right_width
        self.left_width = WIDTH - GAP - right_width

    def wrap(self, *_: float) -> tuple[float, float]:
        """El ancho de la página y la altura de la columna más larga."""
        self.width = WIDTH
        self.right_height = stack_height(self.right, self.right_width)
        self.height = max(stack_height(self.left, self.left_width), self.right_height)
        return self.width, self.height

    def split(self, available_width: float, available: float) -> list[Flowable]:
        """Lo que cabe de la izquierda, con la derecha, y el resto para la página siguiente."""
        self.wrap(available_width, available)
        if self.height <= FRAME_HEIGHT or self.right_height > available:
            return []
        now, later = self._divided(available)
        if not now:
            return []
        return [Columns(now, self.right, self.right_width), Columns(later, [], self.right_width)]

    def draw(self) -> None:
        """Las dos columnas, desde arriba."""
        draw_stack(self.canv, self.left, 0, self.height, self.left_width)
        draw_stack(self.canv, self.right, self.left_width + GAP, self.height, self.right_width)

    def _divided(self, available: float) -> tuple[list[Flowable], list[Flowable]]:
        for place, flowable in enumerate(self.left):
            height = flowable.wrap(self.left_width, available)[1]
            if height > available:
                pieces = flowable.split(self.left_width, available)
                now, rest = (pieces[:1], pieces[1:]) if pieces else ([], [flowable])
                return [*self.left[:place], *now], [*rest, *self.left[place + 1 :]]
            available -= height
        return self.left, []
