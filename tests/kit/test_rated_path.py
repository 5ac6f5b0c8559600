"""The path under a rate is the descent at that rate, on the map as far as it stays there."""

from __future__ import annotations

import numpy as np
import pytest
from data import ODD, OWN

import gdmath
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.rated_path import RatedPath
from gdscenes.kit.lecture.runner import runners
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK

DATA = [
    gdmath.preset("chapter-0"),
    ODD["millions"],
    *(OWN[name].dataset() for name in ("bmi", "shoes", "flat")),
]
STEPS, SHARES = 12, np.array([0.0, 0.1, 0.5, 0.9, 0.999, 1.2, 2.5])


@pytest.fixture(params=DATA, ids=lambda data: data.name)
def drawn(request):
    data, problem = request.param, request.param.problem()
    rates = SHARES * problem.max_stable_learning_rate
    window = gdmath.Window.around(np.vstack([data.start, problem.minimizer]), room=1.0, least=[1e-9, 1e-9])
    levels = gdmath.contour_levels(
        problem.minimum, 4 * float(problem.loss(data.start)), "doubling", at_most=9
    )
    map_ = ContourMap(Box(150, 93, 1000, 963), problem, window, levels, DARK, start=data.start)
    return data, rates, map_, RatedPath(map_, gdmath.paths_at(problem, data.start, rates, STEPS))


def by_hand(data: gdmath.Dataset, rate: float) -> np.ndarray:
    rows = [np.array(data.start, dtype=float)]
    share = 1.0 if data.reduction == "sum" else 1.0 / len(data.x_train)
    for _ in range(STEPS):
        b, w = rows[-1]
        error = b + w * data.x_train - data.y_train
        rows.append(rows[-1] - rate * 2 * share * np.array([error.sum(), (error * data.x_train).sum()]))
    return np.array(rows)


def test_it_ends_where_a_loop_does_or_crosses_the_edge(drawn):
    data, rates, map_, path = drawn
    size = np.array([map_.plot.x.high - map_.plot.x.low, map_.plot.y.high - map_.plot.y.low])
    for row, rate in enumerate(rates):
        rows = by_hand(data, rate)
        stays = all(map_.shows(each) for each in rows)
        claims = list(path.at(row).claims(row))
        if not stays:
            assert claims == []
            at = map_.plot.values(path.path.cross.centers()[0])
            edges = np.abs(
                np.concatenate(
                    [at - [map_.plot.x.low, map_.plot.y.low], at - [map_.plot.x.high, map_.plot.y.high]]
                )
            )
            assert (edges / np.tile(size, 2)).min() < 1e-6
            continue
        for claim in claims:
            assert claim.row == row
            np.testing.assert_allclose((claim.drawn - rows[-1]) / size, 0, atol=1e-6)


def test_it_comes_and_goes_with_the_rate(drawn):
    """A rate that is slid back shows again what it showed."""
    *_, path = drawn
    before = path.at(2).path.line.points.copy()
    path.at(len(SHARES) - 1)
    assert (path.at(2).path.line.points == before).all()


def test_what_is_said_of_a_run_that_leaves_stands_near_its_cross():
    data = gdmath.preset("chapter-0")
    problem = data.problem()
    out = gdmath.descend(problem, data.start, 1.4 * problem.max_stable_learning_rate, STEPS)
    window = gdmath.Window.around(np.vstack([data.start, problem.minimizer]), room=1.0, least=[1e-9, 1e-9])
    levels = gdmath.contour_levels(problem.minimum, 9.0, "doubling", at_most=9)
    (runner,) = runners({"out": out})
    map_ = ContourMap(
        Box(150, 93, 1000, 963), problem, window, levels, DARK, start=data.start, runners=[runner]
    ).at(STEPS)
    _, words = map_.note("leaves", role="diverged", beside="out")
    at, box = map_.plot.pixels(*map_.paths["out"].exit), words.box()
    assert map_.box.contains(box)
    assert np.hypot(*(np.array(box.center) - at)) < 300
