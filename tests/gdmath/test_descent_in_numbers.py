"""How many steps are needed and how a run ends, where each step keeps a part of the error that is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gdmath import (
    LeastSquares,
    Outcome,
    batches,
    descend,
    losses_after,
    paths_at,
    steps_needed,
    steps_to_within,
)
from gdmath.descent import out_of_steps

PARABOLA = LeastSquares([1.0, -1.0], [4.0, -2.0], fit_bias=False)
"""L = (w - 3)^2 + 1: a step keeps the part 1 - 2 rate of the error."""
BOWL = LeastSquares([-2.0, -2.0, 2.0, 2.0], np.array([-3.0, -3.0, 5.0, 5.0]) + np.array([1, -1, 1, -1]))
"""L = (b - 1)^2 + 4 (w - 2)^2 + 1."""


class TestStepsNeeded:
    @pytest.mark.parametrize("rate", [0.25, 0.75])  # half of the error is kept, on the same side or across
    @pytest.mark.parametrize(
        ("fraction", "steps"), [(16.0, 0), (15.9, 1), (4.1, 1), (3.9, 2), (0.26, 3), (0.24, 4), (1e-6, 12)]
    )
    def test_from_16_above_the_minimum_a_quarter_is_left_of_each_step(self, rate, fraction, steps):
        assert steps_needed(PARABOLA, [7.0], rate, fraction) == steps

    def test_a_hundredth_unless_told(self):
        assert steps_needed(PARABOLA, [7.0], 0.25) == 6  # 16 / 4^6 = 0.004
        assert steps_needed(PARABOLA, [7.0], 0.5) == 1
        assert steps_to_within(descend(PARABOLA, [7.0], 0.25, 9), 1.0) == 6

    @pytest.mark.parametrize(
        ("start", "fraction"), [((4.0, 4.0), 0.1), ((1.5, 2.5), 0.01), ((1.0, 9.0), 1.0)]
    )
    def test_both_axes_add_up(self, start, fraction):
        """At 0.2 a step keeps 1 - 0.4 and 1 - 1.6 of the errors: 0.36 of what each adds to the loss."""
        height = (start[0] - 1) ** 2 + 4 * (start[1] - 2) ** 2
        steps = math.ceil(math.log(fraction / height) / math.log(0.36))
        assert steps_needed(BOWL, start, 0.2, fraction) == steps

    @pytest.mark.parametrize("rate", [1.0, 1.5])
    def test_none_from_the_limit_on(self, rate):
        assert steps_needed(PARABOLA, [7.0], rate) is None

    def test_up_to_ten_to_the_fifteenth_are_told_apart(self):
        """Of a small rate r, ln(16 / f) / (4 r)."""
        steps = steps_needed(PARABOLA, [7.0], 1.05e-15, 0.25)
        assert steps == pytest.approx(math.log(64) / 4.2e-15, rel=1e-9)
        assert 0.9e15 < steps < 1e15
        assert steps_needed(PARABOLA, [7.0], 1.03e-15, 0.25) is None

    def test_a_minimum_that_is_rounding_is_never_near(self):
        through_all = LeastSquares([1.0, -1.0], [3.0, -3.0], fit_bias=False)
        assert steps_needed(through_all, [4.0], 0.25) is None
        off = 1.2e-10  # its square is below 1e-20 of 1, the height of the start, and 9, the loss at zero
        nearly = LeastSquares([1.0, -1.0], [3.0 + off, -3.0 + off], fit_bias=False)
        assert steps_needed(nearly, [4.0], 0.25) is None
        off = 1e-9
        seen = LeastSquares([1.0, -1.0], [3.0 + off, -3.0 + off], fit_bias=False)
        assert steps_needed(seen, [4.0], 0.25) == math.ceil(math.log(1e20) / math.log(4))


class TestEnds:
    STEEP = LeastSquares([1.0], [0.0], fit_bias=False)
    """L = w^2, whose limit is 1."""

    @pytest.mark.parametrize(
        ("rate", "losses", "outcome"),
        [
            (1.5, (5, 1, 2), Outcome.DIVERGED),
            (1.5, (1, 5, 2), Outcome.OUT_OF_STEPS),
            (1.5, (5, 2, 2), Outcome.OUT_OF_STEPS),
            (0.5, (5, 1, 2), Outcome.OUT_OF_STEPS),
            (1.0, (5, 1, 2), Outcome.OSCILLATES),
            (None, (5, 1, 2), Outcome.OUT_OF_STEPS),
        ],
    )
    def test_beyond_the_limit_what_the_last_step_does_decides(self, rate, losses, outcome):
        rows = np.array([[3.0], [1.0], [2.0]])
        assert out_of_steps(self.STEEP, rows, np.array(losses, dtype=float), rate) is outcome

    def test_who_comes_back_has_not_stood_still(self):
        losses = np.array([1.0, 4.0, 1.0])
        assert out_of_steps(self.STEEP, np.array([[1.0], [2.0], [1.0]]), losses, 0.5) is Outcome.OUT_OF_STEPS
        assert out_of_steps(self.STEEP, np.ones((3, 1)), losses, 0.5) is Outcome.STOOD_STILL

    @pytest.mark.parametrize("tolerance", [math.inf, -1.0])
    def test_refuses_a_tolerance(self, tolerance):
        with pytest.raises(ValueError, match="tolerance: got"):
            descend(self.STEEP, [1.0], 0.1, 3, tolerance=tolerance)

    def test_a_million_steps_and_not_one_more(self):
        assert descend(self.STEEP, [1.0], 0.1, 10**6, tolerance=3.0).n_steps == 0
        for call in (
            lambda: descend(self.STEEP, [1.0], 0.1, 10**6 + 1),
            lambda: batches(5, 2, 10**6 + 1, shuffle=False),
            lambda: batches(5, 2, 0, shuffle=False),
        ):
            with pytest.raises(ValueError, match="allowed a whole number from 1 to 1000000"):
                call()

    def test_seeds_are_those_of_63_bits(self):
        assert len(batches(5, 2, 1, seed=2**63 - 1)) == 1
        assert len(batches(5, 5, 1, seed=0)[0]) == 5
        with pytest.raises(ValueError, match="seed: got"):
            batches(5, 2, 1, seed=2**63)


def test_what_is_left_in_closed_form_is_the_power_of_what_a_step_keeps():
    rates = [0.0, 0.1, 0.2, 0.25]
    left = [9 * (1 - 2 * r) ** 6 + 4 * 4 * (1 - 8 * r) ** 6 + 1 for r in rates]
    np.testing.assert_allclose(losses_after(BOWL, [4.0, 4.0], rates, 3), left)
    paths = paths_at(BOWL, [4.0, 4.0], rates, 3)
    assert paths.shape == (4, 4, 2)
    for rate, path in zip(rates, paths, strict=True):
        k = np.arange(4)
        np.testing.assert_allclose(path[:, 0], 1 + 3 * (1 - 2 * rate) ** k)
        np.testing.assert_allclose(path[:, 1], 2 + 2 * (1 - 8 * rate) ** k, atol=1e-12)
