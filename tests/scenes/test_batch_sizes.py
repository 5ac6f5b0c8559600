"""BatchSizes draws what its three runs say, and the runs are those of torch on the same points."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from data import slow_but
from rehearsals import seen

import gdmath
from gdscenes.batch_sizes import NAMES, TAIL_EPOCHS, BatchSizes, BatchSizesSettings, teaching_rate, tell
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.page import sheet

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


def odd_data(x, y, start=(0.0, 0.0)):
    x, y = np.array(x, dtype=float), np.array(y, dtype=float)
    return gdmath.Dataset(
        name="odd",
        x=x,
        y=y,
        train_indices=np.arange(len(x)),
        start=np.array(start),
        learning_rate=0.1,
        n_steps=100,
    )


NOISE = 0.1 * np.random.default_rng(1).standard_normal(40)
EVEN = np.linspace(0, 1, 40)
ODD = {
    "slope zero": odd_data(EVEN, 1 + NOISE),
    "negative slope": odd_data(4 * EVEN - 2, 7 - 8 * EVEN + NOISE, (0.0, 1.0)),
    "three points": odd_data([1, 2, 3], [2, 3, 5]),
    "five points": odd_data([1, 2, 3, 4, 5], [2, 3, 5, 5.5, 7]),
    "millions": odd_data(1e6 + 3e6 * EVEN, 5 + 2 * EVEN + NOISE),
    "millionths": odd_data(3e-6 * EVEN, 5 + 6 * EVEN + NOISE),
    "no noise": odd_data(EVEN, 1 + 2 * EVEN),
}


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
    for name in NAMES:
        run, passed = story.runs[name], story.epochs[name]
        assert passed[run.epoch_starts].tolist() == list(range(story.n_epochs + 1))
        assert run.n_steps == story.n_epochs * -(-story.problem.n_rows // story.batch_size(name))
        for clock in (0.0, 0.3, 1.0, 2.999, story.n_epochs):
            row = story.row(name, clock)
            assert passed[row] <= clock + 1e-9
            assert row == run.n_steps or passed[row + 1] > clock


def test_stochastic_descent_settles_beside_the_minimum_and_never_rests():
    story = BatchSizes.prepare(BatchSizes.settings)
    losses = {name: story.runs[name].losses[story.last_epochs(name, 1) :] for name in NAMES}
    above = {name: losses[name].max() / story.problem.minimum - 1 for name in NAMES}
    assert above["stochastic"] > 1 > 0.01 > above["mini-batch"]
    steps = np.abs(np.diff(story.runs["stochastic"].parameters[-story.problem.n_rows :], axis=0)).max(axis=1)
    assert np.median(steps) > 1e-3


# -- what is drawn -------------------------------------------------------------------------------------


def values(plot, points):
    return plot.values(np.reshape(points, (-1, 3)))


def corners(line):
    """Corners of a polyline as drawn."""
    pieces = line.points.reshape(-1, 4, 3)
    return np.vstack([pieces[:, 0], pieces[-1:, 3]])


def assert_stands(plot, points, parameters):
    """Points of the scene lie where (b, w) do in the axes, to a millionth of a pixel."""
    share = (parameters - [plot.x.low, plot.y.low]) / [plot.x.high - plot.x.low, plot.y.high - plot.y.low]
    expected = np.array([plot.box.left, plot.box.bottom]) + share * [plot.box.width, -plot.box.height]
    np.testing.assert_allclose(sheet.pixels(points), expected, atol=1e-6)


def assert_race_shows(lecture, rows):
    """Paths, heads, marks, counters and loss curves all belong to the rows."""
    story = lecture.story
    for (name, walk), plane in zip(lecture.walks.items(), lecture.planes, strict=True):
        run, row, plot = story.runs[name], rows[name], plane.plot
        assert lecture.counts[name].text == str(row)
        assert_stands(plot, walk.head.centers(), run.parameters[[row]])
        if row:
            assert_stands(plot, corners(walk.line), run.parameters[: row + 1])
        starts = run.epoch_starts[(run.epoch_starts > 0) & (run.epoch_starts <= row)]
        if len(starts):
            assert_stands(plot, walk.marks.centers(), run.parameters[starts])
        if row and np.log10(run.losses[: row + 1]).min() >= lecture.losses.plot.y.low:
            drawn = values(lecture.losses.plot, corners(lecture.losses.curves[name]))
            expected = np.stack([story.epochs[name], np.log10(run.losses)], axis=1)[: row + 1]
            np.testing.assert_allclose(drawn, expected, atol=1e-9 * story.n_epochs)


@pytest.mark.parametrize("dataset", slow_but(WITH_BIAS, "chapter-0", "fake-data"))
def test_each_beat_ends_on_what_was_computed(dataset, rehearse):
    def look(lecture, beat):
        story = lecture.story
        if beat in ("epoch", "race"):
            clock = 1 if beat == "epoch" else story.n_epochs
            assert lecture.clock_value.text == str(clock)
            assert_race_shows(
                lecture, {name: int(run.epoch_starts[clock]) for name, run in story.runs.items()}
            )

    rehearsed = rehearse(BatchSizes, settings=BatchSizesSettings(dataset=dataset), look=look)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


@pytest.mark.parametrize("data", slow_but(ODD, "slope zero", "millionths"))
def test_odd_data_have_their_own_windows_rates_and_pace(data, rehearse):
    story = tell(BatchSizesSettings(n_epochs=12), ODD[data])

    def look(lecture, beat):
        if beat == "race":
            assert_race_shows(lecture, {name: run.n_steps for name, run in story.runs.items()})

    rehearsed = rehearse(BatchSizes, stored=story, look=look)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


@pytest.mark.parametrize("data", ["slope zero", "millions"])
def test_a_name_says_the_power_its_numbers_leave_out_and_leaves_the_minimum_free(data, rehearse):
    story = tell(BatchSizesSettings(n_epochs=12), ODD[data])
    powers = set()

    def look(lecture, beat):
        if beat not in ("race", "settle"):
            return
        drawn = np.array(list(lecture.axes), dtype=object).reshape(-1, 4)
        for plane, (axes, plate, *names) in zip(lecture.planes, drawn, strict=True):
            for name, axis in zip(names, (axes.y, axes.x), strict=True):
                power = getattr(axis, "power", 0)
                assert name.source.endswith(f"10^({power})$" if power else axis.name)
                powers.add(power)
            if plane.plot.limits.contains(*story.problem.minimizer):
                assert sheet.box_of(plate.points).overlap(sheet.box_of(plane.diamond.points)) == 0

    rehearse(BatchSizes, stored=story, look=look)
    assert any(powers) == (data == "millions")


def test_every_frame_of_the_race_shows_the_rows_it_claims(rehearse):
    clocks, counted = [], []

    def every_frame(lecture):
        if list(lecture.beat_starts)[-1] in ("epoch", "race") and lecture.clock:
            story, clock = lecture.story, lecture.clock
            rows = {name: int((story.epochs[name] <= clock + 1e-9).sum()) - 1 for name in NAMES}
            assert_race_shows(lecture, rows)
            assert lecture.clock_value.text == str(int(clock + 1e-9))
            clocks.append(clock)
            counted.append(tuple(rows.values()))

    rehearse(BatchSizes, settings=SMALL, every_frame=every_frame)
    assert clocks == sorted(clocks)
    assert counted[-1] > (10, 58, 940)
    assert (1, 5, 80) in counted
    singles = {rows[2] for rows in counted if rows[0] == 0}
    assert len(singles) > 60  # the first epoch is seen update by update


def test_steps_of_the_first_beats_have_their_true_length(rehearse):
    def look(lecture, beat):
        if beat not in ("whole", "single", "mini"):
            return
        story, plot = lecture.story, lecture.map.plot
        problem, start, rate = story.problem, story.start, 0.1
        error = problem.y - start[0] - start[1] * problem.x
        singles = start + rate * 2 * np.stack([error, error * problem.x], axis=1)
        np.testing.assert_allclose(values(plot, lecture.whole.foot), [start], atol=1e-9)
        np.testing.assert_allclose(values(plot, lecture.whole.tip), [singles.mean(axis=0)], atol=1e-9)
        if beat == "single":
            feet, tips = (values(plot, ends) for ends in lecture.fan.ends())
            np.testing.assert_allclose(feet, np.tile(start, (80, 1)), atol=1e-9)
            np.testing.assert_allclose(tips, singles, atol=1e-9)
        if beat == "mini":
            tips = [values(plot, arrow.tip)[0] for arrow in lecture.minis]
            np.testing.assert_allclose(tips, singles.reshape(5, 16, 2).mean(axis=1), atol=1e-9)
        lit = {"whole": np.arange(80), "single": [79], "mini": np.arange(64, 80)}[beat]
        data = lecture.data.plot
        shown = np.stack([problem.x, problem.y], axis=1)[lit]
        np.testing.assert_allclose(values(data, lecture.lit.centers()), shown, atol=1e-9)
        feet = values(data, lecture.residuals.ends()[1])
        np.testing.assert_allclose(feet[:, 1], start[0] + start[1] * problem.x[lit], atol=1e-9)
        assert lecture.sight.text == str(len(lit))

    rehearse(BatchSizes, look=look)


@seen(BatchSizes, "settle")
def test_the_close_look_shows_the_last_epochs_and_what_is_not_there(lecture):
    story = lecture.story
    limits = lecture.planes[0].plot.limits
    for (name, walk), plane in zip(lecture.walks.items(), lecture.planes, strict=True):
        run, first = story.runs[name], story.last_epochs(name, TAIL_EPOCHS)
        assert plane.plot.limits == limits
        assert lecture.now[name].text == f"{run.losses[-1]:.5f}"
        if limits.contains(*run.parameters[-1]):
            drawn = values(plane.plot, corners(walk.line))
            np.testing.assert_allclose(drawn, run.parameters[first:], atol=1e-9)
            np.testing.assert_allclose(
                values(plane.plot, walk.head.centers()), run.parameters[[-1]], atol=1e-9
            )
        else:
            assert not walk.head.has_points()
        drawn = values(lecture.losses.plot, corners(lecture.losses.curves[name]))
        np.testing.assert_allclose(drawn[:, 1], np.interp(drawn[:, 0], story.epochs[name], run.losses))
        assert (drawn[0, 0], drawn[-1, 0]) == pytest.approx((77, 80))
    missing = [name for name in NAMES if not limits.contains(*story.runs[name].parameters[-1])]
    assert missing == ["batch"]
    assert len(lecture.away) == 1
    low, high = (
        at.tolist() for at in (lecture.away.get_corner([-1, -1, 0]), lecture.away.get_corner([1, 1, 0]))
    )
    frame = lecture.planes[0].frame
    assert frame.get_left()[0] < low[0] < high[0] < frame.get_right()[0]


@seen(BatchSizes, "cost")
def test_counted_in_updates_each_curve_stands_at_its_row_and_says_the_points_it_met(lecture):
    assert lecture.clock_value.text == "80"
    assert [lecture.counts[name].text for name in NAMES] == [str(80 * 80), str(80 * 16), "80"]
    for name, curve in lecture.losses.curves.items():
        drawn = values(lecture.losses.plot, corners(curve))
        losses = lecture.story.runs[name].losses[:81]
        np.testing.assert_allclose(drawn, np.stack([np.arange(81), np.log10(losses)], axis=1), atol=1e-9)


# -- what is refused -----------------------------------------------------------------------------------


def test_below_the_limit_no_single_point_throws_the_line_about():
    """An update by one point multiplies that point's error by 1 - 2 rate (1 + x^2)."""
    dataset = gdmath.preset("chapter-0")
    limit = 1 / (1 + np.square(dataset.x_train).max())
    assert teaching_rate(dataset, 0.999 * limit) == 0.999 * limit
    with pytest.raises(SettingError, match=f"below {limit:.4g}"):
        teaching_rate(dataset, 1.001 * limit)
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
        ({"dataset": "fake-data-1000", "n_epochs": 21}, "up to 20"),
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
        tell(BatchSizesSettings(), odd_data([2, 2, 2, 2], [1, 2, 3, 4]))
