"""Las respuestas del SRI: tolerancia en la forma, ninguna en lo que decide dinero."""

import random
from collections import Counter
from datetime import UTC, datetime

import pytest

from facturacion_service.sri.exchange.answers import (
    Message,
    SoapFault,
    UnusableAnswer,
    parse_authorization,
    parse_reception,
)

KEY = "2311202601179900001200110010010000001231234567814"
OTHER = "2311202601179900001200110010010000001241234567816"
IN_PRODUCTION = "2311202601179900001200120010010000001231234567811"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def envelope(inside, *, soap="soap", namespace=SOAP, declaration=""):
    text = (
        f'{declaration}<{soap}:Envelope xmlns:{soap}="{namespace}"><{soap}:Body>{inside}'
        f"</{soap}:Body></{soap}:Envelope>"
    )
    return text.encode()


def received(inside):
    return envelope(
        '<ns2:validarComprobanteResponse xmlns:ns2="http://ec.gob.sri.ws.recepcion">'
        f"<RespuestaRecepcionComprobante>{inside}</RespuestaRecepcionComprobante>"
        "</ns2:validarComprobanteResponse>"
    )


def asked(inside, key=KEY, count="1"):
    return envelope(
        '<ns2:autorizacionComprobanteResponse xmlns:ns2="http://ec.gob.sri.ws.autorizacion">'
        f"<RespuestaAutorizacionComprobante><claveAccesoConsultada>{key}</claveAccesoConsultada>"
        f"<numeroComprobantes>{count}</numeroComprobantes>{inside}"
        "</RespuestaAutorizacionComprobante></ns2:autorizacionComprobanteResponse>"
    )


def authorizations(*items, key=KEY):
    return asked(f"<autorizaciones>{''.join(items)}</autorizaciones>", key)


def authorization(state="AUTORIZADO", number=KEY, more="", at="2026-11-23T10:15:30-05:00"):
    number = f"<numeroAutorizacion>{number}</numeroAutorizacion>" if number else ""
    at = f"<fechaAutorizacion>{at}</fechaAutorizacion>" if at else ""
    return f"<autorizacion><estado>{state}</estado>{number}{at}{more}</autorizacion>"


def messages(*items):
    return f"<mensajes>{''.join(items)}</mensajes>"


def message(identifier, text="CLAVE ACCESO REGISTRADA", kind="ERROR", additional=""):
    return (
        f"<mensaje><identificador>{identifier}</identificador><mensaje>{text}</mensaje>"
        f"<informacionAdicional>{additional}</informacionAdicional><tipo>{kind}</tipo></mensaje>"
    )


# Recepción


@pytest.mark.parametrize("inside", ["", "<comprobantes/>", "<comprobantes></comprobantes>"])
def test_a_received_document_needs_nothing_else(inside):
    answer = parse_reception(received(f"<estado>RECIBIDA</estado>{inside}"), KEY)
    assert (answer.state, answer.messages) == ("RECIBIDA", ())


def test_a_returned_document_keeps_every_message_with_its_words():
    inside = f"<comprobante><claveAcceso>{KEY}</claveAcceso>{messages(message('43'), message('065'))}"
    raw = received(f"<estado>DEVUELTA</estado><comprobantes>{inside}</comprobante></comprobantes>")
    answer = parse_reception(raw, KEY)
    assert answer.state == "DEVUELTA"
    assert answer.messages[0] == Message("43", "CLAVE ACCESO REGISTRADA", "", "ERROR")
    assert answer.messages[1].identifier == "65"


def test_what_the_sri_could_not_read_has_no_key():
    inside = f"<comprobante><claveAcceso>N/A</claveAcceso>{messages(message('35'))}</comprobante>"
    raw = received(f"<estado>DEVUELTA</estado><comprobantes>{inside}</comprobantes>")
    assert parse_reception(raw, KEY).messages[0].identifier == "35"


@pytest.mark.parametrize("state", ["RECIBIDA", "DEVUELTA"])
def test_the_reception_of_another_document_is_not_ours(state):
    inside = f"<comprobante><claveAcceso>{OTHER}</claveAcceso></comprobante>"
    with pytest.raises(UnusableAnswer, match="otra clave"):
        parse_reception(received(f"<estado>{state}</estado><comprobantes>{inside}</comprobantes>"), KEY)


