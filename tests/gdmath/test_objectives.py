import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdmath import BIAS, WEIGHT, LeastSquares, preset

reals = st.floats(-1e3, 1e3).map(lambda value: round(value, 3))


@st.composite
def problems(draw, min_rows=2):
    n = draw(st.integers(min_rows, 12))
    x = draw(st.lists(reals, min_size=n, max_size=n, unique=True))
    y = draw(st.lists(reals, min_size=n, max_size=n))
    return LeastSquares(x, y, draw(st.booleans()), draw(st.sampled_from(["mean", "sum"])))


def test_parameter_order_is_bias_then_weight():
    assert (BIAS, WEIGHT) == (0, 1)
    # b = 3, w = 5 at x = 2.
    assert LeastSquares([2.0], [0.0]).predict([3.0, 5.0]).tolist() == [13.0]


def test_worked_example():
    """x = 1, 2; y = 3, 7; b = 1, w = 1: residuals -1, -4, loss 17/2, slopes -1 - 4, -1 - 8."""
    problem = LeastSquares([1.0, 2.0], [3.0, 7.0])
    here = [1.0, 1.0]
    assert problem.predict(here).tolist() == [2.0, 3.0]
    assert problem.residuals(here).tolist() == [-1.0, -4.0]
    assert problem.loss(here) == 8.5
    assert problem.gradient(here).tolist() == [-5.0, -9.0]
    assert problem.hessian.tolist() == [[2.0, 3.0], [3.0, 5.0]]
    assert problem.minimizer == pytest.approx([-1.0, 4.0])
    summed = LeastSquares([1.0, 2.0], [3.0, 7.0], reduction="sum")
    assert summed.loss(here) == 17.0
    assert summed.gradient(here).tolist() == [-10.0, -18.0]
    assert summed.hessian.tolist() == [[4.0, 6.0], [6.0, 10.0]]


@given(problems(), st.data())
def test_a_stack_gives_bit_for_bit_what_its_rows_give(problem, data):
    stack = np.array(
        data.draw(st.lists(st.lists(reals, min_size=2, max_size=2), min_size=6, max_size=6))
    ).reshape(2, 3, 2)[..., : problem.n_parameters]
    losses, gradients = problem.loss(stack), problem.gradient(stack)
    assert losses.shape == (2, 3)
    assert gradients.shape == stack.shape
    assert problem.predict(stack).shape == (2, 3, problem.n_rows)
    for index in np.ndindex(2, 3):
        assert losses[index] == problem.loss(stack[index])
        assert np.array_equal(gradients[index], problem.gradient(stack[index]))


@given(problems())
def test_no_line_is_below_the_minimizer(problem):
    if problem.eigenvalues[0] == 0:
        return
    step = 1e-3 * np.sqrt((problem.minimum + 1.0) / problem.eigenvalues[-1])
    for direction in np.vstack([np.eye(problem.n_parameters), -np.eye(problem.n_parameters)]):
        assert problem.loss(problem.minimizer + step * direction) >= problem.minimum * (1 - 1e-12)


@given(problems())
def test_eigenvalues_are_the_hessians(problem):
    expected = np.linalg.eigvalsh(problem.hessian)
    assert problem.eigenvalues == pytest.approx(expected, rel=1e-9, abs=1e-9 * expected[-1])
    assert (np.diff(problem.eigenvalues) >= 0).all()


def test_the_eigenvalues_of_a_round_bowl_do_not_cross():
    """The variance of this feature is 1 and one rounding more, and so was the smaller of the two."""
    problem = LeastSquares([-1.2247448713915892, 0.0, 1.2247448713915892], [1.0, 2.0, 4.0])
    assert problem.eigenvalues[0] <= problem.eigenvalues[1]
    assert problem.condition_number >= 1.0


def test_rates_follow_from_the_eigenvalues():
    problem = preset("chapter-0").problem()
    smallest, largest = problem.eigenvalues
    assert problem.condition_number == largest / smallest
    assert problem.max_stable_learning_rate == 2 / largest
    assert problem.best_learning_rate == pytest.approx(2 / (smallest + largest), rel=1e-15)


