"""The harness can fail: what is broken on purpose is found, counted and told."""

from __future__ import annotations

import signal
import sys

import films as kitchen
import pytest
from films import Films
from kills import Work, at_call
from shim import shim
from trials import Broken, NotHere, Scale, Trial, rows

FILM = b"the first half, and the other"
IN_PLACE = """
import os, sys
os.makedirs("out", exist_ok=True)
with open("out/film.mp4", "wb", buffering=0) as film:
    film.write(b"the first half, ")
    film.write(b"and the other")
"""
MOVED = """
import os, sys
os.makedirs("out", exist_ok=True)
with open("out/.film", "wb", buffering=0) as film:
    film.write(b"the first half, ")
    film.write(b"and the other")
os.replace("out/.film", "out/film.mp4")
"""


def killed_at_each_call(command, tmp_path, monkeypatch):
    """The row of a command that is killed at each of its calls."""
    scale = Scale(long=True, seed=0, home=tmp_path)
    try:
        shim(tmp_path)
    except NotHere as error:
        pytest.skip(str(error))
    monkeypatch.setattr(kitchen, "COMMAND", [sys.executable, "-I", "-S", "-c", command])
    monkeypatch.setattr(kitchen, "films", lambda home: Films(home, {}, {"film.mp4": FILM}))
    work = Work("make", (), film=False, masters=False, makes="film")
    trials = [
        Trial("kills", f"call {n}", lambda folder, n=n: at_call(scale, work, signal.SIGKILL, n, folder))
        for n in range(1, 6)
    ]
    (row,) = rows("kills", trials, scale)
    return row


def test_a_film_written_in_its_place_does_not_survive(tmp_path, monkeypatch):
    row = killed_at_each_call(IN_PLACE, tmp_path, monkeypatch)
    assert (row.injected, row.broken) == (5, 2)
    assert row.words == "call 3: film.mp4 is neither old nor new"


def test_a_film_that_is_moved_there_survives(tmp_path, monkeypatch):
    row = killed_at_each_call(MOVED, tmp_path, monkeypatch)
    assert (row.injected, row.broken) == (5, 0)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("raise SystemExit(1)", "exit code 1"),
        ("raise ValueError", "exit code 1"),
        ("import sys; sys.exit('what now?')", "exit code 1"),
        ("import sys; print('what now?', file=sys.stderr); sys.exit(5)", "on its error stream"),
        ("import sys; print('gdlectures: no', file=sys.stderr); sys.exit(5)", "no line that says what to do"),
    ],
)
def test_what_tells_nobody_what_to_do_does_not_survive(tmp_path, monkeypatch, command, says):
    monkeypatch.setattr(kitchen, "COMMAND", [sys.executable, "-I", "-S", "-c", command])
    with pytest.raises(Broken, match=says):
        kitchen.is_told(kitchen.run(tmp_path))


def test_what_hangs_does_not_survive(tmp_path, monkeypatch):
    monkeypatch.setattr(kitchen, "COMMAND", ["sleep", "60"])
    with pytest.raises(Broken, match="it hangs"):
        kitchen.ended(kitchen.start(tmp_path), seconds=0.1)


def test_what_cannot_be_run_here_is_told_and_not_counted(tmp_path):
    def lacks(_):
        raise NotHere("no compiler")

    (row,) = rows("any", [Trial("kills", "one", lacks)], Scale(False, 0, tmp_path))
    assert (row.injected, row.broken, row.words) == (0, 0, "not run: no compiler")


def test_a_trial_that_fails_by_itself_is_broken(tmp_path):
    (row,) = rows("any", [Trial("kills", "one", lambda _: 1 / 0)], Scale(False, 0, tmp_path))
    assert (row.injected, row.broken) == (1, 1)
    assert row.words == "one: ZeroDivisionError: division by zero"


def test_its_parts_are_the_whole(tmp_path):
    ran = []
    trials = [Trial("kills", str(n), lambda _, n=n: ran.append(n)) for n in range(7)]
    for part in (1, 2, 3):
        for row in rows("any", trials, Scale(False, 0, tmp_path / str(part), (part, 3))):
            assert row.injected == (3, 2, 2)[part - 1]
    assert sorted(ran) == list(range(7))
