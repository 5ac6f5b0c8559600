"""What is said of a run that lies exactly on a bound of a definition, in numbers that floats have exactly."""

from __future__ import annotations

import numpy as np
import pytest

from gdmath import LeastSquares, Outcome, Trajectory, behaviour

BEST = np.array([1.0, 2.0])
BOWL = LeastSquares([-2.0, 2.0], [-3.0, 5.0])
"""L = (b - 1)^2 + 4 (w - 2)^2: a valley that is just one."""


def run_of(*errors: tuple[float, float], problem: LeastSquares = BOWL) -> Trajectory:
    """A run whose rows lie so far beside the minimizer."""
    rows = BEST + np.array(errors)
    return Trajectory(
        parameters=rows,
        losses=problem.loss(rows),
        gradients=problem.gradient(rows),
        learning_rate=0.1,
        outcome=Outcome.OUT_OF_STEPS,
    )


def with_losses(*losses: float) -> Trajectory:
    rows = np.zeros((len(losses), 2))
    return Trajectory(
        parameters=rows,
        losses=np.array(losses),
        gradients=rows,
        learning_rate=0.1,
        outcome=Outcome.OUT_OF_STEPS,
    )


def test_the_numbers_are_exact():
    run = run_of((10.0, 0.0), (1.0, 0.0), (0.0, 5.0))
    assert behaviour.excess_left(BOWL, run).tolist() == [1.0, behaviour.NEARLY_DONE, 1.0]
    assert behaviour.excess_left(BOWL, run_of((100.0, 0.0), (1.0, 0.0)))[1] == behaviour.UNSEEN
    assert BOWL.condition_number == behaviour.VALLEY == 4.0
    assert behaviour.NARROW_VALLEY == (2 * 5.0) ** 2  # ten times as long as wide


def test_a_hundredth_is_nearly_done():
    assert behaviour.row_nearly_done(BOWL, run_of((10, 0), (1, 0), (1, 0))) == 1
    assert behaviour.row_nearly_done(BOWL, run_of((10, 0), (5, 0), (1, 0))) == 2
    assert behaviour.row_nearly_done(BOWL, run_of((10, 0), (0, 0), (5, 0))) is None
    assert behaviour.row_nearly_done(BOWL, run_of((0, 0), (0, 0))) == 0


def test_a_step_from_what_is_no_longer_seen_may_climb_and_one_that_keeps_the_loss_does_not_descend():
    assert behaviour.descends(BOWL, run_of((100, 0), (1, 0), (2, 0)))
    assert not behaviour.descends(BOWL, run_of((100, 0), (2, 0), (3, 0)))
    assert not behaviour.descends(BOWL, run_of((3, 0), (3, 0)))
    assert not behaviour.descends(BOWL, run_of((0, 0), (0, 0)))


def test_a_rise_that_is_not_seen_is_no_climb():
    assert behaviour.n_climbs(BOWL, run_of((100, 0), (0, 0), (1, 0))) == 0
    assert behaviour.n_climbs(BOWL, run_of((100, 0), (0, 0), (2, 0), (0, 0), (3, 0))) == 2


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_the_first_change_is_told_in_parts_of_the_loss(unit):
    assert behaviour.first_change(with_losses(unit, unit * (1 + 2e-12))) == 1
    assert behaviour.first_change(with_losses(unit, unit * (1 - 2e-12))) == -1
    assert behaviour.first_change(with_losses(unit, unit * (1 + 0.5e-12))) == 0


def test_no_digit_alike_is_the_right_order_alone():
    run = run_of((1, 1), (1, 0))
    assert (
        behaviour.ends_alike(run, run_of((1, 1), (1 + 2 * 0.9, 0)), 0) is False
    )  # the loss is 7 times as high
    assert behaviour.ends_alike(run, run_of((0, 0), (1, 0)), 15) is True


@pytest.mark.parametrize("unit", [1e-3, 1.0])
@pytest.mark.parametrize(
    ("losses", "is_fast"),
    [
        ((10, 5, *[0] * 9), False),  # half of the fall is not more than the rest
        ((10, 4, *[0] * 9), True),
        ((20000, 10000, *[10001] * 9), True),  # it rises by a part that is not seen
        ((20000, 10000, *[10002] * 9), False),
        ((10, 9, 1, *[0] * 23), True),  # of 25 steps two are the first tenth
        ((10, 9, *[0] * 17), False),  # of 18 one
        ((10, 9), False),
        ((10, 8, 7), True),
    ],
)
def test_fast_at_first(losses, is_fast, unit):
    assert behaviour.falls_fast_at_first(with_losses(*(unit * np.array(losses)))) is is_fast


def test_as_much_along_the_floor_as_along_the_wall_is_not_on_the_floor():
    assert behaviour.row_on_floor(BOWL, run_of((2, 1), (2, 1))) is None
    assert behaviour.row_on_floor(BOWL, run_of((0, 1), (2, 1), (2.5, 1), (0, 1))) == 2


@pytest.mark.parametrize(
    ("errors", "is_so"),
    [
        (((0, 5), (7, 0.5), (5, 0)), True),  # half of what was left is gone
        (((0, 5), (7, 0.5), (5, 0.5)), False),
        (((0, 5), (2, 0), (0, 0), (2, 0)), False),  # it ends where it came to the floor
        (((0, 5), (1, 0), (0, 0)), False),  # a hundredth was left
        (((0, 5), (1.25, 0), (0, 0)), True),
        (((5, 0), (2, 0), (1, 0)), False),  # it starts on the floor
    ],
)
def test_down_the_wall_first(errors, is_so):
    assert behaviour.goes_down_the_wall_first(BOWL, run_of(*errors)) is is_so


