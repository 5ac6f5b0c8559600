"""BatchSizes: what a step sees, and where as many epochs lead when it sees all, some or one of the points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from manim import FadeIn, FadeOut, Indicate
from numpy.typing import NDArray

import gdmath
from gdscenes.kit.figures.contour_map import ContourMap, maps_in_a_row
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.figure import stand_in_a_row
from gdscenes.kit.figures.losses import LossCurves, losses_close_up
from gdscenes.kit.figures.readouts import Readout, Readouts, losses_of, minimum_of, steps_of
from gdscenes.kit.figures.sight import Sight
from gdscenes.kit.figures.updates import Updates
from gdscenes.kit.lecture.beats import beat, claim
from gdscenes.kit.lecture.choices import (
    DescentSettings,
    dataset_with_bias,
    epochs_of_single_points,
    mini_batch_size,
    rate_for_single_points,
)
from gdscenes.kit.lecture.clock import Clock
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.lecture.settings import SettingError, Settings, knob
from gdscenes.kit.lecture.story import UP_TO, Story
from gdscenes.kit.page.cell import PAGE, Cell
from gdscenes.kit.page.sheet import SMALL
from gdscenes.kit.plot.axis import Axis
from gdscenes.kit.plot.runs import GOOD, LOW, REFERENCE
from gdscenes.kit.type.notation import Notation, notation_down_to
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

STYLES = {
    "batch": replace(REFERENCE, width=3.0, dash=1, gap=0),
    "mini-batch": replace(GOOD, width=3.0),
    "stochastic": replace(LOW, width=2.0, dash=1, gap=0),
}
"""From many points an update to one; the lines are thin, of updates by the thousand."""
NAMES = tuple(STYLES)
TEXTBOOK_STARTS = {"chapter-0": (0.8300, 0.7645)}
"""Where the textbook's figure of the three paths starts, to the digits printed: `nn.Linear` under seed 42."""
SINGLE_EPOCHS = 4
"""Epochs shown one by one before the time-lapse."""
TAIL_EPOCHS = 3
"""The last ones, which the close look is about."""
FIRST_SPAN = 5
"""Epochs that the axis of the loss spans until the clock has passed them."""
MOST_LEVELS = 24
DIM = 0.3
"""Opacity of the points that an update does not see."""

HEAD, PICTURE, FOOT = PAGE.rows(180, 734, 80)
DATA, MAP = PICTURE.columns(2, gap=60)
OVER_DATA, OVER_MAP = HEAD.columns(2, gap=60)
KEYS = OVER_MAP.rows(3)
MAPS, BELOW = PAGE.rows(547, 447)
CURVES, TABLE = BELOW.columns(2, 1, gap=60)
LARGE_CURVES, BESIDE = PAGE.columns(2, 1, gap=60)
LAST_TABLE = BESIDE.rows(1, 2, 1)[1]


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
        None,
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

    @cached_property
    def runners(self) -> list[Runner]:
        runners = []
        for name, run in self.runs.items():
            size, met = run.batch_size or self.n_points, run.epochs_passed(self.n_points) * self.n_points
            fact = f"{size} point" + "s" * (size > 1)
            runners.append(Runner(name, run, STYLES[name], name, fact=fact, times=np.rint(met)))
        return runners

    @cached_property
    def points_met(self) -> list[Readout]:
        """How many points each run has looked at, with repetition, when a clock counts its updates."""
        return [
            Readout(each.label, each.moments, Notation(0), runner=replace(each, times=None))
            for each in self.runners
        ]

    def first_epoch(self, name: str) -> tuple[NDArray[np.int64], ...]:
        """The points that each update of the first epoch sees."""
        run, seed = self.runs[name], self.settings.seed
        size, count = run.batch_size or self.n_points, int(run.epoch_starts[1])
        return gdmath.batches(self.n_points, size, count, seed, shuffle=seed is not None)

    def landings(self, name: str) -> Array:
        """Where each update of the first epoch would land if it were the first of all, (m, 2)."""
        rate = self.runs[name].learning_rate
        return gdmath.landings(self.problem, self.start, rate, self.first_epoch(name))

    def tail(self, name: str, epochs: int) -> slice:
        """The rows of the last epochs of a run."""
        return slice(int(self.runs[name].epoch_starts[-1 - epochs]), None)

    def last_losses(self, names: tuple[str, ...], epochs: int) -> Array:
        """The losses of some runs in their last epochs."""
        return np.concatenate([self.runs[name].losses[self.tail(name, epochs)] for name in names])

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

    def loops(self, name: str) -> float:
        """How wide a run's last epochs are."""
        return gdmath.behaviour.spread(self.runs[name].parameters[self.tail(name, TAIL_EPOCHS)])

    @property
    def neither_rests(self) -> bool:
        return not any(gdmath.behaviour.comes_to_rest(self.runs[name]) for name in NAMES[1:])

    @property
    def circles_near_the_minimum(self) -> bool:
        """Whether the mini-batch stays near the minimum at last, and single points go in wider loops."""
        left = gdmath.behaviour.excess_left(self.problem, self.runs["mini-batch"])
        is_near = left[self.tail("mini-batch", TAIL_EPOCHS)].max() < gdmath.behaviour.NEARLY_DONE
        return bool(is_near and self.neither_rests and self.loops("stochastic") > self.loops("mini-batch"))

    def left_after(self, updates: dict[str, int]) -> list[float]:
        """The part of the excess that each run has left after so many updates."""
        left = {name: gdmath.behaviour.excess_left(self.problem, self.runs[name]) for name in updates}
        return [float(left[name][k]) for name, k in updates.items()]

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
    def close(self) -> gdmath.Window:
        """Round the last epochs of the small batches, and the minimum."""
        tails = (self.runs[name].parameters[self.tail(name, TAIL_EPOCHS)] for name in NAMES[1:])
        return gdmath.Window.around(np.vstack([*tails, self.problem.minimizer]))

    @property
    def full_loss(self) -> float:
        """As in the lectures that start elsewhere."""
        start = gdmath.preset(self.dataset.name).start if self.starts_elsewhere else self.start
        return UP_TO * float(self.problem.loss(start))

    @cached_property
    def levels(self) -> Array:
        """Rises above the minimum by powers of two, from the wide window down to a few in the close one."""
        least = self.problem.minimum
        high, low = (float(self.problem.loss(each.corners).max()) - least for each in (self.wide, self.close))
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
    return BatchSizesStory(settings=settings, dataset=dataset, runs=runs)


