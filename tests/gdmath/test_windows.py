import math

import numpy as np
import pytest
from data import ODD, OWN
from hypothesis import example, given
from hypothesis import strategies as st

from gdmath import TEXTBOOK_WINDOWS, LeastSquares, Window, preset, preset_names, window_below

numbers = st.floats(-1e6, 1e6).map(lambda value: round(value, 4))
paths = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6).map(np.array)
windows = st.builds(
    lambda b, w, width, height: Window(b, b + width, w, w + height),
    numbers,
    numbers,
    st.floats(0.1, 1e6),
    st.floats(0.1, 1e6),
)


def corners(window):
    return [window.b_min, window.b_max, window.w_min, window.w_max]


class TestWindow:
    def test_corners_are_all_pairs_of_its_ends(self):
        found = Window(0.0, 1.0, 2.0, 4.0).corners
        assert {*map(tuple, found.tolist())} == {(0.0, 2.0), (0.0, 4.0), (1.0, 2.0), (1.0, 4.0)}

    @pytest.mark.parametrize(
        "bounds", [(1, 1, 0, 1), (1, 0, 0, 1), (0, 1, 1, 0), (0, math.inf, 0, 1), (0, 1, math.nan, 1)]
    )
    def test_empty_reversed_or_endless_is_refused(self, bounds):
        with pytest.raises(ValueError, match=r"(b|w) range: got .*; allowed finite, ascending bounds"):
            Window(*bounds)

    def test_contains_its_edges(self):
        window = Window(0.0, 1.0, 10.0, 20.0)
        points = [[0.0, 10.0], [1.0, 20.0], [0.5, 9.0], [1.1, 15.0]]
        assert window.contains(points).tolist() == [True, True, False, False]

    def test_textbook_windows(self):
        assert dict(TEXTBOOK_WINDOWS) == {
            "chapter-0": Window(-2, 4, -1, 5),
            "chapter-0-bad": Window(-2, 4, -2.8, 3.2),
            "chapter-0-scaled": Window(-1, 5, -2.4, 3.6),
        }

    def test_knows_its_corners_middle_and_size(self):
        window = Window(0.0, 1.0, 10.0, 20.0)
        assert window.low.tolist() == [0.0, 10.0]
        assert window.high.tolist() == [1.0, 20.0]
        assert window.middle.tolist() == [0.5, 15.0]
        assert window.size.tolist() == [1.0, 10.0]


class TestAround:
    @given(paths, st.floats(0.0, 3.0))
    def test_the_points_have_their_room(self, path, room):
        window = Window.around(path, room)
        assert window.contains(path).all()
        low, high = path.min(axis=0), path.max(axis=0)
        size = np.maximum(high - low, 1e-6 * np.where(path.any(axis=0), np.abs(path).max(axis=0), 1.0))
        assert window.size == pytest.approx((1 + 2 * room) * size, rel=1e-6)
        assert window.middle == pytest.approx((low + high) / 2, abs=1e-9 * np.abs(path).max() + 1e-9)

    def test_a_tenth_on_each_side_unless_told(self):
        assert corners(Window.around([[0.0, 1.0], [10.0, 3.0]])) == pytest.approx([-1, 11, 0.8, 3.2])

    def test_what_is_small_is_taken_to_be_of_the_least_size(self):
        path = [[5.0, 0.0], [5.0, 10.0]]
        assert corners(Window.around(path, room=0.0, least=[2.0, 4.0])) == [4.0, 6.0, 0.0, 10.0]
        assert corners(Window.around(path, room=0.5, least=2.0)) == [3.0, 7.0, -5.0, 15.0]

    def test_one_point_has_a_window(self):
        assert corners(Window.around([1e6, 0.0], room=0.0)) == [1e6 - 0.5, 1e6 + 0.5, -5e-7, 5e-7]

    def test_a_negative_room_is_refused(self):
        with pytest.raises(ValueError, match=r"room: got -0\.1; allowed a number from 0"):
            Window.around([[0.0, 0.0], [1.0, 1.0]], room=-0.1)


class TestOthers:
    @given(windows, paths)
    def test_joined_is_the_smallest_that_shows_both(self, window, path):
        joined = window.joined(path)
        assert joined.contains([window.low, window.high, *path]).all()
        for bound, at in zip(corners(joined), (0, 0, 1, 1), strict=True):
            assert bound in [window.low[at], window.high[at], *path[:, at]]

    @given(windows, st.floats(1e-3, 1e3))
    def test_of_an_aspect_it_only_grows_and_only_one_way(self, window, aspect):
        shaped = window.of_aspect(aspect)
        assert shaped.size[0] / shaped.size[1] == pytest.approx(aspect, rel=1e-6)
        assert shaped.middle == pytest.approx(window.middle, rel=1e-9, abs=1e-6)
        assert min(shaped.size / window.size) == pytest.approx(1.0, rel=1e-6)

    @given(windows, st.floats(-0.4, 2.0))
    def test_grown_on_each_side_by_a_part_of_its_size(self, window, room):
        grown = window.grown(room)
        assert grown.low == pytest.approx(window.low - room * window.size, rel=1e-12)
        assert grown.high == pytest.approx(window.high + room * window.size, rel=1e-12)

    @given(windows)
    @example(Window(0.0, 1.0, 0.02, 0.02 + 0.1))
    def test_rounded_it_shows_all_and_little_more(self, window):
        rounded = window.rounded()
        assert rounded.grown(1e-12).contains([window.low, window.high]).all()
        assert (rounded.size <= 1.5 * window.size).all()

    def test_bounds_that_are_round_already_stay(self):
        assert Window(-1.5, 3.5, -2.0, 6.0).rounded() == Window(-1.5, 3.5, -2.0, 6.0)


