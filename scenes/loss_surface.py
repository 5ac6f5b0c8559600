"""LossSurface: every line is a point, its loss a height; the path goes down, and from above it is a map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from manim import DEGREES, Create, FadeIn, FadeOut, Mobject
from numpy.typing import ArrayLike, NDArray

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.cut import Cut
from gdscenes.kit.figures.cuts_in_a_row import held_at, loss_axis
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.downhill import Downhill
from gdscenes.kit.figures.legend import Entry, Legend
from gdscenes.kit.figures.noted_points import NotedPoints
from gdscenes.kit.figures.readouts import Readout, Readouts
from gdscenes.kit.lecture.beats import beat, claim
from gdscenes.kit.lecture.choices import DescentSettings, dataset_with_bias, stable_learning_rate
from gdscenes.kit.lecture.clock import Clock, turning
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.cell import PAGE, Insets
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.axis import axis_units
from gdscenes.kit.plot.contours import level_line
from gdscenes.kit.plot.marks import Diamond, start_ring
from gdscenes.kit.stage.lecture import StageLecture
from gdscenes.kit.stage.ruler import StageRuler
from gdscenes.kit.stage.stage import Stage, cut_above
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.notation import Notation, notation_for, notations_for
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

SINGLE_STEPS = 5
TIME_LAPSE_SECONDS = 7.0
DIM = 0.35
"""What is left of the path beside the arrows."""
BESIDE_CUTS = 0.42
"""How far the surface's colours step back beside the planes that cut it."""
EQUALLY_WRONG = 0.15
"""Loss of the two example lines above the minimum, as a part of the start's."""
NEEDLE = 1.6
"""What a picture of a narrow cut shows, in half widths of its parabola."""
DECIMALS, FEW_DECIMALS = 4, 2
"""Of losses, and of those beside points."""

_, MARGIN = PAGE.columns(1213, 510, gap=22)
MODEL, _, INSET, EXAMPLES = MARGIN.rows(79, 48, 441, 426)
FORMULA, READOUTS, LANDMARKS = MARGIN.rows(377, 460, 157)
CUTS = [cell.inset(Insets(left=88, top=107, right=72, bottom=110)) for cell in MARGIN.rows(497, 483)]

LOSS_FORMULA = {
    "mean": "$display(1/n sum_i (bias + weight x_i - y_i)^2)$",
    "sum": "$display(sum_i (bias + weight x_i - y_i)^2)$",
}


@dataclass(frozen=True)
class LossSurfaceSettings(DescentSettings):
    """What a lecturer may change."""

    n_steps: int | None = knob(
        None, "number of updates; none takes the dataset's own", minimum=10, maximum=100_000
    )


@dataclass(frozen=True)
class LossSurfaceStory(Story):
    """One descent on one surface."""

    settings: LossSurfaceSettings

    @property
    def run(self) -> gdmath.Trajectory:
        return self.runs["descent"]

    @property
    def start(self) -> Array:
        return np.asarray(self.run.parameters[0])

    @cached_property
    def window(self) -> gdmath.Window:
        """The textbook's own where there is one."""
        own = gdmath.TEXTBOOK_WINDOWS.get(self.dataset.name)
        return own or gdmath.window_around(self.problem, self.run)

    @cached_property
    def units(self) -> Array:
        """How much of b and of w (2,) is equally long on the map."""
        return axis_units(*zip(self.window.low, self.window.high, strict=True))

    @cached_property
    def ceiling(self) -> float:
        """Where the surface is cut: the first round loss above the start's."""
        return cut_above(self.start_loss)

    @cached_property
    def cuts(self) -> tuple[gdmath.LeastSquares, gdmath.LeastSquares]:
        """The loss through the start as a function of b alone, and of w alone."""
        b, w = self.start
        return self.problem.cut(BIAS, held=w), self.problem.cut(WEIGHT, held=b)

    def ends(self, moving: int) -> tuple[float, float]:
        """What a cut through the start shows of the parameter that moves.

        The window's range; where the parabola would be a needle in it, only the part round the parabola.
        """
        cut, low, high = self.cuts[moving], self.window.low[moving], self.window.high[moving]
        lowest, half = cut.minimizer[0], NEEDLE * cut.reach([1.0], self.ceiling - cut.minimum)
        if 2 * half >= (high - low) / 2:
            return float(low), float(high)
        return float(max(low, lowest - half)), float(min(high, lowest + half))

    @cached_property
    def examples(self) -> Array:
        """Four lines (4, 2): the start, two that are equally wrong in opposite ways, and the best."""
        least = self.problem.minimum
        corners = level_line(self.problem, least + EQUALLY_WRONG * (self.start_loss - least))
        apart = corners[[corners[:, BIAS].argmin(), corners[:, BIAS].argmax()]]
        return np.vstack([self.start, apart, self.problem.minimizer])

    @property
    def descends(self) -> bool:
        return gdmath.behaviour.descends(self.problem, self.run)

    @property
    def goes_down_the_wall_first(self) -> bool:
        return self.descends and gdmath.behaviour.goes_down_the_wall_first(self.problem, self.run)

    # -- how numbers are written ---------------------------------------------------------------------------

    @cached_property
    def loss_notation(self) -> Notation:
        return notation_for(self.run.losses, 5, most_decimals=DECIMALS)

    def loss_text(self, loss: float, decimals: int = DECIMALS) -> str:
        """A loss with at most so many decimals, or with a power of ten of its own."""
        if self.loss_notation.power:
            return notation_for(loss).write(loss)
        return Notation(min(decimals, self.loss_notation.decimals)).write(loss)

    def start_text(self, index: int) -> str:
        """A parameter of the start, where it is held."""
        return notation_for(self.start[index], 5, most_decimals=DECIMALS).write(self.start[index])

    def readouts(self, parameters: Array, losses: ArrayLike, run: str = "") -> list[Readout]:
        """b, w and the loss of lines (n, 2), one after another."""
        names = *(f"${role}$" for role in PARAMETER_ROLES), self.loss_markup
        values = *parameters.T, np.asarray(losses)
        notations = *notations_for(parameters), replace(self.loss_notation, wide=True)
        roles = *PARAMETER_ROLES, "loss"
        return [
            Readout(name, each, notation, role, None, role, run, signed=True)
            for name, each, notation, role in zip(names, values, notations, roles, strict=True)
        ]


