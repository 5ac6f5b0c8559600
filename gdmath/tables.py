"""A user's table: two columns, the rules that they must keep, and a strict reader of CSV files.

Nothing is guessed, and a fault is named by row and column.
"""

import codecs
import csv
import difflib
import hashlib
import io
import json
import math
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

import numpy as np

from gdmath.arrays import FloatArray, IndexArray, finite_array
from gdmath.datasets import Dataset
from gdmath.frames import TeachingFrame, round_numbers
from gdmath.objectives import LARGEST_MAGNITUDE, SMALLEST_MAGNITUDE, LeastSquares

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_ROWS: Final = 1_000_000
MAX_COLUMNS: Final = 1000
MIN_ROWS: Final = 2
LONGEST_NAME: Final = 80
"""Characters of a column's name that are kept; the rest is cut, with an ellipsis."""

_STEPS = (100, 100_000)
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "inf", "+inf", "-inf", "infinity", "-infinity"})
_DELIMITERS = (",", ";", "\t", "|", " ")
_OTHER_KINDS = (
    (b"PAR1", "a Parquet file", "let its name end in .parquet"),
    (b"PK\x03\x04", "a workbook or an archive", "save the sheet as CSV"),
)
"""First bytes of files that are no text, what they are, and what to do."""
_DELIMITER_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " "}
# of the lines that are drawn as starts, and of the excess that each parameter alone must take away
_DRAWN, _FALL = 100, 0.1
# A column whose spread is smaller beside its values is lost when they are squared in float64.
_SMALLEST_SPREAD = 1e-7


