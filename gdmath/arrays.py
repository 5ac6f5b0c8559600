"""Read-only arrays of finite float64: the one kind of array the package hands out."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IndexArray: TypeAlias = npt.NDArray[np.int64]


def read_only(values: npt.ArrayLike) -> FloatArray:
    """Return a float64 copy of `values` that nobody can write to."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def finite_array(values: npt.ArrayLike, name: str, ndim: int = 1) -> FloatArray:
    """Return `values` as a read-only float64 array, once they are known to be finite numbers.

    Parameters
    ----------
    values
        Real numbers, nested `ndim` deep and at least one of them.
    name
        What the caller calls them; it opens the error.

    Raises
    ------
    ValueError
        When they are no numbers, have another number of axes, are none at all, or one is nan or inf.

    Examples
    --------
    >>> finite_array([1, 2], "x")
    array([1., 2.])
    >>> finite_array([1, float("nan")], "x")
    Traceback (most recent call last):
        ...
    ValueError: x: got nan at index 1; allowed finite numbers
    """
    try:
        raw = np.asarray(values)
    except ValueError as ragged:
        raise ValueError(
            f"{name}: got rows of unequal length; allowed {ndim} axes of real numbers"
        ) from ragged
    if raw.dtype.kind not in "iuf":
        raise ValueError(f"{name}: got values of type {raw.dtype}; allowed real numbers")
    if raw.ndim != ndim or raw.size == 0:
        raise ValueError(f"{name}: got shape {raw.shape}; allowed {ndim} axes with at least one value")
    array = read_only(raw)
    if not np.isfinite(array).all():
        flat = int(np.flatnonzero(~np.isfinite(array))[0])
        index = flat if ndim == 1 else tuple(map(int, np.unravel_index(flat, array.shape)))
        raise ValueError(f"{name}: got {array.flat[flat]} at index {index}; allowed finite numbers")
    return array


def index_array(values: npt.ArrayLike, name: str, below: int) -> IndexArray:
    """Return `values` as a read-only int64 vector of indices in [0, below); it may be empty.

    Raises
    ------
    ValueError
        When they are not whole numbers in one axis, or one is out of range.
    """
    raw = np.asarray(values)
    if raw.ndim != 1 or (raw.size and raw.dtype.kind not in "iu"):
        raise ValueError(
            f"{name}: got type {raw.dtype}, shape {raw.shape}; allowed one axis of whole numbers"
        )
    array = np.array(raw, dtype=np.int64)
    if array.size and not (array.min() >= 0 and array.max() < below):
        raise ValueError(f"{name}: got {array.min()} to {array.max()}; allowed 0 to {below - 1}")
    array.setflags(write=False)
    return array
