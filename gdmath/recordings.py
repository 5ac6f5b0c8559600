"""Recordings: what a training loop of anyone's did, row by row, in memory and on disk.

`record` is all that needs torch. A file is read and looked at without.
"""

import math
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from gdmath.arrays import FloatArray, IndexArray, finite_array, index_array
from gdmath.landscape import LossGrid
from gdmath.planes import Plane, PlaneKind, PlaneSurface
from gdmath.sealed import SealedFileError, SealedFormat, check_header, write_whole

if TYPE_CHECKING:
    from gdmath.torch_recorder import Recording

MOST_BYTES: Final = 2**31
"""Of parameters and gradients in one recording."""
MOST_PLANES: Final = 16
"""In one recording."""
PlaneChoice: TypeAlias = Literal["path", "random"] | tuple[str | int, str | int]
RowArray: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]

_MAX_PARAMETERS = 2**30
_MAX_TEXT = 500


@dataclass(frozen=True)
class OptimizerFacts:
    """An optimiser that moved parameters of the model.

    Attributes
    ----------
    name : str
        Its class and the options that are not its own but for the rate, as in ``SGD(momentum=0.9)``.
        None is called gradient descent: a recorder does not know how many rows a gradient has seen.
    groups : tuple of mapping of str to object
        The settings of each of its parameter groups after its first recorded step, rates included.
    """

    name: str
    groups: tuple[Mapping[str, Any], ...]

    @property
    def is_plain(self) -> bool:
        """Whether an update is p' = p - rate g and nothing else."""
        off = {"momentum": 0, "weight_decay": 0, "maximize": False}
        return self.name.split("(")[0] == "SGD" and all(
            group.get(name, value) == value for group in self.groups for name, value in off.items()
        )

    @property
    def evaluates_often(self) -> bool:
        """Whether one step of it is many evaluations, so that its gradient is that of the last of them."""
        return self.name.split("(")[0] == "LBFGS"


