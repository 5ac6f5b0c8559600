"""The cache of masters: a lecture is drawn once, and everything else is made from its lossless frames.

It lies in ``$XDG_CACHE_HOME/gdlectures``, or in ``~/.cache/gdlectures``: masters are large and can be made
again, and every folder of films shares them. An entry is a folder, named by the digest of its request, that
holds the master and the film, story and manifest that came with it; ``digests.json`` tells the hash of each.
An entry that does not agree with its digests is set aside.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gdlectures.asking.inputs import are_unchanged
from gdlectures.asking.provenance import file_digest
from gdlectures.asking.requests import Rendered
from gdlectures.faults.files import open_regular
from gdlectures.films import publishing
from gdlectures.films.manifest import Manifest, read_manifest

MASTER = "master"
"""Stem of the lossless film in its entry."""
DEFAULT_LIMIT = 10 * 10**9
"""Bytes that the cache may take unless another limit was set."""

_DIGESTS = "digests.json"
_ASIDE = "set-aside"
_LIMIT = "limit"
_LARGEST_TELLING = 64 * 1024
_YOUNG = 5.0  # seconds in which a folder that is stored may not be locked yet
_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class CacheEntry:
    """One master in the cache: what it is of, in words, how large, and when it was last used."""

    folder: Path
    told: str
    bytes: int
    used: float


class MasterCache:
    """Masters by the digest of their request.

    Parameters
    ----------
    root : Path, optional
        Its folder, by default the user's.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = cache_folder() if root is None else root

    def find(self, key: str) -> Path | None:
        """The folder of an entry whose every file is whole, or None; a harmed entry is set aside."""
        folder = self.root / key
        if not folder.is_dir():
            return None
        if not _is_whole(folder):
            self._set_aside(folder)
            return None
        with contextlib.suppress(OSError):
            os.utime(folder / _DIGESTS)
        return folder

    def answer(self, digest: str) -> Rendered | None:
        """The entry that answers a request with this digest, in its words or with every default filled in."""
        for folder in self._folders():
            manifest, _ = _manifest(folder)
            if manifest is not None and digest in (manifest.asked, manifest.resolved):
                return self.entry(folder.name)
        return None

    def entry(self, key: str) -> Rendered | None:
        """The film, story and manifest of an entry, if it is there and whole."""
        folder = self.find(key)
        if folder is None:
            return None
        manifest, path = _manifest(folder)
        if manifest is None or manifest.resolved != key:
            self._set_aside(folder)
            return None
        if not are_unchanged(manifest.inputs):
            return None
        return manifest.rendered(path, unchanged=True)

    def store(self, key: str, files: Sequence[Path]) -> Path:
        """Copy files into an entry, which takes the place of an older one; what is least used makes room.

        Returns
        -------
        Path
            The entry.

        Raises
        ------
        OSError
            If the disk refuses; the older entry stands then.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{key}.", suffix=".storing", dir=self.root))
        storing = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(storing, fcntl.LOCK_EX)
            digests = {}
            for file in files:
                shutil.copyfile(file, made / file.name)
                digests[file.name] = [file.stat().st_size, file_digest(made / file.name)]
            (made / _DIGESTS).write_text(json.dumps({"key": key, "files": digests}), "ascii")
            for each in made.iterdir():
                publishing.sync(each)
            older = self.root / key
            if older.exists():
                os.rename(older, made / "older")
            os.rename(made, older)
            shutil.rmtree(older / "older", ignore_errors=True)
        except BaseException:
            publishing.discard(made)
            raise
        finally:
            os.close(storing)
        self.prune(keep=key)
        return older

    @contextmanager
    def held(self, folder: Path) -> Iterator[None]:
        """Keep an entry from being dropped while it is read."""
        with open_regular(folder / _DIGESTS) as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    def entries(self) -> list[CacheEntry]:
        """What is in the cache, last used first."""
        found = []
        for folder in self._folders():
            with contextlib.suppress(OSError):
                manifest, _ = _manifest(folder)
                told = "harmed" if manifest is None else _told(manifest)
                used = (folder / _DIGESTS).stat().st_mtime
                found.append(CacheEntry(folder, told, _size(folder), used))
        return sorted(found, key=lambda entry: entry.used, reverse=True)

    @property
    def limit(self) -> int:
        """Bytes that the cache may take."""
        try:
            with open_regular(self.root / _LIMIT) as file:
                return int(file.read(32))
        except (OSError, ValueError):
            return DEFAULT_LIMIT

    def set_limit(self, limit: int) -> None:
        """Set the limit, and drop what is beyond it."""
        publishing.write_whole(self.root / _LIMIT, f"{limit}\n".encode())
        self.prune()

    def clear(self) -> int:
        """Drop every entry that nobody reads; the bytes that became free."""
        return self._drop_left() + self._drop_aside() + sum(map(_drop, self.entries()))

    def prune(self, keep: str = "") -> int:
        """Drop what is least recently used until the limit is kept; the bytes that became free."""
        self._drop_left()
        entries = self.entries()
        excess = sum(entry.bytes for entry in entries) + _size(self.root / _ASIDE) - self.limit
        freed = self._drop_aside() if excess > 0 else 0
        for entry in reversed(entries):
            if freed < excess and entry.folder.name != keep:
                freed += _drop(entry)
        return freed

    def _folders(self) -> list[Path]:
        try:
            return [each for each in self.root.iterdir() if _KEY.fullmatch(each.name)]
        except OSError:
            return []

    def _set_aside(self, folder: Path) -> None:
        aside = self.root / _ASIDE
        with contextlib.suppress(OSError):
            aside.mkdir(exist_ok=True)
            shutil.rmtree(aside / folder.name, ignore_errors=True)
            os.rename(folder, aside / folder.name)

    def _drop_left(self) -> int:
        """Delete what killed runs were storing; the bytes that became free."""
        freed = 0
        for left in self.root.glob(".*.storing"):
            with contextlib.suppress(OSError):
                descriptor = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if time.time() - os.fstat(descriptor).st_mtime > _YOUNG:
                        freed += _size(left)
                        publishing.discard(left)
                finally:
                    os.close(descriptor)
        return freed

    def _drop_aside(self) -> int:
        freed = _size(self.root / _ASIDE)
        shutil.rmtree(self.root / _ASIDE, ignore_errors=True)
        return freed


def cache_folder() -> Path:
    """Where the user keeps caches."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if os.path.isabs(given) else Path.home() / ".cache") / "gdlectures"


