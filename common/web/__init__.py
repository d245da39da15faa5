"""Lo que una ruta acepta y responde."""
