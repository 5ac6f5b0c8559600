"""Progress: a line for each film as it stands, and on a terminal bars that are drawn over themselves."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import time

import pytest

from gdlectures.faults.progress import SIGN, Bars, Lines, clock, watcher

NEVER = 1e6  # seconds


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def seen(text: str) -> list[str]:
    """The rows of a picture of bars as a person reads them."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[━╸╺]", "", text)
    return [" ".join(row.split()) for row in re.split(r"[\r\n]+", plain) if row.strip()]


def test_only_a_terminal_is_drawn_on(monkeypatch):
    assert isinstance(watcher(Terminal()), Bars)
    for stream in (io.StringIO(), None):
        assert type(watcher(stream)) is Lines
    monkeypatch.setenv("TERM", "dumb")
    assert type(watcher(Terminal())) is Lines


@pytest.mark.parametrize("kind", [Lines, lambda: Bars(Terminal(), NEVER)])
def test_a_film_is_told_of_as_soon_as_it_stands(kind, tmp_path, capsys):
    film = tmp_path / "one.mp4"
    film.write_bytes(bytes(1_234_000))
    told = kind()
    told.started("one", 100)
    told.started("two", 100)
    told.stands(film, 61.0, False)
    assert capsys.readouterr().out == f"{film}  1:01  1.2 MB\n"
    told.ended("one")
    told.stands(film, 61.0, True)
    assert capsys.readouterr().out.endswith("  unchanged\n")
    told.ended("two")


def test_bars_make_room_for_the_line_of_a_film(tmp_path, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    film = tmp_path / "one.mp4"
    film.touch()
    bars = Bars(terminal, NEVER)
    bars.started("one", 100)
    bars.started("two", 100)
    terminal.seek(0)
    terminal.truncate()
    bars.stands(film, 61.0, False)
    rows = seen(terminal.getvalue())
    line = next(row for row in rows if row.startswith(str(film)))
    before = terminal.getvalue()[: terminal.getvalue().index(str(film))]
    assert before.count("\x1b[2K") >= 2  # both bars are gone
    assert [row.split()[0] for row in rows[rows.index(line) + 1 :]][:2] == ["one", "two"]
    bars.ended("one")
    bars.ended("two")


def test_each_film_has_a_bar_that_is_drawn_over_itself():
    terminal = Terminal()
    bars = Bars(terminal, NEVER)

    def drawn_by(do, *words) -> str:
        terminal.seek(0)
        terminal.truncate()
        do(*words)
        return terminal.getvalue()

    bars.started("one", 100)
    bars.started("two", 100)
    moved = drawn_by(bars.moved, "one", "descent", 25.0)
    assert seen(moved) == ["one 25% -:--:-- descent", "two 0% -:--:--"]
    assert moved.count("\x1b[1A") == 1  # over the two rows that stood there
    assert seen(drawn_by(bars.moved, "two", "end", 130.0))[1] == "two 99% -:--:-- end"
    assert seen(drawn_by(bars.note, "two: [crashed]"))[0] == "two: [crashed]"
    assert seen(drawn_by(bars.ended, "one")) == ["two 99% -:--:-- end"]
    assert drawn_by(bars.ended, "two").endswith("\x1b[2K\x1b[?25h\r")
    assert drawn_by(bars.ended, "two") == ""


def test_work_of_unknown_length_stands_as_long_as_it_is_done():
    terminal = Terminal()
    bars = Bars(terminal, pace=0.02)
    with bars.doing("one gif"):
        assert seen(terminal.getvalue())[0] == "one gif"
        while "one gif 0:01" not in seen(terminal.getvalue()):
            time.sleep(0.05)
    assert terminal.getvalue().endswith("\x1b[2K\x1b[?25h\r")


def test_off_a_terminal_a_line_tells_of_all_that_is_in_hand():
    said = io.StringIO()
    lines = Lines(said, pace=0.02)

    def next_line() -> str:
        before = said.getvalue().count("\n")
        while said.getvalue().count("\n") <= before + 1:
            time.sleep(0.01)
        return said.getvalue().splitlines()[before + 1]

    assert said.getvalue() == ""
    lines.started("one", 100)
    lines.moved("one", "descent", 25.0)
    line = next_line()
    assert re.fullmatch(re.escape(SIGN) + r"one 25 % descent after 0:\d\d", line)
    for number in range(2, 9):
        lines.started(f"film {number}", 100)
    with lines.doing("one gif"):
        assert re.search(r"^\.\.\. one 25 % .*; film 4 0 % after [\d:]+; 5 more$", next_line())
    lines.moved("one", "end", 130.0)
    for number in range(2, 9):
        lines.ended(f"film {number}")
    assert "one 99 % end" in next_line()
    lines.ended("one")
    told = said.getvalue()
    with Lines(said, NEVER).doing("what is soon done"):
        time.sleep(0.1)
    assert said.getvalue() == told


def test_films_go_on_when_the_terminal_went_away():
    terminal = Terminal()
    bars = Bars(terminal)
    bars.started("one", 100)
    terminal.close()
    bars.moved("one", "descent", 25.0)
    bars.ended("one")


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
    assert "misbehaves 0% -:--:--" in seen(drawn.decode())
    assert b"\x1b[?25h" in drawn[-40:]
    assert out.startswith("build/misbehaves.mp4  0:01")
