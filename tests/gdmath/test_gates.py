"""The numerical gates, each over many random problems; a run ends with the table of their worst figures.

Two paths are compared by the lines they stand for, because b and w have different units: the distance
is the root mean square over the train rows of the difference in prediction, relative to the root mean
square of the target plus that of the predictions at the start.
"""

import numpy as np
import torch

from gdmath import LeastSquares, Outcome, Standardizer, descend, load_trajectory
from gdmath.torch_loops import autograd_loop, linear_loop, sgd_loop


def rms(values):
    return np.sqrt(np.mean(np.square(values), axis=-1))


def distance(problem, start, path, other):
    scale = rms(problem.y) + rms(problem.predict(start))
    return rms(problem.predict(path) - problem.predict(other)).max() / scale


def design_matrix(problem):
    columns = [np.ones(problem.n_rows), problem.x] if problem.fit_bias else [problem.x]
    return np.stack(columns, axis=1)


def stable_rate(case):
    return case.generator.uniform(0.05, 0.95) * case.problem.max_stable_learning_rate


def test_loop_follows_the_closed_form(cases, gates):
    worst = 0.0
    for case in cases:
        problem, rate = case.problem, stable_rate(case)
        design = design_matrix(problem)
        weight_of_sum = 1.0 if problem.reduction == "mean" else problem.n_rows
        # The oracle shares nothing with gdmath: least squares by SVD, curvature by eigh of 2/n A^T A.
        minimizer = np.linalg.lstsq(design, problem.y, rcond=None)[0]
        eigenvalues, axes = np.linalg.eigh(2.0 * weight_of_sum * design.T @ design / problem.n_rows)
        k = np.arange(201)[:, None]
        closed = minimizer + ((1.0 - rate * eigenvalues) ** k * (axes.T @ (case.start - minimizer))) @ axes.T
        walked = descend(problem, case.start, rate, 200).parameters
        worst = max(worst, distance(problem, case.start, walked, closed))
    gates.check("loop vs closed form, 200 steps", worst, 1e-9, len(cases))


def test_gradient_is_autograds(cases, gates):
    """Relative to the mean (or sum) of the absolute terms, whose cancellation makes the gradient."""
    worst = 0.0
    for case in cases:
        problem = case.problem
        design, y = torch.tensor(design_matrix(problem)), torch.tensor(problem.y.copy())
        parameters = torch.tensor(case.start, requires_grad=True)
        squares = (design @ parameters - y) ** 2
        (squares.mean() if problem.reduction == "mean" else squares.sum()).backward()
        error = np.abs(problem.gradient(case.start) - parameters.grad.numpy())
        worst = max(worst, (error / size_of_terms(problem, case.start)).max())
    gates.check("gradient vs autograd", worst, 1e-12, len(cases))


def test_gradient_is_the_central_difference(cases, gates):
    """Relative to the same scale; on a parabola the central difference has rounding error only."""
    worst = 0.0
    for case in cases:
        problem, here = case.problem, case.start
        steps = 1e-2 * np.sqrt(problem.loss(here) / np.diag(problem.hessian))
        ahead, behind = problem.loss(here + np.diag(steps)), problem.loss(here - np.diag(steps))
        error = np.abs(problem.gradient(here) - (ahead - behind) / (2.0 * steps))
        worst = max(worst, (error / size_of_terms(problem, here)).max())
    gates.check("gradient vs central differences", worst, 1e-6, len(cases))


def size_of_terms(problem, parameters):
    terms = 2.0 * np.abs(design_matrix(problem) * problem.residuals(parameters)[:, None])
    return terms.mean(axis=0) if problem.reduction == "mean" else terms.sum(axis=0)


def test_curvature_is_that_of_the_design_matrix(cases, gates):
    """Relative to lambda_max: singular values of A, squared, times 2/n."""
    worst = 0.0
    for case in cases:
        problem = case.problem
        singular = np.linalg.svd(design_matrix(problem), compute_uv=False)[::-1]
        expected = 2.0 * singular**2 / (problem.n_rows if problem.reduction == "mean" else 1.0)
        worst = max(worst, (np.abs(problem.eigenvalues - expected) / expected[-1]).max())
    gates.check("eigenvalues vs SVD of the design matrix", worst, 1e-12, len(cases))


def test_torch_walks_the_same_path(cases, gates):
    for loop, name in (
        (autograd_loop, "autograd"),
        (sgd_loop, "torch.optim.SGD"),
        (linear_loop, "nn.Linear"),
    ):
        worst = 0.0
        for case in cases:
            rate = stable_rate(case)
            ours = descend(case.problem, case.start, rate, 40).parameters
            theirs = loop(case.problem, case.start, rate, 40).parameters
            worst = max(worst, distance(case.problem, case.start, ours, theirs))
        gates.check(f"{name} vs loop, 40 steps", worst, 1e-12, len(cases))


def test_both_sides_of_the_stability_limit(cases, gates):
    """0.999 of 2 / lambda_max falls at every step; 1.001 of it ends above its start."""
    misclassified = 0
    for case in cases:
        limit = case.problem.max_stable_learning_rate
        below = descend(case.problem, case.start, 0.999 * limit, 700)
        above = descend(case.problem, case.start, 1.001 * limit, 700)
        falls = (np.diff(below.losses) < 0).all() and below.outcome is Outcome.OUT_OF_STEPS
        grows = above.losses[-1] > above.losses[0] and above.outcome is Outcome.DIVERGED
        misclassified += (not falls) + (not grows)
    gates.check("misclassified at 0.999 and 1.001 of 2/lambda_max", misclassified, 0, 2 * len(cases))


