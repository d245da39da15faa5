"""Antes de emitir: todo lo que falta, o conviene saber, para que el SRI autorice los comprobantes."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from common.config import load_settings
from common.database import Database
from common.utils import clinic_time, now
from common.web.schemas import Payload
from facturacion_service.ledger.numbering import LAST_NUMBER, default_series
from facturacion_service.sri.rows import ShownSettings
from facturacion_service.sri.settings import (
    certificate_queries,
    certificates,
    issuer_problems,
    queries,
    sequences,
)
from facturacion_service.sri.settings.mail_problems import is_mail_configured
from facturacion_service.sri.xml.findings import Problem
from facturacion_service.sri.xml.schema import unusable

# El trabajador pasa varias veces por minuto: lo que lleva más que esto vencido es que no está.
PATIENCE = timedelta(minutes=5)
WORKER_COMMAND = "python -m facturacion_service.sri.worker"
NO_SCHEMAS = Problem(
    "sin_esquemas",
    "SRI_XSD_DIR está vacía: los comprobantes no se comparan con los esquemas oficiales antes de firmarlos,"
    " y lo que no cumpla lo dirá el SRI.",
)
NO_MAIL = Problem(
    "sin_correo",
    "No hay servidor de correo (SMTP_HOST y SMTP_FROM): los comprobantes autorizados no se envían a los"
    " compradores y hay que entregárselos de otro modo.",
)


def preflight(db: Database) -> Payload:
    """Si se puede emitir ya, en qué ambiente, y los problemas, primero los que lo impiden."""
    issuer = queries.shown_settings(db)
    found = sorted(_problems(db, issuer), key=lambda problem: not problem.blocking)
    return {
        "ready": not any(problem.blocking for problem in found),
        "environment": issuer["environment"] if issuer else None,
        "problems": [asdict(problem) for problem in found],
    }


def _problems(db: Database, issuer: ShownSettings | None) -> Iterator[Problem]:
    if issuer is None:
        yield issuer_problems.MISSING
    else:
        yield from issuer_problems.problems(issuer, default_series())
        yield from _queue(db, issuer)
        yield from _numbers(db, issuer)
    row = certificate_queries.current(db)
    yield from certificates.problems(row, issuer["ruc"] if issuer else None)
    yield from _installation()


def _queue(db: Database, issuer: ShownSettings) -> Iterator[Problem]:
    is_moving = issuer["transmission_enabled"] and not issuer["stopped_reason"]
    overdue = queries.overdue_documents(db, now() - PATIENCE) if is_moving else 0
    if overdue:
        yield Problem(
            "trabajador_detenido",
            f"Comprobantes que debieron avanzar hace más de {PATIENCE.seconds // 60} minutos: {overdue}. El"
            f" trabajador que los envía no está en marcha; inícielo con: {WORKER_COMMAND}",
            blocking=True,
        )
    if waiting := queries.documents_needing_attention(db, issuer["environment"]):
        yield Problem(
            "comprobantes_por_atender", f"Comprobantes que esperan que una persona los resuelva: {waiting}."
        )


def _numbers(db: Database, issuer: ShownSettings) -> Iterator[Problem]:
    """Series sin números, o que se usaron y ya no están: quizá un error al registrar los establecimientos."""
    counters = [row for row in sequences.sequences(db) if row["environment"] == issuer["environment"]]
    if strays := {str(sequences.series_of(row)) for row in counters if not row["is_registered"]}:
        yield Problem(
            "numeros_de_otra_serie",
            f"Hay números usados en series que no están registradas: {', '.join(sorted(strays))}.",
        )
    if spent := {str(sequences.series_of(row)) for row in counters if row["last_number"] >= LAST_NUMBER}:
        yield Problem(
            "serie_agotada",
            f"Ya no quedan números en: {', '.join(sorted(spent))}. Registre otro punto de emisión.",
            blocking=str(default_series()) in spent,
        )


def _installation() -> Iterator[Problem]:
    yield from _schemas(load_settings().sri_xsd_dir)
    if not is_mail_configured():
        yield NO_MAIL
    yield Problem(
        "reloj_sin_comprobar",
        f"El reloj de este servidor dice {clinic_time(now()):%d/%m/%Y %H:%M:%S}. Compruebe que esté en hora y"
        " sincronizado (NTP), que desde aquí no se puede saber: el SRI rechaza lo firmado en el futuro.",
    )


def _schemas(folder: str) -> Iterator[Problem]:
    if not folder:
        yield NO_SCHEMAS
        return
    if found := unusable(Path(folder)):
        yield Problem("esquemas_incompletos", " ".join(found), blocking=True)
