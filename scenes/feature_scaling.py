"""FeatureScaling: the unit of a feature narrows the valley of the loss, and standardising makes it round."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from manim import Create, FadeIn, FadeOut, LaggedStart, TransformFromCopy, VGroup
from numpy.typing import NDArray

import gdmath
from gdmath import WEIGHT, LeastSquares, Standardizer, Window
from gdscenes.kit import (
    DIVERGENT,
    GOOD,
    LARGE,
    LOW,
    MARGIN,
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
    Lecture,
    LossCurves,
    MinimumCut,
    Reading,
    Readout,
    Readouts,
    Row,
    Runner,
    Settings,
    Spread,
    Story,
    Table,
    Words,
    beat,
    claim,
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
from gdscenes.kit.figures.figure import stand_in_a_row

Array = NDArray[np.float64]
five = partial(rounded, digits=5)

SAME_STEPS, CRAWL_STEPS, SINGLE_STEPS = 10, 100, 3
"""Steps of the rate that breaks, of the one that crawls, and the first ones, which are told singly."""
AT_ONCE = 5
"""Steps in which one is on the floor of a valley at once."""
WITHIN = 0.01
"""The race ends where the loss is within this part of the minimum."""
LEVELS_UP_TO = 8.0
"""Highest level line, in losses of the start."""
UNITS = ("original", "changed", "standardised")
STYLES = {"original": REFERENCE, "same rate": DIVERGENT, "changed": LOW, "standardised": GOOD}

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

    The runs are `original`, `changed` and `standardised`, each at a rate that works for it, and `same rate`:
    the rate of the original on the changed feature.
    """

    settings: FeatureScalingSettings

    @cached_property
    def factor(self) -> float:
        return narrowing_factor(self.dataset, self.settings.factor)

    @cached_property
    def changed(self) -> gdmath.Dataset:
        return with_feature_times(self.dataset, self.factor)

    @cached_property
    def scaler(self) -> Standardizer:
        """Fitted on the train rows of the changed feature."""
        return Standardizer.fit(self.changed.x_train)

    @cached_property
    def problems(self) -> dict[str, LeastSquares]:
        """The loss that each run descends on."""
        changed = self.changed.problem()
        return {
            "original": self.problem,
            "same rate": changed,
            "changed": changed,
            "standardised": self.partway(1.0),
        }

    def problem_of(self, run: str) -> LeastSquares:
        return self.problems.get(run, self.problem)

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
        return "within 1 %" if self.is_finish_near_minimum else f"${markup(shortest(self.finish))}$"

    def steps(self, name: str) -> int | None:
        """Updates until a run is over the finish line, None if it never is."""
        over = self.runs[name].losses <= self.finish
        return int(over.argmax()) if over.any() else None

    # -- what may be said of the runs ----------------------------------------------------------------------

    @property
    def is_stretched(self) -> bool:
        return self.factor > 1

    @property
    def becomes_narrow(self) -> bool:
        return self.problems["changed"].condition_number >= gdmath.behaviour.NARROW_VALLEY

    @cached_property
    def steeper_times(self) -> float:
        """How many times as steep the bowl becomes along w, or where it becomes flatter, as flat."""
        before, after = (float(self.problems[name].curvature([0.0, 1.0])) for name in UNITS[:2])
        return max(after / before, before / after)

    @property
    def times_in_words(self) -> str:
        return shortest(self.steeper_times, 3)

    @property
    def is_a_hundred_times_as_steep(self) -> bool:
        return self.is_stretched and self.becomes_narrow and math.isclose(self.steeper_times, 100)

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
        return "a smaller rate" if changed < original else "the same rate"

    @property
    def falls_and_crawls(self) -> bool:
        run = self.runs["changed"]
        return gdmath.behaviour.falls_and_crawls(self.problems["changed"], run, AT_ONCE, CRAWL_STEPS)

    @property
    def all_finish(self) -> bool:
        return all(self.steps(name) is not None for name in UNITS)

    @property
    def all_come_near(self) -> bool:
        return self.all_finish and self.is_finish_near_minimum

    @property
    def finish_in_words(self) -> str:
        if self.is_finish_near_minimum:
            return "within one per cent of its minimum"
        return f"no more than {shortest(self.finish)}"

    # -- runs on the page ----------------------------------------------------------------------------------

    @cached_property
    def runners(self) -> dict[str, Runner]:
        """Each run up to its last row in the race, called by the unit of its feature."""
        times = f"feature $times {markup(shortest(self.factor))}$"
        labels = {"original": "original", "standardised": "standardised"}
        styles = STYLES if self.diverges else STYLES | {"same rate": LOW}
        found = {}
        for name, run in self.runs.items():
            steps, kappa = self.steps(name), number(self.problems[name].condition_number, 1)
            raced = run.up_to(self.settings.n_steps if steps is None else steps)
            label, fact = labels.get(name, times), f"$kappa = {markup(kappa)}$"
            found[name] = Runner(name, raced, styles[name], label, fact=fact)
        return found

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


