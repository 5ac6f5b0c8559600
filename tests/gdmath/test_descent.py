import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdmath import (
    LeastSquares,
    Outcome,
    batches,
    descend,
    descend_on_summed_gradient,
    landings,
    losses_after,
    paths_at,
    preset,
    sgd_path,
)


@pytest.fixture
def problem(chapter_0):
    return chapter_0.problem()


@pytest.fixture
def start(chapter_0):
    return chapter_0.start


def test_two_steps_by_hand():
    """y = x at x = 1 from w = 0: L = (1 - w)^2, slope -2 (1 - w), so at rate 1/4 w is 1/2, then 3/4."""
    run = descend(LeastSquares([1.0], [1.0], fit_bias=False), [0.0], 0.25, 2)
    assert run.parameters.tolist() == [[0.0], [0.5], [0.75]]
    assert run.losses.tolist() == [1.0, 0.25, 0.0625]
    assert run.gradients.tolist() == [[-2.0], [-1.0], [-0.5]]
    assert (run.n_steps, run.method, run.batch_size) == (2, "gradient descent", None)


def test_row_k_is_the_state_after_k_updates(problem, start):
    run = descend(problem, start, 0.1, 25)
    assert run.parameters.shape == run.gradients.shape == (26, 2)
    assert np.array_equal(run.parameters[0], start)
    assert np.array_equal(run.losses, problem.loss(run.parameters))
    assert np.array_equal(run.gradients, problem.gradient(run.parameters))


@given(st.integers(1, 30), st.integers(1, 30), st.sampled_from([None, 1, 7, 80]), st.booleans())
@settings(max_examples=40)
def test_a_shorter_run_is_the_beginning_of_a_longer_one(few, more, batch_size, shuffle):
    dataset = preset("chapter-0")
    options = {"batch_size": batch_size, "seed": 1, "shuffle": shuffle}
    short = descend(dataset.problem(), dataset.start, 0.1, few, **options)
    long = descend(dataset.problem(), dataset.start, 0.1, few + more, **options)
    for name in ("parameters", "losses", "gradients"):
        assert np.array_equal(getattr(short, name), getattr(long, name)[: few + 1])
    starts = long.epoch_starts[long.epoch_starts <= few]
    assert np.array_equal(short.epoch_starts, starts)


