"""Las reglas de la casa: quién importa a quién, quién confirma, quién lee el entorno."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

from common.config import PROJECT_ROOT
from common.services import SERVICES

PACKAGES = [info.package for info in SERVICES.values()]
OUR_FOLDERS = ["common", *PACKAGES]
# Quienes vacían las colas: algo con lo que el programa falla no puede detener a lo demás, así que un solo
# lugar suyo no distingue errores.
CREW = "common/outbox/crew.py"


def sources(*folders: str) -> Iterator[Path]:
    """Los módulos de unas carpetas."""
    for folder in folders:
        yield from (PROJECT_ROOT / folder).rglob("*.py")


@cache
def imports(path: Path) -> set[str]:
    """Los módulos que importa un archivo, con nombre completo."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files_that(condition, *folders: str) -> set[str]:
    """Los archivos, relativos a la raíz, que cumplen una condición."""
    return {str(p.relative_to(PROJECT_ROOT)) for p in sources(*folders) if condition(p)}


def importing(prefix: str):
    """Si un archivo importa ese módulo o algo de él."""
    return lambda path: any(name == prefix or name.startswith(prefix + ".") for name in imports(path))


def containing(pattern: str):
    """Si el texto de un archivo cumple la expresión."""
    return lambda path: re.search(pattern, path.read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize("package", PACKAGES)
def test_no_service_imports_another(package):
    others = [other for other in PACKAGES if other != package]
    assert [f for other in others for f in files_that(importing(other), package)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_common_imports_no_service(package):
    assert files_that(importing(package), "common") == set()


def test_common_knows_no_service_by_name():
    named = [re.escape(n) for key, i in SERVICES.items() for n in (i.package, i.base_path, f'"{key}"')]
    found = files_that(containing("|".join(named)), "common")
    # El esquema se declara una vez, en un archivo por dueño.
    assert {f for f in found if not f.startswith("common/tables/")} == {"common/services.py"}


def holds_queries(file: str) -> bool:
    """Si es de los que consultan la base: `models.py`, `…queries.py` o algo de `ledger/`."""
    path = Path(file)
    return path.name == "models.py" or path.stem.endswith("queries") or path.parent.name == "ledger"


def test_only_queries_see_the_tables_in_a_service():
    assert {f for f in files_that(importing("common.tables"), *PACKAGES) if not holds_queries(f)} == set()


def test_the_tables_know_nothing_of_the_rest():
    allowed = ("common.tables", "common.utils")
    for path in sources("common/tables"):
        ours = {name for name in imports(path) if name.startswith(("common", *PACKAGES))}
        assert {name for name in ours if not name.startswith(allowed)} == set(), path


def test_rules_know_neither_flask_nor_services():
    assert files_that(importing("flask"), "common/rules", "common/tables") == set()
    asking = ("common.sql.statements", "common.database.fetch_", "common.database.write")
    allowed = ("common.tables", "common.rules", "common.errors", "common.utils", *asking)
    for path in sources("common/rules"):
        ours = {name for name in imports(path) if name.startswith("common.")} - {"common.database"}
        assert {name for name in ours if not name.startswith(allowed)} == set(), path


def test_only_routes_know_flask():
    serving = files_that(importing("flask"), *PACKAGES)
    assert {f for f in serving if not is_route(f)} == set()


def is_route(file: str) -> bool:
    """Si es de los que atienden direcciones."""
    return Path(file).stem.endswith("routes")


def test_layers_point_one_way():
    for path in sources(*PACKAGES):
        file = str(path.relative_to(PROJECT_ROOT))
        seen = {name.replace(".", "/") for name in imports(path)}
        if not is_route(file) and path.name != "app.py":
            assert {name for name in seen if name.startswith(tuple(PACKAGES)) and is_route(name)} == set(), (
                file
            )
        if holds_queries(file):
            assert {name for name in seen if Path(name).stem.endswith("operations")} == set(), file


def test_only_routes_open_a_transaction():
    opens = files_that(containing(r"\b(transaction|reading|snapshot)\(\)"), *PACKAGES)
    assert {f for f in opens if not is_route(f)} == set()


def test_only_the_database_module_commits():
    commits = files_that(containing(r"\.(commit|rollback|begin)\(\)"), *OUR_FOLDERS)
    # La migración corre en su propia transacción, antes de que haya servicio.
    assert commits <= {"common/database.py", "common/migrate.py", "common/migrations/env.py"}


def test_only_the_configuration_reads_the_environment():
    readers = files_that(containing(r"\bos\.(environ|getenv)\b|\bgetenv\("), *OUR_FOLDERS)
    # El segundo no la lee: le deja a gunicorn una variable suya.
    assert readers == {"common/config.py", "common/gunicorn_conf.py"}


def test_nothing_uses_a_naive_clock_nor_swallows_everything():
    assert files_that(containing(r"datetime\.(now\(\)|utcnow)"), *OUR_FOLDERS) == set()
    assert files_that(containing(r"except Exception|except:\s"), *OUR_FOLDERS) == {CREW}
    assert (PROJECT_ROOT / CREW).read_text(encoding="utf-8").count("except Exception") == 1


def test_the_electronic_documents_know_neither_flask_nor_the_database():
    outside = ("flask", "sqlalchemy", "common.database", "common.tables")
    for room in ("xml", "signing", "ride", "exchange", "vouchers"):
        for path in sources(f"facturacion_service/sri/{room}"):
            seen = imports(path)
            wrong = {name for name in seen if name.startswith(outside)}
            wrong |= {
                name
                for name in seen
                if name.startswith("facturacion_service") and ".sri." not in name and ".pdf" not in name
            }
            assert wrong == set(), path


def test_nothing_sets_attributes_from_a_request():
    assert files_that(containing(r"\bsetattr\("), *OUR_FOLDERS) == set()


def test_no_float_touches_money():
    money = ("common", "inventario_service", "citas_service", "facturacion_service")
    floats = files_that(containing(r"\bfloat\("), *money)
    # Solo al escribir JSON, que no tiene decimales, y los límites del esquema publicado.
    assert floats <= {"common/web/json_text.py", "common/web/field_numbers.py", "common/openapi/document.py"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_route_declares_who_may_call_it_right_under_its_path(package):
    for path in sources(package):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            names = [ast.unparse(d).partition("(")[0] for d in node.decorator_list]
            if names and re.fullmatch(r"bp\.(get|post|put|patch|delete)", names[0]):
                assert names[1] in {"require", "public", "public_with_token"}, f"{path}:{node.name}"
                assert ast.get_docstring(node), f"{path}:{node.name} no dice qué hace"


@pytest.mark.parametrize("name", SERVICES)
def test_every_declared_route_is_guarded_at_start(name):
    from common.web.contract import contract_of

    app = import_module(f"{SERVICES[name].package}.app").app
    for rule in app.url_map.iter_rules():
        assert contract_of(app.view_functions[rule.endpoint]).declared_access, rule


@pytest.mark.parametrize("package", PACKAGES)
def test_each_service_has_the_same_rooms(package):
    rooms = {"app.py", "routes.py", "models.py", "requirements.txt"}
    if not (PROJECT_ROOT / package / "ledger").exists():
        rooms |= {"schemas.py", "operations.py"}
    assert rooms <= {p.name for p in (PROJECT_ROOT / package).iterdir()}
    first = (PROJECT_ROOT / package / "requirements.txt").read_text(encoding="utf-8").splitlines()[0]
    assert first == "-r ../common/requirements.txt"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_service_hides_no_module_of_python(package):
    """Desde su carpeta (`python app.py`, `python -m gunicorn app:app`) lo suyo se encuentra antes."""
    names = {path.stem for path in (PROJECT_ROOT / package).iterdir()}
    assert not names & sys.stdlib_module_names


PROGRAM = [*OUR_FOLDERS, "scripts", "drills", "benchmarks"]


def room(module: str) -> str:
    """El cuarto de un módulo: su carpeta o, donde hay otras carpetas, él mismo."""
    folder = module.rpartition(".")[0]
    has_folders = any(p.is_dir() for p in (PROJECT_ROOT / folder.replace(".", "/")).glob("[a-z]*"))
    return module if has_folders else folder


def without_circles(links: dict[str, set[str]]) -> None:
    """Falla si, siguiendo los nombres, se vuelve al de partida."""
    try:
        TopologicalSorter(links).prepare()
    except CycleError as circle:
        pytest.fail(" ← ".join(circle.args[1]))


def links_between(folders: list[str]) -> dict[str, set[str]]:
    """A qué módulos de esas carpetas importa cada uno de ellos."""
    names = {module_of(path): path for path in sources(*folders) if path.name != "__init__.py"}
    return {name: (imports(path) & names.keys()) - {name} for name, path in names.items()}


def module_of(path: Path) -> str:
    """El nombre con que se importa un archivo."""
    return ".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts)


def test_no_module_reaches_itself():
    without_circles(links_between(PROGRAM))


@pytest.mark.parametrize("package", [*OUR_FOLDERS, "scripts", "drills", "benchmarks"])
def test_no_folder_imports_one_above_it(package):
    """Los cuartos se pueden poner en pisos: ninguno importa, ni por medio de otros, a quien lo importa."""
    rooms: dict[str, set[str]] = {}
    for name, seen in links_between([package]).items():
        rooms.setdefault(room(name), set()).update(map(room, seen))
    without_circles({name: seen - {name} for name, seen in rooms.items()})


def test_no_folder_holds_more_than_a_reader_takes_in():
    files = Counter(p.parent for p in sources(*PROGRAM) if p.name != "__init__.py")
    crowded = {str(folder.relative_to(PROJECT_ROOT)): n for folder, n in files.items() if n > 14}
    # De las migraciones se lee la última.
    assert crowded.keys() <= {"common/migrations/versions"}, crowded


def test_relationships_never_load_behind_the_back():
    lazy = files_that(containing(r"\brelationship\("), "common/tables")
    for file in lazy:
        text = (PROJECT_ROOT / file).read_text(encoding="utf-8")
        assert text.count("relationship(") == text.count('lazy="raise"'), file


def test_no_file_outgrows_its_room():
    long = {
        str(path.relative_to(PROJECT_ROOT)): lines
        for path in sources(*OUR_FOLDERS, "scripts")
        if (lines := path.read_text(encoding="utf-8").count("\n")) > 330
    }
    assert long == {}
