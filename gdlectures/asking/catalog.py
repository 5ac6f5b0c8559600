"""The catalog: finds the lectures, and is the only part of delivery that knows where they live."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import inspect
import math
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import gdscenes
from gdlectures.faults.errors import Exit, Fault, nearest, usage
from gdscenes.kit.type.language import LOCALE

if TYPE_CHECKING:
    from gdscenes.kit.lecture.lecture import Lecture

_PACKAGE = gdscenes.__name__
_FOLDER = Path(gdscenes.__path__[0]).resolve()
_CHAPTER = re.compile(r"^    chapter = (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A file that holds a lecture.

    Attributes
    ----------
    name : str
        What the lecture is called on the command line: the module's name with dashes.
    file : Path
    """

    name: str
    file: Path

    @property
    def folder(self) -> Path | None:
        """The folder that it lies in; None for a lecture that comes with the package."""
        return None if self.file.parent == _FOLDER else self.file.parent

    def sources(self) -> tuple[Path, ...]:
        """What the lecture draws with: its own file, the drawing vocabulary, and the catalogs of words."""
        catalogs = dict.fromkeys(folder / LOCALE for folder in (_FOLDER, self.file.parent))
        return (self.file, _FOLDER / "kit", *(folder for folder in catalogs if folder.is_dir()))


def entries(folder: Path | None = None) -> tuple[Entry, ...]:
    """The files of a folder that may hold a lecture, by chapter, then by name; nothing is imported.

    Parameters
    ----------
    folder : Path, optional
        The folder of the lectures that come with the package when left out.

    Raises
    ------
    Fault
        If there is no such folder.
    """
    place = _FOLDER if folder is None else folder
    if not place.is_dir():
        raise usage("--scenes", str(place), "a folder of lectures", "give --scenes an existing folder")
    files = [file for file in place.glob("*.py") if not file.name.startswith("_")]
    files.sort(key=lambda file: (_chapter(file), file.name))
    return tuple(Entry(file.stem.replace("_", "-"), file.absolute()) for file in files)


def _chapter(file: Path) -> float:
    try:
        found = _CHAPTER.search(file.read_text("utf-8", errors="replace"))
    except OSError:  # what is wrong with the file is told when it is loaded
        return math.inf
    return int(found[1]) if found else math.inf


def find(name: str, folder: Path | None = None) -> Entry:
    """The entry of a name; nothing is imported.

    Raises
    ------
    Fault
        If there is none; the nearest is named.
    """
    known = {entry.name: entry for entry in entries(folder)}
    if name not in known:
        near = nearest(name, known)
        fix = f"did you mean {near}?" if near else "see gdlectures list"
        raise usage("lecture", name, ", ".join(known), fix)
    return known[name]


def load(entry: Entry) -> type[Lecture]:
    """Import the lecture of an entry.

    Raises
    ------
    Fault
        If the file cannot be imported, or does not hold one lecture.
    """
    found = _lectures(_import(entry))
    if len(found) != 1:
        held = ", ".join(lecture.__name__ for lecture in found) or "no lecture"
        raise Fault(
            Exit.SCENE,
            str(entry.file),
            held,
            "one subclass of Lecture with a title of its own",
            "keep one lecture in a file; the name of a file without one starts with _",
        )
    return found[0]


def forget(entry: Entry) -> None:
    """Have the next `load` read the file of an entry anew."""
    sys.modules.pop(_module_name(entry.file), None)


def _module_name(file: Path) -> str:
    return f"{_PACKAGE if file.parent == _FOLDER else '_lectures_of_a_folder'}.{file.stem}"


def _lectures(module: ModuleType) -> list[type[Lecture]]:
    from gdscenes.kit.lecture.lecture import Lecture

    return [
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Lecture) and each.__module__ == module.__name__ and "title" in vars(each)
    ]


def _import(entry: Entry) -> ModuleType:
    with _no_collecting(), _no_manim_cfg():
        importlib.import_module("manim")
        # what the vocabulary lacks is no fault of the lecture that uses it
        importlib.import_module("gdscenes.kit.lecture.lecture")
    try:
        if entry.file.parent == _FOLDER:
            return importlib.import_module(_module_name(entry.file))
        return _import_file(entry.file)
    # a lecture's file is a user's code: what it raises, or its exit(0), is its own failure
    except (Exception, SystemExit) as error:
        raise Fault(
            Exit.SCENE,
            str(entry.file),
            f"{type(error).__name__}: {error}",
            "a file that Python imports",
            "mend the file; --debug shows where",
            traceback.format_exc(),
        ) from error


def _import_file(file: Path) -> ModuleType:
    name = _module_name(file)
    known = sys.modules.get(name)
    if known is not None and known.__file__ == str(file):
        return known
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    # dataclasses look their module up while the file is still running
    sys.modules[name] = module
    try:
        # what Python keeps compiled it knows by the second in which the file was saved
        exec(compile(file.read_bytes(), str(file), "exec"), vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Look for no garbage meanwhile: what is imported stays, and looking takes a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _no_manim_cfg() -> Iterator[None]:
    """Hide the manim.cfg of the folder and of the user, which Manim reads while it is imported."""
    if "manim" in sys.modules:
        yield
        return
    folder, home = os.getcwd(), os.environ.get("HOME")
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)
        os.environ["HOME"] = empty
        try:
            yield
        finally:
            os.chdir(folder)
            if home is None:
                del os.environ["HOME"]
            else:
                os.environ["HOME"] = home
