"""What GradientSlope tells: the numbers of the textbook, slopes that settle, an arrow that stands square."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from data import slow_but
from drawn import assert_shows, loss_at
from rehearsals import seen

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.gradient_slope import GradientSlope, GradientSlopeSettings
from gdscenes.kit.figures.compass import Compass
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.cut import Cut
from gdscenes.kit.figures.gradient import GradientArrow
from gdscenes.kit.figures.secant import Secant
from gdscenes.kit.figures.secant_table import SecantTable
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.marks import Polyline
from gdscenes.regression_fit import RegressionFit

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


def on_screen(scene, kind):
    """The one figure of a kind."""
    (found,) = {id(m): m for m in scene.get_mobject_family_members() if type(m) is kind}.values()
    return found


def assert_rows_are_finite_differences(scene, moving, n_rows):
    story, table = scene.story, on_screen(scene, SecantTable)
    assert len(table.rows) == n_rows
    for row, delta in zip(table.rows, story.steps(moving), strict=False):
        there = story.start + delta * np.eye(2)[moving]
        rise = float(loss_at(story.problem, there) - loss_at(story.problem, story.start))
        for digits, value, notation in zip(row, (delta, rise, rise / delta), table.notations, strict=True):
            assert digits.text == notation.mantissa(value)
    return table


def assert_slope(scene, moving):
    story = scene.story
    table = assert_rows_are_finite_differences(scene, moving, len(story.steps(moving)))
    assert_shows(table.ratio, story.problem.gradient(story.start)[moving])


def assert_stands_square(scene):
    """The arrow is minus the gradient in the axes' units, square on the direction of no change."""
    story, plot, arrow = scene.story, on_screen(scene, ContourMap).plot, on_screen(scene, GradientArrow)
    foot, tip = arrow.ends
    np.testing.assert_allclose(foot, story.start, rtol=1e-9, atol=1e-9 * np.abs(story.units).max())
    np.testing.assert_allclose((tip - foot) / arrow.times, -(story.units**2) * story.gradient, rtol=1e-6)
    assert loss_at(story.problem, foot + 1e-6 * (tip - foot)) < story.start_loss
    level = np.array([-story.gradient[WEIGHT], story.gradient[BIAS]])
    step = 1e-3 * story.window.size.max() / np.linalg.norm(level)
    way = plot.pixels(*(story.start + step * level)) - plot.pixels(*story.start)
    along = plot.pixels(*tip) - plot.pixels(*foot)
    cosine = way @ along / np.linalg.norm(way) / np.linalg.norm(along)
    assert abs(np.degrees(np.arccos(cosine)) - 90) < 0.1


def assert_strip_is_the_slope_in_each_direction(scene):
    """Along a way of length 1 on the map, from the loss alone: of a parabola the chord both ways is exact."""
    story, compass = scene.story, on_screen(scene, Compass)
    angles, slopes = compass.plot.values(compass.curve.points[0::4]).T
    assert (angles[0], angles[-1] > 358) == (0.0, True)
    ways = story.units * np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))], axis=1)
    ways *= 0.1 * np.abs(story.window.size / story.units).min()
    rises = loss_at(story.problem, story.start + ways) - loss_at(story.problem, story.start - ways)
    length = np.linalg.norm(ways[0] / story.units)
    np.testing.assert_allclose(slopes, rises / 2 / length, atol=1e-6 * np.abs(slopes).max())
    assert np.abs(slopes).max() == pytest.approx(np.linalg.norm(story.units * story.gradient), rel=1e-3)
    if (story.units == 1).all():
        np.testing.assert_allclose([slopes[0], slopes[90]], story.gradient, rtol=1e-6)
    level, lowest = compass.level_points.centers(), compass.lowest.centers()
    assert np.abs(compass.plot.values(level)[:, 1]).max() < 1e-9 * np.abs(slopes).max()
    assert compass.plot.values(lowest)[0, 1] == pytest.approx(slopes.min(), rel=1e-3)


def assert_step_is_on_the_map(scene):
    """The last picture is close to the start and the end of one step, whose loss is read."""
    story, arrow, plot = scene.story, on_screen(scene, GradientArrow), on_screen(scene, ContourMap).plot
    foot, tip = arrow.ends
    there = story.start - story.rate * story.units**2 * story.gradient
    np.testing.assert_allclose(tip, there, atol=1e-6 * np.abs(there - story.start).max())
    assert float(loss_at(story.problem, there)) < story.start_loss
    (digits, _) = arrow.reading
    drawn, unit = digits.value()
    assert drawn == pytest.approx(float(loss_at(story.problem, there)), abs=0.5001 * unit)
    assert np.linalg.norm(plot.pixels(*tip) - plot.pixels(*foot)) > 100
    losses = loss_at(story.problem, plot.values(arrow.level.points[0::4]))
    np.testing.assert_allclose(losses, loss_at(story.problem, there), rtol=1e-3)


