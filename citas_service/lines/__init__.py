"""Lo que se hace en una visita: tratamientos y extras."""
