"""Where films are drawn: on this machine, or on others."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from gdlectures.asking.catalog import Entry
from gdlectures.films.messages import Job, Message
from gdlectures.films.processes import Ending, Process
from gdlectures.films.publishing import FilmLock


class Worker(Protocol):
    """Who draws one job, wherever that may be."""

    @property
    def output(self) -> IO[bytes]:
        """What to wait on for messages."""

    def hear(self) -> list[Message] | None:
        """The messages that came since the last call, or None once there will be no more; does not wait."""

    def ending(self) -> Ending:
        """Collect a worker that will say no more."""

    def end(self) -> None:
        """End the worker at once."""


class Site(Protocol):
    """Where jobs are drawn; beats are claimed in the folder of pieces, by the workers or on their behalf."""

    def opened(self, entries: Sequence[Entry]) -> AbstractContextManager[None]:
        """Be ready to draw these lectures; when it is left, nothing of them goes on there.

        Raises
        ------
        Fault
            If it cannot be reached, or would draw them otherwise than this machine.
        """

    @property
    def slots(self) -> int:
        """How many jobs it takes at a time."""

    def begin(self, job: Job, folder: Path, lock: FilmLock) -> Worker:
        """Begin to draw.

        Parameters
        ----------
        job : Job
        folder : Path
            Private folder of the film, where all that is drawn comes to lie.
        lock : FilmLock
            Held as long as anybody may write there.
        """


def _cores() -> int:
    return max(1, len(os.sched_getaffinity(0)))


@dataclass(frozen=True)
class Here:
    """This machine, a process for each job.

    Attributes
    ----------
    slots : int
        As many as there are cores unless told otherwise.
    """

    slots: int = field(default_factory=_cores)

    def opened(self, entries: Sequence[Entry]) -> AbstractContextManager[None]:
        return nullcontext()

    def begin(self, job: Job, folder: Path, lock: FilmLock) -> Process:
        return Process(job, folder, lock)
