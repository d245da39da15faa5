"""`docs/contrato.txt`, con el que se revisa de un vistazo un cambio de contrato, es el que hay."""

from scripts import contract


def test_the_committed_contract_equals_the_code():
    committed = contract.PATH.read_text(encoding="utf-8")
    assert committed == contract.render(), "quedó viejo; corra: python -m scripts.contract"
