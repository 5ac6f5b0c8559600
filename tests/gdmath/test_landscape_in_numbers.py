"""Windows, levels and slopes of a bowl whose equation is simple: L = (b - 1)^2 + 4 (w - 2)^2."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gdmath import (
    BIAS,
    WEIGHT,
    LeastSquares,
    Outcome,
    Trajectory,
    Window,
    contour_levels,
    cross_section,
    finite_difference,
    loss_grid,
    steepest_angle,
    window_around,
    zoom_of_runs,
)

BOWL = LeastSquares([-2.0, 2.0], [-3.0, 5.0])
PARABOLA = LeastSquares([1.0, -1.0], [3.0, -3.0], fit_bias=False)
"""L = (w - 3)^2."""


def run_of(problem: LeastSquares, *rows: tuple[float, ...]) -> Trajectory:
    parameters = np.array(rows, dtype=float)
    return Trajectory(
        parameters=parameters,
        losses=problem.loss(parameters),
        gradients=problem.gradient(parameters),
        learning_rate=0.1,
        outcome=Outcome.OUT_OF_STEPS,
    )


@pytest.mark.parametrize(
    ("shape", "is_allowed"),
    [
        ((2, 2), True),
        ((2, 2001), True),
        ((2001, 2), True),
        ((2, 1), False),
        ((1, 2), False),
        ((2002, 2), False),
        ((2, 2002), False),
    ],
)
def test_a_grid_has_2_to_2001_nodes_a_side(shape, is_allowed):
    if not is_allowed:
        with pytest.raises(ValueError, match="shape: got"):
            loss_grid(BOWL, Window(0, 1, 0, 1), shape)
        return
    grid = loss_grid(BOWL, Window(0, 3, 1, 2), shape)
    assert grid.losses.shape == shape
    assert grid.losses[[0, 0, -1, -1], [0, -1, 0, -1]] == pytest.approx([1 + 4, 4 + 4, 1, 4])


def test_cuts_are_parabolas():
    assert cross_section(BOWL, BIAS, 3.0, [2.0, 3.0]) == pytest.approx([4, 4 + 4])
    assert cross_section(BOWL, WEIGHT, 3.0, [1.0, 3.0]) == pytest.approx([4, 4 + 4])


def test_the_rise_over_a_step():
    assert finite_difference(BOWL, [2.0, 2.0], BIAS, 1.0) == pytest.approx((3.0, 3.0))
    assert finite_difference(BOWL, [2.0, 2.0], WEIGHT, -0.5) == pytest.approx((1.0, -2.0))


@pytest.mark.parametrize(
    ("slopes", "units", "angle"),
    [((-1, 0), 1, 0), ((0, -1), 1, 90), ((1, 1), 1, 225), ((-1, -2), (2, 1), 45), ((-1, -1), (1, 1e3), 90)],
)
def test_the_steepest_way_down(slopes, units, angle):
    assert steepest_angle(slopes, units) == pytest.approx(angle, abs=0.1)


class TestLevels:
    def test_neither_bound_is_a_level(self):
        assert contour_levels(1.0, 100.0).tolist() == [2, 5, 10, 20, 50]
        assert contour_levels(1.0, 32.0, "doubling").tolist() == [2, 4, 8, 16]
        assert contour_levels(100.0, 106.0).tolist() == [101, 102, 103, 104, 105]

    def test_four_rungs_are_enough_and_three_are_not(self):
        assert contour_levels(1.5, 30.0).tolist() == [2, 5, 10, 20]
        assert contour_levels(2.0, 24.0).tolist() == [5, 10, 15, 20]  # 5, 10 and 20 were three

    def test_twelve_unless_told_and_as_many_as_told(self):
        assert contour_levels(0.0, 1.0).tolist() == [
            1e-4,
            2e-4,
            5e-4,
            1e-3,
            2e-3,
            5e-3,
            0.01,
            0.02,
            0.05,
            0.1,
            0.2,
            0.5,
        ]
        assert contour_levels(0.0, 16.0, "doubling", at_most=4).tolist() == [1, 2, 4, 8]
        assert contour_levels(0.0, 9.0, at_most=4).tolist() == [0.5, 1, 2, 5]
        assert len(contour_levels(0.0, 1e-3, "doubling", at_most=40)) == 40

    @pytest.mark.parametrize("at_most", [3, 0, -1])
    def test_fewer_than_four_are_refused(self, at_most):
        with pytest.raises(ValueError, match="at_most: got"):
            contour_levels(0.0, 1.0, at_most=at_most)


class TestWindowAround:
    def test_as_high_as_the_start_along_each_axis(self):
        """From (5, 2) the loss is 16: +-4 in b and +-2 in w, an eighth of room, in steps of a twelfth."""
        assert window_around(BOWL, [5.0, 2.0]) == Window(-4.0, 6.0, -0.5, 4.5)
        assert window_around(BOWL, [5.0, 2.0], margin=0.0) == Window(-3.0, 5.0, 0.0, 4.0)
        assert window_around(BOWL, [1.0, 4.0], margin=0.0) == Window(-3.0, 5.0, 0.0, 4.0)

    def test_as_far_as_a_path_strays(self):
        path = run_of(BOWL, (5.0, 2.0), (1.0, 4.0), (-3.0, 2.0), (9.0, 2.0))
        assert window_around(BOWL, path, margin=0.0) == Window(
            -3.0, 5.0, 0.0, 4.0
        )  # 9 is higher than its start
        far = [[5.0, 2.0], [2.0, 3.5]]
        assert window_around(BOWL, far, margin=0.0) == Window(-3.0, 5.0, 0.0, 4.0)
        narrow = LeastSquares([1.0, 2.0], [3.0, 5.0])  # p* = (1, 2), slanted
        seen = window_around(narrow, [1.0, 3.0], margin=0.0)
        height = float(narrow.loss([1.0, 3.0]))
        half_w, half_b = math.sqrt(2 * height / 5), math.sqrt(2 * height / 2)
        assert half_w <= seen.w_max - 2 <= half_w + 0.2
        assert half_b <= seen.b_max - 1 <= half_b + 0.5

    @pytest.mark.parametrize("starts", [[], [[1.0, 2.0]]])
    def test_without_a_height_that_of_the_flat_line_through_zero(self, starts):
        """mean y^2 = (9 + 25) / 2 = 17: sqrt 17 in b, half of it in w."""
        window = window_around(BOWL, *starts, margin=0.0)
        assert window == Window(-4.0, 6.0, -0.5, 4.5)

    def test_where_all_is_zero_one_high(self):
        assert window_around(LeastSquares([-1.0, 1.0], [0.0, 0.0]), margin=0.0) == Window(
            -1.0, 1.0, -1.0, 1.0
        )

    @pytest.mark.parametrize("margin", [-0.1, math.inf, math.nan])
    def test_refuses_a_margin(self, margin):
        with pytest.raises(ValueError, match="margin: got"):
            window_around(BOWL, [5.0, 2.0], margin=margin)


def test_the_zoom_reaches_as_far_as_the_farthest_row_so_far():
    one, other = run_of(PARABOLA, (2.0,), (5.0,), (3.5,)), run_of(PARABOLA, (2.0,), (4.0,))
    zoom = zoom_of_runs(PARABOLA, [one, other], 3, room=1.5)
    np.testing.assert_allclose(zoom, [[1.5, 4.5, 2.25], [0, 6, 9], [0, 6, 9], [0, 6, 9]])
    assert zoom_of_runs(PARABOLA, [one], 1)[0] == pytest.approx([1.8, 4.2, 1.44])
    for room in (1.0, math.inf):
        with pytest.raises(ValueError, match="room: got"):
            zoom_of_runs(PARABOLA, [one], 1, room)
