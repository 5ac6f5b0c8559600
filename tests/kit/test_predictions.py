"""Predictions rise from the axis of x, each over its own point's x, and end on the line."""

from __future__ import annotations

import numpy as np
import pytest
from data import OWN, WITH_BIAS

import gdmath
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.predictions import Predictions
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK

DATA = {name: gdmath.preset(name) for name in WITH_BIAS} | {"many": OWN["many"].dataset()}


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_each_mark_ends_where_the_line_is_at_its_x(data):
    plane = DataPlane(data, Cell(77, 600, 1822, 1037), DARK, data.start).dial(parameters=data.start)
    drawn, (b, w) = Predictions(plane), data.start
    x, y = plane.plot.values(drawn.places).T
    x_drawn = np.sort(plane.problem.x[plane.drawn])
    np.testing.assert_allclose(x, x_drawn, rtol=1e-9, atol=1e-9 * np.ptp(plane.problem.x))
    np.testing.assert_allclose(y, plane.y.low, atol=1e-9 * (plane.y.high - plane.y.low))
    x, y = plane.plot.values(drawn.dial(risen=1.0).places).T
    np.testing.assert_allclose(y, b + w * x, atol=1e-9 * (plane.y.high - plane.y.low))
    starts, ends = drawn.ways.ends()
    np.testing.assert_allclose(ends, drawn.places, atol=1e-9)
    np.testing.assert_allclose(starts[:, 0], ends[:, 0])


def test_the_left_ones_are_ahead():
    data = DATA["chapter-0"]
    plane = DataPlane(data, Cell(77, 600, 1822, 1037), DARK, data.start).dial(parameters=data.start)
    drawn = Predictions(plane).dial(risen=0.5)
    _, heights = plane.plot.values(drawn.places).T
    assert heights[0] > heights[len(heights) // 2] > heights[-1] == pytest.approx(plane.y.low)
