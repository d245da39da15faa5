"""Números que los procesos de un servicio llevan juntos, en una memoria que hereda cada uno.

Cada proceso escribe solo en su hoja, sin cerrojos entre ellos; quien pregunta suma las hojas. La de uno que
murió, también con kill -9, la continúa el que lo reemplaza: lo contado no se pierde ni retrocede.
"""

from collections import Counter
from mmap import mmap

SHEETS = 256
CELLS = 4096
# Las primeras de cada hoja dicen cómo está ahora un proceso, y valen cero cuando ya no está.
LIVE = 8
_DOUBLE = 8


class SharedCounts:
    """Las hojas, todas del mismo tamaño.

    :param sheets: cuántas; las que nadie usa no ocupan memoria.
    """

    def __init__(self, sheets: int = SHEETS) -> None:
        self._sheets = range(sheets)
        cells = memoryview(mmap(-1, sheets * (1 + CELLS) * _DOUBLE)).cast("d")
        # De qué forma es lo que hay en cada hoja; cero, si nada.
        self._shapes, self._cells = cells[:sheets], cells[sheets:]
        self._lent: Counter[int] = Counter()
        self._mine = 0

    def lend(self) -> int:
        """La hoja para el proceso que está por nacer; lo pide quien lo va a bifurcar."""
        # Si se acabaran, dos compartirían una: alguna cuenta se perdería, pero nadie dejaría de atender.
        self._mine = min(self._sheets, key=self._lent.__getitem__)
        self._lent[self._mine] += 1
        return self._mine

    def take_back(self, sheet: int) -> None:
        """Recoge la de un proceso que terminó."""
        self._lent[sheet] -= 1
        for cell in range(LIVE):
            self._cells[sheet * CELLS + cell] = 0

    def mine(self, shape: int) -> "memoryview[float]":
        """La hoja de este proceso; si lo que hay en ella es de otra forma, en blanco.

        :param shape: un número que cambia cuando cambia el significado de alguna celda.
        """
        sheet = self._sheet(self._mine)
        if self._shapes[self._mine] != shape:
            sheet[:] = memoryview(bytes(CELLS * _DOUBLE)).cast("d")
            self._shapes[self._mine] = shape
        return sheet

    def total(self, shape: int) -> list[float]:
        """La suma de las hojas de esa forma."""
        sheets = [self._sheet(n).tolist() for n in self._sheets if self._shapes[n] == shape]
        return [sum(cells) for cells in zip(*sheets, strict=True)]

    def _sheet(self, number: int) -> "memoryview[float]":
        return self._cells[number * CELLS : (number + 1) * CELLS]
