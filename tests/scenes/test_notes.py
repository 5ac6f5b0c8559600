"""What lecturers say is true of the film that they say it in: every claim of a note, on many stories."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from claims import by_hand, loss_at
from data import ODD, OWN, odd_dataset, takes_data
from recordings import RECORDED, projection
from rehearsals import seen, told

import gdmath
from gdmath import OPTIMIZERS, LeastSquares, Trajectory
from gdmath.step_times import measured_step_times
from gdscenes.batch_sizes import BatchSizes
from gdscenes.feature_scaling import FeatureScaling
from gdscenes.gradient_slope import GradientSlope
from gdscenes.kit.figures.printed_table import printed_rows
from gdscenes.kit.lecture.beats import Clause
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.type.notation import number
from gdscenes.learning_rates import MAP_ASPECTS, LearningRates
from gdscenes.loss_surface import LossSurface
from gdscenes.one_weight import PROGRAMS, OneWeight
from gdscenes.regression_fit import RegressionFit
from gdscenes.training_loop import TrainingLoop
from gdscenes.training_run import TrainingRun

_X = np.linspace(-1, 1, 20)
ROUND = _X / _X.std()
"""A feature that is standardised: its bowl is round."""
_WAVES = 0.3 * np.sin(9 * ROUND)


def _on_floor(x: list[float], y: list[float]) -> np.ndarray:
    """A start from which descent goes along the floor of the valley, straight to the minimum."""
    problem = LeastSquares(x, y)
    return problem.minimizer + 3 * problem.eigenvectors[:, 0]


SPECIAL = {
    data.name: data
    for data in (
        odd_dataset(ROUND, 3 + 2 * ROUND + _WAVES, "round"),
        odd_dataset(ROUND, 2 * ROUND + _WAVES - _WAVES.mean(), "round, one slope zero"),
        odd_dataset(_X, 3 + 2 * _X + _WAVES, "a good start", start=(3.1, 2.2), n_validation=4),
        odd_dataset([0, 1, 2, 3], [1, 3, 5, 7], "on the floor", start=_on_floor([0, 1, 2, 3], [1, 3, 5, 7])),
    )
}
TURNED = ("chapter-0", "one-weight", "chapter-0-bad", "on the floor")
"""Datasets on which the knobs are turned."""
DATASETS = {name: gdmath.preset(name) for name in gdmath.preset_names()} | ODD | SPECIAL | OWN
SOME = ("chapter-0", "one-weight", "fake-data", "millionths", "falling", "many", *list(SPECIAL)[1:])
"""Datasets on which every claim is true somewhere and somewhere not; on the others it is a slow proof."""

KNOBS: dict[type[Lecture], list[dict[str, Any]]] = {
    RegressionFit: [
        {"learning_rate": 1e-17},
        {"learning_rate": 1e-5, "n_steps": 20},
        {"n_steps": 10, "single_steps": 1},
        {"learning_rate": 0.8},
    ],
    LossSurface: [
        {"learning_rate": 1e-17},
        {"learning_rate": 1e-3, "n_steps": 50},
        {"learning_rate": 0.8},
        {"optimizer": "sgd"},
        {"optimizer": "adagrad", "n_steps": 100},
        {"optimizer": "adam", "learning_rate": 1e-17},
        {"optimizer": "momentum", "learning_rate": 0.5},
        {"optimizers": ("sgd", "momentum"), "learning_rate": 0.81},
        {"optimizers": ("sgd", "adam"), "learning_rate": 1e-9, "n_steps": 50},
        {"optimizers": ("rmsprop", "momentum", "nesterov", "adam")},
    ],
    GradientSlope: [{"secants": n} for n in (1, 2, 4)] + [{"first_step": 1e-3}, {"start_b": 2, "start_w": 5}],
    LearningRates: [
        {"learning_rates": rates}
        for rates in ((0.2, 0.8, 0.85), (1e-9, 2e-9, 2.4), (1e-18, 0.1, 0.81), (1e-18, 2e-18, 0.9))
    ]
    + [{"n_steps": 20, "learning_rates": (0.3, 0.5, 0.806)}, {"n_steps": 100}],
    FeatureScaling: [
        {"factor": 3.5},
        {"factor": 5},
        {"factor": 100},
        {"learning_rate": 1e-20},
        {"n_steps": 100},
        {"learning_rate": 0.04},
    ],
    BatchSizes: [
        {"n_epochs": 5},
        {"batch_size": 2},
        {"batch_size": 3, "seed": 1},
        {"learning_rate": 0.4, "n_epochs": 6},
        {"learning_rate": 0.001, "n_epochs": 5},
        {"seed": 1},
        {"seed": None},
    ],
    OneWeight: [{"learning_rate": rate} for rate in (1e-17, 1e-3, 0.1332, 0.07)] + [{"n_steps": 100}],
    TrainingLoop: [{"learning_rate": 1e-17, "n_steps": 10}, {"learning_rate": 0.8}],
}
QUICK: dict[type[Lecture], dict[str, Any]] = {TrainingLoop: {"n_steps": 50}}
"""Where settings are otherwise the default ones, for torch is slow."""


@cache
def stories(lecture: type[Lecture], kind: str = "some") -> dict[tuple[Any, ...], Story]:
    """Of `some` or `all` datasets with default settings, and of those above with each of the knobs above."""
    if not takes_data(lecture):
        runs = {name: gdmath.recorded_run(name) for name in gdmath.RECORDED_RUNS}
        runs |= {name: projection(name) for name in RECORDED}
        asked = {name: dataclasses.replace(lecture.settings, recording=run) for name, run in runs.items()}
        return {(name,): told(lecture, settings) for name, settings in asked.items()}
    found = {}
    for name, data in DATASETS.items():
        if kind == "some" and name not in SOME:
            continue
        for knobs in (QUICK.get(lecture, {}), *(KNOBS[lecture] if name in TURNED else [])):
            with suppress(SettingError):
                dataset = name if name in gdmath.preset_names() else data
                settings = dataclasses.replace(lecture.settings, dataset=dataset, **knobs)
                found[name, *knobs.values()] = told(lecture, settings)
    return found


@pytest.fixture(params=["some", pytest.param("all", marks=pytest.mark.slow)])
def told_stories(lecture, request) -> dict[tuple[Any, ...], Story]:
    if request.param == "all" and not takes_data(lecture):
        pytest.skip("tells of recorded runs, which are all told already")
    return stories(lecture, request.param)


def clauses(said: Any) -> Iterator[Clause]:
    if isinstance(said, Clause):
        yield said
        yield from clauses(said.otherwise)


def claims_of(lecture: type[Lecture]) -> list[Clause]:
    return [clause for beat in lecture._methods.values() for said in beat.said for clause in clauses(said)]


def holds_every_row(run: gdmath.ProjectedRun) -> bool:
    return run.n_parameters == 2 and run.axes[0].startswith(("weight", "bias"))


def middle_turn(run: gdmath.ProjectedRun) -> float:
    """The median of the angles by which steps turn."""
    angles = sorted(angle for angle in run.step_angles.tolist() if angle == angle)
    return (angles[(len(angles) - 1) // 2] + angles[len(angles) // 2]) / 2


# -- the words ---------------------------------------------------------------------------------------------


def test_every_note_is_whole(lecture, told_stories):
    for notes in map(lecture.notes_of, told_stories.values()):
        assert list(notes) == list(lecture.beats)
        for note in notes.values():
            assert 20 <= len(note) <= 240
            assert note[0].isupper()
            assert note[-1] in ".?"
            assert "  " not in note
            assert not set("{}") & set(note)


def test_what_show_tells_is_true_of_the_default_settings(lecture):
    assert lecture.notes_of(told(lecture)) == lecture.beats


def test_every_claim_is_true_somewhere_and_somewhere_not(lecture, told_stories):
    """As it is reached: of a claim inside of another only where the outer one does not hold."""
    answers = defaultdict(set)

    def follow(said: Any, story: Story) -> None:
        if isinstance(said, Clause):
            holds = getattr(story, said.holds)
            answers[said.holds, said.words].add(holds)
            if not holds:
                follow(said.otherwise, story)

    for story in told_stories.values():
        for beat in lecture._methods.values():
            for said in beat.said:
                follow(said, story)
    always = {claim: seen for claim, seen in answers.items() if len(seen) < 2}
    assert always == {}
    assert {clause.holds for clause in claims_of(lecture)} == {name for name, _ in answers}


# -- the oracle: the run's own rows, by loops and plain NumPy ------------------------------------------------


@cache
def bowl(problem: LeastSquares) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Minimizer, curvatures and axes, the flattest first, by nothing of the code that is tested."""
    columns = [np.ones_like(problem.x), problem.x] if problem.fit_bias else [problem.x]
    design = np.stack(columns, axis=1)
    share = 1.0 if problem.reduction == "sum" else 1.0 / len(problem.x)
    (x_mean, y_mean) = (problem.x.mean(), problem.y.mean()) if problem.fit_bias else (0.0, 0.0)
    w = np.dot(problem.x - x_mean, problem.y - y_mean) / np.dot(problem.x - x_mean, problem.x - x_mean)
    best = np.array([y_mean - w * x_mean, w] if problem.fit_bias else [w])
    return best, *np.linalg.eigh(2 * share * design.T @ design)


