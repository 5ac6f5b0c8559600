"""Progress: a line for each film as it stands, and how far the work is while it goes on.

On a terminal that is a bar for each film that is drawn, elsewhere a line every few seconds.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

SIGN = "... "
"""Begins every line that tells of work in hand, so that it can be told from a fault."""

_LINES_PACE = 5.0  # seconds
_BARS_PACE = 1.0
_MOST_TOLD = 4


class Watcher:
    """Who is told how far the films are; this one tells nobody."""

    def started(self, lecture: str, seconds: float) -> None:
        """A film of about so many seconds is begun, or begun again; 0 for work of unknown length."""

    def moved(self, lecture: str, beat: str, seconds: float) -> None:
        """So many seconds of it are drawn."""

    def ended(self, lecture: str) -> None:
        """It is done, has failed or was given up."""

    def stands(self, film: Path, seconds: float, unchanged: bool) -> None:
        """A film of so many seconds is at its place and whole, unchanged where it had been there before."""

    def note(self, text: str) -> None:
        """Something that a person should know while it goes on."""

    @contextmanager
    def doing(self, work: str) -> Iterator[None]:
        """Tell of work whose length is not known, as long as it is done."""
        self.started(work, 0.0)
        try:
            yield
        finally:
            self.ended(work)


@dataclass
class _Work:
    """What is in hand: how long it is, 0 where that is not known, how far it is, and since when."""

    seconds: float
    done: float = 0.0
    beat: str = ""
    begun: float = field(default_factory=time.monotonic)

    @property
    def words(self) -> str:
        since = clock(time.monotonic() - self.begun)
        if not self.seconds:
            return since
        # a film with other settings may be longer than the lecture's usual length
        share = min(99, int(100 * self.done / self.seconds))
        return " ".join(filter(None, [f"{share} %", self.beat, f"after {since}"]))


class Lines(Watcher):
    """Prints a line a film on the standard output as soon as it stands, and how far the others are elsewhere.

    Parameters
    ----------
    stream : text stream, optional
        Where a line is printed every `pace` seconds as long as anything is in hand; nowhere when left out.
    pace : float
    names_films : bool
        Print the line of a film that stands.
    """

    def __init__(
        self, stream: IO[str] | None = None, pace: float = _LINES_PACE, names_films: bool = True
    ) -> None:
        self._stream, self._pace, self._names_films = stream, pace, names_films
        self._work: dict[str, _Work] = {}
        self._lock = threading.RLock()
        self._idle = threading.Event()

    def started(self, lecture: str, seconds: float) -> None:
        with self._lock:
            is_first = not self._work
            self._work[lecture] = _Work(seconds)
            if is_first:
                self._idle = threading.Event()
                threading.Thread(target=self._go_on, args=(self._idle,), daemon=True).start()

    def moved(self, lecture: str, beat: str, seconds: float) -> None:
        with self._lock:
            work = self._work[lecture]
            work.done, work.beat = seconds, beat

    def ended(self, lecture: str) -> None:
        with self._lock:
            if self._work.pop(lecture, None) is not None and not self._work:
                self._idle.set()

    def stands(self, film: Path, seconds: float, unchanged: bool) -> None:
        if not self._names_films:
            return
        size = f"{film.stat().st_size / 1e6:.1f} MB"
        # a reader who has left is no fault
        with suppress(OSError, ValueError):
            print(f"{film}  {clock(seconds)}  {size}" + ("  unchanged" if unchanged else ""), flush=True)

    def note(self, text: str) -> None:
        if self._stream is not None:
            with suppress(OSError, ValueError):
                print(f"{SIGN}{text}", file=self._stream, flush=True)

    def _go_on(self, idle: threading.Event) -> None:
        while not idle.wait(self._pace):
            with self._lock:
                if not idle.is_set():
                    self._tell()

    def _tell(self) -> None:
        if self._stream is None:
            return
        told = [f"{name} {work.words}" for name, work in self._work.items()]
        if len(told) > _MOST_TOLD:
            told = [*told[:_MOST_TOLD], f"{len(told) - _MOST_TOLD} more"]
        with suppress(OSError, ValueError):
            print(SIGN + "; ".join(told), file=self._stream, flush=True)


class Bars(Lines):
    """Draws a bar a film on a terminal, as long as the film is drawn.

    Parameters
    ----------
    stream : text stream
        A terminal that understands cursor movements.
    pace : float
        Seconds after which the bars are drawn again if nothing else has moved them.
    names_films : bool
    """

    def __init__(self, stream: IO[str], pace: float = _BARS_PACE, names_films: bool = True) -> None:
        super().__init__(stream, pace, names_films)
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[beat]}", markup=False),
            console=Console(file=stream, highlight=False, markup=False),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._tasks: dict[str, TaskID] = {}

    def started(self, lecture: str, seconds: float) -> None:
        with self._lock:
            self.ended(lecture)
            with self._drawn():
                self._tasks[lecture] = self._progress.add_task(lecture, total=seconds or None, beat="")
                self._progress.start()
            super().started(lecture, seconds)

    def moved(self, lecture: str, beat: str, seconds: float) -> None:
        with self._lock:
            super().moved(lecture, beat, seconds)
            work = self._work[lecture]
            with self._drawn():
                completed = min(seconds, 0.99 * work.seconds)
                self._progress.update(self._tasks[lecture], completed=completed, beat=beat)

    def ended(self, lecture: str) -> None:
        with self._lock:
            super().ended(lecture)
            if lecture in self._tasks:
                with self._drawn():
                    self._progress.remove_task(self._tasks.pop(lecture))

    def stands(self, film: Path, seconds: float, unchanged: bool) -> None:
        # the line may go to the same terminal: the bars make room for it and are drawn again below
        with self._lock:
            with self._drawn():
                self._progress.stop()
            super().stands(film, seconds, unchanged)
            with self._drawn():
                if self._tasks:
                    self._progress.start()

    def note(self, text: str) -> None:
        with self._lock, self._drawn():
            self._progress.console.print(text)

    def _tell(self) -> None:
        with self._drawn():
            for name, work in self._work.items():
                if not work.seconds:
                    self._progress.update(self._tasks[name], beat=work.words)

    @contextmanager
    def _drawn(self) -> Iterator[None]:
        """Draw what has changed; where the terminal went away, the films go on."""
        try:
            yield
            self._progress.refresh()
            if not self._tasks:
                self._progress.stop()
        except (OSError, ValueError):
            pass


def watcher(stream: IO[str] | None, *, names_films: bool = True) -> Watcher:
    """Bars where a person looks on, lines elsewhere."""
    if stream is None or not stream.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return Lines(stream, names_films=names_films)
    return Bars(stream, names_films=names_films)


def clock(seconds: float) -> str:
    """A length of time as m:ss."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"
