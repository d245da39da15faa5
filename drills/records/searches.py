"""Buscar: los comodines de SQL y los demás signos solo se encuentran a sí mismos."""

import unicodedata
from itertools import count
from typing import Any
from urllib.parse import quote

from drills.house import PASSWORD, House, expect
from scripts.demo.cedulas import cedula

SIGNS = (
    "%",
    "_",
    "\\",
    "％",
    "＿",
    "＼",
    "%%",
    "_%",
    "\\%",
    "'",
    '"',
    "*",
    "?",
    ".*",
    "[a-z]",
    "$",
    "|",
    "--",
    "{0}",
)
# Cada lista en que se busca, y dónde.
LISTS = {
    "/users": "auth",
    "/products": "inventario",
    "/treatments": "inventario",
    "/patients": "historia_clinica",
    "/invoices": "facturacion",
    "/expenses": "facturacion",
    "/credit-notes": "facturacion",
}
# Se buscan por quien compró, como las facturas.
NOT_MADE = ("/credit-notes",)
_numbers = count(5_000)


def every_sign(house: House) -> str:
    """Una fila de cada cosa por signo, y otra sin ninguno: buscar el signo da las que lo llevan."""
    for sign in ("sin signo", *SIGNS):
        write(house, f"Marca {sign} fin")
    for path, service in LISTS.items():
        for sign in SIGNS:
            found = _found(house, service, path, sign)
            strangers = [row for row in found if not any(_plain(sign) in text for text in row)]
            expect(strangers, [], f"filas de {path} sin {sign!r}")
            marked = any(_plain(f"Marca {sign} fin") in text for row in found for text in row)
            expect(marked, path not in NOT_MADE, f"la fila de {path} que lleva {sign!r}")
    return f"{len(SIGNS)} signos × {len(LISTS)} listas: cada uno encuentra solo lo que lo lleva"


def _found(house: House, service: str, path: str, sign: str) -> list[list[str]]:
    """Los textos de cada fila hallada."""
    address = f"{path}?per_page=100&search={quote(sign)}"
    data = house.admin.call(service, "GET", address).data
    (rows,) = (value for key, value in data.items() if key != "pagination")
    return [[_plain(value) for value in row.values() if isinstance(value, str)] for row in rows]


def _plain(text: str) -> str:
    """Sin lo ancho ni mayúsculas, como se busca."""
    return unicodedata.normalize("NFKC", text).lower()


def write(house: House, name: str) -> None:
    """Una fila de cada lista con ese nombre."""
    number = next(_numbers)
    patient = {"doc_number": cedula(number), "first_name": name, "last_name": "De ensayo"}
    account = {"email": f"marca{number}@clinica.test", "password": PASSWORD, "full_name": name}
    made = house.admin.call("historia_clinica", "POST", "/patients", patient).data["patient"]
    bodies: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("auth", "/register", account),
        (
            "inventario",
            "/products",
            {"sku": f"MARCA-{number}", "name": name, "cost_price": 1, "sale_price": 2},
        ),
        ("inventario", "/treatments", {"name": f"{name} {number}", "base_price": 1}),
        ("facturacion", "/invoices", {"patient_id": made["patient_id"], "subtotal": 10, "iva_rate": 0}),
        ("facturacion", "/expenses", {"description": name, "amount": 1, "category": "Ensayo"}),
    )
    for service, path, body in bodies:
        expect(house.admin.call(service, "POST", path, body).status, 201, f"{path} con {name!r}")
