"""Las listas como archivo: nada se ejecuta al abrirlo, nada se pierde y la memoria no crece."""

import csv
import io
import re
import tempfile
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from common.errors import Invalid
from common.lists import exports
from common.lists.exports import Sheet, export, export_book, safe_text
from common.lists.files import MEMORY_BYTES

TITLES = {"a": "Título", "b": "Otro"}


def content(kind, rows, titles=TITLES):
    response = export(kind, "cosas", titles, rows)
    response.direct_passthrough = False
    return response.get_data()


def csv_rows(rows):
    text = content("csv", rows).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def sheet(rows):
    return load_workbook(io.BytesIO(content("xlsx", rows))).active


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+593",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1+1",
        "＝1",
        "＋1",
        "－1",
        "＠a",
        "=",
        "-",
    ],
)
def test_what_looks_like_a_formula_goes_after_an_apostrophe(text):
    assert safe_text(text) == f"'{text}"
    assert csv_rows([{"a": text, "b": ""}])[1][0] == f"'{text}"
    cell = sheet([{"a": text, "b": ""}])["A2"]
    assert cell.data_type == "s"
    assert cell.value.startswith("'")


@pytest.mark.parametrize("text", ["Ana", "1-2", "a=b", "'ya", "#N/A", "5 + 5", "ñ@b.ec"])
def test_other_text_is_left_alone(text):
    assert safe_text(text) == text


def test_a_csv_reads_back_what_was_written():
    tricky = 'Él dijo: "hola, ñandú"; y\nse fue'
    found = csv_rows([{"a": tricky, "b": None}, {"a": True, "b": False}])
    assert found == [["Título", "Otro"], [tricky, ""], ["sí", "no"]]


def test_a_csv_is_utf8_with_bom_and_lines_as_the_standard_says():
    data = content("csv", [{"a": "á", "b": 1}])
    assert data == b"\xef\xbb\xbfT\xc3\xadtulo,Otro\r\n\xc3\xa1,1\r\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1234.50"), "1234.50"),
        (Decimal("-3.000"), "-3"),
        (Decimal("0.125"), "0.125"),
        (Decimal("1000.000"), "1000"),
        (Decimal("0.00"), "0.00"),
        (-7, "-7"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 5, 1, 4, 59, 59, tzinfo=UTC), "2026-04-30T23:59:59-05:00"),
    ],
)
def test_numbers_and_instants_are_written_for_a_program(value, text):
    assert csv_rows([{"a": value, "b": ""}])[1][0] == text


def test_a_sheet_holds_real_numbers_and_dates():
    instant = datetime(2026, 5, 1, 4, 59, 59, tzinfo=UTC)
    found = sheet([{"a": Decimal("-12.50"), "b": date(2026, 1, 31)}, {"a": instant, "b": Decimal("2.125")}])
    assert [cell.value for cell in found[1]] == ["Título", "Otro"]
    assert found["A1"].font.bold
    assert found.freeze_panes == "A2"
    assert (found["A2"].value, found["A2"].number_format) == (-12.5, "0.00")
    assert (found["B2"].value, found["B2"].number_format) == (datetime(2026, 1, 31), "yyyy-mm-dd")
    assert found["A3"].value == datetime(2026, 4, 30, 23, 59, 59)
    assert found["A3"].number_format == "yyyy-mm-dd hh:mm:ss"
    assert found["B3"].value == 2.125


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("ho\x0bla\uffff 😀", "hola 😀"),
        ("una\r\notra\rtercera", "una\notra\ntercera"),
        (" con espacios ", " con espacios "),
        ('<b>&"', '<b>&"'),
        # Lo que la biblioteca tomaría por una fórmula, un enlace, un número o un XML ya hecho.
        ("{=1+1}", "{=1+1}"),
        ("http://ejemplo.test", "http://ejemplo.test"),
        ("mailto:ana@ejemplo.test", "mailto:ana@ejemplo.test"),
        ("0012", "0012"),
        ("<r><t>ya hecho</t></r>", "<r><t>ya hecho</t></r>"),
        ("<r>roto & </r>", "<r>roto & </r>"),
        # Lo que no cabe en una celda se corta.
        ("x" * 40_000, "x" * 32_767),
        ("<r>" + "x" * 40_000 + "</r>", "<r>" + "x" * 32_764),
    ],
)
def test_a_text_goes_into_a_sheet_as_a_text(text, stored):
    found = sheet([{"a": text, "b": ""}])
    assert (found["A2"].value, found["A2"].data_type, found["A2"].hyperlink) == (stored, "s", None)
    assert found["B2"].value is None


@pytest.mark.parametrize("text", ["0.10", "9.95", "-1234567890123.45", "0.000001", "99999999.99", "0.00"])
def test_a_sheet_holds_each_decimal_as_it_was_written(text):
    with zipfile.ZipFile(io.BytesIO(content("xlsx", [{"a": Decimal(text), "b": ""}]))) as book:
        written = re.findall("<v>(.*?)</v>", book.read("xl/worksheets/sheet1.xml").decode())
    assert [Decimal(value) for value in written] == [Decimal(text)]


def test_the_columns_are_as_wide_as_their_titles():
    titles = {"a": "Título", "b": "Un título más largo que lo normal"}
    found = load_workbook(io.BytesIO(content("xlsx", [], titles))).active
    assert [found.column_dimensions[name].width for name in "AB"] == [12, 35]


def test_the_answer_is_a_file_to_download():
    response = export("csv", "cosas", TITLES, [])
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="cosas-2')
    assert response.content_length == len("\ufeffTítulo,Otro\r\n".encode())
    response.close()


def test_more_rows_than_a_sheet_admits_are_refused(monkeypatch):
    monkeypatch.setattr(exports, "MAX_SHEET_ROWS", 3)
    rows = [{"a": number, "b": ""} for number in range(4)]
    assert sheet(rows[:3]).max_row == 4
    with pytest.raises(Invalid):
        export("xlsx", "cosas", TITLES, rows)
    with pytest.raises(Invalid):
        export_book("cosas", (Sheet("Dos", ((TITLES, rows[:2]), (TITLES, []))),))


def test_a_book_has_its_sheets_and_stacks_the_tables_of_one():
    table = (TITLES, [{"a": "=1+1", "b": Decimal("2.50")}])
    response = export_book("cosas", (Sheet("Una", (table, table)), Sheet("Dos", ((TITLES, []),))))
    response.direct_passthrough = False
    book = load_workbook(io.BytesIO(response.get_data()))
    head, row = ("Título", "Otro"), ("'=1+1", 2.5)
    assert list(book["Una"].values) == [head, row, (None, None), head, row]
    assert list(book["Dos"].values) == [head]
    assert book["Una"]["A4"].font.bold
    assert book.sheetnames == ["Una", "Dos"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_fails_halfway_sends_nothing_and_leaves_no_file(kind, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def rows():
        yield {"a": "x" * MEMORY_BYTES, "b": ""}
        raise ValueError("a medias")

    with pytest.raises(ValueError, match="a medias"):
        export(kind, "cosas", TITLES, rows())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_memory_does_not_grow_with_the_rows(kind):
    def peak(count):
        rows = ({"a": f"{number} " + "x" * 500, "b": number} for number in range(count))
        tracemalloc.start()
        export(kind, "cosas", TITLES, rows).close()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)  # lo que solo se carga una vez
    assert peak(10_000) < peak(1_000) + 500_000
