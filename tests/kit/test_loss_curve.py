import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdscenes.kit.figures.loss_curve import FIRST_STEPS, LossCurve
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK

BOX = Box(1312, 698, 1840, 948)
FALLING = 37.3 * 0.9 ** np.arange(201)


def disc(curve):
    """Row and loss where the disc stands."""
    return curve.plot.values(curve.disc.centers())[0]


@pytest.mark.parametrize("row", [0, 1, 19, 20, 21, 40, 41, 199, 200])
def test_the_disc_stands_at_the_loss_of_its_row(row):
    curve = LossCurve(FALLING, BOX, DARK).show_row(row)
    assert disc(curve) == pytest.approx([row, FALLING[row]], abs=1e-9)
    assert len(curve.disc.centers()) == 1


@pytest.mark.parametrize("row", [0, 7, 19])
def test_between_two_rows_it_is_part_of_the_way(row):
    curve = LossCurve(FALLING, BOX, DARK).show_row(row, towards=0.25)
    between = FALLING[row] + 0.25 * (FALLING[row + 1] - FALLING[row])
    assert disc(curve) == pytest.approx([row + 0.25, between])


@pytest.mark.parametrize("row", [20, 57])
def test_between_two_late_rows_it_is_inside_the_axes(row):
    curve = LossCurve(FALLING, BOX, DARK).show_row(row, towards=0.5)
    assert sheet.pixels(curve.disc.centers())[0, 0] <= curve.box.right + 1e-6


def test_the_curve_goes_through_the_loss_of_every_row():
    curve = LossCurve(FALLING, BOX, DARK).show_row(30)
    drawn = curve.curve.points.reshape(-1, 4, 3)
    corners = np.vstack([drawn[:, 0], drawn[-1:, 3]])
    expected = np.stack([np.arange(31), FALLING[:31]], axis=1)
    np.testing.assert_allclose(curve.plot.values(corners), expected, atol=1e-9)


@pytest.mark.parametrize(("row", "n_dots"), [(0, 1), (5, 6), (40, 41), (41, 0)])
def test_each_row_has_a_dot_while_there_is_room(row, n_dots):
    curve = LossCurve(FALLING, BOX, DARK).show_row(row)
    centers = curve.dots.centers()
    assert len(centers) == n_dots
    expected = np.stack([np.arange(n_dots), FALLING[:n_dots]], axis=1)
    np.testing.assert_allclose(curve.plot.values(centers), expected, atol=1e-9)


@pytest.mark.parametrize(("row", "span"), [(0, FIRST_STEPS), (20, FIRST_STEPS), (21, 21), (200, 200)])
def test_the_axis_is_compressed_once_the_clock_has_passed_it(row, span):
    curve = LossCurve(FALLING, BOX, DARK).show_row(row)
    assert (curve.plot.x.low, curve.plot.x.high) == (0, span)
    assert curve.plot in curve.submobjects
    assert len(curve.plot.x.ticks) >= 2
    assert sum(type(m) is type(curve.plot) for m in curve.submobjects) == 1


def test_going_back_shows_the_same_as_coming_for_the_first_time():
    """A frame depends on its row alone."""
    again, fresh = (
        LossCurve(FALLING, BOX, DARK).show_row(150).show_row(7),
        LossCurve(FALLING, BOX, DARK).show_row(7),
    )
    for one, other in zip(
        again.family_members_with_points(), fresh.family_members_with_points(), strict=True
    ):
        np.testing.assert_allclose(one.points, other.points, atol=1e-12)


def test_the_new_axes_stay_in_the_layer():
    curve = LossCurve(FALLING, BOX, DARK).set_z_index(4).show_row(100)
    assert {m.z_index for m in curve.family_members_with_points()} == {4}


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 1e6), min_size=11, max_size=60).filter(lambda v: max(v) > 1e-6))
def test_every_loss_has_its_place_between_zero_and_the_top(losses):
    curve = LossCurve(np.array(losses), BOX, DARK)
    y = curve.plot.y
    assert y.low == 0
    assert max(losses) <= y.high * (1 + 1e-9)
    assert max(losses) >= y.high / 2
    curve.show_row(len(losses) - 1)
    corners = sheet.pixels(curve.curve.points)
    assert corners[:, 0].min() >= curve.box.left - 1e-6
    assert corners[:, 0].max() <= curve.box.right + 1e-6
    assert corners[:, 1].min() >= BOX.top - 1e-6
    assert corners[:, 1].max() <= BOX.bottom + 1e-6


