"""What one update sees: some of the points, lit among the others, and how many they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdscenes.kit.figures.data_plane import RESIDUALS, DataPlane
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL, Box
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.typeset import Words

_SIZES = ((LARGE, MEDIUM), (MEDIUM, SMALL))
_BASELINE, _GAP = 20.0, 24.0  # under the middle of the cell; between words


class Sight(Figure):
    """A data plane whose lit points are those of the batch that each update looks at.

        self.sight = Sight(cell, plane)
        self.clock = Clock(self.sight.through(batches), self.fan)

    While an update is on its way its batch is lit, and after it still. Its dial is `lit`, 0 to 1: before it
    looks through other batches it goes out.

    Parameters
    ----------
    cell : Box
        For the count, over the plane.
    plane : DataPlane

    Attributes
    ----------
    header : VGroup
        "16 of 80 points for one step".
    count : Digits
    """

    def __init__(self, cell: Box, plane: DataPlane) -> None:
        super().__init__()
        self.plane, theme, n = plane, plane.theme, str(plane.problem.n_rows)

        def words(em: float, small: float) -> tuple[Digits, Words, Words]:
            count = Digits(n, em, theme)
            of, step = (
                Words(tr("of {n} points", n=n), small, theme),
                Words(tr("for one step"), small, theme, "muted"),
            )
            x = plane.box.left
            for each in (count, of, step):
                each.place(x, cell.center[1] + _BASELINE)
                x = each.box().right + _GAP
            return count, of, step

        sizes = fitted(cell.right, _SIZES, lambda each: words(*each)[-1].box().right)
        self.count, of, step = words(*sizes)
        self.header = VGroup(self.count, of, step)
        lay("text", self.header)
        self.batches: Sequence[NDArray[np.int64]] = [np.arange(plane.problem.n_rows)]
        self.lit = 1.0
        self.add(plane, self.header)

    def through(self, batches: Sequence[NDArray[np.int64]]) -> Self:
        """Look at these batches from now on, row after row."""
        self.batches = batches
        return self

    def at(self, row: int, towards: float = 0.0) -> Self:
        self.row = row
        seen = self.batches[min(row if towards else max(row - 1, 0), len(self.batches) - 1)]
        self.plane.look_at(seen)
        self.count.spell(str(len(seen)), align="right")
        return self.dial(lit=self.lit) if self.lit < 1 else self

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"lit": self.lit}

    def dial(self, **values: Any) -> Self:
        self.lit = float(values["lit"])
        for part in (self.plane.lit, self.count):
            part.set_opacity(self.lit)
        self.plane.residuals.set_stroke(opacity=RESIDUALS * self.lit)
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        plot = self.plane.plot
        fine = 1e-9 * np.array([plot.x.high - plot.x.low, plot.y.high - plot.y.low])
        for point in self.plane.lit.centers():
            yield Claim("point", "", row, plot.values(point), fine)
        yield Claim("points seen", "", row, self.count.value()[0], 0.0)
