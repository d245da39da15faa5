"""Las páginas del PDF: su número, el aviso al pie y la marca de agua bajo el texto."""

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

MARGIN = 18 * mm
SOFT, FAINT = HexColor("#6b7785"), HexColor("#e9ecef")
NOTICE = "Documento de la clínica: no reemplaza al comprobante electrónico autorizado por el SRI."


def canvas_with(mark: str | None, name: str) -> type[Canvas]:
    """El lienzo que numera cada página con el total, y lleva la marca de agua bajo el texto."""

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
                _footer(self, f"{name} · página {number} de {len(self.pages)}")
                super().showPage()
            super().save()

    return Numbered


def _watermark(canvas: Canvas, mark: str | None) -> None:
    if mark is None:
        return
    canvas.saveState()
    canvas.translate(A4[0] / 2, A4[1] / 2)
    canvas.rotate(52)
    canvas.setFont("Helvetica-Bold", 110)
    canvas.setFillColor(FAINT)
    canvas.drawCentredString(0, -38, mark)
    canvas.restoreState()


def _footer(canvas: Canvas, text: str) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica", 7.5)
    canvas.setFillColor(SOFT)
    canvas.drawString(MARGIN, 12 * mm, NOTICE)
    canvas.drawRightString(A4[0] - MARGIN, 12 * mm, text)
    canvas.restoreState()
