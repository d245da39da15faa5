"""La imagen: lo que el Dockerfile copia existe, basta para correr cada proceso y no trae nada más."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common.config import PROJECT_ROOT
from common.services import SERVICES
from scripts.machine.ports import answers
from scripts.machine.processes import spawn, stop_all

DOCKERFILES = [PROJECT_ROOT / "deploy" / name / "Dockerfile" for name in ("docker", "pgbouncer")]
HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.defpath}")
unix = pytest.mark.skipif(sys.platform == "win32", reason="la imagen es de Linux")


def last_stage() -> str:
    """Las instrucciones que hacen la imagen final."""
    return DOCKERFILES[0].read_text(encoding="utf-8").rpartition("\nFROM ")[2]


def copied() -> list[tuple[str, str]]:
    """Lo que va del proyecto a la imagen: origen y destino."""
    return re.findall(r"^COPY (?!--from)(\S+) (\S+)$", last_stage(), re.MULTILINE)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Una carpeta con lo que la imagen tendría en `/clinica`."""
    place = tmp_path_factory.mktemp("imagen") / "clinica"
    place.mkdir()
    for source, target in copied():
        origin = PROJECT_ROOT / source
        if origin.is_dir():
            shutil.copytree(origin, place / target, ignore=shutil.ignore_patterns("__pycache__", ".env*"))
        else:
            shutil.copy(origin, place / target)
    return place


def environment(**variables: str) -> dict[str, str]:
    """Lo que un contenedor recibe: sus variables y un PATH con lo instalado."""
    path = f"{Path(sys.executable).parent}:{os.defpath}"
    given = {name: os.environ[name] for name in ("DATABASE_URL", "JWT_SECRET_KEY")}
    return {"PATH": path, "LANG": "C.UTF-8", **given, **variables}


def start(image: Path, *arguments: str, service: str) -> subprocess.CompletedProcess[str]:
    """Lo que dice `start.py` cuando termina."""
    command = [sys.executable, "start.py", *arguments]
    env = environment(SERVICE=service)
    return subprocess.run(
        command, cwd=image, env=env, capture_output=True, encoding="utf-8", check=False, timeout=60
    )


@pytest.mark.skipif(not HADOLINT, reason="falta hadolint")
@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.parent.name)
def test_the_linter_has_nothing_to_say(file):
    done = subprocess.run([HADOLINT, "--no-color", file], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_takes_the_program_and_installs_what_is_locked():
    everything = {"common", *(info.package for info in SERVICES.values())}
    assert {source.rstrip("/") for source, _ in copied()} == {*everything, "deploy/docker/start.py"}
    build = DOCKERFILES[0].read_text(encoding="utf-8").rpartition("\nFROM ")[0]
    assert re.findall(r"^COPY (\S+) (\S+)$", build, re.MULTILINE) == [("requirements.lock", "./")]
    assert "--require-hashes -r requirements.lock" in build
    # Se quita solo lo que pide run_all y ningún servicio.
    (removed,) = re.findall(r"pip uninstall --yes (.+)$", build, re.MULTILINE)
    asked = (PROJECT_ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert set(removed.split()) == set(re.findall(r"^([\w-]+)>=", asked, re.MULTILINE))


def test_nothing_else_is_sent_to_build_it():
    lines = (PROJECT_ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    kept = {rule.removeprefix("!").rstrip("/") for rule in rules if rule.startswith("!")}
    assert rules[0] == "*"
    assert kept == {"common", "*_service", "deploy/docker/start.py", "requirements.lock"}
    # La última regla que acierta decide: lo secreto se excluye después de lo que se incluye.
    assert rules.index("**/.env*") > max(rules.index(rule) for rule in rules if rule.startswith("!"))


def test_no_secret_is_built_in():
    for file in DOCKERFILES:
        assert not re.search(r"(?i)^(ENV|ARG)\b.*(SECRET|PASSWORD|KEY|DATABASE_URL)", file.read_text(), re.M)


def test_it_does_not_run_as_root():
    for file in DOCKERFILES:
        (user,) = re.findall(r"^USER (\d+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert int(user) > 0


def test_its_ports_are_those_of_the_services():
    (ports,) = re.findall(r"^EXPOSE (.+)$", last_stage(), re.MULTILINE)
    assert ports.split() == [str(info.default_port) for info in SERVICES.values()]


def test_each_service_starts_as_its_page_says():
    page = (PROJECT_ROOT / "docs" / "despliegue.md").read_text(encoding="utf-8")
    said_there = [line.removeprefix(".venv/bin/") for line in page.splitlines()]
    for name in (*SERVICES, "sri", "migrate"):
        code = f"import start; print(*start.command({name!r}))"
        folder = PROJECT_ROOT / "deploy" / "docker"
        env = environment(PYTHONPATH=f"{PROJECT_ROOT}:{folder}")
        said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, encoding="utf-8")
        assert said.stdout.strip().replace(sys.executable, "python") in said_there


@unix
def test_what_was_copied_is_enough_to_migrate(image):
    done = start(image, service="migrate")
    assert (done.returncode, done.stderr) == (0, "")
    assert "La base de datos está al día." in done.stdout


@unix
@pytest.mark.parametrize("name", SERVICES)
def test_what_was_copied_is_enough_to_serve(image, name):
    port = SERVICES[name].default_port
    if answers(port):
        pytest.skip(f"el puerto {port} está ocupado")
    assert start(image, "--probe", service=name).returncode == 1
    process = spawn(
        [sys.executable, "start.py"], image, image.parent / "salida.log", environment(SERVICE=name)
    )
    try:
        while start(image, "--probe", service=name).returncode:
            assert process.poll() is None, (image.parent / "salida.log").read_text()
            time.sleep(0.2)
    finally:
        stop_all([process])


@unix
def test_what_was_copied_is_enough_for_the_worker(image):
    log = image.parent / "trabajador.log"
    process = spawn([sys.executable, "start.py"], image, log, environment(SERVICE="sri"))
    try:
        while "Trabajador del SRI en marcha." not in log.read_text(encoding="utf-8"):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.2)
        assert start(image, "--probe", service="sri").returncode == 0
    finally:
        stop_all([process])
    assert process.returncode == 0


@unix
def test_an_unknown_process_is_refused_in_words(image):
    done = start(image, service="otro")
    assert done.returncode == 1
    assert done.stderr.startswith("SERVICE: debe ser uno de auth, inventario")
