"""Lo que pasa con los datos de quien emite: ponerlos, cambiarlos y avisar de lo que eso trae."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.errors import Conflict, invalid
from common.rules import audit
from common.web.schemas import In, Payload
from common.web.versions import Expected
from facturacion_service.ledger.numbering import default_series
from facturacion_service.sri.rows import ShownSettings
from facturacion_service.sri.settings import issuer_problems, queries
from facturacion_service.sri.settings.queries import SriSettings
from facturacion_service.sri.settings.schemas import SETTINGS_VERSION

ENTITY = SriSettings.__tablename__
ONLY_ROW = 1

Changes = dict[str, Any]


def write(db: Session, body: In, *, user: CurrentUser, expected: Expected) -> tuple[ShownSettings, list[str]]:
    """Pone los datos del emisor, la primera vez, o cambia los que llegan; devuelve cómo quedan y los avisos.

    :param body: la primera vez, un `SettingsIn` completo; después basta con lo que cambia.
    :raises Invalid: si deja sin registrar una serie con la que se factura.
    :raises Conflict: `ruc_con_comprobantes` si cambia el RUC después de emitir de verdad.
    :raises PreconditionFailed: si cambiaron desde que el cliente los leyó.
    """
    queries.lock_issuer(db)
    former = queries.shown_settings(db)
    expected.check(SETTINGS_VERSION, lambda: former)
    changed = _first(body.model_dump()) if former is None else _different(former, body.changes())
    if former is not None:
        _check(db, former, changed)
    if changed:
        _store(db, former, changed, user)
    current = queries.shown_settings(db)
    assert current is not None
    warnings = [*_consequences(db, former or current, current), *_reminders(current)]
    if changed:
        _record(db, user, former, changed)
    return current, warnings


def _first(values: Changes) -> Changes:
    """Los datos completos; sin establecimientos, el de la configuración en la dirección de la matriz."""
    series = default_series()
    head_office = {
        "establishment": series.establishment,
        "address": values["head_office_address"],
        "emission_points": [series.emission_point],
    }
    return {**values, "establishments": values["establishments"] or [head_office]}


def _different(former: Payload, changes: Changes) -> Changes:
    """De lo que llegó, lo que no es igual a lo que había; encender la transmisión quita además su motivo."""
    changed = {key: value for key, value in changes.items() if value != former[key]}
    if changes.get("transmission_enabled") and former["stopped_reason"] is not None:
        changed["stopped_reason"] = None
    return changed


def _check(db: Session, former: ShownSettings, changed: Changes) -> None:
    if "establishments" in changed:
        kept = set(issuer_problems.registered(changed["establishments"]))
        gone = [s for s in issuer_problems.registered(former["establishments"]) if s not in kept]
        _check_removal(db, gone)
    if "ruc" in changed and queries.has_production_documents(db):
        message = "ya hay comprobantes emitidos en PRODUCCION con el RUC anterior"
        raise Conflict(
            f"El RUC no se puede cambiar: {message}.", code="ruc_con_comprobantes", errors={"ruc": message}
        )


def _check_removal(db: Session, gone: list[str]) -> None:
    if str(default_series()) in gone:
        raise invalid(
            "establishments",
            f"la serie {default_series()} es con la que se factura si no se pide otra; antes de quitarla,"
            " cambie INVOICE_ESTABLISHMENT e INVOICE_EMISSION_POINT en la configuración",
        )
    waiting = [series for series in queries.open_series(db) if series in gone] if gone else []
    if waiting:
        message = f"hay comprobantes sin autorizar de la serie {', '.join(waiting)}; resuélvalos antes"
        raise invalid("establishments", message)


def _store(db: Session, former: Payload | None, changed: Changes, user: CurrentUser) -> None:
    values = {**changed, "updated_by": user.user_id}
    establishments = values.pop("establishments", None)
    if former is None:
        db.execute(insert(SriSettings).values(settings_id=ONLY_ROW, **values))
    else:
        db.execute(update(SriSettings).values(values))
    if establishments is not None:
        queries.replace_establishments(db, establishments)


def _record(db: Session, user: CurrentUser, former: Payload | None, changed: Changes) -> None:
    action = "CREATE" if former is None else "UPDATE"
    details: dict[str, Any] = {"fields": sorted(changed)}
    if former is not None:
        details["former"] = {key: _plain(former[key]) for key in sorted(changed)}
    audit.record(db, user, action, ENTITY, ONLY_ROW, details=details)


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | str | list | None) else str(value)


def _consequences(db: Session, former: ShownSettings, current: ShownSettings) -> Iterator[str]:
    """Lo que este cambio trae y quien lo hace quizá no espera."""
    moved = (former["environment"], current["environment"])
    if moved == ("PRUEBAS", "PRODUCCION"):
        yield "Desde ahora los comprobantes valen ante el SRI y siguen la numeración de verdad."
        if trials := queries.trial_invoices(db):
            yield f"Facturas hechas en PRUEBAS: {trials}. No valen y no cuentan en los reportes."
    elif moved == ("PRODUCCION", "PRUEBAS"):
        yield "Desde ahora lo que se emita es de prueba: no vale ante el SRI y lleva otra numeración."
    if former["ruc"] != current["ruc"]:
        yield "El RUC cambió: compruebe que el certificado de firma sea del nuevo."


def _reminders(current: ShownSettings) -> Iterator[str]:
    yield from (found.message for found in issuer_problems.problems(current, default_series()))
