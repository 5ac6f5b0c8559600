"""Gradient descent, full batch or sampled, written as the equation."""

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import numpy as np
import numpy.typing as npt

from gdmath.arrays import FloatArray, IndexArray, finite_array
from gdmath.objectives import LeastSquares
from gdmath.trajectory import MAX_STEPS, Outcome, Trajectory

MOST_COUNTED_STEPS: Final = 10**15
"""Steps that are told apart: below 2^53, so that float64 has each."""

# A minimum that is so small beside the losses it comes from is what rounding left of zero.
_ROUNDING: Final = 1e-20

# A rate this close to 2 / lambda_max changes the oscillation by less than 1e-5 in MAX_STEPS steps.
_AT_THE_LIMIT: Final = 1e-12


def descend(
    problem: LeastSquares,
    start: npt.ArrayLike,
    learning_rate: float,
    n_steps: int,
    batch_size: int | None = None,
    seed: int | None = None,
    shuffle: bool = True,
    tolerance: float | None = None,
) -> Trajectory:
    """Walk downhill from `start` and record every step.

        p[k + 1] = p[k] - learning_rate * g[k]

    where g is the gradient over all rows or, in SGD, over the next mini-batch of the epoch.

    Parameters
    ----------
    problem
        What to minimise.
    start : (p,)
        Ordered (b, w).
    learning_rate
        The step multiplier, above 0.
    n_steps
        The number of updates, not of epochs: 1 to a million.
    batch_size
        Points per update, 1 to n; the last batch of an epoch holds what is left. None for all.
    seed
        Of the shuffling, a whole number from 0; needed when rows are shuffled, and only then.
    shuffle
        Whether each epoch meets the rows in a new random order, or always in the order of the data.
    tolerance
        Stop at the first row where the gradient over all rows is at most this long; None to go on.

    Returns
    -------
    Trajectory
        Divergence is an outcome, not an error: the finite rows are kept.

    Raises
    ------
    ValueError
        When an argument is out of range, or the loss at the start is beyond float64.

    Notes
    -----
    Source: Godoy, *Deep Learning with PyTorch Step-by-Step*, chapter 0, steps 2 to 5;
    Bottou, Curtis and Nocedal (2018), *Optimization Methods for Large-Scale Machine Learning*,
    equation 3.7 (SGD); Goh (2017), *Why Momentum Really Works* (the stability limit).

    Examples
    --------
    >>> from gdmath import preset
    >>> dataset = preset("chapter-0")
    >>> trajectory = descend(dataset.problem(), dataset.start, learning_rate=0.1, n_steps=1)
    >>> trajectory.losses[0]
    np.float64(2.7421577700550976)
    >>> trajectory.parameters[1].round(8)
    array([0.80119529, 0.04511107])
    >>> print(descend(dataset.problem(), dataset.start, learning_rate=1.1, n_steps=100).outcome)
    diverged: the loss grows without bound
    """
    start = checked_start(problem, start)
    learning_rate = checked_learning_rate(learning_rate)
    n_steps = checked_n_steps(n_steps)
    batches = _batches(problem.n_rows, batch_size, seed, shuffle)
    if tolerance is not None and not 0.0 < tolerance < math.inf:
        raise ValueError(f"tolerance: got {tolerance!r}; allowed a finite number above 0, or None")

    parameters = np.empty((n_steps + 1, problem.n_parameters))
    gradients = np.empty_like(parameters)
    losses = np.empty(n_steps + 1)
    epoch_starts: list[int] = []
    outcome = Outcome.OUT_OF_STEPS
    n_rows = 0
    p = start
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(n_steps + 1):
            begins_epoch, rows = next(batches)
            if rows is None:
                loss, gradient = problem.loss_and_gradient(p)
            else:
                loss, gradient = problem.loss(p), problem.gradient(p, rows)
            if not all(map(math.isfinite, (*p, loss, *gradient))):
                outcome = Outcome.DIVERGED
                break
            parameters[k], losses[k], gradients[k] = p, loss, gradient
            n_rows = k + 1
            if begins_epoch:
                epoch_starts.append(k)
            if tolerance is not None and np.linalg.norm(problem.gradient(p)) <= tolerance:
                outcome = Outcome.REACHED_TOLERANCE
                break
            p = p - learning_rate * gradient

    if n_rows == 0:
        raise start_beyond_float64(start)
    parameters, losses, gradients = parameters[:n_rows], losses[:n_rows], gradients[:n_rows]
    is_full_batch = batch_size is None or batch_size == problem.n_rows
    if outcome is Outcome.OUT_OF_STEPS:
        outcome = out_of_steps(problem, parameters, losses, learning_rate if is_full_batch else None)
    return Trajectory(
        parameters=parameters,
        losses=losses,
        gradients=gradients,
        learning_rate=learning_rate,
        outcome=outcome,
        epoch_starts=np.array(epoch_starts),
        batch_size=batch_size,
        method="gradient descent" if is_full_batch else "SGD",
    )


