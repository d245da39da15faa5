"""El logotipo que va en el RIDE."""

from base64 import b64encode
from io import BytesIO

import pytest
from PIL import Image

from common.database import reading
from facturacion_service.sri.settings import logo_queries
from tests import factories
from tests.factories import BUYER, LINES


def image(kind="PNG", size=(60, 30)):
    file = BytesIO()
    Image.new("RGB", size, "navy").save(file, kind)
    return file.getvalue()


def put(client, content):
    return client.put("/sri/logo", {"file_base64": b64encode(content).decode()})


@pytest.fixture
def accountant(api):
    return api("facturacion", role="Contador")


def stored():
    with reading() as db:
        return logo_queries.logo(db)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_it_is_kept_as_a_png_and_served(accountant, kind):
    assert put(accountant, image(kind)).status_code == 200
    served = accountant.get("/sri/logo").data
    assert served == stored()
    assert Image.open(BytesIO(served)).format == "PNG"


def test_only_its_dots_are_kept(accountant):
    file = BytesIO()
    noted = Image.new("RGB", (4, 4)).getexif()
    noted[0x010E] = "secreto de la cámara"
    Image.new("RGB", (4, 4)).save(file, "JPEG", exif=noted)
    put(accountant, file.getvalue())
    assert b"secreto" not in stored()


def test_a_large_one_is_reduced_to_what_is_printed(accountant):
    put(accountant, image(size=(3000, 1500)))
    assert max(Image.open(BytesIO(stored())).size) == 945


@pytest.mark.parametrize("content", [b"<svg/>", b"GIF89a", image()[:40], b"x"])
def test_what_is_no_image_is_refused_and_the_former_stays(accountant, content):
    put(accountant, image())
    former = stored()
    refused = put(accountant, content)
    assert [error["field"] for error in refused.json["errors"]] == ["file_base64"]
    assert stored() == former


def test_it_is_replaced_and_removed(accountant):
    put(accountant, image())
    put(accountant, image(size=(10, 10)))
    assert Image.open(BytesIO(stored())).size == (10, 10)
    assert accountant.delete("/sri/logo").status_code == 200
    assert accountant.get("/sri/logo").status_code == 404
    assert accountant.delete("/sri/logo").status_code == 404


def test_the_ride_shows_it(accountant, api):
    factories.sri_settings()
    cashier = api("facturacion")
    sale = {"buyer": BUYER, "items": LINES, "status": "ISSUED"}
    invoice = cashier.post("/invoices", sale).json["data"]["invoice"]
    path = f"/invoices/{invoice['invoice_id']}/ride.pdf"
    assert b"/Subtype /Image" not in cashier.get(path).data
    put(accountant, image())
    assert b"/Subtype /Image" in cashier.get(path).data
