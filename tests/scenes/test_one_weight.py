"""What OneWeight draws and prints are the runs of four programs, and of the one whose mean is a sum."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from data import slow_but
from drawn import assert_shows
from rehearsals import seen

import gdmath
from gdlectures.asking import stories
from gdscenes.kit.figures.bars import Bar, LevelledBars
from gdscenes.kit.figures.code import CodeLine
from gdscenes.kit.figures.cut import Cut
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.morphing_code import MorphingCode
from gdscenes.kit.figures.printed_table import PrintedTable
from gdscenes.kit.figures.readouts import Readouts
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import PAGE
from gdscenes.kit.page.theme import THEMES
from gdscenes.kit.plot.labels import Ink, Label, covered
from gdscenes.kit.plot.marks import Dots
from gdscenes.kit.type.counter import Counter
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Words
from gdscenes.one_weight import (
    CARD,
    CODE,
    MARGIN,
    PROGRAMS,
    RACE_STEPS,
    SINGLE_STEPS,
    STEPS,
    TABLE,
    OneWeight,
    OneWeightSettings,
    points,
)

LONGEST = 150
"""Seconds of a lecture."""


def on_screen(scene, kind):
    """Every figure of a kind, from left to right."""
    found = {id(m): m for m in scene.get_mobject_family_members() if type(m) is kind}.values()
    return sorted(found, key=lambda figure: figure.get_left()[0])


def look(scene, beat):
    """What no claim says: the steps of the table, the sum and its parts, and where runs are cut."""
    story = scene.story
    run = story.run
    rows = {"step": 1, "shrink": SINGLE_STEPS}.get(beat, 0)
    if rows:
        steps = np.diff(run.parameters[:, 0])
        shown = [digits for digits in on_screen(scene, Digits) if STEPS.contains(digits.box(), slack=20)]
        shown.sort(key=lambda digits: -digits.origin[1])
        assert len(shown) == 2 * rows
        for k, (slope, way) in enumerate(zip(shown[::2], shown[1::2], strict=True)):
            assert_shows(slope, run.gradients[k, 0])
            assert_shows(way, steps[k])
        names = [row[0].source for row in scene.table.rows[:rows]]
        assert names == [f"step {k}" for k in range(rows)], "a slope is that at its own row"
        assert (np.diff(np.abs(steps)) < 0).all(), "the steps shrink by themselves"
    if beat == "line":
        (plane,) = on_screen(scene, DataPlane)
        assert plane.plot.limits.contains(*story.pivot), "the pivot is on the page"
        np.testing.assert_allclose(plane.plot.values(plane.pin.centers())[0], story.pivot, atol=1e-9)
    if beat == "mistake":
        terms = 2 * story.problem.x * (story.start * story.problem.x - story.problem.y)
        mean, dot = sorted(on_screen(scene, LevelledBars), key=lambda bars: bars.cell.top)
        part = sheet.box_of(mean.pieces[0].points).width / mean.per_value
        assert part == pytest.approx(abs(terms.mean()), rel=1e-9)
        whole = sheet.box_of(dot.outline[0].points).width / dot.per_value
        assert whole == pytest.approx(abs(terms.sum()), rel=1e-9)
        assert mean.per_value == dot.per_value
    if beat in ("race", "many", "limits"):
        assert all(MARGIN.contains(line.box()) for line in on_screen(scene, CodeLine)), "a head overhangs"
    if beat in ("race", "limits"):
        cut, (counter,) = scene.cut, on_screen(scene, Counter)
        assert counter.value.text == str(RACE_STEPS)
        assert {"mean", "sum"} <= {words.source for words in on_screen(scene, Words)}, "each has its name"
        for name in ("by hand", "sum") if beat == "race" else ("mean, faster", "sum, faster"):
            assert_path(cut, name, story.runs[name])
    if beat == "race":
        box, (_, height) = cut.plot.box, cut.plot.pixels(story.start, story.start_loss)
        assert box.bottom - height > 0.75 * (box.bottom - box.top), "seen from nearby"
    if beat == "limits":
        for near in on_screen(scene, Cut):
            if near is not cut:
                assert_path(near, "mean, faster", story.runs["mean, faster"])
                assert_clear_of_the_card(cut)
        assert story.leaves_room == (len(on_screen(scene, Cut)) == 2)
        mean, total = (story.runs[name] for name in ("mean, faster", "sum, faster"))
        assert all(path.exit is None for path in cut.paths.values()), "the window has gone with the swings"
        assert mean.losses[-1] < mean.losses[0]
        assert (np.diff(total.losses[:RACE_STEPS]) > 0).all()
        assert story.limits[1] < mean.learning_rate < story.limits[0]


def assert_clear_of_the_card(cut):
    """Neither the parabola nor a run lies under what is seen closer."""
    ways = [cut.curve, *(path.line for path in cut.paths.values())]
    for x, y in np.concatenate([sheet.pixels(way.points) for way in ways if way.has_points()]):
        assert not (CARD.left < x < CARD.right and CARD.top < y < CARD.bottom)


def assert_path(cut, name, run):
    """A path is at its row, or ends with a cross on the exact edge where it leaves."""
    path = cut.paths[name]
    if path.exit is None:
        here = cut.plot.values(path.head.centers())[0]
        expected = [run.parameters[RACE_STEPS, 0], run.losses[RACE_STEPS]]
        np.testing.assert_allclose(here, expected, rtol=1e-6, atol=1e-6)
        return
    cross = cut.plot.values(path.cross.centers())[0]
    rows = np.column_stack([run.parameters[:, 0], run.losses])
    before, after = rows[path.exit_row - 1], rows[path.exit_row]
    limits = np.reshape(cut.plot.limits, (2, 2))
    assert (np.abs(limits - cross[:, None]) / np.ptp(limits, axis=1, keepdims=True)).min() < 1e-9
    share = (cross[1] - before[1]) / (after[1] - before[1])
    np.testing.assert_allclose(before[0] + share * (after[0] - before[0]), cross[0], rtol=1e-6)


@seen(OneWeight, *OneWeight.beats)
def test_each_beat_ends_on_what_was_computed_by_default(scene):
    look(scene, list(scene.beat_starts)[-1])


@pytest.mark.parametrize(
    "dataset", slow_but([name for name in gdmath.preset_names() if name != "one-weight"], "chapter-0")
)
def test_each_beat_ends_on_what_was_computed(dataset, rehearse):
    rehearsed = rehearse(OneWeight, settings=OneWeightSettings(dataset=dataset), look=look)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


def printed_by_torch(dataset) -> list[str]:
    """A textbook's loop: the weight after so many steps, and the loss that it has."""
    x, y = (torch.tensor(values, dtype=torch.float32) for values in (dataset.x, dataset.y))
    w = torch.tensor(0.0, dtype=torch.float32, requires_grad=True)
    sgd = torch.optim.SGD([w], lr=0.01)
    lines = []
    for step in range(21):
        loss = torch.nn.MSELoss()(w * x, y)
        if step % 5 == 0:
            lines.append(f"{step} {w:.3f} {loss:.4f}")
        loss.backward()
        sgd.step()
        sgd.zero_grad()
    return lines


