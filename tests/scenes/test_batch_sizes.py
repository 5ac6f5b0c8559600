"""BatchSizes draws what its three runs say, and the runs are those of torch on the same points."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from claims import assert_true
from data import ODD, odd_dataset, slow_but
from drawn import on_screen
from rehearsals import seen

import gdmath
from gdscenes.batch_sizes import NAMES, TAIL_EPOCHS, BatchSizes, BatchSizesSettings, tell
from gdscenes.kit.lecture.choices import rate_for_single_points
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.proof.claims import claims_on
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Words

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]
SMALL = BatchSizesSettings(n_epochs=12)


def torch_path(problem, start, rate, batch_size, n_epochs, orders):
    """(b, w) after every update of torch.optim.SGD with nn.MSELoss, each epoch in the order given."""
    x, y = (torch.tensor(column.tolist(), dtype=torch.float64) for column in (problem.x, problem.y))
    b, w = (torch.tensor([value], dtype=torch.float64, requires_grad=True) for value in start)
    optimizer = torch.optim.SGD([b, w], lr=rate)
    path = [[b.item(), w.item()]]
    for epoch in range(n_epochs):
        for rows in torch.tensor(orders(epoch)).split(batch_size):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(b + w * x[rows], y[rows]).backward()
            optimizer.step()
            path.append([b.item(), w.item()])
    return np.array(path)


# -- the runs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [None, 7])
@pytest.mark.parametrize("dataset", ["chapter-0", "fake-data"])
def test_the_runs_are_those_of_torch_on_the_same_batches(dataset, seed):
    story = BatchSizes.prepare(BatchSizesSettings(dataset=dataset, seed=seed, n_epochs=5))
    n = story.problem.n_rows
    for name, size in zip(NAMES, (n, 16, 1), strict=True):
        generator = None if seed is None else np.random.default_rng(seed)
        drawn = [np.arange(n) if generator is None else generator.permutation(n) for _ in range(5)]
        run = story.runs[name]
        theirs = torch_path(story.problem, story.start, run.learning_rate, size, 5, drawn.__getitem__)
        np.testing.assert_allclose(run.parameters, theirs, rtol=1e-9, atol=1e-12)


def test_the_paths_per_epoch_are_the_published_ones():
    story = BatchSizes.prepare(BatchSizes.settings)
    assert story.start.tolist() == [0.8300, 0.7645]
    for name, digits, published in (
        ("batch", 4, [(0.9825, 0.8591), (1.0956, 0.9334), (1.1790, 0.9922)]),
        ("mini-batch", 3, [(1.276, 1.077), (1.361, 1.196)]),
        ("stochastic", 3, [(1.123, 1.725), (1.038, 1.899), (1.016, 1.946)]),
    ):
        run = story.runs[name]
        ends = run.parameters[run.epoch_starts[1 : len(published) + 1]]
        assert ends.round(digits).tolist() == [list(end) for end in published]


def test_a_summed_loss_is_compared_by_its_mean():
    story = BatchSizes.prepare(BatchSizesSettings(dataset="fake-data-1000"))
    assert story.problem.reduction == "mean"
    assert {run.learning_rate for run in story.runs.values()} == {0.1}  # 1e-4 on the sum of 1000


@pytest.mark.parametrize("dataset", WITH_BIAS)
def test_all_three_make_as_many_epochs(dataset):
    story = BatchSizes.prepare(BatchSizesSettings(dataset=dataset))
    n = story.n_points
    for runner, size in zip(story.runners, (n, story.runs["mini-batch"].batch_size, 1), strict=True):
        run, met = runner.run, runner.moments
        assert met[run.epoch_starts].tolist() == [n * epoch for epoch in range(story.n_epochs + 1)]
        assert run.n_steps == story.n_epochs * -(-n // size)
        for clock in (0, 1, n // 3, n, 3 * n - 1, n * story.n_epochs):
            row = runner.row(clock)
            assert met[row] <= clock
            assert row == run.n_steps or met[row + 1] > clock


def test_stochastic_descent_settles_beside_the_minimum_and_never_rests():
    story = BatchSizes.prepare(BatchSizes.settings)
    losses = {name: story.last_losses((name,), 1) for name in NAMES}
    above = {name: losses[name].max() / story.problem.minimum - 1 for name in NAMES}
    assert above["stochastic"] > 1 > 0.01 > above["mini-batch"]
    steps = np.abs(np.diff(story.runs["stochastic"].parameters[-story.problem.n_rows :], axis=0)).max(axis=1)
    assert np.median(steps) > 1e-3


def test_updates_of_the_first_epoch_land_where_a_step_by_their_points_does():
    story = BatchSizes.prepare(BatchSizes.settings)
    problem, (b, w), rate = story.problem, story.start, 0.1
    error = b + w * problem.x - problem.y
    singles = story.start - rate * 2 * np.stack([error, error * problem.x], axis=1)
    for name, size in (("stochastic", 1), ("mini-batch", 16), ("batch", 80)):
        steps = singles.reshape(-1, size, 2).mean(axis=1)
        np.testing.assert_allclose(story.landings(name), steps, rtol=1e-12)
        assert np.concatenate(story.first_epoch(name)).tolist() == list(range(80))


def test_the_windows_hold_what_their_beats_are_about():
    story = BatchSizes.prepare(BatchSizes.settings)
    tails = {name: story.runs[name].parameters[story.tail(name, TAIL_EPOCHS)] for name in NAMES}
    assert [len(tails[name]) for name in NAMES] == [TAIL_EPOCHS * updates + 1 for updates in (1, 5, 80)]
    assert story.close.contains(np.vstack([tails["mini-batch"], tails["stochastic"]])).all()
    assert not story.close.contains(tails["batch"][-1])
    for name in NAMES:
        assert story.near.contains(story.landings(name)).all()
        assert story.wide.contains(story.runs[name].parameters).all()
    rises = story.levels - story.problem.minimum
    np.testing.assert_allclose(rises[1:] / rises[:-1], 2)
    assert (rises < story.problem.loss(story.close.corners).max() - story.problem.minimum).sum() >= 4


# -- what is drawn -------------------------------------------------------------------------------------


def rows_claimed(claims, quantity="parameters"):
    return {claim.run: claim.row for claim in claims if claim.quantity == quantity}


@pytest.mark.parametrize("dataset", slow_but(WITH_BIAS, "chapter-0", "chapter-2"))
def test_each_beat_ends_on_what_was_computed(dataset, rehearse):
    rehearsed = rehearse(BatchSizes, settings=BatchSizesSettings(dataset=dataset))
    story = rehearsed.lecture.story
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}
    for claims in rehearsed.claims.values():
        assert_true(claims, story.runs, story.problem_of)
    for beat, epoch in (("epoch", 1), ("race", story.n_epochs)):
        rows = {name: int(run.epoch_starts[epoch]) for name, run in story.runs.items()}
        for quantity in ("parameters", "loss", "step"):
            assert rows_claimed(rehearsed.claims[beat], quantity) == rows


@pytest.mark.parametrize("data", slow_but(ODD, "millions", "three points"))
def test_odd_data_have_their_own_windows_rates_and_pace(data, rehearse):
    story = tell(BatchSizesSettings(n_epochs=12), ODD[data])
    rehearsed = rehearse(BatchSizes, stored=story)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}
    assert rows_claimed(rehearsed.claims["race"]) == {name: run.n_steps for name, run in story.runs.items()}
    assert_true(rehearsed.claims["race"], story.runs, story.problem_of)


def test_every_frame_of_the_race_shows_the_rows_it_claims(rehearse):
    seen = []

    def every_frame(lecture):
        story, claims = lecture.story, claims_on(lecture)
        beat = list(lecture.beat_starts)[-1]
        steps = rows_claimed(claims, "step")
        if beat not in ("epoch", "race") or not steps:
            return
        assert_true(claims, story.runs, story.problem_of)
        assert all(rows_claimed(claims, "loss").get(name, row) == row for name, row in steps.items())
        # no run is behind the others by more than the points of its next update
        n, sizes = story.n_points, {"batch": 80, "mini-batch": 16, "stochastic": 1}
        met = {name: row * sizes[name] for name, row in steps.items()}
        assert all(met["stochastic"] - sizes[name] < met[name] <= met["stochastic"] for name in NAMES), n
        seen.append(tuple(steps.values()))

    rehearse(BatchSizes, settings=SMALL, every_frame=every_frame)
    assert seen == sorted(seen)
    assert seen[-1] == (12, 60, 960)
    assert (1, 5, 80) in seen
    assert len({rows[2] for rows in seen if rows[0] == 0}) > 60  # the first epoch is seen update by update


@seen(BatchSizes, "settle")
def test_the_close_look_shows_the_small_batches_and_says_what_is_not_there(lecture):
    claims = claims_on(lecture)
    assert rows_claimed(claims) == {"mini-batch": 400, "stochastic": 6400}
    assert rows_claimed(claims, "loss") == {"batch": 80, "mini-batch": 400, "stochastic": 6400}
    (note,) = (part for part in on_screen(lecture, Words) if part.source == "not here yet")
    assert lecture.maps[0].frame.get_left()[0] < note.get_left()[0] < note.get_right()[0]
    assert note.get_right()[0] < lecture.maps[0].frame.get_right()[0]


@seen(BatchSizes, "cost")
def test_as_many_updates_have_met_as_many_points_as_each_run_sees_in_one(lecture):
    shown = [each.text for each in on_screen(lecture, Digits)]
    assert {"80", "6400", "1280"} <= set(shown)
    assert shown.count("80") >= 2  # the clock, and the points that single ones have met
    assert "update" in {part.source for part in on_screen(lecture, Words)}


# -- what is refused -----------------------------------------------------------------------------------


def test_below_the_limit_no_single_point_throws_the_line_about():
    """An update by one point multiplies that point's error by 1 - 2 rate (1 + x^2)."""
    dataset = gdmath.preset("chapter-0")
    limit = 1 / (1 + np.square(dataset.x_train).max())
    assert rate_for_single_points(dataset, 0.999 * limit) == 0.999 * limit
    with pytest.raises(SettingError, match=f"below {limit:.4g}"):
        rate_for_single_points(dataset, 1.001 * limit)
    problem, outermost = dataset.problem(), [int(dataset.x_train.argmax())]
    for rate, shrinks in ((0.999 * limit, True), (1.001 * limit, False)):
        (landed,) = gdmath.landings(problem, dataset.start, rate, [np.array(outermost)])
        before, after = (abs(problem.residuals(at)[outermost[0]]) for at in (dataset.start, landed))
        assert bool(after < before) is shrinks


