"""Faults: what went wrong, in the words a lecturer reads and the exit code a script reads."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path

from gdscenes.kit.lecture.settings import SettingError, shown

DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG})
"""Error numbers that are the machine's fault and never a lecture's."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Exit(IntEnum):
    """Exit codes of the command; a signal's is 128 and its number."""

    DONE = 0
    BUG = 1
    USAGE = 2
    DATA = 3
    SCENE = 4
    ENVIRONMENT = 5
    LIMIT = 6


EXIT_WORDS = {
    Exit.DONE: "done",
    Exit.BUG: "a fault of gdlectures itself",
    Exit.USAGE: "what was asked for is not allowed",
    Exit.DATA: "a table, a recording or a stored story cannot be taken",
    Exit.SCENE: "a lecture cannot be imported or drawn",
    Exit.ENVIRONMENT: "the machine lacks something, or the disk refuses",
    Exit.LIMIT: "a limit of time, memory or size is reached",
}


class Fault(Exception):
    """Something that a person can mend, on one line.

    Attributes
    ----------
    exit_code : Exit
    where, got, allowed, fix : str
        The option, file or lecture; the value found; what it may be; what to do.
    details : str
        What ``--debug`` shows besides: a traceback, a log.
    """

    def __init__(
        self, exit_code: Exit, where: str, got: object, allowed: str, fix: str, details: str = ""
    ) -> None:
        self.exit_code = exit_code
        self.where, self.got, self.allowed, self.fix = where, shown(got), allowed, fix
        self.details = details
        where, allowed, fix = one_line(where), one_line(allowed), one_line(fix)
        super().__init__(f"{where}: got {self.got}; allowed {allowed}; fix: {fix}")

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows instead of the frames that led here."""
        return [f"gdlectures: {self}"]


class Stopped(BaseException):
    """A signal that asks the command to end; no ``except Exception`` on the way holds it up."""

    def __init__(self, signal_number: int) -> None:
        self.signal_number = signal_number
        super().__init__(signal_number)


def one_line(text: str) -> str:
    """Text with its control characters escaped, so that it cannot leave its line or paint the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def visible(text: str) -> str:
    """Text of any number of lines, escaped where it would paint a terminal or turn a line around."""
    if text.isprintable():
        return text
    from unicodedata import category

    return "".join(c if c == "\n" or category(c) == "Zs" else one_line(c) for c in text)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like one that is not known."""
    import difflib

    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.4)
    return close[0] if close else None


def usage(where: str, got: object, allowed: str, fix: str) -> Fault:
    """A word on the command line, or an argument in Python, that is not allowed."""
    return Fault(Exit.USAGE, where, got, allowed, fix)


def setting_fault(error: SettingError, exit_code: Exit = Exit.USAGE, inside: str = "") -> Fault:
    """A refused setting; `inside` names the lecture or file that it belongs to."""
    where = f"{inside} {error.where}" if inside else error.where
    return Fault(exit_code, where, error.got, error.allowed, error.fix)


def environment(error: OSError, path: str | os.PathLike[str], needed: int = 0) -> Fault:
    """What the disk or the system refused to write.

    Parameters
    ----------
    error : OSError
    path : path
        What was to be written, as the user named it.
    needed : int
        Bytes that it takes, told beside the free ones where the disk is full; 0 where nobody knows.
    """
    if error.errno in _FULL:
        return no_space(path, needed)
    refused = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    allowed = "a place that may be written" if refused else "a place that works"
    return Fault(Exit.ENVIRONMENT, str(path), error.strerror or str(error), allowed, "give another --out")


def unreadable(error: OSError, path: str | os.PathLike[str]) -> Fault:
    """What the system refused to read."""
    got, allowed = error.strerror or str(error), "a file that may be read"
    return Fault(Exit.ENVIRONMENT, str(path), got, allowed, "give another, or the right to read it")


def no_space(path: str | os.PathLike[str], needed: int) -> Fault:
    """A disk too full to hold what is to be written at a path."""
    free = free_bytes(path)
    return Fault(
        Exit.ENVIRONMENT,
        str(path),
        f"{free} bytes free",
        f"{needed} bytes or more" if needed else "as many as it takes",
        "free space there or give an --out on another disk",
    )


def free_bytes(path: str | os.PathLike[str]) -> int:
    """Free bytes of the disk that holds a path, or would hold it."""
    import shutil

    place = Path(path).absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return shutil.disk_usage(place).free


def disk_error(error: BaseException) -> OSError | None:
    """The disk's own error, however deep the exception that reports it wraps it."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if isinstance(current, OSError) and current.errno in DISK_ERRORS:
            return current
        current = current.__cause__ or current.__context__
    return None
