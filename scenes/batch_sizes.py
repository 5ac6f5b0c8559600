"""BatchSizes: what a step sees, and where as many epochs lead when it sees all, some or one of the points."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from manim import (
    UP,
    Create,
    FadeIn,
    FadeOut,
    Indicate,
    Mobject,
    UpdateFromAlphaFunc,
    VGroup,
    linear,
    smooth,
)
from numpy.typing import NDArray

import gdmath
from gdscenes.kit.figures.contour_panel import panel_axes
from gdscenes.kit.figures.gradient import growing
from gdscenes.kit.figures.parameter_plane import ParameterPlane
from gdscenes.kit.figures.plain_plane import DataPlane
from gdscenes.kit.lecture.choices import dataset_with_bias
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import SettingError, Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot, clearest
from gdscenes.kit.plot.axis import (
    Axis,
    Decades,
    compact,
    decades,
    round_axis,
    round_step_within,
    widest_label,
)
from gdscenes.kit.plot.contours import draw_pieces
from gdscenes.kit.plot.marks import (
    Arrow,
    Diamond,
    Dots,
    Polyline,
    Segments,
    current_disc,
    dashed,
    rectangle,
    rule,
)
from gdscenes.kit.plot.runs import GOOD, LOW, REFERENCE, RunMarks
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import decimals_for, notation_for, number
from gdscenes.kit.type.typeset import Words, literal

Array = NDArray[np.float64]

NAMES = ("batch", "mini-batch", "stochastic")
"""The runs, from many points an update to one."""
TEXTBOOK_STARTS = {"chapter-0": (0.8300, 0.7645)}
"""Where the textbook's figure of the three paths starts, to the digits printed: `nn.Linear` under seed 42."""
MINI_BATCH = 16
MOST_UPDATES = 20_000
"""Of a run; more lines could not be told apart, and a frame would take too long to draw."""
USUAL_EPOCHS, FEWEST_EPOCHS, USUAL_UPDATES = 80, 10, 8_000
SINGLE_EPOCHS = 4
"""Epochs shown one by one before the time-lapse."""
TAIL_EPOCHS = 3
"""The last ones, which the close look is about."""
FIRST_SPAN = 5.0
"""Epochs that the axis of the loss spans until the clock has passed them."""
FEW_EPOCHS = 12
"""As long as no more are shown, each has its mark on the loss curves."""
MOST_LEVELS = 24
LEAST_SHARE = 1e-8
"""Of the highest loss: what lies below leaves the logarithmic axes."""
CROWD = 300
"""Points beyond which their marks must be small."""
DIM = 0.3
LOSS_NAME = '$loss("MSE")$'

DATA_BOX = Box(140, 285, 860, 870)
MAP_BOX = Box(1040, 285, 1767, 870)
HEADER_BASELINE = 132
LEGEND_BASELINES = (84, 144, 204)
MEAN_BASELINE = 990
PANEL_TOP, PANEL_BOTTOM = 118.0, 525.0
PANEL_LEFT, PANEL_RIGHT, PANEL_GAP = 162.0, 1822.0, 71.0
NAME_BASELINE = 86
CURVES_BOX = Box(162, 652, 1090, 952)
COST_TABLE_LIFT = 350.0
LARGE_CURVES_BOX = Box(162, 150, 1090, 900)
TABLE_LEFT = 1316.0
TABLE_BASELINES = (690, 775, 845, 915, 985)
"""Head, the three runs, and the minimum where losses are compared."""


@dataclass(frozen=True)
class BatchSizesSettings(Settings):
    """What a lecturer may change."""

    dataset: str = knob("chapter-0", "preset that the line is fitted to", choices=gdmath.preset_names())
    learning_rate: float | None = knob(
        None, "step multiplier of all three; none follows from the data", minimum=0.0, open_minimum=True
    )
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
    much shorter as the batch is smaller, and the three could not be compared at one rate.
    """

    settings: BatchSizesSettings

    @property
    def start(self) -> Array:
        return np.asarray(self.runs["batch"].parameters[0])

    @property
    def n_epochs(self) -> int:
        return len(self.runs["batch"].epoch_starts) - 1

    def batch_size(self, name: str) -> int:
        return self.runs[name].batch_size or self.problem.n_rows

    def updates_in_an_epoch(self, name: str) -> int:
        return int(self.runs[name].epoch_starts[1])

    @cached_property
    def epochs(self) -> Mapping[str, Array]:
        """Epochs that have passed at each row of each run: points met, in parts of all points."""
        passed = {}
        for name, run in self.runs.items():
            size, n = self.batch_size(name), self.problem.n_rows
            epoch, update = np.divmod(np.arange(run.n_steps + 1), self.updates_in_an_epoch(name))
            passed[name] = epoch + np.minimum(update * size, n) / n
        return passed

    def row(self, name: str, clock: float) -> int:
        """The last row of a run that is complete when `clock` epochs have passed."""
        return int(np.searchsorted(self.epochs[name], clock + 1e-9, side="right")) - 1

    def first_epoch(self, name: str) -> tuple[NDArray[np.int64], ...]:
        """The points that each update of the first epoch sees."""
        n, seed = self.problem.n_rows, self.settings.seed
        return gdmath.batches(
            n, self.batch_size(name), self.updates_in_an_epoch(name), seed, shuffle=seed is not None
        )

    def landings(self, name: str) -> Array:
        """Where each update of the first epoch would land if it were the first of all, (m, 2)."""
        rate = self.runs[name].learning_rate
        return gdmath.landings(self.problem, self.start, rate, self.first_epoch(name))

    def last_epochs(self, name: str, count: int) -> int:
        """The row at which the last `count` epochs begin."""
        return int(self.runs[name].epoch_starts[-1 - min(count, self.n_epochs)])

    @cached_property
    def seen(self) -> Array:
        """All (b, w) that the wide map must hold."""
        return np.vstack([*(run.parameters for run in self.runs.values()), self.near, self.problem.minimizer])

    @cached_property
    def near(self) -> Array:
        """The start, and where any update of a first epoch would land from it."""
        return np.vstack([self.start, *(self.landings(name) for name in NAMES)])

    @cached_property
    def settled(self) -> Array:
        """All (b, w) that the close look must hold: the last epochs of the small batches, and the minimum."""
        tails = (
            self.runs[name].parameters[self.last_epochs(name, TAIL_EPOCHS) :]
            for name in ("mini-batch", "stochastic")
        )
        return np.vstack([*tails, self.problem.minimizer])


def teaching_rate(dataset: gdmath.Dataset, given: float | None) -> float:
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


def leave_room(axes: Plot, *names: Words) -> None:
    """Take away the labels of ticks that leave the page or run into the axes' names."""
    axes.labels.remove(
        *(
            label
            for label in axes.labels
            if not sheet.SAFE.contains(label.box())
            or any(label.box().overlap(name.box().grown(10)) > 0 for name in names)
        )
    )


