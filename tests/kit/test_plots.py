"""Where things stand, read back from their points."""

import itertools
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import Axis, round_axis, round_step, round_step_within, widest_label
from gdscenes.kit.plot.marks import Boxes, Dots, Polyline, Segments, dashed, rectangle, rule

BOX = Box(200, 100, 1000, 700)


def bare(low, high):
    return Axis(low, high, (), 0, "")


def plot_over(x_low=0.0, x_high=10.0, y_low=-2.0, y_high=2.0):
    return Plot(BOX, bare(x_low, x_high), bare(y_low, y_high), DARK, grid=False)


@pytest.fixture(scope="module")
def plot():
    x = Axis(0.0, 10.0, (0.0, 5.0, 10.0), 0, "x")
    return Plot(BOX, x, Axis(0.0, 2.0, (0.0, 1.0, 2.0), 0, "y"), DARK)


# -- data to places and back ---------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    low=st.floats(-1e6, 1e6),
    span=st.floats(1e-3, 1e9),
    shares=st.lists(st.floats(-1, 2), min_size=1, max_size=20),
)
def test_data_stand_where_the_axis_says_and_are_read_back(low, span, shares):
    plot = plot_over(low, low + span, low, low + span)
    data = low + np.array(shares) * span
    points = plot.at(data, data)
    size = Fraction(plot.x.high) - Fraction(low)
    across = [float((Fraction(float(v)) - Fraction(low)) / size) for v in data]
    rounding = 800 * 4e-16 * (abs(low) + span) / span + 1e-9
    np.testing.assert_allclose(sheet.pixels(points)[:, 0], 200 + 800 * np.array(across), atol=rounding)
    np.testing.assert_allclose(sheet.pixels(points)[:, 1], 700 - 600 * np.array(across), atol=rounding)
    np.testing.assert_allclose(
        plot.values(points), np.stack([data, data], axis=1), atol=1e-9 * (span + abs(low))
    )


def test_corners_of_the_axes():
    plot = plot_over()
    assert plot.at(0, -2).tolist() == sheet.at(200, 700).tolist()
    assert plot.at(10, 2).tolist() == sheet.at(1000, 100).tolist()
    assert plot.y_pixels_per_unit == 150


def test_the_page_and_the_scene():
    """1080 pixels are 8 units; the middle of the page is the origin, y goes up."""
    assert sheet.at(960, 540).tolist() == [0, 0, 0]
    assert sheet.at(960 + 135, 540 - 270).tolist() == [1, 2, 0]
    assert sheet.pixels(np.array([[1.0, 2.0, 0.0]])).tolist() == [[1095, 270]]


def test_dots_stand_on_the_data_and_are_round():
    plot = plot_over()
    data = np.array([[0.0, -2.0], [2.5, 1.0], [10.0, 2.0]])
    dots = Dots(DARK.data, 9).stand_at(plot.at(*data.T))
    np.testing.assert_allclose(plot.values(dots.centers()), data, atol=1e-12)
    curves = dots.points.reshape(-1, 4, 3)
    for t in np.linspace(0, 1, 5):
        weights = np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
        from_center = np.einsum("k,nkd->nd", weights, curves).reshape(3, 8, 3) - dots.centers()[:, None]
        np.testing.assert_allclose(np.linalg.norm(from_center, axis=2) * 135, 9, rtol=1e-4)


def test_rings_are_hollow_and_discs_are_not():
    assert Dots(DARK.data, 8, hollow=True).get_fill_opacity() == 0
    assert Dots(DARK.data, 8, hollow=True).get_stroke_width() == sheet.stroke(3)
    assert Dots(DARK.data, 8).get_fill_opacity() == 1
    assert Dots(DARK.data, 8, rim=DARK.ground).get_stroke_color().to_hex() == DARK.ground


def test_segments_end_on_the_data():
    plot = plot_over()
    starts, ends = plot.at([1, 2], [0.5, -0.5]), plot.at([1, 2], [2, 1])
    segments = Segments(DARK.loss, 3, 0.6).set_ends(starts, ends)
    drawn = segments.points.reshape(-1, 4, 3)
    assert np.array_equal(drawn[:, 0], starts)
    assert np.array_equal(drawn[:, 3], ends)
    np.testing.assert_allclose(drawn[:, 1], starts + (ends - starts) / 3)
    assert np.array_equal(segments.ends()[0], starts)
    assert np.array_equal(segments.ends()[1], ends)
    assert segments.get_stroke_width() == pytest.approx(3 / 1.35)
    assert segments.get_stroke_opacity() == 0.6


def test_a_polyline_goes_straight_through_its_corners():
    corners = plot_over().at([0, 1, 4, 9], [0, 2, -1, 1])
    line = Polyline(DARK.path, 4).through(corners)
    drawn = line.points.reshape(-1, 4, 3)
    assert np.array_equal(np.vstack([drawn[:, 0], drawn[-1:, 3]]), corners)
    for handle, share in ((1, 1 / 3), (2, 2 / 3)):
        np.testing.assert_allclose(
            drawn[:, handle], corners[:-1] + share * np.diff(corners, axis=0), atol=1e-12
        )
    assert not line.through(corners[:1]).has_points()


