"""What GradientSlope draws are the cuts, secants and slopes that were computed."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util

import numpy as np
import pytest
from data import slow_but

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.page import sheet

module = importlib.import_module("gdscenes.gradient_slope")
GradientSlope, GradientSlopeSettings = module.GradientSlope, module.GradientSlopeSettings

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


def shown_number(figures) -> float:
    return float(figures.text.replace("\N{FIGURE SPACE}", "").strip("()"))


def assert_shows(figures, value, notation) -> None:
    assert figures.text == notation.write(value)


def loss_at(story, points):
    """The loss by its definition."""
    b, w = np.moveaxis(np.asarray(points), -1, 0)
    residuals = story.problem.y - b[..., None] - w[..., None] * story.problem.x
    total = (residuals**2).sum(axis=-1)
    return total if story.dataset.reduction == "sum" else total / story.problem.n_rows


def moved(story, moving, value):
    """The start with one parameter set to values."""
    points = np.tile(story.start, (*np.shape(value), 1))
    points[..., moving] = value
    return points


def assert_cut_is_exact(lecture, moving) -> None:
    """Every corner of the curve lies on the loss, the other parameter held."""
    story, plot = lecture.story, lecture.plot
    x, y = plot.values(lecture.curve.points[0::4]).T
    inside = y < plot.y.high - 1e-6 * (plot.y.high - plot.y.low)
    assert inside.sum() > 250
    np.testing.assert_allclose(y[inside], loss_at(story, moved(story, moving, x[inside])), rtol=1e-9)
    ends = plot.values(lecture.curve.points[[0, -1]])
    for (x_end, y_end), edge in zip(ends, story.cut_range(moving), strict=True):
        assert y_end == pytest.approx(plot.y.high) or x_end == pytest.approx(edge)
    color = lecture.colors.color(("bias", "weight")[moving])
    assert lecture.curve.get_stroke_color().to_hex().upper() == color


def assert_secant_is_exact(secant, plot, story, moving, delta) -> None:
    """Both points lie on the cut, and the line goes through them."""
    first = plot.values(secant.first.centers())[0]
    np.testing.assert_allclose(first, [story.start[moving], story.loss], rtol=1e-9, atol=1e-9)
    second = plot.values(secant.second.centers())[0]
    there = story.start[moving] + delta
    np.testing.assert_allclose(second, [there, loss_at(story, moved(story, moving, there))], rtol=1e-9)
    (start, end) = (plot.values(part)[0] for part in secant.line.ends())
    slope = (end[1] - start[1]) / (end[0] - start[0])
    assert slope == pytest.approx((second[1] - first[1]) / delta, rel=1e-6)
    assert start[1] + slope * (first[0] - start[0]) == pytest.approx(first[1], rel=1e-7)
    # the legs are the step and the rise
    step, rise = (plot.values(np.vstack(leg.ends())) for leg in (secant.step, secant.rise))
    np.testing.assert_allclose(step, [first, [there, first[1]]], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(rise, [[there, first[1]], second], rtol=1e-9, atol=1e-9)


def assert_rows_are_finite_differences(lecture, moving, n_rows) -> None:
    story, table = lecture.story, lecture.table
    assert len(table.rows) == n_rows
    for row, delta in zip(table.rows, story.steps(moving), strict=False):
        there = story.start[moving] + delta
        rise = float(loss_at(story, moved(story, moving, there)) - story.loss)
        expected = gdmath.finite_difference(story.problem, story.start, moving, delta)
        assert expected.rise == pytest.approx(rise, rel=1e-9)
        assert_shows(row[0], delta, lecture.step_notations[moving])
        assert shown_number(row[0]) == pytest.approx(delta, rel=1e-12)
        assert_shows(row[1], expected.rise, lecture.rise_notation)
        assert_shows(row[2], expected.ratio, lecture.slope_notations[moving])


def assert_tangent(lecture, secant, plot, moving) -> None:
    start, end = (plot.values(part)[0] for part in secant.line.ends())
    slope = (end[1] - start[1]) / (end[0] - start[0])
    assert slope == pytest.approx(lecture.story.gradient[moving], rel=1e-6)
    assert not secant.second.has_points()
    assert_shows(lecture.results[moving][2], lecture.story.gradient[moving], lecture.slope_notations[moving])


def assert_arrow(lecture) -> None:
    """The arrow is minus the gradient to the stated scale, and stands square on the level line."""
    story, plot, downhill = lecture.story, lecture.plane.plot, lecture.downhill
    assert plot.box.width / (plot.x.high - plot.x.low) == pytest.approx(plot.y_pixels_per_unit, rel=1e-9)
    foot, tip = plot.values(np.stack([downhill.arrow.foot, downhill.arrow.tip]))
    np.testing.assert_allclose(foot, story.start, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose((tip - foot) / downhill.scale, -story.gradient, rtol=1e-7)
    assert plot.limits.contains(*tip)
    elbow = [tip[BIAS], foot[WEIGHT]]
    for component, start, end in zip(downhill.components, (foot, elbow), (elbow, tip), strict=True):
        np.testing.assert_allclose(plot.values(component.foot), start, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(plot.values(component.tip), end, rtol=1e-6, atol=1e-8)
    for (_, figures), slope, notation in zip(
        downhill.labels, story.gradient, lecture.slope_notations, strict=True
    ):
        assert_shows(figures, abs(slope), notation)
    # a step along the arrow lowers the loss
    assert loss_at(story, foot + 1e-6 * (tip - foot)) < story.loss


def assert_stands_square(lecture) -> None:
    story, plot = lecture.story, lecture.plane.plot
    corners = lecture.level.points[0::4]
    spacing = np.diff(story.levels).max()
    assert np.abs(loss_at(story, plot.values(corners)) - story.loss).max() < 1e-3 * spacing
    # by the two chords drawn nearest the start, each counted the more the nearer it is
    here = sheet.pixels(lecture.downhill.arrow.foot)
    chords = sheet.pixels(np.stack([lecture.level.points[0::4], lecture.level.points[3::4]]))
    away = np.hypot(*(chords.mean(axis=0) - here).T)
    one, other = np.argsort(away)[:2]
    ways = chords[1] - chords[0]
    direction = ways[one] * away[other] + ways[other] * away[one]
    arrow = sheet.pixels(lecture.downhill.arrow.tip) - here
    angle = np.degrees(np.arccos(direction @ arrow / np.linalg.norm(direction) / np.linalg.norm(arrow)))
    assert abs(angle - 90) < 0.1
    # and by the direction in which the loss does not change
    tangent = np.array([-story.gradient[WEIGHT], story.gradient[BIAS]])
    on_page = plot.pixels(*(story.start + 1e-3 * tangent / np.linalg.norm(tangent))) - here
    cosine = on_page @ arrow / np.linalg.norm(on_page) / np.linalg.norm(arrow)
    assert abs(np.degrees(np.arccos(cosine)) - 90) < 0.1


@pytest.mark.parametrize("dataset", slow_but(WITH_BIAS, "chapter-0", "fake-data"))
def test_each_beat_ends_on_what_was_computed(dataset, theme, rehearse):
    seen = []

    def look(lecture, beat):
        seen.append(beat)
        story, plane = lecture.story, lecture.plane
        np.testing.assert_allclose(plane.plot.values(plane.ring.centers())[0], story.start, atol=1e-9)
        np.testing.assert_allclose(
            plane.plot.values(plane.diamond.place()), story.problem.minimizer, atol=1e-9
        )
        if beat in ("cut", "step", "shrink", "lens", "tangent"):
            assert_cut_is_exact(lecture, WEIGHT)
        rows = {"step": 1, "shrink": 3, "lens": 4}.get(beat)
        if rows:
            delta = story.steps(WEIGHT)[rows - 1]
            assert_secant_is_exact(lecture.secant, lecture.plot, story, WEIGHT, delta)
            assert_rows_are_finite_differences(lecture, WEIGHT, rows)
            ratio = gdmath.finite_difference(story.problem, story.start, WEIGHT, delta).ratio
            assert_shows(lecture.table.ratio, ratio, lecture.slope_notations[WEIGHT])
        if beat == "lens":
            view = lecture.lens.view
            assert_secant_is_exact(lecture.close_up, view, story, WEIGHT, story.steps(WEIGHT)[-1])
            times = view.y_pixels_per_unit / lecture.plot.y_pixels_per_unit
            assert times == pytest.approx(lecture.lens.times, rel=1e-9)
            across = lecture.plot.box.width / (lecture.plot.x.high - lecture.plot.x.low)
            assert view.box.width / (view.x.high - view.x.low) == pytest.approx(times * across, rel=1e-9)
            x, y = view.values(lecture.magnified.points[0::4]).T
            inside = (y < view.y.high - 1e-6 * np.ptp(y)) & (y > view.y.low + 1e-6 * np.ptp(y))
            np.testing.assert_allclose(y[inside], loss_at(story, moved(story, WEIGHT, x[inside])), rtol=1e-9)
        if beat == "tangent":
            assert_tangent(lecture, lecture.secant, lecture.plot, WEIGHT)
            assert_tangent(lecture, lecture.close_up, lecture.lens.view, WEIGHT)
        if beat == "other":
            assert_cut_is_exact(lecture, BIAS)
            assert_rows_are_finite_differences(lecture, BIAS, 4)
            assert_tangent(lecture, lecture.secant, lecture.plot, BIAS)
        if beat in ("gradient", "square"):
            assert_arrow(lecture)
        if beat == "square":
            assert_stands_square(lecture)

    rehearsed = rehearse(
        GradientSlope, settings=GradientSlopeSettings(dataset=dataset), theme=theme, look=look
    )
    assert seen == list(GradientSlope.beats)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


def test_the_numbers_are_the_textbooks(rehearse):
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


def test_every_frame_of_a_shrinking_step_shows_its_own_ratio(rehearse):
    seen = {"shrink": [], "tangent": [], "other": []}

    def every_frame(lecture):
        rank = {id(fill): index for index, fill in enumerate(lecture.plane.contours.fills)}
        drawn = [rank[id(m)] for m in lecture.get_mobject_family_members() if id(m) in rank]
        assert drawn == sorted(drawn), "a larger fill hides a smaller one"
        beat = list(lecture.beat_starts)[-1]
        if beat not in seen or lecture.secant not in lecture.get_mobject_family_members():
            return
        if not lecture.secant.second.has_points():
            return
        moving = BIAS if lecture.table.role == "bias" else WEIGHT
        story = lecture.story
        second = lecture.plot.values(lecture.secant.second.centers())[0]
        delta = second[0] - story.start[moving]
        if abs(delta) < 1e-4:
            return
        ratio = gdmath.finite_difference(story.problem, story.start, moving, delta).ratio
        assert shown_number(lecture.table.ratio) == pytest.approx(
            ratio, abs=0.51 * lecture.slope_notations[moving].unit
        )
        assert second[1] == pytest.approx(float(loss_at(story, moved(story, moving, second[0]))), rel=1e-9)
        seen[beat].append(delta)

    rehearse(GradientSlope, every_frame=every_frame)
    for deltas in seen.values():
        assert len(set(np.round(deltas, 9))) > 15
        assert (np.diff(np.abs(deltas)) <= 1e-9).all()


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

    def look(lecture, beat):
        if beat != "square":
            return
        story, plot, downhill = lecture.story, lecture.plane.plot, lecture.downhill
        np.testing.assert_array_equal(lecture.units, [1e-3, 1e3])
        assert (plot.x.power, plot.y.power) == (-3, 3)
        pixels_per_unit = plot.box.width / (plot.x.high - plot.x.low) * lecture.units[BIAS]
        assert pixels_per_unit == pytest.approx(plot.y_pixels_per_unit * lecture.units[WEIGHT], rel=1e-9)
        foot, tip = (sheet.pixels(end) for end in (downhill.arrow.foot, downhill.arrow.tip))
        along = np.array([-story.gradient[WEIGHT], story.gradient[BIAS]])  # where the loss does not change
        level = plot.pixels(*(story.start + 1e3 * along / np.linalg.norm(along))) - foot
        cosine = (tip - foot) @ level / np.linalg.norm(tip - foot) / np.linalg.norm(level)
        assert abs(np.degrees(np.arccos(cosine)) - 90) < 0.1

    rehearsed = rehearse(GradientSlope, look=look)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


@pytest.mark.parametrize(
    "change",
    [
        {"start_b": 3.0, "start_w": 3.0},
        {"start_b": -2.0, "start_w": 4.0},
        {"start_b": 99.0, "start_w": -40.0},
        {"first_step": 1.2},
        {"secants": 1},
        {"secants": 4, "dataset": "fake-data"},
    ],
    ids=str,
)
def test_a_lecturer_may_change(change, rehearse, rehearsal):
    def look(lecture, beat):
        if beat in ("gradient", "square"):
            assert_arrow(lecture)
        if beat == "lens":
            assert_rows_are_finite_differences(lecture, WEIGHT, lecture.story.settings.secants + 1)

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
