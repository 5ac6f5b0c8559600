"""Squared errors as areas: squares on the residuals are poured into one that lives, its area the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from manim import UpdateFromAlphaFunc, VGroup
from numpy.typing import NDArray

from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.figures.tiling import shrink_factor, squarify
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, Box
from gdscenes.kit.plot.marks import Boxes, rectangle
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import Notation, notation_for
from gdscenes.kit.type.typeset import Type, Words

Array = NDArray[np.float64]

_NAME, _TOP, _STATED, _EDGE = 51.0, 69.0, 77.0, 3.0  # in its cell: baseline, square, words under it, outline
_FILLED = 2.2  # fill of the square, in fills of one square error among many
_BESIDE = 24.0  # from the name to the longest number, pixels
_MORE = 4  # most decimals of an error beyond three, its own number among them
_OUTLINED = 0.9  # opacity of the outlines of those that open first


class LossSquare(Figure):
    """A square whose area is the loss of a line, at the scale of y: it lives with the line.

        square = LossSquare(self.plane, cell, story.loss_markup, story.loss_notation, run.losses[0])
        self.turn(self.plane, square, parameters=other, back=True)
        self.advance(Clock(self.plane, square), to=5)

    Its dial is `parameters`, (b, w) of the line.

    Parameters
    ----------
    plane : DataPlane
        Its scale, its points and its run.
    cell : Cell
        Over the square there is room for the name, and the number beside it.
    name : str
        Of the loss, Typst markup.
    notation : Notation
        Of the loss.
    highest : float
        The loss of a square that must have room in the cell, and does with a little to grow. One that is too
        large is shrunk by a round factor, which `stated` says.

    Attributes
    ----------
    shrink : int
        How many times shorter lengths are than in the plane.
    outline : Polygon
    word : Words
    number : Digits
    stated : VGroup
        Empty where lengths are those of the plane.
    """

    def __init__(self, plane: DataPlane, cell: Cell, name: str, notation: Notation, highest: float) -> None:
        super().__init__()
        self.plane, self.theme, self.notation = plane, plane.theme, notation
        self.right, self.top = cell.right - _EDGE, cell.top + _TOP
        room = min(cell.width - 2 * _EDGE, cell.bottom - self.top - _STATED)
        self.shrink = shrink_factor(self._side(highest) * plane.plot.y_pixels_per_unit, room)
        self.number = Digits(notation.write(highest), MEDIUM, self.theme, "loss")
        self.number.place(cell.right, cell.top + _NAME, "right")
        left = cell.right - self.number.width_pixels - _BESIDE
        self.word = Words(name, MEDIUM, self.theme).place(left, cell.top + _NAME, "right")
        self.outline = rectangle(Box(0, 0, 1, 1), self.theme.loss, width=5)
        lay("lines", self.outline)
        self.stated = VGroup()
        if self.shrink > 1:
            words = Words(tr("{times} times smaller", times=self.shrink), SMALL, self.theme, "muted")
            self.stated.add(words.place(cell.right, self.top + room + _STATED - 6, "right"))
        self.add(self.outline, self.word, self.number, self.stated)
        self.fill()
        self.dial(parameters=plane.parameters)

    def _side(self, loss: float) -> float:
        """In units of y."""
        return float(np.sqrt(loss))

    @property
    def pixels_per_unit(self) -> float:
        """Of its side."""
        return self.plane.plot.y_pixels_per_unit / self.shrink

    @property
    def filled(self) -> float:
        """Opacity of its fill; print has none."""
        return _FILLED * self.theme.square_opacity

    def fill(self, share: float = 1.0) -> Self:
        """Fill it, as far as tiles do not."""
        self.outline.set_fill(self.theme.loss, share * self.filled)
        return self

    @property
    def box(self) -> Box:
        """Where it stands now."""
        side = self._side(self.loss) * self.pixels_per_unit
        return Box(self.right - side, self.top, self.right, self.top + side)

    def at(self, row: int, towards: float = 0.0) -> Self:
        """The loss of the line on its way to the next row."""
        self.row, rows = row, self.plane.rows
        here = rows[row] + towards * (rows[row + 1] - rows[row]) if towards else rows[row]
        return self._draw(here)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"parameters": self.parameters}

    def dial(self, **values: Any) -> Self:
        return self._draw(np.asarray(values["parameters"], dtype=float))

    def _draw(self, parameters: Array) -> Self:
        self.parameters = parameters
        self.loss = float(self.plane.problem.loss(parameters))
        drawn = rectangle(self.box, self.theme.loss)
        self.outline.set_points(drawn.points)
        self.number.spell(self.notation.write(self.loss), align="right")
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        """The loss, by its area and by its number."""
        if self.plane.run:
            side = sheet.box_of(self.outline.points).width / self.pixels_per_unit
            yield Claim("loss", self.plane.run, row, side**2, 1e-9 * side**2)
            yield Claim.read("loss", self.plane.run, row, self.number)


class ErrorSquares(Figure):
    """The squared error of each train point as a square, and all of them poured into that of the loss.

    They are drawn for the line that a plane shows now. A few, spread over x, open on their residuals; the
    others open on their way::

        squares = ErrorSquares(self.plane, square, spread_rows(self.plane, 6), one.terms[0])
        self.play(squares.unfold_largest())
        self.play(squares.unfold())
        self.play(squares.pour_unfolded())
        self.play(squares.pour())

    Parameters
    ----------
    plane : DataPlane
    square : LossSquare
        Which they fill.
    rows : ndarray of int
        Of the train points whose squares open where they are; that of the largest error does anyway.
    instead : Type
        Where the number of the largest square stands.

    Attributes
    ----------
    boxes : Boxes
        Largest first.
    area : Digits
        The largest error and its square.
    share : Digits
        What the largest square adds to a mean.
    """

    def __init__(self, plane: DataPlane, square: LossSquare, rows: NDArray[np.int64], instead: Type) -> None:
        super().__init__()
        self.plane, self.theme, self.square, problem = plane, plane.theme, square, plane.problem
        errors = np.abs(problem.residuals(plane.parameters))
        largest = int(np.argmax(errors))
        shown = np.union1d(np.union1d(plane.drawn, rows), largest)
        shown = shown[np.argsort(-errors[shown], kind="stable")]
        self.is_first = np.isin(shown, rows)
        self.is_first[0] = True
        self.unfolded, areas = square_boxes(plane, shown), errors[shown] ** 2
        self.folded = self.unfolded.copy()
        self.folded[:, 0] = sheet.pixels(plane.where(problem.x[shown], 0.0))[:, 0]
        self.folded[:, 2] = 0
        others = float((errors**2).sum() - areas.sum()) if len(shown) < problem.n_rows else 0.0
        self._tile(areas, others)
        self.boxes = self._boxes()
        self.area = self._area(float(problem.residuals(plane.parameters)[largest]))
        self.area.place(*sheet.pixels(instead.origin))
        write = square.notation.write
        text = f"{write(areas[0])}÷{problem.n_rows}={write(areas[0] / problem.n_rows)}"
        self.share = Digits(text, MEDIUM, self.theme, "loss")
        tile = self.tiles[0]
        self.share.place(tile[0] - 20, tile[1] + min(tile[3], 60) / 2 + 14, "right")
        if self.share.box().left < sheet.MARGIN.left - 40:
            self.share.place(square.right, square.box.bottom + 104, "right")
        self.add(self.boxes, self.area, self.share)

    def _tile(self, areas: Array, others: float) -> None:
        """Cut the square of the loss into a tile for each square, and one for the points not drawn."""
        box = self.square.box
        side = box.width
        shares = np.append(areas, others) if others else areas
        total = float(shares.sum()) or 1.0
        self.tiles = squarify(np.sort(shares)[::-1] / total * side**2, side)
        self.tiles[:, :2] += box.left, box.top
        if others:
            place = int((areas > others).sum())
            rest, self.tiles = self.tiles[place], np.delete(self.tiles, place, axis=0)
            self.tiles = np.vstack([self.tiles, rest])
            closed = [rest[0] + rest[2] / 2, rest[1] + rest[3] / 2, 0.0, 0.0]
            self.unfolded, self.folded = (np.vstack([each, closed]) for each in (self.unfolded, self.folded))
            self.is_first = np.append(self.is_first, False)

    def _boxes(self) -> Boxes:
        boxes = Boxes(self.folded, self.theme.loss)
        lay("areas", boxes)
        for box, is_first in zip(boxes, self.is_first, strict=True):
            opacity = _OUTLINED if is_first else self.plane.thinned * 0.5
            box.set_fill(opacity=self.theme.square_opacity)
            box.set_stroke(width=sheet.stroke(3 if is_first else 1.5), opacity=opacity)
        return boxes

    def _area(self, error: float) -> Digits:
        residual, squared = _closing(error)
        base = f"({residual})" if "×" in residual or error < 0 else residual
        return Digits(f"{base}²={squared}", SMALL, self.theme, "loss")

    # -- how they move -----------------------------------------------------------------------------------

    @property
    def _is_largest(self) -> NDArray[np.bool_]:
        return np.arange(len(self.folded)) < 1

    def unfold_largest(self) -> UpdateFromAlphaFunc:
        """The square on the largest residual opens."""
        return self.boxes.glide(self.folded, _where(self._is_largest, self.unfolded, self.folded))

    def unfold(self) -> UpdateFromAlphaFunc:
        """The others that open where they are do so, one after another."""
        start = _where(self._is_largest, self.unfolded, self.folded)
        return self.boxes.glide(start, self._opened, lag=0.5)

    @property
    def _opened(self) -> Array:
        return _where(self.is_first, self.unfolded, self.folded)

    def pour_largest(self) -> UpdateFromAlphaFunc:
        """The largest square goes to its place."""
        return self.boxes.glide(self._opened, _where(self._is_largest, self.tiles, self._opened))

    def pour_unfolded(self) -> UpdateFromAlphaFunc:
        """The others that are open follow."""
        start = _where(self._is_largest, self.tiles, self._opened)
        return self.boxes.glide(start, _where(self.is_first, self.tiles, self.folded), lag=0.6)

    def pour(self) -> UpdateFromAlphaFunc:
        """All that are still closed open where they are and follow, and the colours come together."""
        start, opened = (_where(self.is_first, self.tiles, each) for each in (self.folded, self.unfolded))
        return self.boxes.glide(start, self.tiles, lag=0.75, fill=self.square.filled, opened=opened)

    def close_tiles(self) -> Any:
        """The lines between the tiles go: what they fill is one square."""
        return self.boxes.animate.set_stroke(opacity=0)


def _closing(error: float) -> tuple[str, str]:
    """An error and its square, with as many decimals as it takes for one to be that of the other as told."""
    whole = notation_for(error**2, most_decimals=3)
    squared, notation = whole.write(error**2), notation_for(error, most_decimals=3)
    for more in range(_MORE):
        finer = replace(notation, decimals=notation.decimals + more)
        told = round(error * 10.0**-finer.power, finer.decimals) * 10.0**finer.power
        if whole.write(told**2) == squared:
            return finer.write(error), squared
    return notation.write(error), squared


def _where(chosen: NDArray[np.bool_], these: Array, others: Array) -> Array:
    """The chosen rows of one array, and the others of another."""
    return np.where(chosen[:, None], these, others)


def spread_rows(plane: DataPlane, most: int) -> NDArray[np.int64]:
    """Train points that are drawn, spread evenly over x: at most so many, from the left to the right."""
    rows = plane.drawn
    x = plane.problem.x[rows]
    middles = x.min() + np.ptp(x) * (np.arange(most) + 0.5) / most
    nearest = np.abs(x[:, None] - middles).argmin(axis=0)
    found = np.unique(rows[nearest])
    return found[np.argsort(plane.problem.x[found], kind="stable")]


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
