"""TrainingLoop: five steps as code, in NumPy and in torch, acted out by a line, and by a network last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import ClassVar

import numpy as np
from manim import (
    DOWN,
    UP,
    AnimationGroup,
    ApplyMethod,
    Create,
    FadeIn,
    FadeOut,
    LaggedStart,
    Mobject,
    VGroup,
    smooth,
    squish_rate_func,
)
from numpy.typing import NDArray

import gdmath
from gdmath import LeastSquares
from gdscenes.kit.figures.backward import BackwardPass
from gdscenes.kit.figures.code_block import CodeBlock, baselines
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.losses import LossCurves, is_long
from gdscenes.kit.figures.morphing_code import MorphingCode
from gdscenes.kit.figures.network_curve import NetworkCurve
from gdscenes.kit.figures.predictions import Predictions
from gdscenes.kit.figures.printed_table import agreeing_decimals
from gdscenes.kit.figures.pulls import StepArrows
from gdscenes.kit.figures.readouts import Readout
from gdscenes.kit.figures.squares import ErrorSquares, LossSquare, spread_rows
from gdscenes.kit.figures.table import Row, Table
from gdscenes.kit.figures.terms import Term, Terms
from gdscenes.kit.lecture.beats import beat, claim
from gdscenes.kit.lecture.choices import DescentSettings, dataset_with_bias, stable_learning_rate
from gdscenes.kit.lecture.clock import Clock, Redraw, turning
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.live import Task, Trial
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.lecture.settings import Settings, knob, settled
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.cell import PAGE, Cell, Insets
from gdscenes.kit.page.layers import lifted
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL, SMALLEST, units
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.marks import strike
from gdscenes.kit.plot.runs import RunStyle
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.counter import Counter
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import NO_SIGN, Notation, decimals_for, notation_that_adds, shortest
from gdscenes.kit.type.typeset import Words

STEPS = ("predict", "loss", "gradient", "update")
CLEAR = "clear"
"""A row of the loop that is torch's alone."""
MOST_UNCLEARED = 60
"""Rounds without it at most."""
SWING_SECONDS, REWIND_SECONDS = 3.0, 1.5
ROUNDS = (4.0, 2.4, 1.6)
"""Seconds of the rounds after the first, before the loop runs through."""
TOLD = 1 + len(ROUNDS)
"""Rounds that are told one by one."""
TIME_LAPSE_SECONDS, NETWORK_SECONDS = 9.0, 8.0
SECONDS_PER_ROW = 0.25
SEED, WIDTH = 2, 16
"""Of the network."""
MOST_VALUES = 3
"""Points whose predictions and errors are shown, where there is room for so many."""
VALUES_GAP = 18.0
NAME_LEADING = 42.0
"""Between the rows of a name beside the end of a line."""
STATE_BESIDE = 320.0
"""Width of the numbers of b and w, pixels, from which on they begin left of the column of numbers."""
MOST_DECIMALS = 4
SAME_DIGITS = 12
"""Of what the two programs end on."""
SPREAD = 6
"""Points whose squares open where they are."""
STYLE = RunStyle("loss", 0, 4, 1, 0)

UPPER, LOWER = PAGE.rows(546, 448)
LABELS, NUMPY, TORCH, NUMBERS = UPPER.columns(168, 515, 527, 535)
HEADS, LOOP, *ROWS = UPPER.rows(70, 54, 58, 102, 102, 102, 58)
CELLS = dict(zip(("repeat", *STEPS, CLEAR), (LOOP, *ROWS), strict=True))
SET_UP = Cell(UPPER.left, LOOP.bottom, UPPER.right, LOOP.bottom + 224)
LOWER = LOWER.inset(Insets(top=10))
PICTURE, SQUARE, ASIDE = LOWER.columns(620, 355, 650, gap=60)
COMPARISON = Cell(NUMBERS.left, LOOP.bottom, NUMBERS.right, UPPER.bottom)
FIRST_PICTURE = Cell(LOWER.left, SET_UP.bottom + LOOP.height, LOWER.right, LOWER.bottom)
"""Under what is done once, and `for` after it."""
HEADS_ABOVE = 22
"""From the heads of the columns to the loop."""

