"""The oracle for what figures claim: loops by hand and closed forms, none of the code that is tested."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np
import torch

from gdmath import LeastSquares, Trajectory


@cache
def by_hand(problem: LeastSquares, run: Trajectory) -> np.ndarray:
    """Rows (b, w), or (w,), of full-batch descent as a textbook writes it, from a run's start at its rate."""
    x, y = problem.x, problem.y
    share = 1.0 if problem.reduction == "sum" else 1.0 / len(x)
    rows = [np.array(run.parameters[0], dtype=float)]
    for _ in range(run.n_steps):
        b, w = rows[-1] if len(rows[-1]) == 2 else (0.0, rows[-1][0])
        error = b + w * x - y
        gradient = 2 * share * np.array([error.sum(), (error * x).sum()])
        with np.errstate(over="ignore", invalid="ignore"):
            rows.append(rows[-1] - run.learning_rate * gradient[-len(rows[-1]) :])
    return np.array(rows)


DIRECTLY = {
    "SGD": lambda p, rate: torch.optim.SGD(p, lr=rate),
    "SGD(momentum=0.9)": lambda p, rate: torch.optim.SGD(p, lr=rate, momentum=0.9),
    "SGD(momentum=0.9, nesterov=True)": lambda p, rate: torch.optim.SGD(
        p, lr=rate, momentum=0.9, nesterov=True
    ),
    "Adagrad": lambda p, rate: torch.optim.Adagrad(p, lr=rate),
    "RMSprop": lambda p, rate: torch.optim.RMSprop(p, lr=rate),
    "Adam": lambda p, rate: torch.optim.Adam(p, lr=rate),
    "AdamW": lambda p, rate: torch.optim.AdamW(p, lr=rate),
}
"""The optimisers of torch, by what runs of all points say that they were made by."""


@cache
def by_torch(problem: LeastSquares, run: Trajectory) -> np.ndarray:
    """Rows (b, w) of an optimiser of torch on all points, from a run's start at its rate."""
    x, y = torch.tensor(problem.x), torch.tensor(problem.y)
    b, w = parameters = [
        torch.tensor(float(each), dtype=x.dtype, requires_grad=True) for each in run.parameters[0]
    ]
    optimizer, rows = DIRECTLY[run.method](parameters, run.learning_rate), []
    for _ in range(run.n_steps + 1):
        rows.append([b.item(), w.item()])
        optimizer.zero_grad()
        squares = (b + w * x - y) ** 2
        (squares.sum() if problem.reduction == "sum" else squares.mean()).backward()
        optimizer.step()
    return np.array(rows)


def network_at(parameters: np.ndarray, x: np.ndarray) -> np.ndarray:
    """What a network of one hidden layer predicts, unit by unit."""
    width = len(parameters) // 3
    units = zip(*(parameters[k * width : (k + 1) * width] for k in range(3)), strict=True)
    return sum((v * np.tanh(a * x + h) for a, h, v in units), np.full_like(x, parameters[-1]))


def loss_at(problem: LeastSquares, parameters: np.ndarray) -> float:
    """The loss by its definition, of a line or of a network."""
    if len(parameters) > 2:
        predicted = network_at(parameters, problem.x)
    else:
        b, w = parameters if len(parameters) == 2 else (0.0, parameters[0])
        predicted = b + w * problem.x
    squares = (predicted - problem.y) ** 2
    return float(squares.sum() if problem.reduction == "sum" else squares.mean())


def is_single(run: Trajectory) -> bool:
    """Whether a run was made in float32."""
    with np.errstate(over="ignore"):
        return np.array_equal(run.losses, run.losses.astype(np.float32), equal_nan=True)


def rows_of(problem: LeastSquares, run: Trajectory) -> np.ndarray:
    """Rows of a run by hand; of one made in float32, its own, which those by hand must be near."""
    is_named = run.method in DIRECTLY and not run.batch_size
    rows = (by_torch if is_named else by_hand)(problem, run)
    if not is_single(run):
        return rows
    np.testing.assert_allclose(run.parameters, rows, rtol=1e-4, atol=1e-5 * np.abs(rows).max())
    return run.parameters


