"""A reading: a name, and under it one large number that may follow what turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.typeset import Words

_NAME, _NUMBER, _GAP = 30.0, 84.0, 24.0


class Reading(Figure):
    """A name over a large number.

        eta = Reading(cell, "learning rate", theme, shortest, symbol="$eta =$", rate=0.1)
        kappa = Reading(cell, "condition number", theme, condition, problem=story.problem)
        self.turn(self.map, kappa, problem=story.on_the_way)

    Parameters
    ----------
    cell : Box
        It stands at the upper left.
    name : str
        Typst markup.
    theme : Theme
    text : callable
        What is written for a value of its dial, in the characters of `Digits`.
    symbol : str
        Before the number, Typst markup, such as "$eta =$".
    role : str
        Of the number.
    claim : tuple of str, optional
        The quantity that it claims to show, and the run of which it is; see `Claim`.
    **dial
        Name and value of the one dial that the number follows.

    Attributes
    ----------
    caption : Words
    number : Digits
    """

    def __init__(
        self,
        cell: Box,
        name: str,
        theme: Theme,
        text: Callable[[Any], str],
        *,
        symbol: str = "",
        role: str = "ink",
        claim: tuple[str, str] | None = None,
        **dial: Any,
    ) -> None:
        super().__init__()
        ((self._dial, self._value),) = dial.items()
        self._text, self._claim = text, claim
        shown, baseline = text(self._value), cell.top + _NAME
        self.caption = Words(name, SMALL, theme, "muted").place(cell.left, baseline)
        before = Words(symbol or "#h(0pt)", LARGE, theme)
        room = cell.width - (before.box().width + _GAP if symbol else 0.0)
        em = fitted(room, (LARGE, MEDIUM, SMALL), lambda em: em * text_width(shown))
        left = cell.left
        if symbol:
            before = Words(symbol, em, theme).place(cell.left, baseline + _NUMBER)
            left = before.box().right + _GAP
        self.number = Digits(shown, em, theme, role).place(left, baseline + _NUMBER)
        self.add(self.caption, *([before] if symbol else []), self.number)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {self._dial: self._value}

    def dial(self, **values: Any) -> Self:
        self._value = values[self._dial]
        self.number.spell(self._text(self._value))
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        if self._claim:
            yield Claim.read(*self._claim, row, self.number)
