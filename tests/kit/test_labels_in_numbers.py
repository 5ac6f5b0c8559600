"""Where a label may stand, and what it covers there, in pixels that are known."""

from __future__ import annotations

import numpy as np
import pytest
from manim import VGroup

from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.labels import LINE, MARK, Ink, Label, covered, kept_apart, over, place, plated
from gdscenes.kit.plot.marks import Polyline
from gdscenes.kit.type.typeset import Words

ROOM = Box(400, 300, 1000, 700)


def word() -> Words:
    return Words("$w = 2$", SMALL, DARK)


def under(ink: Ink, *box: float) -> float:
    return float(ink.under(np.array([box], dtype=float))[0])


class TestInk:
    def test_a_box_covers_each_of_its_cells_of_4_pixels_with_its_weight(self):
        ink = Ink().add(Box(40, 80, 59, 87), weight=2.0)
        assert under(ink, 0, 0, 1919, 1079) == 2.0 * 5 * 2
        assert under(ink, 40, 80, 43, 83) == 2.0
        assert under(ink, 0, 0, 39, 1079) == under(ink, 60, 0, 1919, 1079) == 0
        assert under(ink, 0, 0, 1919, 79) == under(ink, 0, 88, 1919, 1079) == 0

    def test_boxes_add_up_and_pixels_of_a_cell_count_once(self):
        ink = Ink().add(Box(40, 80, 43, 83), Box(40, 80, 43, 83))
        assert under(ink, 40, 80, 43, 83) == 2 * LINE
        ink = Ink().add(np.array([[40.0, 80.0], [43.0, 83.0], [44.0, 80.0]]))
        assert under(ink, 0, 0, 1919, 1079) == 2 * LINE
        ink.add(np.array([[41.0, 81.0]]), weight=7.0)
        assert under(ink, 40, 80, 43, 83) == 7.0

    def test_what_is_added_later_is_counted_too(self):
        ink = Ink()
        assert under(ink, 0, 0, 100, 100) == 0
        assert under(ink.add(Box(4, 4, 5, 5)), 0, 0, 100, 100) == LINE

    def test_what_is_off_the_page_is_counted_at_its_edge(self):
        ink = Ink().add(np.array([[-50.0, -50.0], [2500.0, 1500.0]]))
        assert under(ink, 0, 0, 3, 3) == LINE
        assert under(ink, 1916, 1076, 1920, 1080) == LINE

    @pytest.mark.parametrize(("pixel", "box"), [((1920, 5), (0, 0, 1919, 9)), ((5, 1080), (0, 0, 9, 1079))])
    def test_the_page_has_a_cell_for_each_of_its_edges(self, pixel, box):
        ink = Ink().add(np.array([pixel], dtype=float))
        assert under(ink, *box) == 0
        assert under(ink, 0, 0, 1920, 1080) == LINE

    @pytest.mark.parametrize(
        "ends", [((100, 200), (500, 200)), ((100, 600), (100, 200)), ((900, 700), (100, 300))]
    )
    def test_a_line_has_ink_in_every_cell_that_it_passes(self, ends):
        (x, y) = zip(*ends, strict=True)
        ink = Ink().add(VGroup(Polyline(DARK.ink, 3).through(sheet.at(x, y))))
        for share in np.linspace(0.0, 1.0, 301):
            at = np.array(ends[0]) + share * np.subtract(*ends[::-1])
            assert under(ink, *(at - 4), *(at + 4)) >= LINE
        assert ink.sheet.max() == LINE
        assert ink.sheet.sum() <= np.hypot(*np.subtract(*ends)) / 4 * 1.5 + 2

    def test_a_curve_is_inked_along_the_curve(self):
        """A cubic with handles (0, 300) above its ends has its middle 3/4 of 300 above them."""
        arc = Polyline(DARK.ink, 3)
        arc.set_points(sheet.at([400, 400, 800, 800], [700, 400, 400, 700]))
        ink = Ink().add(arc)
        assert under(ink, 598, 473, 602, 477) > 0
        assert under(ink, 500, 512, 700, 720) == 0
        # at 1/4 it is at x = 400 + 400 (3/4 / 16 + ... ) = 400 + 62.5, y = 700 - 300 * 9/16
        assert under(ink, 460, 529, 465, 534) > 0

    def test_type_is_a_mark(self):
        text = word().place(500, 500)
        assert Ink().add(text).sheet.max() == MARK


