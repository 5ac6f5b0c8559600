"""LossSurface: every line is a point, its loss a height; the path goes down, and from above it is a map."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from manim import UP, Create, FadeIn, FadeOut, Mobject, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.cut import Cut
from gdscenes.kit.figures.cuts_in_a_row import held_at, loss_axis
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.downhill import Downhill
from gdscenes.kit.figures.legend import Entry, Legend
from gdscenes.kit.figures.losses import LossCurves, decades_with_floor
from gdscenes.kit.figures.noted_points import MovingPoint, NotedPoints
from gdscenes.kit.figures.readouts import Readout, Readouts, losses_of
from gdscenes.kit.lecture.beats import beat, claim
from gdscenes.kit.lecture.choices import DescentSettings, dataset_with_bias, stable_learning_rate
from gdscenes.kit.lecture.clock import Clock, Redraw, running, turning
from gdscenes.kit.lecture.live import Task, Trial
from gdscenes.kit.lecture.runner import STYLES, Runner, runners
from gdscenes.kit.lecture.settings import SettingError, Settings, knob, settled
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.cell import PAGE, Insets
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL, SMALLEST
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.axis import axis_units
from gdscenes.kit.plot.contours import level_line, shortest_level
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.marks import Diamond, start_ring
from gdscenes.kit.stage.lecture import StageLecture
from gdscenes.kit.stage.levels import LevelNumbers
from gdscenes.kit.stage.names import PathNames
from gdscenes.kit.stage.parts import StageCut
from gdscenes.kit.stage.ruler import StageRuler
from gdscenes.kit.stage.stage import Stage, cut_above
from gdscenes.kit.stage.views import across_valley
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import Notation, notation_for, notations_for, shortest
from gdscenes.kit.type.typeset import Words, literal

Array = NDArray[np.float64]

SINGLE_STEPS = 5
TIME_LAPSE_SECONDS = 8.0
DIM = 0.35
"""What is left of the path beside the arrows."""
ABOVE_NAMES = 72.0
"""From a cut to what is said of it where the name of the loss takes the row, pixels."""
BESIDE_CUTS = 0.42
"""How far the surface's colours step back beside the planes that cut it."""
EQUALLY_WRONG = 0.15
"""Loss of the two example lines above the minimum, as a part of the start's."""
BETWEEN = 24
"""Rows in which the numbers run from one example line to the next."""
OTHER_PLANE = 0.3
"""What is left of the first plane beside the second."""
GLASS = 0.32
"""How much is seen of the wall that is before the valley."""
NUMBERED = 3
"""How many level lines have numbers, from the rim down."""
OVER_PLATE = 60.0
"""From the plate up to what is said over it, pixels."""
NEEDLE = 1.6
"""What a picture of a narrow cut shows, in half widths of its parabola."""
DECIMALS, FEW_DECIMALS = 4, 2
"""Of losses, and of those beside points."""

RACE_ON = 1.5
"""A race ends after so many times the steps in which the last of the runs is done that are."""
PLAIN = (None, "sgd")
"""Optimisers whose steps are the rate times minus the gradient."""
OTHER_STEPS = claim(
    "leaves_alone",
    "Here they lead off the surface.",
    claim(
        "falls_alone",
        "Each still leads to a better line.",
        claim(
            "climbs_alone",
            "Steps uphill: {story.n_climbs} of {story.run.n_steps}.",
            claim("is_alone", "Here some are too short to show in the loss."),
        ),
    ),
)
"""What is said of the steps of a run that is no plain descent."""
OF_A_RACE = claim(
    "one_is_done_first",
    "{story.winner} is the first with less than a hundredth left for good, after {story.least_steps} steps.",
    "None is the first with less than a hundredth left for good.",
)
"""What is said of a race."""

_, MARGIN = PAGE.columns(1213, 510, gap=22)
MODEL, _, INSET, NUMBERS = MARGIN.rows(79, 48, 441, 426)
FORMULA, _, LANDMARKS = MARGIN.rows(377, 460, 157)
CURVES, TABLE, _ = MARGIN.rows(470, 460, 64)
UNDER_MODEL, BETWEEN_LINES, UNDER_METHOD = 26.0, 46.0, 112.0
"""From the model down to the name of an optimiser, from there to its options; and room for both, pixels."""
CUTS = [cell.inset(Insets(left=88, top=107, right=72, bottom=110)) for cell in MARGIN.rows(497, 483)]

