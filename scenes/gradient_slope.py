"""GradientSlope: two cuts through the loss, a step that shrinks to nothing, and the gradient as an arrow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from manim import UP, Create, FadeIn, FadeOut, LaggedStart, ReplacementTransform, TransformFromCopy, VGroup
from numpy.typing import NDArray

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit import (
    LARGE,
    MEDIUM,
    PAGE,
    SMALL,
    Block,
    ContourMap,
    Cut,
    Digits,
    Entry,
    GradientArrow,
    Insets,
    Lecture,
    Legend,
    Lens,
    MinusGradient,
    Notation,
    Secant,
    SecantTable,
    Settings,
    Story,
    Words,
    beat,
    claim,
    held_at,
    knob,
    loss_axis,
    notation_for,
    seen_about_minimum,
)
from gdscenes.kit.figures.gradient import growing
from gdscenes.kit.lecture.choices import Data, dataset_with_bias
from gdscenes.kit.lecture.clock import turning
from gdscenes.kit.lecture.first_steps import refuse_flat_start, refuse_long_step
from gdscenes.kit.lecture.flight import flying
from gdscenes.kit.page.sheet import units
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.axis import axis_units, round_step_within
from gdscenes.kit.plot.marks import Arrow, Diamond, start_ring
from gdscenes.kit.type.notation import exact_notation, notations_for

Array = NDArray[np.float64]

LENS_SHARE = 0.06
"""The step under the lens, a part of the first one: 0.12 of 2, as in the textbook."""
FARTHEST_STEP = 1.35
"""The first step is no longer than this many ways to the lowest point of the cut."""
BEHIND, AHEAD = 1.4, 0.8
"""What a cut shows on either side of its lowest point, in ways from there to the start."""
ROUND_MINIMUM = 0.08
"""Room on the map beside the minimum, a part of what the map spans."""
HEADROOM = 1.72
"""Of the start's loss over the foot of a cut's axis."""
SIGNIFICANT, SCALED_SIGNIFICANT = 5, 4
"""Digits of losses, rises and slopes; fewer where a power of ten is taken out."""
QUESTION = ("Which way is down,", "and how steep is it?")

STAGE, MARGIN = PAGE.columns(1119, 510, gap=116)
HEADER, PICTURE = STAGE.rows(77, 917)
MAP = PICTURE.inset(Insets(left=63, top=18, bottom=99))
CUT = MAP.inset(Insets(right=20))
FORMULA, _, FACTS, QUESTIONS = MARGIN.rows(107, 156, 550, 181)
_, VECTOR, LEGEND = MARGIN.rows(357, 376, 261)
CORNER = MARGIN.rows(642, 352)[1].inset(Insets(left=121, bottom=64))
"""Where the small map stands."""
RESULT_BASELINES = (474, 592)
"""Of the slopes in b and in w; (b, w) is the order everywhere."""
RESULTS_RISE = 342


@dataclass(frozen=True)
class GradientSlopeSettings(Settings):
    """What a lecturer may change."""

    dataset: Data = knob("chapter-0", "preset whose loss is cut", choices=gdmath.preset_names())
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
    def gradient(self) -> Array:
        return np.asarray(self.run.gradients[0])

    @cached_property
    def cuts(self) -> tuple[gdmath.LeastSquares, gdmath.LeastSquares]:
        """The loss as a function of b alone, and of w alone."""
        b, w = self.start
        return self.problem.cut(BIAS, held=w), self.problem.cut(WEIGHT, held=b)

    def way(self, moving: int) -> float:
        """From the start to the lowest point of the cut along one parameter."""
        return float(self.cuts[moving].minimizer[0] - self.start[moving])

    def ends(self, moving: int) -> tuple[float, float]:
        """What a cut shows of the parameter that moves: the start, and beyond the lowest point."""
        return seen_about_minimum(self.cuts[moving], float(self.start[moving]), BEHIND, AHEAD)

    def line(self, moving: int) -> Array:
        """Ends (2, 2) of a cut in the parameter plane, each (b, w)."""
        ends = np.tile(self.start, (2, 1))
        ends[:, moving] = self.ends(moving)
        return ends

    @property
    def lines(self) -> list[Array]:
        return [self.line(BIAS), self.line(WEIGHT)]

    def steps(self, moving: int) -> list[float]:
        """Downhill steps along one parameter: halved, and the small one under the lens."""
        way = self.way(moving)
        longest = self.settings.first_step or round_step_within(FARTHEST_STEP * abs(way))
        shares = [*(0.5**k for k in range(self.settings.secants)), LENS_SHARE]
        return [float(np.sign(way) * longest * share) for share in shares]

    def secant(self, moving: int, delta: float) -> tuple[float, float]:
        """Rise and slope over a step from the start; over none, zero and the partial derivative."""
        if delta == 0.0:
            return 0.0, float(self.gradient[moving])
        return gdmath.finite_difference(self.problem, self.start, moving, delta)

    @property
    def n_halvings(self) -> int:
        """How often the step is halved before the lens."""
        return len(self.steps(WEIGHT)) - 2

    @property
    def is_halved_twice(self) -> bool:
        return self.n_halvings == 2

    @property
    def is_halved_more(self) -> bool:
        return self.n_halvings > 2

    @property
    def is_halved(self) -> bool:
        return self.n_halvings > 0

    @property
    def secant_turns(self) -> bool:
        """Whether the slope of the first secant differs from that of the tangent by more than a hundredth."""
        tangent = self.gradient[WEIGHT]
        return bool(abs(self.secant(WEIGHT, self.steps(WEIGHT)[0])[1] - tangent) > 0.01 * abs(tangent))

    @cached_property
    def window(self) -> gdmath.Window:
        """Both cuts, and the minimum with some room beside it."""
        cuts = gdmath.Window.around(self.lines, room=0.0)
        beside = ROUND_MINIMUM * cuts.joined(self.problem.minimizer).size
        return cuts.joined([self.problem.minimizer - beside, self.problem.minimizer + beside])

    @property
    def units(self) -> Array:
        """How much of b and of w is equally long on the map."""
        return axis_units(*zip(self.window.low, self.window.high, strict=True))

    @cached_property
    def levels(self) -> Array:
        """Round losses up to well above the start's."""
        return gdmath.contour_levels(self.problem.minimum, 4.0 * self.start_loss, at_most=9)

    # -- how numbers are written ---------------------------------------------------------------------------

    @cached_property
    def slope_notations(self) -> tuple[Notation, ...]:
        return notations_for(self.gradient[None], SIGNIFICANT)

    def notations(self, moving: int) -> tuple[Notation, Notation, Notation]:
        """Of steps, rises and ratios along one parameter."""
        steps = [self.steps(each) for each in (BIAS, WEIGHT)]
        shared = exact_notation(np.concatenate(steps))
        rises = [self.secant(each, delta)[0] for each in (BIAS, WEIGHT) for delta in steps[each]]
        return (
            exact_notation(steps[moving]) if shared.power else shared,
            notation_for(rises, SIGNIFICANT, SCALED_SIGNIFICANT),
            self.slope_notations[moving],
        )

    @property
    def loss_notation(self) -> Notation:
        return notation_for(self.start_loss, SIGNIFICANT, SCALED_SIGNIFICANT)

    def loss_text(self, loss: float) -> str:
        """A loss: with the decimals of the start's, or with a power of ten of its own."""
        if not self.loss_notation.power:
            return self.loss_notation.write(loss)
        return notation_for(loss, SIGNIFICANT, SCALED_SIGNIFICANT).write(loss)

    def start_text(self, index: int, signed: bool = False) -> str:
        """A parameter of the start, as it is written."""
        return notations_for(self.start[None])[index].write(self.start[index], signed=signed)


