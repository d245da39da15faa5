"""El compose que se entrega: Docker Compose lo acepta, sin sus claves no arranca y dice lo que el código."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from common.config import PROJECT_ROOT, VARIABLES
from common.services import SERVICES

DEPLOY = PROJECT_ROOT / "deploy"
COMPOSE = shutil.which("docker-compose", path=f"{Path(sys.executable).parent}:{os.defpath}")
pytestmark = pytest.mark.skipif(not COMPOSE, reason="falta docker-compose")
SECRETS = {
    "POSTGRES_PASSWORD": "base-secreta",
    "JWT_SECRET_KEY": "firma-secreta",
    "SRI_CERTIFICATE_KEY": "sri",
}
# No son de la configuración del programa: cuál es este contenedor y, en el ejemplo, lo de los demás.
ONLY_CONTAINERS = {"SERVICE"}
ONLY_COMPOSE = {"POSTGRES_PASSWORD", "CLINIC_PORT"}


def compose(**variables: str) -> subprocess.CompletedProcess[str]:
    """Lo que entiende Docker Compose con esas variables y ningún `.env`."""
    command = [COMPOSE, "-f", DEPLOY / "compose.yaml", "--env-file", os.devnull, "config", "--format", "json"]
    return subprocess.run(command, env=variables, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def services() -> dict:
    done = compose(**SECRETS)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["services"]


@pytest.mark.parametrize("missing", SECRETS)
def test_without_a_secret_nothing_starts(missing):
    done = compose(**{name: value for name, value in SECRETS.items() if name != missing})
    assert done.returncode != 0
    assert f"required variable {missing} is missing" in done.stderr


def test_no_other_variable_is_needed_and_no_secret_has_a_default(services):
    text = json.dumps(services)
    assert all(value in text for value in SECRETS.values())
    assert re.findall(r"PASSWORD\": \"(?!base-secreta|\")", text) == []


def test_each_service_runs_twice_and_the_worker_too(services):
    for name in (*SERVICES, "sri"):
        assert services[name]["environment"]["SERVICE"] == name
        assert services[name]["deploy"]["replicas"] == 2
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_the_variables_are_those_of_the_program(services):
    for name in (*SERVICES, "sri", "migrate"):
        assert set(services[name]["environment"]) - ONLY_CONTAINERS <= VARIABLES.keys()


def test_only_who_is_behind_the_door_believes_it(services):
    for name in SERVICES:
        assert services[name]["environment"]["TRUSTED_PROXIES"] == "1"
        assert "ports" not in services[name]
    assert [name for name in services if "ports" in services[name]] == ["nginx"]


def test_all_but_the_migration_reach_the_database_through_pgbouncer(services):
    ini = (DEPLOY / "pgbouncer" / "pgbouncer.ini").read_text(encoding="utf-8")
    (port,) = re.findall(r"^listen_port = (\d+)$", ini, re.MULTILINE)
    (base, host) = re.findall(r"^(\w+) = host=(\w+) port=5432 ", ini, re.MULTILINE)[0]
    reached = {
        name: urlsplit(service["environment"]["DATABASE_URL"])
        for name, service in services.items()
        if "DATABASE_URL" in service.get("environment", {})
    }
    migrating = reached.pop("migrate")
    assert (migrating.hostname, migrating.port, migrating.path) == (host, 5432, f"/{base}")
    assert host in services
    assert {(url.hostname, url.port, url.path) for url in reached.values()} == {
        ("pgbouncer", int(port), f"/{base}")
    }


def test_whoever_stops_has_time_to_finish(services):
    # Leerla exige la configuración, que al reunir las pruebas todavía no está.
    from common.gunicorn_conf import graceful_timeout

    for name in SERVICES:
        assert seconds(services[name]) > graceful_timeout
    assert seconds(services["sri"]) > int(VARIABLES["SRI_TIMEOUT_SECONDS"])


def seconds(service: dict) -> int:
    """El plazo de parada, que Docker Compose escribe como «1m0s»."""
    minutes, rest = re.fullmatch(r"(?:(\d+)m)?(\d+)s", service["stop_grace_period"]).groups()
    return int(minutes or 0) * 60 + int(rest)


def test_nginx_gets_every_file_its_configuration_includes(services):
    mounted = {volume["target"]: Path(volume["source"]) for volume in services["nginx"]["volumes"]}
    assert all(source.exists() for source in mounted.values())
    texts = [file.read_text(encoding="utf-8") for file in (DEPLOY / "nginx").rglob("*.conf")]
    included = {name for text in texts for name in re.findall(r"^\s*include (\S+);", text, re.MULTILINE)}
    assert {f"/etc/nginx/{name}" for name in included} <= set(mounted)


def test_the_example_names_what_compose_reads():
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    read = set(re.findall(r"\$\{(\w+)", text))
    example = (DEPLOY / "compose.env.example").read_text(encoding="utf-8")
    offered = set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    assert read == offered
    assert offered - ONLY_COMPOSE <= VARIABLES.keys()
