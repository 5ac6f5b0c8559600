"""GradientSlope: two cuts through the loss, a step that shrinks to nothing, and the gradient as an arrow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from manim import (
    UP,
    Animation,
    Create,
    FadeIn,
    FadeOut,
    LaggedStart,
    TransformFromCopy,
    VGroup,
    smooth,
    squish_rate_func,
)
from numpy.typing import NDArray

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit import (
    LARGE,
    MEDIUM,
    PAGE,
    SMALL,
    Block,
    Cell,
    Compass,
    ContourMap,
    Cut,
    Digits,
    Entry,
    GradientArrow,
    GradientVector,
    Insets,
    Lecture,
    Legend,
    Lens,
    Notation,
    Secant,
    SecantTable,
    Settings,
    Story,
    Words,
    beat,
    claim,
    cut_above,
    held_at,
    knob,
    loss_axis,
    markup,
    notation_for,
    round_step_within,
    seen_about_minimum,
    shortest,
    stable_learning_rate,
)
from gdscenes.kit.figures.compass import WHOLE
from gdscenes.kit.figures.contour_map import map_axes
from gdscenes.kit.figures.gradient import growing, square_on
from gdscenes.kit.lecture.choices import Data, dataset_with_bias
from gdscenes.kit.lecture.clock import in_a_bow, turning
from gdscenes.kit.lecture.first_steps import refuse_flat_start, refuse_long_step
from gdscenes.kit.lecture.flight import flying
from gdscenes.kit.lecture.live import Task, Trial
from gdscenes.kit.page.sheet import Box, pixels, units
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.axis import axis_units, left_of_axes
from gdscenes.kit.plot.labels import Ink, Label, place
from gdscenes.kit.plot.marks import Diamond, Dots, current_disc, start_ring
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import exact_notation, notations_for

Array = NDArray[np.float64]

LENS_SHARE = 0.06
"""The step under the lens, a part of the first one: 0.12 of 2, as in the textbook."""
FARTHEST_STEP = 1.35
"""The first step is no longer than this many ways to the lowest point of the cut."""
BEHIND, AHEAD = 1.4, 0.8
"""What a cut shows on either side of its lowest point, in ways from there to the start."""
HEADROOM = 1.72
"""Of the start's loss over the foot of a cut's axis."""
SIGNIFICANT, SCALED_SIGNIFICANT = 5, 4
"""Digits of losses, rises and slopes; fewer where a power of ten is taken out."""
NUMBERED = 3
"""How many level lines have numbers, from the highest down."""
ROUND_STEP = 1.0
"""Room beside a step that is looked at closely, in lengths of it."""
NARROWEST, WIDEST = 0.55, 0.85
"""Width of the map over its height."""

STAGE, MARGIN = PAGE.columns(1119, 510, gap=116)
HEADER, PICTURE = STAGE.rows(77, 917)
MAP = PICTURE.inset(Insets(left=63, top=18, bottom=99))
CUT = MAP.inset(Insets(right=20))
FORMULA = MARGIN.rows(107, 887)[0]
CORNER = MARGIN.rows(618, 376)[1].inset(Insets(bottom=64))
"""Where the small map stands, in its middle."""
BESIDE_MAP = 120
"""From the map to the panel, pixels."""
RESULT_BASELINES = (455, 590)
"""Of the slopes in b and in w; (b, w) is the order everywhere."""
BETWEEN = 70
"""From one slope to the next beside the map, pixels."""
TOP_BASELINE, STACKED = 130.0, 110.0
"""Of the slopes beside the map, in one line or, where they are long, in two."""
QUOTED = (430, 480)
"""Baselines of what is said over the slope in w."""
LENGTHS = 660
"""Width of the lengths and their losses beside the map."""
READINGS, BEFORE_NUMBER = 394.0, 30.0
"""Width of what is read off the compass, and how much of it is left between a long name and its number."""


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
    def steepest_slope(self) -> float:
        """The slope at the start in the direction in which the loss falls fastest, in the map's units."""
        angle = gdmath.steepest_angle(self.gradient, self.units)
        return float(self.problem.slope(self.start, gdmath.direction(angle, self.units)))

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
    def ceiling(self) -> float:
        """The highest level line: the first round loss above the start's."""
        return cut_above(self.start_loss)

    @cached_property
    def window(self) -> gdmath.Window:
        """All of the lines that are not above the ceiling."""
        return gdmath.window_below(self.problem, self.ceiling)

    @property
    def units(self) -> Array:
        """How much of b and of w is equally long on the map."""
        return axis_units(*zip(self.window.low, self.window.high, strict=True))

    @cached_property
    def levels(self) -> Array:
        """Round losses up to the ceiling."""
        levels = gdmath.contour_levels(self.problem.minimum, self.ceiling, at_most=6)
        return np.append(levels, self.ceiling)

    @cached_property
    def map_box(self) -> Box:
        """Where the map stands: at the left of the page, as wide as all of a level line is."""
        width, height = self.window.size / self.units
        width = MAP.height * min(max(width / height, NARROWEST), WIDEST)
        box = replace(MAP, right=MAP.left + width)
        rulers = (map_axes(box, window, units=self.units)[1] for window in (self.window, self.near))
        left = max(left_of_axes(box.left, ruler) for ruler in rulers)
        return replace(box, left=left, right=left + width)

    @property
    def corner_of_w(self) -> str:
        """The left corner of the map at which no level line ends."""
        is_falling = self.problem.curvature([1, 1]) > self.problem.curvature([1, -1])
        return "lower left" if is_falling else "upper left"

    @property
    def panel(self) -> Cell:
        """What is left of the page beside the map."""
        return replace(PAGE, left=self.map_box.right + BESIDE_MAP)

    # -- how far to go ------------------------------------------------------------------------------------

    @property
    def rate(self) -> float:
        """How many times the arrow is a good step: the learning rate.

        Where b and w have units of their own, which are those of the arrow, half of the way to the lowest
        point along it.
        """
        if self.counts_b_and_w_alike:
            return self.run.learning_rate
        along = self.problem.along(self.start, -(self.units**2) * self.gradient)
        return round_step_within(0.5 * float(along.minimizer[0]))

    def loss_after(self, times: float) -> float:
        """The loss so many times minus the gradient on, in the units of the map."""
        return float(self.problem.loss(self.start - times * self.units**2 * self.gradient))

    @property
    def near(self) -> gdmath.Window:
        """The start and the step, as large as the map can show them."""
        step = -self.rate * self.units**2 * self.gradient
        length = np.linalg.norm(step / self.units) * self.units
        return gdmath.Window.around([self.start, self.start + step], ROUND_STEP, least=length)

    @property
    def is_too_far(self) -> bool:
        """Whether the loss at the end of the whole arrow is higher than at its beginning."""
        return self.loss_after(1.0) > self.start_loss

    @property
    def counts_b_and_w_alike(self) -> bool:
        """Whether one of b is as long on the map as one of w."""
        return bool((self.units == 1).all())

    @property
    def is_first_step_of_the_fit(self) -> bool:
        """Whether RegressionFit begins here as well, so that slopes and step are its own."""
        return bool((self.start == self.dataset.start).all() and self.counts_b_and_w_alike)

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

    def times_text(self, times: float) -> str:
        """How many times the arrow is drawn, with the decimals of a good step's."""
        notation = exact_notation([self.rate])
        return f"×{shortest(times, 2) if notation.power else notation.write(times)}"

    def start_text(self, index: int, signed: bool = False) -> str:
        """A parameter of the start, as it is written."""
        return notations_for(self.start[None])[index].write(self.start[index], signed=signed)


