"""Un comprobante que el SRI parece haber perdido se vuelve a enviar cuando alguien lo pide."""

from datetime import timedelta

from common.utils import now
from scripts.fake_sri import failures


def forgotten(drill):
    """Un comprobante que el SRI recibió hace más de un día y del que nada sabe."""
    document = drill.issue()
    drill.fake.on_authorization(failures.nothing_known(), times=None)
    drill.pass_once()
    drill.change(document, received_at=now() - timedelta(hours=25))
    drill.hurry()
    drill.pass_once()
    assert "reenvíelo" in drill.document(document).attention
    drill.fake.behave()
    return document


def resent(drill, document):
    """Lo reenvía una persona, sin corregir nada; en qué queda."""
    response = drill.cashier.post(f"/sri/documents/{document}/retry", {})
    assert response.status_code == 200, response.json
    return response.json["data"]["document"]["status"]


def test_one_the_sri_lost_is_sent_again_when_someone_asks_for_it(drill):
    # Dice que lo tiene y no tiene nada.
    drill.fake.on_reception(failures.returned("43"))
    document = forgotten(drill)
    assert drill.fake.documents == {}
    assert drill.finish(document, passes=5) == ["RECIBIDO"]
    assert resent(drill, document) == "FIRMADO"
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)


def test_one_the_sri_only_seemed_to_have_lost_is_not_there_twice(drill):
    document = forgotten(drill)
    assert resent(drill, document) == "FIRMADO"
    assert drill.finish(document) == ["AUTORIZADO"]
    assert {"DEVUELTA (43)", "DEVUELTA (70)"} & set(drill.outcomes(document))
    drill.agreed(document)


def test_one_the_sri_is_still_working_on_is_only_asked_about(drill):
    document = forgotten(drill)
    drill.fake.on_authorization(failures.in_state("EN PROCESO"), times=None)
    drill.hurry()
    drill.pass_once()
    assert resent(drill, document) == "RECIBIDO"


def test_who_was_asking_about_it_does_not_undo_the_resending(drill):
    document = forgotten(drill)
    drill.change(document, lease_owner="otro", lease_until=now() + timedelta(minutes=1))
    assert resent(drill, document) == "FIRMADO"
    assert drill.document(document).lease_owner is None
