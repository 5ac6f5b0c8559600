"""Stories on the disk: all that a film was drawn from, in one sealed file.

The header holds the lecture, its settings, the dataset's scalars, names and sizes of the runs; the payload
x and y as float64, train and validation indices as int64, little-endian, then each run as
`gdmath.Trajectory.save` writes it. Of a recorded run there is no dataset, and the payload is the run as
`gdmath.encode_projection` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import gdmath
from gdlectures.asking.data import data_knob
from gdlectures.asking.runs import run_knob
from gdlectures.faults.errors import Exit, Fault, setting_fault, unreadable
from gdmath.sealed import SealedFormat
from gdscenes.kit.lecture.settings import SettingError, with_values

if TYPE_CHECKING:
    from gdscenes.kit.lecture.lecture import Lecture
    from gdscenes.kit.lecture.story import AnyStory

_MAX_POINTS = 1_000_000
_MAX_RUNS = 64
_ARRAYS = {"x": "<f8", "y": "<f8", "train_indices": "<i8", "validation_indices": "<i8"}
"""The dataset's arrays in the order of the payload; every other field of it stands in the header."""
_SCALARS = tuple(field.name for field in fields(gdmath.Dataset) if field.name not in _ARRAYS)
_TUPLES = tuple(f.name for f in fields(gdmath.Dataset) if str(f.type).startswith("tuple"))
_FORMAT = SealedFormat(
    "story",
    marker=b"\x89GDSTOR\n",
    version=3,
    entries=("lecture", "settings", "dataset", "sizes", "runs", "recording"),
    largest_header=64 * 1024,
    largest_payload=64 * 1024 * 1024,
)


@dataclass(frozen=True)
class StoredStory:
    """A story as its file tells it, before the lecture is known.

    Attributes
    ----------
    lecture : str
        Name in the catalog.
    settings : mapping of str to object
    drawn_from : mapping of str to object
        Dataset and runs, or the recording: what the story has beside its settings.
    path : Path
        The file it came from.
    """

    lecture: str
    settings: Mapping[str, Any]
    drawn_from: Mapping[str, Any]
    path: Path

    def story_of(self, lecture: type[Lecture]) -> AnyStory:
        """The lecture's own story, settings checked.

        Raises
        ------
        Fault
            If the lecture does not know these settings, or tells of something else.
        """
        try:
            settings = with_values(lecture.settings, self._values(lecture))
        except SettingError as error:
            raise setting_fault(error, Exit.DATA, inside=str(self.path)) from None
        try:
            return lecture.story_type(settings=settings, **self.drawn_from)
        except TypeError:
            raise refused(self.path, f"a story of {', '.join(self.drawn_from)}") from None

    def _values(self, lecture: type[Lecture]) -> dict[str, Any]:
        """The settings; for the name of a user's data or run, the dataset or the run itself."""
        values, kind = dict(self.settings), type(lecture.settings)
        for takes, own in ((data_knob(kind), "dataset"), (run_knob(kind), "recording")):
            is_own = takes is not None and values.get(takes.name) not in takes.choices
            if takes is not None and is_own and own in self.drawn_from:
                values[takes.name] = self.drawn_from[own]
        return values


def settings_of(story: AnyStory) -> dict[str, Any]:
    """The settings of a story by their Python names; of a user's data or run the name."""
    values = {field.name: getattr(story.settings, field.name) for field in fields(story.settings)}
    own = gdmath.Table, gdmath.Dataset, gdmath.ProjectedRun
    return {name: it.name if isinstance(it, own) else it for name, it in values.items()}


def encode(lecture: str, story: AnyStory) -> bytes:
    """A story as the bytes of its file; equal stories give equal bytes."""
    from gdscenes.kit.lecture.recorded import RecordedStory
    from gdscenes.kit.lecture.story import Story

    header: dict[str, Any] = {"lecture": lecture, "settings": settings_of(story), "recording": False}
    if isinstance(story, RecordedStory):
        header |= {"dataset": None, "sizes": [], "runs": [], "recording": True}
        return _FORMAT.seal(header, gdmath.encode_projection(story.recording))
    assert isinstance(story, Story), "a story is of a dataset or a recording"
    dataset, runs = story.dataset, {name: gdmath.encode_trajectory(run) for name, run in story.runs.items()}
    arrays = [getattr(dataset, name).astype(dtype) for name, dtype in _ARRAYS.items()]
    header |= {
        "dataset": {name: _plain(getattr(dataset, name)) for name in _SCALARS},
        "sizes": [array.size for array in arrays],
        "runs": [[name, len(content)] for name, content in runs.items()],
    }
    return _FORMAT.seal(header, *(array.tobytes() for array in arrays), *runs.values())