@given(problems())
def test_eigenvectors_are_the_hessians(problem):
    vectors = problem.eigenvectors
    p = problem.n_parameters
    assert vectors.T @ vectors == pytest.approx(np.eye(p), abs=1e-12)
    rebuilt = vectors * problem.eigenvalues @ vectors.T
    assert rebuilt == pytest.approx(problem.hessian, rel=1e-9, abs=1e-9 * problem.eigenvalues[-1])


@given(problems(), st.sampled_from([BIAS, WEIGHT]), reals, st.lists(reals, min_size=1, max_size=5))
def test_a_cut_is_the_loss_with_one_parameter_held(problem, moving, held, values):
    if not problem.fit_bias:
        with pytest.raises(ValueError, match="with a bias"):
            problem.cut(moving, held)
        return
    cut = problem.cut(moving, held)
    points = np.full((len(values), 2), held)
    points[:, moving] = values
    np.testing.assert_allclose(
        cut.loss(np.array(values)[:, None]), problem.loss(points), rtol=1e-9, atol=1e-9
    )
    slopes = problem.gradient(points)[:, moving]
    scale = 1e-9 * (np.abs(slopes).max() + 1)
    np.testing.assert_allclose(cut.gradient(np.array(values)[:, None])[:, 0], slopes, rtol=1e-9, atol=scale)
    assert cut.hessian[0, 0] == pytest.approx(problem.hessian[moving, moving], rel=1e-12)


directions = st.lists(st.integers(-20, 20), min_size=2, max_size=2).map(np.array).filter(np.any)


@given(problems(), directions, st.lists(reals, min_size=2, max_size=2))
def test_slope_is_the_change_over_a_step_both_ways(problem, way, at):
    way, at = np.array(way)[: problem.n_parameters], np.array(at)[: problem.n_parameters]
    change = problem.loss(at + way) - problem.loss(at - way)  # of a parabola exactly twice the slope
    size = problem.loss(at + way) + problem.loss(at - way)
    assert problem.slope(at, way) == pytest.approx(change / 2, abs=1e-9 * max(size, 1e-6))


@given(problems(), directions, st.lists(reals, min_size=2, max_size=2))
def test_a_curvature_is_the_second_difference_of_the_loss(problem, way, here):
    way, here = way[: problem.n_parameters], np.array(here[: problem.n_parameters])
    behind, at, ahead = (problem.loss(here + step * way) for step in (-1, 0, 1))
    rounding = 1e-12 * (at + behind + ahead)
    assert problem.curvature(way) == pytest.approx(behind + ahead - 2 * at, rel=1e-9, abs=rounding)


@given(problems(), directions, st.floats(0, 1e3))
def test_the_loss_has_risen_at_the_reach(problem, way, rise):
    way = way[: problem.n_parameters]
    if problem.eigenvalues[0] <= 1e-9 * problem.eigenvalues[-1] or not way.any():
        return
    reach = problem.reach(way, rise)
    assert problem.rise(reach * way) == pytest.approx(rise, rel=1e-12)
    for side in (-1, 1):
        loss = problem.loss(problem.minimizer + side * reach * way)
        assert loss - problem.minimum == pytest.approx(rise, rel=1e-6, abs=1e-9 * (problem.minimum + 1))


def test_curvatures_are_the_hessians_and_the_bowls():
    problem = preset("chapter-2").problem()
    assert problem.curvature(np.eye(2)) == pytest.approx(np.diag(problem.hessian), rel=1e-14)
    assert problem.curvature(problem.eigenvectors.T) == pytest.approx(problem.eigenvalues, rel=1e-12)
    assert problem.reach(np.eye(2), [2.0, 0.0]).tolist() == [np.sqrt(2.0), 0.0]


def test_the_curvature_of_a_narrow_valley_keeps_its_digits():
    """In a valley of condition 1e12 the products of v H v cancel."""
    problem = LeastSquares(1e6 + np.arange(5.0), np.zeros(5))
    smallest, flattest = problem.eigenvalues[0], problem.eigenvectors[:, 0]
    assert problem.curvature(flattest) == pytest.approx(smallest, rel=1e-8, abs=0.0)


def test_a_reach_refuses_what_has_none():
    problem = LeastSquares([1.0, 2.0], [3.0, 7.0])
    with pytest.raises(ValueError, match="rise: got -1; allowed numbers from 0"):
        problem.reach([1.0, 0.0], -1.0)
    with pytest.raises(ValueError, match="rise: got nan"):
        problem.reach([1.0, 0.0], math.nan)
    with pytest.raises(ValueError, match=r"way: got .* allowed directions along which the loss changes"):
        problem.reach([0.0, 0.0], 1.0)
    with pytest.raises(ValueError, match="many lines fit"):
        LeastSquares([1.0, 1.0], [1.0, 2.0]).reach([1.0, 0.0], 1.0)


