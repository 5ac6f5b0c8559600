"""Areas are squared errors, and the whole square is the loss at the scale that it states."""

from __future__ import annotations

import numpy as np
import pytest
from claims import assert_true
from data import OWN

import gdmath
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.squares import ErrorSquares, LossSquare, spread_rows, square_boxes
from gdscenes.kit.lecture.clock import Clock, turning
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import Notation

PIXEL = 1e-6
CELL, LOSS = Cell(77, 114, 1246, 800), Cell(1312, 320, 1843, 732)
WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


def plane_of(data: gdmath.Dataset) -> DataPlane:
    return DataPlane(data, CELL, DARK, data.start).at(0)


def square_of(plane: DataPlane) -> LossSquare:
    loss = float(plane.problem.loss(plane.parameters))
    return LossSquare(plane, LOSS, '$loss("MSE")$', Notation(3), loss)


def squares_of(plane: DataPlane) -> ErrorSquares:
    return ErrorSquares(plane, square_of(plane), spread_rows(plane, 6), Digits("0", 40, DARK))


def test_the_name_of_the_loss_stands_beside_its_number():
    square = square_of(plane_of(gdmath.preset("chapter-0")))
    gap = square.number.box().left - square.word.box().right
    assert 0.3 * square.number.em < gap < square.number.em


@pytest.fixture(params=WITH_BIAS)
def plane(request) -> DataPlane:
    return plane_of(gdmath.preset(request.param))


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


def test_what_flies_to_the_square_of_the_loss_is_a_square(plane):
    """None is on its way as the strip from which it opens."""
    squares = squares_of(plane)
    pour, flown = squares.pour(), 0
    widths, heights = squares.tiles[:, 2:].T
    end = np.minimum(widths / heights, heights / widths)
    for alpha in np.linspace(0.05, 0.95, 19):
        pour.interpolate(alpha)
        left, _, width, height = squares.boxes.boxes.T
        away = (left > squares.folded[:, 0] + 1) & (squares.folded[:, 3] > 1) & (width < height)
        flown += int(away.sum())
        assert (width / np.maximum(height, PIXEL) >= end - PIXEL)[away].all()
    assert flown or len(plane.drawn) <= 10


def test_the_tiles_are_shares_of_the_loss(plane):
    squares, errors = squares_of(plane), errors_of(plane)
    squares.boxes.stand_at(squares.tiles)
    drawn = [sheet.box_of(tile.points) for tile in squares.boxes]
    areas = np.array([tile.width * tile.height for tile in drawn])
    np.testing.assert_allclose(areas / areas.sum(), shares_of(plane), rtol=1e-6)
    share = 1 / len(errors) if plane.dataset.reduction == "mean" else 1.0
    per_unit = plane.plot.y_pixels_per_unit
    shrink = round(np.sqrt(errors.sum() * share * per_unit**2 / areas.sum()))
    assert areas.sum() == pytest.approx(errors.sum() * share * (per_unit / shrink) ** 2, rel=1e-9)
    stated = [word.source for word in squares.square.stated]
    assert stated == ([f"{shrink} times smaller"] if shrink > 1 else [])


def test_the_tiles_fill_the_square_of_the_loss(plane):
    squares = squares_of(plane)
    box = squares.square.box
    left, top, width, height = squares.tiles.T
    assert (left.min(), top.min()) == pytest.approx((box.left, box.top))
    assert ((left + width).max(), (top + height).max()) == pytest.approx((box.right, box.bottom))
    assert (width * height).sum() == pytest.approx(box.width * box.height)


def test_few_squares_open_where_they_are_and_the_rest_on_their_way():
    plane = plane_of(gdmath.preset("chapter-0"))
    rows = spread_rows(plane, 6)
    x = plane.problem.x[rows]
    assert len(rows) == 6
    assert np.diff(x).min() > 0.5 * np.ptp(plane.problem.x) / 6
    squares = squares_of(plane)
    squares.unfold().interpolate(1)
    opened = squares.boxes.boxes[:, 2] > 0
    largest = int(errors_of(plane).argmax())
    assert opened.sum() == len({*rows, largest})
    assert opened[0]
    squares.pour().interpolate(1)
    np.testing.assert_allclose(squares.boxes.boxes, squares.tiles)


