"""Si una factura se puede anular, hasta cuándo y qué queda si no."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.tables.facturacion import INVOICE_STATUSES
from common.tables.sri import DOCUMENT_STATUSES
from facturacion_service.sri.documents.annulment import deadline, decide
from facturacion_service.sri.documents.business_days import next_business_day

DAY = date.fromisoformat


@pytest.mark.parametrize(
    ("issued", "last"),
    [
        ("2026-11-23", "2026-12-07"),  # lunes
        ("2026-09-30", "2026-10-07"),
        ("2025-12-31", "2026-01-07"),  # pasa de año
        ("2026-12-01", "2027-01-07"),
        ("2026-10-15", "2026-11-09"),  # el 7 es sábado
        ("2026-02-28", "2026-03-09"),  # sábado, tras un mes corto
        ("2027-01-05", "2027-02-10"),  # domingo, y lunes y martes de carnaval
        ("2034-03-01", "2034-04-10"),  # Viernes Santo y fin de semana
        ("2027-07-09", "2027-08-10"),  # sábado; el feriado del martes 10 se descansa el lunes 9
        ("2029-09-03", "2029-10-09"),  # domingo; el del martes 9 se descansa el lunes 8
        ("2028-09-01", "2028-10-10"),  # sábado; el lunes 9 es feriado y no se traslada
    ],
)
def test_the_last_day_is_the_seventh_of_the_next_month_or_the_next_business_day(issued, last):
    assert deadline(DAY(issued)) == DAY(last)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2028-01-01", "2028-01-03"),
        ("2026-05-24", "2026-05-26"),  # domingo; se descansa el lunes
        ("2025-11-01", "2025-11-05"),  # sábado, domingo 2 que pasa al martes, lunes 3
        ("2026-12-25", "2026-12-28"),
        ("2026-11-24", "2026-11-24"),
    ],
)
def test_rest_days_are_those_of_the_holidays_law(day, expected):
    assert next_business_day(DAY(day)) == DAY(expected)


@given(st.dates(date(2025, 8, 1), date(2060, 12, 31)))
def test_the_deadline_is_a_weekday_between_the_seventh_and_the_twelfth(issued):
    last = deadline(issued)
    assert (last.year * 12 + last.month) - (issued.year * 12 + issued.month) == 1
    assert 7 <= last.day <= 12
    assert last.weekday() < 5


def decision(**changes):
    """Una factura autorizada a una persona, emitida este mes."""
    situation = {
        "today": DAY("2026-11-23"),
        "issue_date": DAY("2026-11-20"),
        "invoice_status": "ISSUED",
        "sri_status": "AUTORIZADO",
        "is_consumidor_final": False,
        "has_live_credit_notes": False,
    }
    return decide(**situation | changes)


def test_within_the_deadline_it_is_annulled_first_in_the_portal():
    found = decision()
    assert (found.allowed, found.deadline, found.alternative) == (True, DAY("2026-12-07"), None)
    assert "portal del SRI, hasta el 07/12/2026" in found.reason


@pytest.mark.parametrize(("today", "allowed"), [("2026-12-07", True), ("2026-12-08", False)])
def test_the_deadline_day_still_counts(today, allowed):
    assert decision(today=DAY(today)).allowed is allowed


def test_after_the_deadline_only_a_credit_note_is_left():
    found = decision(today=DAY("2026-12-08"))
    assert (found.allowed, found.deadline, found.alternative) == (False, DAY("2026-12-07"), "NOTA_DE_CREDITO")
    assert "venció el 07/12/2026" in found.reason


def test_a_paid_invoice_follows_the_same_rules():
    assert decision(invoice_status="PAID") == decision()


def test_an_authorized_invoice_to_the_final_consumer_is_never_annulled_nor_credited():
    found = decision(is_consumidor_final=True)
    assert (found.allowed, found.deadline, found.alternative) == (False, None, None)


def test_the_final_consumer_rule_begins_in_2026():
    last_old = {"is_consumidor_final": True, "issue_date": DAY("2025-12-31")}
    assert decision(**last_old, today=DAY("2026-01-07")).allowed
    late = decision(**last_old, today=DAY("2026-01-08"))
    assert (late.allowed, late.alternative) == (False, None)
    first_new = {"is_consumidor_final": True, "issue_date": DAY("2026-01-01"), "today": DAY("2026-01-01")}
    assert not decision(**first_new).allowed


def test_an_invoice_of_the_older_rules_is_only_credited():
    old = {"issue_date": DAY("2025-07-31"), "today": DAY("2025-08-01")}
    found = decision(**old)
    assert (found.allowed, found.deadline, found.alternative) == (False, None, "NOTA_DE_CREDITO")
    assert decision(**old, is_consumidor_final=True).alternative is None
    assert decision(issue_date=DAY("2025-08-01"), today=DAY("2025-08-01")).allowed


@pytest.mark.parametrize("status", ["PENDIENTE", "FIRMADO", "DEVUELTO", "NO_AUTORIZADO"])
@pytest.mark.parametrize("is_consumidor_final", [True, False])
def test_what_the_sri_never_authorized_is_annulled_without_the_portal(status, is_consumidor_final):
    found = decision(sri_status=status, is_consumidor_final=is_consumidor_final, today=DAY("2027-06-01"))
    assert (found.allowed, found.deadline) == (True, None)
    assert "no utilizado" in found.reason


@pytest.mark.parametrize("status", ["ENVIADO", "RECIBIDO"])
def test_what_the_sri_has_not_answered_waits(status):
    found = decision(sri_status=status)
    assert (found.allowed, found.deadline, found.alternative) == (False, None, None)
    assert "espere la respuesta" in found.reason


def test_an_invoice_without_electronic_document_is_annulled_at_any_time():
    found = decision(sri_status=None, issue_date=DAY("2020-01-01"), is_consumidor_final=True)
    assert (found.allowed, found.deadline) == (True, None)


@pytest.mark.parametrize("status", [None, *DOCUMENT_STATUSES])
def test_an_invoice_with_live_credit_notes_is_not_annulled(status):
    found = decision(sri_status=status, has_live_credit_notes=True)
    assert (found.allowed, found.alternative) == (False, "NOTA_DE_CREDITO")


@pytest.mark.parametrize("status", [None, *DOCUMENT_STATUSES])
def test_a_draft_is_dropped_and_an_annulled_one_stays_so(status):
    assert decision(invoice_status="DRAFT", sri_status=status).allowed
    assert not decision(invoice_status="ANNULLED", sri_status=status).allowed


@pytest.mark.parametrize("invoice_status", INVOICE_STATUSES)
@pytest.mark.parametrize("sri_status", [None, *DOCUMENT_STATUSES])
def test_every_situation_has_an_answer_with_its_reason(invoice_status, sri_status):
    for day in ("2020-01-01", "2025-09-01", "2026-11-20"):
        for is_consumidor_final in (True, False):
            found = decision(
                invoice_status=invoice_status,
                sri_status=sri_status,
                issue_date=DAY(day),
                is_consumidor_final=is_consumidor_final,
            )
            assert found.reason.endswith(".")
            assert not (found.allowed and found.alternative)