def truth(
    quantity: str,
    row: int,
    problem: LeastSquares,
    run: Trajectory | None,
    measured_by: LeastSquares | None = None,
) -> Any:
    """What a claim of a quantity must come to; None for one that is not known here.

    Losses are of `measured_by` where that is another loss than the one descended on.
    """
    if quantity == "minimizer":
        columns = np.stack([np.ones_like(problem.x), problem.x], axis=1)
        return np.linalg.lstsq(columns, problem.y, rcond=None)[0]
    if quantity == "vertex":
        b, w = truth("minimizer", row, problem, run)
        return np.array([w, loss_at(problem, np.array([b, w]))])
    if quantity in ("least-squares bias", "least-squares weight"):
        return truth("minimizer", row, problem, run)[int(quantity.endswith("weight"))]
    if quantity == "minimum":
        return loss_at(problem, truth("minimizer", row, problem, run))
    if quantity == "gradient at the minimum":
        return np.zeros(2)
    if quantity.startswith("normal equations"):
        x, y = problem.x, problem.y
        sums = x.sum(), y.sum(), x.sum(), (x * x).sum(), (x * y).sum()
        return sums[int(quantity.split()[-1])] / len(x)
    if quantity in ("worst degrees to the minimum", "largest curvature", "smallest curvature"):
        columns = np.stack([np.ones_like(problem.x), problem.x], axis=1)
        _, widths, (steep, flat) = np.linalg.svd(columns)
        high, low = 2 * widths**2 / (1.0 if problem.reduction == "sum" else len(problem.x))
        if quantity != "worst degrees to the minimum":
            return high if quantity == "largest curvature" else low
        shares = np.geomspace(1e-2, 1e2, 20_001)[:, None] * np.sqrt(high / low)
        ways, down = shares * flat + steep, shares * low * flat + high * steep
        cosines = (ways * down).sum(axis=1) / np.hypot(*ways.T) / np.hypot(*down.T)
        return np.degrees(np.arccos(np.clip(cosines, -1, 1))).max()
    if quantity in ("condition number", "curvature along w", "limit"):
        columns = np.stack([np.ones_like(problem.x), problem.x][not problem.fit_bias :], axis=1)
        share = 1.0 if problem.reduction == "sum" else 1.0 / len(problem.x)
        if quantity == "curvature along w":
            return 2 * share * (problem.x**2).sum()
        if quantity == "limit":
            return 1 / (share * np.linalg.norm(columns, 2) ** 2)  # 2 / lambda_max of 2 share A^T A
        return np.linalg.cond(columns) ** 2
    if quantity == "mean":
        return problem.x.sum() / len(problem.x)
    if quantity == "deviation":
        return np.sqrt(((problem.x - problem.x.sum() / len(problem.x)) ** 2).sum() / len(problem.x))
    if run is None:
        return None
    if quantity == "step":
        return row
    if quantity == "learning rate":
        return run.learning_rate
    # a path of batches, and that of a network, are told again by gdmath's own tests
    is_line = run.parameters.shape[1] <= 2
    rows = rows_of(problem, run) if is_line and not run.batch_size else run.parameters
    if quantity in ("parameters", "start"):
        return rows[row]
    if quantity == "bias":
        return rows[row][0]
    if quantity == "weight":
        return rows[row][-1]
    if quantity == "loss":
        return loss_at(measured_by or problem, rows[row])
    if quantity == "degrees to the minimum":
        ways = [-truth("gradient", row, problem, run), truth("minimizer", row, problem, run) - rows[row]]
        return np.degrees(
            np.arccos(np.clip(np.prod(ways, axis=0).sum() / np.prod(np.hypot(*np.transpose(ways))), -1, 1))
        )
    if quantity == "residuals":
        return rows[row][0] + rows[row][1] * problem.x - problem.y
    if " after a step of " in quantity:
        what, _, rate = quantity.partition(" after a step of ")
        there = rows[0] - float(rate) * truth("gradient", 0, problem, run)
        return there if what == "parameters" else loss_at(problem, there)
    if quantity in ("gradient", "lowest angle", "level angles", "steepest slope"):
        share = 1.0 if problem.reduction == "sum" else 1.0 / len(problem.x)
        b, w = rows[row] if len(rows[row]) == 2 else (0.0, rows[row][0])
        error = b + w * problem.x - problem.y
        slopes = 2 * share * np.array([error.sum(), (error * problem.x).sum()])[-len(rows[row]) :]
        if quantity == "steepest slope":
            return -np.hypot(*slopes)
        if quantity == "gradient":
            return slopes
        lowest = np.degrees(np.angle(-slopes[0] - 1j * slopes[1])) % 360
        return lowest if quantity == "lowest angle" else np.sort([(lowest + 90) % 360, (lowest - 90) % 360])
    return None


def assert_recorded(claims: Iterable[Any], run: Any) -> int:
    """Hold claims of a recorded run to its rows; tells how many there were."""
    known = {
        "recorded step": run.steps,
        "true loss": run.losses,
        "loss in the plane": run.row_losses,
        "gap": run.row_losses - run.losses,
        "distance from the plane": run.distances,
        "step length": run.step_lengths,
        "step angle": run.step_angles,
        "coordinates": run.coordinates,
    }
    count = 0
    for claim in claims:
        expected = known[claim.quantity][claim.row]
        gap = np.abs(np.asarray(claim.drawn) - expected)
        allowed = np.asarray(claim.within) + 1e-9 * np.abs(expected) + 1e-12
        assert (gap <= allowed).all(), f"{claim}: the truth is {expected}"
        count += 1
    return count


def assert_true(
    claims: Iterable[Any],
    runs: Any,
    problem_of: Callable[[str], LeastSquares],
    measured_by: Callable[[str], LeastSquares] | None = None,
) -> int:
    """Hold claims to the truth; tells how many there were."""
    count = 0
    for claim in claims:
        problem, run = problem_of(claim.run), runs.get(claim.run)
        measure = measured_by(claim.run) if measured_by else None
        if claim.quantity == "network predictions":
            x = claim.drawn[0]
            expected = np.array([x, network_at(run.parameters[claim.row], x)])
        else:
            expected = truth(claim.quantity, claim.row, problem, run, measure)
        if expected is None:
            continue
        gap = np.abs(np.asarray(claim.drawn) - expected)
        fine = 1e-6 if run is not None and is_single(run) else 1e-9
        allowed = np.asarray(claim.within) + fine * np.abs(expected) + 1e-12
        assert (gap <= allowed).all(), f"{claim}: the truth is {expected}"
        count += 1
    return count
