"""The output folder: who may write there, what a killed run left behind, files put in place whole."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gdlectures.faults.errors import Exit, Fault, environment
from gdlectures.faults.files import open_own, open_regular

_LOCK = ".rendering-lock"
_PRIVATE = ".rendering"


class FilmLock:
    """The right to write one film of a folder, held until `release` or until the process ends.

    The lock belongs to the open file and is handed to the worker as well: while it can be taken, neither
    the command that held it nor a worker that outlived the command writes there any more.

    Attributes
    ----------
    out : Path
    stem : str
        Name of the film's files without their suffix.
    descriptor : int
        The open file, to be inherited by the worker.
    """

    def __init__(self, out: Path, stem: str, descriptor: int) -> None:
        self.out, self.stem, self.descriptor = out, stem, descriptor

    @classmethod
    def take(cls, out: Path, stem: str) -> FilmLock | None:
        """The lock, or None while another process holds it."""
        path = _lock_path(out, stem)
        while True:
            descriptor = open_own(path)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # whoever held it may have deleted the file between the two calls
                if _is_same_file(descriptor, path):
                    os.truncate(descriptor, 0)
                    os.write(descriptor, f"{os.getpid()}\n".encode())
                    return cls(out, stem, descriptor)
            except BlockingIOError:
                os.close(descriptor)
                return None
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def private_folder(self) -> Path:
        """A new folder beside the films, for this film alone until it is whole."""
        return Path(tempfile.mkdtemp(prefix=f".{self.stem}.", suffix=_PRIVATE, dir=self.out))

    def release(self) -> None:
        """Give the lock back; its file goes with it."""
        with contextlib.suppress(OSError):
            _lock_path(self.out, self.stem).unlink()
        os.close(self.descriptor)


def holder(out: Path, stem: str) -> str:
    """The process that holds a film's lock, in words."""
    try:
        with open_regular(_lock_path(out, stem)) as file:
            text = file.read(32).decode("ascii").strip()
    except (OSError, ValueError):
        return "another process"
    return f"process {text}" if text.isdigit() else "another process"


@contextmanager
def writing(out: Path, stem: str) -> Iterator[Path]:
    """The right to write one film of a folder, and a private folder there to make it in.

    Raises
    ------
    Fault
        If another process has it.
    """
    lock = FilmLock.take(out, stem)
    if lock is None:
        raise _unfit(str(out / stem), holder(out, stem), "one writer at a time", "wait for it")
    try:
        private = lock.private_folder()
        try:
            yield private
        finally:
            discard(private)
    finally:
        lock.release()


def sweep(out: Path) -> None:
    """Remove the private folders of runs that were killed; those of living runs are locked and stay."""
    for stem in {_stem_of(folder) for folder in _private_folders(out)} | _stems_of_locks(out):
        with contextlib.suppress(OSError):
            lock = FilmLock.take(out, stem)
            if lock is not None:
                # listed again under the lock: what is there now has no owner
                for folder in _private_folders(out):
                    if _stem_of(folder) == stem:
                        discard(folder)
                lock.release()


def discard(folder: Path) -> None:
    """Remove a private folder and all that is in it."""
    shutil.rmtree(folder, ignore_errors=True)


def check_folder(out: Path, targets: Sequence[Path]) -> None:
    """Refuse an output folder before any work is done for it; writes nothing.

    Parameters
    ----------
    out : Path
        It need not exist.
    targets : sequence of Path
        Files that will be replaced there.

    Raises
    ------
    Fault
        If it is a file, cannot be written, or a folder stands where a file shall go.
    """
    try:
        place = out.absolute()
        while not place.exists() and place != place.parent:
            place = place.parent
        if not place.is_dir():
            raise _unfit("--out", str(out), f"a folder; {place} is a file", "give another --out")
        if not os.access(place, os.W_OK | os.X_OK):
            raise _unfit("--out", str(out), f"a folder; {place} may not be written", "give another --out")
        for target in targets:
            if target.exists() and not target.is_file():
                raise _unfit(str(target), "no regular file", "a file that may be replaced", "move it away")
    except OSError as error:
        raise environment(error, out) from None


def make_folder(out: Path) -> None:
    """Make the output folder and those above it.

    Raises
    ------
    Fault
        If the system refuses.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise environment(error, out) from None


def publish(files: Sequence[tuple[Path, Path]]) -> None:
    """Move whole files to their places, in order, on the same disk.

    Every file is on the disk before the first is moved: whoever looks finds each old or new, never half.

    Parameters
    ----------
    files : sequence of (source, target)

    Raises
    ------
    OSError
        If the disk refuses; what was not moved yet is as it was.
    """
    for source, _ in files:
        sync(source)
    for source, target in files:
        os.replace(source, target)
    for folder in {target.parent for _, target in files}:
        sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def write_whole(target: Path, content: bytes) -> Path:
    """Put a file at its place whole, or leave what is there as it was.

    Parameters
    ----------
    target : Path
        The folders above it are made.
    content : bytes

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    Fault
        If it cannot be written there, or another process is writing it.
    """
    folder = target.parent
    check_folder(folder, [target])
    make_folder(folder)
    sweep(folder)
    try:
        with writing(folder, target.name) as private:
            (private / "whole").write_bytes(content)
            publish([(private / "whole", target)])
    except OSError as error:
        raise environment(error, target, len(content)) from None
    return target


def _unfit(where: str, got: str, allowed: str, fix: str) -> Fault:
    return Fault(Exit.ENVIRONMENT, where, got, allowed, fix)


def sync(path: Path, flags: int = os.O_RDONLY) -> None:
    """Have the disk hold a file, or a folder's list of names, before anything else is done."""
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _lock_path(out: Path, stem: str) -> Path:
    return out / f".{stem}{_LOCK}"


def _private_folders(out: Path) -> list[Path]:
    return [each for each in out.glob(f".*.*{_PRIVATE}") if each.is_dir() and not each.is_symlink()]


def _stem_of(folder: Path) -> str:
    return folder.name.removesuffix(_PRIVATE).rsplit(".", 1)[0].removeprefix(".")


def _stems_of_locks(out: Path) -> set[str]:
    return {each.name.removesuffix(_LOCK).removeprefix(".") for each in out.glob(f".*{_LOCK}")}