@given(problems(), directions, st.lists(reals, min_size=2, max_size=2), st.floats(-3, 3))
def test_the_loss_along_a_line_is_that_of_its_points(problem, way, through, t):
    way, through = way[: problem.n_parameters], np.array(through[: problem.n_parameters])
    along = problem.along(through, way)
    expected = problem.loss(through + t * way)
    assert along.loss([t]) == pytest.approx(expected, rel=1e-9, abs=1e-9 * problem.loss(through))
    assert along.hessian[0, 0] == pytest.approx(problem.curvature(way), rel=1e-12)


def test_the_vertex_of_a_cut_is_a_newton_step_from_any_point_of_it():
    """Textbook: the cut along w at b = 0.49671415 is lowest where its slope, over its curvature, leads."""
    dataset = preset("chapter-0")
    problem, start = dataset.problem(), dataset.start
    for moving in (BIAS, WEIGHT):
        cut = problem.cut(moving, held=start[1 - moving])
        slope, curvature = problem.gradient(start)[moving], problem.hessian[moving, moving]
        assert cut.minimizer == pytest.approx([start[moving] - slope / curvature], rel=1e-12)
        assert cut.minimum == pytest.approx(problem.loss(start) - slope**2 / (2 * curvature), rel=1e-12)


def test_beyond_the_minimizer():
    problem = LeastSquares([0.0, 1.0], [1.0, 3.0])
    points = np.array([[0.0, 0.0], [1.0, 4.0]])
    assert problem.beyond(points, -1.0) == pytest.approx(points)
    assert problem.beyond(points, 0.0).tolist() == [[1.0, 2.0], [1.0, 2.0]]
    assert problem.beyond(points, 1.0).tolist() == [[2.0, 4.0], [1.0, 0.0]]
    assert problem.loss(problem.beyond(points, 1.0)) == pytest.approx(problem.loss(points))


def test_each_cut_is_stable_where_both_together_are_not():
    """The textbook's rate 0.9: below 1 and 3.1547, the limits of b and w alone, above 0.8055."""
    dataset = preset("chapter-0")
    problem, (b, w) = dataset.problem(), dataset.start
    alone = [problem.cut(BIAS, w).max_stable_learning_rate, problem.cut(WEIGHT, b).max_stable_learning_rate]
    assert alone == pytest.approx([1.0, 3.1547], abs=1e-4)
    assert problem.max_stable_learning_rate < 0.9 < min(alone)


def test_error_kept_is_that_of_the_slower_axis():
    problem = preset("chapter-0").problem()
    low, high = problem.eigenvalues
    limit, best = problem.max_stable_learning_rate, problem.best_learning_rate
    kept = problem.error_kept([0.0, 0.2, best, 0.8, limit, 1.1])
    assert kept == pytest.approx(
        [1, 1 - 0.2 * low, (high - low) / (high + low), 0.8 * high - 1, 1, 1.1 * high - 1], rel=1e-12
    )
    assert problem.error_kept(0.2).shape == ()
    assert problem.errors_kept([0.0, 0.2]) == pytest.approx(
        np.array([[1, 1], [1 - 0.2 * low, 1 - 0.2 * high]])
    )
    around = problem.error_kept(best * np.linspace(0.9, 1.1, 101))
    assert around.min() == pytest.approx(problem.error_kept(best), rel=1e-12)


@pytest.mark.parametrize("rate", [0.1, 0.8, 1.1])
def test_a_step_multiplies_the_error_along_each_axis_by_its_factor(rate):
    dataset = preset("chapter-0")
    problem = dataset.problem()
    before = problem.errors(dataset.start)
    after = problem.errors(dataset.start - rate * problem.gradient(dataset.start))
    assert after / before == pytest.approx(problem.error_factors(rate), rel=1e-9)


