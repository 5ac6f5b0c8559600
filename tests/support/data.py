"""Datasets unlike any preset's: of other scales, of few points, flat, falling, far from zero."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

import gdmath


def odd_dataset(
    x: ArrayLike,
    y: ArrayLike,
    name: str = "odd",
    *,
    start: ArrayLike = (0.0, 0.0),
    learning_rate: float | None = None,
    n_steps: int = 200,
    n_validation: int = 0,
) -> gdmath.Dataset:
    """A dataset of these points, the last of them kept for validation.

    Parameters
    ----------
    x, y : (n,)
        Feature and target.
    start : (2,)
        (b, w) before the first step.
    learning_rate
        By default half of the largest stable one on all points, to one digit.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if learning_rate is None:
        learning_rate = float(f"{gdmath.LeastSquares(x, y).max_stable_learning_rate / 2:.0e}")
    n_train = x.size - n_validation
    return gdmath.Dataset(
        name=name,
        x=x,
        y=y,
        train_indices=np.arange(n_train),
        validation_indices=np.arange(n_train, x.size),
        start=np.asarray(start, dtype=float),
        learning_rate=learning_rate,
        n_steps=n_steps,
    )


_RANDOM = np.random.default_rng(3)
_X, _NOISE = _RANDOM.random(30), _RANDOM.normal(size=30)

ODD = {
    data.name: data
    for data in (
        odd_dataset(3e6 + 1e6 * _X, 1e3 * _X + 5 + 20 * _NOISE, "millions", n_validation=6),
        odd_dataset(1e-6 * _X, 3e-3 * _X + 1e-4 * _NOISE, "millionths", n_validation=6),
        odd_dataset([0.1, 0.4, 0.6, 0.9, 0.5], [4.7, 3.3, 2.7, 1.4, 3.1], "falling", n_validation=1),
        odd_dataset(
            10 + _X, 3 * (10 + _X) + 0.1 * _NOISE, "far from zero", start=(-100.0, 12.0), n_validation=6
        ),
        odd_dataset(_X, 1 + 0.1 * _NOISE, "slope zero", start=(0.5, -0.7)),
        odd_dataset([1, 2, 4], [3, -1, -9], "three points"),
        odd_dataset([0, 1, 2, 3], [1, 3, 5, 7], "on a line"),
        odd_dataset(3 * _X, 1e6 * (1 + _X) + 1e5 * _NOISE, "large target", n_validation=6),
    )
}
"""By name, what every lecture teaches on or refuses in one line."""

WITH_BIAS = tuple(name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias)
"""The presets on which b is learned."""


def slow_but(names: Iterable[str], *quick: str) -> list[Any]:
    """What a test that draws is made of: these datasets always, the others with the slow proofs."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]
