"""A bowl that becomes another one: every height on it is the loss of the problem that it was turned to."""

import itertools

import numpy as np
import pytest
from canvas import tiny

import gdmath
from gdscenes import feature_scaling as lecture
from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.stage.bowl import BowlStage, StageAxes
from gdscenes.kit.stage.camera import StageCamera

DATASET = gdmath.preset("chapter-0")
CUT = 3.0


def times(factor):
    return gdmath.LeastSquares(factor * DATASET.x_train, DATASET.y_train)


@pytest.mark.parametrize("factor", [1.0, 4.0, 10.0])
def test_its_surface_and_rim_are_those_of_the_problem(factor):
    bowl = BowlStage(times(1.0), CUT, DARK, StageCamera())
    problem = times(factor)
    bowl.dial(problem=problem)
    assert bowl.dials["problem"] is problem
    columns = np.stack([np.ones_like(problem.x), problem.x], axis=1)
    x, y, share = bowl.static.nodes[:, :3].T
    lines = np.stack([x, y], axis=1) / bowl.units_per_step + bowl.middle
    losses = ((lines @ columns.T - problem.y) ** 2).mean(axis=1)
    np.testing.assert_allclose(CUT * share, losses, rtol=1e-4, atol=1e-6)
    rim = bowl.static.rim.rows[:, 4:6] / bowl.units_per_step + bowl.middle
    np.testing.assert_allclose(((rim @ columns.T - problem.y) ** 2).mean(axis=1), CUT, rtol=1e-4)
    below = losses < CUT
    inner = np.abs(np.stack([x, y], axis=1)[below]) / bowl.half
    assert inner.max() < 1, "the rim is closed"
    np.testing.assert_array_equal(bowl.minimum_at, problem.minimizer)


def test_it_is_drawn_as_it_was_turned():
    with tiny(480, 270):
        camera = StageCamera()
        bowl = BowlStage(times(1.0), CUT, DARK, camera)
        pictures = []
        for factor in (1.0, 10.0, 1.0):
            bowl.dial(problem=times(factor))
            picture = bowl.picture()
            pictures.append((picture.left, picture.top, picture.pixels.copy()))
    first, narrow, again = pictures
    assert first[:2] == again[:2]
    np.testing.assert_array_equal(first[2], again[2])
    assert narrow[2].shape != first[2].shape or (narrow[2] != first[2]).any()


@pytest.mark.parametrize("theta", [-0.2, 2.9, 1.3])
def test_its_axes_point_where_its_parameters_and_its_loss_grow(theta):
    camera = StageCamera(phi=1.0, theta=theta, focal_distance=1e6)
    bowl = BowlStage(times(1.0), CUT, DARK, camera)
    axes = StageAxes(bowl, (200.0, 900.0), ("$bias$", "$weight$", "MSE"))
    b, w = bowl.middle
    fine = 1e-3
    here = bowl.on_page(b, w, 0.0)
    there = [bowl.on_page(b + fine, w, 0.0), bowl.on_page(b, w + fine, 0.0), bowl.on_page(b, w, fine)]
    lengths = []
    for arrow, name, end in zip(axes.arrows, axes.names, there, strict=True):
        foot, tip = sheet.pixels(arrow.foot), sheet.pixels(arrow.tip)
        np.testing.assert_allclose(foot, (200.0, 900.0))
        drawn, true = tip - foot, end - here
        np.testing.assert_allclose(drawn / np.hypot(*drawn), true / np.hypot(*true), atol=1e-3)
        beyond = np.array(name.box().center) - foot
        assert beyond @ drawn > drawn @ drawn, "the name is beyond the tip"
        lengths.append(np.hypot(*drawn))
    assert max(lengths) == pytest.approx(150)


@pytest.mark.parametrize("side", [0.0, np.pi])
def test_the_names_of_its_axes_stand_apart_from_both_sides_of_the_lecture(side):
    camera = StageCamera(phi=lecture.BOWL_PHI, theta=lecture.BOWL_THETA + side)
    bowl = BowlStage(times(1.0), CUT, DARK, camera)
    axes = StageAxes(bowl, lecture.BOWL_AXES, (*lecture.PRIMED, '$loss("MSE")$'))
    for one, other in itertools.combinations(axes.names, 2):
        assert not one.box().grown(12).overlap(other.box().grown(12))
    assert all(sheet.SAFE.contains(name.box()) for name in axes.names)
