"""Los horarios de los doctores: cuándo atienden y qué turnos quedan libres. Cálculo puro."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from citas_service.rows import IntervalRow, TimeOffRow
from common.utils import clinic_time, end_of_day, start_of_day

Span = tuple[datetime, datetime]


def at(day: date, hour: time) -> datetime:
    """Esa hora de ese día en la clínica."""
    return start_of_day(day).replace(hour=hour.hour, minute=hour.minute)


def days(first: date, last: date) -> Iterator[date]:
    """Los días de un rango, ambos incluidos."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def working_spans(hours: list[IntervalRow], day: date) -> list[Span]:
    """Los lapsos en que se atiende ese día; los que se tocan son uno. Sin horario, el día entero."""
    if not hours:
        return [(start_of_day(day), end_of_day(day))]
    spans: list[Span] = []
    for item in sorted(hours, key=lambda item: item["start"]):
        if item["weekday"] != day.isoweekday():
            continue
        start, end = at(day, item["start"]), at(day, item["end"])
        if spans and spans[-1][1] == start:
            start = spans.pop()[0]
        spans.append((start, end))
    return spans


def is_inside(hours: list[IntervalRow], start: datetime, end: datetime) -> bool:
    """Si `[start, end)` cabe entero en un lapso de atención."""
    if not hours:
        return True
    spans = working_spans(hours, clinic_time(start).date())
    return any(first <= start and end <= last for first, last in spans)


def touches(first: Span, second: Span) -> bool:
    """Si dos lapsos semiabiertos se cruzan."""
    return first[0] < second[1] and second[0] < first[1]


def objections(
    hours: list[IntervalRow], absences: list[TimeOffRow], start: datetime, end: datetime
) -> list[str]:
    """Por qué el doctor no atiende en `[start, end)`; vacío si atiende."""
    found = []
    if not is_inside(hours, start, end):
        found.append("El doctor no atiende en ese horario.")
    for absence in absences:
        if touches((absence["start"], absence["end"]), (start, end)):
            why = f" ({absence['reason']})" if absence["reason"] else ""
            found.append(f"El doctor está ausente en ese horario{why}.")
    return found


def free_slots(spans: list[Span], busy: list[Span], minutes: int, since: datetime) -> list[Span]:
    """Los turnos enteros de `minutes` que no se cruzan con nada y no han empezado."""
    step = timedelta(minutes=minutes)
    found = []
    for first, last in spans:
        start = first
        while start + step <= last:
            slot = (start, start + step)
            if start >= since and not any(touches(slot, other) for other in busy):
                found.append(slot)
            start += step
    return found
