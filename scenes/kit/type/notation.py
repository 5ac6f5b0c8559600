"""How numbers are written: fixed decimals, powers of ten, signs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from gdscenes.kit.type.language import spoken

RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
_LOWERED = str.maketrans(RAISED)
_RAISE: dict[str, str | int | None] = {plain: raised for raised, plain in RAISED.items()}
NO_SIGN = "\N{FIGURE SPACE}"
SCIENTIFIC_FROM = 1e5
SCIENTIFIC_BELOW = 1e-3
_MOST_DECIMALS = 6
_FIRST_STEPS = 10  # rows that are told one by one, the start among them


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
    """A number in the characters of `Digits`: rounded to fixed decimals, from 1e5 on in scientific notation.

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
    """A number as mantissa times a power of ten, in the characters of `Digits`."""
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
    wide : bool
        A value too small for the decimals is written with a power of ten of its own.
    """

    decimals: int
    power: int = 0
    wide: bool = False

    def write(self, value: float, signed: bool = False, plus: bool = False) -> str:
        """A value in the characters of `Digits`; `signed` and `plus` as in `number`."""
        is_lost = self.wide and 0 < abs(value) < self.unit
        is_long = self.power and abs(value) >= SCIENTIFIC_FROM * 10.0**self.power
        if is_lost or is_long:
            sign = "-" if value < 0 else "+" if plus else NO_SIGN if signed else ""
            return sign + scientific(abs(value))
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


def notation_down_to(values: ArrayLike, digits: int = 3) -> Notation:
    """The notation that shows the smallest of some positive values with so many digits.

    Where one power of ten cannot hold the largest beside it, the largest has the say.
    """
    low, high = float(np.min(values)), float(np.max(values))
    fine = notation_for([low], digits)
    return fine if not fine.power or high < 100 * 10.0**fine.power else notation_for([high], digits)


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


def notations_of_run(parameters: ArrayLike, digits: int = 4) -> tuple[Notation, ...]:
    """A notation for each parameter of a run (n, k), in which its first steps can be seen.

    As `notations_for`; where most of the first nine steps would be lost in a rounding, with more decimals,
    as far as six digits of the parameter. One step may be lost: a parameter that turns hardly moves there.
    """
    parameters = np.asarray(parameters, dtype=float)
    ways = np.abs(np.diff(parameters[:_FIRST_STEPS], axis=0))
    steps = np.median(ways, axis=0) if len(ways) else np.zeros(parameters.shape[1])
    return tuple(
        _finer(notation, size, step) if 0 < step < 2 * notation.unit and size else notation
        for notation, size, step in zip(
            notations_for(parameters, digits), np.abs(parameters).max(axis=0), steps, strict=True
        )
    )


def exact_notation(values: ArrayLike, longest: int = 6) -> Notation:
    """The notation with the fewest decimals that writes all of some round values exactly.

    Parameters
    ----------
    values : array_like
        Not all zero; what needs more than six decimals is rounded.
    longest : int
        Characters of the largest; where it needs more, a power of ten is taken out.
    """
    values = np.asarray(values, dtype=float)
    largest = float(np.abs(values).max())
    notations = []
    for power in (0, math.floor(math.log10(largest))):
        mantissas = values / 10.0**power
        exact = (d for d in range(7) if np.allclose(mantissas, np.round(mantissas, d), 1e-9, 0))
        notations.append(Notation(next(exact, 6), power))
    plain, scaled = notations
    return plain if len(plain.mantissa(largest)) <= longest else scaled


def notation_that_adds(terms: Iterable[float], total: float, notation: Notation, most: int = 4) -> Notation:
    """A notation with as many more decimals as it takes for what is told of terms to add up as told.

    Parameters
    ----------
    terms : iterable of float
    total : float
        What they come to.
    notation : Notation
        Kept where no more decimals will do.
    most : int
        So many notations are tried.
    """
    terms = list(terms)
    for finer in (replace(notation, decimals=notation.decimals + more) for more in range(most)):
        *units, whole = (
            round(round(value / 10.0**finer.power, finer.decimals) * 10**finer.decimals)
            for value in (*terms, total)
        )
        if sum(units) == whole:
            return finer
    return notation


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
    """10 to a whole power, as an axis has it, in the characters of `Digits`: 1 and 10 are plain."""
    if exponent in (0, 1):
        return str(10**exponent)
    return "10" + _raised(exponent)


def rounded(value: float, digits: int = 4, zero_below: float = 0.0) -> str:
    """A number with so many significant digits, scientific where it would be long.

    Parameters
    ----------
    value : float
        Finite.
    digits : int
    zero_below : float
        What is smaller is rounding noise beside what it is compared with, and written as 0.
    """
    if abs(value) <= zero_below:
        return "0"
    if not SCIENTIFIC_BELOW <= abs(value) < SCIENTIFIC_FROM:
        return ("-" if value < 0 else "") + scientific(abs(value), max(digits - 1, 2))
    return number(value, decimals_for([value], digits))


def in_full(value: float, digits: int = 4) -> str:
    """As `rounded`, but whole numbers up to eight digits, such as prices, stand in full."""
    return f"{value:.0f}" if SCIENTIFIC_FROM <= abs(value) < 1e8 else rounded(value, digits)


def fixed(value: float, decimals: int = 4) -> str:
    """A positive number with so many decimals, where it is neither long nor small for them."""
    return number(value, decimals) if 10.0 ** (2 - decimals) <= value < 100 else rounded(value, 3)


def shortest(value: float, digits: int = 6) -> str:
    """A number of at most so many significant digits, as short as it can be written."""
    sign, size = "-" if value < 0 else "", abs(value)
    if size and not 1e-4 <= size < SCIENTIFIC_FROM:
        mantissa, exponent = f"{size:.{min(digits, 3) - 1}e}".split("e")
        return f"{sign}{float(mantissa):g}×10{_raised(int(exponent))}"
    return sign + np.format_float_positional(size, precision=digits, fractional=False, trim="-")


def change(value: float, decimals: int) -> str:
    """By how much something changes: its sign is always there, and small changes are not lost."""
    return Notation(decimals, wide=True).write(value, plus=True)


def markup(text: str) -> str:
    """Typst markup, inside of a formula, of a number in the characters of `Digits`."""
    mantissa, times, power = text.replace(NO_SIGN, "").partition("×10")
    decimal = spoken().decimal
    if decimal != ".":
        mantissa = mantissa.replace(".", f'"{decimal}"')
    return mantissa + (f" dot 10^({power.translate(_LOWERED)})" if times else "")


def bracketed(text: str) -> str:
    """A number in the brackets that keep its minus sign apart from the one before it."""
    return f"({text})" if text.startswith("-") else text