class TestCandidates:
    @pytest.mark.parametrize(
        ("side", "way"),
        {
            "right": (1, 0),
            "left": (-1, 0),
            "above": (0, -1),
            "below": (0, 1),
            "upper right": (1, -1),
            "upper left": (-1, -1),
            "lower right": (1, 1),
            "lower left": (-1, 1),
        }.items(),
    )
    def test_a_gap_beside_an_anchor(self, side, way):
        label = Label(word(), (700, 500), (side,), gaps=(30, 80))
        found = label.candidates()
        assert len(found) == 2 * 8
        assert len({tuple(box) for box in found.round(6)}) == 16
        size = np.array([label.text.box().width, label.text.box().height])
        for gap, (left, top, right, bottom) in zip((30, 80), (found[0], found[8]), strict=True):
            edges = {-1: (right, bottom), 0: ((left + right) / 2, (top + bottom) / 2), 1: (left, top)}
            assert [edges[each][axis] for axis, each in enumerate(way)] == pytest.approx(
                [700 + gap * way[0], 500 + gap * way[1]]
            )
            assert [right - left, bottom - top] == pytest.approx(size)

    @pytest.mark.parametrize(
        ("corner", "x", "y"),
        [("upper left", 0, 1), ("upper right", 2, 1), ("lower left", 0, 3), ("lower right", 2, 3)],
    )
    def test_an_inset_from_the_corner_of_a_box(self, corner, x, y):
        box = Label(word(), ROOM, (corner,)).candidates()[0]
        assert box[x] == pytest.approx({0: 422, 2: 978}[x])
        assert box[y] == pytest.approx({1: 328, 3: 672}[y])

    def test_spots_are_for_the_middle(self):
        found = Label(word(), np.array([[500.0, 400.0], [900.0, 600.0]])).candidates()
        assert (found[:, :2] + found[:, 2:]) / 2 == pytest.approx(np.array([[500, 400], [900, 600]]))


