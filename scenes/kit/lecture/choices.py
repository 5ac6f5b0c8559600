"""What the lectures choose where a lecturer has chosen nothing, and what they refuse."""

from __future__ import annotations

import dataclasses
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

import gdmath
from gdscenes.kit.lecture.settings import SettingError, Settings, knob, shown
from gdscenes.kit.plot.axis import round_step_within
from gdscenes.kit.type.notation import shortest
from gdscenes.kit.type.typeset import missing_glyphs

Data = str | gdmath.Table | gdmath.Dataset
"""What the knob `dataset` of a lecture takes: the name of a preset, a user's table, or a whole dataset."""


@dataclass(frozen=True)
class DescentSettings(Settings):
    """What a lecturer may change of any descent; a lecture adds knobs of its own in a subclass."""

    dataset: Data = knob("chapter-0", "preset that is descended on", choices=gdmath.preset_names())
    learning_rate: float | None = knob(
        None, "step multiplier; none takes one that suits the dataset", minimum=0.0, open_minimum=True
    )


def dataset_of(data: Data, raw: bool = False) -> gdmath.Dataset:
    """The dataset that a lecturer chose.

    Parameters
    ----------
    data : str, Table or Dataset
    raw : bool
        A table is taken in its own units, and not in its teaching frame.

    Raises
    ------
    SettingError
        If a name of a user's cannot be drawn, see `refuse_missing_glyphs`.
    """
    if isinstance(data, str):
        return gdmath.preset(data)
    dataset = data if isinstance(data, gdmath.Dataset) else data.dataset(raw=raw or None)
    refuse_missing_glyphs(dataset)
    return dataset


def dataset_with_bias(data: Data, raw: bool = False) -> gdmath.Dataset:
    """The dataset that a lecturer chose, for a lecture about b and w.

    Raises
    ------
    SettingError
        If its line goes through the origin.
    """
    dataset = dataset_of(data, raw)
    if not dataset.fit_bias:
        raise SettingError(
            "--dataset", dataset.name, "a preset with a bias", "take another: this lecture is about b and w"
        )
    return dataset


def refuse_missing_glyphs(dataset: gdmath.Dataset) -> None:
    """Let names and units be drawn, or nothing.

    Raises
    ------
    SettingError
        If no font of this machine has one of their characters.
    """
    told = {
        "--x-name": dataset.x_name,
        "--y-name": dataset.y_name,
        "--x-unit": dataset.x_unit,
        "--y-unit": dataset.y_unit,
        "the file's name": dataset.name if dataset.source else "",
    }
    refuse_undrawable(told)


def refuse_undrawable(told: Mapping[str, str]) -> None:
    """Let words of a user's be drawn, or nothing.

    Parameters
    ----------
    told : mapping of str to str
        The words, by what they are or the option that gives them.

    Raises
    ------
    SettingError
        If no font of this machine has one of their characters.
    """
    for option, text in told.items():
        if missing := missing_glyphs(text):
            font = "Noto Sans CJK" if any(map(_is_cjk, missing)) else "one that has it"
            fix = f"give another {option}, or install a font: {font}"
            got = ", ".join(f"{each} (U+{ord(each):04X})" for each in missing)
            raise SettingError(f"{option} {shown(text)}", got, "characters that some font here has", fix)


def _is_cjk(character: str) -> bool:
    return unicodedata.name(character, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))


def stable_learning_rate(dataset: gdmath.Dataset, given: float | None) -> float:
    """The rate that was given; else the first of the dataset's own, or the best, that converges.

    Raises
    ------
    SettingError
        If the given rate is not below 2 / lambda_max, from which on descent does not converge.
    """
    problem = dataset.problem()
    if given is None:
        own = (dataset.learning_rate, *dataset.learning_rates)
        stable = (rate for rate in own if rate < problem.max_stable_learning_rate)
        return next(stable, problem.best_learning_rate)
    return _below_limit(given, problem, dataset.name)


def _below_limit(given: float, problem: gdmath.LeastSquares, name: str) -> float:
    limit = problem.max_stable_learning_rate
    if given >= limit:
        raise SettingError(
            "--learning-rate",
            given,
            f"below {limit:.4g}, 2 / lambda_max of {name}, or the descent diverges",
            "give a smaller rate",
        )
    return given


