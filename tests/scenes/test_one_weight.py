"""What OneWeight draws and prints are the runs of four programs, and of the one whose mean is a sum."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch
from data import slow_but

import gdmath
from gdlectures.asking import stories
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.type.digits import Digits
from gdscenes.one_weight import (
    PROGRAMS,
    RACE_STEPS,
    SINGLE_STEPS,
    OneWeight,
    OneWeightSettings,
)

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def shown(figures) -> float:
    mantissa, _, power = figures.text.replace("\N{FIGURE SPACE}", "").strip("()").partition("×10")
    return float(mantissa) * 10.0 ** int(power.translate(SUPERSCRIPTS) or 0)


def assert_shows(figures, value) -> None:
    decimals = len(figures.text.partition(".")[2].partition("×")[0].strip(")"))
    rounding = 0.006 * abs(value) if "×" in figures.text else 0.5 * 10.0**-decimals
    assert shown(figures) == pytest.approx(value, abs=rounding * (1 + 1e-6)), figures.text


def loss_at(story, w):
    """The mean squared error by its definition, b held where there is one."""
    data = story.dataset
    bias = 0.0
    if data.fit_bias:
        design = np.column_stack([np.ones_like(data.x_train), data.x_train])
        bias = np.linalg.lstsq(design, data.y_train)[0][0]
    residuals = data.y_train - bias - np.multiply.outer(np.asarray(w), data.x_train)
    return (residuals**2).mean(axis=-1)


def on_curve(parabola, story, curve) -> None:
    """Every corner of a graph lies on the loss."""
    w, loss = parabola.plot.values(curve.points[0::4]).T
    inside = loss < parabola.plot.y.high - 1e-6 * np.ptp(loss)
    assert inside.sum() > 200
    np.testing.assert_allclose(loss[inside], loss_at(story, w[inside]), rtol=1e-8, atol=1e-12)


def assert_run_so_far(lecture, row) -> None:
    """Point, line, tangent and arrows stand where a row of the run says."""
    story, plot = lecture.story, lecture.parabola.plot
    weights = story.run.parameters[:, 0]
    here = plot.values(lecture.disc.centers())[0]
    np.testing.assert_allclose(here, [weights[row], loss_at(story, weights[row])], rtol=1e-8, atol=1e-9)
    ends = lecture.plane.plot.values(np.vstack(lecture.plane.line.ends()))
    slope = np.diff(ends[:, 1]) / np.diff(ends[:, 0])
    assert slope[0] == pytest.approx(weights[row], rel=1e-6, abs=1e-9)
    (x, y), (far_x, far_y) = (plot.values(end)[0] for end in lecture.tangent.line.ends())
    assert (far_y - y) / (far_x - x) == pytest.approx(story.run.gradients[row, 0], rel=1e-5)
    assert y + (far_y - y) / (far_x - x) * (here[0] - x) == pytest.approx(here[1], rel=1e-6, abs=1e-6)
    arrows = lecture.steps[0::2]
    for k, arrow in enumerate(arrows[:row]):
        feet = plot.values(np.stack([arrow.foot, arrow.tip]))[:, 0]
        np.testing.assert_allclose(feet, weights[k : k + 2], rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("dataset", slow_but(gdmath.preset_names(), "chapter-0", "one-weight"))
def test_each_beat_ends_on_what_was_computed(dataset, rehearse):
    seen = []

    def look(lecture, beat):
        seen.append(beat)
        story = lecture.story
        run = story.run
        if beat in ("line", "slope", "step", "shrink", "run"):
            on_curve(lecture.parabola, story, lecture.parabola.curve)
            minimum = lecture.parabola.plot.values(lecture.diamond.place())
            x, y = story.problem.x, story.problem.y
            expected = [x @ y / (x @ x), loss_at(story, x @ y / (x @ x))]
            np.testing.assert_allclose(minimum, expected, rtol=1e-7, atol=1e-9)
        if beat == "slope":
            assert_shows(lecture.slope_value, run.gradients[0, 0])
        rows = {"step": 1, "shrink": SINGLE_STEPS}.get(beat)
        if rows:
            assert_run_so_far(lecture, rows)
            steps = np.diff(run.parameters[:, 0])
            for k, (step, slope, way) in enumerate(lecture.table_rows):
                assert step.text == str(k + 1)
                assert_shows(slope, run.gradients[k, 0])
                assert_shows(way, steps[k])
            assert len(lecture.table_rows) == rows
            # the steps shrink by themselves
            assert (np.diff(np.abs(steps)) < 0).all()
            old, _, slope, _, new = lecture.terms
            assert_shows(old, run.parameters[rows - 1, 0])
            assert_shows(slope, run.gradients[rows - 1, 0])
            assert_shows(new, run.parameters[rows, 0])
        if beat == "run":
            assert_run_so_far(lecture, run.n_steps)
        if beat == "programs":
            first, *others = [[[f.text for f in row] for row in table.rows] for table in lecture.tables]
            assert others == [first] * 3
            assert all("." in weight and "." in loss for _, weight, loss in first)
        if beat in ("race", "limits"):
            assert_two_runs(lecture, beat)

    rehearsed = rehearse(OneWeight, settings=OneWeightSettings(dataset=dataset), look=look)
    assert seen == list(OneWeight.beats)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


def assert_two_runs(lecture, beat) -> None:
    """Each path goes through the rows of its run; a cross stands on the exact edge where it leaves."""
    story = lecture.story
    names = ("by hand", "sum") if beat == "race" else ("mean, faster", "sum, faster")
    row = int(lecture.counter.value.text)
    assert row == RACE_STEPS
    for path, name, numbers in zip(lecture.paths, names, lecture.panel_numbers, strict=True):
        run = story.runs[name]
        for (_, figures), value in zip(numbers, (run.parameters[row, 0], run.losses[row]), strict=True):
            assert_shows(figures, value)
        plot = path.plot
        if path.exit is None:
            here = plot.values(path.head.centers())[0]
            np.testing.assert_allclose(here, [run.parameters[row, 0], run.losses[row]], rtol=1e-6, atol=1e-9)
            continue
        cross = plot.values(path.cross.centers())[0]
        before, after = (
            np.array([run.parameters[k, 0], run.losses[k]]) for k in (path.exit_row - 1, path.exit_row)
        )
        limits = np.reshape(plot.limits, (2, 2))
        gaps = np.abs(limits - cross[:, None]) / np.ptp(limits, axis=1, keepdims=True)
        assert gaps.min() < 1e-9
        share = (cross[1] - before[1]) / (after[1] - before[1])
        np.testing.assert_allclose(before[0] + share * (after[0] - before[0]), cross[0], rtol=1e-6)
    # at the faster rate the mean converges and the sum does not
    if beat == "limits":
        mean, total = (story.runs[name] for name in names)
        assert mean.losses[-1] < mean.losses[0]
        assert (np.diff(total.losses[:RACE_STEPS]) > 0).all()
        assert story.limits[1] < mean.learning_rate < story.limits[0]


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


def test_four_programs_print_what_torch_prints(rehearsal):
    lecture = rehearsal(OneWeight).lecture
    expected = printed_by_torch(lecture.story.dataset)
    assert expected[0] == "1 0.300 30.00000000"
    assert expected[-1] == "19 1.909 0.08633806"
    assert len(lecture.tables) == len(PROGRAMS) == 4
    for table in lecture.tables:
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


def test_the_mistake_is_n_times_too_long(rehearse):
    seen = {}

    def look(lecture, beat):
        if beat == "mistake":
            seen["values"] = [value.text for _, _, value, _ in lecture.bars]
            seen["widths"] = [np.ptp(pieces.get_all_points()[:, 0]) for *_, pieces in lecture.bars]
            seen["note"] = lecture.mistake_note[0].text

    rehearse(OneWeight, look=look)
    x, e = np.array([1.0, 2, 3, 4]), -np.array([2.0, 4, 6, 8])
    assert seen["values"] == [f"{(2 * x * e).mean():.2f}", f"{np.dot(2 * x, e).mean():.2f}"]
    assert seen["values"] == ["-30.00", "-120.00"]
    assert seen["widths"][1] == pytest.approx(4 * seen["widths"][0], rel=1e-9)
    assert seen["note"].startswith("4")


def test_both_limits_stand_on_one_scale(rehearsal):
    lecture = rehearsal(OneWeight).lecture
    bars, marker = lecture.rate_scale("mean, faster")
    widths = [np.ptp(bar.points[:, 0]) for bar, _, _ in bars]
    # 2 / lambda_max, lambda = 2 mean(x^2) = 15 and 2 sum(x^2) = 60
    assert widths[1] / widths[0] == pytest.approx((2 / 60) / (2 / 15))
    assert [figures.text for _, _, figures in bars] == ["0.1333", "0.0333"]
    left = bars[0][0].get_left()[0]
    rate = (marker[0].get_center()[0] - left) / widths[0] * (2 / 15)
    assert rate == pytest.approx(0.04)
    assert next(part.text for part in marker[1] if isinstance(part, Digits)) == "0.04"


def test_the_mistake_prints_a_faster_run_at_the_same_rate():
    story = OneWeight.prepare(OneWeightSettings())
    right, wrong = story.run, story.runs["sum"]
    assert right.learning_rate == wrong.learning_rate == 0.01
    assert [f"{w:.3f}" for w in wrong.parameters[1:4, 0]] == ["1.200", "1.680", "1.872"]
    assert (wrong.losses[1:] < right.losses[1:]).all()


def test_every_frame_of_the_time_lapse_shows_its_row(rehearse):
    seen = []

    def every_frame(lecture):
        if list(lecture.beat_starts)[-1:] != ["run"]:
            return
        drawn = [m for m in lecture.get_mobject_family_members() if type(m).__name__ == "Counter"]
        if not drawn:
            return
        row = int(drawn[0].value.text)
        here = lecture.parabola.plot.values(lecture.disc.centers())[0]
        assert here[0] == pytest.approx(lecture.story.run.parameters[row, 0], rel=1e-9)
        seen.append(row)

    rehearse(OneWeight, every_frame=every_frame)
    assert sorted(set(seen)) == list(range(SINGLE_STEPS, 21))


ODD = {
    "slope zero": (np.arange(6.0), 3.0 + 0.1 * np.array([1.0, -1, 0, 0, -1, 1])),
    "three points down": (np.array([1.0, 2.0, 4.0]), np.array([3.0, -1.0, -9.0])),
    "millions": (1e6 * np.arange(1.0, 9), 5.0 - 2e-6 * 1e6 * np.arange(1.0, 9)),
    "millionths": (1e-6 * np.arange(1.0, 6), 1.0 + 3.0 * np.arange(1.0, 6)),
}


@pytest.mark.parametrize("name", slow_but(ODD, "slope zero", "millions"))
def test_odd_data_are_drawn_without_a_fault(name, rehearse, monkeypatch):
    x, y = ODD[name]
    data = gdmath.Dataset(
        name=name,
        x=x,
        y=y,
        train_indices=np.arange(x.size),
        start=np.array([y.mean(), -0.7 * y.std() / x.std()]),
        learning_rate=1.0,
        n_steps=10,
    )
    monkeypatch.setattr(gdmath, "preset", lambda _: data)
    after = rehearse(OneWeight)
    assert {beat: faults for beat, faults in after.faults.items() if faults} == {}


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
