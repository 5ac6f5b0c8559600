"""Squared errors as areas: a square on each residual, poured into one whose area is the loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from manim import UpdateFromAlphaFunc, VGroup
from numpy.typing import NDArray

from gdmath import LeastSquares
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.figures.tiling import shrink_factor, squarify
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import Theme, blend
from gdscenes.kit.plot.marks import Boxes, rectangle
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import Notation, notation_for
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_LARGEST = 390.0
_TOP, _MARGIN = 162.0, 2.0  # of the square in its cell, room for its outline included
_PLATE = 20.0
_OUTLINED = 8  # squares with a stronger outline, from the largest to the smallest


class ErrorSquares(Figure):
    """The squared error of each train point as a square, and all of them poured into one.

    They are drawn for the line that a plane shows now::

        squares = ErrorSquares(self.plane, cell, loss_notation)
        self.play(squares.unfold_largest())
        self.play(squares.unfold())
        self.play(squares.pour())
        self.show(squares.frame, squares.loss)

    Parameters
    ----------
    plane : DataPlane
    cell : Cell
        Where the square of the loss stands; its upper part is left for a formula.
    notation : Notation
        Of the loss.

    Attributes
    ----------
    boxes : Boxes
        Largest first.
    area : Digits
        The largest error and its square.
    share : Digits
        What the largest square adds to a mean.
    square : Box
        The whole square, pixels; its area is the loss at the scale of y, or as much smaller as `stated` says.
    frame : VGroup
        Its outline, and a plate under the number.
    loss : Digits
    stated : VGroup
        By how much lengths are shortened, empty where they are not.
    """

    def __init__(self, plane: DataPlane, cell: Cell, notation: Notation) -> None:
        super().__init__()
        self.plane, self.theme, problem = plane, plane.theme, plane.problem
        errors = problem.residuals(plane.parameters)
        loss = float(problem.loss(plane.parameters))
        largest = int(np.argmax(np.abs(errors)))
        rows = np.union1d(plane.drawn, largest)
        rows = rows[np.argsort(-np.abs(errors[rows]), kind="stable")]
        self.unfolded, areas = square_boxes(plane, rows), errors[rows] ** 2
        self.folded = self.unfolded.copy()
        self.folded[:, 0] = sheet.pixels(plane.where(problem.x[rows], 0.0))[:, 0]
        self.folded[:, 2] = 0
        others = float((errors**2).sum() - areas.sum()) if len(rows) < problem.n_rows else 0.0
        self._tile(areas, others, loss, cell)
        self.boxes = self._boxes()
        self.area = self._area(float(errors[largest]), cell)
        self._number(notation.write(loss), cell)
        text = f"{notation.write(areas[0])}÷{problem.n_rows}={notation.write(areas[0] / problem.n_rows)}"
        self.share = Digits(text, SMALL, self.theme, "loss")
        tile = self.tiles[0]
        self.share.place(tile[0] + tile[2] + 20, tile[1] + min(tile[3], 60) / 2 + 14)
        if self.share.box().right > cell.right:
            self.share.place(cell.left, cell.top + _TOP + _LARGEST + 104)
        self.add(self.boxes, self.frame, self.loss, self.stated, self.area, self.share)

    def _tile(self, areas: Array, others: float, loss: float, cell: Cell) -> None:
        """Cut the square of the loss into a tile for each square, and one for the points not drawn."""
        whole = np.sqrt(loss) * self.plane.plot.y_pixels_per_unit
        shrink = shrink_factor(whole, _LARGEST)
        side = whole / shrink
        left, top = cell.left + _MARGIN, cell.top + _TOP
        self.square = Box(left, top, left + side, top + side)
        shares = np.append(areas, others) if others else areas
        self.tiles = squarify(np.sort(shares)[::-1] / shares.sum() * side**2, side)
        self.tiles[:, :2] += left, top
        if others:
            place = int((areas > others).sum())
            rest, self.tiles = self.tiles[place], np.delete(self.tiles, place, axis=0)
            self.tiles = np.vstack([self.tiles, rest])
            closed = [rest[0] + rest[2] / 2, rest[1] + rest[3] / 2, 0.0, 0.0]
            self.unfolded, self.folded = (np.vstack([each, closed]) for each in (self.unfolded, self.folded))
        self.stated = VGroup()
        if shrink > 1:
            words = Words(f"lengths 1 : {shrink}", SMALL, self.theme, "muted")
            self.stated.add(words.place(cell.left, self.square.bottom + 52))

    def _boxes(self) -> Boxes:
        boxes = Boxes(self.unfolded, self.theme.loss)
        lay("areas", boxes)
        boxes.set_fill(opacity=self.plane.thinned * self.theme.square_opacity / 4)
        boxes.set_stroke(width=sheet.stroke(1.5), opacity=self.plane.thinned * 0.12)
        for rank in np.linspace(0, len(boxes) - 1, _OUTLINED + 1)[1:].astype(int):
            boxes[rank].set_stroke(width=sheet.stroke(2), opacity=0.6)
        boxes[0].set_stroke(width=sheet.stroke(4), opacity=1)
        return boxes

    def _area(self, error: float, cell: Cell) -> Digits:
        residual, squared = (notation_for(v, most_decimals=3).write(v) for v in (error, error**2))
        base = f"({residual})" if "×" in residual or error < 0 else residual
        text = Digits(f"{base}²={squared}", SMALL, self.theme, "loss")
        left, top = self.unfolded[0, :2]
        return text.place(min(left + 20 + text.width_pixels, cell.left - 40), top + 56, "right")

    def _number(self, text: str, cell: Cell) -> None:
        """The loss in the middle of the square, or beside it, as large as there is room for it."""
        theme, square = self.theme, self.square
        for em in (LARGE, MEDIUM, SMALL):
            self.loss, baseline = Digits(text, em, theme), square.center[1] + 0.34 * em
            if self.loss.width_pixels + 2 * _PLATE <= square.width:
                self.loss.place(square.center[0], baseline, "center")
                break
            self.loss.place(square.right + 2 * _PLATE, baseline)
            if self.loss.box().right <= cell.right:
                break
        beside = self.loss.box().left > square.right
        under = theme.ground if beside else blend(theme.loss, theme.ground, self._filled)
        plate = rectangle(self.loss.box().grown(_PLATE), under, fill=1)
        self.frame = VGroup(rectangle(square, theme.loss, width=4), plate)
        lay("areas", self.frame)

    @property
    def _filled(self) -> float:
        """Opacity of the tiles once they have arrived."""
        return 2.2 * self.theme.square_opacity

    # -- how they move -----------------------------------------------------------------------------------

    def unfold_largest(self) -> UpdateFromAlphaFunc:
        """The square on the largest residual opens."""
        return self.boxes.glide(self.folded, _first_of(self.unfolded, self.folded))

    def unfold(self) -> UpdateFromAlphaFunc:
        """All the others open, one after another."""
        return self.boxes.glide(_first_of(self.unfolded, self.folded), self.unfolded, lag=0.5)

    def pour_largest(self) -> UpdateFromAlphaFunc:
        """The largest square goes to its place."""
        return self.boxes.glide(self.unfolded, _first_of(self.tiles, self.unfolded))

    def pour(self) -> UpdateFromAlphaFunc:
        """All the others follow, and their colours come together."""
        start = _first_of(self.tiles, self.unfolded)
        return self.boxes.glide(start, self.tiles, lag=0.7, fill=self._filled)

    def part_tiles(self) -> Any:
        """Lines of the ground's colour set the tiles apart."""
        edge = self.theme.ground if self._filled else self.theme.loss
        return self.boxes.animate.set_stroke(edge, sheet.stroke(2), 1)


