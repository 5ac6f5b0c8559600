"""Points stand where they are, and no number covers a point or another number."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gdscenes.kit.figures.noted_points import MovingPoint, NotedPoints
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import MEDIUM, SAFE, Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import round_axis

PLOT = Plot(Box(200, 100, 1100, 1000), round_axis(-2, 4, "b"), round_axis(-1, 5, "w"), DARK)


@pytest.mark.parametrize(
    "points",
    [
        [(0.5, -0.1), (-0.1, 3.7), (2.2, 0.2), (1.0, 2.0)],
        [(1.0, 2.0), (1.1, 2.1), (1.0, 2.2), (0.9, 2.1)],
        [(-2.0, -1.0), (4.0, 5.0), (4.0, -1.0)],
    ],
    ids=["far apart", "close together", "in the corners"],
)
def test_points_stand_where_they_are_and_nothing_covers_them(points):
    noted = NotedPoints(PLOT, points, [f"{k}.25" for k in range(len(points))], DARK)
    places = [PLOT.values(dot.centers())[0] for dot in noted.dots]
    np.testing.assert_allclose(places, points, atol=1e-9)
    assert [number.em for number in noted.numbers] == pytest.approx([MEDIUM] * len(points))
    assert [number.text for number in noted.numbers] == [f"{k}.25" for k in range(len(points))]
    numbers, dots = [each.box() for each in noted.numbers], [sheet.box_of(dot.points) for dot in noted.dots]
    assert all(SAFE.contains(box) for box in numbers)
    assert all(box.overlap(other) == 0 for box, other in itertools.combinations(numbers, 2))
    assert all(box.overlap(dot) == 0 for box in numbers for dot in dots)
    for box, dot in zip(numbers, dots, strict=True):
        assert np.hypot(*np.subtract(box.center, dot.center)) < 140


def test_no_number_stands_where_a_point_goes_along():
    """A way up and to the right, where a number stands else."""
    points, way = [(0.5, 0.0), (2.5, 2.0)], np.linspace((0.5, 0.0), (2.5, 2.0), 30)
    noted = NotedPoints(PLOT, points, ["0.25", "1.25"], DARK, way=way)
    moving = MovingPoint(PLOT, way, DARK)
    for row in range(len(way)):
        dot = sheet.box_of(moving.at(row).dot.points)
        assert all(number.box().overlap(dot) == 0 for number in noted.numbers)


def test_a_moving_point_stands_at_each_row_of_its_way_and_between_two_half_way():
    point = MovingPoint(PLOT, [(0.0, 0.0), (1.0, 3.0), (2.0, 3.0)], DARK)
    for row, towards, expected in (
        (0, 0.0, (0, 0)),
        (0, 0.5, (0.5, 1.5)),
        (1, 0.0, (1, 3)),
        (2, 0.0, (2, 3)),
    ):
        place = PLOT.values(point.at(row, towards).dot.centers())[0]
        np.testing.assert_allclose(place, expected, atol=1e-9)
