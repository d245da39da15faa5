"""Los campos que se repiten en lo que facturación acepta y devuelve, con sus palabras y su ejemplo."""

from typing import Annotated

from common.web.field_numbers import Number
from common.web.field_words import Says

# Lo que dicen estos campos, entren o salgan.
ACCESS_KEY = Says(example="2311202601179214673900110010010000001231234567814")
ADDITIONAL_INFO = Says(example=[])
AMOUNT = Says("Dólares.", example=45.5)
ANNULLED_REASON = Says(example=None)
ANNULMENT_REASON = Says(example="Se emitió por error")
Balance = Annotated[Number, Says("Lo que falta por cobrar, en dólares.")]
CreditedAmount = Annotated[Number, Says("Devuelto por notas de crédito, en dólares, con IVA.")]
DISCOUNT = Says("Descuento de la línea, en dólares.", example=0)
DOCUMENT_NUMBER = Says(example="001-001-000000123")
EMISSION_POINT = Says(example="001")
ESTABLISHMENT = Says(example="001")
EXPENSE_CATEGORY = Says(example="Insumos")
INVOICE_NUMBER = Says(example="001-001-000000123")
IvaAmount = Annotated[Number, Says("IVA, en dólares.")]
PaidAmount = Annotated[Number, Says("Lo ya cobrado, en dólares.")]
PRODUCT_DESCRIPTION = Says(example="Guantes de nitrilo talla M, caja de 100")
RateIva = Annotated[Number, Says("IVA de la tarifa, en dólares.")]
SERIES = Says(example="001-001")
TaxedBase = Annotated[Number, Says("Base imponible de la tarifa, en dólares.")]
TotalAmount = Annotated[Number, Says("Total, en dólares.")]
UNIT_PRICE = Says("Precio de una unidad, en dólares, sin IVA.")
