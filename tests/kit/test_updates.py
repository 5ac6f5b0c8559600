"""What an update sees, and where it lands: each arrow on its own point, each lit point one of the batch."""

from collections import Counter as Tally

import numpy as np
import pytest

import gdmath
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.figure import stand_in_a_row
from gdscenes.kit.figures.sight import Sight
from gdscenes.kit.figures.updates import Updates
from gdscenes.kit.page.cell import PAGE
from gdscenes.kit.page.sheet import SAFE
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.runs import LOW

RATE = 0.1
DATASET = gdmath.preset("chapter-0")
PROBLEM, START = DATASET.problem(), DATASET.start
BATCHES = [np.array([0]), np.array([7]), np.arange(10, 26)]
CELLS = PAGE.rows(180, 814)[1].columns(2, gap=60)


def landing(rows):
    """One update of (b, w) by hand, from the mean gradient of these points."""
    (b, w), x, y = START, PROBLEM.x[rows], PROBLEM.y[rows]
    error = b + w * x - y
    return [b - RATE * 2 * error.mean(), w - RATE * 2 * (error * x).mean()]


@pytest.fixture
def drawn():
    """A map with updates by three batches."""

    def draw(**many):
        window = gdmath.Window.around([landing(rows) for rows in BATCHES] + [START], room=0.2)
        on = ContourMap(CELLS[1], PROBLEM, window, [1, 2, 4], DARK, start=START)
        on.dial(box=CELLS[1].inset(on.insets())).settle()
        return on, Updates(on, START, [landing(rows) for rows in BATCHES], LOW, **many)

    return draw


def landings(updates):
    claims = list(updates.claims(updates.row))
    return [claim.drawn for claim in claims if claim.quantity == "landing"]


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("row", [0, 1, 3])
def test_each_update_ends_where_a_step_by_its_batch_ends(drawn, many, row):
    _, updates = drawn(many=many)
    updates.at(row)
    expected = np.reshape([landing(rows) for rows in BATCHES[:row]], (-1, 2))
    np.testing.assert_allclose(np.reshape(landings(updates), (-1, 2)), expected, atol=1e-9)


def test_of_many_only_the_newest_is_an_arrow_and_in_the_end_none(drawn):
    _, updates = drawn(many=True)
    for row, lines, arrows in ((0, 0, 0), (1, 0, 1), (2, 1, 1), (3, 3, 0)):
        updates.at(row)
        assert len(updates.lines.ends()[0]) == lines
        assert sum(arrow.has_points() for arrow in updates.arrows) == arrows


def test_on_the_way_an_arrow_has_gone_a_part_of_it(drawn):
    on, updates = drawn()
    updates.at(1, 0.25)
    tip = on.plot.values(updates.arrows[1].tip)
    np.testing.assert_allclose(tip, START + 0.25 * (landing(BATCHES[1]) - START), atol=1e-9)
    assert not updates.arrows[2].has_points()


def test_updates_stay_on_their_points_when_the_map_turns(drawn):
    on, updates = drawn()
    updates.at(3)
    on.dial(window=gdmath.Window.around([START, *map(landing, BATCHES)], room=2.0))
    np.testing.assert_allclose(landings(updates), [landing(rows) for rows in BATCHES], atol=1e-9)
    np.testing.assert_allclose(on.plot.values(updates.arrows[0].foot), START, atol=1e-9)


