"""What LossSurface tells is true: of its examples, its cuts, and on every preset."""

from __future__ import annotations

import numpy as np
import pytest
from claims import assert_true, loss_at
from data import slow_but
from rehearsals import seen

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.stage.ways import cut_curve
from gdscenes.loss_surface import LossSurface, LossSurfaceSettings

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


@pytest.fixture(params=WITH_BIAS)
def story(request):
    return LossSurface.prepare(LossSurfaceSettings(dataset=request.param))


def test_every_example_lies_under_the_cut_and_in_the_window(story):
    losses = [loss_at(story.problem, line) for line in story.examples]
    assert story.window.contains(story.examples).all()
    assert max(losses) < story.ceiling
    assert losses[0] == pytest.approx(story.start_loss)


def test_two_lines_are_equally_wrong_and_none_is_better_than_the_best(story):
    _, one, other, best = (loss_at(story.problem, line) for line in story.examples)
    assert one == pytest.approx(other)
    assert best <= one
    assert best == pytest.approx(story.problem.minimum)


def test_a_picture_of_a_cut_holds_its_start_and_most_of_a_needle(story):
    for moving, cut in zip((BIAS, WEIGHT), story.cuts, strict=True):
        low, high = story.ends(moving)
        assert story.window.low[moving] <= low < high <= story.window.high[moving]
        assert low <= story.start[moving] <= high
        seen = np.linspace(low, high, 1001)
        assert (cut.loss(seen[:, None]) < story.ceiling).mean() > 0.25
        here = cut.loss(story.start[moving : moving + 1])
        assert here == pytest.approx(story.start_loss)


@seen(LossSurface, "cuts")
def test_the_cuts_hold_the_start_and_have_the_exact_loss(lecture):
    story, stage = lecture.story, lecture.stage
    for fixed, cut in zip((BIAS, WEIGHT), stage.cuts, strict=True):
        assert (cut.fixed, cut.at) == (fixed, story.start[fixed])
        for points, losses in cut_curve(cut):
            np.testing.assert_allclose(points[:, fixed], story.start[fixed])
            np.testing.assert_allclose(losses, story.problem.loss(points), rtol=1e-9)


@seen(LossSurface, "cuts")
def test_the_surface_steps_back_beside_its_cuts(lecture):
    assert lecture.stage.dimmed > 0


@seen(LossSurface, "descent", "top")
def test_the_surface_is_whole_again_and_the_path_has_come_to_its_end(lecture):
    assert lecture.stage.dimmed == 0
    assert [path.row for path in lecture.stage.paths] == [lecture.story.run.n_steps]


@pytest.mark.parametrize("dataset", slow_but(WITH_BIAS, "fake-data"))
def test_ball_numbers_and_arrows_are_true_on_every_preset(dataset, rehearse):
    rehearsed = rehearse(LossSurface, settings=LossSurfaceSettings(dataset=dataset))
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}
    story, claims = rehearsed.lecture.story, rehearsed.claims
    told = {beat: {claim.quantity for claim in claims[beat]} for beat in claims}
    assert told["descent"] >= {"step", "parameters", "bias", "weight", "loss"}
    assert told["arrows"] >= {"start", "gradient"}
    for beat in claims:
        assert_true(claims[beat], story.runs, story.problem_of)
