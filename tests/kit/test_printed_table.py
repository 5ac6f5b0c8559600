import numpy as np
import pytest

from gdmath import Outcome, Trajectory
from gdscenes.kit.figures.printed_table import PrintedTable, agreeing_decimals, printed_rows
from gdscenes.kit.page.sheet import MEDIUM, SMALL, Box
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


def run(size=1.0, n_steps=19):
    rows = np.linspace(1.0, 0.1, n_steps + 1)
    return Trajectory(
        parameters=size * rows[:, None],
        losses=rows,
        gradients=rows[:, None],
        learning_rate=0.1,
        outcome=Outcome.OUT_OF_STEPS,
        method="by hand",
    )


CELL = Box(78, 380, 578, 0)


@pytest.mark.parametrize("size", [1.0, 1e4, -1e7])
def test_rows_keep_to_their_columns(size):
    steps = np.arange(0, 20, 4)
    table = PrintedTable(run(size), "run", steps, (3, 8), CELL, DARK)
    assert [row[0].text for row in table.rows] == [str(step) for step in steps]
    assert table.rows[0][2].text == "1.00000000"
    assert table.rows[0][2].em == pytest.approx(MEDIUM if size == 1.0 else SMALL)
    for row in table.rows:
        boxes = [figures.box() for figures in row]
        assert boxes[0].right < boxes[1].left
        assert boxes[1].right < boxes[2].left


def test_the_name_of_its_run_stands_over_its_columns():
    table = PrintedTable(run(), "autograd", [0, 4], (3, 8), CELL, DARK)
    name, *heads, _ = table.head
    assert name.source == "autograd"
    assert name.box().left == pytest.approx(CELL.left, abs=3)
    assert name.box().bottom < min(head.box().top for head in heads)
    titled = PrintedTable(run(), "by hand", [0, 4], (3, 8), CELL, DARK, title="von Hand")
    assert titled.head[0].source == "von Hand"


def test_a_row_is_one_state_and_is_printed_when_the_clock_has_come_to_it():
    made = run()
    table = PrintedTable(made, "run", [0, 4, 8], (3, 8), CELL, DARK)
    for clock, printed in ((0, 1), (3, 1), (4, 2), (19, 3)):
        claims = list(table.at(clock).claims(clock))
        assert [claim.row for claim in claims] == [row for row in (0, 4, 8)[:printed] for _ in range(2)]
        for claim in claims:
            column = made.parameters[:, 0] if claim.quantity == "weight" else made.losses
            assert claim.drawn == pytest.approx(column[claim.row], abs=claim.within)


def test_it_slides_exactly_onto_another():
    cells = CELL, Box(600, 380, 1100, 0)
    one, other = (PrintedTable(run(), "run", [0, 4], (3, 8), cell, DARK) for cell in cells)
    other.dial(left=300.0)
    other.dial(left=CELL.left)
    assert other.dials == one.dials
    digits = [[figures for row in table.rows for figures in row] for table in (one, other)]
    for mine, its in zip(*digits, strict=True):
        np.testing.assert_allclose(mine.origin, its.origin, atol=1e-9)


@pytest.mark.parametrize("n_steps", [10, 13, 20, 99, 100])
def test_at_most_five_rows_are_printed_evenly_from_the_start(n_steps):
    rows = printed_rows(n_steps)
    assert rows[0] == 0
    assert 4 <= len(rows) <= 5
    assert rows[-1] <= n_steps
    assert len(set(np.diff(rows))) == 1