def losses_after(
    problem: LeastSquares, start: npt.ArrayLike, learning_rates: npt.ArrayLike, n_steps: int
) -> FloatArray:
    """Return the loss after as many steps at each of many rates, in closed form.

        L[k] = L* + 1/2 sum_i lambda_i c_i^2 (1 - learning_rate lambda_i)^(2 k)

    where c_i is how far the start lies from the minimizer along the i-th axis of the bowl.

    Parameters
    ----------
    problem, start
        As in `descend`; the problem with a unique minimizer.
    learning_rates : (m,)
        From 0.
    n_steps
        The number of updates k, 1 to a million.

    Returns
    -------
    (m,)
        inf where the loss is beyond float64.

    Notes
    -----
    Source: Goh (2017), *Why Momentum Really Works*, "First Steps: Gradient Descent".

    Examples
    --------
    >>> from gdmath import preset
    >>> dataset = preset("chapter-0")
    >>> losses_after(dataset.problem(), dataset.start, [0.2, 0.8], n_steps=10).round(4)
    array([0.1176, 1.9459])
    """
    rates, n_steps = finite_array(learning_rates, "learning_rates"), checked_n_steps(n_steps)
    along = problem.errors(checked_start(problem, start))
    with np.errstate(over="ignore", invalid="ignore"):
        kept = np.abs(1.0 - rates[:, None] * problem.eigenvalues) ** n_steps
        left = np.where(along == 0.0, 0.0, along * kept)
        return np.asarray(problem.minimum + 0.5 * (left**2 @ problem.eigenvalues))


def paths_at(
    problem: LeastSquares, start: npt.ArrayLike, learning_rates: npt.ArrayLike, n_steps: int
) -> FloatArray:
    """Return the parameters of every step at each of many rates, in closed form.

        p[k] = p* + sum_i (1 - learning_rate lambda_i)^k c_i v_i

    where c_i is how far the start lies from the minimizer along the i-th axis v_i of the bowl.

    Parameters
    ----------
    problem, start
        As in `descend`; the problem with a unique minimizer.
    learning_rates : (m,)
        From 0.
    n_steps
        The number of updates, 1 to a million.

    Returns
    -------
    (m, n_steps + 1, p)
        Not finite from where a parameter is beyond float64.

    Notes
    -----
    Source: Goh (2017), *Why Momentum Really Works*, "First Steps: Gradient Descent".

    Examples
    --------
    >>> from gdmath import preset
    >>> dataset = preset("chapter-0")
    >>> paths_at(dataset.problem(), dataset.start, [0.2, 0.8], n_steps=10)[:, -1].round(4)
    array([[1.5702, 0.896 ],
           [0.1209, 1.0007]])
    """
    rates, n_steps = finite_array(learning_rates, "learning_rates"), checked_n_steps(n_steps)
    start = checked_start(problem, start)
    kept = (1.0 - rates[:, None] * problem.eigenvalues)[:, None, :]
    with np.errstate(over="ignore", invalid="ignore"):
        along = problem.errors(start) * kept ** np.arange(n_steps + 1.0)[:, None]
        paths = problem.minimizer + along @ problem.eigenvectors.T
    paths[:, 0] = start
    return np.asarray(paths)


