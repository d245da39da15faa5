"""`python -m scripts.fake_sri`: enciende un SRI simulado en este equipo hasta que se lo detiene."""

import argparse
import signal
import sqlite3
import sys
import threading
from pathlib import Path

from scripts.fake_sri import FakeSri, Rules
from scripts.fake_sri.messages import NOTICE
from scripts.machine.console import complain, prepare_output, reason, say


def main(arguments: list[str]) -> int:
    """Devuelve el código de salida: 0 si se lo detuvo en orden."""
    prepare_output()
    options = _parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with _fake(options) as fake:
            say(NOTICE)
            say(f"Escucha en {fake.url}")
            stop.wait()
    except sqlite3.DatabaseError as error:
        complain(f"No se puede usar {options.state}: {error}.")
        return 1
    except OSError as error:
        complain(f"No se puede escuchar en el puerto {options.port}: {reason(error)}.")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.fake_sri", description=__doc__)
    parser.add_argument("--port", type=int, default=5080, help="puerto en el que escucha (5080)")
    parser.add_argument("--state", type=Path, help="archivo donde recuerda; sin él, olvida al detenerse")
    parser.add_argument(
        "--xsd-dir", type=_folder, help="carpeta con los XSD oficiales, para validar con ellos"
    )
    parser.add_argument("--wsdl-dir", type=_folder, help="carpeta con los WSDL oficiales, para publicarlos")
    parser.add_argument("--delay", type=int, default=5, help="segundos que tarda en autorizar (5)")
    parser.add_argument("--days-late", type=int, default=1, help="días de atraso que tolera (1)")
    return parser


def _folder(text: str) -> Path:
    folder = Path(text)
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{text} no es una carpeta")
    return folder


def _fake(options: argparse.Namespace) -> FakeSri:
    rules = Rules(processing_seconds=options.delay, days_late=options.days_late, schemas=options.xsd_dir)
    return FakeSri(port=options.port, rules=rules, state=options.state, wsdl=options.wsdl_dir)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
