"""Lo fijado en los `.lock`: cumple los requisitos, no está atrasado y es con lo que corre esta suite."""

import re
from importlib.metadata import version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from common.config import PROJECT_ROOT
from scripts.lock import LOCKS, pins, source
from scripts.machine.venv_state import with_included

locks = pytest.mark.parametrize("lock", LOCKS)


def asked(requirements: str) -> list[Requirement]:
    """Lo que piden unos requisitos y los que incluyen."""
    lines = [
        line
        for file in with_included(PROJECT_ROOT / requirements)
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return [Requirement(line) for line in lines if re.match(r"\w", line)]


def pinned(lock: str) -> list[Requirement]:
    """Lo que fija un archivo y los que incluye."""
    found = [pin for file in with_included(PROJECT_ROOT / lock) for pin in pins(file)]
    return [Requirement(pin.partition(" \\\n")[0]) for pin in found]


def versions(lock: str) -> dict[str, list[str]]:
    """Cada paquete con las versiones que le tocan en uno u otro sistema."""
    found: dict[str, list[str]] = {}
    for pin in pinned(lock):
        (specifier,) = pin.specifier
        assert specifier.operator == "=="
        found.setdefault(canonicalize_name(pin.name), []).append(specifier.version)
    return found


@locks
def test_it_was_renewed_after_the_last_change_of_the_requirements(lock: str) -> None:
    text = (PROJECT_ROOT / lock).read_text(encoding="utf-8")
    assert source(LOCKS[lock]) in text, "los requisitos cambiaron: python -m scripts.lock --keep"


@locks
def test_it_satisfies_what_every_service_asks_for(lock: str) -> None:
    locked = versions(lock)
    for requirement in asked(LOCKS[lock]):
        found = locked.get(canonicalize_name(requirement.name), [])
        assert found, f"falta {requirement}"
        assert all(requirement.specifier.contains(one) for one in found), f"{requirement}: {found}"


@locks
def test_each_package_has_its_digests_and_nothing_says_where_to_take_it(lock: str) -> None:
    text = (PROJECT_ROOT / lock).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(("#", "-r "))]
    assert "\n".join(lines) == "\n".join(pins(PROJECT_ROOT / lock))
    pattern = re.compile(r"[\w.-]+==[\w.+!]+( ; [^\\\n@:]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+")
    assert [pin for pin in pins(PROJECT_ROOT / lock) if not pattern.fullmatch(pin)] == []


@pytest.mark.parametrize(
    ("system", "server"), [("linux", "gunicorn"), ("darwin", "gunicorn"), ("win32", "waitress")]
)
def test_each_system_gets_its_server(system: str, server: str) -> None:
    names = {
        pin.name
        for pin in pinned("requirements.lock")
        if pin.marker is None or pin.marker.evaluate({"sys_platform": system})
    }
    assert names & {"gunicorn", "waitress"} == {server}


def test_the_suite_runs_with_what_is_locked() -> None:
    wrong = {
        str(pin): installed
        for pin in pinned("requirements-dev.lock")
        if (pin.marker is None or pin.marker.evaluate())
        and not pin.specifier.contains(installed := version(pin.name))
    }
    assert wrong == {}, "instale lo fijado: ./run_tests.sh"
