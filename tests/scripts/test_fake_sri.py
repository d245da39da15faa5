"""El SRI simulado comprueba de verdad: cada cosa que el SRI rechaza, con su código."""

import json
import re
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from urllib.parse import urlsplit

import pytest

from common.config import PROJECT_ROOT
from facturacion_service.sri.exchange import soap
from facturacion_service.sri.exchange.answers import parse_reception
from facturacion_service.sri.exchange.client import SriClient
from facturacion_service.sri.xml.build import to_xml
from scripts.fake_sri import FakeSri, Rules, failures, paper
from scripts.trials.at_once import at_once
from scripts.trials.calls import call_once
from tests import sri_official
from tests.facturacion.sri import samples
from tests.facturacion.sri.signing import signed, signers

KEY, XML = samples.heading().access_key, to_xml(samples.invoice_document())
UNSIGNED = Rules(checks_signature=False)


@pytest.fixture
def open_fake():
    """Enciende uno con unas reglas y da con él un cliente."""
    opened = []

    def new(rules=UNSIGNED, clock=lambda: signed.NOON, **options):
        fake = FakeSri(rules=rules, clock=clock, **options)
        opened.append(fake.__enter__())
        opened.append(SriClient(fake.url, 20))
        return opened[-2], opened[-1]

    yield new
    for one in reversed(opened):
        one.close() if isinstance(one, SriClient) else one.__exit__(None, None, None)


@pytest.fixture
def connect(open_fake):
    return open_fake()[1]


def codes(answer):
    return [one.identifier for one in answer.messages]


def returned(client, xml):
    """El código por el que devuelve un documento."""
    answer = client.send(xml).answer
    assert answer.state == "DEVUELTA"
    return codes(answer)[0]


def decided(client, key, xml):
    """El estado en que queda y sus códigos."""
    assert client.send(xml).answer.state == "RECIBIDA"
    answer = client.ask(key).answer
    return answer.state, codes(answer)


def swapped(before, after, xml=XML):
    assert before.encode() in xml
    return xml.replace(before.encode(), after.encode())


def twin():
    """Otra clave para el mismo número: cambia solo el código que elige el emisor."""
    body = f"{KEY[:39]}87654321{KEY[47]}"
    return body + paper.check_digit(body)


# Al recibir


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (XML.replace(b"</factura>", b"<!--" + b"x" * paper.BIGGEST + b"--></factura>"), "26"),
        (swapped('id="comprobante"', 'id="otro"'), "35"),
        (re.sub(rb"<dirMatriz>.*?</dirMatriz>", b"", XML), "35"),
        (re.sub(rb"<detalles>.*</detalles>", b"<detalles/>", XML, flags=re.DOTALL), "35"),
        (swapped('version="1.1.0"', 'version="9.9.9"'), "36"),
        (swapped("<factura ", "<recibo ").replace(b"</factura>", b"</recibo>"), "47"),
        (swapped("23/11/2026", "31/02/2026"), "67"),
        (swapped("23/11/2026", "22/11/2026"), "58"),
        (swapped("<estab>001", "<estab>002"), "58"),
        (swapped("<secuencial>000000123", "<secuencial>000000124"), "58"),
        (swapped("<ambiente>1", "<ambiente>2"), "58"),
        (swapped(KEY, KEY[:-1] + str((int(KEY[-1]) + 1) % 10)), "58"),
    ],
)
def test_what_is_badly_made_is_returned_with_its_code(connect, xml, code):
    assert returned(connect, xml) == code


def test_the_official_schemas_decide_when_they_are_given(open_fake):
    schemas = sri_official.require(sri_official.xsd_dir())
    _, client = open_fake(replace(UNSIGNED, schemas=schemas))
    assert returned(client, swapped("<importeTotal>103.95", "<importeTotal>103.951")) == "35"
    assert decided(client, KEY, XML)[0] == "AUTORIZADO"


