"""Comprobantes al azar: todo lo que el servidor puede producir, con los textos que la gente escribe."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from common.rules.money import ZERO, Tax, cents_around, line_subtotal, totals
from facturacion_service.sri.xml.codes import PAYMENT_CODES, RIMPE_LEGENDS
from facturacion_service.sri.xml.documents import (
    FACTURA,
    NOTA_DE_CREDITO,
    Buyer,
    CreditNoteDocument,
    InvoiceDocument,
    Issuer,
    Line,
    Series,
)
from facturacion_service.sri.xml.nodes import text
from tests.facturacion.sri import samples

# Lo que rompe un XML descuidado, y lo que la gente pega de otros programas.
HOSTILE = "&<>\"'\n\r\t\x00\x0b\x1b\x7f\x85\u2028\ufffe\ud800\u00a0 ]]>ñÑáé💊👩\u200d⚕️漢"
FIRST_DAY = date(2024, 4, 1)


def texts(limit: int) -> st.SearchStrategy[str]:
    """Un texto que, ya limpio, tiene de 1 a `limit` caracteres."""
    anything = st.text(st.one_of(st.sampled_from(HOSTILE), st.characters()), min_size=1, max_size=limit)
    return st.one_of(anything, st.sampled_from(["x" * limit, "💊" * limit, "&" * limit])).filter(
        lambda value: text(value) is not None
    )


def cents(high: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, high * 100).map(lambda amount: Decimal(amount) / 100)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    quantity = Decimal(draw(st.integers(1, 999_999_999))) / 1000
    unit_price = draw(cents(9_999))
    gross = line_subtotal(quantity, unit_price)
    discount = min(draw(cents(10_000)), cents_around(quantity * unit_price)[0])
    return Line(
        draw(texts(50)),
        draw(texts(300)),
        quantity,
        unit_price,
        discount,
        gross - discount,
        draw(st.sampled_from([0, 15])),
    )


BUYERS = st.one_of(
    st.builds(
        Buyer,
        id_type=st.just("EXTERIOR"),
        id_number=st.from_regex(r"[!-~]{1,20}", fullmatch=True),
        name=texts(300),
        address=st.none() | texts(300),
        email=st.none() | st.just("a" * 242 + "@example.com"),
    ),
    st.builds(
        Buyer,
        id_type=st.just("PASAPORTE"),
        id_number=st.from_regex(r"[A-Z0-9-]{3,20}", fullmatch=True),
        name=texts(300),
    ),
    st.sampled_from([samples.buyer(), samples.buyer(id_type="RUC", id_number="0993366721001")]),
).filter(lambda buyer: buyer.id_number != "9999999999999")

ISSUERS = st.builds(
    Issuer,
    ruc=st.from_regex(r"[0-9]{10}001", fullmatch=True),
    legal_name=texts(300),
    head_office_address=texts(300),
    establishment_address=texts(300),
    keeps_accounting=st.booleans(),
    trade_name=st.none() | texts(300),
    special_taxpayer_number=st.none() | st.from_regex(r"[0-9A-Za-z]{3,13}", fullmatch=True),
    withholding_agent_number=st.none() | st.from_regex(r"[1-9][0-9]{0,7}", fullmatch=True),
    rimpe_legend=st.none() | st.just(RIMPE_LEGENDS["RIMPE"]),
    large_taxpayer_resolution=st.none() | st.from_regex(r"[0-9A-Z-]{3,50}", fullmatch=True),
    provider_ruc=st.none() | st.just("1790011674001"),
)

INFO = st.lists(st.tuples(texts(300).map(lambda name: f"#{name}"[:300]), texts(300)), max_size=12).map(tuple)


@st.composite
def _shared(draw: st.DrawFn, doc_code: str) -> dict[str, Any]:
    issuer = draw(ISSUERS)
    series = draw(st.from_regex(r"[0-9]{2}[1-9][0-9]{2}[1-9]", fullmatch=True))
    heading = samples.heading(
        doc_code,
        ruc=issuer.ruc,
        environment=draw(st.sampled_from(["PRUEBAS", "PRODUCCION"])),
        series=Series(series[:3], series[3:]),
        sequential=draw(st.integers(1, 999_999_999)),
        issue_date=draw(st.dates(FIRST_DAY, date(2099, 12, 31))),
    )
    return {
        "heading": heading,
        "issuer": issuer,
        "buyer": draw(BUYERS),
        "lines": tuple(draw(st.lists(lines(), min_size=1, max_size=4))),
        "additional_info": draw(INFO),
    }


@st.composite
def _invoices(draw: st.DrawFn) -> InvoiceDocument:
    """Una factura a quien sea, con los totales que el servidor calcula."""
    shared = draw(_shared(FACTURA))
    if draw(st.booleans()):
        shared["buyer"] = samples.consumidor_final()
    sums = totals((line.iva_rate, line.subtotal, line.discount) for line in shared["lines"])
    return InvoiceDocument(
        **shared,
        taxes=sums.taxes,
        subtotal=sums.subtotal,
        discount=sums.discount,
        total_amount=sums.total_amount,
        payment_method=draw(st.sampled_from(list(PAYMENT_CODES))),
    )


INVOICES = _invoices()


@st.composite
def _credit_notes(draw: st.DrawFn) -> CreditNoteDocument:
    """Una nota de crédito cuyo IVA es uno de los dos centavos que rodean el de su base."""
    shared = draw(_shared(NOTA_DE_CREDITO))
    bases = totals((line.iva_rate, line.subtotal, ZERO) for line in shared["lines"]).taxes
    taxes = tuple(
        Tax(tax.iva_rate, tax.base, draw(st.sampled_from(cents_around(tax.base * tax.iva_rate / 100))))
        for tax in bases
    )
    subtotal = sum((tax.base for tax in taxes), ZERO)
    issued = shared["heading"].issue_date
    return CreditNoteDocument(
        **shared,
        taxes=taxes,
        subtotal=subtotal,
        total_amount=subtotal + sum((tax.iva for tax in taxes), ZERO),
        reason=draw(texts(300)),
        modified_number=draw(st.from_regex(r"[0-9]{3}-[0-9]{3}-[0-9]{9}", fullmatch=True)),
        modified_date=max(issued - timedelta(days=draw(st.integers(0, 400))), FIRST_DAY),
    )


# De nada no se hace una nota.
CREDIT_NOTES = _credit_notes().filter(lambda note: note.total_amount > 0)
