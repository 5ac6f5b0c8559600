"""What every lecture of the catalog must keep."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from claims import assert_recorded, assert_true
from data import ODD, OWN, takes_data
from rehearsals import told

import gdmath
from gdlectures.asking.descriptions import written
from gdscenes.kit.lecture.settings import Knob, SettingError, Settings, knobs
from gdscenes.kit.lecture.story import AnyStory, Story

IN_ALL_THEMES = ("RegressionFit", "LossSurface", "LearningRates")
"""Lectures that are tried on tables of lecturers in every theme."""


def other_values(knob: Knob) -> Iterator[Any]:
    """Values of a knob that are allowed by its own limits and are not its default."""
    if knob.choices:
        candidates: list[Any] = list(knob.choices)
        if knob.length is not None:
            candidates = [knob.choices[: knob.length]]
    elif knob.kind is bool:
        candidates = [True, False]
    elif knob.length is not None:
        candidates = [
            tuple(knob.kind(scale * (k + 1) ** 2) for k in range(knob.length)) for scale in (0.1, 1)
        ]
    else:
        low = 0.0 if knob.minimum is None else knob.minimum
        candidates = [knob.kind(value) for value in (low + 0.05, low + 2, low + 20)]
    for candidate in candidates:
        try:
            if knob.checked(candidate) != knob.default:
                yield candidate
        except SettingError:
            continue


@cache
def changed(lecture: Any, name: str) -> tuple[Settings, AnyStory]:
    """Default settings with one knob set to another value that the lecture accepts, and what it tells."""
    (knob,) = (each for each in knobs(type(lecture.settings)) if each.name == name)
    for value in other_values(knob):
        settings = dataclasses.replace(lecture.settings, **{name: value})
        try:
            return settings, told(lecture, settings)
        except SettingError:
            continue
    raise AssertionError(f"{name}: no other value is accepted")


SAYS_NO_NUMBER = {"seed", "first_step", "start_b", "start_w", "optimizer", "optimizers"}
"""Knobs whose none stays: no shuffling, a step for either parameter, the dataset's start, plain descent."""


def fingerprint(story: AnyStory) -> tuple[Any, ...]:
    if not isinstance(story, Story):
        return (story.digest(),)
    runs = tuple((name, run.parameters.tobytes(), run.losses.tobytes()) for name, run in story.runs.items())
    return story.dataset.digest(), runs


def test_shows_the_beats_it_declares(lecture, theme, rehearsal):
    assert list(rehearsal(lecture, theme).beat_starts) == list(lecture.beats)


def test_says_how_long_it_is(lecture, rehearsal):
    assert rehearsal(lecture).seconds == pytest.approx(lecture.seconds, abs=1)


def test_gives_each_beat_time_and_words(lecture, rehearsal):
    starts = [*rehearsal(lecture).beat_starts.values(), rehearsal(lecture).seconds]
    assert min(np.diff(starts)) > 4
    assert all(len(note) >= 20 for note in lecture.beats.values())


def test_has_one_sentence_and_a_title(lecture):
    assert lecture.title
    assert lecture.__doc__.strip().splitlines()[0].endswith(".")


def test_opens_with_a_question_and_hands_over(lecture):
    first, *_, last = lecture.notes_of(told(lecture)).values()
    assert lecture.question.endswith("?")
    assert first.startswith(f"{lecture.question} ")
    assert last.endswith(f" {lecture.hand_over}")
    assert lecture.hand_over.endswith((".", "?"))


def test_explains_and_limits_every_knob(lecture):
    for knob in knobs(type(lecture.settings)):
        assert len(knob.help) > 5
        assert knob.choices or knob.kind is bool or knob.minimum is not None
        assert knob.checked(knob.default) == knob.default


def test_every_knob_changes_the_film(lecture, rehearse, rehearsal):
    before, shown = told(lecture), rehearsal(lecture)
    for knob in knobs(type(lecture.settings)):
        _, story = changed(lecture, knob.name)
        if fingerprint(story) == fingerprint(before):
            after = rehearse(lecture, stored=story, but_for=shown.frames)
            looks_other = any((frame != shown.frames[beat]).any() for beat, frame in after.frames.items())
            assert after.beat_starts != shown.beat_starts or looks_other, knob.name


def test_every_setting_survives_the_command_line(lecture):
    for knob in knobs(type(lecture.settings)):
        value = getattr(changed(lecture, knob.name)[0], knob.name)
        assert knob.parse(written(value)) == value
        if knob.optional:
            assert knob.parse("none") is None


