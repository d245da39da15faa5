"""Las columnas de las listas de facturación cuando salen como archivo: clave → título."""

INVOICE_TITLES = {
    "invoice_id": "Id",
    "invoice_number": "Número",
    "status": "Estado",
    "issue_date": "Fecha de emisión",
    "patient_id": "Id del paciente",
    "patient_name": "Paciente",
    "appointment_id": "Id de la cita",
    "buyer_id_type": "Tipo de identificación",
    "buyer_id_number": "Identificación",
    "buyer_name": "Comprador",
    "buyer_email": "Correo",
    "buyer_address": "Dirección",
    "subtotal": "Subtotal sin IVA",
    "discount": "Descuento",
    "iva_amount": "IVA",
    "total_amount": "Total",
    "paid_amount": "Cobrado",
    "balance": "Saldo",
    "payment_method": "Forma de pago",
    "issued_at": "Emitida",
    "paid_at": "Cobrada",
    "annulled_at": "Anulada",
    "annulled_reason": "Motivo de anulación",
}

EXPENSE_TITLES = {
    "expense_id": "Id",
    "expense_date": "Fecha",
    "category": "Categoría",
    "description": "Descripción",
    "supplier": "Proveedor",
    "document_number": "Comprobante",
    "amount": "Monto",
    "registered_by_name": "Registrado por",
    "created_at": "Registrado",
}

PROFIT_TITLES = {
    "key": "Clave",
    "label": "Grupo",
    "income": "Ingreso sin IVA",
    "cost_of_goods": "Costo",
    "expenses": "Gastos",
    "profit": "Ganancia",
    "profit_margin": "Margen (%)",
    "invoice_count": "Facturas",
    "treatments_sold": "Tratamientos",
}
