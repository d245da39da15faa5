"""El XML de un comprobante: sus datos, sus comprobaciones y cómo se escribe."""
