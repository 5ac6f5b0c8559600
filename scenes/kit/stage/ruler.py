"""Numbers and names at the axes of a stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gdmath import LeastSquares, LossGrid, level_lines
from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL
from gdscenes.kit.plot.axis import Axis, PowerAxis
from gdscenes.kit.plot.contours import level_line, shortest_level
from gdscenes.kit.plot.labels import Ink, Label, covered
from gdscenes.kit.stage.names import way_on_page
from gdscenes.kit.stage.parts import StagePath
from gdscenes.kit.stage.stage import Stage
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Type, Words, source_width

Array = NDArray[np.float64]
Where: TypeAlias = Callable[[], Array]

_UNDER = 14.0  # from where a number is centred down to its baseline
_BESIDE, _APART, _OFF_PATH = 44.0, 8.0, 34.0
_TICK_ENDS, _OFF_TICK = 0.16, 10.0  # units of the scene from the axis of the loss; pixels
_RIGHT_OF_LINE, _CORNERS = 22.0, 1440
_SHORT_NAME = 60.0  # pixels; a longer one stands further from its axis
_SYMBOL = 1.2  # em of the longest name that is a symbol
_OVER, _UNDER_NUMBERS = 24.0, 64.0  # pixels of longer ones over the plate and under its numbers
_HIGHEST, _DEEPEST = 40.0, 14.0  # pixels of their baselines from the edges of the page


def _level_corners(problem: LeastSquares | LossGrid, level: float) -> Array:
    """Corners (n, 2) of a level line."""
    if isinstance(problem, LossGrid):
        (lines,) = level_lines(problem, [level])
        return np.vstack([np.empty((0, 2)), *lines])
    return level_line(problem, level, _CORNERS)


class StageRuler(Figure):
    """What the axes of a stage say: flat type over the same pixels, which goes with its camera.

        self.ruler = StageRuler(stage, story.loss_markup, levels=story.numbered)
        self.show(self.ruler)
        clock = Clock(stage, self.ruler)  # while the camera turns

    Between above and the side another ruler takes its place. A number with no room on the page, or beside
    a name or another number, is left out.

    Parameters
    ----------
    stage : Stage
    loss : str
        Name of the upright axis, Typst markup; "" leaves that axis out.
    problem : LeastSquares or LossGrid, optional
        Whose loss the surface is, where level lines are numbered.
    levels : iterable of float
        Losses of these lines; a number stands at the right end of each on the surface.
    written : callable, optional
        The characters of one of them; its own digits, in the power of ten of the axis, when left out.
    off : iterable of StagePath
        Paths along which no number of a level line stands; one that would is left out.

    Attributes
    ----------
    names, floor, losses, heights : list of Mobject
        The names of b and w and the numbers beside the plate; what is said of losses at their axis, and
        beside level lines.
    """

    def __init__(
        self,
        stage: Stage,
        loss: str = "",
        problem: LeastSquares | LossGrid | None = None,
        levels: Iterable[float] = (),
        written: Callable[[float], str] | None = None,
        off: Iterable[StagePath] = (),
    ) -> None:
        super().__init__()
        self.stage = stage
        self._stood: list[tuple[Type, Where]] = []
        self._is_flat = stage.flatten > 0.5
        axes = {"b": stage.b_axis, "w": stage.w_axis}
        for name, axis in axes.items():
            self._name(name, axis)
        names = len(self.submobjects)
        if loss:
            top, axis = stage.loss_axis.high, stage.loss_axis
            for tick in (axis.ticks[0], axis.ticks[-1]):
                number = Digits(axis.label(tick), SMALL, stage.theme, "muted")
                self._stand(number, partial(self._left_of_tick, tick, number.width_pixels))
            self._stand(
                Words(loss + axis.name, MEDIUM, stage.theme),
                lambda: self.place_of("loss", top, away=0.36) - np.array([0.0, 46.0]),
            )
        losses = len(self.submobjects)
        unit = 10.0**stage.loss_axis.power if isinstance(stage.loss_axis, PowerAxis) else 1.0
        beside: list[tuple[Digits, Where]] = []
        for level in levels:
            assert problem is not None, "level lines are those of a problem"
            text = shortest_level(level / unit) if written is None else written(level)
            number = Digits(text, SMALL, stage.theme)
            line = _level_corners(problem, level)
            if not len(line):
                continue
            beside.append((number, partial(self._beside, level, line, number.width_pixels)))
        paths = list(off)
        for each, where in self._clear(beside, paths) if paths else beside:
            self._stand(each, where)
        heights = len(self.submobjects)
        numbers: list[tuple[Digits, Where]] = [
            (Digits(axis.label(tick), SMALL, stage.theme, "muted"), partial(self._under, name, tick, 0.46))
            for name, axis in axes.items()
            for tick in axis.ticks
        ]
        for each, where in self._clear(numbers):
            self._stand(each, where)
        self.names = self.submobjects[:names]
        self.losses, self.heights = self.submobjects[names:losses], self.submobjects[losses:heights]
        self.floor = self.submobjects[heights:]
        lay("text", self)

    def _clear(
        self, numbers: list[tuple[Digits, Where]], paths: Iterable[StagePath] = ()
    ) -> list[tuple[Digits, Where]]:
        """Those that have room on the page and beside all else, now and to the end of the camera's turn.

        What goes along the paths, which is wider than they are, does not cover them.
        """
        camera, view = self.stage.camera, self.stage.view
        here = float(camera.get_theta())
        turns = not self._is_flat and view.theta != view.end_theta
        for angle in (here, view.theta, view.end_theta) if turns else (here,):
            camera.set_theta(angle)
            self.at(0)
            ink = Ink().add(*self.submobjects)
            ways = Ink().add(*(way_on_page(self.stage, path, path.last_row) for path in paths))
            left: list[tuple[Digits, Where]] = []
            for number, where in numbers:
                x, y = where()
                number.place(x, y, "center")
                beside, off = (Label(number, (0, 0), pad=pad) for pad in (_APART, _OFF_PATH))
                if sheet.SAFE.contains(number.box()) and not covered(beside, ink) + covered(off, ways):
                    ink.add(number)
                    left.append((number, where))
            numbers = left
        camera.set_theta(here)
        self.at(0)
        return numbers

    def at(self, row: int, towards: float = 0.0) -> Self:
        """Stand where the camera sees the axes now."""
        for drawn, where in self._stood:
            self._put(drawn, where)
        return self

    def place_of(self, axis: str, value: float, away: float = 0.46) -> Array:
        """Where the number of a tick is centred: pixels (2,) of the page, for the camera as it is.

        Parameters
        ----------
        axis : {"b", "w", "loss"}
            b and w run along the sides of the plate that are near, in the contour plot below and at the left.
        value : float
        away : float
            Distance from the axis, units of the scene.
        """
        stage, window = self.stage, self.stage.window
        b_side, w_side = (-1.0, -1.0) if self._is_flat else stage.view.near
        if axis == "b":
            edge = window.y_high if w_side > 0 else window.y_low
            return stage.seen(stage.on_floor(value, edge) + np.array([0.0, w_side * away, 0.0]))
        if axis == "w":
            edge = window.x_high if b_side > 0 else window.x_low
            return stage.seen(stage.on_floor(edge, value) + np.array([b_side * away, 0.0, 0.0]))
        b, w = stage.middle + stage.loss_axis_at / stage.units_per_step
        return np.asarray(stage.seen(stage.over(b, w, value) - away * stage.to_the_right()))

    def _stand(self, drawn: Type, where: Where) -> None:
        """Put type where it stands now, and whenever the camera has moved."""
        self._stood.append((drawn, where))
        self.add(self._put(drawn, where))

    @staticmethod
    def _put(drawn: Type, where: Where) -> Type:
        """Centre type on its place; a name that would leave the page stays at the edge."""
        x, y = where()
        box, safe = drawn.place(x, y, "center").box(), sheet.SAFE
        if isinstance(drawn, Words) and not safe.contains(box):
            x += max(safe.left - box.left, 0.0) + min(safe.right - box.right, 0.0)
            y += max(safe.top - box.top, 0.0) + min(safe.bottom - box.bottom, 0.0)
            drawn.place(x, y, "center")
        return drawn

    def _under(self, name: str, value: float, away: float) -> Array:
        return np.asarray(self.place_of(name, value, away) + np.array([0.0, _UNDER]))

    def _left_of_tick(self, value: float, width: float) -> Array:
        """At the axis of the loss, whose ticks no number touches however wide it is."""
        at, tick = self._under("loss", value, 0.36), self.place_of("loss", value, away=_TICK_ENDS)
        x = min(at[0], tick[0] - _OFF_TICK - width / 2)
        return np.array([max(x, sheet.SAFE.left + width / 2), at[1]])

    def _beside(self, level: float, line: Array, width: float) -> Array:
        """Right of the place of a level line that is furthest to the right."""
        seen = self.stage.on_page(line[:, 0], line[:, 1], level)
        return np.asarray(seen[seen[:, 0].argmax()] + np.array([_RIGHT_OF_LINE + width / 2, _UNDER]))

    def _name(self, name: str, axis: Axis) -> None:
        """A parameter at the middle of its axis; in the contour plot at its end, where it has room."""
        has_power = isinstance(axis, PowerAxis)
        if not self._is_flat:
            value = (axis.low + axis.high) / 2 + 0.12 * (axis.high - axis.low)
            em = LARGE if not has_power and source_width(axis.name) < _SYMBOL else MEDIUM
            words = Words(axis.name, em, self.stage.theme)
            beyond = max(words.box().width - _SHORT_NAME, 0.0) / 2

            def beside() -> Array:
                """The more to the side of its axis, the longer it is."""
                at, off = self.place_of(name, value, away=0.0), self.place_of(name, value, away=0.95)
                share = float((off - at)[0] / np.linalg.norm(off - at))
                return np.asarray(off + np.array([share * beyond, 20.0]))

            self._stand(words, beside)
            return
        x, y = self.place_of(name, axis.high)
        words, safe = Words(axis.name, MEDIUM, self.stage.theme), sheet.SAFE
        if name == "b":
            lowest = safe.bottom - 30 if has_power else y  # its exponent's stroke reaches down
            if source_width(axis.name) > _SYMBOL and not has_power:
                words.place(x, min(y + _UNDER_NUMBERS, safe.bottom - _DEEPEST), "right")
            else:
                words.place(x + _BESIDE, min(y, lowest) + _UNDER)
        elif source_width(axis.name) > _SYMBOL and not has_power:
            words.place(max(x - 10, safe.left), max(y - _OVER, safe.top + _HIGHEST))
        elif not has_power:
            words.place(x, y + 30, "center")
        elif words.place(x + 30, y + 30, "right").box().left < safe.left:
            words.place(safe.left, max(y - 40, safe.top + 50))
        self.add(words)
