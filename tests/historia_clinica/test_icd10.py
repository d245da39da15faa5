"""Los códigos CIE-10: su forma y los capítulos que existen."""

import pytest

from historia_clinica_service.notes.icd10 import CHAPTERS, chapter, icd10
from tests import factories


@pytest.mark.parametrize(
    ("written", "stored"),
    [("j02.9", "J029"), (" K021 ", "K021"), ("A00", "A00"), ("U07.1", "U071"), ("S72.0X", "S720X")],
)
def test_a_code_is_kept_in_capitals_and_without_the_dot(written, stored):
    assert icd10(written) == stored


@pytest.mark.parametrize(("name", "first", "last"), CHAPTERS)
def test_each_chapter_begins_and_ends_where_the_standard_says(name, first, last):
    assert (chapter(first), chapter(last)) == (name, name)


@pytest.mark.parametrize("code", ["D49", "E91", "H96.1", "K94", "P97", "T99", "V00", "Y99.9"])
def test_a_category_outside_every_chapter_is_refused(code):
    assert chapter(code) is None
    with pytest.raises(ValueError, match="no está en ningún capítulo"):
        icd10(code)


def test_the_chapters_follow_one_another_without_crossing():
    edges = [edge for _, first, last in sorted(CHAPTERS, key=lambda c: c[1]) for edge in (first, last)]
    assert edges == sorted(set(edges))


def test_a_note_with_a_code_of_no_chapter_is_refused(api):
    diagnosis = {"code": "Y99", "description": "Algo", "type": "PRESUNTIVO"}
    body = {"observations": "Control", "diagnoses": [diagnosis]}
    path = f"/appointments/{factories.appointment()}/notes"
    refused = api("historia_clinica", role="Doctor").post(path, body)
    assert refused.status_code == 422
    assert refused.json["errors"] == [
        {"field": "diagnoses[0].code", "message": "no está en ningún capítulo de la CIE-10"}
    ]
