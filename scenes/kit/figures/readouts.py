"""Read-outs: rows of a mark, a name and a number that follows the clock."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdmath import LeastSquares, Trajectory
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL, SMALLEST, Box
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.marks import Diamond, rule
from gdscenes.kit.plot.runs import RunMarks
from gdscenes.kit.type.counter import Counter
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.notation import Notation, notation_for, notations_of_run
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_SIZES = ((MEDIUM, MEDIUM), (SMALL, MEDIUM), (SMALL, SMALL), (SMALLEST, SMALLEST))
_PITCH, _LEAST_PITCH = 86.0, 52.0
_HEAD, _UNDER_HEAD, _FIRST = 100.0, 26.0, 100.0
_INDENT, _GAP = 44.0, 20.0


@dataclass(frozen=True)
class Readout:
    """One number that runs: its name, and its value at each row.

    Attributes
    ----------
    name : str
        Typst markup.
    values : ndarray, shape (n,)
        At row k, from the trajectory; after the last row it stays.
    notation : Notation
    role : str
        Of the number.
    runner : Runner, optional
        Whose number it is: its mark stands before the name, which takes its colour.
    quantity, run : str
        What it claims to show, and of which run; see `Claim`.
    signed : bool
        Keeps a place for the minus sign.
    open_end : bool
        It has not come to its end with the last value, which a plus sign says.
    """

    name: str
    values: Array
    notation: Notation
    role: str = "ink"
    runner: Runner | None = None
    quantity: str = ""
    run: str = ""
    signed: bool = False
    open_end: bool = False

    def row(self, clock: int) -> int:
        """The index of its value when the clock shows a row."""
        row = clock if self.runner is None else self.runner.row(clock)
        return min(row, len(self.values) - 1)

    def text(self, clock: int) -> str:
        """What is written when the clock shows a row."""
        return self.written(self.row(clock))

    def written(self, row: int) -> str:
        """How the value of a row is written."""
        text = self.notation.write(float(self.values[row]), signed=self.signed)
        return text + "+" * (self.open_end and row == len(self.values) - 1)


def losses_of(runners: Sequence[Runner], notation: Notation | None = None) -> list[Readout]:
    """The loss of each run, with the decimals of the first one's start."""
    notation = notation or notation_for([runners[0].run.losses[0]], 5)
    wide = Notation(notation.decimals, notation.power, wide=True)
    return [
        Readout(each.label, np.asarray(each.run.losses), wide, "ink", each, "loss", each.name)
        for each in runners
    ]


def loss_beside_lowest(runner: Runner, problem: LeastSquares, name: str) -> list[Readout]:
    """The loss of a run, named in Typst markup, and beside it the lowest that there is, in as many digits."""
    (loss,) = losses_of([runner])
    lowest = Readout("lowest", np.array([problem.minimum]), loss.notation, "muted")
    return [replace(loss, name=name, role="loss"), lowest]


def steps_of(runners: Sequence[Runner], unfinished: Collection[str] = ()) -> list[Readout]:
    """The steps that each run has taken, up to its last; a plus sign behind those of unfinished ones."""
    return [
        Readout(
            each.label,
            np.arange(each.run.n_steps + 1.0),
            Notation(0),
            runner=each,
            quantity="step",
            run=each.name,
            open_end=each.name in unfinished,
        )
        for each in runners
    ]


def parameters_of(run: Trajectory, name: str = "") -> list[Readout]:
    """b and w of a run, in their colours."""
    columns = zip(PARAMETER_ROLES, run.parameters.T, notations_of_run(run.parameters), strict=True)
    return [
        Readout(f"${role}$", np.asarray(values), notation, role, None, quantity, name, signed=True)
        for (role, values, notation), quantity in zip(columns, ("bias", "weight"), strict=True)
    ]


