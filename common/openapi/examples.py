"""Ejemplos del OpenAPI, sacados de cada esquema: de verdad valen, y una prueba lo comprueba."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

# De un campo con valores fijos se toma el primero de estos que admita.
PREFERRED = ("CONFIRMED", "ISSUED", "COMPRA", "FEMENINO", "TRANSFERENCIA", "O+")

VALUES: dict[str, Any] = {
    "access_key": "2311202601179214673900110010010000001231234567814",
    "action": "UPDATE",
    "additional_info": [],
    "address": "Av. 10 de Agosto N24-11, Quito",
    "age": 36,
    "allergies": "Penicilina",
    "amount": 45.5,
    "annulled_reason": None,
    "answers": [],
    "appointments_by_status": {"COMPLETED": 12, "CANCELLED": 1},
    "attention": None,
    "authorization_number": "2311202601179214673900110010010000001231234567814",
    "birth_date": "1990-05-17",
    "bmi": 22.5,
    "cedula": "1710034065",
    "box": "401",
    "category": "Insumos",
    "categories": "Dental",
    "children": [],
    "code": "J029",
    "conflicts": [],
    "consumidor_final_limit": 50,
    "cost_price": 4.8,
    "count": 1,
    "credit_note_number": "001-001-000000012",
    "created_by_name": "Luis Andrade",
    "current_password": "una-frase-larga-2025",
    "database": "ok",
    "days_left": 412,
    "description": "Guantes de nitrilo talla M, caja de 100",
    "diagnosis": "Faringitis aguda",
    "diastolic_mmhg": 78,
    "discount": 0,
    "doc_number": "1710034065",
    "doctor_name": "Luis Andrade",
    "document_number": "001-001-000000123",
    "duration_minutes": 45,
    "email": "ana.perez@correo.ec",
    "emergency_contact_name": "Rosa Pérez",
    "emergency_contact_phone": "0987654321",
    "emission_point": "001",
    "emission_points": "001",
    "end_time": "2026-11-23T09:30:00-05:00",
    "entity": "patients",
    "errors": [],
    "establishment": "001",
    "exclude_appointment_id": None,
    "expires_at": "2026-11-24T09:00:00-05:00",
    "family_history": "Padre con hipertensión",
    "file_base64": "MIIKHgIBAzCCCcgGCSqGSIb3DQEHAQ==",
    "fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "first_name": "Ana",
    "from_number": "001-001-000000120",
    "full_name": "Ana Pérez",
    "habits": "No fuma",
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "head_office_address": "Av. Amazonas N34-45, Quito",
    "heart_rate_bpm": 72,
    "height_cm": 164,
    "http_status": 200,
    "icon": "calendar",
    "id_number": "1710034065",
    "id_type": "CEDULA",
    "invoice_number": "001-001-000000123",
    "ip_address": "127.0.0.1",
    "iva_rate": 15,
    "label": "Agenda",
    "last_name": "Pérez",
    "last_number": 4812,
    "legal_name": "Clínica Andina S.A.",
    "medications": "Losartán 50 mg",
    "messages": [],
    "min_stock_alert": 10,
    "new_password": "otra-frase-larga-2026",
    "note": "Pedido mensual",
    "observations": "Dolor de garganta de tres días, sin fiebre.",
    "occupation": "Profesora",
    "oxygen_saturation_pct": 98,
    "password": "una-frase-larga-2026",
    "path": "/agenda",
    "pathologies": "Hipertensión",
    "patient_name": "Ana Pérez",
    "permission": "appointments:read",
    "permissions": "appointments:read",
    "phone": "0991234567",
    "plan": "Reposo e hidratación; control en una semana.",
    "product_name": "Guantes de nitrilo",
    "provider_ruc": "1793213150001",
    "quantity": 2,
    "quantity_change": 10,
    "quantity_needed": 1,
    "reason": "Control semestral",
    "reasons": "El doctor ya tiene una cita en ese horario.",
    "reference": "Factura 77",
    "respiratory_rate_bpm": 16,
    "rimpe": None,
    "role_name": "Recepcion",
    "ruc": "1790011674001",
    "rucs": "1790011674001",
    "sale_price": 7.5,
    "search": "ana",
    "serial_number": "1234567890",
    "series": "001-001",
    "sku": "GUA-M",
    "special_taxpayer_number": None,
    "start_time": "2026-11-23T09:00:00-05:00",
    "stopped_reason": None,
    "supplier": "Distribuidora Andina",
    "surgeries": "Apendicectomía en 2015",
    "systolic_mmhg": 120,
    "temperature_c": 36.6,
    "to_number": "001-001-000000124",
    "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lu",
    "token_type": "Bearer",
    "trade_name": "Clínica Andina",
    "treatment_name": "Limpieza dental",
    "unit": "caja",
    "updated_by_name": "Rosa Vera",
    "uploaded_by_name": "Rosa Vera",
    "version": "1.0.0",
    "warnings": [],
    "weekday": 1,
    "weight_kg": 60.5,
    "withholding_agent_number": None,
    "Appointment.reason": "Control semestral",
    "Buyer.name": "Ana Pérez",
    "Certificate.issuer": "AUTORIDAD DE CERTIFICACION SUBCA-1",
    "Certificate.subject": "ROSA VERA",
    "Annulment.reason": "Se emitió por error",
    "CreditItem.amount": None,
    "CreditNote.reason": "Producto devuelto",
    "Diagnosis.description": "Faringitis aguda, no especificada",
    "Health.status": "healthy",
    "Interval.end": "13:00",
    "Interval.start": "08:00",
    "Live.status": "alive",
    "NoteVersion.version": 1,
    "Permission.description": "Ver la agenda",
    "Permission.key": "appointments:read",
    "Problem.blocking": False,
    "Problem.code": "certificado_por_vencer",
    "Problem.message": "El certificado de firma vence en 12 días: renuévelo.",
    "Product.name": "Guantes de nitrilo",
    "Role.name": "Asistente",
    "Role.permissions": "appointments:read",
    "TimeOff.end": "2026-12-31T18:00:00-05:00",
    "TimeOff.start": "2026-12-24T08:00:00-05:00",
    "TopTreatment.name": "Limpieza dental",
    "Treatment.category": "Dental",
    "Treatment.description": "Incluye pulido.",
    "Treatment.name": "Limpieza dental",
}
BY_FORMAT = {"date": "2026-11-23", "date-time": "2026-11-23T09:00:00-05:00", "email": VALUES["email"]}
BY_TYPE: dict[str, Any] = {"integer": 7, "number": 12.5, "boolean": True, "string": "texto", "null": None}


def example(schema: Schema, components: dict[str, Schema], owner: str = "", field: str = "") -> Any:
    """Un valor que el esquema admite, con el sentido que da el nombre del campo."""
    if "$ref" in schema:
        owner = schema["$ref"].rpartition("/")[2]
        return example(components[owner], components, owner)
    if schema.get("examples"):
        return schema["examples"][0]
    fixed = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if fixed:
        return next((value for value in _candidates(schema, owner, field) if value in fixed), fixed[0])
    if "properties" in schema:
        return _object(schema, components, owner)
    return _value(schema, components, owner, field)


def _candidates(schema: Schema, owner: str, field: str) -> Iterator[Any]:
    yield _named(owner, field)
    yield from PREFERRED
    yield schema.get("default")


def _named(owner: str, field: str) -> Any:
    for suffix in ("In", "Out", "Patch"):
        owner = owner.removesuffix(suffix)
    return VALUES.get(f"{owner}.{field}", VALUES.get(field))


def _object(schema: Schema, components: dict[str, Schema], owner: str) -> dict[str, Any]:
    fields = schema["properties"]
    # De un cambio parcial bastan dos campos: enviarlos todos no es lo que se espera de nadie.
    names = list(fields)[:2] if owner.endswith("Patch") else list(fields)
    return {name: example(fields[name], components, owner, name) for name in names}


def _value(schema: Schema, components: dict[str, Schema], owner: str, field: str) -> Any:
    named = _named(owner, field)
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option != {"type": "null"}]
        known = named is not None or field not in VALUES
        return example(options[0], components, owner, field) if known else None
    if schema.get("type") == "array":
        empty = named == [] or schema.get("items") is None
        return [] if empty else [example(schema["items"], components, owner, field)]
    if schema.get("type") == "object":
        return named or {}
    if named is not None and not isinstance(named, dict | list):
        return named
    return BY_FORMAT.get(schema.get("format", ""), BY_TYPE.get(schema.get("type", "null")))
