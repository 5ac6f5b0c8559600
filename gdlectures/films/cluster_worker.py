"""What runs on a machine of a cluster: one job, drawn by a process as here, whose files are handed back.

The process that imports this may live for days, longer than the files that it was imported from.
"""

from __future__ import annotations

import hashlib
import selectors
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from gdlectures.asking import catalog, provenance
from gdlectures.faults.errors import Exit, Fault
from gdlectures.films import messages, processes
from gdlectures.films.messages import Broken, Job, Moved, written
from gdlectures.films.processes import Ending, Process

_LISTEN = 0.2  # seconds between two looks at whether anybody still wants the film
_TELL_EVERY = 1.0  # seconds: all workers of a cluster tell one scheduler
_IMPORTED = [provenance.file_digest(Path(file)) for file in (__file__, messages.__file__, processes.__file__)]

Asked = tuple[str, Path | None]
"""A lecture by its name, and the folder that it lies in unless it comes along."""
Standing = dict[str, str]
"""What decides on a machine how the films of one lecture look: versions, and digests of sources."""


@dataclass(frozen=True)
class Sent:
    """A job on its way to a machine of the cluster.

    Attributes
    ----------
    job : Job
        Its paths are those of the machine that sends it.
    story : bytes
        Content of the story's file.
    asked : tuple
        The lecture.
    standing : dict
        What must stand on the machine that draws.
    topic, name : str
        Where to tell how far it is, and what the job is called there.
    """

    job: Job
    story: bytes
    asked: Asked
    standing: Standing
    topic: str
    name: str


@dataclass(frozen=True)
class Brought:
    """What comes back: how the worker ended, and its files by their names, each with its digest."""

    ending: Ending
    files: dict[str, tuple[str, bytes]]


def standings(lectures: Sequence[Asked]) -> list[Standing]:
    """What stands on this machine for each lecture."""
    import cairo

    # stories are computed before they travel, so that torch is not asked for
    common = provenance.drawing_versions()
    common["cairo"] = cairo.cairo_version_string()
    common["distributed"] = metadata.version("distributed")
    common["sources of what runs on a cluster"] = _short("".join(_IMPORTED))
    return [common | {f"sources of {name}": _sources(name, folder)} for name, folder in lectures]


def _sources(name: str, folder: Path | None) -> str:
    try:
        return _short(provenance.source_digest(catalog.find(name, folder)))
    except (Fault, OSError):
        return "not there"


def _short(digest: str) -> str:
    return hashlib.sha256(digest.encode()).hexdigest()[:12]


def difference(where: str, found: Standing, needed: Standing) -> Fault | None:
    """The first thing that differs on a machine, in one line, or None."""
    for name, value in needed.items():
        if found.get(name) != value:
            return Fault(
                Exit.ENVIRONMENT,
                where,
                f"{name} {found.get(name, 'missing')}",
                f"{name} {value}, as here",
                "install there what is installed here, and start its workers again",
            )
    return None


def draw(sent: Sent) -> Brought:
    """Draw a job in a private folder of this machine, as long as somebody wants it."""
    from distributed import get_worker

    worker = get_worker()
    fault = difference(f"worker {worker.address}", standings([sent.asked])[0], sent.standing)
    if fault is not None:
        told = (fault.where, fault.got, fault.allowed, fault.fix)
        broken = Broken(reason="", exit_code=fault.exit_code, disk=None, told=told, trace="")
        return Brought(Ending(broken, 1, ""), {})
    # what a killed worker leaves in its folder is removed by the next worker on the machine
    with tempfile.TemporaryDirectory(prefix="film-", dir=worker.local_directory) as name:
        folder = Path(name)
        job = _at_home(sent, folder)
        Path(job.story).write_bytes(sent.story)
        process = Process(job, folder)
        try:
            _pass_on(process, worker, sent)
        except BaseException:
            process.end()
            raise
        return Brought(process.ending(), _files(Path(job.pieces)))


def _at_home(sent: Sent, folder: Path) -> Job:
    """The job with the paths of this machine."""
    names = ("story", "pieces", "media", "master", "film")
    paths: dict[str, Any] = {name: str(folder / Path(getattr(sent.job, name)).name) for name in names}
    return replace(sent.job, file=str(catalog.find(*sent.asked).file), **paths)


def _pass_on(process: Process, worker: Any, sent: Sent) -> None:
    """Tell on what a process tells, until it says no more or nobody waits here for the film any longer."""
    from distributed import Reschedule

    key, told = worker.get_current_task(), 0.0
    worker.log_event(sent.topic, {"job": sent.name})
    with selectors.DefaultSelector() as selector:
        selector.register(process.output, selectors.EVENT_READ)
        while True:
            task = worker.state.tasks.get(key)
            if task is None or task.state == "cancelled" or worker.status.name not in ("running", "paused"):
                raise Reschedule
            if not selector.select(_LISTEN):
                continue
            heard = process.hear()
            if heard is None:
                return
            moved = [message for message in heard if isinstance(message, Moved)]
            if moved and time.monotonic() - told >= _TELL_EVERY:
                told = time.monotonic()
                worker.log_event(sent.topic, {"job": sent.name, "line": written(moved[-1])})


def _files(pieces: Path) -> dict[str, tuple[str, bytes]]:
    """The films of the pieces; what tells of them is in the worker's last word."""
    films = [path for path in pieces.glob("*") if path.suffix in (".mp4", ".mov")]
    return {path.name: (provenance.file_digest(path), path.read_bytes()) for path in films}