STYLES = {"batch": REFERENCE, "mini-batch": GOOD, "stochastic": LOW}
"""Marks and colours of the runs; their lines are thin, of updates by the thousand."""


def color_of(name: str, theme: Theme) -> str:
    """The colour of a run."""
    return theme.color(STYLES[name].role)


def marks_of(name: str, theme: Theme, radius: float = 7.0) -> RunMarks:
    """The marks of a run, without the rim that would hide the ones before where they are close."""
    marks = RunMarks(STYLES[name], theme, radius)
    return marks if STYLES[name].hollow else marks.set_stroke(width=0)


class Walk(VGroup):
    """A run in the parameter plane: its updates as a thin line, a mark an epoch, a disc at the last row.

    Attributes
    ----------
    line : Polyline
    marks : RunMarks
    head : Dots
    row : int
        The last row that is drawn.
    """

    def __init__(self, name: str, run: gdmath.Trajectory, theme: Theme) -> None:
        super().__init__()
        self.run = run
        self.line = Polyline(color_of(name, theme), 2.5, 0.85)
        self.marks = marks_of(name, theme, 5.5)
        self.head = current_disc(theme, 9)
        self.row = 0
        self.add(self.line, self.marks, self.head)

    def draw(self, plot: Plot, row: int, first: int = 0) -> Walk:
        """Draw rows `first` to `row` into axes (b, w), cut exactly at their edge."""
        self.row = row
        path = self.run.parameters[first : row + 1]
        limits = np.array(plot.limits).reshape(2, 2)

        def inside(parameters: Array) -> NDArray[np.bool_]:
            within = (limits[:, 0] <= parameters) & (parameters <= limits[:, 1])
            return np.asarray(within.all(axis=1))

        if inside(path).all():
            self.line.through(plot.at(*path.T))
        else:
            draw_pieces(self.line, plot.clipped(*path.T))
        starts = self.run.epoch_starts
        epochs = self.run.parameters[starts[(max(first, 1) <= starts) & (starts <= row)]]
        for marks, places in ((self.marks, epochs), (self.head, path[-1:])):
            shown = places[inside(places)]
            if len(shown):
                marks.stand_at(plot.at(*shown.T))
            else:
                marks.clear_points()
        return self


