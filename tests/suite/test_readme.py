"""El README dice la verdad: sus tablas son las del código y su visita da las cifras que promete."""

import re
import signal
import subprocess
import sys

import pytest

from common.config import PROJECT_ROOT
from common.services import SERVICES
from scripts import readme_tables, schema_docs
from tests.clinic import Clinic, copy_project

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")


def block(mark: str) -> str:
    """El bloque de código que sigue a una marca."""
    found = re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found
    return found[1]


def test_the_tables_of_the_readme_equal_the_code():
    assert readme_tables.render(README) == README


def test_the_database_document_equals_the_schema():
    assert schema_docs.FILE.read_text(encoding="utf-8") == schema_docs.render()


def test_every_file_the_readme_links_exists():
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (PROJECT_ROOT / link).exists(), link


@pytest.mark.skipif(sys.platform == "win32", reason="la visita está escrita para sh")
def test_the_visit_pasted_as_it_stands_gives_the_promised_figures(tmp_path_factory):
    clinic = Clinic(copy_project(tmp_path_factory.mktemp("readme") / "clinica"))
    clinic.start()
    try:
        script = block("visita")
        for name, port in clinic.ports.items():
            script = script.replace(f":{SERVICES[name].default_port}/", f":{port}/")
        done = subprocess.run(
            ["sh", "-c", script], cwd=clinic.root, capture_output=True, encoding="utf-8", check=False
        )
    finally:
        clinic.stop(signal.SIGTERM)
    assert done.stderr == ""
    assert done.stdout == block("resultado")
