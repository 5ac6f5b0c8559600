"""The teaching frame: round origins and units in which a user's table descends as a textbook's does."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
import numpy.typing as npt

from gdmath.arrays import FloatArray, finite_array
from gdmath.objectives import BIAS
from gdmath.scaling import Standardizer

MOST_CONDITION = 50.0
"""A feature whose loss has a larger condition number is put in a frame."""
_FAR = 5.0
"""A column whose mean is so many standard deviations from zero has its origin moved."""
_SPREADS = (0.2, 5.0)
"""A target whose standard deviation is within these keeps its unit."""


class FrameReason(StrEnum):
    """Why a column has its origin and scale in a teaching frame; a member reads as the reason."""

    FEATURE_KEPT = "the loss has a condition number of at most 50 as it is"
    FEATURE_SCALED = "a round unit alone brings the condition number to 50 or less"
    FEATURE_MOVED = "it lies far from zero beside its spread, which no unit alone mends"
    TARGET_KEPT = "its spread is from 0.2 to 5, and zero is near"
    TARGET_SCALED = "a round unit brings its spread near 1, and zero is near"
    TARGET_MOVED = "its spread is from 0.2 to 5, and zero lies more than 5 standard deviations away"
    TARGET_SCALED_AND_MOVED = (
        "a round unit brings its spread near 1, and zero lies more than 5 standard deviations away"
    )


@dataclass(frozen=True)
class FrameChoice:
    """What is chosen for one column, and why.

    Attributes
    ----------
    origin, scale : float
        What is 0 and what is 1 in the frame, in the unit of the table.
    reason : FrameReason
    """

    origin: float
    scale: float
    reason: FrameReason


@dataclass(frozen=True)
class TeachingFrame:
    """A change of unit of feature and target, by round numbers.

        x' = (x - x_origin) / x_scale,    y' = (y - y_origin) / y_scale

    Parameters
    ----------
    x_origin, y_origin
        What is 0 in the frame, in the units of the table.
    x_scale, y_scale
        What is 1 in the frame; above 0.

    Raises
    ------
    ValueError
        When an origin is not finite or a scale not a finite number above 0.

    Examples
    --------
    >>> frame = TeachingFrame(x_origin=20.0, x_scale=10.0, y_origin=0.0, y_scale=100.0)
    >>> frame.x_inside([20.0, 35.0])
    array([0. , 1.5])
    >>> frame.parameters_outside([1.0, 0.5])  # 1 + 0.5 x' is 100 (1 + 0.05 (x - 20))
    array([0., 5.])
    """

    x_origin: float = 0.0
    x_scale: float = 1.0
    y_origin: float = 0.0
    y_scale: float = 1.0

    def __post_init__(self) -> None:
        for name in ("x_origin", "y_origin"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name}: got {getattr(self, name)!r}; allowed a finite number")
        for name in ("x_scale", "y_scale"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name}: got {getattr(self, name)!r}; allowed a finite number above 0")

    @classmethod
    def fit(cls, x_train: npt.ArrayLike, y_train: npt.ArrayLike) -> Self:
        """Return the frame in which descent on these train rows can be watched.

        With mean m and standard deviation s of a column, and round numbers 1, 2 or 5 times a power of ten:

        - The feature stays as it is if the mean squared error then has a condition number of at most 50. Else
          its scale is the round number nearest to sqrt(m^2 + s^2), its origin 0, if that is enough; else the
          scale is the one nearest to 3 s, and the origin the multiple of half of it that is nearest to
          m - 1.5 s. The feature then has a mean of about 1/2 and a spread of about 1/3, as numbers drawn
          evenly from 0 to 1 have, and the condition number is about 15.
        - The target keeps its unit if s is from 0.2 to 5; else its scale is the round number nearest to s.
          Its origin is 0 if abs(m) is at most 5 s; else the multiple of the scale nearest to m - 1.5 s.

        Raises
        ------
        ValueError
            When the feature is constant, or a column is not finite.
        """
        feature, target = cls.choices(x_train, y_train)
        return cls(feature.origin, feature.scale, target.origin, target.scale)

    @staticmethod
    def choices(x_train: npt.ArrayLike, y_train: npt.ArrayLike) -> tuple[FrameChoice, FrameChoice]:
        """Return what `fit` chooses for feature and target, with its reasons.

        Raises
        ------
        ValueError
            As `fit`.

        Examples
        --------
        >>> feature, target = TeachingFrame.choices([1990.0, 2000.0, 2010.0], [1.0, 2.0, 4.0])
        >>> feature.origin, feature.scale, str(feature.reason)
        (1990.0, 20.0, 'it lies far from zero beside its spread, which no unit alone mends')
        """
        x, y = finite_array(x_train, "x_train"), finite_array(y_train, "y_train")
        if x.min() == x.max():
            raise ValueError(f"x_train: got {x[0]:g} in every row; allowed a feature that varies")
        return _of_feature(float(x.mean()), float(x.std())), _of_target(float(y.mean()), float(y.std()))

    @property
    def is_identity(self) -> bool:
        """Whether nothing is changed."""
        return self == TeachingFrame()

    @property
    def _x(self) -> Standardizer:
        return Standardizer(self.x_origin, self.x_scale)

    @property
    def _y(self) -> Standardizer:
        return Standardizer(self.y_origin, self.y_scale)

    def x_inside(self, x: npt.ArrayLike) -> FloatArray:
        """Return x' for x, whatever its shape."""
        return self._x.transform(x)

    def y_inside(self, y: npt.ArrayLike) -> FloatArray:
        """Return y' for y, whatever its shape."""
        return self._y.transform(y)

    def x_outside(self, x: npt.ArrayLike) -> FloatArray:
        """Return x for x', whatever its shape: back in the unit of the table."""
        return self._x.inverse(x)

    def y_outside(self, y: npt.ArrayLike) -> FloatArray:
        """Return y for y', whatever its shape: back in the unit of the table."""
        return self._y.inverse(y)

    def parameters_outside(self, parameters: npt.ArrayLike) -> FloatArray:
        """Return the same line in the units of the table.

            w = w' y_scale / x_scale,    b = y_origin + b' y_scale - w x_origin

        Parameters
        ----------
        parameters : (..., 2)
            Ordered (b', w'), learned in the frame.

        Returns
        -------
        (..., 2)
        """
        line = self._x.parameters_to_original(np.asarray(parameters, dtype=np.float64) * self.y_scale)
        line[..., BIAS] += self.y_origin
        return line

    def parameters_inside(self, parameters: npt.ArrayLike) -> FloatArray:
        """Return the same line in the frame: the inverse of `parameters_outside`."""
        line = self._x.parameters_to_scaled(parameters)
        line[..., BIAS] -= self.y_origin
        return line / self.y_scale


