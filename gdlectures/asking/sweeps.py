"""A sweep: one lecture with every combination of the values that its knobs are given."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gdlectures.asking import catalog
from gdlectures.asking.descriptions import written
from gdlectures.asking.planning import check_known, plan_films
from gdlectures.asking.requests import RenderRequest
from gdlectures.faults.errors import Fault, usage
from gdscenes.kit.lecture.settings import Knob, SettingError, knobs

MOST_STILLS, MOST_FILMS = 100, 25
"""Cells of a grid: more stills cannot be told apart on one sheet, and more films do not play smoothly."""

_FEWEST_DIGITS = 3
_OFF = 0.05  # of the way to the next value
"""Values inside a range have as few digits, three or more, as put them no further from their places."""


@dataclass(frozen=True)
class Axis:
    """A knob with the values that it takes in turn."""

    knob: Knob
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """As it is read: "learning rate"."""
        return self.knob.name.replace("_", " ")


@dataclass(frozen=True)
class Cell:
    """One film of a grid.

    Attributes
    ----------
    values : tuple of str
        The values of the axes, as they are read.
    label : str
        The same with their names: "learning rate 0.05; n steps 20".
    request : RenderRequest
    """

    values: tuple[str, ...]
    label: str
    request: RenderRequest


@dataclass(frozen=True)
class Grid:
    """Films of one lecture that differ in some knobs.

    Attributes
    ----------
    request : RenderRequest
        What all of them share; its knobs are those with one value, and its beat is what is shown.
    axes : tuple of Axis
        The knobs with several values, as they were given. The last runs across, the others run down.
    cells : tuple of Cell
        Row after row.
    words : tuple of (option, word)
        What it was asked for by.
    """

    request: RenderRequest
    axes: tuple[Axis, ...]
    cells: tuple[Cell, ...]
    words: tuple[tuple[str, str], ...]

    @property
    def columns(self) -> int:
        return len(self.axes[-1].values)


def grid_of(request: RenderRequest, given: Mapping[str, Sequence[str]], most: int) -> Grid:
    """The grid that the words given for knobs ask for.

    A word may hold several values: a list ``0.1,0.2,0.5``; a range ``0.1:0.5:3``, three values from 0.1 to
    0.5; a range by equal factors, ``0.01:1:3:log``. Where a value is itself some numbers, each of them may be
    a range; and any knob may be given more than once.

    Parameters
    ----------
    request : RenderRequest
        The film without these knobs; without a beat, the lecture's cover is taken.
    given : mapping of str to sequence of str
        Words by the Python names of knobs.
    most : int
        Cells that it may have.

    Raises
    ------
    Fault
        If there is no such knob, there are no several values, or there are too many.
    SettingError
        If a value is beyond the limits of its knob.
    """
    lecture = catalog.load(catalog.find(request.lecture, request.scenes))
    beat = request.beat or lecture.cover or list(lecture.beats)[-1]
    check_known(list(given), [lecture])
    known = {each.name: each for each in knobs(type(lecture.settings))}
    every = [Axis(known[name], _values(known[name], words, most)) for name, words in given.items()]
    axes = tuple(axis for axis in every if len(axis.values) > 1)
    if not axes:
        fix = "give a knob a list or a range, such as --learning-rate 0.1:0.5:5"
        raise usage("sweep", "one film", "several values of a knob", fix)
    _check_count(math.prod(len(axis.values) for axis in axes), most)
    shared = {axis.knob.name: axis.values[0] for axis in every if len(axis.values) == 1}
    request = dataclasses.replace(request, knobs=shared, beat=beat)
    cells = tuple(
        _cell(request, axes, values) for values in itertools.product(*(axis.values for axis in axes))
    )
    told = tuple((known[name].option, word) for name, words in given.items() for word in words)
    return Grid(request, axes, cells, told)


def refused(grid: Grid) -> dict[int, Fault]:
    """Which cells the lecture refuses, by their numbers, and why; computes every story, draws nothing.

    Raises
    ------
    Fault
        If it refuses them all.
    """
    found = {}
    for number, cell in enumerate(grid.cells):
        try:
            plan_films([cell.request])
        except Fault as fault:
            found[number] = fault
    if len(found) == len(grid.cells):
        raise found[0]
    return found


def value_in_words(value: object) -> str:
    """A value as it is read: 1.0 is "1"."""
    if isinstance(value, tuple):
        return ", ".join(map(value_in_words, value))
    return repr(value).removesuffix(".0") if isinstance(value, float) else written(value)


def _cell(shared: RenderRequest, axes: Sequence[Axis], values: Sequence[Any]) -> Cell:
    own = {axis.knob.name: value for axis, value in zip(axes, values, strict=True)}
    words = tuple(map(value_in_words, values))
    label = "; ".join(f"{axis.name} {word}" for axis, word in zip(axes, words, strict=True))
    return Cell(words, label, dataclasses.replace(shared, knobs={**shared.knobs, **own}))


def _values(knob: Knob, words: Sequence[str], most: int) -> tuple[Any, ...]:
    """The values that words mean, each once."""
    if knob.kind is str and not knob.choices:  # free text is never taken apart
        return tuple(dict.fromkeys(map(knob.parse, words)))
    found: list[Any] = []
    for word in words:
        parts = [part.strip() for part in word.split(",")]
        if knob.length is None:
            found += itertools.chain.from_iterable(_part(knob, part, most) for part in parts)
        elif len(parts) == knob.length:
            number = dataclasses.replace(knob, length=None, fewest=None, optional=False)
            each = [_part(number, part, most) for part in parts]
            _check_count(math.prod(map(len, each)), most)
            found += itertools.product(*each)
        else:
            found.append(knob.parse(word))
    return tuple(dict.fromkeys(found))


def _part(knob: Knob, text: str, most: int) -> list[Any]:
    """The values that one word without a comma means."""
    if ":" not in text or knob.kind not in (int, float):
        return [knob.parse(text)]
    ends, kind = text.split(":"), ""
    if len(ends) == 4:
        kind = ends.pop()
    if len(ends) != 3 or kind not in ("", "log") or not _is_count(ends[2]):
        raise _no_range(knob, text)
    number, count = dataclasses.replace(knob, optional=False), int(ends[2])
    low, high = number.parse(ends[0]), number.parse(ends[1])
    if low == high or (kind and min(low, high) <= 0):
        raise _no_range(knob, text)
    _check_count(count, most)
    exact = _between(low, high, count, bool(kind))
    return list(dict.fromkeys(map(round, exact))) if knob.kind is int else _short(exact)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 1


def _between(low: float, high: float, count: int, by_factors: bool) -> list[float]:
    """So many values from one end to the other."""
    parts = [k / (count - 1) for k in range(1, count - 1)]
    if by_factors:
        inside = [math.exp((1 - part) * math.log(low) + part * math.log(high)) for part in parts]
    else:
        inside = [(1 - part) * low + part * high for part in parts]
    return [low, *inside, high]


def _short(values: list[float]) -> list[float]:
    """Values in their order, those between the ends with few digits."""
    found = values
    for digits in range(17, _FEWEST_DIGITS - 1, -1):
        rounded = [values[0], *(float(f"{value:.{digits - 1}e}") for value in values[1:-1]), values[-1]]
        if any(
            abs(short - value) > _OFF * min(abs(value - before), abs(after - value))
            for before, value, after, short in zip(values, values[1:], values[2:], rounded[1:], strict=False)
        ):
            break
        found = rounded
    return found


def _no_range(knob: Knob, text: str) -> SettingError:
    allowed = "FROM:TO:N, N values between two different ones, or FROM:TO:N:log, by equal factors above 0"
    return SettingError(knob.option, text, allowed, f"write {knob.option} 1:10:4, or a list")


def _check_count(cells: int, most: int) -> None:
    if cells > most:
        raise usage("sweep", f"{cells} cells", f"up to {most}", "give fewer values")
