"""What is told of a table where it just holds and where it just does not, in numbers known in closed form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from gdmath import Caution, LeastSquares, Table, facts_of, preset, window_around
from gdmath.facts import RowReason, critical_t, influence, p_value


def table_of(x, y):
    x, y = np.asarray(x, float), np.asarray(y, float)
    return Table(name="my.csv", x=x, y=y, x_name="x", y_name="y", validation_share=0.0)


def wavy(x):
    """A line, and a little that is no line and has no outlier."""
    x = np.asarray(x, float)
    return 1 + 2 * x + 0.1 * np.cos(9 * np.arange(x.size))


@pytest.mark.parametrize(("n", "few"), [(9, True), (10, False)])
def test_nine_rows_are_few(n, few):
    facts = facts_of(table_of(np.arange(n), wavy(np.arange(n))))
    assert (Caution.FEW_ROWS in facts.cautions) == few


@pytest.mark.parametrize(("distinct", "few"), [(10, True), (11, False)])
def test_ten_values_in_thirty_rows_are_few(distinct, few):
    x = np.arange(30) % distinct
    assert (Caution.FEW_DISTINCT in facts_of(table_of(x, wavy(x))).cautions) == few


def test_a_falling_line_has_a_correlation_below_zero():
    x = np.arange(12.0)
    y = wavy(x) - 5 * x
    found = facts_of(table_of(x, y)).line.correlation
    assert found == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-12)
    assert found < -0.9


def test_rounding_beyond_one_leaves_no_chance():
    for beyond in (1.0, np.nextafter(1.0, 2.0), -np.nextafter(1.0, 2.0)):
        assert p_value(float(beyond), 5) == p_value(float(beyond), 6) == 0.0


def test_a_line_below_zero_is_exact_too():
    x = np.arange(12.0)
    assert facts_of(table_of(x, -1 - 2 * x)).line.is_exact
    assert not facts_of(table_of(x, -wavy(x))).line.is_exact


def test_rows_that_are_there_again_are_counted():
    x = [1, 2, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    y = [2, 5, 2, 3, 6, 7, 9, 11, 13, 15, 17, 19]
    assert facts_of(table_of(x, y)).n_repeated == 1


@pytest.mark.parametrize("y", [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
def test_a_target_through_the_origin_is_constant_where_it_is_zero(y):
    """Also where its squares come to one."""
    dataset = preset("one-weight")
    n = dataset.x.size
    y = np.zeros(n) if not any(y) else np.eye(n)[1]
    line = facts_of(replace(dataset, y=y)).line
    assert (line.r_squared is None) == (not y.any())


@pytest.mark.parametrize(("share", "told"), [(0.98, False), (1.02, True)])
def test_an_outlier_is_beyond_the_t_of_its_degrees_of_freedom(share, told):
    """Of seven rows, three for the line and the row itself: four are left."""
    x = np.arange(7.0)
    limit = stats.t.ppf(1 - 0.05 / 7 / 2, 4)
    assert limit == pytest.approx(critical_t(4, 0.05 / 7), rel=1e-9)
    rest = wavy(x)

    def t_of(moved):
        y = rest + moved * (x == 3)
        return influence(LeastSquares(x, y), x, y, np.arange(7))[1][3]

    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if t_of(middle) < share * limit else (low, middle)
    facts = facts_of(table_of(x, rest + low * (x == 3)))
    assert [row.row for row in facts.rows if RowReason.OUTLIER in row.reasons] == [4] * told


@pytest.mark.parametrize(("n", "told"), [(5, False), (7, True)])
def test_a_row_far_off_holds_the_line_by_itself(n, told):
    """Where its leverage is above a half and three times the mean: of five rows no leverage is."""
    x = np.append(np.linspace(0, 0.3, n - 1), 10.0)
    reasons = [reason for row in facts_of(table_of(x, wavy(x))).rows for reason in row.reasons]
    assert (RowReason.LEVERAGE in reasons) == told


def test_a_row_alone_with_its_part_of_the_line_is_no_outlier():
    x, y = np.array([0.0, 0.0, 0.0, 0.0, 5.0]), np.array([1.0, 2.0, 3.0, 4.0, 9.0])
    leverages, studentized, distances = influence(LeastSquares(x, y), x, y, np.arange(5))
    assert leverages[4] == pytest.approx(1.0)
    assert (studentized[4], distances[4]) == (0.0, 0.0)


@pytest.mark.parametrize("size", [0.5, 3.0])
def test_a_window_is_as_high_as_the_start_above_the_minimum(size):
    """Of L = 1 + b^2 + w^2: a start at b = size has half widths of size, whatever the minimum is."""
    problem = LeastSquares(np.array([-1.0, 1.0, -1.0, 1.0]), np.array([1.0, 1.0, -1.0, -1.0]))
    assert problem.minimum == pytest.approx(1.0)
    seen = window_around(problem, [size, 0.0], margin=0.0)
    assert np.allclose(seen.high - seen.low, 2 * size, rtol=0.1)
