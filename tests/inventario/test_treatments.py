"""Tratamientos: altas, recetas de insumos, costo, margen y existencia."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from common.database import reading
from common.tables.inventario import TreatmentRecipe
from scripts.trials.at_once import at_once
from tests import factories


@pytest.fixture
def bodega(api):
    return api("inventario", role="Bodega")


def errors_of(response):
    assert response.status_code == 422
    return {error["field"]: error["message"] for error in response.json["errors"]}


def stored_recipe(treatment_id):
    with reading() as db:
        lines = select(TreatmentRecipe.product_id, TreatmentRecipe.quantity_needed)
        rows = db.execute(lines.where(TreatmentRecipe.treatment_id == treatment_id))
        return {row.product_id: row.quantity_needed for row in rows}


def test_a_treatment_starts_with_the_usual_values_and_an_empty_recipe(bodega):
    created = bodega.post("/treatments", {"name": "Limpieza dental", "base_price": 35})
    assert created.status_code == 201
    treatment = created.json["data"]["treatment"]
    assert created.headers["Location"] == f"/api/inventario/treatments/{treatment['treatment_id']}"
    assert (treatment["iva_rate"], treatment["duration_minutes"], treatment["is_active"]) == (0, 30, True)
    assert (treatment["recipe"], treatment["cost"], treatment["margin"]) == ([], 0, 35)


def test_every_problem_of_a_treatment_is_listed(bodega):
    body = {"base_price": "35", "iva_rate": 5, "duration_minutes": 4, "category": "", "cost": 1}
    assert set(errors_of(bodega.post("/treatments", body))) == {*body, "name"}


def test_a_repeated_name_is_refused_whatever_its_case(bodega):
    factories.treatment(name="Limpieza dental")
    other = factories.treatment()
    for refused in (
        bodega.post("/treatments", {"name": "LIMPIEZA dental", "base_price": 1}),
        bodega.put(f"/treatments/{other}", {"name": "limpieza Dental"}),
    ):
        assert (refused.status_code, refused.json["code"]) == (409, "tratamiento_duplicado")


def test_a_change_touches_only_the_keys_sent(bodega):
    treatment_id = factories.treatment(name="Limpieza", category="Dental", description="Con flúor")
    body = {"base_price": 40.5, "description": None}
    treatment = bodega.put(f"/treatments/{treatment_id}", body).json["data"]["treatment"]
    assert (treatment["base_price"], treatment["description"]) == (40.5, None)
    assert (treatment["name"], treatment["category"]) == ("Limpieza", "Dental")
    assert errors_of(bodega.put(f"/treatments/{treatment_id}", {"name": None}))


def test_what_does_not_exist_is_404(bodega):
    product_id = factories.product()
    ingredient = {"product_id": product_id, "quantity_needed": 1}
    assert bodega.get("/treatments/99").status_code == 404
    assert bodega.put("/treatments/99", {"base_price": 1}).status_code == 404
    assert bodega.get("/treatments/99/recipe").status_code == 404
    assert bodega.post("/treatments/99/recipe", ingredient).status_code == 404
    assert bodega.delete(f"/treatments/99/recipe/{product_id}").status_code == 404
    assert bodega.get("/treatments/99/check-stock").status_code == 404


def test_the_list_filters_by_words_category_and_activity(bodega):
    cleaning = factories.treatment(name="Profilaxis básica", category="Dental")
    laser = factories.treatment(name="Láser básico", category="Estética", is_active=False)

    def ids(query):
        answer = bodega.get("/treatments", query_string=query)
        return [row["treatment_id"] for row in answer.json["data"]["treatments"]]

    assert ids({}) == [laser, cleaning]
    assert ids({"search": "BASICA profilaxis"}) == [cleaning]
    assert ids({"search": "_"}) == []
    assert ids({"category": "Estética"}) == [laser]
    assert ids({"is_active": "true"}) == [cleaning]


def test_categories_are_those_of_the_active_treatments_once_each(bodega):
    for category in ("Estética", "Dental", "Dental", None):
        factories.treatment(category=category)
    factories.treatment(category="Antigua", is_active=False)
    assert bodega.get("/treatments/categories").json["data"] == {"categories": ["Dental", "Estética"]}


def test_an_ingredient_is_added_once_and_then_replaced(bodega):
    treatment_id, product_id = factories.treatment(), factories.product(3, name="Gasa", unit="par")
    path = f"/treatments/{treatment_id}/recipe"
    added = bodega.post(path, {"product_id": product_id, "quantity_needed": 2})
    assert (added.status_code, added.headers["Location"]) == (201, f"/api/inventario{path}")
    replaced = bodega.post(path, {"product_id": product_id, "quantity_needed": 0.125})
    assert replaced.status_code == 200
    ingredient = replaced.json["data"]["ingredient"]
    assert (ingredient["product_name"], ingredient["unit"]) == ("Gasa", "par")
    assert (ingredient["quantity_needed"], ingredient["stock_quantity"]) == (0.125, 3)
    assert stored_recipe(treatment_id) == {product_id: Decimal("0.125")}


def test_an_ingredient_must_be_an_active_product_in_a_positive_quantity(bodega):
    path = f"/treatments/{factories.treatment()}/recipe"
    inactive = factories.product(is_active=False)
    for product_id in (99, inactive):
        refused = bodega.post(path, {"product_id": product_id, "quantity_needed": 1})
        assert errors_of(refused) == {"product_id": "no existe o está inactivo"}
    for quantity in (0, -1, 0.0001, "1"):
        refused = bodega.post(path, {"product_id": inactive, "quantity_needed": quantity})
        assert set(errors_of(refused)) == {"quantity_needed"}


def test_an_ingredient_is_removed(bodega):
    kept, removed = factories.product(), factories.product()
    treatment_id = factories.treatment({kept: 1, removed: 1})
    answer = bodega.delete(f"/treatments/{treatment_id}/recipe/{removed}")
    assert (answer.status_code, answer.json["message"]) == (200, "El insumo se quitó de la receta.")
    assert stored_recipe(treatment_id) == {kept: 1}
    assert bodega.delete(f"/treatments/{treatment_id}/recipe/{removed}").status_code == 404


def test_the_same_ingredient_added_at_once_stays_once(api):
    treatment_id, product_id, who = factories.treatment(), factories.product(), factories.user("Bodega")
    body = {"product_id": product_id, "quantity_needed": 2}
    clients = [api("inventario", user_id=who) for _ in range(8)]
    path = f"/treatments/{treatment_id}/recipe"
    results = at_once([lambda client=client: client.post(path, body) for client in clients])
    assert sorted(result.status_code for result in results) == [200] * 7 + [201]
    assert stored_recipe(treatment_id) == {product_id: 2}


def test_the_cost_is_that_of_today_rounded_line_by_line(bodega):
    gauze = factories.product(name="Gasa", cost_price=Decimal("0.33"))
    gloves = factories.product(name="Guantes", cost_price=Decimal("0.15"))
    treatment_id = factories.treatment({gloves: "0.1", gauze: "1.5"}, base_price=Decimal(30))
    treatment = bodega.get(f"/treatments/{treatment_id}").json["data"]["treatment"]
    # 1.5 × 0.33 = 0.495 → 0.50 y 0.1 × 0.15 = 0.015 → 0.02
    assert (treatment["cost"], treatment["margin"]) == (0.52, 29.48)
    assert [line["product_id"] for line in treatment["recipe"]] == [gauze, gloves]
    bodega.put(f"/products/{gauze}", {"cost_price": 1})
    data = bodega.get(f"/treatments/{treatment_id}/recipe").json["data"]
    assert (data["total_cost"], len(data["recipe"])) == (1.52, 2)


def test_check_stock_says_what_is_missing(bodega):
    plenty, scarce = factories.product(10, name="Abundante"), factories.product("2.5", name="Escaso")
    treatment_id = factories.treatment({plenty: 1, scarce: "0.75"})
    once = bodega.get(f"/treatments/{treatment_id}/check-stock").json["data"]
    assert (once["quantity"], once["all_available"]) == (1, True)
    four = bodega.get(f"/treatments/{treatment_id}/check-stock?quantity=4").json["data"]
    assert (four["treatment_id"], four["quantity"], four["all_available"]) == (treatment_id, 4, False)
    enough, missing = four["items"]
    assert (enough["product_id"], enough["required_quantity"], enough["is_available"]) == (plenty, 4, True)
    assert missing == {
        "product_id": scarce,
        "product_name": "Escaso",
        "required_quantity": 3,
        "stock_quantity": 2.5,
        "missing_quantity": 0.5,
        "is_available": False,
    }


@pytest.mark.parametrize("quantity", ["0", "-1", "x", "1.0001", "NaN", ""])
def test_check_stock_refuses_a_senseless_quantity(bodega, quantity):
    treatment_id = factories.treatment()
    assert bodega.get(f"/treatments/{treatment_id}/check-stock?quantity={quantity}").status_code == 422


ROLES = ["Admin", "Doctor", "Recepcion", "Bodega", "Contador", "Usuario"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/treatments", {*ROLES} - {"Usuario"}),
        ("GET", "/treatments/categories", {*ROLES} - {"Usuario"}),
        ("GET", "/treatments/9", {*ROLES} - {"Usuario"}),
        ("GET", "/treatments/9/recipe", {*ROLES} - {"Usuario"}),
        ("GET", "/treatments/9/check-stock", {*ROLES} - {"Usuario"}),
        ("POST", "/treatments", {"Admin", "Bodega"}),
        ("PUT", "/treatments/9", {"Admin", "Bodega"}),
        ("POST", "/treatments/9/recipe", {"Admin", "Bodega"}),
        ("DELETE", "/treatments/9/recipe/9", {"Admin", "Bodega"}),
    ],
)
def test_each_treatment_route_is_for_its_roles(api, method, path, allowed):
    def is_allowed(role):
        return api("inventario", role=role).request(method, path).status_code != 403

    assert {role for role in ROLES if is_allowed(role)} == allowed
