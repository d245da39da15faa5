"""La clínica de muestra."""
