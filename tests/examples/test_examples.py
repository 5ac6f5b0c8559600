"""What an example promises: it is short, it looks right on any data in any theme, and it is true."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from claims import assert_true
from data import slow_but
from here import run_here
from rehearsals import Rehearsal, rehearse

import gdmath
from gdlectures.asking import catalog
from gdlectures.films.reading import read_frames
from gdscenes.kit.lecture.clock import Redraw
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import with_values
from gdscenes.kit.page.theme import THEMES
from gdscenes.kit.proof.faults import faults

EXAMPLES = Path(__file__).parents[2] / "examples"
PRESETS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]
FEWEST_CLAIMS = 6
"""At the end of a beat: of each map the start, the minimum and the point, and of each run the loss."""


def two_rates() -> type[Lecture]:
    return catalog.load(catalog.find("two-rates", EXAMPLES))


@cache
def rehearsed(preset: str, theme: str) -> Rehearsal:
    lecture = two_rates()
    return rehearse(lecture, theme=theme, settings=with_values(lecture.settings, {"dataset": preset}))


def test_a_lecture_of_ones_own_takes_less_than_forty_lines():
    assert len((EXAMPLES / "two_rates.py").read_text().splitlines()) < 40


def test_it_says_how_long_it_is():
    assert rehearsed(PRESETS[0], "dark").seconds == pytest.approx(two_rates().seconds, abs=0.5)


@pytest.mark.parametrize("theme", slow_but(THEMES, "dark", "print"))
@pytest.mark.parametrize("preset", slow_but(PRESETS, PRESETS[0]))
def test_nothing_is_wrong_with_its_layout(preset, theme):
    assert rehearsed(preset, theme).faults == {"start": [], "race": []}


@pytest.mark.parametrize("preset", slow_but(PRESETS, PRESETS[0]))
def test_nothing_is_wrong_while_it_moves(preset):
    """What fades is faint on its way, so only what is drawn from rows is looked at."""
    found, looked_at = set(), 0

    def look(scene: Lecture) -> None:
        nonlocal looked_at
        if scene.animations and all(isinstance(each, Redraw) for each in scene.animations):
            looked_at += 1
            found.update(faults(scene))

    lecture = two_rates()
    settings = with_values(lecture.settings, {"dataset": preset})
    rehearse(lecture, settings=settings, every_frame=look, frame_rate=2)
    assert found == set()
    assert looked_at > 10


@pytest.mark.parametrize("preset", slow_but(PRESETS, PRESETS[0]))
def test_what_it_shows_is_true(preset):
    shown, problem = rehearsed(preset, "dark"), gdmath.preset(preset).problem()
    runs = shown.lecture.story.runs
    counts = [assert_true(claims, runs, lambda run: problem) for claims in shown.claims.values()]
    assert len(counts) == 2
    assert min(counts) >= FEWEST_CLAIMS


@pytest.mark.parametrize("preset", PRESETS)
def test_what_it_says_is_true(preset):
    """On any preset the long steps go back and forth, and need more of them for the same."""
    lecture = two_rates()
    story = lecture.prepare(with_values(lecture.settings, {"dataset": preset}))
    once, twice = story.runs.values()
    assert twice.learning_rate == 2 * once.learning_rate

    def first_below_a_tenth(run: gdmath.Trajectory) -> int:
        return int(np.argmax(run.losses < run.losses[0] / 10))

    assert 0 < first_below_a_tenth(once) < first_below_a_tenth(twice)
    steepest = story.problem.hessian[0]
    across = np.sign(np.diff(twice.parameters @ steepest)[:10])
    assert (across[1:] == -across[:-1]).all()


def test_the_command_makes_a_film_of_it(tmp_path):
    words = ("render", "two-rates", "--scenes", EXAMPLES, "--quality", "preview", "--fps", "5")
    assert run_here(*words, "--out", "films", cwd=tmp_path, cache=tmp_path / "cache").code == 0
    n_frames = sum(1 for _ in read_frames(tmp_path / "films" / "two-rates.mp4"))
    assert n_frames == pytest.approx(5 * two_rates().seconds, abs=8)
