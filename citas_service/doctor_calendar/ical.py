"""El texto de un calendario (RFC 5545): horas en UTC, texto escapado y líneas de hasta 75 octetos."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

PRODUCT = "-//Sistema de Gestión Clínica//Agenda//ES"
LINE_OCTETS = 75
REFRESH = "PT15M"
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""})


@dataclass(frozen=True)
class Event:
    """Un suceso del calendario.

    :param uid: siempre el mismo para la misma cita: así el calendario la mueve en vez de repetirla.
    :param status: CONFIRMED, TENTATIVE o CANCELLED.
    """

    uid: str
    summary: str
    start: datetime
    end: datetime
    status: str
    changed_at: datetime
    sequence: int


def calendar(name: str, events: Iterable[Event]) -> bytes:
    """El archivo `.ics`."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"NAME:{escaped(name)}",
        f"X-WR-CALNAME:{escaped(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
        *(line for event in events for line in _event(event)),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded(line)}\r\n" for line in lines).encode()


def _event(event: Event) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    # Sin METHOD, DTSTAMP dice cuándo cambió el suceso: lo que no cambió se escribe siempre igual.
    yield f"DTSTAMP:{utc(event.changed_at)}"
    yield f"LAST-MODIFIED:{utc(event.changed_at)}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTART:{utc(event.start)}"
    yield f"DTEND:{utc(event.end)}"
    yield f"SUMMARY:{escaped(event.summary)}"
    yield f"STATUS:{event.status}"
    yield f"TRANSP:{'TRANSPARENT' if event.status == 'CANCELLED' else 'OPAQUE'}"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def utc(instant: datetime) -> str:
    """Un instante como lo escribe el formato, hasta el segundo."""
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def escaped(text: str) -> str:
    """Un texto sin nada que el formato lea como suyo."""
    return text.translate(_ESCAPES)


def folded(line: str) -> str:
    """La línea, partida en trozos de hasta 75 octetos sin romper ninguna letra."""
    pieces, piece, octets = [], "", 0
    for letter in line:
        width = len(letter.encode())
        if octets + width > LINE_OCTETS:
            pieces.append(piece)
            # La continuación empieza con un espacio, que también cuenta.
            piece, octets = " ", 1
        piece, octets = piece + letter, octets + width
    return "\r\n".join([*pieces, piece])
