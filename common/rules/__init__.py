"""Reglas que comparten dos o más servicios: ni Flask ni commit."""
