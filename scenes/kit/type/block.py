"""Words and numbers that stand together and are placed as one text."""

from __future__ import annotations

from collections.abc import Sequence

from manim import VMobject

from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Type


class Block(Type):
    """Rows of words and numbers, one after the other on their baselines.

        held = Block([Words("$bias =$", em, theme), Digits("0.4967", em, theme), Words("held", SMALL, theme)])
        held.place(330, 120)

    Parameters
    ----------
    *rows : sequence of Type
    gap : float
        Between the parts of a row, pixels.
    leading : float
        Between the baselines of rows, pixels.

    Attributes
    ----------
    rows : list of list of Type
    """

    def __init__(self, *rows: Sequence[Type], gap: float = 12.0, leading: float = 56.0) -> None:
        super().__init__(rows[0][0].em)
        self.rows = [list(row) for row in rows]
        left, baseline = sheet.pixels(self.origin)
        for row in self.rows:
            x = float(left)
            for part in row:
                part.place(x, float(baseline))
                x = part.extent()[1] * sheet.PIXELS_PER_UNIT + sheet.WIDTH / 2 + gap
            baseline += leading
            self.add(*row)
        self.add(self._em)
        lay("text", self)

    @property
    def number(self) -> Digits:
        """The last number in it."""
        return next(part for part in reversed(self.parts) if isinstance(part, Digits))

    @property
    def parts(self) -> list[Type]:
        """All that it is made of, in reading order."""
        return [part for row in self.rows for part in row]

    def ink(self) -> list[VMobject]:
        return [drawn for part in self.parts for drawn in part.ink()]

    def extent(self) -> tuple[float, float]:
        ends = [part.extent() for part in self.parts]
        return min(left for left, _ in ends), max(right for _, right in ends)