class LossSurface(StageLecture):
    """The loss is a landscape over all lines, and descent walks down it."""

    title = "Every line is a point, its loss a height"
    question = "What do the losses of all lines look like?"
    hand_over = "The way down is read off two slopes: how are they found?"
    chapter = 2
    seconds = 79
    settings = LossSurfaceSettings()
    story_type = LossSurfaceStory

    story: LossSurfaceStory

    @staticmethod
    def prepare(settings: Settings) -> LossSurfaceStory:
        assert isinstance(settings, LossSurfaceSettings)
        dataset = dataset_with_bias(settings.dataset)
        rate = stable_learning_rate(dataset, settings.learning_rate)
        run = gdmath.descend(dataset.problem(), dataset.start, rate, settings.n_steps or dataset.n_steps)
        return LossSurfaceStory(settings=settings, dataset=dataset, runs={"descent": run})

    @beat(
        "lines",
        "Two numbers make a line, so every line is a point of a plane. Four lines, four points, and "
        "each has its loss.",
    )
    def show_lines(self) -> None:
        self.title_card()
        story, theme = self.story, self.colors
        self.make_stage()
        model = Words("$yhat = bias + weight thin x$", LARGE, theme).place(MODEL.left, MODEL.bottom)
        plane = DataPlane(story.dataset, INSET, theme, story.examples, most=2, named=False, radius=6)
        self.ruler = StageRuler(self.stage)
        self.show(self.stage, self.ruler, plane, model)
        losses = story.problem.loss(story.examples)
        readouts = Readouts(EXAMPLES, story.readouts(story.examples, losses), theme)
        texts = [story.loss_text(loss, FEW_DECIMALS) for loss in losses]
        noted = NotedPoints(self.stage.plot, story.examples, texts, theme)
        for row, line in enumerate(story.examples):
            if row:
                plane.leave_line()
            plane.dial(parameters=line, grown=1.0)
            coming = readouts.at(row).digits if row else [readouts]
            self.play(Create(plane.line), FadeIn(plane.residuals, *coming), run_time=0.8)
            self.play(FadeIn(noted.dots[row], target_position=plane.line), run_time=0.9)
            self.show(noted.numbers[row], run_time=0.4)
            self.wait(0.6)
        self.add(noted)
        self.wait(1)

    def make_stage(self) -> None:
        """The stage seen from above, with nothing on it yet but the plane."""
        story = self.story
        self.stand_above()
        self.stage = Stage(
            gdmath.loss_grid(story.problem, story.window),
            self.colors,
            self.camera,
            cut=story.ceiling,
            loss=story.problem.loss,
            minimum=story.problem.minimizer,
            units=story.units,
        )
        self.path = self.stage.add_path(story.run, "descent")
        self.stage.empty().dial(flatten=1.0, rise=0.0)

    @beat(
        "surface",
        "Raise every point by its loss. All lines together make a surface: low where the line "
        "is good, high where it is bad.",
    )
    def raise_surface(self) -> None:
        stage, story, theme = self.stage, self.story, self.colors
        self.balls = [stage.add_point(b, w, theme.model) for b, w in story.examples]
        self.leave_only(stage, run_time=0.8)
        self.come_down(stage)
        name = Words(f'$loss("{story.loss_name}")(bias, weight) =$', MEDIUM, theme)
        terms = Words(LOSS_FORMULA[story.dataset.reduction], MEDIUM, theme)
        self.formula = Block([name], [terms], leading=130).place(FORMULA.left, FORMULA.top + 67)
        self.say(self.formula, run_time=1)
        self.turn(stage, rise=1.0, surface=1.0, lines=1.0, rim=1.0, edges=1.0, beyond=1.0, seconds=3)
        self.ruler = StageRuler(stage, story.loss_markup)
        self.show(self.ruler)
        self.wait(2)

    @beat(
        "landmarks",
        "The start lies on the slope. The best line lies at the bottom; no other line has a smaller loss.",
    )
    def show_landmarks(self) -> None:
        stage, story, theme = self.stage, self.story, self.colors
        start, minimum = story.loss_text(story.start_loss), story.loss_text(story.problem.minimum)
        entries = [
            Entry("start", start, start_ring(theme)),
            Entry("minimum", minimum, Diamond(theme), "minimum", "minimum"),
        ]
        self.landmarks = Legend(LANDMARKS, entries, theme, pitch=90)
        self.turn(*self.balls, opacity=0.0, drop=0.0, floor=0.0, seconds=0.8)
        self.redraw(turning(self.path, start=1.0, floor=1.0), FadeIn(self.landmarks.rows[0]))
        self.wait(1)
        self.redraw(turning(stage, minimum=1.0, floor_minimum=1.0), FadeIn(self.landmarks.rows[1]))
        self.add(self.landmarks)
        self.wait(2.5)

    @beat(
        "cuts",
        "Hold one parameter and the surface is cut by a plane. Each cut is a parabola in the other "
        "parameter.",
    )
    def cut_through_start(self) -> None:
        stage, story, theme = self.stage, self.story, self.colors
        heights = loss_axis(0.0, story.ceiling, story.loss_name, headroom=1.0, most=3)
        self.hide(self.formula, self.landmarks, run_time=0.6)
        self.pictures: list[Mobject] = []
        for held, moving, box in zip((BIAS, WEIGHT), (WEIGHT, BIAS), CUTS, strict=True):
            plane, role = stage.cuts[held].dial(at=story.start[held]), PARAMETER_ROLES[moving]
            cut = Cut(
                box,
                story.cuts[moving],
                story.ends(moving),
                heights,
                theme,
                role=role,
                start=story.start[moving],
                most=3,
            )
            at = held_at(PARAMETER_ROLES[held], story.start_text(held), theme, SMALL)
            at.place(MARGIN.right, box.top - 24, "right")
            self.redraw(
                turning(plane, plane=1.0, curve=1.0, floor=1.0, run_time=1.2),
                turning(stage, dimmed=BESIDE_CUTS, run_time=1.2),
            )
            self.play(FadeIn(cut.plot, cut.names, cut.ring, at), Create(cut.curve), run_time=1.4)
            self.add(cut)
            self.pictures += [cut, at]
            self.wait(1.5)
        self.wait(1)

    @beat(
        "descent",
        claim(
            "goes_down_the_wall_first",
            "Each step goes from one line to a better one: down the steep wall first, then along the valley.",
            claim(
                "descends",
                "Each step goes from one line to a better one, down the slope where it stands.",
                "Each step goes down the slope where it stands, but some are too short to show in the loss.",
            ),
        ),
        cover=True,
    )
    def walk_down(self) -> None:
        stage, story, n = self.stage, self.story, self.story.run.n_steps
        self.redraw(
            *(turning(cut, plane=0.0, curve=0.0, floor=0.0, run_time=0.8) for cut in stage.cuts),
            turning(stage, dimmed=0.0, run_time=0.8),
            FadeOut(*self.pictures, run_time=0.8),
        )
        self.show(self.formula, self.landmarks, run_time=0.6)
        step = Readout("step", np.arange(n + 1.0), Notation(0), quantity="step", run="descent")
        numbers = story.readouts(story.run.parameters, story.run.losses, "descent")
        self.readouts = Readouts(READOUTS, [step, *numbers], self.colors)
        clock = Clock(stage, self.readouts)
        self.redraw(turning(self.path, tube=1.0, beads=1.0, ball=1.0, drop=1.0), FadeIn(self.readouts))
        self.advance(clock, to=SINGLE_STEPS, rest=0.5)
        self.run_on(clock, to=n, seconds=TIME_LAPSE_SECONDS, pace="by change")
        self.wait(2)

    @beat(
        "top",
        "From above the surface is a map. Each curve joins lines that are equally wrong, and the path "
        "is the one on the floor.",
    )
    def climb_to_the_top(self) -> None:
        self.hide(self.ruler, self.readouts, run_time=0.6)
        self.move_camera(theta=-40 * DEGREES, run_time=2.5)
        self.rise_to_top(self.stage, run_time=3.5)
        self.show(StageRuler(self.stage))
        self.wait(2.5)

    @beat(
        "arrows",
        "Wherever one stands, minus the gradient is square on the level line: straight down the "
        "slope, and that is seldom straight at the minimum.",
    )
    def show_arrows(self) -> None:
        story, theme = self.story, self.colors
        downhill = Downhill(
            self.stage.plot, story.problem, story.start, theme, units=story.units, run="descent"
        )
        name = Words(downhill.formula(story.loss_name), MEDIUM, theme)
        name.place(READOUTS.left, READOUTS.top + MEDIUM)
        self.redraw(
            turning(self.path, ball=0.0, tube=DIM, beads=0.0, run_time=1.5),
            Create(downhill.level, run_time=1.5),
        )
        self.show(downhill.marks[0], name)
        self.wait(1.5)
        self.show(*downhill.marks[1:], run_time=1.5)
        self.add(downhill)
        self.wait(3)
