"""What RegressionFit draws stands where the row of its run says."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from data import slow_but

import gdmath
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.manim_seam import picture_of
from gdscenes.kit.page import sheet
from gdscenes.kit.plot.axis import Decades
from gdscenes.kit.type.typeset import Words
from gdscenes.regression_fit import RegressionFit, RegressionFitSettings

PIXEL = 1e-6
"""How far from its place a thing may be drawn, pixels of the page."""

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


def shown_number(figures) -> float:
    """The value that a read-out's characters spell."""
    mantissa, _, power = figures.text.replace("\N{FIGURE SPACE}", "").strip("()").partition("×10")
    return float(f"{mantissa}e{power.translate(SUPERSCRIPTS)}" if power else mantissa)


def assert_fit_shows(lecture, parameters) -> None:
    """The line, and the residuals if they are drawn, belong to (b, w)."""
    plane, problem = lecture.plane, lecture.story.problem
    ends = plane.plot.values(np.vstack(plane.line.ends()))
    np.testing.assert_allclose(ends[:, 0], [plane.plot.x.low, plane.plot.x.high], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ends[:, 1], parameters[0] + parameters[1] * ends[:, 0], rtol=1e-10, atol=1e-10)
    if plane.residuals.has_points():
        tops, feet = (plane.plot.values(points) for points in plane.residuals.ends())
        np.testing.assert_allclose(tops, np.stack([problem.x, problem.y], axis=1), rtol=1e-10, atol=1e-10)
        predicted = parameters[0] + parameters[1] * problem.x
        np.testing.assert_allclose(feet, np.stack([problem.x, predicted], axis=1), rtol=1e-10, atol=1e-10)


def assert_row_is_shown(lecture, row: int) -> None:
    """Everything that claims a row shows that row of the run."""
    run = lecture.story.run
    assert lecture.step_value.text == str(row)
    assert_fit_shows(lecture, run.parameters[row])
    for figures, value, notation in zip(
        lecture.values, run.parameters[row], lecture.parameter_notations, strict=True
    ):
        assert shown_number(figures) == pytest.approx(value, abs=0.501 * notation.unit)
    assert shown_number(lecture.loss_value) == pytest.approx(
        run.losses[row], abs=0.501 * lecture.loss_notation.unit
    )
    curve = lecture.curve
    heights = np.log10(run.losses) if isinstance(curve.plot.y, Decades) else run.losses
    disc = curve.plot.values(curve.disc.centers())[0]
    np.testing.assert_allclose(disc, [row, heights[row]], rtol=1e-9, atol=1e-9)
    drawn = curve.plot.values(curve.curve.points[3::4])[:, 1]
    np.testing.assert_allclose(drawn, heights[1 : row + 1], rtol=1e-9, atol=1e-9)


def assert_update_is_shown(lecture, row: int) -> None:
    """The rule's numbers are those of the update that made the row."""
    run, rule = lecture.story.run, lecture.rule
    for index, (old, gradient) in enumerate(zip(rule.olds, rule.gradients, strict=True)):
        before, slope = run.parameters[row - 1, index], run.gradients[row - 1, index]
        written, sloped = lecture.parameter_notations[index], lecture.gradient_notations[index]
        assert shown_number(old) == pytest.approx(before, abs=0.501 * written.unit)
        assert rule.results[index].text == lecture.values[index].text
        assert shown_number(gradient) == pytest.approx(slope, abs=0.501 * sloped.unit)
        assert before - run.learning_rate * slope == run.parameters[row, index]


@pytest.mark.parametrize("dataset", slow_but(WITH_BIAS, "chapter-0", "fake-data"))
def test_each_beat_ends_on_what_was_computed(dataset, rehearse):
    settings = RegressionFitSettings(dataset=dataset)
    seen = []

    def look(lecture, beat):
        seen.append(beat)
        last = lecture.story.run.n_steps
        if beat in ("model", "residuals", "loss", "gradient"):
            assert_fit_shows(lecture, lecture.story.run.parameters[0])
        row = {"update": 1, "steps": settings.single_steps, "time_lapse": last}.get(beat)
        if row is not None:
            assert_row_is_shown(lecture, row)
            assert_update_is_shown(lecture, row)
        if beat == "solution":
            assert_row_is_shown(lecture, last)

    rehearsed = rehearse(RegressionFit, settings=settings, look=look)
    assert seen == list(RegressionFit.beats)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


