"""Los campos que dicen lo mismo en varios servicios, con sus palabras y su ejemplo."""

from datetime import datetime
from typing import Annotated

from common.web.field_numbers import IVA_RATE, Number
from common.web.field_words import Says

Action = Annotated[str, Says(example="UPDATE")]
ADDRESS = Says(example="Av. 10 de Agosto N24-11, Quito")
BalanceAfter = Annotated[Number, Says("Existencia que quedó, en la unidad del producto.")]
CreatedAt = Annotated[datetime, Says("Cuándo se creó, en la hora de la clínica.")]
CreatedByName = Annotated[str, Says(example="Luis Andrade")]
DATE_FROM = Says("Primer día, incluido; de la clínica.")
DATE_TO = Says("Último día, incluido; de la clínica.")
DOCTOR_NAME = Says(example="Luis Andrade")
EMAIL = Says(example="ana.perez@correo.ec")
END_TIME = Says(example="2026-11-23T09:30:00-05:00")
Entity = Annotated[str, Says(example="patients")]
FULL_NAME = Says(example="Ana Pérez")
IvaPercent = Annotated[int, IVA_RATE]
PATIENT_NAME = Says(example="Ana Pérez")
PRODUCT_NAME = Says(example="Guantes de nitrilo")
QUANTITY = Says("Cantidad; de un producto, en su unidad.", example=2)
SUBTOTAL = Says("Dólares, con el descuento y sin IVA.")
TotalBeforeIva = Annotated[Number, Says("Dólares, sin IVA.")]
TotalCost = Annotated[Number, Says("Dólares.")]
TREATMENT_NAME = Says(example="Limpieza dental")
UNIT = Says("Unidad en que se mide la existencia.", example="caja")
UNIT_COST = Says("Costo de una unidad, congelado, en dólares.")
UpdatedByName = Annotated[str, Says(example="Rosa Vera")]
VISIT_REASON = Says(example="Control semestral")
