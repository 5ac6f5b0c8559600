"""Optimisers of `torch.optim` by name, and a descent by any of them; only then is torch imported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy.typing as npt

from gdmath.descent import descend
from gdmath.objectives import LeastSquares
from gdmath.trajectory import Trajectory


@dataclass(frozen=True)
class Optimizer:
    """An optimiser as it is asked for.

    Parameters
    ----------
    kind
        Its class in `torch.optim`.
    title
        What it is called.
    options
        What the class is given beside the parameters and the rate; all else is as torch has it.
    """

    kind: str
    title: str
    options: Mapping[str, Any] = field(default_factory=dict)


OPTIMIZERS: Final[Mapping[str, Optimizer]] = {
    "sgd": Optimizer("SGD", "SGD"),
    "momentum": Optimizer("SGD", "Momentum", {"momentum": 0.9}),
    "nesterov": Optimizer("SGD", "Nesterov", {"momentum": 0.9, "nesterov": True}),
    "adagrad": Optimizer("Adagrad", "Adagrad"),
    "rmsprop": Optimizer("RMSprop", "RMSprop"),
    "adam": Optimizer("Adam", "Adam"),
    "adamw": Optimizer("AdamW", "AdamW"),
}
"""Optimisers by the names that they are asked for by."""


def descend_by(
    problem: LeastSquares,
    start: npt.ArrayLike,
    learning_rate: float,
    n_steps: int,
    optimizer: str | None = None,
) -> Trajectory:
    """Descend on all rows at once by an optimiser's name, or without one by plain gradient descent.

    Parameters
    ----------
    problem, start, learning_rate, n_steps
        As in `gdmath.descend`.
    optimizer
        A name of `OPTIMIZERS`, whose run is `gdmath.torch_loops.optimizer_loop`; None is `gdmath.descend`,
        which needs no torch.

    Raises
    ------
    ValueError
        When an argument is out of range, or there is no such optimiser.
    ModuleNotFoundError
        When one is asked for and there is no torch.

    Examples
    --------
    >>> from gdmath import preset
    >>> dataset = preset("chapter-0")
    >>> runs = [descend_by(dataset.problem(), dataset.start, 0.1, 100, name) for name in (None, "adam")]
    >>> [f"{run.method}: {run.losses[-1]:.4f}" for run in runs]
    ['gradient descent: 0.0177', 'Adam: 0.0083']
    """
    if optimizer is None:
        return descend(problem, start, learning_rate, n_steps)
    from gdmath.torch_loops import optimizer_loop

    return optimizer_loop(problem, start, learning_rate, n_steps, optimizer=optimizer)
