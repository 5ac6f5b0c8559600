"""The notes of every lecture can be spoken while their beats play, and leave no unmeant silence."""

from __future__ import annotations

from itertools import compress, product
from typing import Any

from data import takes_data
from pace import lengths, spoken
from rehearsals import told

from gdmath import RECORDED_RUNS, preset_names
from gdscenes.kit.lecture.beats import Clause, Said
from gdscenes.kit.lecture.settings import SettingError, with_values

ASKED = {"is_alone", "is_plain"}
"""Claims that the knobs decide and that hold by default: elsewhere beats have lengths of their own."""
LONGEST_SILENCE = 5.0  # seconds of a beat in which nothing is said


def claimed(said: Said) -> set[Any]:
    """What a part of a note asks of a story."""
    return {said.holds, *claimed(said.otherwise)} if isinstance(said, Clause) else set()


def said_where(said: Said, true: set[Any]) -> str:
    """What is said of a story of which just some claims hold."""
    if isinstance(said, Clause):
        return said.words if said.holds in true else said_where(said.otherwise, true)
    return said


def longest(lecture, name: str) -> float:
    """How long it takes to say a beat, whichever of its claims hold."""
    (beat,) = (each for each in lecture._methods.values() if each.name == name)
    claims = sorted(set().union(*map(claimed, beat.said)) - ASKED, key=str)
    stories = ({*compress(claims, holds), *ASKED} for holds in product((False, True), repeat=len(claims)))
    most = max(sum(spoken(said_where(part, true)) for part in beat.said) for true in stories)
    first, *_, last = lecture.beats
    asked, led = lecture.question * (name == first), lecture.hand_over * (name == last)
    return most + spoken(asked) + spoken(led)


def notes_on(lecture, name: str) -> dict[str, str]:
    """The notes on a preset, or on a run that comes along; none where the lecture refuses it."""
    knob = "dataset" if takes_data(lecture) else "recording"
    try:
        return lecture.notes_of(told(lecture, with_values(lecture.settings, {knob: name})))
    except SettingError:
        return {}


def test_every_note_can_be_said_in_its_beat(lecture, rehearsal):
    late = {
        name: f"{longest(lecture, name):.1f} s of words in {seconds:.1f} s"
        for name, seconds in lengths(rehearsal(lecture)).items()
        if longest(lecture, name) > seconds
    }
    assert late == {}


def test_the_notes_on_every_preset_can_be_said_in_their_beats(lecture, rehearsal):
    """Their numbers and words stand for a `{story.name}` that may be long."""
    seconds = lengths(rehearsal(lecture))
    names = preset_names() if takes_data(lecture) else RECORDED_RUNS
    notes = {name: notes_on(lecture, name) for name in names}
    assert any(notes.values())
    late = {
        (name, beat): f"{spoken(note):.1f} s of words in {seconds[beat]:.1f} s"
        for name, on_preset in notes.items()
        for beat, note in on_preset.items()
        if spoken(note) > seconds[beat]
    }
    assert late == {}


def test_no_beat_is_silent_for_long_without_a_reason(lecture, rehearsal):
    silent = {each.name for each in lecture._methods.values() if each.silence}
    mute = {
        name: f"{seconds - spoken(lecture.beats[name]):.1f} s of silence in {seconds:.1f} s"
        for name, seconds in lengths(rehearsal(lecture)).items()
        if seconds - spoken(lecture.beats[name]) > LONGEST_SILENCE
    }
    assert {name: why for name, why in mute.items() if name not in silent} == {}
    assert silent <= set(mute), "a reason for a silence that is none"
