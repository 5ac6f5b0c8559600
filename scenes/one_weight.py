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
from gdscenes.kit.figures.bars import Bar, marker
from gdscenes.kit.figures.code import CodeLine, code_column, lighting
from gdscenes.kit.figures.cut import Cut
from gdscenes.kit.figures.cuts_in_a_row import loss_axis
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.lanes import Lane
from gdscenes.kit.figures.printed_table import PrintedTable, agreeing_decimals
from gdscenes.kit.figures.readouts import Readout, ReadoutLine, Readouts
from gdscenes.kit.figures.secant import Tangent
from gdscenes.kit.figures.table import Row, Table
from gdscenes.kit.figures.update_rule import UpdateRule
from gdscenes.kit.lecture.beats import beat
from gdscenes.kit.lecture.choices import gentle_learning_rate, rate_between
from gdscenes.kit.lecture.clock import Clock, advancing, turning
from gdscenes.kit.lecture.flight import flying
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.lecture.settings import SettingError, Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.cell import PAGE, Cell, Insets
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL, SMALLEST, at
from gdscenes.kit.plot.runs import DIVERGENT, GOOD, RunMarks, RunStyle
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.counter import Counter
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import Notation, change, decimals_for, markup, number, shortest
from gdscenes.kit.type.typeset import Words, literal

Array = NDArray[np.float64]