class LossPlot(VGroup):
    """The losses of the three runs against epochs or against updates.

    Parameters
    ----------
    story : BatchSizesStory
    y : Axis
        Of the loss; `Decades` of its logarithm.
    box : Box
    theme : Theme

    Attributes
    ----------
    plot : Plot
        The axes now.
    curves : dict of str to Polyline
    marks : dict of str to RunMarks
        At each epoch, as long as they are few.
    """

    def __init__(self, story: BatchSizesStory, y: Axis, box: Box, theme: Theme) -> None:
        super().__init__()
        self.story, self.theme, self._y = story, theme, y
        left = max(box.left, sheet.SAFE.left + widest_label(y) + 24)
        self.box = Box(left, box.top, box.right, box.bottom)
        # below the others: the many updates of one epoch are a band
        self.curves = {
            name: Polyline(color_of(name, theme), 4 - 2 * (name == NAMES[-1])) for name in NAMES[::-1]
        }
        self.marks = {name: marks_of(name, theme) for name in NAMES}
        self.plot = self._axes(0.0, FIRST_SPAN)
        what = Words(y.name, SMALL, theme).place(left, box.top - 26, "center")
        if what.box().left < sheet.SAFE.left:
            what.place(sheet.SAFE.left, box.top - 26)
        self.unit = self.unit_word("epoch")
        self.add(self.plot, what, self.unit, *self.curves.values(), *self.marks.values())
        self.minimum = self._minimum()
        self.add(self.minimum)

    def unit_word(self, unit: str) -> Words:
        """What the horizontal axis counts, at its end."""
        return Words(unit, SMALL, self.theme, "muted").place(self.box.right + 48, self.box.bottom + 52)

    def _heights(self, losses: Array) -> Array:
        if not isinstance(self._y, Decades):
            return losses
        with np.errstate(divide="ignore"):
            return np.asarray(np.log10(losses))

    def _minimum(self) -> VGroup:
        """A dashed line at the minimum, its value under it where there is room; empty if below the axes."""
        minimum, theme = self.story.problem.minimum, self.theme
        height = float(self._heights(np.array(minimum)))
        if height < self._y.low:
            return VGroup()
        ends = self.plot.at([self.plot.x.low, self.plot.x.high], [height] * 2)
        line = dashed(rule(ends[0], ends[1], theme.minimum, 3), 20, 14)
        x, y = self.plot.pixels(self.plot.x.low, height)
        if y + 60 > self.box.bottom:
            return VGroup(line)
        word = Words("minimum", SMALL, theme, "minimum").place(x + 24, y + 50)
        value = Digits(number(minimum, decimals_for([minimum], 3)), SMALL, theme, "minimum")
        return VGroup(line, word, value.place(word.box().right + 16, y + 50))

    def _axes(self, low: float, high: float) -> Plot:
        step = max(1, round(round_step_within((high - low) / 2)))
        ticks = tuple(float(tick) for tick in range(math.ceil(low), int(high) + 1, step))
        return Plot(self.box, Axis(low, high, ticks, 0, ""), self._y, self.theme)

    def draw(
        self, rows: Mapping[str, int], high: float, low: float = 0.0, towards_updates: float = 0.0
    ) -> LossPlot:
        """Draw each run up to a row over `low` to `high`, a part of the way from epochs to updates."""
        if (low, high) != (self.plot.x.low, self.plot.x.high):
            axes = self._axes(low, high)
            axes.set_z_index(self.plot.z_index)
            self.submobjects[self.submobjects.index(self.plot)] = axes
            self.plot = axes
        for name, run in self.story.runs.items():
            x = self.across(name, towards_updates)[: rows[name] + 1]
            first = max(int(np.searchsorted(x, low * (1 - 1e-12))) - 1, 0) if low else 0
            last = int(np.searchsorted(x, high * (1 + 1e-12), side="right"))
            shown = slice(first, last if x[last - 1] >= high * (1 - 1e-12) else last + 1)
            draw_pieces(
                self.curves[name], self._pieces(x[shown], self._heights(run.losses[shown][: len(x[shown])]))
            )
            epochs = run.epoch_starts[run.epoch_starts <= rows[name]]
            places = np.stack([x[epochs], self._heights(run.losses[epochs])], axis=1)
            places = places[[self.plot.limits.contains(*place) for place in places]]
            if not towards_updates and len(places) and high - low <= FEW_EPOCHS:
                self.marks[name].stand_at(self.plot.at(*places.T))
            else:
                self.marks[name].clear_points()
        return self

    def _pieces(self, x: Array, heights: Array) -> list[Array]:
        """A curve cut exactly at the edge of the axes."""
        limits = self.plot.limits
        inside = (
            (limits.x_low <= x)
            & (x <= limits.x_high)
            & (limits.y_low <= heights)
            & (heights <= limits.y_high)
        )
        return [self.plot.at(x, heights)] if inside.all() else self.plot.clipped(x, heights)

    def across(self, name: str, towards_updates: float) -> Array:
        """Where each row of a run lies on the axis, a part of the way from epochs to updates."""
        epochs = self.story.epochs[name]
        return np.asarray((1 - towards_updates) * epochs + towards_updates * np.arange(len(epochs)))


