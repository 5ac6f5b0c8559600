"""The losses of several runs on one clock."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import Axis, Decades, round_step_within
from gdscenes.kit.plot.labels import kept_apart
from gdscenes.kit.plot.marks import dashed, rule
from gdscenes.kit.plot.runs import RunPath, RunStyle
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import SCIENTIFIC_BELOW, number, scientific
from gdscenes.kit.type.typeset import Type, Words

Array = NDArray[np.float64]

_LABELS_APART = 50.0


class LossCurves(VGroup):
    """Axes, and in them the loss of each run up to a row; a run that leaves them is cut exactly there.

    Parameters
    ----------
    losses : mapping of str to ndarray, each (n,)
        The loss at each row of each run.
    styles : mapping of str to RunStyle
    box : Box
        The axes.
    y : Axis
        Of the loss; `Decades` of its decimal logarithm.
    span : int
        Steps that the horizontal axis spans at first.
    theme : Theme
    minimum : float or None
        The lowest loss there is, drawn as a dashed line where the axis holds it.
    marked : bool
        Whether rows have marks.

    Attributes
    ----------
    plot : Plot
    paths : dict of str to RunPath
    unit : Words
        "step", at the end of the horizontal axis.
    floor : VGroup
        The line of the minimum and its number.
    """

    def __init__(
        self,
        losses: Mapping[str, Array],
        styles: Mapping[str, RunStyle],
        box: Box,
        y: Axis,
        span: int,
        theme: Theme,
        minimum: float | None = None,
        *,
        marked: bool = True,
    ) -> None:
        super().__init__()
        self.box, self._y, self.theme = box, y, theme
        self.plot = self._axes(span)
        self.unit = Words("step", SMALL, theme, "muted").place(box.right + 20, box.bottom + 52, "right")
        self.floor = self._floor(minimum)
        self.paths = {
            name: RunPath(
                np.stack([np.arange(len(values)), self.heights(values)], axis=1),
                self.plot,
                styles[name],
                theme,
                marked=marked,
            )
            for name, values in losses.items()
        }
        self.row = 0
        self.add(self.plot, self.unit, self.floor, *self.paths.values())

    def heights(self, losses: ArrayLike) -> Array:
        """Losses (n,) in the units of the axis; no loss at all lies nowhere on a logarithmic one."""
        values = np.asarray(losses, dtype=float)
        if not isinstance(self._y, Decades):
            return values
        with np.errstate(divide="ignore"):
            return np.asarray(np.log10(values))

    def _axes(self, span: int) -> Plot:
        step = max(1, round(round_step_within(span / 5)))
        room = span * (1 - 110 / self.box.width)  # the last label gives way to the word
        ticks = tuple(float(tick) for tick in range(0, span + 1, step) if tick <= room)
        return Plot(self.box, Axis(0, span, ticks, 0, ""), self._y, self.theme)

    def _floor(self, minimum: float | None) -> VGroup:
        if minimum is None:
            return VGroup()
        height = float(self.heights([minimum])[0])
        if not self._y.low <= height <= self._y.high:
            return VGroup()
        theme, x = self.theme, self.plot.x
        start, end = self.plot.at([x.low, x.high], [height] * 2)
        line = rule(start, end, theme.minimum, 3)
        left, y = self.plot.pixels(x.low, height)
        baseline = y + (42 if self.box.bottom - y > 54 else -16)
        word = Words("minimum", SMALL, theme, "minimum").place(left + 24, baseline)
        if 0 < minimum < SCIENTIFIC_BELOW:
            text = scientific(minimum, 2)
        else:
            text = number(minimum, max(0, 1 - math.floor(math.log10(minimum))) if minimum else 0)
        value = Digits(text, SMALL, theme, "minimum")
        return VGroup(dashed(line, 16, 12), word, value.place(word.box().right + 14, baseline))

    def show_row(self, row: int, towards: float = 0.0, span: int | None = None) -> LossCurves:
        """Draw rows 0 to `row` and a part `towards` of the way to the next, over `span` steps if given."""
        if span is not None and span != self.plot.x.high:
            axes = self._axes(span)
            axes.set_z_index(self.plot.z_index)
            self.submobjects[self.submobjects.index(self.plot)] = axes
            self.plot = axes
            for path in self.paths.values():
                path.lay_in(axes)
        self.row = row
        for path in self.paths.values():
            path.show_row(row, towards)
        return self

    def label_ends(self, labels: Mapping[str, Type]) -> None:
        """Place a label for each of some runs right of where it is now, none over another."""
        shown = {name: self.paths[name] for name in labels}
        ends = {name: sheet.pixels(_end(path)) for name, path in shown.items()}
        heights = kept_apart(
            [at[1] for at in ends.values()], _LABELS_APART, self.box.top + 20, self.box.bottom - 20
        )
        for (name, at), height in zip(ends.items(), heights, strict=True):
            labels[name].place(at[0] + 30, height + 13)


def _end(path: RunPath) -> Array:
    """Where a path has come to, a point of the scene."""
    for mark in (path.cross, path.head):
        if mark.family_members_with_points():
            return np.asarray(mark.centers()[0])
    return np.asarray(path.plot.at(*path.points_given[0]))
