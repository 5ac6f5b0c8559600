"""Whether a run is one: what the mathematics says of every row of a trajectory."""

from collections.abc import Callable
from typing import Final

import numpy as np

from gdmath.arrays import FloatArray
from gdmath.datasets import Dtype
from gdmath.objectives import LeastSquares
from gdmath.trajectory import Trajectory

_ROUNDING: Final = 1024
"""Units in the last place by which two ways to sum one row's squares may differ."""


def check_run(
    run: Trajectory,
    problem: LeastSquares,
    *,
    measured_by: LeastSquares | None = None,
    predict: Callable[[FloatArray], FloatArray] | None = None,
    dtype: Dtype = "float64",
) -> None:
    """Raise an error unless each number of a run follows from its parameters.

        losses[k] = L(parameters[k])
        gradients[k] = dL/dp at parameters[k]                                     of gradient descent
        parameters[k + 1] = parameters[k] - learning_rate gradients[k]            of it, and of SGD

    Parameters
    ----------
    run
    problem
        What it descends on.
    measured_by
        What its losses are of, where that is something else.
    predict
        (p,) -> (n,), the predictions of a model that is no line.
    dtype
        What it was computed in: the numbers may differ by its rounding.

    Raises
    ------
    ValueError
        With the first row that does not.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gdmath import descend
    >>> problem = LeastSquares([1.0, 2.0], [1.0, 3.0])
    >>> run = descend(problem, [0.0, 0.0], 0.1, 2)
    >>> check_run(run, problem)
    >>> check_run(replace(run, losses=run.losses + [0.0, 0.0, 1.0]), problem)
    Traceback (most recent call last):
        ...
    ValueError: losses: got 1.29525 in row 2; allowed 0.29525, the loss at its parameters
    """
    of = measured_by or problem
    if predict is None and run.parameters.shape[1] != problem.n_parameters:
        columns = run.parameters.shape[1]
        raise ValueError(f"parameters: got {columns} columns; allowed {problem.n_parameters}")
    near = _ROUNDING * float(np.finfo(dtype).eps)
    targets = of.reduced(of.y**2)
    features = np.maximum(problem.reduced(problem.x**2), problem.reduced(np.ones(problem.n_rows)))
    is_plain = run.method in ("gradient descent", "SGD")
    for k, (p, gradient) in enumerate(zip(run.parameters, run.gradients, strict=True)):
        predicted = of.predict(p) if predict is None else predict(p)
        size = of.reduced(predicted**2) + targets
        true = of.reduced((predicted - of.y) ** 2)
        _refuse_other("losses", k, run.losses[k], true, near * size, "the loss at its parameters")
        if run.method == "gradient descent":
            room = near * np.sqrt(size * features)
            _refuse_other("gradients", k, gradient, problem.gradient(p), room, "the loss's derivatives there")
        if is_plain and k < run.n_steps:
            step = run.learning_rate * gradient
            room = near * (np.abs(p) + np.abs(step))
            _refuse_other("parameters", k + 1, run.parameters[k + 1], p - step, room, "one step further")


def _refuse_other(
    name: str, row: int, told: FloatArray, true: FloatArray, room: FloatArray, allowed: str
) -> None:
    told, true = np.atleast_1d(told), np.atleast_1d(true)
    wrong = np.flatnonzero(~(np.abs(told - true) <= room))
    if wrong.size:
        i = wrong[0]
        raise ValueError(f"{name}: got {told[i]:.6g} in row {row}; allowed {true[i]:.6g}, {allowed}")
