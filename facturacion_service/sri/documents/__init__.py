"""Los comprobantes electrónicos guardados: emitirlos, consultarlos y corregirlos."""
