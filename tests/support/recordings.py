"""Recorded runs whose every number has a closed form: descent on a sum of squares, seen on a plane."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import gdmath
from gdmath import LossGrid, OptimizerFacts, PlaneSurface, RecordedRun
from gdmath.planes import parameter_plane, path_plane, plane_window, random_plane

ADAMW = OptimizerFacts("AdamW", ({"lr": 0.1, "weight_decay": 0.01}, {"lr": 0.1, "weight_decay": 0.0}))


def squares(parameters: np.ndarray, curvatures: np.ndarray, least: float) -> np.ndarray:
    """The loss: half the curvatures' sum over the squares of the parameters (..., P), and a constant."""
    return 0.5 * (np.asarray(parameters, dtype=float) ** 2 @ curvatures) + least


def recorded(
    n_parameters: int = 6,
    n_steps: int = 60,
    *,
    rate: float = 0.1,
    noise: float = 0.0,
    every: int = 1,
    plane: Any = "path",
    least: float = 0.2,
    nodes: int = 21,
    steep: float = 4.0,
    **changes: Any,
) -> RecordedRun:
    """A run of descent with noisy gradients, one row after so many steps, with its plane."""
    rng = np.random.default_rng(5)
    curvatures = np.geomspace(steep, 0.5, n_parameters)
    rows = [rng.normal(size=n_parameters)]
    for _ in range(n_steps * every):
        rows.append(rows[-1] - rate * (curvatures * rows[-1] + noise * rng.normal(size=n_parameters)))
    parameters = np.array(rows[::every])
    losses = squares(parameters, curvatures, least)
    shapes = {"weight": (n_parameters,)}
    if plane == "path":
        seen = path_plane(parameters)
    elif plane == "random":
        seen = random_plane(parameters[-1], [(n_parameters,)], 0)
    else:
        seen = parameter_plane(plane, parameters[-1], shapes)
    places = seen.coordinates(parameters)
    window = plane_window(seen, places, losses)
    x, y = np.linspace(window.b_min, window.b_max, nodes), np.linspace(window.w_min, window.w_max, nodes)
    grid = LossGrid(x, y, squares(seen.point(np.stack(np.meshgrid(x, y), axis=-1)), curvatures, least))
    row_losses = losses if seen.holds_every_point else squares(seen.point(places), curvatures, least)
    fields: dict[str, Any] = {
        "parameters": parameters,
        "losses": losses,
        "gradients": curvatures * parameters[:-1],
        "learning_rates": np.full(len(parameters) - 1, rate),
        "stepped_by": np.zeros(len(parameters) - 1, int),
        "steps": every * np.arange(len(parameters)),
        "shapes": shapes,
        "optimizers": (OptimizerFacts("SGD", ({"lr": rate},)),),
        "every": every,
        "surfaces": (PlaneSurface(plane=seen, grid=grid, row_losses=row_losses),),
    }
    return RecordedRun(**(fields | changes))


RECORDED: dict[str, dict[str, Any]] = {
    "path": {},
    "whole": {"n_parameters": 2, "plane": ("weight[0]", "weight[1]")},
    "two of many": {"n_parameters": 9, "plane": (0, 8), "noise": 0.5},
    "random": {"n_parameters": 12, "plane": "random"},
    "zigzag": {"n_parameters": 4, "n_steps": 30, "rate": 0.49, "least": 0.0},
    "climbs": {"n_parameters": 4, "n_steps": 12, "rate": 0.56},
    "noisy": {"n_parameters": 30, "n_steps": 300, "noise": 3.0},
    "by decades": {"n_parameters": 8, "n_steps": 400, "least": 1e-5},
    "three rows": {"n_parameters": 5, "n_steps": 2},
    "twenty steps": {"n_parameters": 5, "n_steps": 20},
    "long": {"n_parameters": 3, "n_steps": 2500, "every": 40, "noise": 0.4, "rate": 0.02},
    "straight": {"n_parameters": 5, "n_steps": 40, "steep": 0.5},
    "wanders": {"n_parameters": 9, "n_steps": 30, "noise": 0.2},
    "partial": {"n_steps": 20, "partial": "stopped after step 20 by KeyError"},
    "large losses": {"n_steps": 40, "least": 3e5},
    "weight decay": {"n_steps": 20, "optimizers": (ADAMW,)},
    "no loss in the end": {"n_steps": 4000, "every": 4, "least": 0.0},
}
"""Runs of every kind that a film tells otherwise, by name."""


@cache
def projection(name: str) -> gdmath.ProjectedRun:
    """One of these runs, in its plane."""
    return gdmath.project(recorded(**RECORDED[name]), name)
