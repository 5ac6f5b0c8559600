"""The code on the screen runs, and gives the numbers beside it."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import numpy as np
import pytest
import torch
from claims import assert_true
from data import OWN, slow_but
from drawn import assert_shows, on_screen
from rehearsals import seen, told
from torch import nn
from torch.optim import SGD

import gdmath
from gdscenes.kit.figures.code import CodeLine
from gdscenes.kit.figures.network_curve import NetworkCurve
from gdscenes.kit.figures.terms import Terms
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.page import sheet
from gdscenes.kit.proof.faults import overlaps, texts_on
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import NO_SIGN
from gdscenes.kit.type.typeset import Words
from gdscenes.training_loop import STEPS, TOLD, TORCH, TrainingLoop, TrainingLoopSettings

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


@pytest.fixture(params=slow_but(WITH_BIAS, "chapter-0"))
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
            numbers = {"state": lecture.state, **lecture.numbers}
            figures[beat] = {
                name: [digits.copy() for digits in each.digits] for name, each in numbers.items()
            }
            figures[beat]["updates"] = lecture.step.value.text
            lines = lecture.updates.lines
            figures[beat]["rates"] = [line[1].text for line in lines if len(line) > 1]

    rehearsed = rehearse(TrainingLoop, settings=TrainingLoopSettings(dataset=dataset), look=look)
    return rehearsed, texts, figures


def programs(rehearsed, texts) -> tuple[Program, Program]:
    data = rehearsed.lecture.story.dataset
    x, y = data.x_train, data.y_train
    ours = Program(
        texts["set_up"]["numpy"],
        texts["repeat"]["numpy"],
        {"start": tuple(data.start), "x": x, "y": y},
    )
    b, w = map(torch.tensor, data.start)
    names = {"start": {"bias": b.reshape(1), "weight": w.reshape(1, 1)}, **in_torch(data)}
    loop = [texts["repeat"]["numpy"][0], *texts["repeat"]["torch"]]
    rate = texts["set_up"]["numpy"][-1:]
    return ours, Program([*rate, *texts["set_up"]["torch"]], loop, names)


def in_torch(data) -> dict:
    """What a program in torch finds: the points as columns, and what it imports."""
    columns = {"x": torch.tensor(data.x_train)[:, None], "y": torch.tensor(data.y_train)[:, None]}
    return {**columns, "torch": torch, "nn": nn, "SGD": SGD}


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
    for row in range(TOLD):
        names = ours.names
        before = names["b"], names["w"]
        model = theirs.names["model"]
        assert model.bias.item() == pytest.approx(before[0], rel=1e-9)
        ours.run_round()
        theirs.run_round()
        beat = {0: "update", TOLD - 1: "repeat"}.get(row)
        if beat is None:
            continue
        shown = figures[beat]
        assert shown["updates"] == str(row + 1)
        for figure, value in zip(shown["state"], (names["b"], names["w"]), strict=True):
            assert_shows(figure, value)
        for figure, value in zip(shown["predict"], names["yhat"], strict=False):
            assert_shows(figure, value)
        for figure, value in zip(shown["predict"], theirs.names["yhat"].flatten().tolist(), strict=False):
            assert_shows(figure, value)
        *errors, loss = shown["loss"]
        for figure, value in zip(errors, names["e"], strict=False):
            assert_shows(figure, value, digits=0)
        assert_shows(loss, names["loss"])
        assert_shows(loss, theirs.names["loss"].item())
        for figure, value in zip(shown["gradient"], (names["gb"], names["gw"]), strict=True):
            assert_shows(figure, value)
        for rate in shown["rates"]:
            assert float(rate.strip("\N{THIN SPACE}-·(")) == names["lr"]
        pairs = zip(before, (names["gb"], names["gw"]), (names["b"], names["w"]), strict=True)
        told = len(shown["update"]) // 2
        for index, values in enumerate(pairs):
            line = shown["update"][told * index : told * (index + 1)]
            for figure, value in zip(line, values[-told:], strict=True):
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

    rehearse(TrainingLoop, look=look, until="update")
    assert seen == list(STEPS)


def test_the_loop_begins_under_what_is_done_once(rehearse):
    """`for` is never over a line of the set-up."""
    below, gone = [], []

    def every_frame(lecture):
        if list(lecture.beat_starts)[-1] != "predict":
            return
        here = set(lecture.get_mobject_family_members())
        (head,) = lecture.code.programs[0]["repeat"]
        if head in here:
            once = [line for line in lecture.set_up.lines("once") if line in here]
            (below if once else gone).append(all(head.origin[1] < line.origin[1] for line in once))

    settings = TrainingLoopSettings(n_steps=10)
    rehearse(TrainingLoop, settings=settings, every_frame=every_frame, of=("predict",), frame_rate=5)
    assert below
    assert gone
    assert all(below)


def test_what_stands_in_the_boxes_is_what_torch_has_in_grad(rehearse):
    """Of the program on the screen with its last line left out: after two rounds the sum, to the digit."""
    seen_in_boxes, added, texts = [], [], {}

    def every_frame(lecture):
        if list(lecture.beat_starts)[-1] == "repeat" and not texts:
            texts["loop"] = lecture.story.torch_loop
        if list(lecture.beat_starts)[-1] == "clear" and lecture.graph.kept == 1:
            seen_in_boxes.append(tuple(digits.text for digits in lecture.graph.digits))
            added.append([each.text for each in on_screen(lecture, Digits) if each.text.startswith("+(")])

    settings = TrainingLoopSettings(n_steps=10)
    rehearsed = rehearse(
        TrainingLoop, settings=settings, every_frame=every_frame, of=("clear", "repeat"), frame_rate=5
    )
    story = rehearsed.lecture.story
    data, lines = story.dataset, story.programs()[0]
    b, w = map(torch.tensor, data.start)
    names = {"start": {"bias": b.reshape(1), "weight": w.reshape(1, 1)}, **in_torch(data)}
    exec("\n".join(lines[:5]), names)
    *body, cleared = texts["loop"]
    assert cleared.strip() == "sgd.zero_grad()"
    for shown in dict.fromkeys(seen_in_boxes):
        exec("if True:\n" + "\n".join(body), names)
        for text, grad in zip(shown, (names["model"].bias.grad, names["model"].weight.grad), strict=True):
            assert float(text) == pytest.approx(grad.item(), abs=5.1e-4)
    assert len(dict.fromkeys(seen_in_boxes)) == story.swing == 6
    (one, two, *_), more = dict.fromkeys(seen_in_boxes), max(added, key=len)
    for first, second, both in zip(one, more, two, strict=True):
        assert Decimal(first) + Decimal(second.strip("+()")) == Decimal(both)
    np.testing.assert_allclose(
        [names["model"].bias.item(), names["model"].weight.item()],
        story.runs["not cleared"].parameters[story.swing],
        rtol=1e-12,
    )


def test_the_values_go_along_without_zero_grad_and_the_way_back_is_announced(rehearse):
    rows, announced = [], []

    def every_frame(lecture):
        if list(lecture.beat_starts)[-1] != "clear":
            return
        (state,) = (each for each in on_screen(lecture, Terms) if each.names)
        row, run = int(lecture.step.value.text), state.readouts[0].run
        for digits, value in zip(state.digits, lecture.story.runs[run].parameters[row], strict=True):
            assert_shows(digits, value)
        if run == "not cleared":
            if rows and row != rows[-1]:
                there = lecture.story.runs[run].parameters[row]
                np.testing.assert_allclose(
                    lecture.plane.dials["parameters"], there, err_msg="the line is late"
                )
            rows.append(row)
            announced.append(any(each.source == "back to update 1" for each in on_screen(lecture, Words)))

    settings = TrainingLoopSettings(n_steps=10)
    rehearsed = rehearse(
        TrainingLoop, settings=settings, every_frame=every_frame, of=("clear",), frame_rate=10
    )
    last, top = rehearsed.lecture.story.swing, rows.index(rehearsed.lecture.story.swing)
    assert list(dict.fromkeys(rows[: top + 1])) == [*range(1, last + 1)]
    back = next(k for k in range(top, len(rows)) if rows[k] < last)
    assert list(dict.fromkeys(rows[back:])) == [*range(last - 1, 0, -1)]
    assert all(announced[back - 5 : back + 5])
    assert not any(announced[:top])


def test_names_of_the_lines_lie_over_nothing_of_a_wide_cloud(rehearse):
    """Nor does what announces the way back."""
    names, found = ("sum of all", "gradients", "with", "zero_grad", "back to update 1"), set()

    def every_frame(lecture):
        if list(lecture.beat_starts)[-1] != "clear":
            return
        plane, story, texts = lecture.plane, lecture.story, texts_on(lecture)
        lines = plane.line.ends(), plane.line_of(story.run.parameters[story.swing])
        along = [np.linspace(*ends)[:, 0] for ends in lines]
        drawn = sheet.pixels(np.vstack([*along, *(dot.centers() for dot in plane.train)]))
        for text in texts:
            if getattr(text, "source", "") in names:
                found.add(text.source)
                box = text.box().grown(4)
                inside = (drawn > (box.left, box.top)) & (drawn < (box.right, box.bottom))
                assert not inside.all(axis=1).any(), text.source
                assert box.overlap(lecture.square.box) == 0, text.source
        assert [fault for fault in overlaps(texts) if any(repr(name) in fault for name in names)] == []

    settings = TrainingLoopSettings(dataset=OWN["bmi"], n_steps=10)
    rehearse(TrainingLoop, settings=settings, every_frame=every_frame, of=("clear",), frame_rate=5)
    assert found == set(names)


@pytest.mark.parametrize("dataset", [*WITH_BIAS, *OWN.values()], ids=[*WITH_BIAS, *OWN])
def test_slopes_that_are_not_cleared_add_up_in_the_digits_told(dataset):
    story = told(TrainingLoop, TrainingLoopSettings(dataset=dataset, n_steps=10))
    for cleared, kept in zip(story.slopes(), story.slopes("not cleared"), strict=True):
        first, second, both = (
            Decimal(text.strip(NO_SIGN)) for text in (cleared.text(0), cleared.text(1), kept.text(1))
        )
        assert first + second == both


@pytest.mark.parametrize("dataset", ["chapter-0", "fake-data"])
def test_the_program_of_the_network_makes_its_run(dataset):
    story = told(TrainingLoop, TrainingLoopSettings(dataset=dataset, n_steps=10))
    line, network = story.programs()
    assert line[-5:] == network[-5:] == story.torch_loop
    names, before = in_torch(story.curved), torch.random.get_rng_state()
    exec("\n".join(network), names)
    torch.random.set_rng_state(before)
    run, ends = story.runs["network"], nn.utils.parameters_to_vector(names["model"].parameters())
    np.testing.assert_allclose(ends.detach().numpy(), run.parameters[-1], rtol=1e-9, atol=1e-12)
    assert names["loss"].item() == pytest.approx(run.losses[-2], rel=1e-9)


@seen(TrainingLoop, "any_model")
def test_the_last_page_shows_that_program_and_its_last_row(lecture):
    shown = tuple(code_on_screen(lecture, 0, sheet.WIDTH))
    assert shown == lecture.story.programs()[1]
    (curve,) = on_screen(lecture, NetworkCurve)
    assert curve.row == lecture.story.runs["network"].n_steps


def test_line_numbers_and_losses_stand_where_the_counter_says(rehearse):
    """Numbers, line and square are all those of one row."""
    watched_rows = []

    def every_frame(lecture):
        if list(lecture.beat_starts)[-1] == "time_lapse" and lecture.clock.row > TOLD:
            row = int(lecture.step.value.text)
            assert row == lecture.clock.row
            figures = (lecture.plane, lecture.square, lecture.losses)
            claims = [claim for each in figures for claim in each.claims(row)]
            for terms in (lecture.state, *(lecture.numbers[step] for step in STEPS[:-1])):
                assert terms.row == row
                claims += terms.claims(row)
            assert assert_true(claims, lecture.story.runs, lecture.story.problem_of) == 8
            watched_rows.append(row)

    settings = TrainingLoopSettings(n_steps=60)
    rehearse(TrainingLoop, settings=settings, every_frame=every_frame, of=("time_lapse",), frame_rate=5)
    assert watched_rows == sorted(watched_rows)
    steps = np.diff(sorted(set(watched_rows)))
    assert watched_rows[-1] == 60
    assert steps[-1] > steps[0], "it does not gather speed"


def test_the_programs_are_compared_to_the_last_digit_that_they_share():
    story = told(TrainingLoop)
    closing = [[*run.parameters[-1], run.losses[-1]] for run in (story.run, story.torch_run)]
    for row, values in zip(story.compared(), zip(*closing, strict=True), strict=True):
        ours, equals, theirs = (text.strip("\N{FIGURE SPACE}") for text in row.texts)
        assert (equals, ours) == ("=", theirs)
        assert [f"{value:.4f}" for value in values] == [ours, theirs]


@seen(TrainingLoop, "agree")
def test_the_verdict_says_how_many_digits_are_equal(lecture):
    verdicts = [each.source for each in on_screen(lecture, Words) if each.source.startswith("equal")]
    assert verdicts == ["equal to 12 digits"]
    for ours, theirs in zip(
        *([*run.parameters[-1], run.losses[-1]] for run in (lecture.story.run, lecture.story.torch_run)),
        strict=True,
    ):
        assert f"{ours:.11e}" == f"{theirs:.11e}"


@pytest.mark.parametrize(
    ("change", "allowed"),
    [({"learning_rate": 0.9}, "0.8055"), ({"dataset": "one-weight"}, "with a bias")],
)
def test_refuses_what_it_cannot_teach(change, allowed):
    settings = dataclasses.replace(TrainingLoop.settings, **change)
    with pytest.raises(SettingError, match=r"got .*; allowed .*; fix: ") as refusal:
        TrainingLoop.prepare(settings)
    assert allowed in str(refusal.value)
