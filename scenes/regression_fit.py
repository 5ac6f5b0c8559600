"""RegressionFit: points, a random line, its errors, their squares, the gradient, and the steps it drives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from manim import (
    DOWN,
    UP,
    Create,
    FadeIn,
    FadeOut,
    GrowFromCenter,
    Indicate,
    LaggedStart,
    Mobject,
    ReplacementTransform,
    Restore,
    VGroup,
)
from numpy.typing import NDArray

import gdmath
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.losses import LossCurves
from gdscenes.kit.figures.model import Model, ParameterMarks
from gdscenes.kit.figures.readouts import Readout, Readouts
from gdscenes.kit.figures.residual import OneResidual
from gdscenes.kit.figures.slopes import Slopes
from gdscenes.kit.figures.squares import ErrorSquares, LossSquare
from gdscenes.kit.figures.table import Row, Table
from gdscenes.kit.figures.update_rule import UpdateRule
from gdscenes.kit.lecture.beats import beat, claim
from gdscenes.kit.lecture.choices import DescentSettings, dataset_with_bias, stable_learning_rate
from gdscenes.kit.lecture.clock import Clock, turning
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.cell import PAGE, Insets
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.runs import RunStyle
from gdscenes.kit.type.counter import Counter
from gdscenes.kit.type.notation import Notation, notation_for, notations_for
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

GHOST_ROWS = (0, 1, 2, 3, 4, 5, 10, 20, 50, 100)
"""Rows whose line stays behind as a thin one."""
TIME_LAPSE_SECONDS = 11.0
SECONDS_PER_ROW = 0.25
"""A short run takes no longer than this for each row of the time-lapse."""
DIM = 0.35
"""Opacity of what is not being talked of."""
NUDGE = 0.25
"""By how much of the loss, to first order, a parameter's nudge changes it in the steeper direction."""

STAGE, MARGIN = PAGE.columns(1169, 531, gap=66)
HEADER, PICTURE = STAGE.rows(71, 923)
MODEL, FORMULAS, LOSS, CURVE = MARGIN.rows(179, 434, 60, 321)
TABLE = FORMULAS.inset(Insets(top=36, bottom=16))
FORMULA_BELOW = 92
"""From the top of its cell to the baseline of the formula of the loss."""

HEADS = ('#mark("model_text")[descent]', '#mark("minimum")[closed form]')
FITTED = 5
"""Parts of a column of the table before the row of the validation points."""

STYLE = RunStyle("loss", 0, 4, 1, 0)
LOSS_FORMULA = {
    "mean": '$loss("MSE") = display(1/n sum_i (y_i - yhat_i)^2)$',
    "sum": '$loss("SSE") = display(sum_i (y_i - yhat_i)^2)$',
}


@dataclass(frozen=True)
class RegressionFitSettings(DescentSettings):
    """What a lecturer may change."""

    n_steps: int | None = knob(
        None, "number of updates; none takes the dataset's own", minimum=10, maximum=100_000
    )
    single_steps: int = knob(5, "steps shown one by one before the time-lapse", minimum=1, maximum=9)


