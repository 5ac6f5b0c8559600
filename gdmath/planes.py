"""Planes through the parameter space of a recorded run, and how far one can be trusted.

A run of many parameters is seen in two: what a plane shows of it is the loss at the rows' projections. How
far that is from the loss of the rows is the plane's gap, row by row.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from gdmath.arrays import FloatArray, finite_array
from gdmath.landscape import LossGrid
from gdmath.windows import Window

RANDOM_WALKS: Final = 128
"""Walks whose mean `random_walk_explains` gives."""
_MOST_WALK_ROWS = 100
_MOST_SEEN_ROWS = 1024
_BLOCK = 2**22
_NAMED = re.compile(r"(?P<name>[^\[\]]+)(?:\[(?P<index>\s*\d+\s*(?:,\s*\d+\s*)*)\])?")


class PlaneKind(StrEnum):
    """What a plane was laid along; a member reads as what is said of it."""

    PARAMETERS = "two parameters, as they are"
    PATH = "the two leading directions of the path, through its last row"
    RANDOM = "two random directions, filter-normalised, through the last row"


@dataclass(frozen=True, eq=False, kw_only=True)
class Plane:
    """The points origin + x d_1 + y d_2 of a space of P parameters.

    Parameters
    ----------
    kind
    axes
        What a film may call x and y.
    origin : (P,)
    directions : (2, P)
        Of length 1 and square on each other but for random ones.
    """

    kind: PlaneKind
    axes: tuple[str, str]
    origin: FloatArray
    directions: FloatArray

    def __post_init__(self) -> None:
        origin, directions = (
            finite_array(self.origin, "origin"),
            finite_array(self.directions, "directions", ndim=2),
        )
        if directions.shape != (2, origin.size):
            raise ValueError(f"directions: got shape {directions.shape}; allowed {(2, origin.size)}")
        for attribute, value in {"origin": origin, "directions": directions}.items():
            object.__setattr__(self, attribute, value)
        gram = self._gram()
        if not np.isfinite(gram).all() or np.linalg.matrix_rank(gram) < 2:
            raise ValueError("directions: got two that are one; allowed two that span a plane")
        object.__setattr__(self, "kind", PlaneKind(self.kind))

    @property
    def name(self) -> str:
        """What it is chosen by: ``path``, ``random``, or its two parameters as in ``weight,bias``."""
        return ",".join(self.axes) if self.kind is PlaneKind.PARAMETERS else self.kind.name.lower()

    @property
    def holds_every_point(self) -> bool:
        """Whether it is the whole space: the model has these two parameters and no other."""
        return self.origin.size == 2 and self.kind is PlaneKind.PARAMETERS

    def point(self, coordinates: npt.ArrayLike) -> FloatArray:
        """Return the parameters (..., P) at some coordinates (..., 2)."""
        return np.asarray(self.origin + np.asarray(coordinates, dtype=np.float64) @ self.directions)

    def coordinates(self, parameters: npt.NDArray[np.floating]) -> FloatArray:
        """Return x and y of the nearest point in the plane to each row (rows, P), of shape (rows, 2)."""
        if self.kind is PlaneKind.PARAMETERS:
            columns = np.argmax(self.directions, axis=1)
            return np.asarray(parameters[:, columns], dtype=np.float64)
        along = [(block - self.origin) @ self.directions.T for _, block in _blocks(parameters)]
        return np.asarray(np.linalg.solve(self._gram(), np.concatenate(along).T).T)

    def _gram(self) -> FloatArray:
        """What the directions are to each other: d_i d_j, of shape (2, 2)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.directions @ self.directions.T)

    def distances(self, parameters: npt.NDArray[np.floating]) -> FloatArray:
        """Return how far from the plane each row (rows, P) lies, of shape (rows,)."""
        if self.holds_every_point:
            return np.zeros(len(parameters))
        seen = self.coordinates(parameters)
        return np.concatenate([lengths(block - self.point(seen[at])) for at, block in _blocks(parameters)])

    def explains(self, parameters: npt.NDArray[np.floating]) -> float:
        """Return the share of the rows' variance about their mean that lies along the plane, from 0 to 1.

        What does not move at all is explained. Beside it belongs what a plane explains of a random walk,
        see `random_walk_explains`.
        """
        mean = np.asarray(np.mean(parameters, axis=0, dtype=np.float64))
        # Measured in the largest of the differences, whose squares would over- or underflow.
        unit = _largest_way(parameters, mean) or 1.0
        basis = np.linalg.qr(self.directions.T)[0]
        total = along = 0.0
        for _, block in _blocks(parameters):
            away = (block - mean) / unit
            total += float((away**2).sum())
            along += float(((away @ basis) ** 2).sum())
        return min(along / total, 1.0) if total else 1.0