@seen(OneWeight, "code", "programs")
def test_a_program_prints_what_torch_prints_and_each_row_is_one_state(scene):
    expected = printed_by_torch(scene.story.dataset)
    assert expected[0] == "0 0.000 30.0000"
    (table,) = on_screen(scene, PrintedTable)
    assert [" ".join(figures.text for figures in row) for row in table.submobjects[1:]] == expected


def test_four_programs_agree_in_more_digits_than_are_printed():
    story = OneWeight.prepare(OneWeightSettings())
    assert story.decimals == (3, 4)
    losses = [[f"{loss:.8f}" for loss in story.runs[name].losses[::4]] for name in PROGRAMS]
    np.testing.assert_allclose(story.run.losses, 30 * 0.85 ** (2 * np.arange(21)), rtol=1e-4)
    assert all(column == losses[0] for column in losses)


def test_the_tables_of_four_programs_slide_into_one(rehearse):
    """Each stands beside the first, says the same, and comes to lie exactly where that was."""
    pairs = list[str]()

    def every_frame(scene):
        tables = on_screen(scene, PrintedTable)
        if len(tables) == 2 and len({len(table.submobjects) for table in tables}) == 1:
            one, other = ([[f.text for f in row] for row in table.submobjects[1:]] for table in tables)
            assert one == other
            assert [table.head[0].source for table in tables] == [table.name_of_run for table in tables]
            pairs.append(tables[1].name_of_run)

    def look(scene, beat):
        if beat == "programs":
            (table,) = on_screen(scene, PrintedTable)
            assert table.rows[0][0].box().left == pytest.approx(TABLE.left + 22, abs=25)

    rehearse(OneWeight, every_frame=every_frame, look=look, of=("programs",), frame_rate=5)
    assert set(pairs) == set(PROGRAMS[1:])
    assert min(map(pairs.count, pairs)) >= 4, "each pair can be compared"


