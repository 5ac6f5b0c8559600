"""GradientSlope: two cuts through the loss, a step that shrinks to nothing, and the gradient as an arrow."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from manim import (
    UP,
    Animation,
    AnimationGroup,
    Create,
    FadeIn,
    FadeOut,
    LaggedStart,
    Mobject,
    ReplacementTransform,
    TransformFromCopy,
    UpdateFromAlphaFunc,
    VGroup,
    smooth,
)
from numpy.typing import NDArray

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.gradient import GradientArrow, grow
from gdscenes.kit.figures.parameter_plane import ParameterPlane
from gdscenes.kit.figures.secant_table import SecantTable
from gdscenes.kit.lecture.choices import dataset_with_bias
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import SettingError, Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import LARGE, MARGIN, MEDIUM, SMALL, SMALLEST, STAGE, Box
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import (
    Axis,
    axis_units,
    compact,
    equal_axes,
    round_axis,
    round_step_within,
    widest_label,
)
from gdscenes.kit.plot.contours import draw_level
from gdscenes.kit.plot.curves import Lens, Secant, draw_curve
from gdscenes.kit.plot.marks import Arrow, Diamond, Polyline, RightAngle, Segments, start_ring
from gdscenes.kit.type.digits import Digits, largest_type, text_width
from gdscenes.kit.type.notation import Notation, notation_for, notations_for, shortest
from gdscenes.kit.type.typeset import Type, Words, literal

Array = NDArray[np.float64]

LENS_SHARE = 0.06
"""The step under the lens, a part of the first one: 0.12 of 2, as in the textbook."""
FARTHEST_STEP = 1.35
"""The first step is no longer than this many ways to the lowest point of the cut."""
BEHIND, AHEAD = 1.4, 0.8
"""What a cut shows on either side of its lowest point, in ways from there to the start."""
ROUND_MINIMUM = 0.08
"""Room on the map beside the minimum, a part of what the map spans."""
SIGNIFICANT, SCALED_SIGNIFICANT = 5, 4
"""Digits of losses, rises and slopes; fewer where a power of ten is taken out."""
WIDEST_STEP = 3.0
"""Of the table's steps, em."""
TOP, BOTTOM = 138.0, 938.0
HEADER_BASELINE = 120
FORMULA_BASELINE = 150
QUESTION_BASELINES = (856, 916)
INSET_WIDTH = 392.0
INSET_BOTTOM = 982.0
RESULT_BASELINES = (474, 592)
"""Of the slopes in b and in w; (b, w) is the order everywhere."""
FINAL_RESULTS = (132, 250)
VECTOR_BASELINES = (400, 486)
LEGEND_BASELINES = (776, 852, 928)


@dataclass(frozen=True)
class GradientSlopeSettings(Settings):
    """What a lecturer may change."""

    dataset: str = knob("chapter-0", "preset whose loss is cut", choices=gdmath.preset_names())
    start_b: float | None = knob(
        None, "bias at which the slopes are taken; none takes the dataset's own", minimum=-100, maximum=100
    )
    start_w: float | None = knob(
        None, "weight at which the slopes are taken; none takes the dataset's own", minimum=-100, maximum=100
    )
    first_step: float | None = knob(
        None, "length of the first finite step; none follows from the loss", minimum=0.0, open_minimum=True
    )
    secants: int = knob(3, "steps before the lens, each half as long as the last", minimum=1, maximum=4)


@dataclass(frozen=True)
class GradientSlopeStory(Story):
    """The place where the slopes are taken, the cuts through it, and the steps along them.

    The run is a single update: its row 0 is the place, its loss and its gradient.
    """

    settings: GradientSlopeSettings

    @property
    def run(self) -> gdmath.Trajectory:
        return self.runs["descent"]

    @property
    def start(self) -> Array:
        return np.asarray(self.run.parameters[0])

    @property
    def loss(self) -> float:
        return float(self.run.losses[0])

    @property
    def gradient(self) -> Array:
        return np.asarray(self.run.gradients[0])

    def lowest(self, moving: int) -> float:
        """Where the cut along one parameter is lowest."""
        return float(self.start[moving] - self.gradient[moving] / self.problem.hessian[moving, moving])

    def cut_range(self, moving: int) -> tuple[float, float]:
        """What a cut shows of the parameter that moves: the start, and beyond the lowest point."""
        way = self.lowest(moving) - self.start[moving]
        low, high = sorted((self.lowest(moving) - BEHIND * way, self.lowest(moving) + AHEAD * way))
        return low, high

    def cut(self, moving: int, along: Array) -> Array:
        """The loss along one parameter, the other held at the start."""
        fixed = 1 - moving
        return gdmath.cross_section(self.problem, fixed, float(self.start[fixed]), along)

    def steps(self, moving: int) -> Array:
        """Downhill steps along one parameter: halved, and the small one under the lens."""
        way = self.lowest(moving) - self.start[moving]
        longest = self.settings.first_step or round_step_within(FARTHEST_STEP * abs(way))
        shares = [*(0.5**k for k in range(self.settings.secants)), LENS_SHARE]
        return np.asarray(np.sign(way) * longest * np.array(shares))

    def secant(self, moving: int, delta: float) -> tuple[float, float]:
        """Rise and slope over a step from the start; over none, zero and the partial derivative."""
        if delta == 0.0:
            return 0.0, float(self.gradient[moving])
        return gdmath.finite_difference(self.problem, self.start, moving, delta)

    @cached_property
    def levels(self) -> Array:
        """Round losses up to well above the start's."""
        return gdmath.contour_levels(self.problem.minimum, 4.0 * self.loss, at_most=9)


