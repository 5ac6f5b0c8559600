"""A cut, what goes along it and what stands on it, held against the loss by its definition."""

from itertools import pairwise

import numpy as np
import pytest
from drawn import loss_at

from gdmath import LeastSquares, descend, zoom_of_runs
from gdscenes.kit.figures.cut import Cut
from gdscenes.kit.figures.cuts_in_a_row import columns_of_cuts, cuts_in_a_row, loss_axis
from gdscenes.kit.figures.lanes import Lane, is_one_scale, ranges_in_lanes
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import SAFE, SMALL, Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.labels import Ink
from gdscenes.kit.plot.runs import DIVERGENT, GOOD, ExitCross
from gdscenes.kit.type.digits import Digits

PROBLEM = LeastSquares([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0], fit_bias=False)
STAGE = Box(140, 138, 1176, 938)
RUN = Runner("good", descend(PROBLEM, [0.0], 0.04, 8), GOOD, "$eta$")
WILD = Runner("wild", descend(PROBLEM, [0.0], 0.16, 8), DIVERGENT, "$eta$")


def cut(problem=PROBLEM, ends=(-0.3, 3.5), highest=30.0, **changes):
    heights = loss_axis(problem.minimum, highest, "MSE")
    return Cut(STAGE, problem, ends, heights, DARK, **{"start": 0.0, **changes})


def corners(drawn):
    return drawn.plot.values(drawn.curve.points[0::4])


def test_the_curve_is_the_mean_squared_error():
    w, loss = corners(cut())[1:].T  # the first corner is where a chord is cut at the edge
    np.testing.assert_allclose(loss, loss_at(PROBLEM, w[:, None]), rtol=1e-9, atol=1e-9)
    assert len(w) > 300


@pytest.mark.parametrize("rise", [0.0, 0.4, 1.0])
def test_it_rises_from_its_axis(rise):
    drawn = cut().dial(rise=rise, place=1.0)
    w, height = corners(drawn)[1:].T
    np.testing.assert_allclose(height, rise * loss_at(PROBLEM, w[:, None]), rtol=1e-9, atol=1e-9)
    for mark, value in ((drawn.ring, 0.0), (drawn.disc, 1.0)):
        at = drawn.plot.values(mark.centers())[0]
        np.testing.assert_allclose(at, [value, rise * loss_at(PROBLEM, [value])], atol=1e-9)


@pytest.mark.parametrize(("rise", "opacity"), [(-1.0, 0), (0.0, 0), (0.5, 0), (1.0, 1)])
def test_no_height_is_told_before_the_curve_stands(rise, opacity):
    drawn = cut().dial(rise=1.0).dial(rise=rise)
    heights = [*drawn.plot.labels[len(drawn.plot.x.ticks) :], drawn.names[1]]
    assert len(heights) > 2
    assert {glyph.get_fill_opacity() for each in heights for glyph in each.ink()} == {opacity}
    assert {glyph.get_fill_opacity() for glyph in drawn.names[0].ink()} == {1}


def test_it_lies_down_from_a_line_of_the_map():
    drawn = cut(start=0.65)
    drawn.source = sheet.at([300.0, 500.0], [700.0, 100.0])
    drawn.dial(rise=-1.0)
    np.testing.assert_allclose(drawn.curve.points[[0, -1]], drawn.source)
    # a quarter of the parameter is a quarter of the line
    np.testing.assert_allclose(sheet.pixels(drawn.ring.centers())[0], [350.0, 550.0], atol=1e-9)


@pytest.mark.parametrize("ends", [(-0.3, 3.5), (1.7, 2.2)])
def test_its_curve_flies_to_its_axes_as_it_was_elsewhere(ends):
    drawn = cut(ends=ends)
    standing = drawn.wire
    np.testing.assert_allclose(drawn.plot.values(standing)[:, 1], loss_at(PROBLEM, drawn.values[:, None]))
    assert drawn.values[0] == pytest.approx(max(ends[0], 2 - np.sqrt(drawn.plot.y.high / 7.5)))
    drawn.wire = standing @ np.diag([0.5, -2.0, 1.0]) + [1.0, 2.0, 0.0]
    for flown in (0.0, 0.3, 0.99):
        way = drawn.dial(flown=flown).curve.points[0::4]
        expected = drawn.wire + flown * (standing - drawn.wire)
        np.testing.assert_allclose(way, expected[:-1], atol=1e-9)
    w, loss = corners(drawn.dial(flown=1.0))[1:].T
    np.testing.assert_allclose(loss, loss_at(PROBLEM, w[:, None]), rtol=1e-9, atol=1e-9)


def test_it_is_traced_as_far_as_the_point_has_been():
    drawn = cut(traced=True)
    for place, seen in ((0.0, None), (2.0, (0.0, 2.0)), (1.0, (0.0, 2.0)), (-0.1, (-0.1, 2.0))):
        drawn.dial(place=place)
        if seen is None:
            assert np.ptp(drawn.curve.points[:, 0]) == pytest.approx(0)
        else:
            np.testing.assert_allclose(drawn.plot.values(drawn.curve.points[[0, -1]])[:, 0], seen, atol=1e-9)


