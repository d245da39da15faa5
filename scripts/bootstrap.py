"""Puerta de entrada de los guiones: comprueba la versión de Python y cede el paso al instalador.

Se escribe con sintaxis antigua a propósito: un Python viejo tiene que poder leer este archivo
para decir que es viejo.
"""

import os
import sys


def main():  # type: () -> int
    """Devuelve el código de salida; con un Python anterior a 3.11 solo lo dice."""
    if sys.version_info < (3, 11):  # noqa: UP036 - es lo que este archivo viene a comprobar
        version = ".".join(str(number) for number in sys.version_info[:3])
        text = "Se necesita Python 3.11 o posterior; este es " + version + " (" + sys.executable
        text += "). Instale uno actual desde https://www.python.org/downloads/ y repita.\n"
        # En bytes: con LANG=C un Python viejo no sabe escribir una tilde.
        sys.stderr.buffer.write(text.encode("utf-8"))
        return 1
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from scripts.starting.installer import main as install

    return install(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
