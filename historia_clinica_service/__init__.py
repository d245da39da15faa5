"""Historia clínica: pacientes, antecedentes médicos y notas de cada atención."""
