"""Windows of the parameter plane: what a picture of the loss shows of it."""

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from gdmath.arrays import FloatArray
from gdmath.objectives import BIAS, WEIGHT, LeastSquares


@dataclass(frozen=True)
class Window:
    """A rectangle of the parameter plane: b from `b_min` to `b_max`, w from `w_min` to `w_max`.

    Raises
    ------
    ValueError
        When a bound is not finite, or a range is empty or reversed.

    Examples
    --------
    A window round a path that must also show the point (0, 0), twice as wide as it is high:

    >>> path = [[1.0, 2.0], [3.0, 2.5]]
    >>> Window.around(path, room=0.5)
    Window(b_min=0.0, b_max=4.0, w_min=1.75, w_max=2.75)
    >>> Window.around(path, room=0.5).joined([0.0, 0.75]).of_aspect(2.0)
    Window(b_min=0.0, b_max=4.0, w_min=0.75, w_max=2.75)
    """

    b_min: float
    b_max: float
    w_min: float
    w_max: float

    def __post_init__(self) -> None:
        for name, low, high in (("b", self.b_min, self.b_max), ("w", self.w_min, self.w_max)):
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise ValueError(f"{name} range: got {low!r} to {high!r}; allowed finite, ascending bounds")

    @classmethod
    def around(cls, points: npt.ArrayLike, room: float = 0.1, least: npt.ArrayLike | None = None) -> Self:
        """Return the window in which some parameters have room on every side.

            size = max(high - low, least),    from middle - (1/2 + room) size to middle + (1/2 + room) size

        Parameters
        ----------
        points : (..., 2)
            What it must show.
        room
            What is kept free on each side, a part of the size, from 0.
        least : (2,) or float, optional
            How large in b and in w they are taken to be at least; by default a millionth of their
            magnitude, so that the ends can be told apart.
        """
        points = np.reshape(np.asarray(points, dtype=np.float64), (-1, 2))
        if not room >= 0.0:
            raise ValueError(f"room: got {room!r}; allowed a number from 0")
        low, high = points.min(axis=0), points.max(axis=0)
        if least is None:
            magnitude = np.abs(points).max(axis=0)
            least = 1e-6 * np.where(magnitude > 0.0, magnitude, 1.0)
        size = np.maximum(high - low, least)
        beside = room * size + (size - (high - low)) / 2
        return cls._between(low - beside, high + beside)

    @property
    def low(self) -> FloatArray:
        """The lowest b and w, of shape (2,)."""
        return np.array([self.b_min, self.w_min])

    @property
    def high(self) -> FloatArray:
        """The highest b and w, of shape (2,)."""
        return np.array([self.b_max, self.w_max])

    @property
    def size(self) -> FloatArray:
        """How much of b and of w it shows, of shape (2,)."""
        return self.high - self.low

    @property
    def middle(self) -> FloatArray:
        """The b and w halfway, of shape (2,)."""
        return self.low + self.size / 2

    @property
    def corners(self) -> FloatArray:
        """The b and w of its four corners, of shape (4, 2)."""
        return np.array([(b, w) for b in (self.b_min, self.b_max) for w in (self.w_min, self.w_max)])

    def contains(self, parameters: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return whether each of the parameters (..., 2) lies inside or on the edge, shape (...,)."""
        p = np.asarray(parameters, dtype=np.float64)
        b, w = p[..., BIAS], p[..., WEIGHT]
        return np.asarray((self.b_min <= b) & (b <= self.b_max) & (self.w_min <= w) & (w <= self.w_max))

    def room_along(self, point: npt.ArrayLike, way: npt.ArrayLike) -> float:
        """Return how many times one may go a way from a point inside before one leaves the window.

        Parameters
        ----------
        point, way : (2,)

        Examples
        --------
        >>> Window(-1.0, 1.0, 0.0, 10.0).room_along([0.0, 4.0], [0.5, -4.0])
        1.0
        """
        point, way = np.asarray(point, dtype=np.float64), np.asarray(way, dtype=np.float64)
        moves = way != 0.0
        edges = np.where(way > 0.0, self.high, self.low)
        return float(((edges - point)[moves] / way[moves]).min(initial=math.inf))

    def grown(self, room: float) -> Self:
        """Return it with a part of its size more on each side, or less, down to nothing at -1/2."""
        return self._between(self.low - room * self.size, self.high + room * self.size)

    def joined(self, points: npt.ArrayLike) -> Self:
        """Return the smallest window that shows all of this one and some parameters (..., 2)."""
        points = np.reshape(np.asarray(points, dtype=np.float64), (-1, 2))
        corners = np.vstack([self.low, self.high, points])
        return self._between(corners.min(axis=0), corners.max(axis=0))

    def of_aspect(self, width_by_height: float) -> Self:
        """Return the smallest window round the same middle whose sizes in b and w have a ratio.

        Drawn on a box of this shape, one of b is as long as one of w.
        """
        shape = np.array([width_by_height, 1.0])
        half = shape * (self.size / shape).max() / 2
        return self._between(self.middle - half, self.middle + half)

    def between(self, other: Self, share: float) -> Self:
        """Return a window on the way to another: its size goes by even factors, its edges straight.

        What both windows show is in view all the way. At 0 it is this one and at 1 the other, exactly.
        """
        if share in (0, 1):
            return (self, other)[int(share)]
        zoom = np.log(other.size / self.size)
        rate = np.where(np.abs(zoom) > 1e-9, zoom, 1e-9)
        way = np.expm1(share * rate) / np.expm1(rate)
        return self._between(
            *(a + way * (b - a) for a, b in ((self.low, other.low), (self.high, other.high)))
        )

    def rounded(self) -> Self:
        """Return the smallest window round it whose bounds are multiples of about a twelfth of its size."""
        b, w = round_steps(self.b_min, self.b_max, 12), round_steps(self.w_min, self.w_max, 12)
        return type(self)(b[0], b[-1], w[0], w[-1])

    @classmethod
    def _between(cls, low: FloatArray, high: FloatArray) -> Self:
        """The window between two corners (b, w)."""
        return cls(float(low[BIAS]), float(high[BIAS]), float(low[WEIGHT]), float(high[WEIGHT]))


TEXTBOOK_WINDOWS: Final = MappingProxyType(
    {
        "chapter-0": Window(-2.0, 4.0, -1.0, 5.0),
        "chapter-0-bad": Window(-2.0, 4.0, -2.8, 3.2),
        "chapter-0-scaled": Window(-1.0, 5.0, -2.4, 3.6),
    }
)
"""The windows of the textbook's surfaces: the feature as it is, times 10, and standardised."""


def window_below(problem: LeastSquares, level: float, room: float = 0.02) -> Window:
    """Return the window that holds every line whose loss is not above a level: an ellipse, and some room.

    At its ends in b, w is the best for that b, and the other way round; so the ends lie along

        v_b = (1, -H_bw / H_ww),    v_w = (-H_bw / H_bb, 1)

    at the reach of the level, which is p*_i +- sqrt(2 (level - L*) (H^-1)_ii). As a reach it loses no digits
    in a narrow valley, where the inverse of H does.

    Parameters
    ----------
    problem
        One with a bias and a unique minimizer.
    level
        Above the minimum, in the units of the loss.
    room
        What is kept free on each side, a part of the size, from 0.

    Raises
    ------
    ValueError
        When the problem has no bias or many minimizers, or the level is not above the minimum.

    Examples
    --------
    >>> from gdmath import LeastSquares
    >>> problem = LeastSquares([-1.0, 1.0], [0.0, 4.0])  # L = (b - 2)^2 + (w - 2)^2
    >>> window_below(problem, 9.0, room=0.0)
    Window(b_min=-1.0, b_max=5.0, w_min=-1.0, w_max=5.0)
    """
    if not problem.fit_bias:
        raise ValueError("problem: got one without a bias; allowed one with two parameters, (b, w)")
    if not level > problem.minimum:
        raise ValueError(f"level: got {level!r}; allowed losses above the minimum, {problem.minimum:.4g}")
    (bb, bw), (_, ww) = problem.hessian
    ends = problem.reach([[1.0, -bw / ww], [-bw / bb, 1.0]], level - problem.minimum)
    return Window.around([problem.minimizer - ends, problem.minimizer + ends], room, least=0.0)


def round_steps(low: float, high: float, about: int) -> list[float]:
    """Multiples of a round step from at or below `low` to at or above `high`."""
    step = _round_step(high - low, about)
    digits = max(0, -math.floor(math.log10(step)))
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(multiple * step, digits) for multiple in range(first, last + 1)]


def _round_step(span: float, about: int) -> float:
    """The 1-2-5 number nearest above span / about, in decimal so that 0.1 stays 0.1."""
    rough = span / about
    decade = math.floor(math.log10(rough))
    candidates = (float(f"{digit}e{decade}") for digit in (1, 2, 5, 10))
    return next((step for step in candidates if step >= rough), float(f"1e{decade + 1}"))