def across(curve):
    """Left and right end of all that is drawn, pixels."""
    box = sheet.box_of(np.concatenate([m.points for m in curve.family_members_with_points()]))
    return box.left, box.right


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4, 1e9, 1e300])
@pytest.mark.parametrize("row", [0, 20, 99, 100, 137, 200])
def test_axes_and_labels_keep_to_the_width_of_the_box(scale, row):
    left, right = across(LossCurve(scale * FALLING, BOX, DARK).show_row(row))
    assert left >= BOX.left
    assert right <= BOX.right


def test_a_short_run_keeps_to_the_width_of_the_box():
    left, right = across(LossCurve(FALLING[:6], BOX, DARK))
    assert left >= BOX.left
    assert right <= BOX.right


def test_only_labels_stand_over_and_under_the_box():
    """The axes fill its height; the step labels stand under it, half of the top label over it."""
    curve = LossCurve(FALLING, BOX, DARK)
    inked = [m.points for m in curve.family_members_with_points()]
    box = sheet.box_of(np.concatenate(inked))
    assert (curve.plot.box.top, curve.plot.box.bottom) == (BOX.top, BOX.bottom)
    assert BOX.top - 20 <= box.top
    assert box.bottom <= BOX.bottom + 64


def test_the_word_stands_between_the_last_ticks_and_covers_no_label():
    for row in (0, 25, 60, 100, 200):
        curve = LossCurve(FALLING, BOX, DARK).show_row(row)
        word = curve.word.box()
        assert all(word.overlap(label.box()) == 0 for label in curve.plot.labels)


def corners_of(curve):
    """Pixels of the corners of the curve as drawn."""
    drawn = curve.curve.points.reshape(-1, 4, 3)
    return sheet.pixels(np.vstack([drawn[:, 0], drawn[-1:, 3]]))


@pytest.mark.parametrize("row", [0, 1, 19, 20, 137, 200])
def test_bent_it_stands_at_the_logarithm_of_the_loss(row):
    curve = LossCurve(FALLING, BOX, DARK).show_row(row).bend(1)
    assert disc(curve) == pytest.approx([row, np.log10(FALLING[row])], abs=1e-9)
    if row:
        # 37.3 * 0.9^k is a straight line in these axes
        x, y = corners_of(curve).T
        np.testing.assert_allclose(y, y[0] + (y[-1] - y[0]) * (x - x[0]) / (x[-1] - x[0]), atol=1e-6)


def test_on_the_way_it_is_between_both():
    linear, bent, between = (
        corners_of(LossCurve(FALLING, BOX, DARK).show_row(50).bend(share)) for share in (0, 1, 0.3)
    )
    np.testing.assert_allclose(between, 0.7 * linear + 0.3 * bent, atol=1e-6)


@pytest.mark.parametrize(
    ("losses", "is_long"),
    [
        (FALLING, True),
        (FALLING[:101], False),
        (np.linspace(9, 1, 500), False),
        (np.maximum(np.linspace(9, -1, 500), 0), False),
        (1e-290 * FALLING, True),
    ],
)
def test_only_a_long_run_through_decades_can_be_bent(losses, is_long):
    assert LossCurve(losses, BOX, DARK).is_long is is_long


@pytest.mark.parametrize("share", [0.0, 0.2, 0.7, 1.0])
def test_labels_of_bent_axes_are_those_of_the_ticks(share):
    curve = LossCurve(FALLING, BOX, DARK).show_row(200).bend(share)
    texts = [label.text for label in curve.plot.labels[len(curve.plot.x.ticks) :]]
    assert texts == (["40"] if share < 0.5 else ["10⁻⁸", "10⁻⁴", "1"])
    left, right = across(curve)
    assert BOX.left <= left
    assert right <= BOX.right


def test_a_run_without_loss_is_drawn_on_the_floor():
    curve = LossCurve(np.zeros(11), BOX, DARK).show_row(10)
    assert disc(curve) == pytest.approx([10, 0])