def look(scene, beat):
    moving = BIAS if beat == "other" else WEIGHT
    rows = {"step": 1, "shrink": scene.story.settings.secants, "lens": scene.story.settings.secants + 1}
    if beat in rows:
        assert_rows_are_finite_differences(scene, moving, rows[beat])
    if beat in ("tangent", "other"):
        assert_slope(scene, moving)
    if beat in ("gradient", "square"):
        assert_stands_square(scene)
    if beat in ("compass", "square"):
        assert_strip_is_the_slope_in_each_direction(scene)
    if beat == "length" and scene.story.dataset.frame is None:
        assert_step_is_on_the_map(scene)


@seen(GradientSlope, *GradientSlope.beats)
def test_each_beat_ends_on_what_was_computed_by_default(scene):
    look(scene, list(scene.beat_starts)[-1])


@pytest.mark.parametrize("dataset", slow_but(WITH_BIAS[1:], "fake-data"))
def test_each_beat_ends_on_what_was_computed(dataset, rehearse):
    rehearsed = rehearse(GradientSlope, settings=GradientSlopeSettings(dataset=dataset), look=look)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


@seen(GradientSlope, "cut", "step", "shrink", "lens", "tangent")
def test_the_cut_is_the_loss_with_b_held(scene):
    cut, story = on_screen(scene, Cut), scene.story
    w, loss = cut.plot.values(cut.curve.points[0::4])[1:-1].T
    points = np.stack([np.full_like(w, story.start[BIAS]), w], axis=1)
    np.testing.assert_allclose(loss, loss_at(story.problem, points), rtol=1e-9)


@seen(GradientSlope, "tangent", "other")
def test_only_the_tangent_touches_the_curve_once_the_step_is_nothing(scene):
    assert not set(scene.ghosts.get_family()[1:]) & set(scene.get_mobject_family_members())
    assert scene.secant.line in scene.get_mobject_family_members()


@seen(GradientSlope, "cut", "step", "other")
def test_the_small_map_shows_the_cut_and_no_minimum(scene):
    map_ = on_screen(scene, ContourMap)
    assert map_.diamond not in scene.get_mobject_family_members()
    line, _ = map_.segments[-1]
    assert line in scene.get_mobject_family_members()


@seen(GradientSlope, "length")
def test_the_step_is_looked_at_in_half_of_the_page(scene):
    assert on_screen(scene, ContourMap).box.width > 0.4 * sheet.WIDTH


def test_the_curve_of_a_cut_is_the_loss_from_its_first_frame_on(rehearse):
    """It is drawn along itself, beside heights that are numbered."""
    drawn = []

    def every_frame(scene):
        if list(scene.beat_starts)[-1] not in ("cut", "other") or not hasattr(scene, "cut"):
            return
        cut, moving = scene.cut, PARAMETER_ROLES.index(scene.cut.role)
        if cut.curve not in scene.get_mobject_family_members() or not cut.curve.has_points():
            return
        assert set(cut.plot.labels[len(cut.plot.x.ticks) :]) <= set(scene.get_mobject_family_members())
        value, loss = cut.plot.values(cut.curve.points[:1])[0]
        there = np.where(np.arange(2) == moving, value, scene.story.start)
        assert loss == pytest.approx(float(loss_at(scene.story.problem, there)), rel=1e-4)
        drawn.append(len(cut.curve.points))

    rehearse(GradientSlope, every_frame=every_frame, of=("cut", "other"))
    assert len(drawn) > 30


def test_nothing_runs_through_what_is_written_beside_the_map(rehearse):
    """Neither one slope through the other on their way into the panel, nor the frame through the gradient."""
    flights, frames = [], []

    def every_frame(scene):
        beat = list(scene.beat_starts)[-1]
        family = scene.get_mobject_family_members()
        if beat == "gradient" and not hasattr(scene, "vector"):
            first, second = (
                sheet.box_of(table.result.get_all_points()) for table in (scene.table, scene.in_w)
            )
            assert first.overlap(second) == 0
            flights.append(first.left)
        if beat == "length":
            written = sheet.box_of(scene.vector.get_all_points())
            assert scene.vector in family
            assert scene.map.box.overlap(written) == 0
            frames.append(scene.map.box.right)

    rehearse(GradientSlope, every_frame=every_frame, of=("gradient", "length"))
    assert min(len(set(flights)), len(set(frames))) > 8


