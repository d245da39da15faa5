"""Los errores que un cliente puede recibir y las palabras de cada restricción de la base."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

RETRY_SECONDS = 2


class AppError(Exception):
    """Un error con estado HTTP, código estable y una frase en español.

    :param errors: campo → qué le pasa; todos los que se encontraron.
    :param data: datos que ayudan a resolverlo (la cita que choca, los insumos que faltan).
    """

    status = 400
    code = "peticion_invalida"
    retry_after: int | None = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        errors: Mapping[str, str] | list[tuple[str, str]] | None = None,
        data: dict[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        pairs = errors.items() if isinstance(errors, Mapping) else errors or []
        self.errors = [{"field": field, "message": text} for field, text in pairs]
        self.data = data
        self.retry_after = retry_after or self.retry_after


class BadRequest(AppError):
    """400: el cuerpo no es JSON o no es un objeto."""


class Unauthorized(AppError):
    """401: falta el token o ya no sirve."""

    status = 401
    code = "no_autenticado"


class Forbidden(AppError):
    """403: el usuario no tiene el permiso."""

    status = 403
    code = "sin_permiso"


class NotFound(AppError):
    """404: la fila o la dirección no existe."""

    status = 404
    code = "no_encontrado"


class Conflict(AppError):
    """409: el estado actual no lo permite, o ya existe."""

    status = 409
    code = "conflicto"


class PreconditionFailed(AppError):
    """412: el recurso cambió desde que el cliente lo leyó."""

    status = 412
    code = "version_vencida"


class SlowBody(AppError):
    """408: el cuerpo tardó demasiado en llegar."""

    status = 408
    code = "cuerpo_lento"

    def __init__(self) -> None:
        super().__init__("El cuerpo de la petición tardó demasiado en llegar.")


class BodyTooLarge(AppError):
    """413: el cuerpo pasa del límite."""

    status = 413
    code = "cuerpo_muy_grande"

    def __init__(self) -> None:
        super().__init__("El cuerpo es demasiado grande; el máximo es 1 MB.")


class UnsupportedMedia(AppError):
    """415: el cuerpo no se declaró como JSON."""

    status = 415
    code = "tipo_no_admitido"


class Invalid(AppError):
    """422: bien formado, pero con valores que no sirven."""

    status = 422
    code = "datos_invalidos"


class TooManyRequests(AppError):
    """429: demasiados intentos."""

    status = 429
    code = "demasiados_intentos"


class Unavailable(AppError):
    """503: la base no responde o está saturada; se puede reintentar."""

    status = 503
    code = "base_no_disponible"
    retry_after = RETRY_SECONDS


def invalid(field: str, message: str) -> Invalid:
    """Un 422 por un solo campo."""
    return Invalid("Hay datos que corregir.", errors={field: message})


class Problems:
    """Los problemas de una petición, para decirlos todos de una vez y no solo el primero."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def add(self, field: str, message: str) -> None:
        """Anota un problema; de un mismo campo queda el primero."""
        self._found.setdefault(field, message)

    def __contains__(self, field: str) -> bool:
        return field in self._found

    def refuse(self) -> None:
        """Termina aquí si se anotó alguno.

        :raises Invalid: con todos.
        """
        if self._found:
            raise Invalid("Hay datos que corregir.", errors=self._found)


