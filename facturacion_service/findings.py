"""Lo que falta o conviene saber para emitir comprobantes electrónicos, con su código y en palabras."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Algo que falta o conviene saber.

    :param blocking: si impide que haya comprobantes autorizados.
    """

    code: str
    message: str
    blocking: bool = False
