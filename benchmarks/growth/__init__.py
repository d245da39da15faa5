"""Una clínica de cualquier tamaño, siempre la misma: para medir qué pasa al crecer."""
