"""Shadows on the axes of a bowl: square on the eigenvectors, multiplied by 1 - rate lambda at each step."""

from __future__ import annotations

import numpy as np
import pytest
from claims import assert_true
from data import ODD, OWN

import gdmath
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.shadows import Shadows
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.runs import GOOD

DATA = [
    gdmath.preset("chapter-0"),
    ODD["falling"],
    *(OWN[name].dataset() for name in ("bmi", "shoes", "prices")),
]
NAMES = ('$lambda_"min" = 0.1511$', '$lambda_"max" = 2.483$')


@pytest.fixture(params=DATA, ids=lambda data: data.name)
def drawn(request):
    data, problem = request.param, request.param.problem()
    run = gdmath.descend(problem, data.start, 0.95 * problem.max_stable_learning_rate, 6)
    seen = np.vstack([run.parameters, problem.beyond(run.parameters, 1.0)])
    window = gdmath.Window.around(seen, room=0.5)
    levels = gdmath.contour_levels(problem.minimum, 4 * float(run.losses[0]), "doubling", at_most=9)
    map_ = ContourMap(Box(150, 93, 1000, 963), problem, window, levels, DARK, start=data.start)
    return data, run, map_, Shadows(map_, run.parameters, GOOD, NAMES, run="good")


def axes_of(data: gdmath.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Curvatures and axes, the flattest first, by LAPACK."""
    columns = np.stack([np.ones_like(data.x_train), data.x_train], axis=1)
    share = 2.0 if data.reduction == "sum" else 2.0 / len(data.x_train)
    return np.linalg.eigh(share * columns.T @ columns)


def lengths(shadows: Shadows, map_: ContourMap, axes: np.ndarray) -> np.ndarray:
    """Of both, with their signs, read back from the page."""
    feet = map_.plot.values(np.stack([each.ends()[1][0] for each in shadows.shadows]))
    return np.array([(foot - map_.problem.minimizer) @ axis for foot, axis in zip(feet, axes.T, strict=True)])


def test_each_shadow_falls_square_on_its_axis(drawn):
    data, run, map_, shadows = drawn
    _, axes = axes_of(data)
    for row in range(4):
        shadows.at(row)
        feet = map_.plot.values(np.stack([each.ends()[1][0] for each in shadows.shadows]))
        for foot, axis in zip(feet, axes.T, strict=True):
            offset = foot - map_.problem.minimizer
            assert abs(offset[0] * axis[1] - offset[1] * axis[0]) < 1e-6 * map_.window.size.max()
            assert abs((run.parameters[row] - foot) @ axis) < 1e-6 * map_.window.size.max()


def test_a_step_multiplies_each_by_its_factor(drawn):
    data, run, map_, shadows = drawn
    eigenvalues, axes = axes_of(data)
    for row in range(3):
        before, after = (lengths(shadows.at(each), map_, axes) for each in (row, row + 1))
        expected = (1 - run.learning_rate * eigenvalues) * before
        np.testing.assert_allclose(after, expected, atol=1e-6 * map_.window.size.max())


def test_what_it_claims_is_true(drawn):
    data, run, map_, shadows = drawn
    for row in range(4):
        claims = list(shadows.at(row).claims(row))
        assert assert_true(claims, {"good": run}, lambda _: data.problem()) == 1
        errors = [each.drawn for each in claims if each.quantity.startswith("error along axis")]
        np.testing.assert_allclose(
            np.abs(errors),
            np.abs(data.problem().errors(run.parameters[row])),
            atol=1e-6 * map_.window.size.max(),
        )


def test_between_two_rows_the_shadows_are_those_of_the_point(drawn):
    data, run, map_, shadows = drawn
    _, axes = axes_of(data)
    shadows.at(1, 0.25)
    point = run.parameters[1] + 0.25 * (run.parameters[2] - run.parameters[1])
    expected = axes.T @ (point - map_.problem.minimizer)
    np.testing.assert_allclose(lengths(shadows, map_, axes), expected, atol=1e-6 * map_.window.size.max())


def test_what_leaves_the_map_is_cut_at_its_edge(drawn):
    data, run, map_, _ = drawn
    far = data.problem().beyond(run.parameters[:1], 40.0)
    shadows = Shadows(map_, far, GOOD, NAMES)
    assert not shadows.point.has_points()
    for shadow in shadows.shadows:
        assert map_.plot.box.grown(1).contains(sheet.box_of(shadow.points))


def test_a_point_beyond_the_map_has_a_cross_where_the_way_from_the_first_one_leaves(drawn):
    data, run, map_, _ = drawn
    start, (beyond,) = run.parameters[0], data.problem().beyond(run.parameters[:1], 40.0)
    shadows = Shadows(map_, np.stack([start, beyond]), GOOD, NAMES)
    assert not shadows.cross.ring.has_points()
    shadows.at(1)
    assert not shadows.point.has_points()
    at, way = map_.plot.values(shadows.cross.centers()[0]) - start, beyond - start
    assert abs(at[0] * way[1] - at[1] * way[0]) < 1e-9 * np.hypot(*way) * map_.window.size.max()
    limits = np.reshape(map_.plot.limits, (2, 2))
    to_edge = np.abs(limits - (at + start)[:, None]) / map_.window.size[:, None]
    assert to_edge.min() < 1e-6


def test_a_note_stands_clear_of_the_names(drawn):
    _, _, map_, shadows = drawn
    _, words = map_.note("after 1 step, $eta = 1.3200$", clear_of=[*shadows.axes, *shadows.names])
    assert [words.box().grown(12).overlap(sheet.box_of(plate.points)) for plate, _ in shadows.names] == [0, 0]


def test_names_stand_on_the_map(drawn):
    _, _, map_, shadows = drawn
    boxes = [name[-1].box() for name in shadows.names]
    assert all(map_.plot.box.contains(box) for box in boxes)
    assert not boxes[0].overlap(boxes[1])
