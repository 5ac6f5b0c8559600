"""The loss between the nodes of a grid, and where it has one value."""

import numpy as np
import pytest

import gdmath
from gdscenes.kit.stage.field import LossField, crossed_cells

WINDOW = gdmath.TEXTBOOK_WINDOWS["chapter-0"]


@pytest.fixture(params=[(5, 7), (101, 101)])
def known(request):
    problem = gdmath.preset("chapter-0").problem()
    return problem, LossField(gdmath.loss_grid(problem, WINDOW, request.param))


def test_a_quadratic_is_exact_between_the_nodes(known):
    problem, field = known
    somewhere = np.random.default_rng(1).uniform((-2, -1), (4, 5), (500, 2))
    np.testing.assert_allclose(field.loss(somewhere), problem.loss(somewhere), atol=1e-11)


def test_its_gradient_is_exact_too(known):
    problem, field = known
    somewhere = np.random.default_rng(2).uniform((-2, -1), (4, 5), (50, 2))
    exact = np.array([problem.gradient(p) for p in somewhere])
    np.testing.assert_allclose(field.gradient(somewhere), exact, atol=1e-10)


def test_another_function_is_met_at_the_nodes_and_nearly_between():
    b, w = np.linspace(0, 3, 101), np.linspace(0, 2, 81)
    across, up = np.meshgrid(b, w)
    field = LossField(gdmath.LossGrid(b, w, 2 + np.sin(across) * np.cos(up)))
    nodes = np.stack([across, up], axis=-1)
    np.testing.assert_allclose(field.loss(nodes), field.losses, atol=1e-13)
    somewhere = np.random.default_rng(3).uniform((0, 0), (3, 2), (200, 2))
    np.testing.assert_allclose(
        field.loss(somewhere), 2 + np.sin(somewhere[:, 0]) * np.cos(somewhere[:, 1]), atol=2e-5
    )


@pytest.mark.parametrize("level", [0.05, 1.0, 5.0])
def test_a_level_line_has_the_loss_of_its_level(known, level):
    problem, field = known
    ends = field.level_pieces(level)
    assert np.abs(problem.loss(ends) - level).max(initial=0.0) < 1e-10 * max(level, 1)
    assert level < 1 or len(ends) > 4


def test_a_level_line_has_no_gap():
    problem = gdmath.preset("chapter-0").problem()
    ends = LossField(gdmath.loss_grid(problem, WINDOW)).level_pieces(0.5).reshape(-1, 2)
    _, counts = np.unique(ends.round(9), axis=0, return_counts=True)
    assert (counts == 2).all()  # a closed ellipse: each end belongs to two pieces


def test_a_saddle_cell_gives_two_pieces():
    assert len(crossed_cells(np.array([[1.0, -1.0], [-1.0, 1.0]]))) == 2
    assert len(crossed_cells(np.ones((4, 4)))) == 0
