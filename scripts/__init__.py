"""Lo que instala, inicia y detiene el sistema en un equipo; ningún servicio depende de esto."""
