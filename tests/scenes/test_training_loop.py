"""The code on the screen runs, and gives the numbers beside it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from data import slow_but
from torch import nn
from torch.optim import SGD

import gdmath
from gdscenes.kit.figures.code import CodeLine
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.page import sheet
from gdscenes.kit.type.digits import Digits
from gdscenes.training_loop import NUMPY, STEPS, TORCH, TrainingLoop, TrainingLoopSettings

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


def shown(figures) -> float:
    text = figures.text.replace("\N{FIGURE SPACE}", "").replace("+", "")
    mantissa, _, power = text.partition("×10")
    return float(mantissa) * 10.0 ** int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")) or 0)


def assert_shows(figures, value) -> None:
    """Its last digit is the rounding of the value."""
    decimals = len(figures.text.partition(".")[2].partition("×")[0])
    rounding = 0.5 * 10.0**-decimals
    if "×" in figures.text:
        rounding = 0.006 * abs(value)
    assert shown(figures) == pytest.approx(value, abs=rounding * (1 + 1e-6)), figures.text


def code_on_screen(lecture, left: float, right: float) -> list[str]:
    """The lines of one column, from the top down, as they can be read."""
    lines = [m for m in lecture.get_mobject_family_members() if isinstance(m, CodeLine) and len(m.text) > 1]
    column = [line for line in lines if left <= sheet.pixels(line.origin)[0] < right]
    return [line.text for line in sorted(column, key=lambda line: -line.origin[1])]


class Program:
    """A set-up and a loop as they were on the screen, run one round at a time."""

    def __init__(self, set_up: list[str], loop: list[str], names: dict) -> None:
        self.names = names
        exec("\n".join(set_up), names)
        head, *self.body = loop
        self.rounds = range(int(head.removeprefix("for step in range(").removesuffix("):")))
        self.all = "\n".join(loop)

    def run_round(self) -> dict:
        exec("if True:\n" + "\n".join(self.body), self.names)
        return self.names


WATCHED: dict = {}


@pytest.fixture(params=slow_but(WITH_BIAS, "chapter-0", "fake-data"))
def watched(request, rehearse):
    """One rehearsal of each preset: the code that was shown, and the figures at the end of each beat."""
    if request.param not in WATCHED:
        WATCHED[request.param] = watch(request.param, rehearse)
    return WATCHED[request.param]


def watch(dataset, rehearse):
    texts, figures = {}, {}

    def look(lecture, beat):
        texts[beat] = {
            "numpy": code_on_screen(lecture, NUMPY - 1, TORCH - 1),
            "torch": code_on_screen(lecture, TORCH - 1, sheet.WIDTH),
        }
        figures[beat] = {
            step: [figure.copy() for figure in lecture.parts(step) if isinstance(figure, Digits)]
            for step in STEPS
        }
        figures[beat]["step"] = lecture.step_value.text

    rehearsed = rehearse(TrainingLoop, settings=TrainingLoopSettings(dataset=dataset), look=look)
    return rehearsed, texts, figures


def programs(rehearsed, texts) -> tuple[Program, Program]:
    data = rehearsed.lecture.story.dataset
    x, y = data.x_train, data.y_train
    start = {"start": tuple(data.start)}
    ours = Program(texts["set_up"]["numpy"], texts["repeat"]["numpy"], {**start, "x": x, "y": y})
    columns = {"x": torch.tensor(x)[:, None], "y": torch.tensor(y)[:, None], "nn": nn, "SGD": SGD}
    loop = [texts["repeat"]["numpy"][0], *texts["repeat"]["torch"]]
    theirs = Program([*texts["set_up"]["numpy"], *texts["set_up"]["torch"]], loop, {**start, **columns})
    return ours, theirs


def test_the_shown_code_makes_the_shown_runs(watched):
    """Exactly the lines of the screen, executed as the loop that they are."""
    rehearsed, texts, _ = watched
    story = rehearsed.lecture.story
    for program, run in zip(programs(rehearsed, texts), (story.run, story.torch_run), strict=True):
        assert len(program.rounds) == run.n_steps
        exec(program.all, program.names)
        if "model" in program.names:
            model = program.names["model"]
            end = [model.bias.item(), model.weight.item()]
        else:
            end = [program.names["b"], program.names["w"]]
        np.testing.assert_allclose(end, run.parameters[-1], rtol=1e-10)


def test_every_number_is_the_running_code_s(watched):
    rehearsed, texts, figures = watched
    ours, theirs = programs(rehearsed, texts)
    for row in range(4):
        names = ours.names
        before = names["b"], names["w"]
        model = theirs.names["model"]
        assert model.bias.item() == pytest.approx(before[0], rel=1e-9)
        ours.run_round()
        theirs.run_round()
        beat = {0: "update", 3: "repeat"}.get(row)
        if beat is None:
            continue
        assert figures[beat]["step"] == str(row)
        b, w, *values = figures[beat]["predict"]
        for figure, value in zip((b, w, *values), (*before, *names["yhat"]), strict=False):
            assert_shows(figure, value)
        for figure, value in zip(values, theirs.names["yhat"].flatten().tolist(), strict=False):
            assert_shows(figure, value)
        *errors, loss = figures[beat]["loss"]
        for figure, value in zip(errors, names["e"], strict=False):
            assert_shows(figure, value)
        assert_shows(loss, names["loss"])
        assert_shows(loss, theirs.names["loss"].item())
        for figure, value in zip(figures[beat]["gradient"], (names["gb"], names["gw"]), strict=True):
            assert_shows(figure, value)
        pairs = zip(before, (names["gb"], names["gw"]), (names["b"], names["w"]), strict=True)
        for index, (old, slope, new) in enumerate(pairs):
            first, rate, middle, _, _, last = figures[beat]["update"][6 * index : 6 * index + 6]
            for figure, value in ((first, old), (middle, slope), (last, new)):
                assert_shows(figure, value)
            assert float(rate.text.strip("\N{THIN SPACE}-·(")) == names["lr"]


def test_layout_holds_on_every_preset(watched):
    rehearsed, _, _ = watched
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


def test_one_line_of_code_is_lit_at_a_time(rehearse):
    """The band lies behind the step that is talked of, and only its code is in full colours."""
    seen = []

    def look(lecture, beat):
        if beat not in STEPS:
            return
        seen.append(beat)
        box = lecture.band.box
        for step in STEPS[: STEPS.index(beat) + 1]:
            for line in lecture.lines(step):
                inside = box.top < sheet.pixels(line.origin)[1] < box.bottom
                assert inside == (step == beat)
                ink = {str(glyph.get_fill_color().to_hex()).upper() for glyph in line.ink()}
                assert (lecture.colors.ink in ink) == (step == beat)

    rehearse(TrainingLoop, look=look)
    assert seen == list(STEPS)


def test_the_line_stands_where_the_counter_says(rehearse):
    seen = []

    def every_frame(lecture):
        if "time_lapse" not in lecture.beat_starts or not hasattr(lecture, "readouts"):
            return
        if not lecture.plane.line.has_points() or lecture.plane.line.get_stroke_opacity() < 1:
            return
        story, row = lecture.story, int(lecture.step_value.text)
        if row <= 3:
            return
        for (_, figure), value in zip(
            lecture.readouts, (*story.run.parameters[row], story.run.losses[row]), strict=True
        ):
            assert_shows(figure, value)
        ends = lecture.plane.plot.values(np.vstack(lecture.plane.line.ends()))
        b, w = story.run.parameters[row]
        np.testing.assert_allclose(ends[:, 1], b + w * ends[:, 0], rtol=1e-9, atol=1e-9)
        seen.append(row)

    rehearse(TrainingLoop, settings=TrainingLoopSettings(n_steps=60), every_frame=every_frame)
    assert sorted(set(seen)) == list(range(4, 61))


def test_the_table_compares_both_programs_to_the_last_digit(rehearsal):
    lecture = rehearsal(TrainingLoop).lecture
    story = lecture.story
    closing = [[*run.parameters[-1], run.losses[-1]] for run in (story.run, story.torch_run)]
    for (_, ours, _, theirs), values in zip(lecture.table(), zip(*closing, strict=True), strict=True):
        assert ours.text == theirs.text
        for figure, value in zip((ours, theirs), values, strict=True):
            assert_shows(figure, value)
    assert lecture.table()[0][1].text.strip("\N{FIGURE SPACE}") == f"{story.torch_run.parameters[-1, 0]:.8f}"


ODD = {
    "slope zero": (np.arange(6.0), np.full(6, 3.0) + 0.1 * np.array([1, -1, 0, 0, -1, 1])),
    "three points": (np.array([1.0, 2.0, 4.0]), np.array([3.0, -1.0, -9.0])),
    "millions": (1e6 * np.arange(1.0, 9), 5.0 - 2e-6 * 1e6 * np.arange(1.0, 9)),
    "millionths": (1e-6 * np.arange(1.0, 9), 1.0 + 3.0 * np.arange(1.0, 9)),
}


@pytest.mark.parametrize("name", slow_but(ODD, "slope zero", "millions"))
def test_odd_data_are_drawn_without_a_fault(name, rehearse):
    from gdmath.torch_loops import linear_loop

    x, y = ODD[name]
    problem = gdmath.LeastSquares(x, y)
    start = np.array([y.mean() + y.std(), -0.3 * y.std() / x.std()])
    given = (problem, start, 0.3 * problem.max_stable_learning_rate, 40)
    data = gdmath.Dataset(
        name=name,
        x=x,
        y=y,
        train_indices=np.arange(x.size),
        start=given[1],
        learning_rate=given[2],
        n_steps=40,
    )
    story = TrainingLoop.story_type(
        settings=TrainingLoopSettings(),
        dataset=data,
        runs={"numpy": gdmath.descend(*given), "torch": linear_loop(*given)},
    )
    after = rehearse(TrainingLoop, stored=story)
    assert {beat: faults for beat, faults in after.faults.items() if faults} == {}


@pytest.mark.parametrize(
    ("change", "allowed"),
    [({"learning_rate": 0.9}, "0.8055"), ({"dataset": "one-weight"}, "with a bias")],
)
def test_refuses_what_it_cannot_teach(change, allowed):
    settings = dataclasses.replace(TrainingLoop.settings, **change)
    with pytest.raises(SettingError, match=r"got .*; allowed .*; fix: ") as refusal:
        TrainingLoop.prepare(settings)
    assert allowed in str(refusal.value)
