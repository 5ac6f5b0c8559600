"""The cut through the minimum is the loss, along either parameter and however the loss is turned."""

import numpy as np
import pytest
from claims import assert_true, loss_at
from data import ODD

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.minimum_cut import MinimumCut
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import PAGE
from gdscenes.kit.page.theme import THEMES

DARK = THEMES["dark"]
LEFT, RIGHT = PAGE.columns(2, gap=60)
DATA = {name: gdmath.preset(name) for name in ("chapter-0", "fake-data")} | {
    name: ODD[name] for name in ("falling", "three points")
}


def cut_of(problem, moving=WEIGHT):
    window = gdmath.window_around(problem, np.zeros(2)).of_aspect(1)
    drawn = ContourMap(LEFT, problem, window, [1.0], DARK)
    return MinimumCut(RIGHT, drawn, DARK, moving=moving)


@pytest.mark.parametrize("moving", [BIAS, WEIGHT])
@pytest.mark.parametrize("dataset", DATA.values(), ids=DATA)
def test_every_corner_of_the_curve_is_a_loss(dataset, moving):
    problem = dataset.problem()
    cut = cut_of(problem, moving)
    minimizer = np.linalg.lstsq(np.stack([np.ones_like(problem.x), problem.x], 1), problem.y, rcond=None)[0]
    along, losses = cut.plot.values(cut.curve.points[0::4]).T
    assert len(along) > 100
    for value, loss in zip(along[1:-1:9], losses[1:-1:9], strict=True):
        point = minimizer.copy()
        point[moving] = value
        assert loss == pytest.approx(loss_at(problem, point), rel=1e-6, abs=1e-6 * cut.plot.y.high)
    on_map = cut.over.plot.values(np.vstack(cut.line.ends()))
    np.testing.assert_allclose(on_map[:, 1 - moving], minimizer[1 - moving], rtol=1e-6)
    assert np.ptp(on_map[:, moving]) > 0


@pytest.mark.parametrize("dataset", DATA.values(), ids=DATA)
def test_its_vertex_is_the_minimum_of_the_loss_that_it_is_turned_to(dataset):
    problem = dataset.problem()
    cut = cut_of(problem)
    for factor in (1.0, 1.7, 4.0):
        narrow = gdmath.LeastSquares(factor * problem.x, problem.y, reduction=problem.reduction)
        cut.over.dial(problem=narrow)
        cut.dial(problem=narrow)
        assert assert_true(cut.claims(0), {}, lambda _, narrow=narrow: narrow) == 1


def test_there_is_no_line_where_the_map_does_not_hold_it():
    problem = DATA["chapter-0"].problem()
    cut = cut_of(problem)
    far = gdmath.LeastSquares(problem.x, problem.y + 1e3)
    assert cut.line.has_points()
    assert not cut.dial(problem=far).line.has_points()


@pytest.mark.parametrize("moving", [BIAS, WEIGHT])
@pytest.mark.parametrize("dataset", DATA.values(), ids=DATA)
def test_the_line_on_the_map_is_named_beside_its_end(dataset, moving):
    problem = dataset.problem()
    cut = cut_of(problem, moving)
    end, name, frame = sheet.pixels(cut.line.ends()[1][0]), cut.label.box(), cut.over.box
    assert frame.contains(name)
    nearest = np.clip(end, [name.left, name.top], [name.right, name.bottom])
    assert 0 < np.linalg.norm(nearest - end) < 45
    assert cut.label.get_fill_opacity() == 1
    cut.dial(problem=gdmath.LeastSquares(problem.x, 1e6 * (1 + problem.y)))
    assert cut.label.get_fill_opacity() == 0
