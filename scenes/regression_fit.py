"""RegressionFit: points, a random line, its errors, their squares and pulls, and the steps they drive."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    VGroup,
    smooth,
    squish_rate_func,
)
from numpy.typing import NDArray

import gdmath
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.losses import FIRST_STEPS, LossCurves, is_long
from gdscenes.kit.figures.model import Model, ParameterMarks
from gdscenes.kit.figures.normal_equations import NormalEquations
from gdscenes.kit.figures.pulls import Pull, Pulls, StepArrows
from gdscenes.kit.figures.residual import OneResidual
from gdscenes.kit.figures.slopes import Slopes
from gdscenes.kit.figures.squares import ErrorSquares, LossSquare, spread_rows
from gdscenes.kit.figures.table import Row, Table
from gdscenes.kit.figures.update_rule import UpdateRule
from gdscenes.kit.lecture.beats import beat, claim
from gdscenes.kit.lecture.choices import DescentSettings, dataset_with_bias, stable_learning_rate
from gdscenes.kit.lecture.clock import Clock, turning
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.live import Task, Trial
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.lecture.settings import Settings, knob, settled
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.cell import PAGE, Cell, Insets
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.marks import Boxes
from gdscenes.kit.plot.runs import RunMarks, RunStyle
from gdscenes.kit.type.counter import Counter
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import Notation, notation_for, notations_for
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

GHOST_ROWS = (0, 1, 2, 3, 4, 5, 10, 20, 50, 100)
"""Rows whose line stays behind as a thin one."""
TIME_LAPSE_SECONDS = 9.0
SECONDS_PER_ROW = 0.25
"""A short run takes no longer than this for each row of the time-lapse."""
DIM = 0.35
"""Opacity of what is not being talked of."""
NUDGE = 0.25
"""By how much of the loss, to first order, a parameter's nudge changes it in the steeper direction."""
SPREAD = 6
"""Points whose squares open where they are."""
LEVERS = 4
"""Points whose levers are drawn."""

STAGE, MARGIN = PAGE.columns(1169, 531, gap=66)
HEADER, PICTURE, STRIP = STAGE.rows(71, 686, 237)
SUMS = STRIP.columns(1, 1, gap=60)
"""Under the picture: what is said of b, and beside it the same of w."""
MODEL, FORMULA, LOSS, _ = MARGIN.rows(172, 115, 412, 295)
BARS = Cell(MARGIN.left, LOSS.top + 66, MARGIN.right, MARGIN.bottom)
"""The bars stand left of the square of the loss, so that nothing on the way to them crosses it."""
EQUATIONS = STRIP.inset(Insets(bottom=50)).rows(1, 1)
FORMULA_BELOW = 66
"""From the top of its cell to the baseline of the formula of the loss."""
COLUMN = 10.0
"""Width of what the square of the loss is flattened to, pixels."""

AIRY = 400.0
"""Height under the square of the loss, pixels, from which on the table has air above and below."""

