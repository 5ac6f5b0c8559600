"""The textbook's datasets, each with the run that goes with it."""

import difflib
import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import astuple, dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import numpy as np

from gdmath.arrays import FloatArray, IndexArray, finite_array, index_array
from gdmath.frames import TeachingFrame
from gdmath.objectives import LeastSquares, Reduction

Dtype: TypeAlias = Literal["float64", "float32"]
_KINDS: Final = {
    str: ("name", "x_name", "y_name", "x_unit", "y_unit", "x_column", "y_column", "source"),
    int: ("n_steps", "n_dropped"),
    bool: ("fit_bias",),
}
"""Of what type some values of a dataset are, which are written into files."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Points with their split into train and validation, and the descent the textbook runs on them.

    Parameters
    ----------
    name
        What it is called on the command line and on screen.
    x, y : (n,)
        Feature and target.
    train_indices, validation_indices
        Rows of each part, in the order in which a loop meets them; validation may be empty.
    start : (p,)
        Where descent starts, ordered (b, w); (w,) when there is no bias.
    learning_rate, learning_rates
        The textbook's rate, and the others it compares with it.
    n_steps
        Updates of its full run.
    fit_bias, reduction
        The objective, see `LeastSquares`.
    dtype
        The floating type its loops compute in. The arrays here are float64 either way; with
        ``"float32"`` they hold only values that float32 has.
    x_name, y_name, x_unit, y_unit
        Of feature and target; no unit is "".
    x_column, y_column
        The columns of a user's table that they came from; "" where they came from none.
    n_dropped
        Rows of that table that were left out, for they lacked a number.
    frame
        How x and y, and with them `start`, came from the units of a user's table; None where they are in
        the units in which they were given.
    source
        sha256, in hex, of the file that they came from, or of the values where a user gave those; "" where
        they came from none.

    Raises
    ------
    ValueError
        When a value is not finite, a shape or an index does not fit, a row is in both parts, or a
        float32 dataset holds a value that float32 does not have.
    """

    name: str
    x: FloatArray
    y: FloatArray
    train_indices: IndexArray
    validation_indices: IndexArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    x_name: str = "x"
    y_name: str = "y"
    x_unit: str = ""
    y_unit: str = ""
    start: FloatArray
    learning_rate: float
    learning_rates: tuple[float, ...] = ()
    n_steps: int
    fit_bias: bool = True
    reduction: Reduction = "mean"
    dtype: Dtype = "float64"
    x_column: str = ""
    y_column: str = ""
    n_dropped: int = 0
    frame: TeachingFrame | None = None
    source: str = ""

    def __post_init__(self) -> None:
        for kind, names in _KINDS.items():
            for name in names:
                if type(value := getattr(self, name)) is not kind:
                    raise ValueError(f"{name}: got {value!r:.80}; allowed a value of type {kind.__name__}")
        x, y, start = finite_array(self.x, "x"), finite_array(self.y, "y"), finite_array(self.start, "start")
        if x.shape != y.shape:
            raise ValueError(f"y: got {y.size} values for {x.size} values of x; allowed as many as x has")
        n_parameters = 2 if self.fit_bias else 1
        if start.size != n_parameters:
            raise ValueError(f"start: got {start.size} values; allowed {n_parameters}")
        train = index_array(self.train_indices, "train_indices", below=x.size)
        validation = index_array(self.validation_indices, "validation_indices", below=x.size)
        if train.size == 0:
            raise ValueError("train_indices: got none; allowed at least one row")
        rows = np.concatenate([train, validation])
        if np.unique(rows).size != rows.size:
            raise ValueError("train_indices, validation_indices: got a row twice; allowed once in one part")
        for rate in (self.learning_rate, *self.learning_rates):
            if type(rate) is bool or not 0.0 < rate <= sys.float_info.max:
                raise ValueError(f"learning_rate: got {rate!r:.80}; allowed a finite number above 0")
        if self.n_steps < 1:
            raise ValueError(f"n_steps: got {self.n_steps!r}; allowed 1 or more")
        if self.dtype not in ("float64", "float32"):
            raise ValueError(f"dtype: got {self.dtype!r}; allowed 'float64' or 'float32'")
        if self.dtype == "float32" and not all(_fits_float32(values) for values in (x, y, start)):
            raise ValueError("x, y, start: got a value that float32 rounds; allowed values it has exactly")
        settled = {"x": x, "y": y, "start": start, "train_indices": train, "validation_indices": validation}
        for attribute, value in settled.items():
            object.__setattr__(self, attribute, value)
        self.problem()

    @property
    def x_train(self) -> FloatArray:
        return self.x[self.train_indices]

    @property
    def y_train(self) -> FloatArray:
        return self.y[self.train_indices]

    @property
    def x_validation(self) -> FloatArray:
        return self.x[self.validation_indices]

    @property
    def y_validation(self) -> FloatArray:
        return self.y[self.validation_indices]

    def problem(self) -> LeastSquares:
        """Return the objective on the train rows."""
        return LeastSquares(self.x_train, self.y_train, self.fit_bias, self.reduction)

    def sample(self, most: int) -> tuple[IndexArray, IndexArray]:
        """Return which train and which validation points stand for all where few can be shown.

        Of more than so many, as many of each kind as is their part, evenly apart in the order of x: the
        first and the last are among them.

        Parameters
        ----------
        most
            Points of both kinds together, 2 or more.

        Returns
        -------
        train, validation
            Positions within `x_train` and `x_validation`, rising.
        """
        sizes = self.train_indices.size, self.validation_indices.size
        kept = [min(size, max(2, round(most * size / max(most, sum(sizes))))) for size in sizes]
        train, validation = (
            np.sort(np.argsort(x, kind="stable")[np.linspace(0, x.size - 1, count).round().astype(int)])
            for x, count in zip((self.x_train, self.x_validation), kept, strict=True)
        )
        return train, validation

    def digest(self) -> str:
        """Return the sha256, in hex, of every value and every choice in the record.

        The same record gives the same digest on every machine; one bit changed anywhere changes it.
        """
        described = {
            "name": self.name,
            "names": [self.x_name, self.y_name, self.x_unit, self.y_unit],
            "columns": [self.x_column, self.y_column, self.n_dropped],
            "frame": astuple(self.frame) if self.frame else None,
            "source": self.source,
            "sizes": [self.x.size, self.train_indices.size, self.validation_indices.size],
            "start": self.start.tolist(),
            "learning_rates": [float(self.learning_rate), *map(float, self.learning_rates)],
            "n_steps": int(self.n_steps),
            "objective": [bool(self.fit_bias), self.reduction, self.dtype],
        }
        sha = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
        for values in (self.x, self.y):
            sha.update(values.astype("<f8").tobytes())
        for indices in (self.train_indices, self.validation_indices):
            sha.update(indices.astype("<i8").tobytes())
        return sha.hexdigest()