BEHIND, AHEAD = 1.15, 0.75
"""What the parabola shows on either side of its lowest point, in ways from there to the start."""
REACH, WIDE_REACH = 1.3, 2.6
"""The same on both sides where two runs are compared, and where one of them swings out."""
SINGLE_STEPS, RACE_STEPS = 4, 8
TIME_LAPSE_SECONDS = 5.0
FEW_POINTS = 20
"""More points are small dots in the small picture."""
PRINTED_ROWS = 10
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

    dataset: str = knob(
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

    @property
    def model(self) -> str:
        """The model with the bias that is held, Typst markup."""
        if not self.held:
            return "$yhat = weight x$"
        size = markup(number(abs(self.held[0]), decimals_for(self.held, 3)))
        return f'$yhat = weight x {"-" if self.held[0] < 0 else "+"} mark("bias", {size})$'

    def runner(self, name: str, style: RunStyle, label: str = "") -> Runner:
        return Runner(name, self.runs[name], style, label)

    def readouts(self, name: str) -> tuple[Readout, Readout, Readout]:
        """w, slope and loss of a run, each with the decimals that they have in the first one."""
        run, first = self.runs[name], self.run
        of = {"weight": run.parameters[:, 0], "gradient": run.gradients[:, 0], "loss": run.losses}
        notations = (
            Notation(decimals_for(first.parameters.ravel())),
            Notation(decimals_for(first.gradients.ravel())),
            Notation(decimals_for(first.losses, digits=5)),
        )
        names = ("$weight =$", f'$slope("{LOSS}", weight) =$', f'$loss("{LOSS}") =$')
        w, slope, loss = (
            Readout(source, values, notation, role, None, quantity, name, signed=role == "weight")
            for source, (quantity, values), notation, role in zip(
                names, of.items(), notations, ("weight", "weight", "loss"), strict=True
            )
        )
        return w, slope, loss

    @property
    def start(self) -> float:
        return float(self.run.parameters[0, 0])

    @property
    def minimizer(self) -> float:
        return float(self.problem.minimizer[0])

    @property
    def limits(self) -> tuple[float, float]:
        """2 / lambda_max of the mean and of the sum."""
        return self.problem.max_stable_learning_rate, self.summed.max_stable_learning_rate

    def window(self, behind: float, ahead: float) -> tuple[float, float]:
        """Weights on either side of the minimum, in ways from there to the start."""
        way = self.minimizer - self.start
        low, high = sorted((self.minimizer - behind * way, self.minimizer + ahead * way))
        return low, high

    @property
    def printed_rows(self) -> NDArray[np.intp]:
        """Updates after which the programs print: ten of them, evenly spaced from the first."""
        return np.arange(1, self.run.n_steps + 1, max(1, self.run.n_steps // PRINTED_ROWS))[:PRINTED_ROWS]

    def printed(self, name: str) -> tuple[Array, Array]:
        """w after each printed update and the loss before it, as a loop prints them."""
        run, rows = self.runs[name], self.printed_rows
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
    chapter = 7
    seconds = 97
    settings: ClassVar = OneWeightSettings()
    story_type = OneWeightStory

    story: OneWeightStory

    @staticmethod
    def prepare(settings: Settings) -> OneWeightStory:
        from gdmath import torch_loops

        assert isinstance(settings, OneWeightSettings)
        dataset = gdmath.preset(settings.dataset)
        problem, start = one_weight(dataset), dataset.start[-1:]
        limit = problem.max_stable_learning_rate
        rate = settings.learning_rate or gentle_learning_rate(problem)
        if rate >= limit:
            raise SettingError(
                "--learning-rate",
                rate,
                f"below {shortest(limit, 4)}, 2 / lambda_max of {dataset.name}, or the descent diverges",
                "give a smaller rate",
            )
        swinging = rate_between(limit / problem.n_rows, limit)
        given = (problem, start, rate, settings.n_steps)
        loops = (
            torch_loops.hand_loop,
            torch_loops.autograd_loop,
            torch_loops.sgd_loop,
            torch_loops.linear_loop,
        )
        swung = (problem, start, swinging, settings.n_steps)
        try:
            runs = {name: loop(*given, dataset.dtype) for name, loop in zip(PROGRAMS, loops, strict=True)}
            runs["sum"] = gdmath.descend_on_summed_gradient(*given)
            runs["mean, faster"] = torch_loops.hand_loop(*swung, dataset.dtype)
            runs["sum, faster"] = gdmath.descend_on_summed_gradient(*swung)
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
        self.model = Words(story.model, MEDIUM, theme).place(MODEL.left, MODEL.bottom)
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
        "Go against the slope: the step is the learning rate times the slope. The line turns, and "
        "the loss falls.",
    )
    def first_step(self) -> None:
        story = self.story
        self.rule = rule = UpdateRule(RULE, story.run, LOSS, self.colors, "by hand").at(1)
        self.lane = Lane(self.cut, story.runner("by hand", STEPPING))
        self.clock = Clock(self.cut, self.tangent, self.plane)
        self.stepping = Clock(self.lane)
        self.risers = VGroup()
        self.table = self.new_table()
        self.play(FadeOut(self.slope), flying(self.slope.number, rule.gradients[0]))
        self.show(rule.symbols, rule.rates, *rule.slopes, *rule.olds, run_time=0.8)
        self.show(rule.result_signs, *rule.results, run_time=0.8)
        self.add(rule)
        self.show(self.table.head, run_time=0.6)
        self.step_to(1, seconds=1.6)
        self.wait(2)

    def new_table(self) -> Table:
        """Of each single step: the slope before it, and its length."""
        w, slope, _ = self.story.readouts("by hand")
        ways = np.diff(w.values[: SINGLE_STEPS + 1])
        rows = [
            Row(f"step {k + 1}", (slope.notation.write(before), change(way, w.notation.decimals)))
            for k, (before, way) in enumerate(zip(slope.values, ways, strict=False))
        ]
        return Table(STEPS, rows, self.colors, heads=("slope", "$Delta weight$"), em=SMALL)

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
        "The same rate again, and yet each step is shorter than the last. The tangent has become "
        "flatter: the steps shrink by themselves.",
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
        "So they go on, always downhill, ever shorter, towards the minimum.",
    )
    def run_all_on(self) -> None:
        story, theme, run = self.story, self.colors, self.story.run
        w, slope, loss = story.readouts("by hand")
        least = Readout("minimum", np.array([story.minimizer]), w.notation, "minimum", signed=True)
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
        story = self.story
        printed = [story.printed(name) for name in PROGRAMS]
        w, loss = (
            agreeing_decimals([column[k] for column in printed], most) for k, most in enumerate(MOST_DECIMALS)
        )
        self.tables: list[PrintedTable] = []
        columns = PAGE.inset(Insets(top=55)).columns(len(PROGRAMS), gap=46)
        for cell, name, (weights, losses) in zip(columns, PROGRAMS, printed, strict=True):
            _, below = cell.rows(282, 657)
            self.show_program(cell, name)
            table = PrintedTable(story.printed_rows, weights, losses, (w, loss), below, self.colors)
            appear = FadeIn(table.head), LaggedStart(*map(FadeIn, table.rows), lag_ratio=0.3)
            self.play(*appear, run_time=1.2 if self.tables else 2.2)
            self.add(table)
            self.tables.append(table)
        self.wait(3)

    def show_program(self, cell: Cell, name: str) -> None:
        """The lines of a program, quiet where the program before it has the same."""
        names = list(PROGRAMS)
        before = PROGRAMS[names[names.index(name) - 1]] if self.tables else ()
        head = Words(literal(name), MEDIUM, self.colors).place(cell.left, cell.top)
        baselines = [cell.top + 80 + 56 * index for index in range(len(PROGRAMS[name]))]
        lines = code_column(PROGRAMS[name], baselines, cell.left, self.colors, SMALLEST)
        self.play(FadeIn(head, *lines, shift=0.15 * UP), run_time=0.8)
        if before:
            same = [line for line, old in zip(lines, before, strict=True) if line.text == old]
            self.play(lighting(same, self.colors, False), run_time=0.5)

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
        self.bars: list[Bar] = []
        cells = BARS.inset(Insets(top=112)).rows(350, 350, 182)
        codes = zip(cells, (RIGHT_CODE, WRONG_CODE), (story.run, story.runs["sum"]), STYLES, strict=False)
        for cell, code, run, style in codes:
            pieces = n if self.bars else 1
            line = CodeLine(code, theme, MEDIUM).place(cell.left, cell.top + 55)
            value = Digits(slope.notation.write(run.gradients[0, 0]), MEDIUM, theme)
            result = Block([Digits("=", MEDIUM, theme, "muted"), value], gap=24)
            result.place(cell.right, cell.top + 55, "right")
            length = Cell(cell.left, cell.top + 105, cell.right, cell.top + 181)
            bar = Bar(length, pieces / n, theme, style.role, pieces=pieces)
            self.say(line, run_time=1)
            if self.bars:
                self.play(LaggedStart(*map(FadeIn, bar.pieces), lag_ratio=0.6), run_time=2)
                self.show(result, run_time=0.6)
            else:
                self.play(Create(bar.pieces[0]), FadeIn(result))
            self.add(bar)
            self.wait(0.6)
            self.bars.append(bar)
        times = Digits(f"{n}\N{THIN SPACE}×", LARGE, theme)
        note = Words("too long: the mean of one number is that number", MEDIUM, theme)
        self.note = Block([times, note], gap=24).place(BARS.left, cells[-1].top - 2)
        self.say(self.note, run_time=1)
        self.wait(3)

    # -- two runs ----------------------------------------------------------------------------------------

    @beat(
        "race",
        "Both at the same learning rate. With four points the mistake even looks faster; with many "
        "it leaves at once.",
    )
    def race(self) -> None:
        self.leave_only(run_time=0.5)
        top, _, below = BARS.rows(697, 200, 97)
        self.show_cuts(("by hand", "sum"), REACH, top)
        self.heads = VGroup(
            *(
                self.head(code, style, cut.plot.box.left)
                for code, style, cut in zip((RIGHT_CODE, WRONG_CODE), STYLES, self.cuts, strict=True)
            )
        )
        self.show(*self.cuts, self.heads)
        left, right = (cut.plot.box.left for cut in self.cuts)
        rate, counter = self.rate("by hand").place(left, below.top + 40), self.counter(right, below.top + 40)
        self.show(*self.numbers, rate, counter, run_time=0.7)
        self.run_both(counter)
        self.wait(2.2)

    def show_cuts(self, names: tuple[str, str], reach: float, cell: Cell) -> None:
        """A parabola for each of two runs in one window, and under it their numbers; not yet shown."""
        story, theme = self.story, self.colors
        window = story.window(reach, reach)
        highest = float(story.problem.loss([window[0]]))
        heights = loss_axis(story.problem.minimum, highest, LOSS, headroom=1.0, most=4)
        self.cuts, self.numbers = [], []
        for box, name, style in zip(
            cell.inset(Insets(top=153)).columns(2, gap=160), names, STYLES, strict=True
        ):
            cut = Cut(box, story.problem, window, heights, theme, start=story.start)
            cut.curve.set_stroke(opacity=0.55)
            cut.add(cut.diamond)
            cut.add_path(story.runner(name, style))
            w, _, loss = (
                replace(each, values=each.values[: RACE_STEPS + 1]) for each in story.readouts(name)
            )
            self.cuts.append(cut)
            self.numbers.append(ReadoutLine(cut.line_under(), [w, loss], theme, clock=""))

    def head(self, code: str, style: RunStyle, left: float) -> VGroup:
        """The code of a run, with its mark."""
        mark = RunMarks(style, self.colors, 12).stand_at(at([left + 16], [BARS.top + 53]))
        return VGroup(mark, CodeLine(code, self.colors).place(left + 48, BARS.top + 65))

    def rate(self, name: str) -> Block:
        rate = Digits(shortest(self.story.runs[name].learning_rate), MEDIUM, self.colors)
        return Block([Words("$eta =$", MEDIUM, self.colors), rate], gap=18)

    def counter(self, left: float, baseline: float) -> Counter:
        return Counter("step", None, self.colors, largest=RACE_STEPS, em=LARGE).place(left, baseline)

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
        self.show_cuts(("mean, faster", "sum, faster"), WIDE_REACH, top)
        self.show(*self.cuts, *self.numbers, run_time=0.8)
        story, theme = self.story, self.colors
        left, right = below.columns(2, gap=160)
        decimals = decimals_for(story.limits[1:], digits=3)
        for word, limit, style, cell in zip(
            ("mean", "sum"), story.limits, STYLES, left.rows(2, gap=40), strict=True
        ):
            bar = Bar(cell, limit / story.limits[0], theme, style.role, fill=0.35)
            says = Words(rf'{word}: stable below $2 \/ lambda_"max" =$', SMALL, theme)
            value = Digits(number(limit, decimals), SMALL, theme)
            self.say(bar, Block([says, value], gap=14).place(right.left, cell.bottom - 6))
        share = story.runs["mean, faster"].learning_rate / story.limits[0]
        rate = self.rate("mean, faster").place(left.left + share * left.width - 20, below.top - 44)
        counter = self.counter(right.left, below.top - 44)
        self.show(marker(left, share, theme), rate, counter, run_time=0.8)
        self.run_both(counter)
        self.wait(3)
