"""Lo que se lee en un PDF: sus textos, sus páginas y las barras de un código."""

import re
import zlib
from base64 import a85decode
from collections import Counter
from itertools import pairwise

# Los anchos de cada signo de Code 128, en módulos, barra y espacio alternados (ISO/IEC 15417, tabla 1).
_CODE_128 = """
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212
    112232 122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131
    311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321
    112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
    313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111
    314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114
    122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212
    124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
    114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112
"""
_SIGNS = _CODE_128.split()
_TO_B, _START_C, _STOP = 100, 105, 106


def contents(pdf: bytes) -> list[str]:
    """Las órdenes de dibujo de cada página, como texto."""
    # Una imagen tiene más claves que estas dos.
    start = rb"<<\s*/Filter \[ /ASCII85Decode /FlateDecode \] /Length \d+\s*>>\s*stream\r?\n"
    streams = re.findall(start + rb"(.*?)endstream", pdf, re.DOTALL)
    decoded = (zlib.decompress(a85decode(b"<~" + stream.strip(), adobe=True)) for stream in streams)
    return [content.decode("latin-1") for content in decoded]


def words(pdf: bytes) -> str:
    """El texto, en orden y sin espacios repetidos."""
    shown = re.findall(r"\(((?:\\.|[^\\()])*)\) Tj", "\n".join(contents(pdf)))
    plain = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), " ".join(shown)).replace("\\", "")
    return " ".join(plain.encode("latin-1").decode("cp1252").split())


def page_count(pdf: bytes) -> int:
    """Cuántas páginas tiene."""
    return len(re.findall(rb"/Type /Page\b", pdf))


def barcode(content: str) -> str:
    """Los dígitos de un código de barras, leídos de lo que miden sus barras y sus espacios."""
    values = [_SIGNS.index(sign) for sign in _signs(_bars(content))]
    first, *data, check, stop = values
    assert (first, stop) == (_START_C, _STOP)
    assert check == (first + sum(place * value for place, value in enumerate(data, 1))) % 103
    place = data.index(_TO_B) if _TO_B in data else len(data)
    pairs, single = data[:place], data[place + 1 :]
    return "".join(f"{value:02d}" for value in pairs) + "".join(chr(value + 32) for value in single)


def _bars(content: str) -> list[tuple[float, float]]:
    """Dónde empieza y cuánto mide cada barra: los rectángulos del alto que más se repite."""
    drawn = re.findall(r"n (\S+) 0 (\S+) (\S+) re f\*", content)
    ((height, _),) = Counter(rectangle[2] for rectangle in drawn).most_common(1)
    return [(float(x), float(width)) for x, width, tall in drawn if tall == height]


def _signs(bars: list[tuple[float, float]]) -> list[str]:
    """Los anchos en módulos, de seis en seis; el último signo tiene siete."""
    module = min(width for _, width in bars)
    edges = [edge for x, width in bars for edge in (x, x + width)]
    widths = [round((after - before) / module) for before, after in pairwise(edges)]
    text = "".join(map(str, widths))
    return [text[place : place + 6] for place in range(0, len(text) - 7, 6)] + [text[-7:]]
