"""Counters that run with a clock and stop at their finish."""

from __future__ import annotations

from manim import VGroup

from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.notation import number
from gdscenes.kit.type.typeset import Words


class Counter(VGroup):
    """A word and a number that follows a clock: steps, epochs, updates, or a condition number.

    Parameters
    ----------
    word : str
        Typst markup.
    finish : float or None
        Where it stops, and takes the colour of the minimum; None where it only counts.
    theme : Theme
    largest : float
        The largest number it will show, for which room is kept.
    decimals : int
    em : float
        Of the number; the word is as large, in the quiet colour.
    start : float
        What it shows first; it may run down from there to its finish.
    tells_way : bool
        Whether it says, on the way from one row to the next, from which to which: beside values that run.

    Attributes
    ----------
    word : Words
    value : Digits
    """

    def __init__(
        self,
        word: str,
        finish: float | None,
        theme: Theme,
        *,
        largest: float,
        decimals: int = 0,
        em: float = sheet.MEDIUM,
        start: float = 0.0,
        tells_way: bool = False,
    ) -> None:
        super().__init__()
        self.finish, self.decimals, self.theme, self.start = finish, decimals, theme, start
        self.tells_way = tells_way
        self.word = Words(word, em, theme, "muted")
        self.value = Digits(number(start, decimals), em, theme)
        self._room = max(text_width(number(each, decimals)) for each in (largest, start)) * em
        self.add(self.word, self.value)

    def place(self, x: float, baseline: float, align: str = "left") -> Counter:
        """Put the word, or with ``"right"`` the end of the room for the number, at pixel x of the page."""
        gap = 0.4 * self.value.em
        if align == "right":
            x -= self.word.box().width + gap + self._room
        self.word.place(x, baseline)
        self.value.place(self.word.box().right + gap, baseline)
        return self

    @property
    def width_pixels(self) -> float:
        """Width with the largest number, pixels of the page."""
        return self.word.box().width + 0.4 * self.value.em + self._room

    def at(self, row: int, towards: float = 0.0) -> Counter:
        """Show a row of a clock; on the way to the next it stays, or says the way."""
        if not towards:
            return self.count(row)
        if self.tells_way:
            self.value.spell(f"{row}→{row + 1}")
        return self

    def count(self, value: float) -> Counter:
        """Show what the clock says, but nothing beyond the finish."""
        if self.finish is not None:
            beyond = value >= self.finish if self.finish >= self.start else value <= self.finish
            value = self.finish if beyond else value
            role = "minimum" if beyond else "ink"
            if self.value.role != role:
                self.value.role = role
                for glyph in self.value.ink():
                    glyph.set_color(self.theme.color(role))
        self.value.spell(number(value, self.decimals))
        return self