class TableError(ValueError):
    """A table that cannot be read as it was asked for.

    Attributes
    ----------
    where, got, allowed, fix : str
        The file with row and column, or the option; the value found; what it may be; what to do.
    """

    def __init__(self, where: str, got: str, allowed: str, fix: str) -> None:
        self.where, self.got, self.allowed, self.fix = where, got, allowed, fix
        super().__init__(f"{where}: got {got}; allowed {allowed}; fix: {fix}")


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """A feature and a target, and how they are to be taught.

    Attributes
    ----------
    name : str
        The file's, without its folder. Of this and the other texts 80 characters are kept, whatever they
        hold.
    x_name, y_name : str
        What feature and target are called.
    x, y : (n,)
        In file order.
    x_unit, y_unit : str
        "" for none.
    x_column, y_column : str
        The names of their columns; "" becomes what they are called.
    n_dropped : int
        Rows that were left out, for they lacked a number.
    row_numbers : (n,) of int
        Of the rows in their file, as a spreadsheet counts them; given none, from 1.
    source : str
        sha256, in hex, of the file, or of the values where there is none; "" where nobody took it.
    validation_share : float
        Share of the rows kept aside, from 0 to 0.5.
    seed : int
        Of split and start, 0 or more.
    start : (float, float) or None
        Where descent starts, (b, w) in the units of the table; None draws a line at random.
    raw : bool
        Descent runs in the units of the table, whatever they are, and in no teaching frame.

    Raises
    ------
    TableError
        When share, seed or start are out of their limits.
    """

    name: str
    x_name: str
    y_name: str
    x: FloatArray
    y: FloatArray
    x_unit: str = ""
    y_unit: str = ""
    x_column: str = ""
    y_column: str = ""
    n_dropped: int = 0
    row_numbers: IndexArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    source: str = ""
    validation_share: float = 0.2
    seed: int = 42
    start: tuple[float, float] | None = None
    raw: bool = False

    def __post_init__(self) -> None:
        if not len(self.row_numbers):
            object.__setattr__(self, "row_numbers", np.arange(1, self.x.size + 1))
        for attribute, text in (
            ("name", self.name),
            ("x_name", self.x_name),
            ("y_name", self.y_name),
            ("x_unit", self.x_unit),
            ("y_unit", self.y_unit),
            ("x_column", self.x_column or self.x_name),
            ("y_column", self.y_column or self.y_name),
        ):
            object.__setattr__(self, attribute, _cut(text, LONGEST_NAME))
        if not 0.0 <= self.validation_share <= 0.5:
            raise TableError(
                "--validation", repr(self.validation_share), "a share from 0 to 0.5", "give such a share"
            )
        if self.seed < 0:
            raise TableError("--split-seed", repr(self.seed), "0 or more", "give such a number")
        if self.start is not None and not all(map(math.isfinite, self.start)):
            raise TableError("--start", repr(self.start), "two finite numbers", "give b and w")

    def dataset(self, raw: bool | None = None) -> Dataset:
        """Split the rows at random, put them in a frame that teaches, and choose a descent for them.

        The frame is `TeachingFrame.fit` of the train rows, None where that changes nothing. What follows is
        in its units.

        Descent starts at a random line, nearly flat, that stays among the heights of the train points,

            b = min y + (1/4 + u_b / 2) h,    w = u_w h / (4 max |x|),    h = max y - min y

        with u_b uniform in [0, 1) and u_w in [-1, 1): the first of a hundred from which moving b alone, and
        moving w alone, each takes away a tenth of the excess of the loss over its minimum. Its rate is the
        largest of 1, 2, 5 times a power of ten up to a quarter of the limit 2 / lambda_max. Its steps are
        the fewest such number, from 100 to 100,000, that leave at most a ten-thousandth of the excess; raw
        columns may need more.

        Parameters
        ----------
        raw
            Whether to leave out the frame; None does as the table says.

        Raises
        ------
        TableError
            When the train rows' feature is constant, or they are too large or small to square.

        Examples
        --------
        >>> x = np.arange(10.0)
        >>> table = Table(name="ten.csv", x_name="x", y_name="y", x=x, y=1 + 2 * x)
        >>> dataset = table.dataset()
        >>> dataset.train_indices.size, dataset.validation_indices.size
        (8, 2)
        """
        generator = np.random.default_rng(self.seed)
        rows = generator.permutation(self.x.size)
        n_train = max(2, self.x.size - round(self.validation_share * self.x.size))
        train, validation = rows[:n_train], rows[n_train:]
        where = [
            f"{shown(self.name)}, column {shown(each)}, train rows" for each in (self.x_name, self.y_name)
        ]
        _check_spread(where[0], self.x[train])
        for each, column in zip(where, (self.x[train], self.y[train]), strict=True):
            _check_size(each, column)
        frame = (
            TeachingFrame()
            if raw or (raw is None and self.raw)
            else TeachingFrame.fit(self.x[train], self.y[train])
        )
        x, y = frame.x_inside(self.x), frame.y_inside(self.y)
        problem = LeastSquares(x[train], y[train])
        if self.start is None:
            start = _random_start(problem, generator)
        else:
            start = frame.parameters_inside(self.start)
        limit = problem.max_stable_learning_rate / 4
        rate = max(number for number in round_numbers(limit) if number <= limit)
        # a step multiplies the part of the excess that shrinks slowest by (1 - rate lambda_min)^2
        decay = -2 * math.log1p(-rate * float(problem.eigenvalues.min()))
        fewest, most = _STEPS
        needed = math.log(1e4) / max(decay, math.log(1e4) / most)
        return Dataset(
            name=self.name,
            x=x,
            y=y,
            train_indices=train,
            validation_indices=validation,
            x_name=self.x_name,
            y_name=self.y_name,
            x_unit=self.x_unit,
            y_unit=self.y_unit,
            x_column=self.x_column,
            y_column=self.y_column,
            n_dropped=self.n_dropped,
            start=start,
            learning_rate=rate,
            n_steps=max(fewest, int(min(number for number in round_numbers(needed) if number >= needed))),
            frame=None if frame.is_identity else frame,
            source=self.source,
        )

    def digest(self) -> str:
        """Return the sha256, in hex, of every value and every choice in the record."""
        arrays = ("x", "y", "row_numbers")
        told = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in arrays}
        sha = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
        for values in (self.x, self.y):
            sha.update(np.asarray(values, dtype="<f8").tobytes())
        return sha.hexdigest()


def _random_start(problem: LeastSquares, generator: np.random.Generator) -> FloatArray:
    """The first line drawn from which the loss falls well along b and along w, or the best one."""
    y = problem.y
    height = float(np.ptp(y)) or abs(float(y[0])) or 1.0
    drawn = generator.uniform((0.25, -0.25), (0.75, 0.25), (_DRAWN, 2)) * height
    lines = np.stack([y.min() + drawn[:, 0], drawn[:, 1] / np.abs(problem.x).max()], axis=1)
    for line in lines:
        if problem.falls_alone(line).min() >= _FALL * (problem.loss(line) - problem.minimum):
            return np.asarray(line)
    return np.asarray(max(lines, key=lambda line: problem.falls_alone(line).min()))


