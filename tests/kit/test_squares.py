"""Areas are squared errors, and the whole square is the loss at the scale that it states."""

from __future__ import annotations

import numpy as np
import pytest
from data import OWN

import gdmath
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.squares import ErrorSquares, LossSquare, square_boxes
from gdscenes.kit.lecture.clock import turning
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.type.notation import Notation

PIXEL = 1e-6
CELL, MARGIN = Cell(77, 114, 1246, 1037), Cell(1312, 222, 1840, 656)
WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


@pytest.fixture(params=WITH_BIAS)
def plane(request) -> DataPlane:
    data = gdmath.preset(request.param)
    return DataPlane(data, CELL, DARK, data.start).at(0)


def errors_of(plane: DataPlane) -> np.ndarray:
    (b, w), data = plane.parameters, plane.dataset
    return (data.y_train - b - w * data.x_train) ** 2


def shares_of(plane: DataPlane) -> np.ndarray:
    """Of the loss: those of the points that are drawn, the largest first, and that of all others."""
    errors = errors_of(plane)
    rows = np.union1d(plane.drawn, errors.argmax())
    drawn = np.sort(errors[rows])[::-1]
    others = [errors.sum() - drawn.sum()] if len(rows) < len(errors) else []
    return np.array([*drawn, *others]) / errors.sum()


def test_each_square_stands_on_its_residual(plane):
    boxes = square_boxes(plane, plane.drawn)
    per_unit = plane.plot.y_pixels_per_unit
    np.testing.assert_array_equal(boxes[:, 2], boxes[:, 3])
    np.testing.assert_allclose((boxes[:, 2] / per_unit) ** 2, errors_of(plane)[plane.drawn], rtol=1e-9)
    foot = sheet.pixels(plane.residual_ends(plane.parameters)[1])
    assert (boxes[:, 0] - PIXEL <= foot[:, 0]).all()
    assert (foot[:, 0] <= boxes[:, 0] + boxes[:, 2] + PIXEL).all()


def test_the_tiles_are_shares_of_the_loss(plane):
    squares, errors = ErrorSquares(plane, MARGIN, Notation(3)), errors_of(plane)
    squares.boxes.stand_at(squares.tiles)
    drawn = [sheet.box_of(tile.points) for tile in squares.boxes]
    areas = np.array([tile.width * tile.height for tile in drawn])
    np.testing.assert_allclose(areas / areas.sum(), shares_of(plane), rtol=1e-6)
    share = 1 / len(errors) if plane.dataset.reduction == "mean" else 1.0
    per_unit = plane.plot.y_pixels_per_unit
    shrink = round(np.sqrt(errors.sum() * share * per_unit**2 / areas.sum()))
    assert areas.sum() == pytest.approx(errors.sum() * share * (per_unit / shrink) ** 2, rel=1e-9)
    stated = [word.source for word in squares.stated]
    assert stated == ([f"lengths 1 : {shrink}"] if shrink > 1 else [])


def test_the_number_on_the_square_is_the_loss():
    data = gdmath.preset("chapter-0")
    squares = ErrorSquares(DataPlane(data, CELL, DARK, data.start).at(0), MARGIN, Notation(3))
    assert squares.loss.value()[0] == pytest.approx(data.problem().loss(data.start), abs=5e-4)


def test_a_square_follows_the_loss_of_the_line_there_and_back():
    data = gdmath.preset("chapter-0")
    start, other = data.start, data.start + np.array([0.4, 0.0])
    plane = DataPlane(data, CELL, DARK, start).at(0)
    square = ErrorSquares(plane, MARGIN, Notation(3)).square
    follower = LossSquare(square, data.problem(), start, DARK)
    there_and_back = turning(follower, back=True, parameters=other)
    sides = []
    for share in np.linspace(0, 1, 21):
        there_and_back.interpolate_mobject(share)
        b, w = follower.parameters
        loss = ((data.y_train - b - w * data.x_train) ** 2).mean()
        assert follower.loss == pytest.approx(loss, rel=1e-6)
        sides.append(sheet.box_of(follower.outline.points).width)
    np.testing.assert_array_equal(follower.parameters, start)
    assert sides[-1] == pytest.approx(square.width)
    assert min(sides) < 0.95 * square.width


def test_of_many_points_a_sample_is_drawn_and_the_tiles_are_the_whole_loss():
    """Two hundred squares; the tile of the others is as large as all of theirs together."""
    dataset = OWN["many"].dataset()
    plane = DataPlane(dataset, CELL, DARK, dataset.start).dial(parameters=dataset.start, grown=1.0)
    squares = ErrorSquares(plane, MARGIN, Notation(3))
    assert len(plane.train) + len(plane.validation) == 200
    assert len(plane.residuals.ends()[0]) == len(plane.train)
    areas = squares.tiles[:, 2] * squares.tiles[:, 3]
    assert areas.sum() == pytest.approx(squares.square.width**2)
    assert areas / areas.sum() == pytest.approx(shares_of(plane), rel=1e-6)
