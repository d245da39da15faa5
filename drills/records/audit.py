"""La auditoría tras todo lo demás: la cadena está entera, y lo que se toca a mano se halla y se nombra."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from psycopg2.errors import RestrictViolation
from psycopg2.extras import NamedTupleCursor

from common.rules.audit import digest
from drills.house import House, at_once, expect, slot
from scripts.trials.desk import Desk

TIMES = 25
CHANGED = "Su contenido no es el que se anotó."
UNLINKED = "No sigue a la anterior: alguna entrada se borró o se cambió antes."
MISSING = "Falta la entrada anotada: el registro se recortó o se rehízo."
# Quien tiene la base en la mano apaga los guardas por cualquiera de estos dos caminos.
TRIGGERS_OFF = ("set local session_replication_role = replica", "alter table audit_log disable trigger all")


class Tampering(NamedTuple):
    """Una trampa.

    :param sql: qué se escribe; `%(id)s` es una entrada de en medio.
    :param found: en cuál se detiene la comprobación, contando desde ella.
    """

    name: str
    sql: str
    found: int
    reason: str


def _change(name: str, what: str) -> Tampering:
    return Tampering(name, f"update audit_log set {what} where audit_id = %(id)s", 0, CHANGED)


TAMPERINGS = (
    _change("otra acción", "action = 'X'"),
    _change("otro autor", "user_id = user_id + 1"),
    _change("otra hora", "created_at = created_at + interval '1 microsecond'"),
    _change("otro paciente", "patient_id = coalesce(patient_id, 0) + 1"),
    _change("otros detalles", "details = '{}'"),
    _change("otro resumen", "hash = repeat('0', 64)"),
    Tampering("borrada en medio", "delete from audit_log where audit_id = %(id)s", 1, UNLINKED),
    Tampering("borrado el principio", "delete from audit_log where audit_id <= %(id)s", 1, UNLINKED),
    Tampering(
        "dos cambiadas de sitio",
        "update audit_log set audit_id = -1 where audit_id = %(id)s;"
        "update audit_log set audit_id = %(id)s where audit_id = %(id)s + 1;"
        "update audit_log set audit_id = %(id)s + 1 where audit_id = -1",
        0,
        UNLINKED,
    ),
)


def chain(house: House) -> str:
    """Las lecturas clínicas, una por una; la cadena de todos los ensayos; y cada trampa, hallada."""
    read = _reads_are_written(house)
    report = _verified(house)
    expect((report["valid"], report["first_broken"]), (True, None), "la cadena tras los ensayos")
    expect(report["checked"], house.stored("select count(*) - 1 from audit_log"), "entradas comprobadas")
    _guards_refuse(house)
    middle = _copied(house)
    for tampering in TAMPERINGS:
        for off in TRIGGERS_OFF:
            _is_found(house, tampering, middle, off)
    _resealed_is_found(house, middle)
    _cut_is_found(house)
    tried = len(TAMPERINGS) * len(TRIGGERS_OFF) + 3
    return (
        f"{report['checked']} entradas enteras; {read} lecturas clínicas anotadas; {tried} trampas halladas"
    )


def _verified(house: House, query: str = "") -> dict[str, Any]:
    report: dict[str, Any] = house.admin.call("auth", "GET", f"/audit/verify{query}").data
    return report


def _reads_are_written(house: House) -> int:
    """Lo que un doctor lee de un paciente, a la vez y muchas veces: ni una lectura sin anotar, ni de más."""
    doctor_id, token = house.account("Doctor")
    doctor, patient = Desk(house.clinic, token), house.patient()
    visit = {"patient_id": patient, "doctor_id": doctor_id, **slot(90, 9)}
    appointment = doctor.call("citas", "POST", "/appointments", visit).data["appointment"]["appointment_id"]
    notes = f"/appointments/{appointment}/notes"
    written = doctor.call("historia_clinica", "POST", notes, {"observations": "De ensayo"}).data["note"]
    paths = (
        f"/patients/{patient}",
        f"/patients/{patient}/medical-history",
        f"/patients/{patient}/notes",
        f"/patients/{patient}/record",
        f"/patients/{patient}/access-log",
        notes,
        f"/notes/{written['note_id']}",
        f"/notes/{written['note_id']}/versions",
    )
    read = [partial(doctor.call, "historia_clinica", "GET", path) for path in paths * TIMES]
    expect({reply.status for reply in at_once(read)}, {200}, "lecturas clínicas")
    query = "select count(*) from audit_log where user_id = %s and patient_id = %s and action = 'READ'"
    expect(house.stored(query, doctor_id, patient), len(read), "lecturas anotadas")
    return len(read)


def _guards_refuse(house: House) -> None:
    """Sin apagar los guardas, la base no deja cambiar ni borrar."""
    for statement in ("update audit_log set action = 'X'", "delete from audit_log"):
        try:
            with house.database() as cursor:
                cursor.execute(statement)
        except RestrictViolation:
            continue
        expect(statement, "rechazada", "la base, ante una trampa a cara descubierta")


def _copied(house: House) -> int:
    """Guarda el registro aparte, para reponerlo tras cada trampa; devuelve una entrada de en medio."""
    with house.database() as cursor:
        cursor.execute("create table audit_copy as select * from audit_log")
    # Seguida de otra con el número siguiente: una operación deshecha deja huecos.
    middle = """
        select audit_id from audit_copy where audit_id + 1 in (select audit_id from audit_copy)
        order by audit_id offset (select count(*) / 2 from audit_copy) limit 1
    """
    return int(house.stored(middle))


@contextmanager
def _unguarded(house: House, off: str = TRIGGERS_OFF[0]) -> Iterator[Any]:
    with house.database() as cursor:
        cursor.execute(off)
        yield cursor
        cursor.execute("alter table audit_log enable trigger all")


def _restore(house: House) -> None:
    with _unguarded(house) as cursor:
        cursor.execute("delete from audit_log where audit_id <= (select max(audit_id) from audit_copy)")
        cursor.execute("insert into audit_log overriding system value select * from audit_copy")
    expect(_verified(house)["valid"], True, "la cadena, repuesta")


def _is_found(house: House, tampering: Tampering, middle: int, off: str) -> None:
    with _unguarded(house, off) as cursor:
        cursor.execute(tampering.sql, {"id": middle})
    found = {"audit_id": middle + tampering.found, "reason": tampering.reason}
    expect(_verified(house)["first_broken"], found, tampering.name)
    _restore(house)


def _resealed_is_found(house: House, middle: int) -> None:
    """Ni rehaciendo su resumen se cambia una entrada: la siguiente ya no la sigue."""
    with _unguarded(house) as cursor:
        cursor.execute("update audit_log set action = 'X' where audit_id = %s", (middle,))
    with house.database() as cursor, cursor.connection.cursor(cursor_factory=NamedTupleCursor) as named:
        named.execute("select * from audit_log where audit_id = %s", (middle,))
        seal = digest(named.fetchone())
    with _unguarded(house) as cursor:
        cursor.execute("update audit_log set hash = %s where audit_id = %s", (seal, middle))
    found = {"audit_id": middle + 1, "reason": UNLINKED}
    expect(_verified(house)["first_broken"], found, "cambiada y vuelta a sellar")
    _restore(house)


def _cut_is_found(house: House) -> None:
    """Un final recortado, o todo el registro, lo delata la última entrada que se anotó fuera."""
    last = _verified(house)["last"]
    anchor = f"?last_audit_id={last['audit_id']}&last_hash={last['hash']}"
    for last_left in (last["audit_id"] - 3, 0):
        with _unguarded(house) as cursor:
            cursor.execute("delete from audit_log where audit_id > %s", (last_left,))
        found = {"audit_id": last["audit_id"], "reason": MISSING}
        expect(_verified(house, anchor)["first_broken"], found, "el final recortado")