@pytest.mark.parametrize("state", ["", "<estado/>", "<estado>QUIZÁS</estado>", "<estado>AUTORIZADO</estado>"])
def test_a_reception_without_a_known_state_says_nothing(state):
    with pytest.raises(UnusableAnswer, match="estado"):
        parse_reception(received(state), KEY)


def test_two_states_are_none():
    with pytest.raises(UnusableAnswer):
        parse_reception(received("<estado>RECIBIDA</estado><estado>DEVUELTA</estado>"), KEY)


@pytest.mark.parametrize(
    ("written", "kind"),
    [("ADVERTENCIA", "ADVERTENCIA"), (" informativo ", "INFORMATIVO"), ("ERROR", "ERROR"), ("", "ERROR")],
)
def test_a_message_of_no_known_kind_is_an_error(written, kind):
    inside = f"<comprobante>{messages(message('50', kind=written))}</comprobante>"
    raw = received(f"<estado>DEVUELTA</estado><comprobantes>{inside}</comprobantes>")
    assert parse_reception(raw, KEY).messages[0].kind == kind


# Autorización


def test_an_authorized_document_has_its_number_its_instant_and_the_document():
    document = f"<factura><infoTributaria><claveAcceso>{KEY}</claveAcceso></infoTributaria></factura>"
    more = f"<ambiente>PRUEBAS</ambiente><comprobante><![CDATA[{document}]]></comprobante>"
    found = parse_authorization(authorizations(authorization(more=more)), KEY)
    assert (found.state, found.number, found.environment) == ("AUTORIZADO", KEY, "PRUEBAS")
    assert found.at == datetime(2026, 11, 23, 15, 15, 30, tzinfo=UTC)
    assert found.document == document
    assert not found.unfamiliar


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("NO AUTORIZADO", "NO_AUTORIZADO"),
        ("no  autorizado", "NO_AUTORIZADO"),
        ("NO_AUTORIZADO", "NO_AUTORIZADO"),
        ("RECHAZADA", "NO_AUTORIZADO"),
        ("RECHAZADO", "NO_AUTORIZADO"),
        ("EN PROCESO", "EN_PROCESO"),
        ("EN PROCESAMIENTO", "EN_PROCESO"),
        ("PPR", "EN_PROCESO"),
        (" Autorizado\n", "AUTORIZADO"),
    ],
)
def test_each_spelling_of_a_state_is_understood(written, state):
    found = parse_authorization(authorizations(authorization(written)), KEY)
    assert (found.state, found.unfamiliar) == (state, False)


@pytest.mark.parametrize("written", ["", "PENDIENTE DE ANULAR", "AUTORIZADO?", "NOAUTORIZADO"])
def test_a_state_never_seen_keeps_waiting_and_says_so(written):
    found = parse_authorization(authorizations(authorization(written)), KEY)
    assert (found.state, found.unfamiliar, found.reported) == ("EN_PROCESO", True, written)


@pytest.mark.parametrize(
    "raw",
    [
        asked("<autorizaciones/>", count="0"),
        asked("", count="0"),
        asked("", count=""),
        asked("<autorizaciones/>", count="1"),
        asked("", key="", count="0"),
    ],
)
def test_an_empty_answer_is_neither_a_rejection_nor_an_authorization(raw):
    assert parse_authorization(raw, KEY).state == "DESCONOCIDO"


def test_an_answer_that_says_nothing_at_all_is_not_an_empty_one():
    with pytest.raises(UnusableAnswer, match="de qué clave"):
        parse_authorization(asked("", key="", count=""), KEY)


def test_of_several_the_authorized_one_wins():
    newer = authorization("NO AUTORIZADO", number="", at="2026-11-24T08:00:00-05:00")
    assert parse_authorization(authorizations(authorization(), newer), KEY).state == "AUTORIZADO"


def test_of_several_rejections_the_newest_wins_whatever_their_order():
    old = authorization("NO AUTORIZADO", "", messages(message("52")), "2026-11-23T08:00:00-05:00")
    new = authorization("NO AUTORIZADO", "", messages(message("39")), "2026-11-23T14:00:00Z")
    for items in ((old, new), (new, old)):
        assert parse_authorization(authorizations(*items), KEY).messages[0].identifier == "39"


