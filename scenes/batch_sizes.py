"""BatchSizes: what a step sees, where as many epochs lead, why few points never rest, what a step costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from manim import FadeIn, FadeOut, Mobject, linear
from numpy.typing import NDArray

import gdmath
from gdmath.step_times import measured_step_times
from gdscenes.kit.figures.cloud import Cloud
from gdscenes.kit.figures.contour_map import ContourMap, map_in, maps_in_a_row
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.figure import stand_in_a_row
from gdscenes.kit.figures.losses import LossCurves
from gdscenes.kit.figures.map_lens import MapLens
from gdscenes.kit.figures.readouts import Readout, Readouts, steps_of
from gdscenes.kit.figures.ribbon import Ribbon
from gdscenes.kit.figures.sight import Sight
from gdscenes.kit.figures.step_bars import StepBars
from gdscenes.kit.figures.updates import Updates
from gdscenes.kit.lecture.beats import beat, claim
from gdscenes.kit.lecture.choices import (
    DescentSettings,
    dataset_with_bias,
    epochs_of_single_points,
    mini_batch_size,
    rate_for_single_points,
)
from gdscenes.kit.lecture.clock import Clock, turning
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.live import Task, Trial
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.lecture.settings import SettingError, Settings, knob, settled
from gdscenes.kit.lecture.story import UP_TO, Story
from gdscenes.kit.page.cell import PAGE, Cell, Insets
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL
from gdscenes.kit.plot.runs import GOOD, LOW, REFERENCE, RunStyle
from gdscenes.kit.type.language import grouped, tr
from gdscenes.kit.type.notation import Notation, markup, notation_down_to, rounded, shortest
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

STYLES = {
    "batch": replace(REFERENCE, width=3.0, dash=1, gap=0),
    "mini-batch": replace(GOOD, width=3.0),
    "stochastic": replace(LOW, width=2.0, dash=1, gap=0),
}
"""From many points an update to one; the lines are thin, of updates by the thousand."""
NAMES = tuple(STYLES)
IN_EACH_OTHER = {
    "batch": replace(STYLES["batch"], width=9.0),
    "mini-batch": replace(STYLES["mini-batch"], mark=0.55),
    "stochastic": replace(STYLES["stochastic"], mark=1.8),
}
"""The same where all three end in one place, drawn from the lowest up in the order of `FROM_BELOW`."""
FROM_BELOW = ("stochastic", "batch", "mini-batch")
TEXTBOOK_STARTS = {"chapter-0": (0.8300, 0.7645)}
"""Where the textbook's figure of the three paths starts, to the digits printed: `nn.Linear` under seed 42."""
SINGLE_EPOCHS = 4
"""Epochs shown one by one before the time-lapse."""
FIRST_SPAN = 5
"""Epochs that the axis of the loss spans until the clock has passed them."""
KICKS = 400
"""Updates from the minimum that make a cloud."""
SMALLER = 0.1
"""Part of the rate at which the clouds are seen again."""
NARROW = 45.0
"""Degrees in which the steps of all points are said to point."""
TIMED = (1, 16, 80, 1_000, 100_000, 1_000_000)
"""Points of a step whose time is shown."""
MOST_LEVELS = 24
EPOCHS_APART = 34.0
"""How near the marks of two epochs may be on a map, pixels."""
DIM = 0.3
"""Opacity of the points that an update does not see."""

HEAD, PICTURE, FOOT = PAGE.rows(180, 734, 80)
DATA, MAP = PICTURE.columns(2, gap=60)
OVER_DATA, OVER_MAP = HEAD.columns(2, gap=60)
KEYS = OVER_MAP.rows(3)
MAPS, BELOW = PAGE.rows(547, 447)
CURVES, TABLE = BELOW.columns(2, 1, gap=60)
RIBBON = CURVES.rows(40, 387, 20)[1]
CLOUDS, ASIDE = PAGE.inset(Insets(top=24)).columns(2, 1, gap=60)
DISTANCES, GLASS, RATE = ASIDE.rows(300, 544, 150)
ANSWER = PAGE.rows(PAGE.height - 262, 146, 116)[1]
LARGE_CURVES, BESIDE = PAGE.columns(2, 1, gap=60)
LAST_TABLE, UNDER_TABLE = BESIDE.rows(1, 2, 1)[1:]


