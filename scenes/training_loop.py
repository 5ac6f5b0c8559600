"""TrainingLoop: five steps as code, in NumPy and in torch, each lit while its numbers appear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from manim import (
    RIGHT,
    UP,
    ApplyMethod,
    Create,
    FadeIn,
    FadeOut,
    ReplacementTransform,
    TransformFromCopy,
    VGroup,
)

import gdmath
from gdscenes.kit.figures.code_block import CodeBlock, baselines
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.printed_table import agreeing_decimals
from gdscenes.kit.figures.readouts import Readout, Readouts, parameters_of
from gdscenes.kit.figures.table import Row, Table
from gdscenes.kit.figures.terms import Term, Terms
from gdscenes.kit.lecture.beats import beat
from gdscenes.kit.lecture.choices import DescentSettings, dataset_with_bias, stable_learning_rate
from gdscenes.kit.lecture.clock import Clock, turning
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.cell import PAGE, Cell
from gdscenes.kit.page.layers import lifted
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.type.counter import Counter
from gdscenes.kit.type.digits import text_width
from gdscenes.kit.type.notation import Notation, decimals_for, shortest
from gdscenes.kit.type.typeset import Words

STEPS = ("predict", "loss", "gradient", "update")
SINGLE_STEPS = 3
TIME_LAPSE_SECONDS = 9.0
SECONDS_PER_ROW = 0.25
MOST_VALUES = 3
"""Points whose predictions and errors are shown, where there is room for so many."""
VALUES_GAP = 18.0
MOST_DECIMALS = 8
COMPARED = 60.0
"""Em of the numbers that are compared."""

LABELS, NUMPY, TORCH, NUMBERS = PAGE.columns(175, 500, 514, 556)
LOOP, HEADS, *ROWS, _ = PAGE.rows(105, 128, 156, 156, 156, 268, 25)
CELLS = dict(zip(("repeat", *STEPS), (LOOP, *ROWS), strict=True))
_, *SET_UP_ROWS, _ = PAGE.rows(277, 240, 210, 140, 127)
SET_UP = dict(zip(("model", "loss", "update"), SET_UP_ROWS, strict=True))
_, PICTURE, READOUTS, _ = NUMBERS.rows(190, 506, 230, 68)
COMPARISON = Cell(NUMPY.left, HEADS.bottom, NUMBERS.left - 50, ROWS[-1].top)
HEADS_ABOVE, BAND_ENDS = 50, 20
"""From the heads of the columns to the first step; from the band of the whole loop to the picture."""


@dataclass(frozen=True)
class TrainingLoopSettings(DescentSettings):
    """What a lecturer may change."""

    n_steps: int | None = knob(
        None, "number of updates; none takes the dataset's own", minimum=10, maximum=10_000
    )


@dataclass(frozen=True)
class TrainingLoopStory(Story):
    """The same descent by NumPy and by torch, and the code of both."""

    settings: TrainingLoopSettings

    @property
    def run(self) -> gdmath.Trajectory:
        return self.runs["numpy"]

    @property
    def torch_run(self) -> gdmath.Trajectory:
        return self.runs["torch"]

    @property
    def loop(self) -> str:
        """The line that repeats the others."""
        return f"for step in range({self.run.n_steps}):"

    @property
    def set_up(self) -> dict[str, tuple[str, ...]]:
        """What both programs begin with: the parameters, given as `start`, and the rate."""
        return {"model": ("b, w = start", "", ""), "update": (f"lr = {self.run.learning_rate!r}",)}

    @property
    def torch_set_up(self) -> dict[str, tuple[str, ...]]:
        """What torch is given besides: a model that holds b and w, a loss and an optimiser."""
        loss = {"mean": "mse = nn.MSELoss()", "sum": 'sse = nn.MSELoss(reduction="sum")'}
        return {
            "model": (
                "model = nn.Linear(1, 1).double()",
                "nn.init.constant_(model.bias, b)",
                "nn.init.constant_(model.weight, w)",
            ),
            "loss": (loss[self.dataset.reduction],),
            "update": ("sgd = SGD(model.parameters(), lr)",),
        }

    @property
    def numpy_code(self) -> dict[str, tuple[str, ...]]:
        """The body of the loop in NumPy, by step."""
        reduce = self.dataset.reduction
        return {
            "repeat": (self.loop,),
            "predict": ("  yhat = b + w * x",),
            "loss": ("  e = yhat - y", f"  loss = (e**2).{reduce}()"),
            "gradient": (f"  gb = 2 * e.{reduce}()", f"  gw = 2 * (e*x).{reduce}()"),
            "update": ("  b = b - lr * gb", "", "  w = w - lr * gw", ""),
        }

    @property
    def torch_code(self) -> dict[str, tuple[str, ...]]:
        """The body of the loop in torch, by step."""
        return {
            "predict": ("  yhat = model(x)",),
            "loss": (f"  loss = {self.loss_name.lower()}(yhat, y)",),
            "gradient": ("  loss.backward()",),
            "update": ("  sgd.step()", "  sgd.zero_grad()"),
        }

    @property
    def lapse_seconds(self) -> float:
        """Length of the time-lapse."""
        return min(TIME_LAPSE_SECONDS, max(2.0, SECONDS_PER_ROW * (self.run.n_steps - SINGLE_STEPS)))

    # -- what each step comes to, row by row -------------------------------------------------------------

    def state(self, ahead: int = 0, named: bool = False) -> list[Readout]:
        """b and w of a row, or of one ahead."""
        run, notation = self.run, Notation(decimals_for(self.run.parameters.ravel()))
        claimed = ("", "") if ahead else ("bias", "weight")
        return [
            Readout(f"${role} =$" * named, values[ahead:], notation, role, None, quantity, "numpy", True)
            for role, values, quantity in zip(PARAMETER_ROLES, run.parameters.T, claimed, strict=True)
        ]

    def slopes(self) -> list[Readout]:
        notation = Notation(decimals_for(self.run.gradients.ravel()))
        both = zip(PARAMETER_ROLES, self.run.gradients.T, strict=True)
        return [Readout("", values, notation, role, signed=True) for role, values in both]

    def loss(self, name: str = "") -> Readout:
        notation = Notation(min(decimals_for(self.run.losses, digits=5), 6))
        return Readout(name, self.run.losses, notation, "loss", None, "loss", "numpy", True)

    def points(self, role: str) -> list[Term]:
        """What the line predicts for the first points, or its errors there: predicted minus observed."""
        predictions, problem = self.problem.predict(self.run.parameters), self.problem
        values = predictions - problem.y if role == "loss" else predictions
        notation = Notation(decimals_for([*predictions[0], *problem.y]))
        longest = max(text_width(notation.write(each, True)) for each in (*predictions[0], *problem.y))
        room = int((NUMBERS.width - SMALL) / (SMALL * longest + VALUES_GAP))
        n = min(problem.n_rows, MOST_VALUES, max(1, room))
        shown: list[Term] = [Readout("", values[:, k], notation, role, signed=True) for k in range(n)]
        return [*shown, "…"] if n < problem.n_rows else shown

    def update(self) -> list[list[Term]]:
        """The updates that leave a row, and what they make."""
        rate = f"\N{THIN SPACE}-{shortest(self.run.learning_rate)}·("
        lines: list[list[Term]] = []
        for old, slope, new in zip(self.state(), self.slopes(), self.state(ahead=1), strict=True):
            lines += [[old, rate, slope, ")"], [new]]
        return lines

    def compared(self) -> list[Row]:
        """b, w and the loss of the last row by both programs, to the last digit that agrees."""
        ours, theirs = ([*run.parameters[-1], run.losses[-1]] for run in (self.run, self.torch_run))
        names = (*(f"${role}$" for role in PARAMETER_ROLES), self.loss_markup)
        rows = []
        for name, role, *pair in zip(names, (*PARAMETER_ROLES, "loss"), ours, theirs, strict=True):
            notation = Notation(agreeing_decimals([[value] for value in pair], MOST_DECIMALS))
            mine, other = (notation.write(float(value), signed=True) for value in pair)
            rows.append(Row(name, (mine, "=", other), role))
        return rows


class TrainingLoop(Lecture):
    """Five steps make the loop: predict, loss, gradient, update, repeat, in NumPy and in torch alike."""

    title = "The training loop"
    question = "Which lines of code make a model learn?"
    hand_over = "Put another model in its place: the same steps train it."
    chapter = 8
    seconds = 83
    settings: ClassVar = TrainingLoopSettings()
    story_type = TrainingLoopStory

    story: TrainingLoopStory

    @staticmethod
    def prepare(settings: Settings) -> TrainingLoopStory:
        from gdmath.torch_loops import linear_loop

        assert isinstance(settings, TrainingLoopSettings)
        dataset = dataset_with_bias(settings.dataset)
        rate = stable_learning_rate(dataset, settings.learning_rate)
        given = dataset.problem(), dataset.start, rate, settings.n_steps or dataset.n_steps
        runs = {"numpy": gdmath.descend(*given), "torch": linear_loop(*given)}
        return TrainingLoopStory(settings=settings, dataset=dataset, runs=runs)

    @beat(
        "set_up",
        "NumPy needs two numbers and a rate. torch keeps the numbers in a model, knows the loss, and an "
        "optimiser holds the rate.",
    )
    def show_set_up(self) -> None:
        self.title_card()
        story, theme = self.story, self.colors
        self.headers = [
            Words(name, MEDIUM, theme).place(column.left, HEADS.bottom - HEADS_ABOVE)
            for name, column in (("NumPy", NUMPY), ("torch", TORCH), ("both", NUMBERS))
        ]
        programs = [story.set_up, story.torch_set_up]
        block = self.set_up = CodeBlock(SET_UP, LABELS, [NUMPY, TORCH], programs, theme)
        ours, theirs = block.programs
        second = baselines(SET_UP["model"], 3)[1:2]
        self.start = Terms(NUMPY, second, [story.state()], theme, gap=VALUES_GAP)
        self.say(self.headers[0], block.labels["model"], *ours["model"], run_time=1)
        self.show(self.start, run_time=0.8)
        self.say(block.labels["update"], *ours["update"], run_time=1)
        self.wait(1)
        self.show(self.headers[1], run_time=0.6)
        for step, lines in theirs.items():
            self.say(*lines, *[block.labels[step]] * (step == "loss"), run_time=0.7 + 0.5 * (len(lines) > 1))
            self.wait(0.4)
        self.add(block)
        self.wait(2)

    def make_numbers(self) -> None:
        """Beside each step what it comes to, lit together with its code."""
        story, theme = self.story, self.colors

        def terms(step: str, which: slice, *lines: Sequence[Term], gap: float = 0.0, **signs: Any) -> Terms:
            rows = baselines(CELLS[step], 4 if step == "update" else 2)[which]
            made = Terms(NUMBERS, rows, lines, theme, gap=gap, rows=range(SINGLE_STEPS + 1), **signs)
            self.code.aside[step] += [part for line in made.lines for part in line]
            return made

        first, second, both = slice(0, 1), slice(1, 2), slice(None)
        gap = VALUES_GAP
        self.state = terms("predict", first, story.state(named=True), gap=2 * gap)
        self.predictions = terms("predict", second, story.points("model_text"), gap=gap)
        self.errors = terms("loss", first, story.points("loss"), gap=gap)
        self.loss = terms("loss", second, [story.loss()])
        self.slopes = terms("gradient", both, *([slope] for slope in story.slopes()))
        self.updates = terms("update", both, *story.update(), signs=("", "=", "", "="))
        self.numbers = {
            "predict": [self.predictions],
            "loss": [self.errors, self.loss],
            "gradient": [self.slopes],
            "update": [self.updates],
        }

    @beat(
        "predict",
        "Step one, predict: put the points into the line. Both columns make the numbers on the right.",
    )
    def predict(self) -> None:
        story, theme = self.story, self.colors
        self.hide(self.set_up, run_time=0.7)
        programs = [story.numpy_code, story.torch_code]
        code = self.code = CodeBlock(CELLS, LABELS, [NUMPY, TORCH], programs, theme)
        self.step = Counter("step", None, theme, largest=story.run.n_steps, em=LARGE)
        self.step.place(NUMBERS.left, baselines(LOOP, 1)[0])
        self.make_numbers()
        self.show(code.dial(shown=code.only("repeat"), **code.on("repeat")), self.step)
        self.wait(0.6)
        moves = map(ReplacementTransform, self.start.digits, self.state.digits)
        self.play(FadeIn(self.headers[2], *self.state.names), *moves, run_time=1.2)
        self.add(self.state)
        self.light("predict")
        self.show(self.predictions, run_time=0.8)
        self.wait(2)

    def light(self, step: str) -> None:
        """The band goes to a step, whose lines appear; the step before steps back."""
        steps = STEPS[: STEPS.index(step) + 1]
        self.turn(self.code, seconds=0.8, **self.code.on(step))
        self.turn(self.code, seconds=0.8, shown=self.code.only("repeat", *steps))

    @beat("loss", "Step two, the loss: predicted minus observed, squared, and made one number.")
    def measure_loss(self) -> None:
        self.light("loss")
        errors = self.errors
        more = [part for part in errors.lines[0] if part not in errors.digits]
        copies = map(TransformFromCopy, self.predictions.digits, errors.digits)
        self.play(*copies, FadeIn(VGroup(*more)), run_time=1)
        self.add(errors)
        self.wait(0.8)
        poured = lifted(VGroup(*errors.digits))
        self.play(FadeOut(poured, target_position=self.loss, scale=0.4), FadeIn(self.loss), run_time=1)
        self.wait(2)

    @beat(
        "gradient",
        "Step three, the gradient: NumPy is told the two slopes, torch goes backward and finds them.",
    )
    def find_gradient(self) -> None:
        self.light("gradient")
        for slope in self.slopes.digits:
            self.play(FadeIn(slope, shift=0.15 * UP), run_time=0.8)
            self.wait(0.4)
        self.add(self.slopes)
        self.wait(3)

    @beat(
        "update",
        "Step four, update: subtract the rate times each slope. torch then clears its slopes, or they would "
        "add up.",
        cover=True,
    )
    def update(self) -> None:
        self.light("update")
        terms, results = self.updates.lines[0::2], self.updates.lines[1::2]
        for index, ((old, rate, slope, closing), result) in enumerate(zip(terms, results, strict=True)):
            taken = TransformFromCopy(self.state.digits[index], old, path_arc=0.5)
            self.play(taken, FadeIn(rate, closing), run_time=1)
            self.play(TransformFromCopy(self.slopes.digits[index], slope, path_arc=-0.7), run_time=1)
            self.play(FadeIn(*result, shift=0.1 * UP), run_time=0.6)
        self.add(self.updates)
        self.wait(2)

    @beat(
        "repeat",
        "Step five, repeat: the new b and w go back to the top, and the same lines run again. Round after "
        "round, only the numbers change.",
    )
    def repeat(self) -> None:
        for row in range(1, SINGLE_STEPS + 1):
            self.start_again(row, seconds=1.2 if row == 1 else 0.7)
            for step in STEPS:
                seconds = 0.6 if row == 1 else 0.35
                self.turn(self.code, seconds=seconds, **self.code.on(step))
                self.show(*self.numbers[step], run_time=seconds)
        self.wait(1.8)

    def start_again(self, row: int, seconds: float) -> None:
        """The updated values go to the top of the loop, and the counter counts on."""
        old, gone = self.state.digits, [each for step in STEPS for each in self.numbers[step]]
        travellers = [lifted(line[-1]) for line in self.updates.lines[1::2]]
        self.add(*travellers)
        self.play(
            turning(self.code, **self.code.on("repeat")),
            *(each.animate.set_opacity(0) for each in old),
            FadeOut(*gone),
            run_time=0.4 * seconds,
        )
        ways = zip(travellers, old, strict=True)
        self.play(
            *(ApplyMethod(new.move_to, each, path_arc=-0.4) for new, each in ways), run_time=0.6 * seconds
        )
        self.remove(*travellers)
        for each in (self.step, self.state, *gone):
            each.at(row)
        for digits in self.state.digits:
            digits.set_opacity(1)

    @beat(
        "time_lapse",
        "Now the loop runs through. The line is nothing but the pair b and w that the last line has left.",
    )
    def time_lapse(self) -> None:
        story, theme, code = self.story, self.colors, self.code
        plane = self.plane = DataPlane(
            story.dataset, PICTURE, theme, story.run.parameters, run="numpy", radius=6
        )
        self.readouts = Readouts(
            READOUTS, [*parameters_of(story.run, "numpy"), story.loss(story.loss_markup)], theme
        )
        self.clock = Clock(plane, self.readouts, self.step, row=SINGLE_STEPS)
        self.hide(self.state, *(each for step in STEPS for each in self.numbers[step]), run_time=0.6)
        all_lit = code.on(*STEPS, right=NUMBERS.left - BAND_ENDS) | {"lit": np.ones(len(CELLS))}
        self.play(turning(code, **all_lit), FadeOut(self.headers[2]), run_time=0.6)
        self.play(
            Create(plane.plot.lines),
            FadeIn(plane.plot.labels, plane.names, plane.train, plane.validation),
            run_time=0.8,
        )
        self.play(Create(plane.line), FadeIn(self.readouts), run_time=0.8)
        self.add(plane)
        self.run_on(self.clock, story.run.n_steps, story.lapse_seconds, pace="by change")
        self.wait(1.8)

    @beat(
        "agree",
        "The two programs agree digit for digit: torch does what the five steps say, no more.",
    )
    def compare(self) -> None:
        code = self.code
        heads = ("NumPy", "#h(0pt)", "torch")
        table = Table(COMPARISON, self.story.compared(), self.colors, heads=heads, em=COMPARED)
        self.play(
            turning(code, shown=code.only("repeat"), lit=code.only(), banded=0.0),
            FadeOut(*self.headers[:2]),
            FadeIn(*(column[0] for column in table.columns)),
            run_time=0.8,
        )
        for (name, ours, equals, theirs), readout in zip(table.rows, self.readouts.digits, strict=True):
            self.play(FadeIn(name), TransformFromCopy(readout, ours), run_time=0.8)
            self.play(FadeIn(equals, theirs, shift=0.15 * RIGHT), run_time=0.7)
        verdict = Words("equal, digit for digit", MEDIUM, self.colors)
        self.say(verdict.place(NUMPY.left, baselines(CELLS["gradient"], 1)[0]))
        self.wait(5.4)