@pytest.mark.parametrize("body", [b"", b"basura", b"<a", b"<html/>"])
def test_what_is_not_a_document_is_returned_without_a_key(open_fake, body):
    fake, _ = open_fake()
    envelope = soap.request(
        "http://ec.gob.sri.ws.recepcion", "validarComprobante", "xml", b64encode(body).decode()
    )
    answer = call_once("POST", f"{fake.url}/RecepcionComprobantesOffline", envelope)
    assert parse_reception(answer.content, KEY).state == "DEVUELTA"
    assert fake.documents == {}


def test_its_own_check_digit_agrees_with_the_vectors():
    file = PROJECT_ROOT / "tests" / "facturacion" / "sri" / "xml" / "vectors.json"
    keys = [row["clave"] for row in json.loads(file.read_text(encoding="utf-8"))["clave_acceso"]]
    assert keys
    assert [paper.check_digit(key[:-1]) for key in keys] == [key[-1] for key in keys]


@pytest.mark.parametrize(
    ("day", "state"),
    [(-2, "DEVUELTA"), (-1, "RECIBIDA"), (0, "RECIBIDA"), (1, "DEVUELTA")],
)
def test_only_what_is_of_today_or_of_the_days_tolerated_is_received(connect, day, state):
    issued = samples.invoice_document(heading=samples.heading(issue_date=samples.DAY + timedelta(days=day)))
    answer = connect.send(to_xml(issued)).answer
    assert answer.state == state
    assert codes(answer) == (["65"] if state == "DEVUELTA" else [])


def test_today_is_the_one_of_ecuador(open_fake):
    midnight_utc = signed.NOON.replace(day=24, hour=4, minute=59)
    _, client = open_fake(replace(UNSIGNED, days_late=0), lambda: midnight_utc)
    assert client.send(XML).answer.state == "RECIBIDA"
    _, client = open_fake(replace(UNSIGNED, days_late=0), lambda: midnight_utc + timedelta(minutes=1))
    assert returned(client, XML) == "65"


def test_a_key_is_received_once(open_fake):
    fake, client = open_fake(replace(UNSIGNED, processing_seconds=60))
    client.send(XML)
    assert returned(client, XML) == "70"
    fake.office.clock = lambda: signed.NOON + timedelta(minutes=2)
    client.ask(KEY)
    assert returned(client, XML) == "43"
    assert fake.receptions[KEY] == 3
    assert len(fake.documents) == 1


def test_a_number_belongs_to_one_key(open_fake):
    fake, client = open_fake()
    client.send(XML)
    assert returned(client, swapped(KEY, twin())) == "45"
    assert list(fake.documents) == [KEY]


def test_of_those_that_arrive_at_once_with_one_number_only_one_is_received(open_fake):
    fake, client = open_fake()
    papers = [XML, swapped(KEY, twin())] * 4
    answers = at_once([partial(client.send, xml) for xml in papers])
    assert [one.answer.state for one in answers].count("RECIBIDA") == 1
    assert len(fake.documents) == 1


@pytest.mark.parametrize(
    "changes", [{"sequential": 124}, {"series": samples.Series("001", "002")}, {"environment": "PRODUCCION"}]
)
def test_another_number_series_or_environment_is_another_document(connect, changes):
    connect.send(XML)
    other = samples.invoice_document(heading=samples.heading(**changes))
    assert decided(connect, other.heading.access_key, to_xml(other))[0] == "AUTORIZADO"


def test_what_was_not_authorized_is_corrected_and_sent_with_the_same_key(open_fake):
    fake, client = open_fake()
    bad = swapped("<importeTotal>103.95", "<importeTotal>104.00")
    assert decided(client, KEY, bad) == ("NO_AUTORIZADO", ["52"])
    assert decided(client, KEY, XML) == ("AUTORIZADO", ["60"])
    assert fake.documents[KEY].xml == XML


