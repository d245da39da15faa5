"""Cómo se prueban las propiedades: los mismos casos siempre, y sin mirar el reloj de un equipo ocupado."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "clinica",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("clinica")
