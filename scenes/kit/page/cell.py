"""Cells: the page is cut into rows and columns, and figures stand in what is cut.

    top, below = PAGE.rows(547, 447)
    curves, table = below.columns(2.4, 1)

A figure says by its insets how much of a cell its ticks, names and head need; cells of a row share the
largest, so that axes align and nobody writes a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gdscenes.kit.page.sheet import SAFE, Box


@dataclass(frozen=True)
class Insets:
    """Room, in pixels, between the edges of a cell and the axes that stand in it."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0

    def joined(self, other: Insets) -> Insets:
        """The larger room at each edge."""
        return Insets(
            max(self.left, other.left),
            max(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


class Cell(Box):
    """A part of the page that can be cut."""

    def rows(self, *shares: float, gap: float = 0.0) -> list[Cell]:
        """Cells one under another, as high as their shares; a single whole number cuts as many equal ones."""
        return [Cell(self.left, a, self.right, b) for a, b in _cuts(self.top, self.height, shares, gap)]

    def columns(self, *shares: float, gap: float = 0.0) -> list[Cell]:
        """Cells side by side, as wide as their shares; a single whole number cuts as many equal ones."""
        return [Cell(a, self.top, b, self.bottom) for a, b in _cuts(self.left, self.width, shares, gap)]

    def shaped(self, like: Box, centered: bool = False) -> Box:
        """The largest box of the shape of another in it, at its upper left, or in the middle of its width."""
        width = min(self.width, self.height * like.width / like.height)
        left = self.left + (self.width - width) / 2 * centered
        return Box(left, self.top, left + width, self.top + width * like.height / like.width)

    def level_with(self, other: Box) -> Cell:
        """As wide as it is, from the top of another box to its bottom."""
        return Cell(self.left, other.top, self.right, other.bottom)

    def inset(self, insets: Insets) -> Cell:
        """What is left of it inside of some room."""
        return Cell(
            self.left + insets.left,
            self.top + insets.top,
            self.right - insets.right,
            self.bottom - insets.bottom,
        )


def _cuts(start: float, length: float, shares: Sequence[float], gap: float) -> list[tuple[float, float]]:
    if len(shares) == 1:
        shares = (1.0,) * int(shares[0])
    unit = (length - gap * (len(shares) - 1)) / sum(shares)
    found, at = [], start
    for share in shares:
        found.append((at, at + share * unit))
        at += share * unit + gap
    return found


PAGE = Cell(SAFE.left, SAFE.top, SAFE.right - 21, SAFE.bottom)
"""The part of the page that figures are laid out on; axes go on a little beyond their boxes."""
STAGE, MARGIN = PAGE.columns(2, 1, gap=60)
"""Two thirds for the picture, one for formula, numbers and loss curve."""
