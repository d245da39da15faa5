"""Una base PostgreSQL desechable y real para todas las pruebas, con el esquema de las migraciones.

Cada prueba empieza con las tablas vacías, los roles sembrados y el reloj del sistema. La configuración se
escribe en el entorno antes de importar el programa, como haría quien lo despliega.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import psycopg2
import pytest
from flask import Flask

from tests import published

PASSWORD = "Prueba-" + secrets.token_hex(4)


def _configure(url: str) -> None:
    os.environ.update(
        DATABASE_URL=url,
        JWT_SECRET_KEY=secrets.token_urlsafe(48),
        ADMIN_EMAIL="admin@clinica.test",
        ADMIN_PASSWORD=PASSWORD,
        # El costo mínimo: aquí no se guarda ninguna contraseña de nadie.
        BCRYPT_ROUNDS="4",
        # Toda respuesta se compara con la forma que el contrato publica.
        CHECK_ANSWERS="true",
        CLINIC_TIMEZONE="America/Guayaquil",
        CORS_ORIGINS="http://localhost:5173",
        LOG_LEVEL="ERROR",
        WEB_THREADS="24",
    )


@pytest.fixture(scope="session", autouse=True)
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """La dirección de la base de las pruebas, ya migrada."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        _configure(given)
        import_module("common.migrate").migrate()
        yield given
        return
    # Solo aquí: un servicio que se prueba en su propia carpeta no trae el servidor embebido.
    with import_module("scripts.postgres_here.server").EmbeddedPostgres(fast=True) as server:
        server.create_database("clinica")
        _configure(server.url("clinica"))
        import_module("common.migrate").migrate()
        yield server.url("clinica")
        import_module("common.database").engine().dispose()


@pytest.fixture(autouse=True)
def clean_database(database_url: str) -> Iterator[None]:
    """Vacía las tablas y siembra los roles; al acabar, las cifras llevadas tienen que ser las verdaderas."""
    from common.access.tokens import token_states
    from common.database import transaction
    from common.rules.figures import differences
    from common.tables import Base
    from common.upkeep.seeding import seed_roles

    connection = psycopg2.connect(database_url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        # Cuarenta veces más rápido que TRUNCATE, que crea de nuevo los archivos de cada tabla. Los
        # disparadores se apagan porque hay tablas que no dejan borrar.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(";".join(f"DELETE FROM {table}" for table in Base.metadata.tables))
        cursor.execute("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")
    connection.close()
    token_states.clear()
    with transaction() as db:
        seed_roles(db)
    yield
    with transaction() as db:
        assert differences(db) == []


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`configured(SMTP_HOST="correo.test")`: con esas variables hasta que acabe la prueba."""
    from common.config import load_settings

    def configure(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()

    yield configure
    monkeypatch.undo()
    load_settings.cache_clear()


class Api:
    """Un cliente de un servicio con la sesión de un usuario."""

    def __init__(self, app: Flask, base_path: str, token: str | None = None) -> None:
        self._client = app.test_client()
        self._base = base_path
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def request(self, method: str, path: str, **options: Any) -> Any:
        """Llama a una ruta, relativa a la base del servicio."""
        headers = {**self._headers, **options.pop("headers", {})}
        response = self._client.open(self._base + path, method=method, headers=headers, **options)
        published.check(self._client.application, response)
        return response

    def get(self, path: str, **options: Any) -> Any:
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, json: Any = None, **options: Any) -> Any:
        return self.request("PUT", path, json=json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> Any:
        return self.request("PATCH", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self.request("DELETE", path, **options)


@pytest.fixture
def api() -> Callable[..., Api]:
    """`api("citas", role="Recepcion")`: un cliente con un usuario nuevo de ese rol.

    `user_id=` usa uno que ya existe; `role=None` llama sin token.
    """
    from common.access.tokens import issue_token
    from common.services import SERVICES
    from tests import factories

    def connect(service: str, role: str | None = "Admin", user_id: int | None = None) -> Api:
        info = SERVICES[service]
        if find_spec(info.package) is None:
            pytest.skip(f"esta prueba pasa por {info.package}, que no está en la carpeta")
        app: Flask = import_module(f"{info.package}.app").app
        if role is None:
            return Api(app, info.base_path)
        user_id = user_id or factories.user(role=role)
        token, _ = issue_token(user_id, role, 1)
        return Api(app, info.base_path, token)

    return connect
