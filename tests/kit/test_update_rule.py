"""The update rule: what stands on the screen is an equation that closes."""

import numpy as np
import pytest
from data import ODD, OWN

import gdmath
from gdscenes.kit.figures.update_rule import UpdateRule
from gdscenes.kit.lecture.choices import stable_learning_rate
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK

CELL = Cell(1312, 222, 1843, 656)
DATA = {
    **{name: gdmath.preset(name) for name in gdmath.preset_names() if name != "one-weight"},
    **ODD,
    **{f"own {name}": table.dataset() for name, table in OWN.items()},
    **{f"raw {name}": table.dataset(raw=True) for name, table in OWN.items()},
}


@pytest.fixture(scope="module", params=DATA)
def rule(request):
    data = DATA[request.param]
    rate = stable_learning_rate(data, None)
    return UpdateRule(CELL, gdmath.descend(data.problem(), data.start, rate, 12), "MSE", DARK, "descent")


def test_shown_numbers_make_the_shown_result(rule):
    """Old minus rate times slope is the new, within a unit of the last digit: what a listener works out."""
    for row in range(1, 10):
        rule.at(row)
        for old, slope, new in zip(rule.olds, rule.gradients, rule.results, strict=True):
            (was, unit), (steep, fine), (made, _) = (digits.value() for digits in (old, slope, new))
            within = unit + rule.run.learning_rate * fine / 2
            assert abs(was - rule.run.learning_rate * steep - made) <= within * (1 + 1e-6)


def test_no_step_is_lost_in_a_rounding(rule):
    """What moves is seen to move, unless it moves by less than six digits can say."""
    for row in range(1, 10):
        rule.at(row)
        for index, (old, new) in enumerate(zip(rule.olds, rule.results, strict=True)):
            step = np.ptp(rule.run.parameters[row - 1 : row + 1, index])
            size = np.abs(rule.run.parameters[:, index]).max()
            if step > 2e-5 * size:
                assert old.value()[0] != new.value()[0], (row, index, old.text, new.text)


def test_a_slope_of_nothing_has_no_hole_where_its_sign_was():
    data = gdmath.preset("chapter-0")
    rule = UpdateRule(CELL, gdmath.descend(data.problem(), data.start, 0.1, 1000), "MSE", DARK).at(1000)
    assert [digits.text for digits in rule.gradients] == ["(0.000)", "(0.000)"]


def test_parameters_stand_in_cells_of_their_own():
    cells = Cell(77, 800, 1246, 1037).columns(1, 1, gap=60)
    data = gdmath.preset("chapter-0")
    rule = UpdateRule(cells, gdmath.descend(data.problem(), data.start, 0.1, 2), "MSE", DARK)
    for index, cell in enumerate(cells):
        for part in (rule.olds[index], rule.gradients[index], rule.results[index], rule.slopes[index]):
            assert cell.contains(part.box(), slack=1)


def test_in_a_line_the_result_ends_the_numbers_or_stands_under_them():
    """Where all of a line does not fit, its last part goes under it, for all parameters alike."""
    cells = Cell(161, 822, 1843, 1037).columns(2, gap=71)
    for data in DATA.values():
        run = gdmath.descend(data.problem(), data.start, stable_learning_rate(data, None), 1)
        rule = UpdateRule(cells, run, "MSE", DARK, in_a_line=True)
        below = {
            result.box().bottom > old.box().bottom + 10
            for old, result in zip(rule.olds, rule.results, strict=True)
        }
        assert len(below) == 1
        for cell, gradient, result in zip(cells, rule.gradients, rule.results, strict=True):
            assert cell.contains(result.box(), slack=1)
            assert below == {True} or gradient.box().right < result.box().left
