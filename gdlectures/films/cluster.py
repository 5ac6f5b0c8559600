"""The workers of a Dask cluster as a site: stories go there, films come back whole."""

from __future__ import annotations

import asyncio
import itertools
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
from pathlib import Path
from typing import IO, Any

from gdlectures.asking.catalog import Entry
from gdlectures.asking.provenance import file_digest
from gdlectures.faults.errors import DISK_ERRORS, Exit, Fault, usage
from gdlectures.faults.progress import Watcher
from gdlectures.films.cluster_worker import Asked, Brought, Sent, Standing, difference, draw, standings
from gdlectures.films.messages import Broken, Job, Message, read
from gdlectures.films.processes import Ending
from gdlectures.films.publishing import FilmLock

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

    def begin(self, job: Job, folder: Path, lock: FilmLock) -> _Elsewhere:
        asked, name = _asked(Entry(job.name, Path(job.file))), next(self._names)
        story = Path(job.story).read_bytes()
        sent = Sent(job, story, asked, self._standings[asked], self._client.id, name)
        worker = _Elsewhere(job, folder, self.address, self._watcher)
        self._workers[name] = worker
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a story may be larger than Dask finds usual
            worker.follow(self._client.submit(draw, sent, pure=False))
        return worker

    def _heard(self, event: tuple[float, Any]) -> None:
        told = event[1]
        worker = self._workers.get(told["job"])
        if worker is None:
            return
        if "line" in told:
            worker.tell(read(told["line"]))
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
    """One job that is drawn on a machine of the cluster."""

    def __init__(self, job: Job, folder: Path, scheduler: str, watcher: Watcher) -> None:
        self._name, self._folder, self._scheduler, self._watcher = job.name, folder, scheduler, watcher
        reader, self._bell = os.pipe()
        os.set_blocking(self._bell, False)
        self.output: IO[bytes] = os.fdopen(reader, "rb", buffering=0)
        self._told: queue.SimpleQueue[Message | str | None] = queue.SimpleQueue()
        self._lock = threading.Lock()  # the client tells from threads of its own
        self._ended = False
        self._ending = Ending(None, 1, "")
        self._future: Any = None
        self._worker: str | None = None

    def follow(self, future: Any) -> None:
        """Fetch what this future brings, as soon as it is there."""
        self._future = future
        future.add_done_callback(self._fetch)

    def begun_at(self, worker: str) -> None:
        """Hear who draws."""
        if self._worker is not None:
            self.tell(f"{self._name}: the worker {self._worker} is gone; it is drawn once more on {worker}")
        self._worker = worker

    def tell(self, told: Message | str | None) -> None:
        """Hear a message, or what a person should know."""
        with self._lock:
            if not self._ended:
                self._told.put(told)
                # a full pipe rings as well
                with suppress(BlockingIOError):
                    os.write(self._bell, b".")

    def hear(self) -> list[Message] | None:
        if not os.read(self.output.fileno(), 65536):
            return None
        told = [self._told.get() for _ in range(self._told.qsize())]
        for note in told:
            if isinstance(note, str):
                self._watcher.note(note)
        return [message for message in told if message is not None and not isinstance(message, str)]

    def ending(self) -> Ending:
        self.output.close()
        return self._ending

    def end(self) -> None:
        self._future.release()
        self._leave()
        self.output.close()

    def _leave(self) -> None:
        with self._lock:
            if not self._ended:
                self._ended = True
                os.close(self._bell)

    def _fetch(self, future: Any) -> None:
        """In a thread of the client's: bring the files here, then say that there is no more to hear."""
        from distributed.scheduler import KilledWorker

        try:
            brought: Brought = future.result()
            with self._lock:
                if not self._ended:
                    self._ending = self._kept(brought)
        except CancelledError:
            self._ending = self._lost("a scheduler that left", "one that stays", "start it again")
        except Exception as error:
            got = str(error)
            if isinstance(error, KilledWorker):
                got = f"{error.allowed_failures + 1} workers that died while they drew it"
            fix = "read the logs of the workers; where memory ran out give a smaller --quality"
            self._ending = self._lost(got, "a worker that lives", fix, traceback.format_exc())
        finally:
            future.release()
            self._leave()

    def _kept(self, brought: Brought) -> Ending:
        for name, (digest, content) in brought.files.items():
            path = self._folder / Path(name).name
            try:
                path.write_bytes(content)
            except OSError as error:
                if error.errno not in DISK_ERRORS:
                    raise
                return Ending(Broken(str(error), Exit.ENVIRONMENT, error.errno, None, ""), 1, "")
            if file_digest(path) != digest:
                return self._lost(f"a harmed {name} from {self._worker}", "what was drawn", "draw again")
        return brought.ending

    def _lost(self, got: str, allowed: str, fix: str, trace: str = "") -> Ending:
        told = (self._scheduler, got, allowed, fix)
        return Ending(Broken("", Exit.ENVIRONMENT, None, told, trace), 1, "")


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