# Al autorizar


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<importeTotal>103.95", "<importeTotal>103.96"),
        ("<totalSinImpuestos>95.70", "<totalSinImpuestos>95.71"),
        ("<totalDescuento>5.00", "<totalDescuento>0.00"),
        ("<valor>8.25", "<valor>8.26"),
        ("<cantidad>1", "<cantidad>2"),
        ("<codigoPorcentaje>4", "<codigoPorcentaje>2"),
        ("<total>103.95", "<total>100.00"),
        ("<propina>0.00", "<propina>1.00"),
        ("<tarifa>15", "<tarifa>12"),
    ],
)
def test_what_does_not_add_up_is_not_authorized(connect, before, after):
    assert decided(connect, KEY, swapped(before, after)) == ("NO_AUTORIZADO", ["52"])


def test_a_credit_note_is_checked_as_well(connect):
    note = samples.credit_note_document()
    xml = to_xml(note)
    bad = swapped("<valorModificacion>103.95", "<valorModificacion>1.00", xml)
    assert decided(connect, note.heading.access_key, bad) == ("NO_AUTORIZADO", ["52"])
    assert decided(connect, note.heading.access_key, xml) == ("AUTORIZADO", ["60"])


@pytest.mark.parametrize(
    ("iva", "state"),
    [("0.16", "AUTORIZADO"), ("0.17", "AUTORIZADO"), ("0.15", "NO_AUTORIZADO"), ("0.18", "NO_AUTORIZADO")],
)
def test_the_iva_of_a_credit_note_may_differ_by_less_than_a_cent(connect, iva, state):
    note = samples.credit_note_document(lines=(samples.line(unit_price=Decimal("1.10"), iva_rate=15),))
    tax = replace(note.taxes[0], iva=Decimal(iva))
    note = replace(note, taxes=(tax,), total_amount=note.subtotal + tax.iva)
    assert decided(connect, note.heading.access_key, to_xml(note))[0] == state


def test_the_iva_of_an_invoice_may_not_differ_at_all(connect):
    invoice = samples.invoice_document(lines=(samples.line(unit_price=Decimal("1.10"), iva_rate=15),))
    tax = replace(invoice.taxes[0], iva=Decimal("0.16"))
    invoice = replace(invoice, taxes=(tax,), total_amount=Decimal("1.26"))
    assert decided(connect, KEY, to_xml(invoice)) == ("NO_AUTORIZADO", ["52"])


def test_header_iva_is_of_the_sum_and_not_the_sum_of_the_lines(connect):
    line = samples.line(unit_price=Decimal("1.10"), iva_rate=15)
    invoice = samples.invoice_document(lines=(line, line, line))
    assert b"<valor>0.50</valor>" in to_xml(invoice)
    assert decided(connect, KEY, to_xml(invoice))[0] == "AUTORIZADO"


@pytest.fixture(scope="module")
def good():
    return signed.signed(samples.invoice_document())


