"""Contraseñas: qué se admite, cómo se guardan y que comprobar una no falle nunca."""

import pytest

from common.access.passwords import COMMON, hash_password, matches, problem

EMAIL = "ana.perez@clinica.test"


@pytest.mark.parametrize("password", ["Cuarzo-77", "ocho8ocho", "ñ" * 35 + "ab", "con espacios y tildes á"])
def test_a_good_password_has_no_problem(password):
    assert problem(password, EMAIL) is None


@pytest.mark.parametrize(
    "password", ["", "siete77", "x" * 73, "ñ" * 37, "abababab", EMAIL.upper(), "Ana.Perez"]
)
def test_a_bad_password_has_a_reason(password):
    assert problem(password, EMAIL)


def test_the_commonest_passwords_are_refused_in_any_case():
    assert len(COMMON) >= 100
    assert [word for word in COMMON if problem(word.upper(), EMAIL) is None] == []


def test_the_hash_is_never_twice_the_same():
    assert hash_password("Cuarzo-77") != hash_password("Cuarzo-77")


def test_a_password_matches_only_its_own_hash():
    hashed = hash_password("Cuarzo-77")
    assert matches("Cuarzo-77", hashed)
    assert not matches("cuarzo-77", hashed)
    assert not matches("Cuarzo-77", None)


@pytest.mark.parametrize("password", ["", "x" * 72, "x" * 73, "x" * 5000, "ñ" * 36 + "é", "con\0nulo"])
def test_no_password_breaks_the_check(password):
    assert not matches(password, hash_password("Cuarzo-77"))
    assert not matches(password, None)


def test_what_bcrypt_would_cut_is_not_ignored():
    assert not matches("x" * 72 + "y", hash_password("x" * 72))
    assert not matches("con\0uno", hash_password("con\0dos"))