def _manifest(folder: Path) -> tuple[Manifest | None, Path]:
    for path in folder.glob("*.json"):
        if path.name != _DIGESTS and (manifest := read_manifest(path)) is not None:
            return manifest, path
    return None, folder


def _told(manifest: Manifest) -> str:
    """What tells a film from others of its lecture."""
    name = Path(manifest.story).stem
    look = f"{manifest.width} x {manifest.height}, {manifest.fps} frames a second"
    clear = ["no ground"] * (Path(manifest.film).suffix == ".mov")
    return "  ".join(
        [
            name,
            ", ".join([look, *clear, *["with a voice"] * (manifest.voice is not None)]),
            *(f"{option} {value}" for option, value, _ in manifest.knobs),
        ]
    )


def _is_whole(folder: Path) -> bool:
    try:
        with open_regular(folder / _DIGESTS) as file:
            told = json.loads(file.read(_LARGEST_TELLING).decode("ascii"))
        return (
            told["key"] == folder.name
            and bool(told["files"])
            and all(
                (folder / name).stat().st_size == size and file_digest(folder / name) == digest
                for name, (size, digest) in told["files"].items()
                if name == Path(name).name
            )
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False


def _drop(entry: CacheEntry) -> int:
    """Delete an entry unless somebody reads it; the bytes that became free."""
    try:
        with open_regular(entry.folder / _DIGESTS) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(entry.folder)
    except OSError:
        return 0
    return entry.bytes


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
