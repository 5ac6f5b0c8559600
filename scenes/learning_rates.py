"""LearningRates: a low, a good and a divergent rate, on each parameter's cut, together, and on the cliff."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from manim import (
    UP,
    Create,
    FadeIn,
    FadeOut,
    Mobject,
    ReplacementTransform,
    Transform,
    UpdateFromAlphaFunc,
    VGroup,
    VMobject,
    config,
    linear,
    smooth,
)
from numpy.typing import NDArray

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.contour_panel import ContourPanel, panel_axes, panel_names
from gdscenes.kit.figures.loss_curves import LossCurves
from gdscenes.kit.lecture.choices import dataset_with_bias, three_learning_rates
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.plot.axes import Plot, clearest
from gdscenes.kit.plot.axis import Axis, Decades, clear_of_name, compact, round_axis, widest_label
from gdscenes.kit.plot.contours import draw_level
from gdscenes.kit.plot.curves import draw_curve
from gdscenes.kit.plot.marks import Diamond, Polyline, Segments, dashed, rectangle, rule, start_ring
from gdscenes.kit.plot.runs import (
    DIVERGENT,
    GOOD,
    LOW,
    ExitCross,
    RunArrow,
    RunMarks,
    RunPath,
    RunStyle,
    draw_run_line,
    new_run_line,
)
from gdscenes.kit.type.counter import Counter
from gdscenes.kit.type.digits import Digits, in_a_row, text_width
from gdscenes.kit.type.notation import SCIENTIFIC_BELOW, decimals_for, number, scientific
from gdscenes.kit.type.typeset import Words, literal

Array = NDArray[np.float64]

STYLES = {"low": LOW, "good": GOOD, "divergent": DIVERGENT}
"""The runs by name, from the lowest rate to the highest."""
LANES = {"low": 2.5, "good": 1.5, "divergent": 0.5}
"""Heights of the lanes under a cut, in which the steps are."""
LETTERS = "bw"
ALONE_STEPS = 6
"""Steps of the runs in which one parameter moves alone."""
SINGLE_STEPS, RACE_STEPS = 4, 10
"""Steps shown one by one and held; steps of the race before its time-lapse."""
NEAR_LIMIT = 0.9
"""From this part of 2 / lambda_max on a rate is only just stable."""
DONE = 0.01
"""Part of the loss that is left at the end of the race of a rate that is fast."""
WIDEST = 2.5
"""The divergent run's first rows are shown while they widen the window no more than so many times."""
BEYOND = 0.55
"""How much of the way from the run to the minimum the close look shows on its other side."""
LEAST_SPAN = 1e-2
"""Least span of b and of w in a window, a part of the way on which the loss rises to the start's."""
ROOM = 0.1
"""Kept free round what a window shows, a part of its span on each side."""
SIGNIFICANT = 4

CUT_TOP, CUT_BOTTOM, LANES_BOTTOM = 166.0, 664.0, 858.0
CUT_SIDES = ((161.0, 956.0), (1027.0, 1823.0))
TITLE_BASELINE = 84
ALONE_BASELINE = 986
PANEL_TOP, PANEL_BOTTOM = 124.0, 520.0
PANEL_LEFT, PANEL_RIGHT, PANEL_GAP = 162.0, 1822.0, 71.0
HEADER_BASELINE = 84
CURVES = Box(162, 640, 1246, 966)
FLOOR_SHARE = 0.2
"""Part of the axis of the losses under the lowest one, where the minimum has its name."""
TABLE = (1316.0, 1822.0)
WIDEST_RATE = 190.0
ROW_EMS = ((MEDIUM, MEDIUM), (SMALL, MEDIUM), (SMALL, SMALL), (sheet.SMALLEST, sheet.SMALLEST))
"""Ems of the rates and losses of the table, the first in which a row has room is taken."""
TABLE_HEAD, TABLE_BASELINES = 690, (790, 876, 962)
STAGE = Box(162, 130, 1096, 948)
DIRECTION_ROLES = (*PARAMETER_ROLES, "loss")
FILLED = 0.86
COLUMNS = (1170.0, 1516.0, 1704.0, 1840.0)
"""Left end of the first column, right ends of the others."""
WHY_BASELINES = (230, 316, 396, 476)
WHY_NOTES = (610, 690, 840)
LAPSE_SECONDS, SLIDE_SECONDS = 5.0, 8.0
LAMBDA_BASELINES = (140, 212, 310, 362, 450, 502)
CLIFF_ALONE = Box(162, 140, 1246, 948)
CLIFF = Box(162, 140, 1246, 536)
KEPT = Box(162, 610, 1246, 948)
RATES_SHOWN = 1200


@dataclass(frozen=True)
class LearningRatesSettings(Settings):
    """What a lecturer may change."""

    dataset: str = knob("chapter-0", "preset that is descended on", choices=gdmath.preset_names())
    learning_rates: tuple[float, float, float] | None = knob(
        None,
        "low, good and divergent rate; none chooses them by 2 / lambda_max",
        minimum=0.0,
        open_minimum=True,
    )
    n_steps: int = knob(50, "steps after which the losses are compared", minimum=20, maximum=100)


@dataclass(frozen=True)
class LearningRatesStory(Story):
    """Three rates, each on both parameters together and on either of them alone.

    The runs are `low`, `good` and `divergent`; and `low in b`, `low in w` and so on, where the other
    parameter is held at the start.
    """

    settings: LearningRatesSettings

    @cached_property
    def cuts(self) -> tuple[gdmath.LeastSquares, gdmath.LeastSquares]:
        """The loss as a function of b alone, and of w alone."""
        b, w = self.start
        return self.problem.cut(BIAS, held=w), self.problem.cut(WEIGHT, held=b)

    @property
    def start(self) -> Array:
        return np.asarray(self.runs["low"].parameters[0])

    @property
    def start_loss(self) -> float:
        return float(self.runs["low"].losses[0])

    def rate(self, name: str) -> float:
        return self.runs[name].learning_rate

    def alone(self, name: str, moving: int) -> gdmath.Trajectory:
        """The run in which one parameter moves and the other is held."""
        return self.runs[f"{name} in {LETTERS[moving]}"]

    def verdict(self, name: str) -> str:
        """What a rate is worth, in a word or three."""
        limit, minimum = self.problem.max_stable_learning_rate, self.problem.minimum
        if self.rate(name) > NEAR_LIMIT * limit:
            return "diverges" if self.rate(name) >= limit else "barely stable"
        left = float(self.runs[name].losses[RACE_STEPS]) - minimum
        return "fast" if left < DONE * (self.start_loss - minimum) else "slow"

    @cached_property
    def directions(self) -> tuple[Array, Array, Array]:
        """Along b, along w, and along the steepest axis of the bowl."""
        return np.array([1.0, 0.0]), np.array([0.0, 1.0]), self.problem.eigenvectors[:, -1]

    @cached_property
    def curvatures(self) -> tuple[float, float, float]:
        """Of the loss along each of the directions."""
        b, w = (float(cut.hessian[0, 0]) for cut in self.cuts)
        return b, w, float(self.problem.eigenvalues[-1])

    def reach(self, way: Array, height: float) -> float:
        """How far from the minimum, along a direction, the loss has risen by a height."""
        return math.sqrt(2.0 * height / float(way @ self.problem.hessian @ way))

    def rise(self, way: Array, room: Array) -> float:
        """By how much the loss has risen, along a direction, near the edge of the room on each side."""
        free = min(FILLED * at / abs(part) for at, part in zip(room, way, strict=True) if abs(part) > 1e-6)
        return float(0.5 * free**2 * (way @ self.problem.hessian @ way))

    @property
    def least_spans(self) -> Array:
        """How much of b and of w (2,) a window always shows; see `LEAST_SPAN`."""
        reaches = [self.reach(way, self.start_loss) for way in self.directions[:2]]
        return LEAST_SPAN * np.array(reaches)

    @cached_property
    def window(self) -> gdmath.Window:
        """What the contours show: the runs that stay, the minimum, and some rows of the one that leaves."""
        stay = [self.problem.minimizer, *self.runs["low"].parameters, *self.runs["good"].parameters]
        low, high = np.min(stay, axis=0), np.max(stay, axis=0)
        span = np.maximum(high - low, self.least_spans)
        low, high = (low + high - span) / 2, (low + high + span) / 2
        for row in self.runs["divergent"].parameters[1:3]:
            wider = np.minimum(low, row), np.maximum(high, row)
            if (wider[1] - wider[0] > WIDEST * span).any():
                break
            low, high = wider
        return window_round(low, high, self.least_spans)

    @cached_property
    def near(self) -> gdmath.Window:
        """A closer look: the race of the good rate, and the minimum."""
        run, minimizer = self.runs["good"].parameters[: RACE_STEPS + 1], self.problem.minimizer
        seen = np.vstack([run, minimizer + BEYOND * (minimizer - run)])
        return window_round(seen.min(axis=0), seen.max(axis=0), self.least_spans)

    @cached_property
    def levels(self) -> Array:
        return gdmath.contour_levels(self.problem.minimum, 4.0 * self.start_loss, "doubling", at_most=9)

    @cached_property
    def rates(self) -> Array:
        """Rates from none to beyond the divergent one, the three shown and the limit among them."""
        limit = self.problem.max_stable_learning_rate
        marked = [self.problem.best_learning_rate, limit, *map(self.rate, STYLES)]
        highest = max(1.08 * self.rate("divergent"), 1.3 * limit)
        return np.unique([*np.linspace(0.0, highest, RATES_SHOWN), *marked])

    @cached_property
    def kept(self) -> Array:
        """The part of the error that a step keeps in the worst direction, at each of the rates."""
        return self.problem.error_kept(self.rates)

    @cached_property
    def losses(self) -> Array:
        """The loss after the last step at each of the rates."""
        return gdmath.losses_after(self.problem, self.start, self.rates, self.settings.n_steps)


