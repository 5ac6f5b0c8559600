import itertools

import numpy as np
import pytest

from gdmath import LossGrid, Plane, PlaneKind, level_lines, random_walk_explains, step_angles, step_lengths
from gdmath.planes import parameter_plane, path_plane, plane_window, random_plane

SHAPES = {"0.weight": (3, 2), "0.bias": (3,), "scale": (), "2.weight": (1, 3)}
ROW = np.arange(1.0, 14.0)


@pytest.fixture
def walk(request):
    """A path of some rows and parameters, no direction of it like another."""
    rows, p, dtype = request.param
    generator = np.random.default_rng([rows, p])
    return (np.cumsum(generator.normal(size=(rows, p)), axis=0) + 3.0).astype(dtype)


SIZES = pytest.mark.parametrize(
    "walk",
    [(40, 7, "f8"), (7, 40, "f8"), (60, 3000, "f4"), (2000, 2, "f4"), (3, 3, "f8"), (1500, 1100, "f4")],
    indirect=True,
    ids=str,
)


@SIZES
def test_the_path_s_plane_is_that_of_numpy_s_svd(walk):
    away = walk.astype(float) - walk[-1]
    step = 1 if walk.shape[1] <= 1024 else -(-len(walk) // 1024)
    expected = np.linalg.svd(away[::-1][::step], full_matrices=False)[2][:2]
    plane = path_plane(walk)
    np.testing.assert_allclose(np.abs(plane.directions @ expected.T), np.eye(2), atol=1e-9)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-14)
    assert (plane.coordinates(walk)[0] <= 0).all()
    assert np.array_equal(plane.origin, walk[-1])


@SIZES
def test_coordinates_distances_and_what_is_explained_by_their_definitions(walk, monkeypatch):
    monkeypatch.setattr("gdmath.planes._BLOCK", 17 * walk.shape[1])  # in several parts
    points, plane = walk.astype(float), path_plane(walk)
    seen = (points - plane.origin) @ plane.directions.T
    np.testing.assert_allclose(plane.coordinates(walk), seen, atol=1e-9)
    residuals = points - plane.origin - seen @ plane.directions
    np.testing.assert_allclose(plane.distances(walk), np.linalg.norm(residuals, axis=1), atol=1e-9)
    assert plane.explains(walk) == pytest.approx(seen.var(axis=0).sum() / points.var(axis=0).sum(), abs=1e-9)
    steps = np.diff(points, axis=0)
    np.testing.assert_allclose(step_lengths(walk), np.linalg.norm(steps, axis=1), rtol=1e-9)
    cosines = (steps[1:] * steps[:-1]).sum(1) / np.linalg.norm(steps[1:], axis=1)
    cosines /= np.linalg.norm(steps[:-1], axis=1)
    np.testing.assert_allclose(np.cos(np.radians(step_angles(walk))), cosines, atol=1e-9)


def test_a_path_in_a_plane_is_explained_by_it():
    generator = np.random.default_rng(3)
    flat = generator.normal(size=(30, 2)) @ generator.normal(size=(2, 9))
    assert path_plane(flat).explains(flat) == pytest.approx(1.0, abs=1e-12)
    assert path_plane(flat).distances(flat).max() < 1e-12


@pytest.mark.parametrize(
    "path",
    [
        np.outer(np.arange(6.0), [1.0, -2.0, 3.0, 0.5]),
        np.outer(np.arange(4.0), np.ones(9)),
        np.zeros((5, 3)),
        np.ones((1, 4)),
        np.eye(2, 7),
    ],
    ids=["straight", "straight, few rows", "still", "one row", "two rows"],
)
def test_a_path_without_two_directions_still_has_a_plane(path):
    plane = path_plane(path)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-12)
    assert plane.explains(path) == pytest.approx(1.0)
    assert plane.distances(path).max() < 1e-12
    window = plane_window(plane, plane.coordinates(path), np.ones(len(path)))
    assert window.contains(plane.coordinates(path)).all()


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_numbers_whose_squares_leave_float64_are_measured(scale):
    path = np.cumsum(np.random.default_rng(1).normal(size=(9, 4)), axis=0)
    plane, scaled = path_plane(path), path_plane(scale * path)
    np.testing.assert_allclose(scaled.directions, plane.directions, atol=1e-9)
    np.testing.assert_allclose(scaled.distances(scale * path), scale * plane.distances(path), rtol=1e-9)
    np.testing.assert_allclose(step_lengths(scale * path), scale * step_lengths(path), rtol=1e-12)
    np.testing.assert_allclose(step_angles(scale * path), step_angles(path), rtol=1e-9)
    assert scaled.explains(scale * path) == pytest.approx(plane.explains(path))


