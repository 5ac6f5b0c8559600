"""A step of both parameters is the step of b and the step of w, tip to tail: read back from the map."""

from __future__ import annotations

import numpy as np
import pytest
from claims import assert_true, loss_at
from data import ODD, OWN
from drawn import shown_number
from manim import VGroup

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.step_sum import StepSum
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.marks import Polyline
from gdscenes.kit.plot.runs import GOOD
from gdscenes.kit.type.notation import notation_for

DATA = {
    **{name: gdmath.preset(name) for name in ("chapter-0", "fake-data")},
    **{name: ODD[name] for name in ("millions", "falling")},
    **{name: OWN[name].dataset() for name in ("bmi", "shoes", "prices")},
}
NAMES = ("good in b", "good in w", "good")


@pytest.fixture(params=DATA)
def drawn(request):
    data = DATA[request.param]
    problem, (b, w) = data.problem(), data.start
    problems = dict(zip(NAMES, (problem.cut(BIAS, w), problem.cut(WEIGHT, b), problem), strict=True))
    rate = 0.97 * problem.max_stable_learning_rate
    runs = {
        name: gdmath.descend(each, start, rate, 1)
        for (name, each), start in zip(problems.items(), ([b], [w], data.start), strict=True)
    }
    window = gdmath.Window.around(np.vstack([runs["good"].parameters, problem.minimizer]), room=0.4)
    levels = gdmath.contour_levels(problem.minimum, 4 * float(runs["good"].losses[0]), "doubling", at_most=9)
    map_ = ContourMap(Box(150, 93, 1000, 963), problem, window, levels, DARK, start=data.start)
    runners = [Runner(name, run, GOOD, name) for name, run in runs.items()]
    notation = notation_for([float(run.losses[1]) for run in runs.values()], 5)
    return problems, runs, map_, StepSum(map_, runners[:2], runners[2], notation)


def test_each_arrow_is_the_step_of_its_parameter(drawn):
    problems, runs, map_, steps = drawn
    problem, start = problems["good"], runs["good"].parameters[0]
    whole = -runs["good"].learning_rate * problem.gradient(start)
    size = np.array([map_.plot.x.high - map_.plot.x.low, map_.plot.y.high - map_.plot.y.low])
    for index, arrow in enumerate(steps.arrows):
        foot, tip = map_.plot.values(np.stack([arrow.foot, arrow.tip]))
        np.testing.assert_allclose((foot - start) / size, 0, atol=1e-9)
        np.testing.assert_allclose((tip - start - whole * np.eye(2)[index]) / size, 0, atol=1e-9)


@pytest.mark.parametrize("tipped", [0.3, 1.0])
def test_tip_to_tail_they_end_where_the_step_of_both_does(drawn, tipped):
    _, runs, map_, steps = drawn
    steps.dial(tipped=tipped)
    start, both = runs["good"].parameters[:2]
    size = np.array([map_.plot.x.high - map_.plot.x.low, map_.plot.y.high - map_.plot.y.low])
    foot, tip, end = map_.plot.values(np.stack([steps.arrows[1].foot, steps.arrows[1].tip, steps.sum.tip]))
    np.testing.assert_allclose((foot - start - tipped * (both - start) * [1, 0]) / size, 0, atol=1e-9)
    np.testing.assert_allclose((end - both) / size, 0, atol=1e-9)
    if tipped == 1.0:
        np.testing.assert_allclose((tip - both) / size, 0, atol=1e-9)


def test_what_it_claims_is_true(drawn):
    problems, runs, _, steps = drawn
    steps.add(steps.sum, *steps.landings)
    steps.dial(tipped=1.0)
    assert assert_true(steps.claims(1), runs, problems.__getitem__) == 6


def test_each_landing_has_the_loss_there_and_a_tick_where_it_falls(drawn):
    problems, runs, map_, steps = drawn
    start = runs["good"].parameters[0]
    for landing, loss, place in zip(steps.landings, steps.losses, steps.places, strict=True):
        there = loss_at(problems["good"], place)
        assert shown_number(loss) == pytest.approx(there, rel=1e-3, abs=10 * loss.value()[1])
        assert map_.plot.box.contains(loss.box(), slack=1)
        ticks = [each for each in landing[1] if isinstance(each, Polyline)]
        falls = there < loss_at(problems["good"], start)
        assert len(ticks) == (falls and landing is not steps.landings[-1])


def test_what_is_said_stands_apart(drawn):
    *_, steps = drawn
    boxes = [digits.box() for digits in steps.losses]
    boxes.append(next(part for part in VGroup(*steps.at_start) if hasattr(part, "box")).box())
    for index, one in enumerate(boxes):
        assert not any(one.overlap(other) for other in boxes[index + 1 :])


def test_what_it_takes_holds_the_arrow_of_both(drawn):
    """Numbers of level lines are to keep off it."""
    _, runs, _, steps = drawn
    taken = [np.asarray(each) for each in steps.taken()]
    assert any(np.allclose(each, runs["good"].parameters[:2]) for each in taken)
