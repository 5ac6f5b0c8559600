"""The teaching frame: round, mapped back exactly, and one in which descent arrives."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gdmath import LeastSquares, Table, TeachingFrame, descend, preset
from gdmath.frames import MOST_CONDITION, FrameReason, condition_of, round_numbers

columns = st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=40)
scales = st.floats(-80, 80).map(lambda power: 10.0**power)
offsets = st.floats(-1e4, 1e4)


def varied(column):
    """A column whose values can be told apart, or the example is none."""
    x = np.array(column)
    assume(np.ptp(x) > 1e-3 * max(np.abs(x).max(), 1e-3))
    return x


def is_round(value):
    mantissa = f"{value:.12e}".partition("e")[0].rstrip("0").rstrip(".")
    return mantissa in ("1", "2", "5")


@given(columns, columns, scales, offsets)
def test_descent_can_be_watched_in_it(xs, ys, scale, offset):
    x = scale * (varied(xs) / 1e6 + offset)
    y = np.resize(np.array(ys), x.size)
    frame = TeachingFrame.fit(x, y)
    inside = LeastSquares(frame.x_inside(x), frame.y_inside(y))
    assert inside.condition_number < 2.5 * MOST_CONDITION
    if np.ptp(y) != 0:
        assert 0.05 < frame.y_inside(y).std() < 5.1


@given(columns, columns, scales, offsets, st.tuples(st.floats(-10, 10), st.floats(-10, 10)))
def test_lines_in_it_predict_what_they_predict_outside(xs, ys, scale, offset, line):
    x = scale * (varied(xs) / 1e6 + offset)
    y = np.resize(np.array(ys), x.size)
    frame = TeachingFrame.fit(x, y)
    inside = frame.y_outside(line[0] + line[1] * frame.x_inside(x))
    b, w = frame.parameters_outside(line)
    size = np.abs(b) + np.abs(w * x) + np.abs(inside)
    assert (np.abs(b + w * x - inside) <= 1e-12 * size + 1e-300 * (1 + frame.y_scale)).all()
    there_and_back = frame.parameters_inside(frame.parameters_outside(line))
    assert np.abs(there_and_back - line).max() <= 1e-9 * (1 + abs(frame.x_origin / frame.x_scale)) * 10


@given(columns, scales, offsets)
def test_columns_come_back(xs, scale, offset):
    x = scale * (varied(xs) / 1e6 + offset)
    frame = TeachingFrame.fit(x, x)
    size = np.abs(x) + abs(frame.x_origin) + abs(frame.y_origin)
    assert (
        np.abs(frame.x_outside(frame.x_inside(x)) - x) <= 4e-15 * size + 1e-300 * (1 + frame.x_scale)
    ).all()
    assert (
        np.abs(frame.y_outside(frame.y_inside(x)) - x) <= 4e-15 * size + 1e-300 * (1 + frame.y_scale)
    ).all()


@given(columns, scales, offsets)
def test_its_numbers_are_round(xs, scale, offset):
    x = scale * (varied(xs) / 1e6 + offset)
    frame = TeachingFrame.fit(x, x)
    assert is_round(frame.x_scale)
    assert is_round(frame.y_scale)
    for origin, step in ((frame.x_origin, frame.x_scale / 2), (frame.y_origin, frame.y_scale)):
        assert origin / step == pytest.approx(round(origin / step), rel=1e-12, abs=1e-6)


@given(columns, columns, scales, offsets)
def test_reasons_are_true(xs, ys, scale, offset):
    x = scale * (varied(xs) / 1e6 + offset)
    y = np.resize(np.array(ys), x.size)
    frame, (feature, target) = TeachingFrame.fit(x, y), TeachingFrame.choices(x, y)
    assert frame == TeachingFrame(feature.origin, feature.scale, target.origin, target.scale)
    is_tame = condition_of(x.mean(), x.std()) <= MOST_CONDITION
    assert (feature.reason is FrameReason.FEATURE_KEPT) == is_tame
    assert (feature.reason is FrameReason.FEATURE_SCALED) == (not is_tame and feature.origin == 0.0) or (
        feature.reason is FrameReason.FEATURE_MOVED
    )
    spread = y.std() or abs(y.mean()) or 1.0
    assert ("spread is from 0.2 to 5" in target.reason) == (0.2 <= spread <= 5)
    assert ("zero is near" in target.reason) == (abs(y.mean()) <= 5 * spread)


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        ([0.0, 1.0, 2.0], FrameReason.FEATURE_KEPT),
        ([0.0, 100.0, 200.0], FrameReason.FEATURE_SCALED),
        ([1990.0, 2000.0, 2010.0], FrameReason.FEATURE_MOVED),
    ],
)
def test_reasons_by_hand(x, reason):
    assert TeachingFrame.choices(x, x)[0].reason is reason


@pytest.mark.parametrize(
    ("mean", "deviation"), [(0.5, 0.29), (26.4, 4.4), (2002.5, 10.1), (0.0, 1e-3), (0.0, 7.0)]
)
def test_condition_number_follows_from_mean_and_deviation(mean, deviation):
    x = mean + deviation * np.array([-1.0, 1.0])
    columns = np.stack([np.ones_like(x), x], axis=1)
    assert condition_of(mean, deviation) == pytest.approx(np.linalg.cond(columns) ** 2, rel=1e-6)
    assert condition_of(1.0, 1e-160) == math.inf


def test_by_hand():
    """Body-mass indices about 26 with spread 4: 3 s is 13, so tens, from the five nearest to 20."""
    x, y = 26.4 + 4.4 * np.array([-1.0, 1.0]), np.array([75.0, 229.0])
    assert TeachingFrame.fit(x, y) == TeachingFrame(20.0, 10.0, 0.0, 100.0)


@pytest.mark.parametrize(
    ("middle", "deviation", "origin", "scale"),
    [
        (4.0, 1.0, 0.0, 1.0),
        (-100.2, 1.0, -102.0, 1.0),
        (1e6, 18.0, 999_980.0, 20.0),
        (0.3, 0.012, 0.28, 0.01),
    ],
)
def test_a_target_far_from_zero_begins_one_and_a_half_deviations_below_its_mean(
    middle, deviation, origin, scale
):
    target = TeachingFrame.choices([0.0, 1.0], [middle - deviation, middle + deviation])[1]
    assert (target.origin, target.scale) == (origin, scale)


def test_the_round_numbers_of_a_value_are_those_of_three_decades():
    assert round_numbers(3.0) == [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0]
    assert round_numbers(0.01) == [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]


@pytest.mark.parametrize("name", ["chapter-0", "chapter-2"])
def test_the_textbook_needs_none(name):
    data = preset(name)
    assert TeachingFrame.fit(data.x_train, data.y_train).is_identity


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"x_scale": 0.0}, "x_scale: got 0.0"),
        ({"y_scale": math.inf}, "y_scale: got inf"),
        ({"x_origin": math.nan}, "x_origin: got nan"),
    ],
)
def test_refuses_what_is_no_change_of_unit(values, message):
    with pytest.raises(ValueError, match=message):
        TeachingFrame(**values)


def test_refuses_a_constant_feature():
    with pytest.raises(ValueError, match="got 3 in every row"):
        TeachingFrame.fit([3.0, 3.0], [1.0, 2.0])


class TestTable:
    @pytest.fixture
    def table(self):
        rng = np.random.default_rng(7)
        bmi = rng.normal(26.4, 4.4, 442)
        progression = 10.2 * bmi - 117 + rng.normal(0, 62, 442)
        return Table(name="diabetes.csv", x_name="bmi", y_name="progression", x=bmi, y=progression)

    def test_descends_in_its_frame_and_says_so(self, table):
        dataset = table.dataset()
        assert dataset.frame == TeachingFrame(20.0, 10.0, 0.0, 100.0)
        np.testing.assert_allclose(dataset.x, (table.x - 20) / 10, rtol=1e-12)
        np.testing.assert_allclose(dataset.y, table.y / 100, rtol=1e-12)

    def test_best_line_comes_back_as_that_of_the_raw_columns(self, table):
        dataset = table.dataset()
        rows = dataset.train_indices
        w, b = np.polyfit(table.x[rows], table.y[rows], 1)
        assert dataset.frame.parameters_outside(dataset.problem().minimizer) == pytest.approx(
            [b, w], rel=1e-9
        )

    def test_descent_arrives(self, table):
        dataset = table.dataset()
        run = descend(dataset.problem(), dataset.start, dataset.learning_rate, dataset.n_steps)
        excess = run.losses - dataset.problem().minimum
        assert excess[-1] <= 1e-4 * excess[0]
        assert dataset.n_steps <= 1000

    def test_raw_has_none(self, table):
        for dataset in (table.dataset(raw=True), replace(table, raw=True).dataset()):
            assert dataset.frame is None
            assert np.array_equal(dataset.x, table.x)
        assert replace(table, raw=True).dataset(raw=False).frame is not None

    def test_start_is_given_in_the_units_of_the_table(self, table):
        dataset = replace(table, start=(10.0, 2.0)).dataset()
        b, w = dataset.start
        inside = 100 * (b + w * (table.x - 20) / 10)
        np.testing.assert_allclose(inside, 10 + 2 * table.x, rtol=1e-12)

    def test_frame_names_and_units_are_part_of_the_digest(self, table):
        others = [table.dataset(raw=True)]
        others += [replace(table, **{name: "kg"}).dataset() for name in ("x_unit", "y_unit", "source")]
        assert len({each.digest() for each in (table.dataset(), *others)}) == 5

    @pytest.mark.parametrize(
        ("values", "where"),
        [
            ({"seed": -1}, "--split-seed"),
            ({"start": (0.0, math.nan)}, "--start"),
            ({"validation_share": 0.6}, "--validation"),
        ],
    )
    def test_refuses_in_one_line(self, table, values, where):
        with pytest.raises(ValueError, match=f"^{where}: got "):
            replace(table, **values)
