"""Sealed files: a header and a payload in one file that is checked before any of it is believed.

::

    8 bytes   marker            4 bytes  version       4 bytes  length of the header
    header    JSON, ASCII
    payload   as the header describes it
    32 bytes  sha256 of everything above
"""

import hashlib
import json
import os
import secrets
import stat
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

_PREFIX: Final = struct.Struct("<8sII")
_HASH_SIZE: Final = hashlib.sha256().digest_size


@dataclass(frozen=True)
class SealedFormat:
    """A kind of sealed file: how it is told from others, and how large it may be.

    Nothing in a file is executed, and no memory is taken on its word. What is refused raises ValueError
    with the reason; who knows the path names it.

    Parameters
    ----------
    name
        What a person calls such a file.
    marker : 8 bytes
        How it starts.
    version
        The one that is written and read.
    entries
        Names of the header's entries, all of them.
    largest_header, largest_payload
        Bytes.
    """

    name: str
    marker: bytes
    version: int
    entries: tuple[str, ...]
    largest_header: int
    largest_payload: int

    def seal(self, header: Mapping[str, Any], *payload: bytes) -> bytes:
        """Return the bytes of a file; they depend on header and payload only.

        Raises
        ------
        ValueError
            When the file could not be opened again: a number is not finite, or a part is too large.
        """
        text = json.dumps(header, sort_keys=True, allow_nan=False, separators=(",", ":")).encode("ascii")
        allowed = {"header": self.largest_header, "payload": self.largest_payload}
        for part, size in {"header": len(text), "payload": sum(map(len, payload))}.items():
            if size > allowed[part]:
                raise ValueError(
                    f"got a {part} of {size} bytes; allowed {allowed[part]} in a {self.name} file"
                )
        body = b"".join([_PREFIX.pack(self.marker, self.version, len(text)), text, *payload])
        return body + hashlib.sha256(body).digest()

    def open(self, content: bytes | memoryview) -> tuple[dict[str, Any], memoryview]:
        """Return header and payload of a file's bytes, the payload as a view of them.

        Raises
        ------
        ValueError
            When they are cut, altered, of another kind or version, or the header has other entries.
        """
        content = memoryview(content)
        if len(content) < _PREFIX.size + _HASH_SIZE or content[:8] != self.marker:
            raise ValueError(f"not a {self.name} file: it starts with {bytes(content[:8])!r}")
        _, version, header_size = _PREFIX.unpack_from(content)
        if version != self.version:
            remedy = "read it with the release that wrote it"
            raise ValueError(f"got format version {version}; allowed {self.version}, {remedy}")
        if header_size > self.largest_header:
            raise ValueError(f"got a header of {header_size} bytes; allowed {self.largest_header}")
        body, digest = content[:-_HASH_SIZE], content[-_HASH_SIZE:]
        if hashlib.sha256(body).digest() != digest:
            raise ValueError("its sha256 does not match: it was cut short, added to or altered")
        start = _PREFIX.size + header_size
        if start > len(body):
            raise ValueError(f"got a header of {header_size} bytes; allowed what is left of {len(body)}")
        try:
            header = json.loads(bytes(body[_PREFIX.size : start]), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise ValueError("its header is not JSON") from None
        if not isinstance(header, dict) or header.keys() != set(self.entries):
            raise ValueError(f"its header has other entries than {', '.join(self.entries)}")
        return header, body[start:]

    def read(self, path: Path) -> bytes:
        """Return the bytes of a file that may be one of this kind.

        Raises
        ------
        ValueError
            When it is no regular file, too large, or grows while it is read.
        OSError
            When it is missing or cannot be read.
        """
        largest = _PREFIX.size + self.largest_header + self.largest_payload + _HASH_SIZE
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("no regular file")
        if status.st_size > largest:
            raise ValueError(f"got {status.st_size} bytes; allowed {largest}")
        with open(path, "rb") as file:
            # read() takes memory for what it is asked for, not for what is there.
            content = file.read(status.st_size + 1)
        if len(content) > status.st_size:
            raise ValueError("it grew while it was read")
        return content


def check_header(header: Mapping[str, Any], allowed: Mapping[str, Callable[[Any], bool]]) -> None:
    """Refuse a header of which an entry is beyond what is allowed.

    Raises
    ------
    ValueError
        When one is; it is named.
    """
    for key, is_allowed in allowed.items():
        if not is_allowed(header[key]):
            raise ValueError(f"its header has {key} = {str(header[key])[:80]!r}, beyond what is allowed")


class SealedFileError(ValueError):
    """A file that is none of its kind, or no longer is: names the path and what is wrong with it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all.

    It is written under a temporary name in the same folder, forced to the disk, and renamed: whoever
    looks finds the old file or the new one.

    Raises
    ------
    OSError
        When the disk refuses; an earlier file of that name is then untouched.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _sync_folder(folder: Path) -> None:
    """Force the rename itself to the disk, where the system can open a folder."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
