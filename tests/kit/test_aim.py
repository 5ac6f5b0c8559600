"""What a step aims at: arrow, way, arc and degrees, read back from the page, also while the map turns."""

import numpy as np
import pytest
from claims import assert_true, loss_at
from data import ODD

import gdmath
from gdscenes.kit.figures.aim import Aim
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK

BOX = Box(200, 100, 1000, 900)
DATA = {name: gdmath.preset(name) for name in ("chapter-0", "chapter-0-bad", "fake-data")} | {
    name: ODD[name] for name in ("falling", "far from zero", "three points")
}


class Run:
    """As much of a run as a claim about its start needs."""

    n_steps, batch_size, method = 0, None, ""

    def __init__(self, problem, start):
        self.parameters, self.learning_rate = np.array([start]), 0.0
        self.losses = np.array([loss_at(problem, np.asarray(start))])


def aim_of(dataset):
    problem = dataset.problem()
    window = gdmath.Window.around(np.stack([dataset.start, problem.minimizer]), room=1.0).of_aspect(1)
    return Aim(ContourMap(BOX, problem, window, [1.0], DARK, start=dataset.start))


def drawn_angle(aim):
    """Between the arrow and the dashed line on the page, degrees."""
    step = aim.arrow.tip - aim.arrow.foot
    starts, ends = aim.way.ends()
    home = ends[-1] - starts[0]
    cosine = step @ home / np.linalg.norm(step) / np.linalg.norm(home)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def at_edge(aim, end):
    """Whether a point of the scene lies on the frame of the map."""
    x, y = aim.map.plot.values(end)
    limits = aim.map.plot.limits
    edges = np.abs([x - limits.x_low, x - limits.x_high, y - limits.y_low, y - limits.y_high])
    return edges.min() < 1e-9


def true_angle(problem, start):
    columns = np.stack([np.ones_like(problem.x), problem.x], axis=1)
    down, home = -columns.T @ (columns @ start - problem.y), problem.minimizer - start
    cosine = down @ home / np.linalg.norm(down) / np.linalg.norm(home)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


@pytest.mark.parametrize("dataset", DATA.values(), ids=DATA)
def test_the_angle_on_the_page_is_that_of_the_bowl_however_it_turns(dataset):
    aim, scaler = aim_of(dataset), gdmath.Standardizer.fit(dataset.x_train)
    for share in (0.0, 0.3, 0.5, 0.8, 1.0):
        x = scaler.partway(share).transform(dataset.x_train)
        problem = gdmath.LeastSquares(x, dataset.y_train, reduction=dataset.reduction)
        window = gdmath.Window.around(np.stack([dataset.start, problem.minimizer]), room=1.0).of_aspect(1)
        aim.map.dial(problem=problem, window=window)
        assert drawn_angle(aim) == pytest.approx(true_angle(problem, dataset.start), abs=1e-3)
        claims = list(aim.claims(0))
        assert len(claims) >= 3
        assert aim.degrees.value()[0] == pytest.approx(true_angle(problem, dataset.start), abs=0.0501)
        if not at_edge(aim, aim.arrow.tip):
            long = np.linalg.norm(aim.arrow.tip - aim.arrow.foot) * sheet.PIXELS_PER_UNIT
            assert long == pytest.approx(170), "however far the step is"
        run = Run(problem, dataset.start)
        assert assert_true(claims, {"": run}, lambda _, problem=problem: problem) == len(claims)
        arc = aim.arc.points[0::4]
        spokes = arc - aim.arrow.foot
        np.testing.assert_allclose(np.hypot(*spokes[:, :2].T), np.hypot(*spokes[0, :2]), rtol=1e-9)


def test_on_the_circle_every_step_ends_on_the_minimum():
    dataset = DATA["chapter-0"]
    z = gdmath.Standardizer.fit(dataset.x_train).transform(dataset.x_train)
    aim = aim_of(dataset)
    problem = gdmath.LeastSquares(z, dataset.y_train)
    window = gdmath.window_below(problem, 2 * loss_at(problem, dataset.start)).of_aspect(1)
    aim.map.dial(problem=problem, window=window)
    assert not aim.fan.has_points()
    aim.dial(others=1.0)
    tips = aim.map.plot.values(aim.fan.corners().reshape(-1, 7, 3)[:, 3])
    assert len(tips) == 11
    np.testing.assert_allclose(tips, np.broadcast_to(problem.minimizer, tips.shape), atol=1e-9)
    feet = aim.map.plot.values(aim.fan.corners().reshape(-1, 7, 3)[:, [0, 6]].mean(axis=1))
    losses = [loss_at(problem, foot) for foot in feet]
    np.testing.assert_allclose(losses, loss_at(problem, dataset.start), rtol=1e-9)


def test_a_way_that_leaves_the_map_ends_on_its_edge_and_claims_nothing_of_its_end():
    aim = aim_of(DATA["chapter-0"])
    start = aim.start
    aim.map.dial(window=gdmath.Window.around(np.stack([start, start + 0.01]), room=1.0).of_aspect(1))
    assert at_edge(aim, aim.way.ends()[1][-1])
    assert "minimizer" not in [claim.quantity for claim in aim.claims(0)]


def test_the_angle_says_that_it_is_that_of_the_start_and_is_silent_where_there_is_none():
    aim = aim_of(DATA["chapter-0"])
    word, left = aim.here.box(), aim.degrees.box().left
    assert 0 < left - word.right < 20, "one phrase"
    assert aim.here.get_fill_opacity() == 1
    still = np.full_like(aim.map.problem.x, 0.5) * (aim.start[1] * aim.map.problem.x + aim.start[0]) * 2
    aim.map.dial(problem=gdmath.LeastSquares(aim.map.problem.x, still))
    assert (aim.degrees.text, aim.here.get_fill_opacity()) == ("", 0)


@pytest.mark.parametrize("dataset", DATA.values(), ids=DATA)
def test_the_angle_stands_clear_of_the_ring_of_the_start_wherever_the_step_points(dataset):
    aim, scaler = aim_of(dataset), gdmath.Standardizer.fit(dataset.x_train)
    for share in np.linspace(0.0, 1.0, 11):
        x = scaler.partway(share).transform(dataset.x_train)
        problem = gdmath.LeastSquares(x, dataset.y_train, reduction=dataset.reduction)
        window = gdmath.Window.around(np.stack([dataset.start, problem.minimizer]), room=1.0).of_aspect(1)
        aim.map.dial(problem=problem, window=window)
        ring = sheet.box_of(aim.map.ring.points)
        assert [word.box().overlap(ring) for word in (aim.here, aim.degrees)] == [0, 0], share