def ran(source, story, name):
    """The weight and the loss at the beginning of each round of a program, by running its text."""
    dtype = np.dtype(story.dataset.dtype)
    x, y = story.problem.x.astype(dtype), (story.problem.y + sum(story.held)).astype(dtype)
    lr, start, states = story.run.learning_rate, story.start, []
    names = {"b": dtype.type(sum(story.held)), "lr": lr, "np": np, "torch": torch}
    if name == "by hand":
        names |= {"x": x, "y": y, "w": dtype.type(start), "lr": dtype.type(lr)}
    else:
        kind = getattr(torch, story.dataset.dtype)
        columns = [torch.tensor(values.tolist(), dtype=kind)[:, None] for values in (x, y)]
        model = torch.nn.Linear(1, 1, bias=False, dtype=kind)
        torch.nn.init.constant_(model.weight, start)
        w = model.weight if name == "nn.Linear" else torch.tensor(start, dtype=kind, requires_grad=True)
        names |= dict(zip(("x", "y"), columns, strict=True))
        names |= {"model": model, "w": w, "sgd": torch.optim.SGD([w], lr=lr), "b": float(names["b"])}

    def rounds(n):
        for k in range(n):
            states.append([names["w"].item(), np.nan])
            yield k
            states[-1][1] = names["loss"].item()
        states.append([names["w"].item(), np.nan])

    names["range"] = rounds
    exec(source, names)
    return np.array(states)


@pytest.mark.parametrize("dataset", ["one-weight", "chapter-0", "fake-data"])
def test_the_code_that_is_shown_makes_the_run_that_is_shown(dataset):
    """Each whole text is run as it stands: its weights, and the loss of each, are those of gdmath."""
    story = OneWeight.prepare(OneWeightSettings(dataset=dataset))
    code = MorphingCode(CODE, story.programs, THEMES["dark"])
    names = (*PROGRAMS, "by hand", "sum")
    for index, name in enumerate(names):
        states = ran(code.source(index), story, "by hand" if name == "sum" else name)
        run = story.runs[name]
        assert len(states) == 21
        rows = run.n_steps + 1  # fewer where the mistake has left float32
        np.testing.assert_allclose(states[:rows, 0], run.parameters[:, 0], rtol=2e-5, atol=1e-6)
        np.testing.assert_allclose(states[: rows - 1, 1], run.losses[:-1], rtol=2e-5, atol=1e-6)


def test_each_program_clears_its_gradient_and_takes_its_loss():
    for lines in OneWeight.prepare(OneWeightSettings()).programs:
        text = "\n".join(lines)
        assert "e = yhat - y" in text
        assert "loss = (e**2).mean()" in text
        assert ("backward" in text) == ("zero_" in text)


