"""Bars are as long as their numbers, end to end as long as the sum, and levelled as long as the mean."""

from dataclasses import replace

import numpy as np
import pytest

from gdscenes.kit.figures.bars import LevelledBars, LimitBars
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK

CELL = Cell(900, 500, 1820, 800)
SETS = {
    "textbook": [-4.0, -16.0, -36.0, -64.0],
    "rising": [3.0, 1.0, 2.0],
    "of both signs": [-5.0, 2.0, -7.0, -1.0],
    "many": np.random.default_rng(1).normal(1.0, 2.0, 450).tolist(),
}


def bars(values):
    return LevelledBars(CELL, values, DARK, "path")


def widths(drawn):
    """Of the pieces as they are drawn, pixels."""
    return np.array([sheet.box_of(piece.points).width for piece in drawn.pieces])


@pytest.mark.parametrize("name", ["textbook", "rising", "of both signs"])
def test_each_bar_is_as_long_as_its_number_and_stays_so_in_the_stack(name):
    values = np.abs(SETS[name])
    drawn = bars(SETS[name])
    for stacked in (0.0, 0.4, 1.0):
        drawn.dial(stacked=stacked)
        np.testing.assert_allclose(widths(drawn) / drawn.per_value, values)
        for piece in drawn.pieces:
            box = sheet.box_of(piece.points)
            assert CELL.left - 1e-6 <= box.left
            assert box.right <= CELL.right + 1e-6


@pytest.mark.parametrize("name", SETS)
def test_the_stack_ends_where_the_sum_does(name):
    values = np.array(SETS[name])
    drawn = bars(values).dial(stacked=1.0)
    left, _, width, _ = drawn.pieces.boxes.T
    is_back = drawn.values < 0
    tip = np.where(is_back, left, left + width)[-1] - CELL.left
    assert tip / drawn.per_value == pytest.approx(abs(values.sum()))
    assert drawn.length == pytest.approx(tip)
    assert len(drawn.pieces) <= 100


@pytest.mark.parametrize("name", ["textbook", "rising", "of both signs"])
def test_the_mean_levels_the_stack_and_one_part_of_it_stays(name):
    values = np.array(SETS[name])
    drawn = bars(values).dial(stacked=1.0, levelled=1.0)
    np.testing.assert_allclose(widths(drawn) / drawn.per_value, abs(values.mean()))
    assert widths(drawn).sum() == pytest.approx(drawn.length)
    drawn.dial(kept=1.0)
    shown = [piece.get_stroke_opacity() for piece in drawn.pieces]
    assert shown == [1.0] + [0.0] * (values.size - 1)


def test_what_stays_of_very_many_is_as_long_as_their_mean():
    values = np.array(SETS["many"])
    drawn = bars(values).dial(stacked=1.0, levelled=1.0, kept=1.0)
    assert widths(drawn)[0] / drawn.per_value == pytest.approx(abs(values.mean()))


def test_a_sum_that_is_one_number_has_no_parts_and_its_length():
    drawn = bars(SETS["textbook"]).dial(stacked=1.0, fused=1.0)
    assert {piece.get_stroke_opacity() for piece in drawn.pieces} == {0.0}
    assert drawn.outline[0].get_stroke_opacity() == 1.0
    assert sheet.box_of(drawn.outline[0].points).width / drawn.per_value == pytest.approx(120.0)


def test_limits_stand_on_one_scale_and_the_marker_where_the_rate_is():
    limits = LimitBars(CELL, {"mean": 2 / 15, "sum": 2 / 60}, ("path", "diverged"), DARK)
    mean, total = limits.bars
    assert mean.length == pytest.approx(CELL.width)
    assert total.length == pytest.approx(CELL.width / 4)
    *lines, name = limits.marker(0.04)
    assert name.number.text == "0.04"
    assert name.box().top > sheet.box_of(total.get_all_points()).bottom
    for line in lines:
        at = sheet.box_of(line.get_all_points())
        assert (at.left - CELL.left) / CELL.width == pytest.approx(0.04 / (2 / 15))


@pytest.mark.parametrize("largest", [0.5, 3.6e12])
def test_a_limit_is_written_behind_its_name_however_wide(largest):
    names = ("mean: arrives if $eta <$", "sum: arrives if $eta <$")
    cell = replace(CELL, right=CELL.left + 510)
    limits = LimitBars(
        cell, dict(zip(names, (largest, largest / 24), strict=True)), ("path", "diverged"), DARK
    )
    for says, value, _ in limits.rows:
        assert says.box().right + 10 < value.box().left
        assert value.box().right <= cell.right + 1e-6


@pytest.mark.parametrize("rate", [0.001, 0.7, 1.0])
def test_the_rate_is_named_within_the_cell(rate):
    name = LimitBars(CELL, {"mean": 1.0, "sum": 0.002}, ("path", "diverged"), DARK).marker(rate)[-1]
    assert CELL.left - 1e-6 <= name.box().left
    assert name.box().right <= CELL.right + 1e-6
