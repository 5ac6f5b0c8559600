"""How a run behaves: what may be said of it in words, each a definition that its rows fulfil or do not.

The error of a row is its way from the minimizer, its excess how far its loss is above the minimum. Whoever
tells of a run asks here first.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from gdmath.arrays import FloatArray
from gdmath.objectives import LeastSquares
from gdmath.trajectory import Trajectory

VALLEY: Final = 4.0
"""Condition number from which on a bowl is a valley: its level lines are twice as long as they are wide."""
NARROW_VALLEY: Final = 100.0
"""The same of a narrow one, ten times as long as it is wide."""
NEARLY_DONE: Final = 0.01
"""Part of the start's excess: the error is then a tenth of the start's, measured by what it costs."""
UNSEEN: Final = 1e-4
"""Part of the first: what is smaller is not seen beside it, and may be rounding."""


def excess_left(problem: LeastSquares, run: Trajectory) -> FloatArray:
    """Return the part of the start's excess that is left at each row, of shape (n_steps + 1,).

        (L[k] - L*) / (L[0] - L*)

    Zeros where the run starts at the minimum.

    Examples
    --------
    >>> from gdmath import descend, preset
    >>> dataset = preset("chapter-0")
    >>> problem = dataset.problem()
    >>> excess_left(problem, descend(problem, dataset.start, 0.1, 100))[[0, 10, 100]].round(4)
    array([1.    , 0.0577, 0.0035])
    """
    excess = problem.rises(run.parameters).sum(axis=-1)
    return np.asarray(excess / excess[0] if excess[0] > 0.0 else np.zeros_like(excess))


def first_change(run: Trajectory) -> int:
    """Return -1 where the first step lowers the loss, 1 where it raises it, 0 where neither is seen.

    A change of less than 1e-12 of the loss is not seen.
    """
    change = run.losses[1] - run.losses[0] if run.n_steps else 0.0
    return int(np.sign(change)) if abs(change) > 1e-12 * run.losses[0] else 0


def ends_alike(run: Trajectory, other: Trajectory, digits: int) -> bool:
    """Whether two runs end on the same parameters and the same loss, each to so many significant digits.

    |p - q| <= 10^-digits |p|
    """
    ours, theirs = ([*each.parameters[-1], each.losses[-1]] for each in (run, other))
    return bool(np.allclose(theirs, ours, rtol=10.0**-digits, atol=0.0))


def descends(problem: LeastSquares, run: Trajectory) -> bool:
    """Whether each step lowers the loss as long as more than `UNSEEN` of the start's excess is left."""
    is_far = excess_left(problem, run)[:-1] > UNSEEN
    return bool(is_far.any() and (np.diff(run.losses)[is_far] < 0.0).all())


def n_climbs(problem: LeastSquares, run: Trajectory) -> int:
    """Return how many steps raise the loss by more than `UNSEEN` of the start's excess.

    Examples
    --------
    >>> from gdmath import LeastSquares, descend
    >>> problem = LeastSquares([1.0, -1.0], [1.0, -1.0], fit_bias=False)
    >>> [n_climbs(problem, descend(problem, [0.0], rate, 5)) for rate in (0.9, 1.1)]
    [0, 5]
    """
    left = excess_left(problem, run)
    return int((np.diff(left) > UNSEEN).sum())


def row_nearly_done(problem: LeastSquares, run: Trajectory) -> int | None:
    """Return the first row from which on no more than `NEARLY_DONE` of the excess is left, or None.

    Examples
    --------
    >>> from gdmath import descend, preset
    >>> dataset = preset("chapter-0")
    >>> row_nearly_done(dataset.problem(), descend(dataset.problem(), dataset.start, 0.1, 100))
    66
    """
    is_left = np.flatnonzero(excess_left(problem, run) > NEARLY_DONE)
    row = int(is_left[-1]) + 1 if len(is_left) else 0
    return row if row <= run.n_steps else None