@pytest.mark.parametrize("dataset", slow_but(["chapter-2", "fake-data"], "chapter-2"))
def test_every_frame_of_the_time_lapse_shows_the_row_it_claims_and_something_new(dataset, rehearse):
    rows, pictures = [], []

    def every_frame(lecture):
        if list(lecture.beat_starts)[-1] == "time_lapse" and lecture.duration > 5:
            row = int(lecture.step_value.text)
            rows.append(row)
            assert_row_is_shown(lecture, row)
            if row > lecture.story.settings.single_steps:
                assert_update_is_shown(lecture, row)
            pictures.append(hash(picture_of(lecture).tobytes()))

    settings = RegressionFitSettings(dataset=dataset)
    story = rehearse(RegressionFit, settings=settings, every_frame=every_frame).lecture.story
    assert rows == sorted(rows)
    assert rows[-1] == story.run.n_steps
    assert len(set(rows)) > 80
    changes = np.flatnonzero(np.diff(pictures))
    assert np.diff(changes).max() <= 6, "the picture stands still for more than 0.4 s"


def test_a_short_run_has_a_short_time_lapse(rehearse):
    settings = RegressionFitSettings(n_steps=10)
    starts = rehearse(RegressionFit, settings=settings).beat_starts
    assert 3 < starts["solution"] - starts["time_lapse"] < 5


def test_a_summed_loss_is_the_presets_own_run_and_called_by_its_name(rehearse):
    """fake-data: the SGD notebook's 500 steps at 1e-4 on the sum of the squared errors."""
    lecture = rehearse(RegressionFit, settings=RegressionFitSettings(dataset="fake-data")).lecture
    run, problem = lecture.story.run, lecture.story.problem
    assert (run.learning_rate, run.n_steps, problem.reduction) == (1e-4, 500, "sum")
    by_mean = gdmath.descend(
        gdmath.LeastSquares(problem.x, problem.y), run.parameters[0], 1e-4 * problem.n_rows, 500
    )
    np.testing.assert_allclose(run.parameters, by_mean.parameters, rtol=1e-9)
    np.testing.assert_allclose(run.losses, problem.n_rows * by_mean.losses, rtol=1e-9)
    texts = [m.source for m in lecture.mobjects for m in m.get_family() if isinstance(m, Words)]
    assert any("SSE" in text for text in texts)
    assert not any("MSE" in text for text in texts)


def test_the_nudged_square_is_the_loss_of_the_nudged_line(rehearse):
    sides = []

    def every_frame(lecture):
        follower = getattr(lecture, "follower", None)
        if follower is None or not any(follower in m.get_family() for m in lecture.mobjects):
            return
        ends = lecture.plane.plot.values(np.vstack(lecture.plane.line.ends()))
        w = np.diff(ends[:, 1])[0] / np.diff(ends[:, 0])[0]
        b = ends[0, 1] - w * ends[0, 0]
        loss = lecture.story.problem.loss([b, w])
        whole, square = lecture.story.run.losses[0], lecture.loss_square
        box = sheet.box_of(lecture.follower.points)
        assert box.width**2 / square.width**2 == pytest.approx(loss / whole, rel=1e-6)
        assert box.height == pytest.approx(box.width)
        sides.append(box.width / square.width)

    rehearse(RegressionFit, every_frame=every_frame)
    assert len(sides) > 60
    assert min(sides) < 0.95