@pytest.mark.parametrize(
    ("errors", "soon", "late", "is_so"),
    [
        (((0, 5), (7, 0.5), (1, 1)), 1, 2, False),  # a tenth of what was left there still is
        (((0, 5), (7, 0.5), (2, 0.75)), 1, 2, True),
        (((0, 5), (7, 0.5), (2, 0.75)), 0, 2, False),
        (((0, 5), (7, 0.5), (2, 0.75)), 1, 9, True),
        (((0, 5), (7, 0.5), (2, 0.75), (0, 0)), 1, 9, False),
        (((0, 5), (7, 0.5), (2, 0.75), (0, 0)), 1, 2, True),
        (((0, 50), (1, 0), (1, 0)), 1, 2, False),  # what is left on the floor is not seen
        (((0, 50), (1.25, 0), (1, 0)), 1, 2, True),
        (((7, 0), (7, 0), (7, 0)), 1, 2, False),
    ],
)
def test_falls_and_crawls(errors, soon, late, is_so):
    assert behaviour.falls_and_crawls(BOWL, run_of(*errors), soon, late) is is_so


@pytest.mark.parametrize(
    ("across", "n_steps", "share", "is_so"),
    [
        ((2, -1), 1, 0.5, True),
        ((2, -1), 1, 0.501, False),
        ((1, 0), 1, 0.0, False),
        ((1, 0.5), 1, 0.5, False),
        ((1, -1, 1, 1), 2, 1.0, True),  # what comes after does not count
        ((1, -1, 1, 1), 3, 1.0, False),
        ((1, -1), 2, 1.0, False),
    ],
)
def test_jumps_to_and_fro(across, n_steps, share, is_so):
    run = run_of(*((0.5, each) for each in across))
    assert behaviour.jumps_to_and_fro(BOWL, run, n_steps, share) is is_so


@pytest.mark.parametrize(
    ("across", "is_so"),
    [
        ((1, -1, 1), False),
        ((1, -2, 4), True),
        ((1, -2, 0, 1), False),
        ((0, 1, -2), False),
        ((1, -2, -4), False),
    ],
)
def test_swings_out(across, is_so):
    assert behaviour.swings_out(BOWL, run_of(*((0.5, each) for each in across))) is is_so


@pytest.mark.parametrize(("across", "is_seen"), [(0.5e-4, False), (2e-4, True)])
def test_nothing_is_crossed_by_who_starts_on_the_floor(across, is_seen):
    run = run_of((1.0, across), (0.5, -2 * across))
    assert behaviour.swings_out(BOWL, run) is is_seen
    assert behaviour.jumps_to_and_fro(BOWL, run, 1, 0.5) is is_seen


@pytest.mark.parametrize(
    ("lengths", "is_so"),
    [
        ((100, 99), True),
        ((100, 99.5), False),
        ((10000, 1, 5), True),  # after a step that is not seen none counts
        ((10000, 2, 5), False),
        ((0, 0), False),
        ((100, 90, 90), False),
    ],
)
def test_steps_shrink(lengths, is_so):
    places = np.concatenate([[0.0], np.cumsum(lengths)])
    assert behaviour.steps_shrink(run_of(*((each, 0.0) for each in places))) is is_so


@pytest.mark.parametrize(("part", "is_so"), [(0.8e-3, True), (0.65e-3, False)])
def test_a_single_point_pulls_at_b_and_at_w(part, is_so):
    """Off the best line by part (1, -2, 1) at -1, 0 and 1: 2 part of a start whose longest is sqrt 2."""
    problem = LeastSquares([-1.0, 0.0, 1.0], part * np.array([1.0, -2.0, 1.0]))
    assert behaviour.single_points_pull(problem, [0.0, 1.0]) is is_so


@pytest.mark.parametrize(("part", "is_so"), [(1.5e-3, True), (0.9e-3, False)])
def test_without_a_bias_a_point_pulls_at_w_alone(part, is_so):
    """Off the line through the origin by part (2, 1) at -1 and 2: 2 part of a start whose longest is 4."""
    problem = LeastSquares([-1.0, 2.0], part * np.array([2.0, 1.0]), fit_bias=False)
    assert behaviour.single_points_pull(problem, [0.5]) is is_so


@pytest.mark.parametrize(
    ("shares", "is_so"),
    [
        ((0.1, 0.05, 0.5), True),  # two of three, a tenth is low
        ((0.1, 0.11, 0.5), False),
        ((0.1, 0.5), False),  # half is not most
        ((0.1, 0.1, 0.1, 0.5, 0.5), True),
    ],
)
def test_low_at_most_of_the_stable_rates_and_no_other_rate_counts(shares, is_so):
    limit = BOWL.max_stable_learning_rate
    rates = [0.0, *limit * np.arange(1, len(shares) + 1) / (len(shares) + 1), limit, 2 * limit]
    assert (
        behaviour.falls_then_stays_low(BOWL, rates, [10.0, *(10.0 * np.array(shares)), 10.0, 10.0]) is is_so
    )
