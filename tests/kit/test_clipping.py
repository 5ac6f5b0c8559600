"""Clipping against the same rule in exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gdscenes.kit.plot.clipping import Limits, clip_path, clip_segment

NAN, INF = math.nan, math.inf
UNIT = Limits(0.0, 1.0, 0.0, 1.0)


def exact_share(start, end, limits):
    """First and last t in [0, 1] at which start + t (end - start) is in the rectangle, or None."""
    first, last = Fraction(0), Fraction(1)
    for a, b, low, high in zip(start, end, limits[0::2], limits[1::2], strict=True):
        a, b, low, high = map(Fraction, (a, b, low, high))
        if a == b:
            if not low <= a <= high:
                return None
            continue
        inward = sorted(((low - a) / (b - a), (high - a) / (b - a)))
        first, last = max(first, inward[0]), min(last, inward[1])
    return (first, last) if first <= last else None


def exact_pieces(path, limits):
    """What `clip_path` should return, each coordinate rounded once."""

    def point(i, t):
        return tuple(
            float(Fraction(a) + t * (Fraction(b) - Fraction(a)))
            for a, b in zip(path[i], path[i + 1], strict=True)
        )

    pieces, goes_on = [], False
    for i in range(len(path) - 1):
        share = None
        if all(map(math.isfinite, (*path[i], *path[i + 1]))):
            share = exact_share(path[i], path[i + 1], limits)
        if share is None:
            goes_on = False
            continue
        if not (goes_on and share[0] == 0):
            pieces.append([point(i, share[0])])
        pieces[-1].append(point(i, share[1]))
        goes_on = share[1] == 1
    return [np.array(piece) for piece in pieces]


def longer_than(length, pieces):
    """Pieces without those that are a point: a line that only touches a corner."""
    return [piece for piece in pieces if np.ptp(piece, axis=0).max() > length]


def check(limits, path, shortest):
    """Same pieces: inside corners bit for bit, crossings to 1e-9 of the rectangle, nothing outside."""
    drawn = longer_than(shortest, clip_path(np.array(path, dtype=float).reshape(-1, 2), limits))
    due = longer_than(shortest, exact_pieces(path, limits))
    assert len(drawn) == len(due)
    size = np.array([limits.x_high - limits.x_low, limits.y_high - limits.y_low])
    for piece, expected in zip(drawn, due, strict=True):
        assert piece.shape == expected.shape
        assert all(limits.contains(x, y) for x, y in piece)
        assert (np.abs(piece - expected) <= 1e-9 * size).all()
        assert np.array_equal(piece[1:-1], expected[1:-1])
        for end in (0, -1):
            if tuple(expected[end]) in {tuple(map(float, corner)) for corner in path}:
                assert np.array_equal(piece[end], expected[end])


@st.composite
def paths_on_a_grid(draw):
    """Rectangles at multiples of 1/8 and corners between them: what is no point is longer than 1e-6."""
    eighths = st.integers(-400, 400).map(lambda k: k / 8)
    between = eighths.map(lambda v: v + 1 / 16)
    x, y = draw(eighths), draw(eighths)
    sizes = st.integers(1, 400).map(lambda k: k / 8)
    limits = Limits(x, x + draw(sizes), y, y + draw(sizes))
    coordinate = st.one_of(between, st.sampled_from([NAN, INF, -INF]))
    return limits, draw(st.lists(st.tuples(coordinate, coordinate), max_size=12))


@st.composite
def paths_of_any_floats(draw):
    low = st.floats(-1e6, 1e6)
    x, y = draw(low), draw(low)
    sizes = st.floats(1.0, 1e6)
    limits = Limits(x, x + draw(sizes), y, y + draw(sizes))
    inside = st.floats(limits.x_low, limits.x_high) | st.floats(limits.y_low, limits.y_high)
    coordinate = st.one_of(inside, st.sampled_from([*limits, 1e308, -1e308]), st.floats())
    return limits, draw(st.lists(st.tuples(coordinate, coordinate), max_size=8))


@settings(max_examples=300)
@given(paths_on_a_grid())
def test_pieces_are_those_of_exact_arithmetic(problem):
    check(*problem, shortest=1e-6)


@settings(max_examples=300)
@given(paths_of_any_floats())
@example((UNIT, [(0.25, 0.0), (0.5, -9.0)]))
@example((UNIT, [(0.5, -9.0), (0.25, 0.0)]))
@example((UNIT, [(-1e20, 0.5), (500.0, 0.5)]))
@example((UNIT, [(-1e308, 0.5), (1.5, 0.5)]))
@example((UNIT, [(-1e12, -1e12), (1e12, 1e12 + 0.25)]))
@example((UNIT, [(-1e308, -1e308), (1e308, 1e308)]))
@example((UNIT, [(0.0, 0.5), (5e-310, 0.75)]))
def test_any_finite_path_is_cut_exactly(problem):
    check(*problem, shortest=0.0)


@pytest.mark.parametrize("far", [1e3, 1e9, 1e100, 1e300, 1.7e308])
def test_a_divergent_run_leaves_where_the_line_to_its_next_step_crosses(far):
    """From (1/4, 1/2) to (far, far / 2), x = 1 is crossed at y = 1/2 + 3/4 (far/2 - 1/2) / (far - 1/4)."""
    (piece,) = clip_path(np.array([[0.25, 0.5], [far, far / 2]]), UNIT)
    crossing = Fraction(1, 2) + Fraction(3, 4) * (Fraction(far) / 2 - Fraction(1, 2)) / (
        Fraction(far) - Fraction(1, 4)
    )
    assert piece[0].tolist() == [0.25, 0.5]
    assert piece[1] == pytest.approx([1.0, float(crossing)], abs=1e-9)


@pytest.mark.parametrize("bad", [(NAN, 0.5), (0.5, INF), (-INF, -INF), (NAN, NAN)])
def test_a_path_breaks_at_a_point_that_is_not_finite(bad):
    path = np.array([(0.1, 0.1), (0.2, 0.3), bad, (0.4, 0.4), (0.5, 0.6), (0.7, 0.1)])
    first, second = clip_path(path, UNIT)
    assert np.array_equal(first, path[:2])
    assert np.array_equal(second, path[3:])


def test_a_path_that_leaves_and_returns_is_in_two_pieces():
    first, second = clip_path(np.array([(0.5, 0.5), (1.5, 0.5), (0.5, 0.0)]), UNIT)
    assert first.tolist() == [[0.5, 0.5], [1.0, 0.5]]
    assert second == pytest.approx(np.array([[1.0, 0.25], [0.5, 0.0]]))


@pytest.mark.parametrize("path", [np.empty((0, 2)), np.array([[0.5, 0.5]]), np.full((4, 2), 7.0)])
def test_draws_nothing_where_there_is_nothing_to_draw(path):
    assert clip_path(path, UNIT) == []


def test_a_segment_beside_the_rectangle_is_none():
    """Both of its ends are off, on sides that differ, and it passes the corner outside."""
    assert clip_segment(np.array([-0.5, 0.75]), np.array([0.5, 1.75]), UNIT) is None