# restricción → (clase, código, campo, frase)
CONSTRAINTS: dict[str, tuple[type[AppError], str, str, str]] = {
    "uq_users_email": (
        Conflict,
        "correo_duplicado",
        "email",
        "Ya existe un usuario con ese correo.",
    ),
    "uq_roles_name": (Conflict, "rol_duplicado", "name", "Ya existe un rol con ese nombre."),
    "uq_products_sku": (Conflict, "sku_duplicado", "sku", "Ya existe un producto con ese código."),
    "uq_treatments_name": (
        Conflict,
        "tratamiento_duplicado",
        "name",
        "Ya existe un tratamiento con ese nombre.",
    ),
    "uq_treatment_recipes_treatment_id_product_id": (
        Conflict,
        "ingrediente_duplicado",
        "product_id",
        "La receta ya tiene ese insumo.",
    ),
    "uq_patients_doc_number": (
        Conflict,
        "paciente_duplicado",
        "doc_number",
        "Ya existe un paciente con ese documento.",
    ),
    "uq_medical_history_patient_id": (
        Conflict,
        "antecedentes_simultaneos",
        "patient_id",
        "Otra persona acaba de crear los antecedentes de este paciente.",
    ),
    "uq_invoices_live_appointment": (
        Conflict,
        "cita_ya_facturada",
        "appointment_id",
        "La cita ya tiene una factura vigente.",
    ),
    "ck_invoice_sequences_last_number": (
        Conflict,
        "serie_agotada",
        "series",
        "Ya no quedan números en esta serie; registre otro punto de emisión.",
    ),
    "ck_sri_test_sequences_last_number": (
        Conflict,
        "serie_agotada",
        "series",
        "Ya no quedan números en esta serie; registre otro punto de emisión.",
    ),
    "ck_products_stock_not_negative": (
        Conflict,
        "stock_insuficiente",
        "quantity_change",
        "No hay existencia suficiente.",
    ),
    "ex_appointments_doctor": (
        Conflict,
        "horario_ocupado",
        "start_time",
        "El doctor ya tiene una cita en ese horario.",
    ),
    "ex_appointments_patient": (
        Conflict,
        "horario_ocupado",
        "start_time",
        "El paciente ya tiene una cita en ese horario.",
    ),
    "ex_doctor_schedules_interval": (
        Invalid,
        "datos_invalidos",
        "working_hours",
        "Dos intervalos del mismo día se cruzan.",
    ),
    "ck_appointments_length": (
        Invalid,
        "datos_invalidos",
        "end_time",
        "Una cita dura entre 5 minutos y 8 horas.",
    ),
    "ck_appointments_end_after_start": (
        Invalid,
        "datos_invalidos",
        "end_time",
        "El fin debe ser posterior al inicio.",
    ),
    "ck_patients_document": (
        Invalid,
        "datos_invalidos",
        "doc_number",
        "El número no corresponde al tipo de documento.",
    ),
}

# SQLSTATE de quien esperó demasiado por lo que otro tenía: bloqueo mutuo, serialización, espera agotada,
# consulta cancelada.
_BUSY_STATES = {"40P01", "40001", "55P03", "57014"}
# De una base que no atiende: sin memoria, sin conexiones, apagándose, arrancando, con un disco que falla.
_DOWN_STATES = {"53200", "53300", "57P01", "57P02", "57P03", "58030"}
_DISK_FULL = "53100"


def raise_in_words(error: BaseException | None) -> None:
    """Si el error es de la base y tiene palabras para el cliente, las lanza."""
    if isinstance(error, DBAPIError | PoolTimeout):
        spoken = from_database(error)
        if spoken is not error:
            raise spoken from error


@contextmanager
def in_words() -> Iterator[None]:
    """Lo que la base reproche dentro sale con las palabras que ve el cliente."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        raise_in_words(error)
        raise


def from_database(error: DBAPIError | PoolTimeout) -> Exception:
    """El error que ve el cliente por uno de la base; el mismo si es un defecto nuestro."""
    if isinstance(error, PoolTimeout):
        return Unavailable("Hay demasiadas peticiones a la vez; vuelva a intentarlo.", code="saturado")
    state = getattr(error.orig, "pgcode", None)
    if state in _BUSY_STATES:
        return Unavailable("Otra operación tiene ocupados esos datos; vuelva a intentarlo.", code="ocupado")
    if state == _DISK_FULL:
        message = "La base de datos no tiene espacio en disco; avise a quien administra el sistema."
        return Unavailable(message, code="base_sin_espacio")
    if error.connection_invalidated or state in _DOWN_STATES or _is_connection_failure(error, state):
        return Unavailable("La base de datos no está disponible; vuelva a intentarlo.")
    diagnosis = getattr(error.orig, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or ""
    return _from_constraint(constraint, getattr(diagnosis, "table_name", None) or "", state) or error


def _is_connection_failure(error: DBAPIError, state: str | None) -> bool:
    kind = type(error.orig).__name__
    return kind in ("OperationalError", "InterfaceError") and (state is None or state[:2] == "08")


def _from_constraint(constraint: str, table: str, state: str | None) -> AppError | None:
    if constraint in CONSTRAINTS:
        kind, code, field, message = CONSTRAINTS[constraint]
        return kind(message, code=code, errors={field: message})
    if state == "23503" and constraint.startswith("fk_"):
        return Invalid("Hay datos que corregir.", errors={_column_of(constraint, table): "no existe"})
    if state == "22003":
        return Invalid("Un número está fuera del rango admitido.")
    return None


def _column_of(constraint: str, table: str) -> str:
    """La columna de una clave foránea: `fk_<tabla>_<columna>`."""
    return constraint.removeprefix(f"fk_{table}_")
