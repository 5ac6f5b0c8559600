"""TrainingLoop: five steps as code, in NumPy and in torch, each lit while its numbers appear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from manim import (
    RIGHT,
    UP,
    Animation,
    ApplyMethod,
    Create,
    FadeIn,
    FadeOut,
    LaggedStart,
    Mobject,
    TransformFromCopy,
    UpdateFromAlphaFunc,
    VGroup,
    config,
    linear,
)
from numpy.typing import NDArray

import gdmath
from gdscenes.kit.figures.code import Band, CodeLine, code_column, lighting
from gdscenes.kit.figures.plain_plane import DataPlane
from gdscenes.kit.figures.printed_table import agreeing_decimals
from gdscenes.kit.lecture.choices import dataset_with_bias, stable_learning_rate
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.pacing import change_on_screen, rows_by_change
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL, SMALLEST, Box
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.axes import remove_crowded
from gdscenes.kit.plot.axis import widest_label
from gdscenes.kit.plot.marks import Dots
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.notation import decimals_for, number, shortest
from gdscenes.kit.type.typeset import Type, Words, literal

Array = NDArray[np.float64]

LABELS, NUMPY, TORCH, BOTH = 98.0, 252.0, 752.0, 1266.0
"""Left edges of the columns, pixels."""
END = 1838.0
STEPS = ("predict", "loss", "gradient", "update")
BASELINES = {
    "repeat": (112.0,),
    "predict": (330.0, 390.0),
    "loss": (486.0, 546.0),
    "gradient": (642.0, 702.0),
    "update": (798.0, 856.0, 918.0, 976.0),
}
HEADER_BASELINE = 226.0
SET_UP_BASELINES = {"model": (370.0, 440.0, 510.0), "loss": (660.0,), "update": (810.0,)}
LONGEST_RATE, RATE_ABOVE = 20, 70.0
"""Characters that stand beside torch's optimiser; a longer line of the rate stands above it, pixels."""
PICTURE = Box(BOTH, 290, END - 50, 668)
DOT_RADIUS = 6.0
READOUT_BASELINES = (798.0, 868.0, 938.0)
TABLE_BASELINES = (390.0, 530.0, 670.0)
VERDICT_BASELINE = 850.0
COMPARED = 60.0
"""Em of the numbers that are compared, pixels."""
SINGLE_STEPS = 3
TIME_LAPSE_SECONDS = 9.0
SECONDS_PER_ROW = 0.25
MOST_VALUES = 3
VALUES_GAP = 26.0
GAPS = {"predict": 20.0, "loss": 16.0, "gradient": 0.0, "update": 0.0}
"""Between the parts of a line of numbers, pixels."""
EQUALS_ROOM = 44.0
NAME_GAP, STATE_GAP = 14.0, 34.0
MOST_DECIMALS = 8


@dataclass(frozen=True)
class TrainingLoopSettings(Settings):
    """What a lecturer may change."""

    dataset: str = knob("chapter-0", "preset that the loop is run on", choices=gdmath.preset_names())
    learning_rate: float | None = knob(
        None, "step multiplier; none takes the dataset's own", minimum=0.0, open_minimum=True
    )
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
    def set_up(self) -> tuple[str, str]:
        """What both programs begin with: the parameters, given as `start`, and the rate."""
        return "b, w = start", f"lr = {self.run.learning_rate!r}"

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
            "update": ("  sgd.step()", "  sgd.zero_grad()"),
        }

    def predictions(self, row: int) -> Array:
        """What the line of a row predicts for the train points."""
        return self.problem.predict(self.run.parameters[row])

    def errors(self, row: int) -> Array:
        """Predicted minus observed, as the code has it."""
        return -self.problem.residuals(self.run.parameters[row])