def condition_of(mean: float, deviation: float) -> float:
    """Return the condition number of the mean squared error of a line on a feature.

    The Hessian is 2 [[1, m], [m, m^2 + s^2]]; with trace t = 1 + m^2 + s^2 and determinant s^2 of its half,

        kappa = ((1 + sqrt(1 - q^2)) / q)^2    with    q = 2 s / t
    """
    part = 2.0 * deviation / (1.0 + mean**2 + deviation**2)
    return ((1.0 + math.sqrt(max(1.0 - part**2, 0.0))) / part) ** 2 if part > 1e-150 else math.inf


def _of_feature(mean: float, deviation: float) -> FrameChoice:
    if condition_of(mean, deviation) <= MOST_CONDITION:
        return FrameChoice(0.0, 1.0, FrameReason.FEATURE_KEPT)
    scale = _round_number(math.hypot(mean, deviation))
    if condition_of(mean / scale, deviation / scale) <= MOST_CONDITION:
        return FrameChoice(0.0, scale, FrameReason.FEATURE_SCALED)
    scale = _round_number(3.0 * deviation)
    return FrameChoice(_multiple(mean - 1.5 * deviation, scale / 2.0), scale, FrameReason.FEATURE_MOVED)


def _of_target(mean: float, deviation: float) -> FrameChoice:
    low, high = _SPREADS
    spread = deviation or abs(mean) or 1.0
    keeps_unit, is_near = low <= spread <= high, abs(mean) <= _FAR * spread
    scale = 1.0 if keeps_unit else _round_number(spread)
    origin = 0.0 if is_near else _multiple(mean - 1.5 * spread, scale)
    return FrameChoice(origin, scale, _TARGET_REASONS[keeps_unit, is_near])


_TARGET_REASONS = {
    (True, True): FrameReason.TARGET_KEPT,
    (False, True): FrameReason.TARGET_SCALED,
    (True, False): FrameReason.TARGET_MOVED,
    (False, False): FrameReason.TARGET_SCALED_AND_MOVED,
}
"""By whether the unit is kept, and whether zero is near."""


def round_numbers(value: float) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten round a positive value, in order."""
    power = math.floor(math.log10(value))
    return [float(f"{factor}e{each}") for each in (power - 1, power, power + 1) for factor in (1, 2, 5)]


def _round_number(value: float) -> float:
    """Return the round number that is nearest to a positive value by its factor."""
    return min(round_numbers(value), key=lambda number: abs(math.log(number / value)))


def _multiple(value: float, step: float) -> float:
    """Return the multiple of a round step that is nearest to a value, free of rounding in its last digits."""
    decimals = max(0, 1 - math.floor(math.log10(step)))
    return round(round(value / step) * step, decimals)
