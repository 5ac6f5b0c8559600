"""Read-outs on a line, such as under the axes that they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.figures.readouts import Readout, claims_of
from gdscenes.kit.page.sheet import MEDIUM, SMALL, SMALLEST, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.type.counter import Counter
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.typeset import Words

_BETWEEN = 60.0


class ReadoutLine(Figure):
    """Read-outs one after another on a line, in type that has room; quiet ones at its end may be left out.

        line = ReadoutLine(cut.line_under(), losses_of([runner]), theme, clock="step")

    Parameters
    ----------
    box : Box
        From its left to its right edge, on its lower one.
    readouts : sequence of Readout
    theme : Theme
    clock : str
        What the counter before them counts; "" leaves it out.
    largest : float
        Em that they may have, pixels.

    Attributes
    ----------
    em : float
        That they have.
    """

    def __init__(
        self,
        box: Box,
        readouts: Sequence[Readout],
        theme: Theme,
        *,
        clock: str = "step",
        largest: float = MEDIUM,
    ) -> None:
        super().__init__()
        baseline, last = box.bottom, max(len(each.values) - 1 for each in readouts)
        self.counter: Counter | None = None
        self.readouts, self.digits = [], []
        x = box.left
        if clock:
            self.counter = Counter(clock, None, theme, largest=last).place(x, baseline)
            self.add(self.counter)
            x += self.counter.width_pixels + _BETWEEN
        loud = [each for each in readouts if each.role != "muted"]
        sizes = [size for size in (MEDIUM, SMALL, SMALLEST) if size <= largest]
        self.em = fitted(box.right - x, sizes, lambda size: sum(_width(each, size, theme) for each in loud))
        for each in readouts:
            is_muted = each.role == "muted"
            size = min(self.em, SMALL) if is_muted else self.em
            width = _width(each, size, theme)
            if x + width - _BETWEEN > box.right:
                break
            name = Words(each.name, size, theme, "muted" if is_muted else "ink").place(x, baseline)
            digits = Digits(each.text(0), size, theme, each.role).place(name.box().right + 16, baseline)
            x += width
            self.readouts.append(each)
            self.digits.append(digits)
            self.add(name, digits)

    def at(self, row: int, towards: float = 0.0) -> Self:
        """Show the numbers of a row; on the way to the next they stay."""
        if not towards:
            if self.counter is not None:
                self.counter.count(row)
            for each, digits in zip(self.readouts, self.digits, strict=True):
                digits.spell(each.text(row))
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        yield from claims_of(self.readouts, self.digits, row)


def readout_lines(
    boxes: Sequence[Box], readouts: Sequence[Sequence[Readout]], theme: Theme, *, clock: str = "step"
) -> list[ReadoutLine]:
    """A line of read-outs in each of several boxes, all in type of one size; see `ReadoutLine`."""

    def lines(largest: float) -> list[ReadoutLine]:
        pairs = zip(boxes, readouts, strict=True)
        return [ReadoutLine(box, each, theme, clock=clock, largest=largest) for box, each in pairs]

    return lines(min(line.em for line in lines(MEDIUM)))


def _width(readout: Readout, em: float, theme: Theme) -> float:
    """Of a read-out on a line, whatever it shows, and of what keeps it off the next one."""
    longest = max(text_width(readout.text(row)) for row in range(len(readout.values)))
    return Words(readout.name, em, theme).box().width + 16 + longest * em + _BETWEEN
