"""Las rutas del calendario de un doctor: hacer y revocar su enlace, y el propio calendario."""

from flask import Response, request

from citas_service.doctor_calendar import operations, queries
from citas_service.doctor_calendar.schemas import CalendarLinkOut, CalendarQuery, LinkStateOut
from citas_service.doctors.routes import TAG
from common.auth_middleware import current_user, public, require
from common.database import reading, snapshot, transaction
from common.openapi.resource import Resource
from common.web.contract import Answer, answers, query_string, sends
from common.web.schemas import Payload

bp = Resource("calendar", __name__, TAG)


@bp.get("/doctors/<int:doctor_id>/calendar-link")
@require()
@answers(calendar_link=LinkStateOut | None, errors=(403,))
def get_link(doctor_id: int) -> Payload:
    """Dice si un doctor tiene enlace a su calendario y desde cuándo; el secreto no se muestra

    Lo pregunta el propio doctor o quien tiene `appointments:write`.
    """
    with reading() as db:
        operations.check_owner(db, doctor_id, user=current_user())
        return {"calendar_link": queries.state(db, doctor_id)}


@bp.post("/doctors/<int:doctor_id>/calendar-link")
@require()
@answers(calendar_link=CalendarLinkOut, status=201, errors=(403,))
def make_link(doctor_id: int) -> Payload:
    """Da el enlace secreto al calendario de un doctor; el anterior deja de servir

    Lo pide el propio doctor o quien tiene `appointments:write`. El secreto se muestra solo esta vez.
    """
    with transaction() as db:
        link = operations.make_link(db, doctor_id, user=current_user())
    return {"calendar_link": {**link, "url": request.host_url.rstrip("/") + link["path"]}}


@bp.delete("/doctors/<int:doctor_id>/calendar-link")
@require()
@answers(errors=(403,))
def revoke_link(doctor_id: int) -> Answer:
    """Revoca el enlace al calendario de un doctor

    Lo hace el propio doctor o quien tiene `appointments:write`.
    """
    with transaction() as db:
        operations.revoke_link(db, doctor_id, user=current_user())
    return Answer(message="El enlace al calendario dejó de servir.")


@bp.get("/doctors/<int:doctor_id>/calendar.ics")
@public
@query_string(CalendarQuery)
@sends("text/calendar")
def get_calendar(doctor_id: int, query: CalendarQuery) -> Response:
    """Entrega la agenda de un doctor como calendario (iCalendar), para quien tiene su enlace

    De hace 30 días a dentro de 180. De cada cita, solo la hora y las iniciales del paciente. Un secreto que
    no es el vigente responde 404.
    """
    with snapshot() as db:
        feed = operations.feed(db, doctor_id, query.token)
    return Response(feed, content_type="text/calendar; charset=utf-8")
