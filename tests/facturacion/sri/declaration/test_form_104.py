"""El formulario 104: cada venta va a su casilla y lo neto suma lo que dicen los documentos."""

from datetime import date
from decimal import Decimal

from facturacion_service.sri.declaration.form_104 import RateTotal, fill, rates_in_force
from facturacion_service.sri.xml.codes import IVA_CODES

DAY = date(2026, 11, 23)


def total(rate, base, iva, on=DAY):
    return RateTotal(rate, on, Decimal(base), Decimal(iva))


def boxes(sales=(), credits=()):
    """Las casillas que no son cero."""
    return {box.box: str(box.value) for box in fill(sales, credits) if box.value}


def test_a_month_without_sales_has_every_box_in_zero():
    found = fill([], [])
    assert {str(box.value) for box in found} == {"0.00"}
    order = [401, 411, 421, 423, 424, 403, 413, 405, 415, 409, 419, 429, 431, 441]
    assert [int(box.box) for box in found] == order


def test_every_box_says_what_it_is_and_no_two_say_the_same():
    found = fill([], [])
    assert len({box.description for box in found}) == len(found)
    assert found[2].description == (
        "Ventas locales (excluye activos fijos) gravadas tarifa diferente de cero: impuesto generado"
    )


def test_a_health_service_goes_to_the_zero_rated_sales_without_credit():
    found = boxes([total(0, "40.70", "0.00")])
    assert found == dict.fromkeys(("403", "413", "409", "419"), "40.70")


def test_a_taxed_sale_goes_to_the_taxed_boxes_with_its_own_iva():
    # Lo que dicen los documentos, y no 15 % de la suma: 3.30 × 15 % sería 0.50.
    sales = [total(15, "1.10", "0.17")] * 3
    assert boxes(sales) == {
        "401": "3.30",
        "411": "3.30",
        "421": "0.51",
        "409": "3.30",
        "419": "3.30",
        "429": "0.51",
    }


def test_a_credit_note_lowers_the_net_and_not_the_gross():
    sales = [total(15, "100.00", "15.00"), total(0, "50.00", "0.00")]
    credits = [total(15, "40.00", "6.00"), total(0, "50.00", "0.00")]
    assert boxes(sales, credits) == {
        "401": "100.00",
        "411": "60.00",
        "421": "9.00",
        "403": "50.00",
        "409": "150.00",
        "419": "60.00",
        "429": "9.00",
    }


def test_more_credit_notes_than_sales_leave_a_negative_net():
    found = boxes(credits=[total(15, "40.00", "6.00")])
    assert (found["411"], found["421"], found["429"]) == ("-40.00", "-6.00", "-6.00")


def test_a_note_at_a_lower_rate_than_the_one_in_force_leaves_iva_to_pay():
    may = date(2024, 5, 2)
    found = boxes([total(15, "500.00", "75.00", may)], [total(12, "100.00", "12.00", may)])
    assert (found["421"], found["423"], found["429"]) == ("60.00", "3.00", "63.00")
    assert "424" not in found


def test_a_note_at_a_higher_rate_than_the_one_in_force_leaves_iva_in_favour():
    june = date(2017, 6, 2)
    found = boxes([total(12, "500.00", "60.00", june)], [total(14, "100.00", "14.00", june)])
    assert (found["421"], found["424"], found["429"]) == ("48.00", "2.00", "46.00")
    assert "423" not in found


def test_a_rate_that_was_not_in_force_is_still_taxed():
    found = boxes([total(15, "10.00", "1.50", date(2020, 1, 1))])
    assert (found["401"], found["421"]) == ("10.00", "1.50")


def test_each_day_has_one_general_rate_besides_zero():
    periods = [period for iva in IVA_CODES.values() for period in iva.periods]
    changes = [day for period in periods for day in (period.valid_from, period.valid_to) if day]
    days = [date(1900, 1, 1), DAY, *changes]
    assert {len(rates_in_force(day)) for day in days} == {2}
    assert rates_in_force(DAY) == (0, 15)
