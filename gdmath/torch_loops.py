"""The same descents as PyTorch makes them: by hand in NumPy, autograd, torch.optim, nn.Linear.

Each loop reads as a textbook's does, the five steps in order, and gives a `Trajectory`. The arrays of
the record are float64; of a float32 run they hold the exact float32 values.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gdmath.arrays import FloatArray
from gdmath.datasets import Dtype
from gdmath.descent import (
    checked_learning_rate,
    checked_n_steps,
    checked_start,
    out_of_steps,
    start_beyond_float64,
)
from gdmath.objectives import BIAS, WEIGHT, LeastSquares
from gdmath.optimizers import OPTIMIZERS
from gdmath.trajectory import Outcome, Trajectory

try:
    import torch as torch
    from torch import nn as nn
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ModuleNotFoundError(
        "torch: got no such package; allowed 2.13 or newer; fix: pip install 'torch>=2.13'",
        name="torch",
    ) from None

_DTYPES: Final = {"float64": torch.float64, "float32": torch.float32}


def hand_loop(
    problem: LeastSquares,
    start: npt.ArrayLike,
    learning_rate: float,
    n_steps: int,
    dtype: Dtype = "float64",
) -> Trajectory:
    """Descend with the gradient written out, in NumPy and in one floating type from end to end.

        e = yhat - y,    dL/dp = mean(2 dyhat/dp e)    or the sum

    What the other loops hand over to torch step by step. In float64 its rows are those of
    `gdmath.descend` but for rounding. Parameters are those of `autograd_loop`.

    Notes
    -----
    Source: Godoy, *Deep Learning with PyTorch Step-by-Step*, chapter 1, "Linear Regression in NumPy".

    Examples
    --------
    >>> from gdmath import preset
    >>> dataset = preset("one-weight")
    >>> run = hand_loop(dataset.problem(), dataset.start, 0.01, 20, dtype="float32")
    >>> [f"{w:.3f}" for w in run.parameters[1:6:2, 0]], f"{run.losses[2]:.8f}"
    (['0.300', '0.772', '1.113'], '15.66018772')
    """
    learning_rate = checked_learning_rate(learning_rate)
    # Typed as torch types them: a rate is a scalar of the parameters' own type.
    x, y, parameters = (
        _copied(a, dtype).numpy() for a in (problem.x, problem.y, checked_start(problem, start))
    )
    reduce = np.mean if problem.reduction == "mean" else np.sum
    columns = [np.ones_like(x), x] if problem.fit_bias else [x]
    recording = _Recording()
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(checked_n_steps(n_steps) + 1):
            error = _line(parameters, x) - y
            loss = reduce(error**2)
            gradients = np.array([reduce(2 * column * error) for column in columns])
            if not recording.add_values(parameters.tolist(), gradients.tolist(), float(loss)):
                break
            parameters = parameters - x.dtype.type(learning_rate) * gradients
    return recording.trajectory(problem, learning_rate, "gradient descent, by hand", is_plain=True)


def autograd_loop(
    problem: LeastSquares,
    start: npt.ArrayLike,
    learning_rate: float,
    n_steps: int,
    dtype: Dtype = "float64",
) -> Trajectory:
    """Descend with PyTorch's gradients and the update written out.

    Parameters
    ----------
    problem, start, learning_rate, n_steps
        As in `gdmath.descend`.
    dtype
        The floating type of data, parameters and loss.

    Notes
    -----
    Source: Godoy, *Deep Learning with PyTorch Step-by-Step*, chapter 1, "Autograd".
    """
    learning_rate = checked_learning_rate(learning_rate)
    x, y = _tensors(problem, dtype)
    parameters = _parameters(problem, start, dtype)
    recording = _Recording()
    for _ in range(checked_n_steps(n_steps) + 1):
        prediction = _line(parameters, x)
        loss = _squared_error(problem, prediction, y)
        loss.backward()  # type: ignore[no-untyped-call]
        if not recording.add(parameters, loss):
            break
        with torch.no_grad():
            for parameter in parameters:
                assert parameter.grad is not None
                parameter -= learning_rate * parameter.grad
        for parameter in parameters:
            parameter.grad = None
    return recording.trajectory(problem, learning_rate, "gradient descent, autograd", is_plain=True)


def sgd_loop(
    problem: LeastSquares,
    start: npt.ArrayLike,
    learning_rate: float,
    n_steps: int,
    dtype: Dtype = "float64",
) -> Trajectory:
    """Descend with `torch.optim.SGD`, which on all rows at once is plain gradient descent.

    Parameters are those of `autograd_loop`.

    Notes
    -----
    Source: Godoy, *Deep Learning with PyTorch Step-by-Step*, chapter 1, "Optimizer".
    """
    learning_rate = checked_learning_rate(learning_rate)
    parameters = _parameters(problem, start, dtype)
    optimizer = torch.optim.SGD(parameters, lr=learning_rate)
    recording = _optimize(problem, parameters, optimizer, n_steps, dtype)
    return recording.trajectory(problem, learning_rate, "gradient descent, torch.optim.SGD", is_plain=True)


def linear_loop(
    problem: LeastSquares,
    start: npt.ArrayLike,
    learning_rate: float,
    n_steps: int,
    dtype: Dtype = "float64",
    *,
    zero_grad: bool = True,
) -> Trajectory:
    """Descend with an `nn.Linear` model, `nn.MSELoss` and `torch.optim.SGD`.

    The model is given the start in place of its random initial values. Parameters are those of
    `autograd_loop`, and one more.

    Parameters
    ----------
    zero_grad
        False leaves `zero_grad` out, a mistake: the gradient that each update uses is then the sum of all
        so far, as PyTorch adds them up in `.grad`.

    Notes
    -----
    Source: Godoy, *Deep Learning with PyTorch Step-by-Step*, chapter 1, "Model".
    """
    learning_rate = checked_learning_rate(learning_rate)
    x, y = (column.unsqueeze(1) for column in _tensors(problem, dtype))
    parameters = _parameters(problem, start, dtype)
    # skip_init: random initial values would be overwritten, and drawing them moves the global stream.
    model: nn.Linear = nn.utils.skip_init(  # type: ignore[no-untyped-call]
        nn.Linear, 1, 1, bias=problem.fit_bias, dtype=_DTYPES[dtype]
    )
    model.weight.data[:] = parameters[-1].data
    if problem.fit_bias:
        model.bias.data[:] = parameters[BIAS].data
    loss_function = nn.MSELoss(reduction=problem.reduction)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    ordered = [model.bias, model.weight] if problem.fit_bias else [model.weight]
    recording = _Recording()
    for _ in range(checked_n_steps(n_steps) + 1):
        prediction = model(x)
        loss = loss_function(prediction, y)
        loss.backward()
        if not recording.add(ordered, loss):
            break
        optimizer.step()
        if zero_grad:
            optimizer.zero_grad()
    method = "gradient descent, nn.Linear" if zero_grad else "nn.Linear, gradients added up"
    return recording.trajectory(problem, learning_rate, method, is_plain=zero_grad)


def network_loop(
    problem: LeastSquares,
    learning_rate: float,
    n_steps: int,
    *,
    width: int = 16,
    seed: int = 0,
) -> Trajectory:
    """Train a network of one hidden layer, with the loop of `linear_loop` line by line.

        nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1)), in float64

    Parameters
    ----------
    problem
        Its points, and whether their squared errors are averaged or summed.
    learning_rate, n_steps
        As in `gdmath.descend`.
    width
        Of the hidden layer.
    seed
        Of PyTorch's own initial values; the global stream is left as it was.

    Returns
    -------
    Trajectory
        Row k has the 3 width + 1 parameters after k updates, in the order in which
        `gdmath.network_predictions` takes them.
    """
    learning_rate = checked_learning_rate(learning_rate)
    x, y = (column.unsqueeze(1) for column in _tensors(problem, "float64"))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1)).double()
    loss_function = nn.MSELoss(reduction=problem.reduction)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    recording = _Recording()
    for _ in range(checked_n_steps(n_steps) + 1):
        prediction = model(x)
        loss = loss_function(prediction, y)
        loss.backward()
        if not recording.add(list(model.parameters()), loss):
            break
        optimizer.step()
        optimizer.zero_grad()
    return recording.trajectory(problem, learning_rate, f"network of {width}, SGD on all", is_plain=False)


def descend_with(
    problem: LeastSquares,
    start: npt.ArrayLike,
    optimizer: Callable[..., torch.optim.Optimizer],
    n_steps: int,
    dtype: Dtype = "float64",
    **options: Any,
) -> Trajectory:
    """Descend with any optimiser of `torch.optim`, on all rows at once.

    Parameters
    ----------
    problem, start, n_steps
        As in `gdmath.descend`.
    optimizer
        A class such as `torch.optim.Adam`, or a function that takes the list of parameters, b then w.
    dtype
        The floating type of data, parameters and loss.
    **options
        Handed to the optimiser, such as ``lr=0.1`` or ``momentum=0.9``.

    Returns
    -------
    Trajectory
        Its method names the optimiser and the options given but the rate, as in ``SGD(momentum=0.9)``:
        it is not called gradient descent, and its rows do not obey that update. The gradients are
        those of the loss at each row.

    Examples
    --------
    >>> import torch
    >>> from gdmath import preset
    >>> dataset = preset("chapter-0")
    >>> run = descend_with(dataset.problem(), dataset.start, torch.optim.Adam, 500, lr=0.1)
    >>> run.method, run.parameters[-1].round(4)
    ('Adam', array([1.0235, 1.969 ]))
    """
    parameters = _parameters(problem, start, dtype)
    made = optimizer(parameters, **options)
    learning_rate = checked_learning_rate(float(made.param_groups[0]["lr"]))
    choices = ", ".join(f"{name}={value!r}" for name, value in sorted(options.items()) if name != "lr")
    method = type(made).__name__ + (f"({choices})" if choices else "")
    recording = _optimize(problem, parameters, made, n_steps, dtype)
    return recording.trajectory(problem, learning_rate, method, is_plain=False)


def optimizer_loop(
    problem: LeastSquares,
    start: npt.ArrayLike,
    learning_rate: float,
    n_steps: int,
    dtype: Dtype = "float64",
    optimizer: str = "sgd",
) -> Trajectory:
    """Descend with an optimiser by its name, on all rows at once.

    Parameters
    ----------
    problem, start, learning_rate, n_steps, dtype
        As in `autograd_loop`.
    optimizer
        A name of `gdmath.OPTIMIZERS`: ``"momentum"`` and ``"nesterov"`` are SGD with a momentum of 0.9.

    Returns
    -------
    Trajectory
        As `descend_with` gives it.

    Examples
    --------
    >>> from gdmath import preset
    >>> dataset = preset("chapter-0")
    >>> optimizer_loop(dataset.problem(), dataset.start, 0.1, 3, optimizer="momentum").method
    'SGD(momentum=0.9)'
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"optimizer: got {optimizer!r}; allowed {', '.join(OPTIMIZERS)}")
    asked, rate = OPTIMIZERS[optimizer], checked_learning_rate(learning_rate)
    kind = getattr(torch.optim, asked.kind)
    return descend_with(problem, start, kind, n_steps, dtype, lr=rate, **asked.options)


