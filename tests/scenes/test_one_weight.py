"""What OneWeight draws and prints are the runs of four programs, and of the one whose mean is a sum."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch
from data import slow_but
from drawn import assert_shows
from rehearsals import seen

import gdmath
from gdlectures.asking import stories
from gdscenes.kit.figures.bars import Bar
from gdscenes.kit.figures.cut import Cut
from gdscenes.kit.figures.printed_table import PrintedTable
from gdscenes.kit.figures.readout_line import ReadoutLine
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.type.counter import Counter
from gdscenes.kit.type.digits import Digits
from gdscenes.one_weight import PROGRAMS, RACE_STEPS, SINGLE_STEPS, STEPS, OneWeight, OneWeightSettings


def on_screen(scene, kind):
    """Every figure of a kind, from left to right."""
    found = {id(m): m for m in scene.get_mobject_family_members() if type(m) is kind}.values()
    return sorted(found, key=lambda figure: figure.get_left()[0])


def look(scene, beat):
    """What no claim says: the steps of the table, the programs' agreement, and where a run leaves."""
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
        assert (np.diff(np.abs(steps)) < 0).all(), "the steps shrink by themselves"
    if beat == "programs":
        first, *others = [[[f.text for f in row] for row in t.rows] for t in on_screen(scene, PrintedTable)]
        assert others == [first] * 3
    if beat in ("race", "limits"):
        names = ("by hand", "sum") if beat == "race" else ("mean, faster", "sum, faster")
        (counter,) = on_screen(scene, Counter)
        assert counter.value.text == str(RACE_STEPS)
        for cut, name in zip(on_screen(scene, Cut), names, strict=True):
            assert_path(cut, name, story.runs[name])
    if beat == "limits":
        mean, total = (story.runs[name] for name in names)
        assert mean.losses[-1] < mean.losses[0]
        assert (np.diff(total.losses[:RACE_STEPS]) > 0).all()
        assert story.limits[1] < mean.learning_rate < story.limits[0]


def assert_path(cut, name, run):
    """A path is at its row, or ends with a cross on the exact edge where it leaves."""
    path = cut.paths[name]
    if path.exit is None:
        here = cut.plot.values(path.head.centers())[0]
        np.testing.assert_allclose(here, [run.parameters[RACE_STEPS, 0], run.losses[RACE_STEPS]], atol=1e-6)
        return
    cross = cut.plot.values(path.cross.centers())[0]
    rows = np.column_stack([run.parameters[:, 0], run.losses])
    before, after = rows[path.exit_row - 1], rows[path.exit_row]
    limits = np.reshape(cut.plot.limits, (2, 2))
    assert (np.abs(limits - cross[:, None]) / np.ptp(limits, axis=1, keepdims=True)).min() < 1e-9
    share = (cross[1] - before[1]) / (after[1] - before[1])
    np.testing.assert_allclose(before[0] + share * (after[0] - before[0]), cross[0], rtol=1e-6)


@pytest.mark.parametrize("dataset", slow_but(gdmath.preset_names(), "chapter-0", "one-weight"))
def test_each_beat_ends_on_what_was_computed(dataset, rehearse):
    rehearsed = rehearse(OneWeight, settings=OneWeightSettings(dataset=dataset), look=look)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


def printed_by_torch(dataset) -> list[str]:
    """The notebook's loop, written out."""
    x, y = (torch.tensor(values, dtype=torch.float32) for values in (dataset.x, dataset.y))
    w = torch.tensor(0.0, dtype=torch.float32, requires_grad=True)
    sgd = torch.optim.SGD([w], lr=0.01)
    lines = []
    for epoch in range(20):
        loss = torch.nn.MSELoss()(w * x, y)
        loss.backward()
        sgd.step()
        sgd.zero_grad()
        if epoch % 2 == 0:
            lines.append(f"{epoch + 1} {w:.3f} {loss:.8f}")
    return lines


@seen(OneWeight, "programs")
def test_four_programs_print_what_torch_prints(scene):
    expected = printed_by_torch(scene.story.dataset)
    assert expected[0] == "1 0.300 30.00000000"
    assert expected[-1] == "19 1.909 0.08633806"
    tables = on_screen(scene, PrintedTable)
    assert len(tables) == len(PROGRAMS) == 4
    for table in tables:
        assert [" ".join(figures.text for figures in row) for row in table.rows] == expected


