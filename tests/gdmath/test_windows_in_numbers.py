"""Windows whose bounds are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gdmath import LeastSquares, Window, window_below


@pytest.mark.parametrize(
    ("low", "high", "rounded"),
    [
        (0.5, 12.5, (0, 13)),  # of 12 a twelfth is 1
        (0.5, 13.0, (0, 14)),  # of 12.5 it is more: steps of 2
        (1.0, 41.0, (0, 45)),  # of 40 steps of 5
        (1.0, 71.0, (0, 80)),  # of 70 steps of 10
        (-0.33, 0.61, (-0.4, 0.7)),  # of 0.94 steps of 0.1
        (-0.033, 0.061, (-0.04, 0.07)),
        (-330.0, 610.0, (-400, 700)),
        (1.0, 2.0, (1, 2)),
    ],
)
def test_rounded_to_steps_of_1_2_or_5(low, high, rounded):
    window = Window(low, high, low - 100 * (high - low), high)
    assert (window.rounded().b_min, window.rounded().b_max) == rounded
    turned = Window(low - 100 * (high - low), high, low, high)
    assert (turned.rounded().w_min, turned.rounded().w_max) == rounded


def test_a_point_near_zero_is_shown_in_parts_of_its_own_size():
    assert Window.around([[0.5, -0.25]], room=0.0).size == pytest.approx([0.5e-6, 0.25e-6])


def test_twice_as_large_is_root_two_as_large_halfway():
    one, other = Window(0.0, 1.0, 0.0, 4.0), Window(10.0, 12.0, 5.0, 7.0)
    halfway = one.between(other, 0.5)
    assert halfway.size == pytest.approx([math.sqrt(2), math.sqrt(8)])
    # the edges have gone (sqrt 2 - 1) / (2 - 1) of the way, and (1 - sqrt 1/2) / (1 - 1/2)
    ways = np.array([math.sqrt(2) - 1, (1 - math.sqrt(0.5)) / 0.5])
    assert halfway.low == pytest.approx(ways * [10.0, 5.0])


def test_the_room_along_each_way():
    window = Window(-1.0, 3.0, 10.0, 30.0)
    for way, room in {(1, 0): 2.5, (-1, 0): 1.5, (0, 1): 18, (0, -1): 2, (0.5, 1): 5, (-1, -2): 1}.items():
        assert window.room_along([0.5, 12.0], way) == pytest.approx(room)


def test_what_is_below_a_level_has_a_fiftieth_of_room_unless_told():
    problem = LeastSquares([-2.0, 2.0], [-3.0, 5.0])  # L = (b - 1)^2 + 4 (w - 2)^2
    window = window_below(problem, 0.04)
    assert window.low == pytest.approx([1 - 0.2 - 0.02 * 0.4, 2 - 0.1 - 0.02 * 0.2])
    assert window.high == pytest.approx([1 + 0.2 + 0.02 * 0.4, 2 + 0.1 + 0.02 * 0.2])


def test_below_a_level_in_a_slanted_valley():
    """x = 1, 2: H = [[2, 3], [3, 5]], H^-1 = [[5, -3], [-3, 2]]: p* +- sqrt(2 rise (5, 2))."""
    problem = LeastSquares([1.0, 2.0], [3.0, 7.0])
    window = window_below(problem, 0.5, room=0.0)
    half = np.sqrt(2 * 0.5 * np.array([5.0, 2.0]))
    assert window.low == pytest.approx(np.array([-1.0, 4.0]) - half)
    assert window.high == pytest.approx(np.array([-1.0, 4.0]) + half)


@pytest.mark.parametrize("moved", [(-0.1, 0), (1.1, 0), (0, -0.1), (0, 1.1)])
def test_a_point_beyond_one_edge_alone_is_not_inside(moved):
    window = Window(0.0, 1.0, 0.0, 1.0)
    inside = np.array([0.5, 0.5])
    beyond = np.where(np.array(moved) == 0, inside, moved)
    assert window.contains([inside, beyond]).tolist() == [True, False]


def test_on_an_edge_is_inside():
    window = Window(0.0, 1.0, 2.0, 3.0)
    assert window.contains([[0.0, 2.5], [1.0, 2.5], [0.5, 2.0], [0.5, 3.0]]).all()
