"""What the command and its workers say to each other arrives as it was said."""

from __future__ import annotations

import pytest

from gdlectures.asking.requests import Beat
from gdlectures.faults.errors import Exit
from gdlectures.films.messages import Broken, Drawn, Job, Moved, Piece, read, written

JOB = Job(
    name="tiny",
    file="/tiny.py",
    title="A tiny lecture",
    story="/a.story",
    theme="dark",
    language="en",
    width=854,
    height=480,
    fps=15,
    transparent=False,
    wanted=("first", "end"),
    beats=("end",),
    pieces="/pieces",
    media="/media",
    master="/master.mp4",
    film="/a.mp4",
)
BEAT = Beat("end", "End", "Done — «so».", 3, 0.2, 5, True, ("a", "b"), (), ("$x$",))


@pytest.mark.parametrize(
    "message",
    [
        JOB,
        Moved("end", 0.25),
        Drawn((Piece(BEAT, 3, 4), Piece(BEAT, 7, 1)), True),
        Broken("no\nfilm", Exit.SCENE, None, None, "Traceback"),
        Broken("full", Exit.ENVIRONMENT, 28, ("stage", "nothing", "a context", "install it"), ""),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_message_is_one_line_and_comes_back_equal(message):
    line = written(message)
    assert line.isascii()
    assert line.index("\n") == len(line) - 1
    found = read(line.encode())
    assert found == message
    assert type(found) is type(message)


@pytest.mark.parametrize(
    "line", [b"", b"\xff", b"a print", b"[]", b"3", b'{"is": "Gone"}', b'{"is": "Moved", "beat": "end"}']
)
def test_what_is_no_message_is_passed_over(line):
    assert read(line) is None
