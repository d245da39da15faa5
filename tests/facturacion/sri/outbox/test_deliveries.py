"""La cola de correos: de quién es cada uno y qué pasa con el que no sale."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from common.database import transaction
from common.mail.smtp import MailError
from common.outbox.leases import LostLease
from common.tables.sri import SriDelivery
from common.utils import now
from facturacion_service.sri.outbox import delivery_operations
from tests.facturacion.sri.outbox.queued import answered, asked, authorization, issuing, rows, stored, taken


@pytest.fixture
def parcel(api, configured):
    """Un correo tomado."""
    configured(SMTP_HOST="correo.test", SMTP_FROM="clinica@correo.test")
    document = issuing(api)()
    claimed = taken(document, "RECIBIDO")
    asked(claimed, answered(authorization(stored(document).access_key)))
    return taken_delivery()


def taken_delivery(owner="uno"):
    with transaction() as db:
        return delivery_operations.claim(db, owner)


def failed(parcel, *, permanent):
    with transaction() as db:
        error = MailError("El servidor no quiso.", permanent=permanent)
        return delivery_operations.record_failure(db, parcel, error)


def test_a_mail_is_taken_once_and_carries_what_it_needs(parcel):
    assert taken_delivery("otro") is None
    document = stored(parcel.document_id)
    assert parcel.recipient == "ana@correo.ec"
    assert parcel.signed_xml == document.signed_xml
    assert parcel.authorization_number == document.access_key


def test_a_mail_accepted_is_finished(parcel):
    with transaction() as db:
        delivery_operations.record_sent(db, parcel)
    [row] = rows(SriDelivery)
    assert (row.status, row.next_attempt_at, row.lease_owner, row.attempts) == ("ENVIADO", None, None, 1)
    assert row.sent_at


def test_a_mail_that_failed_for_now_waits_more_each_time_and_a_day_later_gives_up(parcel):
    waited = timedelta(0)
    while failed(parcel, permanent=False) == "PENDIENTE":
        [row] = rows(SriDelivery)
        assert row.detail == "El servidor no quiso."
        waited += row.next_attempt_at - now()
        with transaction() as db:
            db.execute(update(SriDelivery).values(next_attempt_at=now()))
        parcel = taken_delivery()
    assert timedelta(hours=22) < waited < timedelta(hours=26)
    [row] = rows(SriDelivery)
    assert (row.status, row.next_attempt_at) == ("FALLIDO", None)


def test_a_mail_without_remedy_is_not_tried_again(parcel):
    assert failed(parcel, permanent=True) == "FALLIDO"
    assert taken_delivery() is None


def test_without_a_mail_server_a_waiting_mail_is_left_out(parcel, configured):
    configured(SMTP_HOST="")
    assert failed(parcel, permanent=False) == "OMITIDO"


def test_a_mail_whose_lease_was_lost_is_not_touched(parcel):
    with transaction() as db:
        db.execute(update(SriDelivery).values(lease_until=now() - timedelta(seconds=1)))
    assert taken_delivery("otro").delivery_id == parcel.delivery_id
    with pytest.raises(LostLease):
        failed(parcel, permanent=True)
