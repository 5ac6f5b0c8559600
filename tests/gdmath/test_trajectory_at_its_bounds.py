"""Records that are just allowed, and just not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gdmath import Outcome, Trajectory, load_trajectory, steps_to_within


def path(rows: int = 3, p: int = 2, **changes: object) -> Trajectory:
    fields = {
        "parameters": np.arange(float(rows * p)).reshape(rows, p),
        "losses": np.arange(float(rows)),
        "gradients": np.ones((rows, p)),
        "learning_rate": 2.0,
        "outcome": Outcome.OUT_OF_STEPS,
    }
    return Trajectory(**(fields | changes))


@pytest.mark.parametrize(
    ("allowed", "refused", "message"),
    [
        ({"p": 64}, {"p": 65}, "parameters: got 65 columns; allowed 1 to 64"),
        ({"method": "a" * 200}, {"method": "a" * 201}, "method: got"),
        ({"method": "a"}, {"method": ""}, "method: got"),
        ({"batch_size": 1}, {"batch_size": 0}, "batch_size: got 0"),
        ({"learning_rate": 1e-300}, {"learning_rate": -1e-300}, "learning_rate: got"),
        ({"learning_rate": 1e300}, {"learning_rate": math.inf}, "learning_rate: got"),
        ({"epoch_starts": [0, 1]}, {"epoch_starts": [0, 1, 1]}, "epoch_starts: got rows out of order"),
        ({"epoch_starts": [0, 2]}, {"epoch_starts": [1, 2]}, "epoch_starts: got rows out of order"),
        ({"rows": 1}, {"gradients": np.ones((2, 2))}, "losses, gradients: got shapes"),
    ],
)
def test_a_bound_is_allowed_and_what_is_beyond_it_is_not(allowed, refused, message, tmp_path):
    run = path(**allowed)
    run.save(tmp_path / "run")
    again = load_trajectory(tmp_path / "run")
    for name in ("parameters", "losses", "gradients", "epoch_starts"):
        assert np.array_equal(getattr(again, name), getattr(run, name))
    for name in ("learning_rate", "outcome", "batch_size", "method"):
        assert getattr(again, name) == getattr(run, name)
    with pytest.raises(ValueError, match=message):
        path(**refused)


def test_its_beginning_keeps_what_belongs_to_it():
    begun = path(rows=6, epoch_starts=[0, 2, 4]).up_to(2)
    assert begun.parameters.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert begun.losses.tolist() == [0, 1, 2]
    assert begun.gradients.shape == (3, 2)
    assert begun.epoch_starts.tolist() == [0, 2]
    whole = path(rows=3, outcome=Outcome.DIVERGED)
    assert whole.up_to(2) is whole
    assert whole.up_to(1).outcome is Outcome.OUT_OF_STEPS


def test_epochs_by_the_points_that_were_met():
    run = path(rows=6, batch_size=4, epoch_starts=[0, 3])
    assert run.epochs_passed(10).tolist() == [0, 0.4, 0.8, 1, 1.4, 1.8]


@pytest.mark.parametrize(("fraction", "row"), [(1.0, 2), (0.99, None), (2.0, 1), (3.0, 0)])
def test_the_first_row_that_is_as_low(fraction, row):
    assert steps_to_within(path(losses=[8.0, 6.0, 4.0]), 2.0, fraction) == row


def test_within_a_hundredth_unless_told():
    assert steps_to_within(path(losses=[102.0, 101.0, 100.0]), 100.0) == 1
