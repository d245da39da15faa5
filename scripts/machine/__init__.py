"""Los procesos, los puertos y la consola de este equipo; solo con la biblioteca estándar."""
