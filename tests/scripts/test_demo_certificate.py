"""La firma de mentira que se escribe en un archivo para ensayar."""

from pathlib import Path

import pytest

from facturacion_service.sri.signing import certificates
from scripts.demo_certificate import MARK, main, make_authority, make_certificate, new_key

RUC = "1799000012001"


def test_a_long_name_with_accents_is_cut_between_letters() -> None:
    key, authority = new_key(), make_authority()

    # Cada largo pone el corte en un sitio; uno de ellos cae en mitad de una letra con tilde.
    for start in ("", "a"):
        holder = make_certificate(RUC, start + "á" * 40, key, authority).subject.rfc4514_string()
        assert f"áá - {MARK}" in holder


def test_it_is_written_and_opens_with_its_password(tmp_path: Path) -> None:
    file = tmp_path / "firma.p12"

    assert main([RUC, "Clínica de Muestra", "clave", str(file)]) == 0

    info = certificates.describe(certificates.open_p12(file.read_bytes(), "clave").certificate)
    assert info.rucs == (RUC,)


def test_a_file_that_exists_is_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "firma.p12"
    file.write_bytes(b"la de verdad")

    assert main([RUC, "Clínica", "clave", str(file)]) == 1

    assert file.read_bytes() == b"la de verdad"
    assert "ya existe" in capsys.readouterr().err
