"""The path of a descent at each of many learning rates, on a contour map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.runs import GOOD, RunPath, RunStyle

Array = NDArray[np.float64]


class RatedPath(Figure):
    """A whole descent from a map's start; its row k is rate k, so that it lives under a rate that slides.

        path = RatedPath(self.map, gdmath.paths_at(problem, start, rates, n_steps))
        self.run_on(Clock(path, plot), to=len(rates) - 1, seconds=14)

    Where the descent leaves the map it is cut, exactly there; a cross would hop from edge to edge.

    Parameters
    ----------
    map : ContourMap
    paths : ndarray, shape (m, n_steps + 1, 2)
        Of each rate the parameters (b, w) after every step, as `gdmath.paths_at` gives them.
    style : RunStyle

    Attributes
    ----------
    path : RunPath
    """

    def __init__(self, map: ContourMap, paths: Array, style: RunStyle = GOOD) -> None:
        super().__init__()
        self.map, self.paths = map, paths
        self.path = RunPath(paths[0], map.plot, style, map.theme)
        self.path.remove(self.path.cross)
        self.add(self.path)
        self.at(0)

    def at(self, row: int, towards: float = 0.0) -> Self:
        self.row, self.path.row = row, self.paths.shape[1] - 1
        self.path.points_given = self.paths[row]
        self.path.lay_in(self.map.plot)
        return self

    def lay_in(self, plot: Places) -> None:
        """Stand in other axes, those of its map."""
        self.path.lay_in(plot)

    def claims(self, row: int) -> Iterator[Claim]:
        plot, head = self.map.plot, self.path.head
        if head.has_points():
            fine = 1e-9 * np.array([plot.x.high - plot.x.low, plot.y.high - plot.y.low])
            yield Claim("end at rate", "", self.row, plot.values(head.centers()[0]), fine)
