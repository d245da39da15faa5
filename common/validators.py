"""Cédula, RUC, pasaporte y teléfono: funciones puras.

Reglas: Registro Civil (cédula, módulo 10) y SRI (RUC). El dígito verificador de los RUC de sociedades
y de entidades públicas no se exige: existen RUC reales que no lo cumplen.
"""

import re

CONSUMIDOR_FINAL = "9999999999999"
_WEIGHTS = (2, 1, 2, 1, 2, 1, 2, 1, 2)
_SEPARATORS = re.compile(r"[\s-]+")
_PASSPORT = re.compile(r"[A-Z0-9-]{3,20}")
_PHONE = re.compile(r"\+?[0-9]{7,15}")


def _digits(value: str, length: int, name: str) -> str:
    number = _SEPARATORS.sub("", value)
    if not (number.isascii() and number.isdigit()):
        raise ValueError(f"{name} solo lleva dígitos")
    if len(number) != length:
        raise ValueError(f"{name} tiene {length} dígitos; se recibieron {len(number)}")
    return number


def _check_province(number: str, name: str) -> None:
    if not (1 <= int(number[:2]) <= 24 or number[:2] == "30"):
        raise ValueError(f"{name} empieza con una provincia que no existe ({number[:2]})")


def _modulo_10(number: str) -> int:
    products = (int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return -sum(p - 9 if p > 9 else p for p in products) % 10


def cedula(value: str) -> str:
    """Comprueba una cédula y la devuelve con sus diez dígitos, sin espacios ni guiones.

    :raises ValueError: la frase dice cuál regla no cumple.
    """
    number = _digits(value, 10, "la cédula")
    if len(set(number)) == 1:
        raise ValueError("la cédula no puede repetir un solo dígito")
    _check_province(number, "la cédula")
    if number[2] > "6":
        raise ValueError("el tercer dígito de una cédula va de 0 a 6")
    if _modulo_10(number) != int(number[9]):
        raise ValueError("el dígito verificador de la cédula no es correcto")
    return number


def _is_cedula(value: str) -> bool:
    try:
        return bool(cedula(value))
    except ValueError:
        return False


def ruc(value: str) -> str:
    """Comprueba un RUC y lo devuelve con sus trece dígitos.

    Tercer dígito 0 a 5: cédula más establecimiento. 9 (sociedad) y 6 (entidad pública): solo estructura
    y provincia. 7 y 8 no existen.

    :raises ValueError: la frase dice cuál regla no cumple.
    """
    number = _digits(value, 13, "el RUC")
    if number == CONSUMIDOR_FINAL:
        raise ValueError("9999999999999 es consumidor final, no un RUC")
    _check_province(number, "el RUC")
    if number.endswith("000"):
        raise ValueError("el establecimiento del RUC (últimos tres dígitos) no puede ser 000")
    if number[2] in "78":
        raise ValueError("el tercer dígito de un RUC no puede ser 7 ni 8")
    if number[2] <= "5" and not _is_cedula(number[:10]):
        raise ValueError("los diez primeros dígitos del RUC no son una cédula válida")
    return number


def passport(value: str) -> str:
    """Comprueba un pasaporte: 3 a 20 letras, dígitos o guiones; lo devuelve en mayúsculas.

    :raises ValueError: si no cumple.
    """
    number = value.strip().upper()
    if number == CONSUMIDOR_FINAL:
        raise ValueError("9999999999999 es consumidor final, no un pasaporte")
    if not _PASSPORT.fullmatch(number):
        raise ValueError("el pasaporte lleva de 3 a 20 letras, dígitos o guiones")
    return number


def phone(value: str) -> str:
    """Quita espacios, guiones y paréntesis de un teléfono; admite el prefijo internacional.

    :raises ValueError: si no quedan de 7 a 15 dígitos.
    """
    number = re.sub(r"[\s().-]+", "", value)
    if not (number.isascii() and _PHONE.fullmatch(number)):
        raise ValueError("el teléfono lleva de 7 a 15 dígitos, con + delante si es internacional")
    return number


DOCUMENT_RULES = {"CEDULA": cedula, "RUC": ruc, "PASAPORTE": passport}


def document(doc_type: str, doc_number: str) -> str:
    """El número de documento normalizado según su tipo (CEDULA, RUC o PASAPORTE).

    :raises ValueError: la frase dice cuál regla no cumple.
    """
    return DOCUMENT_RULES[doc_type](doc_number)
