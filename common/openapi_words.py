"""Lo que el nombre de un campo no dice: su unidad, qué incluye, cuándo falta.

Se busca `Forma.campo` (sin In, Out ni Patch) y después `campo`. Una prueba exige que todo número publicado
diga aquí su unidad, o en su nombre.
"""

DOLLARS = "Dólares."
UNITS = "En la unidad del producto."
NO_VAT = "Dólares, sin IVA."
CHANGE = "Cambio frente al período anterior, en por ciento; null si antes era cero."

FIELDS = {
    "amount": DOLLARS,
    "average_ticket": "Ingreso por factura, en dólares, sin IVA.",
    "balance": "Lo que falta por cobrar, en dólares.",
    "balance_after": "Existencia que quedó, en la unidad del producto.",
    "base": "Base imponible de la tarifa, en dólares.",
    "base_price": "Precio habitual, en dólares, sin IVA.",
    "bmi": "Índice de masa corporal, en kg/m².",
    "consumidor_final_limit": "Máximo con IVA de una factura a consumidor final, en dólares.",
    "credited_amount": "Devuelto por notas de crédito, en dólares, sin IVA.",
    "cost": "Lo que cuestan hoy los insumos de la receta, en dólares.",
    "cost_of_goods": "Costo congelado de lo consumido y vendido, en dólares.",
    "cost_price": "Costo de una unidad, en dólares.",
    "created_at": "Cuándo se creó, en la hora de la clínica.",
    "date_from": "Primer día, incluido; de la clínica.",
    "date_to": "Último día, incluido; de la clínica.",
    "days": "Días desde que se emitió.",
    "days_left": "Días que le quedan; negativo si ya venció.",
    "days_from": "Días, incluido.",
    "days_to": "Días, incluido; null si no tiene límite.",
    "diastolic_mmhg": "Milímetros de mercurio.",
    "discount": "Descuento de la línea, en dólares.",
    "duration_minutes": "Minutos.",
    "expenses": DOLLARS,
    "heart_rate_bpm": "Latidos por minuto.",
    "height_cm": "Centímetros.",
    "icon": "Nombre del icono.",
    "income": NO_VAT,
    "iva": "IVA de la tarifa, en dólares.",
    "iva_amount": "IVA, en dólares.",
    "iva_collected": "IVA cobrado, en dólares.",
    "iva_rate": "Tarifa de IVA, en por ciento.",
    "last_number": "Último número usado; 0 si ninguno.",
    "margin": "Precio menos costo de hoy, en dólares.",
    "min_stock_alert": "Existencia desde la que se avisa, en la unidad del producto.",
    "missing_quantity": "Lo que falta, en la unidad del producto.",
    "oxygen_saturation_pct": "Por ciento.",
    "paid_amount": "Lo ya cobrado, en dólares.",
    "permission": "Permiso con el que se ve; null si no exige ninguno.",
    "permissions": "Permisos «recurso:acción».",
    "price_at_moment": "Precio de una vez, en dólares, sin IVA; congelado en la cita.",
    "price_charged": "Precio de una unidad, en dólares, sin IVA; 0 es uso interno.",
    "profit": "Ingreso menos costo y gastos, en dólares.",
    "profit_margin": "Ganancia sobre ingreso, en por ciento.",
    "quantity": "Cantidad; de un producto, en su unidad.",
    "quantity_change": "Lo que entra (positivo) o sale (negativo), en la unidad del producto.",
    "quantity_needed": "Lo que se usa cada vez, en la unidad del producto.",
    "refund_amount": "Lo que hay que devolver al comprador, en dólares.",
    "required_quantity": "Lo que hace falta, en la unidad del producto.",
    "respiratory_rate_bpm": "Respiraciones por minuto.",
    "http_status": "Código HTTP con que contestó el SRI.",
    "sale_price": "Precio de venta de una unidad, en dólares, sin IVA.",
    "slot_minutes": "Cuánto dura cada turno, en minutos.",
    "stock_quantity": "Existencia, en la unidad del producto.",
    "systolic_mmhg": "Milímetros de mercurio.",
    "subtotal": "Dólares, con el descuento y sin IVA.",
    "temperature_c": "Grados Celsius.",
    "total": NO_VAT,
    "total_amount": "Total, en dólares.",
    "total_cost": DOLLARS,
    "total_expenses": "Gastos de operación, en dólares.",
    "total_income": "Ingreso, en dólares, sin IVA.",
    "total_invoiced": "Facturado, en dólares, con IVA.",
    "treatments_sold": "Cuántas veces se vendió algún tratamiento.",
    "extras_total": NO_VAT,
    "treatments_total": NO_VAT,
    "unused_numbers": "Números repartidos tras la última entrada que nadie usó.",
    "unit": "Unidad en que se mide la existencia.",
    "unit_cost": "Costo de una unidad, congelado, en dólares.",
    "unit_price": "Precio de una unidad, en dólares, sin IVA.",
    "weekday": "1 lunes … 7 domingo.",
    "weight_kg": "Kilogramos.",
    "returned_quantity": "Lo devuelto de verdad, en la unidad del producto.",
    "Invoice.credited_amount": "Devuelto por notas de crédito, en dólares, con IVA.",
    "Receivable.credited_amount": "Devuelto por notas de crédito, en dólares, con IVA.",
    "Movement.quantity": "Lo que entró (positivo) o salió (negativo), en la unidad del producto.",
    "Done.quantity": "Cuántas veces se hizo.",
    "Used.quantity": "Lo usado, en la unidad del producto.",
    "Pagination.total": "Cuántas filas hay en todas las páginas.",
    "CheckStock.quantity": "Cuántas veces se haría el tratamiento.",
    "Consumption.quantity": "Lo consumido, en la unidad del producto.",
    "TopTreatment.quantity": "Cuántas veces se vendió.",
    "TreatmentLine.quantity": "Cuántas veces se hace.",
}


def words_for(owner: str, field: str) -> str:
    """Lo que dice el diccionario de un campo de una forma; vacío si su nombre basta."""
    if owner == "ChangeOut":
        return CHANGE
    for suffix in ("In", "Out", "Patch"):
        owner = owner.removesuffix(suffix)
    return FIELDS.get(f"{owner}.{field}", FIELDS.get(field, ""))
