"""La configuración: se comprueba entera al arrancar y se dice en palabras."""

import os
import re
import subprocess
import sys
from decimal import Decimal

import pytest

from common.config import PROJECT_ROOT, VARIABLES, ConfigurationError, environment, parse_settings

SECRET = "k3Zq8vN1xR7mT5wY2pL9sD4fG6hJ0bCa"


def parsed(**variables):
    return parse_settings({"JWT_SECRET_KEY": SECRET, **variables})


def problems(**variables):
    with pytest.raises(ConfigurationError) as caught:
        parsed(**variables)
    return str(caught.value).splitlines()


def test_only_the_secret_has_no_default():
    assert problems(JWT_SECRET_KEY="") == [
        'JWT_SECRET_KEY: falta; genere una con: python -c "import secrets; print(secrets.token_urlsafe(48))".'
    ]
    settings = parsed()
    assert settings.jwt_expiration_hours == 24
    assert settings.consumidor_final_limit == Decimal("50.00")
    assert settings.ports == {
        "auth": 5001,
        "inventario": 5002,
        "historia_clinica": 5003,
        "facturacion": 5004,
        "citas": 5005,
    }


WRONG = {
    "DATABASE_URL": "mysql://u:c@host/base",
    "JWT_SECRET_KEY": "corta",
    "JWT_EXPIRATION_HOURS": "0",
    "AUTH_SERVICE_PORT": "65536",
    "INVENTARIO_SERVICE_PORT": "puerto",
    "HISTORIA_CLINICA_SERVICE_PORT": "-1",
    "FACTURACION_SERVICE_PORT": "5004.0",
    "CITAS_SERVICE_PORT": "٥٠٠٥",
    "CORS_ORIGINS": "http://localhost:3000,*",
    "TRUSTED_PROXIES": "6",
    "CLINIC_TIMEZONE": "Marte/Olimpo",
    "INVOICE_ESTABLISHMENT": "000",
    "INVOICE_EMISSION_POINT": "1",
    "CONSUMIDOR_FINAL_LIMIT": "-1",
    "SRI_CERTIFICATE_KEY": "Y29ydGE=",
    "SRI_URL_PRUEBAS": "celcer.sri.gob.ec",
    "SRI_URL_PRODUCCION": "ftp://cel.sri.gob.ec",
    "SRI_TIMEOUT_SECONDS": "0",
    "SRI_FIRST_QUERY_SECONDS": "-1",
    "SRI_SIGNATURE_ALGORITHM": "md5",
    "SRI_SIMULATOR_PORT": "65536",
    "SMTP_PORT": "0",
    "SMTP_SECURITY": "ssl",
    "WEB_WORKERS": "0",
    "WEB_THREADS": "muchos",
    "METRICS_TOKEN": "corto",
    "DB_POOL_TIMEOUT_SECONDS": "0",
    "DB_LOCK_TIMEOUT_SECONDS": "0",
    "DB_STATEMENT_TIMEOUT_SECONDS": "rápido",
    "BCRYPT_ROUNDS": "3",
    "CHECK_ANSWERS": "sí",
    "LOG_LEVEL": "FUERTE",
}


def test_every_bad_variable_is_named_at_once():
    assert [line.partition(":")[0] for line in problems(**WRONG)] == [
        variable for variable in VARIABLES if variable in WRONG
    ]


def test_every_variable_that_can_be_wrong_is_tried():
    assert VARIABLES.keys() - WRONG.keys() == {
        "HOST",
        "ADMIN_EMAIL",
        "ADMIN_PASSWORD",
        "SRI_XSD_DIR",
        "SMTP_HOST",
        "SMTP_USER",
        "SMTP_PASSWORD",
        "SMTP_FROM",
    }


@pytest.mark.parametrize("variable", WRONG)
def test_each_bad_variable_is_a_spanish_sentence(variable):
    (line,) = problems(**{variable: WRONG[variable]})
    assert re.fullmatch(rf"{variable}: (es|debe|tiene|no es) .+\.", line)


