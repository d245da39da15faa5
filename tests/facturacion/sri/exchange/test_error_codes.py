"""La tabla de códigos: qué se hace con un rechazo."""

import pytest

from facturacion_service.sri.exchange.answers import Message
from facturacion_service.sri.exchange.error_codes import (
    ERROR_CODES,
    Action,
    action_for,
    explain,
    governing,
    needs_alarm,
)

# Los códigos de la ficha técnica SRI 2.34, §11, y lo que el negocio decidió ante cada uno.
DECIDED = {
    Action.QUERY: {"43", "70"},
    Action.STOP: {"2", "10", "27", "28", "34", "37", "46", "56", "57", "63"},
    Action.RENUMBER: {"45", "65"},
    Action.CERTIFICATE: {"39", "40", "42"},
    Action.CORRECT: {"26", "35", "36", "47", "48", "49", "52", "58", "64", "67", "69", "80", "82", "92"},
    Action.RETRY: {"50"},
    Action.SHOW: {"99"},
    Action.WARN: {"59", "60", "62", "68"},
}


def message(identifier, kind="ERROR"):
    return Message(identifier, "", "", kind)


def test_each_code_of_the_table_has_the_action_decided_for_it():
    found = {action: {row.code for row in ERROR_CODES.values() if row.action is action} for action in Action}
    assert found == DECIDED


def test_every_code_explains_itself():
    assert all(row.meaning for row in ERROR_CODES.values())


def test_what_stops_the_clinic_always_reaches_the_administrator():
    assert all(row.alarm for row in ERROR_CODES.values() if row.action is Action.STOP)


def test_an_unknown_code_is_corrected_by_hand_and_raises_the_alarm():
    assert action_for([message("777")]) is Action.CORRECT
    assert needs_alarm([message("777")])
    assert explain("777").code == "777"


@pytest.mark.parametrize("messages", [[], [message("60", "ADVERTENCIA")], [message("60")]])
def test_a_rejection_without_reasons_is_not_taken_for_a_warning(messages):
    assert action_for(messages) is Action.CORRECT
    assert needs_alarm(messages)


def test_warnings_never_govern():
    assert action_for([message("2", "ADVERTENCIA"), message("50")]) is Action.RETRY
    assert action_for([message("59"), message("65")]) is Action.RENUMBER


def test_errors_govern_over_what_only_informs():
    assert action_for([message("43", "INFORMATIVO"), message("35")]) is Action.CORRECT
    assert action_for([message("60", "INFORMATIVO"), message("35")]) is Action.CORRECT
    assert action_for([message("60"), message("43", "INFORMATIVO")]) is Action.QUERY


@pytest.mark.parametrize("other", [*sorted(set(ERROR_CODES) - {"43", "70"}), "777"])
def test_what_the_sri_already_has_is_never_sent_again_whatever_else_it_says(other):
    assert action_for([message(other), message("43")]) is Action.QUERY
    assert action_for([message("70"), message(other)]) is Action.QUERY


def test_a_stopped_issuer_governs_over_what_can_be_mended():
    assert governing([message("35"), message("2"), message("50")]).code == "2"