def steps_needed(
    problem: LeastSquares, start: npt.ArrayLike, learning_rate: float, fraction: float = 0.01
) -> int | None:
    """Return how many steps bring the loss to (1 + fraction) times the minimum, in closed form.

    The k that `steps_to_within` finds in a run, found without running: the smallest with

        1/2 sum_i lambda_i c_i^2 (1 - learning_rate lambda_i)^(2 k) <= fraction L*

    with c_i as in `losses_after`. Below the stability limit the left side falls with every step, so that
    it is bracketed by doubling k, and then halved.

    Parameters
    ----------
    problem, start, learning_rate
        As in `descend`; the problem with a unique minimizer.
    fraction
        Above 0.

    Returns
    -------
    int or None
        None where no step comes so near (the rate is not below 2 / lambda_max, or the line passes through
        every point and the minimum is rounding noise), or more than 10^15 steps are needed.

    Examples
    --------
    >>> from gdmath import preset
    >>> dataset = preset("chapter-0")
    >>> steps_needed(dataset.problem(), dataset.start, 0.1)
    258
    >>> narrow = LeastSquares([1990.0, 2000.0, 2010.0], [1.0, 2.0, 4.0])
    >>> steps_needed(narrow, [0.0, 0.0], narrow.best_learning_rate)
    566036821054
    """
    start, rate = checked_start(problem, start), checked_learning_rate(learning_rate)
    away = start - problem.minimizer
    heights = 0.5 * problem.eigenvalues * (away @ problem.eigenvectors) ** 2
    allowed = fraction * problem.minimum
    if heights.sum() <= allowed:
        return 0
    is_noise = problem.minimum <= _ROUNDING * float(heights.sum() + problem.loss(np.zeros_like(start)))
    if is_noise or rate >= problem.max_stable_learning_rate:
        return None
    with np.errstate(divide="ignore"):
        decays = 2.0 * np.log1p(-np.minimum(rate * problem.eigenvalues, 2.0 - rate * problem.eigenvalues))

    def is_within(k: int) -> bool:
        return bool((heights * np.exp(k * decays)).sum() <= allowed)

    high = 1
    while not is_within(high):
        high *= 2
        if high > 2 * MOST_COUNTED_STEPS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_within(middle) else (middle, high)
    return high if high <= MOST_COUNTED_STEPS else None


def descend_on_summed_gradient(
    problem: LeastSquares, start: npt.ArrayLike, learning_rate: float, n_steps: int
) -> Trajectory:
    """Make the tutorial's mistake: report the mean loss, but step along the gradient of the sum.

        w[k + 1] = w[k] - learning_rate * sum_i 2 x_i (w[k] x_i - y_i)

    ``np.dot(2 * x, error).mean()`` is a number already, whose mean is itself. The step is n times too
    long and the stability limit n times too low, which on a tame problem looks like a faster method.

    Data, errors and losses are float32 and w is float64, whatever NumPy's promotion rules are: under
    these types the tutorial's printed losses come out.

    Parameters
    ----------
    problem
        A line through the origin with the mean loss.
    start : (1,)
    learning_rate, n_steps
        As in `descend`.

    Raises
    ------
    ValueError
        As `descend`; and when the problem has a bias or a summed loss, where there is no mistake.
    """
    if problem.fit_bias or problem.reduction != "mean":
        raise ValueError("problem: got a bias or a summed loss; allowed a line through the origin, mean loss")
    w = start = checked_start(problem, start)
    learning_rate = checked_learning_rate(learning_rate)
    n_steps = checked_n_steps(n_steps)
    x, y = problem.x.astype(np.float32), problem.y.astype(np.float32)
    rows: list[tuple[FloatArray, np.float32, FloatArray]] = []
    has_overflowed = False
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(n_steps + 1):
            error = w.astype(np.float32) * x - y
            loss = np.mean(error**2)
            # float64 inside the product: float32 sums differ between BLAS kernels, and so would the prints.
            gradient = np.atleast_1d(np.float32(2.0 * x.astype(np.float64) @ error.astype(np.float64)))
            has_overflowed = not (np.isfinite(loss) and np.isfinite(gradient).all())
            if has_overflowed:
                break
            rows.append((w, loss, gradient.astype(np.float64)))
            w = w - learning_rate * gradient.astype(np.float64)
    if not rows:
        raise start_beyond_float64(start)
    parameters, losses, gradients = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    descended_on = LeastSquares(problem.x, problem.y, fit_bias=False, reduction="sum")
    return Trajectory(
        parameters=parameters,
        losses=losses,
        gradients=gradients,
        learning_rate=learning_rate,
        outcome=Outcome.DIVERGED
        if has_overflowed
        else out_of_steps(descended_on, parameters, losses, learning_rate),
        method="summed gradient, by mistake",
    )


