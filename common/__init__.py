"""Todo lo que un servicio necesita además de sí mismo."""

VERSION = "0.1.0"