def window_round(low: Array, high: Array, least: Array) -> gdmath.Window:
    """A window with some room round the corners (b, w) of what it shows, as if of a least span (2,)."""
    room = ROOM * np.maximum(high - low, least)
    (b_min, w_min), (b_max, w_max) = low - room, high + room
    return gdmath.Window(b_min, b_max, w_min, w_max)


def box_round(mobject: VMobject) -> Box:
    """The box round all that is drawn of a mobject, pixels of the page."""
    return sheet.box_of(np.concatenate([each.points for each in mobject.family_members_with_points()]))


def part_way(one: Axis, other: Axis, share: float) -> Axis:
    """An axis whose ends are a part of the way from one to another."""
    low, high = (a + share * (b - a) for a, b in ((one.low, other.low), (one.high, other.high)))
    return replace(one, low=low, high=high)


def significant(value: float, digits: int = SIGNIFICANT) -> str:
    """A number in the characters of `Digits`, with so many significant digits; scientific where long."""
    if value and not 1e-3 <= abs(value) < 1e5:
        return ("-" if value < 0 else "") + scientific(abs(value), digits - 1)
    return number(value, decimals_for([value], digits))


def loss_among(losses: Iterable[float], loss: float) -> str:
    """A loss with decimals that suit several; where all are small, with digits of its own."""
    losses = list(losses)
    return significant(loss) if max(losses) < SCIENTIFIC_BELOW else number(loss, decimals_for(losses))


def signed(value: float, decimals: int) -> str:
    """A change, its sign always there; scientific where the decimals would not show it."""
    if value and abs(value) < 10.0**-decimals:
        return ("-" if value < 0 else "+") + scientific(abs(value))
    return number(value, decimals, plus=True)


def fixed(value: float) -> str:
    """A positive number in the characters of `Digits`, with four decimals where it is not long or small."""
    if 0.01 <= value < 100:
        return number(value, 4)
    return number(value, decimals_for([value], 3)) if 1e-4 <= value < 1e5 else scientific(value, 2)


def decades_over(low: float, high: float) -> Decades:
    """An axis of decimal logarithms between two of them, with a few ticks at whole ones."""
    step = math.ceil((high - low) / 4)
    ticks = tuple(float(k) for k in range(math.ceil(low), math.floor(high) + 1) if k % step == 0)
    return Decades(low, high, ticks, 0, "")


def formula_number(value: float, digits: int = 5) -> str:
    """The same in Typst markup, zeros at the end left out."""
    text = f"{value:.{digits - 1}e}"
    mantissa, exponent = text.split("e")
    if -4 <= int(exponent) < 5:
        return np.format_float_positional(float(text), trim="-")
    return f"{float(mantissa):g} dot 10^({int(exponent)})"


CURVE = RunStyle("data", 0, 5, 1, 0)


class RatePlot(VGroup):
    """A value against the learning rate, up to one of them, with the marks of the runs' rates.

    Parameters
    ----------
    story : LearningRatesStory
        Its `rates` are the horizontal places.
    heights : ndarray, shape (n,)
        At each of the rates, in the units of `y`.
    texts : dict of str to str
        What a run's mark says where it lies above the axis.
    y : Axis
    theme : Theme

    Attributes
    ----------
    plot : Plot
    path : RunPath
    marks : VGroup
        Of the runs whose rate has been passed.
    region : Polygon
        From 2 / lambda_max on.
    limit : Segments
        At 2 / lambda_max.
    has_numbers : bool
        Whether the rates are numbered under the axis.
    """

    def __init__(
        self, story: LearningRatesStory, heights: Array, texts: dict[str, str], y: Axis, theme: Theme
    ) -> None:
        super().__init__()
        self.story, self.heights, self.y, self.theme = story, heights, y, theme
        x = compact(round_axis(0.0, float(story.rates[-1]), "$eta$", 6))
        self.x = clear_of_name(x, CLIFF.width)
        self.has_numbers = True
        self.region = rectangle(CLIFF, theme.diverged, fill=0.12 if theme.square_opacity else 0.05)
        self.limit = Segments(theme.diverged, 3.5)
        self.plot = Plot(CLIFF, self.x, y, theme)
        points = np.stack([story.rates, heights], axis=1)
        self.path = RunPath(points, self.plot, CURVE, theme, marked=False)
        self.marks = VGroup()
        self.each_mark = {name: self._mark(name, texts[name]) for name in STYLES}
        self.add(self.region, self.plot, self.limit, self.path, self.marks)

    def _mark(self, name: str, text: str) -> tuple[RunMarks, RunArrow, Digits]:
        style, theme = STYLES[name], self.theme
        return RunMarks(style, theme, 12), RunArrow(replace(style, gap=0), theme), Digits(text, SMALL, theme)

    def stand_in(self, box: Box) -> RatePlot:
        """Draw everything in a box of the page, down to the rate of before."""
        plot = Plot(box, self.x, self.y, self.theme)
        if not self.has_numbers:
            plot.labels.remove(*plot.labels[: len(self.x.ticks)])
        plot.set_z_index(self.plot.z_index)
        self.submobjects[self.submobjects.index(self.plot)] = plot
        self.plot = plot
        limit = self.story.problem.max_stable_learning_rate
        x = plot.pixels(limit, 0)[0]
        self.region.set_points(rectangle(Box(x, box.top, box.right, box.bottom), self.theme.diverged).points)
        self.limit.set_ends(*plot.at([[limit], [limit]], [[self.y.low], [self.y.high]]))
        for name, (mark, arrow, figures) in self.each_mark.items():
            rate = self.story.rate(name)
            height = float(self.heights[self.row_of(rate)])
            if height <= self.y.high:
                mark.stand_at(plot.at([rate], [height]))
                figures.set_opacity(0)
                continue
            x, top = plot.pixels(rate, self.y.high)
            mark.stand_at(sheet.at([x], [top + 62]))
            arrow.between(sheet.at(x, top + 50), sheet.at(x, top + 6))
            half = figures.width_pixels / 2
            gone = self.story.rates[(self.heights > self.y.high) & (self.story.rates >= limit)][0]
            past_curve = plot.pixels(gone, self.y.high)[0] + half + 10
            figures.place(min(max(x, past_curve), box.right - half - 6), top + 122, "center")
        self.path.lay_in(plot)
        return self

    def row_of(self, rate: float) -> int:
        """Where a rate stands among those of the story."""
        return int(np.searchsorted(self.story.rates, rate))

    def show_row(self, row: int) -> RatePlot:
        """Draw up to one of the rates; marks come as they are passed."""
        self.path.show_row(row)
        passed = [name for name in STYLES if self.row_of(self.story.rate(name)) <= row]
        self.marks.submobjects = [part for name in passed for part in self.each_mark[name]]
        return self

    def glide(self, to: Box) -> UpdateFromAlphaFunc:
        """Move and stretch to another box."""
        here = self.plot.box
        starts, ends = (np.array([box.left, box.top, box.right, box.bottom]) for box in (here, to))

        def move(_: Mobject, share: float) -> None:
            self.stand_in(Box(*(starts + share * (ends - starts))) if share < 1 else to)

        return UpdateFromAlphaFunc(self, move, rate_func=smooth)


