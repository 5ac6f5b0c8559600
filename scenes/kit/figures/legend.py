"""A legend: marks with their names, and the numbers that belong to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from manim import VGroup

from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.marks import Arrow, Diamond, Dots
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Type, Words

_MARK, _NAME, _ARROW = 24.0, 66.0, 26.0
_OVER_MARK = 22.0


@dataclass(frozen=True)
class Entry:
    """A row of a legend.

    Attributes
    ----------
    name : str or Type
        Typst markup, or what is set already.
    value : str or Type
        Right of it: a number in the characters of `Digits`, or what is set already; "" for none.
    mark : Dots, Diamond, Arrow or None
        Not yet placed. A row without one belongs to the mark above it.
    role, value_role : str
        Of the name, and of the number.
    em : float
    """

    name: str | Type
    value: str | Type = ""
    mark: Dots | Diamond | Arrow | None = None
    role: str = "ink"
    value_role: str = "ink"
    em: float = SMALL


class Legend(Figure):
    """Rows of a mark, its name and a number.

        legend = Legend(cell, [Entry("start", "2.7422", start_ring(theme), value_role="loss")], theme)

    Parameters
    ----------
    cell : Box
        Left and right edge; its top is the baseline of the first row.
    entries : sequence of Entry
    theme : Theme
    pitch : float
        Between baselines, pixels; a mark after a row without one has some more over it.

    Attributes
    ----------
    rows : list of VGroup
    """

    def __init__(self, cell: Box, entries: Sequence[Entry], theme: Theme, *, pitch: float = 76.0) -> None:
        super().__init__()
        self.rows: list[VGroup] = []
        baseline, is_under_mark = cell.top, False
        for entry in entries:
            if self.rows:
                baseline += pitch + (_OVER_MARK if entry.mark is not None and is_under_mark else 0.0)
            name = entry.name
            if isinstance(name, str):
                name = Words(name, entry.em, theme, entry.role)
            row = VGroup(name.place(cell.left + _NAME, baseline))
            if entry.mark is not None:
                row.add(_placed(entry.mark, cell.left + _MARK, baseline - 13))
            value = entry.value
            if isinstance(value, str) and value:
                value = Digits(value, entry.em, theme, entry.value_role)
            if isinstance(value, Type):
                row.add(value.place(cell.right, baseline, "right"))
            is_under_mark = entry.mark is None
            lay("text", row)
            self.rows.append(row)
        self.add(*self.rows)


def _placed(mark: Dots | Diamond | Arrow, x: float, y: float) -> Dots | Diamond | Arrow:
    if isinstance(mark, Arrow):
        return mark.between(sheet.at(x - _ARROW, y), sheet.at(x + _ARROW, y))
    return mark.stand_at(sheet.at(x, y)[None])
