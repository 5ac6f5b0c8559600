"""What LearningRates draws and says is what its runs, torch and the closed forms have."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from claims import assert_true
from data import slow_but
from drawn import on_screen
from here import command_here
from rehearsals import seen

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.losses import LossCurves
from gdscenes.kit.figures.shadows import Shadows
from gdscenes.kit.lecture.choices import three_learning_rates
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.page.sheet import SAFE, pixels
from gdscenes.kit.page.theme import AXIS_ROLES, PARAMETER_ROLES, ROLES
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Words

module = importlib.import_module("gdscenes.learning_rates")
LearningRates, LearningRatesSettings = module.LearningRates, module.LearningRatesSettings

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]
RUNS = ("low", "good", "divergent")
LONGEST = 150
"""Seconds of a lecture."""


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


def test_one_story_has_words_in_each_language_that_is_spoken():
    story = LearningRates.prepare(LearningRatesSettings())
    assert (story.manners[0], story.label("low")) == ("creeps", "$eta = 0.2$")
    labels = [each.label for each in (*story.runners, *story.alone_runners[BIAS])]
    with LearningRates.told_in("de").speaking():
        assert story.manners == ["kriecht", "springt hin und her", "verlässt das Bild"]
        assert story.creeps_jumps_and_leaves
        told = [each.label for each in (*story.runners, *story.alone_runners[BIAS])]
    assert told == [label.replace(".", '","') for label in labels] != labels


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
    assert story.factors == pytest.approx([0.879, -0.986], abs=5e-4)
    assert story.has_one_scale


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


def test_two_good_steps_make_a_bad_one():
    """At 0.8 a step of either parameter alone takes more than half off the loss, that of both hardly any."""
    story = LearningRates.prepare(LearningRatesSettings())
    assert max(story.alone_losses) < 0.5 * story.start_loss
    assert story.runs["good"].losses[1] > 0.95 * story.start_loss


@seen(LearningRates, "cuts", "low", "good", "high")
def test_both_cuts_have_one_scale(lecture):
    b, w = (cut.plot for cut in lecture.cuts)
    assert b.box.width / (b.x.high - b.x.low) == pytest.approx(w.box.width / (w.x.high - w.x.low))
    assert b.pixels(0, 1.0)[1] == pytest.approx(w.pixels(0, 1.0)[1])


@seen(LearningRates, "sum")
def test_the_bars_are_as_long_as_the_losses(lecture):
    story = lecture.story
    start, *landed = lecture.bars.bars
    for bar, name in zip(landed, ("good in b", "good in w", "good"), strict=True):
        assert bar.length / start.length == pytest.approx(story.runs[name].losses[1] / story.start_loss)


@seen(LearningRates, "map", "sum")
def test_the_lines_on_the_map_are_the_cuts(lecture):
    """Along each of them the loss is the cut's, and it goes from edge to edge."""
    story, plot = lecture.story, lecture.map.plot
    for moving, (line, _) in enumerate(lecture.map.segments):
        ends = plot.values(np.concatenate(line.ends()))
        np.testing.assert_allclose(ends[:, 1 - moving], story.start[1 - moving], atol=1e-9)
        np.testing.assert_allclose(ends[:, moving], np.reshape(plot.limits, (2, 2))[moving], atol=1e-9)
        for end in ends:
            loss = float(story.cuts[moving].loss(end[moving : moving + 1]))
            assert loss == pytest.approx(float(story.problem.loss(end)), rel=1e-9)


def test_the_cuts_keep_their_names_while_they_lie_down_and_turn_into_lines(rehearse, monkeypatch):
    """They end beside the lines, and neither is covered by the other."""
    redraw, names = LearningRates.redraw, []

    def watch(self, *animations):
        redraw(self, *animations)
        if list(self.beat_starts)[-1] == "map":
            named = {each.source: each.box() for each in on_screen(self, Words)}
            names.append([named.get(f"only ${role}$ moves") for role in PARAMETER_ROLES])

    monkeypatch.setattr(LearningRates, "redraw", watch)
    lecture = rehearse(LearningRates, until="map").lecture
    lying, (b, w), *_ = names
    assert None not in [*lying, b, w]
    box, ((along, _), (up, _)) = lecture.map.box, lecture.map.segments
    assert b.left > box.right
    assert b.top < pixels(along.get_center())[1] < b.bottom
    assert 0 < w.left - pixels(up.get_center())[0] < 40
    assert box.top < w.top < w.bottom < box.center[1]


@seen(LearningRates, "limit")
def test_in_the_end_the_step_is_that_of_the_best_rate(lecture):
    """Of the start's shadows it leaves equal parts, which is where the V's arms meet."""
    story = lecture.story
    (sliding,) = (each for each in on_screen(lecture, Shadows) if not each.run)
    there = lecture.map.plot.values(sliding.point.centers()[0])
    left = story.problem.errors(there) / story.problem.errors(story.start)
    assert left[0] == pytest.approx(-left[1], rel=1e-6)
    assert abs(left[0]) == pytest.approx(float(story.problem.error_kept(story.problem.best_learning_rate)))


