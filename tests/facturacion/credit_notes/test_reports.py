"""Las notas de crédito en los resultados: restan el día de la nota, en el mismo grupo que su factura."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from common.database import transaction
from common.rules import recipes
from common.tables.sri_settings import SriSettings
from common.utils import clock_at
from tests import factories
from tests.facturacion.credit_notes.credited import annul, annulled, billed, credit, credited

GUAYAQUIL = ZoneInfo("America/Guayaquil")
GROUPS = ("treatment", "doctor", "category", "month", "day")
YEAR = "date_from=2026-01-01&date_to=2026-12-31"
MAY = "date_from=2026-05-01&date_to=2026-05-31"
JUNE = "date_from=2026-06-01&date_to=2026-06-30"


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


def at(month, day, hour=10):
    return clock_at(datetime(2026, month, day, hour, tzinfo=GUAYAQUIL))


def metrics(client, query=YEAR):
    return client.get(f"/reports/dashboard?{query}").json["data"]["metrics"]


def report(client, group_by, query=YEAR):
    return client.get(f"/reports/profit?group_by={group_by}&{query}").json["data"]


def grouped(client, group_by, *figures, query=YEAR):
    groups = report(client, group_by, query)["groups"]
    return {group["label"]: tuple(group[figure] for figure in figures) for group in groups}


def totals(client, query=YEAR):
    return client.get(f"/invoices/totals?{query}").json["data"]["totals"]


def test_a_note_lowers_the_income_of_its_own_day_and_not_of_its_invoice(accountant):
    with at(5, 20):
        invoice = billed(accountant, {"description": "Crema", "unit_price": 100, "iva_rate": 15})
    with at(6, 3):
        credited(accountant, invoice, {"line": 0, "amount": 40})
    figures = ("total_income", "total_invoiced", "iva_collected", "credited_amount", "invoice_count")
    assert [metrics(accountant, MAY)[key] for key in figures] == [100, 115, 15, 0, 1]
    assert [metrics(accountant, JUNE)[key] for key in figures] == [-40, -46, -6, 40, 0]
    assert [metrics(accountant)[key] for key in figures] == [60, 69, 9, 40, 1]
    found = metrics(accountant, JUNE)
    assert (found["average_ticket"], found["profit"], found["profit_margin"]) == (0, -40, 0)
    assert {p["period"]: p["income"] for p in found["series"] if p["income"]} == {"2026-06-03": -40}
    assert metrics(accountant)["average_ticket"] == 60


def test_the_change_compares_what_was_left_after_the_notes(accountant):
    with at(5, 20):
        invoice = billed(accountant, {"description": "Crema", "unit_price": 100})
        credited(accountant, invoice, {"line": 0, "amount": 20})
    with at(6, 20):
        billed(accountant, {"description": "Crema", "unit_price": 100})
    found = metrics(accountant, "date_from=2026-06-01&date_to=2026-06-30")
    assert found["previous"]["total_income"] == 80
    assert (found["change"]["total_income"], found["change"]["credited_amount"]) == (25, -100)


def test_an_annulled_note_no_longer_lowers_anything(accountant):
    with at(5, 20):
        invoice = billed(accountant, {"description": "Crema", "unit_price": 100, "iva_rate": 15})
        annulled(accountant, credited(accountant, invoice))
    found = metrics(accountant)
    assert (found["total_income"], found["iva_collected"], found["credited_amount"]) == (100, 15, 0)
    assert totals(accountant)["credited"]["credit_note_count"] == 0


def test_a_returned_treatment_was_not_sold(accountant):
    cleaning = factories.treatment(name="Limpieza", category="Dental")
    lines = [{"treatment_id": cleaning, "quantity": 3, "unit_price": 40, "discount": 12}]
    with at(5, 20):
        invoice = billed(accountant, *lines)
        credited(accountant, invoice, {"line": 0, "quantity": 1})
        # Una rebaja no devuelve ninguna vez: solo dinero.
        credited(accountant, invoice, {"line": 0, "amount": 6})
    found = metrics(accountant)
    assert (found["treatments_sold"], found["total_income"]) == (2, 66)
    (top,) = found["top_treatments"]
    assert (top["name"], top["quantity"], top["income"]) == ("Limpieza", 2, 66)
    assert grouped(accountant, "treatment", "income", "treatments_sold", "invoice_count") == {
        "Limpieza": (66, 2, 1)
    }
    with at(5, 21):
        credited(accountant, invoice)
    assert metrics(accountant)["top_treatments"] == []
    assert metrics(accountant, "date_from=2026-05-21&date_to=2026-05-21")["top_treatments"] == []


def test_a_note_belongs_to_the_doctor_and_the_category_of_what_it_returns(accountant):
    cream = factories.product(10, cost_price="3.00", category="Cremas")
    vela = factories.doctor(full_name="Dra. Vela")
    visit = factories.appointment(doctor_id=vela, treatments={factories.treatment(category="Dental"): 1})
    lines = [
        {"description": "Consulta", "unit_price": 30},
        {"product_id": cream, "quantity": 2, "unit_price": 10, "iva_rate": 0},
    ]
    with at(5, 20):
        invoice = billed(accountant, *lines, appointment_id=visit)
        credited(accountant, invoice, {"line": 1, "quantity": 1})
    doctors = metrics(accountant)["income_by_doctor"]
    assert [(d["doctor_name"], d["invoice_count"], d["income"]) for d in doctors] == [("Dra. Vela", 1, 40)]
    assert grouped(accountant, "doctor", "income", "cost_of_goods", "profit") == {"Dra. Vela": (40, 3, 37)}
    assert grouped(accountant, "category", "income", "cost_of_goods") == {
        "Cremas": (10, 3),
        "Sin asignar": (30, 0),
    }


def test_the_totals_keep_what_was_billed_and_tell_apart_what_was_credited(accountant):
    with at(5, 20):
        invoice = billed(
            accountant,
            {"description": "Consulta", "unit_price": 30},
            {"description": "Crema", "unit_price": 100, "iva_rate": 15},
        )
    with at(6, 3):
        credited(accountant, invoice, {"line": 0}, {"line": 1, "amount": 40})
    found = totals(accountant)
    assert (found["subtotal"], found["iva_amount"], found["total_amount"]) == (130, 15, 145)
    assert found["by_payment_method"][0]["total_amount"] == 145
    assert found["credited"] == {
        "credit_note_count": 1,
        "subtotal": 70,
        "iva_amount": 6,
        "total_amount": 76,
        "by_iva_rate": [{"iva_rate": 0, "base": 30, "iva": 0}, {"iva_rate": 15, "base": 40, "iva": 6}],
    }
    assert found["net"] == {"subtotal": 60, "iva_amount": 9, "total_amount": 69}
    june = totals(accountant, JUNE)
    assert (june["invoice_count"], june["net"]["total_amount"]) == (0, -76)


def owed(client):
    return client.get("/reports/receivables").json["data"]["total"]


def test_trials_count_until_the_clinic_bills_for_real(accountant):
    factories.sri_settings()
    cream = factories.product(10, cost_price="3.00", iva_rate=0)
    items = [{"product_id": cream, "quantity": 2, "unit_price": 10}]
    trial = billed(accountant, *items)
    credited(accountant, trial, {"line": 0, "quantity": 1})
    period = f"date_from={trial['issue_date']}&date_to={trial['issue_date']}"

    def figures():
        found, sums = metrics(accountant, period), totals(accountant, period)
        keys = ("total_income", "credited_amount", "cost_of_goods", "profit", "invoice_count")
        counted = (sums["invoice_count"], sums["credited"]["credit_note_count"], len(sums["by_status"]))
        return tuple(found[key] for key in keys), counted, owed(accountant)

    assert figures() == ((10, 10, 3, 7, 1), (1, 1, 1), 10)
    with transaction() as db:
        db.execute(update(SriSettings).values(environment="PRODUCCION"))
    assert figures() == ((0, 0, 0, 0, 0), (0, 0, 0), 0)
    for group_by in GROUPS:
        assert report(accountant, group_by, period)["groups"] == []
    billed(accountant, *items)
    assert figures() == ((20, 0, 6, 14, 1), (1, 0, 1), 20)


class RandomClinic:
    """Unos meses de visitas, ventas, notas de crédito y anulaciones, siempre los mismos por semilla."""

    def __init__(self, client, seed):
        self.random, self.client = Random(seed), client
        self.patient, self.next_start = factories.patient(), datetime(2026, 3, 1, tzinfo=GUAYAQUIL)
        self.doctors = [factories.doctor() for _ in range(2)]
        self.products = [self.product() for _ in range(3)]
        self.treatments = [self.treatment() for _ in range(3)]
        self.invoices, self.notes = [], []

    def cents(self, most):
        return Decimal(self.random.randint(1, most * 100)) / 100

    def quantity(self):
        return Decimal(self.random.randint(1, 3000)) / 1000

    def category(self):
        return self.random.choice([None, "Cremas", "Estética"])

    def product(self):
        return factories.product(5000, cost_price=self.cents(5), category=self.category())

    def treatment(self):
        recipe = {product: self.quantity() for product in self.random.sample(self.products, 2)}
        rate = self.random.choice([0, 15])
        return factories.treatment(recipe, base_price=self.cents(90), category=self.category(), iva_rate=rate)

    def live(self, events):
        for _ in range(events):
            day = date(2026, 3, 1) + timedelta(days=self.random.randint(0, 91))
            with clock_at(
                datetime(day.year, day.month, day.day, self.random.randint(0, 23), tzinfo=GUAYAQUIL)
            ):
                self.random.choice(
                    [self.visit, self.sale, self.credit, self.credit, self.credit, self.annul]
                )()

    def visit(self):
        self.next_start += timedelta(hours=1)
        visit = factories.appointment(
            doctor_id=self.random.choice(self.doctors),
            start_time=self.next_start,
            treatments={self.random.choice(self.treatments): self.quantity()},
            extras={self.random.choice(self.products): self.quantity()},
        )
        with transaction() as db:
            recipes.consume(db, visit, user_id=factories.user())
        self.invoices.append(billed(self.client, appointment_id=visit))

    def sale(self):
        items = [
            {"product_id": self.random.choice(self.products), "quantity": 1.125},
            {"description": "Otro", "unit_price": 3.35, "discount": 0.1, "iva_rate": 15},
            {"treatment_id": self.random.choice(self.treatments), "quantity": 2},
        ]
        self.invoices.append(billed(self.client, *items, patient_id=self.patient))

    def credit(self):
        if not self.invoices:
            return
        invoice = self.random.choice(self.invoices)
        line = {"line": self.random.randrange(len(invoice["items"]))}
        kinds = [{"quantity": 0.001}, {"quantity": 0.4}, {"amount": 1.01}, {"amount": 0.03}, {}]
        chosen = [] if self.random.random() < 0.3 else [{**line, **self.random.choice(kinds)}]
        answer = credit(self.client, invoice, *chosen, restock=self.random.random() < 0.8)
        assert answer.status_code in (201, 422), answer.json
        if answer.status_code == 201:
            self.notes.append(answer.json["data"]["credit_note"])

    def annul(self):
        if self.notes:
            assert annul(self.client, self.random.choice(self.notes)).status_code in (200, 409)


@pytest.mark.parametrize("seed", range(6))
def test_every_grouping_of_any_clinic_with_notes_adds_up_to_the_dashboard(accountant, seed):
    clinic = RandomClinic(accountant, seed)
    clinic.live(events=45)
    assert clinic.notes
    for query in ("date_from=2026-03-01&date_to=2026-05-31", "date_from=2026-03-20&date_to=2026-04-11"):
        found = metrics(accountant, query)
        for group_by in GROUPS:
            groups = report(accountant, group_by, query)
            for key in ("total_income", "cost_of_goods", "total_expenses", "profit", "profit_margin"):
                assert groups["totals"][key] == found[key]
            for key in ("profit", "treatments_sold"):
                assert summed(groups["groups"], key) == found[key]
        assert summed(found["income_by_doctor"], "income") == found["total_income"]
        assert summed(found["series"], "income") == found["total_income"]
        assert totals(accountant, query)["net"] == {
            "subtotal": found["total_income"],
            "iva_amount": found["iva_collected"],
            "total_amount": found["total_invoiced"],
        }


def summed(rows, figure):
    return pytest.approx(sum(row[figure] for row in rows), abs=0.001)
