"""Las rutas de tratamientos y de sus recetas de insumos."""

from typing import Annotated

from common.auth_middleware import require
from common.database import reading, transaction
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.clinic_fields import TotalCost
from common.web.contract import Answer, answers, conditional, json_body, query_string
from common.web.field_words import Says
from common.web.schemas import In, Pagination, Payload
from common.web.versions import Expected
from inventario_service import models, operations
from inventario_service.schemas import (
    TREATMENT_VERSION,
    CheckStockOut,
    CheckStockQuery,
    IngredientIn,
    IngredientOut,
    TreatmentDetailOut,
    TreatmentIn,
    TreatmentOut,
    TreatmentPatch,
    TreatmentQuery,
)

bp = Resource("treatments", __name__, Tag("Tratamientos", "Tratamientos y sus recetas de insumos."))


@bp.get("/treatments")
@require(Permission.TREATMENTS_READ)
@query_string(TreatmentQuery)
@answers(treatments=list[TreatmentOut], pagination=Pagination)
def list_treatments(query: TreatmentQuery) -> Payload:
    """Lista los tratamientos, los más nuevos primero"""
    with reading() as db:
        return models.treatments_page(db, query)


@bp.get("/treatments/categories")
@require(Permission.TREATMENTS_READ)
@answers(categories=Annotated[list[str], Says(example=["Dental"])])
def list_categories() -> Payload:
    """Lista las categorías de los tratamientos activos"""
    with reading() as db:
        return {"categories": models.categories(db)}


@bp.get("/treatments/<int:treatment_id>")
@require(Permission.TREATMENTS_READ)
@answers(treatment=TreatmentDetailOut, versioned=TREATMENT_VERSION)
def get_treatment(treatment_id: int) -> Payload:
    """Muestra un tratamiento con su receta, su costo de hoy y su margen"""
    with reading() as db:
        return {"treatment": operations.detailed_treatment(db, treatment_id)}


@bp.post("/treatments")
@require(Permission.TREATMENTS_WRITE)
@json_body(TreatmentIn)
@answers(
    status=201,
    location="/api/inventario/treatments/{treatment[treatment_id]}",
    versioned=TREATMENT_VERSION,
    treatment=TreatmentDetailOut,
)
def create_treatment(body: TreatmentIn) -> Payload:
    """Crea un tratamiento"""
    with transaction() as db:
        treatment = operations.create_treatment(db, body)
        return {"treatment": operations.detailed_treatment(db, treatment.treatment_id)}


@bp.put("/treatments/<int:treatment_id>")
@require(Permission.TREATMENTS_WRITE)
@conditional
@json_body(TreatmentPatch)
@answers(treatment=TreatmentDetailOut, versioned=TREATMENT_VERSION)
def change_treatment(treatment_id: int, body: In, expected: Expected) -> Payload:
    """Cambia los datos de un tratamiento"""
    with transaction() as db:
        operations.change_treatment(db, treatment_id, body.changes(), expected)
        return {"treatment": operations.detailed_treatment(db, treatment_id)}


@bp.get("/treatments/<int:treatment_id>/recipe")
@require(Permission.TREATMENTS_READ)
@answers(recipe=list[IngredientOut], total_cost=TotalCost)
def get_recipe(treatment_id: int) -> Payload:
    """Muestra la receta de un tratamiento y lo que cuesta hoy"""
    with reading() as db:
        models.treatment(db, treatment_id)
        recipe = models.recipe(db, treatment_id)
    return {"recipe": recipe, "total_cost": operations.recipe_cost(recipe)}


@bp.post("/treatments/<int:treatment_id>/recipe")
@require(Permission.TREATMENTS_WRITE)
@json_body(IngredientIn)
@answers(
    status=201,
    location="/api/inventario/treatments/{ingredient[treatment_id]}/recipe",
    also=(200,),
    ingredient=IngredientOut,
)
def set_ingredient(treatment_id: int, body: IngredientIn) -> Answer:
    """Pone un insumo en la receta (201) o cambia su cantidad (200)"""
    with transaction() as db:
        is_new = operations.set_ingredient(db, treatment_id, body)
        ingredient = models.ingredient(db, treatment_id, body.product_id)
        return Answer({"ingredient": ingredient}, status=201 if is_new else 200)


@bp.delete("/treatments/<int:treatment_id>/recipe/<int:product_id>")
@require(Permission.TREATMENTS_WRITE)
@answers()
def remove_ingredient(treatment_id: int, product_id: int) -> Answer:
    """Quita un insumo de la receta"""
    with transaction() as db:
        operations.remove_ingredient(db, treatment_id, product_id)
    return Answer(message="El insumo se quitó de la receta.")


@bp.get("/treatments/<int:treatment_id>/check-stock")
@require(Permission.TREATMENTS_READ)
@query_string(CheckStockQuery)
@answers(CheckStockOut)
def check_stock(treatment_id: int, query: CheckStockQuery) -> Payload:
    """Dice si alcanzan los insumos para hacer el tratamiento esas veces"""
    with reading() as db:
        return operations.check_stock(db, treatment_id, query)
