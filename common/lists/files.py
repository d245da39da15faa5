"""Respuestas que son un archivo que se descarga."""

from collections.abc import Callable
from io import SEEK_END, BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO

from flask import Response
from werkzeug.wsgi import FileWrapper

CHUNK_BYTES = 64 * 1024
# Hasta aquí un archivo temporal no llega al disco.
MEMORY_BYTES = 256 * 1024


class _Chunks(FileWrapper):
    """Un archivo por trozos que se cierra al llegar al final, o antes si nadie lo espera."""

    def __next__(self) -> bytes:
        try:
            return super().__next__()
        except StopIteration:
            self.close()
            raise

    def __del__(self) -> None:
        self.close()


def download(file: IO[bytes], media_type: str, name: str) -> Response:
    """La respuesta con todo el archivo, enviado por trozos.

    :param name: nombre con que se guarda, solo con letras ASCII, cifras, puntos y guiones.
    """
    size = file.seek(0, SEEK_END)
    file.seek(0)
    response = Response(_Chunks(file, CHUNK_BYTES), content_type=media_type, direct_passthrough=True)
    response.content_length = size
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def download_bytes(content: bytes, media_type: str, name: str) -> Response:
    """Lo mismo con un archivo que ya está en memoria."""
    return download(BytesIO(content), media_type, name)


def written(write: Callable[[IO[bytes]], None], media_type: str, name: str) -> Response:
    """La respuesta con un archivo que se escribe entero antes de enviar nada, y se borra al acabar.

    :param write: escribe en el archivo que recibe; si falla, no se envía.
    """
    # Lo cierra la respuesta al acabar de enviarse.
    file: IO[bytes] = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    return download(file, media_type, name)
