"""Every lecture in every language: no word escapes the catalogs, and its pages hold."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from data import slow_but
from drawn import on_screen

from gdlectures.asking import catalog
from gdlectures.films.page_words import plain
from gdmath.step_times import StepTimes
from gdscenes.kit.figures.code import CodeLine
from gdscenes.kit.figures.printed_table import PrintedTable
from gdscenes.kit.figures.step_bars import StepBars
from gdscenes.kit.lecture.recorded import RecordedStory
from gdscenes.kit.proof.faults import texts_on
from gdscenes.kit.type.language import ENGLISH, languages, spoken
from gdscenes.kit.type.typeset import Words

LECTURES = [catalog.load(entry) for entry in catalog.entries()]
CATALOGS = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "catalogs.py"))
NOT_WORDS = re.compile(r"(\$[^$]*\$|#\w+(?:\([^)]*\))?|\{[^}]*\})")
"""Formulas, calls and fields: what no language changes."""
NAMES = {"PyTorch", "NumPy", "torch", "autograd", "optim", "nn", "Linear"}


def shouted(message: str) -> str:
    parts = NOT_WORDS.split(message)
    return "".join(part if k % 2 else part.upper() for k, part in enumerate(parts))


@pytest.fixture(scope="module")
def shouting(tmp_path_factory):
    """A catalog in which every word is in capitals, for a language with a decimal comma."""
    folder = tmp_path_factory.mktemp("locale")
    (folder / "fr").mkdir()
    entries = [
        f"msgid {quoted(word)}\nmsgstr {quoted(shouted(word))}\n"
        for word in dict.fromkeys(word for words in CATALOGS["domains"]().values() for word in words)
    ]
    (folder / "fr" / "all.po").write_text("\n".join(entries), "utf-8")
    return folder


def measured(times: StepTimes) -> tuple[str, str, str]:
    """What the times' foot says that is no word of ours."""
    return times.processor, times.torch, spoken().date(times.measured_on)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


@pytest.mark.parametrize("shown", slow_but(LECTURES, LECTURES[0]), ids=lambda each: each.__name__)
def test_no_word_and_no_number_escapes_the_catalogs(shown, shouting, rehearse):
    class Shouted(shown):
        language = "fr"

        @classmethod
        def locale(cls):
            return shouting

    escaped: dict[str, set[str]] = {}

    def look(scene, beat):
        story = scene.story
        own = {story.recording.name, story.recording.method} if isinstance(story, RecordedStory) else set()
        printed = [part for table in on_screen(scene, PrintedTable) for part in table.head]
        own |= {part.source for part in printed if isinstance(part, Words)}
        machine = [part for bars in on_screen(scene, StepBars) for part in measured(bars.times)]
        for text in texts_on(scene):
            if isinstance(text, Words) and not isinstance(text, CodeLine) and plain(text.source) not in own:
                source = plain(text.source)
                for part in machine:
                    source = source.replace(part, "")
                words = re.findall(r"[^\W\d_]*[a-z][^\W\d_]+", NOT_WORDS.sub(" ", source))
                escaped.setdefault(beat, set()).update({*words} - NAMES, re.findall(r"\d+\.\d+", source))

    rehearse(Shouted, look=look)
    assert {beat: found for beat, found in escaped.items() if found} == {}
    for note in Shouted.beats.values():
        assert not re.search(r"[a-z]{4}", NOT_WORDS.sub("", note)), note


@pytest.mark.slow
@pytest.mark.parametrize("tag", [tag for tag in languages() if tag != ENGLISH])
def test_its_pages_hold_in_another_language(lecture, tag, rehearse):
    assert {beat: found for beat, found in rehearse(lecture.told_in(tag)).faults.items() if found} == {}
