"""La historia clínica entera de un paciente y quién la vio."""
