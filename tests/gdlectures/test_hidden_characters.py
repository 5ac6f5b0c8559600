"""What a lecture's words hide is shown: nothing paints a terminal or turns a line around."""

from __future__ import annotations

import dataclasses

import pytest
from tiny_material import lecture

from gdlectures.exports import captions
from gdlectures.exports.embed import KINDS, snippet
from gdlectures.exports.shipped import fill
from gdlectures.faults.errors import visible

HIDDEN = "a\x1b[31mb\u202ec\x00d"
SHOWN = r"a\x1b[31mb\u202ec\x00d"


def test_only_what_is_hidden_is_escaped():
    assert visible(HIDDEN) == SHOWN
    assert visible("1\u202f000 −\xa0ü\n名 ") == "1\u202f000 −\xa0ü\n名 "


def test_on_a_terminal(main, lectures, tmp_path):
    source = (lectures / "tiny.py").read_text()
    (tmp_path / "other.py").write_text(source.replace('"A tiny lecture"', ascii(HIDDEN)))
    for words in (("list",), ("show", "other")):
        assert SHOWN in main(*words, "--scenes", tmp_path).out


def test_in_captions():
    cues = captions.of_note(HIDDEN, 0.0, 1.0)
    assert SHOWN in captions.srt(cues)
    assert SHOWN in captions.vtt(cues)


def test_in_pages():
    page = fill("web/live.html", title=HIDDEN, question="", figure="", palette="", keeps_address=True)
    assert SHOWN in page
    assert HIDDEN not in page


@pytest.mark.parametrize("kind", KINDS)
def test_in_snippets(kind, tmp_path):
    words = {"title": HIDDEN, "note": f"one\n\n{HIDDEN}", "alt": f"one\n\n{HIDDEN}"}
    made = lecture(tmp_path, "first", "dark", title=HIDDEN)
    slides = tuple(dataclasses.replace(slide, **words) for slide in made.slides)
    made = dataclasses.replace(made, slides=slides, summary=f"one\n\n{HIDDEN}")
    for beat in (None, "beat_1"):
        text = snippet(made, kind, beat=beat)
        assert all(line.isprintable() for line in text.split("\n"))
        assert "one\n\n" not in text
