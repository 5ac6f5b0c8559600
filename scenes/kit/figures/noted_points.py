"""Points of a plane, each with a number beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.labels import MARK, Ink, Label, place
from gdscenes.kit.plot.marks import Dots
from gdscenes.kit.type.digits import Digits

_SIDES = ("upper right", "lower right", "upper left", "lower left")
_RADIUS = 12
_GAPS = (18.0, 30.0, 50.0, 80.0)


class NotedPoints(Figure):
    """Points that each stand for a line, and a number beside each that covers none of the others.

        noted = NotedPoints(stage.plot, story.examples, story.example_losses, theme)
        for dot, loss in zip(noted.dots, noted.numbers, strict=True):
            self.play(FadeIn(dot), FadeIn(loss))

    Parameters
    ----------
    plot : Places
        Axes (b, w).
    points : array_like, shape (n, 2)
    texts : sequence of str
        In the characters of `Digits`.
    theme : Theme
    role : str
        Of the numbers.
    way : array_like, shape (rows, 2), optional
        Along which a point will move: the numbers stand off it.

    Attributes
    ----------
    dots : list of Dots
    numbers : list of Digits
    """

    def __init__(
        self,
        plot: Places,
        points: ArrayLike,
        texts: Sequence[str],
        theme: Theme,
        *,
        role: str = "loss",
        way: ArrayLike = (),
    ) -> None:
        super().__init__()
        centers = plot.at(*np.asarray(points, dtype=float).T)
        self.dots = [
            Dots(theme.model, _RADIUS, rim=theme.ground).stand_at(center[None]) for center in centers
        ]
        self.numbers = [Digits(text, MEDIUM, theme, role) for text in texts]
        lay("marks", *self.dots)
        lay("text", *self.numbers)
        ink = Ink().add(*(sheet.box_of(dot.points) for dot in self.dots), weight=MARK)
        ink.add(*(sheet.box_of(at).grown(_RADIUS) for at in plot.at(*np.reshape(way, (-1, 2)).T)[:, None]))
        pixels = [(float(x), float(y)) for x, y in sheet.pixels(centers)]
        pairs = zip(self.numbers, pixels, strict=True)
        place([Label(number, at, _SIDES, _GAPS, pad=2) for number, at in pairs], ink)
        self.add(*self.dots, *self.numbers)


class MovingPoint(Figure):
    """A point of a plane that goes along a way: at row k it stands where row k of it is.

    Parameters
    ----------
    plot : Places
        Axes (b, w).
    way : array_like, shape (rows, 2)
    theme : Theme

    Attributes
    ----------
    dot : Dots
    """

    def __init__(self, plot: Places, way: ArrayLike, theme: Theme) -> None:
        super().__init__()
        self._way = plot.at(*np.asarray(way, dtype=float).T)
        self.dot = Dots(theme.model, _RADIUS, rim=theme.ground)
        lay("marks", self.dot)
        self.add(self.dot)
        self.at(0)

    def at(self, row: int, towards: float = 0.0) -> Self:
        here, there = self._way[row], self._way[min(row + 1, len(self._way) - 1)]
        self.dot.stand_at((here + towards * (there - here))[None])
        return self
