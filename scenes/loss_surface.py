"""LossSurface: every line is a point, its loss a height; the path goes down, and from above it is a map."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from manim import (
    UP,
    Create,
    FadeIn,
    FadeOut,
    Group,
    Mobject,
    UpdateFromAlphaFunc,
    VGroup,
    config,
    linear,
    smooth,
)
from numpy.typing import NDArray

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.lecture.choices import dataset_with_bias, stable_learning_rate
from gdscenes.kit.lecture.pacing import change_on_screen, rows_by_change
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import LARGE, MARGIN, MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.axes import Plot, scatter
from gdscenes.kit.plot.axis import Axis, PowerAxis, axis_units, compact, round_axis, round_step_within
from gdscenes.kit.plot.clipping import Limits, clip_path
from gdscenes.kit.plot.contours import draw_pieces, level_line
from gdscenes.kit.plot.curves import draw_curve
from gdscenes.kit.plot.marks import Arrow, Diamond, Dots, Polyline, RightAngle, Segments, start_ring
from gdscenes.kit.stage.camera import TOP_FOCAL_DISTANCE, TOP_PHI, TOP_PLACE, TOP_THETA, TOP_ZOOM
from gdscenes.kit.stage.lecture import StageLecture
from gdscenes.kit.stage.stage import Stage, cut_above
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import Notation, notation_for, notations_for
from gdscenes.kit.type.typeset import Words, literal, name_source

Array = NDArray[np.float64]

SINGLE_STEPS = 5
TIME_LAPSE_SECONDS = 7.0
DIM = 0.35
INSET = Box(1400, 190, 1800, 540)
READOUTS_TOP = 470
READOUT_ROW = 92
CUT_BOXES = (Box(1400, 150, 1750, 430), Box(1400, 630, 1750, 910))
EQUALLY_WRONG = 0.15
"""Loss of the two example lines, as a part of the start's."""
ARROWS_AROUND = 12
"""Points of the whole level line at which the gradient is drawn."""
NEEDLE = 1.6
"""What a picture of a narrow cut shows, in half widths of its parabola."""
LONGEST_ARROW = 1.1
"""Longest arrow, as a part of the way from the start to the minimum."""

LOSS_FORMULA = {
    "mean": '$loss("MSE")(bias, weight) =$',
    "sum": '$loss("SSE")(bias, weight) =$',
}
SUM_FORMULA = {
    "mean": "$display(1/n sum_i (bias + weight x_i - y_i)^2)$",
    "sum": "$display(sum_i (bias + weight x_i - y_i)^2)$",
}


