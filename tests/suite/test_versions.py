"""`If-Match`: quien edita sobre algo que ya cambió recibe 412 y no pisa nada."""

import pytest

from scripts.trials.at_once import at_once
from tests import factories


def patient(api):
    client = api("historia_clinica")
    path = f"/patients/{factories.patient()}"
    return client, path, client.put, {"phone": "0991234567"}, {"phone": "0997654321"}


def history(api):
    client = api("historia_clinica")
    path = f"/patients/{factories.patient()}/medical-history"
    client.post(path, {"habits": "Camina"})
    return client, path, client.post, {"allergies": "Penicilina"}, {"allergies": "Ninguna"}


def note(api):
    author = factories.doctor()
    client = api("historia_clinica", role="Doctor", user_id=author)
    path = f"/notes/{factories.note(factories.appointment(), author_id=author)}"
    return client, path, client.put, {"plan": "Reposo"}, {"plan": "Control"}


def product(api):
    client = api("inventario")
    path = f"/products/{factories.product()}"
    return client, path, client.put, {"name": "Guantes"}, {"name": "Mascarillas"}


def treatment(api):
    client = api("inventario")
    path = f"/treatments/{factories.treatment()}"
    return client, path, client.put, {"base_price": 10}, {"base_price": 20}


def appointment(api):
    client = api("citas")
    path = f"/appointments/{factories.appointment()}"
    return client, path, client.put, {"reason": "Dolor"}, {"reason": "Control"}


def draft(api):
    client = api("facturacion")
    body = {"patient_id": factories.patient(), "items": [{"description": "x", "unit_price": 1}]}
    path = f"/invoices/{client.post('/invoices', body).json['data']['invoice']['invoice_id']}"
    return client, path, client.put, {"payment_method": "OTRO"}, {"payment_method": "TRANSFERENCIA"}


def issuer(api):
    client = api("facturacion")
    first = {"ruc": "1790011674001", "legal_name": "Clínica Andina", "head_office_address": "Quito"}
    assert client.put("/sri/settings", first).status_code == 200
    return client, "/sri/settings", client.put, {"trade_name": "Andina"}, {"trade_name": "Costa"}


RESOURCES = [patient, history, note, product, treatment, appointment, draft, issuer]


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_stale_edit_is_refused_and_changes_nothing(api, resource):
    client, path, edit, first, second = resource(api)
    read = client.get(path)
    headers = {"If-Match": read.headers["ETag"]}
    done = edit(path, first, headers=headers)
    assert done.status_code == 200
    assert done.headers["ETag"] not in (None, read.headers["ETag"])
    stale = edit(path, second, headers=headers)
    assert (stale.status_code, stale.json["code"]) == (412, "version_vencida")
    assert client.get(path).headers["ETag"] == done.headers["ETag"]


@pytest.mark.parametrize("resource", RESOURCES)
def test_of_two_simultaneous_editors_one_is_told(api, resource):
    client, path, edit, *bodies = resource(api)
    headers = {"If-Match": client.get(path).headers["ETag"]}
    calls = [lambda body=body: edit(path, body, headers=headers) for body in bodies]
    assert sorted(response.status_code for response in at_once(calls)) == [200, 412]


@pytest.mark.parametrize("resource", RESOURCES)
def test_without_the_header_or_with_a_star_the_edit_goes_through(api, resource):
    _, path, edit, first, second = resource(api)
    assert edit(path, first).status_code == 200
    assert edit(path, second, headers={"If-Match": "*"}).status_code == 200


def test_moving_stock_does_not_disturb_who_edits_the_product(api):
    client, path, edit, first, _ = product(api)
    headers = {"If-Match": client.get(path).headers["ETag"]}
    client.patch(f"{path}/stock", {"quantity_change": 5, "reason": "COMPRA"})
    assert edit(path, first, headers=headers).status_code == 200


def test_a_status_change_also_honours_the_version(api):
    client, path, edit, first, _ = appointment(api)
    headers = {"If-Match": client.get(path).headers["ETag"]}
    edit(path, first)
    stale = client.patch(f"{path}/status", {"status": "CONFIRMED"}, headers=headers)
    assert stale.status_code == 412


def test_expecting_a_history_that_does_not_exist_is_refused(api):
    client = api("historia_clinica")
    path = f"/patients/{factories.patient()}/medical-history"
    refused = client.post(path, {"habits": "x"}, headers={"If-Match": "*"})
    assert refused.status_code == 412
    assert client.get(path).json["data"]["medical_history"] is None