def steepness(problem: LeastSquares) -> str:
    return five(float(problem.curvature([0.0, 1.0])))


class FeatureScaling(Lecture):
    """The unit of a feature narrows the valley of the loss, and standardising makes it round."""

    title = "Why features are scaled"
    question = "Can a mere change of unit break a descent?"
    hand_over = "So far every step looked at all points. Must it?"
    chapter = 5
    seconds = 104
    settings = FeatureScalingSettings()
    story_type = FeatureScalingStory

    story: FeatureScalingStory

    @staticmethod
    def prepare(settings: Settings) -> FeatureScalingStory:
        assert isinstance(settings, FeatureScalingSettings)
        dataset = dataset_with_bias(settings.dataset, raw=True)
        changed = with_feature_times(dataset, narrowing_factor(dataset, settings.factor))
        scaled = replace(changed, x=Standardizer.fit(changed.x_train).transform(changed.x))
        rate = rate_that_breaks(dataset, changed, settings.learning_rate)
        limit = changed.problem().max_stable_learning_rate
        stable = round_step_within(limit / 2) if rate >= limit else rate
        gentle = round_step_within(scaled.problem().max_stable_learning_rate / 10)

        told = {
            "original": (dataset, rate, settings.n_steps),
            "same rate": (changed, rate, SAME_STEPS),
            "changed": (changed, stable, settings.n_steps),
            "standardised": (scaled, gentle, 400),  # by then it stands at its minimum, to rounding
        }
        runs = {
            name: gdmath.descend(data.problem(), data.start, rate, n_steps)
            for name, (data, rate, n_steps) in told.items()
        }
        return FeatureScalingStory(settings=settings, dataset=dataset, runs=runs)

    # -- pages -------------------------------------------------------------------------------------------

    def both_units(self) -> tuple[list[DataPlane], list[Cell]]:
        """The same points in two units side by side, and the cells under them."""
        story, theme, (upper, under) = self.story, self.colors, PAGE.rows(700, 294)
        fits = [story.problems[name].minimizer for name in UNITS]
        labels = [story.runners[name].label for name in UNITS]
        cells = upper.columns(2, gap=120)
        left = DataPlane(story.dataset, cells[0], theme, fits[0], heading=labels[0])
        x = rescaled(left.x, Standardizer(0.0, 1 / story.factor))
        right = DataPlane(story.changed, cells[1], theme, fits[1], x=x, y=left.y, heading=labels[1])
        planes = [left, right]
        stand_in_a_row(cells, planes)
        for plane in planes:
            plane.lift_line()
        return planes, under.columns(2, gap=120)

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
        self, maps: Sequence[ContourMap], n_steps: int, above: float = 1.0, told: Sequence[Readout] = ()
    ) -> tuple[LossCurves, Readouts, Clock]:
        """Under the maps of some runs, on one clock: their losses above the minimum, and numbers.

        The axis of the losses goes so many times as high as the highest start; the numbers are the losses
        where nothing else is told.
        """
        story, runners = self.story, [each.runners[0] for each in maps]
        excess = [each.run.losses[: n_steps + 1] - story.problem.minimum for each in runners]
        lowest = max(min(each.min() for each in excess), WITHIN * (story.finish - story.problem.minimum))
        curves = LossCurves(
            CURVES,
            runners,
            self.colors,
            y=decades(lowest, above * max(2 * lowest, *(each[0] for each in excess)), ""),
            span=n_steps,
            above=story.problem.minimum,
            name="loss above its minimum",
            marked=n_steps <= SAME_STEPS,
        )
        clock, head = ("", f"steps to {story.finish_markup}") if told else ("step", story.loss_markup)
        readouts = told or losses_of(runners)
        table = Readouts(TABLE, readouts, self.colors, clock=clock, largest=n_steps, head=head)
        return curves, table, Clock(*maps, curves, table)

    def kappa_in(self, cell: Cell, problem: LeastSquares, run: str) -> Reading:
        """The condition number, which follows the loss until it is that of a run."""
        name, claim = "condition number $kappa$", ("condition number", run)
        return Reading(cell, name, self.colors, condition, claim=claim, problem=problem)

    def rate_of(self, run: str, name: str, role: str = "ink") -> Reading:
        """The rate of a run in large."""
        rate, claim = self.story.runs[run].learning_rate, ("learning rate", run)
        return Reading(RATE, name, self.colors, shortest, symbol="$eta =$", role=role, claim=claim, rate=rate)

    def rates_on(self, maps: Sequence[ContourMap]) -> list[VGroup]:
        rates = rates_of(self.story.runs)
        return [each.note(rates[each.run]) for each in maps]

    # -- one beat after the other ------------------------------------------------------------------------

    @beat(
        "units",
        "The same points in another unit. Least squares finds the same line and loss: only the weight makes "
        "up for the unit.",
    )
    def show_units(self) -> None:
        self.title_card()
        story, fits = self.story, []
        (left, right), cells = self.both_units()
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
        claim(
            "is_stretched",
            "Stretch the feature and watch the loss.",
            "Shrink the feature and watch the loss.",
        ),
        claim("becomes_narrow", "The bowl becomes a narrow valley:", "The bowl becomes narrower:"),
        claim(
            "is_a_hundred_times_as_steep",
            "along w it is a hundred times as steep, along its floor nearly flat.",
            claim(
                "is_stretched",
                "along w it is {story.times_in_words} times as steep.",
                "along w it is {story.times_in_words} times as flat.",
            ),
        ),
    )
    def morph(self) -> None:
        story, theme, before, factor = self.story, self.colors, self.plane, self.story.factor
        problem, window = story.problem, story.shared_window
        _, panels, _, numbers = PAGE.rows(10, 690, 30, 264)
        (first, second, third), cells = panels.columns(3, gap=60), numbers.columns(3, gap=60)
        plane = DataPlane(story.dataset, first, theme, problem.minimizer, stretch=factor).lift_line()
        plane.dial(parameters=problem.minimizer)
        box = map_in(second, window).level_with(plane.box)
        heights = story.heights("original")
        start, full = story.dataset.start, story.full_loss
        self.map = ContourMap(box, problem, window, heights, theme, start=start, run="changed", full=full)
        cut = MinimumCut(third.level_with(box), self.map, theme, name=story.loss_markup)
        times = partial(number, decimals=1 if factor >= 1 else 3)
        name, claim = "curvature along $weight$", ("curvature along w", "changed")
        readings = [
            Reading(cells[0], "feature $times$", theme, times, factor=1.0),
            self.kappa_in(cells[1], problem, "changed"),
            Reading(cells[2], name, theme, steepness, role="weight", claim=claim, problem=problem),
        ]
        parts = ("train", "validation", "line")
        carried = [(getattr(before, part), getattr(plane, part)) for part in parts]
        self.turn_page(plane, carry=carried, seconds=0.7)
        self.show(self.map)
        self.show(cut, run_time=0.8)
        self.show(*readings, run_time=0.6)
        self.wait(0.8)
        self.turn(
            *(plane, self.map, cut, *readings),
            seconds=5,
            factor=lambda share: factor**share,
            problem=lambda share: story.times(factor**share),
        )
        self.wait(2.2)

    @beat(
        "same_rate",
        "Take the rate that works on the first feature to the other one.",
        claim(
            "swings_out",
            "Each step overshoots the valley further than the last.",
            claim("works_for_both", "There it works too."),
        ),
    )
    def take_the_same_rate(self) -> None:
        story, runs = self.story, ("original", "same rate")
        maps = self.maps = self.maps_of(MAPS, runs, ("original", "original"))
        self.leave_only(self.map)
        self.turn_into((self.map, maps[1]), seconds=1.4, fade=0.6)
        self.show(maps[0], run_time=0.8)
        limits = [
            Row(
                story.runners[name].label,
                (rounded(story.problems[name].max_stable_learning_rate),),
                claim=("limit", name),
            )
            for name in runs
        ]
        head = "converges below $2 \\/ lambda_upright(max)$"
        facts = Table(FACTS, limits, self.colors, heads=(head,), em=SMALL)
        self.show(self.rate_of("original", "one learning rate"), facts, run_time=0.8)
        self.wait(0.5)
        curves, table, clock = self.race_of(maps, SAME_STEPS, above=1e3)  # it leaves them at the top
        self.show(curves, table, run_time=0.8)
        self.add(curves.number_at("same rate", 0))
        for until, seconds, rest in ((SINGLE_STEPS, 0.7, 0.4), (SAME_STEPS, 0.25, 0.05)):
            for row in self.steps(clock, min(until, story.runs["same rate"].n_steps), seconds, rest):
                if story.diverges and (label := curves.number_at("same rate", row)):
                    self.show(label, run_time=0.3)
        self.wait(2)

    @beat(
        "crawl",
        claim(
            "falls_and_crawls",
            "A rate that is small enough for the steep walls is much too small for the flat floor. Descent "
            "falls into the valley at once, and then it crawls.",
            "A rate that is small enough for the steep walls is smaller than the flat floor could bear.",
        ),
    )
    def crawl(self) -> None:
        story, before = self.story, self.maps
        maps = self.maps_of(MAPS, ("original", "changed"))
        maps[1].recall(story.runners["same rate"])
        self.hide(*(each for each in self.mobjects if each not in before), before[0].paths["original"])
        self.turn_into(*zip(before, maps, strict=True), seconds=1.3)
        n_steps = max(min(CRAWL_STEPS, story.runners["changed"].run.n_steps), 1)
        rate = self.rate_of("changed", story.rate_in_words, "low_rate")
        along, across = story.problems["changed"].errors_kept(story.runs["changed"].learning_rate)
        told = (("across the valley", across), ("along its floor", along))
        rows = [Row(name, (number(share, 3),)) for name, share in told]
        kept = Table(FACTS, rows, self.colors, heads=("error kept by a step",), em=SMALL)
        curves, table, clock = self.race_of(maps, n_steps)
        self.show(rate, curves, table, *self.rates_on(maps), run_time=0.8)
        self.wait(0.4)
        self.advance(clock, min(SINGLE_STEPS, n_steps), seconds=0.6, rest=0.3)
        self.run_on(clock, n_steps, seconds=4, pace="slow at first")
        self.show(kept, run_time=0.8)
        self.wait(1.8)

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
        heading, line = story.runners["changed"].label, story.problems["changed"].minimizer
        plane = DataPlane(story.changed, cell, theme, line, heading=heading)
        spread = Spread(plane, scaler, theme, "changed")
        told = (
            ("mean", "mean $mu$", scaler.mean),
            ("deviation", "standard deviation $sigma$", scaler.standard_deviation),
        )
        mean, deviation = (
            Reading(cell, f"train {name}", theme, five, claim=(quantity, "changed"), value=value)
            for cell, (quantity, name, value) in zip(MARGINS, told, strict=False)
        )
        formula = Words("$z = display((x - mu) / sigma)$", LARGE, theme)
        formula.place(MARGINS[2].left, MARGINS[2].center[1])
        notes = [
            Words(source, SMALL, theme, "muted").place(row.left, row.center[1])
            for source, row in zip(
                ("the same $mu$ and $sigma$ for", "the validation points"), MARGINS[3].rows(4), strict=False
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
        "Subtract the mean, and the valley lies along the axes. Divide by the standard deviation, and it is "
        "as wide as it is long: a circle.",
    )
    def become_a_circle(self) -> None:
        theme, story, start = self.colors, self.story, self.story.dataset.start
        problems = [story.partway(share) for share in (0.0, 0.5, 1.0)]
        halfway = window_of_descent(problems[1], start[None])
        windows = [story.window("changed"), halfway, story.window("standardised")]
        box, heights = map_in(STAGE.inset(Insets(top=60)), *windows), story.heights("standardised")
        full = story.full_loss_of("standardised")
        self.map = ContourMap(
            box, problems[0], windows[0], heights, theme, start=start, run="standardised", full=full
        )
        kappa = self.kappa_in(MARGINS[0], problems[0], "standardised")
        stages = ("$x$", "$x - mu$", "$(x - mu) \\/ sigma$")
        rows = [Row(name, (condition(each),)) for name, each in zip(stages, problems, strict=True)]
        names, kept = Table(MARGIN.rows(2)[1], rows, theme).columns
        self.turn_page(self.map, kappa, out=0.5, seconds=0.7)
        self.show(names[0], kept[0], run_time=0.8)
        self.wait(0.6)
        for half, window in enumerate(windows[1:]):
            self.say(names[half + 1], run_time=0.5)
            way = partial(lambda half, share: story.partway((half + share) / 2), half)
            self.turn(self.map, kappa, seconds=2.6, fade=0.3, window=window, problem=way)
            self.show(kept[half + 1], run_time=0.4)
            self.wait(0.6)
        self.show(self.map.number_levels(), run_time=0.6)
        self.wait(1.4)

    @beat(
        "race",
        "All three on one clock, each at a rate that works for it, until the loss is",
        claim(
            "all_come_near",
            "within one per cent of its minimum.",
            claim(
                "all_finish",
                "{story.finish_in_words}.",
                "{story.finish_in_words}, or no steps are left.",
            ),
        ),
        cover=True,
        silence="the slowest of the three is waited for",
    )
    def race(self) -> None:
        story, maps = self.story, self.maps_of(TOP, UNITS)
        runners = [story.runners[name] for name in UNITS]
        n_steps = max(1, *(each.run.n_steps for each in runners))
        steps = steps_of(runners, unfinished=[name for name in UNITS if story.steps(name) is None])
        curves, table, clock = self.race_of(maps, n_steps, told=steps)
        line = curves.line_at(story.finish, story.finish_markup)
        self.leave_only(self.map, run_time=0.6)
        self.turn_into((self.map, maps[2]), seconds=1.2)
        self.show(*maps[:2], *self.rates_on(maps))
        self.show(curves, line, table)
        self.wait(0.4)
        self.advance(clock, min(SINGLE_STEPS, n_steps), seconds=0.5, rest=0.2)
        self.run_on(clock, n_steps, seconds=8, pace="slow at first")
        self.wait(3)

    @beat(
        "back",
        "Mapped back to either unit, what was learned is the line of least squares.",
    )
    def map_back(self) -> None:
        story, learned = self.story, self.story.runs["standardised"].parameters[-1]
        planes, cells = self.both_units()
        scalers = (Standardizer.fit(story.dataset.x_train), story.scaler)
        heads = ('#mark("model_text", [mapped back])', '#mark("minimum", [closed form])')
        names, tables, exact = ("$bias = bias' - weight mu$", "$weight = weight' \\/ sigma$"), [], []
        for unit, plane, scaler, cell in zip(UNITS, planes, scalers, cells, strict=False):
            mapped, fit = scaler.parameters_to_original(learned), plane.problem.minimizer
            rows = rows_of_fit(plane.problem, mapped, fit, names=names, run=unit)
            tables.append(Table(cell, rows, self.colors, heads=heads))
            exact.append(plane.dashed_line(fit))
            plane.dial(parameters=mapped)
        self.turn_page(*planes, out=0.5, seconds=0.7)
        self.show(*(part for table in tables for part in table.columns[:2]), run_time=1.4)
        self.wait(1.5)
        self.play(*(FadeIn(table.columns[2]) for table in tables), *map(Create, exact), run_time=1.4)
        self.add(*tables)
        self.wait(4.8)
