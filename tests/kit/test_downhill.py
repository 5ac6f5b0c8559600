"""Downhill arrows stand square on their level line, are as long as they say, and stay where they are seen."""

from __future__ import annotations

import numpy as np
import pytest
from claims import assert_true, loss_at
from data import ODD

import gdmath
from gdscenes.kit.figures.downhill import Downhill
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import axis_units, equal_axes
from gdscenes.kit.plot.labels import Ink

DATA = [gdmath.preset("chapter-0"), gdmath.preset("fake-data"), ODD["millions"], ODD["falling"]]


@pytest.fixture(params=DATA, ids=lambda data: data.name)
def drawn(request) -> tuple[Downhill, gdmath.Dataset]:
    data = request.param
    problem, box = data.problem(), Box(200, 100, 1100, 1000)
    window = gdmath.window_around(problem, data.start)
    b, w = zip(window.low, window.high, strict=True)
    units = axis_units(b, w)
    plot = Plot(box, *equal_axes(box, b, w, units=units), DARK, grid=False)
    return Downhill(plot, problem, data.start, DARK, units=units, run="descent", loss_text="2.74"), data


def ends(arrow, plot) -> np.ndarray:
    """Foot and tip (2, 2) of an arrow, in the axes."""
    return plot.values(np.stack([arrow.foot, arrow.tip]))


def test_every_arrow_is_minus_the_gradient_to_the_stated_scale(drawn):
    downhill, data = drawn
    x, y = data.x_train, data.y_train
    assert len(downhill.arrows) > 3
    for arrow in downhill.arrows:
        foot, tip = ends(arrow, downhill.plot)
        error = foot[0] + foot[1] * x - y
        share = 2.0 if data.reduction == "sum" else 2.0 / len(x)
        gradient = share * np.array([error.sum(), (error * x).sum()])
        expected = -downhill.times * downhill.units**2 * gradient
        np.testing.assert_allclose((tip - foot) / downhill.units, expected / downhill.units, rtol=1e-6)


def test_every_arrow_begins_on_the_level_line_and_is_square_on_it(drawn):
    downhill, data = drawn
    problem, plot = data.problem(), downhill.plot
    level = loss_at(problem, data.start)
    corners = plot.values(downhill.level.points[0::4])
    np.testing.assert_allclose([loss_at(problem, corner) for corner in corners], level, rtol=1e-3)
    for arrow in downhill.arrows:
        foot, tip = ends(arrow, plot)
        assert loss_at(problem, foot) == pytest.approx(level, rel=1e-6)
        way = (arrow.tip - arrow.foot)[:2]
        beside = arrow.foot + 1e-4 * np.array([-way[1], way[0], 0.0])
        along = loss_at(problem, plot.values(beside)) - loss_at(problem, foot)
        down = loss_at(problem, foot + 1e-4 * (tip - foot)) - loss_at(problem, foot)
        assert down < 0
        assert abs(along) < 2e-3 * abs(down)


def test_the_first_arrow_begins_at_the_start_and_none_leaves_the_axes(drawn):
    downhill, data = drawn
    assert_true(downhill.claims(0), {"descent": run_of(data)}, lambda _: data.problem())
    assert all(downhill.window.contains(ends(arrow, downhill.plot)).all() for arrow in downhill.arrows)


def test_the_line_through_the_start_has_its_loss_beside_the_start(drawn):
    downhill, _ = drawn
    plate, named = downhill.of_start
    box, (x, y) = sheet.box_of(plate.points), sheet.pixels(downhill.arrows[0].foot)
    assert named.number.text == "2.74"
    assert downhill.plot.box.contains(box)
    assert np.hypot(max(box.left - x, x - box.right, 0), max(box.top - y, y - box.bottom, 0)) < 100
    ink = Ink().add(*downhill.arrows, downhill.to_minimum)
    assert ink.under(np.array([[box.left, box.top, box.right, box.bottom]])) == 0


def test_the_scale_is_round_and_said(drawn):
    downhill, _ = drawn
    digit = round(downhill.times / 10.0 ** np.floor(np.log10(downhill.times) + 1e-9))
    assert digit in (1, 2, 5)
    if (downhill.units == 1).all():
        assert downhill.times <= 1
    else:
        assert "axis units" in downhill.formula("MSE")


def test_where_a_rate_can_be_seen_the_first_arrow_is_the_first_step():
    data = gdmath.preset("chapter-0")
    box = Box(200, 100, 1100, 1000)
    plot = Plot(box, *equal_axes(box, (-2.0, 4.0), (-1.0, 5.0)), DARK, grid=False)
    downhill = Downhill(plot, data.problem(), data.start, DARK, rate=0.1)
    assert downhill.formula("MSE").endswith("times 0.1$")
    rows = gdmath.descend(data.problem(), data.start, 0.1, 1).parameters
    np.testing.assert_allclose(ends(downhill.arrows[0], plot), rows, rtol=1e-9)
    hidden = Downhill(plot, data.problem(), data.start, DARK, rate=1e-6)
    assert hidden.times > 0.01


def test_no_arrow_crosses_the_valley(drawn):
    downhill, data = drawn
    x, y = data.x_train, data.y_train
    for arrow in downhill.arrows:
        foot, tip = ends(arrow, downhill.plot)
        error = tip[0] + tip[1] * x - y
        assert (tip - foot) @ np.array([error.sum(), (error * x).sum()]) < 0


def test_a_dashed_line_goes_to_the_minimum_and_the_angle_is_written(drawn):
    downhill, data = drawn
    b, w = np.linalg.lstsq(np.stack([np.ones_like(data.x_train), data.x_train], axis=1), data.y_train)[0]
    from_start, to_minimum = (downhill.plot.at(*place) for place in (data.start, (b, w)))
    np.testing.assert_allclose(downhill.to_minimum.ends()[0][0], from_start, atol=1e-4)
    np.testing.assert_allclose(downhill.to_minimum.ends()[1][-1], to_minimum, atol=1e-4)
    one, other = downhill.arrows[0].tip - from_start, to_minimum - from_start
    angle = np.degrees(np.arccos(one @ other / np.linalg.norm(one) / np.linalg.norm(other)))
    words = downhill.angle[1][1]
    assert words.source == f"${angle:.0f} degree$"


def run_of(data: gdmath.Dataset) -> gdmath.Trajectory:
    rate = data.learning_rate or data.learning_rates[0]
    return gdmath.descend(data.problem(), data.start, rate, 1)


def test_the_first_arrow_stands_out_and_its_right_angle_can_go(drawn):
    """Where the angle to the minimum comes, a second one would hide it."""
    downhill, _ = drawn
    first, *others = (arrow.width_pixels for arrow in downhill.arrows)
    assert first > 1.5 * max(others)
    family = downhill.get_family()
    assert downhill.marks[0][0] in family
    assert downhill.corner is downhill.marks[0][1]
    assert downhill.corner not in family