class LossSquare(Figure):
    """A square that follows the loss of any line, beside the poured one of a line that was.

        follower = LossSquare(squares.square, problem, start, theme)
        self.turn(self.plane, follower, parameters=other, back=True)

    Parameters
    ----------
    square : Box
        Its area is the loss of the line `parameters`.
    problem : LeastSquares
    parameters : ndarray, shape (2,)
    theme : Theme
    """

    def __init__(self, square: Box, problem: LeastSquares, parameters: Array, theme: Theme) -> None:
        super().__init__()
        self.square, self.problem, self.theme = square, problem, theme
        self.whole = float(problem.loss(parameters))
        self.outline = rectangle(square, theme.loss, fill=theme.square_opacity, width=6)
        self.add(self.outline)
        self.dial(parameters=parameters)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"parameters": self.parameters}

    def dial(self, **values: Any) -> Self:
        self.parameters = values["parameters"]
        square = self.square
        side = square.width * float(np.sqrt(self.problem.loss(self.parameters) / self.whole))
        box = Box(square.left, square.top, square.left + side, square.top + side)
        outline = rectangle(box, self.theme.loss, fill=self.theme.square_opacity, width=6)
        lay("lines", outline)
        self.submobjects = [outline]
        self.outline = outline
        return self

    @property
    def loss(self) -> float:
        """The loss that its area says."""
        width = sheet.box_of(self.outline.points).width
        return float(self.whole * (width / self.square.width) ** 2)


def _first_of(first: Array, others: Array) -> Array:
    """The first row of one array, and the others of another."""
    return np.vstack([first[:1], others[1:]])


def square_boxes(plane: DataPlane, rows: NDArray[np.int64]) -> Array:
    """Left, top, width and height (n, 4), pixels, of the squares on the residuals of some train points.

    The side is the residual's own length on the screen, so that the area is the squared error at the scale
    of y. They lean to the left, or to where there is room.
    """
    points, feet = plane.residual_ends(plane.parameters, rows)
    (x, y), predicted = sheet.pixels(points).T, sheet.pixels(feet)[:, 1]
    side, box = np.abs(y - predicted), plane.plot.box
    left = np.where(x - side >= box.left, x - side, x)
    left = np.clip(left, box.left, np.maximum(box.right - side, box.left))
    return np.stack([left, np.minimum(y, predicted), side, side], axis=1)
