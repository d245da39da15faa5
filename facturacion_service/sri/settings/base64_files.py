"""Los archivos que llegan dentro de un JSON, en base64."""

import binascii
from base64 import b64decode

from common.errors import invalid


def decoded(field: str, text: str) -> bytes:
    """Los bytes de un archivo.

    :raises Invalid: si no es base64; lo dice de ese campo.
    """
    try:
        # Hay quien parte el base64 en líneas.
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid(field, "no es un archivo en base64") from error