@dataclass(frozen=True)
class RegressionFitStory(Story):
    """One descent, and what the film says of it."""

    settings: RegressionFitSettings

    @property
    def run(self) -> gdmath.Trajectory:
        return self.runs["descent"]

    @property
    def runner(self) -> Runner:
        return Runner("descent", self.run, STYLE, self.loss_markup)

    @property
    def start(self) -> Array:
        return np.asarray(self.run.parameters[0])

    @cached_property
    def validation(self) -> gdmath.LeastSquares | None:
        """The same loss on the validation rows, None where there are none."""
        data = self.dataset
        if not len(data.validation_indices):
            return None
        return gdmath.LeastSquares(data.x_validation, data.y_validation, reduction=data.reduction)

    @property
    def starts_badly(self) -> bool:
        """Whether the first line is worse than a level one at the mean."""
        return self.start_loss > self.problem.mean_loss

    @property
    def falls_at_once(self) -> bool:
        return gdmath.behaviour.first_change(self.run) < 0

    @property
    def falls_fast_at_first(self) -> bool:
        return gdmath.behaviour.falls_fast_at_first(self.run)

    @property
    def largest(self) -> int:
        """Train row with the largest error of the start: the one that is shown with its numbers."""
        return int(np.argmax(np.abs(self.problem.residuals(self.start))))

    def nudged(self, index: int) -> Array:
        """The start with one of its parameters a little larger."""
        steepest = np.abs(self.run.gradients[0]).max()
        return np.asarray(self.start + np.eye(2)[index] * NUDGE * self.run.losses[0] / steepest)

    @property
    def loss_notation(self) -> Notation:
        return notation_for(self.run.losses, digits=5, scaled_digits=4, most_decimals=3)

    @property
    def lapse_seconds(self) -> float:
        """Length of the time-lapse."""
        rows = self.run.n_steps - self.settings.single_steps
        return min(TIME_LAPSE_SECONDS, max(2.0, SECONDS_PER_ROW * rows))

    def compared(self) -> list[Row]:
        """Descent beside the closed form: the parameters, and the losses on both kinds of points."""
        both = np.stack([self.run.parameters[-1], self.problem.minimizer])
        notations = notations_for(np.vstack([self.run.parameters, both]))
        losses = [problem.loss(both) for problem in (self.problem, self.validation) if problem]
        of_losses = notation_for(losses, digits=2, scaled_digits=2)
        unit = f"#h(.2em)$\\/10^({of_losses.power})$" if of_losses.power else ""
        scaled, decimals = np.array(losses) / 10.0**of_losses.power, Notation(of_losses.decimals)
        return [
            *(
                Row(f"${role}$", tuple(map(notation.write, values)), role)
                for role, values, notation in zip(PARAMETER_ROLES, both.T, notations, strict=True)
            ),
            Row(self.loss_markup + unit, ("", "")),
            *(
                Row(name, tuple(map(decimals.write, values)), "loss")
                for name, values in zip(("train", "validation"), scaled, strict=False)
            ),
        ]