PROGRAM, LAST_PICTURE = PAGE.inset(Insets(top=10)).columns(820, 855, gap=70)
LAST_COUNTER, LAST_PLANE, LAST_CURVE = LAST_PICTURE.rows(90, 540, 354)


@cache
def network_run(reduction: gdmath.objectives.Reduction) -> gdmath.Trajectory:
    """The training of the small network on the curved data, by the same loop."""
    from gdmath.torch_loops import network_loop

    data = gdmath.curved_dataset(reduction)
    return network_loop(data.problem(), data.learning_rate, data.n_steps, width=WIDTH, seed=SEED)


@dataclass(frozen=True)
class TrainingLoopSettings(DescentSettings):
    """What a lecturer may change."""

    n_steps: int | None = knob(
        None, "number of updates; none takes the dataset's own", minimum=10, maximum=10_000
    )


@dataclass(frozen=True)
class TrainingLoopStory(Story):
    """The same descent by NumPy and by torch, its code, some rounds without zero_grad, and a network."""

    settings: TrainingLoopSettings

    @property
    def run(self) -> gdmath.Trajectory:
        return self.runs["numpy"]

    @property
    def torch_run(self) -> gdmath.Trajectory:
        return self.runs["torch"]

    @cached_property
    def curved(self) -> gdmath.Dataset:
        """What the network is trained on."""
        return gdmath.curved_dataset(self.dataset.reduction)

    def problem_of(self, run: str) -> LeastSquares:
        return self.curved.problem() if run == "network" else self.problem

    def predicted_by(self, run: str) -> Callable[[NDArray[np.float64]], NDArray[np.float64]] | None:
        return partial(gdmath.network_predictions, x=self.curved.x_train) if run == "network" else None

    def runner(self, name: str) -> Runner:
        return Runner(name, self.runs[name], STYLE, self.loss_markup)

    @property
    def turns_logarithmic(self) -> bool:
        """Whether the axis of the loss does before the time-lapse."""
        return is_long(self.run.losses)

    @property
    def loop(self) -> str:
        """What repeats the other steps."""
        return f"for step in range({self.run.n_steps}):"

    @cached_property
    def trained_on(self) -> gdmath.Dataset:
        """The data without the points that are kept aside: no step of the loop looks at them."""
        return replace(self.dataset, validation_indices=np.empty(0, dtype=np.int64))

    @property
    def swings_past(self) -> bool:
        """Whether the loss without zero_grad rises, to more than it is with it."""
        without = self.runs["not cleared"].losses
        is_peak = self.swing + 1 < len(without)
        return bool(is_peak and without[self.swing] > self.run.losses[self.swing])

    @property
    def programs_agree(self) -> bool:
        """Whether both end on the same numbers, to more digits than are written."""
        return gdmath.behaviour.ends_alike(self.run, self.torch_run, SAME_DIGITS)

    @cached_property
    def swing(self) -> int:
        """The update without zero_grad after which the loss has risen to its first peak, or the last."""
        losses = self.runs["not cleared"].losses
        rows = range(2, len(losses) - 1)
        peaks = (row for row in rows if losses[row - 1] < losses[row] >= losses[row + 1])
        return next(peaks, len(losses) - 1)

    @property
    def highest_loss(self) -> float:
        """Of the lines that the square is drawn for."""
        return float(max(self.start_loss, *self.runs["not cleared"].losses[: self.swing + 1]))

    @property
    def set_up(self) -> tuple[str, ...]:
        """What NumPy is given before the loop: the parameters, as `start`, and the rate."""
        return "b, w = start", f"lr = {self.run.learning_rate!r}"

    @property
    def torch_set_up(self) -> tuple[str, ...]:
        """The same in torch: a model that holds b and w, `start` as its state; a loss; an optimiser."""
        loss = {"mean": "mse = nn.MSELoss()", "sum": 'sse = nn.MSELoss(reduction="sum")'}
        return (
            "model = nn.Linear(1, 1).double()",
            "model.load_state_dict(start)",
            loss[self.dataset.reduction],
            "sgd = SGD(model.parameters(), lr)",
        )

    @property
    def numpy_code(self) -> dict[str, tuple[str, ...]]:
        """The body of the loop in NumPy, by step."""
        reduce = self.dataset.reduction
        return {
            "repeat": (self.loop,),
            "predict": ("  yhat = b + w * x",),
            "loss": ("  e = yhat - y", f"  loss = (e**2).{reduce}()"),
            "gradient": (f"  gb = 2 * e.{reduce}()", f"  gw = 2 * (e*x).{reduce}()"),
            "update": ("  b = b - lr * gb", "  w = w - lr * gw"),
        }

    @property
    def torch_code(self) -> dict[str, tuple[str, ...]]:
        """The body of the loop in torch, by step."""
        return {
            "predict": ("  yhat = model(x)",),
            "loss": (f"  loss = {self.loss_name.lower()}(yhat, y)",),
            "gradient": ("  loss.backward()",),
            "update": ("  sgd.step()",),
            CLEAR: ("  sgd.zero_grad()",),
        }

    @property
    def torch_loop(self) -> tuple[str, ...]:
        """The body of the loop in torch."""
        return tuple(line for lines in self.torch_code.values() for line in lines)

    def programs(self) -> list[tuple[str, ...]]:
        """The whole of torch's program, and the same where a small network is the model."""
        model, start, *others = self.torch_set_up
        _, set_rate = self.set_up
        network = (
            f"torch.manual_seed({SEED})",
            "model = nn.Sequential(",
            f"  nn.Linear(1, {WIDTH}),",
            "  nn.Tanh(),",
            f"  nn.Linear({WIDTH}, 1),",
            ").double()",
        )
        rate = f"lr = {self.runs['network'].learning_rate!r}"
        loop = f"for step in range({self.runs['network'].n_steps}):"
        return [
            (set_rate, model, start, *others, self.loop, *self.torch_loop),
            (rate, *network, *others, loop, *self.torch_loop),
        ]

    @property
    def lapse_seconds(self) -> float:
        """Length of the time-lapse."""
        return min(TIME_LAPSE_SECONDS, max(2.0, SECONDS_PER_ROW * (self.run.n_steps - TOLD)))

    # -- what each step comes to, row by row -------------------------------------------------------------

    def state(self, ahead: int = 0, named: bool = False, run: str = "numpy") -> list[Readout]:
        """b and w of a row, or of one ahead."""
        parameters, notation = self.runs[run].parameters, Notation(decimals_for(self.run.parameters.ravel()))
        claimed = ("", "") if ahead or run != "numpy" else ("bias", "weight")
        return [
            Readout(f"${role} =$" * named, values[ahead:], notation, role, None, quantity, run, True)
            for role, values, quantity in zip(PARAMETER_ROLES, parameters.T, claimed, strict=True)
        ]

    def slopes(self, run: str = "numpy") -> list[Readout]:
        """What each update uses."""
        both = zip(PARAMETER_ROLES, self.runs[run].gradients.T, self.slope_notations, strict=True)
        return [Readout("", values, notation, role, signed=True) for role, values, notation in both]

    @cached_property
    def slope_notations(self) -> list[Notation]:
        """In which the first two slopes add up to what is in .grad where the first was not cleared."""
        notation = Notation(decimals_for(self.run.gradients.ravel()))
        pairs = zip(self.run.gradients[:2].T, self.runs["not cleared"].gradients[1], strict=True)
        return [notation_that_adds(terms, total, notation) for terms, total in pairs]

    def loss(self) -> Readout:
        notation = Notation(min(decimals_for(self.run.losses, digits=5), 6))
        return Readout("", self.run.losses, notation, "loss", None, "loss", "numpy", True)

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
        """The updates that leave a row, and what they make; of long numbers, what they make alone."""
        rate = f"\N{THIN SPACE}-{shortest(self.run.learning_rate)}·("
        lines: list[list[Term]] = []
        for old, slope, new in zip(self.state(), self.slopes(), self.state(ahead=1), strict=True):
            lines.append([old, rate, slope, ")=", new])
        if all(SMALLEST * sum(map(longest_text, line)) <= NUMBERS.width for line in lines):
            return lines
        return [line[-1:] for line in lines]

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