def test_too_low_ends_where_torch_gets_nearly_all_the_way():
    story = LearningRates.prepare(LearningRatesSettings())
    row = story.row_of(story.least_enough)
    left = [
        (torch_run(story.dataset, rate, story.settings.n_steps)[-1, 2] - story.problem.minimum)
        / (story.start_loss - story.problem.minimum)
        for rate in story.rates[row - 1 : row + 1]
    ]
    assert left[1] < 0.01 <= left[0]
    assert float(story.left_if_too_low.removesuffix(" %")) == 100 * 0.01


def test_that_much_is_left_is_said_only_while_it_is(rehearse, monkeypatch):
    """At rates that are too low alone; which those are stays marked."""
    run_on, told = LearningRates.run_on, []

    def watch(self, clock, *args, **kwargs):
        run_on(self, clock, *args, **kwargs)
        if list(self.beat_starts)[-1] == "slide":
            said = {each.source: each.box() for each in on_screen(self, Words)}
            told.append((clock.row, said.get("more than 1 % of the fall is left")))
            if told[-1][1]:
                assert self.slider.digits[-1].box().bottom < told[-1][1].top
                assert told[-1][1].right < SAFE.right

    monkeypatch.setattr(LearningRates, "run_on", watch)
    lecture = rehearse(LearningRates, until="slide").lecture
    story = lecture.story
    assert {bool(said) for _, said in told} == {True, False}
    for row, said in told:
        assert bool(said) == (story.rates[row] < story.least_enough)
    assert "$arrow.l$ too low" in {each.source for each in on_screen(lecture, Words)}


@seen(LearningRates, "limit")
def test_the_best_rate_is_called_so_and_told_beside_the_limit(lecture):
    said = {each.source for each in on_screen(lecture, Words)}
    assert 'best $2 \\/ (lambda_"min" + lambda_"max")$' in said
    assert {"0.7593", "0.8055"} <= {each.text for each in on_screen(lecture, Digits)}


@seen(LearningRates, "slide")
def test_a_rate_that_slides_has_the_mark_of_none_of_the_three(lecture):
    path = lecture.path.path
    looks = {(style.role, style.sides) for style in module.STYLES.values()}
    assert (path.style.role, path.style.sides) not in looks


@seen(LearningRates, "shadows")
def test_lambda_is_said_to_be_the_curvature(lecture):
    words = {each.source: each for each in on_screen(lecture, Words)}
    said = words["$lambda$: curvature along each axis"].box()
    assert lecture.factors.digits[-1].box().bottom < said.top
    assert said.bottom < SAFE.bottom


@seen(LearningRates, "fan", "limit")
def test_the_line_in_the_v_stands_at_the_rate_of_the_step(lecture):
    """At rest on a rate that is marked the mark stands for it; on the way there its ends are the factors."""
    fan, clock, problem = lecture.fan, lecture.sliding, lecture.story.problem
    rates, row = lecture.story.rates, clock.row
    assert not fan.pointer.has_points()
    for share in (0.2, 0.6, 0.8):
        clock.at(there := int(share * len(rates)))
        assert fan.plot.values(fan.pointer.ends()[0])[0, 0] == pytest.approx(rates[there])
        for part, factor in zip(fan.parts, np.abs(problem.error_factors(rates[there])), strict=True):
            if factor <= fan.y.high:
                at = fan.plot.values(part.head.centers())[0]
                np.testing.assert_allclose(at, [rates[there], factor], atol=1e-6)
            assert len(part.line.ends()[0]) > 100, "the whole curve stays"
    clock.at(row)


def test_what_the_steeper_parameter_bears_alone_is_marked_if_it_is_seen():
    assert LearningRates.prepare(LearningRatesSettings()).limit_alone == pytest.approx(1.0)
    assert LearningRates.prepare(LearningRatesSettings(dataset=ROUND)).limit_alone is None


@seen(LearningRates, "slide", "shadows")
def test_the_mark_of_one_parameter_stands_at_two_over_its_curvature(lecture):
    (limit,) = (each for each in lecture.cliff.claims(lecture.cliff.row) if each.quantity == "limit")
    assert limit.run == "low in b"
    assert limit.drawn == pytest.approx(2 / lecture.story.curvatures.max(), abs=limit.within)


@seen(LearningRates, "fan", "limit")
def test_the_rate_on_the_map_is_that_of_the_one_step(lecture):
    """At the end of each beat the number is that of the rate whose step is drawn."""
    (sliding,) = (each for each in on_screen(lecture, Shadows) if not each.run)
    shown, unit = lecture.say_rate[-1].digits[0].value()
    assert shown == pytest.approx(lecture.story.rates[sliding.row], abs=0.51 * unit)


