"""Programs side by side, step by step, with a band behind the step that is talked of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from manim import VGroup, VMobject
from numpy.typing import NDArray

from gdscenes.kit.figures.code import ADVANCE, CODE, CodeLine, color_of, tint
from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell, Insets
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, SMALLEST, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.marks import Boxes
from gdscenes.kit.type.typeset import Type, Words

Array = NDArray[np.float64]

_LINE = 48.0  # from one line to the next
_MIDDLE = 10.0  # from the middle of a row to that of its baselines
_LABEL_INDENT = 21.0
_INSIDE = Insets(2, 3, -18, 3)  # of the band in its row
_BAR = 7.0


def baselines(row: Box, n: int) -> list[float]:
    """Where n lines stand in the row of a step."""
    first = row.center[1] + _MIDDLE - (n - 1) / 2 * _LINE
    return [first + _LINE * k for k in range(n)]


class CodeBlock(Figure):
    """A row for each step: its label, and its lines in each of several programs.

        block = CodeBlock(rows, label_cell, [left, right], [story.numpy_code, story.torch_code], theme)
        self.show(block)
        self.turn(block, shown=block.only("predict"), **block.on("predict"))

    Parameters
    ----------
    rows : mapping of str to Cell
        Where each step stands, as wide as the band.
    labels : Cell
        The column of the labels.
    columns : sequence of Cell
        One for each program; the lines of the last may be longer than its column is wide.
    programs : sequence of mapping of str to sequence of str
        The lines of each step; an empty one keeps its place.
    theme : Theme
    names : mapping of str to str, optional
        What each step is called, Typst markup; its key when left out.

    Attributes
    ----------
    labels : dict of str to Words
    programs : list of dict of str to list of CodeLine
        The lines of each program, by step.
    aside : dict of str to list of Type
        What else is lit with a step: numbers beside it, for instance.
    band : VGroup
        A field with a bar at its left end.

    Notes
    -----
    Dials: `lit` and `shown`, for each step 0 to 1; `place` of the band, and `banded`, its opacity.
    """

    def __init__(
        self,
        rows: Mapping[str, Cell],
        labels: Cell,
        columns: Sequence[Cell],
        programs: Sequence[Mapping[str, Sequence[str]]],
        theme: Theme,
        *,
        names: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.cells, self.theme = dict(rows), theme
        self.labels = {
            step: Words((names or {}).get(step, step), SMALL, theme).place(
                labels.left + _LABEL_INDENT, baselines(row, 1)[0]
            )
            for step, row in rows.items()
        }
        self.programs: list[dict[str, list[CodeLine]]] = []
        self.aside: dict[str, list[Type]] = {step: [] for step in rows}
        for column, program in zip(columns, programs, strict=True):
            longest = max(len(text) for texts in program.values() for text in texts)
            room = column.width if column is not columns[-1] else np.inf
            em = fitted(room, (CODE, SMALLEST), lambda em, n=longest: em * ADVANCE * n)  # type: ignore[misc]
            self.programs.append(
                {
                    step: [
                        CodeLine(text, theme, em).place(column.left, baseline)
                        for text, baseline in zip(texts, baselines(rows[step], len(texts)), strict=True)
                        if text
                    ]
                    for step, texts in program.items()
                }
            )
        self.field, self.bar = Boxes(np.zeros((1, 4)), theme.panel), Boxes(np.zeros((1, 4)), theme.ink)
        self.field.set_stroke(theme.grid, sheet.stroke(2))
        self.bar.set_stroke(theme.ink, 0, 0)
        self.band = VGroup(self.field, self.bar)
        lay("ghosts", self.band)
        self._colors: dict[VMobject, str] = {}
        self._drawn: dict[str, tuple[float, float]] = {}
        self.add(self.band, *self.labels.values(), *(line for step in rows for line in self.lines(step)))
        self.lit, self.shown = np.ones(len(rows)), np.ones(len(rows))
        self.banded, self.place = 0.0, self.box_behind(next(iter(rows)))
        self.dial()

    def lines(self, step: str) -> list[CodeLine]:
        """The lines of a step in all programs."""
        return [line for program in self.programs for line in program.get(step, ())]

    # -- dials -------------------------------------------------------------------------------------------

    def only(self, *steps: str) -> Array:
        """1 for each of some steps, 0 for the others: a value for `lit` or `shown`."""
        return np.array([float(step in steps) for step in self.cells])

    def on(self, *steps: str, right: float | None = None) -> dict[str, Any]:
        """Dials that light some steps and put the band behind them, as far as `right`."""
        return {"lit": self.only(*steps), "place": self.box_behind(*steps, right=right), "banded": 1.0}

    def box_behind(self, *steps: str, right: float | None = None) -> Box:
        """Where the band stands when some steps are lit."""
        cells = [self.cells[step].inset(_INSIDE) for step in steps]
        edge = cells[0].right if right is None else right
        return Box(cells[0].left, min(c.top for c in cells), edge, max(c.bottom for c in cells))

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"lit": self.lit, "shown": self.shown, "place": self.place, "banded": self.banded}

    def dial(self, **values: Any) -> Self:
        for name, value in values.items():
            setattr(self, name, value)
        box = self.place
        self.field.stand_at(np.array([[box.left, box.top, box.width, box.height]]))
        self.bar.stand_at(np.array([[box.left, box.top, _BAR, box.height]]))
        self.field.set_fill(opacity=self.banded).set_stroke(opacity=self.banded)
        self.bar.set_fill(opacity=self.banded)
        for step, lit, shown in zip(self.cells, self.lit, self.shown, strict=True):
            for text in self.aside[step]:
                self._tint(text, float(lit))
            if self._drawn.get(step) != (lit, shown):
                self._drawn[step] = lit, shown
                for text in (self.labels[step], *self.lines(step)):
                    self._tint(text, float(lit), float(shown))
        return self

    def _tint(self, text: Type, lit: float, opacity: float | None = None) -> None:
        """Bring type towards its full colours, or towards quiet ones that can still be read."""
        for glyph in text.ink():
            if glyph not in self._colors:
                self._colors[glyph] = color_of(glyph)
            color = tint(self._colors[glyph], self.theme, lit)
            for rgbas in (glyph.fill_rgbas, glyph.stroke_rgbas):
                rgbas[:, :3] = color
                if opacity is not None:
                    rgbas[:, 3] = opacity

    def is_lit(self, step: str) -> bool:
        """Whether a step is drawn in its full colours."""
        glyphs = [glyph for line in self.lines(step) for glyph in line.ink()]
        return all(color_of(glyph) == self._colors[glyph] for glyph in glyphs)
