"""Un SRI simulado, para la clínica de muestra y para ensayar sus caídas. No da validez a nada."""

from scripts.fake_sri.office import Rules
from scripts.fake_sri.server import FakeSri

__all__ = ["FakeSri", "Rules"]