def read_table(
    path: str | os.PathLike[str],
    x_column: str | None = None,
    y_column: str | None = None,
    *,
    delimiter: str = ",",
    decimal: str = ".",
    encoding: str = "utf-8",
    drop_missing: bool = False,
) -> Table:
    """Read a feature and a target from a CSV file whose first row names the columns.

    Parameters
    ----------
    path
        A regular file of at most 64 MiB and a million rows.
    x_column, y_column
        Names of the columns; of a file of two columns they are the first and the second.
    delimiter
        Between columns: a character, or ``"tab"``.
    decimal
        ``"."`` or ``","``.
    encoding
        Any that Python knows; a byte order mark of UTF-8 is skipped.
    drop_missing
        Leave out rows that lack one of the two numbers (empty, NA, nan, inf, beyond float64).

    Raises
    ------
    TableError
        When the file cannot be read, is not such a table, or its numbers cannot teach a line; the first
        fault is named by row, as a spreadsheet counts them, and column.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "plants.csv")
    ...     _ = path.write_text("light,growth\\n1,2.5\\n2,3.5\\n4,NA\\n3,4.5\\n")
    ...     table = read_table(path, drop_missing=True)
    >>> table.x_name, table.y.tolist(), table.n_dropped
    ('light', [2.5, 3.5, 4.5], 1)
    """
    delimiter = _DELIMITER_NAMES.get(delimiter, delimiter)
    if decimal not in (".", ","):
        raise TableError("--decimal", shown(decimal), "'.' or ','", "give one of them")
    if len(delimiter) != 1 or delimiter in '.+-"\r\n\0' or delimiter.isalnum():
        raise TableError(
            "--delimiter", shown(delimiter), "one character that is no part of a number", "give such a one"
        )
    path = Path(path)
    place, content = file_content(path, "a CSV file")
    for mark, kind, fix in _OTHER_KINDS:
        if content.startswith(mark):
            raise TableError(place, kind, "a CSV file", fix)
    rows = _records(place, _text(place, content, encoding), delimiter)
    names = _header(place, next(rows, (1, []))[1], delimiter)
    columns = chosen_columns(place, names, x_column, y_column)
    x, y, row_numbers, first_gap = _numbers(place, rows, names, columns, decimal)
    return checked_table(
        place,
        path.name,
        (names[columns[0]], names[columns[1]]),
        np.array(x, dtype=np.float64),
        np.array(y, dtype=np.float64),
        first_gap,
        drop_missing,
        hashlib.sha256(content).hexdigest(),
        np.array(row_numbers),
    )


def shown(text: str, longest: int = LONGEST_NAME) -> str:
    """Text as a message quotes it."""
    return f"'{_escaped(text, longest)}'"


def _escaped(text: str, longest: int) -> str:
    """Text on one line, what could paint a terminal escaped, cut."""
    return _cut("".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text), longest)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _nearest(word: str, known: Iterable[str]) -> str | None:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.4)
    return close[0] if close else None