@dataclass(frozen=True, eq=False, kw_only=True)
class PlaneSurface:
    """The loss over a plane, beside the rows that are seen in it.

    Parameters
    ----------
    plane
    grid
        x is the grid's b, y its w.
    row_losses : (rows,)
        The loss in the plane, at the projection of each row of the run.
    """

    plane: Plane
    grid: LossGrid
    row_losses: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "row_losses", finite_array(self.row_losses, "row_losses"))


def parameter_plane(
    chosen: Sequence[str | int], last: npt.NDArray[np.floating], shapes: dict[str, tuple[int, ...]]
) -> Plane:
    """Return the plane of two chosen parameters, the others as they are in the last row.

    Parameters
    ----------
    chosen
        Two names such as ``"bias"`` or ``"0.weight[3, 1]"``, or indices into a row.
    last : (P,)
    shapes
        Names and shapes of the model's parameters, in their order.

    Raises
    ------
    ValueError
        When there is no such parameter, a name holds several, or both are one.
    """
    columns = [_column(each, shapes) for each in chosen]
    if len(columns) != 2 or columns[0] == columns[1]:
        raise ValueError(f"plane: got {tuple(chosen)!r}; allowed two different parameters")
    origin = np.array(last, dtype=np.float64)
    origin[columns] = 0.0
    directions = np.zeros((2, origin.size))
    directions[[0, 1], columns] = 1.0
    first, second = (_name_of(column, shapes) for column in columns)
    return Plane(kind=PlaneKind.PARAMETERS, axes=(first, second), origin=origin, directions=directions)


