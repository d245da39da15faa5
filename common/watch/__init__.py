"""Lo que deja ver un servicio en marcha: registros y medidas."""
