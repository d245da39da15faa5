"""Facturación electrónica: los comprobantes que el SRI autoriza, del número a la autorización.

`xml`, `signing`, `exchange`, `vouchers` y `ride` son puros: no conocen Flask ni la base; solo
`exchange.client` habla con el SRI. Toda regla sale de la «Ficha técnica de comprobantes electrónicos, esquema
offline» del SRI, versión 2.34 (27 de julio de 2026), salvo donde se nombra otra fuente.
"""