STYLE = RunStyle("loss", 0, 4, 1, 0)
LOSS_FORMULA = {
    "mean": '$loss("MSE") = display(1/n scripts(sum)_i (yhat_i - y_i)^2)$',
    "sum": '$loss("SSE") = display(scripts(sum)_i (yhat_i - y_i)^2)$',
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
    def is_mean(self) -> bool:
        return self.dataset.reduction == "mean"

    @property
    def turns_logarithmic(self) -> bool:
        """Whether the axis of the loss does in the time-lapse."""
        return is_long(self.run.losses)

    @property
    def misses_at_best(self) -> bool:
        """Whether the best line misses points by more than is seen."""
        return self.problem.minimum > gdmath.behaviour.UNSEEN**2 * self.problem.mean_loss

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
        names = self.loss_markup, tr("{loss} validation", loss=self.loss_markup)
        scaled, decimals = np.array(losses) / 10.0**of_losses.power, Notation(of_losses.decimals)
        return [
            *(
                Row(f"${role}$", tuple(map(notation.write, values)), role)
                for role, values, notation in zip(PARAMETER_ROLES, both.T, notations, strict=True)
            ),
            *(
                Row(name + unit, tuple(map(decimals.write, values)), "loss")
                for name, values in zip(names, scaled, strict=False)
            ),
        ]


class RegressionFit(Lecture):
    """The line fits itself, one exact step of gradient descent after another."""

    title = "Gradient descent fits a line"
    question = "How can a line learn from its errors?"
    hand_over = "Next: where b and w move, among all lines."
    chapter = 1
    seconds = 142
    settings: ClassVar = RegressionFitSettings()
    story_type = RegressionFitStory
    trials = (Trial("time_lapse"),)
    tasks = (
        Task("Drag the start until its loss is at most twice the lowest.", wants={"start_of_lowest": (0, 2)}),
        Task("Reset. How many steps bring the loss to within 1 % of its lowest?", asks="steps", within=0),
        Task("Drag one point far up. How low is the loss of the best line now?", asks="lowest"),
    )

    story: RegressionFitStory

    @staticmethod
    def prepare(settings: Settings) -> RegressionFitStory:
        assert isinstance(settings, RegressionFitSettings)
        dataset = dataset_with_bias(settings.dataset)
        rate = stable_learning_rate(dataset, settings.learning_rate)
        n_steps = settings.n_steps or dataset.n_steps
        run = gdmath.descend(dataset.problem(), dataset.start, rate, n_steps)
        settings = settled(settings, learning_rate=rate, n_steps=n_steps)
        return RegressionFitStory(settings=settings, dataset=dataset, runs={"descent": run})

    @beat(
        "data",
        "Each point is one observation.",
        claim(
            "has_validation",
            "Filled ones train the model; hollow ones are kept aside.",
            "All of them train the model.",
        ),
    )
    def show_data(self) -> None:
        self.title_card()
        story = self.story
        plane = self.plane = DataPlane(
            story.dataset, PICTURE, self.colors, story.run.parameters, run="descent", ghosts=GHOST_ROWS
        )
        self.play(Create(plane.plot.lines), FadeIn(plane.plot.labels, plane.names), run_time=0.6)
        for dots, entry in zip((plane.train, plane.validation), plane.legend(HEADER), strict=False):
            from_the_left = sorted(dots, key=Mobject.get_x)
            growing = LaggedStart(*map(GrowFromCenter, from_the_left), lag_ratio=0.02)
            self.play(FadeIn(entry), growing, run_time=1.6)
            self.wait(0.4)
        self.add(plane)
        self.wait(2.1)

    @beat(
        "model",
        "A line has a height b at zero and a climb w per unit of x.",
        claim("starts_badly", "This first one is a bad guess.", "This first one is a guess."),
    )
    def show_model(self) -> None:
        plane, start = self.plane, self.story.start
        model = self.model = Model(MODEL, self.story.run, self.colors, "descent")
        self.say(model.formula, run_time=1)
        marks = self.marks = ParameterMarks(plane.dial(parameters=start))
        label = Words(tr("first line"), SMALL, self.colors, "model_text")
        plane.label_line(label)
        level = start * [1, 0]
        plane.line.clear_points()
        self.play(FadeIn(model.rows[0]), *map(Create, marks.bias))
        plane.dial(parameters=start if plane.line_of(level) is None else level)
        self.play(Create(plane.line))
        self.wait(0.5)
        climbing = turning(plane, parameters=start)
        self.play(FadeIn(model.rows[1]), *map(Create, marks.weight), climbing, run_time=1.6)
        self.show(label)
        self.add(model)
        self.label = label
        self.wait(3.6)

    @beat(
        "residuals",
        "For each point the line predicts a value. The residual is predicted minus observed: negative where "
        "the line is too low.",
    )
    def show_residuals(self) -> None:
        plane = self.plane
        self.play(
            FadeOut(self.marks, self.label),
            plane.train.animate.set_opacity(DIM),
            plane.validation.animate.set_stroke(opacity=DIM),
            run_time=0.5,
        )
        one = self.one = OneResidual(plane, self.story.largest, SUMS[0])
        predicted, minus, observed, *error = one.terms
        self.show(one.prediction, one.predicted, one.formula, run_time=0.8)
        self.say(predicted)
        self.show(one.point, one.observed, run_time=0.8)
        self.say(minus, observed)
        self.play(Create(one.residual), FadeIn(*error))
        self.wait(1.3)
        self.play(
            turning(plane, grown=1.0),
            plane.train.animate.set_opacity(1),
            FadeOut(one.prediction, one.observed, one.predicted),
            run_time=1.2,
        )
        self.wait(1.8)

    @beat(
        "squares",
        "Square each residual: the sign is gone, and a miss twice as large counts four times, as areas do.",
    )
    def show_squares(self) -> None:
        plane, one, story = self.plane, self.one, self.story
        self.square = LossSquare(plane, LOSS, story.loss_markup, story.loss_notation, story.start_loss)
        squares = self.squares = ErrorSquares(plane, self.square, spread_rows(plane, SPREAD), one.terms[0])
        self.hide(*one.terms, run_time=0.6)
        self.play(squares.unfold_largest(), self.strength(DIM / 2), run_time=1.2)
        self.say(squares.area)
        self.wait(1.5)
        self.play(squares.unfold(), FadeOut(squares.area), run_time=1.8)
        self.wait(2.2)

    def strength(self, opacity: float) -> Any:
        """The residuals step back, or come forward again."""
        return self.plane.residuals.animate.set_stroke(opacity=opacity)

    @beat(
        "loss",
        claim("is_mean", "The mean of all areas is the loss:", "All areas together are the loss:"),
        "one number for how wrong the line is.",
    )
    def show_loss(self) -> None:
        """The squares fly into one whose area is the loss: each tile is its square's share of it."""
        squares, square, one = self.squares, self.square, self.one
        self.formula = Words(LOSS_FORMULA[self.story.dataset.reduction], MEDIUM, self.colors)
        self.formula.place(FORMULA.left, FORMULA.top + FORMULA_BELOW)
        self.say(self.formula)
        self.play(squares.pour_largest(), FadeIn(square.stated))
        if self.story.is_mean:
            self.show(squares.share, run_time=0.5)
            self.wait(1.5)
            self.hide(squares.share, run_time=0.4)
        self.play(squares.pour_unfolded(), run_time=1.2)
        self.play(squares.pour(), FadeOut(one.point, one.residual), run_time=2)
        square.fill(0)
        self.play(FadeIn(square.outline, square.word, square.number), run_time=0.8)
        self.add(square)
        self.wait(1.2)

    @beat(
        "nudge",
        "How does the loss change when b or w grows a little? The square and its number follow the line.",
    )
    def nudge_both(self) -> None:
        square = self.square
        self.play(self.squares.close_tiles(), self.strength(0.6), run_time=0.6)
        self.remove(self.squares.boxes)
        square.fill()
        for index in range(len(PARAMETER_ROLES)):
            name = self.model.rows[index][0]
            color = name.ink()[0].get_color()
            self.play(Indicate(name, scale_factor=1.5, color=color), run_time=0.6)
            self.turn(
                self.plane, self.model, square, parameters=self.story.nudged(index), back=True, seconds=3
            )
        self.wait(0.6)

    @beat(
        "pulls",
        "Each point pulls the line towards it.",
        claim("is_mean", "Times two over n, head to tail,", "Times two, head to tail,"),
        "the pulls make minus the slope in b.",
    )
    def add_up_pulls(self) -> None:
        story = self.story
        pulls = self.pulls = Pulls(self.plane, BARS, story.start, run="descent", end=story.run.parameters[1])
        self.slopes = Slopes(SUMS, story, "descent", self.colors)
        self.play(self.strength(DIM / 2), run_time=0.6)
        self.turn(pulls.bias, grown=1.0, seconds=1.2)
        self.wait(0.6)
        self.hide(self.one.formula, run_time=0.4)
        self.gather(self.slopes, pulls, pulls.bias, seconds=4)
        self.add(pulls)
        self.wait(1)

    def gather(self, slopes: Slopes, pulls: Pulls, pull: Pull, seconds: float) -> None:
        """Arrows slide head to tail, up and down cancel, and the slope has its number."""
        said = FadeIn(slopes.slopes[pull.index], slopes.sums[pull.index], shift=0.2 * UP)
        panel = (pulls.ground, *pulls.names, pulls.stated) if pull is pulls.bias else ()
        self.play(said, *map(FadeIn, panel), run_time=0.8)
        self.turn(pull, gathered=1.0, seconds=seconds)
        if pull.is_mixed:
            self.wait(0.5)
            self.redraw(*pulls.cancelling(pull, run_time=1.5))
        summed = [] if pull.is_mixed else [pull.arrows.animate.set_fill(opacity=DIM)]
        left = map(FadeIn, pulls.nothing(pull))
        self.play(*slopes.number(pull.index), *summed, *left, run_time=0.8)

    @beat(
        "gradient",
        "On w they pull with a lever, x: far from zero a point turns the line more. Times x, they make the "
        "bar of w.",
    )
    def add_up_torques(self) -> None:
        pull = self.pulls.weight
        levers = self.pulls.lever_arms(spread_rows(self.plane, LEVERS))
        self.turn(pull, grown=1.0, seconds=0.8)
        self.play(Create(levers[0]), FadeIn(levers[1]))
        self.wait(1.2)
        self.turn(pull, levered=1.0, seconds=1.4)
        self.hide(levers, run_time=0.5)
        self.gather(self.slopes, self.pulls, pull, seconds=3.5)
        self.wait(1.2)

    @beat(
        "update",
        "Subtract eta, the learning rate, times the slope: a part of each bar.",
        claim(
            "falls_at_once",
            "The line moves by exactly that, and the loss falls.",
            "The line moves by exactly that, which is too little to show in the loss.",
        ),
    )
    def first_update(self) -> None:
        story, theme, pulls = self.story, self.colors, self.pulls
        self.drive = StepArrows(self.plane)
        rule = self.rule = UpdateRule(SUMS, story.run, story.loss_name, theme, "descent")
        self.losses = LossCurves(self.under_square(), [story.runner], theme, name=story.loss_markup)
        self.step = Counter(tr("step"), None, theme, largest=story.run.n_steps, em=LARGE, tells_way=True)
        self.step.place(self.plane.plot.box.right, HEADER.bottom, "right")
        self.clock = Clock(self.plane, self.model, self.square, self.losses, self.step)
        self.play(FadeOut(*self.slopes.sums, *self.slopes.signs), self.strength(0.6), run_time=0.6)
        moves, brackets = self.slopes.into(rule)
        coming = squish_rate_func(smooth, 0.6, 1)
        signs, rates = zip(*rule.rates, strict=True)
        self.play(
            *moves,
            *(FadeIn(each, rate_func=coming) for each in (*brackets, *signs, rule.symbols)),
            run_time=1,
        )
        self.remove(*self.slopes.values, *brackets)
        self.add(*rule.gradients)
        for (_, value), old, rate in zip(self.model.rows, rule.olds, rates, strict=True):
            color = value.ink()[0].get_color()
            self.play(Indicate(value, scale_factor=1.06, color=color), FadeIn(old, rate), run_time=0.8)
        self.turn_bars_into_steps()
        self.show(self.losses, self.step)
        first = self.drop_loss()
        self.play(
            *(FadeIn(each, shift=0.1 * DOWN) for each in (*rule.result_signs, *rule.results)), run_time=0.8
        )
        self.add(rule)
        self.remove(first)
        self.advance(self.clock, to=1, seconds=1.8, rest=0.3)
        self.remove(self.drop_loss())
        self.hide(pulls, self.drive.lifted, run_time=0.4)
        self.clock.figures.append(rule)

    def turn_bars_into_steps(self) -> None:
        """The learning rate leaves of each bar the step that it drives, standing where the line makes it."""
        pulls = self.pulls
        of_bias, of_weight = pulls.names
        self.hide(*pulls.stacks, of_bias, pulls.stated, run_time=0.5)
        if pulls.can_step:
            self.turn(pulls.bias, stepped=1.0, seconds=1)
            self.play(Create(self.drive.lifted), FadeOut(of_weight, pulls.ground), run_time=0.5)
            self.turn(pulls.weight, stepped=1.0, seconds=1)
            self.wait(0.6)
        else:
            self.hide(pulls)

    def drop_loss(self) -> RunMarks:
        """The square of the loss comes down as a column, on whose top the mark of the row stands.

        It goes down first and then along the axis, so that it keeps off the name of the chart.
        """
        row = self.clock.row
        square, there = self.square.box, self.losses.column("descent", row, COLUMN)
        under = replace(there, left=square.left, right=square.left + there.width)
        start, down, end = (
            np.array([[box.left, box.top, box.width, box.height]]) for box in (square, under, there)
        )
        column, mark = Boxes(start, self.colors.loss), self.losses.mark_at("descent", row)
        column.set_fill(opacity=0)
        self.play(column.glide(start, end, fill=DIM, opened=down), run_time=1)
        self.play(FadeIn(mark), FadeOut(column), run_time=0.3)
        return mark

    @beat(
        "steps",
        "The same again from the new line: new residuals, new pulls, another step. The area of the square is "
        "the loss, always.",
    )
    def next_steps(self) -> None:
        """The rule tells the next row and stays while the line moves there."""
        rule, drive = self.rule, self.drive.at(self.clock.row)
        self.show(drive, run_time=0.4)
        self.clock.figures[self.clock.figures.index(rule)] = drive
        for row in range(2, self.story.settings.single_steps + 1):
            self.turn(rule, told=0.0, seconds=0.25)
            self.turn(rule.at(row), told=1.0, seconds=0.5)
            self.turn(rule, told=2.0, seconds=0.4)
            self.advance(self.clock, to=row, seconds=0.8, rest=0.3)
        self.hide(drive, run_time=0.4)
        self.clock.figures[self.clock.figures.index(drive)] = rule

    @beat(
        "time_lapse",
        "Now let it run.",
        claim("turns_logarithmic", "The axis of the loss turns to a log scale."),
        claim("falls_fast_at_first", "The loss falls fast at first, then slowly, and", "In every step"),
        "nothing but the same two subtractions happens.",
    )
    def time_lapse(self) -> None:
        """The chart takes the room that the square has left while its axes turn."""
        n_steps, losses = self.story.run.n_steps, self.losses
        span, box = np.array([0.0, n_steps]), self.under_square().inset(losses.insets())
        if losses.is_long:
            self.turn(losses, bent=1.0, span=span, box=box, seconds=2)
            self.wait(1.2)
        elif n_steps > FIRST_STEPS:
            self.turn(losses, span=span, box=box, seconds=1.5)
        self.run_on(self.clock, n_steps, self.story.lapse_seconds, pace="by change")
        self.wait(1.5)

    @beat(
        "balance",
        claim(
            "misses_at_best",
            "Where does it lead? To the lowest loss, the dashed line: what pulls up is as much as what pulls "
            "down. They cancel, and so do their torques.",
            "Where does it lead? To the line through all points: there nothing is left that pulls.",
        ),
    )
    def balance(self) -> None:
        plane, story = self.plane, self.story
        best = story.problem.minimizer
        self.exact = plane.dashed_line(best)
        self.play(
            FadeOut(self.rule, plane.ghosts, plane.ghost_labels, self.losses), self.strength(0), run_time=0.7
        )
        pulls = self.pulls = Pulls(plane, self.under_square(), best)
        slopes = self.slopes = Slopes(SUMS, story, "descent", self.colors, gradient=np.zeros(2))
        self.play(Create(self.exact), *map(FadeIn, self.named_best()))
        self.turn(pulls.bias, grown=1.0, seconds=0.6)
        self.gather(slopes, pulls, pulls.bias, seconds=2)
        self.add(pulls)
        self.turn(pulls.weight, grown=1.0, seconds=0.4)
        self.turn(pulls.weight, levered=1.0, seconds=0.5)
        self.gather(slopes, pulls, pulls.weight, seconds=2)
        self.wait(1)

    def named_best(self) -> list[Words]:
        """The name of the dashed line, beside it where the axes hold it."""
        if not self.exact:
            return []
        name = Words(tr("lowest loss"), SMALL, self.colors, "minimum")
        self.plane.label_line(name, self.story.problem.minimizer)
        return [name]

    def under_square(self) -> Cell:
        """What the square of the loss, and the words under it, leave of the margin."""
        used = [self.square.box, *(words.box() for words in self.square.stated)]
        return Cell(MARGIN.left, max(box.bottom for box in used) + 20, MARGIN.right, MARGIN.bottom)

    @beat(
        "solution",
        "Both slopes zero are two equations, solved at once.",
        claim(
            "has_validation",
            "Compare both on points they were fitted to, and on others.",
            "Compare both on the points they were fitted to.",
        ),
    )
    def compare_with_solution(self) -> None:
        plane, story = self.plane, self.story
        equations = NormalEquations(EQUATIONS, story.problem, self.colors)
        room = self.under_square()
        insets = Insets(top=40, bottom=30) if room.height > AIRY else Insets(bottom=10)
        heads = f'#mark("model_text")[{tr("descent")}]', f'#mark("minimum")[{tr("solved")}]'
        table = Table(room.inset(insets), story.compared(), self.colors, heads=heads)
        self.hide(self.pulls, *self.slopes.lines(), run_time=0.5)
        self.say(*equations.symbols, run_time=0.7)
        self.wait(1.8)
        if equations.numbers:
            if not equations.are_beside:
                self.hide(*equations.symbols, run_time=0.4)
            self.say(*equations.numbers)
            self.wait(0.5)
        unseen = table.rows[-1] if story.validation else VGroup()
        names, descent, closed_form = (
            VGroup(*(part for part in column if part not in unseen.submobjects)) for column in table.columns
        )
        self.show(names, descent)
        self.play(FadeIn(closed_form))
        self.wait(2)
        if story.validation:
            self.play(
                plane.train.animate.set_opacity(DIM),
                plane.validation.animate.set_stroke(self.colors.ink, opacity=1),
                Create(plane.validation_residuals()),
                FadeIn(unseen),
                run_time=1.2,
            )
        self.wait(4.8 if story.validation else 6)
