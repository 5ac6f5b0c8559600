"""What LossSurface draws stands where the loss and the run say."""

from __future__ import annotations

import numpy as np
import pytest
from data import slow_but
from rehearsals import seen

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.page import sheet
from gdscenes.loss_surface import LossSurface, LossSurfaceSettings

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


@pytest.fixture(scope="module")
def story():
    return LossSurface.prepare(LossSurface.settings)


def test_every_example_lies_under_the_cut_and_in_the_window(story):
    losses = story.problem.loss(story.examples)
    assert story.window.contains(story.examples).all()
    assert (losses < story.cut).all()
    assert losses[1] == pytest.approx(losses[2])
    assert losses[3] == story.problem.minimum


@pytest.mark.parametrize("dataset", slow_but(WITH_BIAS, "chapter-0", "fake-data"))
def test_ball_and_numbers_belong_to_one_row(dataset, rehearse):
    def look(lecture, beat):
        if beat != "descent":
            return
        run, stage, path = lecture.story.run, lecture.stage, lecture.path
        row = int(lecture.figures[0].text)
        assert row == run.n_steps == path.row
        b, w, loss = stage.position(path)
        assert (b, w, loss) == (*run.parameters[row], run.losses[row])
        shown = [float(figures.text) for figures in lecture.figures[1:]]
        for value, parameter, notation in zip(shown, run.parameters[row], lecture.notations, strict=False):
            assert value == pytest.approx(parameter, abs=0.501 * notation.unit)
        assert shown[2] == pytest.approx(run.losses[row], abs=0.501 * lecture.loss_notation.unit)

    rehearsed = rehearse(LossSurface, settings=LossSurfaceSettings(dataset=dataset), look=look)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


def test_every_row_of_the_path_stands_at_its_own_loss(rehearsal):
    lecture = rehearsal(LossSurface).lecture
    run, stage = lecture.story.run, lecture.stage
    path = lecture.path
    for row in (0, 1, 2, 7, 300):
        path.row = float(row)
        assert stage.position(path)[2] == run.losses[row]
    path.row = 2.5
    b, w, loss = stage.position(path)
    assert loss == lecture.story.problem.loss([b, w])
    path.row = float(run.n_steps)


@seen(LossSurface, "cuts")
def test_the_cuts_hold_the_start_and_have_the_exact_loss(lecture):
    start = lecture.story.run.parameters[0]
    for fixed, cut in zip((BIAS, WEIGHT), lecture.stage.cuts, strict=True):
        assert (cut.fixed, cut.at) == (fixed, start[fixed])
        for points, losses in lecture.stage.cut_curve(cut):
            np.testing.assert_allclose(points[:, fixed], start[fixed])
            np.testing.assert_allclose(losses, lecture.story.problem.loss(points), rtol=1e-9)


@pytest.mark.parametrize("dataset", slow_but(WITH_BIAS, "chapter-0", "fake-data"))
def test_arrows_stand_square_on_the_level_line_and_have_the_stated_length(dataset, rehearse):
    def look(lecture, beat):
        if beat != "arrows":
            return
        story, stage = lecture.story, lecture.stage
        points, gradients = story.around
        scale = lecture.arrow_scale(points, gradients)
        on_map = story.window.contains(points - scale * gradients)
        assert len(lecture.arrows) == on_map.sum() > 3
        pixels_per_unit = float(np.diff(stage.on_page([0.0, 1.0], [0.0, 0.0])[:, 0])[0])
        for arrow, point, gradient in zip(lecture.arrows, points[on_map], gradients[on_map], strict=True):
            foot, tip = sheet.pixels(np.array([arrow.foot, arrow.tip]))
            np.testing.assert_allclose(foot, stage.on_page(*point), atol=0.01)
            way = (tip - foot) * [1, -1] / pixels_per_unit
            np.testing.assert_allclose(way, -scale * gradient, rtol=1e-4, atol=1e-6)
            # along the level line the loss does not change
            beside = point + 1e-6 * np.array([-way[1], way[0]]) / np.linalg.norm(way)
            rise = story.problem.loss(beside) - story.problem.loss(point)
            assert abs(rise) < 1e-4 * 1e-6 * np.linalg.norm(gradient)

    rehearse(LossSurface, settings=LossSurfaceSettings(dataset=dataset), look=look)


def test_from_above_the_stage_is_the_plane_to_scale(rehearsal):
    stage = rehearsal(LossSurface).lecture.stage
    origin, b_unit, w_unit = stage.on_page([0, 1, 0], [0, 0, 1])
    assert b_unit[1] == pytest.approx(origin[1], abs=0.01)
    assert w_unit[0] == pytest.approx(origin[0], abs=0.01)
    assert b_unit[0] - origin[0] == pytest.approx(origin[1] - w_unit[1], rel=1e-4)
    np.testing.assert_allclose(stage.on_page(0.7, 1.1, 2.0), stage.on_page(0.7, 1.1), atol=0.01)