def across(problem: LeastSquares, run: Trajectory) -> list[float]:
    """The error of each row along the steepest axis."""
    best, _, axes = bowl(problem)
    return [float(np.dot(row - best, axes[:, -1])) for row in run.parameters]


def along(problem: LeastSquares, run: Trajectory) -> list[tuple[float, float]]:
    """How much of each row's excess lies along the flattest and along the steepest axis.

    The steepest is known best; the flattest has what is left of half the curvature along the error.
    """
    best, curvatures, _ = bowl(problem)
    pairs = []
    for row, error in zip(run.parameters, across(problem, run), strict=True):
        steep = 0.5 * curvatures[-1] * error**2
        offset = row - best
        heights = offset[0] + offset[1] * problem.x if problem.fit_bias else offset[0] * problem.x
        whole = np.dot(heights, heights) * (1.0 if problem.reduction == "sum" else 1.0 / len(heights))
        pairs.append((max(float(whole) - steep, 0.0), steep))
    return pairs


def left(problem: LeastSquares, run: Trajectory, row: int) -> float:
    """The part of the start's excess over the minimum that a row has left."""
    least = loss_at(problem, bowl(problem)[0])
    start = loss_at(problem, run.parameters[0]) - least
    here = loss_at(problem, run.parameters[min(row, run.n_steps)]) - least
    return here / start if start > 1e-12 * (least + start) else 0.0