@dataclass(frozen=True)
class LossSurfaceSettings(Settings):
    """What a lecturer may change."""

    dataset: str = knob("chapter-0", "preset whose loss is drawn", choices=gdmath.preset_names())
    learning_rate: float | None = knob(
        None, "step multiplier; none takes the dataset's own", minimum=0.0, open_minimum=True
    )
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

    @cached_property
    def window(self) -> gdmath.Window:
        """The textbook's own where there is one."""
        own = gdmath.TEXTBOOK_WINDOWS.get(self.dataset.name)
        return own or gdmath.window_around(self.problem, self.run)

    @cached_property
    def units(self) -> Array:
        """How much of b and of w (2,) is equally long on the map."""
        window = self.window
        return axis_units((window.b_min, window.b_max), (window.w_min, window.w_max))

    @cached_property
    def grid(self) -> gdmath.LossGrid:
        return gdmath.loss_grid(self.problem, self.window)

    @cached_property
    def cut(self) -> float:
        """Where the surface is cut: the first round loss above the start's."""
        return cut_above(float(self.run.losses[0]))

    def cut_span(self, moving: int, low: float, high: float) -> tuple[float, float]:
        """What a cut through the start shows of the parameter that moves.

        The window's range; where the parabola would be a needle in it, only the part round the parabola.
        """
        start, curvature = self.run.parameters[0], float(self.problem.hessian[moving, moving])
        lowest = start[moving] - self.run.gradients[0][moving] / curvature
        bottom = self.run.losses[0] - self.run.gradients[0][moving] ** 2 / (2 * curvature)
        half = NEEDLE * math.sqrt(2 * max(self.cut - bottom, 0.0) / curvature)
        if 2 * half >= (high - low) / 2:
            return low, high
        return max(low, lowest - half), min(high, lowest + half)

    @cached_property
    def examples(self) -> Array:
        """Four lines (4, 2): the start, two that are equally wrong in opposite ways, and the best."""
        corners = level_line(self.problem, EQUALLY_WRONG * float(self.run.losses[0]))
        apart = corners[[corners[:, BIAS].argmin(), corners[:, BIAS].argmax()]]
        return np.vstack([self.run.parameters[:1], apart, self.problem.minimizer])

    @cached_property
    def around(self) -> tuple[Array, Array]:
        """Points of the start's level line in the window, the start first, and the gradients there."""
        corners = level_line(self.problem, float(self.run.losses[0]))[:-1]
        corners = corners[:: len(corners) // ARROWS_AROUND]
        window = self.window
        room = 0.04 * np.array([window.b_max - window.b_min, window.w_max - window.w_min])
        inside = [c for c in corners if window.contains(c - room) and window.contains(c + room)]
        points = np.array([self.run.parameters[0], *inside])
        return points, self.problem.gradient(points)


def in_typst(notation: Notation, value: float) -> str:
    """A number as a formula has it."""
    power = f" times 10^({notation.power})" if notation.power else ""
    return notation.mantissa(value) + power


class LossSurface(StageLecture):
    """The loss is a landscape over all lines, and descent walks down it."""

    title = "Every line is a point, its loss a height"
    chapter = 2
    cover = "descent"
    seconds = 79
    settings = LossSurfaceSettings()
    story_type = LossSurfaceStory
    beats: ClassVar = {
        "lines": "Two numbers make a line, so every line is a point of a plane. Four lines, four points, and "
        "each has its loss.",
        "surface": "Raise every point by its loss. All lines together make a surface: low where the line "
        "is good, high where it is bad.",
        "landmarks": "The random start lies on the slope. The best line lies at the bottom; no other line "
        "has a smaller loss.",
        "cuts": "Hold one parameter and the surface is cut by a plane. Each cut is a parabola in the other "
        "parameter.",
        "descent": "Each step goes from one line to a better one: down the steep wall first, then along the "
        "valley.",
        "top": "From above the surface is a map. Each curve joins lines that are equally wrong, and the path "
        "is the one on the floor.",
        "arrows": "Wherever one stands, minus the gradient is square on the level line: straight down the "
        "slope, and that is seldom straight at the minimum.",
    }

    story: LossSurfaceStory

    @staticmethod
    def prepare(settings: Settings) -> LossSurfaceStory:
        assert isinstance(settings, LossSurfaceSettings)
        dataset = dataset_with_bias(settings.dataset)
        rate = stable_learning_rate(dataset, settings.learning_rate)
        run = gdmath.descend(dataset.problem(), dataset.start, rate, settings.n_steps or dataset.n_steps)
        return LossSurfaceStory(settings=settings, dataset=dataset, runs={"descent": run})

    def construct(self) -> None:
        self.lay_out()
        self.show_lines()
        self.show_surface()
        self.show_landmarks()
        self.show_cuts()
        self.walk_down()
        self.climb_to_the_top()
        self.show_arrows()

    def lay_out(self) -> None:
        """The stage seen from above, with nothing on it yet but the plane."""
        story = self.story
        camera = self.camera
        self.set_camera_orientation(
            phi=TOP_PHI, theta=TOP_THETA, focal_distance=TOP_FOCAL_DISTANCE, zoom=TOP_ZOOM
        )
        camera.set_place(*TOP_PLACE)
        self.stage = Stage(
            story.grid,
            self.colors,
            camera,
            cut=story.cut,
            loss=story.problem.loss,
            minimum=story.problem.minimizer,
            units=story.units,
        )
        self.path = self.stage.add_path(story.run)
        self.path.tube = self.path.beads = self.path.ball = 0.0
        self.path.start = self.path.floor = self.path.drop = 0.0
        stage = self.stage
        stage.flatten, stage.rise = 1.0, 0.0
        stage.surface = stage.lines = stage.rim = stage.beyond = stage.edges = 0.0
        stage.minimum = stage.floor_minimum = 0.0
        self.lay("areas", stage)
        self.notations = notations_for(story.run.parameters)
        self.loss_notation = notation_for(story.run.losses, 5, most_decimals=4)

    def loss_text(self, loss: float, decimals: int) -> str:
        """A loss with so many decimals, or with a power of ten of its own."""
        if not self.loss_notation.power:
            return Notation(decimals).write(loss)
        return notation_for(loss).write(loss)

    def axis_labels(self, with_loss: bool) -> VGroup:
        """Numbers and names at the axes, for the camera as it is."""
        stage, theme = self.stage, self.colors
        labels = VGroup()
        for axis, ticks in (("b", stage.b_axis), ("w", stage.w_axis)):
            name = self.axis_name(axis, ticks)
            for tick in ticks.ticks:
                x, y = stage.tick_on_page(axis, tick)
                label = Digits(ticks.label(tick), SMALL, theme, "muted").place(x, y + 14, "center")
                # the near corner of the plate may have no room for a number, and the end none beside the name
                near = label.box().grown(8)
                if sheet.SAFE.contains(label.box()) and not any(
                    near.overlap(t.box()) for t in (name, *labels)
                ):
                    labels.add(label)
            labels.add(name)
        if with_loss:
            for tick in (stage.loss_axis.ticks[0], stage.loss_axis.ticks[-1]):
                x, y = stage.tick_on_page("loss", tick, away=0.36)
                label = Digits(stage.loss_axis.label(tick), SMALL, theme, "muted")
                labels.add(label.place(x, y + 14, "center"))
            x, y = stage.tick_on_page("loss", stage.loss_axis.high, away=0.1)
            name = Words(self.loss_word() + stage.loss_axis.name, MEDIUM, theme)
            labels.add(name.place(x, y - 46, "center"))
        self.lay("text", labels)
        return labels

    def axis_name(self, axis: str, ticks: Axis) -> Words:
        """The parameter at the middle of its axis; in the contour plot at its end."""
        stage = self.stage
        if stage.flatten < 0.5:
            middle = (ticks.low + ticks.high) / 2 + 0.12 * (ticks.high - ticks.low)
            x, y = stage.tick_on_page(axis, middle, away=0.95)
            em = MEDIUM if isinstance(ticks, PowerAxis) else LARGE
            return Words(ticks.name, em, self.colors).place(x, y + 20, "center")
        x, y = stage.tick_on_page(axis, ticks.high)
        name = Words(ticks.name, MEDIUM, self.colors)
        if isinstance(ticks, PowerAxis):  # longer, and with an exponent and a stroke that reach up and down
            if axis == "b":
                return name.place(x + 44, min(y, sheet.SAFE.bottom - 30) + 14)
            if name.place(x + 30, y + 30, "right").box().left >= sheet.SAFE.left:
                return name
            return name.place(sheet.SAFE.left, max(y - 40, sheet.SAFE.top + 50))
        if axis == "b":
            return name.place(x + 44, y + 14)
        return name.place(x, y + 30, "center")

    # -- one beat after the other ------------------------------------------------------------------------

    def show_lines(self) -> None:
        self.beat("lines")
        story, theme, stage = self.story, self.colors, self.stage
        title = Words(literal(self.title), LARGE, theme).place(sheet.WIDTH / 2, sheet.HEIGHT / 2, "center")
        self.lay("text", title)
        self.play(FadeIn(title, shift=0.2 * UP))
        self.wait(1)
        self.labels = self.axis_labels(with_loss=False)
        plot, plane = self.inset()
        model = Words("$yhat = bias + weight thin x$", LARGE, theme).place(MARGIN.left, 122)
        self.lay("text", model)
        self.play(FadeOut(title), FadeIn(stage, self.labels, plane, model))

        rows = self.readouts(("$bias$", "bias"), ("$weight$", "weight"), (self.loss_word(), "loss"), top=660)
        self.examples, dots = VGroup(), list[Box]()
        losses, notations = story.problem.loss(story.examples), notations_for(story.examples)
        line, residuals = Segments(theme.model, 6), Segments(theme.loss, 2, 0.5)
        self.lay("lines", line)
        self.lay("residuals", residuals)
        edges = np.array([plot.x.low, plot.x.high])
        problem = story.problem
        for (b, w), loss in zip(story.examples, losses, strict=True):
            (piece,) = plot.clipped(edges, problem.predict([b, w], edges))
            ghost = line.copy().set_stroke(opacity=DIM, width=sheet.stroke(3)) if line.has_points() else None
            line.set_ends(piece[:1], piece[-1:])
            residuals.set_ends(plot.at(problem.x, problem.y), plot.at(problem.x, problem.predict([b, w])))
            for figures, value, notation in zip(rows[1], (b, w), notations, strict=False):
                figures.spell(notation.write(value, signed=True), align="right")
            rows[1][-1].spell(self.loss_text(loss, self.loss_notation.decimals), align="right")
            center = sheet.at(*stage.on_page(b, w))
            dot = Dots(theme.model, 12, rim=theme.ground).stand_at(center[None])
            dots.append(sheet.box_of(dot.points))
            label = Digits(self.loss_text(loss, 2), SMALL, theme, "loss")
            self.label_example(label, sheet.pixels(center), dots)
            self.lay("marks", dot)
            self.lay("text", label)
            first = ghost is None
            if ghost is not None:
                self.add(ghost.set_z_index(line.z_index))
                plane.add(ghost)
            self.play(
                *([Create(line), FadeIn(*rows[0])] if first else [FadeIn(line)]),
                FadeIn(residuals, *rows[1]),
                run_time=0.8,
            )
            self.play(FadeIn(dot, target_position=line), run_time=0.9)
            self.play(FadeIn(label), run_time=0.4)
            self.examples.add(VGroup(dot, label))
            self.wait(0.6)
        self.in_margin = Group(plane, line, residuals, model, *rows[0], *rows[1])
        self.wait(1.5)

    def label_example(self, label: Digits, at: Array, dots: list[Box]) -> None:
        """Place a loss beside its point, where it covers no other point and no other loss."""
        taken = dots + [text.box() for _, text in self.examples]
        x, y = at
        for left, baseline in ((x + 24, y - 14), (x + 24, y + 42), (x - 24, y - 14), (x - 24, y + 42)):
            label.place(left, baseline, "left" if left > x else "right")
            if not any(label.box().overlap(box) for box in taken):
                break

    def loss_word(self) -> str:
        return f'$loss("{self.story.loss_name}")$'

    def inset(self) -> tuple[Plot, VGroup]:
        """The data plane, small, in the margin."""
        story, theme = self.story, self.colors
        data = story.dataset
        x = compact(round_axis(data.x.min(), data.x.max(), name_source(data.x_name), most=2, from_data=True))
        ends = story.problem.predict(story.examples, np.array([x.low, x.high]))
        y = compact(
            round_axis(
                min(data.y.min(), ends.min()),
                max(data.y.max(), ends.max()),
                name_source(data.y_name),
                most=2,
                from_data=True,
            )
        )
        # below the model, an axis of y that is named needs more room
        box = Box(INSET.left, INSET.top + (46 if isinstance(y, PowerAxis) else 0), INSET.right, INSET.bottom)
        plot = Plot(box, x, y, theme)
        dots = scatter(plot, data.x_train, data.y_train, theme)
        for dot in dots:
            dot.scale(0.6)
        for axis, name in zip((x, y), plot.name_axes(), strict=True):
            if isinstance(axis, PowerAxis):  # the name says what the numbers count
                plot.add(name)
        self.lay("grid", plot)
        self.lay("points", dots)
        return plot, VGroup(plot, dots)

    def readouts(self, *rows: tuple[str, str], top: float = READOUTS_TOP) -> tuple[list[Words], list[Digits]]:
        """Names at the left of the margin and figures at its right, row under row."""
        names, values = [], []
        for index, (source, role) in enumerate(rows):
            baseline = top + READOUT_ROW * index
            names.append(Words(source, MEDIUM, self.colors).place(MARGIN.left, baseline))
            values.append(Digits("0", MEDIUM, self.colors, role).place(MARGIN.right, baseline, "right"))
        self.lay("text", *names, *values)
        return names, values

    def show_surface(self) -> None:
        self.beat("surface")
        stage, theme, story = self.stage, self.colors, self.story
        balls = [stage.add_point(b, w, theme.model) for b, w in story.examples]
        self.play(FadeOut(self.in_margin, self.labels, self.examples), run_time=0.8)
        self.look_from_default(added_anims=[stage.animate.set(flatten=0.0)], run_time=3)
        formula = VGroup(
            Words(LOSS_FORMULA[story.dataset.reduction], MEDIUM, theme).place(MARGIN.left, 110),
            Words(SUM_FORMULA[story.dataset.reduction], MEDIUM, theme).place(MARGIN.left, 240),
        )
        self.lay("text", formula)
        self.play(FadeIn(formula, shift=0.2 * UP))
        stage.surface = 1.0
        self.play(stage.animate.set(rise=1.0, lines=1.0, rim=1.0, edges=1.0, beyond=1.0), run_time=3)
        self.labels = self.axis_labels(with_loss=True)
        self.play(FadeIn(self.labels))
        self.formula, self.balls = formula, balls
        self.wait(2)

    def show_landmarks(self) -> None:
        self.beat("landmarks")
        stage, theme, story = self.stage, self.colors, self.story
        self.start_row = self.landmark(start_ring(theme), "start", "ink", float(story.run.losses[0]), 880)
        self.minimum_row = self.landmark(Diamond(theme), "minimum", "minimum", story.problem.minimum, 970)

        gone = {"opacity": 0.0, "drop": 0.0, "floor": 0.0}
        self.play(self.change(*((ball, gone) for ball in self.balls)), run_time=0.8)
        self.play(self.change((self.path, {"start": 1.0, "floor": 1.0})), FadeIn(self.start_row))
        self.wait(1)
        self.play(stage.animate.set(minimum=1.0, floor_minimum=1.0), FadeIn(self.minimum_row))
        self.wait(2.5)

    def change(self, *parts: tuple[object, dict[str, float]]) -> UpdateFromAlphaFunc:
        """Move numbers of the stage and of what stands on it to their targets, on one clock."""
        before = [{name: getattr(part, name) for name in targets} for part, targets in parts]

        def move(_: Mobject, share: float) -> None:
            for (part, targets), start in zip(parts, before, strict=True):
                for name, target in targets.items():
                    setattr(part, name, start[name] + share * (target - start[name]))

        return UpdateFromAlphaFunc(self.stage, move, rate_func=smooth)

    def landmark(self, mark: Dots | Diamond, word: str, role: str, loss: float, baseline: float) -> VGroup:
        """A mark, its name and its loss, in one row of the margin."""
        mark.stand_at(sheet.at(MARGIN.left + 16, baseline - 13)[None])
        row = VGroup(
            mark,
            Words(word, SMALL, self.colors, role).place(MARGIN.left + 58, baseline),
            Digits(self.loss_text(loss, 4), SMALL, self.colors, role).place(MARGIN.right, baseline, "right"),
        )
        self.lay("text", row)
        return row

    def show_cuts(self) -> None:
        self.beat("cuts")
        stage, story, theme = self.stage, self.story, self.colors
        start = story.run.parameters[0]
        self.play(FadeOut(self.formula, self.start_row, self.minimum_row), run_time=0.6)
        self.cut_pictures = Group()
        spans = (story.window.w_min, story.window.w_max), (story.window.b_min, story.window.b_max)
        for fixed, moving, box in zip((BIAS, WEIGHT), (WEIGHT, BIAS), CUT_BOXES, strict=True):
            cut = stage.cuts[fixed]
            cut.at = float(start[fixed])
            low, high = story.cut_span(moving, *spans[fixed])
            along = np.linspace(low, high, 241)
            losses = gdmath.cross_section(story.problem, fixed, cut.at, along)
            role = PARAMETER_ROLES[moving]
            x = compact(round_axis(low, high, f"${role}$", most=3))
            y = compact(round_axis(0.0, story.cut, self.loss_word(), most=2))
            plot = Plot(box, x, y, theme)
            curve = draw_curve(Polyline(theme.color(role), 5), plot, along, losses)
            ring = start_ring(theme).stand_at(plot.at([start[moving]], [story.run.losses[0]]))
            at = in_typst(notation_for(cut.at, 5, most_decimals=4), cut.at)
            held = Words(
                f'${PARAMETER_ROLES[fixed]} = {at}$ #h(.4em) #mark("muted", "held")',
                SMALL,
                theme,
            )
            held.place(MARGIN.right, box.top - 24, "right")
            names = plot.name_axes()
            self.lay("grid", plot, names)
            self.lay("lines", curve)
            self.lay("marks", ring)
            self.lay("text", held)
            self.play(
                self.change((cut, {"plane": 1.0, "curve": 1.0, "floor": 1.0}), (stage, {"dim": 0.42})),
                run_time=1.2,
            )
            self.play(FadeIn(plot, names, ring, held), Create(curve), run_time=1.4)
            self.cut_pictures.add(plot, names, curve, ring, held)
            self.wait(1.5)
        self.wait(1)

    def walk_down(self) -> None:
        self.beat("descent")
        stage, story, path = self.stage, self.story, self.path
        gone = {"plane": 0.0, "curve": 0.0, "floor": 0.0}
        self.play(
            self.change(*((cut, gone) for cut in stage.cuts), (stage, {"dim": 0.0})),
            FadeOut(self.cut_pictures),
            run_time=0.8,
        )
        self.play(FadeIn(self.formula, self.start_row, self.minimum_row), run_time=0.6)
        names, self.figures = self.readouts(
            ("step", "ink"), ("$bias$", "bias"), ("$weight$", "weight"), (self.loss_word(), "loss")
        )
        self.spell_row(0)
        path.row = 0.0
        self.play(
            self.change((path, {"tube": 1.0, "beads": 1.0, "ball": 1.0, "drop": 1.0})),
            FadeIn(*names, *self.figures),
        )
        self.names = names
        for row in range(1, SINGLE_STEPS + 1):
            self.play(UpdateFromAlphaFunc(self.moving(), self.step_to(row), rate_func=smooth), run_time=0.9)
            self.wait(0.5)
        rest = story.run.parameters[SINGLE_STEPS:]
        change = change_on_screen(np.array(stage.on_page(rest[:, BIAS], rest[:, WEIGHT])))
        n_frames = round(TIME_LAPSE_SECONDS * config.frame_rate)
        rows = SINGLE_STEPS + rows_by_change(change, n_frames)

        def lapse(_: Mobject, share: float) -> None:
            self.show_row(int(rows[min(int(share * n_frames), n_frames - 1)]))

        self.play(UpdateFromAlphaFunc(self.moving(), lapse, rate_func=linear), run_time=TIME_LAPSE_SECONDS)
        self.wait(2)

    def moving(self) -> Group:
        return Group(self.stage, *self.figures)

    def step_to(self, row: int) -> Callable[[Mobject, float], None]:
        """One update: the ball rolls over the surface; the numbers change when it has arrived."""

        def move(_: Mobject, share: float) -> None:
            if share < 1:
                self.path.row = row - 1 + share
            else:
                self.show_row(row)

        return move

    def show_row(self, row: int) -> None:
        self.path.row = float(row)
        self.spell_row(row)

    def spell_row(self, row: int) -> None:
        """The read-outs of a row of the run."""
        run = self.story.run
        texts = (
            str(row),
            *(
                notation.write(value)
                for notation, value in zip(self.notations, run.parameters[row], strict=True)
            ),
            self.loss_notation.write(run.losses[row]),
        )
        for figures, text in zip(self.figures, texts, strict=True):
            figures.spell(text, align="right")

    def climb_to_the_top(self) -> None:
        self.beat("top")
        self.play(FadeOut(self.labels, *self.names, *self.figures), run_time=0.6)
        self.move_camera(theta=np.deg2rad(-40), run_time=2.5)
        self.rise_to_top(self.stage, run_time=3.5)
        self.labels = self.axis_labels(with_loss=False)
        self.play(FadeIn(self.labels))
        self.wait(2.5)

    def show_arrows(self) -> None:
        self.beat("arrows")
        story, theme, stage = self.story, self.colors, self.stage
        points, gradients = story.around
        scale = self.arrow_scale(points, gradients)
        ways = -scale * story.units**2 * gradients
        on_map = story.window.contains(points + ways)
        self.level = Polyline(theme.loss, 5)
        window = story.window
        limits = Limits(window.b_min, window.b_max, window.w_min, window.w_max)
        pieces = clip_path(level_line(story.problem, float(story.run.losses[0])), limits)
        draw_pieces(self.level, [sheet.at(*stage.on_page(*piece.T).T) for piece in pieces])
        self.lay("lines", self.level)
        path_aside = {"ball": 0.0, "tube": DIM, "beads": 0.0}
        self.play(self.change((self.path, path_aside)), Create(self.level), run_time=1.5)

        self.arrows, corners = [], VGroup()
        for point, way in zip(points[on_map], ways[on_map], strict=True):
            here, there = (sheet.at(*stage.on_page(*p)) for p in (point, point + way))
            self.arrows.append(Arrow(theme.path, 7).between(here, there))
            corners.add(RightAngle(theme.path).stand_at(here, there - here, 16))
        self.lay("marks", *self.arrows, corners)
        if (story.units != 1).any():
            stated = '$ #h(.2em) #mark("muted", "in axis units")'
        else:
            stated = "$" if scale == 1 else f" times {in_typst(notation_for(scale, 1, 1), scale)}$"
        name = Words(f'$-nabla #h(.1em) loss("{story.loss_name}"){stated}', MEDIUM, theme)
        self.lay("text", name.place(MARGIN.left, READOUTS_TOP))
        self.play(FadeIn(self.arrows[0], corners[0], name))
        self.wait(1.5)
        self.play(FadeIn(*self.arrows[1:], corners[1:]), run_time=1.5)
        self.wait(3)

    def arrow_scale(self, points: Array, gradients: Array) -> float:
        """The largest round scale, in the units of the map, that no arrow is too long with.

        The first one, from the start, stays on the map with it.
        """
        story, window = self.story, self.story.window
        way = np.linalg.norm((story.problem.minimizer - points[0]) / story.units)
        longest = float(LONGEST_ARROW * way / np.linalg.norm(story.units * gradients, axis=1).max())
        downhill = -(story.units**2) * gradients[0]
        ends = np.where(downhill > 0, (window.b_max, window.w_max), (window.b_min, window.w_min))
        room = (ends - points[0])[downhill != 0] / downhill[downhill != 0]
        scale = round_step_within(min(longest, *room))
        return scale if (story.units != 1).any() else min(1.0, scale)
