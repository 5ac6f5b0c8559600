"""Running numbers: fixed decimals, a glyph per slot, so that nothing shivers while they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from manim import VMobject

from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.type.language import spoken
from gdscenes.kit.type.notation import NO_SIGN, RAISED
from gdscenes.kit.type.typeset import Glyph, Type, glyphs, outline

_SIGN = 0.72
_ADVANCE = {
    **dict.fromkeys("0123456789", 0.5),
    ".": 0.278,
    ",": 0.278,
    "-": _SIGN,
    "+": _SIGN,
    "\N{FIGURE SPACE}": _SIGN,  # an empty place for a sign
    "\N{THIN SPACE}": 0.18,
    "(": 0.389,
    ")": 0.389,
    "·": 0.40,
    "×": 0.95,
    "÷": 0.95,
    "=": 0.95,
    "→": 1.2,
    "°": 0.375,
}
"""Width of each slot, em."""
_SOURCE = {"·": "$dot$", "×": "$times$", "÷": "$div$"}
_CENTRED = "-+·×÷=→"
_LOWERED = str.maketrans(RAISED)
_RAISED_SIZE = 0.7
_RAISED_BY = 0.37
_BELOW = 0.022  # the baseline, what round digits go, em
_EMPTY = "\N{THIN SPACE}\N{FIGURE SPACE}"


@lru_cache(maxsize=64)
def _glyph(character: str) -> Glyph:
    (glyph,) = glyphs(_SOURCE.get(character, f"${character}$"))
    return glyph


def _slot(character: str) -> float:
    if character in RAISED:
        return _ADVANCE[RAISED[character]] * _RAISED_SIZE
    return _ADVANCE[character]


def text_width(text: str) -> float:
    """Sum of the slots of a text, em."""
    return sum(_slot(character) for character in text)


class Digits(Type):
    """Digits and signs, each in a slot of fixed width.

    Parameters
    ----------
    text : str
        Characters that `number` and `scientific` make, and spaces, brackets and signs between them.
    em : float
        Size, pixels of the page.
    theme : Theme
    role : str
        Role whose colour they have.
    printed : bool
        As a program prints them: with a decimal point in every language.

    Attributes
    ----------
    text : str
        What they say, with a decimal point in every language.
    """

    def __init__(
        self, text: str, em: float, theme: Theme, role: str = "ink", *, printed: bool = False
    ) -> None:
        super().__init__(em)
        self.theme = theme
        self.role = role
        self.text = ""
        self._decimal = "." if printed else spoken().decimal
        self.add(self._em)
        self.spell(text)

    @property
    def width_pixels(self) -> float:
        """Sum of the slots' widths, pixels of the page."""
        return text_width(self.text) * self.em

    def value(self) -> tuple[float, float]:
        """The number that is written, and one unit of its last digit: what a reader would read."""
        mantissa, _, power = self.text.strip(NO_SIGN + "+()°").partition("×10")
        scale = 10.0 ** int(power.translate(_LOWERED) or 0)
        decimals = len(mantissa.partition(".")[2])
        return float(mantissa) * scale, scale * 10.0**-decimals

    def box(self) -> Box:
        """The box round the ink but for a comma's tail: numbers stand in the same places in all languages."""
        box, baseline = super().box(), float(sheet.pixels(self.origin[None])[0, 1])
        lowest = box.bottom if "(" in self.text else baseline + _BELOW * self.em
        return replace(box, bottom=min(box.bottom, lowest))

    def extent(self) -> tuple[float, float]:
        """Left and right end of the slots, scene units: aligned numbers stay aligned when they change."""
        left = float(self.origin[0])
        return left, left + sheet.units(self.width_pixels)

    def spell(self, text: str, align: str = "left") -> Digits:
        """Change the characters, the named end of the slots staying where it is."""
        if text == self.text:
            return self
        _, right = self.extent()
        before = iter(self.submobjects[1:])
        self.text = text
        self.submobjects = self.submobjects[:1]
        cursor = 0.0
        for character in text:
            if character not in _EMPTY:
                drawn = next(before, None) or self._new_glyph()
                self.add(drawn.set_points(self._points(character, cursor)))
            cursor += _slot(character)
        if align == "right":
            self.shift((right - self.extent()[1]) * np.array([1.0, 0.0, 0.0]))
        elif align != "left":
            raise ValueError(f"align: got {align!r}; allowed left, right")
        return self

    def _new_glyph(self) -> VMobject:
        """A glyph as those that are there are seen."""
        drawn = outline(_glyph("0"), self.em, self.theme.color(self.role))
        drawn.set_z_index(self.z_index)
        first = self.submobjects[1] if len(self.submobjects) > 1 else None
        if isinstance(first, VMobject) and first.get_fill_opacity() != 1.0:
            drawn.set_opacity(first.get_fill_opacity())
        return drawn

    def _points(self, character: str, cursor: float) -> sheet.Points:
        raised = character in RAISED
        glyph = _glyph(self._decimal if character == "." else RAISED.get(character, character))
        size = self.em * (_RAISED_SIZE if raised else 1.0)
        offset = cursor * self.em
        if character in _CENTRED:
            middle = (glyph.points[:, 0].min() + glyph.points[:, 0].max()) / 2
            offset += (_slot(character) / 2 - middle) * size
        there = self.origin + sheet.units(1) * np.array([offset, _RAISED_BY * self.em * raised, 0.0])
        return np.asarray(glyph.points * sheet.units(size) + there)


def in_a_row(texts: Sequence[Digits], x: float, baseline: float, gap: float) -> None:
    """Place texts one after the other on a baseline, from pixel x, `gap` pixels apart."""
    for text in texts:
        text.place(x, baseline)
        x += text.width_pixels + gap
