"""What several methods came to, in columns side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from manim import VGroup

from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, SMALLEST
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.notation import Notation
from gdscenes.kit.type.typeset import Words

_HEAD, _PITCH, _GAP = 78.0, 66.0, 26.0


@dataclass(frozen=True)
class Compared:
    """One row: a name, and the number that each method has for it.

    Attributes
    ----------
    name : str
        Typst markup.
    values : sequence of float
        One for each column; none makes the row a heading.
    notation : Notation, optional
        Needed where there are values.
    role : str
        Of the numbers.
    """

    name: str
    values: Sequence[float] = ()
    notation: Notation | None = None
    role: str = "ink"

    def texts(self) -> list[str]:
        return [self.notation.write(float(value)) for value in self.values] if self.notation else []


class Comparison(Figure):
    """A table of methods, each a column with a head of its own colour.

        table = Comparison(cell, {"descent": "model_text", "closed form": "minimum"}, rows, theme)
        self.show(table.names, table.columns[0])
        self.show(table.columns[1])

    Parameters
    ----------
    cell : Cell
    heads : mapping of str to str
        Typst markup of each column's head, and its role.
    rows : sequence of Compared
    theme : Theme

    Attributes
    ----------
    names : VGroup
    columns : list of VGroup
        Head and numbers of each.
    rows : list of list of Digits
    """

    def __init__(self, cell: Cell, heads: Mapping[str, str], rows: Sequence[Compared], theme: Theme) -> None:
        super().__init__()
        titles = [Words(source, SMALL, theme, role) for source, role in heads.items()]
        names = [Words(each.name, MEDIUM if each.role != "loss" else SMALL, theme) for each in rows]
        longest = max(text_width(text) for each in rows for text in each.texts())
        left = max(name.box().width for name, each in zip(names, rows, strict=True) if each.notation)

        def needed(em: float) -> float:
            return left + sum(self._width(title, em * longest) + _GAP for title in titles)

        em = fitted(cell.width, (SMALL, SMALLEST), needed)
        self.rows: list[list[Digits]] = [[] for _ in rows]
        self.columns = [VGroup() for _ in titles]
        right = cell.right
        for k in reversed(range(len(titles))):
            self.columns[k].add(titles[k].place(right, cell.top + _HEAD, "right"))
            for index, each in enumerate(rows):
                if each.notation:
                    digits = Digits(each.texts()[k], em, theme, each.role)
                    self.rows[index].insert(0, digits)
                    self.columns[k].add(digits.place(right, self._baseline(cell, index), "right"))
            right -= self._width(titles[k], em * longest) + _GAP
        for index, name in enumerate(names):
            name.place(cell.left, self._baseline(cell, index))
        self.names = VGroup(*names)
        self.add(self.names, *self.columns)
        lay("text", self)

    def row(self, index: int) -> VGroup:
        """Name and numbers of a row."""
        return VGroup(self.names[index], *self.rows[index])

    @staticmethod
    def _width(title: Words, numbers: float) -> float:
        return max(title.box().width, numbers)

    @staticmethod
    def _baseline(cell: Cell, index: int) -> float:
        return cell.top + _HEAD + _PITCH * (index + 1)