class TrainingLoop(Lecture):
    """Five steps make the loop: predict, loss, gradient, update, repeat, in NumPy and in torch alike."""

    title = "The training loop"
    chapter = 8
    seconds = 79
    settings = TrainingLoopSettings()
    story_type = TrainingLoopStory
    cover = "update"
    beats: ClassVar = {
        "set_up": "Two numbers, b and w, and a learning rate: that is all NumPy needs. torch keeps the same "
        "numbers in a model, knows the loss, and has an optimiser that holds the rate.",
        "predict": "The loop begins. Step one, predict: put the points into the line. The numbers on the "
        "right are the same for both columns.",
        "loss": "Step two, the loss: predicted minus observed, squared, and made one number.",
        "gradient": "Step three, the gradient. In NumPy we write the two slopes; torch finds them by going "
        "backward through what it has just computed.",
        "update": "Step four, update: from each parameter subtract the rate times its slope. torch then "
        "clears its slopes, or it would add the next ones to them.",
        "repeat": "Step five, repeat: the new b and w go back to the top, and the same lines run again.",
        "time_lapse": "Now the loop runs through. The line is nothing but the pair b and w that the last "
        "line has left.",
        "agree": "Two programs, one descent: the numbers agree digit for digit. torch does nothing "
        "that the four steps did not say.",
    }

    story: TrainingLoopStory

    @staticmethod
    def prepare(settings: Settings) -> TrainingLoopStory:
        from gdmath.torch_loops import linear_loop

        assert isinstance(settings, TrainingLoopSettings)
        dataset = dataset_with_bias(settings.dataset)
        given = (
            dataset.problem(),
            dataset.start,
            stable_learning_rate(dataset, settings.learning_rate),
            settings.n_steps or dataset.n_steps,
        )
        runs = {"numpy": gdmath.descend(*given), "torch": linear_loop(*given)}
        return TrainingLoopStory(settings=settings, dataset=dataset, runs=runs)

    def construct(self) -> None:
        self.lay_out()
        self.show_set_up()
        self.predict()
        self.measure_loss()
        self.find_gradient()
        self.update()
        self.repeat()
        self.time_lapse()
        self.compare()

    # -- layout ------------------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """Code, labels, numbers and band, none of it shown; how many decimals each number has."""
        story, theme = self.story, self.colors
        self.parameter_decimals = decimals_for(story.run.parameters.ravel())
        self.gradient_decimals = decimals_for(story.run.gradients.ravel())
        self.loss_decimals = min(decimals_for(story.run.losses, digits=5), 6)
        self.value_decimals = decimals_for([*story.predictions(0), *story.problem.y])
        self.headers = VGroup(
            *(
                Words(word, MEDIUM, theme).place(left, HEADER_BASELINE)
                for word, left in (("NumPy", NUMPY), ("torch", TORCH), ("both", BOTH))
            )
        )
        self.labels = {
            step: Words(step, SMALL, theme).place(
                LABELS, float(np.mean(lines)) + (0 if step == "repeat" else 4)
            )
            for step, lines in BASELINES.items()
        }
        self.loop_line = CodeLine(story.loop, theme).place(NUMPY, BASELINES["repeat"][0])
        self.numpy_lines = self.column(story.numpy_code, NUMPY)
        self.torch_lines = self.column(story.torch_code, TORCH)
        self.band = Band(theme, sheet.SAFE.left + 2, sheet.SAFE.right - 2)
        self.step_word = Words("step", LARGE, theme).place(BOTH, BASELINES["repeat"][0])
        self.step_value = Digits("0", LARGE, theme)
        self.step_value.place(self.step_word.box().right + 30, BASELINES["repeat"][0])
        room = (END - BOTH - SMALL) / SMALL
        widest = max(
            text_width(number(value, self.value_decimals, signed=True))
            for value in [*story.predictions(0), *story.problem.y]
        )
        fitting = int(room / (widest + GAPS["predict"] / SMALL))
        self.n_values = min(story.problem.n_rows, MOST_VALUES, max(1, fitting))
        self.numbers = self.new_numbers()
        self.words = self.place_numbers()
        self.show_row(0)
        self.lay("ghosts", self.band)
        self.lay("text", self.headers, self.loop_line, *self.labels.values())
        self.lay("text", self.step_word, self.step_value)
        for lines in (self.numpy_lines, self.torch_lines):
            self.lay("text", *(line for step in lines.values() for line in step))
        self.lay("text", *(part for step in STEPS for part in self.parts(step)))

    def column(self, code: dict[str, tuple[str, ...]], left: float) -> dict[str, list[CodeLine]]:
        """The body of a loop, each step's lines in the middle of its rows."""
        lines = {}
        for step, texts in code.items():
            middle = float(np.mean(BASELINES[step])) + 4
            gap = 116 if step == "update" and code is self.story.numpy_code else 60
            spread = gap * (np.arange(len(texts)) - (len(texts) - 1) / 2)
            lines[step] = code_column(texts, list(middle + spread), left, self.colors)
        return lines

    def texts(self, row: int) -> dict[str, list[list[str]]]:
        """The figures of each step at a row, line by line; the update is the one that leaves the row."""
        story, run = self.story, self.story.run

        def values(of: Array) -> list[str]:
            return [number(value, self.value_decimals, signed=True) for value in of[: self.n_values]]

        def state(at: int) -> list[str]:
            return [number(value, self.parameter_decimals, signed=True) for value in run.parameters[at]]

        slopes = [number(slope, self.gradient_decimals, plus=True) for slope in run.gradients[row]]
        rate = f"\N{THIN SPACE}-{shortest(run.learning_rate)}·("
        update = []
        for old, slope, new in zip(state(row), slopes, state(row + 1), strict=True):
            update += [[old, rate, slope, ")"], ["=", new]]
        return {
            "predict": [state(row), values(story.predictions(row))],
            "loss": [
                values(story.errors(row)),
                [number(run.losses[row], self.loss_decimals, signed=True)],
            ],
            "gradient": [
                [number(slope, self.gradient_decimals, signed=True)] for slope in run.gradients[row]
            ],
            "update": update,
        }

    def new_numbers(self) -> dict[str, list[list[Digits]]]:
        """The figures of each step, line by line, in the places that the widest of the first rows need."""
        found: dict[str, list[list[Digits]]] = {}
        every = [self.texts(row) for row in range(SINGLE_STEPS + 1)]
        for step, lines in every[0].items():
            roles = self.number_roles(step)
            widest = [
                [max((row[step][i][k] for row in every), key=text_width) for k in range(len(line))]
                for i, line in enumerate(lines)
            ]
            longest = EQUALS_ROOM + SMALL * max(sum(map(text_width, line)) for line in widest)
            em = SMALL if longest <= END - BOTH else SMALLEST
            found[step] = [
                [
                    Digits(text, em, self.colors, role)
                    for text, role in zip(line, roles[i][: len(line)], strict=True)
                ]
                for i, line in enumerate(widest)
            ]
        return found

    def number_roles(self, step: str) -> list[list[str]]:
        """Roles of the figures of a step, line by line."""
        if step == "predict":
            return [list(PARAMETER_ROLES), ["model_text"] * MOST_VALUES]
        if step == "loss":
            return [["loss"] * MOST_VALUES, ["loss"]]
        if step == "gradient":
            return [[role] for role in PARAMETER_ROLES]
        return [line for role in PARAMETER_ROLES for line in ([role, "ink", role, "ink"], ["muted", role])]

    def place_numbers(self) -> dict[str, list[Words]]:
        """Put the figures into their lines; returns the words among them, by step."""
        theme, words = self.colors, {step: list[Words]() for step in STEPS}
        names = [Words(f"${role} =$", SMALL, theme) for role in PARAMETER_ROLES]
        words["predict"] = names
        for step, lines in self.numbers.items():
            for line, baseline in zip(lines, BASELINES[step], strict=True):
                parts: list[Type] = list(line)
                if line is self.numbers["predict"][0]:
                    left = BOTH
                    for pair in zip(names, line, strict=True):
                        place_row(pair, left, baseline, NAME_GAP)
                        left = sheet.pixels(pair[1].origin)[0] + pair[1].width_pixels + STATE_GAP
                    continue
                if len(line) == self.n_values < self.story.problem.n_rows and step in ("predict", "loss"):
                    words[step].append(Words("…", SMALL, theme, line[0].role))
                    parts.append(words[step][-1])
                place_row(parts, BOTH, baseline, GAPS[step])
        updates = self.numbers["update"]
        longest = max(sum(part.width_pixels for part in terms) for terms in updates[0::2])
        shift = min(EQUALS_ROOM, END - BOTH - longest)
        for terms, (equals, result) in zip(updates[0::2], updates[1::2], strict=True):
            # the result stands under the old value that it replaces, the sign of equality before it
            VGroup(*terms).shift(sheet.at(shift, 0) - sheet.at(0, 0))
            equals.shift(sheet.at(shift - EQUALS_ROOM, 0) - sheet.at(0, 0))
            result.place(sheet.pixels(terms[1].origin)[0], sheet.pixels(result.origin)[1], "right")
        return words

    def show_row(self, row: int) -> None:
        """Put the numbers of a row into every step."""
        for step, lines in self.texts(row).items():
            for line, texts in zip(self.numbers[step], lines, strict=True):
                for figures, text in zip(line, texts, strict=True):
                    figures.spell(text, "right")

    def parts(self, step: str) -> list[Type]:
        """All words and figures of a step."""
        return [*self.words.get(step, ()), *(part for line in self.numbers.get(step, ()) for part in line)]

    # -- one beat after the other ------------------------------------------------------------------------

    def show_set_up(self) -> None:
        self.beat("set_up")
        theme, story = self.colors, self.story
        title = Words(literal(self.title), LARGE, theme).place(sheet.WIDTH / 2, sheet.HEIGHT / 2, "center")
        self.lay("text", title)
        self.play(FadeIn(title, shift=0.2 * UP))
        self.wait(1)
        self.play(FadeOut(title, shift=0.2 * UP))
        ours, rate = (
            CodeLine(text, theme).place(NUMPY, SET_UP_BASELINES[step][0])
            for text, step in zip(story.set_up, ("model", "update"), strict=True)
        )
        if len(rate.text) > LONGEST_RATE:
            rate.shift(sheet.at(0, -RATE_ABOVE) - sheet.at(0, 0))
        theirs = {
            step: code_column(texts, SET_UP_BASELINES[step], TORCH, theme)
            for step, texts in story.torch_set_up.items()
        }
        labels = {
            step: Words(step, SMALL, theme, "muted").place(LABELS, lines[0])
            for step, lines in SET_UP_BASELINES.items()
        }
        self.set_up_code = VGroup(ours, rate), VGroup(*(line for lines in theirs.values() for line in lines))
        values = [
            Digits(number(value, self.parameter_decimals, signed=True), SMALL, theme, role)
            for value, role in zip(story.run.parameters[0], PARAMETER_ROLES, strict=True)
        ]
        place_row(values, NUMPY, SET_UP_BASELINES["model"][1], VALUES_GAP)
        self.lay("text", *labels.values(), *self.set_up_code, *values)
        self.play(FadeIn(self.headers[0], labels["model"], ours, shift=0.15 * UP))
        self.play(FadeIn(*values), run_time=0.8)
        self.play(FadeIn(labels["update"], rate, shift=0.15 * UP))
        self.wait(1)
        self.play(FadeIn(self.headers[1]), run_time=0.6)
        for step, lines in theirs.items():
            shown = [FadeIn(line, shift=0.15 * UP) for line in lines]
            extra = [FadeIn(labels[step])] if step == "loss" else []
            self.play(LaggedStart(*shown, lag_ratio=0.4), *extra, run_time=0.7 + 0.5 * (len(lines) > 1))
            self.wait(0.4)
        self.start_values = values
        self.set_up_labels = VGroup(*labels.values())
        self.wait(2)

    def predict(self) -> None:
        self.beat("predict")
        self.play(FadeOut(*self.set_up_code, self.set_up_labels, shift=0.3 * UP), run_time=0.7)
        self.band.behind(BASELINES["repeat"])
        self.play(
            FadeIn(self.band, self.labels["repeat"], self.loop_line),
            FadeIn(self.step_word, self.step_value),
        )
        self.wait(0.6)
        state, predictions = self.numbers["predict"]
        names, others = self.words["predict"][: len(state)], self.words["predict"][len(state) :]
        self.play(
            FadeIn(self.headers[2], *names),
            *(start.animate.move_to(value) for start, value in zip(self.start_values, state, strict=True)),
            run_time=1.2,
        )
        self.remove(*self.start_values)
        self.add(*state)
        self.light("predict", "repeat")
        self.play(FadeIn(*predictions, *others), run_time=0.8)
        self.wait(2)

    def light(self, step: str, before: str) -> None:
        """The band goes to a step, whose lines appear; the step before steps back."""
        self.play(
            self.band.glide(self.band.box_behind(BASELINES[step])), self.lighting(before, False), run_time=0.8
        )
        shown = [FadeIn(line, shift=0.1 * UP) for line in self.lines(step)]
        self.play(FadeIn(self.labels[step]), *shown, run_time=0.8)

    def lighting(self, step: str, is_lit: bool) -> Animation:
        """Label, code and numbers of a step come into their full colours, or step back."""
        parts = [self.labels[step], *self.lines(step), *self.parts(step)]
        shown = {id(each) for each in self.get_mobject_family_members()}
        return lighting([part for part in parts if id(part) in shown], self.colors, is_lit)

    def measure_loss(self) -> None:
        self.beat("loss")
        self.light("loss", "predict")
        errors, loss = self.numbers["loss"]
        self.play(
            *map(TransformFromCopy, self.numbers["predict"][1], errors),
            FadeIn(VGroup(*self.words["loss"])),
            run_time=1,
        )
        self.wait(0.8)
        poured = VGroup(*errors).copy()
        self.lay("moving", poured)
        self.play(FadeOut(poured, target_position=loss[0], scale=0.4), FadeIn(loss[0]), run_time=1)
        self.wait(2)

    def find_gradient(self) -> None:
        self.beat("gradient")
        self.light("gradient", "loss")
        for line in self.numbers["gradient"]:
            self.play(FadeIn(*line, shift=0.15 * UP), run_time=0.8)
            self.wait(0.4)
        self.wait(2)

    def update(self) -> None:
        self.beat("update")
        self.light("update", "gradient")
        rows = self.numbers["update"]
        for index, (terms, result) in enumerate(zip(rows[0::2], rows[1::2], strict=True)):
            old, rate, slope, closing = terms
            self.play(
                TransformFromCopy(self.numbers["predict"][0][index], old, path_arc=0.5),
                FadeIn(rate, closing),
                run_time=1,
            )
            self.play(TransformFromCopy(self.numbers["gradient"][index][0], slope, path_arc=-0.7), run_time=1)
            self.play(FadeIn(*result, shift=0.1 * UP), run_time=0.6)
        self.wait(2)

    def repeat(self) -> None:
        self.beat("repeat")
        for row in range(1, SINGLE_STEPS + 1):
            self.start_again(row, run_time=1.2 if row == 1 else 0.7)
            for before, step in zip(("repeat", *STEPS), STEPS, strict=False):
                self.run_step(step, before, row, run_time=0.6 if row == 1 else 0.35)
        self.wait(1.8)

    def start_again(self, row: int, run_time: float) -> None:
        """The updated values go to the top of the loop, and the counter counts on."""
        results = [self.numbers["update"][1][1], self.numbers["update"][3][1]]
        states = self.numbers["predict"][0]
        travellers = [result.copy() for result in results]
        self.lay("moving", *travellers)
        kept = [*states, *self.words["predict"][: len(states)]]
        others = [part for step in STEPS for part in self.parts(step) if part not in kept]
        self.play(
            self.band.glide(self.band.box_behind(BASELINES["repeat"])),
            self.lighting("update", False),
            self.lighting("repeat", True),
            *(
                ApplyMethod(traveller.move_to, state, path_arc=-0.4)
                for traveller, state in zip(travellers, states, strict=True)
            ),
            FadeOut(*states, *others),
            run_time=run_time,
        )
        self.remove(*travellers)
        self.step_value.spell(str(row))
        self.show_row(row)
        for part in others:
            for glyph in part.ink():
                glyph.set_opacity(1)
        self.add(*states)

    def lines(self, step: str) -> list[CodeLine]:
        """The code of a step, in both columns."""
        return [self.loop_line] if step == "repeat" else [*self.numpy_lines[step], *self.torch_lines[step]]

    def run_step(self, step: str, before: str, row: int, run_time: float) -> None:
        """One step of a later round: the band comes, and the numbers of the row appear."""
        state = [*self.numbers["predict"][0], *self.words["predict"][: len(PARAMETER_ROLES)]]
        fresh = [part for part in self.parts(step) if part not in state]
        self.play(
            self.band.glide(self.band.box_behind(BASELINES[step])),
            self.lighting(before, False),
            self.lighting(step, True),
            run_time=run_time,
        )
        self.play(FadeIn(*fresh), run_time=run_time)

    def time_lapse(self) -> None:
        self.beat("time_lapse")
        story, theme, run = self.story, self.colors, self.story.run
        plane = DataPlane(story.dataset, story.problem, run.parameters, theme, PICTURE)
        left = BOTH + widest_label(plane.plot.y) + 24
        box = Box(left, PICTURE.top, PICTURE.right, PICTURE.bottom)
        plane = DataPlane(story.dataset, story.problem, run.parameters, theme, box)
        remove_crowded(plane.plot.labels)
        names = VGroup(
            CodeLine("x", theme).place(END, plane.plot.box.bottom + 10, "right"),
            CodeLine("y", theme).place(plane.plot.box.left, plane.plot.box.top - 24, "center"),
        )
        plane.draw(run.parameters[SINGLE_STEPS])
        for dots in plane.train_dots:
            assert isinstance(dots, Dots)
            dots.radius = DOT_RADIUS
            dots.stand_at(dots.centers()).set_stroke(width=0)
        self.plane = plane
        self.readouts = self.new_readouts()
        self.lay("grid", plane.plot, names)
        self.lay("marks", plane.line)
        self.lay("points", plane.train_dots, plane.validation_dots)
        whole = Box(self.band.left, BASELINES["predict"][0] - 54, BOTH - 20, BASELINES["update"][-1] + 34)
        self.play(FadeOut(*(part for step in STEPS for part in self.parts(step))), run_time=0.6)
        self.play(
            self.band.glide(whole, run_time=1),
            *(self.lighting(step, True) for step in ("repeat", *STEPS)),
            FadeOut(self.headers[2]),
            Create(plane.plot.lines),
            FadeIn(plane.plot.labels, names, plane.train_dots, plane.validation_dots),
        )
        self.play(Create(plane.line), FadeIn(self.readouts), run_time=0.8)
        self.picture = VGroup(plane.plot, names, plane.train_dots, plane.validation_dots, plane.line)
        self.add(plane.plot)
        self.run_through()
        self.wait(1.8)

    def new_readouts(self) -> VGroup:
        """b, w and the loss under the picture, at the row reached step by step."""
        theme, run = self.colors, self.story.run
        values = [*run.parameters[SINGLE_STEPS], run.losses[SINGLE_STEPS]]
        sources = (*(f"${role} =$" for role in PARAMETER_ROLES), f'$loss("{self.story.loss_name}") =$')
        decimals = (self.parameter_decimals, self.parameter_decimals, self.loss_decimals)
        rows = VGroup()
        for source, value, places, role, baseline in zip(
            sources, values, decimals, (*PARAMETER_ROLES, "loss"), READOUT_BASELINES, strict=True
        ):
            word = Words(source, MEDIUM, theme).place(BOTH + 160, baseline, "right")
            figures = Digits(number(value, places, signed=True), MEDIUM, theme, role)
            rows.add(VGroup(word, figures.place(BOTH + 180, baseline)))
        self.lay("text", rows)
        return rows

    def run_through(self) -> None:
        """All further rows: line, read-outs and counter on one clock, paced by what moves."""
        run, plane = self.story.run, self.plane
        heights = self.story.problem.predict(run.parameters[SINGLE_STEPS:], plane.edges)
        change = change_on_screen(
            *(plane.plot.pixels(x, y) for x, y in zip(plane.edges, heights.T, strict=True))
        )
        seconds = min(TIME_LAPSE_SECONDS, max(2.0, SECONDS_PER_ROW * len(change)))
        n_frames = round(seconds * config.frame_rate)
        longest = round(SECONDS_PER_ROW * config.frame_rate)
        rows = SINGLE_STEPS + rows_by_change(change, n_frames, longest=longest)

        def lapse(_: Mobject, share: float) -> None:
            self.show_state(int(rows[min(int(share * n_frames), n_frames - 1)]))

        moving = VGroup(plane.line, self.readouts, self.step_value)
        self.play(UpdateFromAlphaFunc(moving, lapse, rate_func=linear), run_time=seconds)

    def show_state(self, row: int) -> None:
        """Line, read-outs and counter of a row."""
        run = self.story.run
        self.plane.draw(run.parameters[row])
        decimals = (self.parameter_decimals, self.parameter_decimals, self.loss_decimals)
        values = (*run.parameters[row], run.losses[row])
        for (_, figures), value, places in zip(self.readouts, values, decimals, strict=True):
            figures.spell(number(value, places, signed=True))
        self.step_value.spell(str(row))

    def compare(self) -> None:
        self.beat("agree")
        code = VGroup(*(line for step in STEPS for line in self.lines(step)))
        step_labels = [self.labels[step] for step in STEPS]
        self.play(
            FadeOut(code, *step_labels, self.band),
            self.lighting("repeat", False),
            run_time=0.8,
        )
        rows = self.table()
        for (name, ours, equals, theirs), (_, readout) in zip(rows, self.readouts, strict=True):
            self.play(FadeIn(name), TransformFromCopy(readout, ours), run_time=0.8)
            self.play(FadeIn(equals, theirs, shift=0.15 * RIGHT), run_time=0.7)
        verdict = Words("equal, digit for digit", MEDIUM, self.colors).place(NUMPY, VERDICT_BASELINE)
        self.lay("text", verdict)
        self.play(FadeIn(verdict, shift=0.15 * UP), run_time=0.8)
        self.wait(3)

    def table(self) -> list[VGroup]:
        """b, w and the loss of the last row, NumPy's beside torch's, to the last digit that agrees."""
        theme, both = self.colors, (self.story.run, self.story.torch_run)
        columns = [[*run.parameters[-1], run.losses[-1]] for run in both]
        rows = []
        sources = (*(f"${role}$" for role in PARAMETER_ROLES), f'$loss("{self.story.loss_name}")$')
        for source, values, role, baseline in zip(
            sources, zip(*columns, strict=True), (*PARAMETER_ROLES, "loss"), TABLE_BASELINES, strict=True
        ):
            decimals = agreeing_decimals([[value] for value in values], MOST_DECIMALS)
            ours, theirs = (
                Digits(number(value, decimals, signed=True), COMPARED, theme, role).place(left, baseline)
                for value, left in zip(values, (NUMPY, TORCH), strict=True)
            )
            name = Words(source, MEDIUM, theme).place(LABELS, baseline)
            equals = Digits("=", COMPARED, theme, "muted").place(TORCH - 40, baseline, "right")
            rows.append(VGroup(name, ours, equals, theirs))
        self.lay("text", *rows)
        return rows


def place_row(parts: Sequence[Type], x: float, baseline: float, gap: float) -> None:
    """Place words and figures one after the other on a baseline."""
    for part in parts:
        part.place(x, baseline)
        left, right = part.extent()
        x += (right - left) * sheet.PIXELS_PER_UNIT + gap
