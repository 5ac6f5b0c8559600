"""Files that somebody else may have put there: read where they are files, written where they are no links."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path


def open_regular(path: Path) -> io.BufferedReader:
    """A regular file, opened for reading; of a pipe or a device nothing is waited for.

    Raises
    ------
    OSError
        If it is missing, cannot be read or is no regular file.
    """
    return os.fdopen(
        _checked(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), path, links=None), "rb"
    )


def open_own(path: Path) -> int:
    """A file of ours, made if it is not there, as a descriptor for reading and writing.

    Raises
    ------
    OSError
        If it is a link to another file, of any kind, or no regular file.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return _checked(os.open(path, flags, 0o666), path, links=1)


def _checked(descriptor: int, path: Path, links: int | None) -> int:
    status = os.fstat(descriptor)
    # of a file that was deleted just now no name is left
    if stat.S_ISREG(status.st_mode) and (links is None or status.st_nlink <= links):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "no regular file of its own", str(path))
