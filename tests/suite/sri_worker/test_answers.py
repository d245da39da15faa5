"""El trabajador ante un SRI que contesta tarde, mal o nunca: nada sale dos veces ni se da por autorizado."""

from datetime import timedelta

import pytest

from common.utils import now
from scripts.fake_sri import failures

OTHER_KEY = "2311202601179214673900110010010000009991234567810"
LOST_ANSWERS = {
    "calla": failures.silent(),
    "corta": failures.disconnected(),
    "corta a media respuesta": failures.truncated(),
    "contesta la mitad": failures.cut_short(),
    "contesta basura": failures.garbage(),
    "contesta vacío": failures.garbage(b""),
    "contesta una página": failures.html(stores=True),
    "contesta un error": failures.http_error(500, stores=True),
    "contesta un fallo": failures.fault(stores=True),
    "contesta de otra clave": failures.about_another(OTHER_KEY),
    "contesta sin fin": failures.enormous(6 * 1024 * 1024),
    "gotea": failures.dripping(0.2),
}


@pytest.mark.parametrize("failure", LOST_ANSWERS)
def test_if_it_was_received_and_the_answer_was_lost_it_is_not_sent_again(drill, configured, failure):
    configured(SRI_TIMEOUT_SECONDS="1")
    document = drill.issue()
    drill.fake.on_reception(LOST_ANSWERS[failure])
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    assert drill.fake.receptions.total() == 1


UNHEARD = {
    "corta": failures.disconnected(stores=False),
    "contesta basura": failures.garbage(stores=False),
    "contesta una página": failures.html(),
    "contesta un error": failures.http_error(),
    "contesta un fallo": failures.fault(),
}


@pytest.mark.parametrize("failure", UNHEARD)
def test_if_it_was_not_received_the_same_bytes_are_sent_after_asking(drill, failure):
    document = drill.issue()
    drill.fake.on_reception(UNHEARD[failure], times=2)
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    said = [(a.operation, a.outcome) for a in drill.answers(document)]
    operations = [operation for operation, _ in said]
    assert operations == [
        "RECEPCION",
        "AUTORIZACION",
        "RECEPCION",
        "AUTORIZACION",
        "RECEPCION",
        "AUTORIZACION",
    ]
    assert [outcome for operation, outcome in said if operation == "AUTORIZACION"][:2] == ["DESCONOCIDO"] * 2


@pytest.mark.parametrize("failure", [f for f in LOST_ANSWERS if f not in ("calla", "gotea")])
def test_no_rubbish_ever_authorizes_and_all_of_it_is_kept(drill, failure):
    document = drill.issue()
    drill.fake.on_authorization(LOST_ANSWERS[failure], times=None)
    for _ in range(4):
        drill.pass_once()
        drill.hurry()
    row = drill.document(document)
    assert (row.status, row.authorization_number) == ("RECIBIDO", None)
    kept = [answer for answer in drill.answers(document) if answer.operation == "AUTORIZACION"]
    assert len(kept) >= 3
    drill.fake.behave()
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)


def test_already_registered_means_received(drill):
    document = drill.issue()
    # Se guardó, la respuesta se perdió y al preguntar todavía no se sabe: toca reenviar.
    drill.fake.on_reception(failures.disconnected())
    drill.fake.on_authorization(failures.nothing_known())
    drill.pass_once()
    key = drill.document(document).access_key
    assert drill.fake.office.find(key).state == "AUTORIZADO"
    assert drill.finish(document) == ["AUTORIZADO"]
    assert "DEVUELTA (43)" in drill.outcomes(document)
    drill.agreed(document)


def test_still_processing_is_not_resent_but_asked_about(drill):
    document = drill.issue()
    drill.fake.on_reception(failures.disconnected())
    drill.fake.on_authorization(failures.nothing_known(), times=3)
    assert drill.finish(document) == ["AUTORIZADO"]
    outcomes = drill.outcomes(document)
    assert outcomes.index("DEVUELTA (70)") == 2
    assert outcomes[3:] == ["DESCONOCIDO", "DESCONOCIDO", "AUTORIZADO (60)"]
    drill.agreed(document)


@pytest.mark.parametrize("state", ["EN PROCESO", "PPR", "EN PROCESAMIENTO"])
def test_in_process_is_waited_for(drill, state):
    document = drill.issue()
    drill.fake.on_authorization(failures.in_state(state), times=3)
    assert drill.finish(document) == ["AUTORIZADO"]
    assert drill.outcomes(document).count("EN_PROCESO (60)") == 3


def test_an_unfamiliar_state_is_waited_for_and_someone_is_told(drill):
    document = drill.issue()
    drill.fake.on_authorization(failures.in_state("EN REVISIÓN MANUAL"), times=None)
    drill.pass_once()
    row = drill.document(document)
    assert row.status == "RECIBIDO"
    assert "EN REVISIÓN MANUAL" in row.attention
    drill.fake.behave()
    assert drill.finish(document) == ["AUTORIZADO"]
    assert drill.document(document).attention is None


def test_a_day_without_an_authorization_tells_someone_and_is_still_waited_for(drill):
    document = drill.issue()
    drill.fake.on_authorization(failures.nothing_known(), times=None)
    drill.pass_once()
    assert drill.document(document).attention is None
    drill.change(document, received_at=now() - timedelta(hours=25))
    drill.hurry()
    drill.pass_once()
    row = drill.document(document)
    assert row.status == "RECIBIDO"
    assert "más de un día" in row.attention
    assert row.next_attempt_at > now() + timedelta(minutes=50)
    drill.fake.behave()
    assert drill.finish(document) == ["AUTORIZADO"]


def test_an_internal_error_of_the_sri_is_tried_again(drill):
    document = drill.issue()
    drill.fake.on_reception(failures.returned("50"), times=3)
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    assert drill.outcomes(document).count("DEVUELTA (50)") == 3


def test_what_the_sri_kept_though_it_said_it_failed_is_asked_about_and_not_sent_again(drill):
    document = drill.issue()
    drill.fake.on_reception(failures.returned("50", stores=True))
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    assert drill.fake.receptions.total() == 1
    assert drill.outcomes(document) == ["DEVUELTA (50)", "AUTORIZADO (60)"]
