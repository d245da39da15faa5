"""Las colas que vacía el trabajador: comprobantes por enviar y correos por entregar."""
