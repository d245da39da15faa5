"""Cien facturas a la vez con el SRI caído: nadie espera, y al volver se autorizan todas, una vez cada una."""

from cryptography import x509

from common.database import reading
from facturacion_service.sri.settings.certificates import current_credential
from facturacion_service.sri.signing import signature
from facturacion_service.sri.xml import schema
from scripts.trials.at_once import at_once
from tests.sri_official import xsd_dir
from tests.suite.sri_worker.sri_drill import Drill

COUNT = 100


def test_a_hundred_at_once_take_consecutive_numbers_and_end_authorized(drill: Drill):
    with drill.fake.outage():
        worker = drill.start("--threads", "4")
        documents = at_once([drill.issue] * COUNT)
        drill.until(lambda: all(drill.document(one).attempts for one in documents))
    drill.until_status("AUTORIZADO", *documents)
    rows = [drill.document(one) for one in documents]
    numbers = sorted(row.document_number for row in rows)
    assert numbers == [f"001-001-{number:09d}" for number in range(1, COUNT + 1)]
    assert len({row.access_key for row in rows}) == COUNT
    drill.agreed(*documents)
    assert set(drill.fake.receptions.values()) == {1}
    certificate = signing_certificate()
    for row in rows:
        signature.verify(row.signed_xml, certificate)
        assert row.sent_at
        if folder := xsd_dir():
            assert schema.errors(row.signed_xml, folder) == []
    assert worker.stop() == 0
    assert "Traceback" not in worker.said


def signing_certificate() -> x509.Certificate:
    """El de la clínica."""
    with reading() as db:
        _, credential = current_credential(db)
    return credential.certificate
