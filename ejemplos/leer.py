"""Lee por la entrada lo que contestó un servicio y dice un valor de su «data», o las palabras de su error.

Un camino como `invoice.items.1.item_id` llega al valor; `roles.name=Doctor` busca en una lista, `*` la
recorre entera y `quantity,product_name` dice varios en una línea.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any


def found(value: Any, path: list[str]) -> Iterator[Any]:
    """Los valores que hay al final del camino."""
    if value is None or not path:
        yield value
        return
    step, *rest = path
    if step == "*":
        for item in value:
            yield from found(item, rest)
    elif "," in step:
        yield " ".join(said(value[name]) for name in step.split(","))
    else:
        yield from found(_next(value, step), rest)


def _next(value: Any, step: str) -> Any:
    name, is_search, wanted = step.partition("=")
    if is_search:
        return next(item for item in value if str(item[name]) == wanted)
    return value[int(step)] if isinstance(value, list) else value[step]


def said(value: Any) -> str:
    """Como lo escribe una persona: sí, no o nada; lo que no es un solo valor, en JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "sí" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def refusal(answer: dict[str, Any]) -> str:
    """Las palabras del servidor y, debajo, cada dato que hay que corregir."""
    lines = [f"{answer['message']} ({answer['code']})"]
    lines += [f"  {error['field']}: {error['message']}" for error in answer.get("errors") or ()]
    return "\n".join(lines)


def main(path: str) -> int:
    """Escribe lo pedido, una línea por valor; sin camino, nada."""
    answer = json.load(sys.stdin)
    if not answer["success"]:
        sys.stderr.write(f"{refusal(answer)}\n")
        return 1
    for value in found(answer["data"], path.split(".")) if path else ():
        sys.stdout.write(f"{said(value)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
