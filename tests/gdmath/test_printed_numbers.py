"""Every number the textbook and the notebooks print comes out, to each digit they print."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

from gdmath import (
    BIAS,
    TEXTBOOK_WINDOWS,
    WEIGHT,
    LeastSquares,
    Outcome,
    Standardizer,
    descend,
    descend_on_summed_gradient,
    finite_difference,
    loss_grid,
    preset,
    steps_to_within,
)
from gdmath.torch_loops import autograd_loop, hand_loop, linear_loop, sgd_loop


def printed(values, digits):
    """The values as a notebook prints them."""
    return [f"{value:.{digits}f}" for value in np.ravel(values)]


@pytest.fixture(scope="module")
def original():
    return preset("chapter-0").problem()


@pytest.fixture(scope="module")
def bad():
    return preset("chapter-0-bad").problem()


@pytest.fixture(scope="module")
def scaled(original):
    return LeastSquares(Standardizer.fit(original.x).transform(original.x), original.y)


@pytest.fixture(scope="module")
def start():
    return preset("chapter-0").start


class TestChapter0:
    def test_start(self, original, start):
        assert printed(start, 8) == ["0.49671415", "-0.13826430"]
        assert float(original.loss(start)) == 2.7421577700550976
        assert original.gradient(start).tolist() == [-3.044811379650508, -1.8337537171510832]

    def test_first_update(self, original, start):
        assert printed(descend(original, start, 0.1, 1).parameters[1], 8) == ["0.80119529", "0.04511107"]

    def test_least_squares(self, original):
        assert printed(original.minimizer, 4) == ["1.0235", "1.9690"]
        assert original.minimum == 0.008044657695492986

    def test_full_run_reaches_least_squares(self, original, start):
        assert printed(descend(original, start, 0.1, 1000).parameters[-1], 4) == ["1.0235", "1.9690"]

    def test_sklearn_agrees(self, original):
        fitted = LinearRegression().fit(original.x[:, None], original.y)
        assert original.minimizer == pytest.approx([fitted.intercept_, fitted.coef_[0]], rel=1e-13)

    def test_loss_of_the_rewrite_does_not_reproduce(self, original, start):
        assert printed(original.loss(start), 4) == ["2.7422"] != ["2.7203"]

    @pytest.mark.parametrize(
        ("rate", "digits", "losses"),
        [
            (0.8, 3, ["2.742", "2.627", "2.525"]),
            (1.1, 2, ["2.74", "7.74", "22.85"]),
        ],
    )
    def test_large_rates(self, original, start, rate, digits, losses):
        assert printed(descend(original, start, rate, 10).losses[:3], digits) == losses

    def test_divergence_at_step_10(self, original, start):
        run = descend(original, start, 1.1, 10)
        assert int(run.losses[10]) == 148042
        assert run.outcome is Outcome.DIVERGED

    def test_one_axis_at_a_time_hides_the_divergence(self, original):
        # Along either axis alone 0.8 is far below the limit, and 1.1 is past it for b only.
        limits = 2.0 / np.diag(original.hessian)
        assert limits[BIAS] == pytest.approx(1.0)
        assert limits[WEIGHT] > 3.0
        assert original.max_stable_learning_rate < limits.min()


class TestSurface:
    def test_nearest_node_lowers_the_start(self, original, start):
        grid = loss_grid(original, TEXTBOOK_WINDOWS["chapter-0"])
        row, column = np.abs(grid.w - start[WEIGHT]).argmin(), np.abs(grid.b - start[BIAS]).argmin()
        assert grid.losses.shape == (101, 101)
        assert printed([grid.b[column], grid.w[row]], 2) == ["0.52", "-0.16"]
        assert printed(grid.losses[row, column], 3) == ["2.711"]
        assert printed(original.loss(start), 3) == ["2.742"]

    @pytest.mark.parametrize(
        ("which", "rise", "ratio", "slope"),
        [(WEIGHT, "-0.214499", "-1.787", "-1.8255"), (BIAS, "-0.347853", "-2.899", "-3.0188")],
    )
    def test_secants_at_that_node(self, original, which, rise, ratio, slope):
        node = (0.52, -0.16)
        secant = finite_difference(original, node, which, 0.12)
        assert printed(secant.rise, 6) == [rise]
        assert printed(secant.ratio, 3) == [ratio]
        assert printed(original.gradient(node)[which], 4) == [slope]


class TestTable:
    def test_original(self, original):
        assert printed(original.eigenvalues, 5) == ["0.15107", "2.48291"]
        assert printed(original.condition_number, 2) == ["16.44"]
        assert printed(original.max_stable_learning_rate, 5) == ["0.80551"]
        assert printed(original.best_learning_rate, 5) == ["0.75931"]

    def test_bad(self, bad):
        assert printed(bad.eigenvalues, 5) == ["0.57868", "64.81956"]
        assert printed(bad.condition_number, 2) == ["112.01"]
        assert printed(bad.max_stable_learning_rate, 6) == ["0.030855"]
        assert printed(bad.best_learning_rate, 6) == ["0.030582"]

    def test_scaled(self, scaled):
        assert scaled.eigenvalues == pytest.approx([2.0, 2.0], rel=1e-14)
        assert scaled.condition_number == pytest.approx(1.0, rel=1e-13)
        assert scaled.max_stable_learning_rate == pytest.approx(1.0, rel=1e-14)
        assert scaled.best_learning_rate == pytest.approx(0.5, rel=1e-14)

    def test_scaled_reaches_the_minimum_in_one_step_at_the_best_rate(self, scaled, start):
        assert descend(scaled, start, 0.5, 1).parameters[1] == pytest.approx(scaled.minimizer, rel=1e-13)

    @pytest.mark.parametrize(
        ("data", "rate", "steps"),
        [
            ("original", 0.1, 258),
            ("original", 0.2, 128),
            ("original", 0.8, 377),
            ("bad", 0.01, 576),
            ("scaled", 0.1, 24),
            ("scaled", 0.2, 11),
            ("scaled", 0.8, 11),
        ],
    )
    def test_steps_to_within_one_percent(self, request, start, data, rate, steps):
        problem = request.getfixturevalue(data)
        assert steps_to_within(descend(problem, start, rate, 1000), problem.minimum) == steps

    def test_bad_diverges_at_the_textbooks_rate(self, bad, start):
        run = descend(bad, start, 0.1, 1000)
        assert printed(run.losses[0], 3) == ["5.515"]
        assert printed(run.losses[1], 1) == ["163.6"]
        assert printed(run.losses[2], 0) == ["4915"]
        assert run.outcome is Outcome.DIVERGED

    def test_sklearn_scales_alike(self, original):
        ours, theirs = Standardizer.fit(original.x), StandardScaler().fit(original.x[:, None])
        assert [ours.mean, ours.standard_deviation] == pytest.approx(
            [theirs.mean_[0], theirs.scale_[0]], rel=1e-14
        )
        validation = preset("chapter-0").x_validation
        expected = theirs.transform(validation[:, None]).ravel()
        np.testing.assert_allclose(ours.transform(validation), expected, rtol=0, atol=1e-14)


class TestPathsPerEpoch:
    @pytest.mark.parametrize(
        ("batch_size", "digits", "epochs"),
        [
            (None, 4, [("0.9825", "0.8591"), ("1.0956", "0.9334"), ("1.1790", "0.9922")]),
            (16, 3, [("1.276", "1.077"), ("1.361", "1.196")]),
            (1, 3, [("1.123", "1.725"), ("1.038", "1.899"), ("1.016", "1.946")]),
        ],
    )
    def test_rows_in_file_order(self, original, batch_size, digits, epochs):
        updates = len(epochs) * -(-80 // (batch_size or 80))
        run = descend(original, (0.8300, 0.7645), 0.1, updates, batch_size=batch_size, shuffle=False)
        ends = run.parameters[run.epoch_starts[1:]]
        assert [tuple(printed(end, digits)) for end in ends] == epochs


class TestOneWeight:
    weights = ("0.300", "0.772", "1.113", "1.359", "1.537", "1.665", "1.758", "1.825", "1.874", "1.909")
    losses = (
        *("30.00000000", "15.66018772", "8.17471695", "4.26725292", "2.22753215"),
        *("1.16278565", "0.60698116", "0.31684780", "0.16539653", "0.08633806"),
    )

    @pytest.mark.parametrize("loop", [hand_loop, autograd_loop, sgd_loop, linear_loop])
    def test_every_loop_prints(self, loop):
        dataset = preset("one-weight")
        problem = dataset.problem()
        run = loop(problem, dataset.start, dataset.learning_rate, dataset.n_steps, dtype=dataset.dtype)
        assert printed(run.parameters[1::2], 3) == list(self.weights)
        assert printed(run.losses[:-1:2], 8) == list(self.losses)
        # f(5) of the last weight, in float32 as the model computes it.
        assert printed(np.float32(5.0) * np.float32(run.parameters[-1]), 5) == ["9.61241"]

    def test_float64_prints_other_losses(self):
        dataset = preset("one-weight")
        run = descend(dataset.problem(), dataset.start, dataset.learning_rate, dataset.n_steps)
        assert printed(run.parameters[1::2], 3) == list(self.weights)
        assert printed(run.losses[2], 8) == ["15.66018750"]


class TestSummedGradient:
    """The tutorial's mistake, which prints a faster run."""

    def test_prints(self):
        dataset = preset("one-weight")
        run = descend_on_summed_gradient(dataset.problem(), dataset.start, 0.01, 20)
        assert printed(run.parameters[1:11], 3) == [
            *("1.200", "1.680", "1.872", "1.949", "1.980", "1.992", "1.997", "1.999", "1.999", "2.000")
        ]
        assert printed(run.losses[:10], 8) == [
            *("30.00000000", "4.79999924", "0.76800019", "0.12288000", "0.01966083"),
            *("0.00314574", "0.00050331", "0.00008053", "0.00001288", "0.00000206"),
        ]
        assert printed(5.0 * run.parameters[10], 3) == ["9.999"]
        assert printed(5.0 * run.parameters[20], 3) == ["10.000"]

    def test_gradient_is_four_times_too_big(self):
        dataset = preset("one-weight")
        problem = dataset.problem()
        wrong = descend_on_summed_gradient(problem, dataset.start, 0.01, 1)
        assert wrong.gradients[0] == 4.0 * problem.gradient(dataset.start)

    def test_stability_limit_is_four_times_too_low(self):
        dataset = preset("one-weight")
        problem = dataset.problem()
        summed = LeastSquares(problem.x, problem.y, fit_bias=False, reduction="sum")
        assert printed([summed.max_stable_learning_rate, problem.max_stable_learning_rate], 4) == [
            *("0.0333", "0.1333")
        ]
        assert descend_on_summed_gradient(problem, dataset.start, 0.034, 50).outcome is Outcome.DIVERGED
        assert descend_on_summed_gradient(problem, dataset.start, 0.033, 50).outcome is Outcome.OUT_OF_STEPS
        assert descend(problem, dataset.start, 0.034, 50).outcome is Outcome.OUT_OF_STEPS


def test_thousand_points_summed_at_1e_4_is_their_mean_at_one_tenth():
    dataset = preset("fake-data-1000")
    summed = dataset.problem()
    mean = LeastSquares(summed.x, summed.y)
    by_sum = descend(summed, dataset.start, 1e-4, 500)
    by_mean = descend(mean, dataset.start, 0.1, 500)
    np.testing.assert_allclose(by_sum.parameters, by_mean.parameters, rtol=1e-12)
    np.testing.assert_allclose(by_sum.losses, 1000.0 * by_mean.losses, rtol=1e-12)
