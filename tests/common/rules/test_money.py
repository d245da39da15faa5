"""El dinero: al centavo, la mitad hacia arriba, y el IVA sobre la suma de las bases."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.rules.money import line_subtotal, round_cents, totals

ROUNDING = json.loads(Path(__file__).parent.with_name("vectors.json").read_text(encoding="utf-8"))["rounding"]
AMOUNTS = st.decimals(0, 100_000, places=2)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.005", "0.01"),
        ("0.165", "0.17"),
        ("0.495", "0.50"),
        ("0.0049999", "0.00"),
        ("2.675", "2.68"),
        ("-0.005", "-0.01"),
        ("1e8", "100000000.00"),
    ],
)
def test_half_a_cent_goes_up(amount, rounded):
    assert str(round_cents(Decimal(amount))) == rounded


def test_iva_is_computed_on_the_sum_and_not_line_by_line():
    three = totals([(15, Decimal("1.10"), Decimal(0))] * 3)
    assert (three.subtotal, three.iva_amount, three.total_amount) == (
        Decimal("3.30"),
        Decimal("0.50"),
        Decimal("3.80"),
    )


@pytest.mark.parametrize("case", ROUNDING)
def test_the_published_examples(case):
    lines = [
        (
            line["rate"],
            line_subtotal(Decimal(line["qty"]), Decimal(line["price"]), Decimal(line["disc"])),
            Decimal(line["disc"]),
        )
        for line in case["lines"]
    ]
    expected = case.get("iva") or case["header_iva_round(base_total*rate)"]
    assert totals(lines).iva_amount == Decimal(expected)


def test_each_rate_has_its_base_and_its_iva_in_order():
    result = totals(
        [
            (15, Decimal("10.00"), Decimal("1.00")),
            (0, Decimal("5.00"), Decimal(0)),
            (15, Decimal("2.00"), Decimal("0.50")),
        ]
    )
    assert [(tax.iva_rate, tax.base, tax.iva) for tax in result.taxes] == [
        (0, Decimal("5.00"), Decimal("0.00")),
        (15, Decimal("12.00"), Decimal("1.80")),
    ]
    assert (result.discount, result.subtotal, result.total_amount) == (
        Decimal("1.50"),
        Decimal("17.00"),
        Decimal("18.80"),
    )


def test_nothing_is_zero():
    nothing = totals([])
    assert (nothing.subtotal, nothing.iva_amount, nothing.total_amount, nothing.taxes) == (0, 0, 0, ())


def test_a_line_is_rounded_before_its_discount():
    assert line_subtotal(Decimal("0.333"), Decimal("10.00"), Decimal("0.03")) == Decimal("3.30")


@given(st.lists(st.tuples(st.sampled_from([0, 15]), AMOUNTS, st.just(Decimal(0)))))
def test_the_totals_always_add_up_to_the_cent(lines):
    result = totals(lines)
    assert result.total_amount == result.subtotal + result.iva_amount
    assert result.subtotal == sum((subtotal for _, subtotal, _ in lines), Decimal(0))
    assert result.total_amount == round_cents(result.total_amount)
