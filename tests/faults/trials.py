"""A trial is one fault, injected once into something whole; here is what one is, and how many are run."""

from __future__ import annotations

import os
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, wraps
from pathlib import Path
from typing import TypeVar

Case = TypeVar("Case")
Made = TypeVar("Made")


class Broken(Exception):
    """What did not survive, in words."""


class NotHere(Exception):
    """What this machine lacks, so that a trial cannot be run."""


@dataclass(frozen=True)
class Trial:
    """One fault.

    Attributes
    ----------
    attack : str
        The row of the table that it counts in.
    case : str
        What tells it from the others of its row.
    inject : callable
        Does it in a new folder, and raises `Broken` if what was attacked did not survive.
    times : int
        How often it does.
    """

    attack: str
    case: str
    inject: Callable[[Path], None]
    times: int = 1


@dataclass(frozen=True)
class Scale:
    """How much is done, and what chance decides.

    Attributes
    ----------
    long : bool
        Everything; else a little of each attack.
    seed : int
    home : Path
        Folder of all trials.
    part : tuple of int
        K and N: of each family every N-th trial is run, from the K-th on.
    """

    long: bool
    seed: int
    home: Path
    part: tuple[int, int] = (1, 1)

    def chance(self, *words: object) -> random.Random:
        """A generator of its own for every trial, so that one can be done again without the others."""
        return random.Random(" ".join(map(str, (self.seed, *words))))

    def times(self, long: int, short: int) -> range:
        return range(long if self.long else short)

    def some(self, cases: Sequence[Case], short: int) -> Sequence[Case]:
        """All of them, or so many, evenly spread, others for each seed."""
        if self.long or short >= len(cases):
            return cases
        first = self.seed % len(cases)
        picked = {(first + k * len(cases) // short) % len(cases) for k in range(short)}
        return [cases[index] for index in sorted(picked)]


Family = Callable[[Scale], Iterable[Trial]]


@dataclass
class Row:
    """One attack: how often it was injected, and what became of it."""

    attack: str
    injected: int = 0
    broken: int = 0
    first: str = ""
    not_here: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """As the table tells it."""
        if self.first:
            return self.first
        return f"not run: {self.not_here[0]}" if self.not_here else ""


def rows(family: str, trials: Iterable[Trial], scale: Scale) -> Iterator[Row]:
    """Run the trials of a family, as many at a time as there are cores; an attack when its last has ended."""
    found: dict[str, Row] = {}
    part, parts = scale.part
    numbered = list(enumerate(trials))[part - 1 :: parts]
    left = Counter(trial.attack for _, trial in numbered)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        outcomes = pool.map(lambda each: _outcome(each[1], scale.home / f"{family}-{each[0]}"), numbered)
        for (_, trial), outcome in zip(numbered, outcomes, strict=True):
            row = found.setdefault(trial.attack, Row(trial.attack))
            if isinstance(outcome, NotHere):
                row.not_here.append(str(outcome))
            else:
                row.injected += trial.times
                if outcome is not None:
                    row.broken += 1
                    row.first = row.first or f"{trial.case}: {outcome}"
            left[trial.attack] -= 1
            if not left[trial.attack]:
                yield row


def _outcome(trial: Trial, folder: Path) -> BaseException | None:
    folder.mkdir(parents=True)
    try:
        trial.inject(folder)
    except Exception as error:
        return error if isinstance(error, Broken | NotHere) else Broken(f"{type(error).__name__}: {error}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return None


def once(make: Callable[..., Made]) -> Callable[..., Made]:
    """What all trials share is made by the first that asks; who asks meanwhile waits."""
    kept, lock = cache(make), threading.Lock()

    @wraps(make)
    def made(*what: object) -> Made:
        with lock:
            return kept(*what)

    return made


def wait_until(claim: Callable[[], object], seconds: float, words: str) -> None:
    """Wait for what must come.

    Raises
    ------
    Broken
        If it does not.
    """
    limit = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > limit:
            raise Broken(f"{words}, after {seconds:g} s")
        time.sleep(0.05)


def numbered(attack: str, times: Iterable[int], inject: Callable[[int, Path], None]) -> Iterator[Trial]:
    """The same fault again and again, told from the others by its number."""
    for number in times:
        yield Trial(attack, f"number {number}", lambda folder, number=number: inject(number, folder))


def not_run(attack: str, error: NotHere) -> Trial:
    """A row that says why it is empty."""

    def say(_: Path) -> None:
        raise error

    return Trial(attack, "none", say)