@dataclass(frozen=True, eq=False, kw_only=True)
class RecordedRun:
    """A path that a training loop took; row k is the model after `steps[k]` updates.

    Parameters
    ----------
    parameters : (rows, P)
        In the model's own type, float32 or float64; bfloat16 and float16 exactly, as float32.
    losses : (rows,)
        The loss AT each row's parameters, over all data and in eval mode.
    gradients : (rows - 1, P)
        What the update after each row but the last used, as the optimiser left it; 0 where it holds no such
        parameter. For plain SGD, and recorded at each step, parameters[k + 1] is
        parameters[k] - learning_rates[k] * gradients[k] to rounding.
    learning_rates : (rows - 1,)
        Of that update, in the optimiser's first group.
    stepped_by : (rows - 1,)
        Whose update it was, an index into `optimizers`.
    steps : (rows,)
        Updates before each row, from 0; of several optimisers each one's step counts.
    shapes : mapping of str to tuple of int
        The model's parameters by name, in the order in which a row holds them. What was frozen at the
        start is not among them, what is shared stands once.
    optimizers : tuple of OptimizerFacts
    every : int
        Updates between two rows; the last may be nearer.
    partial : str
        Why rows are missing at the end, as a sentence; "" where none is.
    surfaces : tuple of PlaneSurface
        The loss over each plane that was asked for, in that order.

    Raises
    ------
    ValueError
        When shapes disagree, a number is not finite, or two planes are one.
    """

    parameters: RowArray
    losses: FloatArray
    gradients: RowArray
    learning_rates: FloatArray
    stepped_by: IndexArray
    steps: IndexArray
    shapes: Mapping[str, tuple[int, ...]]
    optimizers: tuple[OptimizerFacts, ...]
    every: int = 1
    partial: str = ""
    surfaces: tuple[PlaneSurface, ...] = ()

    def __post_init__(self) -> None:
        parameters = _finite_rows(self.parameters, "parameters")
        rows, p = parameters.shape
        losses = finite_array(self.losses, "losses")
        gradients = np.asarray(self.gradients)
        steps = index_array(self.steps, "steps", below=2**53)
        stepped_by = index_array(self.stepped_by, "stepped_by", below=max(len(self.optimizers), 1))
        learning_rates = np.array(self.learning_rates, dtype=np.float64)
        learning_rates.setflags(write=False)
        expected = {
            "losses": (losses, (rows,)),
            "gradients": (gradients, (rows - 1, p)),
            "learning_rates": (learning_rates, (rows - 1,)),
            "stepped_by": (stepped_by, (rows - 1,)),
            "steps": (steps, (rows,)),
        }
        for name, (values, shape) in expected.items():
            if values.shape != shape:
                raise ValueError(f"{name}: got shape {values.shape}; allowed {shape} beside {rows} rows")
        if rows > 1:
            gradients = _finite_rows(gradients, "gradients")
        if not np.isfinite(learning_rates).all():
            raise ValueError("learning_rates: got nan or inf; allowed finite numbers")
        if steps[0] != 0 or (np.diff(steps) <= 0).any():
            raise ValueError("steps: got rows out of order; allowed increasing ones from 0")
        if sum(map(math.prod, self.shapes.values())) != p:
            raise ValueError(f"shapes: got others than those of {p} parameters")
        texts = [*self.shapes, *(each.name for each in self.optimizers), self.partial]
        if not all(map(_is_text, texts)):
            raise ValueError(
                f"names: got {max(texts, key=len)[:80]!r}; allowed {_MAX_TEXT} printable letters"
            )
        if self.every < 1:
            raise ValueError(f"every: got {self.every!r}; allowed 1 or more")
        for seen in self.surfaces:
            if seen.plane.origin.size != p or seen.row_losses.size != rows:
                raise ValueError(f"surfaces: got one of another run; allowed {p} parameters and {rows} rows")
        planes = [seen.plane.name for seen in self.surfaces]
        if len(set(planes)) < len(planes) or len(planes) > MOST_PLANES:
            raise ValueError(f"surfaces: got {', '.join(planes)}; allowed {MOST_PLANES} different planes")
        settled = {
            "parameters": parameters,
            "losses": losses,
            "gradients": gradients,
            "learning_rates": learning_rates,
            "stepped_by": stepped_by,
            "steps": steps,
            "shapes": dict(self.shapes),
            "surfaces": tuple(self.surfaces),
        }
        for attribute, value in settled.items():
            object.__setattr__(self, attribute, value)

    def surface(self, plane: str | None = None) -> PlaneSurface:
        """Return the loss over a plane: the first, or that of a name as `Plane.name` tells it.

        Raises
        ------
        ValueError
            When the run was recorded without it.
        """
        if not self.surfaces:
            raise ValueError("plane: got a run without one; allowed a run that was recorded with a plane")
        if plane is None:
            return self.surfaces[0]
        known = {seen.plane.name: seen for seen in self.surfaces}
        if plane not in known:
            raise ValueError(f"plane: got {plane!r}; allowed {' or '.join(known)}, as it was recorded")
        return known[plane]

    @property
    def method(self) -> str:
        """The optimisers' names."""
        return ", ".join(each.name for each in self.optimizers) or "no optimiser"

    @property
    def weight_decay(self) -> float:
        """The largest of the optimisers' parameter groups; 0 where none has any."""
        groups = [group for each in self.optimizers for group in each.groups]
        return max((float(group.get("weight_decay") or 0.0) for group in groups), default=0.0)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the run to one file, whole or not at all.

        Raises
        ------
        OSError
            When the disk refuses; an earlier file of that name is then untouched.
        """
        write_whole(Path(path), encode_recording(self))


def _is_whole(value: object, largest: int, least: int = 1) -> bool:
    return type(value) is int and least <= value <= largest


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_TEXT and (not value or value.isprintable())


def _is_list(value: object, each: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(each, value))


def _is_shape(value: object) -> bool:
    return _is_list(value, lambda n: _is_whole(n, _MAX_PARAMETERS, 0)) and len(value) <= 16  # type: ignore[arg-type]


def _is_optimizer(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and _is_text(value[0])
        and _is_list(value[1], lambda group: isinstance(group, dict))
    )


def _is_grid(value: object) -> bool:
    return _is_list(value, lambda n: _is_whole(n, 501, 2)) and len(value) == 2  # type: ignore[arg-type]


def _is_plane(value: object) -> bool:
    return _is_list(value, _is_text) and len(value) == 3 and value[0] in PlaneKind.__members__  # type: ignore[index,arg-type]


_HEADER: Final[Mapping[str, Callable[[Any], bool]]] = {
    "every": lambda value: _is_whole(value, 2**53),
    "grids": lambda value: _is_list(value, _is_grid) and len(value) <= MOST_PLANES,
    "names": lambda value: _is_list(value, _is_text),
    "optimizers": lambda value: _is_list(value, _is_optimizer),
    "partial": _is_text,
    "planes": lambda value: _is_list(value, _is_plane),
    "rows": lambda value: _is_whole(value, 2**40),
    "shapes": lambda value: _is_list(value, _is_shape),
    "type": lambda value: value in ("float32", "float64"),
}
"""The entries of a file's header, and what each may be."""
_FORMAT: Final = SealedFormat(
    "recording",
    marker=b"\x89GDRECO\n",
    version=2,
    entries=tuple(_HEADER),
    largest_header=2**22,
    largest_payload=2 * MOST_BYTES,
)


