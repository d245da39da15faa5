"""Los permisos (`recurso:acción`), lo que significan y los roles que se siembran con ellos."""

from enum import StrEnum
from typing import Any


class Permission(StrEnum):
    """Un permiso; toda ruta que no es pública exige uno."""

    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    ROLES_READ = "roles:read"
    ROLES_WRITE = "roles:write"
    AUDIT_READ = "audit:read"
    PRODUCTS_READ = "products:read"
    PRODUCTS_WRITE = "products:write"
    STOCK_WRITE = "stock:write"
    TREATMENTS_READ = "treatments:read"
    TREATMENTS_WRITE = "treatments:write"
    PATIENTS_READ = "patients:read"
    PATIENTS_WRITE = "patients:write"
    CLINICAL_READ = "clinical:read"
    CLINICAL_WRITE = "clinical:write"
    APPOINTMENTS_READ = "appointments:read"
    APPOINTMENTS_WRITE = "appointments:write"
    APPOINTMENTS_REOPEN = "appointments:reopen"
    INVOICES_READ = "invoices:read"
    INVOICES_WRITE = "invoices:write"
    INVOICES_ANNUL = "invoices:annul"
    EXPENSES_READ = "expenses:read"
    EXPENSES_WRITE = "expenses:write"
    REPORTS_READ = "reports:read"
    SRI_MANAGE = "sri:manage"


P = Permission

DESCRIPTIONS: dict[Permission, str] = {
    P.USERS_READ: "Ver los usuarios",
    P.USERS_WRITE: "Crear, cambiar y desactivar usuarios",
    P.ROLES_READ: "Ver los roles y sus permisos",
    P.ROLES_WRITE: "Crear y cambiar roles",
    P.AUDIT_READ: "Ver el registro de auditoría",
    P.PRODUCTS_READ: "Ver los productos y su kardex",
    P.PRODUCTS_WRITE: "Crear y cambiar productos",
    P.STOCK_WRITE: "Registrar entradas y salidas de inventario",
    P.TREATMENTS_READ: "Ver los tratamientos y sus recetas de insumos",
    P.TREATMENTS_WRITE: "Crear y cambiar tratamientos y sus recetas de insumos",
    P.PATIENTS_READ: "Ver los pacientes",
    P.PATIENTS_WRITE: "Registrar y cambiar pacientes",
    P.CLINICAL_READ: "Ver antecedentes y notas clínicas",
    P.CLINICAL_WRITE: "Escribir antecedentes y notas clínicas; atender pacientes",
    P.APPOINTMENTS_READ: "Ver la agenda",
    P.APPOINTMENTS_WRITE: "Agendar, cambiar y completar citas",
    P.APPOINTMENTS_REOPEN: "Reabrir una cita completada y devolver sus insumos",
    P.INVOICES_READ: "Ver las facturas",
    P.INVOICES_WRITE: "Crear, emitir y cobrar facturas",
    P.INVOICES_ANNUL: "Anular facturas y emitir notas de crédito",
    P.EXPENSES_READ: "Ver los gastos",
    P.EXPENSES_WRITE: "Registrar, cambiar y borrar gastos",
    P.REPORTS_READ: "Ver los reportes de resultados",
    P.SRI_MANAGE: "Configurar la facturación electrónica",
}

ADMIN_ROLE = "Admin"
DEFAULT_ROLE = "Usuario"

_CATALOG = (P.PRODUCTS_READ, P.TREATMENTS_READ)

ROLE_PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    ADMIN_ROLE: tuple(Permission),
    "Doctor": (
        *_CATALOG,
        P.PATIENTS_READ,
        P.PATIENTS_WRITE,
        P.CLINICAL_READ,
        P.CLINICAL_WRITE,
        P.APPOINTMENTS_READ,
        P.APPOINTMENTS_WRITE,
    ),
    "Recepcion": (
        *_CATALOG,
        P.PATIENTS_READ,
        P.PATIENTS_WRITE,
        P.APPOINTMENTS_READ,
        P.APPOINTMENTS_WRITE,
        P.INVOICES_READ,
        P.INVOICES_WRITE,
    ),
    "Bodega": (*_CATALOG, P.PRODUCTS_WRITE, P.STOCK_WRITE, P.TREATMENTS_WRITE),
    "Contador": (
        *_CATALOG,
        P.PATIENTS_READ,
        P.INVOICES_READ,
        P.INVOICES_WRITE,
        P.INVOICES_ANNUL,
        P.EXPENSES_READ,
        P.EXPENSES_WRITE,
        P.REPORTS_READ,
        P.SRI_MANAGE,
    ),
    DEFAULT_ROLE: (),
}

# El programa los busca por su nombre, y con lo que pueden hacer cuenta: uno lo puede todo y el otro, con el
# que nace una cuenta registrada en público, nada.
FIXED_ROLES = (ADMIN_ROLE, DEFAULT_ROLE)


def _item(
    key: str, label: str, path: str, icon: str, permission: Permission | None, *children: Any
) -> dict[str, Any]:
    return {
        "key": key,
        "label": label,
        "path": path,
        "icon": icon,
        "permission": permission.value if permission else None,
        "children": list(children),
    }


# El árbol completo se guarda en cada rol; lo que un usuario ve es el árbol menos lo que no puede.
MENU: list[dict[str, Any]] = [
    _item("dashboard", "Resultados", "/dashboard", "chart", P.REPORTS_READ),
    _item("agenda", "Agenda", "/agenda", "calendar", P.APPOINTMENTS_READ),
    _item("patients", "Pacientes", "/patients", "users", P.PATIENTS_READ),
    _item("clinical", "Historia clínica", "/clinical", "file-text", P.CLINICAL_READ),
    _item(
        "inventory",
        "Inventario",
        "/inventory",
        "box",
        None,
        _item("products", "Productos", "/inventory/products", "package", P.PRODUCTS_READ),
        _item("treatments", "Tratamientos", "/inventory/treatments", "heart", P.TREATMENTS_READ),
    ),
    _item(
        "billing",
        "Facturación",
        "/billing",
        "receipt",
        None,
        _item("invoices", "Facturas", "/billing/invoices", "file", P.INVOICES_READ),
        _item("expenses", "Gastos", "/billing/expenses", "wallet", P.EXPENSES_READ),
        _item("sri", "Facturación electrónica", "/billing/sri", "shield", P.SRI_MANAGE),
    ),
    _item(
        "admin",
        "Administración",
        "/admin",
        "settings",
        None,
        _item("users", "Usuarios", "/admin/users", "user", P.USERS_READ),
        _item("roles", "Roles", "/admin/roles", "key", P.ROLES_READ),
        _item("audit", "Auditoría", "/admin/audit", "eye", P.AUDIT_READ),
    ),
]


def visible_menu(menu: list[dict[str, Any]], permissions: frozenset[str]) -> list[dict[str, Any]]:
    """El menú sin lo que los permisos no dejan ver y sin los padres que quedan vacíos."""
    visible = []
    for item in menu:
        inner = item.get("children") or []
        children = visible_menu(inner, permissions)
        allowed = not item.get("permission") or item["permission"] in permissions
        if allowed and (children or not inner):
            visible.append({**item, "children": children})
    return visible