def test_computes_the_same_story_twice(lecture):
    first, second = (lecture.prepare(lecture.settings) for _ in range(2))
    assert fingerprint(first) == fingerprint(second)


def test_every_number_of_its_story_follows_from_the_others(lecture):
    takes = takes_data(lecture)
    for name in ("chapter-0", "chapter-0-bad", "fake-data") if takes else gdmath.RECORDED_RUNS:
        asked = {"dataset" if takes else "recording": name}
        told(lecture, dataclasses.replace(lecture.settings, **asked)).check()


def test_a_story_says_which_values_were_chosen(lecture):
    """Where none is given; asked for in these words, it is the same film."""
    takes = takes_data(lecture)
    for name in ("chapter-0-bad", "fake-data-1000") if takes else gdmath.RECORDED_RUNS:
        asked = {"dataset" if takes else "recording": name}
        story = told(lecture, dataclasses.replace(lecture.settings, **asked))
        left = {k.name for k in knobs(type(story.settings)) if getattr(story.settings, k.name) is None}
        assert left <= SAYS_NO_NUMBER
        again = lecture.prepare(story.settings)
        assert again.settings == story.settings
        assert fingerprint(again) == fingerprint(story)
    own = told(lecture).settings
    for knob in knobs(type(own)):
        given, story = changed(lecture, knob.name)
        assert getattr(story.settings, knob.name) == getattr(given, knob.name)
        assert knob.parse(written(getattr(own, knob.name))) == getattr(own, knob.name)


def test_nothing_is_wrong_with_the_layout(lecture, theme, rehearsal):
    assert {beat: faults for beat, faults in rehearsal(lecture, theme).faults.items() if faults} == {}


def test_no_page_fades_over_another_and_none_is_empty_for_long(lecture, rehearsal):
    assert rehearsal(lecture).faded == []


def test_every_figure_claims_the_truth(lecture, theme, rehearsal):
    """Marks and numbers on the screen, at the end of each beat, against loops by hand and closed forms."""
    shown = rehearsal(lecture, theme)
    for claims in shown.claims.values():
        story = shown.lecture.story
        if isinstance(story, Story):
            assert_true(claims, story.runs, story.problem_of, story.measured_by)
        else:
            assert_recorded(claims, story.recording)
    assert any(shown.claims.values())


@pytest.mark.parametrize("n_beats", [2, pytest.param(None, marks=pytest.mark.slow)], ids=["begins", "whole"])
def test_draws_a_stored_story_without_computing(lecture, n_beats, rehearse, rehearsal):
    beats = list(lecture.beats)[:n_beats]
    again = rehearse(lecture, stored=rehearsal(lecture).lecture.story, until=beats[-1])
    assert list(again.frames) == beats
    for beat, frame in again.frames.items():
        np.testing.assert_array_equal(frame, rehearsal(lecture).frames[beat], err_msg=beat)


@pytest.mark.slow
@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_teaches_on_odd_data(lecture, data, rehearse, monkeypatch):
    """Whatever its scale, and wherever it lies: nothing overlaps, leaves the page or raises."""
    if not takes_data(lecture):
        pytest.skip("tells of a recorded run")
    monkeypatch.setattr(gdmath, "preset", lambda _: data)  # what `choices` takes every dataset from
    try:
        lecture.prepare(lecture.settings)
    except SettingError as refusal:
        pytest.skip(str(refusal))
    rehearsed = rehearse(lecture)
    assert list(rehearsed.beat_starts) == list(lecture.beats)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}
    for claims in rehearsed.claims.values():
        story = rehearsed.lecture.story
        assert_true(claims, story.runs, story.problem_of, story.measured_by)


@pytest.mark.slow
@pytest.mark.parametrize("table", OWN.values(), ids=OWN)
def test_teaches_on_tables_of_lecturers(lecture, table, theme, rehearse):
    """A course of any two columns: laid out, and true in every claim."""
    if not takes_data(lecture):
        pytest.skip("tells of a recorded run")
    if theme != "dark" and lecture.__name__ not in IN_ALL_THEMES:
        pytest.skip("in the dark theme alone")
    settings = dataclasses.replace(lecture.settings, dataset=table)
    try:
        lecture.prepare(settings)
    except SettingError as refusal:
        pytest.skip(str(refusal))
    rehearsed = rehearse(lecture, theme=theme, settings=settings)
    assert list(rehearsed.beat_starts) == list(lecture.beats)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}
    for claims in rehearsed.claims.values():
        story = rehearsed.lecture.story
        assert_true(claims, story.runs, story.problem_of, story.measured_by)
