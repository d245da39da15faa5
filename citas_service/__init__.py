"""Citas: la agenda, lo que se hace en cada visita y los horarios de los doctores."""
