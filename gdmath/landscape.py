"""The loss surface over the parameter plane: its grid, cuts, level lines and slopes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from contourpy import LineType, contour_generator

from gdmath.arrays import FloatArray, finite_array, read_only
from gdmath.objectives import BIAS, WEIGHT, LeastSquares
from gdmath.trajectory import Trajectory
from gdmath.windows import Window, round_steps

Ladder: TypeAlias = Literal["1-2-5", "doubling"]


@dataclass(frozen=True, eq=False)
class LossGrid:
    """The loss at the nodes of a grid, laid out as `numpy.meshgrid(b, w)` lays them.

    Parameters
    ----------
    b : (nb,)
    w : (nw,)
    losses : (nw, nb)
        losses[i, j] is the loss at b[j], w[i].
    """

    b: FloatArray
    w: FloatArray
    losses: FloatArray

    def __post_init__(self) -> None:
        b, w = finite_array(self.b, "b"), finite_array(self.w, "w")
        losses = finite_array(self.losses, "losses", ndim=2)
        if losses.shape != (w.size, b.size):
            raise ValueError(f"losses: got shape {losses.shape}; allowed {(w.size, b.size)}, that is (w, b)")
        for attribute, values in (("b", b), ("w", w), ("losses", losses)):
            object.__setattr__(self, attribute, values)


def loss_grid(problem: LeastSquares, window: Window, shape: tuple[int, int] = (101, 101)) -> LossGrid:
    """Return the loss on an even grid that includes the window's edges.

    Parameters
    ----------
    problem
        One with a bias; a surface needs two parameters.
    window
        Where to look.
    shape
        (nw, nb), the number of nodes along each axis, 2 to 2001.

    Raises
    ------
    ValueError
        When the problem has no bias, or the shape is out of range.

    Notes
    -----
    Source: Godoy, *Deep Learning with PyTorch Step-by-Step*, chapter 0, "Loss Surface".
    """
    _require_plane(problem)
    n_w, n_b = shape
    if not (2 <= n_w <= 2001 and 2 <= n_b <= 2001):
        raise ValueError(f"shape: got {shape}; allowed 2 to 2001 along each axis")
    b = np.linspace(window.b_min, window.b_max, n_b)
    w = np.linspace(window.w_min, window.w_max, n_w)
    # Row by row, so that memory stays at nb x n rather than nw x nb x n.
    losses = [problem.loss(_points(BIAS, along=b, at=at)) for at in w]
    return LossGrid(b, w, np.array(losses))


def cross_section(problem: LeastSquares, fixed: int, at: float, along: npt.ArrayLike) -> FloatArray:
    """Return the loss along one parameter while the other is held: the surface, cut by a plane.

    The values are exact for the held value, not read from a grid.

    Parameters
    ----------
    problem
        One with a bias.
    fixed
        `BIAS` or `WEIGHT`: the parameter that is held.
    at
        The value it is held at.
    along : (m,)
        The values of the other.

    Returns
    -------
    (m,)

    Examples
    --------
    >>> from gdmath import BIAS, preset
    >>> dataset = preset("chapter-0")
    >>> b, w = dataset.start
    >>> cross_section(dataset.problem(), fixed=BIAS, at=b, along=[w]).round(4)
    array([2.7422])
    """
    _require_plane(problem)
    free = WEIGHT if _is_parameter(fixed) == BIAS else BIAS
    return problem.loss(_points(free, along=finite_array(along, "along"), at=at))


class FiniteDifference(NamedTuple):
    """How far the loss rose over a step along one parameter, and the ratio of rise to step."""

    rise: float
    ratio: float


def finite_difference(
    problem: LeastSquares, parameters: npt.ArrayLike, which: int, delta: float
) -> FiniteDifference:
    """Return the slope of the secant, which becomes the partial derivative as the step shrinks.

        rise = L(p + delta e) - L(p),    ratio = rise / delta

    Parameters
    ----------
    problem, parameters : (p,)
        Where to stand.
    which
        `BIAS` or `WEIGHT`: the parameter to step along.
    delta
        The step, of either sign.

    Raises
    ------
    ValueError
        When the step is zero, not finite, or too small to change the parameter.

    Notes
    -----
    Source: Godoy, *Deep Learning with PyTorch Step-by-Step*, chapter 0, "Gradient".
    """
    here = finite_array(parameters, "parameters")
    there = np.array(here)
    there[_is_parameter(which) if problem.fit_bias else 0] += delta
    if not math.isfinite(delta) or (there == here).all():
        raise ValueError(f"delta: got {delta!r}; allowed a finite step large enough to change the parameter")
    rise = float(problem.loss(there) - problem.loss(here))
    return FiniteDifference(rise, rise / delta)


def direction(angle: npt.ArrayLike, units: npt.ArrayLike = 1.0) -> FloatArray:
    """Return the ways (b, w) of length 1 at some angles, of shape (..., 2).

        v = (u_b cos a, u_w sin a)

    Parameters
    ----------
    angle : (...,)
        Degrees from the axis of b, counterclockwise.
    units : (2,) or float
        How much of b and of w is equally long: lengths and angles are those of a map drawn so.

    Examples
    --------
    >>> direction([0.0, 90.0], units=[1.0, 10.0]).round(6)
    array([[ 1.,  0.],
           [ 0., 10.]])
    """
    radians = np.deg2rad(angle)
    return np.stack([np.cos(radians), np.sin(radians)], axis=-1) * np.asarray(units, dtype=np.float64)


def steepest_angle(gradient: npt.ArrayLike, units: npt.ArrayLike = 1.0) -> float:
    """Return the angle at which a loss falls fastest, that of minus the gradient.

    Of all ways of length 1 it has the lowest slope g . v, which is -|u g|; square on it the slope is none.

    Parameters
    ----------
    gradient : (2,)
        Not zero.
    units
        As `direction` takes them.

    Returns
    -------
    float
        Degrees from the axis of b, counterclockwise, in [0, 360).

    Examples
    --------
    >>> steepest_angle([-2.0, 2.0])
    315.0
    """
    b, w = -np.asarray(gradient, dtype=np.float64) * np.asarray(units, dtype=np.float64)
    return math.degrees(math.atan2(w, b)) % 360.0


def contour_levels(lowest: float, highest: float, ladder: Ladder = "1-2-5", at_most: int = 12) -> FloatArray:
    """Return round losses to draw level lines at, ascending, strictly between two bounds.

    Losses of a bowl spread over decades, so the levels climb a ladder: 1, 2, 5, 10, 20 ... or
    1, 2, 4, 8 ... Where fewer than four rungs fit, because the bounds lie close together, the levels
    are evenly spaced in a round step instead.

    Parameters
    ----------
    lowest, highest
        The loss at the minimum and at the highest corner; at least 0.
    ladder
        ``"1-2-5"`` or ``"doubling"``.
    at_most
        How many to return, 4 or more; of a longer ladder the highest rungs, which are furthest apart.

    Examples
    --------
    >>> contour_levels(0.3, 30.0)
    array([ 0.5,  1. ,  2. ,  5. , 10. , 20. ])
    >>> contour_levels(0.3, 30.0, ladder="doubling")
    array([ 0.5,  1. ,  2. ,  4. ,  8. , 16. ])
    >>> contour_levels(100.0, 112.0)
    array([102., 104., 106., 108., 110.])
    """
    if not 0.0 <= lowest < highest < math.inf:
        raise ValueError(f"levels: got {lowest!r} to {highest!r}; allowed finite losses from 0, ascending")
    if at_most < 4:
        raise ValueError(f"at_most: got {at_most!r}; allowed 4 or more")
    if ladder == "1-2-5":
        top = math.floor(math.log10(highest))
        decades = range(top, top - at_most, -1)
        rungs = [float(f"{digit}e{decade}") for decade in decades for digit in (5, 2, 1)]
    elif ladder == "doubling":
        top = math.floor(math.log2(highest))
        rungs = [2.0**power for power in range(top, top - at_most - 1, -1)]
    else:
        raise ValueError(f"ladder: got {ladder!r}; allowed '1-2-5' or 'doubling'")
    levels = [rung for rung in rungs if lowest < rung < highest][:at_most]
    if len(levels) >= 4:
        return read_only(levels[::-1])
    return read_only([level for level in round_steps(lowest, highest, 6) if lowest < level < highest])


def level_lines(grid: LossGrid, levels: npt.ArrayLike) -> list[list[FloatArray]]:
    """Return the lines on which a loss that is no parabola has some values, as its grid tells.

    Along each edge between two nodes the loss is taken to go straight, so a corner is off by as much as the
    loss bends in a cell. The level lines of least squares are ellipses, which need no grid.

    Parameters
    ----------
    grid
    levels : (n,)

    Returns
    -------
    list of list of (m, 2)
        Of each level its lines, corners (b, w) with the higher loss on the left; a closed line ends where it
        begins. None of a level that the grid does not reach.

    Examples
    --------
    >>> axis = np.array([-1.0, 0.0, 1.0])
    >>> bowl = LossGrid(axis, axis, axis[:, None] ** 2 + axis**2)
    >>> [[line.tolist() for line in lines] for lines in level_lines(bowl, [0.5, 9.0])]
    [[[[0.0, -0.5], [-0.5, 0.0], [0.0, 0.5], [0.5, 0.0], [0.0, -0.5]]], []]
    """
    lines = contour_generator(grid.b, grid.w, grid.losses, line_type=LineType.Separate)
    return [
        [np.asarray(line, dtype=np.float64) for line in lines.lines(float(level))]
        for level in finite_array(levels, "levels")
    ]


def window_around(problem: LeastSquares, *paths: Trajectory | npt.ArrayLike, margin: float = 0.25) -> Window:
    """Return a window with round bounds that shows the minimum and the paths towards it.

    Half the width along an axis is the larger of two lengths, plus the margin: how far the paths stray
    from the minimizer, and how far one must go from it, along that axis alone, to be as high as the
    highest start, sqrt(2 (L(start) - L(minimizer)) / H_ii). The second keeps the bowl's shape in view
    when a path runs straight along the other axis.

    Of a path that diverges only the rows no higher than its start count; it is meant to leave the window.

    Parameters
    ----------
    problem
        One with a bias and a unique minimizer.
    paths
        Trajectories, or starts (2,).
    margin
        What to add on each side, as a fraction of the half width, from 0.

    Raises
    ------
    ValueError
        When the problem has no bias or many minimizers, or the margin is out of range.
    """
    _require_plane(problem)
    if not 0.0 <= margin < math.inf:
        raise ValueError(f"margin: got {margin!r}; allowed a finite number from 0")
    rows = [path.parameters if isinstance(path, Trajectory) else np.atleast_2d(path) for path in paths]
    seen = [path[problem.loss(path) <= problem.loss(path[0])] for path in rows]
    highest = max((float(problem.loss(path[0])) for path in rows), default=0.0) - problem.minimum
    # From the minimum itself, or with no path at all, look as high as a flat line through zero would be.
    height = highest if highest > 0.0 else float(np.mean(problem.y**2)) or 1.0
    as_high = problem.minimizer + np.diag(problem.reach(np.eye(2), height))
    points = np.concatenate([as_high, *seen])
    both_sides = np.concatenate([points, problem.beyond(points, 1.0)])
    return Window.around(both_sides, room=margin / 2).rounded()


def zoom_of_runs(
    problem: LeastSquares, runs: Sequence[Trajectory], n_steps: int, room: float = 1.2
) -> FloatArray:
    """Return what a picture of the loss of one parameter shows at each row, so that no run ever leaves it.

        half[k] = room max |w[j] - w*|  over all runs and rows j <= k,    top[k] = L(w* + half[k])

    Between two rows all three go straight, as the runs do: what both rows show is seen all the way.

    Parameters
    ----------
    problem
        One of a single parameter, with a minimizer w*.
    runs
        From one start, which is not the minimizer.
    n_steps
        The last row; a run that is shorter stays where it ends.
    room
        How many times as far as the farthest row it reaches, above 1.

    Returns
    -------
    (n_steps + 1, 3)
        Lowest w, highest w and highest loss.

    Raises
    ------
    ValueError
        When the problem has two parameters, or the room is none.

    Examples
    --------
    >>> from gdmath import descend, preset
    >>> problem = preset("one-weight").problem()
    >>> zoom_of_runs(problem, [descend(problem, [0.0], 0.16, 2)], 2).round(2)
    array([[ -0.4 ,   4.4 ,  43.2 ],
           [ -1.36,   5.36,  84.67],
           [ -2.7 ,   6.7 , 165.96]])
    """
    if problem.n_parameters != 1:
        raise ValueError("problem: got two parameters; allowed one, as `LeastSquares.cut` gives it")
    if not 1.0 < room < math.inf:
        raise ValueError(f"room: got {room!r}; allowed a finite number above 1")
    lowest = float(problem.minimizer[0])
    rows = np.arange(n_steps + 1)
    away = [np.abs(run.parameters[np.minimum(rows, run.n_steps), 0] - lowest) for run in runs]
    half = room * np.maximum.accumulate(np.max(away, axis=0))
    return np.column_stack([lowest - half, lowest + half, problem.loss((lowest + half)[:, None])])


def _points(free: int, along: FloatArray, at: float) -> FloatArray:
    """Parameters (m, 2) that vary along one axis and are held at a value on the other."""
    points = np.full((along.size, 2), float(at))
    points[:, free] = along
    return points


def _require_plane(problem: LeastSquares) -> None:
    if not problem.fit_bias:
        raise ValueError("problem: got one without a bias; allowed one with two parameters, (b, w)")


def _is_parameter(which: int) -> int:
    if which not in (BIAS, WEIGHT):
        raise ValueError(f"parameter: got {which!r}; allowed BIAS ({BIAS}) or WEIGHT ({WEIGHT})")
    return which