def test_dots_stand_on_the_data(rehearsal):
    lecture = rehearsal(RegressionFit).lecture
    data, plane = lecture.story.dataset, lecture.plane
    for dots, x, y in (
        (plane.train_dots, data.x_train, data.y_train),
        (plane.validation_dots, data.x_validation, data.y_validation),
    ):
        centers = plane.plot.values(np.vstack([dot.centers() for dot in dots]))
        np.testing.assert_allclose(centers, np.stack([x, y], axis=1), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dataset", slow_but(WITH_BIAS, "chapter-0", "fake-data"))
def test_areas_of_the_squares_are_the_squared_errors(dataset, rehearse):
    def look(lecture, beat):
        if beat != "loss":
            return
        story, plane = lecture.story, lecture.plane
        errors = story.problem.residuals(story.run.parameters[0]) ** 2
        boxes = plane.square_boxes(story.run.parameters[0])
        per_unit = plane.plot.box.height / (plane.plot.y.high - plane.plot.y.low)
        np.testing.assert_array_equal(boxes[:, 2], boxes[:, 3])
        np.testing.assert_allclose((boxes[:, 2] / per_unit) ** 2, errors, rtol=1e-9)
        # each square has its residual inside, at its own height
        foot = plane.plot.pixels(story.problem.x, story.problem.predict(story.run.parameters[0]))
        assert (boxes[:, 0] - PIXEL <= foot[:, 0]).all()
        assert (foot[:, 0] <= boxes[:, 0] + boxes[:, 2] + PIXEL).all()

        drawn = [sheet.box_of(tile.points) for tile in lecture.squares]
        areas = np.array([tile.width * tile.height for tile in drawn])
        largest_first = np.sort(errors)[::-1]
        np.testing.assert_allclose(areas / areas.sum(), largest_first / errors.sum(), rtol=1e-6)
        # the whole square is the loss at the scale that the film states
        share = 1 / len(errors) if story.dataset.reduction == "mean" else 1.0
        shrink = round(np.sqrt(errors.sum() * share * per_unit**2 / areas.sum()))
        assert areas.sum() == pytest.approx(errors.sum() * share * (per_unit / shrink) ** 2, rel=1e-9)
        stated = [word.source for word in lecture.loss_notes if "lengths" in word.source]
        assert stated == ([f"lengths 1 : {shrink}"] if shrink > 1 else [])

    rehearse(RegressionFit, settings=RegressionFitSettings(dataset=dataset), look=look)


def test_the_closed_form_is_drawn_where_scikit_learn_puts_it(rehearsal):
    from sklearn.linear_model import LinearRegression

    lecture = rehearsal(RegressionFit).lecture
    data = lecture.story.dataset
    fitted = LinearRegression().fit(data.x_train[:, None], data.y_train)
    (_, _, closed_form), judged = lecture.solution_table()
    _, b, w, train = closed_form
    assert shown_number(b) == round(float(fitted.intercept_), 3)
    assert shown_number(w) == round(float(fitted.coef_[0]), 3)
    for figures, x, y in (
        (train, data.x_train, data.y_train),
        (judged[-1], data.x_validation, data.y_validation),
    ):
        assert shown_number(figures) == round(float(((fitted.predict(x[:, None]) - y) ** 2).mean()), 4)


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"learning_rate": 0.9}, "0.8055"),
        ({"dataset": "chapter-0-bad", "learning_rate": 0.1}, "0.03085"),
        ({"dataset": "one-weight"}, "with a bias"),
    ],
)
def test_refuses_what_it_cannot_teach(change, allowed):
    settings = dataclasses.replace(RegressionFit.settings, **change)
    with pytest.raises(SettingError, match=r"got .*; allowed .*; fix: ") as refusal:
        RegressionFit.prepare(settings)
    assert allowed in str(refusal.value)


def test_takes_a_stable_rate_where_the_textbooks_diverges():
    story = RegressionFit.prepare(RegressionFitSettings(dataset="chapter-0-bad"))
    assert story.run.learning_rate == 0.01
    assert story.run.losses[-1] < story.run.losses[0]
