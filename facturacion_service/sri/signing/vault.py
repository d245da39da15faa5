"""La caja fuerte: cifra con AES-256-GCM lo que se guarda en la base y no debe leerse en ella.

Lo cifrado es un byte de versión, doce de nonce al azar y el texto cifrado con su sello (16 bytes). El sello
cubre también la versión y los datos asociados, así que lo de una fila no se abre en otra.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


class VaultError(Exception):
    """No se puede cifrar o descifrar; el texto es una frase para una persona."""


def seal(plain: bytes, key: bytes, associated: bytes) -> bytes:
    """Cifra unos bytes.

    :param key: 32 bytes.
    :param associated: lo que ata el resultado a su lugar (la tabla y la fila); no se guarda en él.
    :raises VaultError: si falta la clave o no mide 32 bytes.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return VERSION + nonce + _cipher(key).encrypt(nonce, plain, VERSION + associated)


def unseal(sealed: bytes, key: bytes, associated: bytes) -> bytes:
    """Descifra lo que devolvió `seal` con la misma clave y los mismos datos asociados.

    :raises VaultError: si falta la clave, no es la misma o lo guardado cambió.
    """
    cipher = _cipher(key)
    if len(sealed) < len(VERSION) + _NONCE_BYTES + _TAG_BYTES:
        raise VaultError("Lo que hay guardado no es un texto cifrado: está incompleto.")
    if not sealed.startswith(VERSION):
        raise VaultError("Lo que hay guardado lo cifró una versión del sistema que esta no conoce.")
    nonce, secret = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, secret, VERSION + associated)
    except InvalidTag as error:
        raise VaultError(
            "No se puede descifrar: la clave no es con la que se cifró, o lo guardado fue alterado."
        ) from error


def _cipher(key: bytes) -> AESGCM:
    if not key:
        raise VaultError("Falta la clave que cifra la firma electrónica (SRI_CERTIFICATE_KEY).")
    if len(key) != KEY_BYTES:
        raise VaultError(f"La clave que cifra la firma electrónica debe medir {KEY_BYTES} bytes.")
    return AESGCM(key)