class TestBetween:
    def test_its_size_goes_by_even_factors(self):
        near, far = Window(-1.0, 1.0, 0.0, 8.0), Window(90.0, 290.0, 3.0, 5.0)
        assert near.between(far, 0.5).size == pytest.approx([20.0, 4.0])
        sizes = [near.between(far, share).size for share in np.linspace(0, 1, 6)]
        factors = np.array(sizes[1:]) / sizes[:-1]
        assert factors == pytest.approx(np.tile(factors[0], (5, 1)))

    def test_its_edges_go_straight(self):
        near, far = Window(-1.0, 1.0, 0.0, 8.0), Window(90.0, 290.0, 3.0, 5.0)
        for share in np.linspace(0.1, 0.9, 5):
            on_way = near.between(far, share)
            ways = np.array([(on_way.low - near.low) / (far.low - near.low)] * 2)
            ways[1] = (on_way.high - near.high) / (far.high - near.high)
            np.testing.assert_allclose(ways[0], ways[1])

    def test_of_one_size_it_goes_evenly(self):
        halfway = Window(0.0, 1.0, 0.0, 2.0).between(Window(4.0, 5.0, -6.0, -4.0), 0.5)
        assert [*halfway.low, *halfway.high] == pytest.approx([2.0, -3.0, 3.0, -1.0])

    @given(windows, windows, st.floats(0, 1))
    def test_what_both_show_is_in_view_all_the_way(self, one, other, share):
        low, high = np.maximum(one.low, other.low), np.minimum(one.high, other.high)
        if (low <= high).all():
            on_way = one.between(other, share).grown(1e-9)
            assert on_way.contains([low, high]).all()

    @given(windows, windows)
    def test_its_ends_are_exact(self, one, other):
        assert one.between(other, 0.0) == one
        assert one.between(other, 1.0) == other


class TestRoomAlong:
    @given(windows, st.tuples(st.integers(-9, 9), st.integers(-9, 9)).filter(any), st.floats(0.01, 0.99))
    def test_one_leaves_after_it_and_not_before(self, window, way, share):
        point, way = window.low + share * window.size, np.array(way)
        room = window.room_along(point, way)
        assert window.contains(point + 0.999 * room * way)
        assert not window.contains(point + 1.001 * room * way + 1e-6 * np.sign(way) * window.size)

    def test_one_that_stays_never_leaves(self):
        assert Window(0, 1, 0, 1).room_along([0.5, 0.5], [0.0, 0.0]) == math.inf


WITH_BIAS = {
    **{name: preset(name) for name in preset_names() if preset(name).fit_bias},
    **{f"own {name}": table.dataset() for name, table in OWN.items()},
    **{f"raw {name}": table.dataset(raw=True) for name, table in OWN.items()},
    **{f"odd {name}": dataset for name, dataset in ODD.items() if dataset.fit_bias},
}


class TestBelow:
    @pytest.fixture(params=WITH_BIAS)
    def problem(self, request):
        return WITH_BIAS[request.param].problem()

    def test_a_fine_grid_finds_no_lower_line_outside_of_it(self, problem):
        level = 0.5 * (problem.minimum + problem.mean_loss)
        window = window_below(problem, level, room=0.0)
        far = window.grown(0.5)
        b = np.linspace(far.b_min, far.b_max, 201)
        w = np.linspace(far.w_min, far.w_max, 201)
        lines = np.stack(np.meshgrid(b, w), axis=-1)
        lower = np.concatenate([row[problem.loss(row) <= level] for row in lines])
        assert window.grown(1e-9).contains(lower).all()

    def test_at_each_end_the_best_line_has_the_level(self, problem):
        level = 0.5 * (problem.minimum + problem.mean_loss)
        window = window_below(problem, level, room=0.0)
        x, y = problem.x, problem.y
        reduce = np.sum if problem.reduction == "sum" else np.mean
        for b in (window.b_min, window.b_max):
            w = (x * (y - b)).sum() / (x * x).sum()
            assert reduce((b + w * x - y) ** 2) == pytest.approx(level, rel=1e-5)
        for w in (window.w_min, window.w_max):
            b = (y - w * x).mean()
            assert reduce((b + w * x - y) ** 2) == pytest.approx(level, rel=1e-5)

    def test_of_the_textbook(self):
        window = window_below(preset("chapter-0").problem(), 3.0)
        assert corners(window) == pytest.approx([-2.2, 4.3, -3.8, 7.7], abs=0.15)

    def test_room_is_a_part_of_the_size(self):
        problem = preset("chapter-0").problem()
        bare, roomy = (window_below(problem, 3.0, room) for room in (0.0, 0.1))
        assert corners(roomy) == pytest.approx(corners(bare.grown(0.1)))

    def test_what_has_no_ellipse_is_refused(self):
        with pytest.raises(ValueError, match=r"problem: got one without a bias"):
            window_below(LeastSquares([1.0, 2.0], [1.0, 2.0], fit_bias=False), 1.0)
        with pytest.raises(ValueError, match=r"x: got 1 in every row, many lines fit"):
            window_below(LeastSquares([1.0, 1.0], [1.0, 2.0]), 1.0)
        with pytest.raises(ValueError, match=r"level: got 0\.0; allowed losses above the minimum, 0"):
            window_below(LeastSquares([0.0, 1.0], [1.0, 3.0]), 0.0)
