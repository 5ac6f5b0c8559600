"""The code on the screen runs, and gives the numbers beside it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from claims import assert_true
from data import slow_but
from drawn import assert_shows
from torch import nn
from torch.optim import SGD

import gdmath
from gdscenes.kit.figures.code import CodeLine
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.page import sheet
from gdscenes.training_loop import SINGLE_STEPS, STEPS, TORCH, TrainingLoop, TrainingLoopSettings

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


def code_on_screen(lecture, left: float, right: float) -> list[str]:
    """The lines of one column, from the top down, as they can be read."""
    lines = [m for m in lecture.get_mobject_family_members() if isinstance(m, CodeLine)]
    shown = [line for line in lines if line.ink()[0].get_fill_opacity() > 0]
    column = [line for line in shown if left <= sheet.pixels(line.origin)[0] < right]
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
            "numpy": code_on_screen(lecture, 0, TORCH.left - 1),
            "torch": code_on_screen(lecture, TORCH.left - 1, sheet.WIDTH),
        }
        if beat in ("update", "repeat"):
            figures[beat] = {"step": lecture.step.value.text}
            for name in ("state", "predictions", "errors", "loss", "slopes", "updates"):
                figures[beat][name] = [digits.copy() for digits in getattr(lecture, name).digits]
            figures[beat]["rates"] = [line[1].text for line in lecture.updates.lines[0::2]]

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
        values = figures[beat]["predictions"]
        for figure, value in zip(figures[beat]["state"], before, strict=True):
            assert_shows(figure, value)
        for figure, value in zip(values, names["yhat"], strict=False):
            assert_shows(figure, value)
        for figure, value in zip(values, theirs.names["yhat"].flatten().tolist(), strict=False):
            assert_shows(figure, value)
        (loss,) = figures[beat]["loss"]
        for figure, value in zip(figures[beat]["errors"], names["e"], strict=False):
            assert_shows(figure, value, digits=0)
        assert_shows(loss, names["loss"])
        assert_shows(loss, theirs.names["loss"].item())
        for figure, value in zip(figures[beat]["slopes"], (names["gb"], names["gw"]), strict=True):
            assert_shows(figure, value)
        for rate in figures[beat]["rates"]:
            assert float(rate.strip("\N{THIN SPACE}-·(")) == names["lr"]
        pairs = zip(before, (names["gb"], names["gw"]), (names["b"], names["w"]), strict=True)
        for index, (old, slope, new) in enumerate(pairs):
            shown = figures[beat]["updates"][3 * index : 3 * index + 3]
            for figure, value in zip(shown, (old, slope, new), strict=True):
                assert_shows(figure, value)


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
        (_, top, _, height), code = lecture.code.field.boxes[0], lecture.code
        for step in STEPS[: STEPS.index(beat) + 1]:
            for line in code.lines(step):
                inside = top < sheet.pixels(line.origin)[1] < top + height
                assert inside == (step == beat)
                ink = {str(glyph.get_fill_color().to_hex()).upper() for glyph in line.ink()}
                assert (lecture.colors.ink in ink) == (step == beat)

    rehearse(TrainingLoop, look=look)
    assert seen == list(STEPS)


def test_the_line_stands_where_the_counter_says(rehearse):
    seen = []

    def every_frame(lecture):
        if list(lecture.beat_starts)[-1] == "time_lapse" and hasattr(lecture, "clock"):
            row = int(lecture.step.value.text)
            assert row == lecture.clock.row
            if row == SINGLE_STEPS:  # the line may still be coming
                return
            claims = [*lecture.plane.claims(row), *lecture.readouts.claims(row)]
            assert assert_true(claims, lecture.story.runs, lecture.story.problem_of) == 4
            seen.append(row)

    rehearse(TrainingLoop, settings=TrainingLoopSettings(n_steps=60), every_frame=every_frame)
    assert sorted(set(seen)) == list(range(SINGLE_STEPS + 1, 61))


def test_the_programs_are_compared_to_the_last_digit_that_they_share():
    story = TrainingLoop.prepare(TrainingLoopSettings())
    closing = [[*run.parameters[-1], run.losses[-1]] for run in (story.run, story.torch_run)]
    for row, values in zip(story.compared(), zip(*closing, strict=True), strict=True):
        ours, equals, theirs = (text.strip("\N{FIGURE SPACE}") for text in row.texts)
        assert (equals, ours) == ("=", theirs)
        assert [f"{value:.8f}" for value in values] == [ours, theirs]


@pytest.mark.parametrize(
    ("change", "allowed"),
    [({"learning_rate": 0.9}, "0.8055"), ({"dataset": "one-weight"}, "with a bias")],
)
def test_refuses_what_it_cannot_teach(change, allowed):
    settings = dataclasses.replace(TrainingLoop.settings, **change)
    with pytest.raises(SettingError, match=r"got .*; allowed .*; fix: ") as refusal:
        TrainingLoop.prepare(settings)
    assert allowed in str(refusal.value)