def file_content(path: Path, wanted: str) -> tuple[str, bytes]:
    """The file as a message names it, and its bytes, of which there are 64 MiB at most.

    Raises
    ------
    TableError
        When it is not there, no regular file, too large or cannot be read; `wanted` is what it should be.
    """
    place = _escaped(str(path), 200)
    try:
        status = path.stat()
        content = b""
        if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES:
            with open(path, "rb") as file:
                content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        near = _nearest(path.name, _names_in(path.parent))
        fix = f"did you mean {shown(str(path.parent / near), 200)}?" if near else "give the path of a file"
        raise TableError(place, "no such file", wanted, fix) from None
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise TableError(place, reason, "a file that can be read", "look at its name and rights") from None
    if stat.S_ISDIR(status.st_mode):
        raise TableError(place, "a folder", wanted, "name a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise TableError(place, "no regular file", wanted, "save the table as a file first")
    if max(status.st_size, len(content)) > MAX_BYTES:
        raise TableError(place, f"{status.st_size} bytes", f"up to {MAX_BYTES} bytes", "keep fewer rows")
    return place, content


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _text(place: str, content: bytes, encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding).name
        text = content.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        got = f"byte 0x{content[error.start]:02X} at byte offset {error.start}, row {row}"
        marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        other = "utf-16" if content.startswith(marks) else "latin-1"
        fix = f"save it as UTF-8, or say what it is: --encoding {other}"
        raise TableError(place, got, f"text in {shown(encoding)}", fix) from None
    except (LookupError, ValueError):
        fix = "give one of these, or another that Python knows"
        raise TableError("--encoding", shown(encoding), "utf-8, utf-16, latin-1, cp1252", fix) from None
    if "\0" in text:
        offset = content.index(0) if 0 in content else 0
        fix = "save it as text; if it is UTF-16, say --encoding utf-16-le"
        raise TableError(place, f"a NUL at byte offset {offset}", "text", fix)
    return text


def _records(place: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows as a spreadsheet counts them, from 1, with their cells; blank ones are left out."""
    number = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if any(map(str.strip, cells)):
                yield number, [cell.strip(" \t") for cell in cells]
    except csv.Error as error:
        reason = "a quote that is never closed" if "end of data" in str(error) else str(error)
        where = f"{place}, row {number + 1}"
        raise TableError(where, reason, "cells as CSV quotes them", "mend the quotes") from None


def _header(place: str, names: Sequence[str], delimiter: str) -> Sequence[str]:
    if not names:
        raise TableError(place, "nothing in it", "a row of names and rows of numbers", "give another file")
    if len(names) == 1:
        seen = [each for each in _DELIMITERS if each != delimiter and each in names[0]]
        fix = f"say --delimiter {_named(seen[0])}" if seen else "give a file of two columns or more"
        between = f"{_named(seen[0])} between the names" if seen else "one column"
        raise TableError(f"{place}, row 1", between, f"columns with {_named(delimiter)} between", fix)
    if all(map(_NUMBER["."].fullmatch, names)):
        got = f"numbers, {shown(', '.join(names))}"
        raise TableError(f"{place}, row 1", got, "the names of the columns", "write a row of names above it")
    check_names(f"{place}, row 1", names)
    return names


def check_names(where: str, names: Sequence[str]) -> None:
    """Refuse columns that are too many, without a name, or of one name.

    Raises
    ------
    TableError
    """
    if len(names) > MAX_COLUMNS:
        raise TableError(where, f"{len(names)} columns", f"up to {MAX_COLUMNS}", "keep fewer")
    seen: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if not name:
            raise TableError(f"{where}, column {number}", "no name", "a name for every column", "name it")
        if seen.setdefault(name, number) != number:
            got = f"{shown(name)}, the name of column {seen[name]}"
            raise TableError(f"{where}, column {number}", got, "names that differ", "rename one of them")


def chosen_columns(
    place: str, names: Sequence[str], x_column: str | None, y_column: str | None
) -> tuple[int, int]:
    """Indices of feature and target among the columns of a table.

    Raises
    ------
    TableError
        When a column is not there, is asked for twice, or must be named and is not.
    """
    known = _cut(", ".join(map(shown, names)), 200)
    chosen = []
    for option, asked, default in (("--x", x_column, 0), ("--y", y_column, 1)):
        if asked is None:
            if len(names) > 2:
                raise TableError(option, f"none, and {place} has {len(names)} columns", known, "name one")
            chosen.append(default)
        elif asked in names:
            chosen.append(names.index(asked))
        else:
            near = _nearest(asked, names)
            fix = f"did you mean {shown(near)}?" if near else "name one of them"
            raise TableError(option, shown(asked), known, fix)
    if chosen[0] == chosen[1]:
        got = f"{shown(names[chosen[0]])} for both"
        raise TableError("--x, --y", got, "two columns", "name another")
    return chosen[0], chosen[1]


_RAGGED = "mend the row; a cell that holds the delimiter, such as a number with a decimal comma, needs quotes"


def _numbers(
    place: str,
    rows: Iterator[tuple[int, list[str]]],
    names: Sequence[str],
    columns: tuple[int, int],
    decimal: str,
) -> tuple[list[float], list[float], list[int], str]:
    """Feature and target, nan or inf where a number is lacking, their rows, and the first gap in words."""
    values: tuple[list[float], list[float]] = [], []
    row_numbers: list[int] = []
    first_gap = ""
    for count, (row, cells) in enumerate(rows, start=1):
        check_row_count(place, count)
        row_numbers.append(row)
        if len(cells) != len(names):
            got = f"{len(cells)} cells"
            raise TableError(f"{place}, row {row}", got, f"{len(names)}, as row 1 has", _RAGGED)
        for index, column in zip(columns, values, strict=True):
            value = _as_number(cells[index], decimal)
            if value is None:
                where = f"{place}, row {row}, column {shown(names[index])}"
                raise _no_number(where, cells[index], decimal)
            if not math.isfinite(value) and not first_gap:
                first_gap = f"{shown(cells[index])} in row {row}, column {shown(names[index])}"
            column.append(value)
    return *values, row_numbers, first_gap


def check_row_count(place: str, count: int) -> None:
    """Refuse a table of more than a million rows.

    Raises
    ------
    TableError
    """
    if count > MAX_ROWS:
        raise TableError(place, f"more than {MAX_ROWS} rows", f"up to {MAX_ROWS} rows", "keep fewer rows")


def checked_table(
    place: str,
    name: str,
    columns: tuple[str, str],
    x: FloatArray,
    y: FloatArray,
    first_gap: str,
    drop_missing: bool,
    source: str,
    row_numbers: IndexArray | None = None,
) -> Table:
    """The table of two columns, once its rows are whole, enough, and fit to teach a line.

    Parameters
    ----------
    place : str
        What messages call it.
    name : str
        What the table is called.
    columns : (str, str)
        Names of feature and target.
    x, y : (n,)
        nan or inf where a number is lacking.
    first_gap : str
        The first of these in words.
    drop_missing : bool
        Leave those rows out.
    source : str
        See `Table`.
    row_numbers : (n,), optional
        From 1 when left out.

    Raises
    ------
    TableError
    """
    if row_numbers is None:
        row_numbers = np.arange(1, x.size + 1)
    whole = np.isfinite(x) & np.isfinite(y)
    n_dropped = int(np.count_nonzero(~whole))
    if n_dropped and not drop_missing:
        got = f"{first_gap}; {n_dropped} of {x.size} rows lack a number"
        raise TableError(
            place, got, "finite numbers", "fill them in, or leave those rows out: --drop-missing"
        )
    if x.size - n_dropped < MIN_ROWS:
        left = f" after {n_dropped} were left out" if n_dropped else ""
        got = f"{x.size - n_dropped} rows{left}"
        raise TableError(place, got, f"{MIN_ROWS} rows or more", "give more data")
    x, y = finite_array(x[whole], "x"), finite_array(y[whole], "y")
    where = [f"{place}, column {shown(each)}" for each in columns]
    for each, column in zip(where, (x, y), strict=True):
        _check_size(each, column)
    _check_spread(where[0], x)
    return Table(
        name=name,
        x_name=columns[0],
        y_name=columns[1],
        x=x,
        y=y,
        n_dropped=n_dropped,
        row_numbers=row_numbers[whole],
        source=source,
    )


_NUMBER = {
    decimal: re.compile(rf"[+-]?([0-9]+({mark}[0-9]*)?|{mark}[0-9]+)([eE][+-]?[0-9]+)?")
    for decimal, mark in ((".", r"\."), (",", ","))
}


def _as_number(cell: str, decimal: str = ".") -> float | None:
    """The number in a cell, nan or inf where it lacks one, None where it holds something else."""
    if not _NUMBER[decimal].fullmatch(cell):
        return math.nan if cell.lower() in _MISSING else None
    value = float(cell.replace(decimal, "."))
    if value == 0.0 and any(digit in cell.lower().partition("e")[0] for digit in "123456789"):
        return math.nan
    return value


def _no_number(where: str, cell: str, decimal: str) -> TableError:
    other = "," if decimal == "." else "."
    if _NUMBER[other].fullmatch(cell):
        fix = f"if {_named(other)} is the decimal mark, say --decimal {_named(other)}"
    else:
        fix = "write it in the digits 0 to 9, or choose another column"
    return TableError(where, shown(cell), f"a number such as {f'-1{decimal}5e3'}", fix)


def _named(character: str) -> str:
    return "tab" if character == "\t" else f"'{character}'"


def _check_size(where: str, column: FloatArray) -> None:
    largest = float(np.abs(column).max())
    if largest and not SMALLEST_MAGNITUDE <= largest <= LARGEST_MAGNITUDE:
        allowed = f"from {SMALLEST_MAGNITUDE:g} to {LARGEST_MAGNITUDE:g}, so that squares stay within float64"
        raise TableError(where, f"{largest:g} as the largest size", allowed, "write it in another unit")


def _check_spread(where: str, x: FloatArray) -> None:
    spread, largest = float(np.ptp(x)), float(np.abs(x).max())
    if spread <= _SMALLEST_SPREAD * largest:
        got = f"{x[0]:g} in every row" if not spread else f"values that differ by {spread:g} at most"
        raise TableError(where, got, "a feature that varies", "choose another column")
