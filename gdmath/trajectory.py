"""The record of a descent: what every frame of a film is drawn from, in memory and on disk."""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from gdmath.arrays import FloatArray, IndexArray, finite_array, index_array
from gdmath.sealed import SealedFileError, SealedFormat, check_header, write_whole

MAX_STEPS: Final = 1_000_000
MAX_METHOD_LENGTH: Final = 200
MAX_PARAMETERS: Final = 64


class Outcome(StrEnum):
    """How a descent ended; a member reads as the sentence a person is shown."""

    OUT_OF_STEPS = "took every step it was given"
    REACHED_TOLERANCE = "reached the tolerance: the gradient is as small as was asked"
    OSCILLATES = "oscillates: the learning rate is exactly the stability limit"
    DIVERGED = "diverged: the loss grows without bound"
    STOOD_STILL = "stood still: no step was large enough to change the parameters"


@dataclass(frozen=True, eq=False, kw_only=True)
class Trajectory:
    """A path through parameter space; row k is the state after k updates.

    Parameters
    ----------
    parameters : (n_steps + 1, p)
        Ordered (b, w), or (w,) without a bias; of a network, as `gdmath.network_predictions` takes them.
    losses : (n_steps + 1,)
        The loss on all train rows AT parameters[k], before update k + 1.
    gradients : (n_steps + 1, p)
        What update k + 1 uses: for plain descent parameters[k + 1] is, bit for bit,
        parameters[k] - learning_rate * gradients[k]. The last row is what the next update would have
        used, so a shorter run is the beginning of a longer one in every row.
    learning_rate
        The step multiplier.
    outcome
        How it ended. After divergence only the rows whose numbers are all finite are kept.
    epoch_starts : (n_epochs,)
        Rows at which a pass through the data begins (or, the last one, the previous pass ends).
        Given none, each row, as in full-batch descent.
    batch_size
        Points per update; None for all of them.
    method
        The name a film may give it: *gradient descent* only when full batch, *SGD* only when sampled.

    Raises
    ------
    ValueError
        When the shapes disagree or a number is not finite.
    """

    parameters: FloatArray
    losses: FloatArray
    gradients: FloatArray
    learning_rate: float
    outcome: Outcome
    epoch_starts: IndexArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    batch_size: int | None = None
    method: str = "gradient descent"

    def __post_init__(self) -> None:
        parameters = finite_array(self.parameters, "parameters", ndim=2)
        losses = finite_array(self.losses, "losses")
        gradients = finite_array(self.gradients, "gradients", ndim=2)
        rows, p = parameters.shape
        if p > MAX_PARAMETERS:
            raise ValueError(f"parameters: got {p} columns; allowed 1 to {MAX_PARAMETERS}")
        if gradients.shape != (rows, p) or losses.shape != (rows,):
            raise ValueError(
                f"losses, gradients: got shapes {losses.shape}, {gradients.shape}; "
                f"allowed {(rows,)}, {(rows, p)} as the parameters have"
            )
        if not 0.0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate: got {self.learning_rate!r}; allowed a finite number above 0")
        if self.batch_size is not None and self.batch_size < 1:
            raise ValueError(f"batch_size: got {self.batch_size!r}; allowed 1 or more, or None")
        if not (0 < len(self.method) <= MAX_METHOD_LENGTH and self.method.isprintable()):
            raise ValueError(
                f"method: got {self.method[:80]!r}; allowed 1 to {MAX_METHOD_LENGTH} printable letters"
            )
        starts = self.epoch_starts if len(self.epoch_starts) else np.arange(rows)
        epoch_starts = index_array(starts, "epoch_starts", below=rows)
        if epoch_starts[0] != 0 or (np.diff(epoch_starts) <= 0).any():
            raise ValueError("epoch_starts: got rows out of order; allowed increasing ones from 0")
        settled = {
            "parameters": parameters,
            "losses": losses,
            "gradients": gradients,
            "learning_rate": float(self.learning_rate),
            "outcome": Outcome(self.outcome),
            "epoch_starts": epoch_starts,
        }
        for attribute, value in settled.items():
            object.__setattr__(self, attribute, value)

    @property
    def n_steps(self) -> int:
        """The number of updates recorded: one less than there are rows."""
        return len(self.losses) - 1

    def up_to(self, n_steps: int) -> Self:
        """Return its beginning, as if it had been told to stop after so many updates.

        Parameters
        ----------
        n_steps
            From 0; a longer way than it has gone is all of it.
        """
        if n_steps < 0:
            raise ValueError(f"n_steps: got {n_steps}; allowed a number from 0")
        if n_steps >= self.n_steps:
            return self
        rows = slice(n_steps + 1)
        return replace(
            self,
            parameters=self.parameters[rows],
            losses=self.losses[rows],
            gradients=self.gradients[rows],
            outcome=Outcome.OUT_OF_STEPS,
            epoch_starts=self.epoch_starts[self.epoch_starts <= n_steps],
        )

    def epochs_passed(self, n_rows: int) -> FloatArray:
        """Return the epochs that have passed at each row, of shape (n_steps + 1,).

            points met since the start / n

        Whole numbers at `epoch_starts`; of full-batch descent, the rows' own numbers.

        Parameters
        ----------
        n_rows
            The points of the data, n.
        """
        rows = np.arange(self.n_steps + 1)
        epoch = np.searchsorted(self.epoch_starts, rows, side="right") - 1
        met = (rows - self.epoch_starts[epoch]) * (self.batch_size or n_rows)
        return np.asarray(epoch + met / n_rows)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the trajectory to one file, whole or not at all.

        The bytes depend on the values only.

        Raises
        ------
        OSError
            When the disk refuses; an earlier file of that name is then untouched.
        """
        write_whole(Path(path), encode_trajectory(self))


def steps_to_within(trajectory: Trajectory, minimum: float, fraction: float = 0.01) -> int | None:
    """Return the first k whose loss is at most (1 + fraction) times the minimum, or None.

    Examples
    --------
    >>> from gdmath import descend, preset
    >>> dataset = preset("chapter-0")
    >>> problem = dataset.problem()
    >>> steps_to_within(descend(problem, dataset.start, 0.1, 1000), problem.minimum)
    258
    """
    within = trajectory.losses <= (1.0 + fraction) * minimum
    return int(within.argmax()) if within.any() else None


def _is_whole(value: object, largest: int) -> bool:
    return type(value) is int and 1 <= value <= largest


_MAX_ROWS: Final = MAX_STEPS + 1
_HEADER: Final[Mapping[str, Callable[[Any], bool]]] = {
    "batch_size": lambda value: value is None or _is_whole(value, 2**53),
    "epochs": lambda value: _is_whole(value, _MAX_ROWS),
    "learning_rate": lambda value: type(value) is float,
    "method": lambda value: isinstance(value, str),
    "outcome": lambda value: isinstance(value, str) and value in Outcome.__members__,
    "p": lambda value: _is_whole(value, MAX_PARAMETERS),
    "rows": lambda value: _is_whole(value, _MAX_ROWS),
}
"""The entries of a file's header, and what each may be."""
_FORMAT: Final = SealedFormat(
    "trajectory",
    marker=b"\x89GDTRAJ\n",
    version=1,
    entries=tuple(_HEADER),
    largest_header=4096,
    largest_payload=_MAX_ROWS * (2 + 2 + 1 + 1) * 8,
)


