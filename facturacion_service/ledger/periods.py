"""Los períodos de los reportes: unos días de la clínica y los instantes en que empiezan y acaban."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from common.utils import end_of_day, start_of_day


@dataclass(frozen=True)
class Period:
    """Unos días de la clínica, ambos incluidos."""

    date_from: date
    date_to: date

    @property
    def days(self) -> int:
        """Cuántos días tiene."""
        return (self.date_to - self.date_from).days + 1

    def previous(self) -> "Period":
        """El período de igual largo que acaba el día antes."""
        last = self.date_from - timedelta(days=1)
        return Period(last - timedelta(days=self.days - 1), last)

    @property
    def starts_at(self) -> datetime:
        """El primer instante."""
        return start_of_day(self.date_from)

    @property
    def ends_at(self) -> datetime:
        """El primer instante que ya no le pertenece."""
        return end_of_day(self.date_to)