class RecordingFileError(SealedFileError):
    """A file that is no recording, or no longer is: names the path and what is wrong with it."""


def record(
    model: Any,
    loss: Callable[[], Any],
    *,
    every: int = 1,
    max_bytes: int = 2**29,
    plane: PlaneChoice | list[PlaneChoice] | None = "path",
    seed: int = 0,
    grid: int | None = None,
    chunk_size: int | None = None,
    path: str | os.PathLike[str] | None = None,
) -> "AbstractContextManager[Recording]":
    """Record what any training loop in torch does to a model, the loop as it is.

    ::

        with gdmath.record(model, loss=lambda: criterion(model(x), y)) as recording:
            train(model)
        recording.save("run.trajectory")

    A row is taken on entry and after the step of any optimiser that holds a parameter of the model: closures,
    accumulated gradients, schedulers, several optimisers and a trainer's own loop are all the same to it. An
    update without a `torch.optim.Optimizer` is not seen. A step that a `GradScaler` skips is none. The hook
    is gone when the block ends; the loop, its random numbers, its modes and its gradients are those of an
    unrecorded one.

    Where the block ends by an exception its rows are kept and marked partial, and the exception goes on.
    Where a number is no longer finite, or a parameter changes its shape, is replaced or no longer frozen,
    recording ends at the row before, marked so, with a warning; the loop goes on.

    Parameters
    ----------
    model : torch.nn.Module
        Also compiled, or wrapped for several processes.
    loss
        The loss over all data, one number, from the model as it is: it is called for each row, in eval mode,
        without gradients, the random state put back. Never the loop's own, which is of other parameters.
    every
        Updates between two rows.
    max_bytes
        Of parameters and gradients. When they are full every second row is let go and `every` doubles, so
        that a recording always goes from the start to the end.
    plane
        What the loss is drawn over: ``"path"``, ``"random"``, two parameters by name or index into a row as
        in ``("fc.weight[0, 1]", "fc.bias[2]")``, or None; several of them in a list, among which a film
        chooses. Of a model of two parameters it is these; of one parameter there is none.
    seed
        Of random directions.
    grid
        Nodes along each axis, 2 to 501; by default 101, of more than 10,000 parameters 41 and of more than
        100,000 of them 21. The loss is evaluated at all of them when the block ends.
    chunk_size
        Nodes that are evaluated at once, by `torch.func.vmap`; by default as many as take about 256 MiB.
        Where vmap refuses the model, or by default of more than 10,000 parameters, they are evaluated one by
        one, which is then no slower.
    path
        A file to save to when the block ends, however it ends.

    Raises
    ------
    ValueError
        On entry: the model cannot be recorded, or the loss is not of its parameters alone. A plane of a model
        with batch normalisation is refused, for the running statistics belong to other weights.

    Notes
    -----
    A step of LBFGS is many evaluations and one row; its gradient is that of the last evaluation.

    Examples
    --------
    >>> import torch
    >>> model, x = torch.nn.Linear(1, 1), torch.linspace(0.0, 1.0, 20)[:, None]
    >>> with record(model, loss=lambda: ((model(x) - 2 * x) ** 2).mean()) as recording:
    ...     optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    ...     for _ in range(5):
    ...         optimizer.zero_grad()
    ...         ((model(x) - 2 * x) ** 2).mean().backward()
    ...         optimizer.step()
    >>> recording.run.parameters.shape, recording.run.method, recording.run.surface().grid.losses.shape
    ((6, 2), 'Adam', (101, 101))
    """
    from gdmath.torch_recorder import recording

    return recording(
        model,
        loss,
        every=every,
        max_bytes=max_bytes,
        plane=plane,
        seed=seed,
        grid=grid,
        chunk_size=chunk_size,
        path=path,
    )


def load_recording(path: str | os.PathLike[str]) -> RecordedRun:
    """Read back what `RecordedRun.save` wrote, bit for bit.

    Nothing in the file is executed, and no memory is taken on its word.

    Raises
    ------
    RecordingFileError
        When the file is cut, altered, of another kind or of another version.
    OSError
        When it is missing or cannot be read.
    """
    path = Path(path)
    try:
        return decode_recording(_FORMAT.read(path))
    except ValueError as fault:
        raise RecordingFileError(path, str(fault)) from fault


