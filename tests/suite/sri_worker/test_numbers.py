"""El trabajador ante un número ocupado o una fecha fuera de plazo: cuándo se toma otro número."""

from datetime import timedelta

import pytest

from common.utils import clinic_today, clock_at, now
from scripts.fake_sri import failures


def test_a_number_the_sri_says_is_taken_may_be_taken_by_us(drill):
    document = drill.issue()
    drill.fake.on_reception(failures.returned("45", stores=True))
    drill.settings(renumbers_automatically=True)
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)


def test_a_number_taken_by_another_is_given_up_and_someone_is_told(drill):
    document = drill.issue()
    another = drill.used_by_another(document)
    assert drill.finish(document) == ["DEVUELTO"]
    row = drill.document(document)
    assert "[45]" in row.attention
    assert "siguiente" in row.attention
    assert row.next_attempt_at is None
    assert list(drill.fake.documents) == [another]
    assert drill.outcomes(document) == ["DEVUELTA (45)", *["DESCONOCIDO"] * 3]


DOUBTFUL = {
    "se cortó": failures.disconnected(),
    "falló": failures.returned("50", stores=True),
}


@pytest.mark.parametrize("first", DOUBTFUL)
def test_a_taken_number_whose_first_sending_may_have_arrived_is_not_given_up(drill, first):
    drill.settings(renumbers_automatically=True)
    document = drill.issue()
    drill.fake.on_reception(DOUBTFUL[first])
    drill.fake.on_reception(failures.returned("45"))
    drill.fake.on_authorization(failures.nothing_known(), times=None)
    drill.finish(document, passes=8)
    row = drill.document(document)
    assert (row.status, row.voided_at) == ("ENVIADO", None)
    assert "pudo llegarle" in row.attention
    drill.fake.behave()
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    assert drill.document(document).attention is None


def test_after_a_day_it_is_believed_of_another_and_a_person_decides(drill):
    drill.settings(renumbers_automatically=True)
    document = drill.issue()
    drill.fake.on_reception(failures.disconnected(stores=False))
    drill.used_by_another(document)
    drill.finish(document, passes=8)
    drill.change(document, sent_at=now() - timedelta(hours=25))
    assert drill.finish(document) == ["DEVUELTO"]
    row = drill.document(document)
    assert row.voided_at is None
    assert "[45]" in row.attention
    renumbered = drill.cashier.post(f"/sri/documents/{document}/renumber", {"reason": "Es de otro"})
    assert renumbered.status_code == 200, renumbered.json


def test_if_so_configured_it_takes_the_next_number_by_itself(drill):
    drill.settings(renumbers_automatically=True)
    document = drill.issue()
    another = drill.used_by_another(document)
    drill.finish(document)
    row = drill.document(document)
    assert row.voided_at
    assert "[45]" in row.voided_reason
    replacement = drill.live_document(row.invoice_id)
    assert replacement.document_number.endswith("000000002")
    assert drill.finish(replacement.document_id) == ["AUTORIZADO"]
    assert set(drill.fake.documents) == {another, drill.document(replacement.document_id).access_key}


def test_it_does_not_burn_numbers_one_after_another(drill):
    drill.settings(renumbers_automatically=True)
    document = drill.document(drill.issue())
    drill.fake.on_reception(failures.returned("45"), times=None)
    for _ in range(30):
        drill.pass_once()
        drill.hurry()
    live = drill.live_document(document.invoice_id)
    assert live.document_number.endswith("000000004")
    assert live.status == "DEVUELTO"
    assert live.attention


def test_a_date_out_of_time_takes_a_number_of_today(drill, api, configured):
    drill.settings(renumbers_automatically=True)
    configured(JWT_EXPIRATION_HOURS="720")
    with clock_at(now() - timedelta(days=3)):
        drill.cashier = api("facturacion")
        document = drill.issue()
    drill.finish(document)
    assert "DEVUELTA (65)" in drill.outcomes(document)
    replacement = drill.live_document(drill.document(document).invoice_id)
    assert replacement.issue_date == clinic_today()
    assert drill.finish(replacement.document_id) == ["AUTORIZADO"]
    drill.agreed(replacement.document_id)


def test_if_todays_date_is_out_of_time_the_clock_is_wrong_and_no_number_is_spent(drill):
    drill.settings(renumbers_automatically=True)
    document = drill.issue()
    drill.fake.office.clock = lambda: now() + timedelta(days=5)
    assert drill.finish(document) == ["DEVUELTO"]
    row = drill.document(document)
    assert row.voided_at is None
    assert "[65]" in row.attention
