"""Cómo se entra: contraseñas y tokens."""
