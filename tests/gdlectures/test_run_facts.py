"""`gdlectures facts --run`: page and JSON say what gdmath found, and a mistake is one line."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from command_line import FAULT

import gdmath
from gdlectures.asking import run_facts
from gdmath.planes import path_plane


def made_run(rows=30, p=7, seen=True, **changes):
    generator = np.random.default_rng(4)
    parameters = np.cumsum(generator.normal(size=(rows, p)), axis=0)
    losses = np.linspace(2.0, 1.0, rows)
    surfaces = ()
    if seen:
        grid = gdmath.LossGrid([0.0, 1.0], [0.0, 1.0], np.ones((2, 2)))
        row_losses = losses * np.linspace(1.3, 1.0, rows)
        seen = gdmath.PlaneSurface(plane=path_plane(parameters), grid=grid, row_losses=row_losses)
        surfaces = (seen,)
    fields = {
        "parameters": parameters,
        "losses": losses,
        "gradients": parameters[:-1] - parameters[1:],
        "learning_rates": np.linspace(1.0, 0.5, rows - 1),
        "stepped_by": np.zeros(rows - 1, int),
        "steps": np.arange(rows),
        "shapes": {"weight": (p,)},
        "optimizers": (gdmath.OptimizerFacts("LBFGS(max_iter=5)", ({"lr": 1.0},)),),
        "surfaces": surfaces,
    }
    return gdmath.RecordedRun(**(fields | changes))


@pytest.fixture
def saved(tmp_path):
    run = made_run(partial="stopped after step 29 by KeyError")
    run.save(tmp_path / "run.trajectory")
    return run


def value_of(page, entry):
    return re.search(rf"^  {re.escape(entry)}  +(.*)$", page, re.MULTILINE)[1]


def test_page_says_what_gdmath_found(main, tmp_path, saved):
    done = main("facts", "--run", tmp_path / "run.trajectory")
    assert (done.code, done.err) == (0, "")
    facts, page = gdmath.facts_of_recording(saved), done.out
    assert page.startswith("run.trajectory: 30 rows, 29 steps, one row after each; 7 parameters, float64\n")
    assert "Partial: stopped after step 29 by KeyError." in page
    assert "LBFGS(max_iter=5): 29 steps from recorded rows; a step is many evaluations" in page
    assert value_of(page, "rate") == "0.5000 to 1.000"
    assert float(value_of(page, "way")) == pytest.approx(facts.way, rel=1e-3)
    assert float(value_of(page, "median turn").split()[0]) == pytest.approx(
        np.median(facts.step_angles), rel=1e-2
    )
    explained, chance = re.findall(r"[\d.]+(?= %)", value_of(page, "explains"))
    assert float(explained) == pytest.approx(100 * facts.surfaces[0].explained, abs=0.06)
    assert float(chance) == pytest.approx(100 * facts.surfaces[0].random_walk_explained, abs=0.6)
    assert value_of(page, "widest gap") == "30 % at step 0: 2.600 in the plane, 2.000 in truth"
    assert float(value_of(page, "farthest row").split()[0]) == pytest.approx(
        facts.surfaces[0].distances.max(), rel=1e-3
    )
    assert all(len(line) <= 80 for line in page.splitlines())


def test_json_has_every_fact_by_its_name(main, tmp_path, saved):
    told = json.loads(main("facts", "--run", tmp_path / "run.trajectory", "--json").out)
    facts = gdmath.facts_of_recording(saved)
    assert told.keys() == {field.name for field in dataclasses.fields(facts)}
    assert told["surfaces"][0]["kind"]["kind"] == "path"
    assert told["surfaces"][0]["gaps"] == facts.surfaces[0].gaps.tolist()
    assert told["step_lengths"] == facts.step_lengths.tolist()
    assert told["optimizers"] == [{"name": "LBFGS(max_iter=5)", "groups": [{"lr": 1.0}]}]
    assert (told["partial"], told["n_steps"]) == ("stopped after step 29 by KeyError", 29)


def test_what_there_is_not_is_said_or_null():
    still = made_run(3, 2, False, parameters=np.zeros((3, 2)), optimizers=(), losses=[0.0, 0.0, 0.0])
    facts = gdmath.facts_of_recording(still)
    page = run_facts.page("\x1b[2J" + 99 * "long", facts)
    assert "No plane: the loss over it was not recorded." in page
    assert "median turn" not in page
    assert page.isprintable() or "\x1b" not in page
    assert run_facts.as_json(facts)["step_angles"] == [None]
    assert run_facts.as_json(facts)["surfaces"] == []


def test_a_run_whose_loss_is_nothing_has_a_page():
    facts = gdmath.facts_of_recording(made_run(losses=np.zeros(30)))
    assert "median gap    0 % of the loss" in run_facts.page("run", facts)


def test_of_two_parameters_no_row_has_a_gap():
    run = made_run(9, 2)
    surface = dataclasses.replace(run.surface(), row_losses=run.losses)
    page = run_facts.page("run", gdmath.facts_of_recording(dataclasses.replace(run, surfaces=(surface,))))
    assert page.endswith("It holds every point of the path: no row has a gap.")


WRONG = {
    "missing": ("--run nowhere.trajectory", "nowhere.trajectory: got no such file", 3),
    "folder": ("--run .", "got no regular file", 3),
    "another kind": ("--run other", "got not a recording file: it starts with b'<html>", 3),
    "beside a preset": (
        "--run run.trajectory --dataset chapter-0",
        "facts: got chapter-0 and run.trajectory",
        2,
    ),
    "lectures": ("--run run.trajectory --lectures", "--lectures: got an option beside --run", 2),
    "column": ("--run run.trajectory --x bmi", "--x: got no --data", 2),
}


@pytest.mark.parametrize(("words", "says", "code"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_one_line(main, tmp_path, saved, monkeypatch, words, says, code):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").write_text("<html></html>" * 9)
    done = main("facts", *words.split())
    assert done.code == code
    assert FAULT.fullmatch(done.err)
    assert says in done.err
    assert done.out == ""


def test_nothing_that_draws_or_trains_is_imported(tmp_path, saved):
    script = (
        "import sys; from gdlectures.command.cli import main; main(sys.argv[1:]);"
        "print('IMPORTED', *{name.partition('.')[0] for name in sys.modules})"
    )
    words = [sys.executable, "-c", script, "facts", "--run", str(tmp_path / "run.trajectory")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert {"manim", "torch", "av", "scipy"}.isdisjoint(done.stdout.rpartition("IMPORTED ")[2].split())
