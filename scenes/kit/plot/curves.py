"""The graph of a function in its axes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.contours import draw_pieces
from gdscenes.kit.plot.marks import Polyline

Array = NDArray[np.float64]


def draw_curve(curve: Polyline, plot: Plot, x: Array, y: Array, grown: float = 1.0) -> Polyline:
    """Draw the graph through exact points (x, y), a part `grown` of the way up from the lower edge."""
    return draw_pieces(curve, plot.clipped(x, plot.y.low + grown * (y - plot.y.low)))