def without_last_tick(axis: Axis, share: float) -> Axis:
    """An axis whose end is left to its name: no tick in the last part of it."""
    highest = axis.high - share * (axis.high - axis.low)
    return replace(axis, ticks=tuple(tick for tick in axis.ticks if tick < highest))


def exact_notation(values: Array) -> Notation:
    """The fewest decimals that write halved round numbers exactly, a power of ten taken out of long ones."""
    largest = float(np.abs(values).max())
    power = math.floor(math.log10(largest))
    for taken in (0, power):
        mantissas = values / 10.0**taken
        exact = (d for d in range(7) if np.allclose(mantissas, np.round(mantissas, d), 1e-9, 0))
        notation = Notation(next(exact, 6), taken)
        if text_width(notation.mantissa(largest)) <= WIDEST_STEP:
            break
    return notation


def into(source: Mobject, target: Mobject) -> Animation:
    """A number flies to where it is used; written otherwise there, it fades in on the way."""
    assert isinstance(source, Digits)
    assert isinstance(target, Digits)
    if source.text == target.text:
        return TransformFromCopy(source, target)
    return FadeIn(target, target_position=source)


class GradientSlope(Lecture):
    """A secant shrinks into a tangent, twice; the two slopes make the gradient."""

    title = "The gradient is two slopes"
    chapter = 3
    seconds = 86
    settings = GradientSlopeSettings()
    story_type = GradientSlopeStory
    beats: ClassVar = {
        "map": "Every point of this map is one line: a pair of b and w. The curves join lines that are "
        "equally wrong. From the start, which way is down, and how steep is it?",
        "cut": "Hold b and let only w move. That cuts the loss along one line, and the cut is a parabola: "
        "the loss as a function of w alone.",
        "step": "Take a step in w from the start itself, and see how far the loss falls. Rise over step is "
        "the slope of the straight line through both points.",
        "shrink": "Halve the step, and again. The straight line turns, and its slope settles.",
        "lens": "Now a tiny step. Even under the lens the straight line and the curve can hardly be told "
        "apart.",
        "tangent": "Let the step go to nothing. The secant becomes the tangent, and the ratio becomes the "
        "partial derivative with respect to w.",
        "other": "The same for the other parameter: hold w, let b move, shrink the step. This slope is the "
        "partial derivative with respect to b.",
        "gradient": "Each slope says how strongly the loss falls along its axis. Side by side they make one "
        "arrow: minus the gradient.",
        "square": "Along the level line the loss does not change. The arrow stands square on it: this is the "
        "direction in which the loss falls fastest.",
    }

    story: GradientSlopeStory

    @staticmethod
    def prepare(settings: Settings) -> GradientSlopeStory:
        assert isinstance(settings, GradientSlopeSettings)
        dataset = dataset_with_bias(settings.dataset)
        problem = dataset.problem()
        given = (settings.start_b, settings.start_w)
        start = np.array([own if at is None else at for own, at in zip(dataset.start, given, strict=True)])
        rate = 0.5 * problem.max_stable_learning_rate
        run = gdmath.descend(problem, start, rate, n_steps=1)
        for name, slope, curvature in zip("bw", run.gradients[0], np.diag(problem.hessian), strict=True):
            if slope**2 / (2 * curvature) < 1e-3 * run.losses[0]:
                raise SettingError(
                    f"--start-{name}",
                    float(start["bw".index(name)]),
                    f"a start from which the loss falls when {name} moves; here its slope is {slope:.2g}",
                    "give another start",
                )
            farthest = 2 * abs(slope) / curvature
            if settings.first_step and settings.first_step >= farthest:
                raise SettingError(
                    "--first-step",
                    settings.first_step,
                    f"below {farthest:.4g}, where the loss is as high again along {name}",
                    "give a shorter step",
                )
        return GradientSlopeStory(settings=settings, dataset=dataset, runs={"descent": run})

    def construct(self) -> None:
        self.lay_out()
        self.show_map()
        self.cut_along_weight()
        self.first_secant()
        self.shrink()
        self.look_closer()
        self.reach_tangent()
        self.same_for_bias()
        self.join_slopes()
        self.stand_square()

    # -- layout ------------------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """The map on the stage and in the margin, and how each number is written."""
        story, theme = self.story, self.colors
        ranges = []
        for (low, high), minimum in zip(
            map(story.cut_range, (BIAS, WEIGHT)), story.problem.minimizer, strict=True
        ):
            beside = ROUND_MINIMUM * (max(high, minimum) - min(low, minimum))
            ranges.append((min(low, minimum - beside), max(high, minimum + beside)))
        stage = Box(STAGE.left, TOP, STAGE.right, BOTTOM)
        b, w = ranges
        self.units = axis_units(b, w)
        labels = widest_label(equal_axes(stage, b, w, units=self.units)[1])
        self.stage = Box(max(STAGE.left, sheet.SAFE.left + labels + 24), TOP, STAGE.right, BOTTOM)
        axes = equal_axes(self.stage, b, w, units=self.units)
        height = INSET_WIDTH * self.stage.height / self.stage.width
        self.inset = Box(MARGIN.right - INSET_WIDTH, INSET_BOTTOM - height, MARGIN.right, INSET_BOTTOM)
        self.map_axes = Plot(self.stage, *axes, theme, grid=False)
        self.map_names = self.map_axes.name_axes()
        self.plane = ParameterPlane(story.problem, story.start, story.levels, axes, theme)
        self.plane.stand_in(self.stage)
        self.inset_names = VGroup(
            Words("$bias$", SMALL, theme).place(self.inset.center[0], INSET_BOTTOM + 44, "center"),
            Words("$weight$", SMALL, theme).place(self.inset.left - 24, self.inset.center[1], "right"),
        )
        self.lay("grid", self.map_axes, self.map_names)
        self.lay("areas", self.plane.contours)
        self.lay("ghosts", self.plane.frame)
        self.lay("marks", self.plane.ring, self.plane.diamond)
        self.lay("text", self.inset_names)

        steps = [story.steps(moving) for moving in (BIAS, WEIGHT)]
        shared = exact_notation(np.concatenate(steps))
        self.step_notations = [exact_notation(each) if shared.power else shared for each in steps]
        rises = [story.secant(m, d)[0] for m in (BIAS, WEIGHT) for d in story.steps(m)]
        self.rise_notation = notation_for(rises, SIGNIFICANT, SCALED_SIGNIFICANT)
        self.slope_notations = notations_for(story.gradient[None], SIGNIFICANT)
        self.lens: Lens | None = None
        self.ghosts = VGroup()
        self.results: dict[int, VGroup] = {}
        self.cut_lines: dict[int, Segments] = {}
        self.loss_notation = notation_for(story.loss, SIGNIFICANT, SCALED_SIGNIFICANT)
        self.start_notations = notations_for(story.start[None])

    def loss_text(self, loss: float) -> str:
        """A loss: with the decimals of the start's, or with a power of ten of its own."""
        if not self.loss_notation.power:
            return self.loss_notation.write(loss)
        return notation_for(loss, SIGNIFICANT, SCALED_SIGNIFICANT).write(loss)

    def cut_plot(self, moving: int) -> Plot:
        """Axes for the cut along one parameter."""
        story, name = self.story, PARAMETER_ROLES[moving]
        lowest = float(story.cut(moving, np.array([story.lowest(moving)]))[0])
        drop = story.loss - lowest
        low = 0.0 if lowest < 1.5 * drop else lowest - 0.2 * drop
        y = round_axis(low, story.loss + 0.72 * (story.loss - low), f'$loss("{story.loss_name}")$', 5)
        x = round_axis(*story.cut_range(moving), f"${name}$", 5)
        x, y = without_last_tick(compact(x), 0.02), without_last_tick(compact(y), 0.04)
        left = max(STAGE.left, sheet.SAFE.left + widest_label(y) + 24)
        return Plot(Box(left, TOP, STAGE.right - 20, BOTTOM), x, y, self.colors, grid=False)

    def place_on_cut(self, moving: int) -> tuple[float, float]:
        """The start in the axes of a cut."""
        return float(self.story.start[moving]), self.story.loss

    # -- one beat after the other ------------------------------------------------------------------------

    def show_map(self) -> None:
        self.beat("map")
        theme, plane = self.colors, self.plane
        title = Words(literal(self.title), LARGE, theme).place(sheet.WIDTH / 2, sheet.HEIGHT / 2, "center")
        self.lay("text", title)
        self.play(FadeIn(title, shift=0.2 * UP))
        self.wait(1)
        self.play(
            FadeOut(title, shift=0.2 * UP),
            FadeIn(self.map_axes.labels, self.map_axes.lines, self.map_names, plane.frame),
        )
        self.play(
            LaggedStart(*map(FadeIn, plane.contours.fills), lag_ratio=0.15),
            LaggedStart(*map(Create, plane.contours.lines[::-1]), lag_ratio=0.15),
            run_time=2,
        )
        marks = [plane.plot.pixels(*at) for at in (self.story.start, self.story.problem.minimizer)]
        ends = [plane.plot.pixels(*self.cut_ends(moving).T) for moving in (BIAS, WEIGHT)]
        spots = np.vstack([*marks, *(np.linspace(first, last, 20) for first, last in ends)])
        self.level_labels = VGroup(
            *plane.contours.labels(plane.plot, self.story.levels[:-5:-1], spots),
            plane.contours.beyond(plane.plot, self.story.loss_name),
        )
        self.lay("text", self.level_labels)
        self.readouts = self.start_readouts()
        self.play(FadeIn(plane.ring, plane.diamond, self.level_labels), run_time=0.8)
        self.add(plane)
        self.play(FadeIn(self.readouts[0]))
        self.play(FadeIn(self.readouts[1:-1]))
        self.wait(0.6)
        self.play(FadeIn(self.readouts[-1]))
        self.wait(2)

    def cut_ends(self, moving: int) -> Array:
        """Ends (2, 2) of a cut in the parameter plane, each (b, w)."""
        ends = np.tile(self.story.start, (2, 1))
        ends[:, moving] = self.story.cut_range(moving)
        return ends

    def start_readouts(self) -> VGroup:
        """What the marks are, the start's parameters, and the loss of both."""
        theme, story = self.colors, self.story
        loss = Words(f'$loss("{story.loss_name}") thin (bias, weight)$', LARGE, theme)
        loss.place(MARGIN.left, FORMULA_BASELINE)
        rows = VGroup(VGroup(loss))
        values = [
            ("start", "", "ink"),
            ("$bias =$", self.start_text(BIAS, signed=True), "bias"),
            ("$weight =$", self.start_text(WEIGHT, signed=True), "weight"),
            (f'$loss("{story.loss_name}") =$', self.loss_text(story.loss), "loss"),
            ("minimum", "", "minimum"),
            (f'$loss("{story.loss_name}") =$', self.loss_text(story.problem.minimum), "loss"),
        ]
        baseline = 270.0
        for source, text, role in values:
            baseline += 74 if text else 36
            if not text:
                mark = start_ring(theme) if source == "start" else Diamond(theme)
                mark.stand_at(sheet.at(MARGIN.left + 18, baseline - 13)[None])
                rows.add(VGroup(mark, Words(source, SMALL, theme, role).place(MARGIN.left + 52, baseline)))
                continue
            word = Words(source, MEDIUM, theme).place(MARGIN.left + 52, baseline)
            figures = Digits(text, MEDIUM, theme, role)
            rows.add(VGroup(word, figures.place(MARGIN.right, baseline, "right")))
            if source.startswith("$loss"):
                baseline += 60
        question = ("Which way is down,", "and how steep is it?")
        rows.add(
            VGroup(
                *(
                    Words(words, SMALL, theme).place(MARGIN.left, baseline)
                    for words, baseline in zip(question, QUESTION_BASELINES, strict=True)
                )
            )
        )
        self.lay("text", rows)
        return rows

    def start_text(self, index: int, signed: bool = False) -> str:
        """A parameter of the start, as it is written."""
        return self.start_notations[index].write(self.story.start[index], signed=signed)

    def cut_along_weight(self) -> None:
        self.beat("cut")
        held = self.held_value(BIAS)
        line = self.cut_line(WEIGHT)
        self.play(FadeOut(self.level_labels), FadeOut(self.readouts[1:]), run_time=0.6)
        self.play(FadeIn(held, shift=0.2 * UP), Create(line), run_time=1.2)
        self.wait(1.2)
        self.play(FadeOut(self.map_axes.labels, self.map_axes.lines, self.map_names), run_time=0.5)
        self.move_map(self.inset, (line, WEIGHT))
        self.play(FadeIn(self.inset_names), run_time=0.4)
        self.slide_out(WEIGHT, line)
        formula = self.formula_of_cut()
        self.play(
            FadeOut(self.readouts[0]),
            FadeIn(formula[0]),
            TransformFromCopy(held[1], formula[1]),
            run_time=1,
        )
        self.formula = formula
        self.held, self.cut_lines[WEIGHT] = held, line
        self.wait(1.8)

    def held_value(self, fixed: int) -> VGroup:
        """The parameter that is held, over the stage."""
        theme, role = self.colors, PARAMETER_ROLES[fixed]
        name = Words(f"${role} =$", MEDIUM, theme).place(self.stage.left + 190, HEADER_BASELINE)
        value = Digits(self.start_text(fixed), MEDIUM, theme, role)
        value.place(name.box().right + 14, HEADER_BASELINE)
        word = Words("held", SMALL, theme, "muted").place(value.box().right + 24, HEADER_BASELINE)
        held = VGroup(name, value, word)
        self.lay("text", held)
        return held

    def formula_of_cut(self) -> VGroup:
        """The loss with the held bias put in: a function of w alone."""
        theme, baseline = self.colors, FORMULA_BASELINE
        opening = Words(f'#loss("{self.story.loss_name}")$\\($', MEDIUM, theme).place(MARGIN.left, baseline)
        value = Digits(self.start_text(BIAS), MEDIUM, theme, "bias")
        value.place(opening.box().right + 8, baseline)
        rest = Words("$\\, weight\\)$", MEDIUM, theme).place(value.box().right + 8, baseline)
        self.lay("text", opening, value, rest)
        return VGroup(VGroup(opening, rest), value)

    def cut_line(self, moving: int) -> Segments:
        """The cut on the map, in the colour of the parameter that moves."""
        line = Segments(self.colors.color(PARAMETER_ROLES[moving]), 7)
        self.lay("lines", line)
        self.lay_on_map(line, moving)
        return line

    def lay_on_map(self, line: Segments, moving: int) -> None:
        (first, last), plot = self.cut_ends(moving), self.plane.plot
        line.set_ends(plot.at(*first)[None], plot.at(*last)[None])

    def move_map(self, to: Box, *cuts: tuple[Segments, int], run_time: float = 1.5) -> None:
        """The map glides to a box of the page, and with it what is drawn on it."""
        glide = self.plane.glide(to, run_time)

        def follow(_: Mobject, __: float) -> None:
            for line, moving in cuts:
                self.lay_on_map(line, moving)

        lines = VGroup(*(line for line, _ in cuts))
        self.play(AnimationGroup(glide, UpdateFromAlphaFunc(lines, follow, run_time=run_time)))

    def slide_out(self, moving: int, on_map: Segments) -> None:
        """The cut leaves the map, lies down along an axis, and rises to the loss."""
        self.plot = self.cut_plot(moving)
        self.plot_names = self.plot.name_axes()
        self.lay("grid", self.plot, self.plot_names)
        x = np.linspace(*self.story.cut_range(moving), 401)
        y = self.story.cut(moving, x)
        points = np.tile(self.story.start, (len(x), 1))
        points[:, moving] = x
        from_map, on_axis = self.plane.plot.at(*points.T), self.plot.at(x, self.plot.y.low)
        self.curve = Polyline(self.colors.color(PARAMETER_ROLES[moving]), 6)
        self.point = start_ring(self.colors, 12)
        self.lay("lines", self.curve)
        self.lay("marks", self.point)
        here, loss = self.place_on_cut(moving)
        ring_on_map, ring_on_axis = self.plane.plot.at(*self.story.start), self.plot.at(here, self.plot.y.low)
        lying = self.curve.copy()

        def lie_down(_: Mobject, share: float) -> None:
            lying.through(from_map + share * (on_axis - from_map))
            self.point.stand_at((ring_on_map + share * (ring_on_axis - ring_on_map))[None])

        def rise(_: Mobject, share: float) -> None:
            draw_curve(self.curve, self.plot, x, y, share)
            height = self.plot.y.low + share * (loss - self.plot.y.low)
            self.point.stand_at(self.plot.at([here], [height]))

        lie_down(lying, 0)
        self.play(
            FadeIn(self.plot, self.plot_names),
            UpdateFromAlphaFunc(VGroup(lying, self.point), lie_down, rate_func=smooth),
            run_time=1.8,
        )
        self.remove(lying)
        self.play(UpdateFromAlphaFunc(VGroup(self.curve, self.point), rise, rate_func=smooth), run_time=1.5)
        on_map.set_stroke(width=sheet.stroke(5))

    def first_secant(self) -> None:
        self.beat("step")
        moving, delta = WEIGHT, float(self.story.steps(WEIGHT)[0])
        self.set_out(moving)
        table, row = self.table, self.table.rows[0]
        step_note, rise_note = self.notes(self.plot, moving, delta)
        self.play(FadeOut(self.formula), run_time=0.4)
        self.play(FadeIn(table.head), run_time=0.8)
        self.play(Create(self.secant.step), FadeIn(step_note), run_time=0.9)
        self.play(into(step_note[-1], row[0]), run_time=0.8)
        self.play(Create(self.secant.rise), FadeIn(self.secant.second, rise_note), run_time=0.9)
        self.play(into(rise_note[-1], row[1]), run_time=0.8)
        self.play(Create(self.secant.line), run_time=0.9)
        self.play(FadeIn(table.quotient, table.equals, table.ratio, shift=0.2 * UP), run_time=0.8)
        self.play(into(table.ratio, row[2]), run_time=0.8)
        self.remove(self.point)
        self.add(self.secant, row)
        self.step_notes = VGroup(step_note, rise_note)
        self.wait(1.8)

    def set_out(self, moving: int) -> None:
        """The first secant along a parameter and its table, not yet shown."""
        story, delta = self.story, float(self.story.steps(moving)[0])
        self.secant = self.new_secant(moving)
        self.table = SecantTable(
            story.loss_name,
            PARAMETER_ROLES[moving],
            (self.step_notations[moving], self.rise_notation, self.slope_notations[moving]),
            len(story.steps(moving)),
            RESULT_BASELINES[moving],
            self.colors,
        )
        self.table.add_row(delta, *story.secant(moving, delta))
        self.lay_table()
        self.draw_secant(moving, delta)

    def lay_table(self) -> None:
        table = self.table
        self.lay("text", *table.everything(), table.quotient, table.equals, table.ratio)

    def new_secant(self, moving: int) -> Secant:
        secant = Secant(self.colors, PARAMETER_ROLES[moving])
        self.lay("lines", secant.step, secant.rise, secant.line)
        self.lay("marks", secant.second)
        self.lay("moving", secant.first)
        return secant

    def draw_secant(self, moving: int, delta: float) -> None:
        """The secant of one step in the plot, in the lens if there is one, and its slope in the margin."""
        rise, slope = self.story.secant(moving, delta)
        place = self.place_on_cut(moving)
        self.secant.draw(self.plot, place, delta, rise, slope)
        if self.lens is not None:
            self.close_up.draw(self.lens.view, place, delta, rise, slope)
        self.table.show_slope(slope)

    def notes(self, plot: Plot, moving: int, delta: float) -> tuple[VGroup, VGroup]:
        """Step and rise with their numbers, beside the legs of the secant."""
        theme, role = self.colors, PARAMETER_ROLES[moving]
        rise, _ = self.story.secant(moving, delta)
        here, loss = self.place_on_cut(moving)
        (x, y), (corner, _) = plot.pixels([here, here + delta], [loss, loss])
        word = Words(f"$Delta {role} =$", SMALL, theme)
        value = Digits(self.step_notations[moving].write(delta), SMALL, theme, role)
        width = word.box().width + 12 + value.width_pixels
        aside = corner + 22 if delta > 0 else corner - 22 - width
        left = aside if abs(corner - x) < width else (x + corner - width) / 2 + np.sign(delta) * 20
        baseline = y + 14 if left == aside else y - 22
        word.place(left, baseline)
        value.place(word.box().right + 12, baseline)
        name = Words(f'$Delta$#loss("{self.story.loss_name}") $=$', SMALL, theme)
        height = Digits(self.rise_notation.write(rise), SMALL, theme, "loss")
        top = y + (96 if left == aside else 70)
        edge, align = (corner + 22, "left") if delta > 0 else (corner - 22, "right")
        name.place(edge, top, align)
        height.place(edge, top + 56, align)
        both = VGroup(word, value), VGroup(name, height)
        self.lay("text", *both)
        return both

    def step_to(self, moving: int, delta: float, run_time: float) -> None:
        """The step shrinks; its numbers run in a new line of the table, and the old line steps back."""
        table, story = self.table, self.story
        before = float(story.steps(moving)[len(table.rows) - 1])
        old, row = table.rows[-1], table.add_row(before, *story.secant(moving, before))
        ghost = self.secant.ghost(self.colors)
        self.lay_table()
        self.lay("ghosts", ghost)
        self.ghosts.add(ghost)
        self.add(ghost)
        self.play(TransformFromCopy(old, row), old.animate.set_color(self.colors.muted), run_time=0.5)

        def shrink(_: Mobject, share: float) -> None:
            now = before + share * (delta - before) if share < 1 else delta
            self.draw_secant(moving, now)
            table.show(now, *story.secant(moving, now))

        moved = VGroup(self.secant, row, table.ratio)
        self.play(UpdateFromAlphaFunc(moved, shrink, rate_func=smooth), run_time=run_time)

    def shrink(self) -> None:
        self.beat("shrink")
        self.play(FadeOut(self.step_notes), run_time=0.5)
        for delta in self.story.steps(WEIGHT)[1:-1]:
            self.step_to(WEIGHT, float(delta), run_time=1.8)
            self.wait(0.9)
        self.wait(1.6)

    def look_closer(self) -> None:
        self.beat("lens")
        moving, story = WEIGHT, self.story
        delta = float(story.steps(moving)[-1])
        self.step_to(moving, delta, run_time=1.5)
        self.lens = self.open_lens(moving, delta)
        view = self.lens.view
        magnified = Polyline(self.colors.color(PARAMETER_ROLES[moving]), 10)
        x = np.linspace(view.x.low, view.x.high, 201)
        draw_curve(magnified, view, x, story.cut(moving, x))
        self.close_up = self.new_secant(moving)
        self.draw_secant(moving, delta)
        notes = VGroup(*self.notes(view, moving, delta))
        self.lay("lines", magnified)
        self.play(Create(self.lens.window), run_time=0.7)
        self.play(
            FadeIn(VGroup(self.lens.glass, self.lens.frame), target_position=self.lens.window, scale=0.1),
            Create(self.lens.rays),
            run_time=1,
        )
        self.play(FadeIn(magnified, self.close_up), run_time=0.7)
        self.play(FadeIn(notes), run_time=0.7)
        self.lens_notes = notes
        self.magnified = magnified
        self.wait(2)

    def open_lens(self, moving: int, delta: float) -> Lens:
        """A lens over the last secant, in the empty part of the axes above the lowest point of the cut."""
        box, theme = self.plot.box, self.colors
        here, loss = self.place_on_cut(moving)
        rise, _ = self.story.secant(moving, delta)
        corners = np.array([[here, loss], [here + delta, loss + rise]])
        width, bottom = 0.57 * box.width, box.top + 0.5 * box.height
        if delta > 0:
            glass, anchor = Box(box.right - width, box.top, box.right, bottom), (0.3, 0.5)
        else:
            glass, anchor = Box(box.left + 40, box.top, box.left + 40 + width, bottom), (0.7, 0.5)
        lens = Lens(self.plot, corners, glass, theme, anchor=anchor)
        self.lay("areas", lens.glass)
        self.lay("residuals", lens.frame, lens.rays)
        self.lay("marks", lens.window)
        return lens

    def reach_tangent(self) -> None:
        self.beat("tangent")
        moving = WEIGHT
        self.play(FadeOut(self.lens_notes, self.ghosts), run_time=0.5)
        self.vanish(moving, run_time=2.5)
        self.wait(2.2)

    def vanish(self, moving: int, run_time: float) -> None:
        """The step goes to nothing; the ratio becomes the partial derivative."""
        theme, role, table = self.colors, PARAMETER_ROLES[moving], self.table
        delta = float(self.story.steps(moving)[-1])
        to_nothing = Words(f"$Delta {role} -> 0$", MEDIUM, theme)
        to_nothing.place(self.plot.box.right, HEADER_BASELINE, "right")
        name = table.derivative()
        self.lay("text", to_nothing, name)
        self.play(FadeIn(to_nothing), table.rows[-1].animate.set_color(theme.muted), run_time=0.7)

        def shrink(_: Mobject, share: float) -> None:
            self.draw_secant(moving, (1 - share) * delta)

        moved = VGroup(self.secant, table.ratio, *([self.close_up] if self.lens else []))
        self.play(UpdateFromAlphaFunc(moved, shrink, rate_func=smooth), run_time=run_time)
        self.play(
            FadeOut(to_nothing),
            ReplacementTransform(table.quotient, name),
            table.ratio.animate.set_color(theme.color(role)),
            run_time=1,
        )
        self.results[moving] = VGroup(name, table.equals, table.ratio)

    def same_for_bias(self) -> None:
        self.beat("other")
        moving = BIAS
        on_stage = VGroup(self.plot, self.plot_names, self.curve, self.secant, self.held, self.magnified)
        assert self.lens is not None
        self.play(FadeOut(on_stage, self.lens, self.close_up, *self.table.everything()), run_time=0.8)
        self.lens = None
        line = self.cut_line(moving)
        self.held = self.held_value(WEIGHT)
        self.play(Create(line), FadeIn(self.held, shift=0.2 * UP), run_time=0.9)
        self.slide_out(moving, line)
        self.cut_lines[moving] = line
        steps = [float(delta) for delta in self.story.steps(moving)]
        self.set_out(moving)
        self.ghosts = VGroup()
        table = self.table
        shown = (*table.everything(), table.quotient, table.equals, table.ratio)
        self.play(FadeIn(*shown, self.secant), run_time=0.8)
        self.remove(self.point)
        self.wait(0.4)
        for delta in steps[1:]:
            self.step_to(moving, delta, run_time=0.7)
        self.vanish(moving, run_time=1.3)
        self.wait(1.8)

    def join_slopes(self) -> None:
        self.beat("gradient")
        on_stage = VGroup(self.plot, self.plot_names, self.curve, self.secant, self.held, self.ghosts)
        self.play(
            FadeOut(on_stage, *self.table.everything(), self.inset_names),
            FadeOut(*(self.cut_lines.values())),
            run_time=0.8,
        )
        self.move_map(self.stage)
        shifts = [
            (self.results[moving], FINAL_RESULTS[moving], RESULT_BASELINES[moving])
            for moving in (BIAS, WEIGHT)
        ]
        self.play(
            FadeIn(self.map_axes.lines, self.map_axes.labels, self.map_names),
            *(result.animate.shift(sheet.units(before - after) * UP) for result, after, before in shifts),
            run_time=0.8,
        )
        self.show_arrows()
        self.wait(2.2)

    def show_arrows(self) -> None:
        """Each slope becomes an arrow along its axis, and one arrow closes both."""
        story = self.story
        self.downhill = GradientArrow(
            self.plane.plot, story.start, story.gradient, self.slope_notations, self.colors, self.units
        )
        arrow, components, labels = self.downhill.arrow, self.downhill.components, self.downhill.labels
        vector, numbers = self.vector()
        legend = self.legend_rows(self.downhill.scale)
        self.lay("points", *components, arrow, *(plate for plate, _ in labels))
        self.lay("text", *(figures for _, figures in labels))
        for moving, (plate, figures) in enumerate(labels):
            value = self.results[moving][2]
            self.play(
                grow(components[moving]),
                TransformFromCopy(value, figures),
                FadeIn(plate),
                run_time=1.2,
            )
        self.add(*labels)
        self.play(grow(arrow), FadeIn(vector), run_time=1.2)
        self.play(
            *(TransformFromCopy(figures, value) for (_, figures), value in zip(labels, numbers, strict=True)),
            run_time=0.9,
        )
        self.play(FadeIn(legend), run_time=0.6)

    def vector(self) -> tuple[VGroup, list[Digits]]:
        """Minus the gradient, in the margin: its name and what it is made of."""
        theme = self.colors
        name = Words(f'$-nabla$#loss("{self.story.loss_name}") $=$', MEDIUM, theme)
        name.place(MARGIN.left, VECTOR_BASELINES[0])
        texts = [
            notation.write(-slope)
            for slope, notation in zip(self.story.gradient, self.slope_notations, strict=True)
        ]
        em = largest_type((MEDIUM, SMALL, SMALLEST), "".join(texts), MARGIN.width - 80)
        numbers = [Digits(text, em, theme, role) for text, role in zip(texts, PARAMETER_ROLES, strict=True)]
        opening, comma, closing = (Words(f"${part}$", MEDIUM, theme) for part in ("\\(", "\\,", "\\)"))
        x, baseline = MARGIN.left, VECTOR_BASELINES[1]
        opening.place(x, baseline)
        numbers[0].place(opening.box().right + 10, baseline)
        comma.place(numbers[0].box().right + 8, baseline)
        numbers[1].place(comma.box().right + 16, baseline)
        closing.place(numbers[1].box().right + 10, baseline)
        self.lay("text", name, opening, comma, closing, *numbers)
        return VGroup(name, opening, comma, closing), numbers

    def legend_rows(self, scale: float) -> VGroup:
        """What the arrow and the marks on the map are."""
        theme, story = self.colors, self.story
        pointer, ring, diamond = Arrow(theme.path, 8), start_ring(theme), Diamond(theme)
        reach = np.array([sheet.units(26), 0, 0])
        places = [sheet.at(MARGIN.left + 24, baseline - 13) for baseline in LEGEND_BASELINES]
        pointer.between(places[0] - reach, places[0] + reach)
        ring.stand_at(places[1][None])
        diamond.stand_at(places[2])
        length: Type = Words("true length", SMALL, theme, "muted")
        if (self.units != 1).any():
            length = Words("in axis units", SMALL, theme, "muted")
        elif scale != 1:
            length = Digits("×\N{THIN SPACE}" + shortest(scale), SMALL, theme, "muted")
        losses = [
            Digits(self.loss_text(loss), SMALL, theme, "loss") for loss in (story.loss, story.problem.minimum)
        ]
        rows = VGroup()
        for mark, source, role, value, baseline in zip(
            (pointer, ring, diamond),
            (f'$-nabla$#loss("{story.loss_name}")', "start", "minimum"),
            ("ink", "ink", "minimum"),
            (length, *losses),
            LEGEND_BASELINES,
            strict=True,
        ):
            word = Words(source, SMALL, theme, role).place(MARGIN.left + 66, baseline)
            rows.add(VGroup(mark, word, value.place(MARGIN.right, baseline, "right")))
        self.lay("text", rows)
        return rows

    def stand_square(self) -> None:
        self.beat("square")
        theme, story, plot = self.colors, self.story, self.plane.plot
        line = Polyline(theme.loss, 5)
        draw_level(line, plot, story.problem, story.loss)
        here = plot.at(*story.start)
        along = self.downhill.arrow.tip - here
        corner = RightAngle(theme.ink, 4).stand_at(here, along, 36)
        spots = sheet.pixels(np.linspace(here, here + along, 20))
        label = VGroup(*self.plane.contours.labels(plot, [story.loss], spots, self.loss_notation))
        self.level, self.corner = line, corner
        self.lay("ghosts", line)
        self.lay("lines", corner)
        self.lay("text", label)
        self.play(FadeOut(*self.downhill.components, *self.downhill.labels), run_time=0.6)
        self.play(Create(line), run_time=1.8)
        self.play(FadeIn(label), run_time=0.6)
        self.play(Create(corner), run_time=0.8)
        self.wait(3)