class Step(VGroup):
    """One step on a cut.

    Attributes
    ----------
    arrow : RunArrow
        In its lane.
    length : Digits
    riser : Segments
        From the arrow's tip up to the cut, or to the edge of the axes.
    mark : RunMarks or ExitCross
        Where it lands, or where the riser leaves the axes.
    loss : Digits
    """

    def __init__(
        self, arrow: RunArrow, length: Digits, riser: Segments, mark: RunMarks | ExitCross, loss: Digits
    ) -> None:
        super().__init__(arrow, length, riser, mark, loss)
        self.arrow, self.length, self.riser, self.mark, self.loss = arrow, length, riser, mark, loss


class LearningRates(Lecture):
    """One rate crawls, one only just holds, one leaves: each cut looks fine, together they are not."""

    title = "How large a step?"
    chapter = 4
    seconds = 106
    settings = LearningRatesSettings()
    story_type = LearningRatesStory
    cover = "race"
    beats: ClassVar = {
        "cuts": "Two cuts through the loss at the start: left only b moves, right only w. The slope says "
        "which way is down; how far to go is for the learning rate to say.",
        "low": "The step is the learning rate times the slope. With a low rate it is short, "
        "and the loss falls a little on either cut.",
        "good": "A higher rate, a longer step. Where the cut is steep it may jump across the valley; "
        "the loss falls on both all the same.",
        "high": "With more still, the steeper cut lands higher than it began: alone, a parameter bears no "
        "rate beyond two over its curvature. On the other cut the same rate does well.",
        "alone": "Go on with the middle rate, one parameter at a time. Each closes in on the lowest point of "
        "its cut within a few steps. So this rate looks good.",
        "together": "But descent moves both at once. The same start, the same rates, step by step: one "
        "creeps, one jumps to and fro, one leaves the picture.",
        "race": "On one clock: the loss of the middle rate hardly falls, and that of the highest grows "
        "without end. On neither cut could this be seen.",
        "lapse": "Let them run on. The middle rate still jumps to and fro; the highest has left the axes of "
        "both plots, and its loss is a number with many digits.",
        "steepest": "Why? The bowl is steepest along neither axis. Across the valley it curves more than "
        "along b or w alone, and this curvature sets the limit for the rate.",
        "cliff": "Try every rate, and look at the loss after as many steps. It falls, stays low for long, "
        "and then there is a cliff.",
        "limit": "Each step keeps a part of the error. The best rate keeps least in the worst direction; at "
        "two over the largest curvature nothing is lost, and beyond it the error grows.",
    }

    story: LearningRatesStory

    @staticmethod
    def prepare(settings: Settings) -> LearningRatesStory:
        assert isinstance(settings, LearningRatesSettings)
        dataset = dataset_with_bias(settings.dataset)
        problem, (b, w) = dataset.problem(), dataset.start
        rates = three_learning_rates(dataset, settings.learning_rates)
        runs = {}
        for name, rate in zip(STYLES, rates, strict=True):
            runs[name] = gdmath.descend(problem, dataset.start, rate, settings.n_steps)
            for letter, moving, at, held in zip(LETTERS, (BIAS, WEIGHT), (b, w), (w, b), strict=True):
                cut = problem.cut(moving, held)
                runs[f"{name} in {letter}"] = gdmath.descend(cut, [at], rate, ALONE_STEPS)
        return LearningRatesStory(settings=settings, dataset=dataset, runs=runs)

    def construct(self) -> None:
        self.lay_out()
        self.show_cuts()
        self.first_step("low")
        self.first_step("good")
        self.first_step("divergent")
        self.go_on_alone()
        self.step_together()
        self.race()
        self.lapse()
        self.find_steepest()
        self.draw_cliff()
        self.mark_limit()

    def lay_out(self) -> None:
        """Axes of both cuts, one scale for their losses."""
        story, theme = self.story, self.colors
        self.keys: dict[str, VGroup] = {}
        self.steps_shown: dict[str, list[Step]] = {}
        self.rate_words = {name: self.rate_word(name, SMALL) for name in STYLES}
        top = self.top_of_cuts()
        y = compact(round_axis(0.0, top, f'$loss("{story.loss_name}")$', 5))
        left = max(CUT_SIDES[BIAS][0], sheet.SAFE.left + widest_label(y) + 24)
        sides = ((left, CUT_SIDES[BIAS][1]), CUT_SIDES[WEIGHT])
        self.cut_plots, self.lane_plots, self.curves = [], [], []
        for moving, (left, right) in enumerate(sides):
            x = self.cut_axis(moving, right - left)
            plot = Plot(Box(left, CUT_TOP, right, CUT_BOTTOM), replace(x, ticks=()), y, theme)
            if moving == WEIGHT:
                plot.labels.remove(*plot.labels)
            lanes = Plot(
                Box(left, CUT_BOTTOM, right, LANES_BOTTOM), x, Axis(0, 3, (), 0, ""), theme, grid=False
            )
            along = np.linspace(x.low, x.high, 401)
            curve = Polyline(theme.color(PARAMETER_ROLES[moving]), 6)
            draw_curve(curve, plot, along, story.cuts[moving].loss(along[:, None]))
            self.cut_plots.append(plot)
            self.lane_plots.append(lanes)
            self.curves.append(curve)
        self.lay("grid", *self.cut_plots, *self.lane_plots)
        self.lay("lines", *self.curves)

    def top_of_cuts(self) -> float:
        """The highest loss shown: that of the highest landing, if it is not out of all proportion."""
        story = self.story
        landings = [story.alone(name, moving).losses[1] for name in STYLES for moving in (BIAS, WEIGHT)]
        start = story.start_loss
        return 1.15 * max(start, *(float(loss) for loss in landings if loss <= 2.2 * start))

    def cut_axis(self, moving: int, width: float) -> Axis:
        """The axis of the parameter that moves: start, landings and lowest point clear of labels."""
        story = self.story
        places = [story.alone(name, moving).parameters[1, 0] for name in STYLES]
        cut = story.cuts[moving]
        lowest = float(cut.minimizer[0])
        places += [story.start[moving], lowest]
        rise = math.sqrt(2 * max(story.start_loss, 1e-300) / cut.hessian[0, 0])
        if max(places) - min(places) < 0.2 * rise:
            places += [lowest - 0.1 * rise, lowest + 0.1 * rise]
        low, high = min(places), max(places)
        before = (max(word.box().width for word in self.rate_words.values()) + 80) / width
        if moving == WEIGHT:
            before = 0.1
        widest = max(text_width(self.length_of_step(name, moving)) for name in STYLES)
        unit = (high - low) / (1 - before - max(0.24, (widest * SMALL + 50) / width))
        name = f"${PARAMETER_ROLES[moving]}$"
        axis = round_axis(low - before * unit, low + (1 - before) * unit, name, 6)
        return clear_of_name(compact(axis), width)

    def rate_word(self, name: str, em: float) -> Words:
        return Words(f"$eta = {formula_number(self.story.rate(name))}$", em, self.colors, STYLES[name].role)

    # -- one axis at a time --------------------------------------------------------------------------------

    def show_cuts(self) -> None:
        self.beat("cuts")
        theme, story = self.colors, self.story
        title = Words(literal(self.title), LARGE, theme).place(sheet.WIDTH / 2, sheet.HEIGHT / 2, "center")
        self.lay("text", title)
        self.play(FadeIn(title, shift=0.2 * UP))
        self.wait(1)
        self.heads = [self.cut_head(moving) for moving in (BIAS, WEIGHT)]
        self.cut_names = self.names_of_cuts()
        frames = [VGroup(*pair) for pair in zip(self.cut_plots, self.lane_plots, strict=True)]
        self.play(
            FadeOut(title, shift=0.2 * UP), FadeIn(*frames, self.cut_names, *(head[0] for head in self.heads))
        )
        self.play(*map(Create, self.curves), *(FadeIn(head[1]) for head in self.heads), run_time=1.4)
        self.start_level = self.level_of_start()
        self.rings, self.drops = VGroup(), VGroup()
        for moving, (plot, lanes) in enumerate(zip(self.cut_plots, self.lane_plots, strict=True)):
            at = story.start[moving]
            self.rings.add(start_ring(theme, 12).stand_at(plot.at([at], [story.start_loss])))
            drop = rule(plot.at(at, story.start_loss), lanes.at(at, 0), theme.ink, 2)
            self.drops.add(dashed(drop, 9, 8))
        self.lay("ghosts", self.drops, self.start_level)
        self.lay("marks", self.rings)
        self.play(FadeIn(self.rings, self.start_level), run_time=0.7)
        self.tangents, self.slopes = zip(*map(self.tangent, (BIAS, WEIGHT)), strict=True)
        self.play(*map(Create, self.tangents), run_time=0.8)
        self.play(*map(FadeIn, self.slopes), run_time=0.7)
        self.wait(2.2)

    def cut_head(self, moving: int) -> VGroup:
        """Which parameter moves, and where the other is held."""
        theme, story, box = self.colors, self.story, self.cut_plots[moving].box
        held = 1 - moving
        one, other = PARAMETER_ROLES[moving], PARAMETER_ROLES[held]
        moves = Words(f"only ${one}$ moves", MEDIUM, theme).place(box.left, TITLE_BASELINE)
        value = Digits(significant(story.start[held]), SMALL, theme, "muted")
        value.place(box.right, TITLE_BASELINE, "right")
        word = Words(f"${other}$ held at", SMALL, theme, "muted")
        word.place(value.box().left - 14, TITLE_BASELINE, "right")
        head = VGroup(moves, VGroup(word, value))
        self.lay("text", *head)
        return head

    def names_of_cuts(self) -> VGroup:
        """Names of the axes: the parameters at their ends, the loss over the left cut."""
        theme, box = self.colors, self.cut_plots[BIAS].box
        loss = Words(self.cut_plots[BIAS].y.name, SMALL, theme)
        names = VGroup(loss.place(max(sheet.SAFE.left + 4, box.left - loss.box().width / 2), box.top - 20))
        for lanes in self.lane_plots:
            name = Words(lanes.x.name, SMALL, theme)
            names.add(name.place(lanes.box.right, lanes.box.bottom + 52, "right"))
        self.lay("text", names)
        return names

    def level_of_start(self) -> VGroup:
        """The height of the start in both cuts, and its number at the right end."""
        theme, story = self.colors, self.story
        levels = VGroup()
        for plot in self.cut_plots:
            ends = plot.at([plot.x.low, plot.x.high], [story.start_loss] * 2)
            levels.add(dashed(rule(ends[0], ends[1], theme.muted, 2), 5, 9))
        value = Digits(significant(story.start_loss), SMALL, theme, "muted")
        word = Words("start", SMALL, theme, "muted")
        width, y = word.box().width + 14 + value.width_pixels, plot.pixels(0, story.start_loss)[1] - 16
        places = [
            end - width * share
            for each in self.cut_plots[::-1]
            for end, share in ((each.box.right, 1), (each.box.left + 20, 0))
        ]
        boxes = [Box(x - 10, y - 34, x + width + 10, y + 8) for x in places]
        occupied = [sheet.pixels(curve.points) for curve in self.curves]
        for moving, each in enumerate(self.cut_plots):  # and there the slope will be said
            side = -np.sign(story.alone("low", moving).gradients[0, 0])
            spot = each.pixels(story.start[moving], story.start_loss)
            occupied.append(spot + np.stack([side * np.linspace(0, 320, 500), np.full(500, -44.0)], axis=1))
        curves = np.vstack(occupied)
        left = places[boxes.index(clearest(boxes, curves))]
        value.place(word.place(left, y).box().right + 14, y)
        self.lay("text", value, word)
        return VGroup(levels, word, value)

    def tangent(self, moving: int) -> tuple[Segments, VGroup]:
        """A piece of the tangent at the start, and its slope."""
        theme, story, plot = self.colors, self.story, self.cut_plots[moving]
        at, slope = story.start[moving], float(story.alone("low", moving).gradients[0, 0])
        across = plot.box.width / (plot.x.high - plot.x.low)
        half = 105 / math.hypot(across, slope * plot.y_pixels_per_unit)
        x = at + half * np.array([-1.0, 1.0])
        line = Segments(theme.ink, 3)
        (piece,) = plot.clipped(x, story.start_loss + slope * (x - at))
        line.set_ends(piece[:1], piece[-1:])
        value = Digits(significant(slope), SMALL, theme)
        word = Words("slope", SMALL, theme)
        spot = plot.pixels(at, story.start_loss)
        side = 1 if slope < 0 else -1
        width = word.box().width + 12 + value.width_pixels
        left = spot[0] + (34 if side > 0 else -34 - width)
        word.place(left, spot[1] - 40)
        value.place(word.box().right + 12, spot[1] - 40)
        self.lay("lines", line)
        self.lay("text", word, value)
        return line, VGroup(word, value)

    def first_step(self, name: str) -> None:
        """The step of one rate on both cuts: along its lane, then up to where it lands."""
        self.beat({"low": "low", "good": "good", "divergent": "high"}[name])
        lane = LANES[name]
        if name == "low":
            self.play(FadeOut(*self.tangents, *self.slopes), FadeIn(self.drops), run_time=0.6)
        key = self.lane_key(name, lane)
        self.play(FadeIn(key), run_time=0.6)
        steps = [self.step_on_cut(name, moving, lane) for moving in (BIAS, WEIGHT)]
        self.keys[name], self.steps_shown[name] = key, steps
        self.play(
            *(self.grow(step.arrow, moving, name, lane) for moving, step in enumerate(steps)), run_time=1.2
        )
        self.play(*(FadeIn(step.length) for step in steps), run_time=0.6)
        self.play(*(Create(step.riser) for step in steps), run_time=0.8)
        self.play(*(FadeIn(step.mark, step.loss) for step in steps), run_time=0.6)
        self.wait(1.4)
        if name == "divergent":
            self.limits_alone = VGroup(*(self.limit_alone(moving) for moving in (BIAS, WEIGHT)))
            self.play(FadeIn(self.limits_alone, shift=0.2 * UP))
            self.wait(2.2)
        else:
            self.wait(0.8)

    def lane_key(self, name: str, lane: float) -> VGroup:
        """Mark and rate at the left end of a lane."""
        lanes = self.lane_plots[BIAS]
        x, y = lanes.box.left, lanes.pixels(0, lane)[1]
        mark = RunMarks(STYLES[name], self.colors, 11).stand_at(sheet.at(x + 24, y)[None])
        word = self.rate_words[name].place(x + 48, y + 13)
        self.lay("text", mark, word)
        return VGroup(mark, word)

    def step_on_cut(self, name: str, moving: int, lane: float) -> Step:
        """Arrow in the lane, its length in figures, riser, mark where it lands and its loss."""
        theme, story, style = self.colors, self.story, STYLES[name]
        plot, lanes, run = self.cut_plots[moving], self.lane_plots[moving], story.alone(name, moving)
        landing, loss = run.parameters[1, 0], float(run.losses[1])
        length = Digits(self.length_of_step(name, moving), SMALL, theme, style.role)
        length.place(lanes.box.right - 4, lanes.pixels(0, lane)[1] + 13, "right")
        is_in = loss <= plot.y.high
        there = plot.at([landing], [min(loss, plot.y.high)])
        riser = Segments(theme.color(style.role), 2.5).set_ends(lanes.at([landing], [lane]), there)
        mark = RunMarks(style, theme, 12) if is_in else ExitCross(theme)
        mark.stand_at(there)
        landed = [story.alone(each, m).losses[1] for each in STYLES for m in (BIAS, WEIGHT)]
        value = Digits(loss_among(landed, loss), SMALL, theme, style.role)
        self.place_loss(value, plot, moving, sheet.pixels(there)[0])
        self.lay("lines", riser)
        self.lay("marks", mark)
        self.lay("text", length, value)
        arrow = RunArrow(style, theme)
        self.lay("points", arrow)
        return Step(arrow, length, riser, mark, value)

    def length_of_step(self, name: str, moving: int) -> str:
        """By how much the parameter changes in the first step of a rate."""
        steps = {each: np.diff(self.story.alone(each, moving).parameters[:2, 0])[0] for each in STYLES}
        return signed(float(steps[name]), decimals_for(steps.values()))

    def grow(self, arrow: RunArrow, moving: int, name: str, lane: float) -> UpdateFromAlphaFunc:
        """The arrow of a step grows in its lane; its tip never goes beyond the landing."""
        lanes, run = self.lane_plots[moving], self.story.alone(name, moving)
        foot, tip = (lanes.at(at, lane) for at in run.parameters[:2, 0])

        def lengthen(_: Mobject, share: float) -> None:
            arrow.between(foot, foot + share * (tip - foot) if share < 1 else tip)

        return UpdateFromAlphaFunc(arrow, lengthen, rate_func=smooth)

    def place_loss(self, value: Digits, plot: Plot, moving: int, spot: Array) -> None:
        """Near its mark, and as far as can be on no curve, no riser and no other number."""
        story, width = self.story, value.width_pixels
        along = np.linspace(plot.x.low, plot.x.high, 300)
        curve = plot.pixels(along, story.cuts[moving].loss(along[:, None]))
        first = (story.alone(name, moving) for name in STYLES)
        risers = np.array([plot.pixels(run.parameters[1, 0], run.losses[1]) for run in first])
        level = plot.pixels(0, story.start_loss)[1]
        before = [pair[moving] for pair in self.steps_shown.values()]
        taken = [box for step in before for box in (step.loss.box(), box_round(step.mark))]
        taken += [sheet.box_of(self.rings[moving].points), *(text.box() for text in self.start_level[1:])]

        def cost(at: tuple[float, float]) -> float:
            box = value.place(*at).box().grown(7)
            if not plot.box.contains(box) or any(map(box.overlap, taken)):
                return math.inf
            (x, y), (riser_x, riser_y) = curve.T, risers.T
            crossed = (x > box.left) & (x < box.right) & (y > box.top) & (y < box.bottom)
            hits = (
                crossed.sum() + ((riser_x > box.left) & (riser_x < box.right) & (riser_y < box.bottom)).sum()
            )
            hits += 2 * (box.top < level < box.bottom)
            return float(50 * hits + abs(at[0] - spot[0]) + abs(at[1] - spot[1]))

        lefts = [spot[0] + dx for gap in (26, 60, 110) for dx in (gap, -gap - width)]
        baselines = [spot[1] + 13 + dy for gap in (0, 34, 64, 98, 132, 170) for dy in (-gap, gap)]
        value.place(*min(((x, y) for y in baselines for x in lefts), key=cost))

    def limit_alone(self, moving: int) -> VGroup:
        """Up to which rate the parameter alone converges."""
        cut, theme = self.story.cuts[moving], self.colors
        curvature, limit = cut.hessian[0, 0], cut.max_stable_learning_rate
        box = self.lane_plots[moving].box
        words = Words("stable alone if $eta < 2 \\/$", SMALL, theme).place(box.left, ALONE_BASELINE)
        parts = [Digits(text, SMALL, theme) for text in (fixed(curvature), "=", fixed(limit))]
        in_a_row(parts, words.box().right + 3, ALONE_BASELINE, 6)
        self.lay("text", words, *parts)
        return VGroup(words, *parts)

    def go_on_alone(self) -> None:
        """The good rate descends on each cut by itself."""
        self.beat("alone")
        theme, story = self.colors, self.story
        steps = [step for pair in self.steps_shown.values() for step in pair]
        self.play(
            FadeOut(self.keys["low"], self.keys["divergent"], *steps, self.limits_alone, self.drops),
            run_time=0.8,
        )
        self.hops = [
            RunPath(np.stack([run.parameters[:, 0], run.losses], axis=1), plot, GOOD, theme)
            for run, plot in zip(
                (story.alone("good", m) for m in (BIAS, WEIGHT)), self.cut_plots, strict=True
            )
        ]
        self.hop_readouts = [self.loss_alone(moving) for moving in (BIAS, WEIGHT)]
        self.hop_arrows = [RunArrow(GOOD, theme) for _ in self.hops]
        self.lay("lines", *self.hops, *self.hop_arrows)
        self.lay("text", *self.hop_readouts)
        self.play(FadeIn(*self.hop_readouts), run_time=0.5)
        self.add(*self.hops, *self.hop_arrows)
        for row in range(ALONE_STEPS):
            self.hop(row, seconds=0.9 if row < 2 else 0.55)
            self.wait(0.4 if row < 2 else 0.15)
        self.wait(2.2)

    def hop(self, row: int, seconds: float) -> None:
        """Both cuts go from a row to the next."""

        def move(_: Mobject, share: float) -> None:
            for moving, path in enumerate(self.hops):
                path.show_row(row + (share == 1), share if share < 1 else 0.0)
                lanes, (here, there) = self.lane_plots[moving], path.points_given[row : row + 2, 0]
                tip = here + share * (there - here) if share < 1 else there
                self.hop_arrows[moving].between(lanes.at(here, LANES["good"]), lanes.at(tip, LANES["good"]))
                if share == 1:
                    self.show_loss_alone(moving, row + 1)

        moved = VGroup(*self.hops, *self.hop_arrows, *self.hop_readouts)
        self.play(UpdateFromAlphaFunc(moved, move, rate_func=smooth), run_time=seconds)

    def loss_alone(self, moving: int) -> VGroup:
        """Step and loss under a cut, those of the start."""
        theme, story, left = self.colors, self.story, self.lane_plots[moving].box.left
        losses = story.alone("good", moving).losses
        step = Counter("step", None, theme, largest=ALONE_STEPS).place(left, ALONE_BASELINE)
        word = Words(f'$loss("{story.loss_name}") =$', MEDIUM, theme)
        word.place(left + step.width_pixels + 70, ALONE_BASELINE)
        value = Digits(loss_among(losses, losses[0]), MEDIUM, theme, "loss")
        value.place(word.box().right + 16, ALONE_BASELINE)
        lowest = Words("lowest", SMALL, theme, "muted").place(value.box().right + 50, ALONE_BASELINE)
        least = Digits(loss_among(losses, story.cuts[moving].minimum), SMALL, theme, "muted")
        least.place(lowest.box().right + 12, ALONE_BASELINE)
        fits = least.box().right <= self.lane_plots[moving].box.right
        return VGroup(step, word, value, *([lowest, least] if fits else []))

    def show_loss_alone(self, moving: int, row: int) -> None:
        step, _, value, *_ = self.hop_readouts[moving]
        losses = self.story.alone("good", moving).losses
        step.count(row)
        value.spell(loss_among(losses, losses[row]))

    # -- both together -------------------------------------------------------------------------------------

    def step_together(self) -> None:
        self.beat("together")
        story, theme = self.story, self.colors
        boxes = self.panel_boxes()
        self.panels = [
            ContourPanel(box, story.problem, story.window, story.start, story.levels, theme) for box in boxes
        ]
        self.paths = {
            name: RunPath(story.runs[name].parameters, panel.plot, style, theme)
            for (name, style), panel in zip(STYLES.items(), self.panels, strict=True)
        }
        self.panel_heads = VGroup(*map(self.panel_head, STYLES, boxes))
        self.verdicts = VGroup(*map(self.verdict_word, STYLES, boxes))
        self.loss_curves = self.new_loss_curves()
        self.table = self.new_table()
        for panel in self.panels:
            self.lay("areas", panel.plane.contours)
            self.lay("ghosts", panel.plane.frame)
            self.lay("grid", panel.plot)
            self.lay("marks", panel.plane.ring, panel.plane.diamond)
            self.lay("text", panel.names)
        self.lay("lines", *self.paths.values())
        self.lay("grid", self.loss_curves.plot, self.loss_curves.floor)
        self.lay("lines", *self.loss_curves.paths.values())
        gone = (self.cut_plots, self.lane_plots, self.curves, self.hops, self.hop_arrows, self.hop_readouts)
        self.play(
            FadeOut(*(part for parts in gone for part in parts), *self.heads),
            FadeOut(self.start_level, self.cut_names, self.keys["good"]),
            run_time=0.6,
        )
        parts = [(p.plane.contours, p.plane.frame, p.plane.diamond, p.plot, p.names) for p in self.panels]
        rings = [panel.plane.ring for panel in self.panels]
        # the rings of two cuts are one start in the plane
        in_b, in_w = self.rings
        self.remove(self.rings)
        moves = [
            ReplacementTransform(one.copy(), ring)
            for one, ring in zip((in_b, in_b, in_w), rings, strict=True)
        ]
        merging = in_w.copy()
        self.play(
            *moves,
            Transform(merging, rings[1].copy(), remover=True),
            FadeIn(*(part for each in parts for part in each), self.panel_heads),
            run_time=1.4,
        )
        self.add(*self.panels)
        self.play(FadeIn(self.loss_curves.plot, self.loss_curves.unit, self.loss_curves.floor, self.table))
        self.add(*self.paths.values(), self.loss_curves)
        self.wait(0.6)
        self.leaving = VGroup()
        for row in range(SINGLE_STEPS):
            self.step_to(row + 1, seconds=0.9)
            if row + 1 == self.paths["divergent"].exit_row:
                self.leaving = self.note_of_leaving()
                self.play(FadeIn(self.leaving), run_time=0.5)
            self.wait(0.7)
        self.wait(1.4)

    def note_of_leaving(self) -> VGroup:
        """In which step the divergent run leaves, in the corner of its panel that it has not been to."""
        panel, path = self.panels[2], self.paths["divergent"]
        words = Words(f"leaves in step {path.exit_row}", SMALL, self.colors)
        width, box = words.box().width, panel.plot.box
        places = [
            (x, y) for y in (box.bottom - 28, box.top + 52) for x in (box.right - width - 22, box.left + 22)
        ]
        boxes = [Box(x - 12, y - 42, x + width + 12, y + 16) for x, y in places]
        drawn = (path.line, panel.plane.ring, panel.plane.diamond, panel.names[1])
        corners = sheet.pixels(np.vstack([each.points for each in drawn]))
        plate = clearest(boxes, corners)
        words.place(*places[boxes.index(plate)])
        note = VGroup(rectangle(plate, self.colors.ground, fill=0.75), words)
        self.lay("text", note)
        return note

    def panel_boxes(self) -> list[Box]:
        """Three boxes of one size, as far apart as the numbers of their vertical axes are wide."""
        width = (PANEL_RIGHT - PANEL_LEFT - 2 * PANEL_GAP) / 3
        _, w = panel_axes(Box(0, PANEL_TOP, width, PANEL_BOTTOM), self.story.window)
        gap = widest_label(w) + 38
        left = max(PANEL_LEFT, sheet.SAFE.left + widest_label(w) + 24)
        width = (PANEL_RIGHT - left - 2 * gap) / 3
        lefts = left + (width + gap) * np.arange(3)
        return [Box(each, PANEL_TOP, each + width, PANEL_BOTTOM) for each in lefts]

    def panel_head(self, name: str, box: Box) -> VGroup:
        """Line, mark and rate of a run over its panel, smaller where the verdict leaves less room."""
        theme, style, y = self.colors, STYLES[name], HEADER_BASELINE - 16
        em, sample, _ = self.sizes_of_heads(box.width)
        line = new_run_line(style, theme)
        draw_run_line(line, sheet.at([box.left, box.left + sample], [y, y]), style)
        mark = RunMarks(style, theme, 11).stand_at(sheet.at(box.left + sample / 2, y)[None])
        head = VGroup(line, mark, self.rate_word(name, em).place(box.left + sample + 16, HEADER_BASELINE))
        self.lay("text", head)
        return head

    def sizes_of_heads(self, width: float) -> tuple[float, float, float]:
        """Em of the rates, width of the samples of lines, and em of the verdicts, with which all fit."""
        sizes = ((MEDIUM, 84.0, SMALL), (SMALL, 50.0, SMALL), (SMALL, 24.0, SMALL))
        for em, sample, small in sizes:
            verdict = max(Words(self.story.verdict(n), small, self.colors).box().width for n in STYLES)
            if sample + 16 + self.widest_rate(em) + 16 + verdict <= width:
                return em, sample, small
        return sheet.SMALLEST, 24.0, sheet.SMALLEST

    def widest_rate(self, em: float) -> float:
        return max(self.rate_word(each, em).box().width for each in STYLES)

    def verdict_word(self, name: str, box: Box) -> Words:
        *_, em = self.sizes_of_heads(box.width)
        word = Words(self.story.verdict(name), em, self.colors, "muted")
        self.lay("text", word)
        return word.place(box.right, HEADER_BASELINE, "right")

    def new_loss_curves(self) -> LossCurves:
        """The losses of the three runs on one clock, in decades."""
        story, theme = self.story, self.colors
        losses = {name: story.runs[name].losses for name in STYLES}
        shown = np.concatenate([values[: RACE_STEPS + 1] for values in losses.values()])
        lowest = max(story.problem.minimum, 1e-6 * story.start_loss)
        floor, top = math.log10(min(lowest, float(shown.min()))), math.log10(float(shown.max())) + 0.25
        y = decades_over((floor - FLOOR_SHARE * top) / (1 - FLOOR_SHARE), top)
        left = max(CURVES.left, sheet.SAFE.left + widest_label(y) + 24)
        box = Box(left, CURVES.top, CURVES.right, CURVES.bottom)
        name = Words(f'$loss("{story.loss_name}")$', SMALL, theme).place(left + 18, box.top + 6)
        curves = LossCurves(losses, STYLES, box, y, RACE_STEPS + 2, theme, story.problem.minimum)
        curves.add(name)
        return curves

    def new_table(self) -> VGroup:
        """The step, and the loss of each run at it."""
        theme, story, (left, right) = self.colors, self.story, TABLE
        self.counter = Counter("step", None, theme, largest=story.settings.n_steps, em=LARGE)
        self.counter.place(left, TABLE_HEAD)
        name = Words(f'$loss("{story.loss_name}")$', MEDIUM, theme).place(right, TABLE_HEAD, "right")
        line = rule(sheet.at(left, TABLE_HEAD + 26), sheet.at(right, TABLE_HEAD + 26), theme.axis, 2)
        self.loss_values, rows = {}, VGroup()
        rate_em, loss_em = self.ems_of_rows(right - left - 44)
        for each, baseline in zip(STYLES, TABLE_BASELINES, strict=True):
            mark = RunMarks(STYLES[each], theme, 12).stand_at(sheet.at(left + 14, baseline - 14)[None])
            word = self.rate_word(each, rate_em).place(left + 44, baseline)
            value = Digits(self.loss_text(story.start_loss), loss_em, theme)
            value.place(right, baseline, "right")
            self.loss_values[each] = value
            rows.add(VGroup(mark, word, value))
        table = VGroup(self.counter, name, line, rows)
        self.lay("text", table)
        return table

    def ems_of_rows(self, room: float) -> tuple[float, float]:
        """Ems of rate and loss with which every row of the table fits, whatever its loss."""
        texts = (self.loss_text(loss) for name in STYLES for loss in self.story.runs[name].losses)
        widest = max(map(text_width, texts))
        for rate_em, loss_em in ROW_EMS:
            rate = self.widest_rate(rate_em)
            if (rate < WIDEST_RATE or rate_em < MEDIUM) and rate + 20 + widest * loss_em <= room:
                break
        return rate_em, loss_em

    def show_clock(self, row: int, towards: float = 0.0) -> None:
        """Paths, curves and numbers at a row of all runs, or on the way to the next."""
        span = max(RACE_STEPS + 2, row + (towards > 0))
        for path in self.paths.values():
            path.show_row(row, towards)
        self.loss_curves.show_row(row, towards, span)
        if not towards:
            self.show_numbers(row)

    def show_numbers(self, row: int) -> None:
        """The table at a row."""
        self.counter.count(row)
        for name, value in self.loss_values.items():
            value.spell(self.loss_text(self.story.runs[name].losses[row]), align="right")

    def loss_text(self, loss: float) -> str:
        """A loss with the decimals of the start's; scientific where it is too large or small for them."""
        if self.story.start_loss < SCIENTIFIC_BELOW:
            return significant(loss)
        decimals = decimals_for([self.story.start_loss], 5)
        return number(loss, decimals) if loss >= 10.0**-decimals else scientific(loss)

    def clockwork(self) -> VGroup:
        """All that moves with the clock."""
        return VGroup(*self.paths.values(), self.loss_curves, self.table)

    def step_to(self, row: int, seconds: float) -> None:
        def move(_: Mobject, share: float) -> None:
            self.show_clock(row - (share < 1), share if share < 1 else 0.0)

        self.play(UpdateFromAlphaFunc(self.clockwork(), move, rate_func=smooth), run_time=seconds)

    def race(self) -> None:
        self.beat("race")
        for row in range(SINGLE_STEPS, RACE_STEPS):
            self.step_to(row + 1, seconds=0.5)
            self.wait(0.25)
        labels = {name: self.rate_word(name, SMALL) for name in STYLES}
        self.loss_curves.label_ends(labels)
        if max(word.box().right for word in labels.values()) > TABLE[0]:
            labels = {}  # the table says it
        plates = [rectangle(word.box().grown(6), self.colors.ground, fill=1) for word in labels.values()]
        self.end_labels = VGroup(*plates, *labels.values())
        self.lay("text", self.end_labels)
        self.play(FadeIn(self.verdicts, self.end_labels))
        self.wait(3)

    def lapse(self) -> None:
        """The rest of the steps, evenly fast: the clock of a race is not bent."""
        self.beat("lapse")
        n_steps = self.story.settings.n_steps
        n_frames = round(LAPSE_SECONDS * config.frame_rate)
        rows = np.linspace(RACE_STEPS, n_steps, n_frames + 1)[1:].astype(int)

        def run(_: Mobject, share: float) -> None:
            self.show_clock(int(rows[min(int(share * n_frames), n_frames - 1)]))

        self.play(
            FadeOut(self.end_labels),
            self.paths["good"].line.animate.set_stroke(width=sheet.stroke(1.8)),
            run_time=0.4,
        )
        self.play(UpdateFromAlphaFunc(self.clockwork(), run, rate_func=linear), run_time=LAPSE_SECONDS)
        self.wait(2.5)

    # -- why ---------------------------------------------------------------------------------------------

    def find_steepest(self) -> None:
        self.beat("steepest")
        panel, path = self.panels[1], self.paths["good"]
        others = VGroup(self.panels[0], self.panels[2], self.paths["low"], self.paths["divergent"])
        self.play(
            FadeOut(others, self.leaving, self.panel_heads, self.verdicts, self.loss_curves, self.table),
            FadeOut(panel.plot, panel.names),
            run_time=0.8,
        )
        path.line.set_stroke(width=sheet.stroke(GOOD.width))
        path.show_row(RACE_STEPS)
        box, plane = panel.plot.box, panel.plane
        near = panel_axes(self.stage_from(STAGE.left), self.story.near)
        stage = self.stage_from(max(STAGE.left, sheet.SAFE.left + widest_label(near[1]) + 24))
        near = panel_axes(stage, self.story.near)
        far = plane.x, plane.y
        starts, ends = (np.array([box.left, box.top, box.right, box.bottom]) for box in (box, stage))

        def approach(_: Mobject, share: float) -> None:
            plane.x, plane.y = (part_way(one, other, share) for one, other in zip(far, near, strict=True))
            plane.stand_in(Box(*(starts + share * (ends - starts))))
            path.lay_in(plane.plot)

        self.play(UpdateFromAlphaFunc(VGroup(plane, path), approach, rate_func=smooth), run_time=1.8)
        self.stage_axes = Plot(stage, *near, self.colors, grid=False)
        self.stage_axes.lines.remove(*self.stage_axes.lines[:2])
        self.stage_names = panel_names(self.stage_axes, [self.story.problem.minimizer])
        head = self.panel_head("good", stage)
        self.lay("grid", self.stage_axes)
        self.lay("text", self.stage_names)
        self.chords, labels = self.new_directions(panel.plane.plot)
        self.columns = columns = self.curvature_table()
        self.play(FadeIn(self.stage_axes, self.stage_names, head, self.level))
        for line, label, name in zip(self.chords, labels, columns[0], strict=True):
            self.play(Create(line), FadeIn(label, name), run_time=0.8)
        self.wait(0.6)
        for column in columns[1:]:
            self.play(FadeIn(column), run_time=0.8)
            self.wait(0.9)
        stays = (panel.plane, path, self.stage_axes, self.stage_names, head, self.level)
        self.why = VGroup(*stays, self.chords, labels)
        self.wait(2)

    def stage_from(self, left: float) -> Box:
        """The stage from a left end on, as much wider than high as a panel."""
        box = self.panels[1].plot.box
        return Box(left, STAGE.top, STAGE.right, STAGE.top + (STAGE.right - left) * box.height / box.width)

    def new_directions(self, plot: Plot) -> tuple[VGroup, VGroup]:
        """Chords of one level line through the minimum, along b, along w and where it is steepest, and names.

        The shorter a chord, the sooner the loss rises along it.
        """
        story, theme = self.story, self.colors
        limits, center = plot.limits, story.problem.minimizer
        room = np.minimum(center - limits[0::2], np.array(limits[1::2]) - center)
        height = min(story.rise(way, room) for way in story.directions)
        self.level = draw_level(
            Polyline(theme.model, 3.5), plot, story.problem, story.problem.minimum + height
        )
        lines, labels = VGroup(), VGroup()
        for way, role in zip(story.directions, DIRECTION_ROLES, strict=True):
            ends = plot.at(*(center + np.outer([-1, 1], story.reach(way, height) * way)).T)
            lines.add(Segments(theme.color(role), 7).set_ends(ends[:1], ends[1:]))
            source = "steepest" if role == "loss" else f"${role}$"
            label = Words(source, SMALL, theme, role)
            foot, (x, y) = sheet.pixels(ends)
            label.place(*((foot[0] - 16, foot[1] + 30, "right") if role == "loss" else (x + 26, y + 13)))
            labels.add(VGroup(rectangle(label.box().grown(7), theme.ground, fill=1), label))
        self.lay("ghosts", self.level)
        self.lay("points", lines)
        self.lay("text", labels)
        return lines, labels

    def curvature_table(self) -> VGroup:
        """Of each direction the curvature, the limit of the rate, and what a step of the good one keeps."""
        story, theme, rate = self.story, self.colors, self.story.rate("good")
        texts = {
            "curvature": [fixed(each) for each in story.curvatures],
            "limit": [fixed(2.0 / each) for each in story.curvatures],
            "kept": [number(abs(1.0 - rate * each), 3) for each in story.curvatures],
        }
        head, *baselines = WHY_BASELINES
        names = (*(f"${role}$ alone" for role in PARAMETER_ROLES), "steepest")
        columns = VGroup(VGroup())
        for name, role, baseline in zip(names, DIRECTION_ROLES, baselines, strict=True):
            columns[0].add(Words(name, SMALL, theme, role).place(COLUMNS[0], baseline))
        for (name, values), right in zip(texts.items(), COLUMNS[1:], strict=True):
            column = VGroup(Words(name, SMALL, theme, "muted").place(right, head, "right"))
            em = sheet.SMALLEST if any("×" in text for text in values) else SMALL
            for text, role, baseline in zip(values, DIRECTION_ROLES, baselines, strict=True):
                column.add(Digits(text, em, theme, role).place(right, baseline, "right"))
            columns.add(column)
        ends = sheet.at([COLUMNS[0], COLUMNS[-1]], [head + 26] * 2)
        columns[1].add(rule(ends[0], ends[1], theme.axis, 2))
        notes = ("limit $= 2$/curvature", 'kept $= |1 - eta thin "curvature"|$ by a step')
        for place, (note, baseline) in enumerate(zip(notes, WHY_NOTES[:-1], strict=True), start=2):
            columns[place].add(Words(note, SMALL, theme).place(COLUMNS[0], baseline))
        below = Words(f"$eta = {formula_number(rate)} <$", MEDIUM, theme).place(COLUMNS[0], WHY_NOTES[-1])
        limit = Digits(fixed(story.problem.max_stable_learning_rate), MEDIUM, theme, "loss")
        columns.add(VGroup(below, limit.place(below.box().right + 16, WHY_NOTES[-1])))
        self.lay("text", columns)
        return columns

    # -- every rate --------------------------------------------------------------------------------------

    def draw_cliff(self) -> None:
        self.beat("cliff")
        story, theme = self.story, self.colors
        self.cliff = self.new_cliff()
        self.pointer = Segments(theme.ink, 2)
        self.slider = self.new_slider()
        source = f'$loss("{story.loss_name}")$ after {story.settings.n_steps} steps'
        self.cliff_name = Words(source, SMALL, theme, "muted")
        self.cliff_name.place(self.cliff.plot.box.left + 24, CLIFF.top + 36)
        self.rate_name = Words(self.cliff.x.name, SMALL, theme).place(
            CLIFF.right, CLIFF_ALONE.bottom + 52, "right"
        )
        self.lay("text", self.cliff_name, self.rate_name, self.slider)
        self.lay("points", self.pointer)
        self.show_rate(0)
        self.play(FadeOut(self.columns), run_time=0.5)
        self.play(
            FadeOut(self.why),
            FadeIn(self.cliff.plot, self.cliff_name, self.rate_name, self.slider, self.table),
        )
        self.add(self.cliff.path, self.cliff.marks)

        def slide(_: Mobject, share: float) -> None:
            self.show_rate(round(share * (len(story.rates) - 1)))

        moved = VGroup(self.cliff.path, self.cliff.marks, self.pointer, self.slider)
        self.play(UpdateFromAlphaFunc(moved, slide, rate_func=linear), run_time=SLIDE_SECONDS)
        self.limit_label = self.rate_label("limit", story.problem.max_stable_learning_rate, "diverged")
        self.play(
            FadeOut(self.pointer),
            FadeIn(self.cliff.region, self.limit_label),
            Create(self.cliff.limit),
            run_time=1,
        )
        self.add(self.cliff)
        self.wait(2.5)

    def new_cliff(self) -> RatePlot:
        """The loss after the last step against the rate, in decades."""
        story = self.story
        start = math.log10(story.start_loss)
        floor = math.log10(max(float(story.losses.min()), 1e-8 * story.start_loss))
        with np.errstate(divide="ignore"):
            heights = np.log10(story.losses)
        texts = {name: significant(story.runs[name].losses[-1]) for name in STYLES}
        cliff = RatePlot(story, heights, texts, decades_over(floor - 0.5, start + 2.3), self.colors)
        self.lay_rate_plot(cliff)
        widest = max(widest_label(cliff.y), widest_label(self.kept_axis()))
        self.rates_left = max(CLIFF.left, sheet.SAFE.left + widest + 24)
        return cliff.stand_in(replace(CLIFF_ALONE, left=self.rates_left))

    def kept_axis(self) -> Axis:
        """Of the error that a step keeps: round 1, and down to the least."""
        depth = max(1.0 - float(self.story.kept.min()), 1e-3)
        return round_axis(max(1 - 1.25 * depth, 0.0), 1 + 0.5 * depth, "", 3)

    def lay_rate_plot(self, drawn: RatePlot) -> None:
        self.lay("areas", drawn.region)
        self.lay("ghosts", drawn.limit)
        self.lay("lines", drawn.path)
        self.lay("marks", *(part for parts in drawn.each_mark.values() for part in parts))

    def new_slider(self) -> VGroup:
        """The rate that slides, and the loss it ends at."""
        theme, story, left = self.colors, self.story, TABLE[0]
        rate = Words("$eta =$", LARGE, theme).place(left, 200)
        value = Digits("0", LARGE, theme).place(rate.box().right + 24, 200)
        loss = Words(f'$loss("{story.loss_name}") =$', MEDIUM, theme).place(left, 300)
        height = Digits("0", MEDIUM, theme, "loss").place(loss.box().right + 18, 300)
        self.rate_figures = value, height
        return VGroup(rate, value, loss, height)

    def show_rate(self, row: int) -> None:
        """The curve up to a rate, and the numbers of this one."""
        story, plot = self.story, self.cliff.plot
        rate, loss = float(story.rates[row]), float(story.losses[row])
        self.cliff.show_row(row)
        height = min(float(self.cliff.heights[row]), plot.y.high)
        self.pointer.set_ends(plot.at([rate], [plot.y.low]), plot.at([rate], [height]))
        decimals = decimals_for(story.rates)
        shown, ended = self.rate_figures
        shown.spell(number(rate, decimals) if story.rates[-1] >= 1e-3 else scientific(rate))
        ended.spell(self.loss_text(loss))

    def rate_label(self, name: str, rate: float, role: str) -> VGroup:
        """A rate over the line that marks it: the best to the left, the limit to the right."""
        theme, problem, plot = self.colors, self.story.problem, self.cliff.plot
        middle = (problem.best_learning_rate + problem.max_stable_learning_rate) / 2
        x, y = plot.pixels(middle, 0)[0], CLIFF.top - 22
        word, value = Words(name, SMALL, theme, role), Digits(fixed(rate), SMALL, theme, role)
        if name == "best":
            value.place(x - 12, y, "right")
            word.place(value.box().left - 12, y, "right")
        else:
            word.place(x + 12, y)
            value.place(word.box().right + 12, y)
        label = VGroup(word, value)
        self.lay("text", label)
        return label

    def mark_limit(self) -> None:
        self.beat("limit")
        story, theme, problem = self.story, self.colors, self.story.problem
        self.rows = self.eigenvalue_rows()
        cliff = self.cliff
        numbers = VGroup(*cliff.plot.labels[: len(cliff.x.ticks)])
        self.play(FadeOut(self.slider, self.rate_name, numbers), run_time=0.5)
        cliff.has_numbers = False
        self.play(cliff.glide(replace(CLIFF, left=self.rates_left)), run_time=1.5)
        texts = {name: fixed(float(problem.error_kept(story.rate(name)))) for name in STYLES}
        self.kept = RatePlot(story, story.kept, texts, self.kept_axis(), theme)
        self.lay_rate_plot(self.kept)
        self.kept.stand_in(replace(KEPT, left=self.rates_left))
        name = Words("error kept by a step, worst direction", SMALL, theme, "muted")
        name.place(self.rates_left + 24, KEPT.top - 16)
        self.rate_name.place(KEPT.right, KEPT.bottom + 52, "right").set_opacity(1)
        ends = self.kept.plot.at([self.kept.plot.x.low, self.kept.plot.x.high], [1.0, 1.0])
        whole = dashed(rule(ends[0], ends[1], theme.muted, 2.5), 6, 10)
        self.lay("ghosts", whole)
        self.lay("text", name, self.rate_name)
        self.play(FadeIn(self.kept.plot, name, whole, self.rate_name), FadeIn(self.rows[0]))
        self.add(self.kept.path, self.kept.marks)

        def slide(_: Mobject, share: float) -> None:
            self.kept.show_row(round(share * (len(story.rates) - 1)))

        moved = VGroup(self.kept.path, self.kept.marks)
        self.play(UpdateFromAlphaFunc(moved, slide, rate_func=linear), run_time=2.5)
        self.play(FadeIn(self.kept.region), Create(self.kept.limit), FadeIn(self.rows[1]))
        self.add(self.kept)
        best = problem.best_learning_rate
        lines = VGroup()
        for plot in (self.cliff.plot, self.kept.plot):
            ends = plot.at([best] * 2, [plot.y.low, plot.y.high])
            lines.add(dashed(rule(ends[0], ends[1], theme.minimum, 3), 14, 10))
        diamond = Diamond(theme, 14).stand_at(self.kept.plot.at(best, float(problem.error_kept(best))))
        self.lay("ghosts", lines)
        self.lay("marks", diamond)
        self.play(Create(lines), FadeIn(diamond, self.rate_label("best", best, "minimum"), self.rows[2]))
        self.wait(3.5)

    def eigenvalue_rows(self) -> VGroup:
        """The curvatures of the bowl, and the two rates that follow from them."""
        theme, problem, (left, right) = self.colors, self.story.problem, TABLE
        low, high = problem.eigenvalues
        rows = VGroup(VGroup(), VGroup(), VGroup())
        for group, source, value, role, baseline in (
            (0, '$lambda_"max"$', high, "ink", LAMBDA_BASELINES[0]),
            (0, '$lambda_"min"$', low, "ink", LAMBDA_BASELINES[1]),
            (1, "limit", problem.max_stable_learning_rate, "diverged", LAMBDA_BASELINES[2]),
            (2, "best", problem.best_learning_rate, "minimum", LAMBDA_BASELINES[4]),
        ):
            rows[group].add(Words(source, MEDIUM, theme).place(left, baseline))
            rows[group].add(Digits(fixed(value), MEDIUM, theme, role).place(right, baseline, "right"))
        formulas = ('$2 \\/ lambda_"max"$', '$2 \\/ (lambda_"min" + lambda_"max")$')
        for row, source, baseline in zip(rows[1:], formulas, LAMBDA_BASELINES[3::2], strict=True):
            row.add(Words(source, SMALL, theme, "muted").place(left, baseline))
        self.lay("text", rows)
        return rows
