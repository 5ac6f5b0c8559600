"""What the lectures choose where a lecturer has chosen nothing, and what they refuse."""

from __future__ import annotations

import gdmath
from scenes._kit.settings import SettingError


def dataset_with_bias(name: str) -> gdmath.Dataset:
    """The preset of a name, for a lecture about b and w.

    Raises
    ------
    SettingError
        If its line goes through the origin.
    """
    dataset = gdmath.preset(name)
    if not dataset.fit_bias:
        raise SettingError(
            "--dataset", name, "a preset with a bias", "take another: this lecture is about b and w"
        )
    return dataset


def stable_learning_rate(dataset: gdmath.Dataset, given: float | None) -> float:
    """The rate that was given; else the first of the dataset's own, or the best, that converges.

    Raises
    ------
    SettingError
        If the given rate is not below 2 / lambda_max, from which on descent does not converge.
    """
    problem = dataset.problem()
    limit = problem.max_stable_learning_rate
    if given is None:
        own = (dataset.learning_rate, *dataset.learning_rates)
        return next((rate for rate in own if rate < limit), problem.best_learning_rate)
    if given >= limit:
        raise SettingError(
            "--learning-rate",
            given,
            f"below {limit:.4g}, 2 / lambda_max of {dataset.name}, or the descent diverges",
            "give a smaller rate",
        )
    return given