def preset(name: str) -> Dataset:
    """Return a textbook dataset by its name, the same values on every machine.

    Raises
    ------
    ValueError
        When there is none of that name; the nearest is named.

    Examples
    --------
    >>> dataset = preset("chapter-0")
    >>> dataset.start
    array([ 0.49671415, -0.1382643 ])
    >>> dataset.problem().minimizer.round(4)
    array([1.0235, 1.969 ])
    """
    if name not in _PRESETS:
        nearest = difflib.get_close_matches(str(name), _PRESETS, n=1, cutoff=0.0)[0]
        raise ValueError(
            f"preset: got {name!r}, the nearest is {nearest!r}; allowed {', '.join(preset_names())}"
        )
    return _PRESETS[name]()


def preset_names() -> tuple[str, ...]:
    """Return the names `preset` knows, in teaching order.

    >>> preset_names()
    ('chapter-0', 'chapter-2', 'one-weight', 'fake-data', 'fake-data-1000', 'chapter-0-bad')
    """
    return tuple(_PRESETS)


def curved_dataset(reduction: Reduction = "mean") -> Dataset:
    """Return 50 points on y = cos 3x + 0.1 noise, x from -1 to 1, which no line fits; all of them train.

    Its rate and its number of steps suit a small network, as `gdmath.torch_loops.network_loop` trains it: a
    summed loss takes a rate 50 times smaller.

    Examples
    --------
    >>> dataset = curved_dataset()
    >>> round(dataset.problem().minimum, 3)
    0.483
    """
    n, stream = 50, _legacy_stream()
    x = stream.uniform(-1.0, 1.0, n)
    return Dataset(
        name="curved",
        x=x,
        y=np.cos(3.0 * x) + 0.1 * stream.randn(n),
        train_indices=np.arange(n),
        start=np.zeros(2),
        learning_rate=0.1 if reduction == "mean" else 0.1 / n,
        n_steps=1000,
        reduction=reduction,
    )