class BatchSizes(Lecture):
    """Batch, mini-batch and stochastic descent on one clock: many noisy steps against few exact ones."""

    title = "How many points for one step?"
    question = "Must every step look at all the points?"
    hand_over = "What is a step in code? One weight shows it."
    chapter = 6
    seconds = 87
    settings = BatchSizesSettings()
    story_type = BatchSizesStory

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
        "Batch descent does: the arrow, minus the rate times the gradient.",
        claim("starts_elsewhere", "The start is not that of the other films."),
    )
    def see_all(self) -> None:
        self.title_card()
        story, theme = self.story, self.colors
        plane = DataPlane(story.dataset, DATA, theme, [story.start, story.problem.minimizer])
        plane.remove(plane.validation)
        self.map = ContourMap(
            MAP, story.problem, story.wide, story.levels, theme, start=story.start, full=story.full_loss
        )
        stand_in_a_row([DATA, MAP], [plane, self.map])
        self.show(plane, run_time=0.8)
        plane.dial(parameters=story.start)
        self.show(plane.line, self.map, run_time=1.2)
        self.heights = self.map.number_levels()
        self.show(self.heights, run_time=0.6)
        self.sight = Sight(OVER_DATA, plane.dial(grown=1.0)).at(0)
        lit = FadeIn(plane.residuals, plane.lit, self.sight.header)
        self.play(lit, plane.train.animate.set_opacity(DIM))
        self.whole = Updates(self.map, story.start, story.landings("batch"), STYLES["batch"], 9)
        self.say(self.whole.key("step by all points", KEYS[0]), run_time=0.5)
        self.advance(Clock(self.whole), to=1, seconds=1.3, rest=3.2)

    @beat(
        "single",
        "A single point has a gradient too, and asks for its own step. The steps differ; the mean of them "
        "all is the batch's step.",
    )
    def see_one(self) -> None:
        story, batches = self.story, self.story.first_epoch("stochastic")
        self.hide(self.heights, run_time=0.3)
        self.turn(self.map, window=story.near, along=[self.whole], seconds=1.6)
        landings, style = story.landings("stochastic"), STYLES["stochastic"]
        self.fan = Updates(self.map, story.start, landings, style, many=True)
        self.say(self.fan.key("step by one point", KEYS[1]), run_time=0.5)
        clock = Clock(self.sight.through(batches), self.fan)
        self.advance(clock, to=min(3, len(batches)), seconds=0.8)
        self.run_on(clock, to=len(batches), seconds=3)
        self.mean = Words("their mean is the step by all points", SMALL, self.colors)
        self.mean.place(self.map.box.center[0], FOOT.center[1], "center")
        self.play(
            self.fan.lines.animate.set_stroke(opacity=0.5),
            Indicate(self.whole, scale_factor=1.0, color=self.colors.ink),
            FadeIn(self.mean),
            run_time=1.2,
        )
        self.wait(2)

    @beat(
        "mini",
        "A mini-batch takes the mean over a few points.",
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
        self.play(FadeOut(self.mean), self.fan.lines.animate.set_stroke(opacity=0.35), run_time=0.5)
        landings, style = story.landings("mini-batch")[:count], STYLES["mini-batch"]
        minis = Updates(self.map, story.start, landings, style, 5)
        self.say(minis.key(f"step by {size} points", KEYS[2]), run_time=0.5)
        self.advance(Clock(self.sight.through(batches), minis), to=count, seconds=0.7, rest=0.35)
        self.wait(1.8)

    @beat(
        "epoch",
        "One epoch: every point is met once. In the same time the batch takes a single step, and "
        "stochastic descent one for each point.",
    )
    def one_epoch(self) -> None:
        story, theme = self.story, self.colors
        self.leave_only(self.map)
        self.hide(self.map.ruler, run_time=0.4)
        self.maps = maps_in_a_row(
            MAPS,
            story.runners,
            story.problem,
            story.wide,
            story.levels,
            theme,
            full=story.full_loss,
            later=[story.close],
        )
        self.turn_into((self.map, self.maps[0]))
        self.show(*self.maps[1:], run_time=0.8)
        losses = self.curves(CURVES, FIRST_SPAN)
        self.table = self.table_of(steps_of(story.runners), TABLE, "updates")
        self.clock = Clock(*self.maps, losses, self.table)
        self.show(losses, self.table, run_time=0.8)
        self.wait(0.5)
        self.run_on(self.clock, to=story.n_points, seconds=5)
        self.wait(2)

    def curves(
        self, cell: Cell, span: float | tuple[float, float], y: Axis | Literal["decades"] = "decades"
    ) -> LossCurves:
        """The losses against epochs; that of the many updates lies under the others."""
        story = self.story
        return LossCurves(
            cell,
            story.runners[::-1],
            self.colors,
            y=y,
            span=span,
            minimum=story.problem.minimum,
            name=story.loss_markup,
            unit="epoch",
            per=story.n_points,
        )

    def table_of(self, readouts: list[Readout], cell: Cell, head: str) -> Readouts:
        last, n = self.story.n_epochs, self.story.n_points
        return Readouts(cell, readouts, self.colors, clock="epoch", largest=last, per=n, head=head)

    @beat(
        "race",
        "The same again, epoch by epoch, then faster. The paths differ in how often they may step, "
        "not in how much they have seen.",
        cover=True,
    )
    def race(self) -> None:
        last, n = self.story.n_epochs, self.story.n_points
        for epoch in range(2, min(SINGLE_EPOCHS, last - 1) + 1):
            self.run_on(self.clock, to=epoch * n, seconds=1.4)
            self.wait(0.4)
        self.run_on(self.clock, to=last * n, seconds=7, pace="slow at first")
        self.wait(2.5)

    @beat(
        "settle",
        "Look closer, at the last epochs.",
        claim(
            "circles_near_the_minimum",
            "The mini-batch circles near the minimum, stochastic descent in wider loops; at a fixed rate "
            "neither comes to rest.",
            claim(
                "neither_rests",
                "Neither the mini-batch nor stochastic descent has come to rest.",
                "A step is as long as its gradient: where those of all points vanish, descent comes to rest.",
            ),
        ),
    )
    def settle(self) -> None:
        story, n, last = self.story, self.story.n_points, self.story.n_epochs
        self.leave_only(*self.maps)
        self.turn(*self.maps, window=story.close, since=float((last - TAIL_EPOCHS) * n), seconds=2)
        shown, least = story.last_losses(NAMES[1:], TAIL_EPOCHS), story.problem.minimum
        y = losses_close_up(shown, least, story.loss_markup)
        losses = self.curves(CURVES, (last - TAIL_EPOCHS, last), y)
        notation = notation_down_to(story.last_losses(NAMES, 1))
        rows = [*losses_of(story.runners, notation), minimum_of(story.problem, notation)]
        self.table = self.table_of(rows, TABLE, story.loss_markup)
        self.clock = Clock(*self.maps, losses, self.table, row=(last - 1) * n)
        away = [map_ for map_ in self.maps if not map_.shows(map_.runners[0].run.parameters[-1])]
        self.show(losses, self.table, *(each.note("not here yet") for each in away), run_time=0.8)
        self.run_on(self.clock, to=last * n, seconds=6)
        self.wait(2.5)

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
        losses = self.curves(LARGE_CURVES, last)
        updates = self.table_of(steps_of(story.runners), LAST_TABLE, "updates")
        Clock(losses, updates, row=last * story.n_points)
        self.turn_page(losses, updates)
        self.wait(3.6)
        self.hide(updates, run_time=0.5)
        self.turn(losses, counted=1.0, seconds=2.5)
        points = Readouts(
            LAST_TABLE, story.points_met, self.colors, clock="update", largest=last, head="points met"
        )
        self.show(points.at(last), run_time=0.8)
        self.wait(5.3)