def batches(
    n_rows: int, batch_size: int, n_updates: int, seed: int | None = None, shuffle: bool = True
) -> tuple[IndexArray, ...]:
    """Return the rows that each of the first updates of SGD looks at, as `descend` draws them.

    Parameters
    ----------
    n_rows
        Points to draw from.
    batch_size, seed, shuffle
        As in `descend`.
    n_updates
        How many batches, 1 to a million.

    Examples
    --------
    >>> batches(5, batch_size=2, n_updates=4, shuffle=False)
    (array([0, 1]), array([2, 3]), array([4]), array([0, 1]))
    """
    drawn = _mini_batches(n_rows, *_checked_sampling(n_rows, batch_size, seed, shuffle))
    return tuple(rows for _, rows in islice(drawn, _whole(n_updates, "n_updates", 1, MAX_STEPS)))


def landings(
    problem: LeastSquares, start: npt.ArrayLike, learning_rate: float, chosen: Sequence[IndexArray]
) -> FloatArray:
    """Return where one update from the same start lands, for each of several batches.

        p - learning_rate * g_i    with g_i the gradient over batch i

    Their mean, weighted by the batches' sizes, is where the update over all these rows lands: the
    gradient of a batch is a noisy reading of the whole one's, and right on average.

    Parameters
    ----------
    problem, start, learning_rate
        As in `descend`.
    chosen : m index arrays
        The rows of each batch.

    Returns
    -------
    (m, p)

    Notes
    -----
    Source: Bottou, Curtis and Nocedal (2018), *Optimization Methods for Large-Scale Machine Learning*,
    equation 3.7.
    """
    start, learning_rate = checked_start(problem, start), checked_learning_rate(learning_rate)
    return np.array([start - learning_rate * problem.gradient(start, rows) for rows in chosen])


def sgd_path(
    problem: LeastSquares, start: npt.ArrayLike, learning_rate: float, chosen: Sequence[IndexArray]
) -> FloatArray:
    """Return the parameters of every row of SGD over given batches, without its losses and gradients.

        p[k + 1] = p[k] - learning_rate * (g_k + H_k (p[k] - p[0]))

    with g_k the gradient at the start over batch k, and H_k that batch's matrix of second derivatives: the
    loss over a batch is a bowl, too. A quarter of the time of `descend`.

    Parameters
    ----------
    problem, start, learning_rate
        As in `descend`.
    chosen : m index arrays
        The rows of each batch, as `batches` gives them; none empty.

    Returns
    -------
    (m + 1, p)
        Fewer rows where the run diverges: as in `descend` those whose loss is a finite number.

    Examples
    --------
    >>> from gdmath import preset
    >>> problem, start = preset("chapter-0").problem(), preset("chapter-0").start
    >>> chosen = batches(problem.n_rows, batch_size=16, n_updates=20, seed=42)
    >>> run = descend(problem, start, 0.1, 20, batch_size=16, seed=42)
    >>> np.allclose(sgd_path(problem, start, 0.1, chosen), run.parameters, rtol=1e-12)
    True
    """
    start, rate = checked_start(problem, start), checked_learning_rate(learning_rate)
    rows, sizes, p = np.concatenate(chosen), np.array([len(each) for each in chosen]), problem.n_parameters
    weights = 2.0 / sizes if problem.reduction == "mean" else np.full(len(sizes), 2.0)
    steps = np.tile(np.eye(p + 1), (len(chosen), 1, 1))  # of the vector (p[k] - p[0], 1)
    offsets = np.zeros((len(chosen) + 1, p + 1))
    offsets[0, p] = 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        terms = (
            problem.columns[:, :, None]
            * np.column_stack([problem.columns, problem.residuals(start)])[:, None]
        )
        sums = np.add.reduceat(terms[rows], np.cumsum(sizes) - sizes)
        steps[:, :p] -= rate * weights[:, None, None] * sums
        for k, step in enumerate(steps):
            offsets[k + 1] = step @ offsets[k]
        path = start + offsets[:, :p]
        finite = np.isfinite(problem.loss(path))
    return path if finite.all() else path[: int(finite.argmin())]


