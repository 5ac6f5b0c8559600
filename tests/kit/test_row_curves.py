import numpy as np
import pytest

from gdscenes.kit.figures.row_curves import RowCurve, RowCurves
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK

CELL = Cell(1312, 44, 1822, 514)
"""Narrow, and at the right edge of the page."""


def named(*names):
    steps = np.arange(5)
    curves = [RowCurve(name, 1.0 + steps, "loss", "true loss") for name in names]
    return RowCurves(CELL, steps, curves, DARK)


@pytest.mark.parametrize("names", [("loss",), ("true loss", "in the plane")])
def test_names_begin_over_the_axes(names):
    curves = named(*names)
    assert curves.names[0].box().left == pytest.approx(curves.plot.box.left, abs=5)


@pytest.mark.parametrize("names", [("wahrer Verlust", "in der Ebene"), ("pérdida real", "en el plano")])
def test_names_that_are_longer_than_the_axes_end_with_the_cell(names):
    curves = named(*names)
    first, second = (name.box() for name in curves.names)
    assert CELL.left <= first.left < curves.plot.box.left
    assert first.right + 20 < second.left
    assert second.right == pytest.approx(CELL.right, abs=5)
    assert max(first.bottom, second.bottom) < min(label.box().top for label in curves.plot.labels)
