"""What LearningRates draws and says is what its runs, torch and the closed forms have."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import subprocess
import sys

import numpy as np
import pytest
import torch
from data import slow_but

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.lecture.choices import three_learning_rates
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.page import sheet
from gdscenes.kit.plot.marks import Dots

module = importlib.import_module("gdscenes.learning_rates")
LearningRates, LearningRatesSettings = module.LearningRates, module.LearningRatesSettings

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]
RUNS = ("low", "good", "divergent")


def value_of(figures) -> float:
    text = figures.text.replace("\N{FIGURE SPACE}", "").replace("+", "")
    mantissa, _, power = text.partition("×10")
    raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    return float(mantissa) * 10.0 ** int(power.translate(raised) or 0)


def assert_says(figures, value) -> None:
    """The number shown is the value, rounded to its last digit."""
    text = figures.text.replace("\N{FIGURE SPACE}", "")
    mantissa, _, power = text.partition("×10")
    last = 10.0 ** -len(mantissa.partition(".")[2])
    scale = value_of(figures) / float(mantissa) if power else 1.0
    assert value_of(figures) == pytest.approx(value, abs=0.501 * last * scale), figures.text


def loss_of(story, parameters):
    """The loss by its definition."""
    b, w = np.moveaxis(np.asarray(parameters, dtype=float), -1, 0)
    squares = (story.problem.y - b[..., None] - w[..., None] * story.problem.x) ** 2
    return squares.sum(-1) if story.dataset.reduction == "sum" else squares.mean(-1)


def torch_run(dataset, rate, n_steps, held=None):
    """Rows of torch.optim.SGD; a held parameter has no gradient."""
    x, y = (torch.tensor(v, dtype=torch.float64) for v in (dataset.x_train, dataset.y_train))
    b, w = (
        torch.tensor(float(v), dtype=torch.float64, requires_grad=i != held)
        for i, v in enumerate(dataset.start)
    )
    optimizer = torch.optim.SGD([p for p in (b, w) if p.requires_grad], lr=rate)
    rows = []
    for _ in range(n_steps + 1):
        squares = (y - b - w * x) ** 2
        loss = squares.sum() if dataset.reduction == "sum" else squares.mean()
        rows.append((b.item(), w.item(), loss.item()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return np.array(rows)


def at(lecture, plot, mark):
    return plot.values(mark.centers())[0]


def assert_steps_on_cuts(lecture, names) -> None:
    """Tip of the arrow, riser and mark stand on the landing, the mark at its loss; the figures say both."""
    story = lecture.story
    for name in names:
        for moving in (BIAS, WEIGHT):
            step, plot = lecture.steps[name][moving], lecture.cut_plots[moving]
            expected = torch_run(story.dataset, story.rate(name), 1, held=1 - moving)[1]
            landing, loss = expected[moving], expected[2]
            size = plot.x.high - plot.x.low
            lanes = lecture.lane_plots[moving]
            tip = lanes.values(step.arrow.tip)
            np.testing.assert_allclose(tip[0], landing, atol=1e-9 * size)
            foot, top = step.riser.ends()
            np.testing.assert_allclose(lanes.values(foot)[0], tip, atol=1e-9 * size)
            assert plot.values(top)[0][0] == pytest.approx(landing, abs=1e-9 * size)
            mark = at(lecture, plot, step.mark)
            assert mark[0] == pytest.approx(landing, abs=1e-9 * size)
            assert mark[1] == pytest.approx(min(loss, plot.y.high), rel=1e-9)
            assert_says(step.loss, loss)
            assert_says(step.length, landing - story.start[moving])


def assert_cuts_are_exact(lecture) -> None:
    story = lecture.story
    for moving, (plot, curve) in enumerate(zip(lecture.cut_plots, lecture.curves, strict=True)):
        x, y = plot.values(curve.points[0::4]).T
        inside = y < plot.y.high * (1 - 1e-9)
        points = np.tile(story.start, (len(x), 1))
        points[:, moving] = x
        np.testing.assert_allclose(y[inside], loss_of(story, points)[inside], rtol=1e-9)
        assert inside.sum() > 60
        ring = plot.values(lecture.rings[moving].centers())[0]
        np.testing.assert_allclose(ring, [story.start[moving], loss_of(story, story.start)], rtol=1e-9)


def assert_clock(lecture, row) -> None:
    """Heads, crosses, loss curves and the table at a row."""
    story = lecture.story
    assert lecture.counter.value.text == str(row)
    for name, panel in zip(RUNS, lecture.panels, strict=True):
        run, path = story.runs[name], lecture.paths[name]
        limits = panel.plot.limits
        inside = [limits.contains(*each) for each in run.parameters[: row + 1]]
        if all(inside):
            np.testing.assert_allclose(at(lecture, panel.plot, path.head), run.parameters[row], atol=1e-9)
            assert not path.cross.ring.has_points()
        else:
            assert_leaves_at_the_crossing(path, run.parameters, inside.index(False), limits)
        assert_says(lecture.loss_values[name], run.losses[row])
        curve = lecture.loss_curves.paths[name]
        if np.log10(run.losses[: row + 1]).max() <= curve.plot.y.high:
            step, height = at(lecture, curve.plot, curve.head)
            assert (step, 10**height) == (pytest.approx(row), pytest.approx(run.losses[row], rel=1e-9))
        else:
            heights = np.log10(run.losses)
            out = int((heights > curve.plot.y.high).argmax())
            share = (curve.plot.y.high - heights[out - 1]) / (heights[out] - heights[out - 1])
            np.testing.assert_allclose(
                at(lecture, curve.plot, curve.cross), [out - 1 + share, curve.plot.y.high], rtol=1e-9
            )


def assert_leaves_at_the_crossing(path, rows, out, limits) -> None:
    """On the edge, and on the straight line between the rows inside and outside."""
    cross = path.plot.values(path.cross.centers())[0]
    edges = [limits.x_low, limits.x_high], [limits.y_low, limits.y_high]
    apart = min(
        abs(v - edge) / (pair[1] - pair[0]) for v, pair in zip(cross, edges, strict=True) for edge in pair
    )
    assert apart < 1e-9
    along, way = cross - rows[out - 1], rows[out] - rows[out - 1]
    assert abs(along[0] * way[1] - along[1] * way[0]) < 1e-9 * float(way @ way)
    assert 0 <= along @ way <= way @ way
    assert path.exit_row == out
    assert not path.head.has_points()


def is_start(dots) -> bool:
    """Whether it is a ring in ink; the crosses' rings are red."""
    return dots.has_points() and dots.get_stroke_width() > 0 and dots.radius in (12, 13)