class TestBatches:
    def test_epochs_begin_after_ceil_n_over_batch_size_updates(self, problem, start):
        run = descend(problem, start, 0.1, 12, batch_size=32, seed=0)
        assert run.epoch_starts.tolist() == [0, 3, 6, 9, 12]
        assert descend(problem, start, 0.1, 3).epoch_starts.tolist() == [0, 1, 2, 3]

    def test_an_epoch_meets_every_row_once(self):
        """One feature per row, all zero but its own: each row's slope shows when it was met."""
        x = np.arange(1.0, 8.0)
        problem = LeastSquares(x, np.zeros(7), fit_bias=False)
        run = descend(problem, [1.0], 1e-6, 13, batch_size=1, seed=4)
        met = np.sqrt(run.gradients[:, 0] / (2 * run.parameters[:, 0])).round().astype(int)
        assert sorted(met[:7]) == sorted(met[7:]) == list(range(1, 8))
        assert met[:7].tolist() != met[7:].tolist(), "each epoch is shuffled anew"

    def test_the_last_batch_holds_what_is_left(self, problem, start):
        run = descend(problem, start, 0.1, 3, batch_size=32, shuffle=False)
        left = problem.gradient(run.parameters[2], np.arange(64, 80))
        assert np.array_equal(run.gradients[2], left)

    def test_the_last_row_has_the_gradient_of_the_batch_next_in_line(self, problem, start):
        run = descend(problem, start, 0.1, 1, batch_size=32, shuffle=False)
        assert np.array_equal(run.gradients[-1], problem.gradient(run.parameters[-1], np.arange(32, 64)))

    def test_losses_are_over_all_rows(self, problem, start):
        run = descend(problem, start, 0.1, 50, batch_size=1, seed=0)
        assert np.array_equal(run.losses, problem.loss(run.parameters))

    def test_a_seed_gives_one_path(self, problem, start):
        first, again, other = (descend(problem, start, 0.1, 50, batch_size=8, seed=s) for s in (3, 3, 4))
        assert np.array_equal(first.parameters, again.parameters)
        assert not np.array_equal(first.parameters, other.parameters)

    def test_neighbouring_seeds_shuffle_as_numpys_generator_does(self):
        for seed in range(6):
            generator = np.random.default_rng(seed)
            shuffled = [generator.permutation(9).tolist() for _ in range(2)]
            drawn = batches(9, batch_size=9, n_updates=2, seed=seed)
            assert [rows.tolist() for rows in drawn] == shuffled

    def test_neither_reads_nor_moves_the_global_stream(self, problem, start):
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        descend(problem, start, 0.1, 50, batch_size=8, seed=3)
        assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002

    def test_only_sampled_descent_is_called_sgd(self, problem, start):
        assert descend(problem, start, 0.1, 1, batch_size=8, seed=0).method == "SGD"
        assert descend(problem, start, 0.1, 1, batch_size=80, seed=0).method == "gradient descent"

    @pytest.mark.parametrize("sampling", [{"shuffle": False}, {"seed": 3}])
    @pytest.mark.parametrize("batch_size", [1, 16, 32, 80])
    def test_the_batches_told_are_the_batches_taken(self, problem, start, batch_size, sampling):
        run = descend(problem, start, 0.1, 100, batch_size=batch_size, **sampling)
        for k, rows in enumerate(batches(problem.n_rows, batch_size, 100, **sampling)):
            step = run.parameters[k] - 0.1 * problem.gradient(run.parameters[k], rows)
            assert np.array_equal(run.parameters[k + 1], step)

    @pytest.mark.parametrize("batch_size", [1, 16, 32])
    def test_updates_from_one_place_land_on_average_where_the_whole_one_does(
        self, problem, start, batch_size
    ):
        chosen = batches(problem.n_rows, batch_size, -(-80 // batch_size), seed=5)
        landed = landings(problem, start, 0.1, chosen)
        whole = descend(problem, start, 0.1, 1).parameters[1]
        sizes = [len(rows) for rows in chosen]
        np.testing.assert_allclose(np.average(landed, axis=0, weights=sizes), whole, rtol=1e-13)
        assert not np.isclose(landed, whole).all()
        first = descend(problem, start, 0.1, 1, batch_size=batch_size, seed=5).parameters[1]
        assert np.array_equal(landed[0], first)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((80, 0, 5), "batch_size: got 0"),
            ((80, 81, 5), "batch_size: got 81"),
            ((80, 16, 0, 3), "n_updates: got 0"),
            ((80, 16, 5), "seed: got None"),
        ],
    )
    def test_batches_that_cannot_be_are_refused(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            batches(*arguments)


class TestOutcomes:
    def test_out_of_steps(self, problem, start):
        assert descend(problem, start, 0.1, 5).outcome is Outcome.OUT_OF_STEPS

    def test_overflow_keeps_the_finite_rows(self, problem, start):
        run = descend(problem, start, 1.1, 100_000)
        assert run.outcome is Outcome.DIVERGED
        assert 100 < run.n_steps < 100_000
        assert np.isfinite(run.parameters).all()
        assert np.isfinite(run.losses).all()
        with np.errstate(over="ignore"):
            beyond = problem.loss(run.parameters[-1] - 1.1 * run.gradients[-1])
        assert not np.isfinite(beyond), "the prefix ends only where float64 does"

    def test_beyond_the_limit_but_still_falling_is_not_yet_divergence(self, problem, start):
        limit = problem.max_stable_learning_rate
        run = descend(problem, start, 1.001 * limit, 3)
        assert run.losses[-1] < run.losses[0]
        assert run.outcome is Outcome.OUT_OF_STEPS

    def test_tolerance_stops_at_the_first_row_within_it(self, problem, start):
        run = descend(problem, start, 0.5, 10_000, tolerance=1e-6)
        lengths = np.linalg.norm(run.gradients, axis=1)
        assert run.outcome is Outcome.REACHED_TOLERANCE
        assert lengths[-1] <= 1e-6 < lengths[-2]

    def test_tolerance_is_of_the_gradient_over_all_rows(self, problem, start):
        run = descend(problem, start, 0.05, 5000, batch_size=40, seed=0, tolerance=0.02)
        lengths = np.linalg.norm(problem.gradient(run.parameters), axis=1)
        assert run.outcome is Outcome.REACHED_TOLERANCE
        assert lengths[-1] <= 0.02 < lengths[:-1].min()

    def test_exactly_the_limit_oscillates(self):
        run = descend(LeastSquares([1.0], [0.0], fit_bias=False), [1.0], 1.0, 4)
        assert run.outcome is Outcome.OSCILLATES
        assert run.parameters[:, 0].tolist() == [1.0, -1.0, 1.0, -1.0, 1.0]

    def test_a_billionth_beside_the_limit_is_not_at_it(self):
        """At most a trillionth: a millionth beside it, the swing of a long run visibly grows or settles."""
        problem = LeastSquares([1.0], [0.0], fit_bias=False)
        outcomes = [descend(problem, [1.0], 1.0 + away, 4).outcome for away in (-1e-9, -1e-13, 1e-13, 1e-9)]
        assert outcomes == [
            Outcome.OUT_OF_STEPS,
            Outcome.OSCILLATES,
            Outcome.OSCILLATES,
            Outcome.DIVERGED,
        ]

    def test_a_gradient_as_long_as_the_tolerance_has_reached_it(self):
        run = descend(LeastSquares([1.0], [0.0], fit_bias=False), [4.0], 0.25, 10, tolerance=2.0)
        assert run.gradients[:, 0].tolist() == [8.0, 4.0, 2.0]
        assert run.outcome is Outcome.REACHED_TOLERANCE

    @pytest.mark.parametrize("rate", [1e-300, 1e-20])
    def test_a_rate_too_small_to_move_is_said(self, problem, start, rate):
        assert descend(problem, start, rate, 10).outcome is Outcome.STOOD_STILL

    def test_standing_at_the_minimum(self):
        run = descend(LeastSquares([1.0, 2.0], [1.0, 2.0], fit_bias=False), [1.0], 0.1, 3)
        assert run.outcome is Outcome.STOOD_STILL

    def test_a_constant_feature_can_be_descended_on(self):
        run = descend(LeastSquares([1.0, 1.0], [1.0, 3.0]), [0.0, 0.0], 0.1, 500)
        assert run.outcome is Outcome.OUT_OF_STEPS
        assert run.losses[-1] == pytest.approx(1.0)

    def test_reads_as_a_sentence(self):
        assert str(Outcome.DIVERGED) == "diverged: the loss grows without bound"
        assert all(" " in str(outcome) for outcome in Outcome)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"learning_rate": np.nan}, "learning_rate: got nan; allowed a finite number above 0"),
        ({"learning_rate": np.inf}, "learning_rate: got inf"),
        ({"learning_rate": 0.0}, "learning_rate: got 0.0"),
        ({"learning_rate": -0.1}, "learning_rate: got -0.1"),
        ({"n_steps": 0}, "n_steps: got 0; allowed a whole number from 1 to 1000000"),
        ({"n_steps": -1}, "n_steps: got -1"),
        ({"n_steps": 2.5}, "n_steps: got 2.5"),
        ({"n_steps": True}, "n_steps: got True"),
        ({"n_steps": 10**9}, "n_steps: got 1000000000"),
        ({"start": [0.0]}, r"start: got 1 values; allowed 2, ordered \(b, w\)"),
        ({"start": [0.0, np.nan]}, "start: got nan at index 1"),
        ({"start": [[0.0, 0.0]]}, r"start: got shape \(1, 2\)"),
        ({"start": [1e200, 0.0]}, r"start: got \[1e\+200, 0.0\], whose loss is beyond float64"),
        ({"batch_size": 0, "seed": 0}, "batch_size: got 0; allowed a whole number from 1 to 80"),
        ({"batch_size": 81, "seed": 0}, "batch_size: got 81"),
        ({"batch_size": 8.0, "seed": 0}, "batch_size: got 8.0"),
        ({"batch_size": 8}, "seed: got None"),
        ({"batch_size": 8, "seed": -1}, "seed: got -1"),
        ({"tolerance": 0.0}, "tolerance: got 0.0"),
        ({"tolerance": np.nan}, "tolerance: got nan"),
    ],
)
def test_bad_arguments_are_refused(problem, start, arguments, message):
    with pytest.raises(ValueError, match=message):
        descend(problem, **({"start": start, "learning_rate": 0.1, "n_steps": 10} | arguments))


