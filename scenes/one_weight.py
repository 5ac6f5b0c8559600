"""OneWeight: a line through the origin, its parabola, one program four times, and a mean that is a sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal, TypeVar

import numpy as np
from manim import (
    UP,
    Create,
    FadeIn,
    FadeOut,
    LaggedStart,
    Mobject,
    VGroup,
)
from numpy.typing import NDArray

import gdmath
from gdmath import BIAS
from gdscenes.kit import (
    DIVERGENT,
    GOOD,
    LARGE,
    MEDIUM,
    PAGE,
    SMALL,
    Block,
    Cell,
    Clock,
    Counter,
    Cut,
    DataPlane,
    Digits,
    Insets,
    Lane,
    Lecture,
    LevelledBars,
    LimitBars,
    MorphingCode,
    Notation,
    PrintedTable,
    Readout,
    Readouts,
    Row,
    Runner,
    RunStyle,
    SettingError,
    Settings,
    Story,
    Table,
    Tangent,
    UpdateRule,
    Words,
    beat,
    claim,
    knob,
    loss_axis,
    seen_about_minimum,
)
from gdscenes.kit.figures.code import marked_code
from gdscenes.kit.figures.cut import heights_up_to
from gdscenes.kit.figures.model import ParameterMarks, weight_model
from gdscenes.kit.figures.printed_table import agreeing_decimals, printed_rows
from gdscenes.kit.lecture.choices import Data, dataset_of, gentle_learning_rate, rate_between
from gdscenes.kit.lecture.clock import advancing, turning
from gdscenes.kit.lecture.settings import settled
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.marks import Dots, dots_in_columns, rectangle
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import change, decimals_for, markup, shortest
from gdscenes.kit.type.typeset import Type

Array = NDArray[np.float64]
Text = TypeVar("Text", bound=Type)

BEHIND, AHEAD = 1.07, 0.75
"""What the parabola shows on either side of its lowest point, in ways from there to the start: a point that
goes to the ends is still as low as its axes are high."""
CLOSE, LEAST_AHEAD = 1.1, 0.3
"""The same where two runs are compared from nearby: both sides, and the least of the other one."""
ROOM = 1.5
"""The same from farther away, in ways from there to the farthest row so far."""
SINGLE_STEPS, RACE_STEPS = 4, 8
BARS_UNDER, NUMBERS_UNDER = 72.0, 182.0
"""From the top of a piece of code to its bars, and to the baseline of their numbers, pixels."""
TIME_LAPSE_SECONDS = 4.0
FEW_POINTS, FEW_TERMS = 20, 6
"""More points are small dots; more terms of a sum are stacked at once."""
MOST_DECIMALS = (3, 4)
"""Of w and of the loss."""
TIMES = (1, 2, 3, 4, 25)
"""How many times the points the mistake sums over, one after another."""

STAGE, MARGIN = PAGE.columns(1119, 510, gap=116)
CUT = STAGE.inset(Insets(left=63, top=95, right=20, bottom=99))
LARGE_PLANE = STAGE.inset(Insets(top=20, right=40, bottom=20))
_, PICTURE, MODEL, RULE, STEPS, _ = MARGIN.rows(14, 371, 45, 242, 302, 20)
NUMBERS = MARGIN.rows(480, 514)[1]

ASIDE, PROGRAM = PAGE.columns(760, 915, gap=70)
CUT_ASIDE, PLANE_ASIDE = ASIDE.rows(560, 394, gap=40)
CUT_ASIDE = CUT_ASIDE.inset(Insets(left=63, top=60, right=50, bottom=75))
NAME, CODE, TABLES, _ = PROGRAM.rows(62, 500, 382, 50)
TABLE, NEXT_TABLE = TABLES.inset(Insets(top=66)).columns(2, gap=75)
STACK, ONE_NUMBER = PROGRAM.inset(Insets(top=470)).rows(2, gap=0)

ERROR, FIRST_FORMULA, SECOND_FORMULA = MARGIN.top + 250, RULE.top + 76, RULE.top + 190
"""Baselines: of the error beside the large line, and of it and what is made of it under the small one."""

RACE = STAGE.inset(Insets(left=130, top=95, right=20, bottom=85))
RATE, MEAN_HEAD, MEAN_ROW, SUM_HEAD, SUM_ROW, COUNT, LIMITS = MARGIN.rows(90, 62, 150, 62, 150, 140, 340)

CARD = Cell(RACE.center[0] - 300, RACE.top + 15, RACE.center[0] + 300, RACE.top + 365)
NEAR = CARD.inset(Insets(left=30, top=25, right=30, bottom=75))
"""In the upper half of the parabola, where no run is that the axes go along with."""
FREE = 0.5
"""Of the axes of the race, from below: what must hold the runs for that."""

STEPPING = RunStyle("weight", 0, 9, 1, 0)
"""Of the steps along w."""
STYLES = (GOOD, DIVERGENT)
"""Of the run whose gradient is a mean, and of the one whose is a sum."""
MEAN_CODE, SUM_CODE = "(2*x*e).mean()", "np.dot(2*x, e).mean()"
PROGRAMS = ("by hand", "autograd", "torch.optim.SGD", "nn.Linear")
LOSS = "MSE"
LOSS_MARKUP = f'$loss("{LOSS}")$'


@dataclass(frozen=True)
class OneWeightSettings(Settings):
    """What a lecturer may change."""

    dataset: Data = knob(
        "one-weight",
        "preset; where it has a bias, b is held at its best and only w moves",
        choices=gdmath.preset_names(),
    )
    learning_rate: float | None = knob(
        None, "step multiplier; none takes a round one that is gentle", minimum=0.0, open_minimum=True
    )
    n_steps: int = knob(20, "number of updates", minimum=10, maximum=100)


@dataclass(frozen=True)
class OneWeightStory(Story):
    """One descent by four programs, and the one whose mean is a sum: at two rates, and of many points."""

    settings: OneWeightSettings

    @property
    def run(self) -> gdmath.Trajectory:
        return self.runs["by hand"]

    @cached_property
    def problem(self) -> gdmath.LeastSquares:
        return one_weight(self.dataset)

    @cached_property
    def summed(self) -> gdmath.LeastSquares:
        """The loss whose gradient the mistake follows."""
        return gdmath.LeastSquares(self.problem.x, self.problem.y, fit_bias=False, reduction="sum")

    @cached_property
    def held(self) -> tuple[float, ...]:
        """The bias that is held, none where the line goes through the origin."""
        return tuple(best_line(self.dataset).minimizer[: BIAS + 1]) if self.dataset.fit_bias else ()

    def problem_of(self, run: str) -> gdmath.LeastSquares:
        return self.summed if run.startswith("sum") else self.problem

    def dtype_of(self, run: str) -> Literal["float64", "float32"]:
        return "float32" if run.startswith("sum") else self.dataset.dtype

    def measured_by(self, run: str) -> gdmath.LeastSquares:
        return self.problem

    def line(self, w: float) -> Array:
        """(b, w) of the line of one weight."""
        return np.array([*(self.held or (0.0,)), w])

    @property
    def pivot(self) -> tuple[float, float]:
        """Where all lines of one weight meet."""
        return 0.0, float(self.line(0.0)[BIAS])

    @property
    def lines(self) -> Array:
        """(b, w) of every row of the run, and of the ends of the parabola."""
        ends = self.window(BEHIND, AHEAD)
        return np.array([self.line(float(w)) for w in (*self.run.parameters[:, 0], *ends)])

    def runner(self, name: str, style: RunStyle) -> Runner:
        return Runner(name, self.runs[name], style, "")

    def readouts(self, name: str) -> tuple[Readout, Readout, Readout]:
        """w, slope and loss of a run, each with the decimals that they have in the first one."""
        run, first = self.runs[name], self.run
        weight, slope = (Notation(decimals_for(each.ravel())) for each in (first.parameters, first.gradients))
        loss, of_w = Notation(decimals_for(first.losses, digits=5)), f'$slope("{LOSS}", weight) =$'
        w, dw = run.parameters[:, 0], run.gradients[:, 0]
        return (
            Readout("$weight =$", w, weight, "weight", None, "weight", name, signed=True),
            Readout(of_w, dw, slope, "weight", None, "gradient", name),
            Readout(f'$loss("{LOSS}") =$', run.losses, loss, "loss", None, "loss", name),
        )

    @property
    def of_many(self) -> tuple[Readout, Readout]:
        """The gradient at the start as a mean and as a sum over ever more points."""
        _, slope, _ = self.readouts("by hand")
        mean = float(self.run.gradients[0, 0])
        return (
            Readout('#raw("dw") $=$', np.full(len(TIMES), mean), slope.notation, "weight"),
            Readout('#raw("dw") $=$', mean * np.array(self.many, dtype=float), slope.notation, "weight"),
        )

    @property
    def many(self) -> tuple[int, ...]:
        """How many points the mistake sums over, first those that there are."""
        return tuple(times * self.n_points for times in TIMES)

    def landing(self, n: int, row: int) -> tuple[str, ...]:
        """Where a row of the mistake over n points lies, outside of the axes, Typst markup."""
        run = self.runs[points(n)]
        w, loss = (markup(shortest(float(v), 4)) for v in (run.parameters[row, 0], run.losses[row]))
        said = tr(
            'leaves the picture:\nstep ${row}$ is at $weight = {w}$,\n$loss("{mse}") = {loss}$',
            row=row,
            w=w,
            mse=LOSS,
            loss=loss,
        )
        return tuple(said.splitlines())

    @property
    def n_points(self) -> int:
        return self.problem.n_rows

    @cached_property
    def terms(self) -> Array:
        """What each point adds to the sum whose mean is the gradient, 2 x e at the start, of shape (n,)."""
        start = self.run.parameters[0]
        return np.array([self.summed.gradient(start, np.array([row]))[0] for row in range(self.n_points)])

    @property
    def falls_at_once(self) -> bool:
        return gdmath.behaviour.first_change(self.run) < 0

    @property
    def first_steps_shrink(self) -> bool:
        return gdmath.behaviour.steps_shrink(self.run.up_to(SINGLE_STEPS))

    @property
    def steps_shrink(self) -> bool:
        return gdmath.behaviour.steps_shrink(self.run)

    @property
    def sum_looks_faster(self) -> bool:
        """Whether the mistake has the lower loss at the end of the race."""
        mean, mistake = (self.runs[name].up_to(RACE_STEPS) for name in ("by hand", "sum"))
        return bool(mistake.losses[-1] < mean.losses[-1])

    @property
    def what_the_sum_is(self) -> tuple[tuple[str, ...], ...]:
        """The mistake at the rate of the right rule is the right rule at n times that rate, Typst markup.

        In two rows, and in three narrower ones.
        """
        once, often = (
            markup(shortest(rate))
            for rate in (self.run.learning_rate, self.runs["sum"].learning_rate * self.n_points)
        )
        product = f"$eta = {self.n_points} times {once}"
        wide, narrow = (
            tr("takes the mean's steps\nat {rate}", rate=rate).splitlines()
            for rate in (f"{product} = {often}$", f"{product}$")
        )
        return tuple(wide), (*narrow, f"$= {often}$")

    @property
    def four_points_look_faster(self) -> bool:
        return self.n_points == 4 and self.sum_looks_faster

    @property
    def sum_leaves_at_once(self) -> bool:
        return gdmath.behaviour.first_change(self.runs["sum"]) > 0

    @property
    def many_fly_off(self) -> bool:
        """Whether the first step of the mistake raises the loss when it sums over the most points."""
        return gdmath.behaviour.first_change(self.runs[points(self.many[-1])]) > 0

    @property
    def start(self) -> float:
        return float(self.run.parameters[0, 0])

    @property
    def limits(self) -> tuple[float, float]:
        """2 / lambda_max of the mean and of the sum."""
        return self.problem.max_stable_learning_rate, self.summed.max_stable_learning_rate

    def window(self, behind: float, ahead: float) -> tuple[float, float]:
        """Weights on either side of the minimum, in ways from there to the start."""
        return seen_about_minimum(self.problem, self.start, behind, ahead)

    @property
    def nearby(self) -> Array:
        """What is seen of the race, of shape (3,): its start, and as far beyond the minimum as runs go."""
        lowest, start = float(self.problem.minimizer[0]), self.start
        rows = [self.runs[name].parameters[: RACE_STEPS + 1, 0] for name in ("by hand", "sum")]
        beyond = (np.concatenate(rows) - lowest).max() / (lowest - start)
        low, high = self.window(CLOSE, CLOSE * float(np.clip(beyond, LEAST_AHEAD, 1.0)))
        return np.array([low, high, float(self.problem.loss([[low], [high]]).max())])

    @cached_property
    def zoom(self) -> Array:
        """What is seen at each row of the two runs at the faster rate."""
        runs = [self.runs[name] for name in ("mean, faster", "sum, faster")]
        return gdmath.zoom_of_runs(self.problem, runs, RACE_STEPS, ROOM)

    @property
    def leaves_room(self) -> bool:
        """Whether the runs at the faster rate keep to the lower part of what is seen."""
        rows = [self.runs[name].losses[: RACE_STEPS + 1] for name in ("mean, faster", "sum, faster")]
        floor = loss_axis(self.problem.minimum, self.start_loss, LOSS).low
        return all(((run - floor) <= FREE * (self.zoom[: len(run), 2] - floor)).all() for run in rows)

    @property
    def decimals(self) -> tuple[int, int]:
        """Of w and of the loss, with which all programs print the same."""
        rows = printed_rows(self.run.n_steps)
        runs = [self.runs[name] for name in PROGRAMS]
        columns = [run.parameters[rows, 0] for run in runs], [run.losses[rows] for run in runs]
        w, loss = map(agreeing_decimals, columns, MOST_DECIMALS)
        return w, loss

    @property
    def programs(self) -> list[tuple[str, ...]]:
        """The lines of each program; then once more those by hand, and with the mistake."""
        b = "b + " if self.held else ""
        loop = f"for k in range({self.run.n_steps}):"
        head = f"yhat = {b}w * x", "e = yhat - y", "loss = (e**2).mean()"
        step = ("w -= lr * dw",)
        backward = ("loss.backward()",)
        update = "with torch.no_grad():", "    w -= lr * w.grad", "w.grad.zero_()"
        optimizer = "sgd.step()", "sgd.zero_grad()"
        by_hand = *head, f"dw = {MEAN_CODE}", *step
        bodies = (
            by_hand,
            (*head, *backward, *update),
            (*head, *backward, *optimizer),
            (f"yhat = {b}model(x)", *head[1:], *backward, *optimizer),
            by_hand,
            (*head, f"dw = {SUM_CODE}", *step),
        )
        return [(loop, *(f"    {line}" for line in body)) for body in bodies]


def points(n: int) -> str:
    """Name of the run that sums over so many points which lie like the dataset's."""
    return f"{n} points"


