"""El trabajador de los comprobantes, contra un SRI que contesta bien, mal, tarde o nunca."""

from tests.suite.sri_drill import Drill


def test_what_is_issued_ends_authorized_and_is_sent_only_once(drill: Drill):
    document = drill.issue()
    assert drill.finish(document) == ["AUTORIZADO"]
    drill.agreed(document)
    row = drill.document(document)
    assert row.authorization_number == row.access_key
    assert row.attention is None
    assert [message["identifier"] for message in row.messages] == ["60"]
    assert drill.fake.receptions == {row.access_key: 1}
    assert drill.outcomes(document) == ["RECIBIDA", "AUTORIZADO (60)"]