class TestLossesAfter:
    @pytest.mark.parametrize("n_steps", [1, 10, 50])
    def test_is_what_descent_arrives_at(self, cases, n_steps):
        for case in cases[:80]:
            rates = case.problem.max_stable_learning_rate * np.array([0.01, 0.3, 0.9, 0.999, 1.3])
            arrived = [descend(case.problem, case.start, rate, n_steps).losses[-1] for rate in rates]
            found = losses_after(case.problem, case.start, rates, n_steps)
            np.testing.assert_allclose(found, arrived, rtol=1e-6, atol=1e-9 * case.problem.loss(case.start))

    def test_the_textbooks_three(self, problem, start):
        found = losses_after(problem, start, [0.0, 0.2, 0.8, 1.1], 10)
        assert found == pytest.approx([2.74216, 0.11759, 1.94594, 148043], rel=1e-4)

    def test_beyond_float64_it_is_infinite(self, problem, start):
        assert losses_after(problem, start, [0.2, 5.0], 10_000).tolist() == [
            pytest.approx(problem.minimum),
            np.inf,
        ]

    def test_from_the_minimum_no_rate_leaves(self, problem):
        assert losses_after(problem, problem.minimizer, [0.1, 5.0], 10_000) == pytest.approx(problem.minimum)


class TestPathsAt:
    @pytest.mark.parametrize("n_steps", [1, 30])
    def test_is_every_step_of_descent(self, cases, n_steps):
        for case in cases[:60]:
            rates = case.problem.max_stable_learning_rate * np.array([0.01, 0.3, 0.9, 0.999, 1.3])
            found = paths_at(case.problem, case.start, rates, n_steps)
            assert found.shape == (len(rates), n_steps + 1, case.problem.n_parameters)
            for rate, path in zip(rates, found, strict=True):
                run = descend(case.problem, case.start, rate, n_steps)
                size = np.abs(run.parameters).max(axis=0)
                np.testing.assert_allclose(path, run.parameters, rtol=1e-6, atol=1e-6 * size.max())

    def test_its_ends_have_the_losses_after_as_many_steps(self, problem, start):
        rates = np.linspace(0.0, 1.2, 25)
        ends = paths_at(problem, start, rates, 20)[:, -1]
        np.testing.assert_allclose(problem.loss(ends), losses_after(problem, start, rates, 20), rtol=1e-9)

    def test_each_path_begins_at_the_start(self, problem, start):
        assert (paths_at(problem, start, [0.0, 0.8, 5.0], 3)[:, 0] == start).all()


