"""Progress on a terminal: one line a film, rewritten in place; silence everywhere else."""

from __future__ import annotations

import os
import shutil
import time
from typing import IO, Protocol


class Watcher(Protocol):
    """Who is told how far the films are."""

    def started(self, lecture: str, seconds: float) -> None:
        """A film of about so many seconds is begun, or begun again."""

    def moved(self, lecture: str, beat: str, seconds: float) -> None:
        """So many seconds of it are drawn."""

    def ended(self, lecture: str) -> None:
        """It is done or has failed."""

    def note(self, text: str) -> None:
        """Something that a person should know while it goes on."""


class Silence:
    """Tells nobody."""

    def started(self, lecture: str, seconds: float) -> None: ...

    def moved(self, lecture: str, beat: str, seconds: float) -> None: ...

    def ended(self, lecture: str) -> None: ...

    def note(self, text: str) -> None: ...


class _Line:
    def __init__(self, lecture: str, seconds: float) -> None:
        self._lecture, self._length = lecture, max(seconds, 1e-9)
        self._beat, self._seconds = "", 0.0
        self._start = time.monotonic()

    def move(self, beat: str, seconds: float) -> None:
        self._beat, self._seconds = beat, seconds

    def text(self) -> str:
        # a film with other settings may be longer than the lecture's usual length
        share = min(self._seconds / self._length, 0.99)
        text = f"{self._lecture}  {share:4.0%}  {self._beat}"
        if share > 0.02:
            left = (time.monotonic() - self._start) * (1 - share) / share
            text += f"  {clock(left)} left"
        return text


class Lines:
    """Rewrites one line a film on a terminal.

    Parameters
    ----------
    stream : text stream
        A terminal that understands cursor movements.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lines: dict[str, _Line] = {}
        self._drawn = 0

    def started(self, lecture: str, seconds: float) -> None:
        self._lines[lecture] = _Line(lecture, seconds)
        self._draw()

    def moved(self, lecture: str, beat: str, seconds: float) -> None:
        self._lines[lecture].move(beat, seconds)
        self._draw()

    def ended(self, lecture: str) -> None:
        self._lines.pop(lecture, None)
        self._draw()

    def note(self, text: str) -> None:
        self._draw(above=text)

    def _draw(self, above: str = "") -> None:
        width = shutil.get_terminal_size().columns - 1
        up = f"\x1b[{self._drawn}F" if self._drawn else ""
        rows = [*([above] if above else []), *(line.text() for line in self._lines.values())]
        self._drawn = len(self._lines)
        try:
            self._stream.write(up + "\x1b[J" + "".join(row[:width] + "\n" for row in rows))
            self._stream.flush()
        except (OSError, ValueError):
            pass  # the terminal went away; the films go on


def watcher(stream: IO[str] | None) -> Watcher:
    """Lines where a person looks on, silence elsewhere."""
    if stream is None or not stream.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return Silence()
    return Lines(stream)


def clock(seconds: float) -> str:
    """A length of time as m:ss."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"
