"""The workers of a Dask cluster as a site: stories go there, films come back whole."""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import queue
import resource
import threading
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from gdlectures.asking.catalog import Entry
from gdlectures.asking.libraries import check_libraries
from gdlectures.asking.provenance import file_digest
from gdlectures.faults.errors import DISK_ERRORS, Exit, Fault, usage
from gdlectures.faults.progress import Watcher
from gdlectures.films.cluster_worker import Asked, Brought, Sent, Standing, difference, draw, standings
from gdlectures.films.messages import Broken, Drawn, Job, Message, Moved, Piece, read
from gdlectures.films.pieces import Pieces
from gdlectures.films.processes import Ending, Process
from gdlectures.films.publishing import FilmLock
from gdlectures.films.sites import Worker

_ANSWERS_WITHIN = 5  # seconds
_COUNT_EVERY = 2.0  # seconds between two looks at how many workers there are
_OPEN_FILES = 2**13
_QUIET = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"none": {"class": "logging.NullHandler"}},
    "loggers": {name: {"handlers": ["none"], "propagate": False} for name in ("distributed", "tornado")},
}
"""What Dask logs is for who keeps the cluster."""


class Cluster:
    """The workers that one Dask scheduler knows.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.
    watcher : Watcher, optional
    """

    def __init__(self, address: str, watcher: Watcher | None = None) -> None:
        self.address, self._watcher = address, watcher or Watcher()
        self._client: Any = None
        self._standings: dict[Asked, Standing] = {}
        self._workers: dict[str, _Elsewhere] = {}
        self._names = map(str, itertools.count())
        self._counted, self._slots = 0.0, 1

    @contextmanager
    def opened(self, entries: Sequence[Entry]) -> Iterator[None]:
        """Reach the scheduler and compare every worker with this machine; in the end nothing is left there.

        Raises
        ------
        Fault
            If nobody answers, there is no worker, or one would draw these lectures differently.
        """
        _allow_open_files()
        self._client = _connected(self.address)
        try:
            self._compare(entries)
            self._client.subscribe_topic(self._client.id, self._heard)
            yield
        finally:
            # what the scheduler holds for a client that leaves is cancelled
            self._client.close()

    @property
    def slots(self) -> int:
        """As many jobs as the workers have threads; where all workers are gone, one waits for the next."""
        now = time.monotonic()
        if now - self._counted > _COUNT_EVERY:
            self._counted = now
            with suppress(OSError):
                self._slots = max(1, sum(self._client.nthreads().values()))
        return self._slots

    def begin(self, job: Job, folder: Path, lock: FilmLock) -> Worker:
        worker = _Elsewhere(self, job, self._watcher)
        name = next(self._names)
        self._workers[name] = worker
        if worker.begin(name):
            return worker
        worker.end()
        # every beat is drawn, and they are joined here
        return Process(job, folder, lock)

    def send(self, job: Job, name: str) -> Any:
        """The future of a job, whose progress is told to the worker of this name."""
        asked = _asked(Entry(job.name, Path(job.file)))
        sent = Sent(job, Path(job.story).read_bytes(), asked, self._standings[asked], self._client.id, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a story may be larger than Dask finds usual
            return self._client.submit(draw, sent, pure=False)

    def _heard(self, event: tuple[float, Any]) -> None:
        told = event[1]
        worker = self._workers.get(told["job"])
        if worker is None:
            return
        if "line" in told:
            message = read(told["line"])
            if message is not None:
                worker.tell(message)
        else:
            worker.begun_at(told["worker"])

    def _compare(self, entries: Sequence[Entry]) -> None:
        asked = [_asked(entry) for entry in dict.fromkeys(entries)]
        self._standings = dict(zip(asked, standings(asked), strict=True))
        try:
            self._client.run_on_scheduler(standings, [])
        except Exception as error:
            raise _without_us("the scheduler", error) from None
        found = self._client.run(standings, asked, on_error="return")
        if not found:
            raise Fault(
                Exit.ENVIRONMENT,
                "--scheduler",
                f"{self.address} without a worker",
                "one worker or more",
                f"start one: dask worker {self.address}",
            )
        for address, theirs in found.items():
            if isinstance(theirs, Exception):
                raise _without_us(f"worker {address}", theirs)
            for their, ours in zip(theirs, self._standings.values(), strict=True):
                fault = difference(f"worker {address}", their, ours)
                if fault is not None:
                    raise fault


class _Elsewhere:
    """Who draws one film on the cluster: a job of a few beats after another, until none is left.

    Parameters
    ----------
    cluster : Cluster
    job : Job
    watcher : Watcher
    """

    def __init__(self, cluster: Cluster, job: Job, watcher: Watcher) -> None:
        self._cluster, self._job, self._watcher = cluster, job, watcher
        reader, self._bell = os.pipe()
        os.set_blocking(self._bell, False)
        self.output: IO[bytes] = os.fdopen(reader, "rb", buffering=0)
        self._told: queue.SimpleQueue[Message | str] = queue.SimpleQueue()
        self._lock = threading.Lock()  # the client tells from threads of its own
        self._has_ended = False
        self._ending = Ending(None, 1, "")
        self._pieces = Pieces(job)
        self._drawn: list[Piece] = []
        self._name = ""
        self._future: Any = None
        self._machine: str | None = None

    def begin(self, name: str) -> bool:
        """Have the next beats drawn, if there are any."""
        self._name = name
        with self._lock:
            return self._send_next()

    def begun_at(self, machine: str) -> None:
        """Hear who draws."""
        if self._machine is not None:
            text = f"{self._job.name}: the worker {self._machine} is gone; it is drawn once more on {machine}"
            self.tell(text)
        self._machine = machine

    def tell(self, told: Message | str) -> None:
        """Hear a message, or what a person should know."""
        with self._lock:
            if self._has_ended:
                return
            if isinstance(told, Moved):
                told = Moved(told.beat, told.seconds + self._seconds)
            self._told.put(told)
            # a full pipe rings as well
            with suppress(BlockingIOError):
                os.write(self._bell, b".")

    def hear(self) -> list[Message] | None:
        if not os.read(self.output.fileno(), 65536):
            return None
        messages: list[Message] = []
        for _ in range(self._told.qsize()):
            told = self._told.get()
            if isinstance(told, str):
                self._watcher.note(told)
            else:
                messages.append(told)
        return messages

    def ending(self) -> Ending:
        self.output.close()
        return self._ending

    def end(self) -> None:
        if self._future is not None:
            self._future.release()
        with self._lock:
            self._leave()
        self.output.close()

    @property
    def _seconds(self) -> float:
        return sum(piece.frames for piece in self._drawn) / self._job.fps

    def _send_next(self) -> bool:
        beats = self._claimed()
        if beats:
            self._machine = None
            self._future = self._cluster.send(replace(self._job, beats=beats), self._name)
            self._future.add_done_callback(self._fetch)
        return bool(beats)

    def _claimed(self) -> tuple[str, ...]:
        """The next beats: fewer the fewer are left, so that none waits while others are free."""
        beats = self._job.beats
        first = self._pieces.claim(beats)
        if first is None:
            return ()
        left = beats[beats.index(first) :]
        share = math.ceil(len(left) / (2 * self._cluster.slots))
        more = itertools.takewhile(lambda beat: self._pieces.claim([beat]) is not None, left[1:share])
        return (first, *more)

    def _fetch(self, future: Any) -> None:
        """In a thread of the client's: bring the pieces here, then say so, or go on with the next."""
        ending = self._brought(future)
        future.release()
        with self._lock:
            if self._has_ended:
                return
            self._pieces.release()
            if isinstance(ending.answer, Drawn):
                self._drawn += ending.answer.pieces
                ending = replace(ending, answer=Drawn(tuple(self._drawn), False))
                try:
                    if self._send_next():
                        return
                except Exception as error:
                    ending = self._lost(str(error), traceback.format_exc())
            self._ending = ending
            self._leave()

    def _brought(self, future: Any) -> Ending:
        from distributed.scheduler import KilledWorker

        try:
            brought: Brought = future.result()
            with self._lock:
                if self._has_ended:
                    return brought.ending
                return self._kept(brought)
        except CancelledError:
            return self._lost("a scheduler that left")
        except KilledWorker as error:
            return self._lost(
                f"{error.allowed_failures + 1} workers that died while they drew it", str(error)
            )
        except Exception as error:
            return self._lost(str(error), traceback.format_exc())

    def _kept(self, brought: Brought) -> Ending:
        answer = brought.ending.answer
        if not isinstance(answer, Drawn):
            return brought.ending
        try:
            for name, (digest, content) in brought.files.items():
                path = self._pieces.folder / Path(name).name
                path.write_bytes(content)
                if file_digest(path) != digest:
                    return self._lost(f"a harmed {name} from {self._machine}")
            for piece in answer.pieces:
                self._pieces.tell(piece)
        except OSError as error:
            if error.errno not in DISK_ERRORS:
                raise
            return Ending(Broken(str(error), Exit.ENVIRONMENT, error.errno, None, ""), 1, "")
        return brought.ending

    def _lost(self, got: str, trace: str = "") -> Ending:
        told = (self._cluster.address, got, "pieces that come back whole", "read the logs of the cluster")
        return Ending(Broken(got, Exit.ENVIRONMENT, None, told, trace), 1, "")

    def _leave(self) -> None:
        """Say no more, and give back what was claimed."""
        if not self._has_ended:
            self._has_ended = True
            self._pieces.release()
            os.close(self._bell)


def _asked(entry: Entry) -> Asked:
    return entry.name, entry.folder


def _without_us(where: str, error: Exception) -> Fault:
    got, fix = f"{type(error).__name__}: {error}", "install there what is installed here, and start it again"
    return Fault(Exit.ENVIRONMENT, where, got, "gdlectures as here", fix)


def _allow_open_files() -> None:
    """Every job holds a few, and a cluster takes hundreds of jobs at a time."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _connected(address: str) -> Any:
    """A client of a scheduler.

    Raises
    ------
    Fault
        If nobody answers there, or what is needed to ask is not here.
    """
    check_libraries("cluster")
    try:
        import dask

        with dask.config.set(logging=_QUIET):
            from distributed import Client
            from distributed.comm.core import connect
            from distributed.security import Security
    except ModuleNotFoundError as error:
        raise Fault(
            Exit.ENVIRONMENT,
            "--scheduler",
            f"no {error.name}",
            "Dask's distributed, which speaks to a cluster",
            "pip install 'gdlectures[cluster]'",
        ) from None

    async def answered() -> None:
        # the client itself waits without end for a word from whoever listens there
        how = Security().get_connection_args("client")
        comm = await asyncio.wait_for(connect(address, _ANSWERS_WITHIN, **how), _ANSWERS_WITHIN)
        await comm.close()

    try:
        # in a thread, for who calls may have a loop of his own, as a notebook has
        ThreadPoolExecutor(1).submit(asyncio.run, answered()).result()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # versions are compared by us
            return Client(address, timeout=_ANSWERS_WITHIN, set_as_default=False)
    except (ValueError, TypeError):
        allowed = "an address such as tcp://10.0.0.1:8786; tls:// needs certificates"
        raise usage(
            "--scheduler", address, allowed, "give the scheduler's own; see docs/cluster.md"
        ) from None
    except Exception:  # what listens there may answer anything
        raise Fault(
            Exit.ENVIRONMENT,
            "--scheduler",
            address,
            f"a Dask scheduler that answers within {_ANSWERS_WITHIN} seconds",
            "start one: dask scheduler",
        ) from None
