"""Running numbers: fixed decimals, a glyph per slot, so that nothing shivers while they change."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from manim import VMobject

from scenes._kit import page
from scenes._kit.theme import Theme
from scenes._kit.typeset import Glyph, Type, glyphs, outline

_SIGN = 0.72
_ADVANCE = {
    **dict.fromkeys("0123456789", 0.5),
    ".": 0.278,
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
}
"""Width of each slot, em."""
_SOURCE = {"·": "$dot$", "×": "$times$", "÷": "$div$"}
_CENTRED = "-+·×÷="
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
_RAISE: dict[str, str | int | None] = {plain: raised for raised, plain in _RAISED.items()}
_RAISED_SIZE = 0.7
_RAISED_BY = 0.37
_EMPTY = "\N{THIN SPACE}\N{FIGURE SPACE}"

NO_SIGN = "\N{FIGURE SPACE}"
SCIENTIFIC_FROM = 1e5


def decimals_for(values: Iterable[float], digits: int = 4) -> int:
    """Decimals that show the largest of `values` with `digits` significant digits.

    Parameters
    ----------
    values : iterable of float
        All values that a read-out will show; those not finite are left out.
    digits : int
        Significant digits of the largest of them.

    Returns
    -------
    int
        0 to 6; 3 where every value is zero.
    """
    finite = [abs(v) for v in values if math.isfinite(v)]
    largest = max(finite, default=0.0)
    if largest == 0.0:
        return 3
    return min(max(digits - 1 - math.floor(math.log10(largest)), 0), 6)


def number(value: float, decimals: int, signed: bool = False, plus: bool = False) -> str:
    """A number in the characters of `Figures`: rounded to fixed decimals, from 1e5 on in scientific notation.

    Parameters
    ----------
    value : float
        Finite.
    decimals : int
        Digits after the point.
    signed : bool
        Keep the place of a minus sign empty when there is none.
    plus : bool
        Fill that place with a plus sign; zero has none.
    """
    size = abs(value)
    text = f"{size:.{decimals}f}"
    if float(text) >= SCIENTIFIC_FROM:
        text = scientific(size)
    is_zero = not any(digit in text for digit in "123456789")
    if value < 0 and not is_zero:
        return "-" + text
    if plus:
        return (NO_SIGN if is_zero else "+") + text
    return (NO_SIGN if signed else "") + text


def scientific(value: float, digits: int = 3) -> str:
    """A number as mantissa times a power of ten, in the characters of `Figures`."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans(_RAISE))
    return f"{mantissa}×10{raised}"


def significant(value: float, digits: int = 6) -> str:
    """A positive number as short as it can be written, in the characters of `Figures`."""
    if not 1e-4 <= value < SCIENTIFIC_FROM:
        return scientific(value)
    return np.format_float_positional(value, precision=digits, fractional=False, trim="-")


@lru_cache(maxsize=64)
def _glyph(character: str) -> Glyph:
    (glyph,) = glyphs(_SOURCE.get(character, f"${character}$"))
    return glyph


def _slot(character: str) -> float:
    if character in _RAISED:
        return _ADVANCE[_RAISED[character]] * _RAISED_SIZE
    return _ADVANCE[character]


def text_width(text: str) -> float:
    """Sum of the slots of a text, em."""
    return sum(_slot(character) for character in text)


class Figures(Type):
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
    """

    def __init__(self, text: str, em: float, theme: Theme, role: str = "ink") -> None:
        super().__init__(em)
        self.theme = theme
        self.role = role
        self.text = ""
        self.add(self._em)
        self.spell(text)

    @property
    def width_pixels(self) -> float:
        """Sum of the slots' widths, pixels of the page."""
        return text_width(self.text) * self.em

    def extent(self) -> tuple[float, float]:
        """Left and right end of the slots, scene units: aligned numbers stay aligned when they change."""
        left = float(self.origin[0])
        return left, left + page.units(self.width_pixels)

    def spell(self, text: str, align: str = "left") -> Figures:
        """Change the characters, the named end of the slots staying where it is."""
        if text == self.text:
            return self
        glyphs_now = self.ink()
        opacity = glyphs_now[0].get_fill_opacity() if glyphs_now else 1.0
        _, right = self.extent()
        self.text = text
        self.submobjects = [self._em]
        cursor = 0.0
        for character in text:
            if character not in _EMPTY:
                self.add(self._drawn(character, cursor, opacity))
            cursor += _slot(character)
        if align == "right":
            self.shift((right - self.extent()[1]) * np.array([1.0, 0.0, 0.0]))
        elif align != "left":
            raise ValueError(f"align: got {align!r}; allowed left, right")
        return self

    def _drawn(self, character: str, cursor: float, opacity: float) -> VMobject:
        raised = character in _RAISED
        glyph = _glyph(_RAISED.get(character, character))
        size = self.em * (_RAISED_SIZE if raised else 1.0)
        drawn = outline(glyph, size, self.theme.color(self.role))
        offset = cursor * self.em
        if character in _CENTRED:
            middle = (glyph.points[:, 0].min() + glyph.points[:, 0].max()) / 2
            offset += (_slot(character) / 2 - middle) * size
        drawn.shift(self.origin + page.units(1) * np.array([offset, _RAISED_BY * self.em * raised, 0.0]))
        drawn.set_z_index(self.z_index)
        if opacity != 1.0:
            drawn.set_opacity(opacity)
        return drawn


def bracketed(text: str) -> str:
    """A number in the brackets that keep its minus sign apart from the one before it."""
    return f"({text})" if text.startswith("-") else text


def in_a_row(texts: Sequence[Figures], x: float, baseline: float, gap: float) -> None:
    """Place texts one after the other on a baseline, from pixel x, `gap` pixels apart."""
    for text in texts:
        text.place(x, baseline)
        x += text.width_pixels + gap
