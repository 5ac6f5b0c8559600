"""The part of `gdmath.record` that torch has: rows taken out of a running loop, and the loss over a plane."""

import inspect
import math
import os
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from gdmath.arrays import FloatArray
from gdmath.landscape import LossGrid
from gdmath.planes import Plane, PlaneSurface, parameter_plane, path_plane, plane_window, random_plane
from gdmath.recordings import MOST_BYTES, MOST_PLANES, OptimizerFacts, PlaneChoice, RecordedRun, RowArray

# torch_loops says in one line what is to do where torch is missing.
from gdmath.torch_loops import nn, torch

_CHUNK_BYTES: Final = 2**28
_MOST_AT_ONCE: Final = 1024
_LARGE: Final = 10_000
"""From so many parameters on vmap is no faster: what moves is the weights, not the rows."""
_FEWEST_ROWS: Final = 4
_WRAPPERS: Final = ("_orig_mod.", "module.")
"""What torch.compile and the wrappers for several processes put before the names of parameters."""
_HOW_NOT_WHAT: Final = {"lr", "foreach", "fused", "capturable", "differentiable"}
"""Options of an optimiser that its name does not tell: its rate, and how it is computed."""


class Recording:
    """A recording that is made, and when its block has ended the run that was recorded."""

    def __init__(self) -> None:
        self._run: RecordedRun | None = None

    @property
    def run(self) -> RecordedRun:
        """What was recorded.

        Raises
        ------
        RuntimeError
            While the block is not over.
        """
        if self._run is None:
            raise RuntimeError("recording: got a block that is not over; allowed to be read after its end")
        return self._run

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the run to one file, as `RecordedRun.save` does."""
        self.run.save(path)


@contextmanager
def recording(
    model: nn.Module,
    loss: Callable[[], Any],
    *,
    every: int,
    max_bytes: int,
    plane: PlaneChoice | list[PlaneChoice] | None,
    seed: int,
    grid: int | None,
    chunk_size: int | None,
    path: str | os.PathLike[str] | None,
) -> Iterator[Recording]:
    """Record the block, see `gdmath.record`."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    for name, value, least, most in (
        ("every", every, 1, 2**53),
        ("max_bytes", max_bytes, 1, MOST_BYTES),
        ("grid", 2 if grid is None else grid, 2, 501),
        ("chunk_size", 1 if chunk_size is None else chunk_size, 1, 2**20),
    ):
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"{name}: got {value!r}; allowed a whole number from {least} to {most}")
    if path is not None and not Path(path).absolute().parent.is_dir():
        raise ValueError(f"path: got {os.fspath(path)!r}; allowed a file in a folder that there is")
    parameters = _Parameters(model)
    objective = _Objective(model, parameters, loss, chunk_size)
    rows = _Rows(parameters, objective, every, max_bytes)
    choices = _choices(plane, rows.parameters[0], parameters.shapes)
    if choices:
        _refuse_batch_norm(model)
    made = Recording()

    def finish(why: str) -> None:
        made._run = rows.run(why)
        if path is not None:
            made.save(path)  # before the plane, which takes its time
        seen = [
            _surface(made.run, laid, objective, grid)
            for laid in _planes(choices, seed, made.run.parameters, parameters.shapes)
        ]
        if seen:
            made._run = replace(made.run, surfaces=tuple(each for each in seen if each is not None))
            if path is not None:
                made.save(path)

    with register_optimizer_step_post_hook(rows.after_step):
        try:
            yield made
        except BaseException as error:
            rows.is_over = True
            try:
                finish(f"stopped after step {rows.step} by {type(error).__name__}")
            except Exception as fault:
                _warn(str(fault))
            raise
        rows.is_over = True
        rows.take_last()
        finish("")


