import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdmath import (
    BIAS,
    WEIGHT,
    LeastSquares,
    LossGrid,
    Window,
    contour_levels,
    cross_section,
    descend,
    direction,
    finite_difference,
    loss_grid,
    preset,
    steepest_angle,
    window_around,
    zoom_of_runs,
)


@pytest.fixture
def problem(chapter_0):
    return chapter_0.problem()


class TestLossGrid:
    def test_is_laid_out_as_meshgrid_lays_b_and_w(self, problem):
        grid = loss_grid(problem, Window(-2, 4, -1, 5), shape=(5, 7))
        b, w = np.meshgrid(grid.b, grid.w)
        assert grid.losses.shape == (5, 7) == b.shape
        assert np.array_equal(grid.losses, problem.loss(np.stack([b, w], axis=-1)))

    def test_includes_the_edges(self, problem):
        grid = loss_grid(problem, Window(-2, 4, -1, 5))
        assert (grid.b[0], grid.b[-1], grid.w[0], grid.w[-1]) == (-2, 4, -1, 5)
        assert grid.losses.shape == (101, 101)

    def test_stays_above_the_minimum(self, problem):
        assert loss_grid(problem, Window(-2, 4, -1, 5)).losses.min() > problem.minimum

    @pytest.mark.parametrize("shape", [(1, 5), (5, 1), (5, 10_000)])
    def test_shape_out_of_range_is_refused(self, problem, shape):
        with pytest.raises(ValueError, match="shape: got"):
            loss_grid(problem, Window(-2, 4, -1, 5), shape)

    def test_needs_two_parameters(self):
        with pytest.raises(ValueError, match="without a bias"):
            loss_grid(preset("one-weight").problem(), Window(-2, 4, -1, 5))

    def test_transposed_losses_are_refused(self):
        with pytest.raises(ValueError, match=r"losses: got shape \(3, 2\); allowed \(2, 3\)"):
            LossGrid([0.0, 1.0, 2.0], [0.0, 1.0], np.zeros((3, 2)))


class TestCrossSection:
    @pytest.mark.parametrize("fixed", [BIAS, WEIGHT])
    def test_passes_through_the_start_at_its_own_loss(self, problem, chapter_0, fixed):
        at, free = chapter_0.start[fixed], chapter_0.start[1 - fixed]
        assert cross_section(problem, fixed, at, [free])[0] == problem.loss(chapter_0.start)

    def test_holds_the_one_and_varies_the_other(self, problem):
        along = np.array([-1.0, 0.0, 2.0])
        held = np.array([[3.0, v] for v in along])
        assert np.array_equal(cross_section(problem, BIAS, 3.0, along), problem.loss(held))
        assert np.array_equal(cross_section(problem, WEIGHT, 3.0, along), problem.loss(held[:, ::-1]))

    def test_unknown_parameter_is_refused(self, problem):
        with pytest.raises(ValueError, match="parameter: got 2"):
            cross_section(problem, 2, 0.0, [1.0])


class TestFiniteDifference:
    @given(st.sampled_from([BIAS, WEIGHT]), st.floats(1e-5, 1.0), st.sampled_from([1, -1]))
    def test_misses_the_slope_by_half_the_curvature_times_the_step(self, which, size, sign):
        problem, here, delta = preset("chapter-0").problem(), [0.52, -0.16], sign * size
        ratio = finite_difference(problem, here, which, delta).ratio
        expected = problem.gradient(here)[which] + problem.hessian[which, which] * delta / 2
        assert ratio == pytest.approx(expected, abs=1e-10 + 1e-14 / size)

    def test_of_the_only_weight(self):
        """L = 7.5 (w - 2)^2: from 30 at 0 to 7.5 at 1."""
        problem = preset("one-weight").problem()
        assert finite_difference(problem, [0.0], WEIGHT, 1.0) == (-22.5, -22.5)

    @pytest.mark.parametrize("delta", [0.0, math.nan, math.inf, 1e-30])
    def test_no_step_is_refused(self, problem, delta):
        with pytest.raises(ValueError, match="delta: got"):
            finite_difference(problem, [0.52, -0.16], BIAS, delta)


