"""What the tests of the mathematics share: random problems, and the textbook's first one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from gdmath import Dataset, LeastSquares, preset


@dataclass(frozen=True, eq=False)
class Case:
    """A random problem with a start whose height over the minimum is shared between the bowl's axes."""

    problem: LeastSquares
    start: np.ndarray
    generator: np.random.Generator


def random_cases(count: int, seed: int) -> Iterator[Case]:
    """Problems of 2 to 200 rows, with feature and target over six decades of scale, some off centre."""
    for number in range(count):
        generator = np.random.default_rng([seed, number])
        n = int(generator.integers(2, 201))
        x_scale, y_scale = 10.0 ** generator.uniform(-3, 3, 2)
        x = x_scale * (generator.normal(size=n) + generator.uniform(-3, 3))
        line = generator.normal() + generator.normal() * x / x_scale
        y = y_scale * (line + generator.uniform(0, 1) * generator.normal(size=n))
        reduction = "mean" if generator.random() < 0.75 else "sum"
        problem = LeastSquares(x, y, fit_bias=bool(generator.random() < 0.8), reduction=reduction)
        eigenvalues, axes = np.linalg.eigh(problem.hessian)
        shares = generator.uniform(0.5, 1.0, problem.n_parameters) * generator.choice([-1, 1])
        # Each axis in the unit in which the loss rises alike along all of them.
        height = np.sqrt(np.mean(y**2) * (1 if reduction == "mean" else n))
        start = problem.minimizer + axes @ (height * shares / np.sqrt(eigenvalues))
        yield Case(problem, start, generator)


@pytest.fixture(params=[40, pytest.param(240, marks=pytest.mark.slow)], ids="{} problems".format)
def cases(request: pytest.FixtureRequest) -> list[Case]:
    # Made anew for each test, so that its draws do not depend on which tests ran before.
    return list(random_cases(request.param, seed=7))


@pytest.fixture(scope="session")
def chapter_0() -> Dataset:
    return preset("chapter-0")