def test_a_path_is_cut_at_the_axes():
    first, second = plot_over().clipped(np.array([5.0, 15.0, 5.0]), np.array([0.0, 0.0, 2.0]))
    np.testing.assert_allclose(sheet.pixels(first), [[600, 400], [1000, 400]])
    np.testing.assert_allclose(sheet.pixels(second), [[1000, 250], [600, 100]])


# -- axes ----------------------------------------------------------------------------------------------------


def test_labels_stand_at_their_ticks(plot):
    x_labels, y_labels = plot.labels[:3], plot.labels[3:]
    assert [label.text for label in plot.labels] == ["0", "5", "10", "1", "2"]  # one zero for the corner
    assert [label.middle for label in x_labels] == pytest.approx([200, 600, 1000])
    ends = [label.extent()[1] * 135 + 960 for label in y_labels]
    assert ends == pytest.approx([200 - 22] * 2)
    middles = [label.box().center[1] for label in y_labels]
    assert middles == pytest.approx([400, 100], abs=1.5)


def test_axes_grid_and_ticks_are_drawn_where_they_belong(plot):
    rules = [tuple(np.round(sheet.pixels(r.points[[0, -1]]).ravel(), 6)) for r in plot.lines]
    grid = [(200, 400, 1020, 400), (200, 100, 1020, 100)]
    axes = [(200, 700, 1020, 700), (200, 700, 200, 100)]
    x_ticks = [(x, 700, x, 710) for x in (200, 600, 1000)]
    y_ticks = [(190, y, 200, y) for y in (400, 100)]
    assert sorted(rules) == sorted(grid + axes + x_ticks + y_ticks)


def test_a_tick_in_the_corner_keeps_its_label_when_x_has_none_there():
    plot = Plot(BOX, Axis(0.5, 3.5, (1.0, 2.0, 3.0), 0, ""), Axis(0.5, 1.5, (0.5, 1.0, 1.5), 1, ""), DARK)
    assert [label.text for label in plot.labels] == ["1", "2", "3", "0.5", "1", "1.5"]


def test_names_stand_at_the_ends(plot):
    x_name, y_name = plot.name_axes()
    assert x_name.box().left == pytest.approx(1032)
    assert y_name.middle == pytest.approx(200)
    assert y_name.box().bottom < 100


def is_round(step):
    """Whether a step is 1, 2 or 5 times a power of ten, by its decimal digits."""
    return Decimal(repr(step)).normalize().as_tuple().digits in ((1,), (2,), (5,))


def check_axis(axis, most):
    span = axis.high - axis.low
    assert span > 0
    assert len(axis.ticks) <= max(most, 4) + 1  # a coarser step might leave a single tick
    assert all(axis.low - 1e-8 * span <= tick <= axis.high + 1e-8 * span for tick in axis.ticks)
    in_decimal = [Decimal(f"{tick:.{axis.decimals}f}") for tick in axis.ticks]
    steps = {b - a for a, b in itertools.pairwise(in_decimal)}
    assert len(steps) <= 1
    assert all(is_round(float(step)) and tick % step == 0 for step in steps for tick in in_decimal)
    assert [float(tick) for tick in in_decimal] == list(axis.ticks)


@settings(max_examples=300)
@given(
    exponent=st.floats(-9, 9), offset=st.floats(-1e5, 1e5), most=st.integers(2, 10), from_data=st.booleans()
)
def test_ticks_are_round_few_and_inside(exponent, offset, most, from_data):
    span = 10.0**exponent
    low, high = offset * span, (offset + 1) * span
    axis = round_axis(low, high, "x", most, from_data)
    check_axis(axis, most)
    if from_data:
        assert axis.low <= low + 1e-8 * span
        assert axis.high >= high - 1e-8 * span
        half = round_step(high - low, most) / 2
        assert [v / half for v in (axis.low, axis.high)] == pytest.approx(
            [round(axis.low / half), round(axis.high / half)], rel=1e-9
        )
    else:
        assert (axis.low, axis.high) == (low, high)


@pytest.mark.parametrize("value", [0.0, 1.0, -7.25, 1e-9, -1e9, 1e300])
def test_equal_ends_are_pushed_apart(value):
    axis = round_axis(value, value, "x")
    assert axis.low < value < axis.high
    assert len(axis.ticks) >= 2


@given(st.floats(-100, 100), st.floats(1e-3, 1e3))
@example(0.05, 0.81)
def test_an_axis_has_two_ticks_at_least(low, span):
    assert len(round_axis(low, low + span, "x").ticks) >= 2


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (0, 1e-9),
        (-3e-7, 2e-7),
        (0, 0.81),
        (-1, 1),
        (0, 3),
        (997, 1003),
        (99_000, 99_999),
        (0, 2e5),
        (-1e9, 1e9),
        (1e6, 1e6 + 3),
        (-123_457, -123_456),
        (400_000, 401_000),
    ],
)
def test_labels_tell_ticks_apart(low, high):
    axis = round_axis(low, high, "x")
    labels = [axis.label(tick) for tick in axis.ticks]
    assert len(set(labels)) == len(labels)
    assert widest_label(axis) > 0


