"""Commands on the tiny lecture, the films they shall make, and what must hold however they ended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from command_line import COMMAND, FAULT, LECTURES, Ran, processes_in
from trials import Broken, once, wait_until

import gdlectures
from gdlectures.faults.errors import Exit
from gdlectures.films.manifest import read_manifest
from gdlectures.films.masters import MasterCache

LONGEST = 300.0
"""Seconds after which a command hangs; a busy machine takes twenty times as long as a quiet one."""
TINY = ("tiny", "--scenes", str(LECTURES), "--quality", "preview")
OLD, NEW = ("--n-steps", "1"), ("--n-steps", "20")
FORMATS = ("mp4", "gif", "png", "html", "pptx", "pdf")
_PACKAGE = Path(gdlectures.__file__).parent
_GONE_WITHIN = 10.0

Files = Mapping[str, bytes]


def start(
    folder: Path, *words: str | Path, env: Mapping[str, str] | None = None, begin: tuple[str, ...] = ()
) -> subprocess.Popen[str]:
    """Start the command in a folder of its own, with the cache beside what it makes.

    Parameters
    ----------
    folder : Path
        Its current folder; the cache is ``cache`` in it.
    *words : str or path
        What follows ``gdlectures``.
    env : mapping, optional
        Variables besides those there are.
    begin : tuple of str
        A program that starts the command instead, with its words.
    """
    return subprocess.Popen(
        [*begin, *COMMAND, *map(str, words)],
        cwd=folder,
        env=os.environ | {"XDG_CACHE_HOME": str(folder / "cache")} | dict(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="backslashreplace",
        process_group=0,
    )


def ended(process: subprocess.Popen[str], seconds: float = LONGEST) -> Ran:
    """Wait for a command; one that hangs is ended.

    Raises
    ------
    Broken
        If it hangs.
    """
    try:
        out, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise Broken(f"it hangs: no end after {seconds:g} s") from None
    return Ran(process.returncode, out, said)


def run(folder: Path, *words: str | Path, **how) -> Ran:
    """`start` and `ended`."""
    return ended(start(folder, *words, **how))


def ended_before_us(ran: Ran) -> bool:
    """Whether Ctrl-C ended Python within its own start, or as it began to import our package."""
    last = ran.err.splitlines()[-1:]
    in_its_start = ran.code == 1 and (last == ["KeyboardInterrupt"] or "Fatal Python error: init_" in ran.err)
    places = ran.err.replace(f"{_PACKAGE}/__init__.py", "")
    return (in_its_start or ran.code == -signal.SIGINT) and f"{_PACKAGE}/" not in places


def is_told(ran: Ran, *codes: int) -> None:
    """Hold a command to what it may say: a documented code, and one line for who reads it.

    Raises
    ------
    Broken
        If it said something else.
    """
    if ended_before_us(ran):
        return
    lines = ran.err.splitlines(keepends=True)
    documented = {int(each) for each in Exit} - {Exit.BUG} | {128 + signal.SIGINT, 128 + signal.SIGTERM}
    end = repr(ran.err[-300:])
    if ran.code not in (codes or documented):
        raise Broken(f"exit code {ran.code}; it said {end}")
    if strangers := [line for line in lines if not line.startswith("gdlectures: ")]:
        raise Broken(f"exit code {ran.code} and on its error stream {strangers[0]!r}")
    if 0 < ran.code < 128 and not any(map(FAULT.fullmatch, lines)):
        raise Broken(f"exit code {ran.code} and no line that says what to do: {end}")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under a folder by its name there."""
    if not folder.exists():
        return {}
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def is_old_or_new(out: Path, *versions: Files) -> None:
    """Nothing but whole files stands under the names that people look at.

    Raises
    ------
    Broken
        If one is of no version, or a manifest speaks for files that are not its own.
    """
    for name, content in contents(out).items():
        if not any(part.startswith(".") for part in Path(name).parts):
            known = [version[name] for version in versions if name in version]
            if content not in known:
                raise Broken(f"{name} is neither old nor new")
    for path in out.glob("*.json"):
        manifest = read_manifest(path)
        if manifest is not None and manifest.is_true(path):
            film, story = (path.with_name(each).read_bytes() for each in (manifest.film, manifest.story))
            together = {path.name: path.read_bytes(), manifest.film: film, manifest.story: story}
            if not any(together.items() <= version.items() for version in versions):
                raise Broken(f"{path.name} vouches for files of two versions")


def is_exactly(out: Path, version: Files) -> None:
    """The folder holds these files and nothing else.

    Raises
    ------
    Broken
        If one is missing, another, or too many.
    """
    found = contents(out)
    if wrong := sorted(name for name in found.keys() | version if found.get(name) != version.get(name)):
        raise Broken(f"{wrong[0]} is not what the command makes ({len(wrong)} such)")
    if hidden := [each.name for each in out.iterdir() if each.name.startswith(".")]:
        raise Broken(f"{hidden[0]} was left behind")


def cache_is_whole(folder: Path) -> None:
    """Every entry of a trial's cache is what it says, and the next tidying leaves nothing of dead commands.

    Raises
    ------
    Broken
        If not.
    """
    masters = MasterCache(folder / "cache" / "gdlectures")
    if not masters.root.exists():
        return
    for left in masters.root.glob(".*.storing"):
        os.utime(left, (0, 0))  # a folder as young as the command's end could be a living one's
    masters.prune()
    if hidden := [each.name for each in masters.root.iterdir() if each.name.startswith(".")]:
        raise Broken(f"{hidden[0]} was left in the cache")
    for entry in masters.entries():
        if masters.entry(entry.folder.name) is None:
            raise Broken(f"the cache has an entry that is not whole: {entry.told}")


def nobody_works_in(folder: Path) -> None:
    """No process of a command outlives it for long.

    Raises
    ------
    Broken
        If one does.
    """
    wait_until(lambda: not processes_in(folder, ""), _GONE_WITHIN, "a worker outlives its command")


@dataclass(frozen=True)
class Films:
    """The tiny lecture made twice, as it shall be, and a cache that has both drawings.

    Attributes
    ----------
    folder : Path
    old, new : mapping of str to bytes
        Files of the one and of the other film.
    """

    folder: Path
    old: Files
    new: Files

    def lay(self, folder: Path, *, film: bool = False, masters: bool = False) -> Path:
        """Begin a trial: the old film in ``out``, masters of both in the cache; the folder of films."""
        out = folder / "out"
        if film:
            out.mkdir()
            for name, content in self.old.items():
                (out / name).write_bytes(content)
        if masters:
            shutil.copytree(self.folder / "cache", folder / "cache")
        return out


@once
def films(home: Path) -> Films:
    """Made once for all trials."""
    folder = home / "films"
    folder.mkdir(parents=True)
    made = []
    for name, knobs in (("old", OLD), ("new", NEW)):
        ran = run(folder, "render", *TINY, *knobs, "--out", name)
        if (ran.code, ran.err) != (0, ""):
            raise Broken(f"without any fault: exit code {ran.code}, {ran.err}")
        made.append(contents(folder / name))
    return Films(folder, *made)


@once
def exports(home: Path) -> Files:
    """What export makes of the new film, in every format."""
    made = films(home)
    ran = run(made.folder, "export", *TINY, *NEW, "--to", ",".join(FORMATS), "--out", "exports")
    if (ran.code, ran.err) != (0, ""):
        raise Broken(f"without any fault: exit code {ran.code}, {ran.err}")
    return contents(made.folder / "exports")
