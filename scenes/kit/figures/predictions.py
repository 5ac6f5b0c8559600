"""What a line predicts for each point: a mark that rises from the axis of x onto the line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.plot.marks import Dots, Segments, smooth_array

_RADIUS, _LAG = 7.0, 0.6


class Predictions(Figure):
    """A mark for each train point that a plane draws, over its x: on the axis first, then on the line.

        predictions = Predictions(self.plane)
        self.turn(predictions, risen=1.0)

    Its dial is `risen`, from 0 to 1; those on the left set off first.

    Parameters
    ----------
    plane : DataPlane
        With its line as it is now.

    Attributes
    ----------
    marks : Dots
    ways : Segments
        How far each has come.
    """

    def __init__(self, plane: DataPlane) -> None:
        super().__init__()
        rows = plane.drawn[np.argsort(plane.problem.x[plane.drawn], kind="stable")]
        _, self._ends = plane.residual_ends(plane.parameters, rows)
        self._starts = self._ends.copy()
        self._starts[:, 1] = plane.plot.at(plane.x.low, plane.y.low)[1]
        self.ways = Segments(plane.theme.model, 3 * plane.thinned, 0.5)
        self.marks = Dots(plane.theme.model, _RADIUS, rim=plane.theme.ground)
        lay("residuals", self.ways)
        lay("moving", self.marks)
        self.add(self.ways, self.marks)
        self.dial(risen=0.0)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"risen": self.risen}

    def dial(self, **values: Any) -> Self:
        self.risen = float(values["risen"])
        delays = _LAG * np.linspace(0, 1, len(self._ends))
        share = smooth_array(np.clip((self.risen - delays) / (1 - _LAG), 0, 1))[:, None]
        here = self._starts + share * (self._ends - self._starts)
        self.marks.stand_at(here)
        self.ways.set_ends(self._starts, here)
        return self

    @property
    def places(self) -> sheet.Points:
        """Where the marks stand, points (n, 3) of the scene, from the left to the right."""
        return self.marks.centers()