def encode_recording(run: RecordedRun) -> bytes:
    """The bytes of a recording's file; they depend on its values only.

    The payload holds parameters and gradients in their own type, then float64: losses, learning rates, and of
    each surface origin, directions, grid and row losses; then int64: steps and whose they are. Little-endian.
    """
    rows, own = run.parameters.shape[0], run.parameters.dtype.newbyteorder("<")
    header = {
        "every": int(run.every),
        "grids": [[seen.grid.b.size, seen.grid.w.size] for seen in run.surfaces],
        "names": list(run.shapes),
        "optimizers": [[each.name, [dict(group) for group in each.groups]] for each in run.optimizers],
        "partial": run.partial,
        "planes": [[seen.plane.kind.name, *seen.plane.axes] for seen in run.surfaces],
        "rows": rows,
        "shapes": [list(shape) for shape in run.shapes.values()],
        "type": run.parameters.dtype.name,
    }
    floats = [run.losses, run.learning_rates]
    for seen in run.surfaces:
        grid = seen.grid
        floats += [seen.plane.origin, seen.plane.directions, grid.b, grid.w, grid.losses, seen.row_losses]
    return _FORMAT.seal(
        header,
        *(array.astype(own).tobytes() for array in (run.parameters, run.gradients)),
        *(array.astype("<f8").tobytes() for array in floats),
        *(array.astype("<i8").tobytes() for array in (run.steps, run.stepped_by)),
    )


def decode_recording(content: bytes | memoryview) -> RecordedRun:
    """The run whose file has these bytes, bit for bit.

    Raises
    ------
    ValueError
        When they are cut, altered, of another kind or of another version.
    """
    header, payload = _FORMAT.open(content)
    check_header(header, _HEADER)
    names, shapes, rows = header["names"], header["shapes"], header["rows"]
    if not len(set(names)) == len(names) == len(shapes) or len(header["grids"]) != len(header["planes"]):
        raise ValueError("its header has names without shapes, or a plane without a grid")
    p = sum(map(math.prod, shapes))
    if not 1 <= p <= _MAX_PARAMETERS:
        raise ValueError(f"its header claims {p} parameters; allowed 1 to {_MAX_PARAMETERS}")
    own = np.dtype(header["type"]).newbyteorder("<")
    sizes = [(own, (rows, p)), (own, (rows - 1, p)), ("<f8", (rows,)), ("<f8", (rows - 1,))]
    for nx, ny in header["grids"]:
        sizes += [("<f8", shape) for shape in ((p,), (2, p), (nx,), (ny,), (ny, nx), (rows,))]
    sizes += [("<i8", (rows,)), ("<i8", (rows - 1,))]
    expected = sum(math.prod(shape) * np.dtype(dtype).itemsize for dtype, shape in sizes)
    if len(payload) != expected:
        raise ValueError(f"got {len(payload)} bytes of numbers where its header claims {expected}")
    arrays, offset = [], 0
    for dtype, shape in sizes:
        array = np.frombuffer(payload, dtype, math.prod(shape), offset).reshape(shape)
        offset += array.nbytes
        arrays.append(array)
    parameters, gradients, losses, learning_rates, *of_surfaces, steps, stepped_by = arrays
    surfaces = []
    for i, (kind, *axes) in enumerate(header["planes"]):
        origin, directions, x, y, grid_losses, row_losses = of_surfaces[6 * i : 6 * (i + 1)]
        plane = Plane(kind=PlaneKind[kind], axes=(axes[0], axes[1]), origin=origin, directions=directions)
        surfaces.append(PlaneSurface(plane=plane, grid=LossGrid(x, y, grid_losses), row_losses=row_losses))
    return RecordedRun(
        parameters=parameters,
        losses=losses,
        gradients=gradients,
        learning_rates=learning_rates,
        stepped_by=stepped_by,
        steps=steps,
        shapes={name: tuple(shape) for name, shape in zip(names, shapes, strict=True)},
        optimizers=tuple(OptimizerFacts(name, tuple(groups)) for name, groups in header["optimizers"]),
        every=header["every"],
        partial=header["partial"],
        surfaces=tuple(surfaces),
    )


def _finite_rows(values: npt.ArrayLike, name: str) -> RowArray:
    """A read-only (rows, P) array in its own type, once all its numbers are known to be finite."""
    raw = np.asarray(values)
    if raw.dtype.kind != "f" or raw.dtype.itemsize not in (4, 8):
        raise ValueError(f"{name}: got values of type {raw.dtype}; allowed float32 or float64")
    if raw.ndim != 2 or raw.size == 0:
        raise ValueError(f"{name}: got shape {raw.shape}; allowed rows of parameters")
    for row, numbers in enumerate(raw):
        if not np.isfinite(numbers).all():
            raise ValueError(f"{name}: got nan or inf in row {row}; allowed finite numbers")
    # Copied, but for what nobody can write to.
    array = raw if not raw.flags.writeable else raw.copy()
    array.setflags(write=False)
    return array
