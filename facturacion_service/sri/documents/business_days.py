"""Los días hábiles del Ecuador: ni sábado, ni domingo, ni descanso nacional.

Los feriados cantonales y los que un decreto añade no se conocen aquí.
"""

from datetime import date, timedelta
from functools import cache

_OBSERVED = " (observed)"


def next_business_day(day: date) -> date:
    """Ese día si es hábil; si no, el primero que lo sea."""
    while day.weekday() >= 5 or day in _rest_days(day.year):
        day += timedelta(days=1)
    return day


@cache
def _rest_days(year: int) -> frozenset[date]:
    """Los descansos nacionales de un año, donde la ley de feriados los puso."""
    # Aquí y no arriba: cargar los calendarios tarda y casi ningún proceso los usa.
    import holidays

    calendar = holidays.country_holidays("EC", years=year, language="en_US")
    named = {(day, name) for day in calendar for name in calendar.get_list(day)}
    moved = {name.removesuffix(_OBSERVED) for _, name in named if name.endswith(_OBSERVED)}
    # El descanso que se traslada deja hábil su día: el martes 9 de octubre de 2029 se trabaja.
    return frozenset(day for day, name in named if name not in moved)
