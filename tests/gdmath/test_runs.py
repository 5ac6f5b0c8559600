"""Whether a run is one: each number that does not follow from the others is found, no true one accused."""

from dataclasses import replace

import numpy as np
import pytest

import gdmath
from gdmath import LeastSquares, check_run, descend

RNG = np.random.default_rng(3)
X = RNG.uniform(0.0, 1.0, 40)
PROBLEM = LeastSquares(X, 1.0 + 2.0 * X + 0.1 * RNG.normal(size=40))
RUN = descend(PROBLEM, [0.3, -0.1], 0.1, 30)


def changed(name, row, by, run=RUN):
    values = np.array(getattr(run, name))
    values[row] += by
    return replace(run, **{name: values})


def test_a_descent_is_true_in_every_unit_and_by_every_part_of_the_points():
    for unit in (1e-60, 1.0, 1e60):
        problem = LeastSquares(X * unit, PROBLEM.y / unit)
        check_run(descend(problem, [0.0, 0.0], problem.best_learning_rate, 50), problem)
        check_run(descend(PROBLEM, [0.0, 0.0], 0.05, 200, batch_size=7, seed=1), PROBLEM)


def test_one_that_diverges_is_true():
    check_run(descend(PROBLEM, [0.0, 0.0], 3.0 * PROBLEM.max_stable_learning_rate, 500), PROBLEM)


@pytest.mark.parametrize("row", [0, 13, -1])
@pytest.mark.parametrize("share", [1e-9, -0.5, 1e300])
def test_a_loss_of_other_parameters_is_found(row, share):
    with pytest.raises(ValueError, match=rf"losses: got .* in row {row % 31}; allowed .*, the loss at its"):
        check_run(changed("losses", row, share * RUN.losses[row]), PROBLEM)


def test_a_gradient_that_is_none_is_found():
    with pytest.raises(ValueError, match=r"gradients: got .* in row 4; allowed .*, the loss's derivatives"):
        check_run(changed("gradients", (4, 1), 1e-9), PROBLEM)


@pytest.mark.parametrize("batch_size", [None, 7])
def test_a_step_that_goes_elsewhere_is_found(batch_size):
    run = descend(PROBLEM, [0.3, -0.1], 0.1, 30, batch_size=batch_size, seed=1)
    moved = run.parameters + np.where(np.arange(31)[:, None] > 20, [1e-9, 0.0], 0.0)
    told = replace(run, parameters=moved, losses=PROBLEM.loss(moved))
    if batch_size is None:
        told = replace(told, gradients=PROBLEM.gradient(moved))
    with pytest.raises(ValueError, match=r"parameters: got .* in row 21; allowed .*, one step further"):
        check_run(told, PROBLEM)


def test_another_rate_than_its_own_is_found():
    with pytest.raises(ValueError, match=r"parameters: got .* in row 1"):
        check_run(replace(RUN, learning_rate=0.2), PROBLEM)


def test_float32_may_round_and_no_more():
    float32 = replace(RUN, losses=RUN.losses.astype(np.float32), method="autograd")
    check_run(float32, PROBLEM, dtype="float32")
    with pytest.raises(ValueError, match="losses"):
        check_run(float32, PROBLEM)
    with pytest.raises(ValueError, match="losses"):
        check_run(changed("losses", 2, 0.01, float32), PROBLEM, dtype="float32")
    with pytest.raises(ValueError, match="parameters: got 2 columns; allowed 1"):
        check_run(RUN, gdmath.preset("one-weight").problem())


def test_a_model_that_is_no_line_is_told_by_its_predictions():
    parameters = RNG.normal(size=(3, 7))
    predictions = gdmath.network_predictions(parameters, X)
    run = replace(
        RUN,
        parameters=parameters,
        gradients=np.zeros((3, 7)),
        losses=np.mean((predictions - PROBLEM.y) ** 2, axis=1),
        epoch_starts=[0],
        method="a network",
    )
    check_run(run, PROBLEM, predict=lambda row: gdmath.network_predictions(row, X))
    with pytest.raises(ValueError, match=r"losses: got .* in row 1"):
        check_run(
            changed("losses", 1, 1e-9, run), PROBLEM, predict=lambda row: gdmath.network_predictions(row, X)
        )