class GradientSlope(Lecture):
    """A secant shrinks into a tangent, twice; the two slopes make the gradient."""

    title = "The gradient is two slopes"
    question = "Which way is down, and how steep is it?"
    hand_over = "The gradient says which way. How far to go, it does not say."
    chapter = 3
    seconds = 86
    settings: ClassVar = GradientSlopeSettings()
    story_type = GradientSlopeStory

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
        refuse_flat_start(problem, run)
        if settings.first_step:
            refuse_long_step(problem, run, settings.first_step)
        return GradientSlopeStory(settings=settings, dataset=dataset, runs={"descent": run})

    @beat(
        "map",
        "Every point of this map is one line: a pair of b and w. The curves join lines that are "
        "equally wrong. From the start, which way is down, and how steep is it?",
    )
    def show_map(self) -> None:
        self.title_card()
        story = self.story
        map_ = self.map = ContourMap(
            MAP,
            story.problem,
            story.window,
            story.levels,
            self.colors,
            start=story.start,
            quiet=False,
            units=story.units,
        )
        self.on_stage = MAP.inset(Insets(left=max(0.0, map_.insets().left - 63)))
        map_.dial(box=self.on_stage).settle()
        self.show(map_.ruler, map_.frame, run_time=0.5)
        self.play(
            LaggedStart(*map(FadeIn, map_.contours.fills), lag_ratio=0.15),
            LaggedStart(*map(Create, map_.contours.lines[::-1]), lag_ratio=0.15),
            run_time=2,
        )
        self.level_labels = map_.label_levels(story.levels[:-5:-1], story.loss_name, off=story.lines)
        self.show(map_.ring, map_.diamond, self.level_labels, run_time=0.8)
        self.add(map_)
        self.show_start()

    def show_start(self) -> None:
        """What the marks are, the start's parameters, and the loss of both."""
        story, theme = self.story, self.colors
        loss = Words(f'$loss("{story.loss_name}") thin (bias, weight)$', LARGE, theme)
        values = [
            Entry(f"${role} =$", story.start_text(index, signed=True), value_role=role, em=MEDIUM)
            for index, role in enumerate(PARAMETER_ROLES)
        ]
        of_start, of_minimum = (
            Entry(f'$loss("{story.loss_name}") =$', story.loss_text(each), value_role="loss", em=MEDIUM)
            for each in (story.start_loss, story.problem.minimum)
        )
        start = Entry("start", mark=start_ring(theme))
        minimum = Entry("minimum", mark=Diamond(theme), role="minimum")
        facts = Legend(FACTS, [start, *values, of_start, minimum, of_minimum], theme, pitch=74)
        question = Block(*([Words(line, SMALL, theme)] for line in QUESTION), leading=60)
        self.loss, self.facts = loss.place(FORMULA.left, FORMULA.bottom), VGroup(facts, question)
        question.place(QUESTIONS.left, QUESTIONS.top)
        self.show(self.loss)
        self.show(facts)
        self.wait(0.6)
        self.show(question)
        self.wait(2)

    @beat(
        "cut",
        "Hold b and let only w move. That cuts the loss along one line, and the cut is a parabola: "
        "the loss as a function of w alone.",
    )
    def cut_along_weight(self) -> None:
        self.hide(self.level_labels, self.facts, run_time=0.6)
        self.draw_cut_on_map(WEIGHT, run_time=1.2)
        self.wait(1.2)
        self.map.is_numbered = False
        self.turn(self.map, box=CORNER)
        self.slide_out(WEIGHT)
        opening = Words(f'#loss("{self.story.loss_name}")$\\($', MEDIUM, self.colors)
        value = Digits(self.story.start_text(BIAS), MEDIUM, self.colors, "bias")
        closing = Words("$\\, weight\\)$", MEDIUM, self.colors)
        self.formula = Block([opening, value, closing], gap=8).place(FORMULA.left, FORMULA.bottom)
        self.play(
            FadeOut(self.loss),
            FadeIn(opening, closing),
            TransformFromCopy(self.held.number, value),
        )
        self.add(self.formula)
        self.wait(1.8)

    def draw_cut_on_map(self, moving: int, run_time: float) -> None:
        """The line of the cut on the map, and over the stage the parameter that is held."""
        held = 1 - moving
        line = self.map.segment(self.story.line(moving), PARAMETER_ROLES[moving])
        self.held = held_at(PARAMETER_ROLES[held], self.story.start_text(held), self.colors)
        self.held.place(self.on_stage.left + 190, HEADER.bottom)
        self.play(FadeIn(self.held, shift=0.2 * UP), Create(line), run_time=run_time)

    def slide_out(self, moving: int) -> None:
        """The cut leaves the map, lies down along an axis, and rises to the loss."""
        story, problem = self.story, self.story.cuts[moving]
        heights = loss_axis(problem.minimum, story.start_loss, story.loss_name, headroom=HEADROOM)
        cut = self.cut = Cut(
            CUT,
            problem,
            story.ends(moving),
            heights,
            self.colors,
            role=PARAMETER_ROLES[moving],
            start=story.start[moving],
            grid=False,
        )
        cut.source = self.map.plot.at(*story.line(moving).T)
        cut.dial(rise=-1.0)
        self.redraw(FadeIn(cut.plot, cut.names, run_time=1.8), turning(cut, rise=0.0, run_time=1.8))
        self.turn(cut, rise=1.0)

    @beat(
        "step",
        "Take a step in w from the start itself, and see how far the loss falls. Rise over step is "
        "the slope of the straight line through both points.",
    )
    def first_secant(self) -> None:
        self.set_out(WEIGHT)
        secant, table, row = self.secant, self.table, self.table.last
        step, rise = self.notes = self.say_legs(secant)
        self.hide(self.formula, run_time=0.4)
        self.show(table.head, run_time=0.8)
        self.play(Create(secant.step), FadeIn(step), run_time=0.9)
        self.play(flying(step.number, row[0]), run_time=0.8)
        self.play(Create(secant.rise), FadeIn(secant.second, rise), run_time=0.9)
        self.play(flying(rise.number, row[1]), run_time=0.8)
        self.play(Create(secant.line), run_time=0.9)
        self.say(table.result)
        self.play(flying(table.ratio, row[2]), run_time=0.8)
        self.add(secant, table)
        self.wait(1.8)

    def set_out(self, moving: int) -> None:
        """The first secant along a parameter and its table, not yet shown."""
        story, (first, *_) = self.story, self.story.steps(moving)
        self.secant = Secant(self.cut, story.start[moving], first)
        self.table = SecantTable(
            MARGIN,
            story.loss_name,
            PARAMETER_ROLES[moving],
            lambda delta: story.secant(moving, delta),
            story.notations(moving),
            len(story.steps(moving)),
            RESULT_BASELINES[moving],
            self.colors,
        )
        self.table.add_row(first)
        self.ghosts = VGroup()

    def say_legs(self, secant: Secant) -> tuple[Block, Block]:
        """Step and rise with their numbers, beside the legs of the secant."""
        (step, rise, _), (height, _) = self.table.notations, self.table.secant(secant.delta)
        return secant.legs(self.story.loss_name, step.write(secant.delta), rise.write(height))

    @beat(
        "shrink",
        claim(
            "is_halved_twice",
            "Halve the step, and again.",
            claim(
                "is_halved_more",
                "Halve the step, again and again.",
                claim("is_halved", "Halve the step.", "Now let the step be shorter."),
            ),
        ),
        claim(
            "secant_turns",
            "The straight line turns, and its slope settles.",
            "The straight line hardly turns: its slope has settled.",
        ),
    )
    def shrink(self) -> None:
        self.hide(*self.notes, run_time=0.5)
        for delta in self.story.steps(WEIGHT)[1:-1]:
            self.step_to(delta, seconds=1.8)
            self.wait(0.9)
        self.wait(1.6)

    def step_to(self, delta: float, seconds: float) -> None:
        """The step shrinks; its numbers run in a new line of the table, and the old line steps back."""
        old, row = self.table.close_row(), self.table.add_row(self.secant.delta)
        self.ghosts.add(self.secant.ghost())
        self.add(self.ghosts)
        self.play(TransformFromCopy(old, row), old.animate.set_color(self.colors.muted), run_time=0.5)
        self.turn(self.secant, self.table, delta=delta, seconds=seconds)

    @beat(
        "lens",
        "Now a tiny step. Even under the lens the straight line and the curve can hardly be told apart.",
    )
    def look_closer(self) -> None:
        self.step_to(self.story.steps(WEIGHT)[-1], seconds=1.5)
        lens = self.lens = Lens(self.secant)
        self.notes = self.say_legs(lens.secant)
        self.play(Create(lens.window), run_time=0.7)
        self.play(FadeIn(lens.glass, lens.frame, target_position=lens.window, scale=0.1), Create(lens.rays))
        self.show(lens.curve, lens.secant, run_time=0.7)
        self.show(*self.notes, run_time=0.7)
        self.add(lens)
        self.wait(2)

    @beat(
        "tangent",
        "Let the step go to nothing. The secant becomes the tangent, and the ratio becomes the "
        "partial derivative with respect to w.",
    )
    def reach_tangent(self) -> None:
        self.hide(*self.notes, self.ghosts, run_time=0.5)
        self.vanish(self.secant, self.lens.secant, seconds=2.5)
        self.wait(2.2)

    def vanish(self, *secants: Secant, seconds: float) -> None:
        """The step goes to nothing; the ratio becomes the partial derivative."""
        theme, table = self.colors, self.table
        to_nothing = Words(f"$Delta {table.role} -> 0$", MEDIUM, theme)
        to_nothing.place(self.cut.plot.box.right, HEADER.bottom, "right")
        row = table.close_row()
        self.play(FadeIn(to_nothing), row.animate.set_color(theme.muted), run_time=0.7)
        self.turn(*secants, table, delta=0.0, seconds=seconds)
        self.play(
            FadeOut(to_nothing),
            ReplacementTransform(table.quotient, table.derivative()),
            table.ratio.animate.set_color(theme.color(table.role)),
        )

    @beat(
        "other",
        "The same for the other parameter: hold w, let b move, shrink the step. This slope is the "
        "partial derivative with respect to b.",
    )
    def same_for_bias(self) -> None:
        self.in_w = self.table
        self.leave_only(self.map, self.in_w.result, run_time=0.8)
        self.draw_cut_on_map(BIAS, run_time=0.9)
        self.slide_out(BIAS)
        self.set_out(BIAS)
        self.show(self.table, self.secant, run_time=0.8)
        self.wait(0.4)
        for delta in self.story.steps(BIAS)[1:]:
            self.step_to(delta, seconds=0.7)
        self.vanish(self.secant, seconds=1.3)
        self.wait(1.8)

    @beat(
        "gradient",
        "Each slope says how strongly the loss falls along its axis. Side by side they make one "
        "arrow: minus the gradient.",
    )
    def join_slopes(self) -> None:
        tables = self.table, self.in_w
        results = [table.result for table in tables]
        self.leave_only(self.map, *results, run_time=0.5)
        self.hide(*(line for line, _ in self.map.segments), run_time=0.3)
        self.map.is_numbered = True
        self.turn(self.map, box=self.on_stage, fade=0.3)
        self.play(*(result.animate.shift(units(RESULTS_RISE) * UP) for result in results), run_time=0.7)
        self.show_arrows([table.ratio for table in tables])
        self.wait(2.2)

    def show_arrows(self, slopes: list[Digits]) -> None:
        """Each slope becomes an arrow along its axis, and one arrow closes both."""
        story, theme = self.story, self.colors
        arrow = self.arrow = GradientArrow(
            self.map.plot, story.start, story.gradient, story.slope_notations, theme, story.units
        )
        vector = MinusGradient(VECTOR, story.loss_name, story.gradient, story.slope_notations, theme)
        entries = [
            Entry(f'$-nabla$#loss("{story.loss_name}")', arrow.length(), Arrow(theme.path, 8)),
            Entry("start", story.loss_text(story.start_loss), start_ring(theme), value_role="loss"),
            Entry("minimum", story.loss_text(story.problem.minimum), Diamond(theme), "minimum", "loss"),
        ]
        for component, (plate, digits), slope in zip(arrow.components, arrow.labels, slopes, strict=True):
            moves = TransformFromCopy(slope, digits, run_time=1.2), FadeIn(plate, run_time=1.2)
            self.redraw(growing(component), *moves)
        self.redraw(growing(arrow.arrow), FadeIn(vector.title, *vector.brackets, run_time=1.2))
        pairs = zip(arrow.labels, vector.numbers, strict=True)
        self.play(*(TransformFromCopy(digits, number) for (_, digits), number in pairs), run_time=0.9)
        self.add(arrow, vector)
        self.show(Legend(LEGEND, entries, theme), run_time=0.6)

    @beat(
        "square",
        "Along the level line the loss does not change. The arrow stands square on it: this is the "
        "direction in which the loss falls fastest.",
    )
    def stand_square(self) -> None:
        story, arrow = self.story, self.arrow
        level = self.map.level(story.start_loss)
        label = self.map.label_levels([story.start_loss], off=[arrow.ends], notation=story.loss_notation)
        self.hide(*arrow.components, *arrow.labels, run_time=0.6)
        self.play(Create(level), run_time=1.8)
        self.show(label, run_time=0.6)
        self.play(Create(arrow.right_angle()), run_time=0.8)
        self.wait(3)