def names_of_rows() -> dict[str, str]:
    """What each row of code is called."""
    return {
        "once": tr("once"),
        "repeat": tr("repeat"),
        "predict": tr("predict"),
        "loss": tr("loss"),
        "gradient": tr("gradient"),
        "update": tr("update"),
        CLEAR: tr("clear"),
    }


def longest_text(term: Term) -> float:
    """Width of a term in the rows that are told, em."""
    texts = [term] if isinstance(term, str) else [term.text(row) for row in range(len(term.values))]
    return max(map(text_width, texts))


class TrainingLoop(Lecture):
    """Five steps make the loop: predict, loss, gradient, update, repeat, in NumPy and in torch alike."""

    title = "The training loop"
    question = "What does a program repeat, so that a model learns?"
    hand_over = "Next: a model of your own."
    chapter = 8
    seconds = 132
    settings: ClassVar = TrainingLoopSettings()
    story_type = TrainingLoopStory
    trials = (Trial("repeat", step=1),)
    tasks = (
        Task("One update changes w by minus rate times gradient. What is the gradient of w?", asks="slope_w"),
        Task("How many updates bring the loss to within 1 % of its lowest?", asks="steps", within=0),
        Task("Make the loop diverge in 20 updates or more.", wants={"of_limit": (1, 1e9), "step": (20, 1e9)}),
    )

    story: TrainingLoopStory

    @staticmethod
    def prepare(settings: Settings) -> TrainingLoopStory:
        from gdmath.torch_loops import linear_loop

        assert isinstance(settings, TrainingLoopSettings)
        dataset = dataset_with_bias(settings.dataset)
        rate = stable_learning_rate(dataset, settings.learning_rate)
        given = dataset.problem(), dataset.start, rate
        n_steps = settings.n_steps or dataset.n_steps
        runs = {
            "numpy": gdmath.descend(*given, n_steps),
            "torch": linear_loop(*given, n_steps),
            "not cleared": linear_loop(*given, min(n_steps, MOST_UNCLEARED), zero_grad=False),
            "network": network_run(dataset.reduction),
        }
        settings = settled(settings, learning_rate=rate, n_steps=n_steps)
        return TrainingLoopStory(settings=settings, dataset=dataset, runs=runs)

    @beat(
        "set_up",
        "Once, before the loop, NumPy is given two numbers, a first line, and a rate. torch is given a model "
        "that holds them, a loss, and an optimiser.",
    )
    def show_set_up(self) -> None:
        self.title_card()
        story, theme = self.story, self.colors
        self.headers = [
            Words(name, MEDIUM, theme).place(column.left, HEADS.bottom - HEADS_ABOVE)
            for name, column in (("NumPy", NUMPY), ("torch", TORCH), (tr("values"), NUMBERS))
        ]
        ours, theirs = story.set_up, story.torch_set_up
        aligned = (*ours, *[""] * (len(theirs) - len(ours)))
        programs = [{"once": aligned}, {"once": theirs}]
        names = names_of_rows()
        self.set_up = CodeBlock({"once": SET_UP}, LABELS, [NUMPY, TORCH], programs, theme, names=names)
        self.state = self.state_terms("numpy", self.rows)
        plane = self.plane = DataPlane(
            story.trained_on,
            FIRST_PICTURE,
            theme,
            [*story.run.parameters, *story.runs["not cleared"].parameters[: story.swing + 1]],
            run="numpy",
            radius=6,
        )
        self.play(
            FadeIn(*self.headers, plane.plot.labels, plane.names, plane.train),
            Create(plane.plot.lines),
            run_time=1,
        )
        self.add(plane)
        (start, rate), lines = (program["once"] for program in self.set_up.programs)
        self.say(self.set_up.labels["once"], start)
        self.show(self.state, run_time=0.8)
        self.wait(0.6)
        plane.dial(parameters=story.run.parameters[0])
        self.play(Create(plane.line))
        self.wait(0.8)
        self.say(rate)
        self.wait(1.4)
        model, loaded, mse, optimizer = lines
        for told in ((model, loaded), (mse,), (optimizer,)):
            self.say(*told, run_time=0.8)
            self.wait(1.2 if model in told else 0.8)
        self.wait(0.6)

    def state_terms(self, run: str, rows: range) -> Terms:
        """b and w of a run, beside `for`."""
        state = self.story.state(named=True, run=run)
        is_short = SMALL * sum(map(longest_text, self.story.state(named=True))) < STATE_BESIDE
        cell = NUMBERS if is_short else TORCH
        return Terms(cell, baselines(LOOP, 1), [state], self.colors, gap=2 * VALUES_GAP, rows=rows)

    @property
    def rows(self) -> range:
        return range(len(self.story.run.losses))

    def make_numbers(self) -> None:
        """Beside each step what it comes to, lit together with its code."""
        story, theme = self.story, self.colors

        def terms(step: str, *lines: Sequence[Term], gap: float = 0.0) -> Terms:
            made = Terms(NUMBERS, baselines(CELLS[step], len(lines)), lines, theme, gap=gap, rows=self.rows)
            self.code.aside[step] += [part for line in made.lines for part in line]
            return made

        predictions = terms("predict", story.points("model_text"), gap=VALUES_GAP)
        errors, loss = story.points("loss"), [story.loss()]
        both = terms("loss", errors, loss, gap=VALUES_GAP)
        self.slopes = terms("gradient", *([slope] for slope in story.slopes()))
        self.updates = terms("update", *story.update())
        self.code.aside["repeat"] += self.state.lines[0]
        self.numbers = dict(zip(STEPS, (predictions, both, self.slopes, self.updates), strict=True))

    @beat(
        "predict",
        "Step one, predict: the model is asked at the x of each point, and answers on its line. Both "
        "programs make the numbers on the right.",
    )
    def predict(self) -> None:
        story, theme = self.story, self.colors
        programs = [story.numpy_code, story.torch_code]
        code = self.code = CodeBlock(CELLS, LABELS, [NUMPY, TORCH], programs, theme, names=names_of_rows())
        self.step = Counter(tr("updates"), None, theme, largest=story.run.n_steps)
        self.step.place(NUMBERS.right, HEADS.bottom - HEADS_ABOVE, "right")
        self.make_numbers()
        self.begin_loop()
        self.turn(code, seconds=0.5, banded=1.0)
        self.wait(0.6)
        self.light("predict")
        self.predictions = Predictions(self.plane)
        self.show(self.predictions, run_time=0.5)
        self.turn(self.predictions, seconds=2.4, risen=1.0)
        self.show(self.numbers["predict"], run_time=0.8)
        self.wait(3.2)

    def begin_loop(self) -> None:
        """`for` comes under what is done once, which leaves; then it takes its place."""
        code = self.code.dial(shown=self.code.only("repeat"), **self.code.on("repeat") | {"banded": 0.0})
        head = VGroup(code.labels["repeat"], *code.lines("repeat"))
        under = units(SET_UP.bottom - LOOP.top) * DOWN
        self.show(head.shift(under), self.step)
        self.wait(1.2)
        once = [self.set_up.labels["once"], *self.set_up.lines("once")]
        self.hide(*once, run_time=0.5)
        self.play(head.animate.shift(-under), run_time=0.6)
        self.remove(head)
        self.add(code, self.state)

    def light(self, step: str) -> None:
        """The band goes to a step, and its code appears."""
        rows = list(CELLS)
        self.turn(self.code, seconds=0.8, **self.code.on(step))
        self.turn(self.code, seconds=0.6, shown=self.code.only(*rows[: rows.index(step) + 1]))

    @beat(
        "loss",
        "Step two, the loss: predicted minus observed, squared, and all of it made one number, the area of "
        "this square.",
    )
    def measure_loss(self) -> None:
        story, plane = self.story, self.plane
        self.light("loss")
        errors, loss = self.numbers["loss"].lines
        self.hide(self.predictions, run_time=0.4)
        self.turn(plane, box=PICTURE.inset(plane.insets()), seconds=1)
        self.play(turning(plane, grown=1.0), FadeIn(*errors), run_time=1.2)
        square = self.square = LossSquare(
            plane, SQUARE, story.loss_markup, story.loss().notation, story.highest_loss
        )
        squares = ErrorSquares(plane, square, spread_rows(plane, SPREAD), square.word)
        self.play(squares.unfold_largest(), run_time=0.6)
        self.play(squares.unfold(), run_time=0.8)
        self.play(squares.pour_largest(), FadeIn(square.stated), run_time=0.6)
        self.play(squares.pour_unfolded(), run_time=0.7)
        self.play(squares.pour(), run_time=1.4)
        square.fill(0)
        self.play(FadeIn(square.outline, square.word, square.number), squares.close_tiles(), run_time=0.6)
        self.remove(squares.boxes)
        self.add(square.fill())
        self.say(*loss)
        self.add(self.numbers["loss"])
        self.wait(1.2)

    @beat(
        "gradient",
        "Step three, the gradient. NumPy is told both formulas. torch goes back through all that the loss "
        "was made of, and leaves in .grad what it finds.",
        cover=True,
    )
    def find_gradient(self) -> None:
        story = self.story
        self.light("gradient")
        self.show(self.slopes, run_time=0.8)
        self.wait(1)
        graph = self.graph = BackwardPass(
            ASIDE, story.slopes("not cleared"), story.loss_name, self.colors, rows=range(story.swing)
        )
        self.show(graph, run_time=0.8)
        self.wait(0.6)
        self.turn(graph, gone=1.0, seconds=2.8)
        self.turn(graph, gone=2.0, kept=1.0, seconds=0.6)
        self.wait(3.6)

    @beat(
        "update",
        "Step four, update: subtract the rate times each slope. The new b shifts the line, the new w "
        "turns it.",
    )
    def update(self) -> None:
        story, plane = self.story, self.plane
        self.light("update")
        drive, (start, end) = StepArrows(plane), story.run.parameters[:2]
        for index, line in enumerate(self.updates.lines):
            arrow = drive.arrows[index]
            if line[:-1]:
                self.play(FadeIn(*line[:-1], shift=0.1 * UP), run_time=0.8)
            self.play(FadeIn(line[-1], shift=0.1 * UP), FadeIn(arrow), run_time=0.8)
            self.wait(0.3)
        self.add(self.updates)
        self.turn(plane, self.square, parameters=end * [1, 0] + start * [0, 1], seconds=0.9)
        self.turn(plane, self.square, parameters=end, seconds=0.9)
        self.clock = Clock(plane, self.square, self.step, row=1)
        self.wait(0.6)
        self.hide(drive, run_time=0.4)
        self.ride_up(1, 1.6, "update")

    @beat(
        "clear",
        "One line more in torch: in .grad slopes add up; zero_grad empties it. Left out, the second comes "
        "on top of the first: each step sums all of them.",
        claim("swings_past", "The line swings past the points, and the loss climbs again."),
        "Back to update 1, with zero_grad.",
    )
    def clear_gradients(self) -> None:
        """The boxes are emptied; then not, and what each round leaves in them is the sum."""
        graph, diverged = self.graph, self.colors.diverged
        self.light(CLEAR)
        self.wait(0.8)
        self.turn(graph, kept=0.0, seconds=0.6)
        self.wait(1.4)
        (line,) = self.code.programs[1][CLEAR]
        struck = strike(line.box(), diverged)
        self.play(Create(struck), turning(graph, kept=1.0), run_time=0.8)
        self.wait(0.4)
        graph.dial(gone=0.0)
        self.turn(self.code, seconds=0.5, **self.code.on("gradient"))
        self.turn(graph, gone=1.0, seconds=2)
        added = self.added_to_boxes()
        self.play(turning(graph, gone=2.0), *(FadeIn(each, shift=0.2 * UP) for each in added), run_time=0.6)
        self.wait(0.8)
        self.play(*(FadeOut(each, shift=0.2 * UP) for each in added), run_time=0.5)
        graph.at(1)
        self.wait(0.6)
        self.turn(self.code, seconds=0.5, **self.code.on("repeat", *STEPS))
        self.run_uncleared(struck)

    def run_uncleared(self, struck: Mobject) -> None:
        """The line goes on without zero_grad, beside the one that the same rounds make with it; then back."""
        story, theme, plane, square = self.story, self.colors, self.plane, self.square
        without, last = story.runs["not cleared"].parameters, story.swing
        state = self.state_terms("not cleared", range(last + 1)).at(1)
        self.remove(self.state)
        self.add(state)
        self.play(plane.line.animate.set_color(theme.diverged), run_time=0.5)

        def go_to(row: int, seconds: float) -> None:
            def count(share: float) -> None:
                if share == 1:
                    for figure in (self.step, state):
                        figure.at(row)
                    self.graph.at(row - 1)

            told, each = [self.step, state, self.graph], seconds / (last - 1)
            lines = [turning(figure, parameters=without[row], run_time=each) for figure in (plane, square)]
            self.redraw(*lines, Redraw(told, count, run_time=each))

        for row in range(2, last + 1):
            go_to(row, SWING_SECONDS)
        right = plane.dashed_line(story.run.parameters[last], "model")
        wrong_name, right_name = (
            Block(*([Words(row, SMALL, theme, role)] for row in name.splitlines()), leading=NAME_LEADING)
            for name, role in (
                (tr("sum of all\ngradients"), "diverged"),
                (tr("with\nzero_grad"), "model_text"),
            )
        )
        plane.label_ends([wrong_name, right_name], [without[last], story.run.parameters[last]])
        self.show(wrong_name, run_time=0.5)
        self.show(right, right_name, run_time=0.5)
        self.wait(2.5)
        self.hide(right, right_name, wrong_name, run_time=0.5)
        back = Words(tr("back to update 1"), SMALL, theme)
        back.place(self.step.value.box().right, baselines(CELLS["predict"], 1)[0], "right")
        self.play(FadeIn(back), FadeOut(struck), run_time=0.5)
        self.wait(0.8)
        for row in range(last - 1, 0, -1):
            go_to(row, REWIND_SECONDS)
        self.play(plane.line.animate.set_color(theme.model), FadeOut(back), run_time=0.5)
        self.turn(self.graph, kept=0.0, seconds=0.5)
        self.remove(state)
        self.add(self.state)

    def added_to_boxes(self) -> list[Digits]:
        """What `backward` adds in the second round, under each box."""
        found = []
        for digits, slope, (left, top, width, height) in zip(
            self.graph.digits, self.story.slopes(), self.graph.boxes.boxes, strict=True
        ):
            text = f"+({slope.text(1).strip(NO_SIGN)})"
            found.append(
                Digits(text, digits.em, self.colors, slope.role).place(
                    left + width, top + height + 44, "right"
                )
            )
        return found

    @beat(
        "repeat",
        "Step five, repeat: b and w go back to the top, and the same steps run again, faster and faster.",
    )
    def repeat(self) -> None:
        self.losses = LossCurves(
            ASIDE, [self.story.runner("numpy")], self.colors, name=self.story.loss_markup, unit=tr("update")
        )
        lit = np.ones(len(CELLS))
        self.play(FadeOut(self.graph), turning(self.code, lit=lit, banded=0.0), run_time=0.5)
        for beside in self.code.aside.values():  # from here on numbers stay in their full colours
            beside.clear()
        self.show(self.losses.at(1), run_time=0.8)
        self.wait(0.4)
        self.clock = Clock(self.plane, self.square, self.losses, self.step, row=1)
        for row, seconds in enumerate(ROUNDS, start=1):
            self.go_round(row, seconds)

    def go_round(self, row: int, seconds: float) -> None:
        """From the values of one row through all steps to those of the next, which go to the top."""
        for step, numbers in self.numbers.items():
            numbers.at(row)
            self.play(turning(self.code, **self.code.on(step)), FadeIn(numbers), run_time=0.125 * seconds)
            self.add(numbers)
        self.advance(self.clock, to=row + 1, seconds=0.15 * seconds, rest=0)
        self.play(turning(self.code, **self.code.on(CLEAR)), run_time=0.125 * seconds)
        self.ride_up(row + 1, 0.225 * seconds, "repeat")

    def ride_up(self, row: int, seconds: float, lit: str) -> None:
        """The updated values go to the top of the loop; what the steps made of the old ones is gone."""
        old, gone = self.state.digits, [self.numbers[step] for step in STEPS]
        travellers = [lifted(line[-1]) for line in self.updates.lines]
        self.add(*travellers)
        self.play(turning(self.code, **self.code.on(lit)), FadeOut(*gone), run_time=0.35 * seconds)
        flights = [
            AnimationGroup(
                ApplyMethod(new.move_to, each, path_arc=-0.4),
                ApplyMethod(each.set_opacity, 0, rate_func=squish_rate_func(smooth, 0.4, 0.8)),
            )
            for new, each in zip(travellers, old, strict=True)
        ]
        self.play(LaggedStart(*flights, lag_ratio=0.3), run_time=0.65 * seconds)
        self.remove(*travellers)
        self.state.at(row)
        for digits in self.state.digits:
            digits.set_opacity(1)

    @beat(
        "time_lapse",
        claim("turns_logarithmic", "The axis of the loss turns to a log scale."),
        "Now the loop runs through. Nothing but these numbers changes, and the model is the last b and w.",
    )
    def time_lapse(self) -> None:
        story, code = self.story, self.code
        if self.losses.is_long:
            self.turn(self.losses, bent=1.0, seconds=1.2)
        all_lit = code.on(*CELLS) | {"lit": np.ones(len(CELLS))}
        running = [self.numbers[step].at(TOLD) for step in STEPS[:-1]]
        self.play(turning(code, **all_lit), *map(FadeIn, running), run_time=0.6)
        self.add(*running)
        self.clock = Clock(*self.clock.figures, self.state, *running, row=TOLD)
        self.run_on(self.clock, story.run.n_steps, story.lapse_seconds, pace="slow at first")
        self.wait(1.6)

    @beat(
        "agree",
        claim(
            "programs_agree",
            "The two programs agree to 12 digits:",
            "The two programs agree as written:",
        ),
        "torch does what the steps say, and no more.",
    )
    def compare(self) -> None:
        table = Table(
            COMPARISON, self.story.compared(), self.colors, heads=("NumPy", "#h(0pt)", "torch"), em=MEDIUM
        )
        self.hide(self.state, *(self.numbers[step] for step in STEPS[:-1]), run_time=0.6)
        self.show(table.head, run_time=0.4)
        for row in table.rows:
            self.say(row, run_time=0.7)
        same = tr("equal to {n} digits", n=SAME_DIGITS)
        verdict = Words(same if self.story.programs_agree else tr("equal as written"), MEDIUM, self.colors)
        self.say(verdict.place(NUMBERS.left, COMPARISON.bottom - 24))
        self.wait(3.2)

    @beat(
        "any_model",
        "No line fits these points. Put another model in its place, a small network of 49 numbers: the loop "
        "stays as it is, and bends its curve into the points.",
    )
    def train_any_model(self) -> None:
        story, theme = self.story, self.colors
        run, data = story.runs["network"], story.curved
        program = MorphingCode(PROGRAM, story.programs(), theme)
        ours, theirs = self.code.programs
        loop = [ours["repeat"][0], *(line for step in (*STEPS, CLEAR) for line in theirs[step])]
        plane = DataPlane(data, LAST_PLANE, theme, data.start, radius=8)
        best = plane.dashed_line(data.problem().minimizer)
        best_name = Words(tr("best line"), SMALL, theme, "minimum")
        plane.label_line(best_name, data.problem().minimizer)
        best_loss = self.last_loss(data.problem().minimum, "minimum")
        step = Counter(tr("updates"), None, theme, largest=run.n_steps, em=LARGE)
        step.place(LAST_PICTURE.left, LAST_COUNTER.bottom - HEADS_ABOVE)
        set_up, kept = program.lines[0][: -len(loop)], program.lines[0][-len(loop) :]
        self.turn_page(carry=zip(loop, kept, strict=True))
        self.show(plane, best, best_name, best_loss, step, *set_up, run_time=0.6)
        self.add(program)
        self.wait(1.4)
        self.hide(best, best_name, best_loss, run_time=0.4)
        self.turn(program, program=1.0, focus=1.0, seconds=1.6)
        curve = NetworkCurve(plane, run, "network")
        losses = LossCurves(
            LAST_CURVE,
            [story.runner("network")],
            theme,
            span=run.n_steps,
            name=story.loss_markup,
            unit=tr("update"),
        )
        self.play(FadeIn(losses), Create(curve.curve), run_time=1)
        self.wait(0.6)
        self.turn(program, focus=0.0, seconds=0.6)
        self.run_on(Clock(curve, losses, step), run.n_steps, NETWORK_SECONDS, pace="by change")
        self.show(self.last_loss(run.losses[-1], "loss"), run_time=0.4)
        self.wait(3.6)

    def last_loss(self, loss: float, role: str) -> VGroup:
        """What a model leaves of the loss, over the plane of the last page."""
        right, baseline = LAST_PICTURE.right, LAST_COUNTER.bottom - HEADS_ABOVE
        number = Digits(Notation(MOST_DECIMALS).write(float(loss)), MEDIUM, self.colors, role)
        number.place(right, baseline, "right")
        name = Words(self.story.loss_markup, MEDIUM, self.colors)
        return VGroup(name.place(number.box().left - 0.4 * MEDIUM, baseline, "right"), number)
