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
from scripts.machine.console import UserError, complain, indent, prepare_output, say
from scripts.trials.throwaway import ROOT, Clinic, running

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
ALONE, CHAINED = "examples,coverage,fuzzing", "stateful"
_CASES = re.compile(r"(\d+) generated")


def fuzz(clinic: Clinic, name: str, cases: int, chains: int) -> int:
    """Prueba un servicio; devuelve cuántas peticiones le hizo.

    :param cases: cuántas al azar por operación, además de las que recorren los límites de su esquema.
    :param chains: cuántas cadenas, en las que una petición usa lo que contestó otra.
    :raises UserError: con todo lo que no cumple.
    """
    # Una sola vez: de tanto intentar entrar como administración, la cuenta queda cerrada un rato.
    token = clinic.token()
    return sum(
        _generate(clinic, name, token, phases, examples)
        for phases, examples in ((ALONE, cases), (CHAINED, chains))
    )


def _generate(clinic: Clinic, name: str, token: str, phases: str, examples: int) -> int:
    task = clinic.tasks[name]
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run"),
        *("--header", f"Authorization: Bearer {token}", "--phases", phases),
        *("--max-examples", str(examples), "--seed", str(SEED), "--no-color"),
        f"{clinic.address(name)}/openapi.json",
    ]
    # En otra carpeta: schemathesis deja junto a quien lo llama lo que encuentra.
    done = subprocess.run(command, cwd=clinic.place, env=clinic.env, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise UserError(f"{task.title}:\n{indent(done.stdout + done.stderr, 400)}\n{task.last_words()}")
    found = _CASES.search(done.stdout)
    return int(found[1]) if found else 0


def main(arguments: list[str]) -> int:
    """Devuelve el código de salida: 0 si todo lo que respondieron es lo que publican."""
    prepare_output()
    parser = argparse.ArgumentParser(prog="python -m scripts.fuzz", description=__doc__)
    parser.add_argument(
        "--cases", type=int, default=FULL_CASES, help="peticiones al azar por operación, y cadenas"
    )
    parser.add_argument("services", nargs="*", choices=[[], *SERVICES], metavar="servicio")
    options = parser.parse_args(arguments)
    failed = False
    with running(demo=True, variables=VARIABLES) as clinic:
        for name in options.services or ORDER:
            started = time.monotonic()
            try:
                count = fuzz(clinic, name, options.cases, options.cases)
                say(f"{SERVICES[name].title}: {count} peticiones, bien ({time.monotonic() - started:.0f} s)")
            except UserError as error:
                complain(str(error))
                failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
