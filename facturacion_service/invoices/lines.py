"""Las líneas de una factura: de dónde salen, cuánto valen y cuánto suman."""

from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from common.errors import Problems
from common.rules.money import MAX_TOTAL, Totals, totals
from facturacion_service.invoices import source_queries as sources
from facturacion_service.invoices.rows import ForSaleRow, Line
from facturacion_service.ledger import invoices, locked
from facturacion_service.ledger.locked import LockedInvoice

SHORT_FORM = "Servicios médicos"

# clave de la línea → lo que se puede vender, por su identificador
Catalogs = dict[str, dict[int, ForSaleRow]]


def chosen_lines(
    db: Session, problems: Problems, invoice: LockedInvoice | None, changes: dict[str, Any]
) -> list[Line] | None:
    """Las líneas que le quedan a una factura tras unos cambios; None si siguen las suyas.

    Son las enviadas, la de la forma corta, o las de la visita que se acaba de poner. Anota lo que no sirve.

    :param invoice: None si todavía no está guardada.
    """
    _check_forms(problems, changes)
    if "items" in changes:
        return priced(db, problems, changes["items"])
    if "subtotal" in changes:
        return [_short_line(db, invoice, changes)]
    visit = changes.get("appointment_id")
    if invoice is not None and visit in (None, invoice.appointment_id):
        return None
    lines = sources.visit_lines(db, visit) if visit else []
    if not lines and "appointment_id" not in problems:
        problems.add("items", "la factura necesita al menos una línea")
    return lines


def _check_forms(problems: Problems, changes: dict[str, Any]) -> None:
    if "items" in changes and "subtotal" in changes:
        problems.add("subtotal", "no se combina con items")
    if "iva_rate" in changes and "subtotal" not in changes:
        problems.add("iva_rate", "solo va con subtotal; cada línea lleva su tarifa")


def _short_line(db: Session, invoice: LockedInvoice | None, changes: dict[str, Any]) -> Line:
    rate = changes.get("iva_rate")
    if rate is None:
        rates = invoices.iva_rates(db, invoice.invoice_id) if invoice else []
        # Cambiar solo el monto no cambia la tarifa; la de un servicio de salud nuevo es 0.
        rate = rates[0] if len(rates) == 1 else 0
    return Line(SHORT_FORM, Decimal(1), changes["subtotal"], rate)


def priced(db: Session, problems: Problems, items: list[dict[str, Any]]) -> list[Line]:
    """Las líneas enviadas, con el nombre, precio y tarifa de su producto o tratamiento; anota las malas."""
    catalogs: Catalogs = {
        "product_id": sources.products_for_sale(db, _named(items, "product_id")),
        "treatment_id": sources.treatments_for_sale(db, _named(items, "treatment_id")),
    }
    lines = []
    for number, item in enumerate(items):
        found = (catalog[item[key]] for key, catalog in catalogs.items() if item[key] in catalog)
        line = _line(item, next(found, None))
        _check_line(problems, f"items[{number}]", line, catalogs)
        lines.append(line)
    return lines


def _named(items: list[dict[str, Any]], key: str) -> set[int]:
    return {item[key] for item in items if item[key] is not None}


def _line(item: dict[str, Any], source: ForSaleRow | None) -> Line:
    # Una línea libre de una clínica es un servicio de salud: tarifa 0 (LRTI, art. 56).
    name, price, rate = (source["name"], source["price"], source["iva_rate"]) if source else (None, None, 0)
    completed = {
        "description": item["description"] or name,
        "unit_price": price if item["unit_price"] is None else item["unit_price"],
        "iva_rate": rate if item["iva_rate"] is None else item["iva_rate"],
    }
    return Line(**{**item, **completed})


def _check_line(problems: Problems, path: str, line: Line, catalogs: Catalogs) -> None:
    sold = {"product_id": line.product_id, "treatment_id": line.treatment_id}
    named = {key: number for key, number in sold.items() if number is not None}
    for key, number in named.items():
        if number not in catalogs[key]:
            problems.add(f"{path}.{key}", "no existe o está inactivo")
    if len(named) > 1:
        problems.add(f"{path}.treatment_id", "una línea es de un producto o de un tratamiento, no de ambos")
    for key, value in (("description", line.description), ("unit_price", line.unit_price)):
        if value is None and not named:
            problems.add(f"{path}.{key}", "es obligatorio")
    # Sin redondear: 149.99 de descuento sobre 149.985 dejaría −0.005, que el SRI redondea a −0.01.
    if line.unit_price is not None and line.discount > line.quantity * line.unit_price:
        problems.add(f"{path}.discount", "es mayor que el valor de la línea")


def add_up(problems: Problems, lines: list[Line]) -> Totals | None:
    """Los totales que el servidor calcula; None si no caben o a una línea le falta su precio."""
    if any(line.unit_price is None for line in lines):
        return None
    sums = totals((line.iva_rate, line.subtotal, line.discount) for line in lines)
    if max(sums.total_amount, sums.discount) > MAX_TOTAL:
        problems.add("items", f"suman más de lo que admite una factura ({MAX_TOTAL})")
        return None
    return sums


def amounts(sums: Totals) -> dict[str, Decimal]:
    """Los totales como los guarda una factura."""
    return {
        "subtotal": sums.subtotal,
        "discount": sums.discount,
        "iva_amount": sums.iva_amount,
        "total_amount": sums.total_amount,
    }


def put_lines(db: Session, invoice_id: int, lines: list[Line], sums: Totals) -> None:
    """Guarda las líneas y el IVA de una factura que no los tiene."""
    rows = [{**vars(line), "subtotal": line.subtotal} for line in lines]
    locked.put_lines(db, invoice_id, rows, [vars(tax) for tax in sums.taxes])