@given(problems(), st.lists(reals, min_size=2, max_size=2))
def test_pulls_add_up_to_minus_the_gradient(problem, parameters):
    parameters = np.array(parameters[-problem.n_parameters :])
    pulls, gradient = problem.pulls(parameters), problem.gradient(parameters)
    assert pulls.shape == (problem.n_rows, problem.n_parameters)
    np.testing.assert_allclose(pulls.sum(axis=0), -gradient, rtol=1e-9, atol=1e-9 * np.abs(pulls).max())


@given(problems())
def test_the_minimizer_solves_the_normal_equations(problem):
    matrix, right = problem.normal_equations
    scale = np.abs(matrix).max() * np.abs(problem.minimizer).max() + np.abs(right).max()
    np.testing.assert_allclose(matrix @ problem.minimizer, right, atol=1e-8 * scale)


def test_normal_equations_are_means():
    matrix, right = LeastSquares([1.0, 3.0], [2.0, 10.0]).normal_equations
    np.testing.assert_allclose(matrix, [[1, 2], [2, 5]])
    np.testing.assert_allclose(right, [6, 16])


def test_gradient_over_some_rows_is_that_of_those_rows():
    problem = LeastSquares([1.0, 2.0, 5.0], [3.0, 7.0, 1.0])
    rows = np.array([2, 0])
    alone = LeastSquares([5.0, 1.0], [1.0, 3.0])
    assert problem.gradient([0.5, 0.25], rows).tolist() == alone.gradient([0.5, 0.25]).tolist()


class TestFarFromZero:
    """Years, salaries, timestamps: a feature in the millions that varies by one."""

    @pytest.fixture
    def far(self):
        x = 5e6 + np.linspace(-1.0, 1.0, 41)
        return LeastSquares(x, 3.0 + 2.0 * (x - 5e6))

    def test_minimizer_still_fits(self, far):
        assert far.minimizer[WEIGHT] == pytest.approx(2.0, rel=1e-9)
        # Heights near b = -1e7 are known to 1e-9 of a unit, so the squares to 1e-18.
        assert far.minimum < 1e-16

    def test_smallest_eigenvalue_keeps_its_digits(self, far):
        """The product of the eigenvalues is 4 var(x), whatever the mean."""
        variance = np.linspace(-1.0, 1.0, 41).var()
        assert np.prod(far.eigenvalues) == pytest.approx(4.0 * variance, rel=1e-8)
        # eigvalsh cannot: its error is of the order of lambda_max.
        assert far.eigenvalues[0] == pytest.approx(4.0 * variance / (2.0 * (1.0 + 25e12)), rel=1e-8)


class TestAngleToMinimizer:
    PROBLEM = LeastSquares([0.1, 0.4, 0.6, 0.9], [1.2, 1.9, 2.1, 3.0])

    def test_it_is_the_arccosine_of_the_two_ways(self):
        problem, points = self.PROBLEM, np.random.default_rng(4).normal(size=(50, 2))
        down, home = -problem.gradient(points), problem.minimizer - points
        cosines = (down * home).sum(axis=1) / np.linalg.norm(down, axis=1) / np.linalg.norm(home, axis=1)
        angles = problem.angle_to_minimizer(points)
        np.testing.assert_allclose(np.abs(angles), np.degrees(np.arccos(cosines)))
        turn = np.exp(1j * np.radians(angles))
        turned = (down[:, 0] + 1j * down[:, 1]) * turn / np.linalg.norm(down, axis=1)
        np.testing.assert_allclose(turned, (home[:, 0] + 1j * home[:, 1]) / np.linalg.norm(home, axis=1))

    def test_on_the_axes_of_the_bowl_it_is_none_and_at_its_widest_as_the_condition_number_says(self):
        """cos = 2 sqrt(kappa) / (kappa + 1), Kantorovich."""
        problem = self.PROBLEM
        flat, steep = problem.eigenvectors.T
        np.testing.assert_allclose(
            problem.angle_to_minimizer(problem.minimizer + np.stack([flat, -steep])), 0.0, atol=1e-6
        )
        kappa = problem.condition_number
        widest = problem.angle_to_minimizer(problem.minimizer + np.sqrt(kappa) * flat + steep)
        assert abs(widest) == pytest.approx(np.degrees(np.arccos(2 * np.sqrt(kappa) / (kappa + 1))))

    @pytest.mark.parametrize("factor", [0.2, 1.0, 10.0, 60.0])
    def test_no_direction_is_wider_than_the_widest(self, factor):
        problem = LeastSquares(factor * self.PROBLEM.x, self.PROBLEM.y)
        turns = np.linspace(0.0, np.pi, 200_001)
        around = problem.minimizer + np.stack([np.cos(turns), np.sin(turns)], axis=1)
        assert np.abs(problem.angle_to_minimizer(around)).max() == pytest.approx(
            problem.widest_angle_to_minimizer, rel=1e-6
        )

    def test_a_trough_is_missed_at_a_right_angle_and_a_round_bowl_not_at_all(self):
        assert LeastSquares([2.0, 2.0], [1.0, 3.0]).widest_angle_to_minimizer == 90.0
        assert LeastSquares([-1.0, 1.0], [1.0, 3.0]).widest_angle_to_minimizer == 0.0
        assert LeastSquares([1.0], [1.0], fit_bias=False).widest_angle_to_minimizer == 0.0

    def test_on_a_round_bowl_it_is_none_everywhere_and_at_the_minimizer_too(self):
        x = np.array([-1.0, 1.0, -1.0, 1.0])
        problem = LeastSquares(x, [0.0, 1.0, 2.0, 5.0])
        points = np.vstack([problem.minimizer, np.random.default_rng(4).normal(size=(20, 2))])
        np.testing.assert_allclose(problem.angle_to_minimizer(points), 0.0, atol=1e-6)

    def test_one_parameter_has_none(self):
        with pytest.raises(ValueError, match="got one without a bias; allowed one with two"):
            LeastSquares([1.0], [1.0], fit_bias=False).angle_to_minimizer([1.0])


