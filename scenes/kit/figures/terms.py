"""Lines of numbers that run: each in a slot as wide as it will need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.figures.readouts import Readout
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, SMALLEST
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.typeset import Type, Words

Term = Readout | str
_NAME_GAP = 14.0


class Terms(Figure):
    """Read-outs one after another in lines, with signs between them and a sign before a line.

        update = Terms(cell, baselines, [[old, "-0.1·(", slope, ")"], [new]], theme, signs=("", "="))
        update.at(4)

    Parameters
    ----------
    cell : Cell
        How wide the lines may be.
    baselines : sequence of float
        Of the lines, pixels of the page.
    lines : sequence of sequence of Readout or str
        A text stands between the numbers; "…" says that there are more of them.
    theme : Theme
    gap : float
        Between the terms, pixels.
    signs : sequence of str
        Before each line; then the lines are indented, and their first terms end under one another.
    rows : iterable of int
        The rows for whose numbers room is kept.

    Attributes
    ----------
    lines : list of list of Type
        What stands in each line, its sign first where it has one.
    digits : list of Digits
        The numbers of the read-outs, in their order.
    names : list of Words
        Theirs, where they have one.
    """

    def __init__(
        self,
        cell: Cell,
        baselines: Sequence[float],
        lines: Sequence[Sequence[Term]],
        theme: Theme,
        *,
        gap: float = 0.0,
        signs: Sequence[str] = (),
        rows: Iterable[int] = range(4),
    ) -> None:
        super().__init__()
        self.readouts = [term for line in lines for term in line if isinstance(term, Readout)]
        texts = [[_widest(term, list(rows)) for term in line] for line in lines]
        longest = max(sum(map(_width, line)) for line in texts)
        sign = text_width("=") if signs else 0.0
        em = fitted(cell.width, (SMALL, SMALLEST), lambda em: em * (sign + longest))
        indent = min(em * sign, max(0.0, cell.width - em * longest))
        first = max(_width(line[0]) for line in texts) if signs else 0.0
        self.lines: list[list[Type]] = []
        self.digits: list[Digits] = []
        self.names: list[Words] = []
        for index, (line, baseline) in enumerate(zip(lines, baselines, strict=True)):
            x, parts = cell.left + indent, list[Type]()
            x += em * max(0.0, first - _width(texts[index][0])) if signs else 0.0
            if signs and signs[index]:
                parts.append(Digits(signs[index], em, theme, "muted").place(cell.left, baseline))
            for term, text in zip(line, texts[index], strict=True):
                if isinstance(term, Readout) and term.name:
                    self.names.append(Words(term.name, em, theme).place(x, baseline))
                    parts.append(self.names[-1])
                    x = parts[-1].box().right + _NAME_GAP
                role = term.role if isinstance(term, Readout) else "muted" if text == "…" else "ink"
                drawn = (Words if text == "…" else Digits)(text, em, theme, role)
                parts.append(drawn.place(x, baseline))
                x = (x + drawn.width_pixels if isinstance(drawn, Digits) else drawn.box().right) + gap
                if isinstance(term, Readout) and isinstance(drawn, Digits):
                    self.digits.append(drawn)
            self.lines.append(parts)
        self.add(*(part for line in self.lines for part in line))
        lay("text", self)
        self.at(0)

    def at(self, row: int, towards: float = 0.0) -> Self:
        """Show the numbers of a row, each at the right of its slot; on the way to the next they stay."""
        if not towards:
            self.row = row
            for each, digits in zip(self.readouts, self.digits, strict=True):
                digits.spell(each.text(row), "right")
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        for each, digits in zip(self.readouts, self.digits, strict=True):
            if each.quantity:
                drawn, unit = digits.value()
                yield Claim(each.quantity, each.run, each.row(row), drawn, 0.5 * unit * (1 + 1e-6))


def _width(text: str) -> float:
    """Of a term, em."""
    return 1.0 if text == "…" else text_width(text)


def _widest(term: Term, rows: list[int]) -> str:
    return term if isinstance(term, str) else max((term.text(row) for row in rows), key=text_width)
