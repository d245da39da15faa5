"""El registro de quién vio o cambió qué."""