class _Recording:
    """Rows copied out of a running loop, never views of its live tensors."""

    def __init__(self) -> None:
        self._parameters: list[list[float]] = []
        self._gradients: list[list[float]] = []
        self._losses: list[float] = []
        self._has_diverged = False
        self._last_seen: list[float] = []

    def add(self, parameters: list[torch.Tensor], loss: torch.Tensor) -> bool:
        """Keep this state if all its numbers are finite, and say whether to go on."""
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        return self.add_values(_flat(parameters), _flat(gradients), loss.item())

    def add_values(self, parameters: list[float], gradients: list[float], loss: float) -> bool:
        """`add`, the state given as plain numbers."""
        self._last_seen = parameters
        if not np.isfinite([*parameters, *gradients, loss]).all():
            self._has_diverged = True
            return False
        self._parameters.append(parameters)
        self._gradients.append(gradients)
        self._losses.append(loss)
        return True

    def trajectory(
        self, problem: LeastSquares, learning_rate: float, method: str, is_plain: bool
    ) -> Trajectory:
        if not self._losses:
            raise start_beyond_float64(np.array(self._last_seen))
        parameters, losses = np.array(self._parameters), np.array(self._losses)
        judged_by = learning_rate if is_plain else None
        return Trajectory(
            parameters=parameters,
            losses=losses,
            gradients=np.array(self._gradients),
            learning_rate=learning_rate,
            outcome=Outcome.DIVERGED
            if self._has_diverged
            else out_of_steps(problem, parameters, losses, judged_by),
            method=method,
        )


