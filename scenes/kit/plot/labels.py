"""Labels: one engine finds where each may stand, on nothing that matters and as near as can be.

    ink = Ink().add(self.map)
    place([Label(Words("leaves in step 3", SMALL, theme), self.map.plot.box, prefer=("lower right",))], ink)

Ink is counted on a sheet of 4-pixel cells, summed once, so that a candidate costs four look-ups whatever lies
under it. Candidates are tried in the order of preference, labels in the order they are given: the same labels
on the same ink always stand in the same places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from manim import VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.marks import rectangle
from gdscenes.kit.type.typeset import Type

Array = NDArray[np.float64]

LINE, MARK = 1.0, 50.0
"""How bad it is to cover a cell of a line, and one of a mark or of type."""
_CELL = 4.0
_NEAR = 0.02  # how bad a pixel of distance from the anchor is
_TIE = 1e-6  # of equally good places, the one that is preferred
_OUTSIDE = 1e6
_WAYS = {
    "right": (1, 0),
    "left": (-1, 0),
    "above": (0, -1),
    "below": (0, 1),
    "upper right": (1, -1),
    "upper left": (-1, -1),
    "lower right": (1, 1),
    "lower left": (-1, 1),
}

T = TypeVar("T")
Text = TypeVar("Text", bound=Type)


class Ink:
    """What is on the page, as weights on a sheet of cells."""

    def __init__(self) -> None:
        self.sheet = np.zeros((int(sheet.HEIGHT / _CELL) + 1, int(sheet.WIDTH / _CELL) + 1))
        self._sums: Array | None = None

    def add(self, *drawn: VMobject | Box | Array, weight: float = LINE) -> Ink:
        """Add the outlines of mobjects, whole boxes, or pixels (n, 2) of the page.

        Type counts as a mark, whatever the weight.
        """
        self._sums = None
        for each in drawn:
            if isinstance(each, Box):
                corners = self._cells([[each.left, each.top], [each.right, each.bottom]])
                (left, top), (right, bottom) = corners
                self.sheet[top : bottom + 1, left : right + 1] += weight
            elif isinstance(each, np.ndarray):
                columns, rows = self._cells(each).T
                self.sheet[rows, columns] = np.maximum(self.sheet[rows, columns], weight)
            elif isinstance(each, Type):
                self.add(each.box(), weight=MARK)
            else:
                if each.has_points():
                    self.add(_along(each), weight=weight)
                self.add(*(part for part in each.submobjects if isinstance(part, VMobject)), weight=weight)
        return self

    def _cells(self, pixels: ArrayLike) -> NDArray[np.intp]:
        cells = np.floor(np.asarray(pixels, dtype=float) / _CELL).astype(int)
        return np.asarray(np.clip(cells, 0, np.array(self.sheet.shape)[::-1] - 1))

    def under(self, boxes: Array) -> Array:
        """The ink (n,) under boxes (n, 4): left, top, right, bottom."""
        if self._sums is None:
            self._sums = np.pad(self.sheet.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        (left, top), (right, bottom) = self._cells(boxes[:, :2]).T, self._cells(boxes[:, 2:]).T + 1
        sums = self._sums
        return np.asarray(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left])


def _along(drawn: VMobject) -> Array:
    """Pixels along an outline, as dense as the cells."""
    curves = sheet.pixels(drawn.points).reshape(-1, 4, 2)
    longest = np.abs(curves[:, 3] - curves[:, 0]).max(initial=0.0)
    t = np.linspace(0, 1, min(max(2, int(longest / _CELL) + 1), 500))[:, None, None]
    bezier = (1 - t) ** 3 * curves[:, 0] + 3 * t * (1 - t) ** 2 * curves[:, 1]
    bezier = bezier + 3 * t**2 * (1 - t) * curves[:, 2] + t**3 * curves[:, 3]
    return np.asarray(bezier.reshape(-1, 2))


@dataclass
class Label:
    """A text that wants to stand at an anchor, in a corner of a box, or at one of given spots.

    Attributes
    ----------
    text : Type
    at : tuple of float, Box or ndarray of shape (n, 2)
        A pixel beside which it stands; a box in a corner of which it does; or spots for its middle.
    prefer : tuple of str
        Sides of the anchor, or corners of the box, best first; all others after them. Of a box also the
        middle of a side, where that is named.
    gaps : tuple of float
        Distances from the anchor that are tried, pixels.
    pad : float
        Kept free round the ink of the text.
    inset : tuple of float
        Distance from the sides and from the ends of the box.
    """

    text: Type
    at: tuple[float, float] | Box | Array
    prefer: tuple[str, ...] = ()
    gaps: tuple[float, ...] = (24, 60, 110)
    pad: float = 8.0
    inset: tuple[float, float] = (22.0, 28.0)

    def candidates(self) -> Array:
        """Boxes (n, 4) of the ink, best first."""
        ink = self.text.box()
        size = np.array([ink.width, ink.height])
        if isinstance(self.at, np.ndarray):
            return np.hstack([self.at - size / 2, self.at + size / 2])
        ways = [each for each in _WAYS if " " in each or not isinstance(self.at, Box)]
        order = [*self.prefer, *(each for each in ways if each not in self.prefer)]
        found = []
        if isinstance(self.at, Box):
            low = np.array([self.at.left, self.at.top]) + self.inset
            high = np.array([self.at.right, self.at.bottom]) - self.inset - size
            for name in order:
                way = np.array(_WAYS[name])
                found.append(low + (way + 1) / 2 * (high - low))
        else:
            for gap in self.gaps:
                for name in order:
                    way = np.array(_WAYS[name])
                    found.append(np.array(self.at) + way * gap + size * (way - 1) / 2)
        corners = np.array(found)
        return np.hstack([corners, corners + size])


def place(labels: Iterable[Label], ink: Ink, inside: Box = sheet.SAFE) -> None:
    """Stand each label where it covers least, is inside, and is near; each is ink for those after it."""
    for label in labels:
        boxes = label.candidates()
        cost = ink.under(boxes + np.array([-1, -1, 1, 1]) * label.pad)
        if isinstance(label.at, tuple):
            centers = (boxes[:, :2] + boxes[:, 2:]) / 2
            cost = cost + _NEAR * np.hypot(*(centers - label.at).T)
        cost = cost + _TIE * np.arange(len(boxes))
        out = (boxes[:, :2] < (inside.left, inside.top)).any(axis=1)
        out |= (boxes[:, 2:] > (inside.right, inside.bottom)).any(axis=1)
        best = boxes[int(np.argmin(cost + _OUTSIDE * out))]
        now = label.text.box()
        label.text.shift(sheet.at(best[0], best[1]) - sheet.at(now.left, now.top))
        ink.add(label.text.box(), weight=MARK)


def covered(label: Label, ink: Ink) -> float:
    """How much ink lies under a label where it stands; 0 where it is clear."""
    box = label.text.box().grown(label.pad)
    return float(ink.under(np.array([[box.left, box.top, box.right, box.bottom]]))[0])


def fitted(room: float, sizes: Sequence[T], width: Callable[[T], float]) -> T:
    """The first of several sizes of type in which something is not wider than its room, or the last.

    em = fitted(box.width, (MEDIUM, SMALL), lambda em: Words(name, em, theme).box().width)
    """
    return next((size for size in sizes if width(size) <= room), sizes[-1])


def plated(text: Type, theme: Theme, pad: float = 7.0, fill: float = 1.0) -> VGroup:
    """A text on a plate of the ground's colour, which keeps lines off it."""
    plate = rectangle(text.box().grown(pad), theme.ground, fill=fill)
    both = VGroup(plate, text)
    lay("text", both)
    return both


