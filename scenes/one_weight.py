"""OneWeight: a line through the origin, its parabola, four programs that agree, and a mean that is a sum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from manim import UP, Create, FadeIn, FadeOut, LaggedStart, VGroup
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
    LimitBars,
    MeasuredCode,
    Notation,
    PrintedTable,
    Program,
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
    cuts_of_runs,
    knob,
    loss_axis,
    readout_lines,
    seen_about_minimum,
)
from gdscenes.kit.figures.code import lighting, marked_code
from gdscenes.kit.figures.model import weight_model
from gdscenes.kit.figures.printed_table import agreeing_decimals, printed_rows
from gdscenes.kit.lecture.choices import Data, dataset_of, gentle_learning_rate, rate_between
from gdscenes.kit.lecture.clock import advancing, turning
from gdscenes.kit.lecture.flight import flying
from gdscenes.kit.type.notation import change, decimals_for, shortest

Array = NDArray[np.float64]

BEHIND, AHEAD = 1.15, 0.75
"""What the parabola shows on either side of its lowest point, in ways from there to the start."""
REACH, WIDE_REACH = 1.3, 2.6
"""The same on both sides where two runs are compared, and where one of them swings out."""
SINGLE_STEPS, RACE_STEPS = 4, 8
TIME_LAPSE_SECONDS = 5.0
FEW_POINTS = 20
"""More points are small dots in the small picture."""
MOST_DECIMALS = (3, 8)
"""Of w and of the loss, as the notebook prints them."""

STAGE, MARGIN = PAGE.columns(1119, 510, gap=116)
CUT = STAGE.inset(Insets(left=63, top=95, right=20, bottom=99))
_, PICTURE, MODEL, RULE, STEPS, _ = MARGIN.rows(14, 371, 45, 242, 302, 20)
NUMBERS = MARGIN.rows(500, 494)[1]
BARS = PAGE.inset(Insets(left=63, right=42))

STEPPING = RunStyle("weight", 0, 9, 1, 0)
"""Of the steps along w."""
STYLES = (GOOD, DIVERGENT)
"""Of the run whose gradient is a mean, and of the one whose is a sum."""

RIGHT_CODE = "dw = (2*x*e).mean()"
WRONG_CODE = "dw = np.dot(2*x, e).mean()"
PROGRAMS = {
    "by hand": ("yhat = w * x", RIGHT_CODE, "w -= lr * dw"),
    "autograd": ("yhat = w * x", "loss.backward()", "w -= lr * w.grad"),
    "torch.optim.SGD": ("yhat = w * x", "loss.backward()", "sgd.step()"),
    "nn.Linear": ("yhat = model(x)", "loss.backward()", "sgd.step()"),
}
"""What each program writes for predict, gradient and update."""
LOSS = "MSE"


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
    """One descent by four programs, and beside it the one whose mean is a sum, at two rates."""

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

    def measured_by(self, run: str) -> gdmath.LeastSquares:
        return self.problem

    def line(self, w: float) -> Array:
        """(b, w) of the line of one weight."""
        return np.array([*(self.held or (0.0,)), w])

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
    def n_points(self) -> int:
        return self.problem.n_rows

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
    def four_points_look_faster(self) -> bool:
        return self.n_points == 4 and self.sum_looks_faster

    @property
    def sum_leaves_at_once(self) -> bool:
        return gdmath.behaviour.first_change(self.runs["sum"]) > 0

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

    def printed(self, name: str) -> tuple[Array, Array]:
        """w after each printed update and the loss before it, as a loop prints them."""
        run, rows = self.runs[name], printed_rows(self.run.n_steps)
        return run.parameters[rows, 0], run.losses[rows - 1]


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
    question = "How little does it take to learn by descent?"
    hand_over = "With more weights, the same lines make the training loop."
    chapter = 7
    seconds = 97
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
        return OneWeightStory(settings=settings, dataset=dataset, runs=runs)

    @beat(
        "line",
        "The simplest model there is: only the weight w is learned. Turn the line, and its mean "
        "squared error draws a parabola.",
    )
    def show_line(self) -> None:
        self.title_card()
        story, theme = self.story, self.colors
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
        radius = 9 if story.problem.n_rows <= FEW_POINTS else 6
        self.plane = plane = DataPlane(story.dataset, PICTURE, theme, story.lines, radius=radius)
        self.model = Words(weight_model(*story.held), MEDIUM, theme).place(MODEL.left, MODEL.bottom)
        self.play(Create(plane.plot.lines), FadeIn(plane.plot.labels, plane.names, plane.train), run_time=0.5)
        plane.dial(parameters=story.line(story.start))
        self.play(Create(plane.line), FadeIn(self.model, shift=0.2 * UP))
        plane.dial(grown=1.0)
        self.play(
            FadeIn(plane.residuals, cut.disc, cut.ring),
            Create(cut.plot.lines),
            FadeIn(cut.plot.labels, cut.names),
        )
        self.sweep()
        self.show(cut.diamond)
        cut.add(cut.diamond)
        self.wait(1.5)

    def sweep(self) -> None:
        """The line turns from one end of the window to the other, and its loss draws the parabola."""
        story, cut, plane = self.story, self.cut, self.plane
        near, far = sorted(cut.ends, key=lambda end: abs(end - story.start))
        for place, seconds in ((far, 3.0), (near, 2.0), (story.start, 0.8)):
            self.redraw(
                turning(cut, place=place, run_time=seconds),
                turning(plane, parameters=story.line(place), run_time=seconds),
            )

    @beat(
        "slope",
        "We start on one branch. The tangent's slope there is the gradient: it says how fast the "
        "loss changes with w.",
    )
    def show_slope(self) -> None:
        _, slope, _ = self.story.readouts("by hand")
        self.tangent = Tangent(self.cut, self.story.start)
        name = Words(slope.name, MEDIUM, self.colors)
        value = Digits(slope.notation.write(slope.values[0]), MEDIUM, self.colors, "weight")
        self.slope = Block([name, value], gap=18).place(RULE.left, RULE.top + 108)
        self.play(Create(self.tangent.line), run_time=1.2)
        self.wait(0.4)
        self.say(name, run_time=1)
        self.play(FadeIn(value, target_position=self.cut.disc), run_time=1.2)
        self.add(self.slope)
        self.wait(2)

    @beat(
        "step",
        "Go against the slope: the step is the learning rate times the slope.",
        claim(
            "falls_at_once",
            "The line turns, and the loss falls.",
            "The line turns, too little to show in the loss.",
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
        rows = [Row(f"step {k + 1}", (slope.written(k), length)) for k, length in enumerate(lengths)]
        self.table = Table(STEPS, rows, self.colors, heads=("slope", "$Delta weight$"), em=SMALL)
        self.play(FadeOut(self.slope), flying(self.slope.number, rule.gradients[0]))
        self.show(rule.symbols, rule.rates, *rule.slopes, *rule.olds, run_time=0.8)
        self.show(rule.result_signs, *rule.results, run_time=0.8)
        self.add(rule)
        self.show(self.table.head, run_time=0.6)
        self.step_to(1, seconds=1.6)
        self.wait(2)

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
            "The same rate again, and yet each step is shorter than the last. The tangent has become "
            "flatter: the steps shrink by themselves.",
            "The same rate again, times the slope where each step begins. That has hardly changed its size, "
            "and neither have the steps.",
        ),
        cover=True,
    )
    def next_steps(self) -> None:
        rule = self.rule
        for row in range(2, SINGLE_STEPS + 1):
            self.turn(rule, told=0.0, seconds=0.25)
            self.turn(rule.at(row), told=2.0, seconds=0.5)
            self.step_to(row, seconds=1.1)
            self.wait(0.3)
        self.wait(2)

    @beat(
        "run",
        claim(
            "steps_shrink",
            "So they go on, always downhill, ever shorter, towards the minimum.",
            "So they go on, step by step, and none is longer than the slope makes it.",
        ),
    )
    def run_all_on(self) -> None:
        story, theme, run = self.story, self.colors, self.story.run
        w, slope, loss = story.readouts("by hand")
        least = Readout("minimum", story.problem.minimizer, w.notation, "minimum", signed=True)
        counter = Counter("step", None, theme, largest=run.n_steps, em=LARGE, start=SINGLE_STEPS)
        counter.place(CUT.right, CUT.top + 8, "right")
        numbers = Readouts(NUMBERS, [w, slope, loss, least], theme).at(SINGLE_STEPS)
        self.hide(self.rule, *self.table.rows, self.table.head, run_time=0.4)
        self.show(counter, numbers, run_time=0.4)
        self.clock.figures += [self.lane, counter, numbers]
        self.run_on(self.clock, run.n_steps, TIME_LAPSE_SECONDS, pace="by change")
        self.wait(2.2)

    # -- four programs -----------------------------------------------------------------------------------

    @beat(
        "programs",
        "The same descent, written four times. Each program hands one more line over to torch; "
        "what they print is the same, digit for digit.",
    )
    def compare_programs(self) -> None:
        self.leave_only(run_time=0.8)
        story, theme, before = self.story, self.colors, None
        printed = [story.printed(name) for name in PROGRAMS]
        w, loss = (
            agreeing_decimals([column[k] for column in printed], most) for k, most in enumerate(MOST_DECIMALS)
        )
        columns = PAGE.inset(Insets(top=55)).columns(len(PROGRAMS), gap=46)
        for cell, (name, lines), numbers in zip(columns, PROGRAMS.items(), printed, strict=True):
            program = Program(cell, name, lines, theme)
            self.play(FadeIn(program, shift=0.15 * UP), run_time=0.8)
            if before:
                self.play(lighting(program.repeated(before), theme, False), run_time=0.5)
            _, below = cell.rows(282, 657)
            table = PrintedTable(printed_rows(story.run.n_steps), *numbers, (w, loss), below, theme)
            appear = FadeIn(table.head), LaggedStart(*map(FadeIn, table.rows), lag_ratio=0.3)
            self.play(*appear, run_time=1.2 if before else 2.2)
            self.add(table)
            before = program
        self.wait(3)

    # -- the mistake -------------------------------------------------------------------------------------

    @beat(
        "mistake",
        "Often seen: the mean of a dot product. But that product is one number already, and the "
        "mean of one number is itself. This gradient is a sum: n times too long.",
    )
    def show_mistake(self) -> None:
        self.leave_only()
        story, theme, n = self.story, self.colors, self.story.problem.n_rows
        _, slope, _ = story.readouts("by hand")
        mean, summed, below = BARS.inset(Insets(top=112)).rows(350, 350, 182)
        once = MeasuredCode(mean, RIGHT_CODE, slope.written(0), 1 / n, theme, GOOD.role)
        too_long = slope.notation.write(story.runs["sum"].gradients[0, 0])
        often = MeasuredCode(summed, WRONG_CODE, too_long, 1.0, theme, DIVERGENT.role, pieces=n)
        self.say(once.code, run_time=1)
        self.play(Create(once.bar.pieces[0]), FadeIn(once.result))
        self.add(once)
        self.wait(0.6)
        self.say(often.code, run_time=1)
        self.play(LaggedStart(*map(FadeIn, often.bar.pieces), lag_ratio=0.6), run_time=2)
        self.show(often.result, run_time=0.6)
        self.add(often)
        self.wait(0.6)
        times = Digits(f"{n}\N{THIN SPACE}×", LARGE, theme)
        note = Words("too long: the mean of one number is that number", MEDIUM, theme)
        self.say(Block([times, note], gap=24).place(BARS.left, below.top - 2), run_time=1)
        self.wait(3)

    # -- two runs ----------------------------------------------------------------------------------------

    @beat(
        "race",
        "Both at the same learning rate.",
        claim(
            "four_points_look_faster",
            "With four points the mistake even looks faster; with many it leaves at once.",
            claim(
                "sum_looks_faster",
                "With {story.n_points} points the mistake even looks faster; with many it leaves at once.",
                claim(
                    "sum_leaves_at_once",
                    "With {story.n_points} points the mistake leaves at once.",
                    "With {story.n_points} points the mistake is not even faster.",
                ),
            ),
        ),
    )
    def race(self) -> None:
        self.leave_only(run_time=0.5)
        top, _, below = BARS.rows(697, 200, 97)
        self.lay_out_cuts(("by hand", "sum"), REACH, top)
        left, right = (cut.plot.box.left for cut in self.cuts)
        self.heads = VGroup(
            marked_code(RIGHT_CODE, GOOD, left, BARS.top + 65, self.colors),
            marked_code(WRONG_CODE, DIVERGENT, right, BARS.top + 65, self.colors),
        )
        self.show(*self.cuts, self.heads)
        rate, counter = self.rate_and_counter("sum", left, right, below.top + 40)
        self.show(*self.numbers, rate, counter, run_time=0.7)
        self.run_both(counter)
        self.wait(2.2)

    def lay_out_cuts(self, names: tuple[str, str], reach: float, cell: Cell) -> None:
        """A parabola for each of two runs in one window, and under it their numbers; not yet shown."""
        story, cell = self.story, cell.inset(Insets(top=153))
        runners = [story.runner(*each) for each in zip(names, STYLES, strict=True)]
        self.cuts = cuts_of_runs(cell, story.problem, story.window(reach, reach), LOSS, runners, self.colors)
        shown = [
            [replace(each, values=each.values[: RACE_STEPS + 1]) for each in story.readouts(name)[::2]]
            for name in names
        ]
        boxes = [cut.line_under() for cut in self.cuts]
        self.numbers = readout_lines(boxes, shown, self.colors, clock="")

    def rate_and_counter(
        self, name: str, left: float, right: float, baseline: float
    ) -> tuple[Block, Counter]:
        """The learning rate of both runs, and their clock."""
        rate = Digits(shortest(self.story.runs[name].learning_rate), MEDIUM, self.colors)
        counter = Counter("step", None, self.colors, largest=RACE_STEPS, em=LARGE)
        named = Block([Words("$eta =$", MEDIUM, self.colors), rate], gap=18)
        return named.place(left, baseline), counter.place(right, baseline)

    def run_both(self, counter: Counter) -> None:
        """Both runs, step by step on one clock."""
        last = min(RACE_STEPS, self.story.run.n_steps)
        self.advance(Clock(*self.cuts, *self.numbers, counter), to=last, seconds=0.7, rest=0.3)

    @beat(
        "limits",
        "The price: its largest stable rate is n times smaller. At a rate between the two limits "
        "the mean converges, and the sum swings ever further out.",
    )
    def show_limits(self) -> None:
        self.leave_only(self.heads, run_time=0.6)
        top, _, below, _ = BARS.rows(537, 314, 120, 23)
        self.lay_out_cuts(("mean, faster", "sum, faster"), WIDE_REACH, top)
        self.show(*self.cuts, *self.numbers, run_time=0.8)
        left, right = below.columns(2, gap=160)
        limits = dict(zip(("mean", "sum"), self.story.limits, strict=True))
        bars = LimitBars(left, right.left, limits, [style.role for style in STYLES], self.colors)
        for row in bars.rows:
            self.say(row)
        faster = self.story.runs["sum, faster"].learning_rate
        rate, counter = self.rate_and_counter(
            "sum, faster", bars.place_of(faster) - 20, right.left, below.top - 44
        )
        self.show(bars.marker(faster), rate, counter, run_time=0.8)
        self.run_both(counter)
        self.wait(3)