@pytest.mark.parametrize("rates", [None, (0.3, 0.76, 2.4), (1e-9, 2e-9, 0.81)], ids=str)
def test_the_slide_is_slow_where_most_happens(rates):
    """Rates lie densest from near the best one to a little beyond the limit, and hold all that is marked."""
    story = LearningRates.prepare(LearningRatesSettings(learning_rates=rates))
    limit, best = story.problem.max_stable_learning_rate, story.problem.best_learning_rate
    steps = np.diff(story.rates)
    near = (story.rates[:-1] > best) & (story.rates[1:] < limit)
    assert np.median(steps[near]) < 0.2 * steps.max()
    for rate in (best, limit, *map(story.rate, RUNS)):
        assert story.rates[story.row_of(rate)] == rate
    assert story.rates[0] == 0
    assert story.rates[-1] > story.rate("divergent")


@seen(LearningRates, "fan")
def test_the_axes_of_the_bowl_have_colours_that_nothing_else_has(lecture):
    """Neither that of a rate, nor that of the loss."""
    theme = lecture.colors
    axes = {theme.color(role) for role in AXIS_ROLES}
    others = {theme.color(role) for role in ROLES if role not in AXIS_ROLES}
    drawn = [*lecture.shadows.axes, *(part.line for part in lecture.fan.parts)]
    assert {part.get_stroke_color().to_hex() for part in drawn} == axes
    assert axes.isdisjoint(others)


def test_the_axis_of_steps_stands_still_while_the_runs_go_on(rehearse, monkeypatch):
    """It is turned before the runs come to its end, slowly, as a thing of its own."""
    run_on, turn, spans, turned = LearningRates.run_on, LearningRates.turn, [], []

    def watch_run(self, clock, *args, **kwargs):
        losses = [each for each in clock.figures if isinstance(each, LossCurves)]
        before = [each.dials["span"].tolist() for each in losses]
        run_on(self, clock, *args, **kwargs)
        spans.extend(zip(before, [each.dials["span"].tolist() for each in losses], strict=True))

    def watch_turn(self, *figures, seconds=1.5, **dials):
        turned.extend([seconds] * ("span" in dials))
        turn(self, *figures, seconds=seconds, **dials)

    monkeypatch.setattr(LearningRates, "run_on", watch_run)
    monkeypatch.setattr(LearningRates, "turn", watch_turn)
    rehearse(LearningRates, settings=LearningRatesSettings(n_steps=40))
    assert spans == [([0, 40], [0, 40])]
    assert len(turned) == 1
    assert turned[0] >= 1


@pytest.mark.slow
def test_a_film_of_a_table_is_no_longer_than_lectures_are(rehearse):
    """It has a longer title page, and a last one in the units of the table."""
    penguins = Path(__file__).parents[2] / "examples/data/penguins.csv"
    table = gdmath.read_table(penguins, "flipper_length_mm", "body_mass_g", drop_missing=True)
    assert rehearse(LearningRates, settings=LearningRatesSettings(dataset=table)).seconds <= LONGEST


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


@pytest.mark.parametrize("which", slow_but(ODD, "millionths"))
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
    runs = [gdmath.descend(data.problem(), data.start, rate, 1000).losses for rate in (low, good)]
    excess = [losses[-1] - data.problem().minimum for losses in runs]
    assert all(
        after <= losses[0] - data.problem().minimum for after, losses in zip(excess, runs, strict=True)
    )
    diverged = gdmath.descend(data.problem(), data.start, divergent, 1000)
    assert diverged.outcome is gdmath.Outcome.DIVERGED


@pytest.mark.parametrize(
    "rates", [(0.3, 0.76, 2.4), pytest.param((0.0001, 0.8055, 0.8056), marks=pytest.mark.slow)], ids=str
)
def test_a_lecturer_gives_three_rates(rates, rehearse):
    rehearsed = rehearse(LearningRates, settings=LearningRatesSettings(learning_rates=rates))
    story = rehearsed.lecture.story
    assert [story.rate(name) for name in RUNS] == list(rates)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}
    for beat in ("sum", "race", "lapse", "shadows"):
        assert assert_true(rehearsed.claims[beat], story.runs, story.problem_of), beat


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
def test_the_command_line_says_it_in_one_line(word, message, tmp_path, capsys):
    words = ("render", "learning-rates", "--learning-rates", word, "--out", tmp_path)
    assert command_here(*words) == 2
    *progress, told = capsys.readouterr().err.splitlines()
    assert told.startswith(f"gdlectures: --learning-rates: {message}")
    assert all(line.startswith("...") for line in progress), "which is told where it takes long"
    assert list(tmp_path.iterdir()) == []
