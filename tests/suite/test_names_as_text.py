"""Lo que el código y las órdenes nombran con texto existe: nadie más avisa cuando un archivo se muda.

El trabajador y los registros de gunicorn, las órdenes `python -m …`, los guiones de consola, lo que la imagen
copia y nginx incluye, las órdenes de npm y lo que pyproject nombra.
"""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from common import migrate
from common.config import PROJECT_ROOT
from common.services import SERVICES
from scripts.specs import CLIENT

PACKAGES = ["common", "scripts", "drills", "benchmarks", "tests", *(i.package for i in SERVICES.values())]
OURS = "|".join(PACKAGES)
# «paquete.módulo.nombre», como los escriben gunicorn («paquete.módulo:app») y logging («ext://…»).
DOTTED = re.compile(rf"(?:ext://)?((?:{OURS})(?:\.\w+)+)(?::(\w*).*)?", re.ASCII)
FILE = re.compile(rf"(?:{OURS}|deploy|docs)/[\w./-]+")
COMMAND = re.compile(rf"-m\s+((?:{OURS})(?:\.\w+)*)")
IGNORED = {"__pycache__", ".venv", "node_modules", ".git"}


def files(*patterns: str) -> Iterator[Path]:
    """Los del proyecto que cumplen un patrón."""
    for pattern in patterns:
        for path in PROJECT_ROOT.glob(pattern):
            if path.is_file() and not IGNORED & set(path.parts):
                yield path


def texts_in(path: Path) -> Iterator[str]:
    """Los textos que escribe un módulo de Python."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def exists(dotted: str) -> bool:
    """Si es un módulo, o algo que un módulo tiene; terminado en «_», el principio de un nombre."""
    module, *rest = [dotted]
    while not is_module(module):
        module, _, name = module.rpartition(".")
        rest.insert(0, name)
    return has(import_module(module), rest) if rest else True


def is_module(name: str) -> bool:
    """Si ese módulo se puede importar."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def has(owner: object, names: list[str]) -> bool:
    """Si de un objeto se llega a ese nombre."""
    for name in names:
        if name.endswith("_"):
            return any(found.startswith(name) for found in dir(owner))
        if not hasattr(owner, name):
            return False
        owner = getattr(owner, name)
    return True


def runs(module: str) -> bool:
    """Si `python -m módulo` tiene qué correr."""
    path = PROJECT_ROOT / module.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_or_file_named_as_text_in_the_code_exists(package):
    lost = []
    for path in files(f"{package}/**/*.py"):
        for text in texts_in(path):
            if (name := DOTTED.fullmatch(text)) and not exists(".".join(filter(None, name.groups()))):
                lost.append((path, text))
            if FILE.fullmatch(text) and not (PROJECT_ROOT / text).exists():
                lost.append((path, text))
    assert lost == []


def test_every_command_written_in_a_script_runs_something():
    named = {
        (path, module)
        for path in files(".ci/run", "**/*.sh", "**/*.py", "deploy/**/*")
        for module in COMMAND.findall(path.read_text(encoding="utf-8"))
    }
    assert len({module for _, module in named}) > 10
    assert [(path, module) for path, module in named if not runs(module)] == []


def test_alembic_finds_its_history():
    assert {"env.py", "script.py.mako"} <= {path.name for path in migrate.MIGRATIONS.iterdir()}
    assert list((migrate.MIGRATIONS / "versions").glob("m*.py"))


@pytest.mark.parametrize("pattern", ["*.bat", "scripts/*.bat"])
def test_every_target_of_a_windows_script_exists(pattern):
    for path in files(pattern):
        targets = re.findall(r"%~dp0([\w\\.-]+)", path.read_text(encoding="utf-8"))
        assert targets, path
        for target in targets:
            assert (path.parent / target.replace("\\", "/")).is_file(), f"{path}: {target}"


def test_every_target_of_a_shell_script_exists():
    for path in files("*.sh", "scripts/*.sh"):
        targets = re.findall(r"\$\{here:-\./\}([\w/.-]+)", path.read_text(encoding="utf-8"))
        assert targets, path
        for target in targets:
            assert (PROJECT_ROOT / target).is_file(), f"{path}: {target}"


def test_both_consoles_give_the_same_orders():
    for windows in files("*.bat"):
        order = re.search(r"start\.bat\" (\w+)", windows.read_text(encoding="utf-8")).group(1)
        posix = windows.with_suffix(".sh").read_text(encoding="utf-8")
        assert re.search(rf'^start {order} "\$@"$', posix, re.MULTILINE), windows


def test_what_the_image_copies_is_there():
    for dockerfile in files("deploy/**/Dockerfile"):
        text = dockerfile.read_text(encoding="utf-8")
        for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
            for source in sources.split():
                # El de PgBouncer se arma desde su propia carpeta.
                assert (PROJECT_ROOT / source).exists() or (dockerfile.parent / source).exists(), source


def test_what_nginx_includes_is_there():
    for path in files("deploy/nginx/**/*.conf"):
        for name in re.findall(r"^\s*include (clinica/\S+);", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert (PROJECT_ROOT / "deploy" / "nginx" / name).is_file(), f"{path}: {name}"


def test_what_the_page_runs_is_there():
    package = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((CLIENT / "package-lock.json").read_text(encoding="utf-8"))
    programs = {"node", "npm"}.union(*(one.get("bin", {}) for one in lock["packages"].values()))
    for line in package["scripts"].values():
        for command in line.split(" && "):
            assert command.split()[0] in programs, command
            if command.startswith("node "):
                assert (CLIENT / command.split()[1]).is_file(), command
            if command.startswith("npm run "):
                assert command.split()[-1] in package["scripts"], command


def test_what_pyproject_names_is_there():
    tool = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    for pattern in tool["ruff"]["lint"]["per-file-ignores"]:
        assert list(PROJECT_ROOT.glob(pattern)), pattern
    for package in {*tool["mypy"]["packages"], *tool["ruff"]["lint"]["isort"]["known-first-party"]}:
        assert (PROJECT_ROOT / package).is_dir(), package