def test_a_whole_tick_among_decimals_is_plain():
    axis = Axis(0, 1, (0.0, 0.5, 1.0), 1, "")
    assert [axis.label(t) for t in axis.ticks] == ["0", "0.5", "1"]
    assert Axis(-1, 1, (-1.0, 0.0), 0, "").label(-1.0) == "-1"


CANDIDATES = sorted(Fraction(m) * Fraction(10) ** k for k in range(-14, 14) for m in (1, 2, 5))


@given(st.floats(1e-9, 1e9), st.integers(1, 12))
@example(0.3, 3)
@example(1.0, 1)
@example(1000.0, 5)
def test_round_step_is_the_smallest_that_leaves_few_pieces(span, most):
    step = round_step(span, most)
    assert is_round(float(f"{step:.12g}"))
    slack = 1 + Fraction(1, 10**8)
    assert Fraction(span) / Fraction(step) <= most * slack
    smaller = max(c for c in CANDIDATES if c < Fraction(step) / slack)
    assert Fraction(span) / smaller * slack > most


@given(st.floats(1e-9, 1e9))
@example(0.3)
@example(1000.0)
@example(0.001)
@example(21.0)
def test_round_step_within_is_the_longest_not_beyond(span):
    step = round_step_within(span)
    slack = 1 + Fraction(1, 10**8)
    assert is_round(float(f"{step:.12g}"))
    assert Fraction(step) <= Fraction(span) * slack
    assert min(c for c in CANDIDATES if c > Fraction(step) * slack) * slack > Fraction(span)


# -- marks on the page ---------------------------------------------------------------------------------------


def drawn_boxes(boxes):
    return np.array([(b.left, b.top, b.width, b.height) for b in (sheet.box_of(m.points) for m in boxes)])


def test_boxes_glide_from_their_starts_to_their_ends():
    starts = np.array([[100.0, 100, 50, 50], [300, 100, 20, 80], [500, 500, 10, 10]])
    ends = starts[::-1] + 40
    boxes = Boxes(starts, DARK.loss)
    boxes.set_fill(opacity=0.1)
    glide = boxes.glide(starts, ends, lag=0.5, fill=0.5)
    glide.begin()
    glide.interpolate(0.0)
    np.testing.assert_allclose(drawn_boxes(boxes), starts, atol=1e-9)
    glide.interpolate(0.5)
    np.testing.assert_allclose(drawn_boxes(boxes)[0], ends[0], atol=1e-9)  # the first is there ...
    np.testing.assert_allclose(drawn_boxes(boxes)[2], starts[2], atol=1e-9)  # ... when the last sets off
    assert boxes[0].get_fill_opacity() == pytest.approx(0.5)
    assert boxes[1].get_fill_opacity() == boxes[2].get_fill_opacity() == pytest.approx(0.1)
    glide.interpolate(1.0)
    glide.finish()
    np.testing.assert_allclose(drawn_boxes(boxes), ends, atol=1e-9)
    assert boxes[1].get_fill_opacity() == pytest.approx(0.5)


def test_boxes_glide_at_an_even_ease():
    starts, ends = np.zeros((1, 4)), np.array([[100.0, 0, 10, 10]])
    boxes = Boxes(starts, DARK.loss)
    glide = boxes.glide(starts, ends)
    glide.begin()
    for alpha, share in ((0.25, 0.15625), (0.5, 0.5), (0.75, 0.84375)):  # 3 t^2 - 2 t^3
        glide.interpolate(alpha)
        assert boxes.boxes[0, 0] == pytest.approx(100 * share)


@pytest.mark.parametrize("length", [150, 400, 1000])
def test_dashes_begin_and_end_with_the_line(length):
    line = dashed(rule(sheet.at(100, 300), sheet.at(100 + length, 300), DARK.loss, 3), dash=14, gap=8)
    ends = np.stack([sheet.pixels(each)[:, 0] for each in line.ends()], axis=1)
    assert (line.get_stroke_color().to_hex(), line.get_stroke_width()) == (DARK.loss, sheet.stroke(3))
    assert (ends[0, 0], ends[-1, 1]) == pytest.approx((100, 100 + length))
    assert ends[:, 1] - ends[:, 0] == pytest.approx(14, abs=1.5)
    assert ends[1:, 0] - ends[:-1, 1] == pytest.approx(8, abs=1.5)


def test_a_rectangle_is_its_box():
    drawn = rectangle(Box(100, 50, 300, 250), DARK.loss, fill=0.3, width=4, opacity=0.7)
    assert sheet.box_of(drawn.points) == Box(*(pytest.approx(v) for v in (100, 50, 300, 250)))
    assert (drawn.get_fill_opacity(), drawn.get_stroke_opacity()) == (0.3, 0.7)
    assert rectangle(Box(0, 0, 1, 1), DARK.loss, fill=1).get_stroke_opacity() == 0