class Readouts(Figure):
    """A table of read-outs on one clock, its type as large as its cell allows.

        self.table = Readouts(cell, losses_of(story.runners), theme, clock="step", head=story.loss_markup)

    Parameters
    ----------
    cell : Box
    readouts : sequence of Readout
    theme : Theme
    clock : str
        What the large counter over the table counts; "" leaves it out.
    largest : int
        The last count, for which the counter keeps room.
    per : int
        How much of the clock is one count; see `LossCurves`.
    head : str
        Over the numbers, Typst markup; "" leaves it out.
    """

    HEAD = _HEAD

    def __init__(
        self,
        cell: Box,
        readouts: Sequence[Readout],
        theme: Theme,
        *,
        clock: str = "",
        largest: int | None = None,
        per: int = 1,
        head: str = "",
    ) -> None:
        super().__init__()
        self.readouts, self.theme, self.per, self.row = readouts, theme, per, 0
        left, right, baseline = cell.left, cell.right, cell.top + _HEAD
        last = max(len(each.values) - 1 for each in readouts) if largest is None else largest
        self.counter = Counter(clock or "#h(0pt)", None, theme, largest=last, em=LARGE).place(left, baseline)
        if clock:
            self.add(self.counter)
        if head:
            room = right - left - (self.counter.width_pixels + _GAP if clock else 0.0)
            em = fitted(room, (MEDIUM, SMALL), lambda em: Words(head, em, theme).box().width)
            self.add(Words(head, em, theme).place(right, baseline, "right"))
        if clock or head:
            line = rule(
                sheet.at(left, baseline + _UNDER_HEAD), sheet.at(right, baseline + _UNDER_HEAD), theme.axis, 2
            )
            lay("text", line)
            self.add(line)
        else:
            baseline = cell.top + MEDIUM - _FIRST
        em, small = self._sizes(right - left)
        tallest = max(Words(each.name, em, theme).box().height for each in readouts)
        room = (cell.bottom - 30 - baseline - _FIRST) / max(len(readouts) - 1, 1)
        pitch = min(max(_PITCH, tallest + _GAP), max(room, _LEAST_PITCH))
        self.digits: list[Digits] = []
        self.rows = VGroup()
        for index, each in enumerate(readouts):
            y = baseline + _FIRST + pitch * index
            digits = Digits(each.text(0), small, theme, each.role).place(right, y, "right")
            row = VGroup()
            if each.runner is not None:
                row.add(RunMarks(each.runner.style, theme, 12).stand_at(sheet.at([left + 14], [y - 14])))
            elif each.role == "minimum":
                row.add(Diamond(theme).stand_at(sheet.at(left + 14, y - 14)))
            role = (
                each.runner.style.role
                if each.runner is not None
                else ("minimum" if each.role == "minimum" else "ink")
            )
            row.add(Words(each.name, em, theme, role).place(left + self._indent, y), digits)
            lay("text", row)
            self.digits.append(digits)
            self.rows.add(row)
        self.add(self.rows)

    @property
    def _indent(self) -> float:
        is_marked = (each.runner is not None or each.role == "minimum" for each in self.readouts)
        return _INDENT if any(is_marked) else 0.0

    def _sizes(self, width: float) -> tuple[float, float]:
        """Ems of names and numbers with which every row fits, whatever it will show."""
        longest = max(
            text_width(each.written(row)) for each in self.readouts for row in range(len(each.values))
        )

        def needed(sizes: tuple[float, float]) -> float:
            em, small = sizes
            names = max(Words(each.name, em, self.theme).box().width for each in self.readouts)
            return self._indent + names + _GAP + longest * small

        return fitted(width, _SIZES, needed)

    def at(self, row: int, towards: float = 0.0) -> Self:
        """Show the numbers of a row; on the way to the next they stay."""
        if towards:
            return self
        self.row = row
        self.counter.count(row // self.per)
        for each, digits in zip(self.readouts, self.digits, strict=True):
            digits.spell(each.text(row), align="right")
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        yield from claims_of(self.readouts, self.digits, row)


def claims_of(readouts: Sequence[Readout], shown: Sequence[Digits], row: int) -> Iterator[Claim]:
    """What numbers on the screen claim, each of the read-out that it shows."""
    for each, digits in zip(readouts, shown, strict=True):
        if each.quantity:
            yield Claim.read(each.quantity, each.run, each.row(row), digits)
