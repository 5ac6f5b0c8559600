"""The clock, and the animations that move it: which row a figure is drawn at, frame by frame."""

from __future__ import annotations

import numpy as np
import pytest
from manim import Mobject, config, smooth, tempconfig, there_and_back_with_pause

from gdmath import Window
from gdscenes.kit.lecture.clock import Clock, Redraw, advancing, between, in_a_bow, running, turning
from gdscenes.kit.page.sheet import Box


class Seen(Mobject):
    """A figure that keeps where it was drawn."""

    def __init__(self, change: list[float] | None = None, **dials: object) -> None:
        super().__init__()
        self.calls: list[object] = []
        self.dials = dials
        if change is not None:
            self.change = np.array(change)

    def at(self, row: int, towards: float = 0.0) -> None:
        self.calls.append((row, towards))

    def dial(self, **values: object) -> None:
        self.calls.append(values)


def rows_of(clock: Clock, animation: Redraw) -> list[int]:
    """The rows that a figure is drawn at, a frame after the other, with the first and the last."""
    figure = clock.figures[0]
    figure.calls.clear()
    n = round(animation.run_time * config.frame_rate)
    for frame in range(n):
        animation.interpolate(frame / n)
    animation.finish()
    assert {towards for _, towards in figure.calls} == {0.0}
    return [row for row, _ in figure.calls]


def test_every_figure_is_drawn_at_the_row_at_once_and_knows_it():
    figures = Seen(), Seen()
    clock = Clock(*figures)
    assert (clock.row, [figure.calls for figure in figures]) == (0, [[(0, 0.0)]] * 2)
    clock.at(3, 0.25)
    assert (clock.row, [figure.row for figure in figures]) == (3, [3, 3])
    assert [figure.calls[-1] for figure in figures] == [(3, 0.25)] * 2
    assert Clock(Seen(), row=7).figures[0].calls == [(7, 0.0)]


def test_the_picture_moves_as_far_as_the_figure_that_moves_farthest_as_long_as_all_have_steps():
    clock = Clock(Seen([1.0, 5.0, 2.0]), Seen(), Seen([4.0, 3.0]))
    assert clock.change.tolist() == [4.0, 5.0]


def test_an_update_goes_from_a_row_to_the_next_and_ends_exactly_there():
    clock = Clock(Seen(), row=4)
    animation = advancing(clock)
    for alpha in (0.0, 0.5):
        animation.interpolate(alpha)
        assert clock.figures[0].calls[-1] == (4, smooth(alpha))
    animation.interpolate(1.0)
    assert clock.figures[0].calls[-1] == (5, 0.0)
    assert clock.row == 5


def test_beyond_its_end_an_animation_stays_there_and_only_finishing_draws_it_once_more():
    shares: list[float] = []
    redraw = Redraw([], shares.append, rate_func=lambda alpha: 0.9 * alpha)
    for alpha in (0.5, 1.0, 1.5):
        redraw.interpolate(alpha)
    redraw.finish()
    assert shares == [0.45, 1.0, 1.0, 1.0]
    assert redraw.is_introducer()


@pytest.mark.parametrize("to", [2, 12, -7])
def test_a_time_lapse_shows_whole_rows_each_as_long_as_any_other(to):
    """From row 10 there are to - 10 updates; a row is seen for as many frames as its share of them."""
    clock = Clock(Seen(), row=10)
    n = 4 * abs(to - 10)
    rows = rows_of(clock, running(clock, to, n / config.frame_rate))
    # floor: a row is reached when all of its way is gone
    way = [10 + int(np.floor((to - 10) * (frame + 1) / n + 1e-6)) for frame in range(n)]
    assert rows == [*way, to]
    assert np.bincount(np.abs(np.diff(rows))).size <= 2


def test_slow_at_first_has_gone_a_quarter_of_the_way_at_half_time():
    clock = Clock(Seen(), row=100)
    rows = rows_of(clock, running(clock, 500, 100 / config.frame_rate, "slow at first"))
    assert rows[49] == 100 + 100
    assert rows[-1] == 500
    assert np.diff(rows[:10]).max() < np.diff(rows[80:99]).min()


