"""The spark goes from the loss to both boxes, and what stands there is the gradient."""

from __future__ import annotations

import numpy as np
import pytest

from gdscenes.kit.figures.backward import BackwardPass
from gdscenes.kit.figures.readouts import Readout
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.type.notation import Notation

CELL = Cell(1157, 600, 1822, 1037)
VALUES = np.array([[-3.045, -1.834], [-5.307, -3.264]])


def graph(values: np.ndarray = VALUES) -> BackwardPass:
    readouts = [Readout("", column, Notation(3), signed=True) for column in values.T]
    return BackwardPass(CELL, readouts, "MSE", DARK, rows=range(len(values)))


def test_the_spark_starts_at_the_loss_and_ends_at_both_boxes():
    drawn = graph()
    assert not drawn.spark.has_points()
    at_loss = sheet.pixels(drawn.dial(gone=1e-9).spark.centers())
    assert np.ptp(at_loss, axis=0).max() < 0.01
    assert at_loss[0, 0] > CELL.right - 60
    ends = sheet.pixels(drawn.dial(gone=1.0).spark.centers())
    left, top, width, height = drawn.boxes.boxes.T
    np.testing.assert_allclose(ends, np.stack([left + width, top + height / 2], axis=1), atol=0.01)


def test_its_trail_is_as_long_as_its_way():
    """Both halves of it have the first part in common."""
    drawn = graph()
    whole = None
    for gone in (1.0, 0.25, 0.5, 0.75):
        starts, ends = drawn.dial(gone=gone).trail.ends()
        length = np.linalg.norm(ends - starts, axis=1).sum()
        whole = length if whole is None else whole
        assert length == pytest.approx(gone * whole, rel=1e-9)


def test_it_fades_beyond_its_end_and_nothing_is_left():
    drawn = graph().dial(gone=1.5)
    assert drawn.spark.get_fill_opacity() == pytest.approx(0.5)
    drawn.dial(gone=2.0)
    assert not drawn.spark.has_points()
    assert not drawn.trail.has_points()


def test_the_boxes_hold_the_numbers_of_the_row():
    drawn = graph().dial(kept=1.0)
    for row, values in enumerate(VALUES):
        drawn.at(row)
        assert [digits.value()[0] for digits in drawn.digits] == pytest.approx(values)
        for digits, (left, top, width, height) in zip(drawn.digits, drawn.boxes.boxes, strict=True):
            assert sheet.Box(left, top, left + width, top + height).contains(digits.box())
    assert {glyph.get_fill_opacity() for digits in drawn.digits for glyph in digits.ink()} == {1.0}
    drawn.dial(kept=0.0)
    assert {glyph.get_fill_opacity() for digits in drawn.digits for glyph in digits.ink()} == {0.0}


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_it_stays_in_its_cell(scale):
    box = sheet.box_of(np.concatenate([part.points for part in graph(scale * VALUES).ink()]))
    assert CELL.contains(box, slack=2)