@seen(GradientSlope, "square")
def test_the_level_line_is_that_of_the_start(scene):
    story, plot = scene.story, on_screen(scene, ContourMap).plot
    (line,) = (
        m
        for m in scene.mobjects
        if type(m) is Polyline and str(m.get_stroke_color().to_hex()).upper() == scene.colors.loss
    )
    losses = loss_at(story.problem, plot.values(line.points[0::4]))
    assert np.abs(losses - story.start_loss).max() < 1e-3 * story.start_loss


def test_the_numbers_are_the_textbooks():
    """From the start itself; the textbook's own zoom stands at the nearest node of its grid."""
    story = GradientSlope.prepare(GradientSlopeSettings())
    np.testing.assert_array_equal(story.steps(WEIGHT), [2, 1, 0.5, 0.12])
    np.testing.assert_array_equal(story.steps(BIAS), [2, 1, 0.5, 0.12])
    rows = [story.secant(WEIGHT, delta) for delta in story.steps(WEIGHT)]
    assert [round(rise, 4) for rise, _ in rows] == [-2.3995, -1.5168, -0.8376, -0.2155]
    assert [round(ratio, 4) for _, ratio in rows] == [-1.1998, -1.5168, -1.6753, -1.7957]
    assert story.secant(WEIGHT, 0.0) == (0.0, -1.8337537171510832)
    assert story.secant(BIAS, 0.0) == (0.0, -3.044811379650508)
    node = [0.52, -0.16]
    for which, rise, ratio, slope in (
        (WEIGHT, -0.214499, -1.787, -1.8255),
        (BIAS, -0.347853, -2.899, -3.0188),
    ):
        found = gdmath.finite_difference(story.problem, node, which, 0.12)
        assert found.rise == pytest.approx(rise, abs=5e-7)
        assert found.ratio == pytest.approx(ratio, abs=5e-4)
        assert story.problem.gradient(node)[which] == pytest.approx(slope, abs=5e-5)


def test_the_whole_arrow_is_too_far_and_a_tenth_of_it_is_the_first_step_of_the_fit():
    story = GradientSlope.prepare(GradientSlopeSettings())
    assert [round(story.loss_after(times), 4) for times in (1.0, 0.1)] == [5.7213, 1.6349]
    assert story.is_too_far
    fit = RegressionFit.prepare(RegressionFit.settings)
    assert story.rate == fit.run.learning_rate
    np.testing.assert_allclose(fit.run.parameters[1], story.start - story.rate * story.gradient, rtol=1e-12)
    assert fit.run.losses[1] == pytest.approx(story.loss_after(story.rate), rel=1e-12)
    assert story.is_first_step_of_the_fit
    moved = GradientSlope.prepare(GradientSlopeSettings(start_b=3.0, start_w=3.0))
    assert not moved.is_first_step_of_the_fit


def test_the_map_shows_all_of_its_highest_level_line():
    for name in WITH_BIAS:
        story = GradientSlope.prepare(GradientSlopeSettings(dataset=name))
        angles = np.linspace(0, 2 * np.pi, 200)
        ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        reach = np.sqrt(
            (story.ceiling - story.problem.minimum) / (ways @ story.problem.hessian * ways).sum(1) * 2
        )
        rim = story.problem.minimizer + reach[:, None] * ways
        np.testing.assert_allclose(loss_at(story.problem, rim), story.ceiling, rtol=1e-6)
        assert story.window.contains(rim).all()
        assert story.ceiling > story.start_loss


def test_every_frame_of_a_shrinking_step_shows_its_own_ratio(rehearse):
    seen_deltas = {"shrink": [], "tangent": [], "other": []}

    def every_frame(scene):
        beat = list(scene.beat_starts)[-1]
        family = scene.get_mobject_family_members()
        secants = [m for m in family if type(m) is Secant]
        tables = [m for m in family if type(m) is SecantTable]
        if beat not in seen_deltas or not secants or not tables:
            return
        secant, (table,) = secants[0], tables
        if not secant.second.has_points():
            return
        x, loss = secant.plot.values(secant.second.centers())[0]
        delta, moving = x - secant.place, BIAS if table.role == "bias" else WEIGHT
        there = scene.story.start + delta * np.eye(2)[moving]
        assert loss == pytest.approx(float(loss_at(scene.story.problem, there)), rel=1e-8)
        if abs(delta) > 1e-3:
            assert_shows(table.ratio, (loss - scene.story.start_loss) / delta)
        seen_deltas[beat].append(delta)

    rehearse(GradientSlope, every_frame=every_frame, of=("shrink", "tangent", "other"))
    for deltas in seen_deltas.values():
        assert len(set(np.round(deltas, 9))) > 15
        assert (np.diff(np.abs(deltas)) <= 1e-9).all()


