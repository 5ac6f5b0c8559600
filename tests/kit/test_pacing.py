import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gdscenes.kit.lecture.pacing import change_on_screen, rows_by_change

changes = st.lists(st.floats(0, 1e6), min_size=1, max_size=120).map(np.array)


def ease(n_frames):
    time = np.arange(1, n_frames + 1) / n_frames
    return 1 - (1 - time) ** 1.5


@given(changes, st.integers(1, 200), st.floats(0, 1))
def test_rows_never_fall_and_end_at_the_last(change, n_frames, floor):
    rows = rows_by_change(change, n_frames, floor)
    assert len(rows) == n_frames
    assert rows.min() >= 0
    assert (np.diff(rows) >= 0).all()
    assert rows[-1] == len(change)


@given(changes.filter(lambda c: c.sum() > 0), st.integers(1, 200))
def test_equal_change_in_equal_time(change, n_frames):
    """Without a floor the change seen at each frame is the eased share of all, to within one step."""
    seen = np.concatenate([[0.0], np.cumsum(change)])[rows_by_change(change, n_frames, floor=0.0)]
    behind = ease(n_frames) * change.sum() - seen
    assert (behind[:-1] <= change.max() * (1 + 1e-6)).all()
    assert (behind[:-1] >= -1e-6 * change.sum()).all()


@given(st.integers(2, 200), st.floats(0.05, 1), st.integers(0, 10**6))
def test_the_counter_never_stands_still_nor_jumps(n, floor, seed):
    """All change in one step: each of the others still has its n-th part of the floor.

    Eased time runs at 1.5 at most, so 2 n / floor frames show every row.
    """
    change = np.zeros(n)
    change[seed % n] = 1.0
    rows = rows_by_change(change, int(2 * n / floor), floor)
    assert set(rows) == set(range(n + 1))


def test_no_change_at_all_is_spread_evenly():
    rows = rows_by_change(np.zeros(10), 100)
    assert set(rows) == set(range(11))
    assert (rows[35], rows[39]) == (4, 5)  # half way at 0.37 of the time


def test_enough_frames_show_every_row():
    change = 0.9 ** np.arange(50)
    assert set(rows_by_change(change, 2000)) == set(range(51))


def test_fast_at_first_where_most_of_the_change_is_late():
    """The clock follows the picture: nine tenths of the change in the last row take most of the time."""
    rows = rows_by_change(np.array([1.0] * 9 + [81.0]), 100, floor=0.0)
    assert (rows == 9).sum() > 70


@given(st.integers(20, 400), st.integers(1, 12), st.integers(0, 10**6))
def test_no_row_stays_longer_than_it_may_while_the_clock_is_fast(n, longest, seed):
    """Almost all change in one step; eased time runs at full speed or faster in the first half."""
    change = np.full(n, 1e-3)
    change[seed % n] = 1e3
    n_frames = 100
    rows = rows_by_change(change, n_frames, longest=longest)
    _, stays = np.unique(rows[: n_frames // 2], return_counts=True)
    assert stays.max() <= max(longest, np.ceil(n_frames / n)) + 1
    assert rows[-1] == n


def test_what_a_capped_step_lacks_goes_to_the_others_in_proportion():
    change = np.concatenate([[900.0], np.full(50, 1.0), np.full(50, 3.0)])
    rows = rows_by_change(change, 4000, floor=0.0, longest=100)
    small, large = ((rows == row).sum() for row in (25, 52))
    assert (rows == 0).sum() < 100
    assert large > 2 * small  # and not evened out


def test_the_change_is_the_longest_way_that_anything_goes():
    slow = np.array([[0, 0], [1, 0], [1, 1]], dtype=float)
    fast = np.array([[0, 0], [3, 4], [3, 4.5]], dtype=float)
    assert change_on_screen(slow, fast).tolist() == [5.0, 1.0]
