"""Level lines, their numbers and colours, of L = (b - 1)^2 + 4 (w - 2)^2."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gdmath import LeastSquares
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK, THEMES, contrast
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import round_axis
from gdscenes.kit.plot.contours import (
    QUIET_RAMPS,
    RAMPS,
    Contours,
    enclosed,
    level_arcs,
    level_corners,
    level_line,
    line_color,
    loss_color,
    shortest_level,
)

BOWL = LeastSquares([-2.0, 2.0], [-3.0, 5.0])


def axes(b: tuple[float, float], w: tuple[float, float]) -> Plot:
    return Plot(Box(200, 100, 1000, 900), round_axis(*b, ""), round_axis(*w, ""), DARK, grid=False)


def on_curves(arc: np.ndarray, n: int = 21) -> np.ndarray:
    """Points (m, 3) on cubic Bezier curves (4k, 3)."""
    t = np.linspace(0, 1, n)[:, None, None]
    a, b, c, d = np.moveaxis(arc.reshape(-1, 4, 3), 1, 0)
    return ((1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d).reshape(-1, 3)


def test_an_ellipse_begins_and_ends_at_one_corner_and_goes_round_once():
    line = level_line(BOWL, 4.0, 8)
    assert line.shape == (9, 2)
    half = np.sqrt(0.5)
    circle = [
        (1, 0),
        (half, half),
        (0, 1),
        (-half, half),
        (-1, 0),
        (-half, -half),
        (0, -1),
        (half, -half),
        (1, 0),
    ]
    np.testing.assert_allclose(line, np.array([1.0, 2.0]) + np.array(circle) * [2.0, 1.0], atol=1e-12)
    assert np.array_equal(line[0], line[-1])
    assert level_line(BOWL, 4.0).shape == (721, 2)
    np.testing.assert_allclose(level_line(BOWL, -1.0, 4), [[1.0, 2.0]] * 5)


def test_a_whole_ellipse_is_one_arc_counterclockwise():
    plot = axes((-4, 6), (-3, 7))
    ((arc,), (small,), none) = level_arcs(plot, BOWL, [9.0, 0.01, 0.0])
    assert none == []
    for each, size in ((arc, 3.0), (small, 0.1)):
        points = plot.values(on_curves(each))
        np.testing.assert_allclose(BOWL.loss(points), size**2, rtol=3e-5)
        assert np.ptp(points, axis=0) == pytest.approx([2 * size, size], rel=1e-4)
        turned = np.unwrap(np.arctan2(*(plot.values(each[0::4]) - [1.0, 2.0]).T[::-1]))
        assert (np.diff(turned) > 0).all()
    assert np.array_equal(arc[0], arc[-1]) or np.abs(arc[0] - arc[-1]).max() < 1e-9


@pytest.mark.parametrize(
    ("b", "w", "level", "n_arcs"),
    [
        ((1, 9), (-3, 7), 4.41, 1),
        ((-4, 6), (1.5, 2.5), 4.41, 2),
        ((0, 2), (1, 3), None, 4),
        ((5, 9), (0, 4), 4.41, 0),
    ],
)
def test_what_the_edges_leave_of_an_ellipse(b, w, level, n_arcs):
    """Of L = 4.41: b from -1.1 to 3.1 and w from 0.95 to 3.05."""
    plot = axes(b, w)
    lows, highs = np.array(plot.limits).reshape(2, 2).T
    if level is None:  # above the middles of all edges and below the corners
        level = float(np.mean([BOWL.loss(lows), max(BOWL.loss([[lows[0], 2.0], [1.0, lows[1]]]))]))
    (arcs,) = level_arcs(plot, BOWL, [level])
    assert len(arcs) == n_arcs
    for arc in arcs:
        points = plot.values(on_curves(arc))
        assert (points >= lows - 1e-6).all()
        assert (points <= highs + 1e-6).all()
        for end in plot.values(arc[[0, -1]]):
            assert np.abs(np.concatenate([end - lows, end - highs])).min() < 1e-9


def test_what_is_enclosed_is_as_large_as_the_ellipse():
    plot = axes((-4, 6), (-3, 7))
    ((arc,),) = level_arcs(plot, BOWL, [9.0])
    b, w = plot.values(on_curves(enclosed([arc], np.empty((0, 3))), 200)).T
    found = np.array([b, w])
    assert np.ptp(found, axis=1) == pytest.approx([6.0, 3.0], rel=1e-4)
    assert enclosed([], np.empty((0, 3))).shape == (0, 3)


def test_chords_leave_their_ellipse_by_a_twentieth_of_a_pixel():
    """Of n corners on a round of r pixels they leave it by r pi^2 / (2 n^2)."""
    for height, least in ((9.0, 90), (1e-9, 90)):
        plot = axes((-2, 4), (-1, 5))
        corners = len(level_corners(plot, BOWL, height)) - 1
        radius = max(np.ptp(plot.pixels(*level_line(BOWL, height).T), axis=0)) / 2
        assert corners == pytest.approx(max(least, np.pi * np.sqrt(radius / 0.1)), abs=2)
    near = axes((0.999, 1.001), (1.999, 2.001))
    assert len(level_corners(near, BOWL, 9.0)) == 4096 + 1


@pytest.mark.parametrize("ramp", RAMPS.values(), ids=RAMPS)
def test_the_shades_stand_at_even_parts_of_the_loss_to_the_power_of_two_fifths(ramp):
    for index, color in enumerate(ramp):
        assert loss_color(ramp, (index / (len(ramp) - 1)) ** 2.5) == color
    assert loss_color(ramp, -1.0) == ramp[0]
    between = [loss_color(ramp, ((index + 0.5) / (len(ramp) - 1)) ** 2.5) for index in range(len(ramp) - 1)]
    for color, (low, high) in zip(between, itertools.pairwise(ramp), strict=True):
        channels = [[int(each[at : at + 2], 16) for at in (1, 3, 5)] for each in (low, color, high)]
        np.testing.assert_allclose(channels[1], np.mean([channels[0], channels[2]], axis=0), atol=1)


def test_a_line_is_no_louder_than_three_to_one():
    for sides in (("#101010", "#202020"), ("#1B1C3E", "#352A72")):
        color = line_color(sides, "#FFFFFF")
        assert 3.0 <= min(contrast(color, side) for side in sides) < 3.2


def test_bands_are_coloured_by_their_middle_in_parts_of_the_highest_level():
    levels, ramp = [2.0, 1.0, 4.0], RAMPS["dark"]
    assert [fill.get_stroke_width() for fill in Contours(BOWL, levels, DARK).fills] == [0, 0, 0]
    assert Contours(BOWL, levels, DARK).colors == [loss_color(ramp, share) for share in (0.125, 0.375, 0.75)]
    half = Contours(BOWL, levels, DARK, full=8.0)
    assert half.colors == [loss_color(ramp, share) for share in (0.0625, 0.1875, 0.375)]
    # what is higher counts as the band up to twice the highest level
    quiet = Contours(BOWL, levels, THEMES["light"], quiet=True, full=8.0)
    assert quiet.above.get_fill_color().to_hex() == loss_color(QUIET_RAMPS["light"], 0.75)


@pytest.mark.parametrize(
    ("level", "text"),
    [
        (0.0, "0"),
        (0.5, "0.5"),
        (0.02, "0.02"),
        (1e-4, "0.0001"),
        (1.0, "1"),
        (20.0, "20"),
        (50000.0, "50000"),
    ],
)
def test_a_round_level_is_written_as_short_as_it_can_be(level, text):
    assert shortest_level(level) == text


@pytest.mark.parametrize(("level", "text"), [(5e-5, "5×10⁻⁵"), (1e5, "1×10⁵"), (2e6, "2×10⁶")])
def test_very_small_and_very_large_levels_are_powers(level, text):
    assert shortest_level(level) == text


def test_what_is_called_beyond_has_nothing_below_its_level_under_it_nor_within_ten_pixels():
    plot, has_room = axes((-4, 6), (-3, 7)), []
    for level in np.linspace(20.0, 130.0, 23):
        label = Contours(BOWL, [level], DARK).beyond(plot, "MSE")
        has_room.append(len(label) > 0)
        for text in label:
            box = text.box().grown(10)
            x, y = np.meshgrid([box.left, box.right], [box.top, box.bottom])
            assert BOWL.loss(plot.values(sheet.at(x, y))).min() > level
    assert has_room == sorted(has_room, reverse=True)
    assert 5 < sum(has_room) < len(has_room)
