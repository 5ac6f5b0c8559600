"""How a run behaves, on runs whose errors are known in closed form: on both sides of every definition."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gdmath import LeastSquares, Outcome, Trajectory, behaviour, descend

BEST = np.array([1.0, 2.0])


def valley(steepness: float) -> LeastSquares:
    """A bowl whose axes are those of b and w, w so many times as steep: curvatures 2 and 2 x steepness."""
    x = np.sqrt(steepness) * np.array([-1.0, 1.0])
    return LeastSquares(x, BEST[0] + BEST[1] * x)


def walk(problem: LeastSquares, start: tuple[float, float], rate: float, n_steps: int) -> Trajectory:
    """A run from so far beside the minimizer: after k steps of it are left (1 - rate curvature)^k."""
    return descend(problem, BEST + start, rate, n_steps)


def with_losses(*losses: float) -> Trajectory:
    rows = np.zeros((len(losses), 2))
    return Trajectory(
        parameters=rows,
        losses=np.array(losses),
        gradients=rows,
        learning_rate=0.1,
        outcome=Outcome.OUT_OF_STEPS,
    )


def test_errors_and_rises_are_those_along_the_axes():
    problem = valley(9.0)
    parameters = BEST + np.array([[0.5, 0.0], [0.0, -2.0], [0.5, -2.0]])
    np.testing.assert_allclose(np.abs(problem.errors(parameters)), [[0.5, 0], [0, 2], [0.5, 2]], atol=1e-12)
    np.testing.assert_allclose(problem.rises(parameters), [[0.25, 0], [0, 36], [0.25, 36]], atol=1e-12)


def test_rises_add_up_to_the_loss_above_its_minimum():
    problem = LeastSquares([0.1, 0.5, 0.9, 0.4], [1.0, 2.2, 2.7, 1.9])
    parameters = [[0.3, 0.2], [5.0, -7.0]]
    above = problem.loss(parameters) - problem.minimum
    np.testing.assert_allclose(problem.rises(parameters).sum(axis=-1), above)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_mean_is_the_line_of_who_knows_no_x(reduction):
    problem = LeastSquares([0.1, 0.5, 0.9], [1.0, 2.2, 2.7], reduction=reduction)
    levels = np.stack([np.linspace(0, 4, 4001), np.zeros(4001)], axis=1)
    assert problem.mean_loss == pytest.approx(problem.loss(levels).min(), abs=1e-6)


@pytest.mark.parametrize(("off", "is_alike"), [(0.0, True), (0.9e-12, True), (1.1e-12, False)])
@pytest.mark.parametrize("part", ["bias", "weight", "loss"])
def test_runs_end_alike_if_each_number_agrees_in_so_many_digits(part, off, is_alike):
    run = walk(valley(4.0), (2.0, 3.0), 0.01, 5)
    parameters, losses = run.parameters.copy(), run.losses.copy()
    if part == "loss":
        losses[-1] *= 1 + off
    else:
        parameters[-1, ("bias", "weight").index(part)] *= 1 + off
    other = dataclasses.replace(run, parameters=parameters, losses=losses)
    assert behaviour.ends_alike(run, other, 12) == is_alike
    assert behaviour.ends_alike(run, other, 11)


def test_excess_left_is_the_square_of_what_each_step_keeps():
    run = walk(valley(4.0), (0.0, 3.0), 0.1, 5)
    np.testing.assert_allclose(behaviour.excess_left(valley(4.0), run), 0.2 ** (2 * np.arange(6)), atol=1e-12)


def test_nothing_is_left_of_no_excess():
    assert (behaviour.excess_left(valley(4.0), walk(valley(4.0), (0, 0), 0.1, 3)) == 0).all()


@pytest.mark.parametrize(
    ("losses", "change"), [((2, 1.9), -1), ((2, 2 + 1e-15), 0), ((2, 2.1), 1), ((2,), 0)]
)
def test_the_first_change(losses, change):
    assert behaviour.first_change(with_losses(*losses)) == change


@pytest.mark.parametrize(("rate", "descends"), [(0.1, True), (0.49, True), (0.51, False), (1e-18, False)])
def test_a_run_descends_below_the_limit(rate, descends):
    assert behaviour.descends(valley(2.0), walk(valley(2.0), (0.0, 1.0), rate, 40)) is descends


def test_what_is_not_seen_need_not_descend():
    """At its minimum a run moves by rounding only."""
    run = walk(valley(2.0), (1.0, 1.0), 0.3, 500)
    assert (np.diff(run.losses) >= 0).any()
    assert behaviour.descends(valley(2.0), run)


@pytest.mark.parametrize(
    ("losses", "is_fast"),
    [
        ((10, 4, *[3] * 9), True),
        ((10, 7, *[3] * 9), False),
        (np.linspace(10, 1, 21), False),
        ((10, 10, *[10] * 9), False),
        ((10, 12, *[9] * 9), False),
        ((10, 4, *[8] * 9), False),
        ((10, 4), False),
    ],
)
def test_fast_at_first_is_more_than_half_of_the_fall_in_a_tenth_of_the_steps(losses, is_fast):
    assert behaviour.falls_fast_at_first(with_losses(*losses)) is is_fast


def test_the_floor_is_where_the_flat_axis_has_more_of_the_excess():
    problem, run = valley(4.0), walk(valley(4.0), (1.0, 3.0), 0.1, 20)
    assert behaviour.row_on_floor(problem, run) == next(
        k for k in range(9) if 36 * 0.2 ** (2 * k) < 0.8 ** (2 * k)
    )
    assert behaviour.row_on_floor(problem, walk(problem, (1.0, 0.1), 0.1, 5)) == 0
    assert behaviour.row_on_floor(problem, walk(problem, (1.0, 2.0), 1e-3, 5)) is None


@pytest.mark.parametrize(
    ("steepness", "start", "rate", "n_steps", "is_so"),
    [
        (16.0, (2.0, 1.0), 0.03, 100, True),
        (16.0, (2.0, 1.0), 0.03, 5, False),  # it has only come to the floor
        (16.0, (0.1, 1.0), 0.03, 100, False),  # hardly anything is left there
        (16.0, (9.0, 1.0), 0.03, 100, False),  # it starts on the floor
        (16.0, (2.0, 1.0), 1e-4, 100, False),  # it stays on the wall
        (3.9, (1.5, 1.0), 0.12, 100, False),  # the bowl is no valley
    ],
)
def test_down_the_wall_and_then_along_the_floor(steepness, start, rate, n_steps, is_so):
    problem = valley(steepness)
    run = walk(problem, start, rate, n_steps)
    assert behaviour.goes_down_the_wall_first(problem, run) is is_so


@pytest.mark.parametrize(
    ("start", "rate", "is_so"),
    [
        ((2.0, 1.0), 0.004, True),
        ((2.0, 1.0), 1e-4, False),  # not soon
        ((50.0, 1.0), 0.004, False),  # on the floor from the start
        ((0.01, 1.0), 0.0045, False),  # nothing of it is left to be seen there
    ],
)
def test_falls_and_crawls(start, rate, is_so):
    problem = valley(100.0)
    assert behaviour.falls_and_crawls(problem, walk(problem, start, rate, 200), soon=5, late=100) is is_so


def test_who_has_come_along_the_floor_does_not_crawl():
    problem = valley(100.0)
    run = walk(problem, (2.0, 1.0), 0.004, 800)
    assert behaviour.falls_and_crawls(problem, run, soon=5, late=100)
    assert not behaviour.falls_and_crawls(problem, run, soon=5, late=400)


@pytest.mark.parametrize(("kept", "is_so"), [(-0.9, True), (-0.8, False), (0.9, False), (-1.1, True)])
def test_jumping_to_and_fro_keeps_a_share_of_the_error(kept, is_so):
    """0.9^4 is above a half and 0.8^4 below."""
    problem = valley(2.0)
    run = walk(problem, (0.3, 1.0), (1 - kept) / 4, 4)
    assert behaviour.jumps_to_and_fro(problem, run, 4, 0.5) is is_so
    assert not behaviour.jumps_to_and_fro(problem, run, 5, 0.5)  # it has no fifth step


@pytest.mark.parametrize(("kept", "is_so"), [(-1.01, True), (-0.99, False), (1.01, False)])
def test_swinging_out_is_beyond_the_limit(kept, is_so):
    problem = valley(2.0)
    errors = kept ** np.arange(6.0)
    rows = BEST + np.stack([np.zeros(6), errors], axis=1)
    run = Trajectory(
        parameters=rows,
        losses=problem.loss(rows),
        gradients=problem.gradient(rows),
        learning_rate=0.1,
        outcome=Outcome.OUT_OF_STEPS,
    )
    assert behaviour.swings_out(problem, run) is is_so


def test_on_the_floor_nothing_swings():
    assert not behaviour.swings_out(valley(2.0), walk(valley(2.0), (1.0, 0.0), 0.6, 5))


@pytest.mark.parametrize(("kept", "is_so"), [(0.98, True), (-0.98, True), (0.995, False), (-1.0, False)])
def test_steps_shrink_by_a_hundredth(kept, is_so):
    problem = valley(2.0)
    assert behaviour.steps_shrink(walk(problem, (0.0, 1.0), (1 - kept) / 4, 30)) is is_so


def test_steps_that_are_not_seen_need_not_shrink():
    run = walk(valley(2.0), (0.0, 1.0), 0.1, 400)
    assert (np.diff(run.parameters, axis=0)[-1] == 0).all()
    assert behaviour.steps_shrink(run)


@pytest.mark.parametrize(
    ("noise", "is_so"), [(0.0, False), (1e-4, False), (0.05, True)], ids=["on a line", "nearly", "off it"]
)
def test_single_points_pull_unless_the_line_passes_through_them(noise, is_so):
    """Of the longest gradient of a point, 2 |e| sqrt(1 + x^2), more than a thousandth is left."""
    x = np.array([-1.0, -0.4, 0.3, 1.2])
    problem = LeastSquares(x, 1 + 2 * x + noise * np.array([1, -1, 1, -1]))
    assert behaviour.single_points_pull(problem, [0.0, 0.0]) is is_so
    steps = [
        max(np.linalg.norm(problem.gradient(p, np.array([k]))) for k in range(4))
        for p in (problem.minimizer, np.zeros(2))
    ]
    assert bool(steps[0] > 1e-3 * steps[1]) is is_so


@pytest.mark.parametrize(
    ("degrees", "opening"),
    [([10, 30, 55], 45), ([350, 5], 15), ([0, 120, 240], 240), ([0, 90, 180, 270], 270), ([7], 0), ([], 0)],
)
def test_ways_open_as_far_as_the_narrowest_sector_that_holds_them(degrees, opening):
    radians = np.deg2rad(np.array(degrees, dtype=float))
    lengths = np.arange(1.0, len(degrees) + 1)
    ways = lengths[:, None] * np.stack([np.cos(radians), np.sin(radians)], axis=1)
    points = BEST + np.vstack([ways, [0.0, 0.0]])  # the last lies nowhere
    assert behaviour.opening_angle(points, BEST) == pytest.approx(opening, abs=1e-9)


@pytest.mark.parametrize(("start", "is_so"), [((1.0, 1.0), True), ((30.0, 1.0), False)])
def test_low_at_most_rates(start, is_so):
    """Along the floor 50 steps of a rate below 1/100 of its limit take off little."""
    problem = valley(100.0)
    rates = np.linspace(0, 0.012, 500)
    kept = (1 - rates[:, None] * problem.eigenvalues) ** 100
    losses = 0.5 * (kept * problem.eigenvalues * np.square(start)).sum(axis=1)
    assert behaviour.falls_then_stays_low(problem, rates, losses) is is_so


def test_climbs_are_counted_where_more_than_rounding_is_left():
    problem = valley(1.0)
    assert behaviour.n_climbs(problem, walk(problem, (1.0, 0.0), 0.4, 5)) == 0
    assert behaviour.n_climbs(problem, walk(problem, (1.0, 0.0), 1.1, 5)) == 5


def test_nearly_done_is_the_first_row_after_which_no_more_is_left():
    """Of the excess 0.6^2k is left: 0.6^8 is 0.017, 0.6^10 is 0.006."""
    problem = valley(1.0)
    run = walk(problem, (1.0, 0.0), 0.2, 20)
    assert behaviour.NEARLY_DONE == 0.01
    assert behaviour.row_nearly_done(problem, run) == 5
    assert behaviour.row_nearly_done(problem, walk(problem, (1.0, 0.0), 0.2, 4)) is None


def test_distances_of_points_are_those_of_their_corners():
    points = [[4.0, 4.0], [1.0, 1.0]]
    assert behaviour.mean_distance(points, about=[1.0, 0.0]) == 3.0
    assert behaviour.spread(points, about=[1.0, 0.0]) == pytest.approx(13**0.5)
    assert behaviour.spread(points) == pytest.approx(4.5**0.5)
