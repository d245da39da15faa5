"""Lo que la clínica de muestra va creando."""

import random
from dataclasses import dataclass

from common.auth_middleware import CurrentUser


@dataclass
class Clinic:
    """Las personas por su rol, y los productos y tratamientos por su código o su nombre."""

    admin: CurrentUser
    staff: dict[str, list[CurrentUser]]
    products: dict[str, int]
    treatments: dict[str, int]
    patients: list[int]
    chance: random.Random
