"""OneWeight: a line through the origin, its parabola, four programs that agree, and a mean that is a sum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from manim import (
    UP,
    Create,
    FadeIn,
    FadeOut,
    LaggedStart,
    Mobject,
    ReplacementTransform,
    UpdateFromAlphaFunc,
    VGroup,
    config,
    linear,
    smooth,
)
from numpy.typing import NDArray

import gdmath
from gdmath import BIAS
from gdscenes.kit.figures.code import CodeLine, code_column, lighting
from gdscenes.kit.figures.loss_parabola import LossParabola
from gdscenes.kit.figures.plain_plane import DataPlane
from gdscenes.kit.figures.printed_table import PrintedTable, agreeing_decimals
from gdscenes.kit.lecture.choices import gentle_learning_rate, rate_between
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.pacing import change_on_screen, rows_by_change
from gdscenes.kit.lecture.settings import SettingError, Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import LARGE, MARGIN, MEDIUM, SMALL, SMALLEST, STAGE, Box
from gdscenes.kit.plot.axes import remove_crowded
from gdscenes.kit.plot.axis import widest_label
from gdscenes.kit.plot.curves import Secant
from gdscenes.kit.plot.marks import Arrow, Diamond, Dots, Segments, current_disc, rectangle, rule, start_ring
from gdscenes.kit.plot.runs import DIVERGENT, GOOD, RunMarks, RunPath
from gdscenes.kit.type.counter import Counter
from gdscenes.kit.type.digits import Digits, in_a_row
from gdscenes.kit.type.notation import bracketed, decimals_for, number, shortest
from gdscenes.kit.type.typeset import Words, literal

Array = NDArray[np.float64]

BEHIND, AHEAD = 1.15, 0.75
"""What the parabola shows on either side of its lowest point, in ways from there to the start."""
REACH, WIDE_REACH = 1.3, 2.6
"""The same on both sides where two runs are compared, and where one of them swings out."""
SINGLE_STEPS = 4
RACE_STEPS = 8
TIME_LAPSE_SECONDS = 5.0
TOP, BOTTOM = 138.0, 938.0
PICTURE = Box(MARGIN.left, 100, MARGIN.right - 46, 372)
FEW_POINTS, DOT_RADIUS = 20, 6.0
"""Of many points in the small picture."""
FORMULA_BASELINE = 512
RULE_BASELINES = (606, 690)
RULE_GAP = 10.0
TABLE_HEAD, TABLE_ROW = 776, 56
TABLE_RIGHT = (1388.0, 1608.0, 1838.0)
COLUMNS = tuple(78.0 + 446.0 * index for index in range(4))
"""Left edges of the four programs, pixels."""
PROGRAM_HEAD = 98.0
PROGRAM_BASELINES = (178.0, 234.0, 290.0)
PRINT_TOP = 380.0
PRINT_ROW = 56.0
PRINTED_ROWS = 10
MOST_DECIMALS = (3, 8)
"""Of w and of the loss, as the notebook prints them."""
BAR_LEFT, BAR_WIDTH, BAR_HEIGHT = 140.0, 1640.0, 76.0
MOST_PIECES = 100
MISTAKE_BASELINES = (210.0, 560.0)
PANELS = ((120.0, 880.0), (1040.0, 1780.0))
"""Left and right edges of the two panels, pixels."""
PANEL_HEAD, PANEL_TOP = 108.0, 196.0
RACE_BOTTOM, LIMITS_BOTTOM = 740.0, 580.0
READOUTS_BELOW, CLOCK_BELOW = 124.0, 240.0
RATE_LEFT, RATE_WIDTH = 140.0, 800.0
RATE_BASELINES = (928.0, 1008.0)
RATE_HEAD = 850.0
LOSS_RIGHT_OF_WEIGHT = 362.0
HEADROOM = 1.15
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

    def line(self, w: float) -> Array:
        """The parameters of the line of one weight, in the dataset's own plane."""
        return np.array([*self.held, w])

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
    settings = OneWeightSettings()
    story_type = OneWeightStory
    cover = "shrink"
    beats: ClassVar = {
        "line": "The simplest model there is: only the weight w is learned. Turn the line, and its mean "
        "squared error draws a parabola.",
        "slope": "We start on one branch. The tangent's slope there is the gradient: it says how fast the "
        "loss changes with w.",
        "step": "Go against the slope: the step is the learning rate times the slope. The line turns, and "
        "the loss falls.",
        "shrink": "The same rate again, and yet each step is shorter than the last. The tangent has become "
        "flatter: the steps shrink by themselves.",
        "run": "So they go on, always downhill, ever shorter, towards the minimum.",
        "programs": "The same descent, written four times. Each program hands one more line over to torch; "
        "what they print is the same, digit for digit.",
        "mistake": "Often seen: the mean of a dot product. But that product is one number already, and the "
        "mean of one number is itself. This gradient is a sum: n times too long.",
        "race": "Both at the same learning rate. With four points the mistake even looks faster; with many "
        "it leaves at once.",
        "limits": "The price: its largest stable rate is n times smaller. At a rate between the two limits "
        "the mean converges, and the sum swings ever further out.",
    }

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
                f"below {limit:.4g}, 2 / lambda_max of {dataset.name}, or the descent diverges",
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

    def construct(self) -> None:
        self.lay_out()
        self.show_line()
        self.show_slope()
        self.first_step()
        self.next_steps()
        self.run_all_on()
        self.compare_programs()
        self.show_mistake()
        self.race()
        self.show_limits()

    # -- layout ------------------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """Parabola on the stage, line in the margin; how many decimals each number has."""
        story, theme, run = self.story, self.colors, self.story.run
        stage = Box(STAGE.left, TOP, STAGE.right - 20, BOTTOM)
        window = story.window(BEHIND, AHEAD)
        self.parabola = LossParabola(
            story.problem, window, float(run.losses[0]), stage, LOSS, theme, has_lane=True
        )
        ends = np.array([story.line(w) for w in window])
        plane = DataPlane(story.dataset, best_line(story.dataset), ends, theme, PICTURE)
        left = MARGIN.left + widest_label(plane.plot.y) + 24
        self.plane = DataPlane(
            story.dataset,
            best_line(story.dataset),
            ends,
            theme,
            Box(left, PICTURE.top, PICTURE.right, PICTURE.bottom),
        )
        remove_crowded(self.plane.plot.labels)
        if story.problem.n_rows > FEW_POINTS:
            for dots in self.plane.train_dots:
                assert isinstance(dots, Dots)
                dots.radius = DOT_RADIUS
                dots.stand_at(dots.centers()).set_stroke(width=0)
        self.weight_decimals = decimals_for(run.parameters.ravel())
        self.slope_decimals = decimals_for(run.gradients.ravel())
        self.loss_decimals = decimals_for(run.losses, digits=5)
        self.ring, self.disc = start_ring(theme), current_disc(theme)
        self.ring.stand_at(self.parabola.at(story.start))
        self.diamond = Diamond(theme).stand_at(self.parabola.at(story.minimizer)[0])
        self.tangent = Secant(theme, "weight")
        self.steps_shown, self.table_rows = VGroup(), VGroup()
        self.lay("grid", self.parabola.plot, self.parabola.names, self.plane.plot)
        self.lay("areas", self.parabola.curve)
        self.lay("residuals", self.plane.residuals)
        self.lay("lines", self.plane.line, self.tangent.line)
        self.lay("points", self.plane.train_dots, self.plane.validation_dots, self.diamond)
        self.lay("marks", self.ring, self.steps_shown)
        self.lay("moving", self.disc)

    def show_weight(self, w: float) -> None:
        """The line of a weight, its residuals, and the point on the parabola."""
        self.plane.draw(self.story.line(w))
        self.disc.stand_at(self.parabola.at(w))

    def show_tangent(self, w: float, slope: float) -> None:
        loss = float(self.story.problem.loss([w]))
        self.tangent.draw(self.parabola.plot, (w, loss), 0.0, 0.0, slope)

    # -- one beat after the other ------------------------------------------------------------------------

    def show_line(self) -> None:
        self.beat("line")
        theme, story, plane, parabola = self.colors, self.story, self.plane, self.parabola
        title = Words(literal(self.title), LARGE, theme).place(sheet.WIDTH / 2, sheet.HEIGHT / 2, "center")
        self.lay("text", title)
        self.play(FadeIn(title, shift=0.2 * UP))
        self.wait(1)
        formula, names = self.model_formula(), self.name_plane()
        self.model = VGroup(formula, names)
        self.play(
            FadeOut(title, shift=0.2 * UP),
            Create(plane.plot.lines),
            FadeIn(plane.plot.labels, names, plane.train_dots),
        )
        plane.draw(story.line(story.start))
        self.play(Create(plane.line), FadeIn(formula, shift=0.2 * UP))
        plane.draw_residuals(story.line(story.start))
        self.show_weight(story.start)
        self.play(
            FadeIn(plane.residuals, self.disc, self.ring),
            Create(parabola.plot.lines),
            FadeIn(parabola.plot.labels, parabola.names),
        )
        self.sweep()
        self.play(FadeIn(self.diamond))
        self.wait(1.5)

    def model_formula(self) -> Words:
        """The model, over its loss."""
        theme, held = self.colors, self.story.held
        sign = "-" if held and held[0] < 0 else "+"
        bias = f' {sign} mark("bias", {abs(held[0]):.{decimals_for(held, 3)}f})' if held else ""
        formula = Words(f"$yhat = weight x{bias}$", MEDIUM, theme).place(MARGIN.left, FORMULA_BASELINE)
        self.lay("text", formula)
        return formula

    def name_plane(self) -> VGroup:
        """x and y at the ends of the small axes."""
        box, theme = self.plane.plot.box, self.colors
        names = VGroup(
            Words("$x$", SMALL, theme, "muted").place(MARGIN.right, box.bottom + 12, "right"),
            Words("$y$", SMALL, theme, "muted").place(box.left, box.top - 24, "center"),
        )
        self.lay("text", names)
        return names

    def sweep(self) -> None:
        """The line turns from one end of the window to the other, and its loss draws the parabola."""
        story, curve = self.story, self.parabola
        low, high = self.parabola.plot.x.low, self.parabola.plot.x.high
        start, far = story.start, high if story.start < story.minimizer else low
        near = low + high - far

        def trace(_: Mobject, share: float) -> None:
            here = start + share * (far - start)
            curve.draw(*sorted((start, here)))
            self.show_weight(here)

        def back(_: Mobject, share: float) -> None:
            here = far + share * (near - far)
            curve.draw(*sorted((far, min(start, here) if far > near else max(start, here))))
            self.show_weight(here)

        def home(_: Mobject, share: float) -> None:
            self.show_weight(near + share * (start - near))

        moving = VGroup(self.plane.line, self.plane.residuals, curve.curve, self.disc)
        for motion, seconds in ((trace, 3.0), (back, 2.0), (home, 0.8)):
            self.play(UpdateFromAlphaFunc(moving, motion, rate_func=smooth), run_time=seconds)
        curve.draw(low, high)
        self.show_weight(start)

    def show_slope(self) -> None:
        self.beat("slope")
        theme, run, story = self.colors, self.story.run, self.story
        self.show_tangent(story.start, float(run.gradients[0, 0]))
        name = Words(f'$slope("{LOSS}", weight) =$', MEDIUM, theme).place(MARGIN.left, RULE_BASELINES[0] + 30)
        value = Digits(number(run.gradients[0, 0], self.slope_decimals), MEDIUM, theme, "weight")
        value.place(name.box().right + 18, RULE_BASELINES[0] + 30)
        self.slope_name, self.slope_value = name, value
        self.lay("text", name, value)
        self.play(Create(self.tangent.line), run_time=1.2)
        self.wait(0.4)
        self.play(FadeIn(name, shift=0.2 * UP))
        self.play(FadeIn(value, target_position=self.disc), run_time=1.2)
        self.wait(2)

    def rule_line(self, row: int) -> list[Digits]:
        """The update that made a row, in its numbers."""
        run, theme = self.story.run, self.colors
        (before,), (after,) = run.parameters[row - 1], run.parameters[row]
        gradient = number(run.gradients[row - 1, 0], self.slope_decimals)
        rate = f"-{shortest(run.learning_rate)}·"
        for em in (SMALL, SMALLEST):
            parts = [
                Digits(number(before, self.weight_decimals), em, theme, "weight"),
                Digits(rate, em, theme),
                Digits(bracketed(gradient), em, theme, "weight"),
                Digits("=", em, theme, "muted"),
                Digits(number(after, self.weight_decimals), em, theme, "weight"),
            ]
            room = MARGIN.width - sum(part.width_pixels for part in parts)
            if room >= 0:
                break
        gap = min(RULE_GAP, max(room, 0) / 3)
        old, times, slope, equals, new = parts
        in_a_row([old, times], MARGIN.left + min(room, 0), RULE_BASELINES[1], gap)
        in_a_row(
            [slope, equals, new], sheet.pixels(times.origin)[0] + times.width_pixels, RULE_BASELINES[1], gap
        )
        self.lay("text", *parts)
        return parts

    def first_step(self) -> None:
        self.beat("step")
        theme = self.colors
        symbols = Words(f'$weight <- weight - eta thick slope("{LOSS}", weight)$', SMALL, theme)
        symbols.place(MARGIN.left, RULE_BASELINES[0])
        self.symbols = symbols
        self.lay("text", symbols)
        terms = self.rule_line(1)
        travelling = self.slope_value.copy()
        self.lay("moving", travelling)
        self.play(FadeOut(self.slope_name, self.slope_value), ReplacementTransform(travelling, terms[2]))
        self.play(FadeIn(symbols, *terms[:2]), run_time=0.8)
        self.play(FadeIn(*terms[3:]), run_time=0.8)
        self.terms = terms
        self.table_head = self.step_table_head()
        self.play(FadeIn(self.table_head), run_time=0.6)
        self.step_to(1, seconds=1.6)
        self.wait(2)

    def step_table_head(self) -> VGroup:
        """Names of the columns: the step's number, the slope before it, and its length."""
        theme = self.colors
        sources = ("step", "slope", "$Delta weight$")
        head = VGroup(
            *(
                Words(source, SMALL, theme, "muted").place(right, TABLE_HEAD, "right")
                for source, right in zip(sources, TABLE_RIGHT, strict=True)
            ),
            rule(
                sheet.at(MARGIN.left, TABLE_HEAD + 20), sheet.at(MARGIN.right, TABLE_HEAD + 20), theme.axis, 2
            ),
        )
        self.lay("text", head)
        return head

    def step_row(self, row: int) -> VGroup:
        """A line of the table: what made a row."""
        run, theme = self.story.run, self.colors
        way = run.parameters[row, 0] - run.parameters[row - 1, 0]
        texts = (
            (str(row), "ink"),
            (number(run.gradients[row - 1, 0], self.slope_decimals), "ink"),
            (number(way, self.weight_decimals, plus=True), "weight"),
        )
        line = VGroup(
            *(
                Digits(text, SMALL, theme, role).place(right, TABLE_HEAD + 24 + TABLE_ROW * row, "right")
                for (text, role), right in zip(texts, TABLE_RIGHT, strict=True)
            )
        )
        self.lay("text", line)
        return line

    def step_to(self, row: int, seconds: float) -> None:
        """One update: an arrow along w, a riser to the curve, and the point and the line go there."""
        theme, run, parabola = self.colors, self.story.run, self.parabola
        (before,), (after,) = run.parameters[row - 1], run.parameters[row]
        arrow = Arrow(theme.weight, 9)
        feet = parabola.in_lane(before), parabola.in_lane(after)
        arrow.between(*feet)
        riser = Segments(theme.data, 2.5, 0.7).set_ends(feet[1][None], parabola.at(after))
        line = self.step_row(row)
        self.lay("marks", arrow)
        self.lay("ghosts", riser)

        def grow(_: Mobject, share: float) -> None:
            arrow.between(feet[0], feet[0] + share * (feet[1] - feet[0]))

        self.play(UpdateFromAlphaFunc(arrow, grow, rate_func=smooth), FadeIn(line), run_time=0.5 * seconds)
        self.play(Create(riser), run_time=0.2 * seconds)

        def move(_: Mobject, share: float) -> None:
            here = before + share * (after - before) if share < 1 else after
            self.show_weight(here)
            self.show_tangent(here, float(self.story.problem.gradient([here])[0]))

        moving = VGroup(self.plane.line, self.plane.residuals, self.disc, self.tangent.line)
        self.play(UpdateFromAlphaFunc(moving, move, rate_func=smooth), run_time=0.6 * seconds)
        self.steps_shown.add(arrow, riser)
        self.table_rows.add(line)

    def next_steps(self) -> None:
        self.beat("shrink")
        for row in range(2, SINGLE_STEPS + 1):
            gone = VGroup(*self.terms)
            self.terms = self.rule_line(row)
            self.play(FadeOut(gone), run_time=0.25)
            self.play(FadeIn(*self.terms), run_time=0.5)
            self.step_to(row, seconds=1.1)
            self.wait(0.3)
        self.wait(2)

    def run_all_on(self) -> None:
        self.beat("run")
        run, theme, parabola = self.story.run, self.colors, self.parabola
        counter = Counter("step", None, theme, largest=run.n_steps, em=LARGE, start=SINGLE_STEPS)
        counter.place(STAGE.right - 20, TOP + 8, "right")
        readouts = self.readouts(SINGLE_STEPS)
        self.lay("text", counter)
        places = np.array([sheet.pixels(parabola.at(float(w)))[0] for w in run.parameters[SINGLE_STEPS:, 0]])
        n_frames = round(TIME_LAPSE_SECONDS * config.frame_rate)
        rows = SINGLE_STEPS + rows_by_change(change_on_screen(places), n_frames, floor=0.7)
        self.play(
            FadeOut(*self.terms, self.symbols, self.table_rows, self.table_head),
            FadeIn(counter, readouts),
            run_time=0.8,
        )
        arrows = VGroup(*(Arrow(theme.weight, 9) for _ in range(SINGLE_STEPS, run.n_steps)))
        self.lay("marks", arrows)
        shown = SINGLE_STEPS

        def lapse(_: Mobject, share: float) -> None:
            nonlocal shown
            row = int(rows[min(int(share * n_frames), n_frames - 1)])
            for passed in range(shown, row):
                ends = (parabola.in_lane(float(w)) for w in run.parameters[passed : passed + 2, 0])
                arrows[passed - SINGLE_STEPS].between(*ends)
            if row > shown:
                self.show_row(row, readouts)
                counter.count(row)
            shown = row

        moving = VGroup(
            self.plane.line, self.plane.residuals, self.disc, self.tangent.line, arrows, counter, readouts
        )
        self.play(UpdateFromAlphaFunc(moving, lapse, rate_func=linear), run_time=TIME_LAPSE_SECONDS)
        self.on_stage = VGroup(
            parabola.plot,
            parabola.names,
            parabola.curve,
            self.ring,
            self.disc,
            self.diamond,
            self.steps_shown,
        )
        self.on_stage.add(arrows, counter, readouts, self.tangent.line)
        self.wait(2.2)

    def readouts(self, row: int) -> VGroup:
        """w, slope and loss of a row, and what w is on its way to."""
        theme, run, story = self.colors, self.story.run, self.story
        values = (
            ("$weight =$", run.parameters[row, 0], self.weight_decimals, "weight"),
            (f'$slope("{LOSS}", weight) =$', run.gradients[row, 0], self.slope_decimals, "weight"),
            (f'$loss("{LOSS}") =$', run.losses[row], self.loss_decimals, "loss"),
            ("minimum", story.minimizer, self.weight_decimals, "minimum"),
        )
        rows = VGroup()
        for index, (source, value, decimals, role) in enumerate(values):
            baseline = 600 + 108 * index
            word = Words(source, MEDIUM if index < 3 else SMALL, theme, "ink" if index < 3 else role)
            figures = Digits(number(value, decimals, signed=True), MEDIUM, theme, role)
            rows.add(
                VGroup(word.place(MARGIN.left, baseline), figures.place(MARGIN.right, baseline, "right"))
            )
        self.lay("text", rows)
        return rows

    def show_row(self, row: int, readouts: VGroup) -> None:
        """Everything on the screen that belongs to one row of the run."""
        run = self.story.run
        w, slope = float(run.parameters[row, 0]), float(run.gradients[row, 0])
        self.show_weight(w)
        self.show_tangent(w, slope)
        decimals = (self.weight_decimals, self.slope_decimals, self.loss_decimals)
        for (_, figures), value, places in zip(
            readouts[:3], (w, slope, float(run.losses[row])), decimals, strict=True
        ):
            figures.spell(number(value, places, signed=True), "right")

    # -- four programs -----------------------------------------------------------------------------------

    def compare_programs(self) -> None:
        self.beat("programs")
        story, theme, plane = self.story, self.colors, self.plane
        picture = (plane.plot, plane.train_dots, plane.line, plane.residuals, self.model)
        self.play(FadeOut(self.on_stage, *picture), run_time=0.8)
        columns = [story.printed(name) for name in PROGRAMS]
        decimals = tuple(
            agreeing_decimals([column[k] for column in columns], most) for k, most in enumerate(MOST_DECIMALS)
        )
        self.tables, self.programs = [], []
        before: tuple[str, ...] | None = None
        for left, (name, texts), (weights, losses) in zip(COLUMNS, PROGRAMS.items(), columns, strict=True):
            head = Words(literal(name), MEDIUM, theme).place(left, PROGRAM_HEAD)
            lines = code_column(texts, PROGRAM_BASELINES, left, theme, SMALLEST)
            table = PrintedTable(
                story.printed_rows,
                weights,
                losses,
                (decimals[0], decimals[1]),
                Box(left, PRINT_TOP, left + 400, 0),
                theme,
            )
            self.lay("text", head, *lines, table)
            self.tables.append(table)
            self.programs.append(VGroup(head, *lines))
            is_new = before is not None
            same = [line for line, old in zip(lines, before or (), strict=False) if line.text == old]
            self.play(FadeIn(head, *lines, shift=0.15 * UP), run_time=0.8)
            if is_new:
                self.play(lighting(same, theme, False), run_time=0.5)
            self.play(
                FadeIn(table.head),
                LaggedStart(*map(FadeIn, table.rows), lag_ratio=0.3),
                run_time=2.2 if before is None else 1.2,
            )
            before = texts
        self.wait(3)

    # -- the mistake -------------------------------------------------------------------------------------

    def show_mistake(self) -> None:
        self.beat("mistake")
        story, theme = self.story, self.colors
        self.play(FadeOut(*self.programs, *self.tables), run_time=0.7)
        slopes = (float(story.run.gradients[0, 0]), float(story.runs["sum"].gradients[0, 0]))
        n = story.problem.n_rows
        self.bars = VGroup()
        for code, slope, baseline, role, parts in zip(
            (RIGHT_CODE, WRONG_CODE), slopes, MISTAKE_BASELINES, ("path", "diverged"), (1, n), strict=True
        ):
            line = CodeLine(code, theme, MEDIUM).place(BAR_LEFT, baseline)
            value = Digits(number(slope, self.slope_decimals), MEDIUM, theme)
            value.place(BAR_LEFT + BAR_WIDTH, baseline, "right")
            equals = Digits("=", MEDIUM, theme, "muted")
            equals.place(sheet.pixels(value.origin)[0] - 24, baseline, "right")
            pieces = self.bar(baseline + 50, BAR_WIDTH / n, parts, theme.color(role))
            self.lay("areas", pieces)
            self.lay("text", line, value, equals)
            self.play(FadeIn(line, shift=0.15 * UP))
            if parts == 1:
                self.play(Create(pieces[0]), FadeIn(equals, value), run_time=1)
            else:
                lag = LaggedStart(*map(FadeIn, pieces), lag_ratio=0.6)
                self.play(lag, run_time=2)
                self.play(FadeIn(equals, value), run_time=0.6)
            self.add(pieces)
            self.wait(0.6)
            self.bars.add(VGroup(line, equals, value, pieces))
        times = Digits(f"{n}\N{THIN SPACE}×", LARGE, theme)
        note = Words("too long: the mean of one number is that number", MEDIUM, theme)
        times.place(BAR_LEFT, MISTAKE_BASELINES[1] + 250)
        note.place(BAR_LEFT + times.width_pixels + 24, MISTAKE_BASELINES[1] + 250)
        self.mistake_note = VGroup(times, note)
        self.lay("text", self.mistake_note)
        self.play(FadeIn(self.mistake_note, shift=0.15 * UP))
        self.wait(3)

    def bar(self, top: float, length: float, count: int, color: str) -> VGroup:
        """A gradient as a length: so many pieces of one length, end to end; of very many only the whole."""
        if count > MOST_PIECES:
            length, count = length * count, 1
        lefts = BAR_LEFT + length * np.arange(count)
        boxes = (Box(left, top, left + length, top + BAR_HEIGHT) for left in lefts)
        return VGroup(*(rectangle(box, color, fill=0.3, width=2.5) for box in boxes))

    # -- two runs ----------------------------------------------------------------------------------------

    def new_panels(self, names: tuple[str, str], reach: float, bottom: float) -> None:
        """A parabola for each of two runs in one window, its path, and its numbers."""
        story, theme = self.story, self.colors
        window = story.window(reach, reach)
        highest = float(story.problem.loss([window[0]])) / HEADROOM
        self.panels, self.paths, self.panel_numbers = [], [], []
        for name, style, (left, right) in zip(names, STYLES, PANELS, strict=True):
            run = story.runs[name]
            box = Box(left, PANEL_TOP, right, bottom)
            panel = LossParabola(story.problem, window, highest, box, LOSS, theme)
            points = np.column_stack([run.parameters[:, 0], run.losses])
            path = RunPath(points, panel.plot, style, theme)
            ring = start_ring(theme).stand_at(panel.at(story.start))
            diamond = Diamond(theme).stand_at(panel.at(story.minimizer)[0])
            panel.curve.set_stroke(opacity=0.55)
            self.lay("grid", panel.plot, panel.names)
            self.lay("areas", panel.curve)
            self.lay("points", ring, diamond)
            self.lay("marks", path)
            self.panels.append(VGroup(panel, ring, diamond))
            self.paths.append(path)
            self.panel_numbers.append(self.run_numbers(run, left, bottom + READOUTS_BELOW))

    def run_numbers(self, run: gdmath.Trajectory, left: float, baseline: float) -> VGroup:
        """w and the loss of a run under its panel."""
        theme, rows = self.colors, VGroup()
        values = (run.parameters[0, 0], run.losses[0])
        decimals = (self.weight_decimals, self.loss_decimals)
        sources, roles = ("$weight =$", f'$loss("{LOSS}") =$'), ("weight", "loss")
        for source, value, places, role in zip(sources, values, decimals, roles, strict=True):
            word = Words(source, MEDIUM, theme).place(left, baseline)
            figures = Digits(number(value, places, signed=role == "weight"), MEDIUM, theme, role)
            rows.add(VGroup(word, figures.place(word.box().right + 14, baseline)))
            left += LOSS_RIGHT_OF_WEIGHT
        self.lay("text", rows)
        return rows

    def panel_heads(self) -> VGroup:
        """The code of each panel's run, with its mark."""
        theme, heads = self.colors, VGroup()
        for code, style, (left, _) in zip((RIGHT_CODE, WRONG_CODE), STYLES, PANELS, strict=True):
            mark = RunMarks(style, theme, 12).stand_at(sheet.at([left + 16], [PANEL_HEAD - 12]))
            heads.add(VGroup(mark, CodeLine(code, theme).place(left + 48, PANEL_HEAD)))
        self.lay("text", heads)
        return heads

    def race(self) -> None:
        self.beat("race")
        names = ("by hand", "sum")
        self.new_panels(names, REACH, RACE_BOTTOM)
        self.play(
            FadeOut(self.bars, self.mistake_note),
            FadeIn(self.panel_heads(), *self.panels),
            run_time=1,
        )
        baseline = RACE_BOTTOM + CLOCK_BELOW
        self.rate_word = self.rate(names[0], PANELS[0][0], baseline)
        self.counter = self.clock(baseline)
        shown = [*self.panel_numbers, self.rate_word, self.counter, *self.paths]
        self.play(FadeIn(*shown), run_time=0.7)
        self.race_to(names)
        self.wait(2.2)

    def rate(self, name: str, x: float, baseline: float) -> VGroup:
        """The learning rate of a run, from pixel x of the page."""
        word = Words("$eta =$", MEDIUM, self.colors).place(x, baseline)
        value = Digits(shortest(self.story.runs[name].learning_rate), MEDIUM, self.colors)
        both = VGroup(word, value.place(word.box().right + 18, baseline))
        self.lay("text", both)
        return both

    def clock(self, baseline: float) -> Counter:
        """The counter of both runs' steps."""
        counter = Counter("step", None, self.colors, largest=RACE_STEPS, em=LARGE)
        counter.place(PANELS[1][0], baseline)
        self.lay("text", counter)
        return counter

    def race_to(self, names: tuple[str, str]) -> None:
        """Both runs, step by step on one clock."""
        runs = [self.story.runs[name] for name in names]
        moving = VGroup(*self.paths, *self.panel_numbers, self.counter)
        for row in range(1, min(RACE_STEPS, *(run.n_steps for run in runs)) + 1):

            def hop(_: Mobject, share: float, row: int = row) -> None:
                for path in self.paths:
                    path.show_row(row - (share < 1), share if share < 1 else 0.0)
                if share == 1:
                    self.show_runs(row, runs)

            self.play(UpdateFromAlphaFunc(moving, hop, rate_func=smooth), run_time=0.7)
            self.wait(0.3)

    def show_runs(self, row: int, runs: list[gdmath.Trajectory]) -> None:
        """The counter, and the numbers of both runs at a row."""
        self.counter.count(row)
        decimals = (self.weight_decimals, self.loss_decimals)
        for run, numbers in zip(runs, self.panel_numbers, strict=True):
            values = (run.parameters[row, 0], run.losses[row])
            for (_, figures), value, places in zip(numbers, values, decimals, strict=True):
                figures.spell(number(value, places, signed=figures.role == "weight"))

    def show_limits(self) -> None:
        self.beat("limits")
        names = ("mean, faster", "sum, faster")
        gone = [*self.panels, *self.paths, *self.panel_numbers, self.rate_word, self.counter]
        self.play(FadeOut(*gone), run_time=0.6)
        self.new_panels(names, WIDE_REACH, LIMITS_BOTTOM)
        self.counter = self.clock(RATE_HEAD)
        bars, marker = self.rate_scale(names[0])
        self.play(FadeIn(*self.panels, *self.panel_numbers), run_time=0.8)
        for bar in bars:
            self.play(FadeIn(bar, shift=0.1 * UP), run_time=0.8)
        self.play(FadeIn(marker, self.counter, *self.paths), run_time=0.8)
        self.race_to(names)
        self.wait(3)

    def rate_scale(self, name: str) -> tuple[VGroup, VGroup]:
        """Learning rates from zero up: as far as mean and sum are stable, and the rate of a run."""
        theme, story, bars = self.colors, self.story, VGroup()
        rate, limits = story.runs[name].learning_rate, story.limits
        per_unit = RATE_WIDTH / limits[0]
        decimals = decimals_for(limits[1:], digits=3)
        for word, limit, style, baseline in zip(("mean", "sum"), limits, STYLES, RATE_BASELINES, strict=True):
            box = Box(RATE_LEFT, baseline - 34, RATE_LEFT + limit * per_unit, baseline + 6)
            bar = rectangle(box, theme.color(style.role), fill=0.35, width=2.5)
            says = Words(rf'{word}: stable below $2 \/ lambda_"max" =$', SMALL, theme)
            says.place(PANELS[1][0], baseline)
            value = Digits(number(limit, decimals), SMALL, theme)
            bars.add(VGroup(bar, says, value.place(says.box().right + 14, baseline)))
        x = RATE_LEFT + rate * per_unit
        top, bottom = RATE_BASELINES[0] - 52, RATE_BASELINES[1] + 22
        readout = self.rate(name, x - 20, RATE_HEAD)
        return bars, VGroup(rule(sheet.at(x, top), sheet.at(x, bottom), theme.ink, 4), readout)