def first_change(run: Trajectory) -> int:
    before, after = float(run.losses[0]), float(run.losses[1])
    return 0 if after == pytest.approx(before, rel=1e-12, abs=0) else 1 if after > before else -1


def descends(problem: LeastSquares, run: Trajectory) -> bool:
    seen = [k for k in range(run.n_steps) if left(problem, run, k) > 1e-4]
    return len(seen) > 0 and all(run.losses[k + 1] < run.losses[k] for k in seen)


def is_plain(story: Any) -> bool:
    """Whether each of a few steps of the only run is the rate times minus the gradient."""
    problem, run = story.problem, story.run
    x, share = problem.x, 1.0 if problem.reduction == "sum" else 1.0 / len(problem.x)
    for here, there in pairwise(run.parameters[:4]):
        error = here[0] + here[1] * x - problem.y
        down = -2 * share * np.array([error.sum(), np.dot(error, x)])
        if not np.allclose(there - here, run.learning_rate * down, rtol=1e-6, atol=1e-12 * max(abs(here))):
            return False
    return len(story.runs) == 1 and run.method in ("gradient descent", "SGD")


def uphill(problem: LeastSquares, run: Trajectory) -> int:
    """How many steps climb by a ten-thousandth of what the start has to lose."""
    lefts = [left(problem, run, row) for row in range(run.n_steps + 1)]
    return sum(there - here > 1e-4 for here, there in pairwise(lefts))


def done_in(problem: LeastSquares, run: Trajectory) -> float:
    """The row from which on a hundredth is left or less."""
    late = [row for row in range(run.n_steps + 1) if left(problem, run, row) > 0.01]
    row = late[-1] + 1 if late else 0
    return row if row <= run.n_steps else np.inf


def row_on_floor(problem: LeastSquares, run: Trajectory) -> int:
    return next((k for k, (flat, steep) in enumerate(along(problem, run)) if flat > steep), 0)


def goes_down_the_wall_first(problem: LeastSquares, run: Trajectory) -> bool:
    _, curvatures, _ = bowl(problem)
    row = row_on_floor(problem, run)
    if row == 0 or curvatures[-1] < 4 * curvatures[0]:
        return False
    return left(problem, run, row) > 0.01 and left(problem, run, run.n_steps) <= left(problem, run, row) / 2


def falls_and_crawls(problem: LeastSquares, run: Trajectory) -> bool:
    row = row_on_floor(problem, run)
    there = left(problem, run, row)
    return 0 < row <= 5 and there > 1e-4 and left(problem, run, 100) > there / 10


def seen_across(problem: LeastSquares, run: Trajectory) -> list[float]:
    """The same, nothing where the start is as good as on the floor."""
    errors, way = across(problem, run), run.parameters[0] - bowl(problem)[0]
    return errors if abs(errors[0]) > 1e-4 * np.sqrt(sum(way**2)) else [0.0] * len(errors)


def jumps(problem: LeastSquares, run: Trajectory, n_steps: int, share: float) -> bool:
    errors = seen_across(problem, run)[: n_steps + 1]
    for here, there in pairwise(errors):
        if np.sign(here) == np.sign(there):
            return False
    return abs(errors[-1]) >= share * abs(errors[0])


def swings_out(problem: LeastSquares, run: Trajectory, n_steps: int | None = None) -> bool:
    errors = seen_across(problem, run)[: None if n_steps is None else n_steps + 1]
    pairs = list(pairwise(errors))
    return all(here * there < 0 and abs(there) > abs(here) for here, there in pairs)


def lengths(run: Trajectory) -> list[float]:
    rows = run.parameters
    return [float(np.sqrt(sum((there - here) ** 2))) for here, there in pairwise(rows)]


def steps_shrink(run: Trajectory, n_steps: int | None = None) -> bool:
    steps = lengths(run)[:n_steps]
    seen = [(one, next_) for one, next_ in pairwise(steps) if one > 1e-4 * steps[0]]
    return len(seen) > 0 and all(next_ <= 0.99 * one for one, next_ in seen)


