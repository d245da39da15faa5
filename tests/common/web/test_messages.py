"""Las frases de la validación: en español, con la ruta del campo y sin repetirse."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError, create_model

from common.web.messages import MESSAGES, field_errors
from common.web.schemas import In


class Inner(In):
    """Algo de dentro."""

    size: int


def sentence(kind, value):
    model = create_model("Any", __base__=In, field=(kind, ...))
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"field": value})
    return field_errors(caught.value)[0]


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (str, 1, "debe ser un texto"),
        (Annotated[str, Field(min_length=1)], "", "no puede estar vacío"),
        (Annotated[str, Field(max_length=3)], "abcd", "admite hasta 3 caracteres"),
        (Annotated[str, Field(pattern="^a$")], "b", "no tiene el formato esperado"),
        (int, "1", "debe ser un número entero"),
        (int, 1.5, "debe ser un número entero"),
        (bool, 1, "debe ser true o false"),
        (list[int], {}, "debe ser una lista"),
        (dict[str, int], [], "debe ser un objeto"),
        (Inner, [], "debe ser un objeto"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "admite hasta 1 elementos"),
        (Annotated[list[int], Field(min_length=1)], [], "necesita al menos 1 elementos"),
        (Annotated[int, Field(gt=0)], 0, "debe ser mayor que 0"),
        (Annotated[int, Field(ge=1)], 0, "debe ser 1 o mayor"),
        (Annotated[int, Field(lt=5)], 5, "debe ser menor que 5"),
        (Annotated[int, Field(le=4)], 5, "debe ser 4 o menor"),
        (Literal["A", "B", "C"], "D", "debe ser uno de: A, B, C"),
        (bytes, 1, "no es un valor válido"),
    ],
)
def test_each_error_is_a_spanish_sentence(kind, value, text):
    assert sentence(kind, value) == ("field", text)


def test_the_path_says_where_inside_the_body():
    assert sentence(list[Inner], [{"size": 1}, {"size": "x"}])[0] == "field[1].size"
    assert sentence(list[Inner], [{"size": 1}, {}]) == ("field[1].size", "es obligatorio")


def test_an_optional_value_that_fails_twice_is_told_once():
    model = create_model("Union", __base__=In, field=(Inner | None, None))
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"field": {"size": "x", "otra": 1}})
    assert field_errors(caught.value) == [
        ("field.size", "debe ser un número entero"),
        ("field.otra", "no es un campo conocido"),
    ]


def test_no_sentence_shows_an_unfilled_hole():
    for text in MESSAGES.values():
        assert text.format(max_length=1, min_length=1, gt=1, ge=1, lt=1, le=1, expected="A")
