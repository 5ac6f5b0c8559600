"""Recorded runs as a picture shows them: on their plane, row by row, without their parameters."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gdmath.arrays import FloatArray, IndexArray, finite_array, index_array, read_only
from gdmath.landscape import LossGrid
from gdmath.planes import PlaneKind
from gdmath.recording_facts import facts_of_recording
from gdmath.recordings import RecordedRun
from gdmath.sealed import SealedFormat, check_header

MOST_ROWS: Final = 2000
"""Of a projected run: of a longer recording every k-th is taken."""
RECORDED_RUNS: Final = ("network", "two-weights")
"""Names of the runs that come with the package: those of ``examples/recording``."""
_LEAST_ROWS, _LEAST_NODES = 3, 3
_BY_ROW = ("steps", "losses", "row_losses", "distances", "step_lengths", "step_angles")


@dataclass(frozen=True, eq=False, kw_only=True)
class ProjectedRun:
    """A recorded run on its plane: all that a film of it is drawn from.

    Parameters
    ----------
    name
        What it is called, such as its file.
    kind, axes
        What the plane was laid along, and what x and y are called.
    method
        The optimisers' names.
    weight_decay
        The largest of their parameter groups; 0 where none has any.
    n_parameters, n_rows, every
        Of the recording.
    partial
        Why rows are missing at its end; "" where none is.
    way, distance
        The sum of the distances between the recording's rows, and from its first row to its last.
    explained, random_walk_explained
        Share of the variance of its rows that lies along the plane, and what would of a random walk.
    median_gap
        Median of |gap| / |loss| of its rows.
    steps : (rows,)
        Updates before each row.
    losses, row_losses : (rows,)
        The loss at each row's parameters, and at their projection on the plane.
    coordinates : (rows, 2)
        x and y of the projections.
    distances : (rows,)
        How far each row lies from the plane.
    step_lengths, step_angles : (rows,)
        How far each row is from the one recorded before it, and by how many degrees, 0 to 180, that step
        turns from the one before; nan where there is none.
    grid
        The loss over the plane; x is the grid's b, y its w.

    Raises
    ------
    ValueError
        When shapes disagree, a number is not finite, or there are fewer rows than three.
    """

    name: str
    kind: PlaneKind
    axes: tuple[str, str]
    method: str
    weight_decay: float
    n_parameters: int
    n_rows: int
    every: int
    partial: str
    way: float
    distance: float
    explained: float
    random_walk_explained: float
    median_gap: float
    steps: IndexArray
    losses: FloatArray
    row_losses: FloatArray
    coordinates: FloatArray
    distances: FloatArray
    step_lengths: FloatArray
    step_angles: FloatArray
    grid: LossGrid

    def __post_init__(self) -> None:
        coordinates = finite_array(self.coordinates, "coordinates", ndim=2)
        rows = len(coordinates)
        settled: dict[str, Any] = {
            "coordinates": coordinates,
            "steps": index_array(self.steps, "steps", below=2**53),
            "axes": (self.axes[0], self.axes[1]),
            "kind": PlaneKind(self.kind),
        }
        settled |= {
            name: finite_array(getattr(self, name), name) for name in ("losses", "row_losses", "distances")
        }
        settled |= {name: read_only(getattr(self, name)) for name in ("step_lengths", "step_angles")}
        if rows < _LEAST_ROWS:
            raise ValueError(f"rows: got {rows}; allowed {_LEAST_ROWS} or more")
        for name in _BY_ROW:
            if settled[name].shape != (rows,):
                raise ValueError(f"{name}: got shape {settled[name].shape}; allowed {(rows,)}")
        if coordinates.shape != (rows, 2):
            raise ValueError(f"coordinates: got shape {coordinates.shape}; allowed {(rows, 2)}")
        if min(self.grid.losses.shape) < _LEAST_NODES:
            raise ValueError(f"grid: got shape {self.grid.losses.shape}; allowed {_LEAST_NODES} nodes a side")
        for attribute, value in settled.items():
            object.__setattr__(self, attribute, value)

    @property
    def last_row(self) -> int:
        """The index of the last row."""
        return len(self.losses) - 1

    @property
    def is_whole(self) -> bool:
        """Whether the plane is the whole space: the model has these two parameters and no other."""
        return self.n_parameters == 2 and self.kind is PlaneKind.PARAMETERS

    @property
    def is_thinned(self) -> bool:
        """Whether the recording has rows that are not among these."""
        return self.n_rows > len(self.losses)

    @cached_property
    def gaps(self) -> FloatArray:
        """The loss in the plane less the true loss of each row, of shape (rows,)."""
        return np.asarray(self.row_losses - self.losses)

    @cached_property
    def relative_gaps(self) -> FloatArray:
        """|gap| / |loss| of each row, of shape (rows,); 0 where the loss is 0."""
        sizes = np.abs(self.losses)
        return np.where(sizes > 0.0, np.abs(self.gaps) / np.where(sizes > 0.0, sizes, 1.0), 0.0)

    @property
    def widest_row(self) -> int:
        """The row whose gap is the largest part of its loss."""
        return int(self.relative_gaps.argmax())

    @property
    def lowest_row(self) -> int:
        """The row whose loss is the lowest."""
        return int(self.losses.argmin())

    def digest(self) -> str:
        """Return the sha256, in hex, of all of it."""
        return encode_projection(self)[-32:].hex()


def project(run: RecordedRun, name: str = "run", plane: str | None = None) -> ProjectedRun:
    """Return a recorded run as it is seen on its plane.

    Of more than `MOST_ROWS` rows every k-th is taken, and with them the last one, the lowest and the one
    with the widest gap. What is told of the run as a whole is that of all its rows.

    Parameters
    ----------
    run
        With a surface.
    name
        What it is called.
    plane
        Which of its planes, by `Plane.name`; the first when left out.

    Raises
    ------
    ValueError
        When it has no such plane, a grid of fewer nodes than three a side, or fewer rows than three.

    Examples
    --------
    >>> seen = recorded_run("two-weights")
    >>> seen.n_parameters, seen.is_whole, float(abs(seen.gaps).max())
    (2, True, 0.0)
    """
    surface = run.surface(plane)
    facts = facts_of_recording(run)
    seen, rows = facts.surfaces[run.surfaces.index(surface)], np.arange(len(run.losses))
    kept = rows[:: -(-len(rows) // MOST_ROWS)]
    widest = int(np.flatnonzero(run.steps == seen.widest_gap_step)[0])
    kept = np.unique([*kept, rows[-1], int(run.losses.argmin()), widest])
    return ProjectedRun(
        name=name,
        kind=seen.kind,
        axes=seen.axes,
        method=run.method,
        weight_decay=run.weight_decay,
        n_parameters=facts.n_parameters,
        n_rows=facts.n_rows,
        every=run.every,
        partial=run.partial,
        way=facts.way,
        distance=facts.distance,
        explained=seen.explained,
        random_walk_explained=seen.random_walk_explained,
        median_gap=seen.median_gap,
        steps=run.steps[kept],
        losses=run.losses[kept],
        row_losses=seen.row_losses[kept],
        coordinates=seen.coordinates[kept],
        distances=seen.distances[kept],
        step_lengths=np.concatenate([[np.nan], facts.step_lengths])[kept],
        step_angles=np.concatenate([[np.nan, np.nan], facts.step_angles])[: len(rows)][kept],
        grid=surface.grid,
    )


def recorded_run(name: str) -> ProjectedRun:
    """Return a run that comes with the package, one of `RECORDED_RUNS`.

    Both were trained by Adam: ``network`` has 337 weights and is seen on the plane of its path,
    ``two-weights`` is a line, whose two parameters are seen as they are.

    Raises
    ------
    ValueError
        When there is none of this name.
    """
    if name not in RECORDED_RUNS:
        raise ValueError(f"recorded run: got {name!r}; allowed {', '.join(RECORDED_RUNS)}")
    return decode_projection((resources.files("gdmath") / "recorded" / f"{name}.run").read_bytes())


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 500


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= 2**53


_HEADER: Final[Mapping[str, Callable[[Any], bool]]] = {
    "name": _is_text,
    "kind": lambda value: isinstance(value, str) and value in PlaneKind.__members__,
    "axes": lambda value: isinstance(value, list) and len(value) == 2 and all(map(_is_text, value)),
    "method": lambda value: isinstance(value, str) and len(value) <= 5000,
    **dict.fromkeys(("n_parameters", "n_rows", "every"), _is_count),
    "partial": _is_text,
    **dict.fromkeys(
        ("weight_decay", "way", "distance", "explained", "random_walk_explained", "median_gap"), _is_number
    ),
    "rows": lambda value: type(value) is int and _LEAST_ROWS <= value <= 2 * MOST_ROWS,
    "grid": lambda value: (
        isinstance(value, list)
        and len(value) == 2
        and all(type(n) is int and _LEAST_NODES <= n <= 2001 for n in value)
    ),
}
"""The entries of a file's header, and what each may be."""
_FORMAT: Final = SealedFormat(
    "projected run",
    marker=b"\x89GDPROJ\n",
    version=2,
    entries=tuple(_HEADER),
    largest_header=64 * 1024,
    largest_payload=64 * 1024 * 1024,
)


