"""Lo que dice un comprobante ya emitido: leerlo, compararlo, entregarlo."""
