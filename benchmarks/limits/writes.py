"""Las escrituras que se comparan con el límite."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from benchmarks.cases import Case
from benchmarks.driver import prepared
from benchmarks.limits import write_pools
from benchmarks.limits.write_pools import Body, Pool, Side
from benchmarks.stage import Stage

# Lo que distingue a una fila de otra, y quién y cuándo la escribió; lo demás tiene que ser igual.
_OWN = (
    *("_id", "_at", "_time", "_by", "_number", "_key", "_xml"),
    *("name", "sku", "reference", "user", "description"),
)
_years = count(2030, 5)


def _alike(value: Any) -> Any:
    """Un valor sin lo que es propio de su fila; lo que falta sigue faltando."""
    if isinstance(value, dict):
        return {
            key: "propio" if key.endswith(_OWN) and part is not None else _alike(part)
            for key, part in value.items()
        }
    return [_alike(part) for part in value] if isinstance(value, list) else value


_VISIT_LEFT = """
SELECT jsonb_build_array(to_jsonb(a), (SELECT jsonb_agg(h ORDER BY history_id)
  FROM appointment_status_history h WHERE h.appointment_id = a.appointment_id),
  (SELECT jsonb_agg(m ORDER BY movement_id) FROM stock_movements m WHERE m.appointment_id = a.appointment_id))
FROM appointments a WHERE a.appointment_id = %s
"""
_PRODUCT_LEFT = """
SELECT jsonb_build_array(to_jsonb(p), (SELECT jsonb_agg(m ORDER BY movement_id) FROM stock_movements m
  WHERE m.product_id = p.product_id)) FROM products p WHERE p.product_id = %s
"""
_INVOICE_LEFT = """
SELECT jsonb_build_array(to_jsonb(i), (SELECT jsonb_agg(m ORDER BY movement_id) FROM stock_movements m
  WHERE m.invoice_id = i.invoice_id), (SELECT jsonb_agg(d) FROM sri_documents d
  WHERE d.invoice_id = i.invoice_id)) FROM invoices i WHERE i.invoice_id = %s
"""


def _left(query: str, key: str) -> Callable[[Stage, Any], Any]:
    """Las filas que dejó una escritura, buscadas por la clave de lo que se respondió."""
    resource, _, name = key.partition(".")
    return lambda stage, answer: _alike(stage.house.stored(query, answer["data"][resource][name]))


def _write(
    title: str, service: str, call: str, bare: str, pool: Pool, sent: Body, *, role: str, left: Any
) -> Case:
    """Un caso de escritura.

    :param call: método y dirección, que se rellena con el `id` de cada cosa.
    :param sent: el cuerpo; vacío, lo demás de cada cosa.
    """
    method, _, path = call.partition(" ")

    def ours(stage: Stage) -> Iterator[bytes]:
        for one in pool(_side(stage, "nuestro")):
            body = sent or {key: value for key, value in one.items() if key != "id"}
            yield stage.call(service, method, path.format(**one), role, body=body)

    def limit(stage: Stage) -> Iterator[bytes]:
        own = _side(stage, "limite")
        for one in pool(own):
            yield prepared("POST", f"/writes/{bare}", body={**one, "user_id": own.user_id})

    return Case(title, service, ours, limit, 0.7, alike=_alike, left=left)


def _side(stage: Stage, name: str) -> Side:
    year = next(_years)
    return write_pools.side(stage, f"{name}{year}", year)


WRITES = {
    "reserva": _write(
        "Agendar una cita",
        "citas",
        "POST /appointments",
        "book",
        write_pools.slots,
        {},
        role="Recepcion",
        left=_left(_VISIT_LEFT, "appointment.appointment_id"),
    ),
    "existencia": _write(
        "Un movimiento de existencia",
        "inventario",
        "PATCH /products/{id}/stock",
        "stock",
        write_pools.purchases,
        {},
        role="Bodega",
        left=_left(_PRODUCT_LEFT, "product.product_id"),
    ),
    "completar": _write(
        "Completar una visita",
        "citas",
        "PATCH /appointments/{id}/status",
        "complete",
        write_pools.visits,
        {"status": "COMPLETED"},
        role="Recepcion",
        left=_left(_VISIT_LEFT, "appointment.appointment_id"),
    ),
    "factura": _write(
        "Emitir una factura",
        "facturacion",
        "PATCH /invoices/{id}/status",
        "issue",
        write_pools.drafts,
        {"status": "ISSUED"},
        role="Recepcion",
        left=_left(_INVOICE_LEFT, "invoice.invoice_id"),
    ),
    # La última: desde ella, toda factura lleva su comprobante.
    "comprobante": _write(
        "Emitir una factura electrónica",
        "facturacion",
        "PATCH /invoices/{id}/status",
        "issue",
        write_pools.electronic_drafts,
        {"status": "ISSUED"},
        role="Recepcion",
        left=_left(_INVOICE_LEFT, "invoice.invoice_id"),
    ),
}
