"""Los casos de `test_guards.py` del SRI: cada restricción y la sentencia que la viola."""

# restricción → sentencia que la viola, sobre las filas de `clinic`
CASES: dict[str, str] = {}

# El nombre con que un disparador se queja, si no es el suyo.
SPOKEN: dict[str, str] = {}