def path_plane(parameters: npt.NDArray[np.floating]) -> Plane:
    """Return the plane through the last row in which the path goes farthest.

        A = P - P[-1] = U S V^T,    d_1, d_2 = the first two rows of V^T

    Of all planes through the last row it is the nearest to the rows. The start lies at x, y <= 0; where a
    path is straight the second direction is any. Of more than 1024 rows of more than 1024 parameters every
    k-th is taken.

    Parameters
    ----------
    parameters : (rows, P)
        P from 2.

    Notes
    -----
    Source: Li et al., *Visualizing the Loss Landscape of Neural Nets*, 2018, section 7.
    """
    last = parameters[-1].astype(np.float64)
    step = 1 if parameters.shape[1] <= _MOST_SEEN_ROWS else -(-len(parameters) // _MOST_SEEN_ROWS)
    directions = _leading(parameters[::-1][::step], last)
    start = (parameters[0] - last) @ directions.T
    directions[start > 0.0] *= -1.0
    axes = ("direction 1 of the path", "direction 2 of the path")
    return Plane(kind=PlaneKind.PATH, axes=axes, origin=last, directions=directions)


def random_plane(last: npt.NDArray[np.floating], shapes: Sequence[tuple[int, ...]], seed: int) -> Plane:
    """Return the plane along two random directions, each filter of them as long as that of the last row.

        d <- d |theta_f| / |d_f|    for each filter f: each first index of a weight, a bias as a whole

    Parameters
    ----------
    last : (P,)
    shapes
        Of the model's parameters, in their order.
    seed

    Raises
    ------
    ValueError
        When all weights are zero.

    Notes
    -----
    Source: Li et al., *Visualizing the Loss Landscape of Neural Nets*, 2018, section 4. It makes planes of
    different models comparable at one point, and says nothing of a path.
    """
    generator = np.random.default_rng(seed)
    origin = np.array(last, dtype=np.float64)
    directions = generator.normal(size=(2, origin.size))
    begin = 0
    for shape in shapes:
        here = slice(begin, begin + math.prod(shape))
        begin = here.stop
        if here.start == here.stop:
            continue
        n_filters = shape[0] if len(shape) > 1 else 1
        long = lengths(origin[here].reshape(n_filters, -1))
        for direction in directions:
            filters = direction[here].reshape(n_filters, -1)
            filters *= (long / lengths(filters))[:, None]
    if not directions.any():
        raise ValueError("plane: got a last row of zeros; allowed 'path', for no filter has a length")
    axes = (f"random direction 1 of seed {seed}", f"random direction 2 of seed {seed}")
    return Plane(kind=PlaneKind.RANDOM, axes=axes, origin=origin, directions=directions)


def plane_window(plane: Plane, coordinates: FloatArray, losses: FloatArray) -> Window:
    """Return what a picture of a plane shows: the rows that have not diverged, and some room.

    Of a path that diverges the rows count whose loss is not above L_0 + max(L_0 - min L, |L_0|), twice the
    first where the losses are positive. Of random directions one length of the filters to each side is
    seen in any case.
    """
    first = float(losses[0])
    seen = coordinates[losses <= first + max(first - float(losses.min()), abs(first))]
    if plane.kind is PlaneKind.RANDOM:
        seen = np.concatenate([seen, [[-1.0, -1.0], [1.0, 1.0]]])
    widest = float(np.ptp(seen, axis=0).max())
    magnitude = float(np.abs(seen).max()) or 1.0
    # Room for at least a third of the other axis's way: a straight path is no line on an edge.
    return Window.around(seen, 0.25, least=np.full(2, max(widest / 3, 1e-3 * magnitude)))


def random_walk_explains(n_rows: int, n_parameters: int) -> float:
    """Return what the path's plane explains of a random walk, from 0 to 1.

    A walk of as many rows, each step normal and independent in as many dimensions, seen in the plane that
    `path_plane` lays through it. A path that is explained no better than this has no shape to be seen.

    Notes
    -----
    The mean over `RANDOM_WALKS` simulated walks of seed 0, good to about .01. Of more than 100 rows every
    k-th is taken, which again is such a walk; of the steps' Gram matrix, which is all that counts, only the
    Bartlett factor is drawn where there are more dimensions than steps.

    Source: Antognini and Sohl-Dickstein, *PCA of high dimensional random walks with comparison to neural
    network training*, 2018.

    Examples
    --------
    >>> f"{random_walk_explains(41, 20):.2f}"
    '0.74'
    """
    n_steps = min(n_rows, _MOST_WALK_ROWS) - 1
    if n_parameters <= 2 or n_steps < 2:
        return 1.0
    generator = np.random.default_rng(0)
    shares = []
    for _ in range(RANDOM_WALKS):
        if n_parameters <= n_steps:
            steps = generator.normal(size=(n_steps, n_parameters))
        else:
            steps = np.tril(generator.normal(size=(n_steps, n_steps)), -1)
            np.fill_diagonal(steps, np.sqrt(generator.chisquare(n_parameters - np.arange(n_steps))))
        walk = np.concatenate([np.zeros((1, steps.shape[1])), np.cumsum(steps, axis=0)])
        left, sizes, _ = np.linalg.svd(walk - walk[-1], full_matrices=False)
        shares.append((left * sizes)[:, :2].var(axis=0).sum() / walk.var(axis=0).sum())
    return float(np.mean(shares))


def step_lengths(parameters: npt.NDArray[np.floating]) -> FloatArray:
    """Return how far each row is from the one before, of shape (rows - 1,)."""
    steps = [lengths(np.diff(block, axis=0)) for _, block in _blocks(parameters, overlap=1)]
    return np.concatenate(steps) if steps else np.empty(0)


def step_angles(parameters: npt.NDArray[np.floating]) -> FloatArray:
    """Return by how many degrees each step turns from the one before, of shape (rows - 2,), from 0 to 180.

    nan where one of the two goes nowhere.

    Examples
    --------
    >>> step_angles(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 3.0]])).round(6)
    array([90.,  0.])
    """
    angles = [np.empty(0)]
    for _, block in _blocks(parameters, overlap=2):
        steps = np.diff(block, axis=0)
        long = lengths(steps)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            ways = steps / long
        # From chords: the arc cosine of nearly 1 has half of the digits.
        apart, together = lengths(ways[1:] - ways[:-1]), lengths(ways[1:] + ways[:-1])
        angles.append(np.degrees(2.0 * np.arctan2(apart, together)))
    return np.concatenate(angles)


def lengths(rows: FloatArray) -> FloatArray:
    """Return the Euclidean length of each row (n, P), also where its squares would over- or underflow."""
    largest = np.abs(rows).max(axis=1, initial=0.0)
    safe = np.where((largest > 0.0) & np.isfinite(largest), largest, 1.0)[:, None]
    return np.asarray(np.linalg.norm(rows / safe, axis=1) * safe[:, 0])


def _blocks(parameters: npt.NDArray[np.floating], overlap: int = 0) -> Iterator[tuple[slice, FloatArray]]:
    """The rows as float64, some at a time, so that no copy of all of them is made."""
    rows, p = parameters.shape
    step = max(1, _BLOCK // p)
    for begin in range(0, rows - overlap, step):
        at = slice(begin, begin + step + overlap)
        yield at, parameters[at].astype(np.float64)


def _leading(parameters: npt.NDArray[np.floating], last: FloatArray) -> FloatArray:
    """The two leading right singular directions (2, P) of the rows' ways from the last."""
    rows, p = parameters.shape
    unit = _largest_way(parameters, last) or 1.0

    def ways() -> Iterator[tuple[slice, FloatArray]]:
        return ((at, (block - last) / unit) for at, block in _blocks(parameters))

    if p <= rows:
        found = np.linalg.eigh(sum((way.T @ way for _, way in ways()), np.zeros((p, p))))[1][:, :-3:-1]
    else:
        gram, step = np.zeros((rows, rows)), max(1, _BLOCK // rows)
        for begin in range(0, p, step):
            columns = slice(begin, begin + step)
            part = (parameters[:, columns].astype(np.float64) - last[columns]) / unit
            gram += part @ part.T
        left = np.zeros((rows, 2))
        left[:, : min(rows, 2)] = np.linalg.eigh(gram)[1][:, :-3:-1]
        found = sum((way.T @ left[at] for at, way in ways()), np.zeros((p, 2)))
    # Of a straight path the second is what rounding left, made square on the first.
    basis = np.linalg.qr(found)[0]
    seen = np.concatenate([np.zeros((2, 2)), *(way @ basis for _, way in ways())])
    return np.asarray(np.linalg.svd(seen, full_matrices=False)[2] @ basis.T)


def _largest_way(parameters: npt.NDArray[np.floating], point: FloatArray) -> float:
    """How far any number of the rows is from that of the point."""
    return max(float(np.abs(block - point).max()) for _, block in _blocks(parameters))


def _column(chosen: str | int, shapes: dict[str, tuple[int, ...]]) -> int:
    """The index into a row of a parameter that is told by its name or by that index."""
    total = sum(map(math.prod, shapes.values()))
    if not isinstance(chosen, str):
        if not 0 <= chosen < total:
            raise ValueError(f"plane: got parameter {chosen!r}; allowed 0 to {total - 1}")
        return int(chosen)
    match, begin = _NAMED.fullmatch(chosen), 0
    for name, shape in shapes.items():
        if match is not None and match["name"].strip() == name:
            return begin + _place(chosen, match["index"], shape)
        begin += math.prod(shape)
    known = ", ".join(shapes)
    raise ValueError(f"plane: got parameter {chosen!r}; allowed {known[:200]}")


def _place(chosen: str, index: str | None, shape: tuple[int, ...]) -> int:
    if index is None and math.prod(shape) == 1:
        return 0
    places = tuple(map(int, (index or "").split(","))) if index else ()
    if len(places) != len(shape) or any(i >= n for i, n in zip(places, shape, strict=True)):
        raise ValueError(f"plane: got parameter {chosen!r}; allowed one number of it, of shape {shape}")
    return int(np.ravel_multi_index(places, shape))


def _name_of(column: int, shapes: dict[str, tuple[int, ...]]) -> str:
    for name, shape in shapes.items():
        if column < math.prod(shape):
            place = ", ".join(str(int(i)) for i in np.unravel_index(column, shape)) if shape else ""
            return name if math.prod(shape) == 1 else f"{name}[{place}]"
        column -= math.prod(shape)
    raise AssertionError("a column of no parameter")
