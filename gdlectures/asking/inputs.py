"""What a lecture of a user's folder reads besides its own file: helpers that it imports, data that it opens.

A film is only given again as long as all of it is as it was. What a compiled library opens by itself, past
Python, is not heard of.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gdlectures.asking.catalog import Entry
from gdlectures.asking.provenance import covered, file_digest

_SYSTEM = ("/usr", "/lib", "/etc", "/proc", "/sys", "/dev", sys.prefix, sys.base_prefix)
"""Folders whose versions are told by Python's and the libraries' own."""


class _Hearing:
    """The files that are read while a lecture works, by their digests at that moment."""

    def __init__(self, entry: Entry, private: Path | None) -> None:
        self.digests: dict[str, str] = {}
        passed_over = [*map(Path, _SYSTEM), *covered(entry), *([] if private is None else [private])]
        self._passed_over = {path.resolve() for path in passed_over}

    def note(self, path: object, _: object, flags: object) -> None:
        """Note a file that is opened, unless it is only written."""
        if not isinstance(path, str | bytes | os.PathLike):
            return
        if isinstance(flags, int) and flags & os.O_ACCMODE == os.O_WRONLY:
            return
        try:
            file = Path(os.fsdecode(path)).resolve()
        except (OSError, ValueError):  # no path at all
            return
        if file.suffix == ".pyc":
            # of a module that is compiled already, Python opens nothing else
            with suppress(ValueError):
                file = Path(importlib.util.source_from_cache(file))
        if str(file) in self.digests or not self._passed_over.isdisjoint((file, *file.parents)):
            return
        with suppress(OSError):  # whoever opens it is told
            self.digests[str(file)] = file_digest(file)


_now: _Hearing | None = None
_is_hooked = False


@contextmanager
def heard(entry: Entry, private: Path | None = None) -> Iterator[Mapping[str, str]]:
    """The files that a lecture reads meanwhile: sha256, in hex, by path.

    Parameters
    ----------
    entry : Entry
        Of a lecture that comes with the package nothing is noted: what it reads is covered.
    private : Path, optional
        A folder that does not count: where the film is made.
    """
    global _now, _is_hooked
    if entry.folder is None:
        yield {}
        return
    if not _is_hooked:
        sys.addaudithook(_hear)
        _is_hooked = True
    before, _now = _now, _Hearing(entry, private)
    try:
        yield _now.digests
    finally:
        _now = before


def are_unchanged(inputs: Mapping[str, str]) -> bool:
    """Whether every file is as it was when it was read."""
    try:
        return all(file_digest(Path(path)) == digest for path, digest in inputs.items())
    except (OSError, ValueError):  # the second of what can be no path
        return False


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    global _now
    if event != "open" or _now is None:
        return
    # what is opened to take a digest is not the lecture's
    listening, _now = _now, None
    try:
        listening.note(*arguments)
    finally:
        _now = listening