@pytest.mark.parametrize(
    "secret",
    [
        "x" * 31,
        "a" * 64,
        "abcabcabc" * 8,
        "your-secret-key-your-secret-key-your-secret-key",
        "CHANGE-ME-change-me-12345678901234567890",
        "your_secret_key_here_0123456789abcdef",
    ],
)
def test_a_weak_secret_is_refused_and_never_repeated(secret):
    (line,) = problems(JWT_SECRET_KEY=secret)
    assert secret not in line


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_the_database_address_is_written_for_psycopg2(scheme):
    settings = parsed(DATABASE_URL=f"{scheme}://ana:cl%40ve@host:5433/clinica?sslmode=require")
    assert settings.database_url == "postgresql+psycopg2://ana:cl%40ve@host:5433/clinica?sslmode=require"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://host",
        "postgresql://host/",
        "host/base",
        "postgresql://h:puerto/base",
        "postgresql://h:0x1/b",
    ],
)
def test_an_incomplete_database_address_is_refused(url):
    assert "se espera postgresql://usuario:clave@host:5432/base" in problems(DATABASE_URL=url)[0]


@pytest.mark.parametrize("origin", ["*", "localhost:3000", "http://a.test/ruta", "ftp://a.test", "null"])
def test_an_origin_that_is_none_is_refused(origin):
    assert origin in problems(CORS_ORIGINS=f"http://a.test, {origin}")[0]


def test_the_simulated_sri_can_be_switched_off_but_no_service_can():
    assert parsed(SRI_SIMULATOR_PORT="0").sri_simulator_port == 0
    assert problems(AUTH_SERVICE_PORT="0") == [
        "AUTH_SERVICE_PORT: debe ser un número entero entre 1 y 65535."
    ]


def test_origins_lose_their_outer_spaces_and_final_slash():
    assert parsed(CORS_ORIGINS=" http://a.test/ ,https://b.test:8443,").cors_origins == (
        "http://a.test",
        "https://b.test:8443",
    )


def test_a_blank_variable_takes_its_default():
    assert parsed(LOG_LEVEL="  ", WEB_THREADS="").web_threads == int(VARIABLES["WEB_THREADS"])


def test_the_process_wins_over_the_file_and_nothing_is_expanded(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("LOG_LEVEL=DEBUG\nJWT_SECRET_KEY='a${HOME}b'\nHOST=1.1.1.1\n", "utf-8")
    monkeypatch.setattr("common.config.PROJECT_ROOT", tmp_path)
    monkeypatch.setenv("HOST", "2.2.2.2")
    monkeypatch.delenv("LOG_LEVEL", raising=False)
    monkeypatch.delenv("JWT_SECRET_KEY", raising=False)
    read = environment()
    assert (read["LOG_LEVEL"], read["HOST"], read["JWT_SECRET_KEY"]) == ("DEBUG", "2.2.2.2", "a${HOME}b")


def example_blocks():
    text = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    return [block.splitlines() for block in text.split("\n\n") if block.strip()]


def test_the_example_has_every_variable_with_its_default_and_no_other():
    lines = [line for block in example_blocks() for line in block if not line.startswith("#")]
    assert dict(line.split("=", 1) for line in lines) == VARIABLES
    assert len(lines) == len(VARIABLES)


def test_every_block_of_the_example_begins_with_its_explanation():
    assert [block for block in example_blocks() if not block[0].startswith("# ")] == []


def test_a_service_that_cannot_be_configured_says_so_and_ends():
    wrong = {"JWT_SECRET_KEY": "corta", "LOG_LEVEL": "FUERTE"}
    code = "from common.service import create_service; create_service('auth')"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **wrong},
        cwd=PROJECT_ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    assert ended.returncode == 1
    assert "JWT_SECRET_KEY: es demasiado corta" in ended.stderr
    assert "LOG_LEVEL: debe ser DEBUG, INFO, WARNING o ERROR." in ended.stderr
    assert "Traceback" not in ended.stderr
