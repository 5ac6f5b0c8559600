"""Where a film comes from: a digest of the code and of the request that it depends on."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gdlectures.asking.catalog import Entry
from gdlectures.faults.files import open_regular

_DRAWING = (
    "asking/sound.py",
    "asking/stories.py",
    "films/cutting.py",
    "films/encoding.py",
    "films/messages.py",
    "films/page_words.py",
    "films/pieces.py",
    "films/reading.py",
    "films/sounding.py",
    "films/voicing.py",
    "films/worker.py",
)
"""Files of delivery that a film depends on; what is made of a film may change without it."""
_LIBRARIES = ("gdlectures", "manim", "numpy", "typst", "av", "pillow", "pycairo", "manimpango")


def versions(entry: Entry) -> dict[str, str]:
    """Versions of Python and of every library that can change a frame of a lecture.

    torch is one only for a lecture that names it: the films of all others stay when it comes or goes.
    """
    return drawing_versions() | ({"torch": _version("torch")} if names_torch(entry) else {})


def names_torch(entry: Entry) -> bool:
    """Whether a lecture's own file speaks of torch."""
    return b"torch" in entry.file.read_bytes()


def drawing_versions() -> dict[str, str]:
    """Versions of Python and of every library that draws or encodes frames, whatever the lecture."""
    return {"python": platform.python_version()} | {name: _version(name) for name in _LIBRARIES}


def _version(name: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def covered(entry: Entry) -> list[Path]:
    """Files and folders of the code that one lecture's film depends on.

    That is the mathematics, what draws and encodes, the drawing vocabulary and the lecture's own file.
    """
    delivery = Path(__file__).parents[1]
    return [*_mathematics(), *(delivery / name for name in _DRAWING), *entry.sources()]


def source_digest(entry: Entry) -> str:
    """sha256, in hex, of the code that one lecture's film depends on.

    Other lectures, and what is made of films, may change without it.
    """
    sha = hashlib.sha256()
    for root in covered(entry):
        for file in [root] if root.is_file() else _files(root):
            content = file.read_bytes()
            sha.update(f"{file.relative_to(root.parent).as_posix()}\0{len(content)}\0".encode())
            sha.update(content)
    return sha.hexdigest()


def request_digest(parts: Mapping[str, Any]) -> str:
    """sha256, in hex, of what was asked for; equal requests give equal digests.

    Values that are no JSON count by their type and their repr, so that 0.1 and "0.1" differ.
    """

    def plain(value: object) -> str:
        return f"{type(value).__name__} {value!r}"

    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=plain).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """sha256, in hex, of a file's content."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def readable_digest(path: Path) -> str:
    """`file_digest` of a file; "" where there is none that can be read, which reading it will tell."""
    try:
        return file_digest(path) if path.is_file() else ""
    except (OSError, ValueError):
        return ""


def _mathematics() -> list[Path]:
    # found, not imported: gdmath would bring NumPy along
    spec = importlib.util.find_spec("gdmath")
    return [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []


def _files(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if f.is_file() and "__pycache__" not in f.parts)
