"""Two sticks as long as the two curvatures: their ratio is the condition number."""

import numpy as np
import pytest
from claims import assert_true

import gdmath
from gdscenes.kit.figures.sticks import CurvatureSticks
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK

CELL = Cell(300, 200, 800, 400)
DATASET = gdmath.preset("chapter-0")


@pytest.mark.parametrize("factor", [1.0, 1.78, 10.0, 60.0])
def test_the_short_one_is_as_often_in_the_long_one_as_the_condition_number_says(factor):
    problem = gdmath.LeastSquares(factor * DATASET.x_train, DATASET.y_train)
    sticks = CurvatureSticks(CELL, DATASET.problem(), DARK, others=[problem]).dial(problem=problem)
    low, high = np.linalg.eigvalsh(problem.hessian)
    long, short = (sheet.box_of(stick.points) for stick in sticks.sticks)
    assert long.width / short.width == pytest.approx(high / low, rel=1e-6)
    assert long.left == pytest.approx(short.left)
    assert long.right < sheet.box_of(sticks.values[0].get_all_points()).left
    assert sheet.box_of(sticks.values[0].get_all_points()).right <= CELL.right
    assert short.bottom <= CELL.top + CurvatureSticks.HEIGHT
    assert assert_true(sticks.claims(0), {}, lambda _: problem) == 3


def test_a_stick_too_short_to_be_read_claims_nothing_of_their_ratio():
    problem = gdmath.LeastSquares(1e6 + DATASET.x_train, DATASET.y_train)
    claims = CurvatureSticks(CELL, problem, DARK).claims(0)
    assert [each.quantity for each in claims] == ["largest curvature", "smallest curvature"]