class GradientSlope(Lecture):
    """A secant shrinks into a tangent, twice; the two slopes make the gradient."""

    title = "The gradient is two slopes"
    question = "Which way is down, and how steep is it?"
    hand_over = "The gradient says which way. It does not say how far."
    chapter = 3
    seconds = 135
    settings: ClassVar = GradientSlopeSettings()
    story_type = GradientSlopeStory
    trials = (Trial("gradient", steps=50, step=1, one_axis=True),)
    tasks = (
        Task("A step moves b by minus rate times slope. What is the slope along b here?", asks="slope_b"),
        Task(
            "Drag the start to where only the slope along b is zero: the step goes straight along w.",
            wants={"flat_b": (0, 0.05), "start_of_lowest": (2, 1e9)},
        ),
        Task("Drag the start to where both are zero.", wants={"start_of_lowest": (0, 1.1)}),
    )

    story: GradientSlopeStory

    @staticmethod
    def prepare(settings: Settings) -> GradientSlopeStory:
        assert isinstance(settings, GradientSlopeSettings)
        dataset = dataset_with_bias(settings.dataset)
        problem = dataset.problem()
        given = (settings.start_b, settings.start_w)
        start = np.array([own if at is None else at for own, at in zip(dataset.start, given, strict=True)])
        rate = stable_learning_rate(dataset, None)
        run = gdmath.descend(problem, start, rate, n_steps=1)
        refuse_flat_start(problem, run)
        if settings.first_step:
            refuse_long_step(problem, run, settings.first_step)
        return GradientSlopeStory(settings=settings, dataset=dataset, runs={"descent": run})

    @beat(
        "map",
        "Each point of this map is one line, and each curve joins lines that are equally wrong.",
    )
    def show_map(self) -> None:
        self.title_card()
        story = self.story
        map_ = self.map = ContourMap(
            story.map_box,
            story.problem,
            story.window,
            story.levels,
            self.colors,
            start=story.start,
            quiet=False,
            units=story.units,
            run="descent",
            w_at=story.corner_of_w,
        )
        self.show(map_.ruler, map_.frame, run_time=0.5)
        self.play(
            LaggedStart(*map(FadeIn, map_.contours.fills), lag_ratio=0.15),
            LaggedStart(*map(Create, map_.contours.lines[::-1]), lag_ratio=0.15),
            run_time=2,
        )
        self.level_labels = map_.label_levels(
            story.levels[: -NUMBERED - 1 : -1], story.loss_name, off=story.lines
        )
        self.show(map_.ring, map_.diamond, self.level_labels, run_time=0.8)
        self.add(map_)
        self.show_start()

    def show_start(self) -> None:
        """What the marks are, the start's parameters, and the loss of both."""
        story, theme, panel = self.story, self.colors, self.story.panel
        loss = Words(f'$loss("{story.loss_name}") thin (bias, weight)$', LARGE, theme)
        values = [
            Entry(f"${role} =$", story.start_text(index, signed=True), value_role=role, em=MEDIUM)
            for index, role in enumerate(PARAMETER_ROLES)
        ]
        of_start, of_minimum = (
            Entry(f'$loss("{story.loss_name}") =$', story.loss_text(each), value_role="loss", em=MEDIUM)
            for each in (story.start_loss, story.problem.minimum)
        )
        start = Entry(tr("start"), mark=start_ring(theme), em=MEDIUM)
        minimum = Entry(tr("minimum"), mark=Diamond(theme), role="minimum", em=MEDIUM)
        cell = replace(panel, top=panel.top + 260, right=panel.left + 560)
        facts = Legend(cell, [start, *values, of_start, minimum, of_minimum], theme, pitch=86)
        loss.place(panel.left, FORMULA.bottom)
        self.facts = VGroup(loss, facts)
        self.show(loss)
        self.show(facts)
        self.wait(2.5)

    @beat(
        "compass",
        "Let an arrow turn once round. The strip draws the slope of the loss in each direction: none along "
        "the level line, lowest square to it. That way is down. But must we try them all?",
    )
    def turn_round(self) -> None:
        story, theme = self.story, self.colors
        compass = self.compass = self.new_compass(top=430)
        self.hide(self.facts, self.level_labels, run_time=0.6)
        self.level = self.map.level(story.start_loss)
        rows, ring = self.read_out(compass), self.name_level()
        self.play(Create(self.level), FadeIn(*compass.strip[:2], rows, ring), run_time=1.4)
        self.show(compass.circle, compass.arrow, compass.here, run_time=0.6)
        self.add(compass)
        self.turn(compass, angle=180.0, seconds=3.2)
        self.turn(compass, angle=WHOLE, seconds=3.2)
        lowest, level = self.say_lowest(compass), Words(tr("level line"), SMALL, theme, "loss")
        compass.label([level], [float(compass.level_angles[1])], ("upper left", "lower right", "upper right"))
        self.play(FadeIn(compass.level_points, level), run_time=0.8)
        self.turn(compass, angle=compass.steepest, seconds=2.0)
        corner = square_on(compass.arrow, theme)
        self.play(FadeIn(compass.lowest, lowest), Create(corner), run_time=0.8)
        compass.add(compass.level_points, compass.lowest)
        self.on_compass = [rows, ring, level, lowest, corner]
        self.wait(3)

    def name_level(self) -> Words:
        """What the strong line on the map is, in the corner where least is drawn."""
        words = Words(tr("level line"), SMALL, self.colors, "loss")
        corners = ("upper right", "lower right", "upper left", "lower left")
        ink = Ink().add(self.level, *self.map.ruler[1:])
        place([Label(words, self.map.box, corners, pad=12)], ink)
        return words

    def new_compass(self, top: float) -> Compass:
        """A compass whose strip stands in the panel, from so far down."""
        panel = self.story.panel
        box = replace(panel, top=top, right=panel.right - 150, bottom=MAP.bottom)
        notation = notation_for([self.story.steepest_slope], SIGNIFICANT, SCALED_SIGNIFICANT)
        return Compass(self.map, box, notation)

    def say_lowest(self, compass: Compass) -> Digits:
        """The number of the lowest slope, at its point."""
        lowest = compass.number(compass.steepest)
        compass.label([lowest], [compass.steepest], ("below",))
        return lowest

    def read_out(self, compass: Compass) -> VGroup:
        """Angle and slope of the arrow, which run while it turns."""
        panel, theme = self.story.panel, self.colors
        angle, slope = (Words(name, SMALL, theme) for name in (tr("angle"), tr("slope")))
        entries = [Entry(angle, compass.angle_text), Entry(slope, compass.slope_text)]
        width = max(READINGS, slope.box().width + BEFORE_NUMBER + compass.slope_text.width_pixels)
        cell = replace(panel, left=panel.left - 66, top=172, right=panel.left + width)
        return Legend(cell, entries, theme, pitch=80)

    @beat(
        "cut",
        "Two directions are enough. Hold b and let only w move: along this line the loss is a parabola, a "
        "function of w alone.",
    )
    def cut_along_weight(self) -> None:
        compass = self.compass
        self.hide(
            *self.on_compass,
            self.level,
            *compass.strip,
            compass.here,
            compass.level_points,
            compass.lowest,
            run_time=0.6,
        )
        self.turn(compass, angle=90.0, seconds=0.8)
        self.wait(0.4)
        self.set_axes(WEIGHT)
        self.put_map_aside()
        self.draw_cut()
        opening = Words(f'#loss("{self.story.loss_name}")$\\($', MEDIUM, self.colors)
        value = Digits(self.story.start_text(BIAS), MEDIUM, self.colors, "bias")
        closing = Words(tr("$\\, weight\\)$"), MEDIUM, self.colors)
        self.formula = Block([opening, value, closing], gap=8).place(FORMULA.left, FORMULA.bottom)
        self.show(self.formula)
        self.wait(3.5)

    def set_axes(self, moving: int) -> None:
        """Axes for the cut along a parameter, and over them the one that is held; not yet shown."""
        story, problem, held = self.story, self.story.cuts[moving], 1 - moving
        heights = loss_axis(problem.minimum, story.start_loss, story.loss_name, headroom=HEADROOM)
        self.cut = Cut(
            CUT,
            problem,
            story.ends(moving),
            heights,
            self.colors,
            role=PARAMETER_ROLES[moving],
            start=story.start[moving],
            grid=False,
        )
        self.held = held_at(PARAMETER_ROLES[held], story.start_text(held), self.colors)
        self.held.place(MAP.left + 190, HEADER.bottom)

    def put_map_aside(self) -> None:
        """The map goes to its corner, and leaves the stage to the axes of the cut."""
        self.hide(self.compass, self.map.ruler, self.map.diamond, run_time=0.4)
        self.map.is_numbered = False
        corner = CORNER.shaped(self.story.map_box, centered=True)
        coming = [self.cut.plot, self.cut.names, self.held]
        self.turn(self.map, box=in_a_bow(self.map.box, corner, "down"), seconds=1.0, fade=0.4, coming=coming)

    def draw_cut(self) -> None:
        """The line of the cut is drawn on the map, and the loss along it at once in its axes."""
        cut, story = self.cut, self.story
        line = self.map.segment(story.line(PARAMETER_ROLES.index(cut.role)), cut.role)
        self.play(Create(line), Create(cut.curve), FadeIn(cut.ring), run_time=2.0)
        self.add(cut)

    @beat(
        "step",
        "Step along w, and see how far the loss falls. Rise over step is the slope of the straight line "
        "through both points.",
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
        self.wait(2.6)

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
        """The step shrinks, and the ratio runs; the old line of the table steps back, and a new one comes."""
        old = self.table.close_row()
        self.ghosts.add(self.secant.ghost())
        self.add(self.ghosts)
        self.play(old.animate.set_color(self.colors.muted), run_time=0.3)
        self.turn(self.secant, self.table, delta=delta, seconds=seconds)
        self.show(self.table.add_row(delta), run_time=0.5)

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
        self.wait(3)

    @beat(
        "tangent",
        "Let the step go to nothing: the secant becomes the tangent, the ratio the partial derivative.",
        claim("is_first_step_of_the_fit", "Fitting a line found the same number."),
    )
    def reach_tangent(self) -> None:
        self.hide(*self.notes, self.ghosts, run_time=1.0)
        self.vanish(self.secant, self.lens.secant, seconds=2.5)
        if self.story.is_first_step_of_the_fit:
            lines = tr("the slope of the first step\nof fitting a line:").split("\n")
            said = [Words(line, SMALL, self.colors, "muted") for line in lines]
            self.say(*(words.place(MARGIN.left, at) for words, at in zip(said, QUOTED, strict=True)))
        self.wait(3.9)

    def vanish(self, *secants: Secant, seconds: float) -> None:
        """The step goes to nothing; the ratio becomes the partial derivative."""
        theme, table = self.colors, self.table
        to_nothing = Words(f"$Delta {table.role} -> 0$", MEDIUM, theme)
        to_nothing.place(self.cut.plot.box.right, HEADER.bottom, "right")
        row = table.close_row()
        self.play(FadeIn(to_nothing), row.animate.set_color(theme.muted), run_time=0.7)
        self.turn(*secants, table, delta=0.0, seconds=seconds)
        self.hide(to_nothing, run_time=0.4)
        self.hide(table.quotient, run_time=0.25)
        colored = table.ratio.animate.set_color(theme.color(table.role))
        self.play(FadeIn(table.differentiate()), colored, run_time=0.4)
        self.add(table)

    @beat(
        "other",
        "Now the same for b. Hold w, let only b move, and shrink the step to nothing: this slope is the "
        "partial derivative with respect to b.",
    )
    def same_for_bias(self) -> None:
        self.in_w = self.table
        self.leave_only(self.map, self.in_w.result, run_time=0.5)
        self.set_axes(BIAS)
        self.show(self.cut.plot, self.cut.names, self.held, run_time=0.5)
        self.draw_cut()
        self.set_out(BIAS)
        self.show(self.table, self.secant, run_time=0.8)
        self.wait(0.4)
        for delta in self.story.steps(BIAS)[1:]:
            self.step_to(delta, seconds=0.7)
        self.hide(self.ghosts, run_time=0.5)
        self.vanish(self.secant, seconds=1.3)
        self.wait(2.2)

    @beat(
        "gradient",
        "The two slopes are the gradient. It points uphill, so we take minus the gradient: each sign turns. "
        "On the map that is a way along b and a way along w. Together they are one arrow.",
    )
    def join_slopes(self) -> None:
        story = self.story
        tables = [self.table, self.in_w]
        results = [table.result for table in tables]
        self.leave_only(self.map, *results, run_time=0.4)
        self.hide(self.map.ruler, run_time=0.2)
        self.map.is_numbered = True
        way = in_a_bow(self.map.box, story.map_box, "across")
        self.redraw(turning(self.map, box=way, run_time=1.4), *self.into_panel(tables, 1.4))
        self.map.settle()
        self.show(self.map.ruler, self.map.diamond, run_time=0.4)
        self.map.add(self.map.diamond)
        self.take_minus([table.ratio for table in tables])
        self.draw_arrow()
        self.wait(3.9)

    def into_panel(self, tables: list[SecantTable], seconds: float) -> list[Animation]:
        """The slopes go into the panel, side by side where they fit, one ahead of the other."""
        panel, (first, second) = self.story.panel, tables
        next_to = first.width_of_result + BETWEEN
        if next_to + second.width_of_result <= panel.width:
            self.below, left = TOP_BASELINE, panel.left + next_to
        else:
            self.below, left = TOP_BASELINE + STACKED, panel.left
        return [
            *first.result_to(panel.left, TOP_BASELINE, run_time=0.6 * seconds),
            *second.result_to(left, self.below, run_time=seconds, rate_func=squish_rate_func(smooth, 0.4, 1)),
        ]

    def take_minus(self, slopes: list[Digits]) -> None:
        """The slopes become the gradient, and its minus turns the sign of each."""
        story, panel = self.story, self.story.panel
        cell = replace(panel, top=self.below + 162)
        vector = self.vector = GradientVector(
            cell, story.loss_name, story.gradient, story.slope_notations, self.colors, run="descent"
        )
        self.play(
            FadeIn(vector.names[0], *vector.brackets[0]),
            *map(flying, slopes, vector.numbers[0]),
        )
        self.wait(0.8)
        self.show(vector.minus, vector.names[1], vector.factor, *vector.brackets[1], *vector.numbers[1])
        landed = vector.landed()
        self.wait(0.5)
        self.play(*(TransformFromCopy(vector.factor, each) for each in landed), FadeOut(vector.factor))
        self.remove(*landed)
        vector.turn_signs()
        self.add(vector)
        self.below = vector.baseline
        self.wait(0.9)

    def draw_arrow(self) -> None:
        """Each number becomes an arrow along its axis, and one arrow closes both."""
        arrow = self.arrow = GradientArrow(self.map)
        self.hide(*(line for line, _ in self.map.segments), run_time=0.4)
        for component in arrow.components:
            self.redraw(growing(component))
        self.redraw(growing(arrow.arrow))
        self.add(arrow)
        self.scale_note = VGroup()
        if arrow.times != 1 or not self.story.counts_b_and_w_alike:
            times = markup(shortest(arrow.times))
            said = (
                tr("drawn $times {times}$", times=times)
                if self.story.counts_b_and_w_alike
                else tr("drawn $times {times}$, in units of the axes", times=times)
            )
            note = Words(said, SMALL, self.colors, "muted")
            self.scale_note.add(note.place(self.story.panel.left, self.below + 68))
            self.say(self.scale_note)

    @beat(
        "square",
        "The compass agrees:",
        claim(
            "counts_b_and_w_alike",
            "at zero and ninety degrees its slopes are these two numbers,",
            "at zero and ninety degrees stand the two slopes,",
        ),
        "and the lowest lies where the arrow points, square on the level line.",
        cover=True,
    )
    def stand_square(self) -> None:
        theme, arrow = self.colors, self.arrow
        self.hide(*arrow.components, self.table.result, self.in_w.result, run_time=0.5)
        self.lift_vector()
        compass = self.compass = self.new_compass(top=self.below + 156)
        compass.dial(angle=WHOLE).remove(compass.arrow, compass.circle, compass.here)
        self.level = self.map.level(self.story.start_loss)
        self.play(Create(self.level), run_time=1.4)
        self.show(*compass.strip[:2], run_time=0.8)
        lowest = self.say_lowest(compass)
        slopes = [compass.number(at, role) for at, role in zip((0.0, 90.0), PARAMETER_ROLES, strict=True)]
        compass.label(slopes, (0.0, 90.0), ("lower right", "right", "upper right"))
        for slope, point in zip(slopes, compass.along_axes, strict=True):
            self.say(point, slope, run_time=1.0)
        self.play(Create(compass.curve), run_time=2.2)
        corner = square_on(arrow.arrow, theme)
        self.play(FadeIn(compass.lowest, lowest), Create(corner), run_time=0.9)
        self.add(compass.add(*compass.along_axes, compass.lowest))
        self.on_compass = [*slopes, lowest, corner]
        self.wait(3.6)

    def lift_vector(self) -> None:
        """The gradient and its minus go up to where the slopes were."""
        by = self.vector.top - FORMULA.bottom
        up = [each.animate.shift(units(by) * UP) for each in (self.vector, self.scale_note) if len(each)]
        self.play(*up, run_time=0.7)
        self.below -= by

    @beat(
        "length",
        claim(
            "is_too_far",
            "At its full length the arrow ends higher than it began: too far.",
            "At its full length the arrow ends lower than it began.",
        ),
        claim(
            "is_first_step_of_the_fit",
            "Times the learning rate, it is the first step that fitted a line.",
            "At a fitting length it ends lower.",
        ),
    )
    def choose_length(self) -> None:
        story, arrow = self.story, self.arrow
        self.hide(self.compass, *self.on_compass, self.scale_note, run_time=0.6)
        legend, readings, marks = self.lengths()
        start, whole, step = legend.rows
        if arrow.times != 1:
            self.turn(arrow, times=1.0, seconds=1.2)
        arrow.add(arrow.level, arrow.landing, arrow.exit)
        self.show(start, whole, arrow.level, arrow.landing, arrow.exit)
        self.add(arrow)
        lower, far = (tr("lower"), "muted"), (tr("too far"), "diverged")
        self.say(self.verdict(readings[1], *(far if story.is_too_far else lower)))
        self.wait(1.5)
        self.hide(arrow.level, arrow.landing, arrow.exit, marks[1], run_time=0.4)
        self.turn(arrow, times=story.rate, seconds=2.2)
        arrow.read_in(readings[2], story.loss_text)
        self.show(step, arrow.level, arrow.landing, run_time=0.6)
        self.add(arrow.add(arrow.level, arrow.landing, arrow.exit))
        self.say(self.verdict(readings[2], *lower))
        self.map.hold(arrow)
        left, along = self.left_of_lengths, [arrow, self.level]
        wide = replace(self.map.box, top=self.below + 70, right=left - BESIDE_MAP)
        _, ruler = map_axes(wide, story.near, units=story.units)
        wide = replace(wide, left=left_of_axes(wide.left, ruler))
        self.map.keeps_ruler = True
        self.turn(self.map, along=along, box=replace(self.map.box, top=wide.top), seconds=0.8)
        self.turn(self.map, along=along, box=wide, window=story.near, seconds=3.6)
        if story.is_first_step_of_the_fit:
            first = Words(tr("the first step of fitting a line"), SMALL, self.colors, "muted")
            self.say(first.place(left + 66, self.below + 378))
        self.wait(1.2)
        self.say(Words(tr("How long should a step be?"), MEDIUM, self.colors).place(left, self.below + 490))
        self.wait(3)

    @property
    def left_of_lengths(self) -> float:
        """Where the lengths stand: at the right of the panel, so that the map can be wide."""
        panel = self.story.panel
        return max(panel.left, panel.right - LENGTHS)

    def lengths(self) -> tuple[Legend, list[Digits], list[Dots]]:
        """The start, the whole arrow, and a step; the loss where each ends, and its mark."""
        story, theme = self.story, self.colors
        losses = [story.start_loss, *(story.loss_after(times) for times in (1.0, story.rate))]
        lengths = [Digits(text, SMALL, theme) for text in ("×1", story.times_text(story.rate))]
        marks = [start_ring(theme), current_disc(theme), current_disc(theme)]
        readings = [Digits(story.loss_text(loss), SMALL, theme, "loss") for loss in losses]
        names: list[str | Digits] = [tr("start"), *lengths]
        entries = [Entry(*each) for each in zip(names, readings, marks, strict=True)]
        left = self.left_of_lengths
        cell = replace(self.story.panel, top=self.below + 150, left=left, right=left + 480)
        return Legend(cell, entries, theme), readings, marks

    def verdict(self, reading: Digits, words: str, role: str) -> Words:
        """What is said of a loss, behind it."""
        _, baseline = pixels(reading.origin)
        right = reading.box().right + 36
        return Words(words, SMALL, self.colors, role).place(right, float(baseline))