@pytest.mark.parametrize("fallen", [0.0, 0.3, 1.0])
def test_tips_that_fall_into_their_mean_keep_it_all_the_way(drawn, fallen):
    on, updates = drawn(many=True)
    ends = np.array([landing(rows) for rows in BATCHES])
    updates.at(3)
    updates.towards(ends.mean(axis=0)).dial(fallen=fallen)
    tips = on.plot.values(updates.tips.centers())
    np.testing.assert_allclose(tips, ends + fallen * (ends.mean(axis=0) - ends), atol=1e-9)
    np.testing.assert_allclose(tips.mean(axis=0), ends.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(landings(updates), tips, atol=1e-9)


def test_each_tip_falls_to_a_place_of_its_own_and_comes_back(drawn):
    on, updates = drawn(many=True)
    ends = np.array([landing(rows) for rows in BATCHES])
    groups = np.stack([ends[:2].mean(axis=0)] * 2 + [ends[2]])
    updates.at(3).towards(groups).dial(fallen=1.0)
    np.testing.assert_allclose(on.plot.values(updates.tips.centers()), groups, atol=1e-9)
    updates.dial(fallen=0.0)
    np.testing.assert_allclose(on.plot.values(updates.tips.centers()), ends, atol=1e-9)


def test_the_lit_points_are_those_of_the_batch_and_they_are_counted():
    sight = Sight(PAGE.rows(180, 814)[0], DataPlane(DATASET, CELLS[0], DARK, START)).through(BATCHES)
    for row, towards, seen in ((0, 0.5, 0), (1, 0.0, 0), (1, 0.5, 1), (2, 0.0, 1), (2, 0.5, 2), (3, 0.0, 2)):
        sight.at(row, towards)
        claims = list(sight.claims(row))
        points = np.array([claim.drawn for claim in claims if claim.quantity == "point"])
        batch = BATCHES[seen]
        np.testing.assert_allclose(points, np.stack([PROBLEM.x[batch], PROBLEM.y[batch]], axis=1), atol=1e-9)
        assert [claim.drawn for claim in claims if claim.quantity == "points seen"] == [len(batch)]


def test_what_is_out_stays_out_whatever_is_looked_at_and_comes_back():
    sight = Sight(PAGE.rows(180, 814)[0], DataPlane(DATASET, CELLS[0], DARK, START).dial(grown=1.0)).at(0)
    lit, count, residuals = sight.plane.lit, sight.count, sight.plane.residuals
    before = residuals.get_stroke_opacity()
    sight.dial(lit=0.0).through(BATCHES).at(1)
    drawn = list(count.family_members_with_points())
    assert {each.get_fill_opacity() for each in (lit, *drawn)} == {0.0}
    assert residuals.get_stroke_opacity() == 0.0
    sight.dial(lit=1.0)
    assert {each.get_fill_opacity() for each in (lit, *drawn)} == {1.0}
    assert residuals.get_stroke_opacity() == before


def test_before_any_batch_all_points_are_lit():
    sight = Sight(PAGE.rows(180, 814)[0], DataPlane(DATASET, CELLS[0], DARK, START)).at(0)
    assert Tally(claim.quantity for claim in sight.claims(0)) == {"point": 80, "points seen": 1}
    assert sight.count.text == "80"


@pytest.mark.parametrize("n", [9, 100_000])
def test_the_count_of_any_number_of_points_stays_over_its_plane(n):
    x = np.linspace(0, 1, n)
    data = gdmath.Dataset(
        name="n", x=x, y=x, train_indices=np.arange(n), start=np.zeros(2), learning_rate=0.1, n_steps=1
    )
    cell = PAGE.rows(180, 814)[0].columns(2, gap=60)[0]
    sight = Sight(cell, DataPlane(data, CELLS[0], DARK, [0.0, 0.0]))
    assert all(word.box().right <= cell.right + 1 for word in sight.header)


def test_figures_in_a_row_align():
    plane = DataPlane(DATASET, CELLS[0], DARK, START)
    window = gdmath.Window(-2.0, 4.0, -1.0, 5.0)
    on = ContourMap(CELLS[1], PROBLEM, window, [1, 2, 4], DARK)
    stand_in_a_row(CELLS, [plane, on])
    assert (plane.box.top, plane.box.bottom) == (on.box.top, on.box.bottom)
    assert on.plot.box == on.box
    for text in [*on.ruler[0].labels, *plane.plot.labels]:
        assert SAFE.contains(text.box(), slack=1)
