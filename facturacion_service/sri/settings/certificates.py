"""El certificado de firma: recibirlo, guardarlo cifrado, retirarlo y abrirlo para firmar.

La contraseña y el archivo .p12 no se guardan; la clave privada, solo cifrada. Ninguno de los tres sale nunca
en una respuesta, un error, el registro o la auditoría.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.config import load_settings
from common.database import Database
from common.errors import Conflict, NotFound, invalid
from common.rules import audit
from common.utils import clinic_time, clinic_today, now
from common.web.schemas import Payload
from facturacion_service.sri.rows import CertificateRow
from facturacion_service.sri.settings import certificate_queries, queries
from facturacion_service.sri.settings.base64_files import decoded
from facturacion_service.sri.settings.certificate_queries import SriCertificate
from facturacion_service.sri.settings.schemas import CertificateIn
from facturacion_service.sri.signing import certificates, vault
from facturacion_service.sri.signing.certificates import CertificateInfo, Credential
from facturacion_service.sri.signing.p12 import WrongPassword
from facturacion_service.sri.xml.findings import Problem

ENTITY = SriCertificate.__tablename__
NO_KEY = Problem(
    "sin_clave_de_cifrado",
    "Falta SRI_CERTIFICATE_KEY, la clave con que se cifra el certificado de firma: genere 32 bytes en base64,"
    " póngala en la configuración de facturación y del trabajador, y reinícielos.",
    blocking=True,
)
NO_CERTIFICATE = Problem(
    "sin_certificado", "No hay certificado de firma: suba el archivo .p12 de la clínica.", blocking=True
)
_OTHER_RUC = "otro_ruc"


class CredentialError(Conflict):
    """No se puede firmar; `code` y `message` dicen por qué."""


def upload(db: Session, body: CertificateIn, *, user: CurrentUser) -> Payload:
    """Guarda cifrado el certificado de un .p12 y desde ahora se firma con él; el anterior se retira.

    :raises Conflict: `sin_clave_de_cifrado`.
    :raises Invalid: si el archivo no se puede abrir o con él no se puede firmar hoy.
    """
    key = load_settings().sri_certificate_key
    if not key:
        raise Conflict(NO_KEY.message, code=NO_KEY.code)
    credential = _received(body)
    info = certificates.describe(credential.certificate)
    for problem in certificates.problems(info, "", now()):
        if problem.blocking:
            raise invalid("file_base64", problem.message)
    queries.lock_issuer(db)
    former = certificate_queries.retire_current(db)
    sealed = vault.seal(certificates.dump(credential), key, info.fingerprint.encode())
    values = {**_described(info), "sealed": sealed, "uploaded_at": now(), "uploaded_by": user.user_id}
    certificate_id = certificate_queries.add(db, values)
    # Lo que esperaba con qué firmarse ya no tiene por qué esperar.
    queries.wake_unsigned(db)
    details = {"fingerprint": info.fingerprint, "subject": info.holder, "replaces": former}
    audit.record(db, user, "CREATE", ENTITY, certificate_id, details=details)
    return shown(db) or {}


def _received(body: CertificateIn) -> Credential:
    data = decoded("file_base64", body.file_base64)
    try:
        return certificates.open_p12(data, body.password)
    except WrongPassword as error:
        raise invalid("password", str(error)) from error
    except ValueError as error:
        raise invalid("file_base64", str(error)) from error


def _described(info: CertificateInfo) -> dict[str, Any]:
    return {
        "fingerprint": info.fingerprint,
        "subject": info.holder,
        "issuer": info.issued_by,
        "serial_number": str(info.serial_number),
        "rucs": list(info.rucs),
        "valid_from": info.not_before,
        "valid_to": info.not_after,
    }


def withdraw(db: Session, *, user: CurrentUser) -> None:
    """Deja a la clínica sin certificado y borra su clave.

    :raises NotFound: si no había.
    """
    queries.lock_issuer(db)
    certificate_id = certificate_queries.retire_current(db)
    if certificate_id is None:
        raise NotFound("No hay certificado de firma.")
    audit.record(db, user, "DELETE", ENTITY, certificate_id)


def shown(db: Database) -> Payload | None:
    """Lo que se muestra del certificado vigente, sin nada de lo que está cifrado; None si no hay."""
    row = certificate_queries.current(db)
    if row is None:
        return None
    issuer = queries.settings(db)
    warnings = [problem.message for problem in problems(row, issuer["ruc"] if issuer else None)]
    said = {name: value for name, value in row.items() if name != "sealed"}
    return {**said, "days_left": _days_left(row), "warnings": warnings}


def _days_left(row: CertificateRow) -> int:
    return (clinic_time(row["valid_to"]).date() - clinic_today()).days


def problems(row: CertificateRow | None, ruc: str | None) -> Iterator[Problem]:
    """Lo que impide firmar con el certificado vigente, o conviene saber de él.

    :param row: el de `certificate_queries.current`.
    :param ruc: el del emisor, si ya se sabe.
    """
    if row is None:
        yield from () if load_settings().sri_certificate_key else (NO_KEY,)
        yield NO_CERTIFICATE
        return
    try:
        yield from _validity(opened(row), ruc)
    except CredentialError as error:
        yield Problem(error.code, error.message, blocking=True)


def _validity(credential: Credential, ruc: str | None) -> Iterator[Problem]:
    info = certificates.describe(credential.certificate)
    for problem in certificates.problems(info, ruc or "", now()):
        if ruc or problem.code != _OTHER_RUC:
            yield replace(problem, code=f"certificado_{problem.code}")


def opened(row: CertificateRow) -> Credential:
    """La clave y el certificado de una fila, descifrados.

    :raises CredentialError: `sin_clave_de_cifrado`; `certificado_ilegible` si se cifró con otra o cambió.
    """
    key = load_settings().sri_certificate_key
    if not key:
        raise _refusal(NO_KEY)
    try:
        return certificates.load(vault.unseal(row["sealed"], key, row["fingerprint"].encode()))
    except (vault.VaultError, ValueError) as error:
        message = f"El certificado de firma no se puede abrir; vuelva a subirlo. {error}"
        raise CredentialError(message, code="certificado_ilegible") from error


def current_credential(db: Database) -> tuple[int, Credential]:
    """El certificado con que se firma ahora y su número.

    :raises CredentialError: si no hay, no se puede abrir o hoy no vale; lo dice con palabras.
    """
    row = certificate_queries.current(db)
    if row is None:
        raise _refusal(NO_CERTIFICATE)
    credential = opened(row)
    for problem in _validity(credential, None):
        if problem.blocking:
            raise _refusal(problem)
    return row["certificate_id"], credential


def _refusal(problem: Problem) -> CredentialError:
    return CredentialError(problem.message, code=problem.code)
