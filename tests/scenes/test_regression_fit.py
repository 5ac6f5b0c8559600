"""What RegressionFit tells is what was computed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from claims import assert_true
from data import slow_but
from rehearsals import seen

import gdmath
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.manim_seam import picture_of
from gdscenes.kit.page import sheet
from gdscenes.kit.plot.marks import Boxes
from gdscenes.kit.type.typeset import Words
from gdscenes.regression_fit import RegressionFit, RegressionFitSettings

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


def held_to_the_truth(lecture, *figures) -> int:
    """How many claims the figures of the clock, or some others, make; each is true."""
    row = lecture.clock.row if hasattr(lecture, "clock") else 0
    story, shown = lecture.story, figures or lecture.clock.figures
    claims = [claim for figure in shown if hasattr(figure, "claims") for claim in figure.claims(row)]
    return assert_true(claims, story.runs, lambda _: story.problem)


@pytest.mark.parametrize("dataset", slow_but(WITH_BIAS, "chapter-0"))
def test_each_beat_ends_on_what_was_computed(dataset, rehearse):
    settings = RegressionFitSettings(dataset=dataset)
    last = {"update": 1, "steps": settings.single_steps}
    seen = []

    def look(lecture, beat):
        seen.append(beat)
        if not hasattr(lecture, "clock"):
            shown = [
                getattr(lecture, name) for name in ("plane", "model", "square") if hasattr(lecture, name)
            ]
            assert held_to_the_truth(lecture, *shown) >= (0 if beat == "data" else 2)
        else:
            assert lecture.clock.row == last.get(beat, lecture.story.run.n_steps)
            assert lecture.step.value.text == str(lecture.clock.row)
            assert held_to_the_truth(lecture) >= 7

    rehearsed = rehearse(RegressionFit, settings=settings, look=look)
    assert seen == list(RegressionFit.beats)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


@seen(RegressionFit, "pulls", "gradient", "balance")
def test_bars_are_the_slopes_and_vanish_at_the_minimum(lecture):
    """-3.045 and -1.834 at the start, as the pulls have them; 0 and 0 where the closed form is."""
    pulls, beat = lecture.pulls, list(lecture.beat_starts)[-1]
    expected = {
        "pulls": (3.04481, 0.0),
        "gradient": (3.04481, 1.83375),
        "balance": (0.0, 0.0),
    }[beat]
    assert (pulls.bias.pulled, pulls.weight.pulled) == pytest.approx(expected, abs=1e-5)
    if beat == "gradient":
        assert pulls.times == 1


@seen(RegressionFit, "update")
def test_the_first_step_is_the_textbooks(lecture):
    assert lecture.square.number.text == "1.635"
    side = sheet.box_of(lecture.square.outline.points).width / lecture.plane.plot.y_pixels_per_unit
    assert side**2 == pytest.approx(1.635, abs=5e-4)


@seen(RegressionFit, "loss", "nudge", "pulls", "gradient", "update", "steps", "time_lapse", "solution")
def test_the_square_of_the_loss_lives_at_the_planes_scale(lecture):
    drawn = [part for part in lecture.get_mobject_family_members() if part is lecture.square.outline]
    assert drawn
    assert lecture.square.shrink == 1


def test_nudges_run_line_square_and_numbers_together(rehearse):
    shown = set()

    def every_frame(lecture):
        if list(lecture.beat_starts)[-1] == "nudge":
            plane, square, model = lecture.plane, lecture.square, lecture.model
            np.testing.assert_array_equal(square.parameters, plane.parameters)
            np.testing.assert_array_equal(model.parameters, plane.parameters)
            loss = plane.problem.loss(plane.parameters)
            assert square.number.value()[0] == pytest.approx(loss, abs=5.1e-4)
            shown.add((*(digits.text for digits in model.values), square.number.text))

    settings = RegressionFitSettings(n_steps=10)
    rehearse(RegressionFit, settings=settings, every_frame=every_frame, of=("nudge",))
    assert len(shown) > 30


def test_told_results_stay_and_no_pull_crosses_the_square_of_the_loss(rehearse):
    told, crossed = [], []

    def every_frame(lecture):
        beat = list(lecture.beat_starts)[-1]
        if beat == "steps":
            told.append(lecture.rule.row)
        elif beat in ("pulls", "gradient", "balance"):
            for pull in (lecture.pulls.bias, lecture.pulls.weight):
                corners = sheet.pixels(pull.arrows.corners()).reshape(-1, 8, 2)
                box = lecture.square.box
                low, high = corners.min(axis=1), corners.max(axis=1)
                inside = (high > (box.left, box.top)) & (low < (box.right, box.bottom))
                crossed.append(int(inside.all(axis=1).sum()))

    settings = RegressionFitSettings(n_steps=10)
    rehearse(
        RegressionFit,
        settings=settings,
        every_frame=every_frame,
        of=("pulls", "gradient", "steps", "balance"),
    )
    assert told == sorted(told)
    assert len(crossed) > 100
    assert max(crossed) == 0


def test_what_comes_is_drawn_once_and_nothing_comes_alone(rehearse):
    """The line grows once; an equals sign with its numbers; no second fill lies on the square of the loss."""
    widths, told, overlaid = [], [], []

    def every_frame(lecture):
        beat = list(lecture.beat_starts)[-1]
        shown = set(map(id, lecture.get_mobject_family_members()))
        if beat == "model":
            line = lecture.plane.line
            drawn = line.has_points() and id(line) in shown
            widths.append(sheet.box_of(line.points).width if drawn else 0.0)
        elif beat == "update" and hasattr(lecture, "rule"):
            if id(lecture.rule.symbols[0]) in shown:
                told.append({id(sign) in shown for sign, _ in lecture.rule.rates})
            for column in (each for each in lecture.mobjects if isinstance(each, Boxes)):
                wide = column.boxes[0, 2] > 0.9 * lecture.square.box.width
                overlaid.append(column[0].get_fill_opacity() if wide else 0.0)

    settings = RegressionFitSettings(n_steps=10)
    rehearse(RegressionFit, settings=settings, every_frame=every_frame, of=("model", "update"))
    assert np.diff(widths).min() > -1e-6
    assert widths[-1] > 1000
    assert all(each == {True} for each in told)
    assert len(told) > 50
    assert overlaid
    assert max(overlaid) == 0


def test_bars_have_their_names_and_the_loss_its_axis_before_they_are_needed(rehearse):
    """No empty panel stands before its stack; the axis of steps turns once; a column goes straight down."""
    panels, bars, spans, columns, crossed = [], [], [], [], []

    def every_frame(lecture):
        beat, family = list(lecture.beat_starts)[-1], set(lecture.get_mobject_family_members())
        if beat == "balance" and lecture.pulls.ground in family and not panels:
            panels.append(lecture.pulls.stated in family and lecture.slopes.sums[0] in family)
        elif beat == "update" and hasattr(lecture, "drive"):
            weight = lecture.pulls.weight
            if weight in family and weight.bar.has_points() and not weight.stepped:
                bars.append(lecture.pulls.names[1] in family)
            columns.extend(each.boxes[0, 0] for each in lecture.mobjects if isinstance(each, Boxes))
            name = lecture.losses.title.box()
            for each in (each for each in lecture.mobjects if isinstance(each, Boxes)):
                left, top, width, height = each.boxes[0]
                beside = left > name.right or left + width < name.left
                crossed.append(not (beside or top > name.bottom or top + height < name.top))
        elif beat == "time_lapse":
            spans.append((lecture.clock.row, lecture.losses.dials["span"][1]))

    settings = RegressionFitSettings(n_steps=60)
    rehearse(
        RegressionFit, settings=settings, every_frame=every_frame, of=("update", "time_lapse", "balance")
    )
    assert panels == [True]
    assert sum(not named for named in bars) < 15  # half of a second in which it leaves
    assert {span for row, span in spans if row > settings.single_steps} == {60}
    assert not any(crossed), "a column keeps off the name of the chart"
    goes_right = np.diff(columns) > 1
    assert goes_right.sum() == 1, "only the second column begins anew at the square"


@seen(RegressionFit, "update", "time_lapse")
def test_the_chart_of_the_loss_has_all_the_room_under_the_square(lecture):
    """It grows as the square shrinks: in the time-lapse it is a picture of its own."""
    box = lecture.losses.plot.box
    assert box.height > {"update": 225, "time_lapse": 390}[list(lecture.beat_starts)[-1]]
    assert box.top > lecture.square.box.bottom


@seen(RegressionFit, "loss", "nudge", "pulls", "gradient", "update")
def test_the_index_of_the_sum_keeps_off_the_name_of_the_square(lecture):
    assert lecture.square.word.box().top - lecture.formula.box().bottom > 14


@seen(RegressionFit, "steps", "time_lapse")
def test_what_counts_the_lines_that_stay_keeps_off_the_formula_beside_it(lecture):
    right = max(label.box().right for label in lecture.plane.ghost_labels)
    assert lecture.formula.box().left - right > 40


@seen(RegressionFit, "solution")
def test_equations_keep_their_symbols_beside_the_numbers(lecture):
    shown = [m for m in lecture.get_mobject_family_members() if isinstance(m, Words)]
    symbols = [each for each in shown if "overline(x)" in each.source]
    assert len(symbols) == 2
    assert any("MSE" in each.source and "validation" in each.source for each in shown)


@seen(RegressionFit, "balance", "solution")
def test_the_line_of_lowest_loss_is_named_as_long_as_it_is_there(lecture):
    named = [m for m in lecture.get_mobject_family_members() if isinstance(m, Words)]
    assert "lowest loss" in [each.source for each in named]


@pytest.mark.slow
def test_every_frame_of_the_time_lapse_shows_the_row_it_claims_and_something_new(rehearse):
    rows, pictures = [], []

    def every_frame(lecture):
        if list(lecture.beat_starts)[-1] == "time_lapse" and lecture.duration > 5:
            rows.append(int(lecture.step.value.text))
            assert rows[-1] == lecture.clock.row
            assert held_to_the_truth(lecture) >= 7
            pictures.append(hash(picture_of(lecture).tobytes()))

    settings = RegressionFitSettings(dataset="chapter-2")
    story = rehearse(RegressionFit, settings=settings, every_frame=every_frame).lecture.story
    assert rows == sorted(rows)
    assert rows[-1] == story.run.n_steps
    assert len(set(rows)) > 80
    changes = np.flatnonzero(np.diff(pictures))
    assert np.diff(changes).max() <= 6, "the picture stands still for more than 0.4 s"


@pytest.mark.slow
def test_a_short_run_has_a_short_time_lapse(rehearse):
    starts = rehearse(RegressionFit, settings=RegressionFitSettings(n_steps=10)).beat_starts
    assert 3 < starts["balance"] - starts["time_lapse"] < 5


def test_a_nudge_changes_the_loss_by_a_quarter_at_most_to_first_order():
    story = RegressionFit.prepare(RegressionFitSettings())
    gradient, loss = story.run.gradients[0], story.run.losses[0]
    changes = [(story.nudged(index) - story.start) @ gradient / loss for index in (0, 1)]
    assert max(map(abs, changes)) == pytest.approx(0.25)
    assert all((story.nudged(index) - story.start)[1 - index] == 0 for index in (0, 1))


def test_a_summed_loss_is_the_presets_own_run_and_called_by_its_name(rehearse):
    """fake-data: the SGD notebook's 500 steps at 1e-4 on the sum of the squared errors."""
    settings = RegressionFitSettings(dataset="fake-data")
    lecture = rehearse(RegressionFit, settings=settings, until="loss").lecture
    run, problem = lecture.story.run, lecture.story.problem
    assert (run.learning_rate, run.n_steps, problem.reduction) == (1e-4, 500, "sum")
    by_mean = gdmath.descend(
        gdmath.LeastSquares(problem.x, problem.y), run.parameters[0], 1e-4 * problem.n_rows, 500
    )
    np.testing.assert_allclose(run.parameters, by_mean.parameters, rtol=1e-9)
    np.testing.assert_allclose(run.losses, problem.n_rows * by_mean.losses, rtol=1e-9)
    texts = [m.source for m in lecture.get_mobject_family_members() if isinstance(m, Words)]
    assert any("SSE" in text for text in texts)
    assert not any("MSE" in text for text in texts)


def test_the_closed_form_is_scikit_learns():
    from sklearn.linear_model import LinearRegression

    story = RegressionFit.prepare(RegressionFitSettings())
    data = story.dataset
    fitted = LinearRegression().fit(data.x_train[:, None], data.y_train)
    b, w, train, validation = (row.texts[1] for row in story.compared())
    assert float(b) == round(float(fitted.intercept_), 3)
    assert float(w) == round(float(fitted.coef_[0]), 3)
    for text, x, y in (
        (train, data.x_train, data.y_train),
        (validation, data.x_validation, data.y_validation),
    ):
        assert float(text) == round(float(((fitted.predict(x[:, None]) - y) ** 2).mean()), 4)


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
