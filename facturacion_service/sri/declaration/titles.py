"""Las columnas de los reportes del SRI cuando salen como archivo: clave → título."""

_BUYER = {
    "buyer_id_type": "Tipo de identificación",
    "buyer_id_number": "Identificación",
    "buyer_name": "Comprador",
}
_AMOUNTS = {
    "base_0": "Base 0 %",
    "base_15": "Base 15 %",
    "base_not_subject": "No objeto de IVA",
    "base_exempt": "Exento de IVA",
    "iva_amount": "IVA",
    "total_amount": "Total",
}
_STATE = {"status": "Estado", "sri_status": "Estado en el SRI", "environment": "Ambiente"}

SALES_TITLES = {
    "issue_date": "Fecha de emisión",
    "number": "Número",
    "access_key": "Clave de acceso",
    **_BUYER,
    **_AMOUNTS,
    **_STATE,
}

CREDIT_NOTE_TITLES = {
    "issue_date": "Fecha de emisión",
    "number": "Número",
    "access_key": "Clave de acceso",
    "modified_number": "Factura que modifica",
    "modified_date": "Fecha de esa factura",
    **_BUYER,
    "reason": "Motivo",
    **_AMOUNTS,
    **_STATE,
}

RATE_TITLES = {
    "label": "Tarifa",
    "base": "Base facturada",
    "iva": "IVA facturado",
    "invoice_count": "Facturas",
    "credit_base": "Base de notas de crédito",
    "credit_iva": "IVA de notas de crédito",
    "credit_note_count": "Notas de crédito",
    "net_base": "Base neta",
    "net_iva": "IVA neto",
}

BOX_TITLES = {"box": "Casilla", "description": "Formulario 104", "value": "Valor"}

_SERIES = {"environment": "Ambiente", "document": "Documento", "series": "Serie"}

SEQUENCE_TITLES = {
    **_SERIES,
    "first_number": "Primero usado",
    "last_number": "Último",
    "used_count": "Usados",
    "unused_count": "Sin utilizar",
    "annulled_count": "Anulados",
    "missing_count": "Faltan",
}

NUMBER_TITLES = {
    **_SERIES,
    "kind": "Qué pasó",
    "from_number": "Desde",
    "to_number": "Hasta",
    "number_count": "Cuántos",
    "issue_date": "Fecha de emisión",
    "access_key": "Clave de acceso",
    "sri_status": "Estado en el SRI",
    "reason": "Motivo",
    "recorded_at": "Registrado",
}

PENDING_TITLES = {
    "issue_date": "Fecha de emisión",
    "document": "Documento",
    "number": "Número",
    "access_key": "Clave de acceso",
    **_BUYER,
    "total_amount": "Total",
    "sri_status": "Estado en el SRI",
    "attention": "Qué hacer",
    "messages": "Lo que dijo el SRI",
    "environment": "Ambiente",
}