class TrajectoryFileError(SealedFileError):
    """A file that is no trajectory, or no longer is: names the path and what is wrong with it."""


def load_trajectory(path: str | os.PathLike[str]) -> Trajectory:
    """Read back what `Trajectory.save` wrote, bit for bit.

    Nothing in the file is executed, and no memory is taken on its word.

    Raises
    ------
    TrajectoryFileError
        When the file is cut, altered, of another kind or of another version.
    OSError
        When it is missing or cannot be read.
    """
    path = Path(path)
    try:
        return decode_trajectory(_FORMAT.read(path))
    except ValueError as fault:
        raise TrajectoryFileError(path, str(fault)) from fault


def encode_trajectory(trajectory: Trajectory) -> bytes:
    """The bytes of a trajectory's file; they depend on its values only.

    The payload holds parameters, gradients, losses as float64 and epoch_starts as int64, little-endian.
    """
    rows, p = trajectory.parameters.shape
    header = {
        "batch_size": None if trajectory.batch_size is None else int(trajectory.batch_size),
        "epochs": len(trajectory.epoch_starts),
        "learning_rate": trajectory.learning_rate,
        "method": trajectory.method,
        "outcome": trajectory.outcome.name,
        "p": p,
        "rows": rows,
    }
    numbers = (trajectory.parameters, trajectory.gradients, trajectory.losses)
    return _FORMAT.seal(
        header,
        *(array.astype("<f8").tobytes() for array in numbers),
        trajectory.epoch_starts.astype("<i8").tobytes(),
    )


def decode_trajectory(content: bytes | memoryview) -> Trajectory:
    """The trajectory whose file has these bytes, bit for bit.

    Raises
    ------
    ValueError
        When they are cut, altered, of another kind or of another version.
    """
    header, payload = _FORMAT.open(content)
    check_header(header, _HEADER)
    rows, p, epochs = header["rows"], header["p"], header["epochs"]
    expected = 8 * (rows * (2 * p + 1) + epochs)
    if len(payload) != expected:
        raise ValueError(f"got {len(payload)} bytes of numbers where its header claims {expected}")
    numbers = np.frombuffer(payload, "<f8", rows * (2 * p + 1))
    parameters, gradients, losses = np.split(numbers, [rows * p, 2 * rows * p])
    return Trajectory(
        parameters=parameters.reshape(rows, p),
        gradients=gradients.reshape(rows, p),
        losses=losses,
        learning_rate=header["learning_rate"],
        outcome=Outcome[header["outcome"]],
        epoch_starts=np.frombuffer(payload, "<i8", epochs, offset=numbers.nbytes),
        batch_size=header["batch_size"],
        method=header["method"],
    )
