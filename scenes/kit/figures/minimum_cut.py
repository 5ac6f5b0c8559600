"""The cut along one parameter through the minimum: how steep the walls of the valley are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gdmath import WEIGHT, cross_section
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page.cell import Cell, Insets
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.plot.axes import Places, Plot
from gdscenes.kit.plot.axis import compact, pieces_that_fit, round_axis, widest_label
from gdscenes.kit.plot.curves import draw_curve
from gdscenes.kit.plot.labels import plated
from gdscenes.kit.plot.marks import Polyline, Segments
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.typeset import Words

_POINTS, _ASIDE, _NAME = 401, 24.0, 50.0
_BESIDE_LINE, _FROM_EDGE = 16.0, 26.0  # its name on the map, pixels


class MinimumCut(Figure):
    """The loss along one parameter through the minimum, and on a map the line that is cut along.

        self.cut = MinimumCut(box, self.map, theme, name=story.loss_markup)
        self.turn(self.map, self.cut, problem=story.narrower)

    Its dial is `problem`. The axes stay as they suit the first one: a steeper valley leaves them at the top.

    Parameters
    ----------
    cell : Cell
        From the top of the axes to their bottom; the numbers and names have room in it at both sides.
    over : ContourMap
        On which the line lies; the axis is as long as its window.
    theme : Theme
    moving : int
        `WEIGHT` or `BIAS`.
    name : str
        Of the loss, Typst markup.

    Attributes
    ----------
    plot : Plot
    names : VGroup
    curve : Polyline
    line : Segments
        On the map.
    label : Words
        Beside the line, at its end.
    """

    def __init__(
        self, cell: Cell, over: ContourMap, theme: Theme, *, moving: int = WEIGHT, name: str = ""
    ) -> None:
        super().__init__()
        self.over, self.moving, self.problem = over, moving, over.problem
        role = PARAMETER_ROLES[moving]
        limits = over.plot.limits
        low, high = ((limits.x_low, limits.x_high), (limits.y_low, limits.y_high))[moving]
        self.along = np.linspace(low, high, _POINTS)
        y = compact(round_axis(0.0, float(self._losses().max()), name, 3))
        box = cell.inset(Insets(left=widest_label(y) + _ASIDE, right=_NAME))
        x = compact(round_axis(low, high, f"${role}$", pieces_that_fit(low, high, 4, box.width)))
        self.plot = Plot(box, x, y, theme, grid=False)
        self.names = self.plot.name_axes()
        self.curve = Polyline(theme.color(role), 6)
        self.line, self.label = Segments(theme.color(role), 5), Words(tr("cut"), SMALL, theme, role)
        self.plate, _ = named = plated(self.label, theme)
        lay("grid", self.names)
        self.add(self.plot, self.names, self.curve, self.line, named)
        self.dial(problem=self.problem)

    @property
    def held(self) -> float:
        """The other parameter, at the minimum."""
        return float(self.problem.minimizer[1 - self.moving])

    def _losses(self) -> NDArray[np.float64]:
        return cross_section(self.problem, 1 - self.moving, self.held, self.along)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"problem": self.problem}

    def lay_in(self, plot: Places) -> None:
        """Draw it as its map is now: see `ContourMap.hold`."""
        self.dial(problem=self.over.problem)

    def dial(self, **values: Any) -> Self:
        self.problem = values["problem"]
        draw_curve(self.curve, self.plot, self.along, self._losses())
        held, seen, limits = np.full(2, self.held), self.over.plot, self.over.plot.limits
        seen_along = np.clip(self.along[[0, -1]], *np.reshape(limits, (2, 2))[self.moving])
        ends = np.stack([held, seen_along][:: 1 if self.moving == WEIGHT else -1])
        if limits.contains(*ends.mean(axis=1)):
            corners = seen.at(*ends)
            self.line.set_ends(corners[:1], corners[1:])
            self._name_line(*seen.pixels(*ends[:, -1]))
        else:
            self.line.clear_points()
            self.label.set_opacity(0.0)
            self.plate.set_opacity(0.0)
        return self

    def _name_line(self, x: float, y: float) -> None:
        """Beside the end of the line that lies at a pixel of the page, inside of the map."""
        label, right = self.label.set_opacity(1.0), self.over.box.right
        apart = self.plate.set_fill(opacity=1.0).get_center() - label.get_center()
        if self.moving != WEIGHT:
            label.place(x - _FROM_EDGE, y - _BESIDE_LINE, "right")
        elif x + 2 * _BESIDE_LINE + label.box().width < right:
            label.place(x + _BESIDE_LINE, y + _FROM_EDGE + label.em / 2)
        else:
            label.place(x - _BESIDE_LINE, y + _FROM_EDGE + label.em / 2, "right")
        self.plate.move_to(label.get_center() + apart)

    def claims(self, row: int) -> Iterator[Claim]:
        """The vertex of the curve, where it is drawn: the minimizer's moving part, and the minimum."""
        where, loss = self.plot.values(self.curve.points[0::4]).T
        lowest = int(loss.argmin())
        if lowest in (0, len(loss) - 1):  # it lies outside of the axes
            return
        fine = np.array([self.along[1] - self.along[0], 1e-6 * self.plot.y.high])
        # between two of its points a parabola is lower by at most its curvature times (step / 2) ** 2 / 2
        fine[1] += 0.5 * float(self.problem.curvature(np.eye(2)[self.moving])) * (fine[0] / 2) ** 2
        yield Claim("vertex", self.over.run, row, np.array([where[lowest], loss[lowest]]), fine)