def over(text: Text, box: Box, above: float = 40.0) -> Text:
    """Put a text over the middle of a box, its baseline so many pixels above it."""
    return text.place(box.center[0], box.top - above, "center")


def kept_apart(places: ArrayLike, apart: float, low: float, high: float) -> Array:
    """Places as near as may be to those wished, in their order, `apart` from each other and in a range.

    Parameters
    ----------
    places : array_like, shape (n,)
        Where each would stand.
    apart : float
        Least distance.
    low, high : float
        The range; a range too short for all is filled evenly.

    Returns
    -------
    ndarray, shape (n,)
    """
    wished = np.asarray(places, dtype=float)
    n = len(wished)
    apart = min(apart, (high - low) / max(n - 1, 1))
    order, ranks = np.argsort(wished, kind="stable"), np.arange(n)
    # shifted by their rank, what must stay apart must only not fall
    level = np.clip(wished[order], low, high) - apart * ranks
    blocks: list[tuple[float, int]] = []
    for each in level:
        mean, count = float(each), 1
        while blocks and blocks[-1][0] > mean:
            before, size = blocks.pop()
            mean, count = (before * size + mean * count) / (size + count), size + count
        blocks.append((mean, count))
    found = np.empty(n)
    pooled = np.concatenate([np.full(count, mean) for mean, count in blocks] or [np.empty(0)])
    found[order] = np.clip(pooled, low, high - apart * (n - 1)) + apart * ranks
    return found
