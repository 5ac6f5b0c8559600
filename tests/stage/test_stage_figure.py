"""The stage as a figure: its dials, what it claims, its ruler, and the plot that it is from above."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from claims import assert_true

from gdscenes.kit.lecture.clock import Clock, running, turning
from gdscenes.kit.page.sheet import SAFE
from gdscenes.kit.plot.contours import level_line
from gdscenes.kit.stage.ruler import StageRuler
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Words


def test_a_turned_dial_redraws_the_stage(scenery):
    turn = turning(scenery.stage, rise=0.5, dimmed=0.4)
    assert turn.drawn == [scenery.stage]
    turn.interpolate_mobject(1.0)
    assert (scenery.stage.rise, scenery.stage.dimmed) == (0.5, 0.4)


def test_what_stands_on_a_stage_is_turned_as_a_part_of_it(scenery):
    cut, point = scenery.stage.cuts[0], scenery.stage.add_point(1.0, 2.0)
    for part, dials in (
        (scenery.path, {"tube": 0.2, "beads": 0.0}),
        (cut, {"plane": 1.0, "at": 0.5}),
        (point, {"opacity": 0.0, "drop": 0.0}),
    ):
        turn = turning(part, **dials)
        assert turn.drawn == [scenery.stage]
        turn.interpolate_mobject(1.0)
        assert {name: part.dials[name] for name in dials} == dials


def test_a_part_of_a_copy_is_turned_as_a_part_of_the_copy(scenery):
    copy = scenery.stage.copy()
    assert all(part.mobject is copy for part in (*copy.paths, *copy.cuts))
    assert scenery.path.mobject is scenery.stage


def test_an_empty_stage_shows_nothing_but_its_plate(scenery):
    full = scenery.frame()
    scenery.stage.empty().dial(axes=0.0)
    assert (full != scenery.frame()).any()
    scenery.stage.floor = 0.0
    assert (scenery.frame() == scenery.frame()[0, 0]).all()


@pytest.mark.parametrize("row", [0, 1, 7, 100])
def test_a_ball_is_where_its_row_is(scenery, row):
    scenery.path.name = "descent"
    scenery.stage.at(row)
    claims = list(scenery.stage.claims(row))
    assert [claim.quantity for claim in claims] == ["parameters", "loss"]
    assert assert_true(claims, {"descent": scenery.run}, lambda _: scenery.problem) == 2


def test_from_above_a_ball_says_nothing_of_its_loss(scenery):
    scenery.path.name = "descent"
    scenery.look_from_above()
    scenery.stage.at(3)
    claims = list(scenery.stage.claims(3))
    assert [claim.quantity for claim in claims] == ["parameters"]
    assert_true(claims, {"descent": scenery.run}, lambda _: scenery.problem)


def test_a_ball_that_is_not_seen_claims_nothing(scenery):
    scenery.path.ball = 0.0
    assert list(scenery.stage.claims(3)) == []


def test_places_are_read_back(scenery):
    scenery.stage.rise = 0.7
    given = np.array([[1.0, 2.0, 0.5], [-1.5, 4.0, 3.0]])
    np.testing.assert_allclose(scenery.stage.values(scenery.stage.over(*given.T)), given, rtol=1e-12)
    np.testing.assert_allclose(scenery.stage.values(scenery.stage.over(1.0, 2.0, 0.5)), given[0], rtol=1e-12)


def test_a_clock_follows_the_path_on_the_page(scenery):
    stage, run = scenery.stage, scenery.run
    places = stage.on_page(*run.parameters.T)
    np.testing.assert_allclose(stage.change, np.hypot(*np.diff(places, axis=0).T))
    clock = Clock(stage)
    running(clock, to=100, seconds=2, pace="by change").interpolate_mobject(1.0)
    assert scenery.path.row == clock.row == stage.row == 100


def test_from_above_the_stage_is_a_plot_to_scale(scenery):
    scenery.look_from_above()
    stage, plot = scenery.stage, scenery.stage.plot
    corners = np.array([[-2.0, -1.0], [4.0, 5.0], [0.7, 1.1]])
    np.testing.assert_allclose(plot.pixels(*corners.T), stage.on_page(*corners.T), atol=0.01)
    np.testing.assert_allclose(stage.on_page(0.7, 1.1, 2.0), stage.on_page(0.7, 1.1), atol=0.01)
    assert plot.box.width / 6 == pytest.approx(plot.box.height / 6, rel=1e-4)


@pytest.fixture(params=["from above", "from the side"])
def ruler(request, scenery) -> StageRuler:
    if request.param == "from above":
        scenery.look_from_above()
        return StageRuler(scenery.stage)
    return StageRuler(scenery.stage, '$loss("MSE")$')


def test_every_number_stands_at_its_tick(ruler):
    numbers = [part for part in ruler if isinstance(part, Digits)]
    stage = ruler.stage
    axes = [("b", stage.b_axis), ("w", stage.w_axis), ("loss", stage.loss_axis)]
    for number in numbers:
        box = number.box()
        near = [
            axis.label(tick)
            for name, axis in axes
            for tick in axis.ticks
            for away in (0.36, 0.46)
            if np.hypot(*(ruler.place_of(name, tick, away) - box.center)) < 12
        ]
        assert number.text in near
    assert len(numbers) >= 7


@pytest.mark.parametrize("theta", [-56, 20, 75, 160])
def test_a_level_line_has_its_number_right_of_its_end_wherever_the_camera_goes(scenery, theta):
    stage, problem = scenery.stage, scenery.problem
    ruler = StageRuler(stage, "", problem, [1.0, 2.0])
    scenery.look(60, theta)
    ruler.at(0)
    for level in (1.0, 2.0):
        (number,) = (
            part
            for part in ruler
            if isinstance(part, Digits) and part.role == "ink" and part.text == f"{level:.0f}"
        )
        line = level_line(problem, level, 5000)
        seen = stage.on_page(*line.T, level)
        right = seen[seen[:, 0].argmax()]
        box = number.box()
        assert 10 < box.left - right[0] < 40
        assert abs(box.center[1] - right[1]) < 8


def test_nothing_that_a_ruler_says_covers_the_rest(ruler):
    boxes = [part.box() for part in ruler]
    assert all(SAFE.contains(box, slack=1) for box in boxes)
    assert all(box.overlap(other) == 0 for box, other in itertools.combinations(boxes, 2))


def test_a_ruler_names_b_and_w_and_where_there_is_one_the_loss(ruler):
    names = [part.source for part in ruler if isinstance(part, Words)]
    wanted = ["$bias$", "$weight$"]
    assert names == (wanted if ruler.stage.flatten else [*wanted, '$loss("MSE")$'])
