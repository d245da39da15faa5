"""`python -m scripts.fuzz [--cases N] [servicio …]`: peticiones inventadas contra el sistema en marcha.

Inicia los cinco servicios con una base desechable, la clínica de muestra y un SRI simulado, y deja que
schemathesis saque de cada OpenAPI peticiones buenas, malas y en los límites. Falla si alguna respuesta no es
de las publicadas, si algo que el esquema prohíbe se acepta, o si algo responde 500. Con la misma semilla, las
mismas peticiones.
"""

import argparse
import re
import subprocess
import sys
import time

from common.services import SERVICES
from scripts.console import UserError, complain, indent, prepare_output, say
from scripts.throwaway import ROOT, Clinic, running

CONFIGURATION = ROOT / "scripts" / "fuzz.toml"
FULL_CASES = 100
# Autenticación al final: lo que ahí se prueba cambia las cuentas y los roles.
ORDER = sorted(SERVICES, key=lambda name: name == "auth")
SEED = 2026
VARIABLES = {
    "SCHEMATHESIS_HOOKS": "scripts.fuzz_hooks",
    # Lo que gunicorn rechaza por largo no llega al programa.
    "GUNICORN_CMD_ARGS": "--limit-request-line 0",
}
_CASES = re.compile(r"(\d[\d,]*) generated")


def fuzz(clinic: Clinic, name: str, cases: int) -> str:
    """Prueba un servicio; devuelve cuántas peticiones le hizo.

    :raises UserError: con todo lo que no cumple.
    """
    task = clinic.tasks[name]
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run"),
        *("--header", f"Authorization: Bearer {clinic.token()}"),
        *("--max-examples", str(cases), "--seed", str(SEED), "--no-color"),
        f"{clinic.address(name)}/openapi.json",
    ]
    # En otra carpeta: schemathesis deja junto a quien lo llama lo que encuentra.
    done = subprocess.run(command, cwd=clinic.place, env=clinic.env, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise UserError(f"{task.title}:\n{indent(done.stdout + done.stderr, 400)}\n{task.last_words()}")
    found = _CASES.search(done.stdout)
    return found[1] if found else "?"


def main(arguments: list[str]) -> int:
    """Devuelve el código de salida: 0 si todo lo que respondieron es lo que publican."""
    prepare_output()
    parser = argparse.ArgumentParser(prog="python -m scripts.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=FULL_CASES, help="peticiones al azar por operación")
    parser.add_argument("services", nargs="*", choices=[[], *SERVICES], metavar="servicio")
    options = parser.parse_args(arguments)
    failed = False
    with running(demo=True, variables=VARIABLES) as clinic:
        for name in options.services or ORDER:
            started = time.monotonic()
            try:
                count = fuzz(clinic, name, options.cases)
                say(f"{SERVICES[name].title}: {count} peticiones, bien ({time.monotonic() - started:.0f} s)")
            except UserError as error:
                complain(str(error))
                failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
