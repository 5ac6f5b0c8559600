"""FeatureScaling: the unit of a feature narrows the valley of the loss, and standardising makes it round."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import ClassVar

import numpy as np
from manim import (
    UP,
    Create,
    FadeIn,
    FadeOut,
    LaggedStart,
    Line,
    Mobject,
    ReplacementTransform,
    TransformFromCopy,
    UpdateFromAlphaFunc,
    VGroup,
    config,
    linear,
    smooth,
)
from numpy.typing import NDArray

import gdmath
from gdmath import BIAS, WEIGHT, LeastSquares, Standardizer
from gdscenes.kit.figures.feature_plane import FeaturePlane, names_of, rescaled
from gdscenes.kit.figures.loss_curves import LossCurves
from gdscenes.kit.figures.moving_map import MovingMap, between, box_between, window_for
from gdscenes.kit.lecture.choices import (
    dataset_with_bias,
    narrowing_factor,
    rate_that_breaks,
    with_feature_times,
)
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import LARGE, MARGIN, MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.axes import Plot, clearest
from gdscenes.kit.plot.axis import (
    Axis,
    compact,
    decades,
    pieces_that_fit,
    round_axis,
    round_step_within,
    widest_label,
)
from gdscenes.kit.plot.contours import Contours
from gdscenes.kit.plot.curves import draw_curve
from gdscenes.kit.plot.marks import Arrow, Polyline, Segments, dashed, rectangle, rule
from gdscenes.kit.plot.runs import DIVERGENT, GOOD, LOW, REFERENCE, RunPath, draw_run_line
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import decimals_for, number, scientific, shortest
from gdscenes.kit.type.typeset import Words, literal, name_source

Array = NDArray[np.float64]

SETTLED = 400
"""Steps after which the run on the standardised feature stands at its minimum, to rounding."""
SAME_STEPS = 10
"""Steps of the rate that breaks."""
WITHIN = 0.01
"""The race ends where the loss is within this part of the minimum."""
LEVELS_UP_TO = 8.0
"""Highest level line, in losses of the original start."""
MORPH_SECONDS = 5.0

MORPH_PANELS = tuple(Box(left, 150, right, 670) for left, right in ((150, 610), (739, 1245), (1360, 1780)))
PANELS = tuple(Box(left, 120, left + 470, 560) for left in (184, 768, 1352))
PAIR = (Box(180, 150, 850, 600), Box(1110, 150, 1780, 600))
"""Two planes side by side: the same points in two units."""
CRAWL_STEPS = 100
CRAWL_SECONDS = 4.0
RACE_SECONDS = 8.0
DIM = 0.35
"""Opacity of what is not being talked of."""
CURVES = Box(190, 690, 1180, 950)
TOP_OF_CURVES = 1e3
"""How far above the highest start the axis of the losses goes: a divergent run leaves it at the top."""
SINGLE_STEPS = 3
TABLE_HEAD = 706
RACE_BASELINES = (800, 876, 952)
STAGE = Box(200, 112, 1200, 930)
PLANE = Box(170, 190, 1200, 690)
RULER_TOP = 880.0
STAGES = ("$x$", "$x - mu$", "$display((x - mu) / sigma)$")
STAGE_BASELINES = (470, 600, 770)
HEADER_ABOVE = 32.0
NAME_BASELINE, VALUE_BASELINE = 830, 930
FIT_BASELINES = (760, 840, 940)
TABLE_BASELINES = (776, 866, 950)
BACK_FORMULAS = ("$bias = bias' - weight mu$", "$weight = weight' \\/ sigma$")
STYLES = {"original": REFERENCE, "same rate": DIVERGENT, "changed": LOW, "standardised": GOOD}


@dataclass(frozen=True)
class FeatureScalingSettings(Settings):
    """What a lecturer may change."""

    dataset: str = knob("chapter-0", "preset whose feature is rescaled", choices=gdmath.preset_names())
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
        """The loss in each unit."""
        return {
            "original": self.dataset.problem(),
            "changed": self.changed.problem(),
            "standardised": self.partway(1.0),
        }

    def times(self, factor: float) -> LeastSquares:
        """The loss when the feature is multiplied."""
        return with_feature_times(self.dataset, factor).problem()

    def partway(self, share: float) -> LeastSquares:
        """The loss when the changed feature is part of the way to being standardised."""
        x = self.scaler.partway(share).transform(self.changed.x_train)
        return replace(self.changed.problem(), x=x)

    @property
    def start(self) -> Array:
        return self.dataset.start

    @property
    def minimum(self) -> float:
        """The lowest loss: the same in every unit."""
        return self.problems["original"].minimum

    @property
    def diverges(self) -> bool:
        """Whether the rate of the original is too high for the changed feature."""
        return self.runs["same rate"].outcome is gdmath.Outcome.DIVERGED

    @cached_property
    def finish(self) -> float:
        """The loss at which the race ends: within 1 % of the minimum, or a round one where that is zero."""
        highest = max(float(run.losses[0]) for run in self.runs.values())
        if self.minimum > 1e-9 * highest:
            return (1 + WITHIN) * self.minimum
        return round_step_within(1e-4 * highest)

    def steps(self, name: str) -> int | None:
        """Updates until a run is over the finish line, None if it never is."""
        over = self.runs[name].losses <= self.finish
        return int(over.argmax()) if over.any() else None

    def kept(self, name: str) -> Array:
        """What a step leaves of the error along each axis of the valley, flattest first: |1 - eta lambda|."""
        return np.abs(1 - self.runs[name].learning_rate * self.problems[name].eigenvalues)

    def last(self, name: str) -> int:
        """The row at which a run stops in the race."""
        steps = self.steps(name)
        return min(self.runs[name].n_steps, self.settings.n_steps) if steps is None else steps


def times_source(factor: float) -> str:
    """Typst markup of "times a factor"."""
    mantissa, _, exponent = f"{factor:g}".partition("e")
    return f"$times {mantissa}{f' dot 10^({int(exponent)})' if exponent else ''}$"


def readable(value: float, scale: float = 0.0, digits: int = 5) -> str:
    """A number in significant digits, scientific where it would be long, 0 beside a large `scale`."""
    if abs(value) < 1e-12 * scale:
        return "0"
    if value and not 1e-3 <= abs(value) < 1e5:
        return ("-" if value < 0 else "") + scientific(abs(value), max(digits - 2, 2))
    return number(value, decimals_for([value], digits))


def scale_of(problem: LeastSquares) -> tuple[float, float]:
    """How large b and w are that matter for the points of a problem."""
    largest = float(np.abs(problem.y).max())
    return largest, largest / float(np.abs(problem.x).max())


class FeatureScaling(Lecture):
    """The unit of a feature narrows the valley of the loss, and standardising makes it round."""

    title = "Why features are scaled"
    chapter = 5
    cover = "race"
    seconds = 100
    settings = FeatureScalingSettings()
    story_type = FeatureScalingStory
    beats: ClassVar = {
        "units": "The same points with the feature in another unit. Least squares finds the same line, with "
        "the same loss: only the weight has to make up for the unit.",
        "morph": "Stretch the feature and watch the loss. The bowl becomes a narrow valley: along w it is a "
        "hundred times as steep, along its floor nearly flat.",
        "same_rate": "Take the rate that works on the first feature to the other one. Each step overshoots "
        "the valley further than the last.",
        "crawl": "A rate that is small enough for the steep walls is much too small for the flat floor. "
        "Descent falls into the valley at once, and then it crawls.",
        "standardise": "Measure each point from the mean of the train points, in standard deviations. Both "
        "numbers come from the train points alone and serve the validation points too.",
        "circle": "Subtract the mean, and the valley lies along the axes. Divide by the standard deviation, "
        "and it is as wide as it is long: a circle.",
        "race": "All three on one clock, each at a rate that works for it, until the loss is within one per "
        "cent of its minimum.",
        "back": "Nothing is lost. Mapped back to either unit, what was learned on the standardised feature "
        "is the line of least squares.",
    }

    story: FeatureScalingStory

    @staticmethod
    def prepare(settings: Settings) -> FeatureScalingStory:
        assert isinstance(settings, FeatureScalingSettings)
        dataset = dataset_with_bias(settings.dataset)
        changed = with_feature_times(dataset, narrowing_factor(dataset, settings.factor))
        scaled = replace(changed, x=Standardizer.fit(changed.x_train).transform(changed.x))
        rate = rate_that_breaks(dataset, changed, settings.learning_rate)
        limit = changed.problem().max_stable_learning_rate
        runs = {
            name: gdmath.descend(data.problem(), data.start, step, n_steps)
            for name, data, step, n_steps in (
                ("original", dataset, rate, settings.n_steps),
                ("same rate", changed, rate, SAME_STEPS),
                (
                    "changed",
                    changed,
                    round_step_within(limit / 2) if rate >= limit else rate,
                    settings.n_steps,
                ),
                (
                    "standardised",
                    scaled,
                    round_step_within(scaled.problem().max_stable_learning_rate / 10),
                    SETTLED,
                ),
            )
        }
        return FeatureScalingStory(settings=settings, dataset=dataset, runs=runs)

    def construct(self) -> None:
        self.lay_out()
        self.show_units()
        self.morph()
        self.take_the_same_rate()
        self.crawl()
        self.standardise()
        self.become_a_circle()
        self.race()
        self.map_back()

    # -- layout ------------------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """Axes of the data, windows of the parameters, level lines, and how many decimals numbers have."""
        story = self.story
        original = story.problems["original"]
        x, self.x_name = story.dataset.x, name_source(story.dataset.x_name)
        self.x = compact(round_axis(x.min(), x.max(), self.x_name, from_data=True))
        edges = np.array([self.x.low, self.x.high])
        heights = np.concatenate([story.dataset.y, original.predict(original.minimizer, edges)])
        name = name_source(story.dataset.y_name)
        self.y = compact(round_axis(heights.min(), heights.max(), name, from_data=True))
        self.loss_decimals = decimals_for([story.finish], 2)
        self.times = times_source(story.factor)
        self.styles = STYLES if story.diverges else STYLES | {"same rate": STYLES["changed"]}
        self.unit_names = {
            "original": "original",
            "changed": f"feature {self.times}" if len(f"{story.factor:g}") <= 4 else self.times,
            "standardised": "standardised",
        }
        self.change = Standardizer(0.0, 1 / story.factor)

    def window(self, name: str, box: Box) -> gdmath.Window:
        """Room for a run up to the end of the race, and for the minimum."""
        story = self.story
        path = story.runs[name].parameters[: story.last(name) + 1]
        return window_for(box, story.problems[name], path)

    def morph_window(self) -> gdmath.Window:
        """The window of the original run, or a wider one that shows the valley of the changed feature too."""
        story, box = self.story, MORPH_PANELS[1]
        window, b = self.window("original", box), story.start[BIAS]
        (lowest,) = story.problems["changed"].cut(WEIGHT, held=b).minimizer
        nearest = np.clip(lowest, window.w_min, window.w_max)
        if story.problems["changed"].loss([b, nearest]) <= LEVELS_UP_TO * story.runs["original"].losses[0]:
            return window
        return window_for(box, story.problems["original"], np.array([story.start, [b, lowest]]))

    def new_map(self, name: str, box: Box, window: gdmath.Window, levels: str | None = None) -> MovingMap:
        """A map of the loss in one unit, laid on its layers, with the levels that suit one of the runs."""
        problem = self.story.problems[name]
        highest = LEVELS_UP_TO * float(self.story.runs[levels or name].losses[0])
        heights = gdmath.contour_levels(problem.minimum, highest, at_most=11)
        drawn = MovingMap(self.story.start, Contours(problem, heights, self.colors, quiet=True))
        self.lay("areas", drawn.contours)
        self.lay("ghosts", drawn.frame)
        self.lay("marks", drawn.ring, drawn.diamond)
        return drawn.draw(problem, box, window)

    def new_ruler(self, drawn: MovingMap) -> VGroup:
        """Ticks and names of a map as it now is."""
        ticks, names = drawn.ruler()
        self.lay("grid", ticks)
        self.lay("text", names)
        return VGroup(ticks, names)

    def new_plane(self, dataset: gdmath.Dataset, box: Box, x: Axis) -> FeaturePlane:
        plane = FeaturePlane(dataset, box, x, self.y, self.colors)
        self.lay("grid", plane.plot, plane.names)
        self.lay("points", plane.train, plane.validation)
        self.lay("marks", plane.line)
        return plane

    def carry(self, moving: VGroup, change: Callable[[Mobject, float], None], seconds: float) -> None:
        """Change some mobjects on one clock, each of which stays in the scene by itself."""
        self.play(UpdateFromAlphaFunc(moving, change, rate_func=smooth), run_time=seconds)
        self.remove(moving)
        self.add(*moving)

    def header(self, source: str, box: Box) -> Words:
        word = Words(source, MEDIUM, self.colors).place(box.left, box.top - HEADER_ABOVE)
        self.lay("text", word)
        return word

    # -- one beat after the other ------------------------------------------------------------------------

    def show_units(self) -> None:
        self.beat("units")
        theme, story = self.colors, self.story
        title = Words(literal(self.title), LARGE, theme).place(sheet.WIDTH / 2, sheet.HEIGHT / 2, "center")
        self.lay("text", title)
        self.play(FadeIn(title, shift=0.2 * UP))
        self.wait(1)
        self.planes = [
            self.new_plane(story.dataset, PAIR[0], self.x),
            self.new_plane(story.changed, PAIR[1], rescaled(self.x, self.change, self.x_name)),
        ]
        self.headers = VGroup(
            *(
                Words(source, MEDIUM, theme).place(box.center[0], box.top - 40, "center")
                for source, box in zip(self.unit_names.values(), PAIR, strict=False)
            )
        )
        self.lay("text", *self.headers)
        left, right = self.planes
        self.play(FadeOut(title, shift=0.2 * UP), FadeIn(left.plot, left.names, self.headers[0]))
        self.play(FadeIn(left.train, left.validation), run_time=0.8)
        left.draw(story.problems["original"].minimizer, np.array([self.x.low, self.x.high]))
        self.fits = [self.fit_readouts("original", PAIR[0]), self.fit_readouts("changed", PAIR[1])]
        self.play(Create(left.line), FadeIn(self.fits[0]), run_time=1.2)
        self.wait(0.8)
        right.draw(story.problems["changed"].minimizer, np.array([right.plot.x.low, right.plot.x.high]))
        self.play(
            FadeIn(right.plot, right.names, self.headers[1]),
            TransformFromCopy(left.train, right.train),
            TransformFromCopy(left.validation, right.validation),
            TransformFromCopy(left.line, right.line),
            run_time=1.5,
        )
        self.play(FadeIn(self.fits[1]), run_time=0.8)
        self.wait(2)

    def fit_readouts(self, name: str, box: Box) -> VGroup:
        """The line of least squares in one unit, and its loss."""
        theme, problem = self.colors, self.story.problems[name]
        rows = VGroup()
        shown = map(readable, problem.minimizer, scale_of(problem))
        values = [
            *((f"${role}$", text, role) for role, text in zip(PARAMETER_ROLES, shown, strict=True)),
            (
                f'$loss("{self.story.loss_name}")$',
                readable(problem.minimum, scale_of(problem)[0] ** 2),
                "loss",
            ),
        ]
        for (source, text, role), baseline in zip(values, FIT_BASELINES, strict=True):
            word = Words(source, MEDIUM, theme).place(box.left + 120, baseline)
            figures = Digits(text, MEDIUM, theme, role)
            rows.add(VGroup(word, figures.place(box.right - 120, baseline, "right")))
        self.lay("text", rows)
        return rows

    def morph(self) -> None:
        self.beat("morph")
        story = self.story
        left, right = self.planes
        low, high = min(self.x.low, right.plot.x.low), max(self.x.high, right.plot.x.high)
        stretched = compact(round_axis(low, high, self.x_name, 3))
        box, *others = MORPH_PANELS
        box = replace(box, left=max(box.left, sheet.SAFE.left + widest_label(self.y) + 24))
        self.morph_boxes = (box, *others)
        plane = self.plane = self.new_plane(story.dataset, box, stretched)
        plane.draw(story.problems["original"].minimizer, np.array([self.x.low, self.x.high]))
        self.map = self.new_map("original", MORPH_PANELS[1], self.morph_window())
        self.map_ruler = self.new_ruler(self.map)
        self.cut = self.new_cut()
        self.readouts = [
            self.readout(source, box, role)
            for source, box, role in zip(
                ("feature $times$", "condition number $kappa$", "curvature along $weight$"),
                self.morph_boxes,
                ("ink", "ink", "weight"),
                strict=True,
            )
        ]
        self.show_factor(1.0)
        self.play(
            FadeOut(right.everything(), right.line, *self.headers, *self.fits),
            FadeOut(left.plot, left.names),
            ReplacementTransform(left.train, plane.train),
            ReplacementTransform(left.validation, plane.validation),
            ReplacementTransform(left.line, plane.line),
            FadeIn(plane.plot, plane.names),
            run_time=1.3,
        )
        self.play(FadeIn(self.map, self.map_ruler), run_time=1)
        self.play(FadeIn(self.cut_plot, self.cut_line, self.cut), run_time=0.8)
        self.play(FadeIn(*self.readouts), run_time=0.6)
        self.wait(0.8)

        def stretch(_: Mobject, share: float) -> None:
            self.show_factor(story.factor**share if share < 1 else story.factor)

        moving = VGroup(
            plane.train, plane.validation, plane.line, self.map, self.cut, self.cut_line, *self.readouts
        )
        self.carry(moving, stretch, MORPH_SECONDS)
        self.wait(2.2)

    def readout(self, source: str, box: Box, role: str) -> VGroup:
        """A name and a large number under a panel."""
        word = Words(source, SMALL, self.colors, "muted").place(box.left, NAME_BASELINE)
        figures = Digits("0", LARGE, self.colors, role).place(box.left, VALUE_BASELINE)
        both = VGroup(word, figures)
        self.lay("text", both)
        return both

    def new_cut(self) -> Polyline:
        """Axes for the loss along w through the minimum of the original, and the cut on the map."""
        story, theme = self.story, self.colors
        window, b = self.map.window, float(story.problems["original"].minimizer[BIAS])
        along = np.linspace(window.w_min, window.w_max, 401)
        at_edges = gdmath.cross_section(story.problems["original"], BIAS, b, along[[0, -1]])
        pieces = pieces_that_fit(window.w_min, window.w_max, 4, MORPH_PANELS[2].width)
        x = compact(round_axis(window.w_min, window.w_max, "$weight$", pieces))
        y = compact(round_axis(0.0, float(at_edges.max()), f'$loss("{story.loss_name}")$', 3))
        self.cut_plot = Plot(MORPH_PANELS[2], x, y, theme, grid=False)
        self.cut_plot.add(names_of(self.cut_plot))
        self.cut_along = along
        self.cut_line = Segments(theme.weight, 5)
        cut = Polyline(theme.weight, 6)
        self.lay("grid", self.cut_plot)
        self.lay("lines", cut, self.cut_line)
        return cut

    def show_factor(self, factor: float) -> None:
        """Points, map, cut and numbers of the feature times a factor."""
        story, window = self.story, self.map.window
        dataset = with_feature_times(story.dataset, factor)
        problem = dataset.problem()
        self.plane.stand(dataset)
        self.plane.draw(problem.minimizer, factor * np.array([self.x.low, self.x.high]))
        self.map.draw(problem, self.map.plot.box, window)
        b = float(problem.minimizer[BIAS])
        draw_curve(
            self.cut, self.cut_plot, self.cut_along, gdmath.cross_section(problem, BIAS, b, self.cut_along)
        )
        if window.b_min <= b <= window.b_max:
            ends = self.map.plot.at([b, b], [window.w_min, window.w_max])
            self.cut_line.set_ends(ends[:1], ends[1:])
        texts = (
            number(factor, 1 if story.factor >= 1 else 3),
            number(problem.condition_number, 1),
            readable(problem.hessian[WEIGHT, WEIGHT]),
        )
        for (_, figures), text in zip(self.readouts, texts, strict=True):
            figures.spell(text)

    def take_the_same_rate(self) -> None:
        self.beat("same_rate")
        story = self.story
        changed, window = self.map, self.window("original", PANELS[0])
        here, shared = changed.plot.box, changed.window
        original = self.new_map("original", here, shared)
        original.draw(story.problems["changed"], here, shared)
        self.maps = {"original": original, "changed": changed}

        def part(_: Mobject, share: float) -> None:
            now = between(shared, window, share)
            factor = story.factor ** (1 - share)
            original.draw(story.times(factor), box_between(here, PANELS[0], share), now)
            changed.draw(story.problems["changed"], box_between(here, PANELS[1], share), now)

        left_over = [self.plane.everything(), self.plane.line, self.cut_plot, self.cut, self.cut_line]
        self.play(FadeOut(*left_over, *self.readouts, self.map_ruler), run_time=0.7)
        self.carry(VGroup(original, changed), part, 2)
        self.rulers = {name: self.new_ruler(each) for name, each in self.maps.items()}
        self.headers = VGroup(
            *(self.panel_header(name, box) for name, box in zip(self.maps, PANELS, strict=False))
        )
        self.play(FadeIn(*self.rulers.values(), self.headers), run_time=0.8)

        names, n_steps = ("original", "same rate"), story.runs["same rate"].n_steps
        self.limits = self.limit_readouts()
        self.curve_group = self.new_curves(names, n_steps, TOP_OF_CURVES)
        self.table = self.loss_table(names)
        self.paths = {
            name: self.new_path(name, drawn) for name, drawn in zip(names, self.maps.values(), strict=True)
        }
        self.play(FadeIn(self.limits), run_time=0.8)
        self.wait(0.5)
        self.show_clock(0)
        self.label_loss(0)
        self.play(FadeIn(self.curve_group, self.table, *self.paths.values()), run_time=0.8)
        for row in range(1, n_steps + 1):
            self.step_to(row, seconds=0.7 if row <= SINGLE_STEPS else 0.25)
            if label := self.label_loss(row):
                self.play(FadeIn(label), run_time=0.3)
            self.wait(0.4 if row <= SINGLE_STEPS else 0.05)
        self.wait(2)

    def label_loss(self, row: int) -> VGroup | None:
        """The loss of a divergent run beside its curve, while it is in the axes."""
        run, path, plot = self.story.runs["same rate"], self.curves.paths["same rate"], self.curves.plot
        if not self.story.diverges or path.exit_row is None or row >= path.exit_row:
            return None
        x, y = plot.pixels(*path.points_given[row])
        label = Digits(readable(run.losses[row], digits=4), sheet.SMALLEST, self.colors, "diverged")
        label.place(x + 36, y + 11)
        plate = rectangle(label.box().grown(5), self.colors.ground, fill=1)
        self.lay("marks", plate)
        self.lay("text", label)
        labelled = VGroup(plate, label)
        self.curve_group.add(labelled)
        return labelled

    def panel_header(self, name: str, box: Box) -> VGroup:
        """The unit of a feature and the condition number, over a panel."""
        theme, kappa = self.colors, number(self.story.problems[name].condition_number, 1)
        title = Words(self.unit_names[name], SMALL, theme).place(box.left, box.top - 30)
        value = Digits(kappa, SMALL, theme).place(box.right, box.top - 30, "right")
        symbol = Words("$kappa =$", SMALL, theme, "muted").place(value.box().left - 12, box.top - 30, "right")
        header = VGroup(title, symbol, value)
        self.lay("text", header)
        return header

    def limit_readouts(self) -> VGroup:
        """The rate, and below which rate each loss lets descent converge."""
        theme, story, box = self.colors, self.story, PANELS[2]
        name = Words("one learning rate", SMALL, theme, "muted").place(box.left, box.top + 50)
        rate = self.rate_in_large("original")
        rows = VGroup(
            Words("converges below $2 \\/ lambda_upright(max)$", SMALL, theme, "muted").place(
                box.left, box.top + 260
            )
        )
        for key, baseline in (("original", box.top + 336), ("changed", box.top + 406)):
            limit = readable(story.problems[key].max_stable_learning_rate, digits=4)
            rows.add(
                Words(self.unit_names[key], SMALL, theme).place(box.left, baseline),
                Digits(limit, SMALL, theme).place(box.right, baseline, "right"),
            )
        self.lay("text", name, rate, rows)
        return VGroup(name, rate, rows)

    def new_path(self, name: str, drawn: MovingMap) -> RunPath:
        """A run on its map, up to its last row in the race."""
        rows = self.story.runs[name].parameters[: self.story.last(name) + 1]
        path = RunPath(rows, drawn.plot, self.styles[name], self.colors)
        self.lay("lines", path.line)
        self.lay("points", path.marks)
        self.lay("moving", path.head, path.cross)
        return path

    def new_curves(self, names: tuple[str, ...], n_steps: int, room_above: float = 1.0) -> VGroup:
        """Losses above the minimum on one clock, each run up to its last row in the race."""
        theme, story = self.colors, self.story
        excess = {
            name: story.runs[name].losses[: min(story.last(name), n_steps) + 1] - story.minimum
            for name in names
        }
        lowest = min(values.min() for values in excess.values())
        highest = max(values[0] for values in excess.values())
        lowest = max(lowest, 1e-2 * (story.finish - story.minimum))
        y = decades(lowest, room_above * max(highest, 2 * lowest), "")
        left = max(CURVES.left, sheet.SAFE.left + widest_label(y) + 24)
        box = Box(left, CURVES.top, CURVES.right, CURVES.bottom)
        floored = {name: np.maximum(values, 10.0**y.low) for name, values in excess.items()}
        self.curves = LossCurves(floored, self.styles, box, y, n_steps, theme, marked=n_steps <= SAME_STEPS)
        title = Words("loss above its minimum", SMALL, theme, "muted")
        title.place(box.right, box.top - 18, "right")
        self.lay("grid", self.curves.plot)
        self.lay("text", title, self.curves.unit)
        for path in self.curves.paths.values():
            self.lay("lines", path.line)
            self.lay("points", path.marks)
            self.lay("moving", path.head, path.cross)
        return VGroup(self.curves, title)

    def loss_table(self, names: tuple[str, ...]) -> VGroup:
        """The step, and beside each run's line and name its loss there."""
        theme, box = self.colors, PANELS[2]
        step = Words("step", MEDIUM, theme, "muted").place(box.left, TABLE_HEAD)
        clock = Digits("0", LARGE, theme).place(step.box().right + 24, TABLE_HEAD)
        self.counters = {"clock": clock}
        loss = Words(f'$loss("{self.story.loss_name}")$', SMALL, theme).place(box.right, TABLE_HEAD, "right")
        line = rule(sheet.at(box.left, TABLE_HEAD + 30), sheet.at(box.right, TABLE_HEAD + 30), theme.axis, 2)
        self.loss_values = {
            name: Digits("0", sheet.SMALLEST, theme).place(box.right, baseline, "right")
            for name, baseline in zip(names, RACE_BASELINES, strict=False)
        }
        keys = VGroup(
            *(self.key(name, baseline) for name, baseline in zip(names, RACE_BASELINES, strict=False))
        )
        self.lay("text", step, clock, loss, *self.loss_values.values())
        return VGroup(step, clock, loss, line, keys, *self.loss_values.values())

    def key(self, name: str, baseline: float) -> VGroup:
        """A run's line and mark, and the unit of its feature."""
        theme, left, style = self.colors, PANELS[2].left, self.styles[name]
        ends = sheet.at([left, left + 74], [baseline - 14] * 2)
        sample = RunPath(np.empty((0, 2)), self.maps["original"].plot, style, theme)
        draw_run_line(sample.line, ends, style)
        sample.head.stand_at(ends.mean(axis=0, keepdims=True))
        unit = {"same rate": "changed"}.get(name, name)
        return VGroup(
            sample.line, sample.head, Words(self.unit_names[unit], SMALL, theme).place(left + 92, baseline)
        )

    def show_clock(self, row: int, towards: float = 0.0) -> None:
        """Every path and curve at one step, and its numbers."""
        for path in (*self.paths.values(), *self.curves.paths.values()):
            path.show_row(row, towards)
        if towards:
            return
        for name, figures in self.counters.items():
            figures.spell(str(row), "left") if name == "clock" else figures.spell(
                self.count(name, row), "right"
            )
        for name, figures in self.loss_values.items():
            losses = self.story.runs[name].losses
            figures.spell(readable(losses[min(row, len(losses) - 1)], digits=4), "right")

    def count(self, name: str, row: int) -> str:
        """The steps of a run when the clock shows a row: it stops at the finish line."""
        last = self.story.last(name)
        unfinished = row >= last and self.story.steps(name) is None
        return f"{min(row, last)}{'+' if unfinished else ''}"

    def clockwork(self) -> VGroup:
        """What moves with the clock."""
        shown = (self.paths, self.curves.paths, self.counters, self.loss_values)
        return VGroup(*(each for kind in shown for each in kind.values()))

    def step_to(self, row: int, seconds: float) -> None:
        """One update of every run, from the row before to this one."""

        def move(_: Mobject, share: float) -> None:
            if share < 1:
                self.show_clock(row - 1, share)
            else:
                self.show_clock(row)

        self.carry(self.clockwork(), move, seconds)

    def crawl(self) -> None:
        self.beat("crawl")
        story, changed, broken = self.story, self.maps["changed"], self.paths["same rate"]
        names = ("original", "changed")
        n_steps = max(min(CRAWL_STEPS, story.last("changed")), 1)
        shared, window = changed.window, self.window("changed", PANELS[1])
        self.play(
            FadeOut(
                self.curve_group, self.table, self.limits, self.rulers["changed"], self.paths["original"]
            ),
            run_time=0.8,
        )

        def zoom(_: Mobject, share: float) -> None:
            changed.draw(changed.problem, PANELS[1], between(shared, window, share))
            broken.lay_in(changed.plot).show_row(story.runs["same rate"].n_steps)

        self.carry(VGroup(changed, broken), zoom, 1.5)
        self.rulers["changed"] = self.new_ruler(changed)
        self.curve_group, self.table = self.new_curves(names, n_steps), self.loss_table(names)
        self.paths = {name: self.new_path(name, self.maps[name]) for name in names}
        self.rates = VGroup(*(self.rate_label(name, box) for name, box in zip(names, PANELS, strict=False)))
        kept = self.kept_readouts()
        self.show_clock(0)
        self.play(
            FadeIn(
                self.rulers["changed"],
                self.rates,
                kept[0],
                self.curve_group,
                self.table,
                *self.paths.values(),
            ),
            broken.animate.fade(1 - DIM),
            run_time=0.8,
        )
        self.broken = broken
        self.wait(0.4)
        for row in range(1, min(SINGLE_STEPS, n_steps) + 1):
            self.step_to(row, seconds=0.6)
            self.wait(0.3)
        self.run_clock(min(SINGLE_STEPS, n_steps), n_steps, CRAWL_SECONDS)
        self.play(FadeIn(kept[1]), run_time=0.8)
        self.wait(2)

    def kept_readouts(self) -> tuple[VGroup, VGroup]:
        """The rate of the changed feature; what a step leaves of the error across the valley and along it."""
        theme, story, box = self.colors, self.story, PANELS[2]
        name = Words("a smaller rate" if story.diverges else "the same rate", SMALL, theme, "muted").place(
            box.left, box.top + 50
        )
        rate = self.rate_in_large("changed", "low_rate")
        along, across = story.kept("changed")
        rows = VGroup(Words("error left after a step", SMALL, theme, "muted").place(box.left, box.top + 260))
        for source, value, baseline in (
            ("across the valley", across, box.top + 336),
            ("along its floor", along, box.top + 406),
        ):
            rows.add(
                Words(source, SMALL, theme).place(box.left, baseline),
                Digits(number(value, 3), SMALL, theme).place(box.right, baseline, "right"),
            )
        self.lay("text", name, rate, rows)
        return VGroup(name, rate), rows

    def rate_in_large(self, run: str, role: str = "ink") -> VGroup:
        """The rate of a run, beside the panels."""
        theme, box, text = self.colors, PANELS[2], shortest(self.story.runs[run].learning_rate)
        em = MEDIUM if "×" in text else LARGE
        symbol = Words("$eta =$", em, theme).place(box.left, box.top + 130)
        return VGroup(symbol, Digits(text, em, theme, role).place(symbol.box().right + 24, box.top + 130))

    def rate_label(self, name: str, box: Box) -> VGroup:
        """The rate of a run, in a corner of its panel."""
        theme = self.colors
        rate = Digits(shortest(self.story.runs[name].learning_rate), SMALL, theme)
        rate.place(box.right - 18, box.bottom - 20, "right")
        symbol = Words("$eta =$", SMALL, theme).place(rate.box().left - 12, box.bottom - 20, "right")
        plate = rectangle(
            sheet.box_of(np.concatenate([m.points for m in (*symbol.ink(), *rate.ink())])).grown(9),
            theme.ground,
            fill=0.8,
        )
        self.lay("ghosts", plate)
        self.lay("text", symbol, rate)
        return VGroup(plate, symbol, rate)

    def run_clock(self, first: int, last: int, seconds: float) -> None:
        """A time-lapse from one step to another, slow at first: a frame shows one whole row."""
        n_frames = max(1, round(seconds * config.frame_rate))

        def lapse(_: Mobject, share: float) -> None:
            frame = min(int(share * n_frames), n_frames)
            self.show_clock(first + round((last - first) * (frame / n_frames) ** 2))

        self.play(UpdateFromAlphaFunc(self.clockwork(), lapse, rate_func=linear), run_time=seconds)
        self.show_clock(last)

    def race(self) -> None:
        self.beat("race")
        story = self.story
        names = ("original", "changed", "standardised")
        scaled = self.maps["standardised"] = self.map
        here, window = scaled.window, self.window("standardised", PANELS[2])

        def shrink(_: Mobject, share: float) -> None:
            scaled.draw(scaled.problem, box_between(STAGE, PANELS[2], share), between(here, window, share))

        self.play(FadeOut(*(m for m in self.mobjects if m is not scaled)), run_time=0.6)
        self.carry(VGroup(scaled), shrink, 1.4)
        self.rulers["standardised"] = self.new_ruler(scaled)
        self.headers = VGroup(
            *(self.panel_header(name, box) for name, box in zip(names, PANELS, strict=True))
        )
        self.rates = VGroup(*(self.rate_label(name, box) for name, box in zip(names, PANELS, strict=True)))
        self.paths = {name: self.new_path(name, self.maps[name]) for name in names}
        n_steps = max(1, *(story.last(name) for name in names))
        self.curve_group = self.new_curves(names, n_steps)
        self.finish_line = self.line_of_finish()
        self.table = self.race_table(names)
        self.show_clock(0)
        self.play(
            FadeIn(*(self.maps[name] for name in names[:2]), *self.rulers.values(), self.headers, self.rates),
            run_time=1,
        )
        self.play(FadeIn(self.curve_group, self.finish_line, self.table, *self.paths.values()), run_time=1)
        self.wait(0.6)
        for row in range(1, min(SINGLE_STEPS, n_steps) + 1):
            self.step_to(row, seconds=0.5)
            self.wait(0.2)
        self.run_clock(min(SINGLE_STEPS, n_steps), n_steps, RACE_SECONDS)
        self.wait(3)

    def line_of_finish(self) -> VGroup:
        """The loss at which the race ends, in the curves."""
        theme, story, plot = self.colors, self.story, self.curves.plot
        height = np.log10(story.finish - story.minimum)
        line = dashed(rule(plot.at(plot.x.low, height), plot.at(plot.x.high, height), theme.minimum, 3))
        word = Words(self.finish_source(), SMALL, theme, "minimum")
        baseline = float(plot.pixels(0, height)[1]) - 16
        spots = [
            Box(left, baseline - sheet.SMALL, left + word.box().width, baseline + 8)
            for left in np.linspace(plot.box.left + 60, plot.box.right - word.box().width - 60, 12)
        ]
        drawn = [
            np.linspace(one, other, 40)
            for path in self.curves.paths.values()
            for one, other in pairwise(plot.pixels(*path.points_given.T))
        ]
        word.place(clearest(spots[6:] + spots[:6], np.vstack(drawn)).left, baseline)
        self.lay("ghosts", line)
        self.lay("text", word)
        return VGroup(line, word)

    def finish_source(self) -> str:
        """What the finish line is."""
        if self.story.finish < 2 * self.story.minimum:
            return "within 1 %"
        return f"$10^({round(math.log10(self.story.finish))})$"

    def race_table(self, names: tuple[str, ...]) -> VGroup:
        """The steps of each run, which stop at the finish line."""
        theme, box = self.colors, PANELS[2]
        head = Words(f"steps to {self.finish_source()}", SMALL, theme, "muted").place(
            box.right, TABLE_HEAD, "right"
        )
        line = rule(sheet.at(box.left, TABLE_HEAD + 30), sheet.at(box.right, TABLE_HEAD + 30), theme.axis, 2)
        self.counters = {
            name: Digits("0", MEDIUM, theme).place(box.right, baseline, "right")
            for name, baseline in zip(names, RACE_BASELINES, strict=True)
        }
        keys = VGroup(
            *(self.key(name, baseline) for name, baseline in zip(names, RACE_BASELINES, strict=True))
        )
        self.lay("text", head, *self.counters.values())
        self.loss_values = {}
        return VGroup(head, line, keys, *self.counters.values())

    def standardise(self) -> None:
        self.beat("standardise")
        theme, story, scaler = self.colors, self.story, self.story.scaler
        x = rescaled(self.x, self.change, self.x_name)
        stage = replace(PLANE, left=max(PLANE.left, sheet.SAFE.left + widest_label(self.y) + 24))
        plane = self.plane = self.new_plane(story.changed, stage, x)
        rows = self.scaler_rows = self.scaler_readouts()
        at_mean, at_deviation = plane.plot.pixels(
            [scaler.mean, scaler.mean + scaler.standard_deviation], 0
        ).T[0]
        spread = at_deviation - at_mean
        drops = Segments(theme.data, 2, 0.5).set_ends(
            plane.plot.at(plane.dataset.x_train, plane.dataset.y_train),
            plane.plot.at(plane.dataset.x_train, self.y.low),
        )
        spans = ((PLANE.top, PLANE.bottom), (PLANE.bottom + 76, RULER_TOP))  # the labels of x lie between
        mean_line = VGroup(
            *(rule(sheet.at(at_mean, top), sheet.at(at_mean, bottom), theme.ink, 5) for top, bottom in spans)
        )
        edges = VGroup(
            *(
                dashed(rule(sheet.at(edge, top), sheet.at(edge, bottom), theme.ink, 3))
                for edge in (at_mean - spread, at_mean + spread)
                for top, bottom in spans
            )
        )
        height = PLANE.top + 26
        arrows = VGroup(
            *(
                Arrow(theme.ink, 5).between(sheet.at(at_mean, height), sheet.at(at_mean + way, height))
                for way in (-spread, spread)
            )
        )
        header = self.header(f"feature {self.times}", Box(stage.left + 90, stage.top, 0, 0))
        self.lay("residuals", drops)
        self.lay("ghosts", mean_line, edges, arrows)
        self.play(FadeOut(*self.mobjects), FadeIn(plane.plot, plane.names, header, plane.train), run_time=1)
        self.play(Create(drops), run_time=0.9)
        self.play(FadeOut(drops), Create(mean_line), FadeIn(rows[0]), run_time=1)
        self.play(Create(edges), FadeIn(arrows, rows[1]), run_time=1)
        self.wait(0.6)
        self.play(FadeIn(rows[2], shift=0.2 * UP), run_time=0.8)
        ruler = self.standard_ruler(at_mean, spread)
        self.standard_ticks = (*ruler[1], *ruler[2])
        self.play(Create(ruler[0]), FadeIn(ruler[1]), run_time=1)
        self.wait(0.5)
        self.play(LaggedStart(*map(FadeIn, ruler[2]), lag_ratio=0.2), FadeIn(ruler[3]), run_time=1.2)
        self.wait(0.5)
        if len(story.changed.validation_indices):
            self.play(FadeIn(plane.validation, rows[3]), run_time=0.8)
        self.wait(2)

    def scaler_readouts(self) -> list[VGroup]:
        """Mean and deviation of the train points, what is done with them, and to whom."""
        theme, scaler = self.colors, self.story.scaler
        rows = []
        for source, value, baseline in (
            ("train mean $mu$", scaler.mean, 190),
            ("train standard deviation $sigma$", scaler.standard_deviation, 350),
        ):
            word = Words(source, SMALL, theme, "muted").place(MARGIN.left, baseline)
            figures = Digits(readable(value), LARGE, theme).place(MARGIN.left, baseline + 84)
            rows.append(VGroup(word, figures))
        formula = Words("$z = display((x - mu) / sigma)$", LARGE, theme).place(MARGIN.left, 600)
        note = [
            Words(source, SMALL, theme, "muted").place(MARGIN.left, baseline)
            for source, baseline in (("the same $mu$ and $sigma$ for", 770), ("the validation points", 826))
        ]
        rows += [VGroup(formula), VGroup(*note)]
        self.lay("text", *rows)
        return rows

    def standard_ruler(self, at_mean: float, spread: float) -> tuple[Line, VGroup, VGroup, Words]:
        """A second ruler under the points: the line and its zero, then its other ticks and its name."""
        theme, box = self.colors, self.plane.plot.box
        ticks = VGroup()
        first = int(np.ceil((box.left - at_mean) / spread))
        last = int(np.floor((box.right - at_mean) / spread))
        every = max(1, round((last - first) / 8))
        for tick in sorted(range(first, last + 1, every) if every > 1 else range(first, last + 1), key=abs):
            x = at_mean + tick * spread
            mark = rule(sheet.at(x, RULER_TOP), sheet.at(x, RULER_TOP + 14), theme.axis, 2.5)
            label = Digits(number(tick, 0), SMALL, theme).place(x, RULER_TOP + 60, "center")
            self.lay("text", label)
            ticks.add(VGroup(mark, label))
        line = rule(sheet.at(box.left, RULER_TOP), sheet.at(box.right + 20, RULER_TOP), theme.axis, 2.5)
        name = Words("$z$", SMALL, theme).place(box.right + 32, RULER_TOP + 60)
        self.lay("text", name)
        return line, VGroup(*ticks[:1]), VGroup(*ticks[1:]), name

    def become_a_circle(self) -> None:
        self.beat("circle")
        theme, story = self.colors, self.story
        windows = [
            self.window("changed", STAGE),
            window_for(STAGE, story.partway(0.5), story.start[None]),
            self.window("standardised", STAGE),
        ]
        self.map = self.new_map("changed", STAGE, windows[0], levels="standardised")
        ruler = self.new_ruler(self.map)
        kappa = number(story.problems["changed"].condition_number, 1)
        word, self.kappa = self.readout_in_margin("condition number $kappa$", kappa, 190)
        stages = [
            Words(source, LARGE, theme).place(MARGIN.left, baseline)
            for source, baseline in zip(STAGES, STAGE_BASELINES, strict=True)
        ]
        self.lay("text", *stages)
        self.play(FadeOut(*self.mobjects), FadeIn(self.map, ruler, word, self.kappa), run_time=1.2)
        self.play(FadeIn(stages[0], self.kept_kappa(STAGE_BASELINES[0])), run_time=0.8)
        self.wait(0.6)
        for half, (first, last) in enumerate(pairwise(windows)):
            self.play(FadeOut(ruler), FadeIn(stages[half + 1], shift=0.2 * UP), run_time=0.7)
            self.turn_half(half, first, last)
            ruler = self.new_ruler(self.map)
            self.play(FadeIn(ruler, self.kept_kappa(STAGE_BASELINES[half + 1])), run_time=0.6)
            self.wait(0.8)
        self.map_ruler = ruler
        self.wait(1.4)

    def turn_half(self, half: int, first: gdmath.Window, last: gdmath.Window) -> None:
        """One half of the way from the changed feature to the standardised one, on the map."""

        def change(_: Mobject, share: float) -> None:
            problem = self.story.partway((half + share) / 2)
            self.map.draw(problem, STAGE, between(first, last, share))
            self.kappa.spell(number(problem.condition_number, 1))

        self.carry(VGroup(self.map, self.kappa), change, 2.6)

    def kept_kappa(self, baseline: float) -> Digits:
        """The condition number as it now is, kept beside a stage of the feature."""
        figures = Digits(self.kappa.text, MEDIUM, self.colors, "muted")
        figures.place(MARGIN.right, baseline, "right")
        self.lay("text", figures)
        return figures

    def readout_in_margin(self, source: str, text: str, baseline: float) -> tuple[Words, Digits]:
        """A name and a large number in the margin."""
        word = Words(source, SMALL, self.colors, "muted").place(MARGIN.left, baseline)
        figures = Digits(text, LARGE, self.colors).place(MARGIN.left, baseline + 84)
        self.lay("text", word, figures)
        return word, figures

    def map_back(self) -> None:
        self.beat("back")
        theme, story = self.colors, self.story
        self.planes = [
            self.new_plane(story.dataset, PAIR[0], self.x),
            self.new_plane(story.changed, PAIR[1], rescaled(self.x, self.change, self.x_name)),
        ]
        scalers = [Standardizer.fit(story.dataset.x_train), story.scaler]
        learned = story.runs["standardised"].parameters[-1]
        self.mapped = [scaler.parameters_to_original(learned) for scaler in scalers]
        exact, tables = VGroup(), []
        headers = VGroup(
            *(
                Words(source, MEDIUM, theme).place(box.center[0], box.top - 40, "center")
                for source, box in zip(self.unit_names.values(), PAIR, strict=False)
            )
        )
        self.lay("text", headers)
        for plane, parameters, box in zip(self.planes, self.mapped, PAIR, strict=True):
            edges = np.array([plane.plot.x.low, plane.plot.x.high])
            plane.draw(parameters, edges)
            (piece,) = plane.plot.clipped(edges, plane.problem.predict(plane.problem.minimizer, edges))
            exact.add(dashed(rule(piece[0], piece[-1], theme.minimum, 8), 30, 30))
            tables.append(self.comparison(parameters, plane.problem, box))
        self.lay("lines", exact)
        self.lay("marks", exact)
        self.exact = exact
        self.play(
            FadeOut(*self.mobjects),
            *(FadeIn(plane.everything()) for plane in self.planes),
            FadeIn(headers),
            run_time=1.2,
        )
        self.play(
            *(FadeIn(table[0]) for table in tables),
            *(Create(plane.line) for plane in self.planes),
            run_time=1.4,
        )
        self.wait(1.5)
        self.play(*(FadeIn(table[1]) for table in tables), Create(exact), run_time=1.4)
        self.wait(3.2)

    def comparison(self, mapped: Array, problem: LeastSquares, box: Box) -> tuple[VGroup, VGroup]:
        """What was learned, mapped back, beside the closed form."""
        theme = self.colors
        exact, scales = problem.minimizer, scale_of(problem)
        rights = (box.left + 440, box.right)
        heads = [
            Words("mapped back", SMALL, theme, "model_text").place(rights[0], TABLE_BASELINES[0], "right"),
            Words("closed form", SMALL, theme, "minimum").place(rights[1], TABLE_BASELINES[0], "right"),
        ]
        columns = VGroup(heads[0]), VGroup(heads[1])
        for role, formula, baseline, values, scale in zip(
            PARAMETER_ROLES,
            BACK_FORMULAS,
            TABLE_BASELINES[1:],
            np.stack([mapped, exact], axis=1),
            scales,
            strict=True,
        ):
            columns[0].add(Words(formula, MEDIUM, theme).place(box.left - 60, baseline))
            for column, value, right in zip(columns, values, rights, strict=True):
                text = readable(value, scale)
                em = sheet.SMALLEST if "×" in text else MEDIUM
                column.add(Digits(text, em, theme, role).place(right, baseline, "right"))
        self.lay("text", *columns)
        return columns
