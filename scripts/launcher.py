"""`python -m scripts.launcher`: inicia el sistema y convierte lo que falle en una frase."""

import sys
from pathlib import Path

from scripts.machine.console import UserError, complain, explain, prepare_output, say
from scripts.machine.stopping import Stopped

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Devuelve el código de salida: 0 si se detuvo porque se pidió."""
    prepare_output()
    if arguments:
        complain("run_all no lleva argumentos: todo se configura en el archivo .env.")
        return 2
    try:
        # Dentro, porque importa los paquetes de .venv y puede faltar alguno.
        from scripts.starting.startup import run

        run(ROOT)
    except Stopped:
        say("Todo está detenido.")
    except UserError as error:
        complain(f"\n{error}")
        return 1
    except OSError as error:
        complain(f"\n{explain(error)}")
        return 1
    except ImportError as error:
        name = error.name or error
        complain(f"No se puede cargar el módulo de Python «{name}»: borre .venv y repita run_all.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
