"""Facturas: los números van de 1 en adelante sin saltos ni repetidos, falle lo que falle al emitir."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

from drills import fixtures
from drills.house import House, at_once, expect, in_bulk, opened, outcomes
from drills.races.repeats import insist, new_key
from scripts.trials.calls import Reply

COUNT, ABANDONED = 1000, 20
# En el último instante, con el número ya tomado: una confirmación que la base deshace y una conexión que
# muere confirmando.
BUYER_NAME = str(fixtures.BUYER["name"])
UNDONE, CUT = "Deshecha al confirmar", "Cortada al confirmar"
FAILURES = {UNDONE: 80, CUT: 20}
SABOTAGE = f"""
CREATE FUNCTION spoil_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.buyer_name = '{CUT}' THEN
    PERFORM pg_terminate_backend(pg_backend_pid());
    PERFORM pg_sleep(5);
  ELSIF NEW.buyer_name = '{UNDONE}' THEN
    RAISE EXCEPTION 'deshecha al confirmar' USING ERRCODE = 'serialization_failure';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER spoil_commit AFTER UPDATE OF invoice_number ON invoices
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spoil_commit();
"""
NUMBERS = "SELECT invoice_number FROM invoices WHERE invoice_number IS NOT NULL"


def spoil_commits(house: House) -> None:
    """Desde aquí, emitir a nombre de `UNDONE` o de `CUT` falla al confirmar."""
    with house.database() as cursor:
        cursor.execute(SABOTAGE)


def check_consecutive(found: list[str], count: int, what: str, *, first: int = 1) -> None:
    """Comprueba que sean esos números seguidos de la serie 001-001, una vez cada uno.

    :raises Broken: con los primeros que faltan y los que se repiten o sobran.
    """
    wanted = Counter(f"001-001-{number:09d}" for number in range(first, first + count))
    missing, extra = (
        sorted(difference)[:5] for difference in (wanted - Counter(found), Counter(found) - wanted)
    )
    expect((missing, extra), ([], []), f"números {what} que faltan y que sobran")


def lowest(found: list[str]) -> int:
    """El menor de esos números."""
    return int(min(found).rpartition("-")[2])


def spread(*groups: list[Any]) -> list[Any]:
    """Los de todos los grupos, cada grupo repartido por igual en el conjunto."""
    placed = [((n + 0.5) / len(group), one) for group in groups for n, one in enumerate(group)]
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])]


def issue(house: House, name: str = BUYER_NAME, key: Mapping[str, str] | None = None, **values: Any) -> Reply:
    """La respuesta a emitir una factura a ese nombre.

    :param key: la cabecera con la clave de idempotencia, si la lleva.
    """
    return house.admin.call("facturacion", "POST", "/invoices", _body(name, **values), key)


def _body(name: str, **values: Any) -> dict[str, Any]:
    buyer = {**fixtures.BUYER, "name": name}
    return {"buyer": buyer, "items": [fixtures.line(30)], "status": "ISSUED", **values}


def _hang_up(house: House, key: Mapping[str, str]) -> None:
    house.admin.abandon("facturacion", "POST", "/invoices", _body(BUYER_NAME), key)


def thousand(_shared: House) -> str:
    """1 000 facturas emitidas entre 100 que se deshacen al confirmar y 20 clientes que cuelgan y repiten."""
    with opened() as house:
        spoil_commits(house)
        keys = [new_key() for _ in range(ABANDONED)]
        good = [partial(issue, house)] * (COUNT - ABANDONED)
        bad = [[partial(issue, house, name)] * times for name, times in FAILURES.items()]
        abandoned = [partial(_hang_up, house, key) for key in keys]
        replies = [reply for reply in at_once(spread(good, abandoned, *bad)) if reply]
        wanted = {"201": len(good), "503 base_no_disponible": FAILURES[CUT], "503 ocupado": FAILURES[UNDONE]}
        expect(outcomes(replies), wanted, "respuestas")
        again = in_bulk([partial(insist, partial(issue, house, key=key)) for key in keys])
        answered = [reply.data for reply in replies if reply.status == 201] + again
        check_consecutive([data["invoice"]["invoice_number"] for data in answered], COUNT, "contestados")
        check_consecutive([number for (number,) in house.rows(NUMBERS)], COUNT, "guardados")
        expect(house.stored("SELECT count(*) FROM invoices"), COUNT, "facturas guardadas")
        expect(house.stored("SELECT last_number FROM invoice_sequences"), COUNT, "contador")
    return "1…1000 sin saltos ni repetidos, con 100 deshechas al confirmar y 20 clientes que colgaron"
