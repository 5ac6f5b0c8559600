"""Chords of directions end on one level line, on both sides of the minimum, and are named inside the axes."""

from __future__ import annotations

import numpy as np
import pytest
from claims import loss_at
from data import ODD
from manim import VGroup

import gdmath
from gdscenes.kit.figures.contour_map import maps_in_a_row
from gdscenes.kit.figures.directions import Directions, curvatures_along
from gdscenes.kit.lecture.runner import runners
from gdscenes.kit.page.cell import PAGE
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.type.digits import Digits

DATA = [gdmath.preset("chapter-0"), gdmath.preset("fake-data"), ODD["falling"], ODD["millions"]]
NAMES, ROLES = ("$b$", "$w$", "steepest"), ("bias", "weight", "loss")


def hessian(data: gdmath.Dataset) -> np.ndarray:
    columns = np.stack([np.ones_like(data.x_train), data.x_train], axis=1)
    return (2.0 if data.reduction == "sum" else 2.0 / len(data.x_train)) * columns.T @ columns


def ways_of(data: gdmath.Dataset) -> list[np.ndarray]:
    return [np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.linalg.eigh(hessian(data))[1][:, -1]]


@pytest.fixture(params=DATA, ids=lambda data: data.name)
def drawn(request):
    data, problem = request.param, request.param.problem()
    run = gdmath.descend(problem, data.start, 0.9 * problem.max_stable_learning_rate, 8)
    window = gdmath.window_around(problem, data.start)
    levels = gdmath.contour_levels(problem.minimum, 4 * float(run.losses[0]), "doubling", at_most=9)
    (map,) = maps_in_a_row(PAGE, runners({"run": run}), problem, window, levels, DARK)
    return data, map, Directions(map, ways_of(data), NAMES, ROLES)


def ends_of(chord: VGroup, plot) -> np.ndarray:
    return plot.values(np.concatenate(chord[0].ends()))


def test_chords_end_on_one_level_line(drawn):
    data, map, directions = drawn
    problem = data.problem()
    minimum = loss_at(problem, problem.minimizer)
    corners = map.plot.values(directions.level.points[0::4])
    rises = np.array([loss_at(problem, corner) for corner in corners]) - minimum
    np.testing.assert_allclose(rises, rises.mean(), rtol=5e-3)
    for chord in directions.chords:
        for end in ends_of(chord, map.plot):
            assert loss_at(problem, end) - minimum == pytest.approx(rises.mean(), rel=5e-3)


def test_chords_lie_along_their_directions_with_the_minimum_in_the_middle(drawn):
    data, map, directions = drawn
    columns = np.stack([np.ones_like(data.x_train), data.x_train], axis=1)
    middle = np.linalg.lstsq(columns, data.y_train, rcond=None)[0]
    for chord, way in zip(directions.chords, ways_of(data), strict=True):
        foot, tip = ends_of(chord, map.plot)
        size = np.array([map.plot.x.high - map.plot.x.low, map.plot.y.high - map.plot.y.low])
        np.testing.assert_allclose((0.5 * (foot + tip) - middle) / size, 0, atol=1e-6)
        along = float((tip - foot) @ way)
        np.testing.assert_allclose((tip - foot - along * way) / size, 0, atol=1e-6)
        assert abs(along) > 0


def test_labels_stand_inside_the_axes_and_apart(drawn):
    _, map, directions = drawn
    boxes = [chord[1][-1].box() for chord in directions.chords]
    for box in boxes:
        assert map.plot.box.contains(box)
    for index, one in enumerate(boxes):
        assert not any(one.overlap(other) for other in boxes[index + 1 :])


def test_the_table_has_curvature_limit_and_what_is_kept():
    data, rate = gdmath.preset("chapter-0"), 0.8
    curvatures = np.array([way @ hessian(data) @ way for way in ways_of(data)])
    table = curvatures_along(PAGE, curvatures, NAMES, ROLES, DARK, rate=rate)
    for row, curvature in zip(table.rows, curvatures, strict=True):
        digits = [part for part in row if isinstance(part, Digits)]
        for shown, expected in zip(
            digits, (curvature, 2 / curvature, abs(1 - rate * curvature)), strict=True
        ):
            value, unit = shown.value()
            assert value == pytest.approx(expected, abs=0.51 * unit)
