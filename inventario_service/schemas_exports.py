"""Las columnas de las listas de inventario cuando salen como archivo: clave → título."""

PRODUCT_TITLES = {
    "product_id": "Id",
    "sku": "Código",
    "name": "Nombre",
    "description": "Descripción",
    "category": "Categoría",
    "unit": "Unidad",
    "cost_price": "Costo",
    "sale_price": "Precio",
    "iva_rate": "IVA (%)",
    "stock_quantity": "Existencia",
    "min_stock_alert": "Existencia mínima",
    "is_low_stock": "Queda poco",
    "is_active": "Activo",
    "created_at": "Creado",
    "updated_at": "Actualizado",
}

MOVEMENT_TITLES = {
    "movement_id": "Id",
    "created_at": "Fecha",
    "reason": "Motivo",
    "reference": "Referencia",
    "quantity": "Cantidad",
    "balance_after": "Saldo",
    "unit_cost": "Costo unitario",
    "total_cost": "Costo total",
    "note": "Nota",
    "user": "Usuario",
}
