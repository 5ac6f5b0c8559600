"""Numbers of a recorded run against its steps: one row after another, or each step as a dot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.figures.losses import is_long
from gdscenes.kit.lecture.pacing import change_on_screen
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SAFE, SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import Axis, Decades, Rounded, compact, decades, round_axis, widest_label
from gdscenes.kit.plot.marks import Dots, Polyline, Segments
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_ASIDE, _TOP, _RIGHT, _UNDER = 24.0, 62.0, 34.0, 71.0
_BETWEEN_NAMES = 34.0
_OVER, _OVER_NUMBERS = 24.0, 34.0  # from the top of the axes, or from the highest number, to names
_NUMBERS = 110.0  # left of the axes, so that those under each other begin alike
_WIDE = 600.0  # pixels of an axis that has room for more than one tick beside its word
_LINE, _HEAD, _GAP = 4.2, 11.0, 5.0
_DOT = {True: 2.6, False: 4.5}  # radius, of many dots and of few
_MANY = 500
_LEAST = 1e-9  # of the highest value that decades are shown of


@dataclass(frozen=True)
class RowCurve:
    """One number of a recorded run.

    Attributes
    ----------
    name : str
        Over the axes, Typst markup.
    values : ndarray, shape (rows,)
        nan where a row has none.
    role : str
    quantity : str
        What it claims to show; see `Claim`.
    """

    name: str
    values: Array
    role: str
    quantity: str


class RowCurves(Figure):
    """Axes over the steps of a recorded run, and in them numbers of its rows, up to one of them.

        losses = RowCurves(cell, run.steps, [RowCurve("loss", run.losses, "loss", "loss")], theme)
        angles = RowCurves(below, run.steps, [...], theme, y=turns(), dotted=True)
        clock = Clock(stage, losses)

    Parameters
    ----------
    cell : Box
        With the numbers and names of the axes.
    steps : array_like, shape (rows,)
    curves : sequence of RowCurve
    theme : Theme
    y : Axis, optional
        From 0, or of decimal logarithms where linear axes would draw an L, when left out.
    dotted : bool
        Each row is a dot, for what jumps from row to row.
    compared : bool
        An upright line joins the first two curves at the row.

    Attributes
    ----------
    plot : Plot
    names : VGroup
    """

    def __init__(
        self,
        cell: Box,
        steps: ArrayLike,
        curves: Sequence[RowCurve],
        theme: Theme,
        *,
        y: Axis | None = None,
        dotted: bool = False,
        compared: bool = False,
    ) -> None:
        super().__init__()
        self.steps, self.curves = np.asarray(steps, dtype=float), list(curves)
        self.dotted, self.compared = dotted, compared
        if y is None:
            first = curves[0].values
            y = heights_of(
                np.concatenate([each.values for each in curves]), is_long(first[np.isfinite(first)])
            )
        self.is_log = isinstance(y, Decades)
        left = max(cell.left, SAFE.left) + max(_NUMBERS, widest_label(y) + _ASIDE)
        box = Box(left, cell.top + _TOP, cell.right - _RIGHT, cell.bottom - _UNDER)
        unit = Words(tr("step"), SMALL, theme, "muted").place(box.right + 20, box.bottom + 52, "right")
        self.plot = Plot(box, _step_axis(self.steps, box, unit), y, theme, grid=box.width > _WIDE)
        self.names = VGroup(*self._names(theme, cell.right))
        radius = _DOT[len(self.steps) > _MANY]
        self.drawn = [
            Dots(theme.color(each.role), radius) if dotted else Polyline(theme.color(each.role), _LINE)
            for each in curves
        ]
        self.heads = [Dots(theme.color(each.role), _HEAD, rim=theme.ground) for each in curves]
        self.gap = Segments(theme.loss, _GAP)
        lay("moving", *self.heads)
        self.add(self.plot, unit, self.names, *self.drawn, self.gap, *self.heads)
        self._places = [self._places_of(each.values) for each in curves]
        self.at(0)

    def _names(self, theme: Theme, right: float) -> Iterator[Words]:
        """What each curve is, in its colour, and what logarithmic axes are.

        Names too long for the axes end at the right of the cell, and begin over the numbers of the axis.
        """
        box = self.plot.box
        names = [Words(each.name, SMALL, theme, each.role) for each in self.curves]
        width = sum(words.box().width + _BETWEEN_NAMES for words in names) - _BETWEEN_NAMES
        x = min(box.left, right - width)
        above = _OVER if x == box.left else _OVER_NUMBERS
        for words in names:
            yield words.place(x, box.top - above)
            x = words.box().right + _BETWEEN_NAMES
        if self.is_log and not x > box.right - 130:
            yield Words(tr("log scale"), SMALL, theme, "muted").place(
                box.right + 20, box.top - _OVER, "right"
            )

    def _places_of(self, values: Array) -> Array:
        """Points (rows, 3) of the scene, nan where a row has none in the axes."""
        with np.errstate(divide="ignore", invalid="ignore"):
            heights = np.log10(np.where(values > 0, values, np.nan)) if self.is_log else values
        limits = self.plot.limits
        heights = np.where((heights >= limits.y_low) & (heights <= limits.y_high), heights, np.nan)
        return self.plot.at(self.steps, heights)

    @property
    def change(self) -> Array:
        """How far a head goes in each step, pixels; a dot's jump is none that the eye follows."""
        across = self.plot.pixels(self.steps, self.plot.y.low)
        if self.dotted:
            return change_on_screen(across)
        places = [np.where(np.isnan(each[:, :2]), 0.0, sheet.pixels(each)) for each in self._places]
        return change_on_screen(across, *places)

    def at(self, row: int, towards: float = 0.0) -> Self:
        """Draw the rows up to one of them; on the way to the next they stay."""
        self.row = row = min(row, len(self.steps) - 1)
        for drawn, head, places in zip(self.drawn, self.heads, self._places, strict=True):
            seen = places[: row + 1]
            seen = seen[~np.isnan(seen[:, 1])]
            if isinstance(drawn, Dots):
                drawn.stand_at(seen)
            else:
                drawn.through(seen)
            here = places[row : row + 1]
            head.stand_at(here[~np.isnan(here[:, 1])])
        if self.compared:
            one, other = (places[row : row + 1] for places in self._places[:2])
            has_both = not np.isnan([one, other]).any()
            self.gap.set_ends(one[: int(has_both)], other[: int(has_both)])
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        for each, head in zip(self.curves, self.heads, strict=True):
            if each.quantity and head.has_points():
                _, height = self.plot.values(head.centers()[0])
                fine = 1e-9 * (self.plot.y.high - self.plot.y.low)
                drawn = 10.0**height if self.is_log else float(height)
                within = drawn * np.log(10) * fine if self.is_log else fine
                yield Claim(each.quantity, "recording", self.row, float(drawn), float(within))


def heights_of(values: Array, by_decades: bool) -> Axis:
    """An axis over values from 0 on, or over the decades of those above 0, where there are any.

    Far below the highest there are no decades: what is nothing beside it is not shown.
    """
    values = values[np.isfinite(values)]
    low, high = float(values.min()), float(values.max())
    positive = values[values > _LEAST * high]
    if by_decades and len(positive):
        return decades(float(positive.min()), float(positive.max()), "")
    axis = round_axis(min(low, 0.0), high or 1.0, "", 5)
    return compact(Axis(axis.low, axis.high + 0.06 * (axis.high - axis.low), axis.ticks, axis.decimals, ""))


def turns() -> Axis:
    """An axis of angles between steps: 0 degrees straight on, 180 back."""
    return Axis(0.0, 180.0, (0.0, 90.0, 180.0), 0, "")


def _step_axis(steps: Array, box: Box, unit: Words) -> Axis:
    last = float(steps[-1])
    axis = round_axis(0.0, last, "", 5 if box.width > _WIDE else 2)
    highest = last * (1 - max(110.0, unit.box().width + 45) / box.width)
    return Rounded(0.0, last, tuple(tick for tick in axis.ticks if tick <= highest), axis.decimals, "")
