"""La preparación de `.venv`, con entornos de verdad y un paquete hecho a mano: sin internet."""

import ast
import base64
import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.machine.venv_state import Venv
from scripts.starting import installer

ROOT = Path(__file__).parent.parent.parent
WHEEL = "paquete-1.0-py3-none-any.whl"


def build_wheel(target: Path) -> None:
    files = {
        "paquete.py": "",
        "paquete-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: paquete\nVersion: 1.0\n",
        "paquete-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},sha256={digest(text)},{len(text)}\n" for name, text in files.items())
    files["paquete-1.0.dist-info/RECORD"] = record + "paquete-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(target, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Un proyecto mínimo con los guiones de verdad, ya instalado una vez."""
    root = tmp_path_factory.mktemp("con espacio")
    shutil.copytree(ROOT / "scripts", root / "scripts")
    build_wheel(root / WHEEL)
    (root / "requirements.lock").write_text(locked(root / WHEEL))
    assert "Instalando las dependencias" in install(root).stdout
    yield root
    shutil.rmtree(root)


def locked(wheel: Path) -> str:
    return f"./{wheel.name} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def install(root: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(root / "scripts" / "bootstrap.py"), "install"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd="/")
    assert "Traceback" not in done.stdout + done.stderr
    return done


def python(root: Path) -> str:
    return str(Venv(root).python)


def has_package(root: Path) -> bool:
    return subprocess.run([python(root), "-c", "import paquete"], capture_output=True).returncode == 0


def test_a_second_installation_touches_nothing(project: Path) -> None:
    before = (project / ".venv" / "instalado.json").stat().st_mtime_ns

    done = install(project)

    assert done.returncode == 0
    assert "Instalando" not in done.stdout
    assert (project / ".venv" / "instalado.json").stat().st_mtime_ns == before


def test_an_uninstalled_package_comes_back(project: Path) -> None:
    subprocess.run([python(project), "-m", "pip", "uninstall", "-qy", "paquete"], check=True)
    assert not has_package(project)

    assert "Faltan paquetes en .venv (paquete)" in install(project).stdout
    assert has_package(project)


def test_an_installation_cut_short_is_finished(project: Path) -> None:
    (project / ".venv" / "instalado.json").unlink()

    assert "Instalando las dependencias" in install(project).stdout
    assert has_package(project)


def test_a_broken_environment_is_made_again(project: Path) -> None:
    next(project.glob(".venv/**/site-packages/paquete.py")).unlink()

    done = install(project)

    assert "El entorno .venv no sirve" in done.stdout
    assert has_package(project)


def test_a_failed_installation_ends_with_a_sentence(project: Path) -> None:
    good = (project / "requirements.lock").read_text()
    (project / "requirements.lock").write_text(f"./no-existe-1.0-py3-none-any.whl --hash=sha256:{'0' * 64}\n")

    failed = install(project)

    (project / "requirements.lock").write_text(good)
    assert failed.returncode == 1
    assert "No se pudieron instalar las dependencias" in failed.stderr
    assert "no-existe" in failed.stderr
    assert install(project).returncode == 0


def test_a_package_that_is_not_the_one_locked_is_refused(project: Path) -> None:
    lock = project / "requirements.lock"
    good = lock.read_text()
    subprocess.run([python(project), "-m", "pip", "uninstall", "-qy", "paquete"], check=True)
    lock.write_text(good.partition(" --hash")[0] + f" --hash=sha256:{'0' * 64}\n")

    failed = install(project)

    lock.write_text(good)
    assert failed.returncode == 1
    assert "paquete" in failed.stderr
    assert not has_package(project)
    assert install(project).returncode == 0


def test_a_package_without_its_digest_is_refused(project: Path) -> None:
    lock = project / "requirements.lock"
    good = lock.read_text()
    lock.write_text(good.partition(" --hash")[0] + "\n")

    failed = install(project)

    lock.write_text(good)
    assert failed.returncode == 1
    assert install(project).returncode == 0


def test_an_old_python_can_read_the_file_that_says_it_is_old() -> None:
    source = (ROOT / "scripts" / "bootstrap.py").read_text(encoding="utf-8")

    ast.parse(source, feature_version=(3, 6))
    assert "Se necesita Python 3.11 o posterior" in source


@pytest.mark.skipif(sys.platform == "win32", reason="son guiones de sh")
@pytest.mark.parametrize("script", ["install.sh", "run_all.sh", "run_tests.sh", "prove.sh"])
def test_without_any_python_the_shell_says_so(script: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / script], capture_output=True, encoding="utf-8", cwd=tmp_path, env={"PATH": "/nada"}
    )

    assert done.returncode == 1
    assert done.stderr.startswith("No se encontró Python 3")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="son guiones de sh")
def test_a_python_that_pyenv_installed_and_nobody_activated_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "mi pyenv" / "versions" / "3.11.7" / "bin"
    folder.mkdir(parents=True)
    (folder / "python3").symlink_to(sys.executable)

    found = subprocess.check_output(
        ["/bin/sh", "-c", '. ./start.sh; find_python; echo "$python"'],
        cwd=ROOT / "scripts",
        env={"PATH": "/nada", "PYENV_ROOT": str(tmp_path / "mi pyenv")},
        encoding="utf-8",
    )

    assert found == f"{folder}/python3\n"


def test_the_tests_run_in_two_processes_unless_they_must_share_a_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    assert "--numprocesses=2" in installer._options("test")
    assert installer._options("run") == []

    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://ana@127.0.0.1/pruebas")
    assert installer._options("test") == []