def damaged(pattern, replacement):
    return lambda xml: re.sub(pattern, replacement, xml, count=1, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda _: XML, "39"),
        (damaged(rb"Limpieza facial", b"Limpieza dental"), "39"),
        (damaged(rb"<ds:Modulus>..", b"<ds:Modulus>AA"), "39"),
        (damaged(rb"(:SigningTime>)2026", rb"\g<1>2025"), "39"),
        (damaged(rb"(<ds:SignatureValue[^>]*>)\s*....", rb"\g<1>AAAA"), "39"),
        (damaged(rb"<ds:Object.*</ds:Object>", b""), "39"),
        (damaged(rb'URI="#comprobante"', b'URI=""'), "39"),
        (damaged(rb"(<ds:X509Certificate>).*(</ds:X509Certificate>)", rb"\g<1>AAAA\g<2>"), "40"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_signature_that_does_not_hold_is_not_authorized(open_fake, good, damage, code):
    _, client = open_fake(Rules())
    bad = damage(good)
    assert bad != good
    assert decided(client, KEY, bad) == ("NO_AUTORIZADO", [code])


def test_a_good_signature_is_authorized_for_both_documents(open_fake, good):
    _, client = open_fake(Rules())
    assert decided(client, KEY, good)[0] == "AUTORIZADO"
    note = samples.credit_note_document()
    assert decided(client, note.heading.access_key, signed.signed(note))[0] == "AUTORIZADO"


def test_the_key_of_another_certificate_does_not_sign_for_this_one(open_fake, good):
    _, client = open_fake(Rules())
    other = signed.signed(samples.invoice_document(), signers.credential(2))
    (certificate,) = re.findall(rb"<ds:X509Certificate>.*?</ds:X509Certificate>", other, re.DOTALL)
    mixed = damaged(rb"<ds:X509Certificate>.*?</ds:X509Certificate>", certificate)(good)
    assert decided(client, KEY, mixed) == ("NO_AUTORIZADO", ["39"])


def test_an_expired_certificate_is_not_authorized(open_fake):
    owner = signers.credential(starts=signed.NOON - timedelta(days=1, hours=1), days=1)
    xml = signed.signed(samples.invoice_document(), owner, signed.NOON - timedelta(hours=2))
    _, client = open_fake(Rules())
    assert decided(client, KEY, xml) == ("NO_AUTORIZADO", ["40"])


def test_a_certificate_that_is_not_for_signing_is_not_authorized(open_fake):
    xml = signed.signed(samples.invoice_document(), signers.credential(use="key_encipherment"))
    _, client = open_fake(Rules())
    assert decided(client, KEY, xml) == ("NO_AUTORIZADO", ["39"])


def test_a_signature_of_the_future_is_not_authorized(open_fake):
    xml = signed.signed(samples.invoice_document(), at=signed.NOON + timedelta(minutes=6))
    _, client = open_fake(Rules())
    assert decided(client, KEY, xml) == ("NO_AUTORIZADO", ["39"])


def test_a_wrong_buyer_is_a_warning_and_not_a_rejection(connect):
    wrong = samples.invoice_document(buyer=samples.buyer(id_number="1712345674"))
    assert decided(connect, KEY, to_xml(wrong)) == ("AUTORIZADO", ["60", "62"])


@pytest.mark.parametrize(("environment", "kind"), [("PRUEBAS", "ADVERTENCIA"), ("PRODUCCION", "INFORMATIVO")])
def test_everything_it_authorizes_says_that_it_is_worth_nothing(connect, environment, kind):
    invoice = samples.invoice_document(heading=samples.heading(environment=environment))
    connect.send(to_xml(invoice))
    answer = connect.ask(invoice.heading.access_key).answer
    assert answer.environment == environment
    assert (answer.messages[0].kind, "SRI SIMULADO" in answer.messages[0].additional) == (kind, True)


@pytest.mark.parametrize(("says", "state"), [(False, "DESCONOCIDO"), (True, "EN_PROCESO")])
def test_until_its_time_it_has_not_decided(open_fake, says, state):
    rules = replace(UNSIGNED, processing_seconds=60, says_in_process=says)
    fake, client = open_fake(rules)
    client.send(XML)
    assert client.ask(KEY).answer.state == state
    fake.office.clock = lambda: signed.NOON + timedelta(seconds=60)
    answer = client.ask(KEY).answer
    assert (answer.state, answer.at) == ("AUTORIZADO", signed.NOON + timedelta(seconds=60))


# Lo que recuerda


def test_with_a_file_it_remembers_after_a_restart(open_fake, tmp_path):
    file = tmp_path / "sri.db"
    with FakeSri(rules=UNSIGNED, clock=lambda: signed.NOON, state=file) as first:
        client = SriClient(first.url, 20)
        assert decided(client, KEY, XML)[0] == "AUTORIZADO"
        client.close()
        before = first.documents
    again, client = open_fake(state=file)
    assert again.documents == before
    assert returned(client, XML) == "43"


def test_the_hooks_run_inside_the_request_before_and_after_it_is_stored(open_fake):
    fake, client = open_fake()
    seen = []
    fake.when_storing(
        before=lambda key: seen.append(("antes", key, key in fake.documents)),
        after=lambda key: seen.append(("después", key, key in fake.documents)),
    )
    client.send(XML)
    assert seen == [("antes", KEY, False), ("después", KEY, True)]


def test_a_failure_can_be_for_one_key_and_for_some_times(open_fake):
    fake, client = open_fake()
    other = samples.invoice_document(heading=samples.heading(sequential=124))
    fake.on_reception(failures.returned("50"), times=2, access_key=KEY)
    assert client.send(to_xml(other)).answer.state == "RECIBIDA"
    states = [client.send(XML).answer.state for _ in range(3)]
    assert states == ["DEVUELTA", "DEVUELTA", "RECIBIDA"]


def test_a_failure_without_end_lasts_until_it_is_told_to_behave(open_fake):
    fake, client = open_fake()
    fake.on_authorization(failures.not_authorized("50"), times=None)
    assert {client.ask(KEY).answer.state for _ in range(4)} == {"NO_AUTORIZADO"}
    fake.behave()
    assert client.ask(KEY).answer.state == "DESCONOCIDO"


# Lo que dice de sí mismo


def test_everything_it_says_bears_its_mark(open_fake):
    fake, _ = open_fake()
    for method, path in (("GET", "/"), ("GET", "/nada"), ("POST", "/nada"), ("POST", "/")):
        answer = call_once(method, fake.origin + path)
        assert answer.headers["X-SRI-Simulado"] == "1"
        assert "no es el Servicio de Rentas Internas" in answer.content.decode()


def test_its_home_counts_what_it_received(open_fake):
    fake, client = open_fake()
    decided(client, KEY, XML)
    answer = call_once("GET", fake.origin, headers={"Accept": "application/json"}).json
    assert (answer["comprobantes"], answer["recepciones"]) == ({"AUTORIZADO": 1}, 1)
    assert "AUTORIZADO: 1" in call_once("GET", fake.origin).content.decode()


@pytest.mark.parametrize("body", [b"", b"<a/>", b"<!DOCTYPE a><a/>"])
def test_what_is_not_a_call_is_a_fault(open_fake, body):
    fake, _ = open_fake()
    answer = call_once("POST", f"{fake.url}/AutorizacionComprobantesOffline", body)
    assert answer.status == 500
    assert "soap:Client" in answer.content.decode()


def test_without_a_folder_it_publishes_no_wsdl(open_fake):
    fake, _ = open_fake()
    assert call_once("GET", f"{fake.url}/RecepcionComprobantesOffline?wsdl").status == 404


@pytest.mark.parametrize("length", ["-1", "x", "99999999999"])
def test_a_body_of_no_honest_length_is_not_read(open_fake, length):
    fake, _ = open_fake()
    assert call_once("POST", fake.origin, headers={"Content-Length": length}).status == 413


def test_as_a_program_it_says_where_it_listens_and_stops_when_told(tmp_path):
    command = [sys.executable, "-m", "scripts.fake_sri", "--port", "0", "--state", str(tmp_path / "sri.db")]
    with subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert "SRI SIMULADO" in program.stdout.readline()
        url = program.stdout.readline().split()[-1]
        client = SriClient(url, 20)
        assert client.ask(KEY).answer.state == "DESCONOCIDO"
        client.close()
        program.terminate()
        assert program.wait(20) == 0


def test_as_a_program_it_does_not_take_the_port_of_another(open_fake):
    fake, _ = open_fake()
    port = str(urlsplit(fake.url).port)
    command = [sys.executable, "-m", "scripts.fake_sri", "--port", port]
    found = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stdout) == (1, "")
    assert f"puerto {port}: ya está en uso" in found.stderr


def test_the_sample_day_is_the_day_of_the_tests():
    assert date(2026, 11, 23) == samples.DAY == signed.NOON.date()
