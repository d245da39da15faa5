"""La máquina de los comprobantes: a dónde lleva cada respuesta, y lo que nunca hace."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from common.tables.guards.sri import DOCUMENT_ADVANCES
from facturacion_service.sri.exchange.answers import Authorization, Message, Reception
from facturacion_service.sri.exchange.client import NotSent, UnknownOutcome
from facturacion_service.sri.exchange.error_codes import ERROR_CODES, Action
from facturacion_service.sri.exchange.machine import (
    Situation,
    after_asking,
    after_defect,
    after_sending,
    after_signing,
    after_unsignable,
    after_waiting,
)
from facturacion_service.sri.exchange.machine_rules import (
    QUESTIONS_BEFORE_GIVING_UP,
    RULES,
    STEPS,
    Event,
    Step,
)
from facturacion_service.sri.vouchers.same_document import is_another_version

AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
KEY = "2311202601179900001200110010010000001231234567814"
FAILURES = [NotSent("sin red", AT), UnknownOutcome("se cortó", AT)]


def situation(status, attempts=0, *, waited=timedelta(0), messages=(), doubted=None):
    doubt_since = None if doubted is None else AT - doubted
    return Situation(
        status, attempts, AT - waited, AT, timedelta(seconds=3), tuple(messages), doubt_since=doubt_since
    )


def error(code, text="PALABRAS", kind="ERROR"):
    return Message(code, text, "", kind)


def returned(*codes):
    return Reception("DEVUELTA", tuple(error(code) for code in codes))


def authorization(state, *codes, reported=None):
    number = KEY if state == "AUTORIZADO" else None
    written = {"NO_AUTORIZADO": "NO AUTORIZADO", "EN_PROCESO": "EN PROCESO"}.get(state, state)
    messages = tuple(error(code) for code in codes)
    return Authorization(state, number, AT, "PRUEBAS", None, messages, reported or written)


AUTHORIZED, REFUSED = authorization("AUTORIZADO"), authorization("NO_AUTORIZADO", "35")
PROCESSING, NOTHING = authorization("EN_PROCESO"), authorization("DESCONOCIDO")


def test_what_was_sent_is_asked_about_before_anything_else():
    assert STEPS == {
        "PENDIENTE": Step.SIGN,
        "FIRMADO": Step.SEND,
        "ENVIADO": Step.ASK,
        "RECIBIDO": Step.ASK,
    }


@pytest.mark.parametrize(
    ("outcome", "status", "wait"),
    [
        (Reception("RECIBIDA", ()), "RECIBIDO", 3),
        (returned("43"), "RECIBIDO", 3),
        (returned("70"), "RECIBIDO", 3),
        (returned("50"), "ENVIADO", 5),
        (returned("45"), "ENVIADO", 3),
        (returned("65"), "ENVIADO", 3),
        (returned("35"), "DEVUELTO", None),
        (returned("39"), "DEVUELTO", None),
        (returned("2"), "DEVUELTO", None),
        (returned("999"), "DEVUELTO", None),
        (returned(), "DEVUELTO", None),
        (returned("35", "43"), "RECIBIDO", 3),
        (NotSent("sin red", AT), "FIRMADO", 5),
        (UnknownOutcome("se cortó", AT), "ENVIADO", 5),
    ],
)
def test_where_each_answer_to_a_sending_leads(outcome, status, wait):
    decision = after_sending(situation("ENVIADO"), outcome)
    assert (decision.status, decision.wait) == (status, None if wait is None else timedelta(seconds=wait))


@pytest.mark.parametrize(
    ("status", "outcome", "then", "wait"),
    [
        ("ENVIADO", AUTHORIZED, "AUTORIZADO", None),
        ("ENVIADO", REFUSED, "NO_AUTORIZADO", None),
        ("ENVIADO", PROCESSING, "RECIBIDO", 3),
        ("ENVIADO", NOTHING, "FIRMADO", 0),
        ("ENVIADO", FAILURES[0], "ENVIADO", 5),
        ("ENVIADO", FAILURES[1], "ENVIADO", 5),
        ("RECIBIDO", AUTHORIZED, "AUTORIZADO", None),
        ("RECIBIDO", REFUSED, "NO_AUTORIZADO", None),
        ("RECIBIDO", PROCESSING, "RECIBIDO", 3),
        ("RECIBIDO", NOTHING, "RECIBIDO", 3),
        ("RECIBIDO", FAILURES[0], "RECIBIDO", 3),
        ("RECIBIDO", FAILURES[1], "RECIBIDO", 3),
    ],
)
def test_where_each_answer_to_a_question_leads(status, outcome, then, wait):
    decision = after_asking(situation(status), outcome)
    assert (decision.status, decision.wait) == (then, None if wait is None else timedelta(seconds=wait))


def everything_that_can_happen():
    messages = [(), *((error(code),) for code in ERROR_CODES)]
    receptions = [Reception("RECIBIDA", ()), *(Reception("DEVUELTA", m) for m in messages)]
    states = ("AUTORIZADO", "NO_AUTORIZADO", "EN_PROCESO", "DESCONOCIDO")
    authorizations = [Authorization(s, KEY, AT, None, None, m, "PPR") for s, m in product(states, messages)]
    for attempts, waited, before in product(
        (0, 1, 5000), (0, 2, 30), [(), *((error(code),) for code in ("35", "45", "65"))]
    ):
        current = situation("ENVIADO", attempts, waited=timedelta(hours=waited), messages=before)
        yield from ((current, after_sending(current, o)) for o in [*receptions, *FAILURES])
        questioned = product(("ENVIADO", "RECIBIDO"), (False, True), (None, timedelta(0), timedelta(days=2)))
        for status, stale, doubted in questioned:
            current = situation(
                status, attempts, waited=timedelta(hours=waited), messages=before, doubted=doubted
            )
            for outcome in [*authorizations, *FAILURES]:
                yield current, after_asking(current, outcome, stale=stale)


def test_the_database_allows_the_steps_of_the_machine_and_of_who_corrects_and_no_others():
    allowed = set(re.findall(r"'([A-Z_]+ [A-Z_]+)'", DOCUMENT_ADVANCES))
    taken = {f"{status} {rule.status}" for (status, _), rule in RULES.items() if status != rule.status}
    corrected = {f"{status} PENDIENTE" for status in ("FIRMADO", "DEVUELTO", "NO_AUTORIZADO")}
    resent = {"RECIBIDO FIRMADO"}
    assert taken | corrected | resent | {"FIRMADO ENVIADO"} == allowed


def test_every_unfinished_document_has_a_next_step_and_every_finished_one_has_none():
    for _, decision in everything_that_can_happen():
        assert (decision.wait is None) == (decision.status not in STEPS)
        assert decision.wait is None or timedelta(0) <= decision.wait <= timedelta(hours=1)


def test_a_rejection_always_says_what_a_person_has_to_do():
    for _, decision in everything_that_can_happen():
        if decision.status in ("DEVUELTO", "NO_AUTORIZADO"):
            assert decision.attention
            assert len(decision.attention) <= 600


def test_only_the_answer_that_authorizes_authorizes():
    events = {d.event for _, d in everything_that_can_happen() if d.status == "AUTORIZADO"}
    assert events == {Event.AUTHORIZED}


def test_it_goes_back_to_be_sent_only_after_a_sure_failure_or_after_asking():
    back = {d.event for s, d in everything_that_can_happen() if s.status != d.status == "FIRMADO"}
    assert back == {Event.NOT_SENT, Event.UNKNOWN_KEY}


def test_what_was_received_is_never_resent_by_itself():
    after = {d.status for s, d in everything_that_can_happen() if s.status == "RECIBIDO"}
    assert after == {"RECIBIDO", "AUTORIZADO", "NO_AUTORIZADO"}


@pytest.mark.parametrize("code", ["45", "65"])
def test_a_useless_number_is_given_up_only_after_asking_several_times_for_its_key(code):
    decision = after_sending(situation("ENVIADO", 4), returned(code))
    asked = []
    while decision.status == "ENVIADO":
        asked.append(decision.wait)
        now = situation("ENVIADO", decision.attempts, messages=decision.messages or (error(code),))
        decision = after_asking(now, NOTHING)
    assert len(asked) == QUESTIONS_BEFORE_GIVING_UP
    assert decision.status == "DEVUELTO"
    assert decision.renumber
    assert f"[{code}]" in decision.attention


@pytest.mark.parametrize("code", ["45", "65"])
def test_a_useless_number_that_may_be_ours_is_asked_about_for_a_day_and_never_changed_alone(code):
    def asked_after(time):
        now = situation("ENVIADO", 50, waited=timedelta(days=9), messages=[error(code)], doubted=time)
        return after_asking(now, NOTHING)

    patient = asked_after(timedelta(hours=24))
    assert (patient.status, patient.renumber) == ("ENVIADO", False)
    assert "pudo llegarle" in patient.attention
    settled = asked_after(timedelta(hours=24, seconds=1))
    assert (settled.status, settled.renumber) == ("DEVUELTO", False)
    assert f"[{code}]" in settled.attention


@pytest.mark.parametrize("outcome", [AUTHORIZED, PROCESSING, REFUSED])
def test_a_taken_number_that_turns_out_to_be_ours_is_not_given_up(outcome):
    decision = after_asking(situation("ENVIADO", 9, messages=[error("45")]), outcome)
    assert not decision.renumber
    assert decision.status in ("AUTORIZADO", "RECIBIDO", "NO_AUTORIZADO")


@pytest.mark.parametrize("code", [c for c, row in ERROR_CODES.items() if row.action is Action.STOP])
def test_an_issuer_who_may_not_issue_stops_everything(code):
    refused = after_asking(situation("RECIBIDO"), authorization("NO_AUTORIZADO", code))
    for decision in (after_sending(situation("ENVIADO"), returned(code)), refused):
        assert f"[{code}] PALABRAS" in decision.stop_reason
        assert decision.alarm
        assert decision.wait is None


def test_a_wrong_document_stops_nobody_else():
    decision = after_sending(situation("ENVIADO"), returned("35"))
    assert decision.stop_reason is None
    assert not decision.renumber


def test_still_processing_said_as_a_refusal_is_not_a_refusal():
    decision = after_asking(situation("RECIBIDO"), authorization("NO_AUTORIZADO", "70"))
    assert decision.status == "RECIBIDO"


def test_warnings_are_kept_and_are_not_attention():
    warning = error("60", "PROCESADO EN PRUEBAS", "ADVERTENCIA")
    answer = Authorization("AUTORIZADO", KEY, AT, "PRUEBAS", None, (warning,), "AUTORIZADO")
    decision = after_asking(situation("RECIBIDO"), answer)
    assert decision.messages == (warning,)
    assert decision.attention is None


def test_waits_grow_up_to_ten_minutes():
    waits = [after_asking(situation("RECIBIDO", n), NOTHING).wait.total_seconds() for n in range(12)]
    assert waits == [3, 6, 12, 24, 48, 96, 192, 384, 600, 600, 600, 600]


def test_after_a_day_without_an_answer_someone_is_told_and_it_is_asked_hourly():
    patient = after_asking(situation("RECIBIDO", 50, waited=timedelta(hours=24)), NOTHING)
    assert patient.attention is None
    late = after_asking(situation("RECIBIDO", 50, waited=timedelta(hours=24, seconds=1)), NOTHING)
    assert late.status == "RECIBIDO"
    assert late.wait == timedelta(hours=1)
    assert "más de un día" in late.attention


@pytest.mark.parametrize("failure", [*FAILURES, returned("50")])
def test_after_an_hour_without_reaching_the_sri_someone_is_told_why(failure):
    assert after_sending(situation("ENVIADO", waited=timedelta(minutes=59)), failure).attention is None
    late = after_sending(situation("ENVIADO", waited=timedelta(minutes=61)), failure)
    assert "más de una hora" in late.attention
    assert getattr(failure, "reason", "PALABRAS") in late.attention


def test_progress_starts_counting_attempts_again_and_a_failure_does_not():
    assert after_sending(situation("ENVIADO", 7), Reception("RECIBIDA", ())).attempts == 0
    assert after_sending(situation("ENVIADO", 7), FAILURES[0]).attempts == 8
    # Si no, un SRI que se corta en cada envío se quedaría sin espera alguna.
    assert after_asking(situation("ENVIADO", 7), NOTHING).attempts == 8


def test_an_unfamiliar_state_waits_and_tells_someone():
    decision = after_asking(situation("RECIBIDO"), authorization("EN_PROCESO", reported="EN REVISIÓN"))
    assert decision.status == "RECIBIDO"
    assert "EN REVISIÓN" in decision.attention


def test_what_the_sri_said_of_an_earlier_version_is_not_said_of_this_one():
    assert after_asking(situation("RECIBIDO"), REFUSED, stale=True).status == "RECIBIDO"
    assert after_asking(situation("ENVIADO"), REFUSED, stale=True).status == "FIRMADO"
    authorized = after_asking(situation("RECIBIDO"), AUTHORIZED, stale=True)
    assert authorized.status == "AUTORIZADO"
    assert "versión anterior" in authorized.attention


def test_signing_goes_on_and_its_lack_waits_with_words():
    assert after_signing(situation("PENDIENTE", 3)).status == "FIRMADO"
    decision = after_unsignable(situation("PENDIENTE", 3), "No hay un certificado.")
    assert (decision.status, decision.attention) == ("PENDIENTE", "No hay un certificado.")
    assert decision.wait == timedelta(seconds=40)


def test_waiting_for_the_modified_invoice_does_not_change_the_document():
    decision = after_waiting(situation("FIRMADO"), None)
    assert (decision.status, decision.wait) == ("FIRMADO", timedelta(minutes=1))


@pytest.mark.parametrize("status", STEPS)
def test_a_defect_changes_nothing_but_the_wait(status):
    decision = after_defect(situation(status), "Error inesperado.")
    assert (decision.status, decision.messages) == (status, None)
    assert decision.wait == timedelta(seconds=5)


def signed(value):
    namespace = "http://www.w3.org/2000/09/xmldsig#"
    return f'<factura><S xmlns="{namespace}"><SignatureValue>{value}</SignatureValue></S></factura>'


@pytest.mark.parametrize(
    ("returned", "another"),
    [
        (signed("AAAA"), False),
        (signed("\nAA\nAA\n"), False),
        ('<?xml version="1.0" encoding="UTF-8"?>' + signed("AAAA"), False),
        (signed("BBBB"), True),
        (None, False),
        ("", False),
        ("<factura/>", False),
        ("<!DOCTYPE x><factura/>", False),
        ("basura", False),
    ],
)
def test_two_documents_are_the_same_if_their_signature_is(returned, another):
    assert is_another_version(returned, signed("AAAA").encode()) is another
