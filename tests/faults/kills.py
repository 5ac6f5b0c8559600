"""Signals at any moment: what is published is old or new, nobody works on, the same command then mends it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import films as kitchen
from dask_cluster import DaskCluster
from films import FORMATS, NEW, TINY
from shim import calls, counting, hitting
from trials import Broken, NotHere, Scale, Trial, not_run, once, wait_until

from gdlectures.films.manifest import read_manifest

ENDS = {
    signal.SIGKILL: (-9,),
    signal.SIGHUP: (-1,),
    signal.SIGTERM: (143, -15),  # the second before Python has got so far as to listen
    signal.SIGINT: (130, -2),
}
HOW_OFTEN = {
    signal.SIGKILL: (200, 8),
    signal.SIGTERM: (50, 3),
    signal.SIGINT: (50, 3),
    signal.SIGHUP: (20, 2),
}
"""Times in the long form and in the short one."""


@dataclass(frozen=True)
class Work:
    """A command that is killed, in a state that it finds.

    Attributes
    ----------
    name : str
    words : tuple of str
    film, masters : bool
        Whether the older film is published, and the cache has both drawings.
    makes : str
        ``"film"``, ``"exports"`` or ``"nothing"``.
    env : tuple of (str, str)
    """

    name: str
    words: tuple[str, ...]
    film: bool
    masters: bool
    makes: str
    env: tuple[tuple[str, str], ...] = ()

    def lay(self, scale: Scale, folder: Path) -> Path:
        return kitchen.films(scale.home).lay(folder, film=self.film, masters=self.masters)

    def made(self, scale: Scale) -> kitchen.Files:
        made = {"film": lambda: kitchen.films(scale.home).new, "exports": lambda: kitchen.exports(scale.home)}
        return made.get(self.makes, lambda: kitchen.films(scale.home).old)()


_JOB = ("--jobs", "1", "--out", "out")
RENDERS = (
    Work("render, nothing there", ("render", *TINY, *NEW, *_JOB), False, False, "film"),
    Work("render, an older film there", ("render", *TINY, *NEW, *_JOB), True, False, "film"),
    Work("render, drawn before", ("render", *TINY, *NEW, *_JOB), True, True, "film"),
    Work(
        "render, nothing compiled",
        ("render", *TINY, *NEW, *_JOB),
        True,
        True,
        "film",
        (("PYTHONPYCACHEPREFIX", "compiled"),),
    ),
)
EXPORT = Work("export", ("export", *TINY, *NEW, *_JOB, "--to", ",".join(FORMATS)), False, True, "exports")
CACHE = (
    Work("cache --limit", ("cache", "--limit", "100KB"), True, True, "nothing"),
    Work("cache --clear", ("cache", "--clear"), True, True, "nothing"),
)


def survives(work: Work, scale: Scale, folder: Path) -> None:
    """What must hold after a command was ended, and that the same one then does its work."""
    out = folder / "out"
    kitchen.nobody_works_in(folder)
    made = work.made(scale)
    kitchen.is_old_or_new(out, kitchen.films(scale.home).old if work.film else {}, made)
    again = kitchen.run(folder, *work.words)
    if (again.code, again.err) != (0, ""):
        raise Broken(f"the next command ends in {again.code}: {again.err[-200:]!r}")
    kitchen.is_exactly(out, made)
    kitchen.cache_is_whole(folder)


@once
def _seconds(scale: Scale, work: Work) -> float:
    """How long the command takes that nobody ends."""
    folder = scale.home / f"timed-{work.name}"
    folder.mkdir()
    work.lay(scale, folder)
    begun = time.monotonic()
    kitchen.run(folder, *work.words, env=dict(work.env))
    return time.monotonic() - begun


def at_random(scale: Scale, work: Work, number: signal.Signals, time_of_it: float, folder: Path) -> None:
    """End it after so much of the time that it takes, or sooner where it was done by then."""
    seconds = time_of_it * _seconds(scale, work)
    work.lay(scale, folder)
    process = kitchen.start(folder, *work.words, env=dict(work.env))
    time.sleep(seconds)
    if process.poll() is not None:
        kitchen.is_told(kitchen.ended(process), 0)
        shutil.rmtree(folder)
        folder.mkdir()
        at_random(scale, work, number, time_of_it / 2, folder)
        return
    os.kill(process.pid, number)
    # it may have been at its end
    kitchen.is_told(kitchen.ended(process), 0, *ENDS[number])
    survives(work, scale, folder)


def at_call(scale: Scale, work: Work, number: signal.Signals, call: int, folder: Path) -> None:
    """End whoever makes a certain call, just before it."""
    work.lay(scale, folder)
    process = kitchen.start(folder, *work.words, env=hitting(scale.home, folder, call, -number))
    # a worker that is killed is begun once more
    kitchen.is_told(kitchen.ended(process), 0, *ENDS[number])
    survives(work, scale, folder)


@once
def calls_of(scale: Scale, work: Work) -> list[str]:
    """The calls of a command that nobody ends, in their order."""
    folder = scale.home / f"counted-{work.name}"
    folder.mkdir()
    work.lay(scale, folder)
    log = scale.home / f"{folder.name}.log"
    kitchen.is_told(kitchen.run(folder, *work.words, env=counting(scale.home, folder, log)), 0)
    return calls(log)


def publish_moments(scale: Scale, work: Work) -> list[int]:
    """Numbers of the calls around which files come to their places."""
    told = calls_of(scale, work)
    moves = [index for index, call in enumerate(told, start=1) if call.startswith(("rename ", "link "))]
    return sorted({index + step for index in moves for step in (0, 1) if index + step <= len(told)})


def kills(scale: Scale) -> Iterator[Trial]:
    works = (*RENDERS[:3], EXPORT, *CACHE)
    for number, (long, short) in HOW_OFTEN.items():
        for k in scale.times(long, short):
            chance = scale.chance(number, k)
            # a start with nothing compiled takes twenty times as long
            work = RENDERS[3] if scale.long and k % 20 == 19 else works[(k + number) % len(works)]
            part = chance.uniform(0.0, 1.0)
            yield Trial(
                f"{number.name} at random",
                f"{work.name}, {part:.2f} of its time, number {k}",
                lambda folder, work=work, number=number, part=part: at_random(
                    scale, work, number, part, folder
                ),
            )
    yield from _at_publishing(scale)
    yield from _between_renames(scale)
    yield from _on_a_cluster(scale)


def _at_publishing(scale: Scale) -> Iterator[Trial]:
    for work, short in ((RENDERS[2], 5), (RENDERS[1], 2), (EXPORT, 3), (CACHE[0], 2)):
        try:
            moments: Sequence[int] = scale.some(publish_moments(scale, work), short)
        except NotHere as error:
            yield not_run("SIGKILL as files come to their places", error)
            return
        for call in moments:
            yield Trial(
                "SIGKILL as files come to their places",
                f"{work.name}, call {call}, {calls_of(scale, work)[call - 1]}",
                lambda folder, work=work, call=call: at_call(scale, work, signal.SIGKILL, call, folder),
            )


def _between_renames(scale: Scale) -> Iterator[Trial]:
    """Film, story and manifest come one by one: whoever looks between them is not told of a mixture."""
    made = kitchen.films(scale.home)
    names = ("tiny.mp4", "tiny.story", "tiny.json")
    for first in range(1, len(names)):

        def look(folder: Path, first: int = first) -> None:
            out = made.lay(folder, film=True)
            for name in names[:first]:
                (out / name).write_bytes(made.new[name])
            manifest = read_manifest(out / "tiny.json")
            if manifest is None or manifest.is_true(out / "tiny.json"):
                raise Broken("the older manifest vouches for what is there")
            verified = kitchen.run(folder, "verify", "out/tiny.mp4", *TINY[1:3])
            kitchen.is_told(verified)
            if verified.code == 0:
                raise Broken("verify believes film and story of two versions")
            kitchen.is_told(kitchen.run(folder, "gallery", *TINY, *NEW, "--out", "out"), 0)
            found = kitchen.contents(out)
            if {name: found.get(name) for name in names} != made.new:
                raise Broken("the gallery shows what is not one film's")

        yield Trial("read between two of the three renames", f"after {first}", look)


def _on_a_cluster(scale: Scale) -> Iterator[Trial]:
    ends = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
    for k in scale.times(20, 1):
        number, part = ends[k % 3], scale.chance("cluster", k).uniform(0.2, 1.0)

        def end_it(folder: Path, number: signal.Signals = number, part: float = part) -> None:
            home = folder / "dask"
            home.mkdir()
            cluster = DaskCluster(home)
            try:
                cluster.start_workers("one", "two")
                work = RENDERS[1]
                seconds = part * _seconds(scale, work)
                work.lay(scale, folder)
                words = [word for word in work.words if word not in _JOB[:2]]
                process = kitchen.start(folder, *words, "--scheduler", cluster.address)
                time.sleep(seconds)
                os.kill(process.pid, number)
                kitchen.is_told(kitchen.ended(process), 0, *ENDS[number])
                wait_until(lambda: not cluster.drawers(), 30, "the cluster goes on drawing")
                wait_until(lambda: not cluster.films(), 30, "the cluster keeps folders of what was drawn")
            finally:
                cluster.close()
            survives(work, scale, folder)

        yield Trial("on a cluster", f"{number.name} at {part:.2f} of its time, number {k}", end_it)