class RegressionFit(Lecture):
    """The line fits itself, one exact step of gradient descent after another."""

    title = "Gradient descent fits a line"
    question = "How can a line learn from its errors?"
    hand_over = "Each step moved b and w. Where do they move, among all the lines there are?"
    chapter = 1
    seconds = 112
    settings: ClassVar = RegressionFitSettings()
    story_type = RegressionFitStory

    story: RegressionFitStory

    @staticmethod
    def prepare(settings: Settings) -> RegressionFitStory:
        assert isinstance(settings, RegressionFitSettings)
        dataset = dataset_with_bias(settings.dataset)
        rate = stable_learning_rate(dataset, settings.learning_rate)
        run = gdmath.descend(dataset.problem(), dataset.start, rate, settings.n_steps or dataset.n_steps)
        return RegressionFitStory(settings=settings, dataset=dataset, runs={"descent": run})

    @beat(
        "data",
        "Each point is one observation.",
        claim(
            "has_validation",
            "The filled ones train the model; hollow ones are kept aside to judge it.",
            "All of them train the model; none is kept aside to judge it.",
        ),
    )
    def show_data(self) -> None:
        self.title_card()
        story = self.story
        plane = self.plane = DataPlane(
            story.dataset, PICTURE, self.colors, story.run.parameters, run="descent", ghosts=GHOST_ROWS
        )
        self.play(Create(plane.plot.lines), FadeIn(plane.plot.labels, plane.names))
        for dots, entry in zip((plane.train, plane.validation), plane.legend(HEADER), strict=False):
            from_the_left = sorted(dots, key=Mobject.get_x)
            growing = LaggedStart(*map(GrowFromCenter, from_the_left), lag_ratio=0.02)
            self.play(FadeIn(entry), growing, run_time=1.6)
            self.wait(0.4)
        self.add(plane)
        self.wait(1)

    @beat(
        "model",
        "The model is a line: b is its height where x is zero, w its climb over one unit of x.",
        claim(
            "starts_badly",
            "Any two numbers make a first line, and it is a bad one.",
            "Any two numbers make a first line.",
        ),
    )
    def show_model(self) -> None:
        plane, start = self.plane, self.story.start
        model = self.model = Model(MODEL, self.story.run, self.colors, "descent")
        self.say(model.formula, run_time=1)
        self.wait(0.5)
        marks = self.marks = ParameterMarks(plane.dial(parameters=start))
        label = Words("first line", SMALL, self.colors, "model_text")
        plane.label_line(label)
        level = start * [1, 0]
        plane.dial(parameters=start if plane.line_of(level) is None else level)
        self.play(FadeIn(model.rows[0]), *map(Create, marks.bias))
        self.play(Create(plane.line))
        self.wait(0.5)
        climbing = turning(plane, parameters=start)
        self.play(FadeIn(model.rows[1]), *map(Create, marks.weight), climbing, run_time=1.6)
        self.show(label)
        self.add(model)
        self.label = label
        self.wait(2)

    @beat(
        "residuals",
        "For each point the line predicts a value. What is missing is the residual: observed minus "
        "predicted.",
    )
    def show_residuals(self) -> None:
        plane = self.plane
        self.play(
            FadeOut(self.marks, self.label),
            plane.train.animate.set_opacity(DIM),
            plane.validation.animate.set_stroke(opacity=DIM),
            run_time=0.5,
        )
        one = self.one = OneResidual(plane, self.story.largest, FORMULAS)
        observed, minus, predicted, *error = one.terms
        self.show(one.point, one.observed)
        self.show(one.prediction, one.predicted)
        self.say(one.formula, run_time=1)
        self.play(FadeIn(observed, target_position=one.point), run_time=1.2)
        self.play(FadeIn(minus), FadeIn(predicted, target_position=one.prediction), run_time=1.2)
        self.play(Create(one.residual), FadeIn(*error))
        self.wait(1)
        self.play(
            turning(plane, grown=1.0),
            plane.train.animate.set_opacity(1),
            FadeOut(one.prediction, one.observed, one.predicted),
            run_time=1.2,
        )
        self.wait(1.5)

    @beat(
        "loss",
        "Square each residual, and every error is an area. All areas together make the loss: one number for "
        "how wrong the line is.",
    )
    def show_loss(self) -> None:
        plane, one, story = self.plane, self.one, self.story
        squares = self.squares = ErrorSquares(plane, FORMULAS, story.loss_notation)
        self.play(self.strength(DIM / 2), run_time=0.4)
        self.play(squares.unfold_largest(), run_time=1.2)
        terms = VGroup(one.formula, *one.terms)
        self.play(FadeIn(squares.area, target_position=terms), FadeOut(terms))
        self.wait(1.5)
        self.play(squares.unfold(), self.strength(0.6), run_time=1.6)
        self.formula = Words(LOSS_FORMULA[story.dataset.reduction], MEDIUM, self.colors)
        self.formula.place(FORMULAS.left, FORMULAS.top + FORMULA_BELOW)
        self.play(FadeIn(self.formula, shift=0.2 * UP), FadeOut(squares.area))
        self.pour()

    def strength(self, opacity: float) -> Any:
        """The residuals step back, or come forward again."""
        return self.plane.residuals.animate.set_stroke(opacity=opacity)

    def pour(self) -> None:
        """The squares fly into one whose area is the loss: each tile is its square's share of it."""
        squares, one = self.squares, self.one
        self.play(squares.pour_largest(), FadeIn(squares.stated), run_time=1.2)
        if self.story.dataset.reduction == "mean":
            self.show(squares.share, run_time=0.6)
            self.wait(1.2)
            self.hide(squares.share, run_time=0.4)
        self.play(squares.pour(), FadeOut(one.point, one.residual), run_time=3.2)
        self.play(squares.part_tiles(), FadeIn(squares.frame, squares.loss))
        self.wait(2)

    @beat(
        "gradient",
        "How does the loss change when b or w grows? In b every residual counts the same; in w each counts "
        "in proportion to its x.",
    )
    def show_gradient(self) -> None:
        plane, squares = self.plane, self.squares
        slopes = self.slopes = Slopes(CURVE, self.story, "descent", self.colors)
        self.weighted = plane.weighted_residuals()
        quiet = VGroup(squares.boxes, squares.frame, squares.loss)
        quiet.save_state()
        self.play(quiet.animate.fade(1 - DIM), FadeOut(squares.stated))
        for index in range(len(PARAMETER_ROLES)):
            self.nudge(index)
            heavier = [self.strength(0), FadeIn(self.weighted)] if index else []
            self.play(FadeIn(slopes.slopes[index], slopes.sums[index]), *heavier)
            self.play(*slopes.number(index), run_time=0.8)
            self.wait(1)
        self.play(Restore(quiet), run_time=0.5)
        self.wait(2)

    def nudge(self, index: int) -> None:
        """One parameter grows a little and comes back; the square of the loss follows."""
        name = self.model.rows[index][0]
        square = LossSquare(self.squares.square, self.story.problem, self.story.start, self.colors)
        self.play(
            FadeIn(square), Indicate(name, scale_factor=1.5, color=name.ink()[0].get_color()), run_time=0.6
        )
        self.turn(self.plane, square, parameters=self.story.nudged(index), back=True, seconds=3)
        self.hide(square, run_time=0.3)

    @beat(
        "update",
        "Subtract from each parameter the learning rate times its slope.",
        claim(
            "falls_at_once",
            "The line moves by exactly that, and the loss falls.",
            "The line moves by exactly that, which is too little to show in the loss.",
        ),
    )
    def first_update(self) -> None:
        story, theme, squares = self.story, self.colors, self.squares
        rule = self.rule = UpdateRule(FORMULAS, story.run, story.loss_name, theme, "descent")
        losses = Readout(
            story.loss_markup, story.run.losses, story.loss_notation, "loss", None, "loss", "descent"
        )
        self.losses = LossCurves(CURVE, [story.runner], theme)
        self.loss = Readouts(LOSS, [losses], theme)
        self.step = Counter("step", None, theme, largest=story.run.n_steps, em=LARGE)
        self.step.place(self.plane.plot.box.right, HEADER.bottom, "right")
        self.clock = Clock(self.plane, self.marks, self.model, self.losses, self.loss, self.step)
        self.play(
            FadeOut(self.weighted, self.formula, *self.slopes.sums, *self.slopes.signs),
            self.strength(0.6),
        )
        self.play(
            FadeOut(squares.boxes, squares.frame, target_position=self.losses.plot, scale=0.05),
            FadeIn(self.loss.rows[0][0]),
            ReplacementTransform(squares.loss, self.loss.digits[0]),
            run_time=1.3,
        )
        moves, brackets = self.slopes.into(rule)
        self.play(*moves, FadeIn(rule.symbols), run_time=1.5)
        self.play(*map(FadeIn, brackets), run_time=0.5)
        self.remove(*self.slopes.values, *brackets)
        self.add(*rule.gradients)
        self.show(self.losses, self.step)
        self.fill_in_the_rule()

    def fill_in_the_rule(self) -> None:
        """Old values and rate join the slopes, and the line moves by what they make."""
        rule = self.rule
        for (_, value), old, rate in zip(self.model.rows, rule.olds, rule.rates, strict=True):
            self.play(Indicate(value, scale_factor=1.15, color=value.ink()[0].get_color()), FadeIn(old, rate))
        self.wait(1)
        for sign, result in zip(rule.result_signs, rule.results, strict=True):
            self.play(FadeIn(sign, result, shift=0.1 * DOWN), run_time=0.8)
        self.add(rule, self.loss)
        self.wait(0.5)
        self.show(self.marks, run_time=0.5)
        self.advance(self.clock, to=1, seconds=2, rest=2)
        self.hide(self.marks, run_time=0.4)
        self.clock.figures.remove(self.marks)
        self.clock.figures.append(rule)

    @beat("steps", "The same again from the new line: new residuals, new slopes, another step.")
    def next_steps(self) -> None:
        rule = self.rule
        for row in range(2, self.story.settings.single_steps + 1):
            self.turn(rule, told=0.0, seconds=0.25)
            self.turn(rule.at(row), told=1.0, seconds=0.6)
            self.turn(rule, told=2.0, seconds=0.5)
            self.advance(self.clock, to=row)
        self.wait(1)

    @beat(
        "time_lapse",
        "Now let it run.",
        claim("falls_fast_at_first", "The loss falls fast at first, then slowly, and", "In every step"),
        "nothing but the same two subtractions happens.",
    )
    def time_lapse(self) -> None:
        if self.losses.is_long:
            self.turn(self.losses, bent=1.0, seconds=1.2)
            self.wait(0.6)
        self.run_on(self.clock, self.story.run.n_steps, self.story.lapse_seconds, pace="by change")
        self.wait(1.5)

    @beat(
        "solution",
        "Where both slopes are zero, least squares has its solution in closed form.",
        claim(
            "has_validation",
            "Compare it with what descent has reached, on points it was fitted to and on points it never "
            "saw.",
            "Compare it with what descent has reached, on the points that both were fitted to.",
        ),
    )
    def compare_with_solution(self) -> None:
        plane, story = self.plane, self.story
        table = Table(TABLE, story.compared(), self.colors, heads=HEADS, em=SMALL)
        exact = plane.dashed_line(story.problem.minimizer)
        self.play(
            FadeOut(self.rule, plane.ghosts, plane.ghost_labels),
            plane.validation.animate.set_stroke(opacity=1),
            run_time=0.8,
        )
        names, descent, closed_form = (column[:FITTED] for column in table.columns)
        self.show(names, descent)
        self.wait(0.7)
        self.play(FadeIn(closed_form), Create(exact))
        self.wait(2)
        if story.validation:
            unseen = plane.validation_residuals()
            self.play(
                self.strength(0),
                plane.train.animate.set_opacity(DIM),
                Create(unseen),
                FadeIn(table.rows[-1]),
                run_time=1.2,
            )
        self.wait(3)
