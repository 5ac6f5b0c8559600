"""The live figure, in a real browser that has no network: its numbers are gdmath's, and a person can use it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import Chromium, Page

import gdmath
from gdlectures.exports.shipped import shipped

DATASETS = ("chapter-0", "chapter-2", "chapter-0-bad", "fake-data")
SHARES = (0.1, 0.5, 0.9, 1.0, 1.2)
"""Rates, in parts of the stability limit."""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    browser = Chromium(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def bare(chromium: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page that has the mathematics and nothing else."""
    file = tmp_path_factory.mktemp("bare") / "bare.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><script>{shipped('web/live.js')}</script>")
    page = chromium.open(file.as_uri())
    yield page
    assert page.errors == []
    page.close()


def call(page: Page, function: str, *values: Any) -> Any:
    """What a function of the page gives."""
    return page.run(f"(({function}))(...{json.dumps(values)})")


def close(got: Any, wanted: Any, tolerance: float = 1e-9) -> bool:
    return bool(np.allclose(np.asarray(got, dtype=float), wanted, rtol=tolerance, atol=0.0))


RUN = """(x, y, reduction, start, rate, steps, batch, moves) => {
  const bowl = GDLive.bowlOf(x, y, reduction);
  return [GDLive.descend(bowl, start, rate, steps, batch, moves), bowl];
}"""


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("name", DATASETS)
def test_rows_are_those_of_gdmath(bare, name, share):
    dataset = gdmath.preset(name)
    problem = dataset.problem()
    rate = share * problem.max_stable_learning_rate
    wanted = gdmath.descend(problem, dataset.start, rate, 1000)
    points = problem.x.tolist(), problem.y.tolist(), problem.reduction
    run, _ = call(bare, RUN, *points, dataset.start.tolist(), rate, 1000, None, [1, 1])
    assert len(run["b"]) == len(wanted.losses)
    assert close(np.transpose([run["b"], run["w"]]), wanted.parameters)
    assert close(run["losses"], wanted.losses)
    assert str(wanted.outcome).startswith(run["ended"])


@pytest.mark.parametrize("name", DATASETS)
def test_what_is_known_of_the_loss_is_what_gdmath_knows(bare, name):
    dataset = gdmath.preset(name)
    problem = dataset.problem()
    script = """(x, y, reduction, start, rate, levels) => {
      const bowl = GDLive.bowlOf(x, y, reduction), [middle, spread] = GDLive.scaleOf(x);
      return [[bowl.b, bowl.w], bowl.least, [bowl.low, bowl.high], bowl.limit, bowl.best, bowl.curvatures,
              GDLive.slopesAt(bowl, ...start), GDLive.errorKept(bowl, rate), GDLive.levelsOf(bowl, start),
              GDLive.stepsNeeded(bowl, start, rate), GDLive.bowlOf(GDLive.standardised(x, [middle, spread]), y).high];
    }"""
    rate = 0.4 * problem.max_stable_learning_rate
    points = problem.x.tolist(), problem.y.tolist(), problem.reduction
    found = call(bare, script, *points, dataset.start.tolist(), rate)
    full = 4 * float(problem.loss(dataset.start))
    wanted = [
        problem.minimizer,
        problem.minimum,
        problem.eigenvalues,
        problem.max_stable_learning_rate,
        problem.best_learning_rate,
        np.diag(problem.hessian),
        problem.gradient(dataset.start),
        float(problem.error_kept(rate)),
        gdmath.contour_levels(problem.minimum, full, "doubling", at_most=9)[::-1],
        gdmath.steps_needed(problem, dataset.start, rate),
        2.0,
    ]
    assert [close(got, each) for got, each in zip(found, wanted, strict=True)] == [True] * len(wanted)


@pytest.mark.parametrize(("size", "seed"), [(16, None), (7, 3), (1, 5)])
def test_batches_are_the_recorded_ones(bare, size, seed):
    dataset = gdmath.preset("chapter-0")
    problem, n = dataset.problem(), len(dataset.x_train)
    epochs = -(-200 // -(-n // size))
    rows = gdmath.batches(n, size, epochs * -(-n // size), seed, shuffle=seed is not None)
    order = np.concatenate(rows)[: n if seed is None else None].tolist()
    wanted = gdmath.descend(problem, dataset.start, 0.1, 200, size, seed, seed is not None)
    points = problem.x.tolist(), problem.y.tolist(), "mean"
    run, _ = call(
        bare, RUN, *points, dataset.start.tolist(), 0.1, 200, {"size": size, "order": order}, [1, 1]
    )
    assert close(np.transpose([run["b"], run["w"]]), wanted.parameters)


@pytest.mark.parametrize("moving", [gdmath.BIAS, gdmath.WEIGHT])
def test_one_axis_alone_descends_on_its_cut(bare, moving):
    dataset = gdmath.preset("chapter-0")
    problem, start = dataset.problem(), dataset.start
    cut = problem.cut(moving, held=start[1 - moving])
    wanted = gdmath.descend(cut, start[[moving]], 0.4, 50)
    points = problem.x.tolist(), problem.y.tolist(), "mean"
    moves = [int(moving == axis) for axis in (gdmath.BIAS, gdmath.WEIGHT)]
    run, _ = call(bare, RUN, *points, start.tolist(), 0.4, 50, None, moves)
    assert close(run["bw"[moving]], wanted.parameters[:, 0])
    assert close(run["losses"], wanted.losses)


def test_path_leaves_a_window_at_the_exact_place(bare):
    script = "(...given) => GDLive.seenIn(...given)"
    seen = call(bare, script, [0, 1, 5], [0, 1, 3], 2, [-2, 2, -2, 2])
    assert seen == {"points": [[0, 0], [1, 1], [2, 1.5]], "left": 2, "exit": [2, 1.5]}
    assert call(bare, script, [0, 1], [0, 1], 1, [-2, 2, -2, 2])["exit"] is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("size,price\n1,2\n2,3\n3,5", {"x": [1, 2, 3], "y": [2, 3, 5], "names": ["size", "price"]}),
        ("1,5; 2\n2; 3\n\n3; 5", {"x": [1.5, 2, 3], "y": [2, 3, 5], "names": ["x", "y"]}),
        ("x\ty\n1\t2\n2\t3\n3\t5\n", {"x": [1, 2, 3], "y": [2, 3, 5], "names": ["x", "y"]}),
        ("1 2\n2 3\n3 abc", "Line 3: got “abc”; allowed two numbers."),
        ("x,y\n1,2\n2", "Line 3: got one column; allowed two numbers."),
        ("1,2\n1,3\n1,4", "x is 1 in every row; allowed a feature that varies."),
        ("1,2\n2,3", "Got 2 rows; allowed 3 to 2000."),
        (" ", "No rows: paste two columns, x and y."),
    ],
)
def test_pasted_table_is_read_or_refused_in_a_sentence(bare, text, wanted):
    script = "(text) => { try { return GDLive.readTable(text); } catch (error) { return error.message; } }"
    assert call(bare, script, text) == wanted


def test_script_is_small():
    web = Path(gdmath.__file__).parents[1] / "gdlectures" / "exports" / "web"
    assert sum(file.stat().st_size for file in web.glob("live.*")) < 40_000
