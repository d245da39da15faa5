"""Las lecturas que tienen que costar lo mismo en una clínica cien veces mayor."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from urllib.parse import quote

from benchmarks.growth import names
from benchmarks.growth.clinic import WEEKS_BACK, Scale
from benchmarks.growth.people import STRIDE
from scripts.demo.cedulas import cedula

PER_PAGE = 20
_MEDIUM, _COMMON = 25, 3


class Dice:
    """Qué pedir, al azar, en una clínica de ese tamaño: nunca siempre la misma fila."""

    def __init__(self, scale: Scale, today: date) -> None:
        self._random = Random(scale.patients)  # noqa: S311 - aquí nada es secreto
        self.scale = scale
        self.today = today

    def patient(self) -> int:
        """Un paciente."""
        return self._random.randint(1, self.scale.patients)

    def appointment(self) -> int:
        """Una cita."""
        return self._random.randint(1, 5 * self.scale.patients)

    def document(self) -> str:
        """Una cédula de alguien."""
        return cedula(self.patient() * STRIDE)

    def page(self, rows_per_patient: int, per_page: int = PER_PAGE) -> int:
        """Una página cualquiera de una lista entera."""
        return self._random.randint(1, rows_per_patient * self.scale.patients // per_page)

    def day(self) -> date:
        """Un día de trabajo de los que ya pasaron."""
        monday = self.today - timedelta(
            weeks=self._random.randint(1, WEEKS_BACK - 3), days=self.today.weekday()
        )
        return monday + timedelta(days=self._random.randint(0, 4))

    def month(self) -> tuple[date, date]:
        """Un mes entero del último año."""
        first = (self.today.replace(day=1) - timedelta(days=30 * self._random.randint(1, 11))).replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    def one_of(self, *values: str) -> str:
        """Uno de esos."""
        return self._random.choice(values)

    def surname(self, first: int, last: int) -> str:
        """Un apellido de esos puestos en la lista, del más común al más raro."""
        return quote(self._random.choice([*names.LISTS["APELLIDOS"], *names.RARE][first:last]))


@dataclass(frozen=True)
class Reading:
    """Una lectura: a quién y qué se pide cada vez."""

    title: str
    service: str
    path: str | Callable[[Dice], str]

    def paths(self, dice: Dice) -> Iterator[str]:
        """Las direcciones, una tras otra."""
        while True:
            yield self.path if isinstance(self.path, str) else self.path(dice)


def _year(dice: Dice) -> str:
    return f"date_from={dice.today.year}-01-01&date_to={dice.today.year}-12-31"


def _days(first: date, last: date) -> str:
    return f"date_from={first}&date_to={last}"


def _one_day(dice: Dice) -> str:
    day = dice.day()
    return _days(day, day)


def _doctor(dice: Dice) -> int:
    return 2 + dice.patient() % dice.scale.doctors


_PATIENTS = "historia_clinica"
_AGENDA = "citas"
_BILLING = "facturacion"
_STATUSES = ("PENDING", "CONFIRMED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW")

READINGS = {
    "pacientes": Reading("Lista de 20 pacientes", _PATIENTS, "/patients?page=1"),
    "activos": Reading("Pacientes activos", _PATIENTS, "/patients?is_active=true"),
    "ficha": Reading("Un paciente", _PATIENTS, lambda d: f"/patients/{d.patient()}"),
    "cedula": Reading("Búsqueda por cédula", _PATIENTS, lambda d: f"/patients/search?cedula={d.document()}"),
    "maria": Reading("Búsqueda «maría»", _PATIENTS, "/patients?search=mar%C3%ADa"),
    "apellido": Reading("Apellido del 3 %", _PATIENTS, lambda d: f"/patients?search={d.surname(3, 8)}"),
    "medio": Reading("Apellido del 0,3 %", _PATIENTS, lambda d: f"/patients?search={d.surname(70, 110)}"),
    "raro": Reading("Apellido raro", _PATIENTS, lambda d: f"/patients?search={d.surname(1500, 2400)}"),
    "nombre": Reading(
        "Dos apellidos",
        _PATIENTS,
        lambda d: f"/patients?search={d.surname(20, 200)}%20{d.surname(20, 200)}",
    ),
    "documento": Reading(
        "Principio del documento", _PATIENTS, lambda d: f"/patients?search={d.document()[:6]}"
    ),
    "pagina_mil": Reading("Página mil de pacientes", _PATIENTS, "/patients?page=1000&per_page=10"),
    "ultima": Reading(
        "Última página de pacientes", _PATIENTS, lambda d: f"/patients?page={d.scale.patients // PER_PAGE}"
    ),
    "honda": Reading("Una página cualquiera", _PATIENTS, lambda d: f"/patients?page={d.page(1)}"),
    "historia": Reading("Historia clínica", _PATIENTS, lambda d: f"/patients/{d.patient()}/record"),
    "agenda": Reading("Agenda de un día", _AGENDA, lambda d: f"/appointments?{_one_day(d)}&per_page=100"),
    "doctor": Reading(
        "Agenda de un doctor", _AGENDA, lambda d: f"/doctors/{_doctor(d)}/schedule?date={d.day()}"
    ),
    "cita": Reading("Una cita con sus líneas", _AGENDA, lambda d: f"/appointments/{d.appointment()}"),
    "citas": Reading("Citas por estado", _AGENDA, lambda d: f"/appointments?status={d.one_of(*_STATUSES)}"),
    "citas_mes": Reading(
        "Citas de un mes por estado",
        _AGENDA,
        lambda d: f"/appointments?status={d.one_of(*_STATUSES[3:])}&{_days(*d.month())}",
    ),
    "citas_doctor": Reading("Citas de un doctor", _AGENDA, lambda d: f"/appointments?doctor_id={_doctor(d)}"),
    "citas_paciente": Reading(
        "Citas de un paciente", _AGENDA, lambda d: f"/appointments?patient_id={d.patient()}"
    ),
    "citas_hondas": Reading(
        "Una página cualquiera de citas", _AGENDA, lambda d: f"/appointments?page={d.page(5)}"
    ),
    "productos": Reading("Lista de 20 productos", "inventario", "/products?page=1"),
    "producto": Reading("Búsqueda de productos", "inventario", "/products?search=guante"),
    "facturas": Reading("Lista de 20 facturas", _BILLING, "/invoices?page=1"),
    "facturas_estado": Reading(
        "Facturas por estado",
        _BILLING,
        lambda d: f"/invoices?status={d.one_of('DRAFT', 'ISSUED', 'PAID', 'ANNULLED')}",
    ),
    "facturas_mes": Reading("Facturas de un mes", _BILLING, lambda d: f"/invoices?{_days(*d.month())}"),
    "facturas_paciente": Reading(
        "Facturas de un paciente", _BILLING, lambda d: f"/invoices?patient_id={d.patient()}"
    ),
    "facturas_hondas": Reading(
        "Una página cualquiera de facturas", _BILLING, lambda d: f"/invoices?page={d.page(2)}"
    ),
    "por_cobrar": Reading("Cuentas por cobrar", _BILLING, "/reports/receivables"),
    "tablero_dia": Reading("Tablero de un día", _BILLING, lambda d: f"/reports/dashboard?{_one_day(d)}"),
    "tablero_mes": Reading(
        "Tablero de un mes", _BILLING, lambda d: f"/reports/dashboard?{_days(*d.month())}"
    ),
    "tablero_año": Reading("Tablero del año", _BILLING, lambda d: f"/reports/dashboard?{_year(d)}"),
    "totales_año": Reading("Totales facturados del año", _BILLING, lambda d: f"/invoices/totals?{_year(d)}"),
    "meses": Reading(
        "Rentabilidad del año por mes", _BILLING, lambda d: f"/reports/profit?group_by=month&{_year(d)}"
    ),
    "doctores": Reading(
        "Rentabilidad del año por doctor", _BILLING, lambda d: f"/reports/profit?group_by=doctor&{_year(d)}"
    ),
    "tratamientos": Reading(
        "Rentabilidad del año por tratamiento",
        _BILLING,
        lambda d: f"/reports/profit?group_by=treatment&{_year(d)}",
    ),
}
