"""A Dask cluster on this machine: a real scheduler and its workers, which may be killed and come again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from command_line import processes_in

DASK = [sys.executable, "-m", "dask"]
ALONE = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
"""A job whose second worker dies as well is given up."""


class DaskCluster:
    """A scheduler, and workers of one thread each."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.workers = folder, dict[str, subprocess.Popen[bytes]]()
        self._file = ("--scheduler-file", str(folder / "scheduler.json"))
        words = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.scheduler = self._start(*words, *self._file)

    @property
    def address(self) -> str:
        return str(json.loads(Path(self._file[1]).read_text())["address"])

    def start_workers(self, *names: str) -> None:
        """Start those that are not there; each waits for the scheduler."""
        for name in names:
            if name not in self.workers or self.workers[name].poll() is not None:
                words = ("--no-nanny", "--no-dashboard", "--nthreads", "1", "--local-directory")
                home = str(self.folder / name)
                self.workers[name] = self._start("worker", *self._file, "--name", name, *words, home)
        living = sum(each.poll() is None for each in self.workers.values())
        self._wait(lambda: self._told("Register worker") - self._told("Remove worker") == living)

    def drawn_by(self) -> list[str]:
        """The workers in whose folders something is drawn just now."""
        return [path.parts[-5] for path in self.folder.glob("*/dask-scratch-space/*/film-*/pieces")]

    def films(self) -> list[Path]:
        """The private folders of what is drawn."""
        return list(self.folder.glob("*/dask-scratch-space/*/film-*"))

    def drawers(self) -> list[int]:
        """The processes that draw."""
        return processes_in(self.folder, "film-")

    def _told(self, words: str) -> int:
        return (self.folder / "log").read_text().count(words)

    def close(self) -> None:
        for process in (*self.workers.values(), self.scheduler):
            process.kill()
            process.wait()

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen([*DASK, *words], cwd=self.folder, stderr=log, env=os.environ | ALONE)

    def _wait(self, claim: Callable[[], object]) -> None:
        limit = time.monotonic() + 600
        while not claim():
            assert time.monotonic() < limit, (self.folder / "log").read_text()
            time.sleep(0.05)
