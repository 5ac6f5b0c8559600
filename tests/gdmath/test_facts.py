"""Facts of a table: each number against another way to have it, and where a line is not the story."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from gdmath import (
    Caution,
    LeastSquares,
    Table,
    TeachingFrame,
    descend,
    facts_of,
    preset,
    read_table,
    steps_needed,
    steps_to_within,
)
from gdmath.facts import RowReason, critical_t, influence, p_value


def table_of(x, y, **more):
    values = {"name": "my.csv", "x_name": "x", "y_name": "y", "validation_share": 0.0} | more
    return Table(x=np.asarray(x, float), y=np.asarray(y, float), **values)


def noisy(n=60, seed=3, noise=1.0, slope=2.0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 10, n)
    return x, 1 + slope * x + noise * rng.normal(size=n)


@pytest.fixture(scope="module")
def bmi():
    rng = np.random.default_rng(7)
    x = rng.normal(26.4, 4.4, 442)
    return table_of(x, 10.2 * x - 117 + rng.normal(0, 62, 442), validation_share=0.2)


def design(x):
    return np.stack([np.ones_like(x), x], axis=1)


class TestSteps:
    def test_as_a_run_counts_them(self, cases):
        counted = 0
        for case in cases[:20]:
            problem, limit = case.problem, case.problem.max_stable_learning_rate
            for rate in (0.3 * limit, 0.95 * limit, problem.best_learning_rate):
                run = descend(problem, case.start, rate, 1000)
                by_running = steps_to_within(run, problem.minimum)
                if by_running is not None:
                    counted += 1
                    assert steps_needed(problem, case.start, rate) == by_running
                else:
                    needed = steps_needed(problem, case.start, rate)
                    assert needed is None or needed > 1000
        assert counted > 20

    @given(st.floats(-6, 3), st.floats(0.001, 0.5))
    def test_at_the_best_rate_both_axes_shrink_alike(self, offset, fraction):
        """So that k has a formula: ((kappa - 1) / (kappa + 1))^(2 k) of the excess is left."""
        x, y = noisy()
        problem = LeastSquares(x + 10**offset, y)
        start = problem.minimizer + np.array([3.0, -2.0])
        decay = 2 * math.log1p(-2 / (problem.condition_number + 1))
        excess = float(problem.rise([3.0, -2.0]))
        exact = math.log(fraction * problem.minimum / excess) / decay
        needed = steps_needed(problem, start, problem.best_learning_rate, fraction)
        assert needed == pytest.approx(max(math.ceil(exact), 0), rel=1e-4, abs=1)

    def test_none_where_no_step_comes_so_near(self):
        x, y = noisy()
        problem = LeastSquares(x, y)
        assert steps_needed(problem, [0, 0], problem.max_stable_learning_rate) is None
        assert steps_needed(problem, [0, 0], 1e-18) is None
        assert steps_needed(LeastSquares(x, 1 + 2 * x), [0, 0], 0.01) is None
        assert steps_needed(problem, problem.minimizer, 1e9) == 0


class TestLine:
    @pytest.mark.parametrize("seed", range(5))
    def test_as_lapack_and_numpy_have_it(self, seed):
        x, y = noisy(seed=seed, noise=4.0)
        line = facts_of(table_of(x, y)).line
        solution, squares, *_ = np.linalg.lstsq(design(x), y, rcond=None)
        assert [line.bias, line.weight] == pytest.approx(solution, rel=1e-10)
        assert line.typical_miss == pytest.approx(math.sqrt(squares[0] / len(x)))
        assert line.correlation == pytest.approx(np.corrcoef(x, y)[0, 1])
        assert line.r_squared == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)
        assert line.p_value == pytest.approx(stats.linregress(x, y).pvalue, abs=1e-12)

    def test_it_is_that_of_the_train_rows(self, bmi):
        train = bmi.dataset().train_indices
        w, b = np.polyfit(bmi.x[train], bmi.y[train], 1)
        facts = facts_of(bmi)
        assert [facts.line.bias, facts.line.weight] == pytest.approx([b, w])
        inside = [facts.line.bias_inside, facts.line.weight_inside]
        assert facts.frame.parameters_outside(inside) == pytest.approx([b, w])
        assert (facts.n_rows, facts.n_train, facts.n_validation) == (442, 354, 88)

    def test_without_a_bias(self):
        line = facts_of(preset("one-weight")).line
        assert (line.bias, line.weight, line.correlation, line.p_value) == (None, 2.0, None, None)
        assert line.is_exact
        data = replace(preset("one-weight"), y=np.array([2.0, 4.0, 6.0, 7.0]))
        squares = ((data.y - data.x * (data.x @ data.y) / (data.x @ data.x)) ** 2).sum()
        assert facts_of(data).line.r_squared == pytest.approx(1 - squares / (data.y**2).sum())


class TestDescent:
    def test_eigenvalues_in_every_unit(self, bmi):
        facts, dataset = facts_of(bmi), bmi.dataset()
        train = dataset.train_indices
        columns = {
            "own_units": bmi.x[train],
            "in_frame": (bmi.x[train] - 20) / 10,
            "standardized": stats.zscore(bmi.x[train]),
        }
        for name, column in columns.items():
            found = getattr(facts, name)
            low, high = np.linalg.eigvalsh(2 / train.size * design(column).T @ design(column))
            assert found.eigenvalues == pytest.approx((low, high), rel=1e-8), name
            assert found.condition_number == pytest.approx(high / low, rel=1e-8)
            assert found.max_stable_learning_rate == pytest.approx(2 / high)
            assert found.best_learning_rate == pytest.approx(2 / (low + high))

    def test_steps_are_those_of_runs_from_the_same_line(self, bmi):
        facts, dataset = facts_of(bmi), bmi.dataset()
        problem = dataset.problem()
        run = descend(problem, dataset.start, facts.in_frame.best_learning_rate, 200)
        assert facts.in_frame.n_steps == steps_to_within(run, problem.minimum)
        run = descend(problem, dataset.start, dataset.learning_rate, 500)
        assert facts.n_steps == steps_to_within(run, problem.minimum)
        assert facts.standardized.n_steps == 1
        raw = bmi.dataset(raw=True)
        start = facts.frame.parameters_outside(dataset.start)
        run = descend(raw.problem(), start, facts.own_units.best_learning_rate, 60_000)
        assert facts.own_units.n_steps == steps_to_within(run, raw.problem().minimum)

    def test_all_start_from_the_same_line(self, bmi):
        """From the best one nothing is left to do, in any unit."""
        line = facts_of(bmi).line
        facts = facts_of(replace(bmi, start=(line.bias, line.weight)))
        steps = [each.n_steps for each in (facts.own_units, facts.in_frame, facts.standardized)]
        assert (steps, facts.n_steps) == ([0, 0, 0], 0)

    def test_raw_has_no_frame(self, bmi):
        facts = facts_of(replace(bmi, raw=True))
        assert (facts.frame, facts.choices, facts.in_frame) == (None, None, None)
        assert facts.own_units.condition_number == pytest.approx(facts_of(bmi).own_units.condition_number)

    def test_the_textbook(self):
        facts = facts_of(preset("chapter-0"))
        assert (facts.n_steps, facts.choices, facts.cautions, facts.rows) == (258, None, (), ())
        assert facts_of(preset("chapter-0-bad")).n_steps is None


class TestColumns:
    def test_by_hand(self):
        facts = facts_of(table_of([1, 2, 2, 2, 4], [5, 6, 6, 7, 9], x_unit="kg"))
        x = facts.x
        assert (x.name, x.unit, x.smallest, x.largest, x.mean, x.n_distinct) == ("x", "kg", 1, 4, 2.2, 3)
        assert x.standard_deviation == pytest.approx(np.std([1, 2, 2, 2, 4]))
        assert facts.n_repeated == 1

    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=30))
    def test_repeats_as_a_set_counts_them(self, pairs):
        x, y = np.array(pairs).T
        assume(np.ptp(x) > 0)
        facts = facts_of(table_of(x, y))
        assert facts.n_repeated == len(pairs) - len(set(pairs))
        assert facts.x.n_distinct == len(set(x))

    def test_rows_are_counted_as_a_spreadsheet_does(self, tmp_path):
        rows = [f"{k},{2 * k + (-1) ** k}" for k in range(20)]
        rows[15] = "15,400"
        rows[3] = "NA,1"
        rows.insert(5, "")
        (tmp_path / "my.csv").write_text("\n".join(["x,y", *rows]) + "\n")
        table = replace(read_table(tmp_path / "my.csv", drop_missing=True), validation_share=0.0)
        facts = facts_of(table)
        lines = (tmp_path / "my.csv").read_text().splitlines()
        (row,) = facts.rows
        assert lines[row.row - 1] == "15,400"
        assert (row.x, row.y, facts.n_dropped, facts.n_rows) == (15.0, 400.0, 1, 19)


class TestChance:
    @pytest.mark.parametrize("n_freedom", [1, 2, 3, 4, 5, 10, 31, 998, 9999])
    @pytest.mark.parametrize("r", [0.0, 1e-3, 0.1, -0.5, 0.9, 1.0])
    def test_as_scipy_has_it(self, n_freedom, r):
        t = abs(r) * math.sqrt(n_freedom / (1 - r**2)) if abs(r) < 1 else math.inf
        assert p_value(r, n_freedom) == pytest.approx(2 * stats.t.sf(t, n_freedom), abs=1e-11)

    @pytest.mark.parametrize("n_freedom", [1, 2, 7, 50, 5000])
    @pytest.mark.parametrize("significance", [0.5, 0.05, 1e-5])
    def test_critical_value(self, n_freedom, significance):
        expected = stats.t.isf(significance / 2, n_freedom)
        assert critical_t(n_freedom, significance) == pytest.approx(expected, rel=1e-6)


class TestInfluence:
    @pytest.mark.parametrize("seed", range(3))
    def test_by_leaving_out_each_row(self, seed):
        x, y = noisy(n=12, seed=seed)
        train, n = np.arange(2, 12), 10
        problem = LeastSquares(x[train], y[train])
        leverages, studentized, distances = influence(problem, x, y, train)
        a = design(x)
        whole = np.linalg.lstsq(a[train], y[train], rcond=None)[0]
        variance = ((y[train] - a[train] @ whole) ** 2).sum() / (n - 2)
        inverse = np.linalg.inv(a[train].T @ a[train])
        assert leverages == pytest.approx(np.diag(a @ inverse @ a.T))
        for i in range(12):
            rest = train[train != i]
            line, squares, *_ = np.linalg.lstsq(a[rest], y[rest], rcond=None)
            spread = squares[0] / (rest.size - 2)
            ahead = 1 + a[i] @ np.linalg.inv(a[rest].T @ a[rest]) @ a[i]
            assert studentized[i] == pytest.approx((y[i] - a[i] @ line) / math.sqrt(spread * ahead))
            moved = ((a[train] @ (whole - line)) ** 2).sum() / (2 * variance)
            assert distances[i] == pytest.approx(moved, abs=1e-12)

    def test_without_a_bias(self):
        x, y = noisy(n=8)
        problem = LeastSquares(x, y, fit_bias=False)
        leverages, *_ = influence(problem, x, y, np.arange(8))
        assert leverages == pytest.approx(x**2 / (x @ x))
        assert leverages.sum() == pytest.approx(1.0)


def kinds(facts):
    return {reason for row in facts.rows for reason in row.reasons}


class TestCautions:
    def test_ten_rows_with_one_outlier(self):
        x, y = noisy(n=10, noise=0.3)
        y[4] += 30
        facts = facts_of(table_of(x, y))
        assert [row.row for row in facts.rows] == [5]
        assert RowReason.OUTLIER in facts.rows[0].reasons
        assert Caution.SUSPECT_ROWS in facts.cautions

    def test_an_outlier_that_is_kept_aside_is_told_too(self):
        x, y = noisy(n=40, noise=0.3)
        table = table_of(x, y, validation_share=0.25)
        aside = int(table.dataset().validation_indices[0])
        y = y.copy()
        y[aside] -= 30
        (row,) = facts_of(replace(table, y=y)).rows
        assert (row.row, row.is_train, row.cooks_distance) == (aside + 1, False, 0.0)

    def test_a_point_far_out(self):
        x, y = noisy(n=30)
        x[7] = 200.0
        y[7] = 1 + 2 * 200.0
        facts = facts_of(table_of(x, y))
        assert facts.rows[0].row == 8
        assert RowReason.LEVERAGE in facts.rows[0].reasons
        assert RowReason.OUTLIER not in facts.rows[0].reasons

    def test_a_row_alone_with_its_x(self):
        facts = facts_of(table_of([1.0] * 12 + [2.0], [*range(12), 50.0]))
        assert facts.rows[0].leverage == pytest.approx(1.0)
        assert kinds(facts) == {RowReason.LEVERAGE}

    def test_a_line_that_passes_through_every_point_has_no_suspects(self):
        x = np.arange(1990.0, 2020.0)
        facts = facts_of(table_of(x, 1e3 * x - 7, validation_share=0.2))
        assert facts.line.is_exact
        assert facts.rows == ()
        y = 1e3 * x - 7
        y[3] += 1.0
        assert facts_of(table_of(x, y)).rows[0].row == 4

    def test_many_are_counted_and_the_worst_are_named(self):
        x, y = noisy(n=400, noise=0.1)
        y[:15] += np.linspace(100, 114, 15)
        facts = facts_of(table_of(x, y))
        assert facts.n_suspect == 15
        assert len(facts.rows) == 10

    def test_clean_tables_are_left_alone_as_often_as_the_tests_say(self):
        """At 5 % a table, 100 tables have five with an outlier, and hardly ever 15."""
        warned = sum(facts_of(table_of(*noisy(n=50, seed=seed))).n_suspect > 0 for seed in range(100))
        assert warned < 15

    @pytest.mark.parametrize("n", [4, 10, 30, 1000])
    def test_slope_is_told_from_zero_where_a_table_of_critical_values_says(self, n):
        t = stats.t.isf(0.025, n - 2)
        critical = t / math.sqrt(n - 2 + t**2)
        x = np.linspace(0.0, 1.0, n)
        z = np.random.default_rng(n).normal(size=n)
        z -= np.polyval(np.polyfit(x, z, 1), x)
        unit = lambda v: (v - v.mean()) / np.linalg.norm(v - v.mean())  # noqa: E731
        for r, is_lost in ((0.99 * critical, True), (1.01 * critical, False)):
            y = r * unit(x) + math.sqrt(1 - r**2) * unit(z)
            assert (Caution.NO_SLOPE in facts_of(table_of(x, y)).cautions) is is_lost

    def test_the_others(self):
        x, y = noisy()
        assert facts_of(table_of(x, y)).cautions == ()
        assert facts_of(table_of(x[:9], y[:9])).cautions == (Caution.FEW_ROWS,)
        assert facts_of(table_of(np.round(x / 2), y)).cautions == (Caution.FEW_DISTINCT,)
        constant = facts_of(table_of(x, np.full_like(x, 0.1)))
        assert constant.cautions == (Caution.CONSTANT_TARGET,)
        assert (constant.line.r_squared, constant.line.correlation) == (None, None)

    @pytest.mark.parametrize("n", [3, 4])
    def test_hardly_any_rows(self, n):
        for share in (0.0, 0.2):
            facts = facts_of(table_of([1, 2, 4, 3][:n], [1, 3, 2, 7][:n], validation_share=share))
            assert facts.cautions[0] is Caution.FEW_ROWS
            assert facts.rows == () or facts.n_train == 4


powers = st.floats(-30, 30).map(lambda power: 10.0**power)


class TestInvariances:
    @given(powers, powers, st.floats(-10, 10), st.floats(-10, 10))
    def test_what_has_no_unit_does_not_change_with_it(self, x_scale, y_scale, x_shift, y_shift):
        x, y = noisy(n=25, noise=3.0)
        y[3] += 40
        one = facts_of(table_of(x, y))
        other = facts_of(table_of(x_scale * (x + x_shift), y_scale * (y + y_shift)))
        for name in ("r_squared", "correlation", "p_value"):
            assert getattr(other.line, name) == pytest.approx(getattr(one.line, name), rel=1e-6, abs=1e-10)
        assert other.line.weight == pytest.approx(one.line.weight * y_scale / x_scale, rel=1e-6)
        assert other.cautions == one.cautions
        for row, same in zip(one.rows, other.rows, strict=True):
            assert (row.row, row.reasons) == (same.row, same.reasons)
            for name in ("leverage", "studentized_residual", "cooks_distance"):
                assert getattr(same, name) == pytest.approx(getattr(row, name), rel=1e-6)
        assert other.standardized.eigenvalues == pytest.approx((2.0, 2.0))

    @given(st.permutations(range(25)))
    def test_the_order_of_the_rows_does_not_matter(self, order):
        x, y = noisy(n=25)
        y[3] += 40
        order = np.array(order)
        one, other = facts_of(table_of(x, y)), facts_of(table_of(x[order], y[order]))
        assert other.line.weight == pytest.approx(one.line.weight)
        assert order[other.rows[0].row - 1] == one.rows[0].row - 1

    @given(powers)
    def test_the_target_s_unit_leaves_the_steps(self, scale):
        x, y = noisy(n=25)
        start = np.array([0.5, -1.0])
        one = facts_of(table_of(x, y, start=tuple(start)))
        other = facts_of(table_of(x, scale * y, start=tuple(scale * start)))
        assert other.own_units.n_steps == one.own_units.n_steps


def test_choices_are_what_is_fitted(bmi):
    facts = facts_of(bmi)
    feature, target = facts.choices
    assert TeachingFrame(feature.origin, feature.scale, target.origin, target.scale) == facts.frame