def assert_alone(lecture) -> None:
    story = lecture.story
    for moving, (path, readout) in enumerate(zip(lecture.hops, lecture.hop_readouts, strict=True)):
        rows = torch_run(story.dataset, story.rate("good"), module.ALONE_STEPS, held=1 - moving)
        expected = rows[-1, [moving, 2]]
        np.testing.assert_allclose(at(lecture, path.plot, path.head), expected, rtol=1e-9, atol=1e-12)
        step, _, value, _, lowest = readout
        assert step.value.text == str(module.ALONE_STEPS)
        assert_says(value, rows[-1, 2])
        assert_says(lowest, story.cuts[moving].minimum)
        tip = lecture.lane_plots[moving].values(lecture.hop_arrows[moving].tip)[0]
        assert tip == pytest.approx(rows[-1, moving], rel=1e-9, abs=1e-12)


def assert_directions(lecture) -> None:
    """The chords end on one level line, and along each the loss curves as the table says."""
    story, plot = lecture.story, lecture.panels[1].plane.plot
    lines = lecture.chords
    level = loss_of(story, plot.values(lecture.level.points[0::4]))
    inside = np.abs(level / np.median(level) - 1) < 1e-6
    assert inside.mean() > 0.9
    lengths = []
    for line, way in zip(lines, story.directions, strict=True):
        ends = plot.values(np.vstack(line.ends()))
        np.testing.assert_allclose(loss_of(story, ends), np.median(level), rtol=1e-8)
        np.testing.assert_allclose(ends.mean(axis=0), story.problem.minimizer, atol=1e-8)
        along = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
        assert abs(along @ way) == pytest.approx(1, rel=1e-9)
        lengths.append(np.linalg.norm(ends[1] - ends[0]))
    assert min(lengths) == lengths[2]
    values, vectors = np.linalg.eigh(story.problem.hessian)
    curvatures = [*np.diag(story.problem.hessian), values[1]]
    assert abs(story.directions[2] @ vectors[:, 1]) == pytest.approx(1, rel=1e-9)
    for place, curvature in enumerate(curvatures):
        for column, value in zip(
            lecture.columns[1:4],
            (curvature, 2 / curvature, abs(1 - story.rate("good") * curvature)),
            strict=True,
        ):
            figures = [part for part in column if isinstance(part, module.Digits)]
            assert_says(figures[place], value)
    assert_says(lecture.columns[4][1], 2 / values[1])


