"""Progress: drawn over itself on a terminal, and nowhere else."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys

from gdlectures.faults.progress import Lines, Silence, clock, watcher


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_only_a_terminal_is_drawn_on(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(watcher(Terminal()), Lines)
    for stream in (io.StringIO(), None):
        assert isinstance(watcher(stream), Silence)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(watcher(Terminal()), Silence)


def test_each_film_has_a_line_that_is_rewritten(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("gdlectures.faults.progress.time.monotonic", lambda: now[0])
    terminal = Terminal()
    lines = Lines(terminal)
    lines.started("one", 100)
    lines.started("two", 100)
    now[0] = 30.0
    terminal.seek(0)
    terminal.truncate()
    lines.moved("one", "descent", 25.0)
    assert terminal.getvalue() == "\x1b[2F\x1b[Jone   25%  descent  1:30 left\ntwo    0%  \n"
    lines.note("two: crashed")
    lines.ended("one")
    assert terminal.getvalue().endswith("\x1b[2F\x1b[Jtwo    0%  \n")


def test_a_clock_is_read_by_people():
    assert [clock(seconds) for seconds in (0, 9.6, 61, 3601)] == ["0:00", "0:10", "1:01", "60:01"]


def test_the_command_draws_on_a_terminal(lectures, tmp_path):
    ours, theirs = pty.openpty()
    words = ["render", "misbehaves", "--scenes", str(lectures), "--quality", "preview"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gdlectures", *words],
        cwd=tmp_path,
        env=os.environ | {"TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    drawn = b""
    try:
        while part := os.read(ours, 4096):
            drawn += part
    except OSError:
        pass  # Linux tells the end of a terminal so
    os.close(ours)
    out, _ = process.communicate()
    assert re.match(rb"\x1b\[Jmisbehaves    0%  \r\n", drawn)
    assert drawn.endswith(b"\x1b[1F\x1b[J")
    assert out.startswith("build/misbehaves.mp4  0:01")
