"""The loss against the step, drawn as far as the clock has come."""

from __future__ import annotations

import numpy as np
from manim import Mobject, UpdateFromAlphaFunc, VGroup, smooth
from numpy.typing import ArrayLike, NDArray

from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import (
    Axis,
    Rounded,
    decades,
    round_step,
    round_step_within,
    widest_label,
)
from gdscenes.kit.plot.marks import Dots, Polyline
from gdscenes.kit.type.digits import text_width
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

FIRST_STEPS = 20
"""Steps that the axis spans until the clock has passed them; then it is compressed."""
_DOTTED = 40  # beyond as many steps the dots would touch
_LONG = 5 * FIRST_STEPS
_STEEP = 10.0


class LossCurve(VGroup):
    """Axes, the losses of a run up to a row, and a disc at that row.

    Linear at first. A long run that falls by more than a decade is an L in linear axes: its axis of losses
    can be bent into a logarithmic one, in which the slow part of the descent is seen as well.

    Parameters
    ----------
    losses : ndarray, shape (n + 1,)
        Finite.
    box : Box
        Room for the axes and their labels.
    theme : Theme

    Attributes
    ----------
    is_long : bool
        Whether the run is one that linear axes would draw as an L.
    plot : Plot
        The axes now; once they are bent, those of the decimal logarithm of the loss.
    """

    def __init__(self, losses: Array, box: Box, theme: Theme) -> None:
        super().__init__()
        self.losses = losses
        self.theme = theme
        top = float(losses.max())
        step = round_step(top, 3) if top > 0 else 1.0
        high = step * max(1.0, float(np.ceil(top / step)))
        self._y: Axis = Rounded(0.0, high, (0.0, high), max(0, -int(np.floor(np.log10(step) + 1e-9))), "")
        lowest = float(losses.min())
        self.is_long = len(losses) - 1 > _LONG and lowest > 0 and top / lowest > _STEEP
        self._decades = decades(lowest, top, "") if self.is_long else self._y
        self._bent = 0.0
        last_label = text_width(str(max(len(losses) - 1, FIRST_STEPS))) * sheet.SMALL
        self.box = Box(
            box.left + max(map(widest_label, (self._y, self._decades))) + 24,
            box.top,
            box.right - last_label / 2,
            box.bottom,
        )
        self.plot = self._axes(FIRST_STEPS)
        self.word = Words("step", sheet.SMALL, theme, "muted")
        self.curve = Polyline(theme.loss, 4)
        self.dots = Dots(theme.loss, 5.5)
        self.disc = Dots(theme.loss, 12)
        self.row = 0
        self.add(self.plot, self.word, self.curve, self.dots, self.disc)
        self.show_row(0)

    def _axes(self, span: int) -> Plot:
        step = 10 if span == FIRST_STEPS else round(round_step_within(span))
        ticks = tuple(float(tick) for tick in range(0, span + 1, step))
        y = self._y if self._bent < 0.5 else self._decades
        axes = Plot(self.box, Axis(0, span, ticks, 0, ""), y, self.theme, grid=False)
        if 0 < self._bent < 1:  # the old labels go and the new ones come
            axes.labels[len(ticks) :].set_opacity(abs(1 - 2 * self._bent))
        return axes

    def places(self, rows: ArrayLike, losses: Array) -> Array:
        """Pixels (n, 2) of the page on which losses at rows lie, the axes bent as far as they are."""
        span = self.plot.x
        across = self.box.left + (np.asarray(rows) - span.low) / (span.high - span.low) * self.box.width
        up = (1 - self._bent) * losses / self._y.high
        if self._bent:
            y = self._decades
            up = up + self._bent * (np.log10(losses) - y.low) / (y.high - y.low)
        return np.stack([across, self.box.bottom - up * self.box.height], axis=-1)

    def bend(self, share: float) -> LossCurve:
        """Draw the losses a part `share` of the way from linear to logarithmic axes."""
        self._bent = share
        self._renew_axes(round(self.plot.x.high))
        return self.show_row(self.row)

    def bending(self, run_time: float) -> UpdateFromAlphaFunc:
        """Bend the axis of a long run from linear to logarithmic."""

        def bend(_: Mobject, share: float) -> None:
            self.bend(share)

        return UpdateFromAlphaFunc(self, bend, rate_func=smooth, run_time=run_time)

    def _renew_axes(self, span: int) -> None:
        axes = self._axes(span)
        axes.set_z_index(self.plot.z_index)
        self.submobjects[self.submobjects.index(self.plot)] = axes
        self.plot = axes

    def show_row(self, row: int, towards: float = 0.0) -> LossCurve:
        """Draw rows 0 to `row`, and a part `towards` of the way to the next one."""
        span = max(FIRST_STEPS, row + (towards > 0))
        if span != self.plot.x.high:
            self._renew_axes(span)
        self.row = row
        last = row + 1 if towards else row
        spots = self.places(np.arange(last + 1), self.losses[: last + 1])
        if towards:
            spots[-1] = spots[-2] + towards * (spots[-1] - spots[-2])
        corners = sheet.at(*spots.T)
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