def program_name(index: int) -> str:
    """What a program is called on the screen, Typst markup."""
    return PROGRAMS[index] if index else tr("by hand")


def best_line(dataset: gdmath.Dataset) -> gdmath.LeastSquares:
    """The mean squared error of the dataset's train points, whatever its own reduction."""
    return gdmath.LeastSquares(dataset.x_train, dataset.y_train, dataset.fit_bias)


def one_weight(dataset: gdmath.Dataset) -> gdmath.LeastSquares:
    """The mean squared error as a function of w alone, b at the minimum where there is one."""
    problem = best_line(dataset)
    return problem.cut(gdmath.WEIGHT, problem.minimizer[BIAS]) if dataset.fit_bias else problem


class OneWeight(Lecture):
    """One weight on its parabola: steps that shrink by themselves, four programs, and one mistake."""

    title = "One weight"
    question = "How does a program find a single number?"
    hand_over = "Next: the training loop for b and w, line by line."
    chapter = 7
    seconds = 139
    settings: ClassVar = OneWeightSettings()
    story_type = OneWeightStory

    story: OneWeightStory

    @staticmethod
    def prepare(settings: Settings) -> OneWeightStory:
        from gdmath import torch_loops

        assert isinstance(settings, OneWeightSettings)
        dataset = dataset_of(settings.dataset)
        problem, start = one_weight(dataset), dataset.start[-1:]
        n, limit = settings.n_steps, problem.max_stable_learning_rate
        rate = gentle_learning_rate(problem, dataset.name, settings.learning_rate)
        faster = rate_between(limit / problem.n_rows, limit)
        hand_loop, summed_loop = torch_loops.hand_loop, gdmath.descend_on_summed_gradient
        loops = (hand_loop, torch_loops.autograd_loop, torch_loops.sgd_loop, torch_loops.linear_loop)
        try:
            runs = {
                name: loop(problem, start, rate, n, dataset.dtype)
                for name, loop in zip(PROGRAMS, loops, strict=True)
            }
            runs["sum"] = summed_loop(problem, start, rate, n)
            runs["mean, faster"] = hand_loop(problem, start, faster, n, dataset.dtype)
            runs["sum, faster"] = summed_loop(problem, start, faster, n)
        except ValueError:
            raise SettingError(
                "--dataset", dataset.name, "values whose squares float32 can hold", "rescale its columns"
            ) from None
        # a sum over n points is n times their mean: the same run as at n times the rate
        runs |= {
            points(k): gdmath.descend(problem, start, k * rate, RACE_STEPS)
            for k in (times * problem.n_rows for times in TIMES[1:])
        }
        settings = settled(settings, learning_rate=rate)
        return OneWeightStory(settings=settings, dataset=dataset, runs=runs)

    # -- the line and its parabola -----------------------------------------------------------------------

    @beat(
        "line",
        "The simplest model is a line that can only turn: the weight w says how steep. What it misses of "
        "each point is the error e.",
    )
    def show_line(self) -> None:
        self.title_card()
        story, theme = self.story, self.colors
        radius = 9 if story.n_points <= FEW_POINTS else 6
        self.plane = plane = DataPlane(
            story.dataset, LARGE_PLANE, theme, story.lines, radius=radius, pivot=story.pivot
        )
        source = weight_model(*story.held)
        em = fitted(MARGIN.width, (LARGE, MEDIUM, SMALL), lambda size: Words(source, size, theme).box().width)
        self.model = Words(source, em, theme).place(MARGIN.left, MARGIN.top + 130)
        self.play(Create(plane.plot.lines), FadeIn(plane.plot.labels, plane.names, plane.train))
        plane.dial(parameters=story.line(story.start))
        self.play(Create(plane.line), FadeIn(plane.pin), FadeIn(self.model, shift=0.2 * UP))
        self.add(plane)
        marks = ParameterMarks(plane)
        marks.remove(marks.bias)
        self.show(marks, run_time=0.5)
        near, far = self.ends
        for place, seconds in ((far, 2.2), (near, 1.8), (story.start, 0.8)):
            self.turn(plane, marks, parameters=story.line(place), seconds=seconds)
        self.hide(marks, run_time=0.4)
        self.turn(plane, grown=1.0, seconds=1.2)
        self.error = Words('$mark("loss", e_i) = yhat_i - y_i$', MEDIUM, theme)
        self.say(self.error.place(MARGIN.left, ERROR))
        self.wait(1.4)

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of the parabola, the one that is nearer to the start first."""
        near, far = sorted(self.story.window(BEHIND, AHEAD), key=lambda end: abs(end - self.story.start))
        return near, far

    @beat(
        "parabola",
        "The line turns again, its mean squared error is drawn over w: a parabola, whose lowest point is the "
        "best line.",
    )
    def draw_parabola(self) -> None:
        story, theme, plane = self.story, self.colors, self.plane
        self.hide(self.model, self.error, run_time=0.4)
        self.model = Words(self.model.source, MEDIUM, theme).place(MODEL.left, MODEL.bottom)
        self.error.place(RULE.left, FIRST_FORMULA)
        self.mean = Words(f'{LOSS_MARKUP} $= display(1/n) limits(sum)_i mark("loss", e_i)^2$', MEDIUM, theme)
        self.mean.place(RULE.left, SECOND_FORMULA)
        formulas = self.model, self.error, self.mean
        self.turn(plane, box=PICTURE.inset(plane.insets()), fade=0.3, coming=formulas)
        heights = loss_axis(story.problem.minimum, story.start_loss, LOSS)
        self.cut = cut = Cut(
            CUT,
            story.problem,
            story.window(BEHIND, AHEAD),
            heights,
            theme,
            start=story.start,
            follows=story.runner("by hand", STEPPING),
            lanes=1,
            traced=True,
        )
        self.play(
            Create(cut.plot.lines),
            FadeIn(cut.plot.labels, cut.names, cut.disc, cut.ring),
            run_time=0.7,
        )
        self.add(cut)
        near, far = self.ends
        for place, seconds in ((far, 2.4), (near, 1.6), (story.start, 0.8)):
            self.redraw(
                turning(cut, place=place, run_time=seconds),
                turning(plane, parameters=story.line(place), run_time=seconds),
            )
        cut.add(cut.diamond)
        self.show(cut.diamond, run_time=0.6)
        self.wait(0.8)

    @beat(
        "slope",
        "We start here: the tangent's slope is the gradient, the mean of two x e.",
    )
    def show_slope(self) -> None:
        _, slope, _ = self.story.readouts("by hand")
        self.tangent = Tangent(self.cut, self.story.start)
        source = f'$slope("{LOSS}", weight) = display(2/n) limits(sum)_i x_i thin mark("loss", e_i)$'
        gradient = Words(source, MEDIUM, self.colors).place(RULE.left, SECOND_FORMULA)
        value = Digits(slope.notation.write(slope.values[0]), MEDIUM, self.colors, "weight")
        equals = Words("$=$", MEDIUM, self.colors)
        self.slope = Block([equals, value], gap=18).place(RULE.left + 128, SECOND_FORMULA + 120)
        read = Block(
            [Words(tr("slope $=$"), SMALL, self.colors), Digits(value.text, SMALL, self.colors, "weight")]
        )
        self.cut.label(read, self.story.start)
        self.play(Create(self.tangent.line), run_time=1.2)
        self.say(read)
        self.wait(0.6)
        self.hide(self.mean, run_time=0.5)
        self.say(gradient, run_time=0.8)
        self.wait(1)
        self.say(equals, value, run_time=0.6)
        self.add(self.slope)
        self.formulas = VGroup(self.error, gradient, self.slope, read)
        self.wait(1.3)

    @beat(
        "step",
        "Go against the slope, by the learning rate times the slope.",
        claim(
            "falls_at_once",
            "The line turns, and the loss falls.",
            "Too little to show in the loss.",
        ),
    )
    def first_step(self) -> None:
        story = self.story
        self.rule = rule = UpdateRule(RULE, story.run, LOSS, self.colors, "by hand").at(1)
        self.lane = Lane(self.cut, story.runner("by hand", STEPPING))
        self.clock = Clock(self.cut, self.tangent, self.plane)
        self.stepping = Clock(self.lane)
        self.risers = VGroup()
        w, slope, _ = story.readouts("by hand")
        lengths = [change(way, w.notation.decimals) for way in np.diff(w.values[: SINGLE_STEPS + 1])]
        rows = [Row(tr("step {k}", k=k), (slope.written(k), length)) for k, length in enumerate(lengths)]
        self.table = Table(STEPS, rows, self.colors, heads=(tr("slope"), "$Delta weight$"))
        self.hide(*self.formulas, run_time=0.5)
        self.show(rule.symbols, rule.rates, *rule.slopes, *rule.olds, *rule.gradients, run_time=0.8)
        self.show(rule.result_signs, *rule.results, run_time=0.8)
        self.add(rule)
        self.show(self.table.head, run_time=0.6)
        self.step_to(1, seconds=1.8)
        self.wait(2.7)

    def step_to(self, row: int, seconds: float) -> None:
        """One update: an arrow along w, a riser to the curve, and the point and the line go there."""
        line = self.table.rows[row - 1]
        self.redraw(advancing(self.stepping, run_time=0.5 * seconds), FadeIn(line, run_time=0.5 * seconds))
        riser = self.lane.riser(row, "data").set_stroke(opacity=0.7)
        self.play(Create(riser), run_time=0.2 * seconds)
        self.risers.add(riser)
        self.advance(self.clock, to=row, seconds=0.6 * seconds, rest=0)

    @beat(
        "shrink",
        claim(
            "first_steps_shrink",
            "The same rate, and yet each step is shorter. The tangent has become flatter: the steps shrink "
            "by themselves.",
            "The same rate, times the slope where each step begins. That has hardly changed, and neither "
            "have the steps.",
        ),
        cover=True,
    )
    def next_steps(self) -> None:
        rule = self.rule
        for row in range(2, SINGLE_STEPS + 1):
            self.turn(rule, told=0.0, seconds=0.25)
            self.turn(rule.at(row), told=2.0, seconds=0.5)
            self.step_to(row, seconds=1.2)
            self.wait(0.4)
        self.wait(0.2)

    @beat(
        "run",
        claim(
            "steps_shrink",
            "So they go on, always downhill, ever shorter, towards the minimum: the weight w star.",
            "So they go on, and none is longer than the slope makes it.",
        ),
    )
    def run_all_on(self) -> None:
        story, theme, run = self.story, self.colors, self.story.run
        w, slope, loss = story.readouts("by hand")
        best = Readout("$weight^* =$", story.problem.minimizer, w.notation, "minimum", signed=True)
        lowest = Readout(tr("its loss"), np.array([story.problem.minimum]), loss.notation, "minimum")
        counter = Counter(tr("step"), None, theme, largest=run.n_steps, em=LARGE, start=SINGLE_STEPS)
        end, align = (CUT.right, "right") if self.cut.slope(story.start) <= 0 else (CUT.left + 120, "left")
        counter.place(end, CUT.top + 8, align)
        numbers = Readouts(NUMBERS, [w, slope, loss, best, lowest], theme).at(SINGLE_STEPS)
        self.hide(self.rule, *self.table.rows, self.table.head, run_time=0.4)
        self.show(counter, numbers, run_time=0.4)
        self.clock.figures += [self.lane, counter, numbers]
        self.run_on(self.clock, run.n_steps, TIME_LAPSE_SECONDS, pace="by change")
        self.wait(1.6)

    # -- one program, four times -------------------------------------------------------------------------

    @beat(
        "code",
        "That descent as a program: predict, error, loss, gradient, step. Each printed row is one moment: "
        "the weight after so many steps, and its loss.",
    )
    def show_code(self) -> None:
        story, theme, cut, plane = self.story, self.colors, self.cut, self.plane
        self.leave_only(cut, plane, run_time=0.6)
        self.picture = [cut, plane, self.lane]
        self.take_back(plane)
        plane.dial(box=PLANE_ASIDE.inset(plane.insets()))
        self.turn(cut, box=CUT_ASIDE, seconds=1.0, coming=[plane])
        self.code = MorphingCode(CODE, story.programs, theme)
        self.name = self.name_over_code(0)
        self.say(self.name, run_time=0.6)
        self.play(LaggedStart(*map(FadeIn, self.code.lines[0]), lag_ratio=0.7), run_time=3.0)
        self.add(self.code)
        self.printed = self.print_table(0, seconds=3.4)
        first: Type = Words(program_name(0), SMALL, theme).place(TABLES.left, PROGRAM.bottom - 8)
        self.agreements = [first]
        self.wait(1)

    def name_over_code(self, index: int) -> Words:
        return Words(program_name(index), MEDIUM, self.colors).place(NAME.left, NAME.top + 44)

    def take_back(self, *others: Mobject) -> None:
        """The run leaves the picture, with others, and the picture is at the start again."""
        cut, plane = self.cut, self.plane
        self.hide(cut.disc, plane.line, plane.residuals, *others, run_time=0.4)
        Clock(*self.picture)

    def put_back(self) -> tuple[Mobject, ...]:
        """What shows the start of the run, to come onto the screen again."""
        cut, plane = self.cut, self.plane
        cut.add(cut.disc)
        plane.add(plane.line, plane.residuals)
        return cut.disc, plane.line, plane.residuals

    def print_table(self, index: int, seconds: float) -> PrintedTable:
        """A program runs: its table is printed while the picture shows the same rows."""
        story, run = self.story, PROGRAMS[index]
        cell = NEXT_TABLE if index else TABLE
        rows = printed_rows(story.run.n_steps)
        table = PrintedTable(
            story.runs[run], run, rows, story.decimals, cell, self.colors, title=program_name(index)
        )
        self.show(table.head, *table.rows[:1], *self.put_back(), run_time=0.6)
        self.run_on(Clock(*self.picture, table), to=story.run.n_steps, seconds=seconds)
        return table

    @beat(
        "programs",
        "Now torch takes over. First backward finds the gradient. Then an optimiser takes the step and "
        "clears the gradient. Then a model predicts. The marked lines change; what is printed stays, digit "
        "for digit.",
    )
    def compare_programs(self) -> None:
        for index in range(1, len(PROGRAMS)):
            name = self.name_over_code(index)
            self.take_back(self.name, self.lane)
            self.redraw(
                turning(self.code, program=float(index), focus=1.0, run_time=1.2),
                FadeIn(name, run_time=0.5),
            )
            self.name = name
            table = self.print_table(index, seconds=1.0)
            joined = Words(f"$=$ {program_name(index)}", SMALL, self.colors)
            joined.place(self.agreements[-1].box().right + 14, PROGRAM.bottom - 8)
            self.wait(0.5)
            self.redraw(FadeOut(self.printed, run_time=0.35), turning(table, left=TABLE.left))
            self.printed = table
            if index < len(PROGRAMS) - 1:
                self.say(*self.agreements[: index == 1], joined, run_time=0.4)
                self.agreements.append(joined)
                self.wait(0.1)
        self.conclude()

    def conclude(self) -> None:
        """What all programs print alike is said large, beside the one table that is left."""
        rows = [
            [Words("$=$ " * (index > 0) + program_name(index), MEDIUM, self.colors)]
            for index in range(len(PROGRAMS))
        ]
        whole = Block(*rows, leading=72).place(NEXT_TABLE.left - 20, NEXT_TABLE.top + 60)
        self.play(FadeOut(*self.agreements), FadeIn(whole), run_time=0.6)
        self.agreements = [whole]
        self.wait(2)

    # -- the mistake -------------------------------------------------------------------------------------

    @beat(
        "mistake",
        "Where is the mean? There are n terms; mean levels them to n equal parts and keeps one. Often seen "
        "instead: a dot product. It is the sum already, one number; its mean changes nothing. This gradient "
        "is n times too long.",
    )
    def show_mistake(self) -> None:
        code, theme = self.code, self.colors
        self.take_back(self.printed, *self.agreements, self.name, self.lane)
        self.turn(code, program=float(len(PROGRAMS)), focus=0.0, seconds=1.2)
        self.show(*self.put_back(), run_time=0.4)
        mean, terms = self.bars_of(STACK, "2*x*e", MEAN_CODE, GOOD.role)
        self.say(mean)
        few = len(terms.values) <= FEW_TERMS
        values = [self.beside(terms, index) for index in range(len(terms.values) * few)]
        terms.dial(stacked=float(not few))
        self.show(terms, *values, run_time=0.8)
        self.wait(1.2)
        if few:
            self.hide(*values, run_time=0.4)
            self.turn(terms, stacked=1.0, seconds=1.3)
        added, whole, *divided = self.division(STACK, "by hand", self.story.n_points)
        self.show(added, whole, run_time=0.5)
        self.turn(terms, levelled=1.0, seconds=1.3)
        self.redraw(turning(mean, program=1.0, run_time=0.8), turning(terms, kept=1.0, run_time=0.8))
        self.show(*divided, run_time=0.6)
        self.wait(0.5)
        self.turn(code, program=len(PROGRAMS) + 1.0, focus=1.0, seconds=1.2)
        dot, one = self.bars_of(ONE_NUMBER, "np.dot(2*x, e)", SUM_CODE, DIVERGENT.role)
        self.say(dot)
        self.show(one.dial(stacked=1.0), run_time=0.6)
        self.turn(one, fused=1.0, seconds=0.8)
        added, whole, *unchanged = self.division(ONE_NUMBER, "sum", 1)
        self.show(added, whole, run_time=0.5)
        self.turn(dot, program=1.0, seconds=0.8)
        divisor, *rest = unchanged
        frame = rectangle(divisor.box().grown(14), theme.color(DIVERGENT.role), width=4)
        self.show(divisor, frame, run_time=0.6)
        self.wait(0.6)
        self.show(*rest, run_time=0.6)
        times = Digits(f"{self.story.n_points}\N{THIN SPACE}×", MEDIUM, theme, DIVERGENT.role)
        note = Block([times, Words(tr("too long"), SMALL, theme)], gap=16)
        self.say(note.place(ONE_NUMBER.right, dot.baseline(0), "right"))
        self.wait(0.8)

    def bars_of(self, cell: Cell, inside: str, whole: str, role: str) -> tuple[MorphingCode, LevelledBars]:
        """A piece of code that comes to be in the brackets of another, and under it what it adds up."""
        code = MorphingCode(cell, [(inside,), (whole,)], self.colors)
        bars = cell.inset(Insets(top=BARS_UNDER))
        return code, LevelledBars(bars, self.story.terms, self.colors, role)

    def beside(self, bars: LevelledBars, index: int) -> Digits:
        """The number of a bar, beside its end."""
        end, middle = bars.end_of(index)
        text = shortest(float(self.story.terms[index]), 3)
        return Digits(text, SMALL, self.colors).place(end + 18, middle + 14)

    def division(self, cell: Cell, run: str, n: int) -> list[Type]:
        """The sum by its name, by how much it is divided, and what that comes to: a run's first gradient."""
        _, slope, _ = self.story.readouts(run)
        total = self.story.readouts("sum")[1].written(0)
        texts = (total, f"÷{n}", "=", slope.written(0))
        numbers = [Digits(text, MEDIUM, self.colors) for text in texts]
        row = Block([Words(tr("sum"), SMALL, self.colors), *numbers], gap=22)
        return row.place(cell.left, cell.top + NUMBERS_UNDER).parts

    # -- two runs ----------------------------------------------------------------------------------------

    @beat(
        "race",
        "Both start at one learning rate: squares for the mean, triangles for the sum.",
        claim(
            "four_points_look_faster",
            "With four points the mistake even looks faster: it is the right rule at four times the rate.",
            claim(
                "sum_looks_faster",
                "With {story.n_points} points the mistake even looks faster: it is the right rule at "
                "{story.n_points} times the rate.",
                claim(
                    "sum_leaves_at_once",
                    "With {story.n_points} points the mistake climbs at once: the right rule at "
                    "{story.n_points} times the rate.",
                    "With {story.n_points} points the mistake is not even faster: the right rule at "
                    "{story.n_points} times the rate.",
                ),
            ),
        ),
    )
    def race(self) -> None:
        story, theme, cut = self.story, self.colors, self.cut
        cut.remove(cut.disc)
        self.add(cut.disc)
        self.leave_only(cut, run_time=0.6)
        cut.follows, cut.place = None, None
        cut.curve.set_stroke(opacity=0.6)
        heads = [
            marked_code(code, style, cell.left, cell.bottom - 14, theme)
            for code, style, cell in zip((MEAN_CODE, SUM_CODE), STYLES, (MEAN_HEAD, SUM_HEAD), strict=True)
        ]
        self.say(*heads)
        self.turn(cut, box=RACE, window=story.nearby, lanes=0.0)
        self.rate = self.rate_of("by hand")
        said = [Block(*([Words(row, SMALL, theme)] for row in rows)) for rows in story.what_the_sum_is]
        self.longer = fitted(COUNT.width, said, lambda block: block.box().width)
        self.longer.place(COUNT.left, COUNT.top + 40)
        under = replace(LIMITS, top=max(LIMITS.top, self.longer.box().bottom + 20))
        clock = self.ready_both("by hand", "sum", under, self.rate)
        self.advance(clock, to=1, rest=0)
        self.say(self.longer, run_time=0.4)
        self.advance(clock, to=self.last, seconds=0.7, rest=0.2)
        self.names = self.name_runs(dict.fromkeys(cut.paths, cut))
        self.wait(1.8)

    def name_runs(self, where: Mapping[str, Cut]) -> list[Words]:
        """Each of two runs has its name where it is now, on the cut that is given for it."""
        names = [
            self.beside_end(cut, run, Words(word, SMALL, self.colors, style.role))
            for (run, cut), word, style in zip(where.items(), (tr("mean"), tr("sum")), STYLES, strict=True)
        ]
        self.say(*names, run_time=0.4)
        return names

    def beside_end(self, cut: Cut, run: str, text: Text) -> Text:
        """A text beside the last place of a path, or beside the cross where it leaves."""
        path = cut.paths[run]
        mark = path.head if path.head.has_points() else path.cross
        (place,) = cut.plot.values(mark.centers())
        cut.label(text, *place)
        return text

    @property
    def last(self) -> int:
        return min(RACE_STEPS, self.story.run.n_steps)

    def ready_both(self, mean: str, mistake: str, count: Cell, *others: Mobject) -> Clock:
        """Two runs from one start as paths on the parabola, with their numbers and others, on one clock."""
        names = mean, mistake
        story, theme, cut = self.story, self.colors, self.cut
        for name, style in zip(names, STYLES, strict=True):
            cut.add_path(story.runner(name, style))
        self.numbers = [
            Readouts(
                cell,
                [replace(each, values=each.values[: RACE_STEPS + 1]) for each in story.readouts(name)[::2]],
                theme,
            )
            for cell, name in zip((MEAN_ROW, SUM_ROW), names, strict=True)
        ]
        self.counter = Counter(tr("step"), None, theme, largest=RACE_STEPS, em=LARGE)
        self.counter.place(count.left, count.top + 80)
        self.show(*others, *self.numbers, self.counter, run_time=0.7)
        return Clock(cut, *self.numbers, self.counter)

    def rate_of(self, run: str) -> Block:
        """The learning rate of a run, over the numbers of both."""
        rate = Digits(shortest(self.story.runs[run].learning_rate), MEDIUM, self.colors)
        return Block([Words("$eta =$", MEDIUM, self.colors), rate], gap=18).place(RATE.left, RATE.top + 60)

    @beat(
        "many",
        claim(
            "many_fly_off",
            "Now take more points that lie like these. The mean stays, the sum grows with n: the mistake "
            "swings ever wider, and flies off.",
            "Now take more points that lie like these. The mean stays, the sum grows with n. Only so small a "
            "rate can bear that.",
        ),
    )
    def add_points(self) -> None:
        story, theme, cut = self.story, self.colors, self.cut
        numbers = [
            Readouts(cell, [each], theme)
            for cell, each in zip((MEAN_ROW, SUM_ROW), story.of_many, strict=True)
        ]
        counter = Counter(
            tr("points $n =$"), None, theme, largest=story.many[-1], em=MEDIUM, start=story.n_points
        )
        counter.place(COUNT.left, COUNT.top + 80)
        crowd = self.crowd()
        alike = Words(tr("that lie like the first ${n}$", n=story.n_points), SMALL, theme, "muted")
        alike.place(LIMITS.left, LIMITS.top + 10)
        self.hide(self.counter, *self.numbers, self.longer, *self.names, run_time=0.5)
        cut.let_go(*self.names)
        self.redraw(
            turning(cut, window=story.zoom[0], run_time=0.7),
            FadeIn(counter, *numbers, *crowd[:1], run_time=0.7),
        )
        self.mean_path = cut.paths.pop("by hand")
        self.wait(0.4)
        told, clock = list[Block](), Clock(*numbers)
        for index, n in enumerate(story.many[1:], start=1):
            (before,) = cut.paths
            self.hide(cut.paths.pop(before), *told, run_time=0.3)
            cut.let_go(*told)
            told, has_told = [], bool(told)
            clock.at(index)
            counter.count(n)
            self.add(*crowd[index : index + 1])
            if index == 1:
                self.show(alike, run_time=0.4)
            path = cut.add_path(story.runner(points(n), DIVERGENT))
            last = path.exit_row or RACE_STEPS
            self.advance(Clock(cut), to=last, seconds=0.8 / last, rest=0)
            if path.exit is not None:
                rows = ([Words(row, SMALL, theme, DIVERGENT.role)] for row in story.landing(n, last))
                told = [self.beside_end(cut, points(n), Block(*rows))]
                self.say(*told, run_time=0.4)
            self.wait((1.2 if has_told else 1.8) if told else 0.6)  # the same words with other numbers
        self.many = [counter, *numbers, alike, *crowd, *told]

    def crowd(self) -> list[Dots]:
        """As many dots as the mistake sums over points: what each number of them adds to the one before."""
        n, cell = self.story.n_points, LIMITS.inset(Insets(top=46))
        parts = np.diff((0, *TIMES)).tolist()
        return dots_in_columns(cell, n, parts, self.colors.data) if n <= FEW_POINTS else []

    @beat(
        "limits",
        "Back at the first points, the sum's limit is n times smaller. Between, the mean converges and the "
        "sum swings out.",
    )
    def show_limits(self) -> None:
        story, theme, cut = self.story, self.colors, self.cut
        self.hide(*self.many, self.mean_path, *cut.paths.values(), run_time=0.6)
        cut.paths.clear()
        clock = self.ready_both("mean, faster", "sum, faster", COUNT)
        again = Words(tr("again $n = {n}$ points", n=story.n_points), SMALL, theme)
        self.say(again.place(LIMITS.left, LIMITS.top + 10), run_time=0.5)
        names = tr("mean: arrives if $eta <$"), tr("sum: arrives if $eta <$")
        limits = dict(zip(names, story.limits, strict=True))
        bars = LimitBars(LIMITS.inset(Insets(top=40, bottom=60)), limits, [s.role for s in STYLES], theme)
        for row in bars.rows:
            self.say(row, run_time=0.6)
        before, self.rate = self.rate, self.rate_of("mean, faster")
        marker = bars.marker(story.runs["sum, faster"].learning_rate)
        self.play(
            FadeOut(before, shift=0.4 * UP), FadeIn(self.rate, shift=0.4 * UP), FadeIn(marker), run_time=0.8
        )
        cut.zoom_with(story.zoom)
        self.advance(clock, to=1, seconds=0.75, rest=0)
        arrives, flies_off = cut.paths
        where = {arrives: cut, flies_off: cut}
        if story.leaves_room:
            where[arrives] = self.look_closer(arrives, clock)
        self.advance(clock, to=self.last, seconds=0.75, rest=0.25)
        self.name_runs(where)
        self.wait(1.8)

    def look_closer(self, run: str, clock: Clock) -> Cut:
        """What the axes showed at first comes over them as they show more, with a run that stays in it."""
        story, theme = self.story, self.colors
        low, high, top = story.zoom[0]
        heights = heights_up_to(self.cut.floor, float(top), "", 3)
        near = Cut(
            NEAR,
            story.problem,
            (low, high),
            heights,
            theme,
            start=story.start,
            most=3,
            grid=False,
            in_a_row=True,
            has_heights=False,
        )
        near.curve.set_stroke(opacity=0.6)
        near.add(near.diamond)
        near.add_path(story.runner(run, GOOD))
        near.at(clock.row)
        self.show(near.put_on_card(CARD), run_time=0.4)
        clock.figures.append(near)
        return near