def test_by_change_a_step_that_moves_the_picture_farther_takes_longer():
    """A time-lapse from row 2: what moved the picture before it counts for nothing."""
    clock = Clock(Seen([900.0, 900.0, *[1.0] * 10, 2.0, *[1.0] * 20, 900.0]), row=2)
    with tempconfig({"frame_rate": 60}):
        rows = rows_of(clock, running(clock, 33, 4.0, "by change"))
    assert (rows[0], rows[-1]) == (2, 33)
    counts = np.bincount(rows)
    assert counts[:2].tolist() == [0, 0]
    assert counts[12] == pytest.approx(1.9 * counts[11], abs=2)


def test_by_change_no_row_stays_longer_than_a_quarter_of_a_second_while_the_clock_is_fast():
    clock = Clock(Seen([100.0, *[1.0] * 99]))
    with tempconfig({"frame_rate": 60}):
        first = np.bincount(rows_of(clock, running(clock, 100, 4.0, "by change")))[0]
    assert 0.6 * 0.25 * 60 <= first <= 0.25 * 60


@pytest.mark.parametrize("pace", ["even", "slow at first", "by change"])
def test_the_shortest_time_lapse_is_one_frame_and_shows_its_end(pace):
    clock = Clock(Seen([1.0, 1.0, 1.0]))
    animation = running(clock, 3, 0.2 / config.frame_rate, pace)
    animation.interpolate(0.0)
    assert clock.row == 3


def test_a_figure_turns_on_the_dials_that_it_has_and_the_rest_is_the_animation_s():
    figure, beside = Seen(factor=2.0, box=Box(0, 0, 10, 10)), Mobject()
    turn = turning(figure, [beside], factor=6.0, run_time=3.0, rate_func=lambda share: share)
    assert turn.run_time == 3.0
    assert turn.get_all_mobjects() == [figure, beside]
    figure.dials = {"factor": 0.0}  # where it began is what counts
    for alpha in (0.0, 0.25):
        turn.interpolate(alpha)
    turn.finish()
    assert figure.calls == [{"factor": 2.0}, {"factor": 3.0}, {"factor": 6.0}]


def test_a_figure_that_turns_back_is_at_the_other_values_in_between_and_ends_where_it_began():
    figure = Seen(factor=2.0)
    turn = turning(figure, back=True, factor=6.0)
    shares = np.linspace(0, 1, 13)
    for alpha in shares:
        turn.interpolate(float(alpha))
    turn.finish()
    factors = [each["factor"] for each in figure.calls]
    assert factors[0] == factors[-1] == factors[-2] == 2.0
    assert factors[6] == 6.0
    np.testing.assert_allclose(factors[:13], factors[12::-1], atol=1e-9)
    assert factors[2] == pytest.approx(2.0 + 4.0 * there_and_back_with_pause(2 / 12))


def test_a_turn_begins_and_ends_slowly_unless_told():
    figure = Seen(factor=2.0)
    turning(figure, factor=6.0).interpolate(0.25)
    assert figure.calls == [{"factor": 2.0 + 4.0 * smooth(0.25)}]


def test_numbers_arrays_and_boxes_go_evenly_and_end_exactly():
    assert between(2.0, 6.0, 0.25) == 3.0
    assert between(np.array([0.0, 4.0]), np.array([4.0, 0.0]), 0.25).tolist() == [1.0, 3.0]
    one, other = Box(0, 10, 20, 30), Box(100, 50, 60, 31)
    assert between(one, other, 0.25) == Box(25, 20, 30, 30.25)
    assert between(one, other, 1.0) is other
    assert between(0.1, 0.3, 1.0) == 0.3
    assert between("dark", "dark", 0.5) == "dark"


def test_what_knows_its_own_way_goes_that_one():
    near, far = Window(0.0, 1.0, 0.0, 1.0), Window(10.0, 110.0, 0.0, 4.0)
    assert between(near, far, 0.5) == near.between(far, 0.5)
    assert between(near, lambda share: ("at", share), 0.5) == ("at", 0.5)


@pytest.mark.parametrize(("first", "across", "down"), [("across", 0.4375, 0.0625), ("down", 0.0625, 0.4375)])
def test_a_bow_is_ahead_by_the_square_of_what_is_left(first, across, down):
    """After a quarter of the time 1 - (3/4)^2 of one way is gone, and (1/4)^2 of the other."""
    way = in_a_bow(Box(0, 0, 160, 160), Box(1600, 800, 1760, 960), first)
    assert way(0.25) == Box(1600 * across, 800 * down, 160 + 1600 * across, 160 + 800 * down)
