"""La página de ejemplo (docs/cliente) habla la API que hay: sus contratos y sus tipos salen del código."""

import shutil
import subprocess

from scripts.specs import CLIENT
from tests.frontend import require_npm


def run(*command, cwd):
    return subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False
    )


def test_the_types_come_from_the_code_and_the_page_agrees_with_them():
    check = run(require_npm(), "run", "--silent", "check", cwd=CLIENT)
    assert check.returncode == 0, check.stdout


def test_without_the_python_of_the_project_it_says_what_to_run_first(tmp_path):
    require_npm()
    page = tmp_path / "docs" / "cliente"
    page.mkdir(parents=True)
    shutil.copy(CLIENT / "generate.mjs", page)
    done = run("node", "generate.mjs", cwd=page)
    assert done.returncode == 1
    assert "Corra primero ./install.sh" in done.stdout
