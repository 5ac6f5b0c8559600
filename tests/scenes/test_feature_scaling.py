"""What FeatureScaling draws are the losses, runs, units and lines that were computed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from data import slow_but

import gdmath
import gdscenes.feature_scaling as module
from gdmath import BIAS, WEIGHT
from gdscenes.feature_scaling import FeatureScaling, FeatureScalingSettings
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.page import sheet

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]
REAL_ROWS = np.random.default_rng(7).uniform(0, 1, (2, 40))


def custom(x, y, start=(0.5, -0.1), n_validation=0):
    """A dataset that is not a preset."""
    n = len(x)
    return gdmath.Dataset(
        name="odd",
        x=np.asarray(x, dtype=float),
        y=np.asarray(y, dtype=float),
        train_indices=np.arange(n - n_validation),
        validation_indices=np.arange(n - n_validation, n),
        start=np.asarray(start, dtype=float),
        learning_rate=0.1,
        n_steps=1000,
    )


U, E = REAL_ROWS[0], 0.2 * (REAL_ROWS[1] - 0.5)
ODD = {
    "millions": custom(1e6 * (1 + U), 1 + 2 * U + E, n_validation=8),
    "millionths": custom(1e-6 * U, 1 + 2 * U + E, n_validation=8),
    "negative slope": custom(5 * U - 2, 3 - 4 * U + E, n_validation=8),
    "slope zero": custom(U, 2 + 0 * U),
    "three points": custom([1, 2, 4], [1, 3, 2]),
    "on a line": custom([0, 1, 2, 3], [1, 3, 5, 7]),
    "large target": custom(3 * U, 1e6 * (1 + U) + 1e5 * E, start=(0, 0)),
}


def shown_number(figures) -> float:
    text = figures.text.replace("\N{FIGURE SPACE}", "")
    mantissa, _, power = text.partition("×10")
    return float(mantissa) * 10.0 ** int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")) or 0)


def assert_shows(figures, value, digits=3) -> None:
    """The read-out is the value, rounded to so many significant digits, or to two in scientific notation."""
    digits = min(digits, 2) if "×" in figures.text else digits
    assert shown_number(figures) == pytest.approx(value, rel=0.5001 * 10 ** (1 - digits), abs=1e-9)


def scatter_of(dots, plot):
    return plot.values(dots.centers()) if dots.has_points() else np.empty((0, 2))


def mean_loss(x, y, b, w, reduction):
    squares = (y[:, None] - np.ravel(b) - np.outer(x, np.ravel(w))) ** 2
    return squares.sum(axis=0) if reduction == "sum" else squares.mean(axis=0)


def assert_levels(drawn, x, y, reduction) -> None:
    """Every corner of every level line has the loss of its level, in axes of equal aspect."""
    plot = drawn.plot
    assert plot.box.width / (plot.x.high - plot.x.low) == pytest.approx(plot.y_pixels_per_unit, rel=1e-9)
    found = 0
    inner = plot.box.grown(-1)
    for line, level in zip(drawn.contours.lines, drawn.contours.levels, strict=True):
        corners = line.points[0::4]
        if not len(corners):
            continue
        across, down = sheet.pixels(corners).T
        inside = (across > inner.left) & (across < inner.right) & (down > inner.top) & (down < inner.bottom)
        b, w = plot.values(corners[inside]).T
        np.testing.assert_allclose(mean_loss(x, y, b, w, reduction), level, rtol=1e-5)
        found += inside.sum()
    assert found > 30


def assert_plane(plane, dataset, parameters) -> None:
    """Points, and the line of (b, w), in one unit."""
    train = np.stack([dataset.x_train, dataset.y_train], axis=1)
    np.testing.assert_allclose(scatter_of(plane.train, plane.plot), train, rtol=1e-9, atol=1e-12)
    assert len(scatter_of(plane.validation, plane.plot)) == len(dataset.x_validation)
    ends = plane.plot.values(np.vstack(plane.line.ends()))
    np.testing.assert_allclose(ends[:, 1], parameters[0] + parameters[1] * ends[:, 0], rtol=1e-9, atol=1e-9)


def assert_path(path, rows, last) -> None:
    """The head stands on the last row, each mark on one of the rows, and the line goes from start to head."""
    heads = path.plot.values(path.head.centers())
    np.testing.assert_allclose(heads[0], rows[last], rtol=1e-9, atol=1e-9)
    if path.marks.has_points():
        for mark in path.plot.values(path.marks.centers()):
            assert np.abs(rows[: last + 1] - mark).max(axis=1).min() < 1e-9 * max(1, np.abs(rows).max())


def crossing(before, after, limits):
    """Where the segment from a row inside a rectangle to one outside crosses its edge."""
    way = after - before
    edges = np.where(way > 0, limits[1::2], limits[0::2])
    shares = [(edge - at) / along for edge, at, along in zip(edges, before, way, strict=True) if along]
    return before + min(shares) * way


def assert_exit(path, rows) -> None:
    """The cross is centred exactly where the run crosses the edge of the axes."""
    limits = path.plot.limits
    out = next(k for k, row in enumerate(rows) if not limits.contains(*row))
    exact = crossing(rows[out - 1], rows[out], limits)
    at = path.plot.values(path.cross.centers())[0]
    spans = np.array([limits.x_high - limits.x_low, limits.y_high - limits.y_low])
    assert (np.abs(at - exact) < 1e-9 * spans).all()


def descend_by_hand(x, y, start, rate, n_steps, reduction="mean"):
    """Plain descent in a loop of its own: parameters and losses."""
    b, w = start
    rows, losses = [], []
    times = len(x) if reduction == "sum" else 1
    for _ in range(n_steps + 1):
        error = b + w * x - y
        rows.append((b, w))
        losses.append(times * np.mean(error**2))
        b, w = b - rate * 2 * times * np.mean(error), w - rate * 2 * times * np.mean(x * error)
    return np.array(rows), np.array(losses)


class TestStory:
    def test_the_textbook_table(self):
        story = FeatureScaling.prepare(FeatureScalingSettings())
        assert {name: run.learning_rate for name, run in story.runs.items()} == {
            "original": 0.1,
            "same rate": 0.1,
            "changed": 0.01,
            "standardised": 0.1,
        }
        assert [story.steps(name) for name in story.problems] == [258, 576, 24]
        conditions = [problem.condition_number for problem in story.problems.values()]
        np.testing.assert_allclose(conditions, [16.44, 112.01, 1.0], atol=0.01)
        np.testing.assert_allclose(story.runs["same rate"].losses[:3], [5.515, 163.6, 4915], rtol=2e-4)
        assert story.diverges
        bad = gdmath.preset("chapter-0-bad")
        np.testing.assert_array_equal(story.changed.x, bad.x)
        np.testing.assert_array_equal(story.changed.y, bad.y)

    @pytest.mark.parametrize("dataset", WITH_BIAS)
    def test_runs_and_their_steps_by_a_loop_of_its_own(self, dataset):
        story = FeatureScaling.prepare(FeatureScalingSettings(dataset=dataset))
        data = story.dataset
        z = (data.x_train - data.x_train.mean()) / data.x_train.std()
        features = {"original": data.x_train, "changed": 10 * data.x_train, "standardised": z}
        lowest = np.polynomial.Polynomial.fit(z, data.y_train, 1)
        squares = (data.y_train - lowest(z)) ** 2
        minimum = squares.sum() if data.reduction == "sum" else squares.mean()
        for name, x in features.items():
            run = story.runs[name]
            rows, losses = descend_by_hand(
                x, data.y_train, data.start, run.learning_rate, run.n_steps, data.reduction
            )
            np.testing.assert_allclose(run.losses, losses, rtol=1e-8)
            np.testing.assert_allclose(run.parameters, rows, rtol=1e-7, atol=1e-9)
            over = losses <= 1.01 * minimum
            assert story.steps(name) == (over.argmax() if over.any() else None)
        assert story.diverges
        assert story.runs["original"].learning_rate < story.problems["original"].max_stable_learning_rate
        assert story.runs["original"].learning_rate > story.problems["changed"].max_stable_learning_rate

    @pytest.mark.parametrize("dataset", [*map(gdmath.preset, WITH_BIAS), *ODD.values()], ids=lambda d: d.name)
    def test_mapped_back_it_is_the_line_of_least_squares(self, dataset, monkeypatch):
        monkeypatch.setattr(module, "dataset_with_bias", lambda _: dataset)
        story = FeatureScaling.prepare(FeatureScalingSettings())
        learned = story.runs["standardised"].parameters[-1]
        # centred, so that the closed form keeps its digits where x lies far from zero
        for scaler, data in (
            (gdmath.Standardizer.fit(dataset.x_train), dataset),
            (story.scaler, story.changed),
        ):
            b, w = scaler.parameters_to_original(learned)
            x, y = data.x_train, data.y_train
            slope = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)
            line = y.mean() + slope * (x - x.mean())
            np.testing.assert_allclose(b + w * x, line, rtol=1e-9, atol=1e-9)

    def test_a_small_feature_is_made_smaller_and_nothing_diverges(self, monkeypatch):
        monkeypatch.setattr(module, "dataset_with_bias", lambda _: ODD["millionths"])
        story = FeatureScaling.prepare(FeatureScalingSettings())
        assert story.factor == 0.1
        assert not story.diverges
        assert story.steps("original") is None
        assert story.steps("standardised") < 40

    @pytest.mark.parametrize(
        ("change", "allowed"),
        [
            ({"dataset": "one-weight"}, "with a bias"),
            ({"factor": 1.5}, "narrows the valley"),
            ({"factor": 1.0}, "narrows the valley"),
            ({"learning_rate": 0.9}, "below 0.8055"),
        ],
    )
    def test_refuses_what_it_cannot_teach(self, change, allowed):
        settings = dataclasses.replace(FeatureScaling.settings, **change)
        with pytest.raises(SettingError, match=r"got .*; allowed .*; fix: ") as refusal:
            FeatureScaling.prepare(settings)
        assert allowed in str(refusal.value)
        assert "\n" not in str(refusal.value)

    def test_refuses_a_constant_feature(self, monkeypatch):
        dataset = custom([2, 2, 2], [1, 2, 3])
        monkeypatch.setattr(module, "dataset_with_bias", lambda _: dataset)
        with pytest.raises(SettingError, match="a feature that varies"):
            FeatureScaling.prepare(FeatureScalingSettings())


def look_at_units(lecture) -> None:
    story = lecture.story
    for plane, name, rows in zip(lecture.planes, ("original", "changed"), lecture.fits, strict=True):
        data = story.dataset if name == "original" else story.changed
        w, b = np.polyfit(data.x_train, data.y_train, 1)
        assert_plane(plane, data, (b, w))
        for row, value in zip(rows, (b, w, story.minimum), strict=True):
            assert_shows(row[1], value, 4)


def look_at_morph(lecture) -> None:
    """Points, map, cut and numbers at the end, and at places under way."""
    story, data = lecture.story, lecture.story.dataset
    for factor in (1.0, story.factor**0.4, story.factor):
        lecture.show_factor(factor)
        x, y = factor * data.x_train, data.y_train
        w, b = np.polyfit(x, y, 1)
        assert_plane(lecture.plane, dataclasses.replace(data, x=factor * data.x), (b, w))
        assert_levels(lecture.map, x, y, data.reduction)
        at = lecture.map.plot.values(lecture.map.diamond.place())
        np.testing.assert_allclose(at, [b, w], rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(scatter_of(lecture.map.ring, lecture.map.plot)[0], story.start, atol=1e-9)
        along, loss = lecture.cut_plot.values(lecture.cut.points[0::4]).T
        inside = loss < lecture.cut_plot.y.high * (1 - 1e-6)
        exact = mean_loss(x, y, np.full(inside.sum(), b), along[inside], data.reduction)
        np.testing.assert_allclose(loss[inside], exact, rtol=1e-6)
        ends = lecture.map.plot.values(np.vstack(lecture.cut_line.ends()))
        np.testing.assert_allclose(ends[:, 0], b, rtol=1e-6)
        design = np.stack([np.ones_like(x), x], axis=1)
        times = 1 if data.reduction == "sum" else 1 / len(x)
        hessian = 2 * times * design.T @ design
        shown = [row[1] for row in lecture.readouts]
        assert_shows(shown[0], factor, 2)
        assert_shows(shown[1], np.linalg.cond(hessian), 3)
        assert_shows(shown[2], hessian[WEIGHT, WEIGHT], 4)


def look_at_same_rate(lecture) -> None:
    story = lecture.story
    rate, data = story.runs["original"].learning_rate, story.dataset
    rows, losses = descend_by_hand(
        story.factor * data.x_train, data.y_train, data.start, rate, 10, data.reduction
    )
    for row in (0, 1, 2, 10):
        lecture.show_clock(row)
        assert lecture.counters["clock"].text == str(row)
        assert_shows(lecture.loss_values["same rate"], losses[row], 3)
        assert_shows(lecture.loss_values["original"], story.runs["original"].losses[row], 4)
        if row:
            assert_path(lecture.paths["original"], story.runs["original"].parameters, row)
    assert_exit(lecture.paths["same rate"], rows)
    labels = [part[1] for part in lecture.curve_group if isinstance(part[-1], module.Digits)]
    assert len(labels) >= 1
    for label, loss in zip(labels, losses, strict=False):
        assert_shows(label, loss, 4)
    above = np.stack([np.arange(11), np.log10(losses - story.minimum)], axis=1)
    assert_exit(lecture.curves.paths["same rate"], above)
    assert_levels(lecture.maps["original"], data.x_train, data.y_train, data.reduction)
    for name in ("original", "changed"):
        assert lecture.maps[name].window == lecture.maps["original"].window, "compared in one window"
    limits = [row for row in lecture.limits[2] if isinstance(row, module.Digits)]
    for shown, problem in zip(limits, ("original", "changed"), strict=True):
        largest = np.linalg.eigvalsh(story.problems[problem].hessian)[-1]
        assert_shows(shown, 2 / largest, 3)


def look_at_crawl(lecture) -> None:
    story, data = lecture.story, lecture.story.dataset
    same = story.runs["same rate"].parameters
    assert_exit(lecture.broken, same)
    last = int(lecture.counters["clock"].text)
    assert last == min(100, story.last("changed"))
    run = story.runs["changed"]
    assert_path(lecture.paths["changed"], run.parameters, last)
    assert_shows(lecture.loss_values["changed"], run.losses[last], 3)
    assert_levels(lecture.maps["changed"], story.factor * data.x_train, data.y_train, data.reduction)
    # what a step leaves of the error, seen in the run itself
    _, vectors = np.linalg.eigh(story.problems["changed"].hessian)
    away = (run.parameters - story.problems["changed"].minimizer) @ vectors
    np.testing.assert_allclose(np.abs(away[1] / away[0]), story.kept("changed"), rtol=1e-6)


def look_at_standardise(lecture) -> None:
    story, plot = lecture.story, lecture.plane.plot
    x = story.factor * story.dataset.x_train
    mean, deviation = x.mean(), np.sqrt(np.mean((x - x.mean()) ** 2))
    assert_shows(lecture.scaler_rows[0][1], mean, 4)
    assert_shows(lecture.scaler_rows[1][1], deviation, 4)
    assert len(lecture.standard_ticks) >= 3
    for mark, label in lecture.standard_ticks:
        at = sheet.pixels(mark.points)[0, 0]
        expected = plot.pixels(mean + float(label.text.replace("-", "-")) * deviation, 0)[0]
        assert at == pytest.approx(expected, abs=1e-6)


def look_at_circle(lecture) -> None:
    """The level lines are circles on the page; half way the valley lies along the axes."""
    story = lecture.story
    x = (story.dataset.x_train - story.dataset.x_train.mean()) / story.dataset.x_train.std()
    assert_levels(lecture.map, x, story.dataset.y_train, story.dataset.reduction)
    center = sheet.pixels(lecture.map.diamond.place())
    whole = 0
    for line in lecture.map.contours.lines:
        spots = sheet.pixels(line.points[0::4])
        radii = np.hypot(*(spots - center).T)
        box = lecture.map.plot.box.grown(-1)
        inside = (
            (spots[:, 0] > box.left)
            & (spots[:, 0] < box.right)
            & (spots[:, 1] > box.top)
            & (spots[:, 1] < box.bottom)
        )
        if inside.any():
            np.testing.assert_allclose(radii[inside], radii[inside].mean(), atol=0.01)
            whole += inside.all()
    assert whole >= 3
    assert lecture.kappa.text == "1.0"
    half = story.partway(0.5).hessian
    assert abs(half[BIAS, WEIGHT]) < 1e-9 * half[WEIGHT, WEIGHT]


def look_at_race(lecture) -> None:
    """Counters stop at the finish line, and each frame of the time-lapse shows the row that it counts."""
    story = lecture.story
    names = ("original", "changed", "standardised")

    def assert_clock(row) -> None:
        for name in names:
            here, steps = min(row, story.last(name)), story.steps(name)
            assert lecture.counters[name].text.rstrip("+") == str(here)
            assert lecture.counters[name].text.endswith("+") == (steps is None and row >= story.last(name))
            run = story.runs[name]
            if here:
                assert_path(lecture.paths[name], run.parameters, here)
                head = lecture.curves.plot.values(lecture.curves.paths[name].head.centers())[0]
                np.testing.assert_allclose(
                    head, [here, np.log10(run.losses[here] - story.minimum)], rtol=1e-7, atol=1e-9
                )

    last = max(story.last(name) for name in names)
    assert_clock(last)
    for name in names:
        if story.steps(name) is not None:
            losses = story.runs[name].losses
            assert losses[story.last(name)] <= 1.01 * story.minimum < losses[story.last(name) - 1]
    seen = []

    def play(animation, run_time):
        for share in (0.05, 0.2, 0.21, 0.5, 0.93, 1.0):
            animation.update_function(animation.mobject, share)
            row = max(int(figures.text.rstrip("+")) for figures in lecture.counters.values())
            seen.append(row)
            assert_clock(row)

    lecture.play = play
    lecture.run_clock(3, last, 8.0)
    del lecture.play
    assert seen == sorted(seen)
    assert seen[-1] == last
    line = lecture.curves.plot.values(sheet.at(0, sheet.pixels(lecture.finish_line[0].get_center())[1]))[1]
    assert line == pytest.approx(np.log10(0.01 * story.minimum), abs=1e-6)


def look_at_back(lecture) -> None:
    story = lecture.story
    for plane, mapped, data in zip(
        lecture.planes, lecture.mapped, (story.dataset, story.changed), strict=True
    ):
        w, b = np.polyfit(data.x_train, data.y_train, 1)
        np.testing.assert_allclose(mapped, [b, w], rtol=1e-9)
        assert_plane(plane, data, (b, w))


LOOKS = {
    "units": look_at_units,
    "morph": look_at_morph,
    "same_rate": look_at_same_rate,
    "crawl": look_at_crawl,
    "standardise": look_at_standardise,
    "circle": look_at_circle,
    "race": look_at_race,
    "back": look_at_back,
}


@pytest.mark.parametrize("dataset", slow_but(WITH_BIAS, "chapter-0", "fake-data"))
def test_each_beat_ends_on_what_was_computed(dataset, rehearse):
    seen = []

    def look(lecture, beat):
        seen.append(beat)
        LOOKS[beat](lecture)

    settings = FeatureScalingSettings(dataset=dataset)
    rehearsed = rehearse(FeatureScaling, settings=settings, look=look)
    assert seen == list(FeatureScaling.beats)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


@pytest.mark.parametrize("name", ["millions", "millionths", "three points", "large target"])
def test_odd_data_are_laid_out(name, rehearse, monkeypatch):
    monkeypatch.setattr(module, "dataset_with_bias", lambda _: ODD[name])
    rehearsed = rehearse(FeatureScaling)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}
    assert rehearsed.seconds == pytest.approx(FeatureScaling.seconds, abs=4)
