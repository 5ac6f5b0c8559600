"""A table of numbers that stand: named rows, and columns that can be shown one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdmath import LeastSquares
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, SMALLEST, Box
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.marks import rule
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.notation import rounded
from gdscenes.kit.type.typeset import Words

_UNDER_HEAD, _FIRST, _GAP = 26.0, 84.0, 24.0
_PITCH, _LEAST_PITCH = 84.0, 1.04  # pixels, and times the size of the type


@dataclass(frozen=True)
class Row:
    """A name and its numbers.

    Attributes
    ----------
    name : str
        Typst markup.
    texts : tuple of str
        In the characters of `Digits`, one for each column.
    role : str
        Of the numbers.
    name_role : str
        Of the name.
    note : str
        Under the name, in the quiet colour, Typst markup; "" for none.
    claim : tuple of str, optional
        The quantity that each of its numbers claims to show, and the run of which it is; see `Claim`.
    """

    name: str
    texts: tuple[str, ...]
    role: str = "ink"
    name_role: str = "ink"
    note: str = ""
    claim: tuple[str, str] | None = None


def rows_of_fit(
    problem: LeastSquares,
    *columns: NDArray[np.float64],
    names: tuple[str, str] = ("$bias$", "$weight$"),
    run: str = "",
    digits: int = 5,
) -> list[Row]:
    """b and w in so many digits, a column for each pair that claims to be the least squares of a run's loss.

    What is rounding noise beside the points is written as 0.
    """
    noise = 1e-12 * np.abs(problem.y).max() / np.array([1.0, np.abs(problem.x).max()])
    return [
        Row(
            name,
            tuple(rounded(float(value), digits, zero_below) for value in values),
            role,
            claim=(f"least-squares {role}", run),
        )
        for name, values, zero_below, role in zip(
            names, np.stack(columns, axis=1), noise, PARAMETER_ROLES, strict=True
        )
    ]


class Table(Figure):
    """Rows of numbers under heads, in type as large as the cell allows.

        facts = Table(cell, [Row("limit", ("0.8055",), "diverged", note="$2 \\\\/ lambda$")], theme)
        self.say(facts.rows[0])

    Parameters
    ----------
    cell : Box
    rows : sequence of Row
    theme : Theme
    heads : tuple of str
        Over the columns, Typst markup; none leaves heads and rule out.
    em : float
        Largest em of names and numbers.

    Attributes
    ----------
    rows : list of VGroup
        Name, note and numbers of each row.
    columns : list of VGroup
        The names with the rule, then each column with its head.
    head : VGroup
        Rule and heads.
    """

    def __init__(
        self,
        cell: Box,
        rows: Sequence[Row],
        theme: Theme,
        *,
        heads: tuple[str, ...] = (),
        em: float = MEDIUM,
    ) -> None:
        super().__init__()
        n_columns = len(rows[0].texts)
        head = cell.top + SMALL
        extra = SMALL + 12.0 if any(row.note for row in rows) else 0.0

        def baselines(size: float) -> tuple[float, float]:
            """The first, and how much of the cell there is for each further one."""
            first = head + _FIRST if heads else cell.top + size
            return first, (cell.bottom - first - extra) / max(len(rows) - 1, 1)

        sizes = [size for size in (em, SMALL, SMALLEST) if size <= em]
        sizes = [size for size in sizes if baselines(size)[1] >= _LEAST_PITCH * size + extra] or sizes[-1:]

        def widths(size: float) -> list[float]:
            names = max(Words(row.name, size, theme).box().width for row in rows)
            texts = [max(text_width(row.texts[k]) for row in rows) * size for k in range(n_columns)]
            titles = [Words(head, SMALL, theme).box().width for head in heads] or [0.0] * n_columns
            titles[0] -= names  # no head stands over the names
            return [names, *(max(pair) for pair in zip(texts, titles, strict=True))]

        size = fitted(cell.width - _GAP * n_columns, sizes, lambda each: sum(widths(each)))
        needed = widths(size)
        if (
            sum(needed) > cell.width - _GAP * n_columns
        ):  # a long name reaches over the column of a short number
            reach = (
                Words(row.name, size, theme).box().width + text_width(row.texts[0]) * size for row in rows
            )
            needed[0] = max(reach) - needed[1]
        free = (cell.width - sum(needed)) / n_columns
        rights = [cell.left + needed[0]]
        for width in needed[1:]:
            rights.append(rights[-1] + free + width)
        first, room = baselines(size)
        pitch = min(_PITCH + extra, max(room, _LEAST_PITCH * size + extra))
        self.rows = [VGroup() for _ in rows]
        self._claimed: list[tuple[tuple[str, str], Digits]] = []
        self.columns = [VGroup() for _ in range(n_columns + 1)]
        self.head = VGroup()
        if heads:
            under = head + _UNDER_HEAD
            self.columns[0].add(rule(sheet.at(cell.left, under), sheet.at(cell.right, under), theme.axis, 2))
        for column, title, right in zip(self.columns[1:], heads, rights[1:], strict=False):
            column.add(Words(title, SMALL, theme, "muted").place(right, head, "right"))
        self.head.add(*(column[0] for column in self.columns if len(column)))
        for index, (row, group) in enumerate(zip(rows, self.rows, strict=True)):
            baseline = first + pitch * index
            name = Words(row.name, size, theme, row.name_role).place(cell.left, baseline)
            group.add(name)
            self.columns[0].add(name)
            if row.note:
                note = Words(row.note, SMALL, theme, "muted").place(cell.left, baseline + extra)
                group.add(note)
                self.columns[0].add(note)
            for column, text, right in zip(self.columns[1:], row.texts, rights[1:], strict=True):
                digits = Digits(text, size, theme, row.role).place(right, baseline, "right")
                group.add(digits)
                column.add(digits)
                if row.claim:
                    self._claimed.append((row.claim, digits))
        self.add(*self.columns)
        lay("text", self)

    def claims(self, row: int) -> Iterator[Claim]:
        for claim, digits in self._claimed:
            yield Claim.read(*claim, row, digits)
