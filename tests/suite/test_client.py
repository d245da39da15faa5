"""El cliente de ejemplo (docs/cliente) habla la API que hay: sus contratos y sus tipos salen del código."""

import subprocess

import pytest

from common.services import SERVICES
from scripts import specs
from tests.frontend import require_npm

REMEDY = "quedó viejo; corra: python -m scripts.specs"


@pytest.mark.parametrize("name", SERVICES)
def test_the_committed_contract_equals_the_code(name):
    committed = (specs.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert committed == specs.render(name), REMEDY


def test_the_types_come_from_those_contracts_and_the_page_agrees_with_them():
    check = subprocess.run(
        [require_npm(), "run", "--silent", "check"],
        cwd=specs.CLIENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert check.returncode == 0, f"{REMEDY}\n{check.stdout}"
