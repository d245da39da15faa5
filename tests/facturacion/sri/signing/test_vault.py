"""La caja fuerte: lo que se guarda cifrado solo se abre con su clave, en su lugar y sin cambios."""

import pytest

from facturacion_service.sri.signing.vault import VERSION, VaultError, seal, unseal

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
PLACE = b"sri_settings:1"
SECRET = "la clave privada de la clínica".encode()


@pytest.mark.parametrize("plain", [b"", b"\0", SECRET, b"x" * 100_000])
def test_what_is_sealed_opens_with_the_same_key_and_place(plain):
    assert unseal(seal(plain, KEY, PLACE), KEY, PLACE) == plain


def test_sealed_bytes_say_nothing_and_never_repeat():
    first, second = seal(SECRET, KEY, PLACE), seal(SECRET, KEY, PLACE)
    assert first != second
    assert SECRET not in first
    assert first.startswith(VERSION)
    assert len(first) == 1 + 12 + len(SECRET) + 16


@pytest.mark.parametrize(("key", "place"), [(OTHER_KEY, PLACE), (KEY, b"sri_settings:2"), (KEY, b"")])
def test_another_key_or_another_place_does_not_open_it(key, place):
    with pytest.raises(VaultError, match="alterado"):
        unseal(seal(SECRET, KEY, PLACE), key, place)


def test_changing_any_byte_is_noticed():
    sealed = seal(SECRET, KEY, PLACE)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(VaultError):
            unseal(bytes(changed), KEY, PLACE)


@pytest.mark.parametrize("length", [0, 1, 12, 28])
def test_cut_bytes_are_refused_with_words(length):
    with pytest.raises(VaultError, match="incompleto"):
        unseal(seal(SECRET, KEY, PLACE)[:length], KEY, PLACE)


def test_an_unknown_version_is_told_apart_from_a_wrong_key():
    with pytest.raises(VaultError, match="una versión del sistema que esta no conoce"):
        unseal(b"\x02" + seal(SECRET, KEY, PLACE)[1:], KEY, PLACE)


@pytest.mark.parametrize(("key", "words"), [(b"", "Falta la clave"), (b"corta", "32 bytes"), (KEY * 2, "32")])
def test_without_a_good_key_nothing_is_sealed_nor_opened(key, words):
    with pytest.raises(VaultError, match=words):
        seal(SECRET, key, PLACE)
    with pytest.raises(VaultError, match=words):
        unseal(seal(SECRET, KEY, PLACE), key, PLACE)
