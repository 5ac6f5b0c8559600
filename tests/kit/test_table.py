"""A table keeps its columns apart, whatever it holds."""

from __future__ import annotations

import pytest
from claims import assert_true

import gdmath
from gdscenes.kit.figures.table import Row, Table, rows_of_fit
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK

SHORT = [Row("$b$", ("1.024", "1.024")), Row("validation", ("0.0087", "0.0087"))]
LONG = [Row("$w$", ("1.38×10⁻⁴", "9.97×10⁻⁴")), Row("validation", ("59666", "483"))]


@pytest.mark.parametrize("rows", [SHORT, LONG], ids=["short", "long"])
def test_heads_and_numbers_keep_apart(rows):
    table = Table(Cell(1298, 258, 1822, 640), rows, DARK, heads=("descent", "closed form"), em=40)
    first, second = table.columns[1:]
    for left, right in zip(first, second, strict=True):
        assert right.box().left - left.box().right >= 15
    for row in table.rows:
        name, number = row[0], row[1]
        assert number.box().left - name.box().right >= 15


def test_the_numbers_of_a_row_claim_its_quantity():
    problem = gdmath.preset("chapter-0").problem()
    true = f"{problem.max_stable_learning_rate:.4f}"
    rows = [Row("limit", (true, true), claim=("limit", "")), SHORT[1]]
    assert assert_true(Table(Cell(1298, 258, 1822, 640), rows, DARK).claims(0), {}, lambda _: problem) == 2
    false = Table(Cell(1298, 258, 1822, 640), [Row("limit", ("0.9",), claim=("limit", ""))], DARK)
    with pytest.raises(AssertionError, match="the truth is"):
        assert_true(false.claims(0), {}, lambda _: problem)


def test_rows_of_a_fit_claim_the_least_squares_and_write_noise_as_nothing():
    problem = gdmath.LeastSquares([-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0])
    rows = rows_of_fit(problem, problem.minimizer + 1e-14, [0.0, 2.0])
    assert [row.texts for row in rows] == [("0", "0"), ("2.0000", "2.0000")]
    cell = Cell(1298, 258, 1822, 640)
    assert assert_true(Table(cell, rows, DARK).claims(0), {}, lambda _: problem) == 4
    wrong = Table(cell, rows_of_fit(problem, [0.0, 2.001]), DARK)
    with pytest.raises(AssertionError, match="least-squares weight"):
        assert_true(wrong.claims(0), {}, lambda _: problem)