LOSS_FORMULA = {
    "mean": "$display(1/n sum_i (bias + weight x_i - y_i)^2)$",
    "sum": "$display(sum_i (bias + weight x_i - y_i)^2)$",
}


@dataclass(frozen=True)
class LossSurfaceSettings(DescentSettings):
    """What a lecturer may change; one rate serves every optimiser."""

    optimizer: str | None = knob(
        None, "method of torch.optim; none is plain gradient descent", choices=tuple(gdmath.OPTIMIZERS)
    )
    optimizers: tuple[str, ...] | None = knob(
        None,
        "methods of torch.optim that race from one start",
        choices=tuple(gdmath.OPTIMIZERS),
        several=(2, len(STYLES)),
    )

    n_steps: int | None = knob(
        None,
        "number of updates; none takes the dataset's own, but ends a race soon after it is decided",
        minimum=10,
        maximum=100_000,
    )


@dataclass(frozen=True)
class LossSurfaceStory(Story):
    """One descent on one surface, or several from one start.

    A single run is `descent`; those of a race are called by their optimisers.
    """

    settings: LossSurfaceSettings

    @cached_property
    def seen(self) -> Array:
        """All rows (n, 2) on the surface, and the minimum."""
        rows = [run.parameters[run.losses <= self.ceiling] for run in self.runs.values()]
        return np.vstack([*rows, self.problem.minimizer])

    @property
    def run(self) -> gdmath.Trajectory:
        """The only run, or the first."""
        return next(iter(self.runs.values()))

    @cached_property
    def runners(self) -> list[Runner]:
        """Those of a race."""
        return runners(self.runs, {name: gdmath.OPTIMIZERS[name].title for name in self.runs})

    @property
    def start(self) -> Array:
        return np.asarray(self.run.parameters[0])

    @cached_property
    def window(self) -> gdmath.Window:
        """What holds all lines up to where the surface is cut, so that its rim is closed."""
        return gdmath.window_below(self.problem, self.ceiling)

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

    @cached_property
    def tour(self) -> Array:
        """Lines (n, 2) on the straight ways from each example to the next, one every `BETWEEN` rows."""
        shares = (1 - np.cos(np.pi * np.arange(1, BETWEEN + 1) / BETWEEN)) / 2
        first, ways = self.examples[:1], np.diff(self.examples, axis=0)
        between = self.examples[:-1, None] + shares[:, None] * ways[:, None]
        return np.vstack([first, between.reshape(-1, 2)])

    # -- what may be said of the runs ----------------------------------------------------------------------

    @property
    def is_alone(self) -> bool:
        return self.settings.optimizers is None

    @property
    def is_plain(self) -> bool:
        return self.is_alone and self.settings.optimizer in PLAIN

    @property
    def method(self) -> str:
        """What the optimiser of a single run is called; "" where none was asked for."""
        name = self.settings.optimizer
        return gdmath.OPTIMIZERS[name].title if name else ""

    @property
    def descends(self) -> bool:
        return self.is_plain and gdmath.behaviour.descends(self.problem, self.run)

    @property
    def goes_down_the_wall_first(self) -> bool:
        return self.descends and gdmath.behaviour.goes_down_the_wall_first(self.problem, self.run)

    @property
    def falls_alone(self) -> bool:
        return self.is_alone and gdmath.behaviour.descends(self.problem, self.run)

    @property
    def climbs_alone(self) -> bool:
        return self.is_alone and self.n_climbs > 0

    @property
    def n_climbs(self) -> int:
        """How many steps of the first run go up."""
        return gdmath.behaviour.n_climbs(self.problem, self.run)

    @cached_property
    def done(self) -> dict[str, int]:
        """The row from which on next to nothing is left, of those runs that have one, the first one first."""
        rows = {name: gdmath.behaviour.row_nearly_done(self.problem, run) for name, run in self.runs.items()}
        return dict(sorted(((n, k) for n, k in rows.items() if k is not None), key=lambda each: each[1]))

    @property
    def one_is_done_first(self) -> bool:
        """Whether one run of a race is done before all others."""
        first, *others = [*self.done.values(), None, None][:2]
        return first is not None and first not in others

    @property
    def winner(self) -> str:
        return gdmath.OPTIMIZERS[next(iter(self.done))].title

    @property
    def least_steps(self) -> int:
        """Of the winner."""
        return next(iter(self.done.values()))

    def named(self, names: list[str]) -> str:
        """Optimisers in a sentence."""
        *others, last = (gdmath.OPTIMIZERS[name].title for name in names)
        return tr("{others} and {last}", others=", ".join(others), last=last) if others else last

    @property
    def leaving(self) -> list[str]:
        """The runs that are off the surface at some row."""
        return [name for name, run in self.runs.items() if (run.losses > self.ceiling).any()]

    @property
    def climbing(self) -> list[str]:
        """The runs of which some steps go up."""
        climbs = gdmath.behaviour.n_climbs
        return [name for name, run in self.runs.items() if climbs(self.problem, run) > 0]

    @property
    def some_leave(self) -> bool:
        return bool(self.leaving)

    @property
    def leaves_alone(self) -> bool:
        return self.is_alone and self.some_leave

    @property
    def leavers(self) -> str:
        return self.named(self.leaving)

    @property
    def some_climb(self) -> bool:
        return bool(self.climbing)

    @property
    def climbers(self) -> str:
        return self.named(self.climbing)

    # -- how numbers are written ---------------------------------------------------------------------------

    @cached_property
    def loss_notation(self) -> Notation:
        seen = [run.losses[run.losses <= self.ceiling] for run in self.runs.values()]
        return notation_for(np.concatenate(seen), 5, most_decimals=DECIMALS)

    def loss_text(self, loss: float, decimals: int = DECIMALS) -> str:
        """A loss with at most so many decimals, or with a power of ten of its own."""
        if self.loss_notation.power:
            return notation_for(loss).write(loss)
        return Notation(min(decimals, self.loss_notation.decimals)).write(loss)

    @property
    def options(self) -> dict[str, str]:
        """The rate and the numbers that torch.optim was given beside it, as they are written."""
        names = self.settings.optimizers or [self.settings.optimizer or "sgd"]
        given = {key: value for name in names for key, value in gdmath.OPTIMIZERS[name].options.items()}
        numbers = {"lr": self.run.learning_rate, **given}
        return {key: shortest(value, 4) for key, value in numbers.items() if value is not True}

    def start_text(self, index: int) -> str:
        """A parameter of the start, where it is held."""
        return notations_for(self.run.parameters)[index].write(self.start[index])

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
    seconds = 94
    settings = LossSurfaceSettings()
    story_type = LossSurfaceStory
    trials = (Trial("descent"),)
    tasks = (
        Task("Let descent find the best line. What is its b?", asks="best_b"),
        Task(
            "Drag the start far along its level line: the same loss, at another place.",
            wants={"start_of_film": (0.95, 1.05), "moved": (0.25, 10)},
        ),
        Task("No line has a lower loss than which?", asks="lowest"),
    )

    story: LossSurfaceStory

    @staticmethod
    def prepare(settings: Settings) -> LossSurfaceStory:
        assert isinstance(settings, LossSurfaceSettings)
        one, several = settings.optimizer, settings.optimizers
        if one and several:
            raise SettingError("--optimizers", ",".join(several), "no --optimizer beside it", "leave one out")
        dataset = dataset_with_bias(settings.dataset)
        rate, is_plain = settings.learning_rate, several is None and one in PLAIN
        if rate is None or is_plain:
            rate = stable_learning_rate(dataset, rate)
        n_steps = settings.n_steps or dataset.n_steps
        runs = {
            name: gdmath.descend_by(dataset.problem(), dataset.start, rate, n_steps, optimizer)
            for name, optimizer in (zip(several, several, strict=True) if several else [("descent", one)])
        }
        story = LossSurfaceStory(settings=settings, dataset=dataset, runs=runs)
        if several and settings.n_steps is None and story.done:
            n_steps = max(10 * math.ceil(RACE_ON * max(story.done.values()) / 10), 10)
            runs = {name: run.up_to(n_steps) for name, run in runs.items()}
            story = replace(story, runs=runs)
        for run in runs.values():
            if run.n_steps == 0 or run.losses[1] > story.ceiling:
                allowed = f"a rate at which the first step of {run.method} stays on the surface"
                raise SettingError("--learning-rate", rate, allowed, "give a smaller rate")
        return replace(story, settings=settled(settings, learning_rate=rate, n_steps=n_steps))

    @beat(
        "lines",
        "Two numbers make a line, so every line is a point of a plane. Four lines are four points, and "
        "each has its loss. Wherever one points, there is a line.",
    )
    def show_lines(self) -> None:
        self.title_card()
        story, theme = self.story, self.colors
        self.model = Words("$yhat = bias + weight thin x$", LARGE, theme).place(MODEL.left, MODEL.bottom)
        plane = DataPlane(story.dataset, INSET, theme, story.tour, most=2, named=False, radius=6)
        self.make_stage(plane.plot.steepness)
        self.ruler = StageRuler(self.stage)
        self.show(self.stage, self.ruler, plane, self.model)
        losses = story.problem.loss(story.examples)
        readouts = Readouts(NUMBERS, story.readouts(story.tour, story.problem.loss(story.tour)), theme)
        texts = [story.loss_text(loss, FEW_DECIMALS) for loss in losses]
        noted = NotedPoints(self.stage.plot, story.examples, texts, theme, way=story.tour)
        point = MovingPoint(self.stage.plot, story.tour, theme)
        clock = Clock(plane, readouts, point)
        for row in range(len(story.examples)):
            if row:
                plane.leave_line()
                self.run_on(clock, to=row * BETWEEN, seconds=1.6)
            else:
                plane.dial(grown=1.0)
                self.play(Create(plane.line), FadeIn(plane.residuals, readouts, point), run_time=1.2)
            self.add(noted.dots[row])
            self.show(noted.numbers[row], run_time=0.4)
            self.wait(0.5)
        self.remove(point)
        self.add(noted)
        self.wait(0.5)
        self.hide(*noted.numbers, run_time=0.5)
        self.turn(self.lattice, lines=1.0, beyond=1.0, seconds=1.5)
        self.wait(1)

    def make_stage(self, steepness: float) -> None:
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
        self.stage.view = across_valley(self.stage, story.problem, story.run)
        if story.is_alone:
            self.stage.add_path(story.run, "descent")
        for each in () if story.is_alone else story.runners:
            color = self.colors.color(each.style.role)
            self.stage.add_path(each.run, each.name, color=color, ball_color=color)
        self.lattice = self.stage.add_lattice(steepness)
        self.stage.empty().dial(flatten=1.0, rise=0.0, lifted=0.0, underside=GLASS)
        self.numbered = (*self.stage.levels, story.ceiling)[-NUMBERED:]

    @beat(
        "surface",
        "Raise each line by its loss: good lines stay low, bad ones rise high. The tips lie on a bowl, cut "
        "at a round loss. The floor with its map sinks only to be seen.",
    )
    def raise_surface(self) -> None:
        stage, story, theme = self.stage, self.story, self.colors
        self.balls = [
            stage.add_point(b, w, theme.model, opacity=0.0, drop=0.0, floor=0.0) for b, w in story.examples
        ]
        self.turn(*self.balls, opacity=1.0, seconds=0.4)
        above = self.ruler
        self.leave_only(stage, *above.names, run_time=0.6)
        name = Words(f'$loss("{story.loss_name}")(bias, weight) =$', MEDIUM, theme)
        terms = Words(LOSS_FORMULA[story.dataset.reduction], MEDIUM, theme)
        self.formula = Block([name], [terms], leading=130).place(FORMULA.left, FORMULA.top + 67)
        with self.looking_from(stage.view):
            stage.dial(rise=1.0, flatten=0.0)
            self.ruler = self.ruler_beside()
        stage.dial(rise=0.0, flatten=1.0)
        self.ruler.at(0)
        self.play(
            FadeIn(self.formula, shift=0.2 * UP),
            FadeOut(*above.names),
            FadeIn(*self.ruler.names),
            run_time=0.8,
        )
        self.come_down(stage, self.ruler, run_time=3.5)
        self.show(*self.ruler.floor, run_time=0.6)
        self.leave_out_what_is_cut()
        self.turn(stage, rise=1.0, seconds=2.5)
        self.ruler.at(0)
        self.show(*self.ruler.losses, run_time=0.6)
        stage.dial(surface=1.0, lines=1.0)
        self.turn(stage, skin=1.0, seconds=2.5)
        self.redraw(
            turning(stage, rim=1.0, beyond=1.0, edges=1.0, run_time=0.8),
            turning(self.lattice, lines=0.0, pins=0.0, run_time=0.8),
        )
        sinking = turning(stage, lifted=1.0, run_time=1.8)
        self.redraw(
            sinking, Redraw([*self.ruler.names, *self.ruler.floor], lambda _: self.ruler.at(0), run_time=1.8)
        )
        self.show(*self.ruler.heights, run_time=0.8)
        self.add(self.ruler)
        self.wait(1.5)

    def leave_out_what_is_cut(self) -> None:
        """The lines that the surface does not hold go, while it is said over them what they are."""
        name = Words(f'#loss("{self.story.loss_name}") $>$', MEDIUM, self.colors, "muted")
        value = Digits(shortest_level(self.story.ceiling), MEDIUM, self.colors, "muted")
        gone = Words(tr(": left out"), MEDIUM, self.colors, "muted")
        limits = self.stage.window
        corners = self.stage.on_page(*np.reshape(np.meshgrid(limits[:2], limits[2:]), (2, -1)))
        x, y = self.stage.view.place[0], corners[:, 1].min() - OVER_PLATE
        name.place(x, y, "right")
        value.place(name.box().right + 12, y)
        gone.place(value.box().right + 4, y)
        self.show(name, value, gone, run_time=0.5)
        self.turn(self.lattice, beyond=0.0, pins=1.0, seconds=1.6)
        self.hide(name, value, gone, run_time=0.4)

    def ruler_beside(self) -> StageRuler:
        """The ruler of the surface, the losses of some level lines beside their ends."""
        story = self.story
        return StageRuler(self.stage, story.loss_markup, story.problem, self.numbered)

    @beat("landmarks", "The start lies high on the wall, the best line at the bottom.")
    def show_landmarks(self) -> None:
        stage, story, theme = self.stage, self.story, self.colors
        start, minimum = story.loss_text(story.start_loss), story.loss_text(story.problem.minimum)
        entries = [
            Entry(tr("start"), start, start_ring(theme)),
            Entry(tr("minimum"), minimum, Diamond(theme), "minimum", "minimum"),
        ]
        self.landmarks = Legend(LANDMARKS, entries, theme, pitch=90)
        self.turn(*self.balls, opacity=0.0, seconds=0.8)
        starts = [turning(path, start=1.0, floor=1.0) for path in stage.paths]
        self.redraw(*starts, FadeIn(self.landmarks.rows[0]))
        self.wait(1)
        self.redraw(turning(stage, minimum=1.0, floor_minimum=1.0), FadeIn(self.landmarks.rows[1]))
        self.add(self.landmarks)
        self.wait(2)

    @beat(
        "cuts",
        "Hold one parameter, and a plane cuts the surface. The edge of the cut lifts off: a parabola in the "
        "other parameter.",
    )
    def cut_through_start(self) -> None:
        stage, story, theme = self.stage, self.story, self.colors
        heights = loss_axis(0.0, story.ceiling, story.loss_name, headroom=1.0, most=3)
        self.ruler.remove(*self.ruler.heights)
        self.hide(self.formula, self.landmarks, *self.ruler.heights, run_time=0.6)
        self.pictures: list[Mobject] = []
        shown: list[StageCut] = []
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
            if any(at.box().overlap(name.box()) for name in cut.names):
                at.place(MARGIN.right, box.top - ABOVE_NAMES, "right")
            before = [turning(each, plane=OTHER_PLANE, curve=OTHER_PLANE, run_time=1.2) for each in shown]
            shown.append(plane)
            self.redraw(
                turning(plane, plane=1.0, curve=1.0, floor=1.0, run_time=1.2),
                *before,
                turning(stage, dimmed=BESIDE_CUTS, run_time=1.2),
            )
            cut.wire = plane.wire(cut.values)
            axes = cut.plot, cut.names
            cut.dial(flown=0.0).remove(*axes, cut.ring)
            self.turn(cut, flown=1.0, seconds=1.8)
            self.show(*axes, at, cut.ring, run_time=0.8)
            cut.add(*axes, cut.ring)
            self.pictures += [cut, at]
            self.wait(1)
        self.wait(0.5)

    @beat(
        "descent",
        claim(
            "is_alone",
            "The line in the margin and the ball are one and the same, and how high the ball lies is the "
            "loss.",
            "All start on one line with one learning rate, and how high a ball lies is its loss.",
        ),
        claim(
            "is_plain",
            "",
            claim(
                "is_alone", "{story.method} makes its steps of this slope and all earlier ones.", OF_A_RACE
            ),
        ),
        claim(
            "goes_down_the_wall_first",
            "Each step goes from one line to a better one: down the steep wall first, then along the valley.",
            claim(
                "descends",
                "Each step goes from one line to a better one, down the slope where it stands.",
                claim(
                    "is_plain",
                    "Each step goes down the slope where it stands, but some are too short to show in the "
                    "loss.",
                    OTHER_STEPS,
                ),
            ),
        ),
        claim(
            "is_alone",
            "",
            claim(
                "some_leave",
                "Off the surface at some step: {story.leavers}.",
                claim("some_climb", "Some steps go up: of {story.climbers}.", "No step goes up."),
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
            FadeIn(*self.ruler.heights, run_time=0.8),
        )
        self.add(self.ruler.add(*self.ruler.heights))
        margin = self.line_and_numbers() if story.is_alone else self.race()
        clock = Clock(stage, self.ruler, *(each for each in margin if hasattr(each, "at")))
        self.show(*margin, run_time=0.8)
        self.redraw(*(turning(path, tube=1.0, beads=1.0, ball=1.0, drop=1.0) for path in stage.paths))
        self.advance(clock, to=min(SINGLE_STEPS, n), rest=0.4)
        self.redraw(
            self.swinging(stage, run_time=TIME_LAPSE_SECONDS),
            running(clock, to=n, seconds=TIME_LAPSE_SECONDS, pace="by change"),
        )
        if not story.is_alone:
            self.names = PathNames(stage, story.runners, off=[self.ruler])
            self.say(self.names)
        self.wait(1.5)

    def line_and_numbers(self) -> list[Mobject]:
        """The model, the line of the ball, and its numbers."""
        story, theme, rows = self.story, self.colors, self.story.run.parameters
        told, inset = VGroup(), INSET
        if story.method:
            inset = INSET.inset(Insets(top=UNDER_METHOD))
            called = Words(story.method, MEDIUM, theme, "model_text").place(
                INSET.left, INSET.top + UNDER_MODEL
            )
            told.add(called, self.options_given(INSET.top + UNDER_MODEL + BETWEEN_LINES))
        plane = DataPlane(story.dataset, inset, theme, rows, run="descent", most=2, named=False, radius=6)
        step = Readout(
            tr("step"), np.arange(len(rows), dtype=float), Notation(0), quantity="step", run="descent"
        )
        numbers = story.readouts(rows, story.run.losses, "descent")
        return [self.model, told, plane.dial(grown=1.0), Readouts(NUMBERS, [step, *numbers], theme)]

    def options_given(self, baseline: float) -> Words:
        """What torch.optim was given; its name is left out where the margin has no room for it."""
        given = ", ".join(f"{name}={value}" for name, value in self.story.options.items())
        texts = (literal(f"torch.optim: {given}"), literal(given))
        every = [Words(text, SMALLEST, self.colors, "muted") for text in texts]
        return fitted(MARGIN.width, every, lambda each: each.box().width).place(MARGIN.left, baseline)

    def race(self) -> list[Mobject]:
        """The losses of all runs, as curves and in numbers."""
        story, theme, minimum = self.story, self.colors, self.story.problem.minimum
        losses = np.concatenate([run.losses for run in story.runs.values()])
        seen = decades_with_floor(losses[losses <= story.ceiling], minimum)
        curves = LossCurves(CURVES, story.runners, theme, y=seen, minimum=minimum)
        numbers = losses_of(story.runners, story.loss_notation)
        table = Readouts(TABLE, numbers, theme, clock=tr("step"), head=story.loss_markup)
        return [curves, table, self.options_given(TABLE.bottom + BETWEEN_LINES)]

    @beat(
        "top",
        "From above the surface is a map: each curve joins lines that are equally wrong.",
    )
    def climb_to_the_top(self) -> None:
        stage, story = self.stage, self.story
        names = [] if story.is_alone else [self.names]
        beads = [turning(path, beads=0.0, run_time=0.8) for path in stage.paths]
        self.redraw(
            turning(stage, axes=0.0, run_time=0.8), *beads, FadeOut(*self.ruler, *names, run_time=0.8)
        )
        self.rise_to_top(stage, run_time=5)
        on_map: list[Mobject] = [StageRuler(stage), self.numbers_on_map()]
        if not story.is_alone:
            self.redraw(*(turning(path, ball=0.0, run_time=0.6) for path in stage.paths))
            axes = self.look_closer(story.seen, stage)
            beside = PathNames(stage, story.runners)
            on_map = [axes.name_axes(), self.numbers_on_map(*beside), beside]
        self.redraw(turning(stage, floor=1.0, axes=1.0, run_time=0.8), FadeIn(*on_map, run_time=0.8))
        self.wait(2.5)

    def numbers_on_map(self, *off: VMobject) -> LevelNumbers:
        """The losses of some level lines on the map, off what is named."""
        story = self.story
        return LevelNumbers(self.stage, story.problem, self.numbered, story.loss_name, off)

    @beat(
        "arrows",
        "Wherever one stands, minus the gradient is square on the level line. That is seldom straight at the "
        "minimum.",
    )
    def show_arrows(self) -> None:
        story, theme = self.story, self.colors
        self.leave_only(self.stage, run_time=0.6)
        said = Words(tr("straight downhill:"), MEDIUM, theme).place(FORMULA.left, FORMULA.top + 67)
        quiet = [turning(path, ball=0.0, tube=DIM, run_time=0.6) for path in self.stage.paths]
        self.redraw(*quiet, FadeIn(said, run_time=0.6))
        axes = self.look_closer([story.start, story.problem.minimizer], self.stage)
        downhill = Downhill(
            self.stage.plot,
            story.problem,
            story.start,
            theme,
            units=story.units,
            run=next(iter(story.runs)),
            rate=story.run.learning_rate if story.is_plain else None,
            loss_text=story.loss_text(story.start_loss, FEW_DECIMALS),
        )
        name = Words(downhill.formula(story.loss_name), MEDIUM, theme)
        name.place(FORMULA.left, FORMULA.top + 139)
        lines = [[Words(line, MEDIUM, theme)] for line in downhill.words()]
        words = Block(*lines, leading=72).place(FORMULA.left, FORMULA.top + 272)
        self.play(
            Create(downhill.level),
            FadeIn(
                axes.name_axes(),
                self.numbers_on_map(downhill.level, downhill.of_start[0]),
                downhill.of_start,
            ),
            run_time=1.2,
        )
        starts = [turning(path, start=0.0, run_time=0.8) for path in self.stage.paths]
        self.redraw(*starts, FadeIn(downhill.marks[0], name, run_time=0.8))
        self.wait(1)
        self.show(*downhill.marks[1:], run_time=1.2)
        self.wait(1.5)
        self.play(Create(downhill.to_minimum), FadeOut(downhill.corner), run_time=0.8)
        self.show(downhill.angle, words, run_time=0.6)
        self.add(downhill)
        self.wait(3)
