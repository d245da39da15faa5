"""Cédulas inventadas y válidas, para muestras, ensayos y medidas."""

PROVINCES, PER_PROVINCE = 24, 6_000_000
PICHINCHA = 16 * PER_PROVINCE


def cedula(number: int) -> str:
    """La cédula válida número `number` (desde 0; son distintas hasta 143 999 999).

    Dos dígitos de provincia, un tercero menor que 6 y un verificador de módulo 10 (Registro Civil).
    """
    province, rest = divmod(number, PER_PROVINCE)
    body = f"{province % PROVINCES + 1:02d}{rest:07d}"
    products = (int(digit) * (2 - index % 2) for index, digit in enumerate(body))
    return body + str(-sum(p - 9 if p > 9 else p for p in products) % 10)
