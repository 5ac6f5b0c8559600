"""FeatureScaling: the unit of a feature narrows the valley of the loss, and standardising makes it round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise

import numpy as np
from manim import DEGREES, Create, FadeIn, FadeOut, LaggedStart, TransformFromCopy, VGroup
from numpy.typing import NDArray

import gdmath
from gdmath import BIAS, WEIGHT, LeastSquares, Standardizer, Window
from gdscenes.kit import (
    DIVERGENT,
    GOOD,
    LARGE,
    LOW,
    MARGIN,
    MEDIUM,
    PAGE,
    REFERENCE,
    SMALL,
    STAGE,
    Cell,
    Clock,
    ContourMap,
    Data,
    DataPlane,
    Insets,
    LossCurves,
    MinimumCut,
    Reading,
    Readout,
    Readouts,
    Row,
    Runner,
    Settings,
    Spread,
    StageLecture,
    Story,
    Table,
    Words,
    beat,
    claim,
    cut_above,
    dataset_with_bias,
    decades,
    knob,
    losses_of,
    map_in,
    maps_in_a_row,
    markup,
    narrowing_factor,
    number,
    rate_that_breaks,
    rates_of,
    rescaled,
    round_step_within,
    rounded,
    rows_of_fit,
    shortest,
    steps_of,
    window_of_descent,
    with_feature_times,
)
from gdscenes.kit.figures.aim import Aim
from gdscenes.kit.figures.figure import stand_in_a_row
from gdscenes.kit.figures.mapped_back import MappedBack
from gdscenes.kit.figures.sticks import CurvatureSticks
from gdscenes.kit.lecture.flight import flying
from gdscenes.kit.lecture.live import Task, Trial
from gdscenes.kit.lecture.settings import settled
from gdscenes.kit.stage.bowl import BowlStage, StageAxes
from gdscenes.kit.type.language import tr

Array = NDArray[np.float64]
five = partial(rounded, digits=5)

SAME_STEPS, CRAWL_STEPS, SINGLE_STEPS = 10, 300, 3
"""Steps of the rate that breaks, of the one that crawls, and the first ones, which are told singly."""
AT_ONCE, STILL = 5, 100
"""Steps in which one is on the floor of a valley at once, and after which one is still on the way."""
SEEN_APART = 1.1
"""Losses whose ratio is less look alike beside each other."""
WITHIN = 0.01
"""The race ends where the loss is within this part of the minimum."""
LEVELS_UP_TO = 8.0
"""Highest level line, in losses of the start."""
UNITS = ("original", "changed", "standardised")
AT_BEST = {unit: f"{unit}, at its best rate" for unit in UNITS}
"""The runs of the race."""
STYLES = {"original": REFERENCE, "changed": LOW, "standardised": GOOD}
STAGES = ("$u$", "$u - mu_u$", "$(u - mu_u) \\/ sigma_u$")
"""Of the feature on its way to being standardised."""
FAN = 0.7
"""Of the steps from all around: they would hide each other where they meet."""
BOWL_PHI, BOWL_ZOOM, BOWL_PLACE = 56 * DEGREES, 1.2, (640.0, 730.0)
"""How the bowl is looked at, and the pixels on which the middle of its window lies."""
BOWL_THETA, BOWL_AXES = -12 * DEGREES, (280.0, 890.0)
"""From where: nearly along b, with the start on the far wall, down which its step is seen; and its axes."""
LEANS = 10.0
"""Degrees from which on a step is seen to point past the minimum."""
LONG_NUMBER = 1e5
"""Condition number from which on it is written as a power of ten."""
LONGEST_GUTTER = 1e4
"""Condition number beyond which a bowl that leans is drawn as a line, and no surface is seen."""

PLAIN, PRIMED = ("$bias$", "$weight$"), ("$bias'$", "$weight'$")
"""The parameters, and those of a feature that was moved or scaled."""
DISC = 20.0
"""Radius of the disc that hops onto the minimum, pixels."""
LOW_BOW = -1.4
"""Angle of the bow in which a number flies under its row, and above the next one."""
UNDER_READING = 180.0
"""Baseline of what is said under a reading, pixels."""
UNDER_RATE = 190.0
"""Baseline of what is said under a rate, pixels."""

TOP, BELOW = PAGE.rows(547, 447)
CURVES, TABLE = BELOW.columns(2.4, 1, gap=40)
MAPS, ASIDE = TOP.columns(2.4, 1, gap=60)
RATE, FACTS = ASIDE.rows(0.45, 0.55)
MARGINS = MARGIN.rows(4)


@dataclass(frozen=True)
class FeatureScalingSettings(Settings):
    """What a lecturer may change."""

    dataset: Data = knob("chapter-0", "preset whose feature is rescaled", choices=gdmath.preset_names())
    factor: float | None = knob(
        None,
        "what the feature is multiplied by; none takes 10, or 0.1 for a small feature",
        minimum=0.0,
        maximum=1e6,
        open_minimum=True,
    )
    learning_rate: float | None = knob(
        None,
        "rate on the original feature; none takes one that then diverges",
        minimum=0.0,
        open_minimum=True,
    )
    n_steps: int = knob(1000, "longest run of the race", minimum=100, maximum=100_000)


@dataclass(frozen=True)
class FeatureScalingStory(Story):
    """A feature in three units, and what descent makes of each.

    The runs are `original` and `changed`, each at a rate that works for it, `same rate`: the rate of the
    original on the changed feature, and those of the race, which each unit has at its best rate: `AT_BEST`.
    """

    settings: FeatureScalingSettings

    @cached_property
    def factor(self) -> float:
        return narrowing_factor(self.dataset, self.settings.factor)

    @cached_property
    def changed(self) -> gdmath.Dataset:
        return with_feature_times(self.dataset, self.factor)

    @cached_property
    def in_u(self) -> gdmath.Dataset:
        """The changed feature under its own letter: a column's name says what it was."""
        return replace(self.changed, x_name="u")

    @cached_property
    def scaler(self) -> Standardizer:
        """Fitted on the train rows of the changed feature."""
        return Standardizer.fit(self.changed.x_train)

    @cached_property
    def problems(self) -> dict[str, LeastSquares]:
        """The loss that each run descends on."""
        changed, standardised = self.changed.problem(), self.partway(1.0)
        units = {"original": self.problem, "changed": changed, "standardised": standardised}
        return {**units, "same rate": changed, **{AT_BEST[name]: each for name, each in units.items()}}

    @cached_property
    def bowls(self) -> list[LeastSquares]:
        """All stages of the feature."""
        return [self.problem, *(self.partway(share) for share in (0.0, 0.5, 1.0))]

    def problem_of(self, run: str) -> LeastSquares:
        return self.problems.get(run, self.problem)

    @property
    def unit_markup(self) -> str:
        """What the changed feature is, Typst markup."""
        return f"$u = {markup(shortest(self.factor))} thin x$"

    def times(self, factor: float) -> LeastSquares:
        """The loss when the feature is multiplied."""
        return with_feature_times(self.dataset, factor).problem()

    def partway(self, share: float) -> LeastSquares:
        """The loss when the changed feature is part of the way to being standardised."""
        x = self.scaler.partway(share).transform(self.changed.x_train)
        return replace(self.changed.problem(), x=x)

    @property
    def diverges(self) -> bool:
        """Whether the rate of the original is too high for the changed feature."""
        return self.runs["same rate"].outcome is gdmath.Outcome.DIVERGED

    @cached_property
    def finish(self) -> float:
        """The loss at which the race ends: within 1 % of the minimum, or a round one where that is zero."""
        highest = max(float(run.losses[0]) for run in self.runs.values())
        if self.problem.minimum > 1e-9 * highest:
            return (1 + WITHIN) * self.problem.minimum
        return round_step_within(1e-4 * highest)

    @property
    def is_finish_near_minimum(self) -> bool:
        return self.finish < 2 * self.problem.minimum

    @property
    def finish_markup(self) -> str:
        """What the finish line is."""
        if self.is_finish_near_minimum:
            return tr("1 % above the minimum")
        return f"${markup(shortest(self.finish))}$"

    def steps(self, unit: str) -> int | None:
        """Updates until a unit's run in the race is over the finish line, None if it never is."""
        over = self.runs[AT_BEST[unit]].losses <= self.finish
        return int(over.argmax()) if over.any() else None

    @cached_property
    def learned(self) -> Array:
        """(b', w') of the standardised feature, when it is over the finish line."""
        return np.asarray(self.runners[AT_BEST["standardised"]].run.parameters[-1])

    @cached_property
    def roundest(self) -> float | None:
        """The factor on the way to the changed feature at which the bowl is roundest; None if it narrows."""
        factor = gdmath.roundest_factor(self.dataset.x_train)
        low, high = sorted((1.0, self.factor))
        return factor if low < factor < high and self._gets_rounder(factor) else None

    def _gets_rounder(self, factor: float) -> bool:
        """Whether that is seen in the condition number."""
        return self.times(factor).condition_number < 0.95 * self.problem.condition_number

    # -- what may be said of the runs ----------------------------------------------------------------------

    @property
    def starts_below(self) -> bool:
        """Whether the bias of the standardised feature grows on its way to the minimum."""
        return bool(self.dataset.start[BIAS] < self.partway(1.0).minimizer[BIAS])

    @property
    def is_stretched(self) -> bool:
        return self.factor > 1

    @property
    def gets_rounder_first(self) -> bool:
        return self.roundest is not None

    @property
    def becomes_narrow(self) -> bool:
        return self.problems["changed"].condition_number >= gdmath.behaviour.NARROW_VALLEY

    @cached_property
    def points_home_once(self) -> bool:
        """Whether the step turns from one side of the minimum to the other on the way, and not back."""
        factors = self.factor ** np.linspace(0.0, 1.0, 201)
        angles = [self.times(each).angle_to_minimizer(self.dataset.start) for each in factors]
        return int(np.count_nonzero(np.diff(np.sign(angles)))) == 1

    @property
    def can_still_miss(self) -> bool:
        """Whether a step is seen to point past the minimum, from its worst start, where the mean is gone."""
        return self.partway(0.5).widest_angle_to_minimizer >= LEANS

    @property
    def is_a_gutter(self) -> bool:
        """Whether the bowl of the changed feature can be drawn."""
        return self.problems["changed"].condition_number <= LONGEST_GUTTER

    @property
    def swings_out(self) -> bool:
        return gdmath.behaviour.swings_out(self.problems["same rate"], self.runs["same rate"])

    @property
    def works_for_both(self) -> bool:
        problem, run = self.problems["same rate"], self.runs["same rate"]
        is_stable = run.learning_rate < problem.max_stable_learning_rate
        return is_stable and gdmath.behaviour.descends(problem, run)

    @property
    def rate_in_words(self) -> str:
        """What the rate of the changed feature is beside that of the original."""
        original, changed = (self.runs[name].learning_rate for name in UNITS[:2])
        return tr("a smaller rate") if changed < original else tr("the same rate")

    @property
    def falls_and_crawls(self) -> bool:
        run = self.runs["changed"]
        return gdmath.behaviour.falls_and_crawls(self.problems["changed"], run, AT_ONCE, STILL)

    @property
    def is_overtaken(self) -> bool:
        """Whether the changed run is seen ahead of the original after a few steps, and behind at the end."""
        original, changed = (self.runs[name].losses for name in UNITS[:2])
        is_behind = changed[-1] > max(SEEN_APART * original[-1], self.finish)
        return bool(SEEN_APART * changed[AT_ONCE] < original[AT_ONCE] and is_behind)

    @property
    def all_finish(self) -> bool:
        return all(self.steps(name) is not None for name in UNITS)

    @property
    def all_come_near(self) -> bool:
        return self.all_finish and self.is_finish_near_minimum

    @property
    def finish_in_words(self) -> str:
        if self.is_finish_near_minimum:
            return tr("within one per cent of its minimum")
        return tr("no more than {loss}", loss=shortest(self.finish))

    # -- runs on the page ----------------------------------------------------------------------------------

    @property
    def runners(self) -> dict[str, Runner]:
        """Each run, those of the race up to the finish, called by the unit of its feature."""
        labels = {
            "original": tr("original"),
            "changed": tr("feature $times {factor}$", factor=markup(shortest(self.factor))),
            "standardised": tr("standardised"),
        }
        units = {name: name for name in UNITS} | {"same rate": "changed"}
        units |= {name: unit for unit, name in AT_BEST.items()}
        found = {}
        for name, run in self.runs.items():
            unit, kappa = units[name], self._kappa_over_map(name)
            raced, style = run, STYLES[unit]
            if name == AT_BEST[unit]:
                steps = self.steps(unit)
                raced = run.up_to(self.settings.n_steps if steps is None else steps)
            elif name == "same rate" and self.diverges:
                style = DIVERGENT
            found[name] = Runner(name, raced, style, labels[unit], fact=f"$kappa = {markup(kappa)}$")
        return found

    def _kappa_over_map(self, name: str) -> str:
        """The condition number; a long one in a single digit, for the label beside it needs the room."""
        kappa = self.problems[name].condition_number
        return number(kappa, 1) if kappa < LONG_NUMBER else shortest(kappa, digits=1)

    def window(self, name: str) -> Window:
        """Room for a run up to the end of the race, and for the minimum."""
        return window_of_descent(self.problems[name], self.runners[name].run.parameters)

    @cached_property
    def shared_window(self) -> Window:
        """That of the original run, or a wider one that shows the valley of the changed feature too."""
        window, (b, w), changed = self.window("original"), self.dataset.start, self.problems["changed"]
        (lowest,) = changed.cut(WEIGHT, held=b).minimizer
        nearest = np.clip(lowest, window.w_min, window.w_max)
        if changed.loss([b, nearest]) <= LEVELS_UP_TO * self.start_loss:
            return window
        return window_of_descent(self.problem, [[b, w], [b, lowest]])

    def heights(self, name: str) -> Array:
        """Losses for level lines that suit a run."""
        highest = LEVELS_UP_TO * float(self.runs[name].losses[0])
        return gdmath.contour_levels(self.problem.minimum, highest, at_most=11)


