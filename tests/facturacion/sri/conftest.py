"""Las pruebas de los comprobantes."""

from tests import properties  # noqa: F401 - importarlo las ajusta
