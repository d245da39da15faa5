"""Las lecturas que se comparan con el límite."""

from calendar import monthrange
from datetime import timedelta

from benchmarks.cases import read
from benchmarks.growth.people import STRIDE
from common.utils import now
from scripts.demo.cedulas import cedula

# De los primeros cien pacientes, para que los dos lados los tengan igual de a mano.
_IDS = [{"id": number} for number in range(1, 101)]
_DOCUMENTS = [{"number": cedula(number * STRIDE)} for number in range(1, 101)]
_DAYS = [{"day": str(now().date() - timedelta(weeks=number))} for number in range(4, 24)]
_MONTHS = [
    {"first": str(first), "last": str(first.replace(day=monthrange(first.year, first.month)[1]))}
    for first in ((now().date() - timedelta(weeks=5 * number)).replace(day=1) for number in range(2, 8))
]
_PAGE = "page=1&per_page=20"

READS = {
    "lista": read(
        "Lista de 20 pacientes",
        "historia_clinica",
        f"/patients?{_PAGE}",
        f"/reads/patients?{_PAGE}",
        target=0.85,
    ),
    "ficha": read(
        "Un paciente", "historia_clinica", "/patients/{id}", "/reads/patient?id={id}", _IDS, target=0.85
    ),
    "ficha-clinica": read(
        "Un paciente, con auditoría",
        "historia_clinica",
        "/patients/{id}",
        "/clinical-files/{id}?user_id=1",
        _IDS,
        role="Doctor",
    ),
    "cedula": read(
        "Búsqueda por cédula",
        "historia_clinica",
        "/patients/search?cedula={number}",
        "/reads/patient-by-document?doc_number={number}",
        _DOCUMENTS,
    ),
    "agenda": read(
        "Agenda de un día",
        "citas",
        "/appointments?date_from={day}&date_to={day}&page=1&per_page=100",
        "/reads/day?day={day}&page=1&per_page=100",
        _DAYS,
    ),
    "cita": read(
        "Una cita con sus líneas", "citas", "/appointments/{id}", "/reads/appointment?id={id}", _IDS
    ),
    "productos": read(
        "Lista de 20 productos", "inventario", f"/products?{_PAGE}", f"/reads/products?{_PAGE}"
    ),
    "tablero": read(
        "Tablero de un mes",
        "facturacion",
        "/reports/dashboard?date_from={first}&date_to={last}&compare=false",
        "/reads/dashboard?first={first}&last={last}",
        _MONTHS,
        role="Contador",
    ),
}
