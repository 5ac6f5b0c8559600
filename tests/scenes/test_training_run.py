"""TrainingRun: runs of every kind are laid out, and what is drawn of them is theirs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from claims import assert_recorded
from data import slow_but
from recordings import RECORDED, projection, recorded
from rehearsals import rehearsal, rehearse, seen

import gdmath
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.training_run import TrainingRun

QUICK = ("whole", "noisy", "three rows")


@pytest.mark.parametrize("name", slow_but(RECORDED, *QUICK))
def test_any_run_is_told(name):
    """Few rows and many, planes that hold all or little, losses that fall by decades, climb or are none."""
    run = projection(name)
    settings = dataclasses.replace(TrainingRun.settings, recording=run)
    shown = rehearse(TrainingRun, settings=settings)
    assert list(shown.beat_starts) == list(TrainingRun.beats)
    assert {beat: faults for beat, faults in shown.faults.items() if faults} == {}
    assert sum(assert_recorded(claims, run) for claims in shown.claims.values()) > 20


def test_a_loss_below_zero_is_refused():
    run = recorded(least=-3.0)
    settings = dataclasses.replace(TrainingRun.settings, recording=gdmath.project(run, "net.trajectory"))
    with pytest.raises(
        SettingError, match=r"--run: got a loss of -\d.* in net.trajectory; allowed losses from 0"
    ):
        TrainingRun.prepare(settings)


@seen(TrainingRun, "gap")
def test_stalks_stand_between_the_plane_and_the_truth(scene):
    run, stage = scene.story.recording, scene.stage
    ends = stage.losses_at(stage.gaps.ends(stage.gaps.rows))
    np.testing.assert_allclose(ends[:, 0], run.row_losses[stage.gaps.rows], rtol=1e-9)
    np.testing.assert_allclose(ends[:, 1], run.losses[stage.gaps.rows], rtol=1e-9)
    assert len(stage.gaps.rows) > 20


@seen(TrainingRun, "descent", "gap")
def test_the_surface_holds_the_path(scene):
    """Between the nodes of the grid the drawn surface is as high as the plane's loss at each row."""
    run, stage = scene.story.recording, scene.stage
    drawn = stage.losses_at(stage.loss(run.coordinates))
    np.testing.assert_allclose(drawn, run.row_losses, rtol=0.03)


def test_of_two_parameters_no_stalk_has_a_length():
    settings = dataclasses.replace(TrainingRun.settings, recording="two-weights")
    story = TrainingRun.prepare(settings)
    assert not story.is_projected
    assert not story.recording.gaps.any()
    assert [name.strip('#;"') for name in story.axis_names] == ["bias", "weight"]


@pytest.mark.parametrize("name", gdmath.RECORDED_RUNS)
def test_the_last_page_answers_the_question_with_what_is_said(name):
    story = TrainingRun.prepare(dataclasses.replace(TrainingRun.settings, recording=name))
    assert TrainingRun.notes_of(story)["end"].startswith(" ".join(story.answer.split()))


@seen(TrainingRun, "gap")
def test_beside_the_true_losses_the_path_is_thin_and_its_shadow_stays(scene):
    path, stalks = scene.stage.path, scene.stage.gaps
    assert path.breadth < 1 == stalks.opacity
    assert path.floor == 1


def test_the_notes_tell_what_the_plane_holds():
    notes = rehearsal(TrainingRun).lecture.notes_of(rehearsal(TrainingRun).lecture.story)
    assert "stalk" in notes["gap"]
    assert notes["end"].endswith(TrainingRun.hand_over)
