"""Rentabilidad: cada línea, costo y gasto está en un grupo y en uno solo, y los grupos suman el tablero."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete

from common.database import transaction
from common.rules import recipes
from common.tables.inventario import TreatmentRecipe
from common.utils import clock_at
from tests import factories

GUAYAQUIL = ZoneInfo("America/Guayaquil")
GROUPS = ("treatment", "doctor", "category", "month", "day")
TOTALS = ("total_income", "cost_of_goods", "total_expenses", "profit", "profit_margin")
PERIOD = "date_from=2026-01-01&date_to=2026-12-31"


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


def report(client, group_by, query=PERIOD):
    response = client.get(f"/reports/profit?group_by={group_by}&{query}")
    assert response.status_code == 200, response.json
    return response.json["data"]


def grouped(client, group_by, *figures):
    """Etiqueta → sus cifras."""
    groups = report(client, group_by)["groups"]
    return {group["label"]: tuple(group[figure] for figure in figures) for group in groups}


def consume(visit):
    with transaction() as db:
        recipes.consume(db, visit, user_id=factories.user())


def at(month, day, hour=10):
    return clock_at(datetime(2026, month, day, hour, 30, tzinfo=GUAYAQUIL))


def bill(client, **values):
    response = client.post("/invoices", {"status": "ISSUED", **values})
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]["invoice_id"]


def test_an_empty_clinic_has_no_groups(accountant):
    found = report(accountant, "doctor")
    assert (found["groups"], found["totals"]["profit"]) == ([], 0)


def test_a_shared_supply_is_split_by_recipe_and_the_cent_left_goes_to_who_used_most(accountant):
    gauze = factories.product(100, cost_price="0.11")
    small = factories.treatment({gauze: 1}, name="Curación")
    big = factories.treatment({gauze: 2}, name="Cirugía")
    visit = factories.appointment(treatments={small: 3, big: 2}, extras={gauze: "0.5"})
    with at(5, 1):
        consume(visit)
    # 7,5 gasas a 0,11 son 0,83: 0,332 para tres, 0,4426 para cuatro, 0,0553 para media.
    assert grouped(accountant, "treatment", "cost_of_goods") == {
        "Curación": (0.33,),
        "Cirugía": (0.45,),
        "Sin asignar": (0.05,),
    }


def test_each_treatment_earns_its_lines_and_the_rest_is_nobodys(accountant):
    cream = factories.product(10, cost_price="3.00", category="Cremas")
    cleaning = factories.treatment(name="Limpieza", category="Estética")
    items = [
        {"treatment_id": cleaning, "quantity": 2, "unit_price": 40, "discount": 5},
        {"product_id": cream, "unit_price": 10},
        {"description": "Certificado", "unit_price": 7},
    ]
    with at(5, 1):
        bill(accountant, patient_id=factories.patient(), items=items)
    figures = ("income", "cost_of_goods", "profit", "treatments_sold", "invoice_count")
    assert grouped(accountant, "treatment", *figures) == {
        "Limpieza": (75, 0, 75, 2, 1),
        "Sin asignar": (17, 3, 14, 0, 1),
    }
    assert grouped(accountant, "category", *figures[:3]) == {
        "Estética": (75, 0, 75),
        "Cremas": (10, 3, 7),
        "Sin asignar": (7, 0, 7),
    }


def test_the_visit_belongs_to_its_doctor(accountant):
    gauze = factories.product(10, cost_price="1.00")
    vela = factories.doctor(full_name="Dra. Vela")
    visit = factories.appointment(doctor_id=vela, treatments={factories.treatment({gauze: 2}): 1})
    with at(5, 1):
        consume(visit)
        bill(accountant, appointment_id=visit)
        bill(accountant, patient_id=factories.patient(), items=[{"product_id": gauze, "unit_price": 4}])
    figures = ("key", "income", "cost_of_goods")
    assert grouped(accountant, "doctor", *figures) == {
        "Dra. Vela": (vela, 30, 2),
        "Sin asignar": (None, 4, 1),
    }


def test_an_expense_belongs_to_its_day_and_to_nobody(accountant):
    with at(5, 1):
        expense = {"description": "Luz", "category": "Servicios", "amount": 12.5}
        accountant.post("/expenses", {**expense, "expense_date": "2026-03-02"})
    assert grouped(accountant, "month", "expenses", "profit") == {"2026-03": (12.5, -12.5)}
    assert grouped(accountant, "day", "expenses") == {"2026-03-02": (12.5,)}
    for group_by in ("treatment", "doctor", "category"):
        assert grouped(accountant, group_by, "key", "expenses") == {"Sin asignar": (None, 12.5)}


def test_a_cost_belongs_to_the_clinic_day_it_left(accountant):
    product = factories.product(10, cost_price="1.00")
    with at(3, 31, hour=23):
        consume(factories.appointment(extras={product: 2}))
    assert grouped(accountant, "month", "cost_of_goods") == {"2026-03": (2,)}


def test_the_cost_of_a_recipe_that_no_longer_exists_is_nobodys(accountant):
    gauze = factories.product(10, cost_price="1.00", category="Insumos")
    visit = factories.appointment(treatments={factories.treatment({gauze: 2}): 1})
    with at(5, 1):
        consume(visit)
    with transaction() as db:
        db.execute(delete(TreatmentRecipe))
    assert grouped(accountant, "treatment", "cost_of_goods") == {"Sin asignar": (2,)}
    assert grouped(accountant, "category", "cost_of_goods") == {"Insumos": (2,)}


def test_the_most_profitable_comes_first_and_nobody_last(accountant):
    lines = [{"treatment_id": factories.treatment(name=name)} for name in ("Poco", "Mucho")]
    items = [{**lines[0], "unit_price": 10}, {**lines[1], "unit_price": 90}]
    with at(5, 1):
        other = {"description": "Otro", "unit_price": 500}
        bill(accountant, patient_id=factories.patient(), items=[*items, other])
    labels = [group["label"] for group in report(accountant, "treatment")["groups"]]
    assert labels == ["Mucho", "Poco", "Sin asignar"]


class RandomClinic:
    """Una clínica de unos meses hecha al azar, siempre la misma para cada semilla."""

    def __init__(self, client, seed):
        self.random, self.client = Random(seed), client
        self.patient, self.next_start = factories.patient(), datetime(2026, 3, 1, tzinfo=GUAYAQUIL)
        self.doctors = [factories.doctor() for _ in range(2)]
        self.products = [self.product() for _ in range(4)]
        self.treatments = [self.treatment() for _ in range(4)]

    def cents(self, most):
        return Decimal(self.random.randint(1, most * 100)) / 100

    def quantity(self):
        return Decimal(self.random.randint(1, 3000)) / 1000

    def some(self, things):
        return {thing: self.quantity() for thing in self.random.sample(things, self.random.randint(0, 3))}

    def category(self):
        return self.random.choice([None, "Cremas", "Estética"])

    def product(self):
        return factories.product(5000, cost_price=self.cents(5), category=self.category())

    def treatment(self):
        price = self.cents(90)
        return factories.treatment(self.some(self.products), base_price=price, category=self.category())

    def live(self, events):
        for _ in range(events):
            day = date(2026, 3, 1) + timedelta(days=self.random.randint(0, 91))
            with clock_at(
                datetime(day.year, day.month, day.day, self.random.randint(0, 23), tzinfo=GUAYAQUIL)
            ):
                self.random.choice([self.visit, self.visit, self.sale, self.expense])()

    def visit(self):
        lines = {"treatments": self.some(self.treatments), "extras": self.some(self.products)}
        self.next_start += timedelta(hours=1)
        who = self.random.choice(self.doctors)
        visit = factories.appointment(doctor_id=who, start_time=self.next_start, **lines)
        consume(visit)
        if lines["treatments"] and self.random.random() < 0.8:
            self.maybe_annul(bill(self.client, appointment_id=visit))

    def sale(self):
        items = [{"product_id": self.random.choice(self.products), "quantity": 1.125}]
        items += [{"description": "Otro", "unit_price": 3.35, "discount": 0.1}]
        items += [{"treatment_id": self.random.choice(self.treatments)}]
        self.maybe_annul(bill(self.client, patient_id=self.patient, items=items))

    def maybe_annul(self, invoice):
        if self.random.random() < 0.3:
            path = f"/invoices/{invoice}/status"
            self.client.patch(path, {"status": "ANNULLED", "reason": "Error"})

    def expense(self):
        amount = self.random.randint(1, 9999) / 100
        self.client.post("/expenses", {"description": "Luz", "category": "Luz", "amount": amount})


@pytest.mark.parametrize("seed", range(5))
def test_every_grouping_of_any_clinic_adds_up_to_the_dashboard(accountant, seed):
    clinic = RandomClinic(accountant, seed)
    clinic.live(events=25)
    for query in ("date_from=2026-03-01&date_to=2026-05-31", "date_from=2026-03-20&date_to=2026-04-11"):
        metrics = accountant.get(f"/reports/dashboard?{query}").json["data"]["metrics"]
        for group_by in GROUPS:
            found = report(accountant, group_by, query)
            assert {key: found["totals"][key] for key in TOTALS} == {key: metrics[key] for key in TOTALS}
            assert summed(found["groups"], "profit") == metrics["profit"]
            assert summed(found["groups"], "treatments_sold") == metrics["treatments_sold"]


def summed(groups, figure):
    return pytest.approx(sum(group[figure] for group in groups), abs=0.001)


@pytest.mark.parametrize("query", ["group_by=product", "group_by=", "date_from=ayer", "by=day"])
def test_a_malformed_query_is_refused(accountant, query):
    assert accountant.get(f"/reports/profit?{query}").status_code == 422


@pytest.mark.parametrize(("role", "status"), [("Contador", 200), ("Recepcion", 403), (None, 401)])
def test_only_who_may_see_results_sees_what_each_one_leaves(api, role, status):
    assert api("facturacion", role=role).get("/reports/profit").status_code == status