@pytest.mark.parametrize(("row", "towards"), [(0, 0.0), (3, 0.0), (2, 0.25), (8, 0.0), (11, 0.5)])
def test_point_path_and_arrows_show_the_row(row, towards):
    drawn = cut(follows=RUN, lanes=1)
    lane = Lane(drawn, RUN)
    drawn.at(row, towards)
    lane.at(row, towards)
    weights = RUN.run.parameters[:, 0]
    here = np.interp(min(row + towards, 8), np.arange(9), weights)
    x, y = drawn.plot.values(drawn.disc.centers())[0]
    assert (x, y) == pytest.approx((here, float(loss_at(PROBLEM, [here]))), abs=1e-9)
    shown = [arrow for arrow in lane.arrows if arrow.head.has_points()]
    assert len(shown) == min(row + (towards > 0), 8)
    if shown:
        assert drawn.plot.values(shown[-1].tip)[0] == pytest.approx(here)
    for claim in [*drawn.claims(row), *lane.claims(row)] if not towards else []:
        truth = weights[min(row, 8)]
        expected = truth if claim.quantity == "parameters" else loss_at(PROBLEM, [truth])
        np.testing.assert_allclose(claim.drawn, expected, atol=np.max(claim.within))


def test_only_the_last_arrow_is_drawn_where_none_is_kept():
    lane = Lane(cut(lanes=1), RUN, keeps=False).at(3)
    assert [arrow.head.has_points() for arrow in lane.arrows[:5]] == [False, False, True, False, False]


def test_a_path_goes_through_the_rows_and_claims_its_head():
    drawn = cut()
    path = drawn.add_path(RUN)
    drawn.at(4)
    claims = {claim.quantity: claim for claim in drawn.claims(4)}
    np.testing.assert_allclose(claims["parameters"].drawn, RUN.run.parameters[4], atol=1e-8)
    assert claims["loss"].drawn == pytest.approx(RUN.run.losses[4], abs=1e-7)
    assert path.plot is drawn.plot


def test_a_landing_beyond_the_axes_is_marked_at_their_edge():
    drawn = cut(ends=(-1.0, 6.0), lanes=2)
    inside, outside = (Lane(drawn, run, k).landing(1, "30.00") for k, run in enumerate((RUN, WILD)))
    assert isinstance(outside.mark, ExitCross)
    assert not isinstance(inside.mark, ExitCross)
    w, loss = drawn.plot.values(inside.mark.centers())[0]
    assert (w, loss) == pytest.approx((1.2, float(loss_at(PROBLEM, [1.2]))))
    w, loss = drawn.plot.values(outside.mark.centers())[0]
    assert (w, loss) == pytest.approx((4.8, drawn.plot.y.high))


def test_what_is_said_on_it_covers_nothing_that_it_keeps_off():
    drawn = cut(ends=(-1.0, 6.0), lanes=2)
    drawn.level(30.0)
    landings = [Lane(drawn, run, k).landing(1, "12.345") for k, run in enumerate((RUN, WILD))]
    words = [each.loss for each in landings] + [drawn.label(Digits("-30.00", SMALL, DARK), 0.0)]
    for index, word in enumerate(words):
        others = [other.box() for other in words if other is not word]
        assert drawn.plot.box.contains(word.box()), index
        assert not any(word.box().overlap(other) for other in others)
        box = word.box()
        under = Ink().add(drawn.curve, *(each.riser for each in landings))
        assert under.under(np.array([[box.left, box.top, box.right, box.bottom]])) == 0


@pytest.mark.parametrize("n", [1, 3])
def test_lanes_lie_under_the_losses(n):
    drawn = cut(lanes=n)
    heights = [drawn.plot.values(drawn.in_lane(1.25, k)) for k in range(n)]
    assert all(w == pytest.approx(1.25) and drawn.plot.y.low < y < 0 for w, y in heights)
    assert all(a > b for (_, a), (_, b) in pairwise(heights))
    assert min(drawn.plot.y.ticks) == 0


def test_cuts_in_a_row_have_one_scale_that_is_numbered_once():
    other = LeastSquares([1.0, 1.0], [3.0, 5.0], fit_bias=False)
    heights, cell = loss_axis(0.0, 30.0, "MSE"), Box(161, 166, 1823, 858)
    one, two = cuts_in_a_row(
        cell,
        (other, PROBLEM),
        ((0, 8), (-1, 5)),
        heights,
        DARK,
        roles=("bias", "weight"),
        starts=(0.0, 0.0),
        lanes=3,
    )
    assert one.plot.box.width == pytest.approx(two.plot.box.width)
    assert one.plot.pixels(0, 12.0)[1] == pytest.approx(two.plot.pixels(0, 12.0)[1])
    assert len(two.plot.labels) == len(two.plot.x.ticks)
    assert [box.left for box in columns_of_cuts(cell, 2, heights)] == [one.plot.box.left, two.plot.box.left]