def test_small_turns_keep_their_digits_and_a_step_that_goes_nowhere_has_none():
    path = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 1e-9], [2.0, 1e-9], [1.0, 1e-9]])
    angles = step_angles(path)
    assert angles[0] == pytest.approx(np.degrees(1e-9), rel=1e-6)
    assert np.isnan(angles[1:]).all()
    assert step_angles(path[[0, 1, 0]]) == 180.0
    assert step_angles(path[:2]).size == 0
    assert step_lengths(path[:1]).size == 0


@pytest.mark.parametrize(("rows", "p"), [(60, 3), (60, 40), (60, 62), (60, 500), (90, 100_000)])
def test_a_random_walk_is_explained_as_in_a_simulation_of_its_own(rows, p):
    generator = np.random.default_rng(11)
    p_here = min(p, 1000)  # of more dimensions the share is that of many
    shares = []
    for _ in range(64):
        walk = np.cumsum(generator.normal(size=(rows, p_here)), axis=0)
        shares.append(path_plane(walk).explains(walk))
    assert random_walk_explains(rows, p) == pytest.approx(np.mean(shares), abs=0.02)


def test_nothing_is_off_the_plane_of_two_parameters():
    plane = parameter_plane((1, 0), np.zeros(2), {"w": (2,)})
    assert plane.distances(np.array([[1e9, 1.0], [0.1, -0.7]])).tolist() == [0.0, 0.0]


def test_two_parameters_explain_any_walk():
    assert random_walk_explains(400, 2) == 1.0
    assert random_walk_explains(2, 400) == 1.0
    assert 0.69 < random_walk_explains(10**6, 10**7) < 0.73


class TestParameterPlane:
    @pytest.mark.parametrize(
        ("chosen", "columns", "axes"),
        [
            (("0.weight[2, 1]", "0.bias[0]"), (5, 6), ("0.weight[2, 1]", "0.bias[0]")),
            (("scale", "2.weight[0,2]"), (9, 12), ("scale", "2.weight[0, 2]")),
            ((12, 0), (12, 0), ("2.weight[0, 2]", "0.weight[0, 0]")),
        ],
    )
    def test_the_plane_is_the_parameters_as_they_are(self, chosen, columns, axes):
        plane = parameter_plane(chosen, ROW, SHAPES)
        assert plane.axes == axes
        rows = np.random.default_rng(0).normal(size=(4, 13))
        assert np.array_equal(plane.coordinates(rows), rows[:, columns])
        moved = plane.point([0.25, -7.0])
        assert tuple(moved[list(columns)]) == (0.25, -7.0)
        others = np.delete(np.arange(13), columns)
        assert np.array_equal(moved[others], ROW[others])
        assert np.array_equal(
            plane.distances(rows).round(9), np.linalg.norm((rows - ROW)[:, others], axis=1).round(9)
        )

    @pytest.mark.parametrize(
        ("chosen", "message"),
        [
            (("0.weight", "0.bias[0]"), "got parameter '0.weight'; allowed one number of it, of shape"),
            (("0.weight[3, 0]", "0.bias[0]"), r"got parameter '0.weight\[3, 0\]'; allowed one number"),
            (("0.weight[1]", "0.bias[0]"), r"got parameter '0.weight\[1\]'"),
            (("weight[0, 1]", 0), r"got parameter 'weight\[0, 1\]'; allowed 0.weight, 0.bias, scale"),
            ((13, 0), "got parameter 13; allowed 0 to 12"),
            ((-1, 0), "got parameter -1"),
            ((3, 3), r"got \(3, 3\); allowed two different parameters"),
            ((3,), r"got \(3,\); allowed two different"),
            (("0.weight[]", 0), r"got parameter '0.weight\[\]'"),
        ],
    )
    def test_refuses_what_is_no_parameter(self, chosen, message):
        with pytest.raises(ValueError, match=message):
            parameter_plane(chosen, ROW, SHAPES)


