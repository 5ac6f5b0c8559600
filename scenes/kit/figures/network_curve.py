"""What a network predicts, as a curve among the points that it is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import numpy as np
from numpy.typing import NDArray

from gdmath import Trajectory, network_predictions
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.plot.curves import draw_curve
from gdscenes.kit.plot.marks import Polyline

Array = NDArray[np.float64]

_PLACES = 121


class NetworkCurve(Figure):
    """The predictions of a network over the axes of a plane, row by row of its training.

        self.curve = NetworkCurve(plane, story.runs["network"], "network")
        self.run_on(Clock(self.curve, losses), to=1000, seconds=8, pace="by change")

    Parameters
    ----------
    plane : DataPlane
    run : Trajectory
        Its rows are the parameters of `gdmath.network_predictions`.
    name : str
        Of the run in the story.

    Attributes
    ----------
    x : ndarray, shape (m,)
        Where it is computed.
    predictions : ndarray, shape (n_steps + 1, m)
    curve : Polyline
    """

    def __init__(self, plane: DataPlane, run: Trajectory, name: str) -> None:
        super().__init__()
        self.plane, self.name_of_run = plane, name
        self.x: Array = np.linspace(plane.x.low, plane.x.high, _PLACES)
        self.predictions = network_predictions(run.parameters, self.x)
        self.curve = Polyline(plane.theme.model, 8)
        self.add(self.curve)
        self.at(0)

    def at(self, row: int, towards: float = 0.0) -> Self:
        """Draw a row; on the way to the next it stays."""
        self.row = row
        draw_curve(self.curve, self.plane.plot, self.x, self.predictions[row])
        return self

    @property
    def change(self) -> Array:
        """How far the curve moves in each step, pixels: the place that goes furthest."""
        moved = np.abs(np.diff(self.predictions, axis=0)).max(axis=1)
        return np.asarray(moved * self.plane.plot.y_pixels_per_unit)

    def claims(self, row: int) -> Iterator[Claim]:
        """Feature and prediction at each corner of the curve, rows x and yhat."""
        corners = np.vstack([self.curve.points[0::4], self.curve.points[-1:]])
        drawn = self.plane.plot.values(corners).T
        yield Claim("network predictions", self.name_of_run, row, drawn, 1e-9 * np.abs(drawn).max())
