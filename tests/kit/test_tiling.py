import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdscenes.kit.figures.tiling import shrink_factor, squarify


def overlap(tiles):
    """Area that any two tiles share."""
    left, top, width, height = tiles.T
    across = np.minimum.outer(left + width, left + width) - np.maximum.outer(left, left)
    down = np.minimum.outer(top + height, top + height) - np.maximum.outer(top, top)
    shared = np.clip(across, 0, None) * np.clip(down, 0, None)
    return shared[np.triu_indices(len(tiles), 1)].sum()


def check(areas, side):
    tiles = squarify(areas, side)
    left, top, width, height = tiles.T
    assert len(tiles) == len(areas)
    np.testing.assert_allclose(width * height, areas, rtol=1e-9)
    assert min(left.min(), top.min()) >= -1e-9 * side
    assert max((left + width).max(), (top + height).max()) <= (1 + 1e-9) * side
    assert overlap(tiles) <= 1e-9 * side**2  # with the areas this means: no gap either


@settings(max_examples=150)
@given(
    n=st.integers(1, 300),
    magnitudes=st.floats(0, 8),
    side=st.floats(1e-3, 1e3),
    seed=st.integers(0, 2**32 - 1),
)
def test_tiles_keep_their_areas_and_fill_the_square(n, magnitudes, side, seed):
    areas = np.sort(10.0 ** np.random.default_rng(seed).uniform(-magnitudes, 0, n))[::-1]
    check(areas * (side**2 / areas.sum()), side)


@pytest.mark.parametrize("n", [1, 2, 4, 100, 300])
def test_equal_squares_fill_it_too(n):
    check(np.full(n, 1 / n), 1.0)


def test_the_papers_example():
    """Bruls, Huizing and van Wijk, figure 4: 6 6 4 3 2 2 1 in a 6 x 4 rectangle; here in a square.

    The first column holds the two sixes: a third four would make the worst ratio worse.
    """
    areas = np.array([6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0])
    side = np.sqrt(24.0)
    tiles = squarify(areas, side)
    assert tiles[0] == pytest.approx([0, 0, 12 / side, side / 2])
    assert tiles[1] == pytest.approx([0, side / 2, 12 / side, side / 2])
    assert tiles[2, 0] == pytest.approx(12 / side)


def test_four_equal_squares_are_squares():
    assert sorted(map(tuple, squarify(np.ones(4), 2.0))) == [
        (0, 0, 1, 1),
        (0, 1, 1, 1),
        (1, 0, 1, 1),
        (1, 1, 1, 1),
    ]


def test_areas_of_rounding_noise_do_no_harm():
    """Residuals that should be zero are 1e-16; squared they are 32 orders below the largest."""
    generator = np.random.default_rng(0)
    for _ in range(300):
        areas = np.sort(10.0 ** generator.uniform(-40, 0, 60))[::-1]
        tiles = squarify(areas / areas.sum(), 1.0)
        np.testing.assert_allclose(tiles[:, 2] * tiles[:, 3], areas / areas.sum(), atol=1e-9)
        assert (tiles >= -1e-6).all()
        assert (tiles[:, :2] + tiles[:, 2:] <= 1 + 1e-6).all()


@pytest.mark.parametrize("areas", [[1.0, 0.0], [0.75, 0.25, 0.0, 0.0], [0.0, 0.0]])
def test_a_residual_of_zero_has_a_tile_of_no_area(areas):
    tiles = squarify(np.array(areas), float(np.sqrt(sum(areas))))
    np.testing.assert_allclose(tiles[:, 2] * tiles[:, 3], areas, atol=1e-12)
    assert ((tiles[:, :2] >= 0) & (tiles[:, :2] <= 1 + 1e-9)).all()


@pytest.mark.parametrize(
    ("side", "factor"),
    [(0.0, 1), (0.5, 1), (1.0, 1), (1.01, 2), (2.0, 2), (2.01, 5), (5.01, 10), (11, 20), (50, 50), (51, 100)],
)
def test_shrinks_by_round_factors(side, factor):
    assert shrink_factor(390 * side, 390) == factor


@given(st.floats(1e-6, 1e12))
def test_shrink_factor_is_the_smallest_that_fits(side):
    fits = [m * 10**k for k in range(14) for m in (1, 2, 5) if side / (m * 10**k) <= 1.0]
    assert shrink_factor(side, 1.0) == min(fits)