class BatchSizes(Lecture):
    """Batch, mini-batch and stochastic descent on one clock: many noisy steps against few exact ones."""

    title = "How many points for one step?"
    chapter = 6
    seconds = 80
    settings = BatchSizesSettings()
    story_type = BatchSizesStory
    beats: ClassVar = {
        "whole": "Gradient descent looks at every point before it takes one step. The arrow is that step: "
        "minus the learning rate times the gradient of the loss.",
        "single": "A single point has a gradient too, and asks for a step of its own. One step says little, "
        "but the mean of them all is the step of the whole batch.",
        "mini": "A mini-batch takes the mean over a few points. Its steps scatter less, and there are fewer "
        "of them in an epoch.",
        "epoch": "One epoch: every point is met once. In the same time the batch takes a single step, and "
        "stochastic descent one for each point.",
        "race": "The same again, epoch by epoch, then faster. The paths differ in how often they may step, "
        "not in how much they have seen.",
        "settle": "Look closer, at the last epochs. The mini-batch circles near the minimum, stochastic "
        "descent in wider loops; at a fixed rate neither comes to rest.",
        "cost": "Counted in epochs, small batches are far ahead. Counted in updates they are not: one step "
        "brings about as much whatever it has seen, and the batch pays for it with all the points.",
    }
    cover = "race"

    story: BatchSizesStory

    @staticmethod
    def prepare(settings: Settings) -> BatchSizesStory:
        assert isinstance(settings, BatchSizesSettings)
        dataset = dataset_with_bias(settings.dataset)
        if dataset.name in TEXTBOOK_STARTS:
            dataset = replace(dataset, start=np.array(TEXTBOOK_STARTS[dataset.name]))
        return tell(settings, dataset)

    def construct(self) -> None:
        self.lay_out()
        self.see_all()
        self.see_one()
        self.see_some()
        self.first_epoch()
        self.race()
        self.settle()
        self.count_updates()

    # -- layout ------------------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """Windows, levels, the three boxes, and how many decimals a loss has."""
        story = self.story
        self.wide = view_of(story.seen)
        self.near = view_of(story.near)
        self.close = view_of(story.settled)
        self.levels = self.levels_for(self.wide, self.close)
        left = max(PANEL_LEFT, *(sheet.SAFE.left + widest_label(y) + 24 for _, y in (self.wide, self.close)))
        width = (PANEL_RIGHT - left - 2 * PANEL_GAP) / 3
        self.boxes = [
            Box(each, PANEL_TOP, each + width, PANEL_BOTTOM)
            for each in left + (width + PANEL_GAP) * np.arange(3)
        ]
        self.clock = 0.0
        self.table_baselines: tuple[float, ...] = TABLE_BASELINES
        tail = [run.losses[story.last_epochs(name, 1) :] for name, run in story.runs.items()]
        self.notation = notation_for(min(map(np.min, tail)), 3)
        if self.notation.power and max(map(np.max, tail)) >= 100 * 10.0**self.notation.power:
            # losses too far apart for one power of ten: the larger ones have the say
            self.notation = notation_for(max(map(np.max, tail)), 3)

    def levels_for(self, wide: tuple[Axis, Axis], close: tuple[Axis, Axis]) -> Array:
        """Levels a power of two above the minimum, from the wide view down to four in the close one."""
        problem = self.story.problem
        highest, high = (
            float(problem.loss([[b, w] for b in (x.low, x.high) for w in (y.low, y.high)]).max())
            - problem.minimum
            for x, y in (wide, close)
        )
        count = min(math.ceil(math.log2(highest / high)) + 4, MOST_LEVELS)
        return problem.minimum + gdmath.contour_levels(0.0, highest, "doubling", max(count, 4))

    def all_losses(self) -> Decades:
        """An axis for every loss of the three runs, with room for the minimum's name under its line."""
        losses = np.concatenate([run.losses for run in self.story.runs.values()])
        top = float(losses.max())
        low = max(float(losses[losses > 0].min(initial=top)), LEAST_SHARE * top)
        axis = decades(low, top, LOSS_NAME, 4)
        if math.log10(low) - axis.low < 0.3 * (axis.high - axis.low):
            axis = decades(10.0 ** (axis.low - 1), top, LOSS_NAME, 4)
        return axis

    def last_losses(self) -> Axis:
        """An axis for the losses of the small batches in the last epochs; the batch's may be higher."""
        story = self.story
        losses = np.concatenate(
            [story.runs[name].losses[story.last_epochs(name, TAIL_EPOCHS) :] for name in NAMES[1:]]
        )
        low, top = min(story.problem.minimum, float(losses.min())), float(losses.max())
        low = 0.0 if low < 0.75 * top else low - 0.5 * (top - low)
        return compact(round_axis(low, top + 0.1 * (top - low), LOSS_NAME, 4))

    def new_plane(self) -> ParameterPlane:
        """The quiet map of the loss, not yet put into a box."""
        plane = ParameterPlane(
            self.story.problem, self.story.start, self.levels, self.wide, self.colors, quiet=True
        )
        self.lay("areas", plane.contours)
        self.lay("ghosts", plane.frame)
        self.lay("marks", plane.ring, plane.diamond)
        return plane

    def change_view(
        self,
        window: tuple[Axis, Axis],
        boxes: Sequence[Box],
        follow: Callable[[], object],
        moving: VGroup,
        run_time: float,
    ) -> UpdateFromAlphaFunc:
        """The planes move to boxes while their axes go over to a window; `follow` redraws what is on them."""
        views = [(plane, _numbers(plane.plot.box, plane.x, plane.y)) for plane in self.planes]
        ends = [_numbers(box, *window) for box in boxes]

        def move(_: Mobject, share: float) -> None:
            for (plane, start), end in zip(views, ends, strict=True):
                left, top, right, bottom, *limits = end if share == 1 else start + share * (end - start)
                b_low, b_high, w_low, w_high = limits
                plane.x, plane.y = Axis(b_low, b_high, (), 0, ""), Axis(w_low, w_high, (), 0, "")
                plane.stand_in(Box(left, top, right, bottom))
            follow()

        return UpdateFromAlphaFunc(VGroup(*self.planes, moving), move, rate_func=smooth, run_time=run_time)

    # -- one beat after the other ------------------------------------------------------------------------

    def see_all(self) -> None:
        self.beat("whole")
        theme, story = self.colors, self.story
        title = Words(literal(self.title), LARGE, theme).place(sheet.WIDTH / 2, sheet.HEIGHT / 2, "center")
        self.lay("text", title)
        self.play(FadeIn(title, shift=0.2 * UP))
        self.wait(1)

        both = np.stack([story.start, story.problem.minimizer])
        self.data = DataPlane(story.dataset, story.problem, both, theme, DATA_BOX)
        data = self.data
        data.draw(story.start)
        leave_room(data.plot, *data.axis_names)
        self.map = self.new_plane().stand_in(MAP_BOX)
        self.planes = [self.map]
        self.map_axes, names = self.new_map_axes(self.wide), Plot(MAP_BOX, *self.wide, theme).name_axes()
        self.lay("grid", data.plot, data.axis_names, names)
        self.lay("lines", data.line)
        self.lay("points", data.train_dots)
        self.play(
            FadeOut(title, shift=0.2 * UP),
            FadeIn(data.plot, data.axis_names, data.train_dots),
            run_time=0.8,
        )
        self.play(Create(data.line), FadeIn(self.map, self.map_axes, names), run_time=1.2)
        self.add(self.map)

        self.residuals = Segments(theme.loss, 3, 0.6)
        crowded = story.problem.n_rows > CROWD
        self.lit = Dots(theme.ink, 7) if crowded else Dots(theme.ink, 11, rim=theme.ground)
        self.lay("residuals", self.residuals)
        self.lay("marks", self.lit)
        self.header = self.sight_header()
        everything = np.arange(story.problem.n_rows)
        self.show_sight(everything)
        self.play(FadeIn(self.residuals, self.lit, self.header), data.train_dots.animate.set_opacity(DIM))
        self.whole = self.new_arrow("batch", story.runs["batch"].parameters[1], 9)
        self.lay("marks", self.whole)
        self.legend = {"batch": self.legend_row(0, "batch", "step by all points")}
        self.redraw(growing(self.whole, 1.3), FadeIn(self.legend["batch"], run_time=1.3))
        self.data_side = VGroup(
            data.plot, data.axis_names, data.line, data.train_dots, self.residuals, self.lit
        )
        self.map_names = names
        self.wait(2.5)

    def new_map_axes(self, window: tuple[Axis, Axis]) -> Plot:
        """Ticks of the map."""
        axes = Plot(MAP_BOX, *window, self.colors, grid=False)
        leave_room(axes, *axes.name_axes())
        axes.lines.remove(*axes.lines[:2])  # the map's frame stands for the axes
        self.lay("grid", axes)
        return axes

    def sight_header(self) -> VGroup:
        """How many of the points one step sees."""
        theme, n, left = self.colors, str(self.story.problem.n_rows), self.data.plot.box.left
        self.sight = Digits(n, LARGE, theme).place(left, HEADER_BASELINE)
        of = Words(f"of {n} points", MEDIUM, theme).place(self.sight.box().right + 24, HEADER_BASELINE)
        step = Words("for one step", MEDIUM, theme, "muted").place(of.box().right + 24, HEADER_BASELINE)
        header = VGroup(self.sight, of, step)
        self.lay("text", header)
        return header

    def show_sight(self, rows: NDArray[np.int64]) -> None:
        """Light the points that one update sees, with their residuals from the start."""
        problem, plot = self.story.problem, self.data.plot
        x, y = problem.x[rows], problem.y[rows]
        points = plot.at(x, y)
        self.lit.stand_at(points)
        self.residuals.set_ends(points, plot.at(x, problem.predict(self.story.start, x)))
        width = 6 if len(rows) == 1 else 3 if len(rows) <= CROWD else 1
        self.residuals.set_stroke(width=sheet.stroke(width))
        self.sight.spell(str(len(rows)), align="right")

    def new_arrow(self, name: str, landing: Array, width: float) -> Arrow:
        """An update from the start, at its true length on the map."""
        plot = self.map.plot
        arrow = Arrow(color_of(name, self.colors), width)
        arrow.between(plot.at(*self.story.start), plot.at(*landing))
        self.lay("points", arrow)
        return arrow

    def legend_row(self, place: int, name: str, words: str) -> VGroup:
        """What an arrow is, over the map."""
        baseline = LEGEND_BASELINES[place]
        y = baseline - 13
        arrow = Arrow(color_of(name, self.colors), 7).between(
            sheet.at(MAP_BOX.left, y), sheet.at(MAP_BOX.left + 70, y)
        )
        row = VGroup(arrow, Words(words, SMALL, self.colors).place(MAP_BOX.left + 100, baseline))
        self.lay("text", row)
        return row

    def see_one(self) -> None:
        self.beat("single")
        theme, story = self.colors, self.story
        self.look_at_start()
        rows, landed = story.first_epoch("stochastic"), story.landings("stochastic")
        legend = self.legend_row(1, "stochastic", "step by one point")
        self.legend["stochastic"] = legend
        self.fan = Segments(color_of("stochastic", theme), 2.5, 0.75)
        self.lay("lines", self.fan)
        here = self.map.plot.at(*story.start)
        ends = self.map.plot.at(*landed.T)

        def open_fan(count: int) -> None:
            if count:
                self.fan.set_ends(np.tile(here, (count, 1)), ends[:count])

        singly = min(3, len(rows))
        arrow: Arrow | None = None
        for index in range(singly):
            self.show_sight(rows[index])
            open_fan(index)
            if arrow is not None:
                self.remove(arrow)
                self.add(self.fan)
            arrow = self.new_arrow("stochastic", landed[index], 7)
            first = [FadeIn(legend)] if index == 0 else []
            self.redraw(growing(arrow, 1 if index == 0 else 0.7), *first)
            self.wait(1 if index == 0 else 0.3)
        assert arrow is not None
        self.remove(arrow)
        self.add(self.fan)

        def fan_out(_: Mobject, share: float) -> None:
            count = singly + round(share * (len(rows) - singly))
            open_fan(count)
            self.show_sight(rows[count - 1])

        moving = VGroup(self.fan, self.residuals, self.lit, self.sight)
        self.play(UpdateFromAlphaFunc(moving, fan_out, rate_func=linear), run_time=3)
        mean = Words("their mean is the step by all points", SMALL, theme)
        mean.place(MAP_BOX.center[0], MEAN_BASELINE, "center")
        self.legend["mean"] = VGroup(mean)
        self.lay("text", mean)
        self.play(
            self.fan.animate.set_stroke(opacity=0.5),
            Indicate(self.whole, scale_factor=1.0, color=theme.ink),
            FadeIn(mean),
            run_time=1.2,
        )
        self.wait(2)

    def look_at_start(self) -> None:
        """The map comes closer, until the steps from the start fill it."""
        landing = self.story.runs["batch"].parameters[1]

        def follow() -> None:
            plot = self.map.plot
            self.whole.between(plot.at(*self.story.start), plot.at(*landing))

        closer = self.new_map_axes(self.near)
        self.play(FadeOut(self.map_axes), run_time=0.4)
        self.play(self.change_view(self.near, [MAP_BOX], follow, VGroup(self.whole), 1.6))
        self.play(FadeIn(closer), run_time=0.4)
        self.map_axes = closer

    def see_some(self) -> None:
        self.beat("mini")
        story = self.story
        rows, landed = story.first_epoch("mini-batch"), story.landings("mini-batch")
        whole = [batch for batch in rows if len(batch) == len(rows[0])]  # the last may hold what is left
        legend = self.legend_row(2, "mini-batch", f"step by {len(rows[0])} points")
        self.play(FadeOut(self.legend["mean"]), self.fan.animate.set_stroke(opacity=0.35), run_time=0.5)
        self.minis = VGroup()
        for index in range(min(5, len(whole))):
            self.show_sight(rows[index])
            arrow = self.new_arrow("mini-batch", landed[index], 5)
            first = [FadeIn(legend)] if index == 0 else []
            self.redraw(growing(arrow, 1 if index == 0 else 0.7), *first)
            self.minis.add(arrow)
            self.wait(1 if index == 0 else 0.3)
        self.legend["mini-batch"] = legend
        self.wait(2)

    def first_epoch(self) -> None:
        self.beat("epoch")
        theme, story = self.colors, self.story
        self.play(
            FadeOut(self.data_side, self.header, self.fan, self.whole, self.minis),
            FadeOut(*(row for key, row in self.legend.items() if key != "mean")),
            FadeOut(self.map_axes, self.map_names),
            run_time=0.7,
        )
        for _ in NAMES[1:]:
            plane = self.new_plane()
            plane.x, plane.y = self.map.x, self.map.y
            self.planes.append(plane.stand_in(MAP_BOX))
        self.add(*self.planes)
        self.play(self.change_view(self.wide, self.boxes, lambda: None, VGroup(), 1.8))
        self.axes = self.ticks_and_names(self.wide)
        self.heads = self.panel_heads()
        self.walks = {
            name: Walk(name, story.runs[name], theme).draw(plane.plot, 0)
            for name, plane in zip(NAMES, self.planes, strict=True)
        }
        self.losses = LossPlot(story, self.all_losses(), CURVES_BOX, theme).draw(self.rows(0), FIRST_SPAN)
        self.table = self.new_table()
        for walk in self.walks.values():
            self.lay("lines", walk.line)
            self.lay("points", walk.marks)
            self.lay("moving", walk.head)
        self.lay("lines", self.losses)
        self.lay("grid", self.losses.plot)
        self.play(FadeIn(*self.axes, self.heads), run_time=0.8)
        counters = (self.counter, self.clock_value, self.column, *self.counts.values())
        self.play(FadeIn(self.losses, self.table, *counters, *self.walks.values()), run_time=0.8)
        self.wait(0.5)
        self.run_to(1, 5, linear)
        self.wait(2)

    def ticks_and_names(self, window: tuple[Axis, Axis]) -> VGroup:
        """Ticks and names of the three panels; the heights, which they share, are said once."""
        theme, drawn = self.colors, VGroup()
        x, y = window
        names = [Words(y.name, MEDIUM, theme) for _ in NAMES]
        box, place = self.boxes[0], Plot(self.boxes[0], x, y, theme, grid=False).pixels
        across, down = np.meshgrid(*[np.linspace(-24, 24, 5)] * 2)
        diamond = place(*self.story.problem.minimizer) + np.stack([across, down], axis=-1).reshape(-1, 2)
        taken = np.vstack([diamond, *(place(*self.shown_rows(name, window).T) for name in NAMES)])
        width, height = names[0].box().width + 20, 50.0
        corners = [
            Box(left, top, left + width, top + height)
            for top in (box.top + 12, box.bottom - 12 - height)
            for left in (box.left + 12, box.right - 12 - width)
        ]
        corner = clearest(corners, taken)
        for index, (box, name) in enumerate(zip(self.boxes, names, strict=True)):
            axes = Plot(box, x, y if index == 0 else replace(y, ticks=()), theme, grid=False)
            name.place(corner.left + 10 + box.left - self.boxes[0].left, corner.bottom - 16)
            plate = rectangle(name.box().grown(8), theme.ground, fill=1)
            end = Words(x.name, MEDIUM, theme).place(box.right, box.bottom + 52, "right")
            leave_room(axes, end)
            axes.lines.remove(*axes.lines[:2])  # the panel's frame stands for the axes
            self.lay("grid", axes)
            self.lay("ghosts", plate)
            self.lay("text", name, end)
            drawn.add(axes, plate, name, end)
        return drawn

    def shown_rows(self, name: str, window: tuple[Axis, Axis]) -> Array:
        """The rows of a run that a view shows."""
        first = self.story.last_epochs(name, TAIL_EPOCHS) if window is self.close else 0
        return np.asarray(self.story.runs[name].parameters[first:])

    def panel_heads(self) -> VGroup:
        """Name and mark of each run over its panel, and how many points one of its updates sees."""
        theme, heads = self.colors, VGroup()
        for name, box in zip(NAMES, self.boxes, strict=True):
            size = self.story.batch_size(name)
            middle = NAME_BASELINE - 15
            line = rule(
                sheet.at(box.left, middle), sheet.at(box.left + 64, middle), color_of(name, theme), 2.5
            )
            mark = marks_of(name, theme).stand_at(sheet.at([box.left + 32], [middle]))
            sees = Words(f"{size} point" + "s" * (size > 1), SMALL, theme, "muted")
            sees.place(box.right, NAME_BASELINE, "right")
            word = Words(name, MEDIUM, theme).place(box.left + 84, NAME_BASELINE)
            if word.box().right + 20 > sees.box().left:
                word = Words(name, SMALL, theme).place(box.left + 84, NAME_BASELINE)
            heads.add(VGroup(line, mark, word, sees))
        self.lay("text", heads)
        return heads

    def new_table(self) -> VGroup:
        """The counters: epochs on the clock, and the updates that each run has made."""
        self.counter, self.clock_value = self.table_head("epoch", 0)
        self.column = self.column_head("updates")
        first, *baselines = self.table_baselines[:4]
        line = rule(
            sheet.at(TABLE_LEFT, first + 30), sheet.at(PANEL_RIGHT, first + 30), self.colors.axis, 2.5
        )
        rows = VGroup(line)
        for name, baseline in zip(NAMES, baselines, strict=True):
            mark = marks_of(name, self.colors).stand_at(sheet.at([TABLE_LEFT + 14], [baseline - 13]))
            rows.add(mark, Words(name, SMALL, self.colors).place(TABLE_LEFT + 52, baseline))
        self.counts = self.new_counts(dict.fromkeys(NAMES, 0))
        self.lay("text", rows)
        return rows

    def table_head(self, unit: str, count: int) -> tuple[Words, Digits]:
        """What the clock counts, and where it stands."""
        word = Words(unit, SMALL, self.colors, "muted").place(TABLE_LEFT, self.table_baselines[0])
        value = Digits(str(count), LARGE, self.colors).place(word.box().right + 24, self.table_baselines[0])
        self.lay("text", word, value)
        return word, value

    def column_head(self, source: str) -> Words:
        word = Words(source, SMALL, self.colors, "muted").place(PANEL_RIGHT, self.table_baselines[0], "right")
        self.lay("text", word)
        return word

    def new_counts(self, counts: Mapping[str, int]) -> dict[str, Digits]:
        """A number for each run."""
        return {
            name: self.table_figures(str(counts[name]), baseline)
            for name, baseline in zip(NAMES, self.table_baselines[1:4], strict=True)
        }

    def table_figures(self, text: str, baseline: float, role: str = "ink") -> Digits:
        figures = Digits(text, MEDIUM, self.colors, role).place(PANEL_RIGHT, baseline, "right")
        self.lay("text", figures)
        return figures

    def rows(self, clock: float) -> dict[str, int]:
        """The row of each run when `clock` epochs have passed."""
        return {name: self.story.row(name, clock) for name in NAMES}

    def show_clock(self, clock: float) -> None:
        """Everything that belongs to a moment of the race, each run at the last row it has completed."""
        self.clock = clock
        rows = self.rows(clock)
        for (name, walk), plane in zip(self.walks.items(), self.planes, strict=True):
            walk.draw(plane.plot, rows[name])
            self.counts[name].spell(str(rows[name]), align="right")
        self.losses.draw(rows, max(FIRST_SPAN, clock))
        self.clock_value.spell(str(int(clock + 1e-9)))

    def run_to(self, clock: float, seconds: float, pace: object = smooth) -> None:
        """Let the clock run on to an epoch."""
        before = self.clock

        def run(_: Mobject, share: float) -> None:
            self.show_clock(before + share * (clock - before) if share < 1 else clock)

        moving = VGroup(self.losses, self.clock_value, *self.counts.values(), *self.walks.values())
        self.play(UpdateFromAlphaFunc(moving, run, rate_func=pace), run_time=seconds)

    def race(self) -> None:
        self.beat("race")
        last = self.story.n_epochs
        for epoch in range(2, min(SINGLE_EPOCHS, last - 1) + 1):
            self.run_to(epoch, 1.4, linear)
            self.wait(0.4)
        self.run_to(last, 7)
        self.wait(2.5)

    def settle(self) -> None:
        self.beat("settle")
        theme, story = self.colors, self.story
        before = VGroup(*(walk.copy() for walk in self.walks.values()))
        self.remove(*self.walks.values())
        self.show_tails(0.0)
        self.lay("residuals", *(plane.diamond for plane in self.planes))  # under paths as small as itself
        self.add(*self.planes, *self.walks.values())
        self.play(FadeOut(self.losses, *self.axes, before, self.column, *self.counts.values()), run_time=0.8)
        walks = VGroup(*self.walks.values())
        self.play(self.change_view(self.close, self.boxes, lambda: self.show_tails(0.0), walks, 2))
        self.axes = self.ticks_and_names(self.close)
        self.losses = LossPlot(story, self.last_losses(), CURVES_BOX, theme)
        baselines = self.table_baselines[1:4]
        self.now = {
            name: self.table_figures(self.loss_text(name, story.last_epochs(name, 1)), baseline, "loss")
            for name, baseline in zip(NAMES, baselines, strict=True)
        }
        self.column = self.column_head(LOSS_NAME)
        self.lowest = self.minimum_row()
        self.away = self.note_on_the_way()
        self.lay("lines", self.losses)
        self.lay("grid", self.losses.plot)
        self.show_tails(0.0)
        self.play(
            FadeIn(*self.axes, self.losses, self.column, *self.now.values(), self.lowest, self.away),
            run_time=0.8,
        )

        def replay(_: Mobject, share: float) -> None:
            self.show_tails(share)

        moving = VGroup(walks, self.losses, self.clock_value, *self.now.values())
        self.play(UpdateFromAlphaFunc(moving, replay, rate_func=linear), run_time=6)
        self.wait(2.5)

    def loss_text(self, name: str, row: int) -> str:
        return self.notation.write(self.story.runs[name].losses[row])

    def show_tails(self, share: float) -> None:
        """The last epochs of each run, the very last of them a part `share` over."""
        last = self.story.n_epochs
        clock = last - 1 + share
        rows = self.rows(clock)
        for (name, walk), plane in zip(self.walks.items(), self.planes, strict=True):
            walk.draw(plane.plot, rows[name], first=self.story.last_epochs(name, TAIL_EPOCHS))
        self.clock_value.spell(str(int(clock + 1e-9)))
        if hasattr(self, "now"):
            self.losses.draw(rows, last, low=max(last - TAIL_EPOCHS, 0))
            for name, figures in self.now.items():
                figures.spell(self.loss_text(name, rows[name]), align="right")

    def minimum_row(self) -> VGroup:
        """The least loss that there is, under those of the runs."""
        theme, baseline = self.colors, self.table_baselines[4]
        mark = Diamond(theme).stand_at(sheet.at(TABLE_LEFT + 14, baseline - 13))
        word = Words("minimum", SMALL, theme, "minimum").place(TABLE_LEFT + 52, baseline)
        value = self.notation.write(self.story.problem.minimum)
        self.lay("text", mark, word)
        return VGroup(mark, word, self.table_figures(value, baseline, "minimum"))

    def note_on_the_way(self) -> VGroup:
        """Said of a run that has not come into the close view."""
        notes = VGroup()
        for name, plane in zip(NAMES, self.planes, strict=True):
            if not plane.plot.limits.contains(*self.story.runs[name].parameters[-1]):
                x, _ = plane.plot.box.center
                word = Words("not here yet", SMALL, self.colors)
                notes.add(word.place(x, plane.plot.box.bottom - 36, "center"))
        self.lay("text", notes)
        return notes

    def count_updates(self) -> None:
        self.beat("cost")
        theme, story = self.colors, self.story
        last = float(story.n_epochs)
        rows = self.rows(last)
        self.table_baselines = tuple(baseline - COST_TABLE_LIFT for baseline in TABLE_BASELINES)
        table = VGroup(self.table, self.counter, self.clock_value)
        self.play(
            FadeOut(self.losses, self.lowest, self.away, *self.axes, self.heads),
            FadeOut(self.column, *self.now.values(), *self.planes, *self.walks.values()),
            table.animate.shift(sheet.units(COST_TABLE_LIFT) * UP),
            run_time=1,
        )
        self.losses = LossPlot(story, self.all_losses(), LARGE_CURVES_BOX, theme).draw(rows, last)
        self.column = self.column_head("updates")
        self.counts = self.new_counts(rows)
        self.lay("lines", self.losses)
        self.lay("grid", self.losses.plot)
        self.play(FadeIn(self.losses, self.column, *self.counts.values()), run_time=1)
        self.wait(2.2)
        self.stretch_to_updates(rows, last)
        self.wait(3)

    def stretch_to_updates(self, rows: dict[str, int], last: float) -> None:
        """The axis goes over from epochs to as many updates; the table, to the points they have met."""
        losses = self.losses
        unit = losses.unit_word("update")
        self.lay("lines", unit)
        gone = (losses.unit, self.column, self.counter, self.clock_value, *self.counts.values())
        losses.remove(losses.unit)
        self.play(FadeOut(*gone), run_time=0.5)

        def stretch(_: Mobject, share: float) -> None:
            losses.draw(rows, last, towards_updates=share)

        self.play(FadeIn(unit), UpdateFromAlphaFunc(losses, stretch, rate_func=smooth), run_time=2.5)
        self.counter, self.clock_value = self.table_head("update", int(last))
        self.column = self.column_head("points met")
        seen = {name: self.points_met(name, int(last)) for name in NAMES}
        self.counts = self.new_counts(seen)
        self.play(FadeIn(self.counter, self.clock_value, self.column, *self.counts.values()), run_time=0.8)

    def points_met(self, name: str, row: int) -> int:
        """Points that a run has looked at, with repetition, by a row."""
        return round(float(self.story.epochs[name][row]) * self.story.problem.n_rows)


