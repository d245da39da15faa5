"""Las colas guardadas en la base: lo que se hace fuera de ella tras confirmar, una vez y aunque algo muera.

Lo que se encola es una fila escrita en la misma transacción que su causa. Quien trabaja la toma en arriendo,
hace un paso y anota cómo quedó; si falla, la vuelve a intentar cada vez más tarde; si muere, otro la toma al
vencer el arriendo. `queue` dice qué es una cola, `leases` cómo se toma una fila y `crew` quién las vacía.
"""
