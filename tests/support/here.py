"""The command, and who draws for it, in this process, where Manim is imported once for many tests."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Ran

from gdlectures.films.messages import Drawn, Job, Message, read, written
from gdlectures.films.processes import Ending
from gdlectures.films.sites import Here


def import_manim() -> None:
    with warnings.catch_warnings():
        # what Manim and pydub warn of on their import is not ours to mend
        warnings.simplefilter("ignore")
        importlib.import_module("manim")


def command_here(*words: str | Path) -> int:
    """The exit code of the command; signals are heeded as before it."""
    from gdlectures.command import cli

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return cli.main([str(word) for word in words])
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def run_here(*words: str | Path, cwd: Path, cache: Path) -> Ran:
    """What the command leaves behind that draws here as well, with its masters in a folder."""
    import_manim()
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, drawing_here():
        patch.chdir(cwd)
        patch.setenv("XDG_CACHE_HOME", str(cache))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = command_here(*words)
    return Ran(code, out.getvalue(), err.getvalue())


class _DrawnHere:
    """A worker that has drawn in this process and ended, and what there is to hear of it."""

    def __init__(self, job: Job) -> None:
        import manim

        from gdlectures.films import worker

        log = io.StringIO()
        with manim.tempconfig({}), contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            answer = worker.answer(read(written(job)), worker.Channel(io.StringIO()))
        self._messages = [[read(written(answer))], None]
        self._ending = Ending(answer, 0 if isinstance(answer, Drawn) else 1, log.getvalue())
        descriptor, other = os.pipe()
        os.close(other)  # there is always an end to read
        self.output = io.FileIO(descriptor)

    def hear(self) -> list[Message] | None:
        return self._messages.pop(0)

    def ending(self) -> Ending:
        self.end()
        return self._ending

    def end(self) -> None:
        self.output.close()


@contextlib.contextmanager
def drawing_here() -> Iterator[None]:
    """Films are drawn in this process, where Manim is imported once; whoever asks notes no difference."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Here, "begin", lambda _, job, folder, lock: _DrawnHere(job))
        yield