def out_of_steps(
    problem: LeastSquares, parameters: FloatArray, losses: FloatArray, learning_rate: float | None
) -> Outcome:
    """Say what a run that used up its steps was doing.

    Parameters
    ----------
    problem, parameters, losses
        The problem, and the rows so far.
    learning_rate
        The rate of plain full-batch descent, which 2 / lambda_max judges; None for any other method.
    """
    if (parameters == parameters[0]).all():
        return Outcome.STOOD_STILL
    if learning_rate is None:
        return Outcome.OUT_OF_STEPS
    limit = problem.max_stable_learning_rate
    if math.isclose(learning_rate, limit, rel_tol=_AT_THE_LIMIT):
        return Outcome.OSCILLATES
    # Beyond the limit the loss may still fall for a while, along the flatter axis.
    if learning_rate > limit and losses[-1] > losses[-2]:
        return Outcome.DIVERGED
    return Outcome.OUT_OF_STEPS


def checked_start(problem: LeastSquares, start: npt.ArrayLike) -> FloatArray:
    """Return the start as a vector with a finite number for each parameter, or raise ValueError."""
    checked = finite_array(start, "start")
    if checked.size != problem.n_parameters:
        raise ValueError(
            f"start: got {checked.size} values; allowed {problem.n_parameters}, "
            f"ordered {'(b, w)' if problem.fit_bias else '(w,)'}"
        )
    return checked


def checked_learning_rate(learning_rate: float) -> float:
    """Return a rate that is finite and above 0, or raise ValueError."""
    if not 0.0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate: got {learning_rate!r}; allowed a finite number above 0")
    return float(learning_rate)


def checked_n_steps(n_steps: int) -> int:
    """Return a number of updates from 1 to the cap, or raise ValueError."""
    return _whole(n_steps, "n_steps", 1, MAX_STEPS)


def start_beyond_float64(start: FloatArray) -> ValueError:
    """Return the error for a start whose very loss is not a finite number."""
    return ValueError(f"start: got {start.tolist()}, whose loss is beyond float64; allowed a nearer start")


def _whole(value: int, name: str, lowest: int, highest: int) -> int:
    is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not (is_whole and lowest <= value <= highest):
        raise ValueError(f"{name}: got {value!r}; allowed a whole number from {lowest} to {highest}")
    return int(value)


def _batches(
    n: int, batch_size: int | None, seed: int | None, shuffle: bool
) -> Iterator[tuple[bool, IndexArray | None]]:
    """Check the sampling, and return an endless run of (whether an epoch begins, the rows of a batch)."""
    if batch_size is None:
        return _whole_batches()
    return _mini_batches(n, *_checked_sampling(n, batch_size, seed, shuffle))


def _checked_sampling(
    n: int, batch_size: int, seed: int | None, shuffle: bool
) -> tuple[int, np.random.Generator | None]:
    """Return the size of a batch and what shuffles the rows, None for their own order."""
    size = _whole(batch_size, "batch_size", 1, n)
    if not shuffle:
        return size, None
    if seed is None:
        raise ValueError("seed: got None; allowed a whole number, or shuffle=False for the order of the data")
    return size, np.random.default_rng(_whole(seed, "seed", 0, 2**63 - 1))


def _whole_batches() -> Iterator[tuple[bool, None]]:
    while True:
        yield True, None


def _mini_batches(
    n: int, batch_size: int, generator: np.random.Generator | None
) -> Iterator[tuple[bool, IndexArray]]:
    while True:
        order = np.arange(n) if generator is None else generator.permutation(n)
        for first in range(0, n, batch_size):
            yield first == 0, order[first : first + batch_size]
