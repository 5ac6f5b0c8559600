"""Lectures in words and as JSON: what `list` and `show` print."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gdlectures.faults.progress import clock
from gdscenes.kit.lecture.settings import knobs

if TYPE_CHECKING:
    from gdscenes.kit.lecture.lecture import Lecture


@dataclass(frozen=True)
class KnobDescription:
    """One setting of a lecture: how to set it, what it is and what it may be."""

    name: str
    option: str
    default: Any
    allowed: str
    help: str


@dataclass(frozen=True)
class Description:
    """What a lecture says of itself.

    Attributes
    ----------
    name, title : str
    about : str
        First sentence of its docstring.
    seconds : int
        Length with default settings.
    theme : str
        Its own, used unless another is asked for.
    beats : dict of str to str
        The beats in order, each with the speaker's note.
    knobs : tuple of KnobDescription
    """

    name: str
    title: str
    about: str
    seconds: int
    theme: str
    beats: dict[str, str]
    knobs: tuple[KnobDescription, ...]

    def as_json(self) -> dict[str, Any]:
        """The description as plain values; beats as a list, for their order means something."""
        beats = [{"name": name, "note": note} for name, note in self.beats.items()]
        return dataclasses.asdict(self) | {"beats": beats}


def describe(name: str, lecture: type[Lecture]) -> Description:
    """The description of a lecture."""
    about = (inspect.getdoc(lecture) or "").split("\n\n")[0].replace("\n", " ")
    return Description(
        name=name,
        title=lecture.title,
        about=about,
        seconds=lecture.seconds,
        theme=lecture.theme,
        beats=dict(lecture.beats),
        knobs=tuple(
            KnobDescription(
                name=knob.name,
                option=knob.option,
                default=getattr(lecture.settings, knob.name),
                allowed=knob.limits,
                help=knob.help,
            )
            for knob in knobs(type(lecture.settings))
        ),
    )


def listing(descriptions: Sequence[Description]) -> str:
    """All lectures, one a row."""
    rows = [("name", "length", "title", "beats")]
    rows += [(d.name, clock(d.seconds), d.title, ", ".join(d.beats)) for d in descriptions]
    return _table(rows)


def page(description: Description) -> str:
    """One lecture in full."""
    return "\n".join(
        [
            f"{description.name}  {clock(description.seconds)}",
            f"{description.title}{'' if description.title.endswith('?') else '.'} {description.about}",
            "",
            "Beats",
            *(f"  {line}" for line in _table(list(description.beats.items())).splitlines()),
            "",
            "Knobs",
            *(f"  {line}" for line in knob_table(description)),
        ]
    )


def knob_table(description: Description) -> list[str]:
    """The knobs of a lecture, one a row under a head."""
    rows = [(each.option, written(each.default), each.allowed, each.help) for each in description.knobs]
    return _table([("option", "default", "allowed", ""), *rows]).splitlines()


def written(value: object) -> str:
    """A default as it is written on the command line."""
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows in aligned columns; the last is left ragged."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)][:-1]
    lines = ["  ".join([*map(str.ljust, row[:-1], widths), row[-1]]) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
