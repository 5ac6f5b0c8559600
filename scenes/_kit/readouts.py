"""Running numbers: fixed decimals, a glyph per slot, so that nothing shivers while they change."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from manim import VMobject
from numpy.typing import ArrayLike

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
SCIENTIFIC_BELOW = 1e-3
_MOST_DECIMALS = 6


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
    return min(max(digits - 1 - math.floor(math.log10(largest)), 0), _MOST_DECIMALS)


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
    return f"{mantissa}×10{_raised(int(exponent))}"


@dataclass(frozen=True)
class Notation:
    """How all values of one read-out are written, so that it keeps its width while it runs.

    Attributes
    ----------
    decimals : int
        Digits after the point.
    power : int
        A power of ten that is taken out of every value and written behind it; 0 takes none.
    """

    decimals: int
    power: int = 0

    def write(self, value: float, signed: bool = False, plus: bool = False) -> str:
        """A value in the characters of `Figures`; `signed` and `plus` as in `number`."""
        power = f"×10{_raised(self.power)}" if self.power else ""
        return self.mantissa(value, signed, plus) + power

    def mantissa(self, value: float, signed: bool = False, plus: bool = False) -> str:
        """A value without its power of ten, where that stands elsewhere."""
        return number(value * 10.0**-self.power, self.decimals, signed, plus)

    @property
    def unit(self) -> float:
        """The value of one in the last digit."""
        return float(10.0 ** (self.power - self.decimals))


def notation_for(
    values: ArrayLike, digits: int = 4, scaled_digits: int = 3, most_decimals: int = 6
) -> Notation:
    """The notation that shows the largest of `values` with so many significant digits.

    Parameters
    ----------
    values : array_like
        All values that a read-out will show; those not finite are left out.
    digits : int
        Significant digits of the largest of them.
    scaled_digits : int
        The same where a power of ten is taken out: from 1e5 on, and where the digits begin too late.
    most_decimals : int
        No more where no power is taken out.
    """
    sizes = np.abs(np.ravel(values))
    largest = float(max(sizes[np.isfinite(sizes)], default=0.0))
    if largest == 0.0:
        return Notation(min(decimals_for([]), most_decimals))
    power = math.floor(math.log10(largest))
    if SCIENTIFIC_BELOW <= largest < SCIENTIFIC_FROM and digits - 1 - power <= _MOST_DECIMALS:
        return Notation(min(decimals_for([largest], digits), most_decimals))
    return Notation(scaled_digits - 1, power)


def notations_for(columns: ArrayLike, digits: int = 4) -> tuple[Notation, ...]:
    """A notation for each column (n, k): one for all, unless a column would lose its digits in it.

    A column keeps them where its largest value has two digits, and so has the way that it goes.
    """
    columns = np.asarray(columns, dtype=float)
    shared = notation_for(columns, digits)
    sizes, ways = np.abs(columns).max(axis=0), np.ptp(columns, axis=0)
    if ((sizes == 0) | (np.minimum(sizes, np.where(ways > 0, ways, sizes)) >= 10 * shared.unit)).all():
        return (shared,) * len(sizes)
    return tuple(
        _finer(notation_for([size], digits), size, way) for size, way in zip(sizes, ways, strict=True)
    )


def _finer(notation: Notation, size: float, way: float) -> Notation:
    """More decimals where a value goes a short way, as far as six digits of it."""
    if way == 0.0:
        return notation
    wanted = 1 - math.floor(math.log10(way)) + notation.power
    most = 5 - math.floor(math.log10(size)) + notation.power
    return Notation(max(notation.decimals, min(wanted, most)), notation.power)


def _raised(exponent: int) -> str:
    return str(exponent).translate(str.maketrans(_RAISE))


def power_of_ten(exponent: int) -> str:
    """10 to a whole power, as an axis has it, in the characters of `Figures`: 1 and 10 are plain."""
    if exponent in (0, 1):
        return str(10**exponent)
    return "10" + _raised(exponent)


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


def largest_type(sizes: tuple[float, ...], text: str, room: float) -> float:
    """The first of several em sizes in which a text is not wider than its room, or the last."""
    return next((em for em in sizes if em * text_width(text) <= room), sizes[-1])


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
