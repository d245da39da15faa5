"""Las tablas de `docs/rutas.md` que salen del código: `python -m scripts.readme_tables`.

Una prueba compara la página con lo que este módulo escribe.
"""

import re
import sys
from collections.abc import Iterator
from inspect import getdoc

from flask import Flask

from common.config import PROJECT_ROOT
from common.permissions import ADMIN_ROLE, DESCRIPTIONS, ROLE_PERMISSIONS, Permission
from common.services import SERVICES, ServiceInfo
from common.web.contract import Contract, contract_of
from scripts.specs import app_of

PAGE = PROJECT_ROOT / "docs" / "rutas.md"
# Las que tienen los cinco servicios se cuentan una vez, aparte.
HOUSE = ("health", "live", "openapi.json", "docs")


def routes() -> str:
    """Una tabla por servicio: método y ruta, qué hace, qué exige."""
    return "\n".join(_service(info) for info in SERVICES.values())


def _service(info: ServiceInfo) -> str:
    app = app_of(info)
    rows = sorted(_rows(app, info), key=lambda row: (row[1], row[0]))
    lines = [f"### {info.title}: `{info.base_path}`", "", "| ruta | qué hace | exige |", "|---|---|---|"]
    lines += [f"| `{method} {path}` | {summary} | {access} |" for method, path, summary, access in rows]
    return "\n".join([*lines, ""])


def _rows(app: Flask, info: ServiceInfo) -> Iterator[tuple[str, str, str, str]]:
    for rule in app.url_map.iter_rules():
        path = rule.rule.removeprefix(info.base_path)
        if path.strip("/").split("/")[0] in HOUSE:
            continue
        view = app.view_functions[rule.endpoint]
        summary = (getdoc(view) or "").partition("\n")[0]
        shown = re.sub(r"<(?:\w+:)?(\w+)>", r":\1", path)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, shown, summary, _access(contract_of(view))


def _access(contract: Contract) -> str:
    if contract.access is None:
        return "pública"
    return ", ".join(f"`{permission.value}`" for permission in contract.access) or "haber entrado"


def roles() -> str:
    """La tabla de permisos por rol; Admin los tiene todos."""
    names = [name for name in ROLE_PERMISSIONS if name != ADMIN_ROLE and ROLE_PERMISSIONS[name]]
    lines = [f"| permiso | | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    for permission in Permission:
        marks = " | ".join("✓" if permission in ROLE_PERMISSIONS[name] else "" for name in names)
        lines.append(f"| `{permission.value}` | {DESCRIPTIONS[permission]} | {marks} |")
    note = "`Admin` los tiene todos; `Usuario`, con el que nace una cuenta registrada en público, ninguno."
    return "\n".join([*lines, "", note, ""])


def render(text: str) -> str:
    """La página con sus tablas al día."""
    for mark, table in (("rutas", routes()), ("roles", roles())):
        before, _, rest = text.partition(f"<!-- {mark} -->\n")
        _, _, after = rest.partition(f"<!-- fin {mark} -->")
        text = f"{before}<!-- {mark} -->\n{table}<!-- fin {mark} -->{after}"
    return text


def main() -> int:
    """Escribe las tablas en la página."""
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print("Tablas de docs/rutas.md al día.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
