"""Lengths from a common zero: what several sizes are, side by side."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from manim import VGroup

from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.marks import rectangle, rule

_MOST_PIECES = 100


class Bar(Figure):
    """A size as a length, in equal pieces end to end; of very many pieces only the whole is drawn.

        once, often = Bar(cell, 0.25, theme, "path"), Bar(below, 1.0, theme, "diverged", pieces=4)

    Parameters
    ----------
    cell : Box
        The length of 1, and the height.
    share : float
        Of that length.
    theme : Theme
    role : str
    pieces : int
    fill : float

    Attributes
    ----------
    pieces : VGroup of Polygon
    """

    def __init__(
        self, cell: Box, share: float, theme: Theme, role: str, *, pieces: int = 1, fill: float = 0.3
    ) -> None:
        super().__init__()
        n = pieces if pieces <= _MOST_PIECES else 1
        edges = cell.left + share * cell.width * np.arange(n + 1) / n
        boxes = (Box(left, cell.top, right, cell.bottom) for left, right in pairwise(edges))
        self.pieces = VGroup(*(rectangle(box, theme.color(role), fill=fill, width=2.5) for box in boxes))
        lay("areas", self.pieces)
        self.add(self.pieces)

    @property
    def length(self) -> float:
        """As it is drawn, pixels."""
        return sheet.box_of(self.pieces.get_all_points()).width


def marker(cell: Box, share: float, theme: Theme, beyond: float = 18.0) -> VGroup:
    """A line across the bars in a cell, at a part of the length of 1; it stands out by some pixels."""
    x = cell.left + share * cell.width
    line = rule(sheet.at(x, cell.top - beyond), sheet.at(x, cell.bottom + beyond), theme.ink, 4)
    lay("lines", line)
    return VGroup(line)
