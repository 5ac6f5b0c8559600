"""BatchSizes draws what its three runs say, and the runs are those of torch on the same points."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from claims import assert_true
from data import ODD, odd_dataset, slow_but
from drawn import on_screen
from rehearsals import seen, told

import gdmath
from gdmath.step_times import measured_step_times
from gdscenes.batch_sizes import KICKS, NAMES, SMALLER, STYLES, BatchSizes, BatchSizesSettings, tell
from gdscenes.kit.figures.cloud import Cloud
from gdscenes.kit.figures.losses import LossCurves
from gdscenes.kit.figures.map_lens import MapLens
from gdscenes.kit.figures.ribbon import Ribbon
from gdscenes.kit.figures.sight import Sight
from gdscenes.kit.figures.updates import Updates
from gdscenes.kit.lecture.choices import epochs_of_single_points, rate_for_single_points
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.page import sheet
from gdscenes.kit.proof.claims import claims_on
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Words

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]
SMALL = BatchSizesSettings(n_epochs=12)
IN_FILE_ORDER = BatchSizesSettings(seed=None)
"""As the textbook met the points."""


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
    story = told(BatchSizes, BatchSizesSettings(dataset=dataset, seed=seed, n_epochs=5))
    n = story.problem.n_rows
    for name, size in zip(NAMES, (n, 16, 1), strict=True):
        generator = None if seed is None else np.random.default_rng(seed)
        drawn = [np.arange(n) if generator is None else generator.permutation(n) for _ in range(5)]
        run = story.runs[name]
        theirs = torch_path(story.problem, story.start, run.learning_rate, size, 5, drawn.__getitem__)
        np.testing.assert_allclose(run.parameters, theirs, rtol=1e-9, atol=1e-12)


def test_in_the_order_of_the_file_the_paths_per_epoch_are_the_published_ones():
    story = told(BatchSizes, IN_FILE_ORDER)
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
    story = told(BatchSizes, BatchSizesSettings(dataset="fake-data-1000"))
    assert story.problem.reduction == "mean"
    assert {run.learning_rate for run in story.runs.values()} == {0.1}  # 1e-4 on the sum of 1000


@pytest.mark.parametrize("dataset", WITH_BIAS)
def test_all_three_make_as_many_epochs(dataset):
    story = told(BatchSizes, BatchSizesSettings(dataset=dataset))
    n = story.n_points
    for runner, size in zip(story.runners, (n, story.runs["mini-batch"].batch_size, 1), strict=True):
        run, met = runner.run, runner.moments
        assert met[run.epoch_starts].tolist() == [n * epoch for epoch in range(story.n_epochs + 1)]
        assert run.n_steps == story.n_epochs * -(-n // size)
        for clock in (0, 1, n // 3, n, 3 * n - 1, n * story.n_epochs):
            row = runner.row(clock)
            assert met[row] <= clock
            assert row == run.n_steps or met[row + 1] > clock


@pytest.mark.parametrize(
    ("n", "expected"), [(10, 80), (80, 80), (140, 50), (274, 25), (600, 12), (1000, 8), (4000, 5)]
)
def test_as_many_epochs_as_end_an_axis_on_a_round_number(n, expected):
    data = odd_dataset(np.arange(n), np.arange(n))
    assert epochs_of_single_points(data, None) == expected
    assert epochs_of_single_points(data, 6) == 6


def test_in_the_order_of_the_file_the_last_epochs_are_one_exact_cycle_and_shuffled_no_two_are_alike():
    for settings, is_cycle in ((IN_FILE_ORDER, True), (BatchSizes.settings, False)):
        run = told(BatchSizes, settings).runs["stochastic"]
        last, before = (run.parameters[run.epoch_starts[-k - 1] : run.epoch_starts[-k]] for k in (1, 2))
        assert bool((last == before).all()) is is_cycle


def test_stochastic_descent_settles_beside_the_minimum_and_never_rests():
    story = told(BatchSizes)
    runs = story.runs
    last = {
        name: run.losses[run.epoch_starts[-2] :].max() / story.problem.minimum for name, run in runs.items()
    }
    assert last["stochastic"] > 1.5 > 1.02 > last["mini-batch"]
    steps = np.abs(np.diff(runs["stochastic"].parameters[-story.problem.n_rows :], axis=0)).max(axis=1)
    assert np.median(steps) > 1e-3


def single_steps(story, parameters):
    """The step by each point in the order of the data, by hand."""
    (b, w), x = parameters, story.problem.x
    error = b + w * x - story.problem.y
    return -story.runs["batch"].learning_rate * 2 * np.stack([error, error * x], axis=1)


@pytest.mark.parametrize("seed", [None, 42])
def test_updates_of_the_first_epoch_land_where_a_step_by_their_points_does(seed):
    story = told(BatchSizes, BatchSizesSettings(seed=seed, n_epochs=5))
    order = np.arange(80) if seed is None else np.random.default_rng(seed).permutation(80)
    singles = story.start + single_steps(story, story.start)[order]
    for name, size in (("stochastic", 1), ("mini-batch", 16), ("batch", 80)):
        groups = singles.reshape(-1, size, 2).mean(axis=1)
        np.testing.assert_allclose(story.landings(name), groups, rtol=1e-12)
        assert np.concatenate(story.first_epoch(name)).tolist() == order.tolist()


def test_the_fan_at_the_start_and_the_star_at_the_minimum_are_the_textbooks():
    story = told(BatchSizes)
    fan = single_steps(story, story.start)
    degrees = np.degrees(np.arctan2(*fan.T[::-1]))
    assert 44 < np.ptp(degrees) < 45 == story.fan_degrees
    star = single_steps(story, np.polyfit(story.problem.x, story.problem.y, 1)[::-1])
    np.testing.assert_allclose(star.mean(axis=0), 0, atol=1e-15)
    assert np.hypot(*star.T).mean() == pytest.approx(0.0157, abs=5e-5)
    assert story.single_step == "$0.016$"
    np.testing.assert_allclose(
        sorted(map(tuple, story.landings_at_minimum - story.problem.minimizer)),
        sorted(map(tuple, star)),
        atol=1e-12,
    )


@pytest.mark.parametrize(("name", "size"), [("stochastic", 1), ("mini-batch", 16)])
@pytest.mark.parametrize("rate", [0.1, 0.01])
def test_the_clouds_are_runs_of_torch_from_the_minimum(name, size, rate):
    story, n = told(BatchSizes, SMALL), 80
    generator = np.random.default_rng(42)
    epochs = -(-KICKS // -(-n // size))
    drawn = [generator.permutation(n) for _ in range(epochs)]
    theirs = torch_path(story.problem, story.problem.minimizer, rate, size, epochs, drawn.__getitem__)
    np.testing.assert_allclose(story.kicked(name, rate), theirs[: KICKS + 1], rtol=1e-9, atol=1e-12)


def test_the_windows_hold_what_their_beats_are_about():
    story = told(BatchSizes)
    for name in NAMES:
        assert story.near.contains(story.landings(name)).all()
        assert story.wide.contains(story.runs[name].parameters).all()
        if name != "batch":
            assert story.close.contains(story.kicked(name, story.rate)).all()
    assert story.star.contains(story.landings_at_minimum).all()
    rises = story.levels - story.problem.minimum
    np.testing.assert_allclose(rises[1:] / rises[:-1], 2)
    assert (rises < story.problem.loss(story.star.corners).max() - story.problem.minimum).sum() >= 4


# -- what is drawn -------------------------------------------------------------------------------------


def rows_claimed(claims, quantity="parameters"):
    return {claim.run: claim.row for claim in claims if claim.quantity == quantity}


@pytest.mark.parametrize("dataset", slow_but(WITH_BIAS, "chapter-0"))
def test_each_beat_ends_on_what_was_computed(dataset, rehearse, rehearsal):
    is_default = dataset == BatchSizes.settings.dataset
    settings = BatchSizesSettings(dataset=dataset)
    rehearsed = rehearsal(BatchSizes) if is_default else rehearse(BatchSizes, settings=settings)
    story = rehearsed.lecture.story
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}
    for claims in rehearsed.claims.values():
        assert_true(claims, story.runs, story.problem_of)
    for beat, epoch, quantities in (
        ("epoch", 1, ("parameters", "step")),
        ("race", story.n_epochs, ("parameters", "loss", "step")),
    ):
        rows = {name: int(run.epoch_starts[epoch]) for name, run in story.runs.items()}
        for quantity in quantities:
            assert rows_claimed(rehearsed.claims[beat], quantity) == rows


@pytest.mark.parametrize("data", slow_but(ODD, "millions"))
def test_odd_data_have_their_own_windows_rates_and_pace(data, rehearse):
    story = tell(BatchSizesSettings(n_epochs=12), ODD[data])
    rehearsed = rehearse(BatchSizes, stored=story)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}
    assert rows_claimed(rehearsed.claims["race"]) == {name: run.n_steps for name, run in story.runs.items()}
    assert_true(rehearsed.claims["race"], story.runs, story.problem_of)


@pytest.mark.slow
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

    rehearse(BatchSizes, settings=SMALL, every_frame=every_frame, of=("epoch", "race"))
    assert seen == sorted(seen)
    assert seen[-1] == (12, 60, 960)
    assert (1, 5, 80) in seen
    assert len({rows[2] for rows in seen if rows[0] == 0}) > 60  # the first epoch is seen update by update


def the_only(lecture, kind):
    (found,) = on_screen(lecture, kind)
    return found


def tips_of(updates):
    return updates.map.plot.values(updates.tips.centers())


@seen(BatchSizes, "mean")
def test_the_tips_of_the_fan_stand_about_their_mean_the_tip_of_the_whole_arrow(lecture):
    whole, fan = sorted(on_screen(lecture, Updates), key=lambda each: each.many)
    tip = whole.map.plot.values(whole.arrows[0].tip)
    np.testing.assert_allclose(tips_of(fan).mean(axis=0), tip, atol=1e-9)
    np.testing.assert_allclose(np.broadcast_to(tip, fan.landings.shape), fan.landings + fan._fall, atol=1e-12)
    assert len(tips_of(fan)) == 80


def test_each_group_of_single_steps_is_the_lit_points_and_falls_into_their_mean(rehearse):
    fallen = []

    def every_frame(lecture):
        fans = [each for each in on_screen(lecture, Updates) if each.many and len(each.landings) == 16]
        if not fans:
            return
        (fan,), story, sight = fans, lecture.story, the_only(lecture, Sight)
        assert sight.count.text == "16"
        lit = sight.plane.plot.values(sight.plane.lit.centers())
        rows = [int(np.abs(story.problem.x - x).argmin()) for x in lit[:, 0]]
        singles = story.start + single_steps(story, story.start)[rows]
        np.testing.assert_allclose(sorted(map(tuple, fan.landings)), sorted(map(tuple, singles)), rtol=1e-9)
        if len(tips_of(fan)):
            np.testing.assert_allclose(tips_of(fan).mean(axis=0), singles.mean(axis=0), atol=1e-9)
        if fan.fallen == 1:
            fallen.append(tuple(tips_of(fan)[0].round(9)))

    played = rehearse(BatchSizes, settings=SMALL, every_frame=every_frame, of=("mini",))
    story = played.lecture.story
    minis = [tuple(each) for each in story.landings("mini-batch").round(9)]
    assert list(dict.fromkeys(fallen)) == minis


@seen(BatchSizes, "epoch")
def test_the_ribbon_has_a_step_for_each_update_of_the_epoch(lecture):
    ribbon = the_only(lecture, Ribbon)
    steps = [claim.drawn for claim in ribbon.claims(80) if claim.quantity == "points met at steps"]
    assert [len(each) for each in steps] == [1, 5, 80]


@seen(BatchSizes, "star")
def test_the_star_stands_about_the_minimum_which_is_its_mean(lecture):
    star = the_only(lecture, Updates)
    np.testing.assert_allclose(star.start, lecture.story.problem.minimizer)
    np.testing.assert_allclose(tips_of(star).mean(axis=0), star.start, atol=1e-9)
    assert "their mean is 0" in {part.source for part in on_screen(lecture, Words)}


def test_neither_the_header_nor_the_walk_jumps_or_stops(rehearse):
    """What is lit changes only while it is out, and between its first step and its last the walk goes on."""
    before, rows, times = {}, [], []

    def every_frame(lecture):
        seen = {sight.count.text: sight.lit for sight in on_screen(lecture, Sight)}
        assert all(lit == 0 for count, lit in seen.items() if before and count not in before)
        before.clear()
        before.update(seen)
        walks = [each for each in on_screen(lecture, Cloud) if each.style.sides == 0]
        rows.extend(each.row + each.under_way for each in walks[:1])
        times.extend(lecture.time for _ in walks[:1])

    rehearse(BatchSizes, settings=SMALL, every_frame=every_frame, until="cloud", frame_rate=5)
    assert rows[-1] == KICKS
    moving = np.flatnonzero(np.diff(rows) > 0)
    assert np.diff(np.array(times)[moving]).max() < 1.5, "it hardly rests"


@seen(BatchSizes, "cloud", "rate")
def test_the_clouds_are_shown_at_the_rate_that_is_told(lecture):
    story, lens = lecture.story, the_only(lecture, MapLens)
    is_small = list(lecture.beat_starts)[-1] == "rate"
    rate = story.rate * (SMALLER if is_small else 1)
    clouds = on_screen(lecture, Cloud)
    for map in (lecture.map, lens.map):
        assert {cloud.style.sides for cloud in clouds if cloud.map is map} == {0, 4}
    assert len(clouds) == 4
    for cloud in clouds:
        name = "stochastic" if cloud.style.sides == 0 else "mini-batch"
        np.testing.assert_allclose(cloud.rows, story.kicked(name, rate), rtol=1e-12)
        away = np.hypot(*(cloud.rows - story.problem.minimizer).T).mean()
        for claim in cloud.claims(KICKS):
            expected = {"rate of the cloud": rate, "distance": away}.get(claim.quantity)
            if expected is not None:
                assert abs(claim.drawn - expected) <= claim.within


@seen(BatchSizes, "price")
def test_the_times_shown_are_those_kept_in_the_package(lecture):
    claims = [claim for claim in claims_on(lecture) if claim.quantity == "milliseconds of a step"]
    assert len(claims) == 6
    for claim in claims:
        assert abs(claim.drawn - 1e3 * measured_step_times().seconds[claim.row]) <= claim.within


@seen(BatchSizes, "price")
def test_in_the_end_it_is_said_how_many_points_to_take_and_why(lecture):
    words = {each.source: each for each in on_screen(lecture, Words)}
    why = words["Up to 1\N{THIN SPACE}000 points cost no more time than one:"].box()
    what = words["take all 80 for each step."].box()
    assert why.bottom < what.top
    assert sheet.box_of(lecture.bars.rows[-1].get_all_points()).bottom < why.top
    assert what.bottom < lecture.bars.foot.box().top


def test_of_more_points_than_are_as_cheap_as_one_so_many_are_taken():
    seconds = measured_step_times().seconds
    assert seconds[1000] < 1.05 * seconds[1] < seconds[10_000]
    for n in (80, 1000, 4000):
        x = np.linspace(0, 1, n)
        story = tell(BatchSizesSettings(n_epochs=5), odd_dataset(x, 1 + 2 * x + 0.1 * np.sin(40 * x)))
        assert story.cheap_points == 1000
        assert story.all_cost_as_one is (n <= 1000)


@seen(BatchSizes, "price")
def test_an_epoch_is_dearest_in_steps_by_one_point(lecture):
    told = {(claim.quantity, claim.row): claim for claim in claims_on(lecture)}
    for size, updates in ((1, 80), (16, 5), (80, 1)):
        assert told["updates of an epoch", size].drawn == updates
        taking = told["milliseconds of an epoch", size]
        assert abs(taking.drawn - 1e3 * updates * measured_step_times().seconds[size]) <= taking.within


def test_what_is_said_of_80_and_of_a_million_points_was_measured():
    seconds = measured_step_times().seconds
    assert seconds[80] < 1.05 * seconds[1]
    assert seconds[1_000_000] > 10 * seconds[1]


@seen(BatchSizes, "cost")
def test_each_run_has_its_mark_at_the_last_update_in_the_axes(lecture):
    curves, story = the_only(lecture, LossCurves), lecture.story
    assert set(curves.paths) == set(NAMES)
    for name, path in curves.paths.items():
        assert curves.plot.values(path.head.centers()[0])[0] == pytest.approx(80)
        assert path.row == 80
        assert path.style.role == STYLES[name].role
    assert len({path.style.width for path in curves.paths.values()}) == 3
    assert f"all at {story.rate_markup}" in {part.source for part in on_screen(lecture, Words)}


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
    story = told(BatchSizes, BatchSizesSettings(dataset=dataset))
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
