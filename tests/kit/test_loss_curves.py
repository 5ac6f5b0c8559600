import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import gdmath
from gdscenes.kit.figures.loss_curves import LossCurves
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.axis import Axis, decades
from gdscenes.kit.plot.labels import kept_apart
from gdscenes.kit.plot.runs import DIVERGENT, GOOD, LOW
from gdscenes.kit.type.typeset import Words

BOX = Box(162, 630, 1246, 966)
STYLES = {"low": LOW, "good": GOOD, "divergent": DIVERGENT}


@pytest.fixture(scope="module")
def losses():
    dataset = gdmath.preset("chapter-0")
    rates = {"low": 0.2, "good": 0.8, "divergent": 1.1}
    return {
        name: gdmath.descend(dataset.problem(), dataset.start, rate, 20).losses
        for name, rate in rates.items()
    }


def curves(losses, y, span=12, minimum=None):
    return LossCurves(losses, STYLES, BOX, y, span, DARK, minimum)


@pytest.mark.parametrize("row", [1, 4, 10, 12])
def test_each_head_stands_at_the_loss_of_its_row(losses, row):
    drawn = curves(losses, decades(1e-3, 1e7, "")).show_row(row)
    for name, path in drawn.paths.items():
        step, height = drawn.plot.values(path.head.centers())[0]
        assert step == pytest.approx(row)
        assert 10**height == pytest.approx(losses[name][row], rel=1e-9)


def test_a_run_leaves_at_the_top_at_the_exact_place(losses):
    drawn = curves(losses, Axis(0, 10, (0, 10), 0, "")).show_row(5)
    path = drawn.paths["divergent"]
    before, after = losses["divergent"][1:3]
    assert before < 10 < after
    np.testing.assert_allclose(path.exit, [1 + (10 - before) / (after - before), 10], rtol=1e-12)
    np.testing.assert_allclose(drawn.plot.values(path.cross.centers())[0], path.exit, atol=1e-9)
    assert drawn.paths["low"].head.has_points()


def test_the_clock_may_pass_the_axis_when_its_span_grows(losses):
    drawn = curves(losses, decades(1e-3, 1e12, "")).show_row(12).show_row(20, span=20)
    assert drawn.plot.x.high == 20
    for name, path in drawn.paths.items():
        step, height = drawn.plot.values(path.head.centers())[0]
        assert (step, 10**height) == (pytest.approx(20), pytest.approx(losses[name][20], rel=1e-9))


def test_a_loss_of_zero_ends_the_line_on_a_logarithmic_axis():
    drawn = curves({"good": np.array([4.0, 1.0, 0.0, 0.0])}, decades(1e-2, 10.0, "")).show_row(3)
    assert drawn.plot.values(drawn.paths["good"].head.centers())[0] == pytest.approx([1, 0])


@pytest.mark.parametrize("minimum", [0.008044657695492986, 3.0])
def test_the_floor_stands_at_the_minimum_and_says_it(losses, minimum):
    drawn = curves(losses, decades(1e-3, 1e7, ""), minimum=minimum)
    line, _, value = drawn.floor
    heights = drawn.plot.values(line.family_members_with_points()[0].points)[:, 1]
    np.testing.assert_allclose(10**heights, minimum, rtol=1e-9)
    assert float(value.text) == pytest.approx(minimum, rel=0.02)


def test_a_small_minimum_is_written_short(losses):
    _, _, value = curves(losses, decades(1e-9, 1e7, ""), minimum=9.44e-9).floor
    assert value.text == "9.4×10⁻⁹"


def test_no_floor_below_the_axis(losses):
    assert len(curves(losses, decades(1.0, 1e7, ""), minimum=0.008).floor) == 0


@pytest.mark.parametrize("row", [0, 1, 5, 10])
def test_end_labels_are_apart_and_beside_their_ends(losses, row):
    drawn = curves(losses, decades(1e-3, 1e7, "")).show_row(row)
    labels = {name: Words(name, 40, DARK) for name in losses}
    drawn.label_ends(labels)
    for one, other in itertools.combinations(labels.values(), 2):
        assert one.box().overlap(other.box()) == 0
    ends = {name: drawn.plot.pixels(row, np.log10(losses[name][row])) for name in labels}
    for name, label in labels.items():
        assert label.box().left > ends[name][0]
    order = sorted(labels, key=lambda name: labels[name].box().top)
    assert order == sorted(labels, key=lambda name: ends[name][1]) or row == 0


ranges = st.tuples(st.floats(-1e4, 1e4), st.floats(1, 1e4)).map(lambda r: (r[0], r[0] + r[1]))


@settings(max_examples=300)
@given(st.lists(st.floats(-2e4, 2e4), min_size=1, max_size=8), st.floats(0.1, 1e3), ranges)
@example([5.0, 5.0, 5.0], 2.0, (0.0, 10.0))
def test_labels_keep_apart_in_order_and_in_range(places, apart, ends):
    low, high = ends
    found = kept_apart(places, apart, low, high)
    apart = min(apart, (high - low) / max(len(places) - 1, 1))
    assert (np.diff(np.sort(found)) >= apart * (1 - 1e-6) - 1e-9).all()
    assert found.min() >= low - 1e-6
    assert found.max() <= high + 1e-6
    for i, j in itertools.combinations(range(len(places)), 2):
        assert places[i] == places[j] or (places[i] < places[j]) == (found[i] < found[j])


def test_labels_move_no_more_than_they_must():
    assert kept_apart([1, 5, 9], 2, 0, 10).tolist() == [1, 5, 9]
    np.testing.assert_allclose(kept_apart([5, 5, 5], 2, 0, 10), [3, 5, 7])
    np.testing.assert_allclose(kept_apart([9.5, 9.9], 2, 0, 10), [8, 10])


def test_all_is_drawn_inside_the_axes(losses):
    drawn = curves(losses, Axis(0, 5, (0, 5), 0, "")).show_row(10)
    for path in drawn.paths.values():
        for line in path.line.family_members_with_points():
            assert BOX.contains(sheet.box_of(line.points), slack=3)