class TestSgdPath:
    @pytest.mark.parametrize("fit_bias", [True, False])
    @pytest.mark.parametrize("reduction", ["mean", "sum"])
    @pytest.mark.parametrize("size", [1, 3, 7])
    def test_is_every_row_of_descent_by_batches(self, fit_bias, reduction, size):
        generator = np.random.default_rng(size)
        x, y = generator.normal(3.0, 1.0, 7), generator.normal(size=7)
        problem = LeastSquares(x, y, fit_bias=fit_bias, reduction=reduction)
        start = generator.normal(size=problem.n_parameters)
        for rate in problem.max_stable_learning_rate * np.array([0.01, 0.2, 0.9]):
            run = descend(problem, start, rate, 40, size, seed=5)
            found = sgd_path(problem, start, rate, batches(7, size, 40, seed=5))
            assert (found[0] == start).all()
            np.testing.assert_allclose(found, run.parameters, rtol=1e-9, atol=1e-12 * np.abs(found).max())

    def test_ends_before_the_first_row_beyond_float64(self, problem, start):
        chosen = batches(problem.n_rows, 16, 1000, seed=42)
        run = descend(problem, start, 3.0, 1000, 16, seed=42)
        assert run.outcome is Outcome.DIVERGED
        np.testing.assert_allclose(sgd_path(problem, start, 3.0, chosen), run.parameters, rtol=1e-9)


class TestSummedGradient:
    def test_obeys_its_update_bit_for_bit(self):
        dataset = preset("one-weight")
        run = descend_on_summed_gradient(dataset.problem(), dataset.start, 0.01, 20)
        p, g = run.parameters, run.gradients
        assert np.array_equal(p[1:], p[:-1] - 0.01 * g[:-1])
        assert run.method == "summed gradient, by mistake"

    def test_keeps_the_finite_rows(self):
        dataset = preset("one-weight")
        run = descend_on_summed_gradient(dataset.problem(), dataset.start, 0.1, 1000)
        assert run.outcome is Outcome.DIVERGED
        assert run.n_steps < 1000
        # The losses are float32, and end where float32 does.
        assert run.losses.max() < np.finfo(np.float32).max

    def test_refuses_a_problem_without_the_mistake(self, problem, start):
        with pytest.raises(ValueError, match="problem: got a bias"):
            descend_on_summed_gradient(problem, start, 0.01, 5)
        with pytest.raises(ValueError, match="or a summed loss"):
            descend_on_summed_gradient(LeastSquares([1.0], [1.0], False, "sum"), [0.0], 0.01, 5)

    def test_refuses_a_start_beyond_float32(self):
        dataset = preset("one-weight")
        with pytest.raises(ValueError, match="beyond"):
            descend_on_summed_gradient(dataset.problem(), [1e60], 0.01, 5)