@dataclass(frozen=True)
class BatchSizesSettings(DescentSettings):
    """What a lecturer may change; one rate serves all three descents."""

    batch_size: int | None = knob(
        None, "points of a mini-batch; none takes 16, or a third of a small dataset", minimum=2
    )
    n_epochs: int | None = knob(
        None, "passes through the data; none follows from its size", minimum=5, maximum=5_000
    )
    seed: int | None = knob(
        42,
        "shuffles the points anew for each epoch; none meets them in the data's order",
        minimum=0,
        maximum=2**32 - 1,
    )


@dataclass(frozen=True)
class BatchSizesStory(Story):
    """Three descents on the same points from the same start, named as in `NAMES`.

    The loss is the mean over the points, also where the preset sums: an update by a batch's sum would be as
    much shorter as the batch is smaller, and the three could not be compared at one rate. The clock counts
    the points that each has met, which are as many at every moment.
    """

    settings: BatchSizesSettings

    @property
    def start(self) -> Array:
        return np.asarray(self.runs["batch"].parameters[0])

    @property
    def n_points(self) -> int:
        return self.problem.n_rows

    @property
    def n_epochs(self) -> int:
        return len(self.runs["batch"].epoch_starts) - 1

    @property
    def sizes(self) -> dict[str, int]:
        """How many points a step of each run sees."""
        return {name: run.batch_size or self.n_points for name, run in self.runs.items()}

    @property
    def runners(self) -> list[Runner]:
        labels = {"batch": tr("batch"), "mini-batch": tr("mini-batch"), "stochastic": tr("stochastic")}
        runners = []
        for name, run in self.runs.items():
            size, met = self.sizes[name], run.epochs_passed(self.n_points) * self.n_points
            fact = tr("{n} points", n=size) if size > 1 else tr("1 point")
            runners.append(Runner(name, run, STYLES[name], labels[name], fact=fact, times=np.rint(met)))
        return runners

    @property
    def points_met(self) -> list[Readout]:
        """How many points each run has looked at, with repetition, when a clock counts its updates."""
        return [
            Readout(each.label, each.moments, Notation(0), runner=replace(each, times=None))
            for each in self.runners
        ]

    def first_epoch(self, name: str) -> tuple[NDArray[np.int64], ...]:
        """The points that each update of the first epoch sees."""
        return self._batches(name, int(self.runs[name].epoch_starts[1]))

    def _batches(self, name: str, n_updates: int) -> tuple[NDArray[np.int64], ...]:
        """The points that each of the first updates sees."""
        seed = self.settings.seed
        return gdmath.batches(self.n_points, self.sizes[name], n_updates, seed, shuffle=seed is not None)

    def landings(self, name: str) -> Array:
        """Where each update of the first epoch would land if it were the first of all, (m, 2)."""
        rate = self.runs[name].learning_rate
        return gdmath.landings(self.problem, self.start, rate, self.first_epoch(name))

    @property
    def rate(self) -> float:
        return self.runs["batch"].learning_rate

    @property
    def rate_markup(self) -> str:
        """The rate of all three: Typst markup."""
        return f"$eta = {markup(shortest(self.rate, 3))}$"

    @cached_property
    def landings_at_minimum(self) -> Array:
        """Where an update by each point would land from the minimum, (n, 2)."""
        chosen = self.first_epoch("stochastic")
        return gdmath.landings(self.problem, self.problem.minimizer, self.rate, chosen)

    @property
    def single_step(self) -> str:
        """How long an update by one point is there, on average: Typst markup."""
        length = gdmath.behaviour.mean_distance(self.landings_at_minimum, self.problem.minimizer)
        return f"${markup(rounded(length, 2, self._unseen))}$"

    @property
    def _unseen(self) -> float:
        """What is rounding beside the steps of the start."""
        return gdmath.behaviour.UNSEEN * gdmath.behaviour.mean_distance(self.landings("batch"), self.start)

    def kicked(self, name: str, rate: float) -> Array:
        """The rows (KICKS + 1, 2) of a run by batches as those of a named one, from the minimum."""
        if (name, rate) not in self._kicked:
            chosen = self._batches(name, KICKS)
            self._kicked[name, rate] = gdmath.sgd_path(self.problem, self.problem.minimizer, rate, chosen)
        return self._kicked[name, rate]

    @cached_property
    def _kicked(self) -> dict[tuple[str, float], Array]:
        """What is known of them by name and rate, for many claims ask."""
        return {}

    def distance(self, name: str, rate: float) -> float:
        """How far the rows of such a run are from the minimum, on average."""
        return gdmath.behaviour.mean_distance(self.kicked(name, rate), self.problem.minimizer)

    def spread(self, name: str, rate: float) -> float:
        """The same as the root of the mean square."""
        return gdmath.behaviour.spread(self.kicked(name, rate), self.problem.minimizer)

    # -- what may be said of the runs ----------------------------------------------------------------------

    @property
    def starts_elsewhere(self) -> bool:
        """Whether the start is not the one of the other lectures."""
        return self.dataset.name in TEXTBOOK_STARTS

    @property
    def minis_scatter_less(self) -> bool:
        """Whether the steps of an epoch's mini-batches lie closer to the batch's than single points' do."""
        (whole,) = self.landings("batch")
        mini, single = (gdmath.behaviour.spread(self.landings(name), whole) for name in NAMES[1:])
        return mini < single

    @property
    def fan_degrees(self) -> int:
        """In how many degrees the steps by single points all point, rounded up."""
        return math.ceil(gdmath.behaviour.opening_angle(self.landings("stochastic"), self.start))

    @property
    def fan_is_narrow(self) -> bool:
        return self.fan_degrees <= NARROW

    @property
    def single_points_pull(self) -> bool:
        """Whether at the minimum single points still ask for steps."""
        return gdmath.behaviour.single_points_pull(self.problem, self.start)

    @property
    def minis_stay_nearer(self) -> bool:
        """Whether mini-batches kick the line less far off the minimum than single points do."""
        mini, single = (self.spread(name, self.rate) for name in NAMES[1:])
        return self.single_points_pull and mini < single

    @property
    def smaller_rate_shrinks(self) -> bool:
        """Whether at the smaller rate either cloud is less than half as wide."""
        ways = ([self.spread(name, rate) for rate in (self.rate, SMALLER * self.rate)] for name in NAMES[1:])
        return self.single_points_pull and all(small < 0.5 * large for large, small in ways)

    def left_after(self, updates: dict[str, int]) -> list[float]:
        """The part of the excess that each run has left after so many updates."""
        left = {name: gdmath.behaviour.excess_left(self.problem, self.runs[name]) for name in updates}
        return [float(left[name][k]) for name, k in updates.items()]

    @property
    def cheap_points(self) -> int:
        """How many points a step can see in the time of one by one point."""
        return measured_step_times().most_for_the_price_of_one()

    @property
    def all_cost_as_one(self) -> bool:
        return self.n_points <= self.cheap_points

    @property
    def is_ahead_by_epochs(self) -> bool:
        """Whether either small batch has left less than half as much as the whole one after one epoch."""
        whole, *small = self.left_after({name: int(self.runs[name].epoch_starts[1]) for name in NAMES})
        return max(small) < 0.5 * whole

    @property
    def is_level_by_updates(self) -> bool:
        """Whether after as many updates as the batch makes all have as much left, to a tenth of the start."""
        left = self.left_after(dict.fromkeys(NAMES, self.n_epochs))
        return max(left) - min(left) < 0.1

    # -- windows and level lines ---------------------------------------------------------------------------

    @cached_property
    def near(self) -> gdmath.Window:
        """Round the start, and where any update of a first epoch would land from it."""
        return gdmath.Window.around(np.vstack([self.start, *(self.landings(name) for name in NAMES)]))

    @cached_property
    def wide(self) -> gdmath.Window:
        """Round all that is ever drawn."""
        paths = [run.parameters for run in self.runs.values()] + [self.landings(name) for name in NAMES]
        return gdmath.Window.around(np.vstack([*paths, self.problem.minimizer]))

    @cached_property
    def star(self) -> gdmath.Window:
        """Round where an update by any single point would land from the minimum."""
        return gdmath.Window.around(self.landings_at_minimum, least=self._least)

    @cached_property
    def close(self) -> gdmath.Window:
        """Round the minimum, and where single points kick the line from there."""
        kicked = self.kicked("stochastic", self.rate)
        return gdmath.Window.around(kicked, least=self._least).joined(self.star.corners)

    @property
    def _least(self) -> Array:
        """How large what is seen close is taken to be at least: no tick is lost in rounding."""
        return np.maximum(0.02 * self.near.size, 1e-6 * np.abs(self.problem.minimizer))

    @property
    def full_loss(self) -> float:
        """As in the lectures that start elsewhere."""
        start = gdmath.preset(self.dataset.name).start if self.starts_elsewhere else self.start
        return UP_TO * float(self.problem.loss(start))

    @cached_property
    def levels(self) -> Array:
        """Rises above the minimum by powers of two, from the wide window down to a few in the close one."""
        least = self.problem.minimum
        high, low = (float(self.problem.loss(each.corners).max()) - least for each in (self.wide, self.star))
        count = min(int(np.log2(high / low)) + 5, MOST_LEVELS)
        return least + gdmath.contour_levels(0.0, 2 * high, "doubling", count)