def test_only_lengths_that_are_told_have_a_loss_and_the_zoom_keeps_its_numbers(rehearse):
    """On its way from one length to another the arrow has no landing that might look like an answer."""
    landings, on_the_way, rulers = set(), set(), []

    def every_frame(scene):
        if list(scene.beat_starts)[-1] != "length":
            return
        arrow, map_ = scene.arrow, scene.map
        family = scene.get_mobject_family_members()
        (landings if arrow.landing in family else on_the_way).add(round(arrow.times, 9))
        if map_.keeps_ruler:
            assert map_.ruler in family
            assert len(map_.ruler[0].labels) >= 2
            rulers.append(map_.plot.x)

    rehearse(GradientSlope, every_frame=every_frame, of=("length",))
    assert landings == {1.0, 0.1}
    assert len(on_the_way) > 15
    assert len({(axis.low, axis.high) for axis in rulers}) > 15


@seen(GradientSlope, "gradient", "square")
def test_the_name_of_w_stands_off_the_level_lines(scene):
    plate, _ = scene.map.ruler[2]
    assert is_clear(sheet.box_of(plate.points), scene.map.contours.lines[-1])


def is_clear(box, line):
    """Whether no point of a line is in a box."""
    x, y = sheet.pixels(line.points).T
    return not ((box.left < x) & (x < box.right) & (box.top < y) & (y < box.bottom)).any()


@seen(GradientSlope, "compass")
def test_the_level_line_of_the_start_is_named_on_the_map(scene):
    names = [m for m in scene.get_mobject_family_members() if getattr(m, "source", "") == "level line"]
    (on_map,) = (each.box() for each in names if each.box().right < scene.map.box.right)
    assert on_map.left > scene.map.box.left
    assert is_clear(on_map, scene.level)


def test_parameters_of_unlike_size_are_drawn_in_units_of_their_own(rehearse, monkeypatch):
    """x in the millionths: in the axes' units the arrow is still square on the level line."""
    x = 1e-6 * np.linspace(0, 1, 9)
    own = gdmath.preset("chapter-0")
    data = dataclasses.replace(
        own,
        name="millionths",
        x=x,
        y=3e3 * x,
        train_indices=np.arange(9),
        validation_indices=np.arange(0),
        start=np.zeros(2),
    )
    monkeypatch.setattr(gdmath, "preset", lambda _: data)

    def units(scene, beat):
        if beat == "square":
            np.testing.assert_array_equal(scene.story.units, [1e-3, 1e3])
            plot = on_screen(scene, ContourMap).plot
            per_unit = plot.box.width / (plot.x.high - plot.x.low) * 1e-3
            assert per_unit == pytest.approx(plot.y_pixels_per_unit * 1e3, rel=1e-9)
            assert_stands_square(scene)

    rehearsed = rehearse(GradientSlope, look=units)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


@pytest.mark.parametrize(
    "change",
    [
        {"start_b": 3.0, "start_w": 3.0},
        pytest.param({"start_b": 99.0, "start_w": -40.0}, marks=pytest.mark.slow),
        pytest.param({"first_step": 1.2}, marks=pytest.mark.slow),
        pytest.param({"secants": 1}, marks=pytest.mark.slow),
        {"secants": 4, "dataset": "fake-data"},
    ],
    ids=str,
)
def test_a_lecturer_may_change(change, rehearse, rehearsal):
    after = rehearse(GradientSlope, settings=GradientSlopeSettings(**change), look=look)
    assert {beat: faults for beat, faults in after.faults.items() if faults} == {}
    before = rehearsal(GradientSlope)
    assert any((after.frames[beat] != before.frames[beat]).any() for beat in GradientSlope.beats)


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"dataset": "one-weight"}, "with a bias"),
        ({"start_b": 1.02354, "start_w": 1.96896}, "from which the loss falls"),
        ({"first_step": 3.5}, "below 3.045"),
        ({"first_step": 20.0}, "below"),
    ],
)
def test_refuses_what_it_cannot_teach(change, allowed):
    settings = dataclasses.replace(GradientSlope.settings, **change)
    with pytest.raises(SettingError, match=r"got .*; allowed .*; fix: ") as refusal:
        GradientSlope.prepare(settings)
    assert allowed in str(refusal.value)
