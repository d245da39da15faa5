"""El calendario de un doctor para su teléfono (iCalendar)."""