@seen(OneWeight, "mistake")
def test_the_mistake_is_n_times_too_long(scene):
    x, e = np.array([1.0, 2, 3, 4]), -np.array([2.0, 4, 6, 8])
    texts = [digits.text for digits in on_screen(scene, Digits)]
    assert f"{(2 * x * e).mean():.2f}" == "-30.00" in texts
    assert texts.count(f"{np.dot(2 * x, e).mean():.2f}") == 3, "a sum, and a sum that its mean leaves alone"
    assert {"÷4", "÷1"} <= set(texts)
    assert any(text.startswith("4") and text.endswith("×") for text in texts)


@pytest.mark.slow
def test_the_bars_of_the_terms_have_their_true_lengths_and_numbers(rehearse):
    """They are called a mean when one of equal parts stays, and no sooner."""
    seen_apart = []

    def every_frame(scene):
        bars = on_screen(scene, LevelledBars)
        texts = {digits.text for digits in on_screen(scene, Digits)}
        names = [code.program for code in on_screen(scene, MorphingCode) if "2*x*e" in code.texts[0]]
        assert all(program <= each.kept for program, each in zip(names, bars, strict=False))
        if len(bars) == 1 and not bars[0].stacked and {"-4", "-16", "-36", "-64"} <= texts:
            lengths = [sheet.box_of(piece.points).width for piece in bars[0].pieces]
            seen_apart.append(np.array(lengths) / bars[0].per_value)

    rehearse(OneWeight, every_frame=every_frame, frame_rate=5)
    assert seen_apart
    np.testing.assert_allclose(seen_apart[-1], [4, 16, 36, 64], rtol=1e-9)


@seen(OneWeight, "limits")
def test_both_limits_stand_on_one_scale(scene):
    # 2 / lambda_max, lambda = 2 mean(x^2) = 15 and 2 sum(x^2) = 60
    short, long = sorted(bar.length for bar in on_screen(scene, Bar))
    assert short / long == pytest.approx((2 / 60) / (2 / 15))
    texts = [digits.text for digits in on_screen(scene, Digits)]
    assert {"0.1333", "0.0333", "0.04"} <= set(texts)


@seen(OneWeight, "run")
def test_the_best_weight_and_its_loss_are_told_apart(scene):
    (numbers,) = on_screen(scene, Readouts)
    best, lowest = numbers.readouts[-2:]
    assert "weight^*" in best.name
    assert_shows(numbers.digits[-2], 2.0)
    assert "loss" in lowest.name
    assert_shows(numbers.digits[-1], 0.0)


