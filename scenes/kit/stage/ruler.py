"""Numbers and names at the axes of a stage."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL
from gdscenes.kit.plot.axis import Axis, PowerAxis
from gdscenes.kit.plot.labels import Ink, Label, covered
from gdscenes.kit.stage.stage import Stage
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_UNDER = 14.0  # from where a number is centred down to its baseline
_BESIDE, _APART = 44.0, 8.0


class StageRuler(Figure):
    """What the axes of a stage say, for its camera as it is: flat type over the same pixels.

        self.show(StageRuler(stage, story.loss_markup))

    When the camera has moved, another ruler takes its place. A number with no room on the page, or beside
    a name or another number, is left out.

    Parameters
    ----------
    stage : Stage
    loss : str
        Name of the upright axis, Typst markup; "" leaves that axis out.
    """

    def __init__(self, stage: Stage, loss: str = "") -> None:
        super().__init__()
        self.stage, ink = stage, Ink()
        axes = {"b": stage.b_axis, "w": stage.w_axis}
        names = [self._name(name, axis) for name, axis in axes.items()]
        ink.add(*names)
        for name, axis in axes.items():
            for tick in axis.ticks:
                number = self._number(axis.label(tick), self.place_of(name, tick))
                if sheet.SAFE.contains(number.box()) and not covered(Label(number, (0, 0), pad=_APART), ink):
                    ink.add(number)
                    self.add(number)
        self.add(*names)
        if loss:
            self.add(*self._upright(loss))
        lay("text", self)

    def place_of(self, axis: str, value: float, away: float = 0.46) -> Array:
        """Where the number of a tick is centred: pixels (2,) of the page, for the camera as it is.

        Parameters
        ----------
        axis : {"b", "w", "loss"}
            b runs along the front of the plate; w along its right side, in the contour plot along its left.
        value : float
        away : float
            Distance from the axis, units of the scene.
        """
        stage, window = self.stage, self.stage.window
        if axis == "b":
            return stage.seen(stage.on_floor(value, window.y_low) + np.array([0.0, -away, 0.0]))
        if axis == "w":
            side, way = (window.x_low, -away) if self._is_flat else (window.x_high, away)
            return stage.seen(stage.on_floor(side, value) + np.array([way, 0.0, 0.0]))
        foot = stage.over(window.x_low, window.y_low, value)
        return stage.seen(foot - away * stage.to_the_right())

    @property
    def _is_flat(self) -> bool:
        return self.stage.flatten > 0.5

    def _number(self, text: str, at: Array) -> Digits:
        x, y = at
        return Digits(text, SMALL, self.stage.theme, "muted").place(x, y + _UNDER, "center")

    def _name(self, name: str, axis: Axis) -> Words:
        """A parameter at the middle of its axis; in the contour plot at its end, where it has room."""
        has_power = isinstance(axis, PowerAxis)
        if not self._is_flat:
            x, y = self.place_of(name, (axis.low + axis.high) / 2 + 0.12 * (axis.high - axis.low), away=0.95)
            words = Words(axis.name, MEDIUM if has_power else LARGE, self.stage.theme)
            return words.place(x, y + 20, "center")
        x, y = self.place_of(name, axis.high)
        words, safe = Words(axis.name, MEDIUM, self.stage.theme), sheet.SAFE
        if name == "b":
            lowest = safe.bottom - 30 if has_power else y  # its exponent's stroke reaches down
            words.place(x + _BESIDE, min(y, lowest) + _UNDER)
        elif not has_power:
            words.place(x, y + 30, "center")
        elif words.place(x + 30, y + 30, "right").box().left < safe.left:
            words.place(safe.left, max(y - 40, safe.top + 50))
        return words

    def _upright(self, loss: str) -> Iterator[Digits | Words]:
        """The first and the last number of the loss, and its name over them."""
        axis = self.stage.loss_axis
        for tick in (axis.ticks[0], axis.ticks[-1]):
            yield self._number(axis.label(tick), self.place_of("loss", tick, away=0.36))
        x, y = self.place_of("loss", axis.high, away=0.1)
        yield Words(loss + axis.name, MEDIUM, self.stage.theme).place(x, y - 46, "center")
