"""What the command and its workers say to each other arrives as it was said."""

from __future__ import annotations

import pytest

from gdlectures.asking.requests import Beat
from gdlectures.faults.errors import Exit
from gdlectures.films.messages import Broken, Drawn, Job, Moved, read, written

BEAT = Beat("end", "Done — «so».", 3, 0.2, 5, True, ("a", "b"), (), ("$x$",))


@pytest.mark.parametrize(
    "message",
    [
        Job("tiny", "/tiny.py", "/a.story", "dark", 854, 480, 15, False, "/media", "/master.mp4", "/a.mp4"),
        Moved("end", 0.25),
        Drawn(22, (BEAT, BEAT)),
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
