"""Captions: short lines inside their beats, and files that players read."""

from __future__ import annotations

import itertools
import re
import textwrap
from datetime import timedelta

import pytest
import srt
from hypothesis import given
from hypothesis import strategies as st

from gdlectures.asking import catalog
from gdlectures.exports import captions
from gdlectures.exports.captions import LONGEST_LINE, MOST_LINES, Cue

notes = st.lists(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=60))


@given(notes.map(" ".join))
def test_lines_are_short_and_no_word_is_lost(note):
    parts = captions.split(note) if note else []
    assert all(len(part) <= MOST_LINES for part in parts)
    assert all(1 <= len(line) <= LONGEST_LINE for part in parts for line in part)
    assert "".join("".join(part) for part in parts).replace(" ", "") == note.replace(" ", "")


@given(notes.map(" ".join), st.floats(0, 100), st.floats(0.5, 60))
def test_cues_fill_their_time_and_stay_inside(note, start, length):
    cues = captions.of_note(note, start, start + length)
    assert bool(cues) == bool(note)
    for before, after in itertools.pairwise(cues):
        assert before.start < before.stop <= after.start
    if cues:
        assert cues[0].start == start
        assert cues[-1].stop <= start + length + 1e-9


@pytest.mark.parametrize("note", ["long " * 2000, "l" * 10_000], ids=["words", "one word"])
def test_a_note_without_end_is_cut_in_no_time(note, monkeypatch):
    tries = []
    wrap = textwrap.wrap
    monkeypatch.setattr(textwrap, "wrap", lambda *words, **how: tries.append(1) or wrap(*words, **how))
    assert "".join("".join(part) for part in captions.split(note)).replace(" ", "") == note.replace(" ", "")
    assert len(tries) < 20 * len(note) / LONGEST_LINE


def test_sentences_stand_alone_and_lines_are_balanced():
    note = "The loss falls fast at first, then slowly, and nothing but the same two subtractions happens."
    parts = captions.split(f"Now let it run. {note}")
    assert parts[0] == ("Now let it run.",)
    lengths = [len(line) for part in parts[1:] for line in part]
    assert max(lengths) - min(lengths) < 8


def test_every_note_of_every_lecture_can_be_read_in_time():
    for entry in catalog.entries():
        for note in catalog.load(entry).beats.values():
            for part in captions.split(note):
                assert len(part) <= MOST_LINES
                assert max(map(len, part)) <= LONGEST_LINE


CUES = [Cue(0.0, 1.25, ("a < b & c", "second line")), Cue(3599.9996, 3601.0, ("zweite — ü",))]


def test_srt_is_read_back():
    read = list(srt.parse(captions.srt(CUES)))
    assert [each.content for each in read] == ["a < b & c\nsecond line", "zweite — ü"]
    assert read[0].end == timedelta(seconds=1.25)
    assert read[1].start == timedelta(hours=1)


def test_vtt_is_escaped_and_its_times_are_right():
    text = captions.vtt(CUES)
    assert text.startswith("WEBVTT\n\n")
    assert "a &lt; b &amp; c" in text
    times = re.findall(r"(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})", text)
    assert times == [("00:00:00.000", "00:00:01.250"), ("01:00:00.000", "01:00:01.000")]


def test_a_comment_is_one_line_that_no_player_takes_for_a_cue():
    text = captions.vtt(CUES, "my.csv: a\nb --> c")
    assert text.split("\n\n")[1] == r"NOTE my.csv: a\nb → c"