def test_the_code_of_each_program_makes_its_run():
    """Exactly the lines of the screen, run step by step in float32."""
    story = OneWeight.prepare(OneWeightSettings())
    data, lr = story.dataset, 0.01
    for name, lines in PROGRAMS.items():
        x, y = data.x.astype(np.float32), data.y.astype(np.float32)
        names = {"x": x, "y": y, "w": np.float32(0), "lr": np.float32(lr), "np": np}
        if name != "by hand":
            x, y = torch.tensor(x)[:, None], torch.tensor(y)[:, None]
            model = torch.nn.Linear(1, 1, bias=False)
            torch.nn.init.zeros_(model.weight)
            w = torch.zeros(1, requires_grad=True)
            sgd = torch.optim.SGD(model.parameters() if name == "nn.Linear" else [w], lr=lr)
            names = {"x": x, "y": y, "w": w, "lr": lr, "model": model, "sgd": sgd}
        weights = []
        for _ in range(20):
            exec(lines[0], names)
            names["e"] = names["yhat"] - y
            names["loss"] = (names["e"] ** 2).mean()
            exec(lines[1], names)
            with torch.no_grad():
                exec(lines[2], names)
            if name == "by hand":
                weights.append(float(names["w"]))
                continue
            learned = model.weight if name == "nn.Linear" else names["w"]
            weights.append(learned.item())
            learned.grad = None
        np.testing.assert_allclose(weights, story.runs[name].parameters[1:, 0], rtol=2e-7)


@seen(OneWeight, "mistake")
def test_the_mistake_is_n_times_too_long(scene):
    x, e = np.array([1.0, 2, 3, 4]), -np.array([2.0, 4, 6, 8])
    texts = [digits.text for digits in on_screen(scene, Digits)]
    assert f"{(2 * x * e).mean():.2f}" == "-30.00" in texts
    assert f"{np.dot(2 * x, e).mean():.2f}" == "-120.00" in texts
    assert any(text.startswith("4") and text.endswith("×") for text in texts)
    short, long = sorted(bar.length for bar in on_screen(scene, Bar))
    assert long == pytest.approx(4 * short, rel=1e-9)


@seen(OneWeight, "limits")
def test_read_outs_of_both_runs_are_of_one_size(scene):
    sizes = [digits.em for line in on_screen(scene, ReadoutLine) for digits in line.digits]
    assert len(sizes) == 4
    assert sizes == pytest.approx([sizes[0]] * 4)


@seen(OneWeight, "limits")
def test_both_limits_stand_on_one_scale(scene):
    # 2 / lambda_max, lambda = 2 mean(x^2) = 15 and 2 sum(x^2) = 60
    short, long = sorted(bar.length for bar in on_screen(scene, Bar))
    assert short / long == pytest.approx((2 / 60) / (2 / 15))
    texts = [digits.text for digits in on_screen(scene, Digits)]
    assert {"0.1333", "0.0333", "0.04"} <= set(texts)


def test_the_mistake_prints_a_faster_run_at_the_same_rate():
    story = OneWeight.prepare(OneWeightSettings())
    right, wrong = story.run, story.runs["sum"]
    assert right.learning_rate == wrong.learning_rate == 0.01
    assert [f"{w:.3f}" for w in wrong.parameters[1:4, 0]] == ["1.200", "1.680", "1.872"]
    assert (wrong.losses[1:] < right.losses[1:]).all()


def test_every_frame_of_the_time_lapse_shows_its_row(rehearse):
    rows = []

    def every_frame(scene):
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


DRAW_WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # whoever imports it now fails
from pathlib import Path
from manim import tempconfig
from gdlectures.asking import stories
from gdscenes.one_weight import OneWeight
OneWeight.stored = stories.read(Path("one.story")).story_of(OneWeight)
with tempconfig({"dry_run": True, "pixel_width": 64, "pixel_height": 36, "verbosity": "ERROR"}):
    lecture = OneWeight(skip_animations=True)
    lecture.render()
print(list(lecture.beat_starts)[-1])
"""


def test_a_stored_story_is_drawn_without_torch(tmp_path):
    (tmp_path / "one.story").write_bytes(stories.encode("one-weight", OneWeight.prepare(OneWeightSettings())))
    done = subprocess.run(
        [sys.executable, "-c", DRAW_WITHOUT_TORCH], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.split()[-1:] == ["limits"], done.stderr
