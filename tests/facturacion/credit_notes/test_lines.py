"""Las cuentas de las notas de crédito: ninguna sucesión de notas devuelve un centavo de más ni de menos."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from common.errors import Invalid, Problems
from common.rules.money import CENT, ZERO, cents_around, line_subtotal, round_cents, totals
from facturacion_service.credit_notes import lines as credit_notes_lines
from facturacion_service.credit_notes.lines import Sold, SoldTax
from facturacion_service.credit_notes.schemas import CreditItemIn

D = Decimal


def sold(quantity=1, unit_price="10.00", discount="0.00", iva_rate=15, item_id=1, product_id=None):
    """Una línea recién vendida."""
    price, off = D(unit_price), D(discount)
    subtotal = line_subtotal(D(quantity), price, off)
    return Sold(item_id, "Crema", price, iva_rate, subtotal, product_id, D(quantity), subtotal)


def figures(credit):
    return credit.quantity, credit.unit_price, credit.discount, credit.subtotal


def test_a_part_carries_its_part_of_the_discount_and_the_last_one_what_was_left():
    line = sold(3, "3.35", "1.00")
    first = credit_notes_lines.returned(line, D(1))
    assert figures(first) == (1, D("3.35"), D("0.33"), D("3.02"))
    left = replace(line, quantity_left=D(2), value_left=line.value_left - first.subtotal)
    assert figures(credit_notes_lines.returned(left, D(2))) == (2, D("3.35"), D("0.67"), D("6.03"))


def test_what_was_already_lowered_is_not_returned_again():
    lowered = replace(sold(10, "1.00"), value_left=D("5.00"))
    assert credit_notes_lines.returned(lowered, D(8)).subtotal == D("4.00")
    assert credit_notes_lines.returned(lowered, D(10)).subtotal == D("5.00")


def test_the_last_part_takes_the_cents_that_rounding_left():
    # 1,5 unidades a 0,01 son 0,02; devueltas de media en media, cada una redondea a 0,01.
    line = sold("1.5", "0.01")
    parts = []
    for _ in range(3):
        part = credit_notes_lines.returned(line, D("0.5"))
        parts.append(part.subtotal)
        line = replace(
            line, quantity_left=line.quantity_left - D("0.5"), value_left=line.value_left - parts[-1]
        )
    assert (sum(parts), line.value_left) == (D("0.02"), 0)


def test_the_price_rises_only_if_the_cents_left_do_not_fit_in_it():
    left = replace(sold("0.3", "1.00"), quantity_left=D("0.1"), value_left=D("0.12"))
    last = credit_notes_lines.returned(left, D("0.1"))
    assert figures(last) == (D("0.1"), D("1.20"), ZERO, D("0.12"))


def test_a_lower_price_is_one_unit_that_returns_nothing():
    credit = credit_notes_lines.lowered(sold(5), D("7.50"))
    assert (*figures(credit), credit.returned_quantity) == (1, D("7.50"), 0, D("7.50"), 0)


def test_all_that_is_left_skips_what_was_lowered_entirely_and_keeps_what_was_free():
    lowered = replace(sold(2, item_id=1), value_left=ZERO)
    free = sold(1, "0.00", item_id=2)
    done = replace(sold(1, item_id=3), quantity_left=D(0), value_left=ZERO)
    # Devuelta a menos precio por una rebaja que después se anuló.
    owed = replace(sold(4, item_id=4), quantity_left=D(0), value_left=D("3.00"))
    credits = credit_notes_lines.all_left([lowered, free, done, owed])
    assert [(c.sold.item_id, c.returned_quantity, c.subtotal) for c in credits] == [(2, 1, 0), (4, 0, 3)]


def ask(lines, *items):
    problems = Problems()
    credits = credit_notes_lines.chosen(problems, lines, [CreditItemIn(**item) for item in items])
    problems.refuse()
    return credits


def test_each_wrong_line_is_named_with_what_is_left():
    lines = [sold(2, item_id=1), replace(sold(3, item_id=2), quantity_left=D(0), value_left=ZERO)]
    with pytest.raises(Invalid) as refused:
        ask(
            lines,
            {"item_id": 1, "quantity": D(3)},
            {"item_id": 1, "quantity": D(1)},
            {"item_id": 2},
            {"item_id": 2, "amount": D(1)},
            {"item_id": 9, "quantity": D(1)},
        )
    assert [(e["field"], e["message"]) for e in refused.value.errors] == [
        ("items[0].quantity", "de esa línea quedan 2"),
        ("items[1].item_id", "ya está en otra línea de esta nota"),
        ("items[2].item_id", "esa línea ya se devolvió entera"),
        ("items[3].item_id", "ya está en otra línea de esta nota"),
        ("items[4].item_id", "no es una línea de esta factura"),
    ]


def test_an_amount_goes_up_to_what_the_line_is_still_worth():
    line = replace(sold(2), value_left=D("4.99"))
    assert ask([line], {"item_id": 1, "amount": D("4.99")})[0].subtotal == D("4.99")
    with pytest.raises(Invalid) as refused:
        ask([line], {"item_id": 1, "amount": D("5.00")})
    assert refused.value.errors == [{"field": "items[0].amount", "message": "de esa línea quedan USD 4.99"}]


class Ledger:
    """Una factura al azar con sus notas vigentes, como las guardaría la base."""

    def __init__(self, seed):
        self.random = Random(seed)
        self.lines = [self.line(number) for number in range(1, self.random.randint(2, 6))]
        sums = totals((line.iva_rate, line.subtotal, ZERO) for line in self.lines)
        self.taxes, self.notes = {tax.iva_rate: tax for tax in sums.taxes}, []

    def line(self, number):
        quantity = D(self.random.choice([self.random.randint(1, 12000), 1000, 3000])) / 1000
        price = D(self.random.randint(1, 9999)) / 100
        discount = cents_around(quantity * price * self.random.choice([0, 0, 1, 3, 9, 10]) / 10)[0]
        return sold(quantity, price, discount, self.random.choice([0, 15, 15]), number)

    def left(self):
        """Las líneas con lo que les queda."""
        found = []
        for line in self.lines:
            mine = [c for credits, _ in self.notes for c in credits if c.sold.item_id == line.item_id]
            quantity = line.quantity_left - sum(c.returned_quantity for c in mine)
            value = line.value_left - sum(c.subtotal for c in mine)
            assert quantity >= 0 and value >= 0  # noqa: PT018 -- nunca se devuelve más de lo vendido
            found.append(replace(line, quantity_left=quantity, value_left=value))
        return found

    def left_taxes(self):
        found = {}
        for rate, tax in self.taxes.items():
            mine = [t for _, taxes in self.notes for t in taxes if t.iva_rate == rate]
            base, iva = sum((t.base for t in mine), ZERO), sum((t.iva for t in mine), ZERO)
            found[rate] = SoldTax(rate, tax.base, tax.iva, base, iva)
        return found

    def issue(self, credits):
        """Emite una nota y comprueba lo que la base exige de ella."""
        taxes = credit_notes_lines.taxes(credits, self.left_taxes())
        for c in credits:
            # Como la cuenta el SRI: el descuento, antes de redondear.
            assert c.subtotal == round_cents(c.quantity * c.unit_price - c.discount)
            assert min(c.unit_price, c.discount, c.subtotal) >= 0 < c.quantity
        for tax in taxes:
            assert abs(tax.iva - tax.base * tax.iva_rate / 100) < CENT
        self.notes.append((credits, taxes))
        for tax in self.left_taxes().values():
            assert 0 <= tax.credited_base <= tax.base
            assert 0 <= tax.credited_iva <= tax.iva

    def must_deviate(self, tax):
        """Si el IVA exacto de la última nota haría imposible completar la factura al centavo."""
        left = self.left_taxes()[tax.iva_rate]
        exact = round_cents(tax.base * tax.iva_rate / 100)
        iva_left = left.iva - left.credited_iva + tax.iva - exact
        base_left = left.base - left.credited_base
        return iva_left != 0 if base_left == 0 else abs(iva_left - base_left * tax.iva_rate / 100) >= CENT

    def some(self):
        """Una o varias líneas, cada una en parte, rebajada o entera."""
        pending = [line for line in self.left() if line.value_left and line.quantity_left]
        chosen = self.random.sample(pending, self.random.randint(0, min(2, len(pending))))
        return [self.part(line) for line in chosen]

    def part(self, line):
        if self.random.random() < 0.4:
            return credit_notes_lines.lowered(
                line, D(self.random.randint(1, int(line.value_left * 100))) / 100
            )
        return credit_notes_lines.returned(
            line, D(self.random.randint(1, int(line.quantity_left * 1000))) / 1000
        )

    def is_complete(self):
        return all((t.base, t.iva) == (t.credited_base, t.credited_iva) for t in self.left_taxes().values())


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_any_sequence_of_notes_ends_exactly_at_the_invoice(first):
    for seed in range(first, first + 50):
        ledger = Ledger(seed)
        for _ in range(ledger.random.randint(0, 8)):
            if some := ledger.some():
                ledger.issue(some)
        if rest := credit_notes_lines.all_left(ledger.left()):
            ledger.issue(rest)
        assert ledger.is_complete(), seed
        assert all(line.value_left == 0 for line in ledger.left()), seed


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_annulling_notes_in_any_order_never_lets_them_pass_the_invoice(first):
    for seed in range(first, first + 50):
        ledger = Ledger(seed)
        for _ in range(20):
            if ledger.notes and ledger.random.random() < 0.4:
                ledger.notes.pop(ledger.random.randrange(len(ledger.notes)))
            elif some := ledger.some():
                try_to_issue(ledger, some)
        try_to_issue(ledger, credit_notes_lines.all_left(ledger.left()))
        # Pase lo que pase, anularlas todas deja la factura como estaba.
        ledger.notes.clear()
        ledger.issue(credit_notes_lines.all_left(ledger.left()))
        assert ledger.is_complete(), seed


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_a_note_deviates_from_its_exact_iva_only_if_the_rest_could_not_be_completed(first):
    for seed in range(first, first + 50):
        ledger = Ledger(seed)
        for _ in range(12):
            if not (some := ledger.some()):
                continue
            ledger.issue(some)
            for tax in ledger.notes[-1][1]:
                is_exact = tax.iva == round_cents(tax.base * tax.iva_rate / 100)
                assert is_exact != ledger.must_deviate(tax), seed


def ivas_of(base, iva, *bases):
    """El IVA de cada una de esas notas seguidas sobre una factura al 15 %."""
    ivas, credited = [], ZERO
    for value in map(D, bases):
        left = {15: SoldTax(15, D(base), D(iva), credited, sum(ivas, ZERO))}
        (tax,) = credit_notes_lines.taxes([credit_notes_lines.lowered(sold(1, base), value)], left)
        ivas, credited = [*ivas, tax.iva], credited + value
    return [str(iva) for iva in ivas]


def test_each_of_two_equal_rebates_carries_the_exact_iva():
    assert ivas_of("20.00", "3.00", "0.37", "0.37") == ["0.06", "0.06"]


def test_returned_one_by_one_only_the_last_takes_the_other_cent():
    assert ivas_of("3.30", "0.50", "1.10", "1.10", "1.10") == ["0.17", "0.17", "0.16"]


def test_notes_too_small_to_carry_iva_still_add_up_to_the_invoice():
    ivas = ivas_of("0.30", "0.05", *["0.03"] * 10)
    assert (set(ivas), sum(map(D, ivas))) == ({"0.00", "0.01"}, D("0.05"))


def test_what_is_worth_nothing_is_not_discounted_above_its_value_before_rounding():
    # 1,5 × 99,99 = 149,985, ya rebajada entera: un descuento de 149,99 pasaría de lo que vale.
    worthless = replace(sold("1.5", "99.99"), value_left=ZERO)
    assert figures(credit_notes_lines.returned(worthless, D("1.5"))) == (D("1.5"), 0, 0, 0)
    # Si cabe, conserva su precio.
    fits = replace(sold(2, "10.00"), value_left=ZERO)
    assert figures(credit_notes_lines.returned(fits, D(2))) == (2, 10, 20, 0)


def try_to_issue(ledger, credits):
    """Emite la nota; solo se niega, y lo dice, por el redondeo que dejó una anulada."""
    try:
        ledger.issue(credits)
    except Invalid as refused:
        if refused.errors != [{"field": "items", "message": credit_notes_lines.SPLIT}]:
            raise


def test_the_rounding_left_by_an_annulled_note_is_absorbed_in_two_parts():
    def iva_of(base, credited_base, credited_iva):
        left = {15: SoldTax(15, D("1.89"), D("0.28"), D(credited_base), D(credited_iva))}
        return credit_notes_lines.taxes([credit_notes_lines.lowered(sold(1, "1.89"), D(base))], left)[0].iva

    # De una factura de 1,89 queda viva la segunda nota, 0,55 con 0,09 de IVA; su 15 % es 0,0825.
    with pytest.raises(Invalid):
        iva_of("1.34", "0.55", "0.09")
    assert iva_of("0.45", "0.55", "0.09") == D("0.06")
    assert iva_of("0.89", "1.00", "0.15") == D("0.13")