def tell(settings: BatchSizesSettings, dataset: gdmath.Dataset) -> BatchSizesStory:
    """Run the three descents on a dataset.

    Raises
    ------
    SettingError
        If the batch is no part of the data, the rate throws single points about, or the updates are too many.
    """
    if np.ptp(dataset.x_train) == 0:
        raise SettingError(
            "--dataset", dataset.name, "a feature that varies", "take another: no line fits best"
        )
    n = len(dataset.train_indices)
    rate = dataset.learning_rate * (n if dataset.reduction == "sum" else 1)
    dataset = replace(dataset, reduction="mean", learning_rate=rate)
    sizes = (None, mini_batch_size(dataset, settings.batch_size), 1)
    rate = rate_for_single_points(dataset, settings.learning_rate)
    epochs = epochs_of_single_points(dataset, settings.n_epochs)
    runs = {
        name: gdmath.descend(
            dataset.problem(),
            dataset.start,
            rate,
            epochs * -(-n // (size or n)),
            batch_size=size,
            seed=settings.seed,
            shuffle=settings.seed is not None,
        )
        for name, size in zip(NAMES, sizes, strict=True)
    }
    settings = settled(settings, learning_rate=rate, batch_size=sizes[1], n_epochs=epochs)
    return BatchSizesStory(settings=settings, dataset=dataset, runs=runs)


class BatchSizes(Lecture):
    """Batch, mini-batch and stochastic descent on one clock: many noisy steps against few exact ones."""

    title = "How many points for one step?"
    question = "Must every step look at all the points?"
    hand_over = "What is a step in code? One weight shows it."
    chapter = 6
    seconds = 146
    settings = BatchSizesSettings()
    story_type = BatchSizesStory
    trials = (
        Trial("race", run="mini-batch", steps=200, step=50),
        Trial("cloud", run="stochastic", steps=1000, step=400),
    )
    tasks = (
        Task("As many points per step as are set: how many steps make an epoch?", asks="updates", within=0),
        Task(
            "One point per step: find a rate whose last loss is within 1 % of the lowest.",
            wants={"size": (1, 1), "of_lowest": (0, 1.01), "step": (900, 1e9)},
        ),
        Task(
            "All points: how many steps bring the loss to within 1 % of its lowest?", asks="steps", within=0
        ),
    )

    story: BatchSizesStory

    @staticmethod
    def prepare(settings: Settings) -> BatchSizesStory:
        assert isinstance(settings, BatchSizesSettings)
        dataset = dataset_with_bias(settings.dataset)
        if dataset.name in TEXTBOOK_STARTS:
            dataset = replace(dataset, start=np.array(TEXTBOOK_STARTS[dataset.name]))
        return tell(settings, dataset)

    @beat(
        "whole",
        "Batch descent does: every residual counts for one arrow, minus the rate times the gradient.",
        claim("starts_elsewhere", "The start is not that of the other films."),
    )
    def see_all(self) -> None:
        self.title_card()
        story, theme = self.story, self.colors
        self.plane = DataPlane(story.dataset, DATA, theme, [story.start, story.problem.minimizer])
        self.plane.remove(self.plane.validation)
        self.map = ContourMap(
            MAP, story.problem, story.wide, story.levels, theme, start=story.start, full=story.full_loss
        )
        stand_in_a_row([DATA, MAP], [self.plane, self.map])
        self.show(self.plane, run_time=0.8)
        self.plane.dial(parameters=story.start)
        self.show(self.plane.line, self.map, run_time=1.2)
        self.heights = self.map.number_levels()
        left, (_, y) = self.map.box.left, KEYS[1].center
        source = tr("on the lines: {loss}", loss=story.loss_markup)
        self.level_name = Words(source, SMALL, theme).place(left, y + 13)
        self.show(self.heights, self.level_name, run_time=0.6)
        self.sight = Sight(OVER_DATA, self.plane.dial(grown=1.0)).at(0)
        lit = FadeIn(self.plane.residuals, self.plane.lit, self.sight.header)
        self.play(lit, self.plane.train.animate.set_opacity(DIM))
        self.whole = Updates(self.map, story.start, story.landings("batch"), STYLES["batch"], 9)
        self.say(self.whole.key(tr("step by all points"), KEYS[0]), run_time=0.5)
        self.under = self.foot(
            tr("step $= -eta dot$ gradient of the points seen, {rate}", rate=story.rate_markup)
        )
        self.say(self.under, run_time=0.5)
        self.advance(Clock(self.whole), to=1, seconds=1.3, rest=4.2)

    def foot(self, source: str) -> Words:
        """Words under the map."""
        words = Words(source, SMALL, self.colors)
        x = min(self.map.box.center[0], PAGE.right - words.box().width / 2)
        return words.place(x, FOOT.center[1], "center")

    def say_under(self, source: str) -> None:
        """Other words under the map."""
        self.hide(self.under, run_time=0.3)
        self.under = self.foot(source)
        self.say(self.under, run_time=0.5)

    @beat(
        "single",
        "One point alone has a gradient too, and asks for its own step.",
        claim(
            "fan_is_narrow",
            "They all point within 45 degrees of each other.",
            "They point within {story.fan_degrees} degrees of each other.",
        ),
    )
    def see_one(self) -> None:
        story, batches = self.story, self.story.first_epoch("stochastic")
        self.hide(self.heights, self.level_name, run_time=0.3)
        self.turn(self.map, window=story.near, along=[self.whole], seconds=1.6)
        landings, style = story.landings("stochastic"), STYLES["stochastic"]
        self.fan = Updates(self.map, story.start, landings, style, many=True)
        self.say(self.fan.key(tr("step by one point"), KEYS[1]), run_time=0.5)
        self.look_through(batches, 0)
        clock = Clock(self.sight, self.fan)
        self.advance(clock, to=min(3, len(batches)), seconds=0.8)
        self.run_on(clock, to=len(batches), seconds=2.5)
        self.say_under(
            tr(
                "the {n} steps point within {degrees}° of each other",
                n=story.n_points,
                degrees=story.fan_degrees,
            )
        )
        self.wait(1.5)

    def look_through(self, batches: Sequence[NDArray[np.int64]], row: int, *leaving: Mobject) -> None:
        """Other points are lit, of these batches: what was lit goes out first, along with what leaves."""
        gone = [FadeOut(each, run_time=0.4) for each in leaving]
        self.redraw(turning(self.sight, lit=0.0, run_time=0.4), *gone)
        self.sight.through(batches).at(row)
        self.turn(self.sight, lit=1.0, seconds=0.4)

    @beat(
        "mean",
        "The mean of them all is the step by all points: their tips fall together, and exactly there.",
    )
    def take_mean(self) -> None:
        (whole,) = self.story.landings("batch")
        self.say_under(tr("the mean of {n} steps is the step by all points", n=self.story.n_points))
        self.turn(self.fan.towards(whole), fallen=1.0, seconds=2.5)
        self.wait(1.5)
        self.turn(self.fan, fallen=0.0, seconds=1.2)
        self.wait(1.6)

    @beat(
        "mini",
        "A mini-batch is the mean over a few: the same tips fall in groups.",
        claim(
            "minis_scatter_less",
            "Its steps scatter less, and an epoch has fewer.",
            "An epoch has fewer of its steps.",
        ),
    )
    def see_some(self) -> None:
        story, batches = self.story, self.story.first_epoch("mini-batch")
        size = len(batches[0])
        count = min(5, sum(len(each) == size for each in batches))  # the last may hold what is left
        self.whole.lift()
        self.look_through(batches, 1, self.fan)
        self.say_under(tr("the mean of {n} steps is the step by {n} points", n=size))
        singles, landings = story.landings("stochastic"), story.landings("mini-batch")[:count]
        minis = Updates(self.map, story.start, landings, STYLES["mini-batch"], 5)
        for k in range(count):
            group = Updates(
                self.map, story.start, singles[k * size : (k + 1) * size], STYLES["stochastic"], many=True
            ).at(size)
            self.sight.at(k + 1)
            self.show(group, run_time=0.3)
            self.wait(0.2 if k else 1)
            self.turn(group.towards(landings[k]), fallen=1.0, seconds=0.7 if k else 1.6)
            if not k:
                self.say(minis.key(tr("step by {n} points", n=size), KEYS[2]), run_time=0.5)
            self.advance(Clock(minis, row=k), to=k + 1, seconds=0.4, rest=0)
            self.hide(group, run_time=0.2)
        self.wait(1.5)

    @beat(
        "epoch",
        "One epoch: every point is met once. Batch descent steps when it has met all, the mini-batch after "
        "a few, stochastic descent after each.",
    )
    def one_epoch(self) -> None:
        story, theme = self.story, self.colors
        self.maps = maps_in_a_row(
            MAPS,
            story.runners,
            story.problem,
            story.wide,
            story.levels,
            theme,
            full=story.full_loss,
            apart=EPOCHS_APART,
        )
        self.ribbon = Ribbon(RIBBON, story.runners, story.n_points, theme)
        self.table = self.table_of(steps_of(story.runners), TABLE, tr("updates"))
        clock = Clock(*self.maps, self.ribbon, self.table)
        self.turn_into(
            (self.map, self.maps[0]),
            seconds=0.6,
            fade=0.8,
            leaving=[each for each in self.mobjects if each is not self.map],
            coming=[*self.maps[1:], self.ribbon, self.table],
        )
        self.wait(1.3)
        self.run_on(clock, to=story.n_points, seconds=6)
        self.wait(2.4)

    def curves(self, cell: Cell, span: float, styles: Mapping[str, RunStyle] = STYLES) -> LossCurves:
        """The losses against epochs; that of the many updates lies under the others."""
        story = self.story
        runners = {each.name: replace(each, style=styles[each.name]) for each in story.runners}
        return LossCurves(
            cell,
            [runners[name] for name in FROM_BELOW],
            self.colors,
            y="decades",
            span=span,
            minimum=story.problem.minimum,
            name=story.loss_markup,
            unit=tr("epoch"),
            per=story.n_points,
            marked=False,
        )

    def table_of(self, readouts: list[Readout], cell: Cell, head: str) -> Readouts:
        last, n = self.story.n_epochs, self.story.n_points
        return Readouts(cell, readouts, self.colors, clock=tr("epoch"), largest=last, per=n, head=head)

    @beat(
        "race",
        "The same again, a mark for each epoch, then faster. The paths differ in how often they may step, "
        "not in how much they have seen.",
        cover=True,
    )
    def race(self) -> None:
        last, n = self.story.n_epochs, self.story.n_points
        self.hide(self.ribbon, run_time=0.4)
        self.losses = self.curves(CURVES, FIRST_SPAN)
        clock = Clock(*self.maps, self.losses, self.table, row=n)
        self.show(self.losses, run_time=0.6)
        for epoch in range(2, min(SINGLE_EPOCHS, last - 1) + 1):
            self.run_on(clock, to=epoch * n, seconds=1.2)
            self.wait(0.3)
        self.run_on(clock, to=last * n, seconds=6, pace="slow at first")
        self.wait(2)

    @beat(
        "star",
        claim(
            "single_points_pull",
            "Now stand on the minimum. The mean of all steps is nothing there, but the single ones are not: "
            "they pull to both sides, and cancel.",
            "Now stand on the minimum. The mean of all steps is nothing there, and so are the single ones: "
            "the line passes through every point.",
        ),
    )
    def at_the_minimum(self) -> None:
        story, old, best = self.story, self.maps[-1], self.story.problem.minimizer
        self.hide(
            *self.maps[:-1], self.losses, self.table, *old.trimmings("box"), old.ring, *old.paths.values()
        )
        self.map = ContourMap(
            MAP, story.problem, story.star, story.levels, self.colors, full=story.full_loss, run="batch"
        )
        stand_in_a_row([DATA, MAP], [self.plane, self.map])
        batches = story.first_epoch("stochastic")
        self.plane.dial(parameters=best)
        star = self.star = Updates(self.map, best, story.landings_at_minimum, STYLES["stochastic"], many=True)
        clock = Clock(self.sight.through(batches), star)
        self.show(self.plane, self.sight.header, run_time=0.7)
        self.turn_into((old, self.map), seconds=1.5)
        self.say(star.key(tr("step by one point"), KEYS[1]), run_time=0.5)
        self.advance(clock, to=min(3, len(batches)), seconds=0.7, rest=0.2)
        self.run_on(clock, to=len(batches), seconds=2)
        self.under = self.foot(tr("a single step is {length} long, on average", length=story.single_step))
        self.say(self.under, run_time=0.5)
        self.wait(1)
        self.say_under(tr("their mean is 0"))
        self.turn(star.towards(best), fallen=1.0, seconds=2)
        self.wait(0.4)
        self.turn(star, fallen=0.0, seconds=1)
        self.wait(1.4)

    @beat(
        "cloud",
        claim(
            "single_points_pull",
            "So one step after another kicks the line off the minimum: a cloud, and no rest.",
            "So no step kicks the line off the minimum.",
        ),
        claim("minis_stay_nearer", "The mini-batch has one too, a smaller one: the lens shows it."),
    )
    def cloud(self) -> None:
        story, rate = self.story, self.story.rate
        self.leave_only(self.map, self.star)
        box = map_in(CLOUDS, story.star, story.close)
        self.turn(self.map, along=[self.star], box=box, window=story.close, seconds=1.2)
        single, mini = (
            Cloud(self.map, partial(story.kicked, name), rate, STYLES[name]) for name in NAMES[:0:-1]
        )
        head, first, second, _ = DISTANCES.rows(4)
        notation = notation_down_to([story.distance(name, rate) for name in NAMES[1:]], 2)
        single.key(tr("stochastic"), first)
        self.show(single, run_time=0.5)
        clock = Clock(single)
        self.advance(clock, to=1, seconds=0.8, rest=0.3)
        self.hide(self.star, run_time=0.5)
        self.advance(clock, to=3, seconds=0.6, rest=0.2)
        self.run_on(clock, to=KICKS, seconds=3.2, pace="slow at first")
        told = Words(tr("mean distance to the minimum"), SMALL, self.colors, "muted")
        told.place(head.right, head.center[1], "right")
        self.say(told, single.distance_key(first, notation), run_time=0.5)
        lens = MapLens(self.map, GLASS, story.kicked("mini-batch", rate), full=story.full_loss)
        around, inside = (Cloud(lens.map, each.walk, rate, each.style) for each in (single, mini))
        mini.key(tr("mini-batch"), second)
        self.show(lens, around.at(KICKS), mini, inside, run_time=0.8)
        self.run_on(Clock(mini, inside), to=KICKS, seconds=2.5)
        self.say(mini.distance_key(second, notation), run_time=0.5)
        self.wait(1.8)
        self.clouds = single, around, mini, inside

    @beat(
        "rate",
        claim(
            "smaller_rate_shrinks",
            "A smaller rate shrinks the cloud, and every step on the way to it. So one often begins with "
            "large steps and ends with small ones.",
            "A smaller rate makes every step smaller, and the way longer.",
        ),
    )
    def smaller_rate(self) -> None:
        small = SMALLER * self.story.rate
        first, *_ = self.clouds
        self.say(first.rate_key(RATE, notation_down_to([small, self.story.rate], 2)), run_time=0.6)
        self.wait(1)
        self.turn(*self.clouds, rate=small, seconds=4)
        self.wait(5.4)

    @beat(
        "cost",
        claim(
            "is_ahead_by_epochs",
            "Counted in epochs, small batches are far ahead.",
            "Counted in epochs, small batches have made more steps.",
        ),
        claim(
            "is_level_by_updates",
            "Counted in updates, every step brings about as much, but the batch's cost most.",
            "Counted in updates, a step by all points costs as much as one by each.",
        ),
    )
    def count_updates(self) -> None:
        story, last = self.story, self.story.n_epochs
        losses = self.curves(LARGE_CURVES, last, IN_EACH_OTHER)
        x, y = UNDER_TABLE.center
        rate = Words(tr("all at {rate}", rate=story.rate_markup), SMALL, self.colors, "muted")
        rate.place(x, y, "center")
        updates = self.table_of(steps_of(story.runners), LAST_TABLE, tr("updates"))
        Clock(losses, updates, row=last * story.n_points)
        self.turn_page(losses, updates, rate)
        self.wait(3)
        self.hide(updates, run_time=0.5)
        self.turn(losses, counted=1.0, seconds=2.5)
        points = Readouts(
            LAST_TABLE,
            story.points_met,
            self.colors,
            clock=tr("update"),
            largest=last,
            head=tr("points met"),
        )
        self.show(points.at(last), run_time=0.8)
        self.wait(3)

    @beat(
        "price",
        "Eighty points take as long as one: an epoch of single points is longest.",
        claim("minis_scatter_less", "More points aim better."),
        claim(
            "all_cost_as_one",
            "All cost no more time than one: take all.",
            "Take as many as cost no more time than one.",
        ),
    )
    def price(self) -> None:
        sizes = self.story.sizes
        styles = {sizes[name]: STYLES[name] for name in NAMES}
        bars = self.bars = StepBars(
            PAGE, measured_step_times(), TIMED, styles, self.colors, n_points=self.story.n_points
        )
        bars.dial(step=0.0, epoch=0.0).remove(bars.epoch_head, *bars.epochs)
        self.turn_page(bars.head, *bars.rows, bars.foot, seconds=0.8)
        self.wait(1)
        self.redraw(turning(bars, step=bars.longest, run_time=4.2, rate_func=linear))
        self.wait(1.2)
        self.say(bars.epoch_head, *bars.epochs, run_time=0.5)
        bars.add(bars.epoch_head, *bars.epochs)
        self.wait(0.5)
        self.redraw(turning(bars, epoch=bars.longest_epoch, run_time=3.5, rate_func=linear))
        self.wait(1)
        self.say(*self.answer())
        self.wait(5)

    def answer(self) -> list[Words]:
        """What to do, and why."""
        story, theme = self.story, self.colors
        most = grouped(story.cheap_points)
        why = tr("Up to {n} points cost no more time than one:", n=most)
        take = (
            tr("take all {n} for each step.", n=story.n_points)
            if story.all_cost_as_one
            else tr("take {n} for each step.", n=most)
        )
        said = (Words(why, MEDIUM, theme), Words(take, LARGE, theme))
        return [
            words.place(row.center[0], row.bottom, "center")
            for words, row in zip(said, ANSWER.rows(2), strict=True)
        ]