def _optimize(
    problem: LeastSquares,
    parameters: list[torch.Tensor],
    optimizer: torch.optim.Optimizer,
    n_steps: int,
    dtype: Dtype,
) -> _Recording:
    x, y = _tensors(problem, dtype)

    known: list[float] = []
    loss = torch.empty(0)

    def closure() -> torch.Tensor:
        """The loss and its slopes, which are kept while an optimiser stands where they were asked for."""
        nonlocal known, loss
        here = _flat(parameters)
        if here != known:
            optimizer.zero_grad()
            loss = _squared_error(problem, _line(parameters, x), y)
            loss.backward()  # type: ignore[no-untyped-call]
            known = here
        return loss

    recording = _Recording()
    for _ in range(checked_n_steps(n_steps) + 1):
        if not recording.add(parameters, closure()):
            break
        # Given the closure, optimisers that evaluate more than once a step (LBFGS) work too.
        optimizer.step(closure)  # type: ignore[arg-type]
    return recording


def _tensors(problem: LeastSquares, dtype: Dtype) -> tuple[torch.Tensor, torch.Tensor]:
    return _copied(problem.x, dtype), _copied(problem.y, dtype)


def _parameters(problem: LeastSquares, start: npt.ArrayLike, dtype: Dtype) -> list[torch.Tensor]:
    """One tensor a parameter, b then w, as a model has them."""
    values = _copied(checked_start(problem, start), dtype)
    return [value.reshape(1).clone().requires_grad_() for value in values]


def _flat(tensors: list[torch.Tensor]) -> list[float]:
    return [value for tensor in tensors for value in tensor.flatten().tolist()]


def _copied(values: FloatArray, dtype: Dtype) -> torch.Tensor:
    if dtype not in _DTYPES:
        raise ValueError(f"dtype: got {dtype!r}; allowed 'float64' or 'float32'")
    return torch.tensor(values.tolist(), dtype=_DTYPES[dtype])


def _line(parameters: Any, x: Any) -> Any:
    if len(parameters) == 1:
        return parameters[0] * x
    return parameters[BIAS] + parameters[WEIGHT] * x


def _squared_error(problem: LeastSquares, prediction: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    squares = (prediction - y) ** 2
    return squares.mean() if problem.reduction == "mean" else squares.sum()
