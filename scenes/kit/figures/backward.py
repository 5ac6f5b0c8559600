"""What a loss was computed from, as a graph: `backward` goes back through it and fills `.grad`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.figures.code import CodeLine
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.figures.readouts import Readout, claims_of
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, SMALLEST
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.marks import Boxes, Dots, Segments
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_RADIUS, _SPARK = 45.0, 15.0
_BOX_HEIGHT, _PAD = 76.0, 18.0
_UPPER, _MIDDLE, _LOWER = 0.34, 0.57, 0.8  # of the height: b, what comes of it, and w
_PREDICTED, _ERROR, _LOSS = 0.32, 0.66, 1.0  # of the way from the parameters to the right edge
_HEAD = 0.13


class BackwardPass(Figure):
    """The graph from b and w to the loss, along which a spark runs back into the box `.grad` of each.

        graph = BackwardPass(cell, story.slopes(), story.loss_name, theme, rows=range(5))
        self.turn(graph, gone=1.0)              # the spark arrives
        self.turn(graph, gone=2.0, kept=1.0)    # it is gone, and the numbers are there
        self.turn(graph, kept=0.0)              # zero_grad empties the boxes

    Parameters
    ----------
    cell : Cell
    gradients : sequence of Readout
        What stands in the box of b and in that of w, by row.
    loss : str
        Its name.
    theme : Theme
    rows : iterable of int
        Those for whose numbers the boxes have room.

    Attributes
    ----------
    digits : list of Digits
        The numbers in the boxes.
    boxes : Boxes

    Notes
    -----
    Dials: `gone`, the share of the way that the spark has gone, and from 1 to 2 how far it has faded; `kept`,
    how much is seen of the numbers.
    """

    def __init__(
        self, cell: Cell, gradients: Sequence[Readout], loss: str, theme: Theme, *, rows: Sequence[int]
    ) -> None:
        super().__init__()
        self.readouts, self.theme = list(gradients), theme
        texts = [max((each.text(row) for row in rows), key=text_width) for each in gradients]
        longest = max(map(text_width, texts))
        em = fitted(0.36 * cell.width - 2 * _PAD, (SMALL, SMALLEST), lambda em: em * longest)
        width = em * longest + 2 * _PAD
        upper, middle, lower = (cell.top + share * cell.height for share in (_UPPER, _MIDDLE, _LOWER))
        first = cell.left + width + 34 + _RADIUS
        predicted, error, last = (
            first + share * (cell.right - _RADIUS - first) for share in (_PREDICTED, _ERROR, _LOSS)
        )
        self._places = np.array(
            [(first, upper), (first, lower), (predicted, middle), (error, middle), (last, middle)]
        )
        nodes = Dots(theme.axis, _RADIUS, hollow=True).stand_at(sheet.at(*self._places.T))
        nodes.set_fill(theme.ground, 1)
        self.edges, self.trail = Segments(theme.axis, 3), Segments(theme.loss, 6)
        self.spark = Dots(theme.loss, _SPARK, rim=theme.ground)
        names = ("$bias$", "$weight$", "$yhat$", '$mark("loss", e)$', f'$loss("{loss}")$')
        sizes = (MEDIUM, MEDIUM, MEDIUM, MEDIUM, SMALLEST)
        self.names = [
            Words(name, size, theme).place(x, y + 0.3 * size, "center")
            for name, size, (x, y) in zip(names, sizes, self._places, strict=True)
        ]
        boxes = [(cell.left, y - _BOX_HEIGHT / 2, width, _BOX_HEIGHT) for y in (upper, lower)]
        self.boxes = Boxes(np.array(boxes), theme.axis)
        self.boxes.set_fill(theme.panel, 1).set_stroke(theme.axis, sheet.stroke(3))
        self.head = CodeLine(".grad", theme).place(cell.left, cell.top + _HEAD * cell.height)
        self.digits = [
            Digits(text, em, theme, role).place(cell.left + width - _PAD, y + 0.35 * em, "right")
            for text, role, y in zip(texts, PARAMETER_ROLES, (upper, lower), strict=True)
        ]
        self._ways = self._ways_back(cell.left + width, upper, lower)
        self.gone, self.kept = 0.0, 0.0
        lay("grid", self.edges, self.boxes)
        lay("residuals", self.trail)
        lay("lines", nodes)
        lay("marks", self.spark)
        lay("text", *self.names, *self.digits, self.head)
        self.edges.set_ends(*(sheet.at(*ends.T) for ends in self._edges()))
        self.add(self.edges, self.boxes, self.trail, nodes, *self.names, self.head, *self.digits, self.spark)
        self.at(0).dial()

    def _edges(self) -> tuple[Array, Array]:
        """Starts and ends, pixels: from each node to what is made of it, and from each box to its node."""
        pieces = [way[k : k + 2] for way in self._ways for k in range(len(way) - 1)]
        starts, ends = np.transpose(pieces, (1, 0, 2))
        return ends, starts

    def _ways_back(self, right: float, upper: float, lower: float) -> list[Array]:
        """From the loss to each box, corners in pixels."""
        b, w, predicted, error, loss = self._places
        return [
            np.array([loss, error, predicted, parameter, (right, height)])
            for parameter, height in ((b, upper), (w, lower))
        ]

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"gone": self.gone, "kept": self.kept}

    def dial(self, **values: Any) -> Self:
        for name, value in values.items():
            setattr(self, name, float(value))
        trails, sparks = list[Array](), list[Array]()
        for way in self._ways:
            along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
            here = min(self.gone, 1.0) * along[-1]
            tip = np.array([np.interp(here, along, each) for each in way.T])
            passed = np.vstack([way[along < here], tip])
            trails += [passed[k : k + 2] for k in range(len(passed) - 1)]
            sparks.append(tip)
        self.trail.clear_points()
        self.spark.clear_points()
        if 0 < self.gone < 2:
            seen = min(1.0, 2 - self.gone)
            self.trail.set_ends(*(sheet.at(*ends.T) for ends in np.transpose(trails, (1, 0, 2))))
            self.trail.set_stroke(opacity=seen)
            self.spark.stand_at(sheet.at(*np.array(sparks).T)).set_opacity(seen)
        for digits in self.digits:
            for glyph in digits.ink():
                glyph.set_opacity(self.kept)
        return self

    def at(self, row: int, towards: float = 0.0) -> Self:
        """What `backward` leaves in the boxes at a row; on the way to the next it stays."""
        if not towards:
            self.row = row
            for each, digits in zip(self.readouts, self.digits, strict=True):
                digits.spell(each.text(row), "right")
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        if self.kept == 1:
            yield from claims_of(self.readouts, self.digits, row)
