"""Progress: a line for each film as it stands, and on a terminal a bar for each that is drawn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID


class Watcher:
    """Who is told how far the films are; this one tells nobody."""

    def started(self, lecture: str, seconds: float) -> None:
        """A film of about so many seconds is begun, or begun again."""

    def moved(self, lecture: str, beat: str, seconds: float) -> None:
        """So many seconds of it are drawn."""

    def ended(self, lecture: str) -> None:
        """It is done, has failed or was given up."""

    def stands(self, film: Path, seconds: float, unchanged: bool) -> None:
        """A film of so many seconds is at its place and whole, unchanged where it had been there before."""

    def note(self, text: str) -> None:
        """Something that a person should know while it goes on."""


class Lines(Watcher):
    """Prints a line a film on the standard output as soon as the film stands."""

    def stands(self, film: Path, seconds: float, unchanged: bool) -> None:
        size = f"{film.stat().st_size / 1e6:.1f} MB"
        # a reader who has left is no fault
        with suppress(OSError, ValueError):
            print(f"{film}  {clock(seconds)}  {size}" + ("  unchanged" if unchanged else ""), flush=True)


class Bars(Lines):
    """Draws a bar a film on a terminal, as long as the film is drawn.

    Parameters
    ----------
    stream : text stream
        A terminal that understands cursor movements.
    """

    def __init__(self, stream: IO[str]) -> None:
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
        self._tasks: dict[str, tuple[TaskID, float]] = {}

    def started(self, lecture: str, seconds: float) -> None:
        self.ended(lecture)
        with self._drawn():
            self._tasks[lecture] = self._progress.add_task(lecture, total=seconds, beat=""), seconds
            self._progress.start()

    def moved(self, lecture: str, beat: str, seconds: float) -> None:
        with self._drawn():
            task, length = self._tasks[lecture]
            # a film with other settings may be longer than the lecture's usual length
            self._progress.update(task, completed=min(seconds, 0.99 * length), beat=beat)

    def ended(self, lecture: str) -> None:
        if lecture in self._tasks:
            with self._drawn():
                self._progress.remove_task(self._tasks.pop(lecture)[0])

    def stands(self, film: Path, seconds: float, unchanged: bool) -> None:
        # the line may go to the same terminal: the bars make room for it and are drawn again below
        with self._drawn():
            self._progress.stop()
        super().stands(film, seconds, unchanged)
        with self._drawn():
            if self._tasks:
                self._progress.start()

    def note(self, text: str) -> None:
        with self._drawn():
            self._progress.console.print(text)

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


def watcher(stream: IO[str] | None) -> Watcher:
    """Bars where a person looks on, lines alone elsewhere."""
    if stream is None or not stream.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return Lines()
    return Bars(stream)


def clock(seconds: float) -> str:
    """A length of time as m:ss."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"
