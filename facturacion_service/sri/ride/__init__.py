"""El RIDE: la representación impresa de un comprobante."""
