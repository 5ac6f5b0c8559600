import numpy as np
import pytest

from gdmath import LeastSquares
from gdscenes.kit.figures.loss_parabola import LossParabola
from gdscenes.kit.page.sheet import SAFE, Box
from gdscenes.kit.page.theme import DARK

PROBLEM = LeastSquares([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0], fit_bias=False)


def parabola(**changes):
    return LossParabola(PROBLEM, (-0.3, 3.5), 30.0, Box(140, 138, 1176, 938), "MSE", DARK, **changes)


def test_the_graph_is_the_mean_squared_error():
    drawn = parabola()
    w, loss = drawn.plot.values(drawn.curve.points[0::4]).T
    # y = 2 x: 7.5 (w - 2)^2, but for the first corner, where a chord is cut at the edge
    w, loss = w[1:], loss[1:]
    np.testing.assert_allclose(loss, 7.5 * (w - 2) ** 2, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(drawn.plot.values(drawn.at(0.5)), [[0.5, 16.875]])


def test_the_lane_lies_under_a_loss_of_zero():
    drawn = parabola(has_lane=True)
    w, height = drawn.plot.values(drawn.in_lane(1.25))
    assert w == pytest.approx(1.25)
    assert drawn.plot.y.low < height < 0
    assert min(drawn.plot.y.ticks) == 0


def test_part_of_it_is_drawn():
    drawn = parabola().draw(0.0, 2.0)
    w, _ = drawn.plot.values(drawn.curve.points[[0, -1]]).T
    np.testing.assert_allclose(w, [0, 2], atol=1e-9)


def test_large_losses_keep_their_labels_on_the_page():
    problem = LeastSquares(1e3 * PROBLEM.x, PROBLEM.y * 1e5, fit_bias=False)
    drawn = LossParabola(problem, (0.0, 400.0), 3e11, Box(120, 196, 880, 640), "MSE", DARK)
    assert all(label.box().left >= SAFE.left for label in drawn.plot.labels)
