import numpy as np
import pytest

from gdscenes.kit.figures.printed_table import PrintedTable, agreeing_decimals
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK


@pytest.mark.parametrize(
    ("columns", "most", "decimals"),
    [
        ([[1.0, 2.0], [1.0, 2.0]], 8, 8),
        ([[1.23456], [1.23461]], 8, 4),
        ([[0.5], [1.7]], 8, 0),
        ([[0.1249999], [0.1250001]], 8, 6),
        ([[12345.678], [12345.678]], 8, 5),
        ([[0.0], [0.0]], 3, 3),
    ],
)
def test_the_decimals_are_those_that_print_alike(columns, most, decimals):
    assert agreeing_decimals(columns, most) == decimals


@pytest.mark.parametrize("size", [1.0, 1e4, -1e7])
def test_rows_keep_to_their_columns(size):
    steps, values = np.arange(1, 20, 2), np.linspace(1.0, 0.1, 10)
    table = PrintedTable(steps, size * values, values, (3, 8), Box(78, 380, 478, 0), DARK)
    assert [row[0].text for row in table.rows] == [str(step) for step in steps]
    assert table.rows[0][2].text == "1.00000000"
    for row in table.rows:
        boxes = [figures.box() for figures in row]
        assert boxes[0].right < boxes[1].left
        assert boxes[1].right < boxes[2].left