def test_of_two_points_both_squares_open():
    assert len(spread_rows(plane_of(OWN["two rows"].dataset()), 6)) == 2


def test_the_scale_is_the_planes_own_where_there_is_room():
    plane = plane_of(gdmath.preset("chapter-0"))
    square = square_of(plane)
    assert square.shrink == 1
    mean = errors_of(plane).mean()
    assert sheet.box_of(square.outline.points).width / plane.plot.y_pixels_per_unit == pytest.approx(
        mean**0.5
    )
    assert square.number.value()[0] == pytest.approx(mean, abs=5e-4)


def test_a_square_follows_the_loss_of_the_line_there_and_back():
    data = gdmath.preset("chapter-0")
    start, other = data.start, data.start + np.array([0.4, 0.0])
    plane = plane_of(data)
    square = square_of(plane)
    there_and_back = turning(square, back=True, parameters=other)
    sides = []
    for share in np.linspace(0, 1, 21):
        there_and_back.interpolate_mobject(share)
        b, w = square.parameters
        loss = ((data.y_train - b - w * data.x_train) ** 2).mean()
        side = sheet.box_of(square.outline.points).width
        assert (side / plane.plot.y_pixels_per_unit) ** 2 == pytest.approx(loss, rel=1e-6)
        assert square.number.value()[0] == pytest.approx(loss, abs=5.1e-4)
        sides.append(side)
    np.testing.assert_array_equal(square.parameters, start)
    assert min(sides) < 0.95 * sides[0] == pytest.approx(0.95 * sides[-1])


@pytest.mark.parametrize("name", ["chapter-0", "fake-data"])
def test_a_square_lives_with_the_run(name):
    data = gdmath.preset(name)
    problem = data.problem()
    run = gdmath.descend(problem, data.start, 0.3 * problem.max_stable_learning_rate, 50)
    plane = DataPlane(data, CELL, DARK, run.parameters, run="run")
    square = square_of(plane)
    clock = Clock(plane, square)
    for row in (0, 1, 7, 50):
        clock.at(row)
        claims = list(square.claims(row))
        assert assert_true(claims, {"run": run}, lambda _: problem) == 2
    clock.at(7)
    clock.at(7, towards=0.5)
    half = (run.parameters[7] + run.parameters[8]) / 2
    side = sheet.box_of(square.outline.points).width / square.pixels_per_unit
    assert side**2 == pytest.approx(float(problem.loss(half)))
    assert square.number.value()[0] == pytest.approx(float(problem.loss(half)), abs=5.1e-4)


def test_of_many_points_a_sample_is_drawn_and_the_tiles_are_the_whole_loss():
    """Two hundred squares; the tile of the others is as large as all of theirs together."""
    dataset = OWN["many"].dataset()
    plane = DataPlane(dataset, CELL, DARK, dataset.start).dial(parameters=dataset.start, grown=1.0)
    squares = squares_of(plane)
    assert len(plane.train) + len(plane.validation) == 200
    assert len(plane.residuals.ends()[0]) == len(plane.train)
    areas = squares.tiles[:, 2] * squares.tiles[:, 3]
    assert areas.sum() == pytest.approx(squares.square.box.width**2)
    assert areas / areas.sum() == pytest.approx(shares_of(plane), rel=1e-6)


def test_the_largest_error_as_told_has_the_square_that_is_told(plane):
    base, squared = squares_of(plane).area.text.split("²=")
    assert "×" in squared or f"{float(base.strip('()')) ** 2:.{len(squared.partition('.')[2])}f}" == squared


def test_the_textbooks_largest_error_and_its_square():
    assert squares_of(plane_of(gdmath.preset("chapter-0"))).area.text == "(-2.6917)²=7.245"
