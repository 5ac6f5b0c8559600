"""The graph of a function in its axes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.contours import draw_pieces
from gdscenes.kit.plot.marks import Polyline

Array = NDArray[np.float64]


def draw_curve(curve: Polyline, plot: Places, x: Array, y: Array) -> Polyline:
    """Draw the graph through exact points (x, y), cut at the edge of the axes."""
    return draw_pieces(curve, plot.clipped(x, y))