def falls_fast_at_first(run: Trajectory) -> bool:
    m = max(1, run.n_steps // 10)
    first, then = run.losses[0] - run.losses[m], run.losses[m] - run.losses[-1]
    return first > 0 and first > then >= -1e-4 * first


def width(points: np.ndarray, about: np.ndarray) -> float:
    return float(np.sqrt(np.mean([np.dot(p - about, p - about) for p in points])))


def climbs(story: Any, name: str, moving: int) -> int:
    """1 where the first step of a rate raises the loss of a cut, -1 where it lowers it."""
    return first_change(story.runs[f"{name} in {'bw'[moving]}"])


def curvatures(problem: LeastSquares) -> list[float]:
    """Along b, along w and at most."""
    x, share = problem.x, 1.0 if problem.reduction == "sum" else 1.0 / len(problem.x)
    return [2 * share * len(x), 2 * share * float(np.dot(x, x)), float(bowl(problem)[1][-1])]


def leaves(story: Any, name: str, n_steps: int) -> bool:
    """Whether a run is off every map that shows the window: widened on the shorter sides."""
    window = story.window
    width, height = window.b_max - window.b_min, window.w_max - window.w_min
    b, w = (window.b_max + window.b_min) / 2, (window.w_max + window.w_min) / 2
    wide, high = max(width, MAP_ASPECTS[1] * height), max(height, width / MAP_ASPECTS[0])
    rows = story.runs[name].parameters[: n_steps + 1]
    return any(abs(row[0] - b) > wide / 2 or abs(row[1] - w) > high / 2 for row in rows)


def manner(story: Any, name: str) -> str:
    problem, run = story.problem, story.runs[name]
    if leaves(story, name, 4):
        return "leaves the picture"
    if swings_out(problem, run, 4):
        return "swings ever wider"
    if jumps(problem, run, 4, 0.5):
        return "jumps to and fro"
    return "creeps" if left(problem, run, 10) >= 0.01 else "is soon down"


def curvatures_of_one(story: Any) -> float:
    """Of the loss of one weight."""
    return 2 * float(np.mean(story.problem.x**2))


def has_one_scale(story: Any) -> bool:
    """Whether what the cuts must show of b is at most four times as long as of w, and the reverse."""
    spans = []
    for moving, cut in enumerate(story.cuts):
        lowest, curve = bowl(cut)[0][0], bowl(cut)[1][0]
        seen = [lowest, story.start[moving]]
        seen += [
            story.runs[f"{name} in {'bw'[moving]}"].parameters[1, 0] for name in ("low", "good", "divergent")
        ]
        spans.append(max(np.ptp(seen), 0.2 * np.sqrt(2 * loss_at(story.problem, story.start) / curve)))
    return max(spans) <= 4 * min(spans)


def losses_alone(story: Any) -> list[float]:
    """After a step of the good rate in b alone, and in w alone."""
    (b, w), good = story.start, story.runs
    there = (good["good in b"].parameters[1, 0], w), (b, good["good in w"].parameters[1, 0])
    return [loss_at(story.problem, np.array(each)) for each in there]


def left_alone(story: Any) -> float:
    """The most that such a step leaves of the start's excess."""
    least = loss_at(story.problem, bowl(story.problem)[0])
    excess = loss_at(story.problem, story.start) - least
    return (max(losses_alone(story)) - least) / excess if excess > 0 else 1.0


def comes_all_the_way(story: Any) -> bool:
    """By the closed form along each axis, at each of the rates."""
    best, curvatures_, axes = bowl(story.problem)
    start = axes.T @ (story.start - best)
    parts = [
        sum(
            c * ((1 - rate * c) ** story.settings.n_steps * e) ** 2
            for c, e in zip(curvatures_, start, strict=True)
        )
        for rate in story.rates
    ]
    return bool(min(parts) < 0.01 * sum(c * e**2 for c, e in zip(curvatures_, start, strict=True)))


def is_low_before_a_cliff(story: Any) -> bool:
    """By walks at a fifth of the rates."""
    problem, n = story.problem, story.settings.n_steps
    best, curvatures_, axes = bowl(problem)
    start = axes.T @ (story.start - best)
    low, stable = 0, 0
    for rate in np.linspace(0, 1, 241)[1:-1] * 2 / curvatures_[-1]:
        kept = [(1 - rate * each) ** n for each in curvatures_]
        ratio = sum(c * (k * s) ** 2 for c, k, s in zip(curvatures_, kept, start, strict=True))
        low += ratio <= 0.1 * sum(c * s**2 for c, s in zip(curvatures_, start, strict=True))
        stable += 1
    return low / stable > 0.5 and ends_high(story)


def ends_high(story: Any) -> bool:
    best, curvatures_, axes = bowl(story.problem)
    rate, start = story.rates[-1], axes.T @ (story.start - best)
    factors = (1 - rate * curvatures_) ** (2 * story.settings.n_steps)
    return float(sum(curvatures_ * start**2 * factors)) > float(sum(curvatures_ * start**2))


def left_after(story: Any, rows: list[int]) -> list[float]:
    return [left(story.problem, run, row) for run, row in zip(story.runs.values(), rows, strict=True)]


def single_steps(story: Any, parameters: np.ndarray) -> np.ndarray:
    """The step by each point alone."""
    x, (b, w) = story.problem.x, parameters
    errors = b + w * x - story.problem.y
    return -2 * story.runs["batch"].learning_rate * np.stack([errors, errors * x], axis=1)


def minis_scatter_less(story: Any) -> bool:
    steps = single_steps(story, story.start)
    mini, single = (
        width(np.array([steps[rows].mean(axis=0) for rows in story.first_epoch(name)]), steps.mean(axis=0))
        for name in ("mini-batch", "stochastic")
    )
    return mini < single


def sector(steps: np.ndarray) -> float:
    """The least of the sectors that begin at one of some steps and hold all, degrees."""
    angles = np.degrees(np.angle([complex(*step) for step in steps if step.any()]))
    return min((float(((angles - first) % 360).max()) for first in angles), default=0.0)


def pulls(story: Any) -> bool:
    at_rest, at_start = (
        np.hypot(*single_steps(story, place).T).max() for place in (bowl(story.problem)[0], story.start)
    )
    return at_rest > 1e-3 * at_start


@cache
def kicked(problem: LeastSquares, size: int, seed: int | None, rate: float) -> float:
    """How far 400 updates by batches, from the minimum, go from there: the root of the mean square."""
    best, n = bowl(problem)[0], len(problem.x)
    generator = np.random.default_rng(seed)
    rows, order = [np.array(best)], list[int]()
    while len(rows) <= 400:
        order = order or list(range(n) if seed is None else generator.permutation(n))
        batch, order = np.array(order[:size]), order[size:]
        errors = rows[-1][0] + rows[-1][1] * problem.x[batch] - problem.y[batch]
        rows.append(rows[-1] - 2 * rate * np.array([errors.mean(), (errors * problem.x[batch]).mean()]))
    return width(np.array(rows), best)


def spreads(story: Any, share: float = 1.0) -> list[float]:
    """Of the mini-batch's cloud and of single points', at a share of the rate."""
    runs, seed = story.runs, story.settings.seed
    size, rate = runs["mini-batch"].batch_size, share * runs["batch"].learning_rate
    return [kicked(story.problem, each, seed, rate) for each in (size, 1)]


def whole_arrow(story: Any) -> np.ndarray:
    """Where minus the gradient ends, in parameters counted in the units of the map."""
    counted = story.units * story.problem.gradient(story.start)
    return np.asarray(story.start - story.units * counted)


def at(row: int, run: Trajectory) -> float:
    return float(run.losses[min(row, run.n_steps)])


def crossed(story: Any, name: str) -> bool:
    """Whether a unit's run of the race comes to its finish."""
    return any(loss <= story.finish for loss in story.runs[f"{name}, at its best rate"].losses)


def _line(story: Any) -> np.ndarray:
    """The heights of the first line over the points."""
    b, w = story.start
    return b + w * story.problem.x


FS_RUNS = ("original", "changed", "standardised")


def is_long(losses: np.ndarray) -> bool:
    """Whether linear axes would draw them as an L."""
    return len(losses) > 100 and 0 < 10 * losses.min() < losses.max()


def kappa(x: np.ndarray) -> float:
    """The condition number of a feature's bowl."""
    return float(np.linalg.cond(np.stack([np.ones_like(x), x], axis=1)) ** 2)


def kappas(story: Any) -> np.ndarray:
    """Those of the feature on its way to its other unit."""
    return np.array([kappa(f * story.problem.x) for f in np.geomspace(1, story.factor, 401)])


def turn(story: Any, x: np.ndarray) -> complex:
    """The way to the minimum, seen from the step: its angle is how far the step points past."""
    b, w = story.dataset.start
    error = b + w * x - story.problem.y
    weight = np.dot(x - x.mean(), story.problem.y) / np.dot(x - x.mean(), x - x.mean())
    home = story.problem.y.mean() - weight * x.mean() - b + 1j * (weight - w)
    return complex(home / -complex(error.sum(), np.dot(error, x)))


def turns_on_the_way(story: Any) -> np.ndarray:
    return np.array([turn(story, f * story.problem.x).imag for f in np.geomspace(1, story.factor, 2001)])


def is_overtaken(story: Any) -> bool:
    """After 5 steps the other unit is lower by a tenth, after 300 higher by one, and not at the finish."""
    (first, end), (other_first, other_end) = (
        [loss_at(story.problems[name], by_hand(story.problems[name], story.runs[name])[k]) for k in (5, 300)]
        for name in FS_RUNS[:2]
    )
    return 1.1 * other_first < first and other_end > 1.1 * end and other_end > story.finish


def worst(x: np.ndarray) -> float:
    """By how many degrees the steps of a feature point past the minimum, from the worst of many starts."""
    _, (high, low), _ = np.linalg.svd(np.stack([np.ones_like(x), x], axis=1))
    flat = np.geomspace(1e-2, 1e2, 4001) * high / low
    past = np.angle((flat * low**2 - 1j * high**2) / (flat - 1j))
    return float(np.degrees(np.abs(past)).max())


def added_up(story: Any, n_steps: int) -> list[float]:
    """The losses of a loop that never empties its gradients; less than a rounding apart they are equal."""
    parameters, added, losses = np.array(story.dataset.start), np.zeros(2), []
    for _ in range(min(n_steps, len(story.runs["not cleared"].losses) - 1) + 1):
        losses.append(story.problem.loss(parameters))
        added = added + story.problem.gradient(parameters)
        parameters = parameters - story.run.learning_rate * added
    return [*losses, np.inf]


ORACLE: dict[type[Lecture], dict[str, Any]] = {
    RegressionFit: {
        "has_validation": lambda s: s.dataset.x.size > s.problem.x.size,
        "starts_badly": lambda s: (
            loss_at(s.problem, s.start) > loss_at(s.problem, np.array([s.problem.y.mean(), 0.0]))
        ),
        "falls_at_once": lambda s: first_change(s.run) == -1,
        "falls_fast_at_first": lambda s: falls_fast_at_first(s.run),
        "is_mean": lambda s: s.start_loss == pytest.approx(((s.problem.y - _line(s)) ** 2).mean()),
        "turns_logarithmic": lambda s: is_long(s.run.losses),
        "misses_at_best": lambda s: (
            np.ptp(s.problem.y) > 0
            and loss_at(s.problem, bowl(s.problem)[0])
            > 1e-8 * loss_at(s.problem, np.array([s.problem.y.mean(), 0.0]))
        ),
    },
    LossSurface: {
        "is_alone": lambda s: list(s.runs) == ["descent"],
        "is_plain": is_plain,
        "descends": lambda s: is_plain(s) and descends(s.problem, s.run),
        "goes_down_the_wall_first": lambda s: (
            is_plain(s) and descends(s.problem, s.run) and goes_down_the_wall_first(s.problem, s.run)
        ),
        "leaves_alone": lambda s: len(s.runs) == 1 and max(s.run.losses) > s.ceiling,
        "falls_alone": lambda s: len(s.runs) == 1 and descends(s.problem, s.run),
        "climbs_alone": lambda s: len(s.runs) == 1 and uphill(s.problem, s.run) > 0,
        "one_is_done_first": lambda s: (
            (rows := [done_in(s.problem, run) for run in s.runs.values()]).count(min(rows)) == 1
            and min(rows) < np.inf
        ),
        "some_leave": lambda s: any(max(run.losses) > s.ceiling for run in s.runs.values()),
        "some_climb": lambda s: any(uphill(s.problem, run) > 0 for run in s.runs.values()),
    },
    GradientSlope: {
        "is_halved_twice": lambda s: s.settings.secants == 3,
        "is_halved_more": lambda s: s.settings.secants > 3,
        "is_halved": lambda s: s.settings.secants > 1,
        "secant_turns": lambda s: abs(s.steps(1)[0]) > 0.02 * abs(s.cuts[1].minimizer[0] - s.start[1]),
        "counts_b_and_w_alike": lambda s: list(s.units) == [1, 1],
        "is_first_step_of_the_fit": lambda s: [*s.units, *s.start] == [1, 1, *s.dataset.start],
        "is_too_far": lambda s: (
            loss_at(s.problem, s.start - s.units**2 * s.problem.gradient(s.start))
            > loss_at(s.problem, s.start)
        ),
    },
    LearningRates: {
        "low_falls_alone": lambda s: [climbs(s, "low", each) for each in (0, 1)] == [-1, -1],
        "good_falls_alone": lambda s: [climbs(s, "good", each) for each in (0, 1)] == [-1, -1],
        "only_the_steeper_climbs": lambda s: (
            [climbs(s, "divergent", each) for each in (0, 1)]
            == ([1, -1] if curvatures(s.problem)[0] >= curvatures(s.problem)[1] else [-1, 1])
        ),
        "both_climb": lambda s: [climbs(s, "divergent", each) for each in (0, 1)] == [1, 1],
        "both_fall": lambda s: [climbs(s, "divergent", each) for each in (0, 1)] == [-1, -1],
        "has_one_scale": has_one_scale,
        "two_good_make_a_bad": lambda s: (
            left_alone(s) < 0.75
            and left(s.problem, s.runs["good"], 1) > 0.9
            and jumps(s.problem, s.runs["good"], 1, 0.5)
        ),
        "sum_is_worse": lambda s: loss_at(s.problem, s.runs["good"].parameters[1]) > min(losses_alone(s)),
        "creeps_jumps_and_leaves": lambda s: (
            [manner(s, name) for name in ("low", "good", "divergent")]
            == ["creeps", "jumps to and fro", "leaves the picture"]
        ),
        "good_hardly_falls": lambda s: left(s.problem, s.runs["good"], 10) > 0.5,
        "divergent_grows": lambda s: at(10, s.runs["divergent"]) > at(0, s.runs["divergent"]),
        "good_still_jumps": lambda s: jumps(s.problem, s.runs["good"], s.settings.n_steps, 0.1),
        "divergent_is_gone": lambda s: (
            leaves(s, "divergent", s.settings.n_steps)
            and at(100, s.runs["divergent"]) > max(1e6, *(2 * at(k, s.runs["divergent"]) for k in range(12)))
        ),
        "comes_all_the_way": comes_all_the_way,
        "frays_and_flies_off": lambda s: (
            abs(across(s.problem, s.runs["good"])[0])
            > 0.05 * np.sqrt(sum((s.start - bowl(s.problem)[0]) ** 2))
            and ends_high(s)
        ),
        "good_crosses": lambda s: s.rate("good") * bowl(s.problem)[1][-1] > 1,
        "is_low_before_a_cliff": is_low_before_a_cliff,
    },
    FeatureScaling: {
        "has_validation": lambda s: s.dataset.x.size > s.problem.x.size,
        "is_stretched": lambda s: s.factor > 1,
        "gets_rounder_first": lambda s: kappas(s).min() < 0.95 * kappas(s)[0],
        "points_home_once": lambda s: (np.diff(np.sign(turns_on_the_way(s))) != 0).sum() == 1,
        "becomes_narrow": lambda s: (
            bowl(s.problems["changed"])[1][1] >= 100 * bowl(s.problems["changed"])[1][0]
        ),
        "can_still_miss": lambda s: worst(s.changed.x_train - s.changed.x_train.mean()) >= 10,
        "is_a_gutter": lambda s: kappa(s.changed.x_train) <= 1e4,
        "swings_out": lambda s: swings_out(s.problems["same rate"], s.runs["same rate"]),
        "works_for_both": lambda s: (
            s.runs["same rate"].learning_rate < 2 / bowl(s.problems["same rate"])[1][-1]
            and descends(s.problems["same rate"], s.runs["same rate"])
        ),
        "falls_and_crawls": lambda s: falls_and_crawls(s.problems["changed"], s.runs["changed"]),
        "is_overtaken": is_overtaken,
        "all_finish": lambda s: all(crossed(s, name) for name in FS_RUNS),
        "all_come_near": lambda s: (
            all(crossed(s, name) for name in FS_RUNS)
            and s.finish == pytest.approx(1.01 * loss_at(s.problem, bowl(s.problem)[0]))
        ),
    },
    BatchSizes: {
        "starts_elsewhere": lambda s: (
            s.dataset.name in DATASETS and (s.start != DATASETS[s.dataset.name].start).any()
        ),
        "minis_scatter_less": minis_scatter_less,
        "fan_is_narrow": lambda s: sector(single_steps(s, s.start)) <= 45,
        "single_points_pull": pulls,
        "minis_stay_nearer": lambda s: pulls(s) and spreads(s)[0] < spreads(s)[1],
        "smaller_rate_shrinks": lambda s: (
            pulls(s) and all(2 * a < b for a, b in zip(spreads(s, 0.1), spreads(s), strict=True))
        ),
        "is_ahead_by_epochs": lambda s: (
            2 * max(left_after(s, [int(run.epoch_starts[1]) for run in s.runs.values()])[1:])
            < left(s.problem, s.runs["batch"], 1)
        ),
        "all_cost_as_one": lambda s: (
            measured_step_times().seconds[1000] < 1.05 * measured_step_times().seconds[1]
            and len(s.problem.x) <= 1000
        ),
        "is_level_by_updates": lambda s: np.ptp(left_after(s, 3 * [s.runs["batch"].n_steps])) < 0.1,
    },
    OneWeight: {
        "falls_at_once": lambda s: first_change(s.run) == -1,
        "first_steps_shrink": lambda s: steps_shrink(s.run, 4),
        "steps_shrink": lambda s: steps_shrink(s.run),
        "sum_looks_faster": lambda s: at(8, s.runs["sum"]) < at(8, s.run),
        "four_points_look_faster": lambda s: len(s.problem.x) == 4 and at(8, s.runs["sum"]) < at(8, s.run),
        "sum_leaves_at_once": lambda s: first_change(s.runs["sum"]) == 1,
        "many_fly_off": lambda s: (
            # the first step is 25 n times the rate times the slope: it climbs if it is over twice the way
            25 * len(s.problem.x) * s.run.learning_rate * curvatures_of_one(s) > 2
            and loss_at(s.problem, s.run.parameters[0]) > loss_at(s.problem, bowl(s.problem)[0])
        ),
    },
    TrainingLoop: {
        "turns_logarithmic": lambda s: is_long(s.run.losses),
        "swings_past": lambda s: (
            (losses := added_up(s, s.swing + 1))[s.swing] > max(losses[s.swing - 1], s.run.losses[s.swing])
            and losses[s.swing] >= losses[s.swing + 1]
        ),
        "programs_agree": lambda s: all(
            math.isclose(mine, other, rel_tol=1e-12)
            for mine, other in zip(
                *([*run.parameters[-1], run.losses[-1]] for run in (s.run, s.torch_run)), strict=True
            )
        ),
    },
    TrainingRun: {
        "comes_down": lambda s: s.recording.losses[-1] < s.recording.losses[0],
        "has_no_weight_decay": lambda s: s.recording.method != "AdamW",
        "counts_decades": lambda s: (
            not holds_every_row(s.recording)
            and len(s.recording.losses) > 100
            and s.recording.losses.min() > 0
            and s.recording.losses.max() > 10 * s.recording.losses.min()
        ),
        "is_projected": lambda s: not holds_every_row(s.recording),
        "is_no_random_walk": lambda s: (
            not holds_every_row(s.recording) and s.recording.explained > s.recording.random_walk_explained
        ),
        "has_wide_gaps": lambda s: s.recording.median_gap > 0.25,
        "has_gaps": lambda s: s.recording.median_gap > 0.05,
        "goes_straight_on": lambda s: middle_turn(s.recording) < 45,
        "turns_back": lambda s: middle_turn(s.recording) > 90,
    },
}


def test_every_claim_is_what_a_loop_finds(lecture, told_stories):
    claimed = {clause.holds for clause in claims_of(lecture)}
    assert claimed == set(ORACLE[lecture])
    for name, story in told_stories.items():
        wrong = [each for each in claimed if getattr(story, each) != bool(ORACLE[lecture][each](story))]
        assert wrong == [], name


def test_the_words_for_three_rates_are_what_a_loop_finds():
    for story in stories(LearningRates, "all").values():
        assert story.manners == [manner(story, name) for name in ("low", "good", "divergent")]


# -- numbers in the words, and what is said without asking ---------------------------------------------------


def as_number(written: str) -> float:
    """Of text or of Typst markup."""
    mantissa, _, power = written.replace(" dot 10^(", "e").replace("×10⁻", "e-").strip(")$").partition("e")
    return float(f"{mantissa}e{power or 0}")


def holds_for_feature_scaling(story: Any) -> None:
    """On the circle a step from anywhere points home, and the one at the best rate is there at once."""
    original, changed = (story.runs[name].learning_rate for name in ("original", "changed"))
    assert story.rate_in_words == ("the same rate" if changed == original else "a smaller rate")
    if not story.is_finish_near_minimum:
        assert as_number(story.finish_in_words.split()[-1]) == as_number(story.finish_markup) == story.finish
    x = story.changed.x_train
    z = (x - x.mean()) / x.std()
    assert kappa(z) == pytest.approx(1)
    assert worst(z) < 0.05
    assert worst(story.changed.x_train) > worst(story.problem.x), (
        "at worst the step of the narrow one misses more"
    )
    hop, size = story.runs["standardised, at its best rate"], story.dataset.y.max() - story.dataset.y.min()
    np.testing.assert_allclose(
        hop.parameters[1], [story.problem.y.mean(), (z * story.problem.y).mean()], rtol=1e-9, atol=1e-9 * size
    )
    for name in FS_RUNS:
        run, share = (
            story.runs[f"{name}, at its best rate"],
            len(x) if story.dataset.reduction == "sum" else 1,
        )
        feature = {"original": story.dataset.x_train, "changed": x, "standardised": z}[name]
        assert run.learning_rate == pytest.approx(1 / (share * (1 + (feature**2).mean())), rel=1e-6)


def holds_for_batch_sizes(story: Any) -> None:
    """As many points as are said to cost no more than one cost no more, and ten times as many do."""
    seconds = measured_step_times().seconds
    assert seconds[story.cheap_points] < 1.05 * seconds[1] < seconds[10 * story.cheap_points]
    assert seconds[80] < 1.05 * seconds[1]


def holds_for_learning_rates(story: Any) -> None:
    assert story.manners == [manner(story, name) for name in ("low", "good", "divergent")]


def holds_for_loss_surface(story: Any) -> None:
    """Four lines are four points, and each has its loss."""
    losses = [loss_at(story.problem, line) for line in story.examples]
    assert len({tuple(line) for line in story.examples}) == 4
    assert losses[0] > losses[1] == pytest.approx(losses[2], rel=1e-6)
    assert losses[2] > losses[3]
    assert len({(*run.parameters[0], run.learning_rate) for run in story.runs.values()}) == 1
    assert story.n_climbs == uphill(story.problem, story.run)
    if len(story.runs) > 1:
        titles = {name: OPTIMIZERS[name].title for name in story.runs}
        assert [each.label for each in story.runners] == list(titles.values())
        climbing = [name for name, run in story.runs.items() if uphill(story.problem, run)]
        leaving = [name for name, run in story.runs.items() if max(run.losses) > story.ceiling]
        assert (story.climbing, story.leaving) == (climbing, leaving)
        rows = {name: done_in(story.problem, run) for name, run in story.runs.items()}
        if min(rows.values()) < np.inf:
            assert story.least_steps == min(rows.values())
            assert rows[next(name for name in rows if titles[name] == story.winner)] == story.least_steps


def holds_for_one_weight(story: Any) -> None:
    """All programs print the same; between the limits the mean converges and the sum swings out."""
    rows = printed_rows(story.run.n_steps)
    for column, decimals in enumerate(story.decimals):
        printed = [
            (story.runs[name].parameters[:, 0], story.runs[name].losses)[column][rows] for name in PROGRAMS
        ]
        assert len({tuple(number(each, decimals) for each in values) for values in printed}) == 1
    mean, mistake = story.runs["mean, faster"], story.runs["sum, faster"]
    assert mean.losses[-1] < mean.losses[0]
    assert swings_out(story.problem, mistake)
    assert mistake.gradients[0] == pytest.approx(story.n_points * mean.gradients[0], rel=1e-4)
    assert story.n_points == len(story.problem.x)
    x, y = story.problem.x, story.problem.y
    np.testing.assert_allclose(story.terms, 2 * x * (story.start * x - y), rtol=1e-9, atol=1e-300)
    for name, run in story.runs.items():
        if name.endswith(" points"):
            slope = int(name.split()[0]) * story.run.learning_rate * np.mean(story.terms)
            assert run.parameters[1, 0] == pytest.approx(story.start - slope, rel=1e-9)


def holds_for_training_loop(story: Any) -> None:
    assert all(mine == other for mine, _, other in (row.texts for row in story.compared()))
    network = story.runs["network"]
    assert network.parameters.shape[1] == 49
    assert network.losses[-1] < 0.1 * story.curved.problem().minimum
    (first, second), added = story.run.gradients[:2], story.runs["not cleared"].gradients
    np.testing.assert_allclose(
        added[:2], [first, first + second], rtol=1e-6, atol=1e-12 * np.abs(first).max()
    )


ALWAYS = {
    BatchSizes: holds_for_batch_sizes,
    FeatureScaling: holds_for_feature_scaling,
    LearningRates: holds_for_learning_rates,
    LossSurface: holds_for_loss_surface,
    OneWeight: holds_for_one_weight,
    TrainingLoop: holds_for_training_loop,
}


def test_what_is_said_of_every_story_is_true(lecture, told_stories):
    for story in told_stories.values():
        if lecture in ALWAYS:
            ALWAYS[lecture](story)


@seen(LearningRates, "together")
def test_the_map_is_of_the_aspects_that_the_words_know(lecture):
    assert MAP_ASPECTS[0] <= lecture.map.box.width / lecture.map.box.height <= MAP_ASPECTS[1]
