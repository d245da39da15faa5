"""Comprobantes coherentes para las pruebas: cada uno suma, y su clave de acceso es la suya.

Los RUC y nombres son inventados.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from common.rules.money import Totals, line_subtotal, totals
from facturacion_service.sri.xml import access_key
from facturacion_service.sri.xml.documents import (
    FACTURA,
    NOTA_DE_CREDITO,
    Buyer,
    CreditNoteDocument,
    Heading,
    InvoiceDocument,
    Issuer,
    Line,
    Series,
)

SERIES = Series("001", "001")
DAY = date(2026, 11, 23)


def issuer(**changes: Any) -> Issuer:
    """Una clínica que lleva contabilidad."""
    values: dict[str, Any] = {
        "ruc": "1799000012001",
        "legal_name": "CLÍNICA DE PRUEBA S.A.",
        "trade_name": "Clínica de Prueba",
        "head_office_address": "Av. Amazonas N34-12 y Suecia, Quito",
        "establishment_address": "Calle Larga 5-20, Cuenca",
        "keeps_accounting": True,
    }
    return Issuer(**values | changes)


def buyer(**changes: Any) -> Buyer:
    """Una persona con cédula y correo."""
    values: dict[str, Any] = {
        "id_type": "CEDULA",
        "id_number": "1712345675",
        "name": "María José Ñúñez Páez",
        "address": "Av. de las Américas 12-34",
        "email": "maria@example.com",
    }
    return Buyer(**values | changes)


def consumidor_final(**changes: Any) -> Buyer:
    """Quien compra sin dar sus datos."""
    values: dict[str, Any] = {
        "id_type": "CONSUMIDOR_FINAL",
        "id_number": "9999999999999",
        "name": "CONSUMIDOR FINAL",
        "address": None,
        "email": None,
    }
    return buyer(**values | changes)


def line(**changes: Any) -> Line:
    """Una consulta a tarifa 0; el subtotal se calcula, salvo que se diga otro."""
    values: dict[str, Any] = {
        "code": "CONS-001",
        "description": "Consulta médica general",
        "quantity": Decimal("1"),
        "unit_price": Decimal("40.70"),
        "discount": Decimal("0.00"),
        "iva_rate": 0,
    }
    values |= changes
    subtotal = line_subtotal(values["quantity"], values["unit_price"], values["discount"])
    return Line(**{"subtotal": subtotal, **values})


def mixed_lines() -> tuple[Line, ...]:
    """Una consulta a tarifa 0 (40.70) y una limpieza facial a 15 % (55.00): total 103.95."""
    facial = line(
        code="EST-015", description="Limpieza facial", unit_price=Decimal("60.00"), discount=Decimal("5.00")
    )
    return line(), replace(facial, iva_rate=15)


def heading(doc_code: str = FACTURA, *, ruc: str = "1799000012001", **changes: Any) -> Heading:
    """Lo que identifica al documento, con la clave que corresponde, salvo que se diga otra."""
    values: dict[str, Any] = {
        "environment": "PRUEBAS",
        "series": SERIES,
        "sequential": 123,
        "issue_date": DAY,
    }
    values |= changes
    if "access_key" not in values:
        values["access_key"] = access_key.generate(
            values["issue_date"],
            doc_code,
            ruc,
            values["environment"],
            values["series"],
            values["sequential"],
            "12345678",
        )
    return Heading(**values)


def invoice_document(**changes: Any) -> InvoiceDocument:
    """Una factura con dos tarifas; de lo que se cambie se rehacen la clave y los totales."""
    shared = _shared(FACTURA, changes)
    sums = shared.pop("sums")
    values = {
        **shared,
        "discount": sums.discount,
        "payment_method": "TARJETA_CREDITO",
    }
    return InvoiceDocument(**values | changes)


def credit_note_document(**changes: Any) -> CreditNoteDocument:
    """Una nota de crédito por toda una factura de ayer."""
    shared = _shared(NOTA_DE_CREDITO, changes)
    shared.pop("sums")
    values = {
        **shared,
        "reason": "Devolución del servicio",
        "modified_number": "001-001-000000122",
        "modified_date": date(2026, 11, 22),
    }
    return CreditNoteDocument(**values | changes)


def _shared(doc_code: str, changes: dict[str, Any]) -> dict[str, Any]:
    owner = changes.get("issuer") or issuer()
    lines = changes.get("lines", mixed_lines())
    sums = _totals(lines)
    return {
        "heading": heading(doc_code, ruc=owner.ruc),
        "issuer": owner,
        "buyer": buyer(),
        "lines": lines,
        "taxes": sums.taxes,
        "subtotal": sums.subtotal,
        "total_amount": sums.total_amount,
        "sums": sums,
    }


def _totals(lines: tuple[Line, ...]) -> Totals:
    return totals((item.iva_rate, item.subtotal, item.discount) for item in lines)
