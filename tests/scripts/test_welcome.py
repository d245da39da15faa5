"""Lo que se muestra al arrancar."""

from pathlib import Path

from scripts.demo.data import DUTIES, STAFF
from scripts.starting.welcome import Prepared, _samples

README = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_readme_says_the_same_of_each_role() -> None:
    first = {role: email for _, email, role in reversed(STAFF)}
    for role, email in first.items():
        assert f"| `{email}` | {role} | {DUTIES[role]} |" in README


def test_only_the_sample_accounts_that_exist_are_shown() -> None:
    emails = [email for _, email, _ in STAFF]
    shown = "\n".join(_samples(Prepared(None, None, demo=False, samples=emails[:-1])))
    assert all(email in shown for email in emails[:-1])
    assert emails[-1] not in shown
    assert list(_samples(Prepared(None, None, demo=False, samples=[]))) == []