class _Parameters:
    """The parameters of a model that can move, each once, and a row of them."""

    def __init__(self, model: nn.Module) -> None:
        if not isinstance(model, nn.Module):
            raise ValueError(f"model: got {type(model).__name__}; allowed a torch.nn.Module")
        self._model = model
        self._all = dict(model.named_parameters())
        self.names = [name for name, each in self._all.items() if each.requires_grad]
        self.tensors = [self._all[name] for name in self.names]
        if not self.names:
            raise ValueError("model: got no parameter that can move; allowed one that requires a gradient")
        for name, each in zip(self.names, self.tensors, strict=True):
            if isinstance(each, nn.parameter.UninitializedParameter):
                fix = "call the model on a batch before it is recorded"
                raise ValueError(f"model: got {name!r} without a shape; allowed initialised ones; fix: {fix}")
            if type(each.data) is not torch.Tensor or each.is_meta or not each.dtype.is_floating_point:
                got = f"{name!r}, a {type(each.data).__name__} of {each.dtype} on {each.device}"
                raise ValueError(f"model: got {got}; allowed plain tensors of real floating-point numbers")
        self.shapes = {
            _unwrapped(name): tuple(each.shape) for name, each in zip(self.names, self.tensors, strict=True)
        }
        self.kinds = [(each.shape, each.dtype) for each in self.tensors]
        self.size = sum(each.numel() for each in self.tensors)
        is_double = any(each.dtype == torch.float64 for each in self.tensors)
        self._type = torch.float64 if is_double else torch.float32
        self.row_bytes = self.size * self._type.itemsize

    def row(self) -> RowArray:
        """A copy of what they are."""
        return self._flat(each.detach() for each in self.tensors)

    def gradients(self, held: set[int]) -> RowArray:
        """A copy of the gradients that an optimiser used which holds the parameters of some ids."""
        found = []
        for each in self.tensors:
            gradient = each.grad if id(each) in held else None
            gradient = torch.zeros_like(each) if gradient is None else gradient.detach()
            found.append(gradient.to_dense() if gradient.layout is not torch.strided else gradient)
        return self._flat(iter(found))

    def _flat(self, tensors: Iterator[torch.Tensor]) -> RowArray:
        parts = [each.reshape(-1).to(device="cpu", dtype=self._type) for each in tensors]
        return np.asarray(torch.cat(parts).numpy())  # cat copies, a single one too

    def tensors_of(self, row: torch.Tensor) -> list[torch.Tensor]:
        """A row as tensors of the model's shapes, types and places."""
        parts = torch.split(row, [each.numel() for each in self.tensors])
        return [
            part.reshape(each.shape).to(device=each.device, dtype=each.dtype)
            for part, each in zip(parts, self.tensors, strict=True)
        ]

    def changed(self) -> str:
        """What keeps a row from being one of the same parameters; "" where nothing does."""
        now = dict(self._model.named_parameters())
        if now.keys() != self._all.keys() or any(now[name] is not self._all[name] for name in now):
            others = [name for name in {**self._all, **now} if now.get(name) is not self._all.get(name)]
            return f"the parameter {_unwrapped(others[0])!r} was replaced"
        for name, each, (shape, dtype) in zip(self.names, self.tensors, self.kinds, strict=True):
            if each.shape != shape:
                return f"{_unwrapped(name)!r} changed its shape from {tuple(shape)} to {tuple(each.shape)}"
            if each.dtype != dtype:
                return f"{_unwrapped(name)!r} changed its type from {dtype} to {each.dtype}"
        thawed = [n for n, each in now.items() if each.requires_grad and n not in self.names]
        return f"{_unwrapped(thawed[0])!r} was frozen at the start and is no longer" if thawed else ""

    def name_of(self, column: int) -> str:
        """Whose a number of a row is."""
        for name, shape in self.shapes.items():
            if column < math.prod(shape):
                return name
            column -= math.prod(shape)
        raise AssertionError("a column of no parameter")


class _Evaluated(nn.Module):
    """A loss as a module whose parameters are the model's, so that `functional_call` can put others there."""

    def __init__(self, model: nn.Module, loss: Callable[[], Any]) -> None:
        super().__init__()
        self.model = model
        self._loss = loss

    def forward(self) -> Any:
        return self._loss()


