"""La CIE-10 de la OMS y la OPS: la forma de un código y los capítulos que existen."""

import re

SHAPE = r"[A-Za-z][0-9]{2}(\.?[0-9Xx]{1,2})?"
_SHAPE = re.compile(SHAPE)

# Capítulo, primera y última categoría. Es la de la OMS, que usa el país: D49 o K94 solo existen en la
# modificación clínica de otros.
CHAPTERS = (
    ("I", "A00", "B99"),
    ("II", "C00", "D48"),
    ("III", "D50", "D89"),
    ("IV", "E00", "E90"),
    ("V", "F00", "F99"),
    ("VI", "G00", "G99"),
    ("VII", "H00", "H59"),
    ("VIII", "H60", "H95"),
    ("IX", "I00", "I99"),
    ("X", "J00", "J99"),
    ("XI", "K00", "K93"),
    ("XII", "L00", "L99"),
    ("XIII", "M00", "M99"),
    ("XIV", "N00", "N99"),
    ("XV", "O00", "O99"),
    ("XVI", "P00", "P96"),
    ("XVII", "Q00", "Q99"),
    ("XVIII", "R00", "R99"),
    ("XIX", "S00", "T98"),
    ("XX", "V01", "Y98"),
    ("XXI", "Z00", "Z99"),
    # Para usos especiales: la OMS los va asignando (U07.1 fue COVID-19).
    ("XXII", "U00", "U99"),
)


def icd10(value: str) -> str:
    """El código en mayúsculas y sin punto, como se imprime en Ecuador.

    :raises ValueError: si no tiene la forma de un código o no cae en ningún capítulo.
    """
    code = value.strip().upper()
    if not _SHAPE.fullmatch(code):
        raise ValueError("no es un código CIE-10, como J029 o J02.9")
    if chapter(code) is None:
        raise ValueError("no está en ningún capítulo de la CIE-10")
    return code.replace(".", "")


def chapter(code: str) -> str | None:
    """El número romano del capítulo de un código, o None si no cae en ninguno."""
    category = code[:3]
    return next((name for name, first, last in CHAPTERS if first <= category <= last), None)
