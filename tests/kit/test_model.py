"""Model, rule and slopes have the run's numbers; b and w stand where the line has them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from claims import assert_true
from data import ODD

import gdmath
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.model import Model, ParameterMarks
from gdscenes.kit.figures.residual import OneResidual
from gdscenes.kit.figures.slopes import Slopes
from gdscenes.kit.figures.update_rule import UpdateRule
from gdscenes.kit.lecture.clock import turning
from gdscenes.kit.lecture.settings import Settings
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK

CELL, MARGIN = Cell(77, 114, 1246, 1037), Cell(1312, 222, 1840, 700)
DATA = [gdmath.preset("chapter-0"), gdmath.preset("fake-data"), ODD["millions"], ODD["far from zero"]]


@pytest.fixture(params=DATA, ids=lambda data: data.name)
def story(request) -> Story:
    data = request.param
    rate = data.learning_rate or data.learning_rates[0]
    return Story(Settings(), data, {"descent": gdmath.descend(data.problem(), data.start, rate, 12)})


@pytest.mark.parametrize("row", [1, 7, 12])
def test_the_numbers_are_the_runs(story, row):
    run = story.runs["descent"]
    model = Model(MARGIN, run, DARK, "descent").at(row)
    rule = UpdateRule(MARGIN, run, story.loss_name, DARK, "descent").at(row)
    claims = [*model.claims(row), *rule.claims(row)]
    assert assert_true(claims, story.runs, lambda _: story.problem) == 4
    assert [new.text for new in rule.results] == [value.text for value in model.values]


def test_no_text_of_the_model_lies_over_another(story):
    cell = Cell(1312, 43, 1843, 215)
    for row in (0, 12):
        model = Model(cell, story.runs["descent"], DARK).at(row)
        texts = [model.formula, *(text for row in model.rows for text in row)]
        boxes = [text.box() for text in texts]
        assert all(one.overlap(other) == 0 for one, other in combinations(boxes, 2))
        assert all(cell.contains(box, slack=1) for box in boxes)


def test_on_the_way_to_the_next_row_the_model_is_the_lines_and_the_rule_stays(story):
    run = story.runs["descent"]
    model, rule = Model(MARGIN, run, DARK).at(3), UpdateRule(MARGIN, run, "MSE", DARK).at(3)
    before = [digits.text for digits in (*rule.olds, *rule.results)]
    model.at(3, towards=0.5)
    rule.at(3, towards=0.5)
    assert [digits.text for digits in (*rule.olds, *rule.results)] == before
    drawn, units = np.transpose([digits.value() for digits in model.values])
    assert np.all(abs(drawn - (run.parameters[3] + run.parameters[4]) / 2) <= 0.51 * units)


@pytest.mark.parametrize(
    ("told", "opacities"), [(0.0, (0, 0)), (1.0, (1, 0)), (1.5, (1, 0.5)), (2.0, (1, 1))]
)
def test_a_rule_tells_first_the_terms_and_then_what_they_make(told, opacities):
    data = gdmath.preset("chapter-0")
    rule = UpdateRule(MARGIN, gdmath.descend(data.problem(), data.start, 0.1, 3), "MSE", DARK)
    rule.dial(told=told)
    drawn = [digits.ink()[0].get_fill_opacity() for digits in (rule.olds[0], rule.results[1])]
    assert drawn == pytest.approx(opacities)


def test_a_nudge_runs_the_numbers_of_the_model(story):
    model = Model(MARGIN, story.runs["descent"], DARK, "descent")
    other = np.asarray(story.dataset.start) * 1.25 + 0.5
    there_and_back = turning(model, back=True, parameters=other)
    seen = set()
    for share in np.linspace(0, 1, 21):
        there_and_back.interpolate_mobject(share)
        seen.add(model.values[0].text)
        for digits, expected in zip(model.values, model.parameters, strict=True):
            drawn, unit = digits.value()
            assert drawn == pytest.approx(expected, abs=0.51 * unit)
    assert len(seen) > 3
    np.testing.assert_array_equal(model.parameters, story.dataset.start)


@pytest.mark.parametrize("gradient", [None, (0.0, 0.0)])
def test_slopes_keep_to_their_cells(story, gradient):
    cells = Cell(77, 800, 1246, 1037).columns(1, 1, gap=60)
    slopes = Slopes(cells, story, "descent", DARK, gradient)
    for cell, value in zip(cells, slopes.values, strict=True):
        assert cell.left <= value.box().left < value.box().right <= cell.right
    if gradient:
        assert [value.text for value in slopes.values] == ["0", "0"]


def test_slopes_are_those_of_the_start(story):
    slopes = Slopes(MARGIN.columns(2), story, "descent", DARK)
    error = story.problem.residuals(story.dataset.start)
    share = 1.0 if story.dataset.reduction == "sum" else 1 / len(error)
    for digits, expected in zip(
        slopes.values, (2 * share * error.sum(), 2 * share * (error * story.problem.x).sum()), strict=True
    ):
        drawn, unit = digits.value()
        assert drawn == pytest.approx(expected, abs=0.51 * unit)


def test_a_residual_is_predicted_minus_observed(story):
    data, (b, w) = story.dataset, story.dataset.start
    plane = DataPlane(data, CELL, DARK, data.start).at(0)
    one = OneResidual(plane, 2, MARGIN)
    x, y = float(data.x_train[2]), float(data.y_train[2])
    for digits, expected in ((one.terms[0], b + w * x), (one.terms[2], y), (one.terms[4], b + w * x - y)):
        drawn, unit = digits.value()
        assert drawn == pytest.approx(expected, abs=0.51 * unit)
    for mark, height in ((one.point, y), (one.prediction, b + w * x)):
        np.testing.assert_allclose(plane.plot.values(mark.centers())[0], [x, height], rtol=1e-9, atol=1e-9)


def test_b_is_a_height_over_zero_and_w_a_climb_over_one():
    data = gdmath.preset("chapter-0")
    plane = DataPlane(data, CELL, DARK, [(0.5, -0.1), (1.0, 2.0)])
    marks = ParameterMarks(plane)
    for row, (b, w) in enumerate(plane.rows):
        plane.at(row)
        marks.at(row)
        for drawn, x, low, high in ((marks.bias[0], 0, 0, b), (marks.weight[0], 1, b, b + w)):
            ends = plane.plot.values(drawn.points[[0, -1]])
            np.testing.assert_allclose(ends, [[x, low], [x, high]], atol=1e-9)


@pytest.mark.parametrize("w", [0.0, 0.05, -0.02])
def test_the_name_of_a_small_climb_stands_under_the_line(w):
    plane = DataPlane(gdmath.preset("chapter-0"), CELL, DARK, [(0.5, w), (0.5, -0.1), (1.0, 2.0)]).at(0)
    name = ParameterMarks(plane).weight[2].box()
    assert name.top > plane.plot.pixels(1, 0.5)[1]


def test_b_and_w_are_not_marked_where_the_axes_do_not_hold_them():
    plane = DataPlane(ODD["far from zero"], CELL, DARK, ODD["far from zero"].start).at(0)
    marks = ParameterMarks(plane)
    assert (len(marks.bias), len(marks.weight)) == (0, 0)
