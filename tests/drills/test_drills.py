"""Los ensayos dicen la verdad de sí mismos: lo que se rompe se ve y cambia el estado de salida."""

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from http.client import HTTPMessage

import orjson
import pytest

from drills.__main__ import DRILLS, main
from drills.house import Broken, Drill, Skipped, at_once, expect, expect_only, outcomes, statuses
from scripts.trials.calls import Reply

HOUSE = object()
KEPT = Drill("Se cumple", lambda house: f"cifra de {house is HOUSE}")


def failing(error):
    """Un ensayo que termina con ese error."""

    def fail(house):
        raise error

    return Drill("No se cumple", fail)


def prove(*arguments, **drills):
    """El estado de salida de unos ensayos sin clínica."""
    return main(arguments, drills, lambda: nullcontext(HOUSE))


def reply(status, code=None):
    return Reply(status, HTTPMessage(), orjson.dumps({"code": code}), 0.0)


def test_what_holds_is_green_with_its_figure(capsys):
    assert prove(bien=KEPT) == 0
    assert "✓ Se cumple: cifra de True" in capsys.readouterr().out


@pytest.mark.parametrize(
    "error",
    [Broken("citas: se esperaba 1 y hubo 2"), AssertionError("500"), ConnectionError(), KeyError("id")],
)
def test_whatever_breaks_is_red_and_the_rest_still_runs(capsys, error):
    assert prove(mal=failing(error), bien=KEPT) == 1
    said = capsys.readouterr()
    assert "✗ No se cumple: " in said.err
    assert str(error) in said.err
    assert "✓ Se cumple" in said.out
    assert "1 de 2 ensayos se cumplen" in said.out


def test_what_cannot_be_done_here_is_neither_green_nor_red(capsys):
    assert prove(falta=failing(Skipped("falta nginx")), bien=KEPT) == 0
    said = capsys.readouterr().out
    assert "– No se cumple: no se hizo: falta nginx" in said
    assert "1 de 2 ensayos se cumplen, 1 sin hacer" in said


def test_only_the_named_ones_run(capsys):
    assert prove("bien", mal=failing(Broken("no")), bien=KEPT) == 0
    assert "1 de 1" in capsys.readouterr().out


def test_quick_leaves_the_long_ones_out(capsys):
    assert prove("--quick", mal=failing(Broken("no")), bien=replace(KEPT, quick=True)) == 0
    assert "1 de 1" in capsys.readouterr().out


def test_an_unknown_name_is_refused_before_starting_anything(capsys):
    with pytest.raises(SystemExit) as end:
        main(["otro"], {"bien": KEPT}, partial(pytest.fail, "no había que ponerla en marcha"))
    assert end.value.code == 2
    assert "otro" in capsys.readouterr().err


def test_the_file_keeps_the_figures_of_all(tmp_path):
    file = tmp_path / "cifras.json"
    assert prove("--json", str(file), mal=failing(Broken("hubo 2")), bien=KEPT) == 1
    found = orjson.loads(file.read_bytes())
    assert [(one["drill"], one["title"], one["passed"], one["figure"]) for one in found] == [
        ("mal", "No se cumple", False, "hubo 2"),
        ("bien", "Se cumple", True, "cifra de True"),
    ]
    assert all(one["seconds"] >= 0 for one in found)


def test_some_drills_run_in_every_delivery():
    assert any(drill.quick for drill in DRILLS.values())


def test_titles_tell_the_drills_apart():
    assert len({drill.title for drill in DRILLS.values()}) == len(DRILLS)


def test_expecting_something_else_breaks():
    expect(1, 1, "citas")
    with pytest.raises(Broken, match="citas: se esperaba 1 y hubo 2"):
        expect(2, 1, "citas")


def test_answers_are_counted_with_the_code_of_their_error():
    replies = [reply(201), reply(409, "horario_ocupado"), reply(409, "horario_ocupado")]
    assert statuses(replies) == {201: 1, 409: 2}
    assert outcomes(replies) == {"201": 1, "409 horario_ocupado": 2}


def test_an_answer_outside_those_allowed_breaks():
    replies = [reply(201), reply(500, "error_interno")]
    expect_only(replies[:1], "201", "409 horario_ocupado")
    with pytest.raises(Broken, match="500 error_interno"):
        expect_only(replies, "201", "409 horario_ocupado")


def test_all_the_answers_arrive_in_the_order_of_the_calls():
    calls = [partial(reply, status) for status in (200, 201, 202)] * 30
    assert [one.status for one in at_once(calls)] == [200, 201, 202] * 30
    assert at_once([]) == []