def encode_projection(run: ProjectedRun) -> bytes:
    """The bytes of a projected run; equal runs give equal bytes.

    The payload holds what there is by row, the steps as int64 and all else as float64, then the coordinates
    and the grid, little-endian.
    """
    header = {name: getattr(run, name) for name in _HEADER if name not in ("kind", "axes", "rows", "grid")}
    header |= {
        "kind": run.kind.name,
        "axes": list(run.axes),
        "rows": len(run.losses),
        "grid": [run.grid.b.size, run.grid.w.size],
    }
    numbers = [getattr(run, name) for name in _BY_ROW[1:]]
    numbers += [run.coordinates, run.grid.b, run.grid.w, run.grid.losses]
    return _FORMAT.seal(
        header, run.steps.astype("<i8").tobytes(), *(array.astype("<f8").tobytes() for array in numbers)
    )


def decode_projection(content: bytes | memoryview) -> ProjectedRun:
    """The projected run that has these bytes, bit for bit.

    Raises
    ------
    ValueError
        When they are cut, altered, of another kind or of another version.
    """
    header, payload = _FORMAT.open(content)
    check_header(header, _HEADER)
    rows, (nx, ny) = header.pop("rows"), header.pop("grid")
    shapes: list[tuple[int, ...]] = [(rows,)] * len(_BY_ROW) + [(rows, 2), (nx,), (ny,), (ny, nx)]
    expected = 8 * sum(map(math.prod, shapes))
    if len(payload) != expected:
        raise ValueError(f"got {len(payload)} bytes of numbers where its header claims {expected}")
    arrays: list[npt.NDArray[Any]] = []
    for shape in shapes:
        at = sum(array.nbytes for array in arrays)
        kind = "<f8" if arrays else "<i8"
        arrays.append(np.frombuffer(payload, kind, math.prod(shape), at).reshape(shape))
    *by_row, coordinates, x, y, losses = arrays
    header |= zip(_BY_ROW, by_row, strict=True)
    header |= {"kind": PlaneKind[header["kind"]], "axes": tuple(header["axes"])}
    return ProjectedRun(**header, coordinates=coordinates, grid=LossGrid(x, y, losses))
