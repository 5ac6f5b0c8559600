"""Numbers as programs print them, one program's beside another's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdmath import Trajectory
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.marks import rule
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import number
from gdscenes.kit.type.typeset import Words

_MOST_DIGITS = 10
_STEP_WIDTH, _LEAST_WEIGHT_WIDTH, _GAP = 1.1, 3.2, 0.4  # em
_OVER, _FIRST, _ROW = 50.0, 68.0, 56.0


def agreeing_decimals(columns: Sequence[ArrayLike], most: int) -> int:
    """The most decimals at which all columns print the same, and no more than ten digits are printed.

    Parameters
    ----------
    columns : sequence of array_like, each (n,)
        The same numbers as several programs have them, finite.
    most : int
        As many at most.

    Returns
    -------
    int
        0 to `most`; 0 too where they never print the same.
    """
    values = np.asarray(columns, dtype=float)
    largest = float(np.abs(values).max())
    before = 1 + max(0, int(np.floor(np.log10(largest)))) if largest > 0 else 1
    for decimals in range(max(0, min(most, _MOST_DIGITS - before)), 0, -1):
        printed = {tuple(f"{value:.{decimals}f}" for value in column) for column in values}
        if len(printed) == 1:
            return decimals
    return 0


def printed_rows(n_steps: int, most: int = 5) -> NDArray[np.intp]:
    """Rows of a run that are printed: at most so many, evenly spaced from the start."""
    return np.arange(0, n_steps + 1, -(-n_steps // (most - 1)))


class PrintedTable(Figure):
    """What a loop prints: one row is one state, its updates so far, its weight and its own loss.

        table = PrintedTable(story.runs["by hand"], "by hand", rows, (3, 4), cell, theme)
        self.show(table.head)
        self.run_on(Clock(self.cut, table), to=20, seconds=3)

    At a row of its clock it shows what is printed up to there. Its dial is `left`, where it stands, pixels.

    Parameters
    ----------
    run : Trajectory
        Of one parameter.
    name : str
        Of the run in the story.
    steps : array_like of int, shape (n,)
        Rows of the run that are printed, rising.
    decimals : tuple of int
        Of the weight and of the loss.
    cell : Box
        Its top is the baseline of the columns' names; over it stands the title.
    theme : Theme
    title : str, optional
        What the program is called, Typst markup; the name of the run when left out.

    Attributes
    ----------
    head : VGroup
    rows : list of VGroup
        Three `Digits` each.
    """

    def __init__(
        self,
        run: Trajectory,
        name: str,
        steps: ArrayLike,
        decimals: tuple[int, int],
        cell: Box,
        theme: Theme,
        *,
        title: str = "",
    ) -> None:
        super().__init__()
        self.name_of_run, self.steps, self.left = name, np.asarray(steps), cell.left
        columns = [
            [str(step) for step in self.steps],
            [number(weight, decimals[0]) for weight in run.parameters[self.steps, 0]],
            [number(loss, decimals[1]) for loss in run.losses[self.steps]],
        ]
        weight_width, loss_width = (max(map(text_width, column)) for column in columns[1:])
        to_weight = _STEP_WIDTH + max(_GAP + weight_width, _LEAST_WEIGHT_WIDTH)
        to_loss = to_weight + _GAP + loss_width
        em = fitted(cell.width, (MEDIUM, SMALL), lambda size: size * to_loss)
        rights = (
            cell.left + em * _STEP_WIDTH,
            cell.left + em * to_weight,
            max(cell.right, cell.left + em * to_loss),
        )
        names = ((tr("step"), "muted"), ("$weight$", "weight"), (tr("loss"), "loss"))
        heads = [Words(source, SMALL, theme, role) for source, role in names]
        self.head = VGroup(
            Words(title or name, SMALL, theme).place(cell.left, cell.top - _OVER),
            heads[0].place(cell.left, cell.top),
            *(
                head.place(right, cell.top, "right")
                for head, right in zip(heads[1:], rights[1:], strict=True)
            ),
            rule(sheet.at(cell.left, cell.top + 18), sheet.at(rights[-1], cell.top + 18), theme.axis, 2),
        )
        self.rows, self._numbers = list[VGroup](), list[list[Digits]]()
        for index, texts in enumerate(zip(*columns, strict=True)):
            baseline = cell.top + _FIRST + index * _ROW
            digits = [
                Digits(text, em, theme, role, printed=True).place(right, baseline, "right")
                for text, (_, role), right in zip(texts, names, rights, strict=True)
            ]
            self.rows.append(VGroup(*digits))
            self._numbers.append(digits[1:])
        lay("text", self.head)
        self.at(0)

    def at(self, row: int, towards: float = 0.0) -> Self:
        """What is printed up to a row."""
        self.row = row
        self.submobjects = [self.head, *self.rows[: int(np.searchsorted(self.steps, row, side="right"))]]
        return self

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"left": self.left}

    def dial(self, **values: Any) -> Self:
        way, self.left = values["left"] - self.left, values["left"]
        for part in (self.head, *self.rows):
            part.shift((sheet.units(way), 0, 0))
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        for step, numbers in zip(self.steps, self._numbers[: len(self.submobjects) - 1], strict=False):
            for quantity, digits in zip(("weight", "loss"), numbers, strict=True):
                yield Claim.read(quantity, self.name_of_run, int(step), digits)
