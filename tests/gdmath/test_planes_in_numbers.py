"""Windows on planes and walks on them, in numbers that are known."""

from __future__ import annotations

import numpy as np
import pytest

from gdmath import Plane, PlaneKind, random_walk_explains, step_angles, step_lengths
from gdmath.planes import lengths, parameter_plane, path_plane, plane_window, random_plane

SHAPES = {"w": (2, 2), "b": (2,)}


def plane(kind: PlaneKind = PlaneKind.PATH) -> Plane:
    return Plane(kind=kind, axes=("x", "y"), origin=np.zeros(3), directions=np.eye(2, 3))


class TestWindow:
    def test_a_quarter_on_each_side_and_a_third_of_the_other_axis_at_least(self):
        seen = np.array([[0.0, 1.0], [-12.0, 1.0], [-3.0, 1.0]])
        window = plane_window(plane(), seen, np.ones(3))
        assert window.low == pytest.approx([-12 - 3, 1 - 2 - 1])
        assert window.high == pytest.approx([3, 1 + 2 + 1])
        turned = plane_window(plane(), seen[:, ::-1], np.ones(3))
        assert turned.low == pytest.approx(window.low[::-1])

    @pytest.mark.parametrize(
        ("place", "size"), [((0.0, 0.0), 1e-3), ((0.5, -4.0), 4e-3), ((0.0, 0.25), 0.25e-3)]
    )
    def test_what_stands_still_is_shown_in_a_thousandth_of_its_size(self, place, size):
        window = plane_window(plane(), np.array([place, place]), np.ones(2))
        assert window.size == pytest.approx([1.5 * size] * 2, rel=1e-6)
        assert window.middle == pytest.approx(place)

    @pytest.mark.parametrize(
        ("losses", "is_seen"),
        [
            ((1.0, 0.5, 2.0), True),  # twice the first
            ((1.0, 0.5, 2.1), False),
            ((-1.0, -3.0, 1.0), True),  # by as much above it as it falls below
            ((-1.0, -3.0, 1.1), False),
            ((-2.0, -3.0, 0.0), True),  # by its own size where it falls by less
            ((-2.0, -3.0, 0.1), False),
        ],
    )
    def test_a_row_that_has_diverged_is_not_seen(self, losses, is_seen):
        seen = np.array([[0.0, 0.0], [1.0, 1.0], [10.0, 10.0]])
        window = plane_window(plane(), seen, np.array(losses))
        assert bool(window.contains([10.0, 10.0])) is is_seen

    def test_of_random_directions_one_length_is_seen_to_each_side(self):
        window = plane_window(plane(PlaneKind.RANDOM), np.array([[0.0, 0.0], [0.25, 0.5]]), np.ones(2))
        assert window.low == pytest.approx([-1.5, -1.5])
        assert window.high == pytest.approx([1.5, 1.5])


def test_points_of_a_plane():
    tilted = Plane(
        kind=PlaneKind.PATH, axes=("x", "y"), origin=[1.0, 2.0, 3.0], directions=[[1.0, 0, 0], [0, 0.6, 0.8]]
    )
    assert tilted.point([2.0, 5.0]).tolist() == [3.0, 5.0, 7.0]
    points = np.array([[3.0, 5.0, 7.0], [1.0, 2.0 - 0.8, 3.0 + 0.6]])
    np.testing.assert_allclose(tilted.coordinates(points), [[2, 5], [0, 0]], atol=1e-12)
    np.testing.assert_allclose(tilted.distances(points), [0, 1], atol=1e-12)
    # about their mean half of a way (2, 3.8, 3.4): (2, 0.6 3.8 + 0.8 3.4 = 5) of it along the plane
    assert tilted.explains(points) == pytest.approx((2**2 + 5**2) / (2**2 + 3.8**2 + 3.4**2))
    assert tilted.explains(points[:1]) == 1.0


def test_the_names_of_planes():
    assert plane().name == "path"
    assert plane(PlaneKind.RANDOM).name == "random"
    assert parameter_plane(("b[1]", 0), np.zeros(6), SHAPES).name == "b[1],w[0, 0]"
    assert parameter_plane((3, 4), np.zeros(6), SHAPES).axes == ("w[1, 1]", "b[0]")
    assert parameter_plane(("a", "b"), np.zeros(2), {"a": (), "b": (1,)}).axes == ("a", "b")


@pytest.mark.parametrize(
    ("n", "kind", "is_all"), [(2, "PARAMETERS", True), (3, "PARAMETERS", False), (2, "PATH", False)]
)
def test_a_plane_is_the_whole_space_where_these_are_its_only_parameters(n, kind, is_all):
    whole = Plane(kind=PlaneKind[kind], axes=("x", "y"), origin=np.zeros(n), directions=np.eye(2, n))
    assert whole.holds_every_point is is_all


def test_the_start_of_a_path_lies_at_the_lower_left_and_its_end_at_the_origin():
    for flip in np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]):
        path = flip * np.array([[4.0, 1.0], [2.0, -1.0], [0.0, 0.0]])
        seen = path_plane(path).coordinates(path)
        assert (seen[0] < 0).all()
        assert np.abs(seen[-1]).max() < 1e-12


def test_two_random_directions_are_not_one_and_differ_by_seed():
    last = np.arange(1.0, 7.0)
    one = random_plane(last, list(SHAPES.values()), seed=0)
    assert one.axes == ("random direction 1 of seed 0", "random direction 2 of seed 0")
    assert np.linalg.matrix_rank(one.directions) == 2
    lengths_of = [
        np.linalg.norm(one.directions[:, part], axis=1) for part in (slice(0, 2), slice(2, 4), slice(4, 6))
    ]
    np.testing.assert_allclose(lengths_of, [[5**0.5] * 2, [5.0] * 2, [61**0.5] * 2])


@pytest.mark.parametrize("rows", [3, 4, 5, 20])
def test_a_walk_of_many_dimensions_has_steps_as_long_and_square_on_each_other(rows):
    walk = np.tril(np.ones((rows, rows - 1)), -1)
    assert random_walk_explains(rows, 10**7) == pytest.approx(path_plane(walk).explains(walk), abs=1e-3)


def test_of_as_many_dimensions_as_steps_it_is_explained_better():
    shares = [random_walk_explains(6, dimensions) for dimensions in (2, 3, 4, 5, 6, 10, 1000)]
    assert shares[0] == 1.0
    assert (np.diff(shares) < 0).all()


def test_steps_of_many_rows_in_blocks(monkeypatch):
    path = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 5.0], [1.0, 5.0], [1.0, 5.5]])
    for block in (1, 2, 3, 4, 6, 100):
        monkeypatch.setattr("gdmath.planes._BLOCK", block)
        np.testing.assert_allclose(step_lengths(path), [5.0, 1.0, 2.0, 0.5])
        np.testing.assert_allclose(step_angles(path), [np.degrees(np.arctan2(3, 4)), 90.0, 90.0])


def test_lengths_beyond_the_squares():
    rows = np.array([[3e200, 4e200], [0.0, 0.0], [3e-200, -4e-200], [np.inf, 1.0]])
    np.testing.assert_allclose(lengths(rows), [5e200, 0.0, 5e-200, np.inf])
