"""Las páginas del PDF: su número, el aviso al pie y la marca de agua bajo el texto."""

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

MARGIN = 18 * mm
SOFT, FAINT = HexColor("#6b7785"), HexColor("#e9ecef")
NOTICE = "Documento de la clínica: no reemplaza al comprobante electrónico autorizado por el SRI."
# La diagonal que una marca de agua ocupa como mucho, y el cuerpo de su letra, en puntos.
_DIAGONAL, _MARK_SIZE, _MARK_FONT = 270 * mm, 110, "Helvetica-Bold"


def canvas_with(mark: str | None, name: str, *, notice: str = NOTICE, margin: float = MARGIN) -> type[Canvas]:
    """El lienzo que numera cada página con el total, y lleva la marca de agua bajo el texto.

    :param mark: una línea o varias; la letra se encoge si no cabe.
    :param margin: de los lados, en puntos; ahí empieza y acaba el pie.
    """

    class Numbered(Canvas):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.pages: list[dict[str, Any]] = []
            _watermark(self, mark)

        def showPage(self) -> None:  # noqa: N802 - así se llama en reportlab
            self.pages.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]
            _watermark(self, mark)

        def save(self) -> None:
            for number, page in enumerate(self.pages, 1):
                self.__dict__.update(page)
                _footer(self, notice, f"{name} · página {number} de {len(self.pages)}", margin)
                super().showPage()
            super().save()

    return Numbered


def _watermark(canvas: Canvas, mark: str | None) -> None:
    if mark is None:
        return
    canvas.saveState()
    canvas.translate(A4[0] / 2, A4[1] / 2)
    canvas.rotate(52)
    canvas.setFillColor(FAINT)
    lines = mark.split("\n")
    size = min(_mark_size(line) for line in lines)
    canvas.setFont(_MARK_FONT, size)
    for place, line in enumerate(lines):
        canvas.drawCentredString(0, size * (1.1 * (len(lines) - 1) / 2 - 1.1 * place - 0.345), line)
    canvas.restoreState()


def _mark_size(line: str) -> float:
    return min(_MARK_SIZE, _DIAGONAL / stringWidth(line, _MARK_FONT, 1))


def _footer(canvas: Canvas, notice: str, text: str, margin: float) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica", 7.5)
    canvas.setFillColor(SOFT)
    canvas.drawString(margin, 12 * mm, notice)
    canvas.drawRightString(A4[0] - margin, 12 * mm, text)
    canvas.restoreState()