@pytest.mark.parametrize("dataset", WITH_BIAS)
def test_its_own_rates_are_stable_for_every_batch(dataset):
    story = BatchSizes.prepare(BatchSizesSettings(dataset=dataset))
    limit = 1 / (1 + np.square(story.problem.x).max())
    for name in NAMES:
        assert limit / 20 < story.runs[name].learning_rate < limit / 3
        assert story.runs[name].losses[-1] < 0.05 * story.runs[name].losses[0]


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"learning_rate": 0.6}, "0.5066"),
        ({"batch_size": 80}, "2 to 79"),
        ({"dataset": "one-weight"}, "with a bias"),
        ({"dataset": "fake-data-1000", "n_epochs": 26}, "up to 25"),
    ],
)
def test_refuses_what_it_cannot_teach(change, allowed):
    settings = dataclasses.replace(BatchSizes.settings, **change)
    with pytest.raises(SettingError, match=r"got .*; allowed .*; fix: ") as refusal:
        BatchSizes.prepare(settings)
    assert allowed in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_feature_that_does_not_vary_is_refused_in_one_line():
    with pytest.raises(SettingError, match="a feature that varies"):
        tell(BatchSizesSettings(), odd_dataset([2, 2, 2, 2], [1, 2, 3, 4], learning_rate=0.1))