class TestContourLevels:
    @given(
        st.floats(0, 1e6), st.floats(1e-6, 1e6), st.sampled_from(["1-2-5", "doubling"]), st.integers(4, 20)
    )
    def test_are_few_ascending_and_inside(self, lowest, span, ladder, at_most):
        levels = contour_levels(lowest, lowest + span, ladder, at_most)
        if span < 1e-9 * lowest:
            return
        assert 1 <= len(levels) <= max(at_most, 12)
        assert lowest < levels[0]
        assert levels[-1] < lowest + span
        assert (np.diff(levels) > 0).all()

    def test_a_long_ladder_keeps_its_highest_rungs(self):
        assert contour_levels(0.0, 100.0, at_most=4).tolist() == [5.0, 10.0, 20.0, 50.0]
        assert contour_levels(0.0, 100.0, "doubling", at_most=4).tolist() == [8.0, 16.0, 32.0, 64.0]

    def test_close_bounds_get_even_steps(self):
        assert contour_levels(1000.0, 1003.0).tolist() == [1000.5, 1001.0, 1001.5, 1002.0, 1002.5]

    def test_rungs_are_the_decimal_numbers_themselves(self):
        assert contour_levels(0.0, 1.0, at_most=8).tolist() == [
            *(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
        ]

    @pytest.mark.parametrize(
        "bounds", [(1.0, 1.0), (2.0, 1.0), (-1.0, 1.0), (0.0, math.inf), (math.nan, 1.0)]
    )
    def test_bounds_out_of_order_are_refused(self, bounds):
        with pytest.raises(ValueError, match="levels: got"):
            contour_levels(*bounds)

    def test_unknown_choices_are_refused(self):
        with pytest.raises(ValueError, match="ladder: got '1-3'"):
            contour_levels(0.0, 1.0, ladder="1-3")
        with pytest.raises(ValueError, match="at_most: got 2"):
            contour_levels(0.0, 1.0, at_most=2)


class TestWindowAround:
    @pytest.mark.parametrize(
        "name", ["chapter-0", "chapter-2", "chapter-0-bad", "fake-data", "fake-data-1000"]
    )
    def test_shows_the_minimum_and_the_path(self, name):
        dataset = preset(name)
        problem = dataset.problem()
        run = descend(problem, dataset.start, 0.3 * problem.max_stable_learning_rate, 500)
        window = window_around(problem, run)
        assert window.contains(run.parameters).all()
        assert window.contains(problem.minimizer)

    def test_bounds_are_round(self, problem, chapter_0):
        assert window_around(problem, chapter_0.start) == Window(-1.5, 3.5, -2.0, 6.0)

    def test_a_divergent_path_does_not_widen_it(self, problem, chapter_0):
        run = descend(problem, chapter_0.start, 1.1, 100)
        assert window_around(problem, run) == window_around(problem, chapter_0.start)

    def test_follows_the_units_of_the_feature(self, chapter_0):
        """The window of a feature times 1000 is a thousandth as wide along w, and the same along b."""
        problem = chapter_0.problem()
        in_small_units = LeastSquares(1000.0 * problem.x, problem.y)
        wide = window_around(problem, chapter_0.start)
        narrow = window_around(in_small_units, chapter_0.start * [1.0, 1e-3])
        assert (narrow.b_min, narrow.b_max) == (wide.b_min, wide.b_max)
        assert (narrow.w_min, narrow.w_max) == pytest.approx((wide.w_min / 1000, wide.w_max / 1000))

    def test_several_paths_share_one(self, problem, chapter_0):
        paths = [descend(problem, start, 0.1, 50) for start in (chapter_0.start, [4.0, 7.0])]
        window = window_around(problem, *paths)
        assert all(window.contains(path.parameters).all() for path in paths)

    @pytest.mark.parametrize("start", [[], [[1.0, 2.0]]])
    def test_from_the_minimum_itself(self, start):
        window = window_around(LeastSquares([0.0, 1.0], [1.0, 3.0]), *start)
        assert window.contains([1.0, 2.0])

    def test_refusals(self, problem):
        with pytest.raises(ValueError, match="margin: got -1"):
            window_around(problem, margin=-1)
        with pytest.raises(ValueError, match="many lines fit"):
            window_around(LeastSquares([1.0, 1.0], [1.0, 2.0]), [0.0, 0.0])
        with pytest.raises(ValueError, match="without a bias"):
            window_around(preset("one-weight").problem(), [0.0])


class TestDirections:
    @given(st.floats(-720, 720), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
    def test_a_direction_has_its_angle_and_length_one_in_the_units(self, angle, b_unit, w_unit):
        b, w = direction(angle, [b_unit, w_unit]) / [b_unit, w_unit]
        assert math.hypot(b, w) == pytest.approx(1.0)
        assert math.cos(math.atan2(w, b) - math.radians(angle)) == pytest.approx(1.0)

    @pytest.mark.parametrize("units", [(1.0, 1.0), (1e-3, 1e3), (10.0, 1.0)])
    def test_the_loss_falls_fastest_at_the_steepest_angle_and_not_at_all_square_on_it(self, problem, units):
        start = [0.5, -0.14]
        steepest = steepest_angle(problem.gradient(start), units)
        slopes = problem.slope(start, direction(np.arange(0.0, 360.0, 0.25), units))
        lowest = problem.slope(start, direction(steepest, units))
        assert 0.0 <= steepest < 360.0
        assert lowest <= slopes.min()
        assert lowest == pytest.approx(slopes.min(), rel=1e-4)
        assert abs(problem.slope(start, direction(steepest + 90.0, units))) < 1e-12 * abs(lowest)


class TestZoomOfRuns:
    PROBLEM = LeastSquares([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0], fit_bias=False)

    def test_every_point_of_the_way_is_seen(self):
        near, far = descend(self.PROBLEM, [0.0], 0.04, 8), descend(self.PROBLEM, [0.0], 0.16, 8)
        zoom = zoom_of_runs(self.PROBLEM, [near, far], 8)
        for run in (near, far):
            points = np.column_stack([run.parameters[:, 0], run.losses])
            for k in range(8):
                for share in np.linspace(0, 1, 11):
                    w, loss = points[k] + share * (points[k + 1] - points[k])
                    low, high, top = zoom[k] + share * (zoom[k + 1] - zoom[k])
                    assert low < w < high
                    assert 0 <= loss < top

    def test_it_grows_with_the_run_and_ends_where_the_parabola_does(self):
        run = descend(self.PROBLEM, [0.0], 0.16, 8)
        zoom = zoom_of_runs(self.PROBLEM, [run], 12)
        assert zoom.shape == (13, 3)
        assert (np.diff(np.ptp(zoom[:9, :2], axis=1)) > 0).all()
        assert (zoom[8:] == zoom[8]).all()
        np.testing.assert_allclose(zoom[:, 2], 7.5 * (zoom[:, 1] - 2) ** 2)

    def test_two_parameters_and_no_room_are_refused(self, problem):
        with pytest.raises(ValueError, match="problem: got two parameters; allowed one"):
            zoom_of_runs(problem, [], 3)
        with pytest.raises(ValueError, match="room: got 1; allowed a finite number above 1"):
            zoom_of_runs(self.PROBLEM, [descend(self.PROBLEM, [0.0], 0.04, 3)], 3, room=1)
