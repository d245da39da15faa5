"""El cuidado del equipo donde se corre: puertos, la base incluida, copias, herramientas y siembra."""
