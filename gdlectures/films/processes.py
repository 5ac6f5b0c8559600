"""Worker processes seen from the command: started apart from everything around them, heard, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gdlectures.films.messages import Answer, Broken, Drawn, Job, Message, read, written
from gdlectures.films.publishing import FilmLock

_LONGEST_LOG = 20_000
_GONE_WITHIN = 3.0  # seconds that a killed process may take to be collected


@dataclass(frozen=True)
class Ending:
    """How a worker ended.

    Attributes
    ----------
    answer : Drawn, Broken or None
        Its last word; None for a worker that crashed.
    code : int
        Exit code of the process, negative for a signal.
    log : str
        The end of what Manim, the lecture and Python printed.
    """

    answer: Answer | None
    code: int
    log: str

    @property
    def crash(self) -> str:
        """How a worker without an answer went, in words."""
        if self.code < 0:
            return f"a worker killed by {signal.Signals(-self.code).name}"
        return f"a worker that ended with code {self.code} and without a film"


class Process:
    """One running worker process.

    Parameters
    ----------
    job : Job
    folder : Path
        Private folder of the film; the worker's home, log and working folder lie in it.
    lock : FilmLock, optional
        Inherited, so that the film stays locked as long as anybody may write there; None where nobody else
        knows the folder.
    """

    def __init__(self, job: Job, folder: Path, lock: FilmLock | None = None) -> None:
        own = folder / Path(job.media).name
        self._log = own.with_suffix(".log")
        self._heard = b""
        self._answer: Answer | None = None
        home = own.with_suffix(".home")
        home.mkdir(exist_ok=True)
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gdlectures.films.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=home,
                env=_environment(home),
                pass_fds=() if lock is None else (lock.descriptor,),
                # Ctrl-C reaches the command alone, which then ends its workers
                start_new_session=True,
            )
        # a worker that died at once is noticed like any other that ends
        with contextlib.suppress(BrokenPipeError):
            self._input.write(written(job).encode())
            self._input.flush()

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def output(self) -> IO[bytes]:
        """What to wait on for messages."""
        assert self._process.stdout is not None
        return self._process.stdout

    def hear(self) -> list[Message] | None:
        """The messages that came since the last call, or None once there will be no more; does not wait.

        Call it when `output` is readable.
        """
        content = os.read(self.output.fileno(), 65536)
        if not content:
            return None
        *lines, self._heard = (self._heard + content).split(b"\n")
        messages = [message for line in lines if (message := read(line)) is not None]
        for message in messages:
            if isinstance(message, Drawn | Broken):
                self._answer = message
        return messages

    def ending(self) -> Ending:
        """Collect a worker that will say no more."""
        try:
            code = self._process.wait(_GONE_WITHIN)
        except subprocess.TimeoutExpired:
            code = self._kill()
        self._close()
        try:
            log = self._log.read_text("utf-8", errors="replace")[-_LONGEST_LOG:]
        except OSError:
            log = ""
        return Ending(self._answer, code, log)

    def end(self) -> None:
        """End the worker at once, and what it may have started."""
        self._kill()
        self._close()

    def _kill(self) -> int:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.wait()

    def _close(self) -> None:
        self.output.close()
        with contextlib.suppress(BrokenPipeError):
            self._input.close()


def _environment(home: Path) -> dict[str, str]:
    """An environment in which no configuration of the user is found and every run is the same."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "LC_"))}
    return kept | {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        # one film a process: threads of a library would only take turns with the other films
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