_SEED: Final = 42


def _legacy_stream() -> np.random.RandomState:
    # The printed numbers of the books come from NumPy's frozen legacy stream; no Generator repeats it.
    return np.random.RandomState(_SEED)


def _chapter_0() -> Dataset:
    """Godoy, chapter 0: y = 1 + 2x + noise. Its full run is 1000 epochs, as in the book's loops."""
    again = _legacy_stream()
    return _noisy_line(
        "chapter-0",
        bias=1.0,
        weight=2.0,
        start=np.concatenate([again.randn(1), again.randn(1)]),
        learning_rates=(0.2, 0.8, 1.1),
    )


def _chapter_2() -> Dataset:
    """Godoy, chapter 2's exercise: y = 0.5 - 3x + noise, started from uniform numbers."""
    again = _legacy_stream()
    start = np.concatenate([again.rand(1), again.rand(1)])
    return _noisy_line("chapter-2", bias=0.5, weight=-3.0, start=start)


def _chapter_0_bad() -> Dataset:
    """Chapter 0 with the feature in a unit ten times smaller: the same y, the same split, slope 0.2."""
    original = _chapter_0()
    return replace(original, name="chapter-0-bad", x=original.x * 10.0, learning_rates=(0.01,))


def _one_weight() -> Dataset:
    """The autograd tutorial: y = 2x on four points, float32, through the origin."""
    return Dataset(
        name="one-weight",
        x=np.array([1.0, 2.0, 3.0, 4.0]),
        y=np.array([2.0, 4.0, 6.0, 8.0]),
        train_indices=np.arange(4),
        start=np.zeros(1),
        learning_rate=0.01,
        n_steps=20,
        fit_bias=False,
        dtype="float32",
    )


def _fake_data(name: str, n: int) -> Dataset:
    """The SGD notebook: y = 3x + 8 + noise, summed loss. The notebook leaves it unseeded."""
    stream = _legacy_stream()
    x = stream.uniform(0.0, 1.0, n)
    y = 3.0 * x + 8.0 + 0.1 * stream.normal(0.0, 3.0, n)
    return Dataset(
        name=name,
        x=x,
        y=y,
        train_indices=np.arange(n),
        start=np.array([1.0, -1.0]),
        learning_rate=1e-4,
        n_steps=500,
        reduction="sum",
    )


def _noisy_line(
    name: str, bias: float, weight: float, start: FloatArray, learning_rates: tuple[float, ...] = ()
) -> Dataset:
    """Points on y = b + w x + 0.1 noise, 80 to train on; the split continues the stream of the points."""
    n, n_train = 100, 80
    stream = _legacy_stream()
    x = stream.rand(n, 1)
    y = bias + weight * x + 0.1 * stream.randn(n, 1)
    rows = np.arange(n)
    stream.shuffle(rows)
    return Dataset(
        name=name,
        x=x.ravel(),
        y=y.ravel(),
        train_indices=rows[:n_train],
        validation_indices=rows[n_train:],
        start=start,
        learning_rate=0.1,
        learning_rates=learning_rates,
        n_steps=1000,
    )


def _fits_float32(values: FloatArray) -> bool:
    with np.errstate(over="ignore"):
        return bool((values.astype(np.float32) == values).all())


_PRESETS: Final = MappingProxyType[str, Callable[[], Dataset]](
    {
        "chapter-0": _chapter_0,
        "chapter-2": _chapter_2,
        "one-weight": _one_weight,
        "fake-data": lambda: _fake_data("fake-data", 50),
        "fake-data-1000": lambda: _fake_data("fake-data-1000", 1000),
        "chapter-0-bad": _chapter_0_bad,
    }
)
