"""A cloud is the rows of a run, at any rate; a lens shows the same rows, larger and in their places."""

from __future__ import annotations

import numpy as np
import pytest

import gdmath
from gdscenes.kit.figures.cloud import Cloud
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.map_lens import MapLens
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.runs import GOOD, LOW
from gdscenes.kit.type.notation import Notation

PROBLEM = gdmath.preset("chapter-0").problem()
WINDOW = gdmath.Window.around(PROBLEM.minimizer + np.array([[-0.2, -0.2], [0.2, 0.2]]))
BIG, GLASS, KEY = Cell(100, 100, 1100, 900), Cell(1300, 400, 1800, 900), Cell(1300, 100, 1800, 200)


def kicked(rate: float, size: int = 1, n: int = 60) -> np.ndarray:
    """Rows (b, w) of updates from the minimum, in the order of the data, by a loop."""
    rows, (x, y) = [np.array(PROBLEM.minimizer)], (PROBLEM.x, PROBLEM.y)
    for k in range(n):
        first = k * size % 80
        xs, ys = x[first : first + size], y[first : first + size]
        error = rows[-1][0] + rows[-1][1] * xs - ys
        rows.append(rows[-1] - rate * 2 * np.array([error.mean(), (error * xs).mean()]))
    return np.array(rows)


@pytest.fixture
def on() -> ContourMap:
    return ContourMap(BIG, PROBLEM, WINDOW, [0.01, 0.02, 0.04], DARK)


@pytest.mark.parametrize("row", [0, 1, 60])
def test_its_dots_are_the_rows_so_far_and_its_mark_the_last(on, row):
    cloud = Cloud(on, kicked, 0.1, LOW).at(row)
    np.testing.assert_allclose(on.plot.values(cloud.dots.centers()), kicked(0.1)[: row + 1], atol=1e-9)
    np.testing.assert_allclose(on.plot.values(cloud.head.centers()), kicked(0.1)[[row]], atol=1e-9)
    (claim,) = cloud.claims(row)
    np.testing.assert_allclose(claim.drawn, kicked(0.1)[row], atol=1e-9)


@pytest.mark.parametrize(
    ("towards", "grown", "followed"), [(0.25, 0.5, 0.0), (0.5, 1.0, 0.0), (0.75, 1.0, 0.5)]
)
def test_a_step_grows_and_then_kicks_the_mark_along(on, towards, grown, followed):
    cloud, rows = Cloud(on, kicked, 0.1, LOW).at(3, towards), kicked(0.1)
    way = rows[4] - rows[3]
    foot, tip = on.plot.values(np.array([cloud.kick.foot, cloud.kick.tip]))
    np.testing.assert_allclose([foot, tip], [rows[3], rows[3] + grown * way], atol=1e-9)
    np.testing.assert_allclose(on.plot.values(cloud.head.centers())[0], rows[3] + followed * way, atol=1e-9)


def test_at_rest_the_arrow_is_the_step_that_led_there(on):
    cloud, rows = Cloud(on, kicked, 0.1, LOW).at(4), kicked(0.1)
    drawn = on.plot.values(np.array([cloud.kick.foot, cloud.kick.tip]))
    np.testing.assert_allclose(drawn, rows[3:5], atol=1e-9)
    assert not cloud.at(0).kick.has_points()
    assert not cloud.at(60).kick.has_points(), "after the last step there is the cloud alone"


def test_at_every_rate_it_is_a_run_of_its_own_and_its_keys_are_true(on):
    cloud = Cloud(on, kicked, 0.1, LOW).at(60)
    cloud.key("one", KEY)
    cloud.distance_key(KEY, Notation(4))
    cloud.rate_key(KEY, Notation(3))
    for rate in (0.1, 0.047, 0.01):
        cloud.dial(rate=rate)
        rows = kicked(rate)
        np.testing.assert_allclose(on.plot.values(cloud.dots.centers()), rows, atol=1e-9)
        told = {claim.quantity: claim for claim in cloud.claims(60)}
        distance = np.hypot(*(rows - PROBLEM.minimizer).T).mean()
        assert abs(told["distance"].drawn - distance) <= told["distance"].within
        assert abs(told["rate of the cloud"].drawn - rate) <= told["rate of the cloud"].within


def test_it_stays_on_its_rows_when_the_map_turns_and_leaves_out_what_the_map_does_not_show(on):
    cloud = Cloud(on, kicked, 0.1, LOW).at(60)
    on.dial(window=gdmath.Window.around(kicked(0.1)[:3], room=0.2))
    rows = kicked(0.1)
    inside = np.array([on.plot.limits.contains(*row) for row in rows])
    assert 0 < inside.sum() < len(rows)
    np.testing.assert_allclose(on.plot.values(cloud.dots.centers()), rows[inside], atol=1e-9)
    assert cloud.head.has_points() == inside[-1]


@pytest.mark.parametrize("aspect", [1.0, 30.0])
def test_a_lens_magnifies_alike_in_both_directions_about_the_minimum(aspect):
    window = gdmath.Window(
        *(PROBLEM.minimizer[0] + np.array([-0.2, 0.2])),
        *(PROBLEM.minimizer[1] + aspect * np.array([-0.2, 0.2])),
    )
    on = ContourMap(BIG, PROBLEM, window, [0.01], DARK)
    points = kicked(0.1, size=16)
    lens = MapLens(on, GLASS, points)
    assert lens.times == int(lens.times) > 1
    middle = PROBLEM.minimizer
    np.testing.assert_allclose(lens.map.plot.pixels(*middle), GLASS.center, atol=1e-6)
    away = on.plot.pixels(*points.T) - on.plot.pixels(*middle)
    seen = lens.map.plot.pixels(*points.T) - lens.map.plot.pixels(*middle)
    np.testing.assert_allclose(seen, lens.times * away, atol=1e-6)
    assert (np.abs(seen) <= np.array([GLASS.width, GLASS.height]) / 2 - 10).all()
    source = sheet.box_of(lens.source.points)
    assert source.width == pytest.approx(GLASS.width / lens.times)
    assert source.height == pytest.approx(GLASS.height / lens.times)
    assert lens.says.text == f"×{lens.times:.0f}"
    inside = Cloud(lens.map, lambda rate: kicked(rate, size=16), 0.1, GOOD).at(5)
    np.testing.assert_allclose(lens.map.plot.values(inside.head.centers())[0], points[5], atol=1e-9)


def test_a_lens_over_a_single_place_is_bounded(on):
    lens = MapLens(on, GLASS, [PROBLEM.minimizer] * 3)
    assert lens.times == 100


def test_a_lens_over_a_wide_cloud_uses_the_room_that_it_has(on):
    reach = on.plot.values(sheet.at(*on.plot.pixels(*PROBLEM.minimizer) + np.array([GLASS.width / 3.4, 0])))
    lens = MapLens(on, GLASS, [PROBLEM.minimizer, reach])
    assert 1.5 <= lens.times <= 1.7
    assert lens.says.text == f"×{lens.times:.1f}"
