"""What a lecture about slopes refuses: a start without any, and a step beyond the valley."""

from __future__ import annotations

import numpy as np

import gdmath
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.type.notation import shortest

_LEAST_FALL = 1e-3  # of the start's loss


def refuse_flat_start(problem: gdmath.LeastSquares, run: gdmath.Trajectory) -> None:
    """Refuse a start from which the loss hardly falls when b moves alone, or w.

    Raises
    ------
    SettingError
        If it falls by less than a thousandth of what it is.
    """
    start, slopes = run.parameters[0], run.gradients[0]
    for name, at, slope, fall in zip("bw", start, slopes, problem.falls_alone(start), strict=True):
        if fall < _LEAST_FALL * run.losses[0]:
            raise SettingError(
                f"--start-{name}",
                float(at),
                f"a start from which the loss falls when {name} moves; "
                f"here its slope is {shortest(slope, 2)}",
                "give another start",
            )


def refuse_long_step(problem: gdmath.LeastSquares, run: gdmath.Trajectory, step: float) -> None:
    """Refuse a step from the start that ends as high again on the other side, along b or along w.

    Raises
    ------
    SettingError
        If it is that long.
    """
    farthest = 2 * np.abs(run.gradients[0]) / problem.curvature(np.eye(2))
    for name, longest in zip("bw", farthest, strict=True):
        if step >= longest:
            raise SettingError(
                "--first-step",
                step,
                f"below {shortest(longest, 4)}, where the loss is as high again along {name}",
                "give a shorter step",
            )
