"""El archivo `.env` de la primera vez."""

import stat
import sys
from pathlib import Path

import pytest

from common.config import parse_settings
from scripts.envfile import complete, ensure_env_file
from scripts.machine.console import UserError

EXAMPLE = "# Firma de los tokens\nJWT_SECRET_KEY=\n# Puerto\nCITAS_SERVICE_PORT=5005\nADMIN_PASSWORD=\n"


def values(root: Path) -> dict[str, str]:
    lines = (root / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".env.example").write_text(EXAMPLE, encoding="utf-8")
    return tmp_path


def test_the_first_start_draws_its_secrets_and_keeps_the_rest(root: Path) -> None:
    assert ensure_env_file(root)

    made = values(root)
    assert len(made["JWT_SECRET_KEY"]) >= 48
    assert len(made["ADMIN_PASSWORD"]) >= 12
    assert made["ADMIN_PASSWORD"].isalnum()
    assert made["ADMIN_EMAIL"] == "admin@clinica.local"
    assert made["CITAS_SERVICE_PORT"] == "5005"
    assert [entry.name for entry in root.iterdir() if "nuevo" in entry.name] == []


def test_two_projects_never_share_secrets(root: Path, tmp_path: Path) -> None:
    ensure_env_file(root)
    first = values(root)
    (root / ".env").unlink()
    ensure_env_file(root)

    assert first["JWT_SECRET_KEY"] != values(root)["JWT_SECRET_KEY"]
    assert first["ADMIN_PASSWORD"] != values(root)["ADMIN_PASSWORD"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows no tiene modos de archivo")
def test_only_its_owner_can_read_it(root: Path) -> None:
    ensure_env_file(root)

    assert stat.S_IMODE((root / ".env").stat().st_mode) == 0o600


def test_an_existing_file_is_not_touched(root: Path) -> None:
    (root / ".env").write_text("JWT_SECRET_KEY=mía\n", encoding="utf-8")

    assert not ensure_env_file(root)
    assert (root / ".env").read_text(encoding="utf-8") == "JWT_SECRET_KEY=mía\n"


def test_an_old_file_gets_the_keys_it_lacks_and_nothing_else_changes(root: Path) -> None:
    before = b"# m\xc3\xado\r\nJWT_SECRET_KEY=vieja\r\nHOST=0.0.0.0"
    (root / ".env").write_bytes(before)

    assert complete(root) == ["SRI_CERTIFICATE_KEY"]
    assert complete(root) == []

    after = (root / ".env").read_bytes()
    assert after.startswith(before + b"\r\nSRI_CERTIFICATE_KEY=")
    key = parse_settings({**values(root), "JWT_SECRET_KEY": "k3Zq8vN1xR7mT5wY2pL9sD4fG6hJ0bCa"})
    assert len(key.sri_certificate_key) == 32


def test_a_key_left_empty_is_filled_in_its_line(root: Path) -> None:
    (root / ".env").write_text("SRI_CERTIFICATE_KEY=\nexport JWT_SECRET_KEY =\nHOST=::1\n", encoding="utf-8")

    assert complete(root) == ["JWT_SECRET_KEY", "SRI_CERTIFICATE_KEY"]

    lines = (root / ".env").read_text(encoding="utf-8").splitlines()
    assert [line.partition("=")[0] for line in lines] == [
        "SRI_CERTIFICATE_KEY",
        "export JWT_SECRET_KEY ",
        "HOST",
    ]
    assert all(line.partition("=")[2] for line in lines)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows no tiene modos de archivo")
def test_a_completed_file_keeps_its_mode_and_its_link(root: Path, tmp_path: Path) -> None:
    real = tmp_path / "secretos"
    real.write_text("HOST=::1\n", encoding="utf-8")
    real.chmod(0o640)
    (root / ".env").symlink_to(real)

    complete(root)

    assert (root / ".env").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert "JWT_SECRET_KEY" in values(root)


def test_a_missing_example_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Falta \.env\.example"):
        ensure_env_file(tmp_path)