def test_oscillates_exactly_at_the_limit(cases, gates):
    """The bowl's height along the steepest axis stays what it was; the flatter axis has settled."""
    worst, misclassified = 0.0, 0
    for case in cases:
        problem = case.problem
        steepest = np.linalg.eigh(problem.hessian)[1][:, -1]
        at_limit = descend(problem, case.start, problem.max_stable_learning_rate, 100)
        misclassified += at_limit.outcome is not Outcome.OSCILLATES
        swing = np.abs((at_limit.parameters - problem.minimizer) @ steepest)
        worst = max(worst, np.abs(swing / swing[0] - 1.0).max())
    gates.check("misclassified at 2/lambda_max itself", misclassified, 0, len(cases))
    gates.check("swing at 2/lambda_max vs first swing, 100 steps", worst, 1e-9, len(cases))


def test_order_and_doubling_of_rows_change_nothing(cases, gates):
    shuffled_worst = doubled_worst = 0.0
    for case in cases:
        problem, rate = case.problem, stable_rate(case)
        order = case.generator.permutation(problem.n_rows)
        shuffled = LeastSquares(problem.x[order], problem.y[order], problem.fit_bias, problem.reduction)
        doubled = LeastSquares(
            np.tile(problem.x, 2), np.tile(problem.y, 2), problem.fit_bias, problem.reduction
        )
        # Twice the rows are twice the sum, but the same mean.
        doubled_rate = rate if problem.reduction == "mean" else rate / 2.0
        path = descend(problem, case.start, rate, 50).parameters
        in_other_order = descend(shuffled, case.start, rate, 50).parameters
        twice = descend(doubled, case.start, doubled_rate, 50).parameters
        shuffled_worst = max(shuffled_worst, distance(problem, case.start, path, in_other_order))
        doubled_worst = max(doubled_worst, distance(problem, case.start, path, twice))
    gates.check("rows in another order, 50 steps", shuffled_worst, 1e-12, len(cases))
    gates.check("each row twice, 50 steps", doubled_worst, 1e-12, len(cases))


def test_standardising_changes_the_path_but_not_the_line(cases, gates):
    """The bowl of a standardised feature is round; its minimizer maps back to the original one."""
    with_bias = [case for case in cases if case.problem.fit_bias]
    round_worst = back_worst = there_worst = 0.0
    for case in with_bias:
        problem = case.problem
        scaler = Standardizer.fit(problem.x)
        scaled = LeastSquares(scaler.transform(problem.x), problem.y)
        round_worst = max(round_worst, np.abs(scaled.hessian - 2.0 * np.eye(2)).max())
        back = scaler.parameters_to_original(scaled.minimizer)
        back_worst = max(back_worst, distance(problem, case.start, back, problem.minimizer))
        there = scaled.predict(scaler.parameters_to_scaled(case.start))
        difference = rms(there - problem.predict(case.start)) / (rms(problem.y) + rms(there))
        there_worst = max(there_worst, difference)
    gates.check("Hessian of a standardised feature vs 2 I", round_worst, 1e-12, len(with_bias))
    gates.check("standardised minimizer mapped back", back_worst, 1e-12, len(with_bias))
    gates.check("line mapped to the standardised feature", there_worst, 1e-12, len(with_bias))


def test_batch_of_all_rows_is_the_full_batch(cases, gates):
    worst = 0.0
    for case in cases:
        problem, rate = case.problem, stable_rate(case)
        full = descend(problem, case.start, rate, 50).parameters
        batched = descend(problem, case.start, rate, 50, batch_size=problem.n_rows, seed=3).parameters
        worst = max(worst, distance(problem, case.start, full, batched))
    gates.check("shuffled batch of n vs full batch, 50 steps", worst, 1e-12, len(cases))


def test_every_stored_path_obeys_the_update_bit_for_bit(cases, gates, tmp_path):
    broken = n_paths = 0
    for case in cases:
        problem, limit = case.problem, case.problem.max_stable_learning_rate
        batch_size = int(case.generator.integers(1, problem.n_rows + 1))
        runs = [
            descend(problem, case.start, stable_rate(case), 60),
            descend(problem, case.start, 10.0 * limit, 200),
            descend(problem, case.start, 0.3 * limit, 60, batch_size=batch_size, seed=5),
        ]
        for run in runs:
            run.save(tmp_path / "path.gdtraj")
            stored = load_trajectory(tmp_path / "path.gdtraj")
            p, g = stored.parameters, stored.gradients
            broken += not np.array_equal(p[1:], p[:-1] - stored.learning_rate * g[:-1])
            broken += not np.array_equal(stored.losses, problem.loss(p))
            n_paths += 1
    gates.check("stored paths off p[k+1] = p[k] - rate g[k]", broken, 0, n_paths)


def test_float32_runs_compute_in_float32(cases, gates):
    """Stored values are float32's own, and the update holds to one rounding of each of its terms.

    Not bit for bit: torch may fuse the product and the difference, rounding once.
    """
    broken = 0
    for case in cases:
        rate = stable_rate(case)
        for loop in (autograd_loop, sgd_loop, linear_loop):
            run = loop(case.problem, case.start, rate, 10, dtype="float32")
            p, g = run.parameters.astype(np.float32), run.gradients.astype(np.float32)
            is_float32 = np.array_equal(p, run.parameters) and np.array_equal(g, run.gradients)
            step = np.float32(rate) * g[:-1]
            one_rounding = np.finfo(np.float32).eps * (np.abs(p[:-1]) + np.abs(step))
            broken += not (is_float32 and (np.abs(p[1:] - (p[:-1] - step)) <= one_rounding).all())
    gates.check("float32 runs with a value of another type", broken, 0, 3 * len(cases))