def falls_fast_at_first(run: Trajectory) -> bool:
    """Whether the loss falls by more in the first tenth of the steps than in all the others.

        L[0] - L[m] > L[m] - L[n] >= 0    with m = n / 10, rounded down, but at least 1

    A rise of less than `UNSEEN` of the first fall counts as none.
    """
    early = max(1, run.n_steps // 10)
    if run.n_steps <= early:
        return False
    first, then = run.losses[0] - run.losses[early], run.losses[early] - run.losses[-1]
    return bool(first > 0.0 and -UNSEEN * first <= then < first)


def row_on_floor(problem: LeastSquares, run: Trajectory) -> int | None:
    """Return the first row at which more of the excess lies along the flattest axis than along the steepest.

    None where there is no such row: the run is never off the walls of its valley.

    Examples
    --------
    >>> from gdmath import descend, preset
    >>> dataset = preset("chapter-0")
    >>> row_on_floor(dataset.problem(), descend(dataset.problem(), dataset.start, 0.1, 100))
    5
    """
    along = problem.rises(run.parameters)
    is_on_floor = along[:, 0] > along[:, -1]
    return int(is_on_floor.argmax()) if is_on_floor.any() else None


def goes_down_the_wall_first(problem: LeastSquares, run: Trajectory) -> bool:
    """Whether the run goes down a wall of a valley, and then a part of the way along its floor that is seen.

    The loss is a `VALLEY`; the run starts on its wall and comes to its floor (`row_on_floor`) with more than
    `NEARLY_DONE` of the excess left, of which the rest of the run takes at least half.
    """
    row, left = row_on_floor(problem, run), excess_left(problem, run)
    if not row or problem.condition_number < VALLEY:
        return False
    return bool(left[row] > NEARLY_DONE and left[-1] <= 0.5 * left[row])


def falls_and_crawls(problem: LeastSquares, run: Trajectory, soon: int, late: int) -> bool:
    """Whether the run is on the floor of its valley soon, and late has come only a short way along it.

    Parameters
    ----------
    problem, run
    soon
        It starts on the wall and comes to the floor (`row_on_floor`) at this row or before, with more than
        `UNSEEN` of the excess left.
    late
        At this row, or at the last one, more than a tenth of the excess that was left there still is.
    """
    row, left = row_on_floor(problem, run), excess_left(problem, run)
    return bool(row and row <= soon and left[row] > UNSEEN and left[min(late, run.n_steps)] > 0.1 * left[row])


def jumps_to_and_fro(problem: LeastSquares, run: Trajectory, n_steps: int, share: float) -> bool:
    """Whether each of the first steps crosses the valley, and so much of the error across is left after them.

    A start on the valley's floor, but for `UNSEEN` of its way to the minimum, crosses nothing.

    Parameters
    ----------
    problem, run
    n_steps
        The error along the steepest axis changes its sign in each of these steps.
    share
        After them it is at least this part of the start's.
    """
    across = _across(problem, run)[: n_steps + 1]
    is_crossed = (across[1:] * across[:-1] < 0.0).all()
    return bool(len(across) == n_steps + 1 and is_crossed and abs(across[-1]) >= share * abs(across[0]))


def swings_out(problem: LeastSquares, run: Trajectory) -> bool:
    """Whether each step crosses the valley and ends farther from its floor than it began.

    A start on the valley's floor, but for `UNSEEN` of its way to the minimum, crosses nothing.
    """
    across = _across(problem, run)
    ratios = across[1:] / np.where(across[:-1] == 0.0, np.inf, across[:-1])
    return bool((ratios < -1.0).all())


def _across(problem: LeastSquares, run: Trajectory) -> FloatArray:
    """The error of each row along the steepest axis, 0 where the start has none that is seen."""
    errors = problem.errors(run.parameters)
    is_seen = abs(errors[0, -1]) > UNSEEN * np.linalg.norm(errors[0])
    return np.asarray(np.where(is_seen, errors[:, -1], 0.0))


def steps_shrink(run: Trajectory) -> bool:
    """Whether each step is at least a hundredth shorter than the one before, as far as it is seen.

    The steps are |p[k + 1] - p[k]|; those after one shorter than `UNSEEN` of the first do not count.
    """
    lengths = np.linalg.norm(np.diff(run.parameters, axis=0), axis=1)
    is_seen = lengths[:-1] > UNSEEN * lengths[0]
    return bool(is_seen.any() and (lengths[1:] <= 0.99 * lengths[:-1])[is_seen].all())


def spread(points: npt.ArrayLike, about: npt.ArrayLike | None = None) -> float:
    """Return the root mean square distance of points (n, p) from a place (p,), or from their mean.

    Examples
    --------
    >>> spread([[0.0, 3.0], [0.0, -3.0]]), spread([[0.0, 3.0], [0.0, -3.0]], about=[4.0, 0.0])
    (3.0, 5.0)
    """
    points = np.asarray(points, dtype=np.float64)
    center = points.mean(axis=0) if about is None else np.asarray(about, dtype=np.float64)
    return float(np.sqrt(((points - center) ** 2).sum(axis=1).mean()))


def mean_distance(points: npt.ArrayLike, about: npt.ArrayLike) -> float:
    """Return the mean distance of points (n, p) from a place (p,).

    Examples
    --------
    >>> mean_distance([[4.0, 4.0], [1.0, 1.0]], about=[1.0, 0.0])
    3.0
    """
    ways = np.asarray(points, dtype=np.float64) - np.asarray(about, dtype=np.float64)
    return float(np.linalg.norm(ways, axis=1).mean())


def opening_angle(points: npt.ArrayLike, about: npt.ArrayLike) -> float:
    """Return the angle of the narrowest sector from a place (2,) that holds points (n, 2), degrees.

    The whole turn without the widest gap between two neighbours, 0 to 360. A point at the place itself lies
    in no direction.

    Examples
    --------
    >>> opening_angle([[1.0, 0.0], [2.0, 2.0], [1.0, -1.0]], about=[0.0, 0.0])
    90.0
    """
    ways = np.asarray(points, dtype=np.float64) - np.asarray(about, dtype=np.float64)
    b, w = ways[ways.any(axis=1)].T
    angles = np.sort(np.degrees(np.arctan2(w, b)))
    if not angles.size:
        return 0.0
    return float(360.0 - np.diff(angles, append=angles[0] + 360.0).max())


def single_points_pull(problem: LeastSquares, start: npt.ArrayLike) -> bool:
    """Whether at the minimum some point alone still asks for a step.

    The longest gradient of a single point there, 2 |e| sqrt(1 + x^2), is more than a thousandth of the
    longest at the start. Where the line passes through every point, none is left.
    """
    reach = np.sqrt(1.0 + problem.x**2) if problem.fit_bias else np.abs(problem.x)
    longest = [float((reach * np.abs(problem.residuals(p))).max()) for p in (problem.minimizer, start)]
    return longest[0] > 1e-3 * longest[1]


def falls_then_stays_low(problem: LeastSquares, rates: npt.ArrayLike, losses: npt.ArrayLike) -> bool:
    """Whether after as many steps no more than a tenth of the start's excess is left at most stable rates.

    Parameters
    ----------
    problem
    rates : (m,)
        Rising evenly from 0, where the loss is that of the start.
    losses : (m,)
        The loss after the steps at each rate, as `losses_after` gives it.
    """
    excess = np.asarray(losses, dtype=np.float64) - problem.minimum
    rates = np.asarray(rates, dtype=np.float64)
    is_stable = (rates > 0.0) & (rates < problem.max_stable_learning_rate)
    return bool((excess[is_stable] <= 0.1 * excess[0]).mean() > 0.5)
