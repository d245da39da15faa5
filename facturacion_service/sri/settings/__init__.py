"""Quién emite y con qué: datos, firma, logotipo, series y lo que falta."""