class TestRandomPlane:
    def test_each_filter_is_as_long_as_that_of_the_model(self):
        plane = random_plane(ROW, list(SHAPES.values()), seed=5)
        filters = [(0, 2), (2, 4), (4, 6), (6, 9), (9, 10), (10, 13)]
        for direction, (begin, end) in itertools.product(plane.directions, filters):
            ours = np.linalg.norm(ROW[begin:end])
            assert np.linalg.norm(direction[begin:end]) == pytest.approx(ours, rel=1e-12)

    def test_coordinates_are_of_the_nearest_point_though_the_directions_are_not_square(self):
        plane = random_plane(ROW, list(SHAPES.values()), seed=5)
        rows = np.random.default_rng(0).normal(size=(4, 13))
        expected = np.linalg.lstsq(plane.directions.T, (rows - ROW).T, rcond=None)[0].T
        np.testing.assert_allclose(plane.coordinates(rows), expected, rtol=1e-9)
        assert abs(plane.directions[0] @ plane.directions[1]) > 1e-3

    def test_the_seed_decides(self):
        one, same, other = (random_plane(ROW, list(SHAPES.values()), seed) for seed in (1, 1, 2))
        assert np.array_equal(one.directions, same.directions)
        assert not np.array_equal(one.directions, other.directions)

    def test_a_layer_without_weights_takes_no_numbers(self):
        shapes = list(SHAPES.values())
        one, other = (random_plane(ROW, each, seed=5) for each in (shapes, [*shapes, (0, 4)]))
        assert np.array_equal(one.directions, other.directions)

    def test_weights_of_zero_have_no_filters(self):
        with pytest.raises(ValueError, match="plane: got a last row of zeros"):
            random_plane(np.zeros(13), list(SHAPES.values()), seed=1)


def test_a_plane_is_spanned_by_two():
    plane = {"kind": PlaneKind.PATH, "axes": ("x", "y"), "origin": np.zeros(3)}
    for one, other in (
        ([1.0, 2.0, 0.0], [2.0, 4.0, 0.0]),
        ([1.0, 2.0, 0.0], [2.0, 4.0, 1e-9]),
        ([1e-200, 0.0, 0.0], [0.0, 1e-200, 0.0]),
        ([1e200, 0.0, 0.0], [0.0, 1e200, 0.0]),
    ):
        with pytest.raises(ValueError, match="got two that are one"):
            Plane(**plane, directions=[one, other])
    with pytest.raises(ValueError, match=r"directions: got shape \(2, 2\); allowed \(2, 3\)"):
        Plane(**plane, directions=np.eye(2))


def test_a_diverging_path_leaves_the_window_and_another_stays_inside():
    plane = parameter_plane((0, 1), np.zeros(2), {"w": (2,)})
    seen = np.array([[1.0, 0.0], [-2.0, 1.0], [4.0, -2.0], [-8e30, 4e30]])
    assert plane_window(plane, seen, np.array([1.0, 1.5, 9.0, 1e60])).size.max() < 10
    falling = plane_window(plane, seen[:3], np.array([3.0, 2.0, 1.0]))
    assert falling.contains(seen[:3]).all()


class TestLevelLines:
    X, Y = np.linspace(-2.0, 2.0, 201), np.linspace(-1.5, 1.5, 151)

    def grid(self, loss):
        return LossGrid(self.X, self.Y, loss(self.X[None, :], self.Y[:, None]))

    def test_corners_have_the_loss_of_their_level(self):
        def wells(x, y):
            return (x**2 - 1) ** 2 + y**2

        one, two, none = level_lines(self.grid(wells), [1.5, 0.5, 1e9])
        assert (len(one), len(two), none) == (1, 2, [])
        for level, lines in ((1.5, one), (0.5, two)):
            for line in lines:
                assert np.array_equal(line[0], line[-1])
                np.testing.assert_allclose(wells(*line.T), level, atol=2e-3)

    def test_a_level_that_leaves_the_grid_is_open_and_has_the_higher_loss_on_its_left(self):
        ((line,),) = level_lines(self.grid(lambda x, y: x + 0 * y), [0.5])
        np.testing.assert_allclose(line[:, 0], 0.5, atol=1e-12)
        assert sorted(line[[0, -1], 1]) == [-1.5, 1.5]
        assert line[-1, 1] < line[0, 1]
