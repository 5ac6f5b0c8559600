"""Watching: which beat is in work, and what an author sees of it at each save."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from gdlectures.command import watching
from gdlectures.command.watching import beats_of, in_work
from gdlectures.faults.errors import Stopped

LEANING = Path(__file__).with_name("lectures") / "leaning.py"
SOURCE = LEANING.read_text("utf-8")


def changed(old: str, new: str, source: str = SOURCE) -> str:
    assert source.count(old) == 1
    return source.replace(old, new)


def test_a_beat_is_known_by_the_code_of_its_method():
    parts = beats_of(SOURCE)
    assert list(parts) == ["drift", "wait", "jump", "blink", ""]
    assert (
        beats_of(changed("        self.wait(0.33)", "\n        # a comment\n        self.wait(0.33)"))
        == parts
    )


@pytest.mark.parametrize(
    ("old", "new", "now"),
    [
        ("self.wait(0.33)", "self.wait(0.4)", "wait"),
        ('"jump"', '"leap"', "leap"),
        ('title = "Leaning beats"', 'title = "Beats"', "drift"),
        ('"Until it has come far enough."', '"Until it has come."', "wait"),
    ],
)
def test_the_beat_in_work_is_the_one_that_was_changed(old, new, now):
    assert in_work(beats_of(SOURCE), beats_of(changed(old, new)), "drift") == now


def test_in_the_beginning_and_where_it_is_gone_the_last_beat_is_in_work():
    parts = beats_of(SOURCE)
    assert in_work({}, parts, None) == "blink"
    assert in_work(parts, parts, "gone") == "blink"
    assert in_work({}, beats_of("x = 1"), None) is None


@pytest.mark.usefixtures("draws_here")
def test_each_save_is_drawn_and_a_fault_is_told_in_a_line(main, tmp_path, monkeypatch):
    file = tmp_path / "mine.py"
    file.write_text(SOURCE)
    saves = iter(
        [
            changed("self.wait(0.2)", "self.wait("),
            changed("self.wait(0.2)", "self.wait(1 / 0)"),
            changed("self.wait(0.2)", "self.wait(0.3)"),
        ]
    )

    def save(_: float) -> None:
        text = next(saves, None)
        if text is None:
            raise Stopped(signal.SIGINT)
        file.write_text(text)

    monkeypatch.setattr(watching, "sleep", save)
    done = main("watch", file, "--beat", "jump", "--fps", "5")
    assert done.code == 0
    page, first, last = done.out.splitlines()
    assert page.startswith("build/watch.html  open this")
    for line in (first, last):
        assert re.fullmatch(r"\d\d:\d\d:\d\d  jump  0:01  drawn in [\d.]+ s  build/mine-jump.mp4", line)
    syntax, division = done.err.splitlines()
    assert syntax.startswith(f"gdlectures: {file}:")
    assert "got ZeroDivisionError: division by zero; " in division
    assert (tmp_path / "build" / "watch.js").read_text() == 'show(...["mine-jump.mp4", 2])\n'
    assert sorted(each.name for each in (tmp_path / "build").iterdir()) == [
        *(f"mine-jump.{suffix}" for suffix in ("json", "mp4", "story")),
        "watch.html",
        "watch.js",
    ]


def test_what_is_no_file_of_a_lecture_is_refused(main, tmp_path):
    for words, says in ((("nothing.py",), "watch: got nothing.py"), ((), "watch: got no file")):
        done = main("watch", *words)
        assert done.code == 2
        assert says in done.err
    assert list(tmp_path.iterdir()) == []
