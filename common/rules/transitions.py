"""Los estados: de cuál se puede pasar a cuáles, dicho con datos y comprobado en un solo lugar."""

from collections.abc import Mapping

from common.errors import Conflict

Transitions = Mapping[str, tuple[str, ...]]


def check_transition(transitions: Transitions, former: str, new: str, *, what: str) -> None:
    """Comprueba que se pueda pasar de un estado a otro.

    :param what: lo que cambia, con su artículo: «Una cita».
    :raises Conflict: `transicion_invalida`, con los estados a los que sí.
    """
    allowed = transitions[former]
    if new in allowed:
        return
    choices = f"solo puede pasar a: {', '.join(allowed)}" if allowed else "ya no puede cambiar de estado"
    raise Conflict(
        f"{what} en {former} {choices}.",
        code="transicion_invalida",
        errors={"status": choices},
        data={"status": former, "allowed": list(allowed)},
    )
