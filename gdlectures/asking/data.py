"""The data that a lecturer brings: a file or an object of theirs, and the words about it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdlectures.faults.errors import Exit, Fault, one_line, setting_fault, usage
from gdscenes.kit.lecture.settings import Knob, SettingError, Settings, knob, knobs
from gdscenes.kit.type.language import grouped, spoken, tr

if TYPE_CHECKING:
    import gdmath

_OF_CSV = ("delimiter", "decimal", "encoding")
"""Options that say how a file of text is written."""


@dataclass(frozen=True)
class DataOptions(Settings):
    """What is said of a table: its columns, how it is written, how it is taught."""

    x: str | None = knob(None, "column of the feature; of a file of two columns the first")
    y: str | None = knob(None, "column of the target; of a file of two columns the second")
    x_name: str | None = knob(None, "what the feature is called; as its column when left out")
    y_name: str | None = knob(None, "what the target is called; as its column when left out")
    x_unit: str = knob("", "unit of the feature, such as kg/m²")
    y_unit: str = knob("", "unit of the target")
    delimiter: str = knob(",", "what stands between columns, one character or tab; a comma when left out")
    decimal: str = knob(".", "the decimal mark; a point when left out", choices=(".", ","))
    encoding: str = knob("utf-8", "encoding of the file, such as latin-1; utf-8 when left out")
    drop_missing: bool = knob(False, "leave out rows that lack a number")
    validation: float | None = knob(
        None, "share of the rows kept aside; 0.2 when left out", minimum=0.0, maximum=0.5
    )
    split_seed: int | None = knob(
        None, "seed of the split and of the random start; 42 when left out", minimum=0, maximum=2**32 - 1
    )
    start: tuple[float, float] | None = knob(
        None, "where descent starts, b,w in the units of the table; a random line when left out"
    )
    raw: bool = knob(False, "descend in the units of the table, in no teaching frame")


_WORDS = ("name", "x_name", "y_name", "x_unit", "y_unit", "x_column", "y_column")


@dataclass(frozen=True, eq=False)
class UserData:
    """A table that a lecturer brings.

    Attributes
    ----------
    given : Path, Table, pair of arrays or frame
        A file, or what is in memory already.
    options : DataOptions
        What is said of it; what is left out is as the table has it.
    """

    given: Any
    options: DataOptions

    @cached_property
    def digest(self) -> str:
        """sha256, in hex, of all that decides the table; a file is read, and not understood.

        Raises
        ------
        Fault
            If the file cannot be read.
        """
        from gdlectures.asking.provenance import readable_digest, request_digest

        if not isinstance(self.given, Path):
            return self.table.digest()
        content = readable_digest(self.given)
        name, options = str(self.given), dataclasses.asdict(self.options)
        return request_digest({"file": content or self.table.source, "name": name, "options": options})

    @cached_property
    def table(self) -> gdmath.Table:
        """The table, with what is said of it.

        Raises
        ------
        Fault
            If it cannot be read, or cannot teach a line.
        """
        import gdmath

        told = self.options
        said: dict[str, Any] = {
            "x_name": told.x_name or None,
            "y_name": told.y_name or None,
            "x_unit": told.x_unit or None,
            "y_unit": told.y_unit or None,
            "validation_share": told.validation,
            "seed": told.split_seed,
            "start": told.start,
            "raw": told.raw or None,
        }
        if isinstance(self.given, tuple | list):  # these have no columns, and names only as told
            said |= {"x_column": told.x_name, "y_column": told.y_name}
        try:
            table = self._read()
            said["source"] = table.source or table.digest()
            table = dataclasses.replace(
                table, **{name: value for name, value in said.items() if value is not None}
            )
            # in pages, captions and on a terminal a character without a shape would do more than be read
            words: dict[str, Any] = {name: one_line(getattr(table, name)) for name in _WORDS}
            table = dataclasses.replace(table, **words)
            table.dataset()
        except gdmath.TableError as error:
            exit_code = Exit.USAGE if error.where.startswith("--") else Exit.DATA
            raise Fault(exit_code, error.where, error.got, error.allowed, error.fix) from None
        return table

    def _read(self) -> gdmath.Table:
        import gdmath

        told, given = self.options, self.given
        if isinstance(given, gdmath.Table):
            return given
        if not isinstance(given, Path):
            return gdmath.table_from(given, told.x, told.y, drop_missing=told.drop_missing)
        if _is_parquet(given):
            return gdmath.read_parquet(given, told.x, told.y, drop_missing=told.drop_missing)
        written = {name: getattr(told, name) for name in _OF_CSV}
        return gdmath.read_table(given, told.x, told.y, drop_missing=told.drop_missing, **written)


def data_knob(settings: type[Settings]) -> Knob | None:
    """The knob of a lecture that takes a user's data, None where there is none."""
    import gdmath

    return next((knob for knob in knobs(settings) if gdmath.Table in knob.objects), None)


