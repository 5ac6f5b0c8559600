"""The loss against the step, drawn as far as the clock has come."""

from __future__ import annotations

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from scenes._kit import page
from scenes._kit.page import Box
from scenes._kit.plots import Axis, Dots, Plot, Polyline, round_step, round_step_within, widest_label
from scenes._kit.readouts import text_width
from scenes._kit.theme import Theme
from scenes._kit.typeset import Words

Array = NDArray[np.float64]

FIRST_STEPS = 20
"""Steps that the axis spans until the clock has passed them; then it is compressed."""
_DOTTED = 40  # beyond as many steps the dots would touch


class LossCurve(VGroup):
    """Axes, the losses of a run up to a row, and a disc at that row.

    Parameters
    ----------
    losses : ndarray, shape (n + 1,)
        Finite.
    box : Box
        Room for the axes and their labels.
    theme : Theme
    """

    def __init__(self, losses: Array, box: Box, theme: Theme) -> None:
        super().__init__()
        self.losses = losses
        self.theme = theme
        top = float(losses.max())
        step = round_step(top, 3) if top > 0 else 1.0
        high = step * max(1.0, float(np.ceil(top / step)))
        self._y = Axis(0.0, high, (0.0, high), max(0, -int(np.floor(np.log10(step) + 1e-9))), "")
        last_label = text_width(str(max(len(losses) - 1, FIRST_STEPS))) * page.SMALL
        self.box = Box(box.left + widest_label(self._y) + 24, box.top, box.right - last_label / 2, box.bottom)
        self.plot = self._axes(FIRST_STEPS)
        self.word = Words("step", page.SMALL, theme, "muted")
        self.curve = Polyline(theme.loss, 4)
        self.dots = Dots(theme.loss, 5.5)
        self.disc = Dots(theme.loss, 12)
        self.row = 0
        self.add(self.plot, self.word, self.curve, self.dots, self.disc)
        self.show_row(0)

    def _axes(self, span: int) -> Plot:
        step = 10 if span == FIRST_STEPS else round(round_step_within(span))
        ticks = tuple(float(tick) for tick in range(0, span + 1, step))
        return Plot(self.box, Axis(0, span, ticks, 0, ""), self._y, self.theme, grid=False)

    def show_row(self, row: int, towards: float = 0.0) -> LossCurve:
        """Draw rows 0 to `row`, and a part `towards` of the way to the next one."""
        span = max(FIRST_STEPS, row + (towards > 0))
        if span != self.plot.x.high:
            axes = self._axes(span)
            axes.set_z_index(self.plot.z_index)
            self.submobjects[self.submobjects.index(self.plot)] = axes
            self.plot = axes
        self.row = row
        rows = np.arange(row + 1)
        corners = self.plot.at(rows, self.losses[: row + 1])
        if towards:
            ahead = self.plot.at(row + 1, self.losses[row + 1])
            corners = np.vstack([corners, corners[-1] + towards * (ahead - corners[-1])])
        self.curve.through(corners)
        if row <= _DOTTED:
            self.dots.stand_at(corners[: row + 1])
        else:
            self.dots.clear_points()
        self.disc.stand_at(corners[-1:])
        self._place_word()
        return self

    def _place_word(self) -> None:
        """Between the last two ticks."""
        ticks = self.plot.x.ticks
        left, right = (float(self.plot.pixels(tick, 0)[0]) for tick in ticks[-2:])
        baseline = self.box.bottom + 52
        self.word.place((left + right) / 2, baseline, "center")