class TestManyMinimizers:
    def test_a_constant_feature_is_refused_where_it_matters(self):
        trough = LeastSquares([0.1] * 7, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
        assert trough.eigenvalues[0] == 0.0
        assert trough.condition_number == math.inf
        assert trough.max_stable_learning_rate == pytest.approx(2 / (2 * 1.01))
        for name in ("minimizer", "minimum", "best_learning_rate"):
            with pytest.raises(ValueError, match=r"x: got 0.1 in every row.*allowed a feature that varies"):
                getattr(trough, name)

    def test_one_point_has_many_lines(self):
        with pytest.raises(ValueError, match="many lines fit"):
            _ = LeastSquares([1.0], [1.0]).minimizer

    def test_one_point_has_one_line_through_the_origin(self):
        assert LeastSquares([2.0], [1.0], fit_bias=False).minimizer.tolist() == [0.5]

    def test_zero_feature_without_bias_is_flat(self):
        flat = LeastSquares([0.0, 0.0], [1.0, 2.0], fit_bias=False)
        with pytest.raises(ValueError, match="not all zero"):
            _ = flat.minimizer
        with pytest.raises(ValueError, match="not all zero"):
            _ = flat.max_stable_learning_rate


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0], [1.0]), "y: got 1 values for 2"),
        (([1.0, np.inf], [1.0, 2.0]), "x: got inf at index 1"),
        (([], []), "x: got"),
        (([[1.0], [2.0]], [1.0, 2.0]), r"x: got shape \(2, 1\)"),
        (([1e200, 1.0], [1.0, 2.0]), "x: got a largest magnitude of 1e\\+200"),
        (([1.0, 2.0], [1e-200, 0.0]), "y: got a largest magnitude of 1e-200"),
        (([1.0, 2.0], [1.0, 2.0], True, "max"), "reduction: got 'max'"),
        (([1 + 1j], [1.0]), "x: got values of type complex128"),
        (([[1.0], [1.0, 2.0]], [1.0, 2.0]), "x: got rows of unequal length"),
    ],
)
def test_bad_data_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        LeastSquares(*arguments)


@pytest.mark.parametrize("parameters", [1.0, [1.0], [1.0, 2.0, 3.0], [[1.0, 2.0, 3.0]]])
def test_parameters_of_another_length_are_refused(parameters):
    with pytest.raises(ValueError, match=r"parameters: got shape .* ordered \(b, w\)"):
        LeastSquares([1.0, 2.0], [1.0, 2.0]).loss(parameters)


def test_holds_a_copy_that_nobody_can_write_to():
    x = np.array([1.0, 2.0])
    problem = LeastSquares(x, x)
    x[0] = 99.0
    assert problem.x[0] == 1.0
    for values in (problem.x, problem.y, problem.hessian, problem.eigenvalues, problem.minimizer):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0.0