def assert_rate_plots(lecture, plots) -> None:
    """Curves against descent itself; marks on them, those beyond marked and said."""
    story, n_steps = lecture.story, lecture.story.settings.n_steps
    values = np.linalg.eigvalsh(story.problem.hessian)
    for drawn in plots:
        is_loss = drawn is lecture.cliff
        for name, (mark, _, figures) in drawn.each_mark.items():
            rate = story.rate(name)
            run = gdmath.descend(story.problem, story.start, rate, n_steps)
            value = run.losses[-1] if is_loss else np.abs(1 - rate * values).max()
            height = np.log10(value) if is_loss else value
            x, y = at(lecture, drawn.plot, mark)
            assert x == pytest.approx(rate, rel=1e-9)
            if height <= drawn.plot.y.high:
                assert y == pytest.approx(height, rel=1e-6, abs=1e-6)
            else:
                assert y < drawn.plot.y.high
                assert_says(figures, value)
        limit = drawn.plot.values(np.vstack(drawn.limit.ends()))
        np.testing.assert_allclose(limit[:, 0], 2 / values[1], rtol=1e-9)
        region = sheet.box_of(drawn.region.points)
        assert region.left == pytest.approx(drawn.plot.pixels(2 / values[1], 0)[0])
        corners = drawn.plot.values(drawn.path.line.points[0::4])
        for rate, height in corners[:: len(corners) // 7]:
            if is_loss:
                after = gdmath.descend(story.problem, story.start, max(rate, 1e-300), n_steps).losses[-1]
                assert height == pytest.approx(np.log10(after), abs=2e-3)
            else:
                assert height == pytest.approx(np.abs(1 - rate * values).max(), abs=1e-6)
        assert drawn.path.exit is not None
        assert drawn.path.exit[1] == drawn.plot.y.high


def assert_limit_and_best(lecture) -> None:
    low, high = np.linalg.eigvalsh(lecture.story.problem.hessian)
    first, limit, best = lecture.rows
    for figures, value in zip(
        [part for group in (first, limit, best) for part in group if isinstance(part, module.Digits)],
        (high, low, 2 / high, 2 / (low + high)),
        strict=True,
    ):
        assert_says(figures, value)


@pytest.mark.parametrize("dataset", slow_but((n for n in WITH_BIAS if n != "fake-data"), "chapter-0"))
def test_each_beat_ends_on_what_was_computed(dataset, rehearse):
    seen = []
    stepped = {"low": RUNS[:1], "good": RUNS[:2], "high": RUNS}

    def look(lecture, beat):
        seen.append(beat)
        if beat in ("cuts", *stepped):
            assert_cuts_are_exact(lecture)
            assert_steps_on_cuts(lecture, stepped.get(beat, ()))
        if beat == "alone":
            assert_alone(lecture)
        rows = {"together": 4, "race": 10, "lapse": lecture.story.settings.n_steps}
        if beat in rows:
            assert_clock(lecture, rows[beat])
            rings = [m for m in lecture.get_mobject_family_members() if isinstance(m, Dots) and is_start(m)]
            assert {id(ring) for ring in rings} == {id(panel.plane.ring) for panel in lecture.panels}
        if beat == "steepest":
            assert_directions(lecture)
        if beat == "cliff":
            assert_rate_plots(lecture, [lecture.cliff])
            assert_says(lecture.rate_figures[0], lecture.story.rates[-1])
        if beat == "limit":
            assert_rate_plots(lecture, [lecture.cliff, lecture.kept])
            assert_limit_and_best(lecture)

    theme = ("dark", "light", "print")[WITH_BIAS.index(dataset) % 3]
    settings = LearningRatesSettings(dataset=dataset)
    rehearsed = rehearse(LearningRates, settings=settings, theme=theme, look=look)
    assert seen == list(LearningRates.beats)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


def test_the_numbers_are_the_textbooks():
    story = LearningRates.prepare(LearningRatesSettings())
    assert [story.rate(name) for name in RUNS] == [0.2, 0.8, 1.1]
    assert story.problem.max_stable_learning_rate == pytest.approx(0.80551, abs=5e-6)
    assert story.problem.best_learning_rate == pytest.approx(0.75931, abs=5e-6)
    assert [cut.max_stable_learning_rate for cut in story.cuts] == pytest.approx([1, 3.1547], abs=5e-5)
    assert story.runs["good"].losses[:3].round(3).tolist() == [2.742, 2.627, 2.525]
    assert story.runs["divergent"].losses[1:3].round(2).tolist() == [7.74, 22.85]
    assert int(story.runs["divergent"].losses[10]) == 148042
    for name, in_b, in_w in (("low", 1.259, 2.112), ("good", 1.259, 0.734), ("divergent", 3.762, 0.333)):
        landed = [story.alone(name, moving).losses[1] for moving in (BIAS, WEIGHT)]
        assert landed == pytest.approx([in_b, in_w], abs=5e-4)
    assert [story.verdict(name) for name in RUNS] == ["slow", "barely stable", "diverges"]


@pytest.mark.parametrize("name", RUNS)
def test_each_run_is_torchs(name):
    story = LearningRates.prepare(LearningRatesSettings(n_steps=20))
    for held, run in (
        (None, story.runs[name]),
        (WEIGHT, story.alone(name, BIAS)),
        (BIAS, story.alone(name, WEIGHT)),
    ):
        rows = torch_run(story.dataset, story.rate(name), run.n_steps, held)
        columns = [BIAS, WEIGHT] if held is None else [1 - held]
        np.testing.assert_allclose(run.parameters, rows[:, columns], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(run.losses, rows[:, 2], rtol=1e-9)


def test_each_cut_looks_fine_and_together_they_do_not(rehearsal):
    """At 0.8 either parameter alone is all but done in six steps, both together are not in fifty."""
    story = LearningRates.prepare(LearningRatesSettings())
    for moving, cut in enumerate(story.cuts):
        losses = story.alone("good", moving).losses - cut.minimum
        assert losses[-1] < 0.01 * losses[0]
    together = story.runs["good"].losses - story.problem.minimum
    assert together[6] > 0.8 * together[0]
    assert together[50] > 0.2 * together[0]


def test_every_frame_of_the_race_shows_one_clock(rehearse):
    seen = set()

    def every_frame(lecture):
        if list(lecture.beat_starts)[-1] not in ("together", "race", "lapse"):
            return
        if (
            lecture.table not in lecture.mobjects
            and lecture.counter not in lecture.get_mobject_family_members()
        ):
            return
        row = int(lecture.counter.value.text)
        path, curve = lecture.paths["low"], lecture.loss_curves.paths["low"]
        assert path.row == curve.row == lecture.loss_curves.row
        assert path.row == row
        if row and path.head.has_points() and curve.head.has_points():
            step = at(lecture, curve.plot, curve.head)[0]
            assert row - 1e-9 <= step < row + 1
            run = lecture.story.runs["low"].parameters
            share = step - row
            towards = run[row] + share * (run[min(row + 1, len(run) - 1)] - run[row])
            np.testing.assert_allclose(at(lecture, path.plot, path.head), towards, atol=1e-7)
            for name, value in lecture.loss_values.items():
                assert_says(value, lecture.story.runs[name].losses[row])
        seen.add(row)

    rehearse(LearningRates, every_frame=every_frame, settings=LearningRatesSettings(n_steps=20))
    assert seen == set(range(21))


# -- odd data and odd rates --------------------------------------------------------------------------------


def odd(x, y, name, start=(0.4967, -0.1383)):
    base = gdmath.preset("chapter-0")
    return dataclasses.replace(
        base,
        name=name,
        x=np.array(x, float),
        y=np.array(y, float),
        train_indices=np.arange(len(x)),
        validation_indices=np.empty(0, int),
        start=np.array(start),
    )


NOISE = np.random.default_rng(3).normal(0, 0.1, 40)
X = np.random.default_rng(4).uniform(0, 1, 40)
ODD = {
    "slope zero": odd(X, 1 + NOISE, "flat"),
    "negative slope": odd(X, 2 - 5 * X + NOISE, "falling", (-1.0, 2.0)),
    "three points on a line": odd([0, 1, 3], [1, 3, 7], "three"),
    "millions": odd(1e6 * (1 + X), 1 + 2 * X + NOISE, "millions", (0.5, 1e-6)),
    "millionths": odd(1e-6 * X, 1 + 2 * X + NOISE, "millionths", (0.5, 1e5)),
}
ROUND = odd((X - X.mean()) / X.std(), 1 + 2 * X + NOISE, "standardised")
"""A round bowl, whose limit is the round number 1."""


@pytest.mark.parametrize("which", slow_but(ODD, "slope zero", "millionths"))
def test_odd_data_is_taught_as_well(which, rehearse, monkeypatch):
    monkeypatch.setattr(module, "dataset_with_bias", lambda _: ODD[which])
    rehearsed = rehearse(LearningRates, settings=LearningRatesSettings(n_steps=20))
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


@pytest.mark.parametrize("which", ["millions", "millionths"])
def test_what_the_runs_do_is_seen_whatever_the_units(which, monkeypatch):
    """Both parameters' ways from the start to the minimum take a good part of the window."""
    monkeypatch.setattr(module, "dataset_with_bias", lambda _: ODD[which])
    story = LearningRates.prepare(LearningRatesSettings())
    low, high = np.array([story.window.b_min, story.window.w_min]), [story.window.b_max, story.window.w_max]
    share = np.abs(story.problem.minimizer - story.start) / (high - low)
    assert (share > 0.05).all()


@pytest.mark.parametrize("which", ["race", "alone", "high"])
def test_small_losses_keep_their_digits(which, rehearse, monkeypatch):
    tiny = dataclasses.replace(ODD["negative slope"], y=1e-4 * ODD["negative slope"].y, start=np.zeros(2))
    monkeypatch.setattr(module, "dataset_with_bias", lambda _: tiny)
    story = LearningRates.prepare(LearningRatesSettings(n_steps=20))
    shown = []

    def look(lecture, beat):
        if beat != which:
            return
        if beat == "race":
            pairs = [(lecture.loss_values[n], story.runs[n].losses[10]) for n in RUNS]
        elif beat == "alone":
            pairs = [(lecture.hop_readouts[m][2], story.alone("good", m).losses[6]) for m in (BIAS, WEIGHT)]
        else:
            pairs = [(s[BIAS].loss, story.alone(n, BIAS).losses[1]) for n, s in lecture.steps.items()]
        for figures, loss in pairs:
            assert value_of(figures) == pytest.approx(loss, rel=5.1e-3), figures.text
            shown.append(figures.text)

    rehearse(LearningRates, stored=story, look=look)
    assert shown


@pytest.mark.parametrize("data", [*map(gdmath.preset, WITH_BIAS), *ODD.values(), ROUND], ids=lambda d: d.name)
def test_rates_follow_from_the_data(data):
    low, good, divergent = three_learning_rates(data, None)
    largest = np.linalg.eigvalsh(data.problem().hessian)[-1]
    assert 0.2 < low * largest / 2 < 0.3
    assert 0.97 < good * largest / 2 < 1
    steeper = np.diag(data.problem().hessian).max()
    assert 1.1 <= divergent * steeper / 2 * (1 + 1e-9) < 1.22
    assert divergent * largest / 2 > 1
    assert all(float(f"{rate:.3e}") == pytest.approx(rate, rel=1e-12) for rate in (low, good, divergent))
    # what they are called they are
    runs = [gdmath.descend(data.problem(), data.start, rate, 5000).losses for rate in (low, good)]
    excess = [losses[-1] - data.problem().minimum for losses in runs]
    assert all(
        after <= losses[0] - data.problem().minimum for after, losses in zip(excess, runs, strict=True)
    )
    diverged = gdmath.descend(data.problem(), data.start, divergent, 5000)
    assert diverged.outcome is gdmath.Outcome.DIVERGED


@pytest.mark.parametrize("rates", [(0.3, 0.76, 2.4), (0.0001, 0.8055, 0.8056)], ids=str)
def test_a_lecturer_gives_three_rates(rates, rehearse):
    def look(lecture, beat):
        if beat == "high":
            assert [lecture.story.rate(name) for name in RUNS] == list(rates)
            assert_steps_on_cuts(lecture, RUNS)
        if beat in ("race", "lapse"):
            assert_clock(lecture, 10 if beat == "race" else 50)

    rehearsed = rehearse(LearningRates, settings=LearningRatesSettings(learning_rates=rates), look=look)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


@pytest.mark.parametrize(
    ("rates", "allowed"),
    [
        ((0.8, 0.2, 1.1), "rising rates"),
        ((0.2, 0.2, 1.1), "rising rates"),
        ((0.2, 0.81, 1.1), "below 0.8055, 2 / lambda_max of chapter-0"),
        ((0.9, 1.0, 1.1), "below 0.8055, 2 / lambda_max of chapter-0"),
        ((0.2, 0.7, 0.8), "above 0.8055, 2 / lambda_max of chapter-0"),
        ((0.2, 0.8, 2.5), "up to 2.417"),
    ],
)
def test_a_rate_that_is_not_what_it_is_called_is_refused(rates, allowed):
    with pytest.raises(SettingError, match=r"^--learning-rates: got .*; allowed .*; fix: ") as refusal:
        LearningRates.prepare(LearningRatesSettings(learning_rates=rates))
    assert allowed in str(refusal.value)


def test_a_line_through_the_origin_is_refused():
    with pytest.raises(SettingError, match="with a bias"):
        LearningRates.prepare(LearningRatesSettings(dataset="one-weight"))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("0.2,nan,1.1", "got 0.2,nan,1.1; allowed 3 numbers"),
        ("0.2,0.8,0.805", "got 0.2,0.8,0.805; allowed a divergent one above 0.8055"),
    ],
)
def test_the_command_line_says_it_in_one_line(word, message, tmp_path):
    command = [sys.executable, "-m", "gdlectures", "render", "learning-rates", "--learning-rates", word]
    run = subprocess.run([*command, "--out", str(tmp_path)], capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr.startswith(f"gdlectures: --learning-rates: {message}")
    assert run.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
