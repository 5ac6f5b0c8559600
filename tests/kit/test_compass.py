"""The compass: the slope of the loss in each direction, read back from its strip and from its arrow."""

from __future__ import annotations

import numpy as np
import pytest
from claims import assert_true
from drawn import assert_shows, loss_at

from gdmath import LeastSquares, Window
from gdscenes.kit.figures.compass import WHOLE, Compass
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.type.notation import Notation
from gdscenes.kit.type.typeset import Words

MAP, STRIP = Box(140, 138, 640, 938), Box(820, 430, 1670, 938)
PROBLEM = LeastSquares([0.1, 0.4, 0.6, 0.9], [1.2, 1.9, 2.1, 3.0])
START = np.array([0.5, -0.1])
UNITS = {"alike": np.ones(2), "of their own": np.array([0.1, 1.0])}


@pytest.fixture(params=UNITS)
def compass(request):
    units = UNITS[request.param]
    window = Window.around([START - 4 * units, START + 4 * units])
    a_map = ContourMap(MAP, PROBLEM, window, [1.0, 2.0, 5.0], DARK, start=START, quiet=False, units=units)
    return Compass(a_map, STRIP, Notation(3))


def change_along(way):
    """The slope of the loss along a way, from the loss alone: of a parabola the chord both ways is exact."""
    return (loss_at(PROBLEM, START + way) - loss_at(PROBLEM, START - way)) / 2


def pointed(compass):
    """The way of length 1 on the map in which the arrow points, read back from the page."""
    plot = compass.map.plot
    foot, tip = plot.values(np.stack([compass.arrow.foot, compass.arrow.tip]))
    np.testing.assert_allclose(foot, START, atol=1e-9)
    return (tip - foot) / np.linalg.norm((tip - foot) / compass.units)


@pytest.mark.parametrize("angle", [0.0, 37.0, 90.0, 200.0, 359.0, 400.0])
def test_the_strip_says_the_slope_along_the_arrow(compass, angle):
    compass.dial(angle=angle)
    at, slope = compass.plot.values(compass.here.centers()[0])
    assert at == pytest.approx(angle % 360)
    assert slope == pytest.approx(float(change_along(pointed(compass))), rel=1e-6, abs=1e-9)
    assert_shows(compass.slope_text, slope)
    if angle:
        drawn = compass.plot.values(compass.curve.points[3::4])
        assert drawn[-1, 0] == pytest.approx(min(angle, WHOLE), abs=1e-6)


def test_the_arrow_keeps_its_length_on_the_page_and_its_angle(compass):
    for angle in np.linspace(0, 360, 9):
        way = compass.dial(angle=angle).arrow.tip - compass.arrow.foot
        assert np.hypot(*way[:2]) * 135 == pytest.approx(compass.reach)
        assert np.cos(np.arctan2(way[1], way[0]) - np.radians(angle)) == pytest.approx(1)


def test_it_is_level_along_the_level_line_and_lowest_square_to_it(compass):
    compass.dial(angle=WHOLE)
    drawn = compass.plot.values(compass.curve.points[0::4])
    steepest, lowest = compass.plot.values(compass.lowest.centers()[0])
    assert lowest <= drawn[:, 1].min() + 1e-9
    assert abs(drawn[np.argmin(drawn[:, 1]), 0] - steepest) <= 1
    for angle, slope in compass.plot.values(compass.level_points.centers()):
        assert slope == pytest.approx(0, abs=1e-9 * abs(lowest))
        assert abs(angle - steepest) % 180 == pytest.approx(90)
        way = pointed(compass.dial(angle=angle))
        assert abs(change_along(way)) < 1e-6 * abs(lowest)


def test_its_slopes_along_the_axes_are_the_gradient(compass):
    slopes = [compass.plot.values(dots.centers()[0])[1] for dots in compass.along_axes]
    np.testing.assert_allclose(slopes, [change_along(unit) for unit in np.diag(compass.units)], rtol=1e-9)
    for angle, slope in zip((0.0, 90.0), slopes, strict=True):
        assert_shows(compass.number(angle), slope)


def test_what_it_claims_is_true(compass):
    class Run:
        parameters, learning_rate, n_steps, method = np.array([START]), 0.1, 0, ""
        losses = np.array([loss_at(PROBLEM, START)])
        batch_size = None

        def __hash__(self):
            return 0

    compass.dial(angle=WHOLE).add(compass.level_points, compass.lowest)
    compass.dial(angle=WHOLE + compass.steepest)
    alike = (compass.units == 1).all()
    claims = list(compass.claims(0))
    assert len(claims) == (4 if alike else 1)
    assert assert_true(claims, {"": Run()}, lambda _: PROBLEM) == len(claims)
    compass.lowest.shift(0.02)
    compass.curve.shift([0, 0.02, 0])
    for claim in claims[:1] + [each for each in claims if each.quantity == "lowest angle"]:
        moved = next(each for each in compass.claims(0) if each.quantity == claim.quantity)
        with pytest.raises(AssertionError):
            assert_true([moved], {"": Run()}, lambda _: PROBLEM)


def test_what_is_said_of_its_points_keeps_apart(compass):
    compass.dial(angle=WHOLE)
    texts = [compass.number(angle) for angle in (compass.steepest, 0.0, 90.0)]
    compass.label(texts[:1], [compass.steepest], ("below",))
    compass.label(texts[1:], [0.0, 90.0], ("lower right", "right"))
    words = Words("level line", 40, DARK)
    compass.label([words], [float(compass.level_angles[1])], ("upper left",))
    boxes = [text.box() for text in (*texts, words)]
    assert not any(a.overlap(b) for i, a in enumerate(boxes) for b in boxes[:i])
