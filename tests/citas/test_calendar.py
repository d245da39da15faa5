"""El calendario de un doctor: quién da su enlace, hasta cuándo sirve y qué deja ver."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from citas_service.doctor_calendar.ical import Event, calendar, escaped, folded
from citas_service.doctor_calendar.operations import initials
from common.database import fetch_all, reading, transaction
from common.tables.auth import User
from common.tables.citas import Appointment, DoctorCalendarLink
from common.tables.platform import AuditLog
from common.utils import clock_at, now
from scripts.trials.at_once import at_once
from tests import factories

icalendar = pytest.importorskip("icalendar", reason="quien prueba un servicio solo instala lo suyo")


@pytest.fixture
def doctor():
    return factories.doctor(full_name="Dra. Vega; Ñ, \\ Ortiz")


def linked(api, doctor, **who):
    answer = api("citas", **who).post(f"/doctors/{doctor}/calendar-link")
    assert answer.status_code == 201, answer.json
    return answer.json["data"]["calendar_link"]


def feed(api, path):
    return api("citas", role=None).get(path.removeprefix("/api/citas"))


def events(api, path):
    answer = feed(api, path)
    assert answer.status_code == 200
    return {event["UID"]: event for event in icalendar.Calendar.from_ical(answer.data).walk("VEVENT")}


def links():
    columns = DoctorCalendarLink.__table__.c
    with reading() as db:
        return fetch_all(db, select(*columns).order_by(columns.link_id))


def test_the_link_shows_the_agenda_and_only_its_digest_is_kept(api, doctor):
    link = linked(api, doctor)
    assert link["url"] == f"http://localhost{link['path']}"
    token = link["path"].partition("token=")[2]
    assert len(token) >= 43
    (stored,) = links()
    assert stored["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(stored)
    answer = feed(api, link["path"])
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    shown = icalendar.Calendar.from_ical(answer.data)
    assert shown["X-WR-CALNAME"] == escaped("Agenda de Dra. Vega; Ñ, \\ Ortiz")


def test_an_appointment_shows_its_time_and_initials_and_nothing_of_the_patient(api, doctor):
    patient = factories.patient(first_name="Ana María", last_name="Pérez Ñato")
    start = factories.tomorrow_at(9)
    factories.appointment(doctor_id=doctor, patient_id=patient, start_time=start, reason="Control de VIH")
    answer = feed(api, linked(api, doctor)["path"])
    for secret in ("Ana", "Pérez", "VIH", "Control"):
        assert secret not in answer.text
    (event,) = icalendar.Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["SUMMARY"] == "Cita A. M. P. Ñ."
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (start, start + timedelta(minutes=30))
    assert event.decoded("DTSTART").utcoffset() == timedelta(0)
    assert event["CLASS"] == "PRIVATE"


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("PENDING", "TENTATIVE"),
        ("CONFIRMED", "CONFIRMED"),
        ("IN_PROGRESS", "CONFIRMED"),
        ("COMPLETED", "CONFIRMED"),
        ("CANCELLED", "CANCELLED"),
        ("NO_SHOW", "CANCELLED"),
    ],
)
def test_each_status_has_its_word(api, doctor, status, shown):
    factories.appointment(doctor_id=doctor, status=status, start_time=factories.tomorrow_at(9))
    (event,) = events(api, linked(api, doctor)["path"]).values()
    assert event["STATUS"] == shown


def test_a_moved_appointment_keeps_its_name_and_counts_one_change_more(api, doctor):
    with clock_at(now() - timedelta(hours=1)):
        visit = factories.appointment(doctor_id=doctor, start_time=factories.tomorrow_at(9))
    path = linked(api, doctor)["path"]
    before = feed(api, path).data
    assert feed(api, path).data == before
    moved = factories.tomorrow_at(11)
    body = {"start_time": moved.isoformat(), "end_time": (moved + timedelta(minutes=30)).isoformat()}
    assert api("citas").put(f"/appointments/{visit}", body).status_code == 200
    (former,) = icalendar.Calendar.from_ical(before).walk("VEVENT")
    (after,) = events(api, path).values()
    assert after["UID"] == former["UID"]
    assert after.decoded("DTSTART") == moved
    assert after["SEQUENCE"] > former["SEQUENCE"] == 0
    assert after.decoded("LAST-MODIFIED") > former.decoded("LAST-MODIFIED")


def test_it_goes_from_thirty_days_ago_to_one_hundred_and_eighty_ahead_and_only_his(api, doctor):
    for days in (-31, -29, 179, 181):
        factories.appointment(doctor_id=doctor, start_time=now() + timedelta(days=days))
    factories.appointment()
    days = [
        (event.decoded("DTSTART") - now()).days + 1
        for event in events(api, linked(api, doctor)["path"]).values()
    ]
    assert days == [-29, 179]


def test_an_empty_agenda_is_still_a_calendar(api, doctor):
    assert events(api, linked(api, doctor)["path"]) == {}


def test_a_new_link_revokes_the_former(api, doctor):
    former, current = linked(api, doctor)["path"], linked(api, doctor)["path"]
    assert (feed(api, former).status_code, feed(api, current).status_code) == (404, 200)


def test_ten_links_asked_at_once_leave_one_that_works(api, doctor):
    citas = api("citas")
    answers = at_once([lambda: citas.post(f"/doctors/{doctor}/calendar-link") for _ in range(10)])
    paths = [answer.json["data"]["calendar_link"]["path"] for answer in answers]
    assert sorted(feed(api, path).status_code for path in paths) == [200] + [404] * 9
    assert sum(link["revoked_at"] is None for link in links()) == 1


def test_a_revoked_link_shows_nothing_and_there_is_nothing_left_to_revoke(api, doctor):
    path, citas = linked(api, doctor)["path"], api("citas")
    assert citas.delete(f"/doctors/{doctor}/calendar-link").status_code == 200
    assert feed(api, path).status_code == 404
    assert citas.delete(f"/doctors/{doctor}/calendar-link").status_code == 404


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "Recepcion"}])
def test_who_no_longer_treats_patients_has_no_calendar(api, doctor, change):
    path = linked(api, doctor)["path"]
    role = change.pop("role", None)
    values = change | ({"role_id": factories.role_id(role)} if role else {})
    with transaction() as db:
        db.execute(update(User).where(User.user_id == doctor).values(values))
    assert feed(api, path).status_code == 404


def test_a_secret_that_is_not_the_one_says_nothing(api, doctor):
    path, other = linked(api, doctor)["path"], factories.doctor()
    token = path.partition("token=")[2]
    wrong = [
        f"/doctors/{doctor}/calendar.ics?token=x",
        f"/doctors/{doctor}/calendar.ics?token={token[:-1]}",
        f"/doctors/{doctor}/calendar.ics?token=%00%C3%B1%20",
        f"/doctors/{other}/calendar.ics?token={token}",
        f"/doctors/999/calendar.ics?token={token}",
    ]
    answers = [feed(api, address) for address in wrong]
    assert {(a.status_code, a.json["message"]) for a in answers} == {(404, "El calendario no existe.")}
    assert feed(api, f"/doctors/{doctor}/calendar.ics").status_code == 422
    assert feed(api, f"{path}&more=1").status_code == 422


def test_the_doctor_himself_or_who_keeps_the_agenda_gives_and_revokes_the_link(api):
    role = "Solo atiende"
    factories.role(role, "clinical:write")
    own, other = factories.user(role), factories.doctor()
    linked(api, own, role=role, user_id=own)
    linked(api, other, role="Recepcion")
    intruder = api("citas", role=role, user_id=own)
    for call in (intruder.get, intruder.post, intruder.delete):
        refused = call(f"/doctors/{other}/calendar-link")
        assert (refused.status_code, refused.json["code"]) == (403, "sin_permiso")
    assert api("citas", role="Contador").post(f"/doctors/{other}/calendar-link").status_code == 403
    assert api("citas", role=None).post(f"/doctors/{other}/calendar-link").status_code == 401
    assert api("citas").post(f"/doctors/{factories.user('Recepcion')}/calendar-link").status_code == 404
    assert intruder.delete(f"/doctors/{own}/calendar-link").status_code == 200


def test_whether_there_is_a_link_is_told_without_its_secret(api, doctor):
    who = factories.user(full_name="Eva Luz")
    citas = api("citas", user_id=who)
    path = f"/doctors/{doctor}/calendar-link"
    assert citas.get(path).json["data"] == {"calendar_link": None}
    made = linked(api, doctor, user_id=who)
    state = citas.get(path)
    assert state.json["data"]["calendar_link"] == {
        "doctor_id": doctor,
        "created_at": made["created_at"],
        "created_by": who,
        "created_by_name": "Eva Luz",
    }
    citas.delete(path)
    assert citas.get(path).json["data"] == {"calendar_link": None}


def test_giving_and_revoking_a_link_is_audited_without_the_secret(api, doctor):
    first, second = linked(api, doctor), linked(api, doctor)
    api("citas").delete(f"/doctors/{doctor}/calendar-link")
    columns = (AuditLog.action, AuditLog.entity, AuditLog.entity_id, AuditLog.details)
    with reading() as db:
        rows = [tuple(row.values()) for row in fetch_all(db, select(*columns).order_by(AuditLog.audit_id))]
    entity = "doctor_calendar_links"
    assert rows == [
        ("CREATE", entity, 1, {"doctor_id": doctor, "revoked": None}),
        ("CREATE", entity, 2, {"doctor_id": doctor, "revoked": 1}),
        ("DELETE", entity, 2, {"doctor_id": doctor}),
    ]
    assert not any(link["path"].partition("token=")[2] in str(rows) for link in (first, second))


def test_the_published_contract_says_it_is_a_calendar(api):
    document = api("citas", role=None).get("/openapi.json").json
    answer = document["paths"]["/api/citas/doctors/{doctor_id}/calendar.ics"]["get"]["responses"]["200"]
    assert list(answer["content"]) == ["text/calendar"]


def sample(**values):
    instant = datetime(2026, 11, 23, 14, tzinfo=UTC)
    return Event(
        **{
            "uid": "cita-1",
            "summary": "Cita A. P.",
            "start": instant,
            "end": instant,
            "status": "CONFIRMED",
            "changed_at": instant,
            "sequence": 0,
            **values,
        }
    )


@pytest.mark.parametrize(
    "text", ["á" * 100, "a" * 74 + "ñ" * 80, "Cita; con, todo\\ y\nsalto", "😀" * 40, ""]
)
def test_any_text_survives_folding_and_escaping(text):
    written = calendar(text, [sample(summary=text)])
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert written.endswith(b"END:VCALENDAR\r\n")
    read = icalendar.Calendar.from_ical(written)
    (event,) = read.walk("VEVENT")
    assert (read["X-WR-CALNAME"], event["SUMMARY"]) == (escaped(text), text)


def test_a_line_is_cut_at_seventy_five_octets_and_continues_with_a_space():
    assert folded("a" * 75) == "a" * 75
    assert folded("a" * 76) == "a" * 75 + "\r\n a"
    assert escaped("a\r\nb") == "a\\nb"


@pytest.mark.parametrize(("name", "short"), [("Ana María Pérez", "A. M. P."), (" ñ  o ", "Ñ. O."), ("", "")])
def test_the_initials_of_a_name(name, short):
    assert initials(name) == short


def test_a_visit_of_history_never_counts_backwards(api, doctor):
    visit = factories.appointment(doctor_id=doctor, start_time=factories.tomorrow_at(9))
    with transaction() as db:
        db.execute(
            update(Appointment)
            .where(Appointment.appointment_id == visit)
            .values(updated_at=now() - timedelta(1))
        )
    (event,) = events(api, linked(api, doctor)["path"]).values()
    assert event["SEQUENCE"] == 0