def test_more_points_make_the_sum_fly_off_while_the_mean_stays():
    """n points that lie like the four: each of them n / 4 times."""
    story = OneWeight.prepare(OneWeightSettings())
    assert story.many == (4, 8, 12, 16, 100)
    for n in story.many[1:]:
        x, w, rows = np.repeat([1.0, 2, 3, 4], n // 4), 0.0, []
        for _ in range(RACE_STEPS + 1):
            rows.append(w)
            w -= 0.01 * np.dot(2 * x, w * x - 2 * x)
        np.testing.assert_allclose(story.runs[points(n)].parameters[:, 0], rows, rtol=1e-9)
    assert abs(story.runs[points(100)].parameters[1, 0]) == pytest.approx(30)


@pytest.mark.slow
def test_each_number_of_points_is_seen_as_so_many_dots_and_its_run_says_when_it_leaves(rehearse):
    held, clear = {}, {}

    def every_frame(scene):
        counters = on_screen(scene, Counter)
        if list(scene.beat_starts)[-1:] == ["many"] and counters[0].word.source.startswith("points"):
            dots = [each for each in on_screen(scene, Dots) if each.radius == 6]
            n, said = int(counters[0].value.text), on_screen(scene, Words)
            assert n == sum(len(each.centers()) for each in dots), "they change together"
            told = [words for words in said if "step" in words.source or "leaves" in words.source]
            held[n] = [words.source for words in told]
            cut, name = scene.cut, points(n)
            if held[n] and name in cut.paths:  # while its words leave it is gone
                run, row = scene.story.runs[name], cut.paths[name].exit_row
                assert not cut.plot.limits.contains(run.parameters[row, 0], run.losses[row])
                ink = Ink().add(cut.curve, cut.paths[name].line)
                under = [covered(Label(words, (0, 0), pad=0), ink) for words in told]
                clear.setdefault(n, []).append(not any(under))

    rehearse(OneWeight, every_frame=every_frame, frame_rate=5)
    assert all(each[-1] for each in clear.values()), "no line runs under words that have come"
    assert {n: sorted(said) for n, said in held.items()} == {
        4: [],
        8: [],
        12: [],
        16: ["leaves the picture:", "step $2$ is at $weight = -1.92$,"],
        100: ["leaves the picture:", "step $1$ is at $weight = 30$,"],
    }


def test_the_mistake_prints_a_faster_run_at_the_same_rate():
    story = OneWeight.prepare(OneWeightSettings())
    right, wrong = story.run, story.runs["sum"]
    assert right.learning_rate == wrong.learning_rate == 0.01
    assert [f"{w:.3f}" for w in wrong.parameters[1:4, 0]] == ["1.200", "1.680", "1.872"]
    assert (wrong.losses[1:] < right.losses[1:]).all()


def test_the_mistake_is_the_right_rule_at_n_times_the_rate():
    for dataset in ("one-weight", "chapter-0", "fake-data"):
        story = OneWeight.prepare(OneWeightSettings(dataset=dataset))
        wrong = story.runs["sum"].up_to(RACE_STEPS)
        rate = story.n_points * story.run.learning_rate
        right = gdmath.descend(story.problem, wrong.parameters[0], rate, wrong.n_steps)
        np.testing.assert_allclose(wrong.parameters, right.parameters, rtol=1e-4, atol=1e-4)
    (_, rate), _ = OneWeight.prepare(OneWeightSettings()).what_the_sum_is
    assert rate == "at $eta = 4 times 0.01 = 0.04$"


@seen(OneWeight, "race", "limits")
def test_a_rate_is_said_of_so_many_points_and_under_the_number_that_it_makes(scene):
    """The limit of the sum holds for the points of the dataset alone, of which another page has had more."""
    said = {words.source: words for words in on_screen(scene, Words)}
    if list(scene.beat_starts)[-1] == "limits":
        assert "again $n = 4$ points" in said
        assert {"mean: arrives if $eta <$", "sum: arrives if $eta <$"} <= set(said)
        return
    mean, mistake = (numbers.rows for numbers in scene.numbers)
    for row in scene.story.what_the_sum_is[0]:
        assert sheet.box_of(mistake.get_all_points()).bottom < said[row].box().top
        assert sheet.box_of(mean.get_all_points()).left == pytest.approx(said[row].box().left, abs=8)


@seen(OneWeight, "slope")
def test_the_number_on_the_tangent_is_named(scene):
    slope = next(words for words in on_screen(scene, Words) if words.source == "slope $=$")
    assert scene.cut.plot.box.contains(slope.box())


def test_the_table_keeps_off_the_marked_lines_of_the_longest_program():
    story = OneWeight.prepare(OneWeightSettings())
    code = MorphingCode(CODE, story.programs, THEMES["dark"])
    table = PrintedTable(story.run, "autograd", [0, 5], (3, 4), TABLE, THEMES["dark"])
    for index in range(len(PROGRAMS)):
        code.dial(program=index, focus=1.0)
        assert sheet.box_of(code.band.get_all_points()).bottom + 20 < table.head[0].box().top


@seen(OneWeight, "programs")
def test_what_agrees_is_said_beside_the_table(scene):
    (table,) = on_screen(scene, PrintedTable)
    right = max(figures.box().right for figures in table.rows[-1])
    said = [words for words in on_screen(scene, Words) if words.source.removeprefix("$=$ ") in PROGRAMS]
    rows = [words for words in said if words.em > 1.1 * sheet.SMALL and words.box().left > right + 20]
    assert {words.source.removeprefix("$=$ ") for words in rows} == set(PROGRAMS)
    assert all(PAGE.contains(words.box()) for words in rows)


def test_a_picture_that_makes_room_does_not_cross_another(rehearse):
    overlaps = []

    def every_frame(scene):
        if list(scene.beat_starts)[-1] == "code":
            cuts, planes = ([each.plot.box for each in on_screen(scene, kind)] for kind in (Cut, DataPlane))
            overlaps.extend(cut.overlap(plane) for cut in cuts for plane in planes)

    rehearse(OneWeight, every_frame=every_frame, of=("code",), frame_rate=5)
    assert overlaps
    assert max(overlaps) == 0


@pytest.mark.slow
def test_a_film_of_penguins_takes_no_longer_than_a_lecture(rehearse):
    """It has a longer title page, and a last one in the units of the table."""
    penguins = Path(__file__).parents[2] / "examples/data/penguins.csv"
    table = gdmath.read_table(penguins, "flipper_length_mm", "body_mass_g", drop_missing=True)
    assert rehearse(OneWeight, settings=OneWeightSettings(dataset=table)).seconds <= LONGEST


@pytest.mark.slow
def test_every_frame_shows_its_row_and_no_point_leaves_the_axes(rehearse):
    rows = []

    def every_frame(scene):
        for cut in on_screen(scene, Cut):
            limits = np.reshape(cut.plot.limits, (2, 2))
            slack = 1e-9 * np.ptp(limits, axis=1)
            shown = [mark for mark in (cut.disc, cut.ring) if mark in cut.submobjects]
            for mark in (*shown, *(path.head for path in cut.paths.values())):
                for place in cut.plot.values(mark.centers()) if mark.has_points() else ():
                    is_inside = (limits[:, 0] - slack <= place) & (place <= limits[:, 1] + slack)
                    assert is_inside.all(), f"{place} in {list(scene.beat_starts)[-1]}"
        counters = on_screen(scene, Counter)
        if list(scene.beat_starts)[-1:] == ["run"] and counters:
            row, (cut,) = int(counters[0].value.text), on_screen(scene, Cut)
            here = cut.plot.values(cut.disc.centers())[0]
            assert here[0] == pytest.approx(scene.story.run.parameters[row, 0], rel=1e-9)
            rows.append(row)

    rehearse(OneWeight, every_frame=every_frame)
    assert sorted(set(rows)) == list(range(SINGLE_STEPS, 21))


def test_huge_values_are_refused_in_one_line(monkeypatch):
    x = 1e30 * np.arange(1.0, 5)
    data = gdmath.Dataset(
        name="huge", x=x, y=x, train_indices=np.arange(4), start=np.zeros(2), learning_rate=1.0, n_steps=10
    )
    monkeypatch.setattr(gdmath, "preset", lambda _: data)
    with pytest.raises(SettingError, match="float32"):
        OneWeight.prepare(OneWeightSettings())


def test_a_rate_that_diverges_is_refused():
    settings = dataclasses.replace(OneWeight.settings, learning_rate=0.14)
    with pytest.raises(SettingError, match=r"got 0\.14; allowed below 0\.1333, .*; fix: "):
        OneWeight.prepare(settings)


def test_a_stored_story_is_drawn_without_torch(rehearse, tmp_path, monkeypatch):
    (tmp_path / "one.story").write_bytes(stories.encode("one-weight", OneWeight.prepare(OneWeightSettings())))
    monkeypatch.delattr(gdmath, "torch_loops")
    for name in ("torch", "gdmath.torch_loops"):
        monkeypatch.setitem(sys.modules, name, None)  # whoever imports it now fails
    story = stories.read(tmp_path / "one.story").story_of(OneWeight)
    assert list(rehearse(OneWeight, stored=story).beat_starts)[-1] == "limits"
