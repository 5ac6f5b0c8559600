"""A user's table from arrays, a data frame or a Parquet file, under the rules that a CSV file keeps.

narwhals, which reads the frames, and pyarrow, which reads Parquet, are imported by who asks for them.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gdmath.arrays import FloatArray
from gdmath.tables import (
    MAX_BYTES,
    Table,
    TableError,
    check_names,
    check_row_count,
    checked_table,
    chosen_columns,
    file_content,
    shown,
)

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

_NAME: Final = "data"
"""What a table without a file is called."""
_TAKEN: Final = "a path, a gdmath.Table, a pair of arrays (x, y), or a frame of pandas, polars or pyarrow"
_INSTALL: Final = "pip install 'gdlectures[data]'"


def table_from(
    data: Any, x_column: str | None = None, y_column: str | None = None, *, drop_missing: bool = False
) -> Table:
    """Take a feature and a target from a pair of arrays or from a data frame.

    Parameters
    ----------
    data : (array, array) or frame
        Feature and target, (n,) each; or any frame that narwhals knows and that holds its rows, such as
        those of pandas, polars and pyarrow.
    x_column, y_column : str, optional
        Names of a frame's columns; of two they are the first and the second.
    drop_missing : bool
        Leave out rows that lack one of the two numbers (null, masked, nan, inf).

    Raises
    ------
    TableError
        When `data` is neither, or its numbers cannot teach a line.

    Examples
    --------
    >>> table = table_from(([1.0, 2.0, 4.0], [2.5, 3.5, 5.5]))
    >>> table.x_name, table.y.tolist()
    ('x', [2.5, 3.5, 5.5])
    """
    if isinstance(data, tuple | list):
        return _of_pair(data, drop_missing)
    return _of_frame(_NAME, _NAME, _known_frame(data), x_column, y_column, drop_missing)


def read_parquet(
    path: str | os.PathLike[str],
    x_column: str | None = None,
    y_column: str | None = None,
    *,
    drop_missing: bool = False,
) -> Table:
    """Read a feature and a target from a Parquet file.

    Sizes, names and types are checked before a column is read, and no column but the two is.

    Parameters
    ----------
    path
        A regular file of at most 64 MiB and a million rows.
    x_column, y_column, drop_missing
        As `table_from` takes them.

    Raises
    ------
    TableError
        When the file cannot be read or its numbers cannot teach a line, or narwhals or pyarrow is missing.
    """
    path = Path(path)
    place, content = file_content(path, "a Parquet file")
    try:
        import narwhals.stable.v2 as nw
        import pyarrow as pa
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise TableError(place, f"no {error.name}, which reads Parquet", "a CSV file", _INSTALL) from None
    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        check_names(place, file.schema_arrow.names)
        columns = _columns(place, nw.from_native(file.schema_arrow.empty_table()), x_column, y_column)
        check_row_count(place, file.metadata.num_rows)
        frame = nw.from_native(_read_within(place, file, columns))
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise TableError(place, shown(str(error)), "a Parquet file", "write it again") from None
    source = hashlib.sha256(content).hexdigest()
    return _of_frame(place, path.name, frame, *columns, drop_missing, source)


def _read_within(place: str, file: Any, columns: Sequence[str]) -> Any:
    """The columns of a file, refused as soon as they are more bytes than a table may have.

    What a harmed file says of its columns' sizes is not asked for: pyarrow aborts the process over it.
    """
    import pyarrow as pa

    read, size = [file.schema_arrow.empty_table().select(list(columns))], 0
    for batch in file.iter_batches(columns=list(columns), use_threads=False):
        size += batch.nbytes
        if size > MAX_BYTES:
            raise TableError(
                place, f"over {MAX_BYTES} bytes unpacked", f"up to {MAX_BYTES} bytes", "keep fewer rows"
            )
        read.append(pa.Table.from_batches([batch]).select(list(columns)))
    return pa.concat_tables(read)


def _known_frame(data: Any) -> "nw.DataFrame[Any]":
    kind = f"{type(data).__module__.partition('.')[0]}.{type(data).__name__}".removeprefix("builtins.")
    try:
        import narwhals.stable.v2 as nw
    except ModuleNotFoundError:
        raise TableError(_NAME, kind, _TAKEN, f"if it is a frame: {_INSTALL}") from None
    try:
        frame = nw.from_native(data, pass_through=True)
    except nw.exceptions.DuplicateError:
        raise TableError(_NAME, "columns of one name", "names that differ", "rename one of them") from None
    if isinstance(frame, nw.LazyFrame):
        raise TableError(_NAME, f"{kind}, whose rows are not there yet", _TAKEN, "collect it first")
    if not isinstance(frame, nw.DataFrame):
        raise TableError(_NAME, kind, _TAKEN, "give one of them")
    return frame


def _of_frame(
    place: str,
    name: str,
    frame: "nw.DataFrame[Any]",
    x_column: str | None,
    y_column: str | None,
    drop_missing: bool,
    source: str = "",
) -> Table:
    columns = _columns(place, frame, x_column, y_column)
    check_row_count(place, len(frame))
    names = list(map(str, frame.columns))
    x, y = (_numbers(frame[:, names.index(column)]) for column in columns)
    return _checked(place, name, columns, x, y, drop_missing, source)


def _numbers(column: "nw.Series[Any]") -> FloatArray:
    """The values, nan where one is missing."""
    import narwhals.stable.v2 as nw

    if column.dtype.is_decimal():
        column = column.cast(nw.Float64)
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _columns(
    place: str, frame: "nw.DataFrame[Any]", x_column: str | None, y_column: str | None
) -> tuple[str, str]:
    """Names of feature and target, which hold numbers."""
    names, types = list(map(str, frame.columns)), list(frame.schema.values())
    check_names(place, names)
    x, y = chosen_columns(place, names, x_column, y_column)
    for index in (x, y):
        if not types[index].is_numeric():
            where = f"{place}, column {shown(names[index])}"
            raise TableError(where, shown(str(types[index])), "numbers", "choose another column, or cast it")
    return names[x], names[y]


def _of_pair(data: Sequence[Any], drop_missing: bool) -> Table:
    if len(data) != 2:
        raise TableError(_NAME, f"a {type(data).__name__} of {len(data)}", _TAKEN, "give two arrays")
    x, y = (_array(f"{_NAME}, {name}", values) for name, values in zip("xy", data, strict=True))
    if x.size != y.size:
        got = f"{x.size} and {y.size} numbers"
        raise TableError(_NAME, got, "as many of x as of y", "give one of each a row")
    return _checked(_NAME, _NAME, ("x", "y"), x, y, drop_missing)


def _array(where: str, values: Any) -> FloatArray:
    try:
        array = np.ma.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TableError(where, shown(str(error)), "an array of numbers", "give one number a row") from None
    if array.dtype.kind not in "iuf":
        fix = "make them floats, nan where one is missing"
        raise TableError(where, f"{array.dtype} values", "an array of numbers", fix)
    if array.ndim != 1:
        raise TableError(where, f"an array of shape {array.shape}", "one of shape (n,)", "choose a column")
    check_row_count(where, array.size)
    with np.errstate(over="ignore"):
        return np.ma.filled(array.astype(np.float64), np.nan)


def _checked(
    place: str,
    name: str,
    columns: tuple[str, str],
    x: FloatArray,
    y: FloatArray,
    drop_missing: bool,
    source: str = "",
) -> Table:
    gaps = [
        f"{column[row]:g} at index {row}, column {shown(each)}"
        for each, column in zip(columns, (x, y), strict=True)
        for row in np.flatnonzero(~np.isfinite(column))[:1]
    ]
    source = source or hashlib.sha256(x.astype("<f8").tobytes() + y.astype("<f8").tobytes()).hexdigest()
    return checked_table(place, name, columns, x, y, gaps[0] if gaps else "", drop_missing, source)