def test_there_is_room_at_the_ends_of_lanes():
    ((low, high),) = ranges_in_lanes([[2.0, 1.0, 4.0]], 600, [100], [200], [0.0])
    assert (1.0 - low, high - 4.0) == pytest.approx((1.0, 2.0))
    ((low, high),) = ranges_in_lanes([[2.0]], 600, [100], [200], [3.0])
    assert (low, high) == pytest.approx((-0.5, 5.5))


def test_cuts_over_lanes_have_one_scale_if_that_can_be():
    ranges = ranges_in_lanes([[0.0, 3.0], [5.0, 6.0]], 600, [100, 60], [200, 140], [0.0, 0.0])
    (low, high), (other_low, other_high) = ranges
    assert high - low == pytest.approx(other_high - other_low)
    assert (-low, high - 3.0) == pytest.approx((1.0, 2.0))
    per_pixel = (high - low) / 600
    assert other_low <= 5.0 - 60 * per_pixel
    assert other_high >= 6.0 + 140 * per_pixel
    (low, high), (other_low, other_high) = ranges_in_lanes(
        [[0.0, 3.0], [5.0, 5.5]], 600, [100, 100], [200, 200], [0.0, 0.0]
    )
    assert high - low == pytest.approx(6 * (other_high - other_low))
    assert is_one_scale([1.0, 4.0])
    assert not is_one_scale([1.0, 4.1])


def test_a_loss_far_from_zero_has_an_axis_of_its_own():
    axis = loss_axis(100.0, 101.0, "MSE")
    assert 99 < axis.low < 100
    assert loss_axis(1.0, 5.0, "MSE").low == 0.0


def test_large_losses_keep_their_numbers_on_the_page():
    problem = LeastSquares(1e3 * PROBLEM.x, PROBLEM.y * 1e5, fit_bias=False)
    drawn = cut(problem, (0.0, 400.0), 3e11)
    assert all(label.box().left >= SAFE.left for label in drawn.plot.labels)


# -- other axes --------------------------------------------------------------------------------------------


def test_in_another_box_everything_stands_where_the_loss_says():
    drawn = cut(start=0.0, lanes=1).dial(place=1.0)
    drawn.add(drawn.diamond)
    box = Box(300, 200, 800, 500)
    drawn.dial(box=box, window=[-1.0, 4.0, 60.0], lanes=0.0)
    assert (drawn.plot.box.right, drawn.plot.box.bottom) == (box.right, box.bottom)
    assert list(drawn.plot.limits) == [-1.0, 4.0, 0.0, 60.0]
    for mark, w in ((drawn.ring.centers(), 0.0), (drawn.disc.centers(), 1.0), ([drawn.diamond.place()], 2.0)):
        at = drawn.plot.values(np.asarray(mark))[0]
        np.testing.assert_allclose(at, [w, loss_at(PROBLEM, [w])], atol=1e-9)
    assert np.ptp(corners(drawn)[:, 0]) > 4.5, "a curve that was traced is whole in another window"


@pytest.mark.parametrize("row", range(9))
@pytest.mark.parametrize("towards", [0.0, 0.5])
def test_a_window_zooms_with_a_run_that_swings_out(row, towards):
    drawn = cut()
    good, wild = (drawn.add_path(runner) for runner in (RUN, WILD))
    drawn.zoom_with(zoom_of_runs(PROBLEM, [RUN.run, WILD.run], 8)).at(row, towards)
    for path, runner in ((good, RUN), (wild, WILD)):
        if row + towards == 0 or row + towards > 8:
            continue
        rows = np.column_stack([runner.run.parameters[:, 0], runner.run.losses])
        here = rows[row] + towards * (rows[min(row + 1, 8)] - rows[row])
        np.testing.assert_allclose(drawn.plot.values(path.head.centers())[0], here, rtol=1e-9, atol=1e-9)
        assert drawn.plot.limits.contains(*here)
        assert not path.cross.ring.has_points()


def test_the_heights_keep_their_name_while_the_window_zooms():
    drawn = cut()
    for top in (30.0, 3e5, 40.0):
        drawn.dial(window=[-1.0, 5.0, top])
        assert drawn.heights.name.startswith('$loss("MSE")$')
        assert ("10^" in drawn.heights.name) == (top > 1e5)


def test_a_frame_keeps_the_first_window_while_it_zooms():
    drawn = cut()
    assert not drawn.frame.has_points()
    windows = zoom_of_runs(PROBLEM, [RUN.run, WILD.run], 8)
    drawn.zoom_with(windows)
    assert not drawn.frame.has_points(), "it would stand on the axes"
    drawn.at(5)
    corners = drawn.plot.values(drawn.frame.points)
    low, high, top = windows[0]
    np.testing.assert_allclose([*corners.min(axis=0), *corners.max(axis=0)], [low, drawn.floor, high, top])
