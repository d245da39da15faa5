"""`./prove.sh [--quick] [nombre …]`: pone a prueba lo que el sistema promete y dice la cifra de cada ensayo.

Cada línea es un ensayo contra PostgreSQL y los cinco servicios de verdad. Con `--quick`, los que corren en
cada entrega. Termina con estado 1 si alguna promesa no se cumple.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import orjson

from drills import electronic, exports, probes, visits
from drills.attacks import fuzzing, headers, passwords, revoked, roles, smuggling, tokens
from drills.failures import deaths, disk, electronic_deaths, outages, replicas, restarts, slow_clients, stuck
from drills.house import Broken, Drill, House, Skipped, opened
from drills.races import accounts, bookings, consumption, edits, numbers, payments, repeats
from drills.records import audit, searches
from scripts.machine.console import complain, prepare_output, progress, say

DRILLS = {
    "turno": Drill("200 reservas de un mismo turno", bookings.one_slot, quick=True),
    "cruces": Drill("Turnos que se pisan, con doctores y pacientes cruzados", bookings.crossed),
    "relevo": Drill("Turnos que se cancelan mientras otros los piden", bookings.released),
    "mudanza": Drill("40 citas que se mudan al mismo turno", bookings.moved),
    "insumos": Drill("500 citas completadas con 100 unidades", consumption.too_few_units, quick=True),
    "milesimas": Drill("Cantidades con milésimas e insumos cruzados", consumption.fractions),
    "una": Drill("30 veces a la vez la misma cita", consumption.one_visit),
    "kardex": Drill("Un producto que se mueve de cinco formas a la vez", consumption.every_way_at_once),
    "numeros": Drill("1 000 facturas emitidas entre 100 que se deshacen", numbers.thousand, quick=True),
    "comprobantes": Drill(
        "1 000 facturas electrónicas entre 100 que se deshacen", electronic.authorized_once
    ),
    "clave": Drill("Una clave de idempotencia 50 veces a la vez", repeats.fifty_times, quick=True),
    "clave_rota": Drill("Una clave cuya primera petición murió", repeats.after_a_death),
    "cobros": Drill("200 cobros parciales de una factura", payments.two_hundred, quick=True),
    "devoluciones": Drill("50 notas de crédito de una factura a la vez", payments.fifty_credits),
    "saldo": Drill("Facturas que a la vez se cobran, se devuelven y se anulan", payments.every_way_at_once),
    "edicion": Drill("Lo mismo editado por dos y por cien a la vez", edits.one_winner, quick=True),
    "visitas": Drill("Visitas que se reabren y cancelan mientras se facturan", visits.billed_or_changed),
    "duplicados": Drill("50 altas a la vez de lo mismo", accounts.duplicates),
    "contrasenas": Drill("50 contraseñas a la vez contra una cuenta", accounts.guessing),
    "administracion": Drill("Todos los administradores quitados a la vez", accounts.last_admin),
    "tokens": Drill("Tokens falsos", tokens.every_attack, quick=True),
    "sesiones": Drill("Sesiones que se cierran", revoked.every_closing, quick=True),
    "replicas": Drill("Dos réplicas de cada servicio entre nginx y PgBouncer", replicas.same_promises),
    "muerte": Drill("Una réplica que muere con -9 bajo carga", replicas.one_dies),
    "permisos": Drill("Cada ruta con cada rol", roles.every_route, quick=True),
    "contrasenas_guardadas": Drill("Contraseñas en la base y a la puerta", passwords.stored_and_guessed),
    "comodines": Drill("Comodines y signos en cada búsqueda", searches.every_sign, quick=True),
    "formulas": Drill("Fórmulas en lo que se exporta", exports.every_list),
    "cabeceras": Drill("Cabeceras hostiles", headers.every_header),
    "contrabando": Drill("Peticiones ambiguas", smuggling.every_ambiguity),
    "hostil": Drill("Valores hostiles en cada campo", probes.everything),
    "inventadas": Drill("20 000 peticiones inventadas", fuzzing.every_spec),
    "muerte_cita": Drill("kill -9 en cada paso de completar una cita", deaths.completing),
    "muerte_factura": Drill("kill -9 en cada paso de emitir una factura", deaths.issuing),
    "muerte_cobro": Drill("kill -9 en cada paso de cobrar", deaths.paying, quick=True),
    "base_cortada": Drill("PostgreSQL cortado con kill -9 diez segundos", outages.stopped),
    "base_cerrada": Drill("Todas las sesiones de la base terminadas", outages.terminated, quick=True),
    "base_congelada": Drill("PostgreSQL congelado ocho segundos", outages.frozen),
    "atasco": Drill("Todas las conexiones atascadas", stuck.locked, quick=True),
    "disco_lleno": Drill("El disco de la base y los registros, lleno", disk.full),
    "servicios_muertos": Drill("kill -9 a todos los servicios a la vez", restarts.killed),
    "sri_muertes": Drill("kill -9 al emitir y al enviar al SRI", electronic_deaths.killed),
    "lentos": Drill("400 clientes lentos a la vez, tras nginx", slow_clients.behind_the_door),
    "lentos_sin_puerta": Drill("Clientes lentos sin nginx delante", slow_clients.without_the_door),
    # Al final: comprueba la cadena que todos los anteriores escribieron, y después la rompe.
    "auditoria": Drill("La auditoría, entera y a prueba de manos", audit.chain),
}

MARKS = {True: "✓", False: "✗", None: "–"}


def main(
    arguments: Sequence[str],
    drills: Mapping[str, Drill] = DRILLS,
    start: Callable[[], AbstractContextManager[House]] = opened,
) -> int:
    """Devuelve el código de salida: 0 si todo se cumplió.

    :param start: pone en marcha la casa en la que se ensaya.
    """
    prepare_output()
    parser = argparse.ArgumentParser(prog="./prove.sh", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="solo los ensayos breves")
    parser.add_argument("--json", type=Path, metavar="archivo", help="deja ahí las cifras")
    parser.add_argument("drills", nargs="*", choices=[[], *drills], metavar="ensayo", help=", ".join(drills))
    options = parser.parse_args(arguments)
    names = options.drills or [name for name, drill in drills.items() if drill.quick or not options.quick]
    started = time.monotonic()
    with start() as house:
        results = [run(name, drills[name], house) for name in names]
    if options.json:
        options.json.write_bytes(orjson.dumps(results, option=orjson.OPT_INDENT_2))
    green, skipped = (sum(result.passed is state for result in results) for state in (True, None))
    left = f", {skipped} sin hacer" if skipped else ""
    say(f"{green} de {len(results)} ensayos se cumplen{left} ({time.monotonic() - started:.0f} s).")
    return int(green + skipped < len(results))


@dataclass(frozen=True)
class Result:
    """Cómo fue un ensayo.

    :param passed: None si aquí no se pudo hacer.
    """

    drill: str
    title: str
    passed: bool | None
    figure: str
    seconds: float


def run(name: str, drill: Drill, house: House) -> Result:
    """Hace un ensayo y cuenta cómo fue."""
    started, passed = time.monotonic(), None
    progress(f"… {drill.title}")
    try:
        passed, figure = True, drill.run(house)
    except Skipped as error:
        figure = f"no se hizo: {error}"
    except Broken as error:
        passed, figure = False, str(error)
    except Exception as error:  # noqa: BLE001
        # Una respuesta que no se esperaba o un proceso que no contesta también son una promesa rota, y los
        # demás ensayos tienen que hacerse igual.
        passed, figure = False, f"{type(error).__name__}: {error}"
    result = Result(name, drill.title, passed, figure, round(time.monotonic() - started, 1))
    progress("")
    tell = complain if passed is False else say
    tell(f"{MARKS[passed]} {drill.title}: {figure} ({result.seconds} s)")
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