def condition(problem: LeastSquares) -> str:
    return number(problem.condition_number, 1)


def degrees_at_worst(problem: LeastSquares) -> str:
    """The angle between a step and the way to the minimum, from the start where it is widest."""
    return number(problem.widest_angle_to_minimizer, 1) + "\N{DEGREE SIGN}"


class FeatureScaling(StageLecture):
    """The unit of a feature narrows the valley of the loss, and standardising makes it round."""

    title = "Why features are scaled"
    question = "Can a mere change of unit break a descent?"
    hand_over = "So far every step looked at all points. Must it?"
    chapter = 5
    seconds = 147
    settings = FeatureScalingSettings()
    story_type = FeatureScalingStory
    trials = (Trial("circle", standardised=True, steps=50),)
    tasks = (
        Task("Standardise x. By what factor does the limit rise?", asks="gain"),
        Task(
            "Then reach the lowest loss with a single step.",
            wants={"standardised": (1, 1), "step": (1, 1), "of_lowest": (0, 1.001)},
        ),
        Task("Not standardised: the largest curvature is how many times the smallest?", asks="condition"),
    )

    story: FeatureScalingStory

    @staticmethod
    def prepare(settings: Settings) -> FeatureScalingStory:
        assert isinstance(settings, FeatureScalingSettings)
        dataset = dataset_with_bias(settings.dataset, raw=True)
        factor = narrowing_factor(dataset, settings.factor)
        changed = with_feature_times(dataset, factor)
        scaled = replace(changed, x=Standardizer.fit(changed.x_train).transform(changed.x))
        rate = rate_that_breaks(dataset, changed, settings.learning_rate)
        limit = changed.problem().max_stable_learning_rate
        stable = round_step_within(limit / 2) if rate >= limit else rate

        told = {
            "original": (dataset, rate, CRAWL_STEPS),
            "same rate": (changed, rate, SAME_STEPS),
            "changed": (changed, stable, CRAWL_STEPS),
        }
        for unit, data in zip(UNITS, (dataset, changed, scaled), strict=True):
            told[AT_BEST[unit]] = (data, data.problem().best_learning_rate, settings.n_steps)
        runs = {
            name: gdmath.descend(data.problem(), data.start, each, n_steps)
            for name, (data, each, n_steps) in told.items()
        }
        settings = settled(settings, factor=factor, learning_rate=rate)
        return FeatureScalingStory(settings=settings, dataset=dataset, runs=runs)

    # -- pages -------------------------------------------------------------------------------------------

    def both_units(self, upper: Cell, changed: gdmath.Dataset, labels: Sequence[str]) -> list[DataPlane]:
        """The same points in two units side by side."""
        story, theme = self.story, self.colors
        fits = [story.problems[name].minimizer for name in UNITS]
        cells = upper.columns(2, gap=120)
        left = DataPlane(story.dataset, cells[0], theme, fits[0], heading=labels[0])
        x = rescaled(left.x, Standardizer(0.0, 1 / story.factor))
        right = DataPlane(changed, cells[1], theme, fits[1], x=x, y=left.y, heading=labels[1])
        planes = [left, right]
        stand_in_a_row(cells, planes)
        for plane in planes:
            plane.lift_line()
        return planes

    def maps_of(self, cell: Cell, runs: Sequence[str], windows: Sequence[str] = ()) -> list[ContourMap]:
        """A map for each of some runs, in the windows that suit them or other runs."""
        story, seen = self.story, windows or runs
        return maps_in_a_row(
            cell,
            [story.runners[name] for name in runs],
            [story.problems[name] for name in runs],
            [story.window(name) for name in seen],
            [story.heights(name) for name in seen],
            self.colors,
            full=[story.full_loss_of(name) for name in seen],
        )

    def race_of(
        self, maps: Sequence[ContourMap], n_steps: int, headroom: float = 1.0, told: Sequence[Readout] = ()
    ) -> tuple[LossCurves, Readouts, Clock]:
        """Under the maps of some runs, on one clock: their losses, and numbers.

        The axis of the losses goes so many times as high as the highest start. Where other numbers than the
        losses are told, it is the excess over the minimum that is drawn.
        """
        story, runners = self.story, [each.runners[0] for each in maps]
        above = story.problem.minimum if told else 0.0
        losses = [each.run.losses[: n_steps + 1] - above for each in runners]
        least = WITHIN * (story.finish - above) if told else np.finfo(float).tiny
        lowest = max(min(each.min() for each in losses), least)
        curves = LossCurves(
            CURVES,
            runners,
            self.colors,
            y=decades(lowest, headroom * max(2 * lowest, *(each[0] for each in losses)), ""),
            span=n_steps,
            above=above,
            name=tr("loss above its minimum") if told else story.loss_markup,
            marked=n_steps <= SAME_STEPS,
        )
        clock, head = ("", tr("steps")) if told else (tr("step"), story.loss_markup)
        readouts = told or losses_of(runners)
        table = Readouts(TABLE, readouts, self.colors, clock=clock, largest=n_steps, head=head)
        return curves, table, Clock(*maps, curves, table)

    def kappa_in(self, cell: Cell, problem: LeastSquares, run: str) -> tuple[Reading, CurvatureSticks]:
        """The condition number and its two curvatures, which follow the loss until it is that of a run."""
        name, claim = tr("condition number $kappa$"), ("condition number", run)
        kappa = Reading(cell, name, self.colors, condition, claim=claim, problem=problem)
        under = cell.inset(Insets(top=cell.height - CurvatureSticks.HEIGHT))
        return kappa, CurvatureSticks(under, problem, self.colors, run, self.story.bowls)

    def angle_in(self, cell: Cell, problem: LeastSquares, run: str) -> Reading:
        """How far a step may point past the minimum, which follows the loss."""
        name, claim = tr("misses at worst by"), ("worst degrees to the minimum", run)
        return Reading(cell, name, self.colors, degrees_at_worst, claim=claim, problem=problem)

    def rate_in(self, cell: Cell, run: str, name: str, role: str = "ink") -> Reading:
        """The rate of a run in large."""
        rate, claim = self.story.runs[run].learning_rate, ("learning rate", run)
        text = partial(shortest, digits=3)
        return Reading(cell, name, self.colors, text, symbol="$eta =$", role=role, claim=claim, rate=rate)

    def rates_on(self, maps: Sequence[ContourMap], best: bool = False) -> list[VGroup]:
        rates = rates_of(self.story.runs)
        return [
            each.note(tr("best {rate}", rate=rates[each.run]) if best else rates[each.run]) for each in maps
        ]

    def stages_in(self, cell: Cell, names: Sequence[str], problems: Sequence[LeastSquares]) -> Table:
        """Condition number and widest angle of a feature, stage by stage."""
        rows = [
            Row(name, (condition(each), degrees_at_worst(each)))
            for name, each in zip(names, problems, strict=True)
        ]
        return Table(cell, rows, self.colors, heads=("$kappa$", tr("at worst")))

    # -- one beat after the other ------------------------------------------------------------------------

    @beat(
        "units",
        "The same points in another unit. Least squares finds the same line and loss: only the weight makes "
        "up for the unit.",
    )
    def show_units(self) -> None:
        self.title_card()
        story, fits = self.story, []
        upper, under = PAGE.rows(700, 294)
        labels = [story.runners[name].label for name in UNITS[:2]]
        left, right = self.both_units(upper, story.in_u, labels)
        cells = under.columns(2, gap=120)
        for name, plane, cell in zip(UNITS, (left, right), cells, strict=False):
            problem = plane.problem
            plane.dial(parameters=problem.minimizer)
            loss = five(problem.minimum, zero_below=1e-12 * float(np.abs(problem.y).max()) ** 2)
            rows = [
                *rows_of_fit(problem, problem.minimizer, run=name),
                Row(story.loss_markup, (loss,), "loss", claim=("minimum", name)),
            ]
            fits.append(Table(cell.inset(Insets(160, 10, 160)), rows, self.colors))
        self.show(left.plot, left.names, left.heading, run_time=0.5)
        self.show(left.train, left.validation, run_time=0.8)
        self.play(Create(left.line), FadeIn(fits[0]), run_time=1.2)
        self.wait(2)
        parts = ((left.train, right.train), (left.validation, right.validation), (left.line, right.line))
        copies = (TransformFromCopy(one, other) for one, other in parts)
        self.play(FadeIn(right.plot, right.names, right.heading), *copies, run_time=1.5)
        self.show(fits[1], run_time=0.8)
        self.plane = left
        self.wait(3)

    @beat(
        "morph",
        "The arrow shows the first step, the dashes lead to the minimum.",
        claim("is_stretched", "Stretch the feature.", "Shrink the feature."),
        claim("gets_rounder_first", "At first the bowl gets rounder, but never round."),
        claim("points_home_once", "Once it points home, by luck."),
        claim("becomes_narrow", "The end is a narrow valley.", "It ends narrower than it began."),
        "How far it can miss, kappa alone decides.",
    )
    def morph(self) -> None:
        story, theme, before, factor = self.story, self.colors, self.plane, self.story.factor
        problem, window, last = story.problem, story.shared_window, story.window("changed")
        side, middle, margin = PAGE.columns(470, 850, 400, gap=30)
        upper, lower = side.rows(2, gap=30)
        in_u = replace(story.dataset, x_name="u", x_unit=story.in_u.x_unit)
        plane = DataPlane(in_u, upper, theme, problem.minimizer, most=3, stretch=factor, radius=6)
        plane.lift_line().dial(parameters=problem.minimizer)
        box = map_in(middle.inset(Insets(top=54)), window, last)
        start, full = story.dataset.start, story.full_loss
        self.map = ContourMap(
            box, problem, window, story.heights("original"), theme, start=start, run="changed", full=full
        )
        aim = Aim(self.map)
        along = lower.inset(Insets(top=54, bottom=123))
        cut = MinimumCut(along, self.map, theme, name=tr("{loss} on the cut", loss=story.loss_markup))
        self.map.hold(cut)
        first, second, third = margin.rows(250, 360, 384)
        times = partial(number, decimals=1 if factor >= 1 else 3)
        feature = Reading(first, tr("feature $times$"), theme, times, factor=1.0)
        kappa = self.kappa_in(second.inset(Insets(bottom=100)), problem, "changed")
        angle = self.angle_in(third, problem, "changed")
        parts = ("train", "validation", "line")
        carried = [(getattr(before, part), getattr(plane, part)) for part in parts]
        self.turn_page(plane, self.map, carry=carried, out=0.4, seconds=0.8)
        self.wait(0.6)
        self.show(cut, run_time=0.8)
        self.show(aim, angle, run_time=0.8)
        self.wait(1)
        self.show(feature, *kappa, run_time=0.8)
        self.wait(0.8)
        turned = (plane, self.map, feature, *kappa, angle)
        stops = [1.0, *([] if story.roundest is None else [story.roundest]), factor]
        for low, high in pairwise(stops):
            way = partial(_between_factors, low, high)
            self.turn(
                *turned,
                seconds=2.5 if high != factor else 5,
                along=[aim, cut],
                factor=way,
                problem=lambda share, way=way: story.times(way(share)),
            )
            if high == story.roundest:
                lowest = Words(tr("here $kappa$ is lowest"), SMALL, theme, "muted")
                self.say(lowest.place(first.left, first.top + UNDER_READING), run_time=0.4)
                self.wait(1)
                self.hide(lowest, run_time=0.3)
            else:
                self.wait(1.2)
        self.map.keeps_ruler = True
        self.turn(self.map, seconds=1.8, along=[aim, cut], window=last)
        self.wait(1.5)

    @beat(
        "same_rate",
        "Take the rate that works on the first feature to the other one. The same b and w are another line "
        "there.",
        claim(
            "swings_out",
            "Each step overshoots the valley further than the last.",
            claim("works_for_both", "There it works too."),
        ),
    )
    def take_the_same_rate(self) -> None:
        story, runs = self.story, ("original", "same rate")
        maps = self.maps = self.maps_of(MAPS, runs, ("original", "original"))
        others = [each for each in self.mobjects if each is not self.map]
        limits = [
            Row(
                story.runners[name].label,
                (rounded(story.problems[name].max_stable_learning_rate),),
                claim=("limit", name),
            )
            for name in runs
        ]
        head = tr("converges below $2 \\/ lambda_upright(max)$")
        facts = Table(FACTS, limits, self.colors, heads=(head,), em=SMALL)
        rate = self.rate_in(RATE, "original", tr("one learning rate"))
        start = Words(tr("same $bias$, $weight$: another line"), SMALL, self.colors, "muted")
        start.place(RATE.left, RATE.top + UNDER_RATE)
        coming = [maps[0], rate, start, facts]
        self.turn_into((self.map, maps[1]), seconds=0.7, fade=0.6, leaving=others, coming=coming)
        self.wait(1.4)
        curves, table, clock = self.race_of(maps, SAME_STEPS, headroom=1e4)  # it leaves them at the top
        self.show(curves, table, run_time=0.8)
        self.add(curves.number_at("same rate", 0))
        for until, seconds, rest in ((SINGLE_STEPS, 0.7, 0.4), (SAME_STEPS, 0.25, 0.05)):
            for row in self.steps(clock, min(until, story.runs["same rate"].n_steps), seconds, rest):
                if story.diverges and (label := curves.number_at("same rate", row)):
                    self.show(label, run_time=0.3)
        self.wait(2.9)

    @beat(
        "crawl",
        claim(
            "falls_and_crawls",
            "A rate that is small enough for the steep walls is much too small for the flat floor. Descent "
            "falls into the valley at once, and then it crawls.",
            "A rate that is small enough for the steep walls is smaller than the flat floor could bear.",
        ),
        claim("is_overtaken", "It leads at first, and is overtaken."),
    )
    def crawl(self) -> None:
        story, before = self.story, self.maps
        maps = self.maps_of(MAPS, ("original", "changed"))
        paths = [path for each in before for path in each.paths.values()]
        leaving = [*(each for each in self.mobjects if each not in before), *paths]
        n_steps = CRAWL_STEPS
        owner = f"{story.runners['changed'].label}: {story.rate_in_words}"
        rate = self.rate_in(RATE, "changed", owner, "low_rate")
        along, across = story.problems["changed"].errors_kept(story.runs["changed"].learning_rate)
        told = ((tr("across the valley"), across), (tr("along its floor"), along))
        role = STYLES["changed"].role
        rows = [Row(name, (number(share, 3),), role, role) for name, share in told]
        kept = Table(FACTS, rows, self.colors, heads=(tr("error kept by a step"),), em=SMALL)
        curves, table, clock = self.race_of(maps, n_steps)
        coming = [rate, curves, table, *self.rates_on(maps)]
        pairs = zip(before, maps, strict=True)
        self.turn_into(*pairs, seconds=0.8, fade=0.6, leaving=leaving, coming=coming)
        self.wait(1.3)
        self.advance(clock, SINGLE_STEPS, seconds=0.6, rest=0.3)
        self.show(kept, run_time=0.6)
        self.run_on(clock, n_steps, seconds=6, pace="slow at first")
        self.wait(2.8)

    @beat(
        "standardise",
        "Measure each point from the mean of the train points, in standard deviations.",
        claim(
            "has_validation",
            "Both numbers come from the train points alone and serve the validation points too.",
            "Both numbers come from the train points and would serve any others too.",
        ),
    )
    def standardise(self) -> None:
        theme, story, scaler = self.colors, self.story, self.story.scaler
        cell = STAGE.inset(Insets(bottom=Spread.ROOM))
        line = story.problems["changed"].minimizer
        plane = DataPlane(story.in_u, cell, theme, line, heading=story.unit_markup)
        spread = Spread(plane, scaler, theme, "changed")
        told = (
            ("mean", tr("train mean $mu_u$"), scaler.mean),
            ("deviation", tr("train standard deviation $sigma_u$"), scaler.standard_deviation),
        )
        mean, deviation = (
            Reading(cell, name, theme, five, claim=(quantity, "changed"), value=value)
            for cell, (quantity, name, value) in zip(MARGINS, told, strict=False)
        )
        formula = Words("$z = display((u - mu_u) / sigma_u)$", LARGE, theme)
        formula.place(MARGINS[2].left, MARGINS[2].center[1])
        notes = [
            Words(source, SMALL, theme, "muted").place(row.left, row.center[1])
            for source, row in zip(
                tr("the same $mu_u$ and $sigma_u$\nfor the validation points").splitlines(),
                MARGINS[3].rows(4),
                strict=False,
            )
        ]
        self.turn_page(plane.plot, plane.names, plane.heading, plane.train, out=0.4, seconds=0.6)
        self.play(Create(spread.drops), run_time=0.9)
        self.play(FadeOut(spread.drops), Create(spread.mean), FadeIn(mean), run_time=1)
        self.play(Create(spread.deviation), FadeIn(deviation), run_time=1)
        self.wait(0.6)
        self.say(formula)
        self.play(Create(spread.zero), run_time=1)
        self.wait(0.5)
        ticks = LaggedStart(*map(FadeIn, spread.ticks), lag_ratio=0.2)
        self.play(ticks, FadeIn(spread.symbol), run_time=1.2)
        self.wait(0.5)
        if len(story.changed.validation_indices):
            self.show(plane.validation, *notes, run_time=0.8)
        self.wait(2)

    @beat(
        "circle",
        "Subtract the mean, and the valley lies along the axes.",
        claim("can_still_miss", "A step can still miss."),
        "Divide by the deviation: a circle, as wide as it is long. Now a step from anywhere points at the "
        "minimum.",
    )
    def become_a_circle(self) -> None:
        theme, story, start, run = self.colors, self.story, self.story.dataset.start, AT_BEST["standardised"]
        problems = [story.partway(share) for share in (0.0, 0.5, 1.0)]
        halfway = window_of_descent(problems[1], start[None])
        windows = [story.window("changed"), halfway, story.window(run)]
        box, heights = map_in(STAGE.inset(Insets(top=60)), *windows), story.heights(run)
        self.map = ContourMap(
            box,
            problems[0],
            windows[0],
            heights,
            theme,
            start=start,
            runners=[story.runners[run]],
            full=story.full_loss_of(run),
            disc=DISC,
        )
        self.map.keeps_ruler = True
        self.aim = Aim(self.map)
        first, second, third = MARGIN.rows(250, 170, 494, gap=40)
        self.gauges = [*self.kappa_in(first, problems[0], run), self.angle_in(second, problems[0], run)]
        stages = self.stages = self.stages_in(third, STAGES, problems)
        self.turn_page(self.map, self.aim, *self.gauges, out=0.5, seconds=0.7)
        primed = Words(tr("$bias'$, $weight'$: for the new feature"), SMALL, theme, "muted")
        primed.place(third.left, third.bottom - SMALL / 2)
        self.show(stages.head, stages.rows[0], run_time=0.8)
        self.wait(1)
        for half, window in enumerate(windows[1:]):
            way = partial(lambda half, share: story.partway((half + share) / 2), half)
            self.map.names = PRIMED
            self.turn(
                self.map, *self.gauges, seconds=3, fade=0.3, along=[self.aim], window=window, problem=way
            )
            self.say(stages.rows[half + 1], *([] if half else [primed]), run_time=0.5)
            self.wait(1.2)
        self.show(self.map.number_levels(), run_time=0.6)
        self.turn(self.aim, others=FAN, seconds=1.2)
        self.wait(2.5)

    @beat(
        "hop",
        "One curvature in all directions, so one rate suits them all: a single step lands on the minimum.",
    )
    def hop(self) -> None:
        story, run = self.story, AT_BEST["standardised"]
        _, _, cell = MARGIN.rows(250, 170, 494, gap=40)
        upper, lower = cell.rows(190, 304)
        rate = self.rate_in(upper, run, tr("learning rate"), STYLES["standardised"].role)
        table = Readouts(
            lower, losses_of([story.runners[run]]), self.colors, clock=tr("step"), head=story.loss_markup
        )
        self.hide(self.stages, run_time=0.5)
        self.turn(self.aim, others=0.0, seconds=0.8)
        self.show(rate, table, run_time=0.6)
        self.wait(1.2)
        self.advance(Clock(self.map, table), to=1, seconds=1.8)
        self.wait(2.9)

    @beat(
        "race",
        claim(
            "all_come_near",
            "All three on one clock, each at its best rate, until the loss is within one per cent of its "
            "minimum.",
            claim(
                "all_finish",
                "All three on one clock, each at its best rate, until the loss is {story.finish_in_words}.",
                "All three on one clock, each at its best rate, until the loss is {story.finish_in_words}, "
                "or no steps are left.",
            ),
        ),
        cover=True,
        silence="the slowest of the three is waited for",
    )
    def race(self) -> None:
        story, runs = self.story, [AT_BEST[unit] for unit in UNITS]
        maps = self.maps_of(TOP, runs)
        maps[2].names = PRIMED
        maps[2].dial().settle()
        runners = [story.runners[name] for name in runs]
        n_steps = max(1, *(each.run.n_steps for each in runners))
        unfinished = [AT_BEST[unit] for unit in UNITS if story.steps(unit) is None]
        curves, table, clock = self.race_of(maps, n_steps, told=steps_of(runners, unfinished=unfinished))
        line = curves.line_at(story.finish, story.finish_markup)
        self.turn_into(
            (self.map, maps[2]),
            seconds=0.7,
            fade=0.6,
            leaving=[*(each for each in self.mobjects if each is not self.map), *self.map.paths.values()],
            coming=[*maps[:2], *self.rates_on(maps, best=True), curves, line, table],
        )
        self.wait(1.8)
        self.advance(clock, min(SINGLE_STEPS, n_steps), seconds=0.5, rest=0.2)
        self.run_on(clock, n_steps, seconds=7, pace="slow at first")
        there = Words(tr("is there after"), MEDIUM, self.colors)
        self.say(there.place(TABLE.left, TABLE.top + Readouts.HEAD), run_time=0.6)
        self.wait(3.6)

    @beat(
        "bowl",
        "Once more, as a landscape.",
        claim("is_a_gutter", "The other unit makes the bowl a gutter, seen end on."),
        "Without the mean it lies straight; divided by the deviation it opens, and all its slopes lead to "
        "one point.",
    )
    def pinch_and_open(self) -> None:
        story, name = self.story, AT_BEST["standardised"]
        stops = story.bowls[1:]
        ways: list[Callable[[float], LeastSquares]] = [
            lambda share: story.partway(share / 2),
            lambda share: story.partway((1 + share) / 2),
        ]
        if not story.is_a_gutter:
            stops, ways = stops[1:], ways[1:]
        first, second, third = MARGIN.rows(250, 170, 494, gap=40)
        gauges = [*self.kappa_in(first, stops[0], name), self.angle_in(second, stops[0], name)]
        stages = self.stages_in(third, STAGES[-len(stops) :], stops)
        run = story.runs[name]
        bowl = BowlStage(stops[0], cut_above(float(run.losses[0])), self.colors, self.camera)
        theta = BOWL_THETA if story.starts_below else BOWL_THETA + 180 * DEGREES
        self.set_camera_orientation(phi=BOWL_PHI, theta=theta, zoom=BOWL_ZOOM)
        self.camera.set_place(*BOWL_PLACE)
        axes = [StageAxes(bowl, BOWL_AXES, (*names, story.loss_markup)) for names in (PLAIN, PRIMED)]
        self.turn_page(bowl, axes[len(ways) < 2], *gauges, out=0.5, seconds=0.8)
        self.show(stages.head, stages.rows[0], run_time=0.6)
        self.wait(1.6)
        for index, way in enumerate(ways):
            self.turn(bowl, *gauges, seconds=2.6, problem=way)
            self.say(stages.rows[index + 1], run_time=0.5)
            if axes[0] in self.mobjects:
                self.remove(axes[0])
                self.add(axes[1])
            self.wait(0.8)
        path = bowl.add_path(run.up_to(1), name)
        path.dial(tube=0.0, beads=0.0, ball=0.0, start=0.0, floor=0.0, drop=0.0)
        self.turn(path, tube=1.0, ball=1.0, start=1.0, seconds=0.5)
        self.advance(Clock(bowl), to=1, seconds=1.2)
        self.wait(2)

    @beat(
        "back",
        "The learned weight is divided by the deviation, and the bias gives back the mean. In the first unit "
        "it is the line of least squares.",
    )
    def map_back(self) -> None:
        story, theme, learned = self.story, self.colors, self.story.learned
        upper, under = PAGE.rows(560, 434)
        planes = self.both_units(upper, story.in_u, ["$x$", story.unit_markup])
        run = AT_BEST["standardised"]
        problems = (story.problem, story.problems["changed"])
        back = MappedBack(
            under,
            problems,
            story.factor,
            learned,
            theme,
            runs=("original", "changed", run),
            last_row=story.runners[run].run.n_steps,
        )
        scalers = (Standardizer.fit(story.dataset.x_train), story.scaler)
        for plane, scaler in zip(planes, scalers, strict=True):
            plane.dial(parameters=scaler.parameters_to_original(learned))
        exact = [plane.dashed_line(plane.problem.minimizer) for plane in planes]
        bare = [part for plane in planes for part in plane.submobjects if part is not plane.line]
        slots, (b, w) = back.slots, back.results
        in_a_bow = {"path_arc": LOW_BOW, "run_time": 1.1}
        self.turn_page(*bare, back.head, out=0.5, seconds=0.7)
        self.wait(0.6)
        self.say(back.names[0], slots["sigma"], run_time=0.6)
        self.play(flying(back.learned[1], slots["w'"], **in_a_bow))
        self.show(w, run_time=0.5)
        self.wait(0.4)
        self.say(back.names[1], slots["mu"], run_time=0.6)
        self.play(flying(back.learned[0], slots["b'"], **in_a_bow))
        self.play(flying(w, slots["w"]), run_time=0.8)
        self.show(b, run_time=0.5)
        self.wait(0.4)
        self.play(Create(planes[1].line), run_time=0.9)
        self.wait(0.9)
        self.say(back.names[2], *back.in_x, run_time=0.6)
        self.play(Create(planes[0].line), run_time=0.9)
        self.wait(0.5)
        self.add(back, *planes)
        said = Words(tr("dashes: least squares"), SMALL, theme, "minimum")
        self.play(*map(Create, exact), FadeIn(said.place(under.right, under.top + MEDIUM, "right")))
        self.wait(4.8)


def _between_factors(low: float, high: float, share: float) -> float:
    """What the feature is multiplied by, evenly in its logarithm."""
    return low * (high / low) ** share if share < 1 else high