def test_one_in_process_without_a_date_is_newer_than_an_old_rejection():
    old = authorization("NO AUTORIZADO", "", messages(message("52")))
    raw = authorizations(authorization("EN PROCESO", "", at=""), old)
    assert parse_authorization(raw, KEY).state == "EN_PROCESO"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (authorizations(authorization(), key=OTHER), "otra clave"),
        (authorizations(authorization(number=OTHER)), "otra clave"),
        (authorizations(authorization(number="")), "no es la clave"),
        (authorizations(authorization(number=KEY[:-1])), "no es la clave"),
        (authorizations(authorization(number="1234567890")), "no es la clave"),
        (authorizations(authorization(more="<ambiente>PRODUCCIÓN</ambiente>")), "ambiente"),
        (authorizations(authorization(more=f"<numeroAutorizacion>{KEY}</numeroAutorizacion>")), "debe haber"),
        (authorizations(authorization(more="<comprobante>&lt;factura/></comprobante>")), "no dice su clave"),
        (authorizations(authorization(more="<estado>AUTORIZADO</estado>")), "debe haber"),
        (
            authorizations(
                authorization(
                    more="<comprobante>&lt;factura>&lt;infoTributaria>&lt;claveAcceso>"
                    f"{OTHER}&lt;/claveAcceso>&lt;/infoTributaria>&lt;/factura></comprobante>"
                )
            ),
            "otra clave",
        ),
    ],
)
def test_nothing_is_authorized_unless_it_is_ours_beyond_doubt(raw, why):
    with pytest.raises(UnusableAnswer, match=why):
        parse_authorization(raw, KEY)


def test_a_document_for_production_is_not_authorized_by_the_test_environment():
    raw = authorizations(
        authorization(number=IN_PRODUCTION, more="<ambiente>PRUEBAS</ambiente>"), key=IN_PRODUCTION
    )
    with pytest.raises(UnusableAnswer, match="ambiente"):
        parse_authorization(raw, IN_PRODUCTION)


def test_a_rejection_has_to_say_of_what():
    with pytest.raises(UnusableAnswer, match="sin decir qué clave"):
        parse_authorization(authorizations(authorization("NO AUTORIZADO", ""), key=""), KEY)


def test_authorized_text_inside_the_document_authorizes_nothing():
    inside = f"<comprobante><estado>AUTORIZADO</estado>{authorization()}</comprobante>"
    raw = authorizations(authorization("EN PROCESO", "", inside))
    assert parse_authorization(raw, KEY).state == "EN_PROCESO"


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-11-23T10:15:30.123-05:00", datetime(2026, 11, 23, 15, 15, 30, 123000, tzinfo=UTC)),
        ("2026-11-23T15:15:30Z", datetime(2026, 11, 23, 15, 15, 30, tzinfo=UTC)),
        ("2026-11-23T10:15:30", datetime(2026, 11, 23, 15, 15, 30, tzinfo=UTC)),
        ("23 de noviembre", None),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
    ],
)
def test_the_instant_has_a_zone_or_does_not_exist(written, instant):
    assert parse_authorization(authorizations(authorization(at=written)), KEY).at == instant


def test_warnings_come_with_the_authorization():
    more = messages(message("60", "AMBIENTE EJECUTADO", "ADVERTENCIA", "Pruebas"))
    found = parse_authorization(authorizations(authorization(more=more)), KEY)
    assert found.messages == (Message("60", "AMBIENTE EJECUTADO", "Pruebas", "ADVERTENCIA"),)


def test_what_is_kept_of_a_message_has_a_limit():
    more = messages(*(message("52", "x" * 9000) for _ in range(150)))
    found = parse_authorization(authorizations(authorization("NO AUTORIZADO", more=more)), KEY).messages
    assert (len(found), len(found[0].text)) == (100, 4000)


# La forma