class TestPlace:
    def test_the_first_of_equally_good_places(self):
        spots = np.array([[500.0, 400.0], [900.0, 600.0]])
        label = Label(word(), spots)
        place([label], Ink())
        assert label.text.box().center == pytest.approx((500, 400))
        place([label], Ink().add(Box(490, 390, 500, 400)))
        assert label.text.box().center == pytest.approx((900, 600))

    def test_nearer_is_better_and_a_cell_of_a_line_worse_than_some_pixels_of_distance(self):
        """Wider than high, a label is nearest above and below."""
        label = Label(word(), (900, 500), ("right",), gaps=(24, 60))
        ink = Ink()
        places = []
        for _ in range(3):
            tried = Ink()
            tried.sheet += ink.sheet
            place([label], tried)
            places.append(label.text.box())
            ink.add(np.array([places[-1].center]))
        assert places[0].bottom == pytest.approx(476)
        assert places[1].top == pytest.approx(524)
        assert places[2].left == pytest.approx(924)

    def test_rather_on_ink_than_outside(self):
        label = Label(word(), np.array([[20.0, 500.0], [900.0, 600.0], [900.0, 10.0]]))
        place([label], Ink().add(Box(800, 500, 1000, 700), weight=MARK))
        assert label.text.box().center == pytest.approx((900, 600))
        inside = Box(400, 400, 1000, 800)
        for spot in ((400, 600), (1000, 600), (600, 400), (600, 800)):
            label = Label(word(), np.array([spot, (600.0, 600.0)]))
            place([label], Ink(), inside)
            assert label.text.box().center == pytest.approx((600, 600))

    @pytest.mark.parametrize(("left", "inked", "is_covered"), [(608.0, 598.0, False), (611.5, 602.0, True)])
    def test_8_pixels_are_kept_free_unless_told(self, left, inked, is_covered):
        """Cells begin at 600 and 604: 608 - 8 is in the first, and so is 611.5 - 8."""
        label = Label(word().place(700, 500), (0, 0))
        label.text.shift(sheet.at(left, 0) - sheet.at(label.text.box().left, 0))
        assert (covered(label, Ink().add(np.array([[inked, label.text.box().center[1]]]))) > 0) is is_covered

    def test_the_next_label_leaves_the_place_of_the_one_before(self):
        spots = np.array([[500.0, 400.0], [900.0, 600.0]])
        one, other = Label(word(), spots), Label(word(), spots)
        ink = Ink()
        place([one, other], ink)
        assert other.text.box().center == pytest.approx((900, 600))
        assert ink.sheet.max() == MARK

    def test_what_lies_in_the_pad_is_covered_and_what_lies_beyond_is_not(self):
        label = Label(word(), np.array([[700.0, 500.0]]), pad=40.0)
        place([label], Ink())
        box = label.text.box()
        for beside, is_covered in ((30, True), (50, False)):
            for pixel in (
                (box.left - beside, 500.0),
                (box.right + beside, 500.0),
                (700.0, box.top - beside),
                (700.0, box.bottom + beside),
            ):
                ink = Ink().add(np.array([pixel]))
                assert covered(label, ink) == (LINE if is_covered else 0.0)
                other = Label(word(), np.array([[700.0, 500.0], [1200.0, 500.0]]), pad=40.0)
                place([other], ink)
                assert (other.text.box().center[0] > 1000) is is_covered


def test_over_the_middle_of_a_box_by_its_baseline():
    text = over(Words("x", SMALL, DARK), ROOM, above=25.0)
    assert text.box().center[0] == pytest.approx(700, abs=1)
    assert text.box().bottom == pytest.approx(275, abs=1)
    bottom = text.box().bottom
    assert over(Words("x", SMALL, DARK), ROOM).box().bottom == pytest.approx(bottom - 15)


def test_a_plate_is_7_pixels_wider_on_each_side_unless_told():
    plate, text = plated(word().place(500, 500), DARK)
    inner, outer = text.box(), sheet.box_of(plate.points)
    beside = (
        inner.left - outer.left,
        inner.top - outer.top,
        outer.right - inner.right,
        outer.bottom - inner.bottom,
    )
    assert beside == pytest.approx((7, 7, 7, 7))
    assert plate.get_fill_opacity() == 1


@pytest.mark.parametrize(
    ("wished", "apart", "found"),
    [
        ([4.0, 5.0], 4, [2.5, 6.5]),  # both give way alike
        ([5.0, 4.0], 4, [6.5, 2.5]),
        ([0.0, 0.0, 9.0], 4, [0.0, 4.0, 9.0]),
        ([5.0, 5.0, 5.0, 10.0], 2, [3.0, 5.0, 7.0, 10.0]),
        ([4.0, 5.0, 6.0, 6.0], 3, [0.75, 3.75, 6.75, 9.75]),  # 5.25 -+ 1.5 and 4.5
        ([3.0, 3.0, 3.0], 9, [0.0, 5.0, 10.0]),  # too short a range
        ([-5.0, 20.0], 1, [0.0, 10.0]),
        ([7.0], 1, [7.0]),
    ],
)
def test_kept_apart_is_the_nearest_in_the_square(wished, apart, found):
    np.testing.assert_allclose(kept_apart(wished, apart, 0, 10), found)
