"""Las facturas, de su borrador a su cobro."""