@pytest.mark.parametrize(
    "turn",
    [
        lambda raw: raw,
        lambda raw: b"<?xml version='1.0' encoding='UTF-8'?>\n<!-- balanceador 3 -->" + raw,
        lambda raw: raw.replace(b"ns2:", b"x:").replace(b":ns2=", b":x="),
        lambda raw: raw.replace(b"ns2:", b"").replace(b"xmlns:ns2=", b"xmlns="),
        lambda raw: raw.replace(b"ns2:", b"").replace(b' xmlns:ns2="http://ec.gob.sri.ws.autorizacion"', b""),
        lambda raw: raw.replace(b"<soap:Body>", b"<soap:Header/><soap:Body>"),
        lambda raw: raw.replace(b"><", b">\n  <"),
        lambda raw: raw.replace(SOAP.encode(), b"http://www.w3.org/2003/05/soap-envelope"),
        lambda raw: raw.decode().encode("utf-16"),
    ],
)
def test_prefixes_spaces_and_encodings_do_not_matter(turn):
    assert parse_authorization(turn(authorizations(authorization())), KEY).state == "AUTORIZADO"


BOMB = b'<!DOCTYPE a [<!ENTITY a "AUTORIZADO"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
ENTITY = b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
GOOD = authorizations(authorization())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b"\x00\x01\x02",
        b"AUTORIZADO",
        b"<html><body><h1>503 Service Unavailable</h1></body></html>",
        b"<!DOCTYPE html><html><body>Mantenimiento<br></body></html>",
        GOOD[:-1],
        GOOD[: len(GOOD) // 2],
        GOOD + b"<mas/>",
        GOOD.replace(b"soap:Envelope", b"soap:Sobre"),
        GOOD.replace(b"Response", b"Respuesta"),
        received("<estado>RECIBIDA</estado>"),
        envelope(""),
        BOMB + GOOD,
        (BOMB + GOOD).replace(b"<estado>AUTORIZADO<", b"<estado>&b;<"),
        (ENTITY + GOOD).replace(b"<estado>AUTORIZADO<", b"<estado>&a;<"),
        b"<a>" * 5000 + b"</a>" * 5000,
    ],
)
def test_what_is_not_an_answer_is_kept_and_not_believed(raw):
    with pytest.raises(UnusableAnswer) as error:
        parse_authorization(raw, KEY)
    assert error.value.raw == raw
    assert error.value.reason


@pytest.mark.parametrize(
    "fault",
    [
        "<soap:Fault><faultcode>soap:Server</faultcode><faultstring>Sin memoria</faultstring></soap:Fault>",
        "<soap:Fault><soap:Code/><soap:Reason><soap:Text>Sin memoria</soap:Text></soap:Reason></soap:Fault>",
    ],
)
def test_a_fault_is_told_in_its_own_words(fault):
    with pytest.raises(SoapFault, match="Sin memoria"):
        parse_reception(envelope(fault), KEY)


PIECES = (
    b"<estado>",
    b"</estado>",
    b"AUTORIZADO",
    KEY.encode(),
    OTHER.encode(),
    b"<!DOCTYPE a>",
    b"&#0;",
    b"]]>",
)


def harmed(raw, chance):
    """Una respuesta con un byte cambiado, un trozo de menos, uno de más o uno repetido."""
    place, other = chance.randrange(len(raw)), chance.randrange(len(raw))
    return chance.choice(
        (
            raw[:place] + bytes([chance.randrange(256)]) + raw[place + 1 :],
            raw[:place] + raw[place + chance.randrange(1, 40) :],
            raw[:place] + chance.choice(PIECES) + raw[place:],
            raw[:place] + raw[other : other + 60] + raw[place:],
        )
    )


def test_a_damaged_answer_is_unusable_or_still_ours_and_never_another_error():
    chance = random.Random(20261123)
    more = f"<ambiente>PRUEBAS</ambiente>{messages(message('60', kind='ADVERTENCIA'))}"
    good = authorizations(
        authorization("NO AUTORIZADO", "", messages(message("52"))), authorization(more=more)
    )
    seen = Counter()
    for _ in range(4000):
        try:
            answer = parse_authorization(harmed(good, chance), KEY)
        except UnusableAnswer:
            seen["no sirve"] += 1
        else:
            seen[answer.state] += 1
            assert answer.state != "AUTORIZADO" or answer.number == KEY
    assert seen["no sirve"] > seen["AUTORIZADO"] > 0