class _Objective:
    """The loss over all data, evaluated so that the loop never knows of it."""

    def __init__(
        self, model: nn.Module, parameters: _Parameters, loss: Callable[[], Any], chunk_size: int | None
    ) -> None:
        self._model, self._parameters, self._loss = model, parameters, loss
        self._chunk_size = chunk_size
        is_mapped = chunk_size is not None or parameters.size <= _LARGE
        self.ways = [*([self.at_once] if is_mapped else []), self.one_by_one]
        first, again = self(), self(seed=1)
        if not self.same(first, again) and math.isfinite(first):
            raise ValueError(
                f"loss: got {first:.6g} and {again:.6g} at the same parameters; "
                "allowed the loss over all data, which draws no random numbers"
            )

    def __call__(self, seed: int | None = None) -> float:
        """The loss at the parameters as they are."""
        with self._aside():
            if seed is not None:
                torch.manual_seed(seed)
                np.random.seed(seed)  # noqa: NPY002 - the stream that a user's loss may draw from
                random.seed(seed)
            return self._value()

    def _value(self) -> float:
        value = self._loss()
        shape = tuple(np.shape(value)) if not isinstance(value, torch.Tensor) else tuple(value.shape)
        if math.prod(shape) != 1:
            raise ValueError(f"loss: got values of shape {shape}; allowed one number, such as their mean")
        return float(value)

    def same(self, one: float, other: float) -> bool:
        """Whether two values of the loss are one but for rounding."""
        rounding = max(torch.finfo(dtype).eps for _, dtype in self._parameters.kinds) ** 0.5
        return bool(abs(one - other) <= rounding * max(abs(one), abs(other), torch.finfo(torch.float32).tiny))

    def at_once(self, origin: FloatArray, directions: FloatArray, coordinates: FloatArray) -> FloatArray:
        """The losses at origin + coordinates (n, 2) @ directions, many at a time."""
        base, first, second = (torch.from_numpy(np.array(each)) for each in (origin, *directions))
        evaluated = _Evaluated(self._model, self._loss)
        names = [f"model.{name}" for name in self._parameters.names]

        def at(place: torch.Tensor) -> torch.Tensor:
            row = base + place[0] * first + place[1] * second
            values = dict(zip(names, self._parameters.tensors_of(row), strict=True))
            loss: torch.Tensor = torch.func.functional_call(evaluated, values, ())
            return loss.reshape(())

        with self._aside():
            chunk = self._chunk_size or self._fitting_chunk()
            losses = torch.func.vmap(at, chunk_size=chunk)(torch.from_numpy(np.array(coordinates)))
        return np.asarray(losses.double().cpu().numpy())

    def one_by_one(self, origin: FloatArray, directions: FloatArray, coordinates: FloatArray) -> FloatArray:
        """The same, each with its parameters put into the model and taken out again."""
        tensors, losses = self._parameters.tensors, []
        held = [each.detach().clone() for each in tensors]
        try:
            with self._aside():
                for place in coordinates:
                    row = torch.from_numpy(origin + place[0] * directions[0] + place[1] * directions[1])
                    _put(tensors, self._parameters.tensors_of(row))
                    losses.append(self._value())
        finally:
            _put(tensors, held)
        return np.array(losses)

    def _fitting_chunk(self) -> int:
        """How many evaluations at once take some 256 MiB: parameters, and what the layers give."""
        given = [3 * 8 * self._parameters.size]

        def count(module: nn.Module, _: Any, output: Any) -> None:
            if isinstance(output, torch.Tensor) and next(module.children(), None) is None:
                given.append(output.numel() * output.element_size())

        with nn.modules.module.register_module_forward_hook(count):
            self._value()
        return min(_MOST_AT_ONCE, max(1, _CHUNK_BYTES // sum(given)))

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """In eval mode, without gradients, uncompiled; modes and random states come back."""
        modes = [(module, module.training) for module in self._model.modules()]
        devices = {each.device for each in self._parameters.tensors}
        in_python, in_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
        with ExitStack() as stack:
            cuda = [device for device in devices if device.type == "cuda"]
            stack.enter_context(torch.random.fork_rng(devices=cuda))
            stack.enter_context(torch.no_grad())
            for kind in {device.type for device in devices}:
                stack.enter_context(torch.autocast(kind, enabled=False))
            stack.enter_context(torch.compiler.set_stance("force_eager"))
            for module, _ in modes:
                module.training = False  # not eval(), which a model may have given other work
            try:
                yield
            finally:
                for module, was_training in modes:
                    module.training = was_training
                random.setstate(in_python)
                np.random.set_state(in_numpy)  # noqa: NPY002


class _Rows:
    """Rows of a running loop, copied after its optimisers' steps."""

    def __init__(self, parameters: _Parameters, objective: _Objective, every: int, max_bytes: int) -> None:
        row_bytes = 2 * parameters.row_bytes
        if max_bytes < _FEWEST_ROWS * row_bytes:
            raise ValueError(
                f"max_bytes: got {max_bytes}; allowed {_FEWEST_ROWS * row_bytes} or more for a model of "
                f"{parameters.size} parameters, of which a row takes {row_bytes} bytes"
            )
        self._source, self._objective = parameters, objective
        self._ids = {id(each) for each in parameters.tensors}
        self._most, self._every = max_bytes // row_bytes, every
        self._losses: list[float] = []
        self._steps: list[int] = []
        self._gradients: list[RowArray] = []
        self._updates: list[tuple[float, int]] = []
        self._optimizers: list[torch.optim.Optimizer] = []
        self._facts: list[OptimizerFacts] = []
        self._stopped = ""
        self.parameters: list[RowArray] = []
        self.step = 0
        self.is_over = False
        refused = self._take()
        if refused:
            raise ValueError(f"model: got one that cannot be recorded: {refused}")

    def after_step(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        """What every optimiser calls when it has made a step."""
        groups = [{id(each) for each in group["params"]} for group in optimizer.param_groups]
        ours = [index for index, ids in enumerate(groups) if ids & self._ids]
        # A fused optimiser that a GradScaler tells of an overflow is called, and leaves all as it is.
        if not ours or self._stopped or self.is_over or float(getattr(optimizer, "found_inf", 0.0)):
            return
        self.step += 1
        begins, ends = (self.step - 1) % self._every == 0, self.step % self._every == 0
        refused = self._source.changed() if begins or ends else ""
        if begins and not refused:
            refused = self._take_update(optimizer, set().union(*groups), ours[0])
        if ends:
            refused = refused or self._take()
            if len(self.parameters) >= self._most:
                self._thin()
        self._stop_if(refused)

    def take_last(self) -> None:
        """The row on leaving, where the last step is not one that is recorded anyway."""
        if not self.step:
            self._stop_if("no optimiser of torch moved a parameter of the model")
        elif self.step % self._every and not self._stopped:
            self._stop_if(self._source.changed() or self._take())

    def run(self, why: str) -> RecordedRun:
        """What there is, and why it is partial."""
        parameters: Any = np.stack(self.parameters)
        rows = len(parameters)
        gradients = np.stack([*self._gradients, parameters[0]])[: rows - 1]
        for array in (parameters, gradients):
            array.setflags(write=False)
        updates = self._updates[: rows - 1]
        return RecordedRun(
            parameters=parameters,
            losses=np.array(self._losses),
            gradients=gradients,
            learning_rates=np.array([rate for rate, _ in updates], dtype=np.float64),
            stepped_by=np.array([index for _, index in updates], dtype=np.int64),
            steps=np.array(self._steps),
            shapes=self._source.shapes,
            optimizers=tuple(self._facts),
            every=self._every,
            partial=self._stopped or why,
        )

    def _take(self) -> str:
        """Keep the row as it is now; or say why there is none."""
        row = self._source.row()
        if not np.isfinite(row).all():
            return self._not_finite("the parameter", row)
        loss = self._objective()
        if not math.isfinite(loss):
            return f"the loss is {loss}"
        self.parameters.append(row)
        self._losses.append(loss)
        self._steps.append(self.step)
        return ""

    def _take_update(self, optimizer: torch.optim.Optimizer, held: set[int], group: int) -> str:
        """Keep what the update from the last row used; or say why there is none."""
        gradients = self._source.gradients(held)
        if not np.isfinite(gradients).all():
            return self._not_finite("the gradient of", gradients)
        if not any(optimizer is each for each in self._optimizers):
            self._optimizers.append(optimizer)
            self._facts.append(_facts_of(optimizer))
        index = next(i for i, each in enumerate(self._optimizers) if optimizer is each)
        rate = float(optimizer.param_groups[group].get("lr", 0.0))
        self._gradients.append(gradients)
        self._updates.append((rate, index))
        return ""

    def _thin(self) -> None:
        """Let every second row go, the first stays."""
        for rows in (self.parameters, self._losses, self._steps, self._gradients, self._updates):
            del rows[1::2]
        self._every *= 2

    def _stop_if(self, refused: str) -> None:
        if refused:
            self._stopped = f"step {self.step}: {refused}"
            _warn(f"{self._stopped}; recording ended at step {self._steps[-1]}")

    def _not_finite(self, of: str, row: RowArray) -> str:
        column = int(np.flatnonzero(~np.isfinite(row))[0])
        return f"{of} {self._source.name_of(column)!r} is {row[column]}"


def _surface(run: RecordedRun, plane: Plane, objective: _Objective, asked: int | None) -> PlaneSurface | None:
    """The loss over a plane; None, with a warning, where it cannot be had."""
    size = plane.origin.size
    grid = asked or (101 if size <= _LARGE else 41 if size <= 10 * _LARGE else 21)
    seen = plane.coordinates(run.parameters)
    window = plane_window(plane, seen, run.losses)
    x, y = (np.linspace(low, high, grid) for low, high in zip(window.low, window.high, strict=True))
    nodes = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    ends = [(run.parameters[k].astype(np.float64), run.losses[k]) for k in (0, -1)]
    losses = None
    for evaluate in objective.ways:
        try:
            again = [evaluate(row, plane.directions, np.zeros((1, 2)))[0] for row, _ in ends]
            if all(map(objective.same, again, [loss for _, loss in ends])):
                losses = evaluate(plane.origin, plane.directions, np.concatenate([nodes, seen]))
                break
        except Exception:  # vmap refuses in many ways what one by one goes well
            if evaluate == objective.one_by_one:
                raise
    if losses is None:
        _warn(
            "loss: got another value of a recorded row when the block ended; allowed a loss that only the "
            "parameters change; fix: keep data and buffers, or give plane=None"
        )
        return None
    on_grid, of_rows = losses[: len(nodes)], losses[len(nodes) :]
    if not np.isfinite(on_grid).all():
        _warn("plane: got a loss that is not finite in its window; allowed finite ones; fix: plane=None")
        return None
    if plane.holds_every_point:
        of_rows = run.losses
    return PlaneSurface(plane=plane, grid=LossGrid(x, y, on_grid.reshape(grid, grid)), row_losses=of_rows)


def _choices(
    plane: PlaneChoice | list[PlaneChoice] | None, row: RowArray, shapes: dict[str, tuple[int, ...]]
) -> list[PlaneChoice]:
    """What planes were asked for, once each can be laid; of one parameter there is none."""
    if plane is None or row.size == 1:
        return []
    choices = plane if isinstance(plane, list) else [plane]
    if not 1 <= len(choices) <= MOST_PLANES:
        raise ValueError(f"plane: got {len(choices)} of them; allowed 1 to {MOST_PLANES}, or None")
    for choice in choices:
        if not isinstance(choice, str):
            parameter_plane(choice, row, shapes)
        elif choice not in ("path", "random"):
            raise ValueError(f"plane: got {choice!r}; allowed 'path', 'random', two parameters or None")
    return choices


def _planes(
    choices: list[PlaneChoice], seed: int, parameters: RowArray, shapes: dict[str, tuple[int, ...]]
) -> list[Plane]:
    """The planes that were asked for, each once; a model of two parameters has one."""
    last, laid = parameters[-1], []
    for choice in choices:
        if not isinstance(choice, str):
            laid.append(parameter_plane(choice, last, shapes))
        elif last.size == 2:
            laid.append(parameter_plane((0, 1), last, shapes))
        elif choice == "path":
            laid.append(path_plane(parameters))
        else:
            laid.append(random_plane(last, list(shapes.values()), seed))
    return list({plane.name: plane for plane in laid}.values())


def _refuse_batch_norm(model: nn.Module) -> None:
    for name, module in model.named_modules():
        if getattr(module, "running_mean", None) is not None:
            kind = type(module).__name__
            raise ValueError(
                f"plane: got {kind} {_unwrapped(name)!r}, whose running statistics belong to other weights; "
                "allowed plane=None, or track_running_stats=False"
            )


def _facts_of(optimizer: torch.optim.Optimizer) -> OptimizerFacts:
    groups = tuple(
        {key: _plain(value) for key, value in group.items() if key not in ("params", "param_names")}
        for group in optimizer.param_groups
    )
    own = inspect.signature(type(optimizer)).parameters
    choices = ", ".join(
        f"{key}={value!r}"
        for key, value in sorted(optimizer.defaults.items())
        if key in own and key not in _HOW_NOT_WHAT and _plain(value) != _plain(own[key].default)
    )
    name = type(optimizer).__name__ + (f"({choices})" if choices else "")
    return OptimizerFacts(name[:200], groups)


def _plain(value: Any) -> Any:
    """A setting as JSON knows it."""
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.item()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)[:80]


def _put(tensors: Sequence[torch.Tensor], values: Sequence[torch.Tensor]) -> None:
    for tensor, value in zip(tensors, values, strict=True):
        tensor.data.copy_(value)  # by data: a graph of the user's that holds them stays good


def _unwrapped(name: str) -> str:
    for wrapper in _WRAPPERS:
        name = name.removeprefix(wrapper)
    return name


def _warn(message: str) -> None:
    warnings.warn(f"gdmath.record: {message}", RuntimeWarning, stacklevel=2)