def user_data(data: Any, words: Mapping[str, Any]) -> tuple[UserData | None, dict[str, Any]]:
    """The data that was given, and the words that are not about it.

    Parameters
    ----------
    data : path, Table, pair of arrays, frame, or None
        None where the lecture takes a preset.
    words : mapping of str to object
        Options of data and knobs of lectures by their Python names, as values or as words of the command
        line.

    Raises
    ------
    Fault
        If there are options of data and no data, options that say nothing of such data, or values that are
        not allowed.
    """
    known = {each.name: each for each in knobs(DataOptions)}
    about = {name: value for name, value in words.items() if name in known}
    rest = {name: value for name, value in words.items() if name not in known}
    if data is None:
        if about:
            option = known[next(iter(about))].option
            raise usage(option, "no --data", "an option of --data", "name the table: --data FILE")
        return None, rest
    try:
        options = DataOptions(
            **{name: known[name].parse(it) if isinstance(it, str) else it for name, it in about.items()}
        )
    except SettingError as error:
        raise setting_fault(error) from None
    given = Path(data) if isinstance(data, str | PathLike) else data
    kind, idle = _kind(given)
    if told := next((known[name].option for name in about if name in idle), None):
        raise usage(told, f"an option beside {kind}", "an option that says something of it", "leave it out")
    return UserData(given, options), rest


def data_entry(dataset: gdmath.Dataset) -> dict[str, Any] | None:
    """What a manifest says of a user's data; None for a preset."""
    if not dataset.source:
        return None
    return {
        "file": dataset.name,
        "sha256": dataset.source,
        "rows": dataset.x.size,
        "dropped": dataset.n_dropped,
        "train": dataset.train_indices.size,
        "validation": dataset.validation_indices.size,
        "x": {"column": dataset.x_column, "name": dataset.x_name, "unit": dataset.x_unit},
        "y": {"column": dataset.y_column, "name": dataset.y_name, "unit": dataset.y_unit},
        "frame": dataclasses.asdict(dataset.frame) if dataset.frame else None,
    }


def data_rows(entry: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The options that name a user's data, with their values, and what is known of each.

    Parameters
    ----------
    entry : mapping
        A `data_entry`.
    """
    counted = tr("{n} rows", n=grouped(entry["rows"]))
    if entry["dropped"]:
        counted = tr("{n} rows, {dropped} more left out", n=grouped(entry["rows"]), dropped=entry["dropped"])
    rows = [("--data", entry["file"], f"{counted}, sha256 {entry['sha256'][:12]}")]
    told = {knob.option: knob.help for knob in knobs(DataOptions)}
    for symbol, column_of in (("x", tr("column of the feature")), ("y", tr("column of the target"))):
        column, name, unit = (entry[symbol][each] for each in ("column", "name", "unit"))
        frame, told_of = entry["frame"], column_of
        if frame and (frame[f"{symbol}_origin"], frame[f"{symbol}_scale"]) != (0.0, 1.0):
            origin, scale = (f"{frame[f'{symbol}_{each}']:g}" for each in ("origin", "scale"))
            counts = f"{spoken().number(origin)} + {spoken().number(scale)} {symbol}"
            told_of = tr("{column}, in the film {counts}", column=column_of, counts=counts)
        rows.append((f"--{symbol}", column, told_of))
        more = [(f"--{symbol}-name", name if name != column else ""), (f"--{symbol}-unit", unit)]
        rows += [(option, value, re.split("[,;]", tr(told[option]))[0]) for option, value in more if value]
    return rows


def data_words(entry: Mapping[str, Any]) -> str:
    """A user's data in one line: ``penguins.csv: body mass (g) by flipper length (mm), 342 rows``."""
    y, x = (
        f"{each['name']} ({each['unit']})" if each["unit"] else each["name"]
        for each in (entry["y"], entry["x"])
    )
    return f"{entry['file']}: {tr('{y} by {x}, {n} rows', y=y, x=x, n=grouped(entry['rows']))}"


def _kind(given: Any) -> tuple[str, tuple[str, ...]]:
    """What was given, and the options that say nothing of it."""
    if isinstance(given, Path):
        return ("a Parquet file", _OF_CSV) if _is_parquet(given) else ("a CSV file", ())
    if isinstance(given, tuple | list):
        return "a pair of arrays", ("x", "y", *_OF_CSV)
    import gdmath

    if isinstance(given, gdmath.Table):
        return "a gdmath.Table", ("x", "y", "drop_missing", *_OF_CSV)
    return "a frame", _OF_CSV


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"
