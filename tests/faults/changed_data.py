"""A lecture's data change, however it holds them: the film is drawn anew, as if it had never been there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import films as kitchen
from trials import Broken, Scale, Trial

_LECTURE = Path(__file__).with_name("lectures") / "holds.py"
WAYS = (
    "an array",
    "a memory map",
    "a masked array",
    "a dataclass with slots",
    "array.array",
    "bytes",
    "a bound method",
    "a file read in an updater",
    "a torch tensor",
    "an argument of a function",
    "a database",
    "a pickle",
    "JSON in a frozen dataclass",
)
_TABLE = "x,y\n1,2.0\n2,3.5\n3,4.1\n4,6.2\n"


def changed_data(scale: Scale) -> Iterator[Trial]:
    for way in scale.some(WAYS, 4):
        yield Trial("data that a lecture holds", way, partial(_held, way, scale.chance(way).random() < 0.5))
    yield Trial("a table under its old name, size and time", "--data", _table)


def _film(folder: Path, out: str, *words: str) -> bytes:
    ran = kitchen.run(folder, "render", *words, "--quality", "preview", "--jobs", "1", "--out", out)
    if (ran.code, ran.err) != (0, ""):
        raise Broken(f"without any fault: exit code {ran.code}, {ran.err[-200:]!r}")
    (film,) = (folder / out).glob("*.mp4")
    return film.read_bytes()


def _draws_anew(folder: Path, file: Path, content: str, *words: str) -> None:
    """What is drawn once a file is another, of the same size and time, is what a new machine would draw."""
    status = file.stat()
    before = _film(folder, "out", *words)
    file.write_text(content)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = _film(folder, "out", *words)
    shutil.rmtree(folder / "cache")
    if after == before:
        raise Broken("the old film was given again")
    if after != _film(folder, "fresh", *words):
        raise Broken("the film is not that of the new data")


def _held(way: str, early: bool, folder: Path) -> None:
    shutil.copy(_LECTURE, folder)
    held = folder / "held"
    held.write_text("1.00")
    _draws_anew(folder, held, "2.00", "holds", "--scenes", ".", "--way", way, "--early", str(early).lower())


def _table(folder: Path) -> None:
    table = folder / "my.csv"
    table.write_text(_TABLE)
    new = _TABLE.replace("6.2", "2.2")
    _draws_anew(folder, table, new, "regression-fit", "--beat", "data", "--data", "my.csv")