def read(path: Path) -> StoredStory:
    """Read back what `encode` gave, bit for bit.

    Nothing in the file is executed, and no memory is taken on its word.

    Raises
    ------
    Fault
        If the file is missing, cut, altered, of another kind or of another version.
    """
    try:
        return _decode(_FORMAT.read(path), path)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise refused(path, "no such file") from None
        raise unreadable(error, path) from None
    except ValueError as error:
        raise refused(path, str(error)) from None


def refused(path: Path, reason: str) -> Fault:
    """What to raise where a story cannot be taken, and why."""
    return Fault(
        Exit.DATA,
        str(path),
        reason,
        "a .story file as gdlectures render writes it",
        "render the lecture anew",
    )


def _decode(content: bytes, path: Path) -> StoredStory:
    header, payload = _FORMAT.open(content)
    if header["recording"] is True:
        try:
            run = gdmath.decode_projection(payload)
        except ValueError as error:
            raise ValueError(f"the run in it: {error}") from None
        _check_words(header)
        return StoredStory(header["lecture"], header["settings"], {"recording": run}, path)
    _check(header)
    sizes, lengths = header["sizes"], [length for _, length in header["runs"]]
    if 8 * sum(sizes) + sum(lengths) != len(payload):
        raise ValueError(f"{len(payload)} bytes of payload, and its header claims another number")

    arrays: dict[str, Any] = {}
    offset = 0
    for size, (name, dtype) in zip(sizes, _ARRAYS.items(), strict=True):
        arrays[name] = np.frombuffer(payload, dtype, size, offset)
        offset += 8 * size
    runs = {}
    for name, length in header["runs"]:
        runs[name] = _trajectory(payload[offset : offset + length])
        offset += length
    scalars = dict(header["dataset"])
    scalars |= {name: tuple(scalars[name]) for name in _TUPLES}
    try:
        scalars["start"] = np.array(scalars["start"], dtype=np.float64)
        if scalars["frame"] is not None:
            scalars["frame"] = gdmath.TeachingFrame(*scalars["frame"])
        dataset = gdmath.Dataset(**arrays, **scalars)
        for words in scalars.values():
            if isinstance(words, str) and not words.isprintable():
                raise ValueError(f"{words!r:.80} in its dataset")
    except (TypeError, OverflowError) as error:
        raise ValueError(f"its dataset is of the wrong kind: {error}") from None
    return StoredStory(header["lecture"], header["settings"], {"dataset": dataset, "runs": runs}, path)


def _check(header: Mapping[str, Any]) -> None:
    """Raise ValueError unless each entry of the header is of its kind and within its cap."""
    dataset, sizes, runs = header["dataset"], header["sizes"], header["runs"]
    _check_words(header)
    is_plain = (
        header["recording"] is False
        and isinstance(dataset, dict)
        and dataset.keys() == set(_SCALARS)
        and all(isinstance(dataset[name], list) for name in ("start", *_TUPLES))
        and isinstance(dataset["frame"], list | None)
        and _whole_numbers(sizes, _MAX_POINTS)
        and len(sizes) == len(_ARRAYS)
        and isinstance(runs, list)
        and len(runs) <= _MAX_RUNS
        and all(isinstance(run, list) and len(run) == 2 and isinstance(run[0], str) for run in runs)
        and _whole_numbers([run[1] for run in runs], _FORMAT.largest_payload)
    )
    if not is_plain:
        raise ValueError("its header has an entry beyond what is allowed")


def _check_words(header: Mapping[str, Any]) -> None:
    """Raise ValueError unless the lecture is a name, and its settings have names."""
    if not isinstance(header["lecture"], str) or not isinstance(header["settings"], dict):
        raise ValueError("its header has an entry beyond what is allowed")


def _whole_numbers(values: object, largest: int) -> bool:
    return isinstance(values, list) and all(type(each) is int and 0 <= each <= largest for each in values)


def _plain(value: Any) -> Any:
    if isinstance(value, gdmath.TeachingFrame):
        return list(astuple(value))
    return value.tolist() if isinstance(value, np.ndarray) else value


def _trajectory(content: memoryview) -> gdmath.Trajectory:
    try:
        return gdmath.decode_trajectory(content)
    except ValueError as error:
        raise ValueError(f"a run in it: {error}") from None