def rate_for_single_points(dataset: gdmath.Dataset, given: float | None) -> float:
    """A rate at which an update by any single point brings the line nearer to that point.

    For a point at x this holds below 1 / (1 + x^2), the limit of the loss of this point alone; and then no
    batch diverges. None takes the dataset's own rate if it is of the order of a fifth of that limit.

    Raises
    ------
    SettingError
        If the given rate is not below the limit of the outermost point.
    """
    outermost = [int(np.abs(dataset.x_train).argmax())]
    alone = gdmath.LeastSquares(dataset.x_train[outermost], dataset.y_train[outermost])
    limit = alone.max_stable_learning_rate
    if given is None:
        own = (dataset.learning_rate, *dataset.learning_rates)
        teaches = (rate for rate in own if limit / 20 < rate < limit / 3)
        return next(teaches, round_step_within(limit / 5))
    if given >= limit:
        raise SettingError(
            "--learning-rate",
            given,
            f"below {limit:.4g}, 1 / (1 + x^2) of the outermost point of {dataset.name}, or single points "
            "throw the line about",
            "give a smaller rate",
        )
    return given


MINI_BATCH = 16


def mini_batch_size(dataset: gdmath.Dataset, given: int | None) -> int:
    """The size that was given; else 16, or a third of few points.

    Raises
    ------
    SettingError
        If that is no part of the points.
    """
    n = len(dataset.train_indices)
    if n < 3:
        raise SettingError(
            "--dataset", f"{n} points to train on", "3 or more, for a batch of some", "take more data"
        )
    size = given or min(MINI_BATCH, max(2, n // 3))
    if not 1 < size < n:
        raise SettingError(
            "--batch-size", size, f"2 to {n - 1}, less than the {n} points of {dataset.name}", "give another"
        )
    return size


MOST_UPDATES = 25_000
"""Of a run; more lines could not be told apart, and a frame would take too long to draw."""
_USUAL_EPOCHS, _FEWEST_EPOCHS, _USUAL_UPDATES = 80, 5, 8_000


def epochs_of_single_points(dataset: gdmath.Dataset, given: int | None) -> int:
    """The epochs that were given; else 80, or fewer where each has many updates, but five: a round number.

    Raises
    ------
    SettingError
        If updates by single points become too many.
    """
    n = len(dataset.train_indices)
    usual = max(_FEWEST_EPOCHS, min(_USUAL_EPOCHS, _USUAL_UPDATES // n))
    epochs = given or usual - usual % int(round_step_within(usual / 5))
    if n * epochs > MOST_UPDATES:
        raise SettingError(
            "--n-epochs",
            epochs,
            f"up to {MOST_UPDATES // n}, {MOST_UPDATES} single updates on {n} points",
            "give fewer epochs",
        )
    return epochs


def with_feature_times(dataset: gdmath.Dataset, factor: float) -> gdmath.Dataset:
    """The same points, their feature in a unit `factor` times smaller."""
    return dataclasses.replace(
        dataset,
        name=f"{dataset.name} x {factor:g}",
        x=dataset.x * factor,
        x_unit=dataset.x_unit and f"{shortest(1 / factor, 3)} {dataset.x_unit}",
        dtype="float64",
    )


def narrowing_factor(dataset: gdmath.Dataset, given: float | None) -> float:
    """The factor that was given; else 10, or 0.1 where 10 would widen the valley.

    Raises
    ------
    SettingError
        If the feature does not vary, or the condition number does not grow with the factor given.
    """
    if np.ptp(dataset.x_train) == 0:
        raise SettingError(
            "--dataset", dataset.name, "a feature that varies", "take another: this one has no unit"
        )
    before = dataset.problem().condition_number

    def condition(factor: float) -> float:
        try:
            return with_feature_times(dataset, factor).problem().condition_number
        except ValueError as error:
            allowed = "a factor that keeps the feature within 1e-100 to 1e100"
            raise SettingError("--factor", factor, allowed, "give one nearer to 1") from error

    if given is None:
        return 10.0 if condition(10.0) > before else 0.1
    if condition(given) <= before:
        raise SettingError(
            "--factor",
            given,
            f"one that narrows the valley; {condition(given):.4g} is not above {before:.4g}, the condition "
            f"number of {dataset.name}",
            "give a larger factor, or one below 1 for a small feature",
        )
    return given


def rate_that_breaks(dataset: gdmath.Dataset, changed: gdmath.Dataset, given: float | None) -> float:
    """A rate that converges on one dataset and diverges on the other, if there is one.

    The rate that was given; else the first of the dataset's own, or half the limit, or between the limits,
    that does. Where the changed feature bears every rate that the dataset bears, a stable one.
    """
    low, high = (each.problem().max_stable_learning_rate for each in (changed, dataset))
    if given is not None or low >= high:
        return stable_learning_rate(dataset, given)
    between = math.sqrt(low) * math.sqrt(high)
    rounded = [float(f"{between:.{digits}e}") for digits in range(3)]
    own = (dataset.learning_rate, *dataset.learning_rates)
    candidates = (*own, round_step_within(high / 2), *rounded)
    return next((rate for rate in candidates if low < rate < high), between)


_FAR = 20.0


def window_of_descent(problem: gdmath.LeastSquares, path: ArrayLike) -> gdmath.Window:
    """A window of equal sides in which a path (n, 2) has room, and the minimum unless it is far away."""
    path = np.asarray(path, dtype=float)
    away = float(np.abs(problem.minimizer - path).max())
    reach = float(np.ptp(path, axis=0).max()) or away or 1.0
    shown = path if away > _FAR * reach else np.vstack([path, problem.minimizer])
    return gdmath.Window.around(shown, room=1.0, least=1e-3 * reach).of_aspect(1)


_CLOSEST = 0.995
"""Nearer to its limit a rate keeps so much of the error that it never arrives on the screen."""
MOST_LIMITS = 3.0
"""A rate beyond so many times the limit leaves the picture in its first step."""


def three_learning_rates(
    dataset: gdmath.Dataset, given: tuple[float, float, float] | None
) -> tuple[float, float, float]:
    """A low, a good and a divergent rate: those given, else round ones that follow from the data.

    None takes a quarter of 2 / lambda_max; the roundest rate a little below 2 / lambda_max; and a tenth
    beyond the limit of the steeper parameter alone, so that even on its own cut it climbs.

    Raises
    ------
    SettingError
        If the given rates do not rise, the first two do not converge, or the last one does.
    """
    problem, (b, w) = dataset.problem(), dataset.start
    limit = problem.max_stable_learning_rate
    if given is None:
        alone = min(
            problem.cut(gdmath.BIAS, w).max_stable_learning_rate,
            problem.cut(gdmath.WEIGHT, b).max_stable_learning_rate,
        )
        below = (_round_down(_CLOSEST * limit, digits) for digits in (1, 2, 3))
        good = next(rate for rate in below if rate > 0.97 * limit)
        return float(f"{limit / 4:.0e}"), good, -_round_down(-1.1 * alone, 2)
    low, good, divergent = given
    name = dataset.name
    if not low < good < divergent:
        allowed, fix = "rising rates: low, good, divergent", "put them in order, no two alike"
    elif good >= limit:
        allowed = f"a low and a good one below {limit:.4g}, 2 / lambda_max of {name}, or they diverge"
        fix = "give smaller ones"
    elif divergent <= limit:
        allowed = f"a divergent one above {limit:.4g}, 2 / lambda_max of {name}, or it converges"
        fix = "give a larger one"
    elif divergent > MOST_LIMITS * limit:
        allowed = f"a divergent one up to {MOST_LIMITS * limit:.4g}, or its first step leaves the picture"
        fix = "give a smaller one"
    else:
        return given
    raise SettingError("--learning-rates", ",".join(f"{rate:g}" for rate in given), allowed, fix)


def gentle_learning_rate(problem: gdmath.LeastSquares, name: str, given: float | None = None) -> float:
    """The rate that was given; else a round one at which the steps can be followed.

    Of the error, each step keeps 17/20 or a little more.

    Raises
    ------
    SettingError
        If descent on the loss of the dataset of this name does not converge at the given rate.
    """
    if given is None:
        return round_step_within(0.075 * problem.max_stable_learning_rate)
    return _below_limit(given, problem, name)


def rate_between(low: float, high: float) -> float:
    """A rate as round as may be between two limits, a fifth beyond the lower one where there is room."""
    wished = min(1.2 * low, math.sqrt(low) * math.sqrt(high))
    candidates = [float(f"{wished:.{digits}e}") for digits in range(3)]
    return next((rate for rate in candidates if 1.05 * low < rate < high), wished)


def _round_down(value: float, digits: int) -> float:
    """The number of so many significant digits at or next below a value, 1e-9 of it let go."""
    power = math.floor(math.log10(abs(value))) - digits + 1
    return float(f"{math.floor(value / 10.0**power + 1e-9)}e{power}")