def _numbers(box: Box, x: Axis, y: Axis) -> Array:
    return np.array([box.left, box.top, box.right, box.bottom, x.low, x.high, y.low, y.high])


def view_of(seen: Array) -> tuple[Axis, Axis]:
    """Axes round some (b, w), for the map and its panels alike."""
    low, high = seen.min(axis=0), seen.max(axis=0)
    margin = 0.1 * np.maximum(high - low, 1e-6 * np.abs(seen).max(axis=0) + 1e-300)
    (b_min, w_min), (b_max, w_max) = low - margin, high + margin
    return panel_axes(MAP_BOX, gdmath.Window(b_min, b_max, w_min, w_max))


def tell(settings: BatchSizesSettings, dataset: gdmath.Dataset) -> BatchSizesStory:
    """Run the three descents on a dataset.

    Raises
    ------
    SettingError
        If the batch is no part of the data, the rate throws single points about, or the updates are too many.
    """
    n = len(dataset.train_indices)
    if np.ptp(dataset.x_train) == 0:
        raise SettingError(
            "--dataset", dataset.name, "a feature that varies", "take another: no line fits best"
        )
    dataset = replace(
        dataset,
        reduction="mean",
        learning_rate=dataset.learning_rate * (n if dataset.reduction == "sum" else 1),
    )
    problem = dataset.problem()
    size = settings.batch_size or min(MINI_BATCH, max(2, n // 3))
    if not 1 < size < n:
        raise SettingError(
            "--batch-size", size, f"2 to {n - 1}, less than the {n} points of {dataset.name}", "give another"
        )
    rate = teaching_rate(dataset, settings.learning_rate)
    n_epochs = settings.n_epochs or max(FEWEST_EPOCHS, min(USUAL_EPOCHS, USUAL_UPDATES // n))
    if n * n_epochs > MOST_UPDATES:
        raise SettingError(
            "--n-epochs",
            n_epochs,
            f"up to {MOST_UPDATES // n}, {MOST_UPDATES} single updates on {n} points",
            "give fewer epochs",
        )
    runs = {}
    for name, each in zip(NAMES, (n, size, 1), strict=True):
        runs[name] = gdmath.descend(
            problem,
            dataset.start,
            rate,
            n_epochs * -(-n // each),
            batch_size=None if each == n else each,
            seed=settings.seed,
            shuffle=settings.seed is not None,
        )
    return BatchSizesStory(settings=settings, dataset=dataset, runs=runs)
