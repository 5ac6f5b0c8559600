"""Pulls add up to the slopes: each arrow, each piece and each bar is as long as a number says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from claims import assert_true
from data import ODD, OWN, slow_but

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.normal_equations import NormalEquations
from gdscenes.kit.figures.pulls import Pulls, StepArrows
from gdscenes.kit.figures.squares import spread_rows
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import THEMES

CELL, BARS = Cell(77, 114, 1246, 800), Cell(1312, 386, 1843, 1037)
DATA = {
    **{name: gdmath.preset(name) for name in gdmath.preset_names() if gdmath.preset(name).fit_bias},
    **{name: OWN[name].dataset() for name in ("two rows", "falling", "outlier", "many")},
}


@pytest.fixture(params=slow_but(DATA, "chapter-0", "fake-data", "falling", "outlier"))
def data(request) -> gdmath.Dataset:
    return DATA[request.param]


def plane_of(data: gdmath.Dataset, theme: str = "dark") -> DataPlane:
    return DataPlane(data, CELL, THEMES[theme], data.start, run="descent").at(0)


def pulls_at_start(data: gdmath.Dataset, **words) -> Pulls:
    return Pulls(plane_of(data), BARS, np.asarray(data.start), run="descent", **words)


def outlines(pull) -> np.ndarray:
    """Of the arrows, pixels (n, 8, 2)."""
    return sheet.pixels(pull.arrows.corners()).reshape(-1, 8, 2)


def gathered(pulls: Pulls) -> Pulls:
    for each in (pulls.bias, pulls.weight):
        each.dial(grown=1.0, gathered=1.0)
    return pulls


def shares_by_hand(data: gdmath.Dataset, b: float, w: float) -> np.ndarray:
    """What each train point adds to the negative slopes in b and in w."""
    x, y = data.x_train, data.y_train
    factor = 2.0 if data.reduction == "sum" else 2.0 / len(x)
    missed = y - (b + w * x)
    return np.stack([factor * missed, factor * missed * x], axis=1)


@pytest.mark.parametrize("theme", THEMES)
def test_a_bar_is_as_long_as_the_slope(data, theme):
    run = gdmath.descend(data.problem(), data.start, 1e-6, 1)
    plane = plane_of(data, theme)
    pulls = gathered(Pulls(plane, BARS, np.asarray(data.start), run="descent"))
    assert assert_true(pulls.claims(0), {"descent": run}, lambda _: data.problem()) == 1
    for index, each in enumerate((pulls.bias, pulls.weight)):
        expected = shares_by_hand(data, *data.start)[:, index].sum()
        foot, tip = sheet.pixels(each.bar.foot)[1], sheet.pixels(each.bar.tip)[1]
        assert (foot - tip) / (plane.plot.y_pixels_per_unit * pulls.times) == pytest.approx(expected)


def test_an_arrow_goes_from_the_line_to_its_point():
    data = DATA["chapter-0"]
    pull = pulls_at_start(data).bias.dial(grown=1.0)
    plane, order = pull.plane, np.argsort(data.x_train)
    drawn = outlines(pull)
    x, y = drawn[:, :, 0].mean(axis=1), drawn[:, :, 1]
    points = plane.plot.pixels(data.x_train[order], data.y_train[order])
    feet = plane.plot.pixels(data.x_train[order], plane.problem.predict(data.start)[order])
    np.testing.assert_allclose(x, points[:, 0], atol=1e-6)
    np.testing.assert_allclose(y.min(axis=1), points[:, 1], atol=1e-6)
    np.testing.assert_allclose(y.max(axis=1), feet[:, 1], atol=1e-6)


def test_pieces_lie_head_to_tail_and_each_is_its_share(data):
    pulls = gathered(pulls_at_start(data))
    unit = pulls.bias.pixels_per_unit
    for index, each in enumerate((pulls.bias, pulls.weight)):
        shares = shares_by_hand(data, *data.start)[:, index]
        drawn = outlines(each)
        heights = np.ptp(drawn[:, :, 1], axis=1)
        assert heights.sum() / unit == pytest.approx(np.abs(shares).sum(), rel=1e-6)
        if len(drawn) == len(shares):
            order = np.argsort(data.x_train, kind="stable")
            np.testing.assert_allclose(heights, np.abs(shares[order]) * unit, rtol=1e-6, atol=1e-9)
        columns = {}
        for outline in drawn:
            side = outline[:, 1].mean() < each.foot[1]
            columns.setdefault(side, []).append(outline[:, 1])
        ends = []
        for side, pieces in columns.items():
            spans = sorted((piece.min(), piece.max()) for piece in pieces)
            for (_, bottom), (top, _) in pairwise(spans):
                assert bottom == pytest.approx(top, abs=1e-6)
            assert each.foot[1] == pytest.approx(spans[-1][1] if side else spans[0][0], abs=1e-6)
            ends.append(spans[-1][1] - spans[0][0])
        rises = sorted(each for each in (shares[shares > 0].sum(), -shares[shares < 0].sum()) if each)
        assert sorted(ends) == pytest.approx([rise * unit for rise in rises], rel=1e-6)


def test_pulls_up_and_down_take_as_much_off_each_other_until_the_slope_is_left(data):
    for parameters in (np.asarray(data.start), data.problem().minimizer):
        pulls = gathered(Pulls(plane_of(data), BARS, parameters))
        for each, shares in zip(
            (pulls.bias, pulls.weight),
            shares_by_hand(data, *parameters).T * pulls.bias.pixels_per_unit,
            strict=True,
        ):
            up, down = shares[shares > 0].sum(), -shares[shares < 0].sum()
            for cancelled in (0.0, 0.5, 1.0):
                drawn = outlines(each.dial(cancelled=cancelled)) if each.arrows.has_points() else []
                rises = [each.foot[1] - outline[:, 1].mean() for outline in drawn]
                heights = np.array([np.ptp(outline[:, 1]) for outline in drawn])
                left = [heights[np.sign(rises) == way].sum() for way in (1, -1)] if rises else [0.0, 0.0]
                off = cancelled * min(up, down)
                assert left == pytest.approx([up - off, down - off], rel=1e-6, abs=1e-4)


def test_bars_stand_in_the_order_of_the_numbers_with_words_beside_them(data):
    pulls = pulls_at_start(data)
    assert pulls.bias.foot[0] < pulls.weight.foot[0] < sheet.box_of(pulls.ground.points).right
    for word in pulls.stated:
        assert word.box().left > sheet.box_of(pulls.ground.points).right
        assert BARS.contains(word.box(), slack=14)


def test_levers_make_of_a_pull_a_torque():
    data = DATA["chapter-0"]
    pull = pulls_at_start(data).weight
    long = np.ptp(outlines(pull.dial(grown=1.0))[:, :, 1], axis=1)
    turned = np.ptp(outlines(pull.dial(levered=1.0))[:, :, 1], axis=1)
    x = np.sort(data.x_train)
    np.testing.assert_allclose(turned, long * x / x.max(), rtol=1e-6)


def test_levers_are_as_long_as_x():
    data = DATA["chapter-0"]
    pulls = pulls_at_start(data)
    rows = spread_rows(pulls.plane, 6)
    starts, ends = (pulls.plane.plot.values(each) for each in pulls.lever_arms(rows)[0].ends())
    np.testing.assert_allclose(starts[:, 0], 0, atol=1e-9)
    np.testing.assert_allclose(ends[:, 0], data.x_train[rows])


def test_bars_become_the_steps_that_the_line_makes():
    data = DATA["chapter-0"]
    run = gdmath.descend(data.problem(), data.start, 0.1, 1)
    pulls = gathered(pulls_at_start(data, end=run.parameters[1]))
    assert pulls.can_step
    (b, w), (b_new, w_new) = run.parameters
    for each, x, low, high in ((pulls.bias, 0, b, b_new), (pulls.weight, 1, b_new + w, b_new + w_new)):
        each.dial(stepped=1.0)
        foot, tip = pulls.plane.plot.values(np.stack([each.bar.foot, each.bar.tip]))
        np.testing.assert_allclose([foot, tip], [[x, low], [x, high]], atol=1e-9)
    assert list(pulls.claims(0)) == []


def test_a_plane_without_zero_and_one_holds_no_step():
    data = ODD["far from zero"]
    pulls = gathered(pulls_at_start(data, end=np.asarray(data.start) + 0.1))
    assert not pulls.can_step
    assert not any(arrow.has_points() for arrow in StepArrows(pulls.plane).arrows)


def test_step_arrows_are_the_step_that_comes_next():
    data = DATA["chapter-0"]
    run = gdmath.descend(data.problem(), data.start, 0.1, 5)
    plane = DataPlane(data, CELL, THEMES["dark"], run.parameters, run="descent").at(0)
    drive = StepArrows(plane)
    for row, towards in ((0, 0.0), (3, 0.0), (3, 0.5)):
        drive.at(row, towards)
        (b, w), (b_new, w_new) = run.parameters[row : row + 2]
        ends = [plane.plot.values(np.stack([arrow.foot, arrow.tip])) for arrow in drive.arrows]
        np.testing.assert_allclose(ends[0], [[0, b], [0, b_new]], atol=1e-9)
        np.testing.assert_allclose(ends[1], [[1, b_new + w], [1, b_new + w_new]], atol=1e-9)
        (x, y), (x_end, y_end) = plane.plot.values(np.concatenate(drive.lifted.ends()))
        np.testing.assert_allclose([y, y_end], [b_new + w * x, b_new + w * x_end], atol=1e-9)
    assert not any(drawn.has_points() for drawn in (*drive.at(5).arrows, drive.lifted))


def test_at_the_minimum_all_pulls_cancel(data):
    problem = data.problem()
    pulls = gathered(Pulls(plane_of(data), BARS, problem.minimizer))
    assert assert_true(pulls.claims(0), {}, lambda _: problem) == 1
    for index, each in enumerate((pulls.bias, pulls.weight)):
        shares = shares_by_hand(data, *problem.minimizer)[:, index]
        up, down = shares[shares > 0].sum(), shares[shares < 0].sum()
        assert up == pytest.approx(
            -down, abs=1e-9 * np.abs(data.y_train).max() * (1 + np.abs(data.x_train).max())
        )
        assert each.pulled == pytest.approx(0, abs=1e-6 * max(up, 1e-9))


def test_a_stack_that_comes_to_nothing_stands_over_the_name_of_its_bar(data):
    """The name comes along while it cancels; then 0 stands over the ground, and the name under it."""
    pulls = gathered(Pulls(plane_of(data), BARS, data.problem().minimizer))
    base = sheet.pixels(pulls.ground.points)[0, 1]
    for name, each in zip(pulls.names, (pulls.bias, pulls.weight), strict=True):
        assert each.is_nothing
        if each.is_mixed:
            stack = sheet.box_of(each.arrows.points)
            assert stack.center[0] == pytest.approx(each.foot[0], abs=1e-6)
            assert name.box().top > stack.bottom
        for animation in pulls.cancelling(each, run_time=1.0):
            animation.begin()
            animation.interpolate(1)
        (zero,) = pulls.nothing(each)
        assert zero.box().bottom < base < name.box().top < base + 62
        assert zero.box().center[0] == pytest.approx(name.box().center[0], abs=8)


def test_bars_keep_to_their_cell_at_a_scale_that_is_stated(data):
    for parameters in (np.asarray(data.start), data.problem().minimizer):
        pulls = gathered(Pulls(plane_of(data), BARS, parameters))
        for each in (pulls.bias, pulls.weight):
            if each.arrows.has_points():
                assert BARS.contains(sheet.box_of(each.arrows.points), slack=1)
                assert sheet.box_of(each.arrows.points).right < min(word.box().left for word in pulls.stated)
        said, times = " ".join(word.source for word in pulls.stated[1:]), pulls.times
        ratio = f"{round(1 / times)} times smaller" if times < 1 else f"{round(times)} times larger"
        assert said.removeprefix("drawn ") == ("" if times == 1 else ratio)


def test_the_two_indices_are_the_parameters():
    pulls = pulls_at_start(DATA["chapter-0"])
    assert (pulls.bias.index, pulls.weight.index) == (BIAS, WEIGHT)


@pytest.mark.parametrize("name", [*DATA, *ODD])
def test_normal_equations_have_the_numbers_of_the_points(name):
    data = DATA.get(name) or ODD[name]
    if not data.fit_bias:
        pytest.skip("no bias")
    cells = Cell(77, 800, 1246, 1037).columns(1, 1, gap=60)
    problem = data.problem()
    equations = NormalEquations(cells, problem, THEMES["dark"])
    assert assert_true(equations.claims(0), {}, lambda _: problem) == (5 if equations.numbers else 0)
    assert equations.numbers or name not in DATA
    for cell, numbers in zip(cells, equations.numbers, strict=False):
        assert cell.left - 1 <= numbers[0].box().left
        assert numbers[-1].box().right <= cell.right + 1
