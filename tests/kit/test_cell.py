"""Cells are cut without gaps or overlaps, and what is left inside of insets keeps its edges."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdscenes.kit.page.cell import PAGE, Cell, Insets
from gdscenes.kit.page.sheet import SAFE, Box

CELL = Cell(100, 50, 1100, 450)


@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=6), st.floats(0, 30))
def test_columns_have_their_shares_and_fill_the_cell(shares, gap):
    columns = CELL.columns(*shares, gap=gap)
    assert columns[0].left == CELL.left
    assert columns[-1].right == pytest.approx(CELL.right)
    for share, column in zip(shares, columns, strict=True):
        assert column.width / share == pytest.approx(columns[0].width / shares[0])
        assert (column.top, column.bottom) == (CELL.top, CELL.bottom)
    for one, other in pairwise(columns):
        assert other.left - one.right == pytest.approx(gap)


def test_a_whole_number_cuts_as_many_equal_rows():
    assert [(row.top, row.bottom) for row in CELL.rows(4)] == [(50, 150), (150, 250), (250, 350), (350, 450)]


def test_insets_are_taken_off_and_joined_by_the_larger():
    room = Insets(10, 20, 0, 40).joined(Insets(30, 5, 1, 0))
    assert room == Insets(30, 20, 1, 40)
    assert CELL.inset(room) == Cell(130, 70, 1099, 410)


@pytest.mark.parametrize("like", [Box(0, 0, 10, 1), Box(0, 0, 1, 10), Box(0, 0, 3, 2)])
def test_a_shaped_cell_is_the_largest_of_its_shape(like):
    box = CELL.shaped(like)
    assert box.width / box.height == pytest.approx(like.width / like.height)
    assert CELL.contains(box, slack=1e-9)
    assert box.width == pytest.approx(CELL.width) or box.height == pytest.approx(CELL.height)
    middle = CELL.shaped(like, centered=True)
    assert (middle.width, middle.top) == (pytest.approx(box.width), box.top)
    assert middle.center[0] == pytest.approx(CELL.center[0])


def test_the_page_lies_in_the_safe_area():
    assert SAFE.contains(PAGE)
