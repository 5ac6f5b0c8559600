"""The manifest beside a film: what it is, what it was made from, and the hashes that prove it."""

from __future__ import annotations

import errno
import json
import os
import types
import typing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gdlectures.asking.inputs import are_unchanged
from gdlectures.asking.provenance import file_digest
from gdlectures.asking.requests import Beat, Rendered
from gdlectures.faults.files import open_regular

_FORMAT = 9
_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Manifest:
    """What is known of one film; the fields are the entries of the JSON file.

    Attributes
    ----------
    lecture, title, question, summary : str
        Name and title of the lecture, what it asks, "" for nothing, and the sentence that says what it shows.
    language : str
        Of its words, such as ``"en"``.
    film, story : str
        Names of the mp4 and of the story, in the manifest's own folder.
    settings : dict
        Every knob by its Python name.
    knobs : tuple of (option, value, help)
        The same in words.
    cover : str
        The beat whose still stands for the lecture.
    theme, quality : str
    fps, width, height, frames : int
    seconds : float
    dataset : str
        Name of the dataset.
    data : dict or None
        A user's file, its columns and how they are taught, see `gdlectures.asking.data.data_entry`; None for
        a preset.
    dataset_sha256, sha256, story_sha256, sources : str
        Digests of the dataset, of the mp4, of the story and of the code.
    bytes : int
        Size of the mp4.
    versions : dict
        Of Python and of the libraries.
    inputs : dict
        Digests of the files that a user's lecture read, by their paths, see `gdlectures.asking.inputs`.
    live : dict or None
        What its live figure is told besides the dataset, see `gdlectures.asking.live.live_entry`.
    voice : dict or None
        Whose it is and its recordings, see `gdlectures.films.voicing.speak`; None for a silent film.
    beats : tuple of Beat
    beat : str or None
        The only one that the film shows; None for the whole lecture.
    start : int
        Frame of the whole lecture's film that is this one's first.
    asked, resolved : str
        Digest of the request in the words it was made in, and with every default filled in.
    """

    lecture: str
    title: str
    question: str
    summary: str
    language: str
    film: str
    story: str
    settings: dict[str, Any]
    knobs: tuple[tuple[str, str, str], ...]
    cover: str
    theme: str
    quality: str
    fps: int
    width: int
    height: int
    frames: int
    seconds: float
    dataset: str
    data: dict[str, Any] | None
    dataset_sha256: str
    sha256: str
    story_sha256: str
    sources: str
    bytes: int
    versions: dict[str, str]
    inputs: dict[str, str]
    live: dict[str, Any] | None
    voice: dict[str, Any] | None
    beats: tuple[Beat, ...]
    beat: str | None
    start: int
    asked: str
    resolved: str

    def text(self) -> str:
        """The manifest as its file holds it."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, indent=2, ensure_ascii=True) + "\n"

    def rendered(self, path: Path, unchanged: bool) -> Rendered:
        """The film that the manifest at `path` describes."""
        return Rendered(
            lecture=self.lecture,
            mp4=path.with_name(self.film),
            manifest=path,
            story=path.with_name(self.story),
            beats=self.beats,
            beat=self.beat,
            start=self.start,
            frames=self.frames,
            fps=self.fps,
            width=self.width,
            height=self.height,
            digest=self.sha256,
            unchanged=unchanged,
            key=self.resolved,
        )

    def is_true(self, path: Path) -> bool:
        """Whether the film and the story beside `path`, and what was read for them, are what it describes."""
        film, story = path.with_name(self.film), path.with_name(self.story)
        try:
            return (
                film.stat().st_size == self.bytes
                and file_digest(film) == self.sha256
                and file_digest(story) == self.story_sha256
                and are_unchanged(self.inputs)
            )
        except OSError:
            return False


def read_manifest(path: Path) -> Manifest | None:
    """The manifest in a file, or None where the file is missing or is no manifest of this release.

    A manifest only ever saves work: whatever is wrong with one, its film is rendered again.
    """
    try:
        with open_regular(path) as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            return None
        entries = json.loads(content.decode("ascii"))
        if entries.pop("format") != _FORMAT:
            return None
        entries["beats"] = tuple(map(Beat.read, entries["beats"]))
        entries["knobs"] = tuple(map(tuple, entries["knobs"]))
        manifest = Manifest(**entries)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return manifest if _is_sound(manifest) else None


def manifest_of(film: Rendered) -> Manifest:
    """The manifest of a film that was found or made just now.

    Raises
    ------
    OSError
        If it cannot be read any more.
    """
    manifest = read_manifest(film.manifest)
    if manifest is None:
        raise unreadable_now(film.manifest)
    return manifest


def unreadable_now(path: Path) -> OSError:
    """What to raise where the disk does not give back what was written just now."""
    return OSError(errno.EIO, os.strerror(errno.EIO), str(path))


def _is_sound(manifest: Manifest) -> bool:
    hints = typing.get_type_hints(Manifest)
    typed = all(_is_of(getattr(manifest, name), hint) for name, hint in hints.items())
    return typed and manifest.fps > 0 and _is_a_name(manifest.film) and _is_a_name(manifest.story)


def _is_a_name(text: str) -> bool:
    """Whether it can be a file's, in the manifest's own folder and nowhere else."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return "\0" not in text and text not in ("", "..") and text == Path(text).name


def _is_of(value: object, hint: Any) -> bool:
    """Whether a value out of JSON is what an annotation says."""
    of, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if of is types.UnionType:
        return any(_is_of(value, each) for each in parts)
    if of is dict:
        keys, values = parts
        return type(value) is dict and all(_is_of(k, keys) and _is_of(v, values) for k, v in value.items())
    if of is tuple:
        if type(value) is not tuple:
            return False
        each_of = parts[:1] * len(value) if parts[-1] is ... else parts
        return len(value) == len(each_of) and all(map(_is_of, value, each_of))
    return type(value) is hint


def find_answer(out: Path, asked: str) -> Rendered | None:
    """The film in a folder that answers a request made in these words, if it is there and unharmed."""
    try:
        paths = sorted(out.glob("*.json"))
    except OSError:
        return None
    for path in paths:
        answer = answer_at(path, asked)
        if answer is not None:
            return answer
    return None


def answer_at(path: Path, digest: str) -> Rendered | None:
    """The film of one manifest, if it answers a request with this digest and is unharmed."""
    manifest = read_manifest(path)
    if manifest is None or digest not in (manifest.asked, manifest.resolved) or not manifest.is_true(path):
        return None
    return manifest.rendered(path, unchanged=True)
